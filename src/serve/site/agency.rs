//! An agency: the answer in words first, then since when, who says so, and who looked.

use maud::{Markup, html};

use super::figure::{Entry, Reply};
use super::inside::Inside;
use super::parts::{about_agency, agency_address, as_data, cite, evidence_list};

use super::place::standing;
use super::record::record_address;
use super::words::{began, first_date, plain, time};
use crate::serve::error::Problem;

/// The contents of the page.
pub(in crate::serve) fn agency(inside: &Inside, id: &str, host: &str) -> Result<Markup, Problem> {
    let record = inside.get("getAgency", &[("id", id)], "")?;
    let of_agency = format!("agency_id={id}");
    let coverage = inside.get("getAgencyCoverage", &[("id", id)], "")?;
    let partnerships = inside.get(
        "listPartnerships",
        &[],
        &format!("{of_agency}&include=program&sort=started_on&limit=100"),
    )?;
    let disclosures = inside.get("listDisclosures", &[], &format!("{of_agency}&limit=100"))?;
    let entry = record.record();
    let name = entry.text("name");
    let address = format!("{host}{}", agency_address(id, name));
    Ok(html! {
        h1 { bdi { (name) } }
        p.soft { bdi { (about_agency(&entry)) } }
        (answer(&record, &partnerships))
        (timeline(&partnerships))
        (said(inside, &partnerships)?)
        (handed_over(&disclosures))
        (who_looked(&coverage))
        (facts(&entry))
        (cite(name, &address, inside.release()))
        (as_data(&[&record, &coverage, &partnerships, &disclosures]))
    })
}

/// The answer to the question somebody came with.
fn answer(record: &Reply, partnerships: &Reply) -> Markup {
    let is_listed = partnerships.total() > 0;
    html! {
        div.answer .documented[is_listed] {
            @if is_listed {
                @for entry in partnerships.records() {
                    p.word { (in_a_sentence(&entry)) }
                    @if entry.text("agency_name_reported") != entry.text("agency_name") {
                        p { "The source writes: “" bdi { (entry.text("agency_name_reported")) } "”." }
                    }
                }
            } @else {
                p.word { "No partnership is on record." }
                p { "That is not the same as: there is none. It depends on who looked:" }
            }
            p { bdi { (record.text("/meta/coverage/summary")) } }
        }
    }
}

/// A partnership in a sentence.
pub(super) fn in_a_sentence(entry: &Entry<'_>) -> Markup {
    let program = program_of(entry);
    let since = entry.text("started_on");
    let is_registry =
        entry.part("program").is_some_and(|program| program.text("kind") == "camera_registry");
    html! {
        @if is_registry { "Listed as keeping a registry of home cameras (" (program) ")" }
        @else { "Listed as a partner in " (program) }
        @if !since.is_empty() { ", " (first_date(entry)) }
        @match entry.text("status") {
            "active" => { "; still listed" @if !entry.text("status_as_of_on").is_empty() { " as of " (time(entry.text("status_as_of_on"), "day")) } "." }
            "ended" => { "; ended" @if !entry.text("ended_on").is_empty() { " " (time(entry.text("ended_on"), entry.text("ended_on_precision"))) } "." }
            _ => {
                @if !entry.text("last_listed_on").is_empty() { "; last listed " (time(entry.text("last_listed_on"), "day")) }
                ". Whether it goes on is not known."
            }
        }
    }
}

fn program_of<'a>(entry: &Entry<'a>) -> &'a str {
    entry.part("program").map_or_else(|| entry.text("program_id"), |program| program.text("name"))
}

/// What happened when, of all partnerships.
fn timeline(partnerships: &Reply) -> Markup {
    let mut dates: Vec<(&str, &str, String)> = Vec::new();
    for entry in partnerships.records() {
        let program = program_of(&entry);
        let began = match began(entry.text("started_on_basis")) {
            "active since" => "became active",
            began => began,
        };
        dates.push((
            entry.text("started_on"),
            entry.text("started_on_precision"),
            format!("{program}: {began}"),
        ));
        dates.push((entry.text("last_listed_on"), "day", format!("{program}: last listed")));
        dates.push((
            entry.text("ended_on"),
            entry.text("ended_on_precision"),
            format!("{program}: ended"),
        ));
    }
    dates.retain(|(date, _, _)| !date.is_empty());
    dates.sort_by_key(|(date, _, _)| *date);
    html! {
        @if !dates.is_empty() {
            section aria-labelledby="timeline" {
                h2 #timeline { "When" }
                ol.timeline { @for (date, precision, what) in &dates {
                    li { (time(date, precision)) br; (what) }
                } }
            }
        }
    }
}

/// Who says so, of each partnership.
fn said(inside: &Inside, partnerships: &Reply) -> Result<Markup, Problem> {
    let sources = inside.get("listSources", &[], "limit=1000")?;
    let mut all = Vec::new();
    for entry in partnerships.records() {
        let id = entry.text("id");
        let evidence = inside.get("listPartnershipEvidence", &[("id", id)], "limit=100")?;
        all.push((program_of(&entry), id, entry.text("status"), evidence));
    }
    Ok(html! {
        @if !all.is_empty() {
            section aria-labelledby="evidence" {
                h2 #evidence { "Who says so" }
                @for (program, id, status, reply) in &all {
                    h3 id=(id) { (program) }
                    p.soft { "Now: " (standing(status)) ". Pieces of evidence: " (reply.number("/meta/total")) "." }
                    (evidence_list(reply, &sources))
                    p { a href={ "/v1/partnerships/" (id) "/match" } { "How the source’s name was matched with this department" } }
                }
            }
        }
    })
}

fn handed_over(disclosures: &Reply) -> Markup {
    html! {
        section aria-labelledby="disclosures" {
            h2 #disclosures { "Footage asked for or handed over" }
            @if disclosures.total() == 0 {
                p { "Nothing is on record. That is not the same as: nothing happened. Most requests are never made public." }
            } @else {
                ul { @for entry in disclosures.records() {
                    li {
                        a href=[record_address("disclosures", entry.text("id"))] { bdi { (entry.text("title")) } }
                        " " (time(entry.text("occurred_from_on"), entry.text("occurred_from_on_precision")))
                        p { bdi { (entry.text("summary")) } }
                    }
                } }
            }
        }
    }
}

/// Per program whether anybody looked.
fn who_looked(coverage: &Reply) -> Markup {
    let programs = coverage.record().list("programs");
    let of = |words: &[&str]| {
        programs
            .iter()
            .filter(|program| words.contains(&program.text("coverage")))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (checked, not_checked) = (of(&["documented", "checked_none_found"]), of(&["not_checked"]));
    html! {
        section aria-labelledby="looked" {
            h2 #looked { "Checked, and not checked" }
            @if !checked.is_empty() {
                h3 { "Checked" }
                ul { @for program in &checked { li { bdi { (program.text("statement")) } } } }
            }
            @if !not_checked.is_empty() {
                h3 { "Not checked" }
                p { "Nothing follows from silence here: the department may be a partner all the same." }
                ul { @for program in &not_checked { li { bdi { (program.text("statement")) } } } }
            }
        }
    }
}

fn facts(entry: &Entry<'_>) -> Markup {
    let aliases = entry.texts("aliases");
    html! {
        section aria-labelledby="facts" {
            h2 #facts { "The department" }
            dl {
                dt { "Kind" } dd { (plain(entry.text("kind"))) }
                @if !aliases.is_empty() { dt { "Also called" } dd { bdi { (aliases.join("; ")) } } }
                @if !entry.text("ori").is_empty() { dt { "Number in the FBI’s list (ORI)" } dd { code { (entry.text("ori")) } } }
                @if !entry.text("fdid").is_empty() { dt { "Number in the fire registry (state and FDID)" } dd { code { (entry.text("fdid")) } } }
                dt { "Number here" } dd { code { (entry.text("id")) } }
            }
        }
    }
}
