//! What several pages have in common.

use chrono::NaiveDate;
use maud::{Markup, html};
use url::form_urlencoded;

use super::figure::{Entry, Reply};
use super::words::{self, is_link, plain, time};
use crate::record::{ReleaseId, STATE_NAMES};

/// The search for departments. A browser with scripts suggests while somebody types.
pub(super) fn search_box(words: &str) -> Markup {
    html! {
        form.search role="search" action="/search" {
            div.field {
                label for="q" { "Name of a city, county or department" }
                input #q type="search" name="q" value=(words) autocomplete="off" required maxlength="200";
                ul #suggestions role="listbox" aria-label="Suggestions" hidden {}
            }
            button type="submit" { "Search" }
        }
    }
}

/// The calls of the API that a page shows, with the forms they can be had in.
pub(super) fn as_data(replies: &[&Reply]) -> Markup {
    html! {
        section.data.noprint aria-labelledby="data" {
            h2 #data { "This page as data" }
            p { "What stands here comes from these calls. They answer the same for ever." }
            @for (at, reply) in replies.iter().enumerate() {
                @let (host, is_local) = reply.typed();
                @let id = format!("call-{at}");
                pre id=(id) tabindex="0" {
                    // A script puts the address there that the page was asked by.
                    "curl '" @if is_local { span.local { (host) } } @else { (host) } (reply.call()) "'"
                }
                p.links {
                    button type="button" hidden data-copies=(id) { "Copy" } " "
                    a href=(reply.call()) { "JSON" }
                    @if let Some(csv) = csv_of(reply) { ", " a href=(csv) { "CSV" } }
                }
            }
        }
    }
}

fn csv_of(reply: &Reply) -> Option<&str> {
    let csv = reply.text("/links/csv");
    (!csv.is_empty()).then_some(csv)
}

/// How to quote a page and how to say that it is wrong.
pub(super) fn cite(title: &str, address: &str, release: ReleaseId) -> Markup {
    html! {
        section aria-labelledby="cite" {
            h2 #cite { "Cite this, or report an error" }
            blockquote {
                "Porchlight, “" (title) "”, release " (release) ", "
                // A host without a name of its own knows only the path.
                @if address.starts_with('/') { span.local {} }
                span { (address) } "."
            }
            p.noprint {
                "Something is wrong, or a source is missing? "
                a href="/corrections#report" { "Report an error" }
                ". Every correction is published."
            }
        }
    }
}

/// Pieces of evidence: quotes first, then what says the same, what says otherwise, and last what
/// Porchlight notes itself.
pub(super) fn evidence_list(evidence: &Reply, sources: &Reply) -> Markup {
    let mut entries: Vec<_> = evidence.records().collect();
    entries.sort_by_key(|entry| {
        let is_ours = entry.text("title").is_empty() && entry.text("publisher").is_empty();
        (is_ours, entry.text("role") == "contradicts", entry.text("quote").is_empty())
    });
    html! { ul { @for entry in &entries { (piece(entry, sources)) } } }
}

/// A piece of evidence: who says it, where, when, and in which words.
fn piece(entry: &Entry<'_>, sources: &Reply) -> Markup {
    let (url, title, publisher) = (entry.text("url"), entry.text("title"), entry.text("publisher"));
    let name = match (title, publisher) {
        ("", "") if entry.text("source_id") == "curated" => "Porchlight’s own notes".to_owned(),
        ("", "") => sources.name_of(entry.text("source_id")),
        ("", publisher) => publisher.to_owned(),
        (title, "") => title.to_owned(),
        (title, publisher) => format!("{title}, {publisher}"),
    };
    html! {
        li {
            bdi {
                @if is_link(url) {
                    a.evidence href=(url) rel="noopener nofollow" { (name) }
                } @else { (name) }
            }
            @if !entry.text("published_on").is_empty() { ", " (time(entry.text("published_on"), "day")) }
            @if entry.text("role") == "contradicts" { " " strong { (otherwise(entry)) } }
            @if !entry.text("quote").is_empty() {
                blockquote { bdi { (entry.text("quote")) } }
            }
            @if let Some(reported) = entry.part("reported") {
                @if !reported.text("note").is_empty() { p { "Note: " bdi { (reported.text("note")) } } }
            }
            p.soft {
                "Read in " a href={ "/sources#" (entry.text("source_id")) } { (sources.name_of(entry.text("source_id"))) }
                " (" bdi { (entry.text("locator")) } ")"
                @if entry.text("first_listed_on") == entry.text("last_listed_on") {
                    ", listed on " (time(entry.text("last_listed_on"), "day"))
                } @else {
                    ", listed from " (time(entry.text("first_listed_on"), "day"))
                    " to " (time(entry.text("last_listed_on"), "day"))
                }
                @if is_link(entry.text("archived_url")) {
                    ", " a href=(entry.text("archived_url")) rel="noopener nofollow" { "archived copy" }
                }
            }
        }
    }
}

/// What a source says that contradicts the record.
fn otherwise(entry: &Entry<'_>) -> Markup {
    let field = entry.text("pointer").trim_start_matches('/');
    let reported = |name: &str| entry.part("reported").map_or("", |reported| reported.text(name));
    let said = match (reported(field), field) {
        ("", "started_on") => reported("date"),
        (said, _) => said,
    };
    html! {
        @if said.is_empty() { "(contradicts a part of this)" }
        @else if said.parse::<NaiveDate>().is_ok() { "(says otherwise: " (time(said, "day")) ")" }
        @else { "(says otherwise: " bdi { (words::grouped(said)) } ")" }
    }
}

/// The options of a choice among the states, with an empty one first.
pub(super) fn state_options(chosen: &str) -> Markup {
    html! {
        option value="" { "All" }
        @for (code, name) in STATE_NAMES {
            option value=(code) selected[*code == chosen] { (name) }
        }
    }
}

/// The options of a choice among the words of a field, with an empty one first.
pub(super) fn word_options(words: &[&str], chosen: &str) -> Markup {
    html! {
        option value="" { "All" }
        @for word in words {
            option value=(word) selected[*word == chosen] { (words::heading(word)) }
        }
    }
}

/// What an agency is, in a few words: "police, Clark County, Ohio".
pub(super) fn about_agency(entry: &Entry<'_>) -> String {
    let state = entry.text("state");
    let mut parts = vec![plain(entry.text("kind"))];
    let city = entry.text("city");
    if city.is_empty() {
        parts.extend(entry.texts("counties").into_iter().take(3).map(str::to_owned));
    } else {
        parts.push(city.to_owned());
    }
    parts.push(crate::record::state_name(state).unwrap_or(state).to_owned());
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// The address of an agency's page.
pub(super) fn agency_address(id: &str, name: &str) -> String {
    format!("/agencies/{id}/{}", words::slug(name))
}

/// The value of a parameter of a page; empty where it is not given.
pub(super) fn parameter(query: &str, name: &str) -> String {
    let mut given = form_urlencoded::parse(query.as_bytes());
    given.find(|(given, _)| given == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The link to the next page of a list at `address`, with the filters of this one.
pub(super) fn next_page(address: &str, query: &str, reply: &Reply) -> Markup {
    let (_, next) = reply.text("/links/next").split_once('?').unwrap_or_default();
    let cursor = parameter(next, "cursor");
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
    let next = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("cursor", &cursor)
        .finish();
    html! {
        @if !cursor.is_empty() { p { a rel="next" href={ (address) "?" (next) } { "Next page" } } }
    }
}
