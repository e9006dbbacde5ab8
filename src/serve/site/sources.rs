//! The sources: who publishes them, under which terms, what they list, and whether they answer.

use maud::{Markup, html};

use super::figure::{Entry, Reply};
use super::inside::Inside;
use super::parts::as_data;
use super::releases::moment;
use super::words::{heading, is_link, time};
use crate::serve::error::Problem;

/// The contents of the page.
pub(in crate::serve) fn sources(inside: &Inside) -> Result<Markup, Problem> {
    let sources = inside.get("listSources", &[], "limit=1000&sort=name")?;
    let coverage = inside.get("countCoverage", &[], "by=source_id,program_id,extent")?;
    let programs = inside.get("listPrograms", &[], "limit=1000")?;
    // Whether somebody knows how the machinery does is no reason to show no sources.
    let status = inside.get("getStatus", &[], "").ok();
    Ok(html! {
        h1 { "Sources" }
        p.lead {
            "Everything here was said by one of these. Each record names the source, and the place in it where it can be read."
        }
        ul { @for source in sources.records() {
            li { a href={ "#" (source.text("id")) } { (source.text("name")) } ", " (source.text("publisher")) }
        } }
        @if status.is_none() {
            p { strong { "Whether the sources answer is not known here at the moment." } }
        }
        @for source in sources.records() {
            @let listed = listed(&source, &coverage, &programs);
            @let health = status.as_ref().and_then(|status| health_of(status, source.text("id")));
            (section(&sources, &source, &listed, health.as_ref()))
        }
        p { "Health and last check are of now, not of the release: " a href="/status" { "state of the service" } ", " a href="/v1/status" { "as data" } "." }
        (as_data(&[&sources, &coverage]))
    })
}

/// What a source lists of each program, in words.
fn listed(source: &Entry<'_>, coverage: &Reply, programs: &Reply) -> Vec<(String, &'static str)> {
    let of_source = coverage.records().filter(|cell| cell.text("source_id") == source.text("id"));
    let told = |cell: Entry<'_>| {
        (programs.name_of(cell.text("program_id")), partners(cell.text("extent")))
    };
    of_source.map(told).collect()
}

fn partners(extent: &str) -> &'static str {
    match extent {
        "exhaustive" => "every partner as of its date",
        "sample" => "some partners; one it does not list may be one all the same",
        "editorial" => "partners that its editors chose to name",
        _ => "nothing",
    }
}

fn health_of<'a>(status: &'a Reply, id: &str) -> Option<Entry<'a>> {
    status.record().list("sources").into_iter().find(|source| source.text("id") == id)
}

fn section(
    sources: &Reply,
    source: &Entry<'_>,
    listed: &[(String, &'static str)],
    health: Option<&Entry<'_>>,
) -> Markup {
    let (id, name) = (source.text("id"), source.text("name"));
    let title = format!("{id}-name");
    html! {
        section id=(id) aria-labelledby=(title) {
            h2 id=(title) { bdi { (name) } }
            dl data-call=(sources.call()) {
                dt { "Publisher" }
                dd { bdi { (source.text("publisher")) } }
                (links(source))
                dt { "Licence" }
                dd {
                    bdi { (source.text("licence")) }
                    @if source.field("redistributable") == false {
                        ". Only facts and links are taken from it, not its text."
                    }
                }
                dt { "How to credit it" }
                dd { bdi { (source.text("attribution")) } }
                dt { "What it lists" }
                dd {
                    (whole(source.text("completeness")))
                    @if !source.text("completeness_note").is_empty() {
                        " " bdi { (source.text("completeness_note")) }
                    }
                    @if !listed.is_empty() {
                        ul { @for (program, words) in listed { li { bdi { (program) } ": " (words) "." } } }
                    }
                }
                dt { "As of" }
                dd {
                    @if source.text("data_as_of_on").is_empty() { "no edition was read yet" }
                    (time(source.text("data_as_of_on"), "day"))
                }
                dt { "Rows" }
                dd { (source.number("rows")) }
                dt { "Rows and values that raise questions" }
                dd { a href={ "/v1/issues?source_id=" (id) } { (source.number("issues")) " to look at" } }
                dt { "Looked at" }
                dd { (source.text("cadence")) }
                (doing(health))
            }
        }
    }
}

fn links(source: &Entry<'_>) -> Markup {
    let (homepage, url) = (source.text("homepage"), source.text("url"));
    html! {
        @if is_link(homepage) || is_link(url) {
            dt { "Links" }
            dd {
                @if is_link(homepage) {
                    a.evidence href=(homepage) rel="noopener nofollow" { "its page" }
                }
                @if is_link(homepage) && is_link(url) { ", " }
                // An address with a place for a key or a state leads nowhere.
                @if is_link(url) {
                    @if url.contains('{') { "fetched from " code { (url) } }
                    @else { a href=(url) rel="noopener nofollow" { "the " (source.text("format")) " that is fetched" } }
                }
            }
        }
    }
}

/// How much of its subject a source lists.
fn whole(completeness: &str) -> String {
    match completeness {
        "exhaustive" => "All there is.".to_owned(),
        "sample" => "A part, found by looking.".to_owned(),
        "editorial" => "What its editors chose.".to_owned(),
        other => heading(other),
    }
}

/// Whether it answers, where that is known.
fn doing(health: Option<&Entry<'_>>) -> Markup {
    html! {
        @if let Some(source) = health {
            dt { "Health" }
            dd {
                @match source.text("health") {
                    "ok" => { "it answers" },
                    "failing" => {
                        strong { "it does not answer, or not as it used to" }
                        @if !source.text("failing_since").is_empty() {
                            ", since " (moment(source.text("failing_since")))
                        }
                    },
                    "frozen" => { "a saved edition is read; it is asked no more" },
                    "stale" if source.text("last_checked_at").is_empty() => { "it was not asked yet" },
                    "stale" => { "it answers, but what it sends is older than it should be" },
                    other => { (heading(other)) },
                }
                @if !source.text("reason").is_empty() && !source.text("last_checked_at").is_empty() {
                    ": " bdi { (source.text("reason")) }
                }
            }
            dt { "Last asked" }
            dd {
                @if source.text("last_checked_at").is_empty() { "never" }
                @else { (moment(source.text("last_checked_at"))) }
            }
        }
    }
}
