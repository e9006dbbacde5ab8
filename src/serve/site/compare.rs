//! What changed between two releases: each record that is not as it was, and why.

use chrono::NaiveDate;
use maud::{Markup, html};
use serde_json::Value;
use url::form_urlencoded;

use super::corrections::field_words;
use super::figure::{Entry, Reply};
use super::inside::{Inside, Question};
use super::names::{Names, referred};
use super::parts::{as_data, next_page, parameter, state_options, word_options};
use super::record::record_address;
use super::words::{heading, plain, time};
use crate::record::{ColumnType, RESOURCES, ReleaseId, Resource};
use crate::serve::error::Problem;

/// Changed records on a page.
pub(super) const ON_A_PAGE: usize = 50;

/// Characters of a value that are shown; the API has the rest.
const SHOWN: usize = 300;

/// The query that asks the API for what changed between two releases; `query` is that of the page.
pub(super) fn question_of(from: ReleaseId, to: ReleaseId, query: &str) -> String {
    let given = form_urlencoded::parse(query.as_bytes());
    let has_limit = given.clone().any(|(name, _)| name == "limit");
    let mut asked = form_urlencoded::Serializer::new(String::new());
    asked.append_pair("from", &from.to_string()).append_pair("to", &to.to_string());
    if !has_limit {
        asked.append_pair("limit", &ON_A_PAGE.to_string());
    }
    asked.extend_pairs(given).finish()
}

/// What the API is asked for an address of this page; `inside` is of the later release.
pub(in crate::serve) fn question(
    inside: &Inside,
    from: ReleaseId,
    query: &str,
) -> Result<Question, Problem> {
    inside.question("listChanges", &[], &question_of(from, inside.release(), query))
}

/// The contents of the page; `inside` is of the later release.
pub(in crate::serve) fn compare(
    inside: &Inside,
    from: ReleaseId,
    query: &str,
    question: Question,
) -> Result<Markup, Problem> {
    let (reply, to) = (question.reply()?, inside.release());
    let names = Names::of(inside, &reply)?;
    let address = format!("/compare/{from}/{to}");
    Ok(html! {
        h1 { "What changed from " (from) " to " (to) }
        p.lead {
            "Each record that is not in release " a href={ "/releases/" (to) } { (to) }
            " as it was in release " a href={ "/releases/" (from) } { (from) }
            ", with what it said before, what it says now, and why."
        }
        (form(&address, query))
        p { "Records that changed: " (reply.number("/meta/total")) ". " a href="/releases" { "All releases" } }
        @if reply.total() == 0 { p { "Nothing that fits is different." } }
        @for group in groups(&reply) {
            h2 { (group.heading()) }
            (group.table(&reply, &names, from, to))
        }
        (next_page(&address, query, &reply))
        (as_data(&[&reply]))
    })
}

/// The contents of the page where the first release named is the later one.
pub(in crate::serve) fn exchanged(from: ReleaseId, to: ReleaseId, query: &str) -> Markup {
    let mark = if query.is_empty() { "" } else { "?" };
    html! {
        h1 { "The earlier release comes first" }
        p.lead { "Release " (from) " is later than " (to) ". What changed is told from the earlier to the later." }
        p { a href={ "/compare/" (to) "/" (from) (mark) (query) } { "What changed from " (to) " to " (from) } }
    }
}

fn form(address: &str, query: &str) -> Markup {
    let tables: Vec<_> = RESOURCES.iter().map(|resource| resource.table).collect();
    html! {
        form.filters action=(address) aria-label="Filters" {
            div {
                label for="resource" { "Sort of record" }
                select #resource name="resource" { (word_options(&tables, &parameter(query, "resource"))) }
            }
            div {
                label for="state" { "State" }
                select #state name="state" { (state_options(&parameter(query, "state"))) }
            }
            button type="submit" { "Show" }
            @if !query.is_empty() { p { a href=(address) { "Show all" } } }
        }
    }
}

/// Changed records of one resource that changed for the same causes.
pub(super) struct Group<'a> {
    table: &'a str,
    causes: Vec<&'a str>,
    entries: Vec<Entry<'a>>,
}

/// The changes of an answer by resource and cause, in the order of the answer.
pub(super) fn groups(changes: &Reply) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for entry in changes.records() {
        let (table, causes) = (entry.text("resource"), entry.texts("causes"));
        let same = |group: &&mut Group<'_>| group.table == table && group.causes == causes;
        if let Some(group) = groups.iter_mut().find(same) {
            group.entries.push(entry);
        } else {
            groups.push(Group { table, causes, entries: vec![entry] });
        }
    }
    groups
}

impl Group<'_> {
    /// What changed, and why.
    pub(super) fn heading(&self) -> String {
        let causes: Vec<_> = self.causes.iter().map(|cause| because(cause)).collect();
        format!("{}: {}", heading(self.table), causes.join("; "))
    }

    /// A table of the records, each with its fields.
    pub(super) fn table(
        &self,
        changes: &Reply,
        names: &Names,
        from: ReleaseId,
        to: ReleaseId,
    ) -> Markup {
        let label = self.heading();
        html! {
            div.wide role="region" aria-label=(label) tabindex="0" { table {
                caption { "From release " (from) " to " (to) }
                thead { tr {
                    th scope="col" { "Record" } th scope="col" { "What" }
                    th scope="col" { "Before" } th scope="col" { "After" }
                } }
                @for entry in &self.entries {
                    tbody data-call=(changes.call()) { (rows(self.table, entry, names, from, to)) }
                }
            } }
        }
    }
}

/// The rows of a record: one for each field, or one where all of it is new or gone.
fn rows(table: &str, entry: &Entry<'_>, names: &Names, from: ReleaseId, to: ReleaseId) -> Markup {
    let id = entry.text("id");
    let fields = entry.list("fields");
    let of_fields = |side: &str| {
        names.called(table, |name| {
            let field = fields.iter().find(|field| field.text("field") == name);
            field.map_or("", |field| field.text(side)).to_owned()
        })
    };
    let (address, name, shown) = match entry.text("change") {
        "added" => (address_of(table, id, to), of_fields("after"), 1),
        // Only the earlier release still has it.
        "withdrawn" => (format!("/v1/releases/{from}/{table}/{id}"), of_fields("before"), 1),
        _ => (address_of(table, id, to), names.get(table, id), fields.len().max(1)),
    };
    let name = if name.is_empty() { id } else { &name };
    let record = html! {
        th scope="rowgroup" rowspan=(shown) {
            a href=(address) { bdi { (shortened(name)) } }
        }
    };
    match entry.text("change") {
        "added" => html! { tr { (record) td { "New" } td { "not there" } td {
            "there, evidence: " (entry.number("evidence_total"))
        } } },
        "withdrawn" => {
            html! { tr { (record) td { "Gone" } td { "there" } td.text { (gone(table, entry, to)) } } }
        }
        _ if fields.is_empty() => html! { tr { (record) td { "As it was" } td {} td {} } },
        _ => html! {
            @for (at, field) in fields.iter().enumerate() { tr {
                @if at == 0 { (record) }
                td { (field_words(field.text("field"))) }
                @for side in ["before", "after"] {
                    td class=[is_long(field.field(side)).then_some("text")] { (value(table, field, side, names)) }
                }
            } }
        },
    }
}

/// Why a record is gone.
fn gone(table: &str, entry: &Entry<'_>, to: ReleaseId) -> Markup {
    let (merged, reason) = (entry.text("merged_into"), entry.text("reason"));
    html! {
        @if !merged.is_empty() {
            "found to be the same as " a href=(address_of(table, merged, to)) { (merged) }
            @if !reason.is_empty() { ": " }
        } @else if reason.is_empty() { "not there" }
        bdi { (reason) }
    }
}

/// Whether a value needs room.
fn is_long(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() > 30,
        Value::Array(values) => !values.is_empty(),
        Value::Object(_) => true,
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value as people read it.
fn value(table: &str, field: &Entry<'_>, side: &str, names: &Names) -> Markup {
    let other = referred(table, field.text("field"));
    let column = Resource::of_table(table).and_then(|table| table.column(field.text("field")));
    let is_word = column.is_some_and(|column| matches!(column.ty, ColumnType::Word(_)));
    match field.field(side) {
        Value::Null => html! { span.soft { "unknown" } },
        Value::Bool(true) => html! { "yes" },
        Value::Bool(false) => html! { "no" },
        Value::Number(_) => field.number(side),
        Value::String(text) if text.len() == 10 && text.parse::<NaiveDate>().is_ok() => {
            time(text, "day")
        }
        Value::String(text) if is_word => html! { (plain(text)) },
        Value::String(id) if let Some(other) = other => {
            html! { bdi { (shortened(&names.get(other, id))) } }
        }
        Value::String(text) => html! { bdi { (shortened(text)) } },
        Value::Array(values) if values.is_empty() => html! { span.soft { "none" } },
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts: Vec<_> = values.iter().filter_map(Value::as_str).collect();
            html! { bdi { (shortened(&texts.join(", "))) } }
        }
        other @ (Value::Array(_) | Value::Object(_)) => {
            html! { code { (shortened(&other.to_string())) } }
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Where a record can be read: its page, or what the API says of it.
pub(super) fn address_of(table: &str, id: &str, release: ReleaseId) -> String {
    match table {
        "agencies" => format!("/agencies/{id}"),
        "sources" => format!("/sources#{id}"),
        _ => record_address(table, id)
            .unwrap_or_else(|| format!("/v1/releases/{release}/{table}/{id}")),
    }
}

/// A cause in words.
fn because(cause: &str) -> String {
    match cause {
        "source_changed" => "a source says something else",
        "new_coverage" => "a source was read for the first time",
        "correction" => "an error was put right",
        "curation" => "what Porchlight itself collects changed",
        "program_changed" => "the program reads the same text in another way",
        "merge" => "two records turned out to be one",
        "withdrawal" => "a record was taken back",
        "time_passed" => {
            "nobody said anything new, and the last list grew too old to speak for today"
        }
        other => return plain(other),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_both_releases_and_keeps_the_filters() {
        let [from, to] = ["2026-11-24.1", "2026-11-25.1"].map(|name| name.parse().unwrap());
        assert_eq!(
            question_of(from, to, "state=OH"),
            "from=2026-11-24.1&to=2026-11-25.1&limit=50&state=OH"
        );
        assert_eq!(question_of(from, to, "limit=7"), "from=2026-11-24.1&to=2026-11-25.1&limit=7");
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        let long = "é".repeat(SHOWN + 1);
        assert_eq!(shortened(&long).chars().count(), SHOWN + 1);
        assert_eq!(shortened("short"), "short");
    }
}
