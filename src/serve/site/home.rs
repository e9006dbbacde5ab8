//! The first page: the question, the headline figures with who says so, and what is new.

use maud::{Markup, html};

use super::chart::over_time;
use super::figure::{Entry, Reply};
use super::inside::Inside;
use super::map::picture;
use super::parts::{as_data, search_box};
use super::record::record_address;
use super::words::{is_link, time};
use crate::record::STATE_NAMES;
use crate::serve::error::Problem;

/// Releases that are told of as news.
const NEWS: usize = 3;

/// The contents of the page.
pub(in crate::serve) fn home(inside: &Inside) -> Result<Markup, Problem> {
    let summary = inside.get("getSummary", &[], "")?;
    let (map, [by_state, of]) = picture(inside)?;
    let vendors = inside.get("listVendors", &[], "limit=1000")?;
    let releases = inside.get("listReleases", &[], "")?;
    Ok(html! {
        h1 { "Does your police or fire department work with Ring?" }
        p.lead {
            "Porchlight collects what public sources say about police and fire departments and "
            "home-surveillance companies: which work together, and when footage was handed over."
        }
        (search_box(""))
        (figures(&summary, &vendors))
        section aria-labelledby="chart" {
            h2 #chart { "Over time" }
            (over_time(inside.release()))
        }
        section aria-labelledby="places" {
            h2 #places { "Look at a state" }
            (map)
            p { "Departments with a partnership on record, by state; " a href="/map" { "more on the map" } "." }
            (states(&by_state))
        }
        section aria-labelledby="news" {
            h2 #news { "Latest releases" }
            ul {
                @for release in releases.records().take(NEWS) {
                    @let name = release.text("release");
                    li {
                        a href={ "/releases/" (name) } { (name) }
                        ", published " (time(release.text("published_at").get(..10).unwrap_or_default(), "day"))
                    }
                }
            }
            p { a href="/releases" { "All releases" } ", " a href="/feeds/releases.atom" { "as a feed" } }
        }
        (as_data(&[&summary, &by_state, &of]))
    })
}

fn figures(summary: &Reply, vendors: &Reply) -> Markup {
    let data = summary.record();
    let incidents = data.part("emergency_disclosures_without_consent");
    html! {
        section aria-labelledby="figures" {
            h2 #figures { "What is on record" }
            ul.figures data-call=(summary.call()) {
                @for claim in data.list("partner_agencies") {
                    li {
                        (claim.number("value"))
                        (departments(claim.text("scope")))
                        " partnered with " (vendors.name_of(claim.text("vendor_id")))
                        @if !claim.text("as_of_on").is_empty() {
                            ", as of " (time(claim.text("as_of_on"), "day"))
                        }
                        ". Said by " (claim.text("stated_by")) "."
                        (links(&claim))
                        " " a href=[record_address("reported_totals", claim.text("reported_total_id"))] { "About this count" } "."
                    }
                }
                @if let Some(incidents) = incidents {
                    li {
                        (incidents.number("incidents"))
                        "times footage is known to have been given to police in an emergency without the owner’s consent or a warrant."
                        @for disclosure in incidents.list("disclosures") {
                            (links(&disclosure))
                            " " a href=[record_address("disclosures", disclosure.text("disclosure_id"))] { "What is known of it" } "."
                        }
                    }
                }
                @if let Some(records) = data.part("records") {
                    li {
                        (records.number("partnerships"))
                        "partnerships and registries of home cameras are listed one by one here, among "
                        (small(&records, "agencies")) " police and fire departments."
                        @if !data.text("partnerships_as_of_on").is_empty() {
                            " The newest list is of " (time(data.text("partnerships_as_of_on"), "day")) "."
                        }
                    }
                }
            }
        }
    }
}

fn small(records: &Entry<'_>, name: &str) -> Markup {
    html! { span.small { (records.number(name)) } }
}

fn departments(scope: &str) -> &'static str {
    match scope {
        "law_enforcement" => "police departments",
        "fire" => "fire departments",
        "both" => "police and fire departments",
        _ => "departments",
    }
}

/// Where it can be read, each publisher once.
fn links(claim: &Entry<'_>) -> Markup {
    let mut linked: Vec<(&str, &str)> = Vec::new();
    for entry in claim.list("evidence") {
        let publisher = entry.text("publisher");
        let name = if publisher.is_empty() { entry.text("title") } else { publisher };
        let is_new = !linked.iter().any(|(known, _)| *known == name);
        if is_new && !name.is_empty() && is_link(entry.text("url")) {
            linked.push((name, entry.text("url")));
        }
    }
    html! {
        @if !linked.is_empty() {
            " Source: "
            @for (at, (name, url)) in linked.iter().enumerate() {
                @if at > 0 { ", " }
                a.evidence href=(url) rel="noopener nofollow" { (name) }
            }
            "."
        }
    }
}

fn states(by_state: &Reply) -> Markup {
    html! {
        ul.states data-call=(by_state.call()) {
            @for (code, name) in STATE_NAMES {
                li {
                    a href={ "/places/" (code.to_ascii_lowercase()) } { (name) }
                    @if let Some(entry) = by_state.records().find(|entry| entry.text("state") == *code) {
                        " " (entry.number("count"))
                    }
                }
            }
        }
    }
}
