//! What was wrong and became of it, and how to say that something is.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::compare::address_of;
use super::figure::{Entry, Reply};
use super::inside::Inside;
use super::names::{Names, referred};
use super::parts::as_data;
use super::words::{heading, plain, time};
use crate::release::DATASET_HOMEPAGE;
use crate::serve::error::Problem;

/// The contents of the page; `contact` is the e-mail address of whoever runs this host.
pub(in crate::serve) fn corrections(
    inside: &Inside,
    contact: Option<&str>,
) -> Result<Markup, Problem> {
    let reply = inside.get("listCorrections", &[], "sort=-reported_on&limit=1000")?;
    let names = names_of(inside, &reply)?;
    Ok(html! {
        h1 { "Corrections" }
        p.lead {
            "What was wrong here, what it says now, and why. What sources say is never changed; what Porchlight "
            "makes of it can be put right, and each time a reason is published."
        }
        p { a href="#report" { "Report an error" } }
        p { "Corrections: " (reply.number("/meta/total")) "." }
        (table(&reply, &names, inside))
        @if !reply.text("/links/next").is_empty() {
            p { "The newest are shown. " a href=(reply.call()) { "All of them as data" } }
        }
        p {
            "Where a whole release was taken back, because it held something that must not be public, it is among the "
            a href="/releases#redacted" { "releases that were taken back" } "."
        }
        (report(contact))
        (as_data(&[&reply]))
    })
}

/// The names of the records that corrections are about.
fn names_of(inside: &Inside, reply: &Reply) -> Result<Names, Problem> {
    let mut subjects: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in reply.records() {
        if let Some(table) = table_of(entry.text("subject_type")) {
            subjects.entry(table).or_default().push(entry.text("subject_id"));
        }
        if let Some(table) = referred_by(&entry) {
            let both = ["before", "after"].map(|side| entry.text(side));
            let known = both.into_iter().filter(|id| !id.is_empty());
            subjects.entry(table).or_default().extend(known);
        }
    }
    Names::in_tables(inside, &subjects)
}

/// The table of a sort of record; none where the API has no list of them.
fn table_of(subject: &str) -> Option<&'static str> {
    match subject {
        "agency" => Some("agencies"),
        "vendor" => Some("vendors"),
        "program" => Some("programs"),
        "partnership" => Some("partnerships"),
        "disclosure" => Some("disclosures"),
        "reported_total" => Some("reported_totals"),
        "event" => Some("events"),
        _ => None,
    }
}

fn table(reply: &Reply, names: &Names, inside: &Inside) -> Markup {
    html! {
        div.wide role="region" aria-label="Corrections" tabindex="0" { table {
            caption { "Every correction" }
            thead { tr {
                th scope="col" { "What" } th scope="col" { "Before" } th scope="col" { "After" }
                th scope="col" { "Why" } th scope="col" { "Reported" } th scope="col" { "State" }
            } }
            tbody { @for entry in reply.records() { tr id=(entry.text("id")) {
                th scope="row" { (subject(&entry, names, inside)) }
                @for side in ["before", "after"] { td { (said(&entry, side, names)) } }
                td.text { bdi { (entry.text("reason")) } }
                td { @if entry.text("reported_on").is_empty() { span.soft { "not noted" } } (time(entry.text("reported_on"), "day")) }
                td { (standing(&entry)) }
            } } }
        } }
    }
}

/// The record, and which field of it.
fn subject(entry: &Entry<'_>, names: &Names, inside: &Inside) -> Markup {
    let (sort, id) = (entry.text("subject_type"), entry.text("subject_id"));
    let field = entry.text("pointer").trim_start_matches('/');
    html! {
        @if let Some(table) = table_of(sort) {
            a href=(address_of(table, id, inside.release())) { bdi { (names.get(table, id)) } }
        } @else { (plain(sort)) " " (id) }
        @if !field.is_empty() { br; span.soft { (field_words(field)) } }
    }
}

/// The table that the corrected field refers to; none where it refers to none.
fn referred_by(entry: &Entry<'_>) -> Option<&'static str> {
    referred(table_of(entry.text("subject_type"))?, entry.text("pointer").trim_start_matches('/'))
}

fn said(entry: &Entry<'_>, side: &str, names: &Names) -> Markup {
    let value = entry.text(side);
    html! {
        @if value.is_empty() { span.soft { "not said" } }
        @else if let Some(table) = referred_by(entry) { bdi { (names.get(table, value)) } }
        @else if value.len() == 10 && value.parse::<chrono::NaiveDate>().is_ok() { (time(value, "day")) }
        @else { bdi { (value) } }
    }
}

/// A field in words: what it ends with says only of which kind it is.
pub(super) fn field_words(name: &str) -> String {
    let bare = name.strip_suffix("_on").or_else(|| name.strip_suffix("_id")).unwrap_or(name);
    match bare {
        "capture_sha256" => "Checksum of the edition".to_owned(),
        "locator" => "Place in the edition".to_owned(),
        "lat" => "Latitude".to_owned(),
        "lon" => "Longitude".to_owned(),
        bare => heading(bare),
    }
}

/// Where a correction stands, and which releases have the error.
fn standing(entry: &Entry<'_>) -> Markup {
    let (fixed_in, affected) = (entry.text("fixed_in"), entry.texts("affected_releases"));
    html! {
        @match entry.text("state") {
            "fixed" => { "put right" },
            "open" => { "not yet decided" },
            "rejected" => { "turned down" },
            other => { (plain(other)) },
        }
        @if !fixed_in.is_empty() {
            " in " a href={ "/releases/" (fixed_in) } { (fixed_in) }
        }
        @if !affected.is_empty() {
            br; "The error is in "
            @for (at, release) in affected.iter().enumerate() {
                @if at > 0 { ", " }
                a href={ "/releases/" (release) } { (release) }
            }
        }
    }
}

fn report(contact: Option<&str>) -> Markup {
    let issues = format!("{DATASET_HOMEPAGE}/issues");
    html! {
        section #report aria-labelledby="how-to-report" {
            h2 #how-to-report { "Report an error" }
            ul {
                @if let Some(contact) = contact {
                    li { "Write to " a href={ "mailto:" (contact) } { (contact) } "." }
                }
                li { "Or open an issue, which everybody can read: " a href=(issues) rel="noopener" { (issues) } "." }
            }
            h3 { "What to give" }
            ul {
                li { "The address of the page, or the id of the record." }
                li { "What it says, and what is right." }
                li { "Where that can be read. A page that anybody can look up decides more than a hundred voices." }
            }
            p {
                "Please put no personal data of a resident into an issue. If something must not be public at all, "
                @if contact.is_some() { "write to the address above." } @else { "write to whoever runs this site." }
            }
            h3 { "What happens then" }
            ol {
                li { "Somebody looks at it, and at the page you name." }
                li { "It is listed above: not yet decided, put right, or turned down, always with a reason." }
                li { "Once it is put right, the next release says what is right, and from then on the list names the releases that have the error." }
                li { "What the source said stays to be read beside it. Releases that were already published are not changed." }
            }
            p {
                "A record that should not be there at all, or is there twice, is taken back in the same way: its address then gives the reason, or leads to the one record that stays. "
                a href={ (DATASET_HOMEPAGE) "/blob/main/docs/corrections.md" } rel="noopener" { "More about corrections" } "."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_without_its_ending() {
        let told = ["status_as_of_on", "vendor_id", "aliases"].map(field_words);
        assert_eq!(told, ["Status as of", "Vendor", "Aliases"]);
    }
}
