//! A state: how many of its departments are on record, who looked, and the departments.

use maud::{Markup, html};

use super::figure::Reply;
use super::inside::Inside;
use super::parts::{agency_address, as_data, cite, search_box};
use super::record::record_address;
use super::words::{first_date, heading, plain, time};
use crate::serve::error::Problem;

/// Partnerships shown; the table has the rest.
const SHOWN: i64 = 200;

/// The contents of the page of the state of that postal code and name.
pub(in crate::serve) fn place(
    inside: &Inside,
    code: &str,
    name: &str,
    host: &str,
) -> Result<Markup, Problem> {
    let agencies = inside.get("countAgencies", &[], &format!("by=service&state={code}"))?;
    let partnerships = inside.get(
        "listPartnerships",
        &[],
        &format!("state={code}&sort=agency_name&limit={SHOWN}"),
    )?;
    let disclosures = inside.get("listDisclosures", &[], &format!("state={code}&limit=50"))?;
    let looked = inside.get(
        "listCoverage",
        &[],
        &format!("state={code}&sort=program_id,service&limit=1000"),
    )?;
    let sources = inside.get("listSources", &[], "limit=1000")?;
    let programs = inside.get("listPrograms", &[], "limit=1000")?;
    Ok(html! {
        h1 { "Police, fire departments and home surveillance in " (name) }
        (answer(name, &partnerships))
        (search_box(""))
        h2 { "Departments on the lists" }
        p data-call=(agencies.call()) {
            "Departments known here by name: "
            @for (at, entry) in agencies.records().enumerate() {
                @if at > 0 { ", " }
                (entry.number("count")) " " (plain(entry.text("service")))
            }
            ". " a href={ "/map?state=" (code) } { "See those with a partnership on the map" } "."
        }
        h2 { "Partnerships on record" }
        (listed(&partnerships, &programs, code))
        h2 { "Footage asked for or handed over" }
        @if disclosures.total() == 0 {
            p { "Nothing is on record. That is not the same as: nothing happened. Most requests are never made public." }
        } @else {
            ul { @for entry in disclosures.records() {
                li { a href=[record_address("disclosures", entry.text("id"))] { bdi { (entry.text("title")) } } }
            } }
        }
        (who_looked(&looked, &programs, &sources, name))
        (cite(&format!("Home surveillance in {name}"), &format!("{host}/places/{}", code.to_ascii_lowercase()), inside.release()))
        (as_data(&[&partnerships, &agencies, &looked]))
    })
}

fn answer(name: &str, partnerships: &Reply) -> Markup {
    html! {
        div.answer .documented[partnerships.total() > 0] {
            @if partnerships.total() == 0 {
                p.word { "No partnership in " (name) " is on record." }
                p { "That is not the same as: there is none. Below it says who looked, and where nobody did." }
            } @else {
                p.word { "Partnerships on record in " (name) ": " (partnerships.number("/meta/total")) "." }
                p { "A department that is not among them may still be a partner: most lists name only some." }
            }
        }
    }
}

fn listed(partnerships: &Reply, programs: &Reply, code: &str) -> Markup {
    html! {
        @if partnerships.total() == 0 { p { "None is on record." } }
        @else {
            div.wide role="region" aria-label="Partnerships" tabindex="0" { table {
                caption { "By name of the department" }
                thead { tr {
                    th scope="col" { "Department" } th scope="col" { "Program" }
                    th scope="col" { "First date" } th scope="col" { "Last listed" } th scope="col" { "Now" }
                } }
                tbody { @for entry in partnerships.records() { tr {
                    th scope="row" { bdi {
                        @let shown = if entry.text("agency_name").is_empty() { entry.text("agency_name_reported") } else { entry.text("agency_name") };
                        @if entry.text("agency_id").is_empty() {
                            a href=[record_address("partnerships", entry.text("id"))] { (shown) }
                        } @else {
                            a href=(agency_address(entry.text("agency_id"), shown)) { (shown) }
                        }
                    } }
                    td { (programs.name_of(entry.text("program_id"))) }
                    td { (first_date(&entry)) }
                    td { (time(entry.text("last_listed_on"), "day")) }
                    td { (standing(entry.text("status"))) }
                } } }
            } }
            @if partnerships.total() > SHOWN {
                p { "The first " (SHOWN) " are shown. " a href={ "/partnerships?state=" (code) } { "All of them" } }
            }
        }
    }
}

/// Where a partnership stands, in a resident's words.
pub(super) fn standing(status: &str) -> &'static str {
    match status {
        "active" => "still listed",
        "ended" => "ended",
        _ => "not known",
    }
}

fn who_looked(looked: &Reply, programs: &Reply, sources: &Reply, name: &str) -> Markup {
    html! {
        h2 { "Who looked in " (name) }
        p {
            "For each program: whether a source lists all partners, only some, or nobody looked. Where "
            "only some are listed or nobody looked, a department that is not found may be a partner all the same."
        }
        div.wide role="region" aria-label="Who looked" tabindex="0" { table {
            caption { "Checked, and not checked" }
            thead { tr {
                th scope="col" { "Program" } th scope="col" { "Among" } th scope="col" { "Source" }
                th scope="col" { "It lists" } th scope="col" { "As of" } th scope="col" class="number" { "Found" }
            } }
            tbody data-call=(looked.call()) { @for entry in looked.records() { tr {
                th scope="row" { (programs.name_of(entry.text("program_id"))) }
                td { (heading(entry.text("service"))) }
                td { @if entry.text("source_id").is_empty() { "nobody" } @else {
                    a href={ "/sources#" (entry.text("source_id")) } { (sources.name_of(entry.text("source_id"))) }
                } }
                td { (extent(entry.text("extent"))) }
                td { (time(entry.text("as_of_on"), "day")) }
                td.number { @if !entry.text("source_id").is_empty() { (entry.number("documented")) } }
            } } }
        } }
    }
}

fn extent(extent: &str) -> &'static str {
    match extent {
        "exhaustive" => "all partners",
        "sample" => "some partners",
        "editorial" => "what editors found",
        _ => "not checked",
    }
}
