//! The releases: a list of all, and for each what it is made of, what was checked and what changed.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde_json::json;

use super::compare::{ON_A_PAGE, address_of, groups, question_of};
use super::figure::{Entry, Reply};
use super::inside::Inside;
use super::names::Names;
use super::parts::as_data;
use super::release_files::release_files;
use super::words::{heading, time};
use crate::record::ReleaseId;
use crate::release::{DATASET_HOMEPAGE, citation};
use crate::serve::error::Problem;
use crate::serve::releases::KnownRelease;
use crate::serve::state::{Place, State};

/// The contents of the page of all releases.
pub(in crate::serve) fn releases(state: &State, inside: &Inside) -> Result<Markup, Problem> {
    let list = inside.get("listReleases", &[], "")?;
    let known = state.releases().known();
    let redacted = list.at("/redacted").as_array().is_some_and(|redacted| !redacted.is_empty());
    Ok(html! {
        h1 { "Releases" }
        p.lead {
            "Whenever a source says something new, the data is published again as a new release. A release never "
            "changes, so what was once published can be read and cited for ever."
        }
        p { a href="/feeds/releases.atom" { "Follow new releases as a feed" } ", or ask for the list as " a href=(list.call()) { "data" } "." }
        div.wide role="region" aria-label="Releases" tabindex="0" { table {
            caption { "Every release, newest first" }
            thead { tr {
                th scope="col" { "Release" } th scope="col" { "Published" }
                th scope="col" { "What changed" } th scope="col" { "More" }
            } }
            tbody { @for entry in list.records() {
                @let name = entry.text("release");
                @let manifest = name.parse::<ReleaseId>().ok().and_then(|release| known.get(&release));
                tr {
                    th scope="row" class="name" id=(name) { a href={ "/releases/" (name) } { (name) } }
                    td { (moment(entry.text("published_at"))) }
                    @let since = before(state, name.parse().ok());
                    td.text { @if let Some(manifest) = manifest {
                        @let previous = manifest.manifest.previous.as_ref().map(|previous| previous.release);
                        // Counted against one that was taken back.
                        @if let Some(gone) = previous.filter(|_| previous != since) { "Since " (gone) ": " }
                        (in_numbers(&told(manifest)))
                    } }
                    td { (ways_on(name, since)) }
                }
            } }
        } }
        h2 #redacted { "Releases that were taken back" }
        @if redacted { (taken_back(&list)) } @else {
            p { "None. A release is taken back only where it held something that must not be public, such as the name of a resident." }
        }
    })
}

/// What the API says of a release that need not be opened for it.
fn told(known: &KnownRelease) -> Reply {
    let manifest = &known.manifest;
    let call = format!("/v1/releases/{}", manifest.release);
    Reply::new(call, json!({ "data": { "changes": manifest.changes } }))
}

/// How many records are new, changed and gone, sort by sort.
fn in_numbers(manifest: &Reply) -> Markup {
    let changed = changed_tables(manifest);
    html! {
        @if changed.is_empty() { "No record." }
        @for (table, counts) in &changed {
            div {
                (heading(table)) ": "
                @for (at, (name, words)) in counts.iter().enumerate() {
                    @if at > 0 { ", " }
                    (manifest.number(&format!("/data/changes/{table}/{name}"))) " " (words)
                }
            }
        }
    }
}

/// The counts of a table that are not zero, each with its word.
type Counts = Vec<(&'static str, &'static str)>;

/// The tables of which records changed.
fn changed_tables(manifest: &Reply) -> Vec<(String, Counts)> {
    let all = manifest.at("/data/changes").as_object().into_iter().flatten();
    let words = [("added", "new"), ("changed", "changed"), ("withdrawn", "gone")];
    let tables = all.map(|(table, counts)| {
        let some = |(name, _): &(&str, &str)| counts[*name].as_i64().unwrap_or_default() > 0;
        (table.clone(), words.into_iter().filter(some).collect::<Vec<_>>())
    });
    tables.filter(|(_, counts)| !counts.is_empty()).collect()
}

/// The last release before another that is still there: one that was taken back is not.
fn before(state: &State, release: Option<ReleaseId>) -> Option<ReleaseId> {
    let known = state.releases().known();
    known.range(..release?).next_back().map(|(before, _)| *before)
}

fn ways_on(name: &str, previous: Option<ReleaseId>) -> Markup {
    html! {
        @if let Some(previous) = previous {
            a href={ "/compare/" (previous) "/" (name) } { "Compare with " (previous) } br;
        }
        a href={ "/data/" (name) } { "Files" }
    }
}

fn taken_back(list: &Reply) -> Markup {
    let redacted = list.at("/redacted").as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        div.wide role="region" aria-label="Releases that were taken back" tabindex="0" { table {
            caption { "What they held is published again without what had to go" }
            thead { tr {
                th scope="col" { "Release" } th scope="col" { "Why" } th scope="col" { "Instead of it" }
            } }
            tbody { @for gone in redacted {
                @let text = |name: &str| gone[name].as_str().unwrap_or_default().to_owned();
                tr {
                    th scope="row" class="name" { (text("release")) }
                    td.text { bdi { (text("reason")) } }
                    td { a href={ "/releases/" (text("redacted_in")) } { (text("redacted_in")) } }
                }
            } }
        } }
    }
}

/// The contents of the page of one release.
pub(in crate::serve) fn one_release(
    state: &State,
    place: &Place,
    host: &str,
) -> Result<Markup, Problem> {
    let inside = Inside::of(state, place);
    let name = inside.release().to_string();
    let manifest = inside.get("getRelease", &[("release", &name)], "")?;
    let gates = inside.get("getGates", &[("release", &name)], "")?;
    let previous = manifest.text("/data/previous/release").parse::<ReleaseId>().ok();
    let release = inside.release();
    let since = before(state, Some(release));
    let compared = |since| inside.get("listChanges", &[], &question_of(since, release, ""));
    let changes = since.map(compared).transpose()?;
    let mut shown = vec![&manifest, &gates];
    shown.extend(&changes);
    let newest = state.releases().newest().map(|newest| newest.id());
    let names = Names::common(&inside)?;
    Ok(html! {
        h1 { "Release " (release) }
        p.lead {
            "Published on " (moment(manifest.text("/data/published_at"))) ". "
            @if let Some(previous) = previous {
                @if since == Some(previous) {
                    "It follows " a href={ "/releases/" (previous) } { (previous) } "."
                } @else { "It follows " (previous) ", which is not here any more." }
            } @else { "It is the first." }
        }
        @if let Some(newest) = newest.filter(|newest| *newest != release) {
            p { "There is a newer one: " a href={ "/releases/" (newest) } { (newest) } "." }
        }
        p { a href={ "/data/" (release) } { "What the data is about, and its sources" } ", " a href="/releases" { "all releases" } }
        (what_changed(&inside, &manifest, since.zip(changes.as_ref()))?)
        (captures(&manifest, &names))
        (checks(&manifest, &gates, &names))
        (release_files(&place.release.known, ""))
        (cite_and_verify(&manifest, release, host))
        (as_data(&shown))
    })
}

/// What changed since the release before that is still there.
fn what_changed(
    inside: &Inside,
    manifest: &Reply,
    since: Option<(ReleaseId, &Reply)>,
) -> Result<Markup, Problem> {
    let Some((since, changes)) = since else {
        return Ok(html! {
            h2 #changes { "What is in it" }
            p { "No earlier release is here to compare it with." }
            (in_numbers(manifest))
        });
    };
    let names = Names::of(inside, changes)?;
    let compare = format!("/compare/{since}/{}", inside.release());
    Ok(html! {
        h2 #changes { "What changed since " (since) }
        // What the release counts itself is against the one it follows.
        @if manifest.text("/data/previous/release") == since.to_string() {
            (in_numbers(manifest))
            (new_records(inside, manifest)?)
        }
        p { a href=(compare) { "Look through all records that changed" } ": " (changes.number("/meta/total")) "." }
        @for group in groups(changes) {
            h3 { (group.heading()) }
            (group.table(changes, &names, since, inside.release()))
        }
        @if !changes.text("/links/next").is_empty() {
            p { "These are the first. " a href=(compare) { "All of them" } }
        }
    })
}

/// Sorts of records that are told of by name where they are new, and how they are listed.
const NEWS: &[(&str, &str)] = &[
    ("partnerships", "listPartnerships"),
    ("disclosures", "listDisclosures"),
    ("events", "listEvents"),
];

/// Partnerships, disclosures and events that were not there before.
fn new_records(inside: &Inside, manifest: &Reply) -> Result<Markup, Problem> {
    let release = inside.release();
    let mut found = Vec::new();
    for (table, operation) in NEWS {
        if manifest.at(&format!("/data/changes/{table}/added")).as_i64().unwrap_or_default() > 0 {
            let query = format!("first_release={release}&limit={ON_A_PAGE}");
            found.push((*table, inside.get(operation, &[], &query)?));
        }
    }
    let names = Names::common(inside)?;
    Ok(html! {
        @for (table, new) in &found {
            h3 { "New " (table) }
            ul { @for entry in new.records() {
                li { a href=(address_of(table, entry.text("id"), release)) { bdi {
                    (names.called(table, |field| entry.text(field).to_owned()))
                } } }
            } }
            @if !new.text("/links/next").is_empty() {
                p { "These are the first. " a href=(new.call()) { "All of them as data" } }
            }
        }
    })
}

fn captures(manifest: &Reply, names: &Names) -> Markup {
    let captures = manifest.record().list("captures");
    html! {
        h2 #read { "What was read for it" }
        @if captures.is_empty() { p { "No source had a new edition: what was known before was worked out anew." } }
        @else {
            div.wide role="region" aria-label="What was read for it" tabindex="0" { table {
                caption { "Editions of sources that were read for the first time" }
                thead { tr {
                    th scope="col" { "Source" } th scope="col" { "As of" }
                    th scope="col" { "Fetched" } th scope="col" { "Its SHA-256 checksum" }
                } }
                tbody { @for capture in captures { tr {
                    th scope="row" class="name" {
                        a href={ "/sources#" (capture.text("source_id")) } { (names.source(capture.text("source_id"))) }
                    }
                    td { (time(capture.text("as_of_on"), "day")) }
                    td { (moment(capture.text("retrieved_at"))) }
                    td.text { code { (capture.text("sha256")) } }
                } } }
            } }
        }
    }
}

fn checks(manifest: &Reply, gates: &Reply, names: &Names) -> Markup {
    let failed: Vec<_> = gates.records().filter(|gate| gate.field("passed") == false).collect();
    html! {
        h2 #checks { "Checks before it was published" }
        p {
            "Each new release is compared with the one before. If it differs too much, it waits until a person has looked. "
            @if failed.is_empty() { strong { "Every check passed." } }
            @else { strong { "Some checks did not pass, and a person decided to publish it all the same." } }
        }
        @if !manifest.text("/data/accepted/reason").is_empty() {
            p { "The reason given: " q { bdi { (manifest.text("/data/accepted/reason")) } } }
        }
        @if !failed.is_empty() { (check_table(gates, &failed, names, "Checks that did not pass")) }
        @let all: Vec<_> = gates.records().collect();
        details {
            summary { "Every check, with what was measured" }
            (check_table(gates, &all, names, "Every check"))
        }
    }
}

fn check_table(gates: &Reply, shown: &[Entry<'_>], names: &Names, caption: &str) -> Markup {
    html! {
        div.wide role="region" aria-label=(caption) tabindex="0" { table {
            caption { (caption) }
            thead { tr {
                th scope="col" { "What must be so" } th scope="col" { "Of" }
                th scope="col" class="number" { "Measured" } th scope="col" class="number" { "Allowed" }
                th scope="col" { "Passed" } th scope="col" { "In words" }
            } }
            tbody data-call=(gates.call()) { @for gate in shown { tr {
                th scope="row" { (must(gate.text("gate"))) }
                td { (names.subject(gate.text("subject"))) }
                td.number { (gate.number("measured")) }
                td.number { (gate.number("allowed")) }
                td { @if gate.field("passed") == true { "yes" } @else { strong { "no" } } }
                td.text { bdi { (gate.text("detail")) } }
            } } }
        } }
    }
}

/// What a gate wants, in words.
fn must(gate: &str) -> String {
    match gate {
        "ids_unique" => "No record is there twice",
        "references_whole" => "What a record names is there",
        "table_present" => "No sort of record is empty that was not",
        "ids_kept" => "No record is gone without a word",
        "records_read" => "A source’s list is not much shorter than before",
        "records_ours" => "Not many fewer of its rows are used",
        "keys_kept" => "Sources still list nearly all they listed",
        "keys_new" => "Not too much is listed for the first time",
        "values_kept" => "Sources say nearly the same of what they listed before",
        "states_kept" => "No state lost many of its entries",
        "unknown_share" => "Not much more is unknown",
        "unmatched_share" => "Not many more departments could not be told",
        "partnerships_kept" => "Not many partnerships were merged or taken back",
        "issues_share" => "Not many more rows raise questions",
        "likely_duplicates" => "Departments that may be listed twice are noted",
        other => return heading(other),
    }
    .to_owned()
}

fn cite_and_verify(manifest: &Reply, release: ReleaseId, host: &str) -> Markup {
    html! {
        h2 #cite { "How to cite it" }
        blockquote { p { (citation(release)) } p { (host) "/releases/" (release) } }
        h2 #verify { "How to check it" }
        p { "Nobody has to trust this site. In a folder with the files, this says whether every byte has arrived:" }
        pre tabindex="0" { "sha256sum --check SHA256SUMS" }
        p { "And this compares every record with its checksums, and the release with the one before it:" }
        pre tabindex="0" { "porchlight release verify --folder ." }
        @if !manifest.text("/data/signing_key").is_empty() {
            p { "It is signed with the key " code { (manifest.text("/data/signing_key")) } ". Take that key from somewhere else, too." }
        }
        @if !manifest.text("/data/previous/manifest_sha256").is_empty() {
            p {
                "It names the checksum of the list of files of the release before it, so that none can be changed afterwards: "
                code { (manifest.text("/data/previous/manifest_sha256")) } "."
            }
        }
        p { a href={ (DATASET_HOMEPAGE) "/blob/main/docs/integrity.md" } rel="noopener" { "More about checking" } "." }
        p.noprint {
            "Something in it is wrong? " a href="/corrections#report" { "Report an error" } ". Every correction is published."
        }
    }
}

/// An instant as people read it; nothing where it is unknown.
pub(super) fn moment(at: &str) -> Markup {
    let read = at.parse::<DateTime<Utc>>();
    html! {
        @if let Ok(read) = read {
            time datetime=(at) { (read.format("%-d %B %Y, %H:%M UTC")) }
        } @else { (at) }
    }
}
