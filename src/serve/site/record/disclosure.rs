//! Footage or data that was asked for or handed over.

use maud::{Markup, html};

use super::{Fact, RecordPage, concerned, known, known_or, place, word};
use crate::serve::site::figure::Entry;
use crate::serve::site::parts::agency_address;
use crate::serve::site::words::{period, time};

pub(super) const PAGE: RecordPage = RecordPage {
    name: "disclosures",
    one: "A disclosure",
    description: "A page of what was asked for or handed over, on which legal ground, with whose \
                  consent, and who says so.",
    resource: "disclosures",
    get: "getDisclosure",
    evidence: "listDisclosureEvidence",
    include: "agency,program,vendor",
    elsewhere: None,
    title: |entry| entry.text("title").to_owned(),
    answer,
    facts,
    limits,
};

fn answer(entry: &Entry<'_>) -> Markup {
    let what = match entry.text("content") {
        "content" => "Footage",
        "non_content" => "Data about an account, but no footage,",
        "both" => "Footage and data about an account",
        _ => "Footage or data",
    };
    let (done, whom) = match entry.text("stage") {
        "request" => ("was asked for", "by"),
        _ => ("was handed over", "to"),
    };
    let is_named = entry.part("agency").is_some() || !entry.text("agency_name_reported").is_empty();
    html! {
        p.word {
            (what) " " (done)
            @if is_named { " " (whom) " " (department(entry)) "." } @else { ". No department is named." }
        }
        @if !entry.text("summary").is_empty() { p { bdi { (entry.text("summary")) } } }
    }
}

fn department(entry: &Entry<'_>) -> Markup {
    let reported = entry.text("agency_name_reported");
    html! {
        bdi {
            @if let Some(agency) = entry.part("agency") {
                a href=(agency_address(agency.text("id"), agency.text("name"))) { (agency.text("name")) }
            } @else { (known(reported)) }
        }
    }
}

fn facts(entry: &Entry<'_>) -> Vec<Fact> {
    let mut facts = vec![
        Fact("When", known_or(when(entry))),
        Fact("How many times", how_often(entry)),
        Fact("Legal ground", html! { (ground(entry.text("legal_basis"))) }),
        Fact("Consent", html! { (consent(entry.text("consent"))) }),
        Fact("Warrant", html! { (warrant(entry.text("warrant"))) }),
        Fact("How far the request was followed", html! { (followed(entry.text("outcome"))) }),
        Fact("Was the user told?", html! { (word(entry.text("user_notified"))) }),
        Fact("Department", department(entry)),
        Fact("Where", html! { bdi { (known(&place(entry))) } }),
    ];
    facts.extend(concerned(entry));
    facts
}

fn when(entry: &Entry<'_>) -> Markup {
    let (first, last) = (entry.text("occurred_from_on"), entry.text("occurred_to_on"));
    // One case happened on one of the days.
    let is_vague = entry.text("detail") == "individual" && !first.is_empty() && !last.is_empty();
    html! {
        @if is_vague && first != last {
            "at some time from " (time(first, entry.text("occurred_from_on_precision")))
            " to " (time(last, entry.text("occurred_to_on_precision")))
        } @else { (period(entry, "occurred_from_on", "occurred_to_on")) }
    }
}

fn how_often(entry: &Entry<'_>) -> Markup {
    let is_batch = entry.text("detail") == "batch";
    html! {
        @if entry.field("incident_count").is_null() { "not known" } @else { (entry.number("incident_count")) }
        @if is_batch { ", told as a number: the single cases are not known" }
    }
}

fn ground(basis: &str) -> &'static str {
    match basis {
        "emergency" => "an emergency was given as the reason; no court was asked",
        "search_warrant" => "a search warrant",
        "subpoena" => "a subpoena: a written demand, which is not a warrant",
        "court_order" => "an order of a court that was not a warrant",
        "consent" => "somebody consented who may",
        "voluntary_request" => "a request that nobody had to follow",
        "national_security" => "a demand in the name of national security",
        _ => "not known",
    }
}

fn consent(consent: &str) -> &'static str {
    match consent {
        "owner" => "the owner of the camera consented",
        "victim" => "the victim consented",
        "contractual" => "a contract allowed it; nobody was asked in this case",
        "none" => "there was none",
        _ => "not known",
    }
}

fn warrant(warrant: &str) -> &'static str {
    match warrant {
        "yes" => "there was one",
        "no" => "there was none",
        _ => "not known",
    }
}

fn followed(outcome: &str) -> &'static str {
    match outcome {
        "full" => "all that was asked for was given",
        "partial" => "a part was given",
        "none" => "nothing was given",
        _ => "not known",
    }
}

fn limits(entry: &Entry<'_>) -> Markup {
    let vendor = entry.text("vendor_id");
    html! {
        li {
            "Most requests and disclosures are documented nowhere one by one. That none is on record of a department "
            "or a town does not mean that there was none. Companies publish sums at best: "
            a href={ "/totals?vendor_id=" (vendor) } { "what was counted of this company" } "."
        }
    }
}
