//! Examples for the documents, made from the columns: a new field has one at once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::routes::{coverage_in_words, settled_by_path};
use crate::record::{Column, ColumnType, RESOURCES, Resource, mint};

/// The release of every example.
pub(super) const RELEASE: &str = "2026-11-24.1";

/// A release before that.
pub(super) const EARLIER: &str = "2026-11-23.1";

static IDS: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    let id = |resource: &Resource| match resource.table {
        "vendors" => "ring".to_owned(),
        "programs" => "ring-neighbors".to_owned(),
        "sources" => "eff-atlas".to_owned(),
        "agencies" => mint("agy", "example"),
        "reported_totals" => mint("tot", "example"),
        "events" => mint("evt", "example"),
        "evidence" => mint("evd", "example"),
        table => mint(&table[..3], "example"),
    };
    RESOURCES.iter().map(|resource| (resource.table, id(resource))).collect()
});

/// An id of a record of the resource.
pub(super) fn id(resource: &Resource) -> &'static str {
    IDS.get(resource.table).map_or("", String::as_str)
}

/// A value of a column, as JSON.
pub(super) fn value(resource: &Resource, column: &Column) -> Value {
    let of = |table| IDS.get(table).cloned().unwrap_or_default();
    match column.name {
        "id" => return json!(id(resource)),
        "agency_id" | "subject_id" => return json!(of("agencies")),
        "vendor_id" => return json!(of("vendors")),
        "program_id" | "successor_program_id" => return json!(of("programs")),
        "source_id" => return json!(of("sources")),
        "first_release" | "last_changed_release" | "fixed_in" => return json!(RELEASE),
        "state" if column.ty == ColumnType::Text => return json!("OH"),
        "city" | "name" | "agency_name" | "agency_name_reported" => return json!("Springfield"),
        "lat" => return json!(39.92),
        "lon" => return json!(-83.81),
        _ => {}
    }
    match column.ty {
        ColumnType::Text if column.name.ends_with("url") || column.name == "homepage" => {
            json!("https://example.org/")
        }
        ColumnType::Text => json!(column.name.replace('_', " ")),
        ColumnType::Word(words) => json!(words.first()),
        ColumnType::Integer => json!(11),
        ColumnType::Real => json!(0.5),
        ColumnType::Boolean => json!(true),
        ColumnType::Date => json!("2021-06-01"),
        ColumnType::Instant => json!("2026-11-24T06:00:00Z"),
        ColumnType::TextList => json!([]),
        ColumnType::Object => json!({ "state": "OH" }),
    }
}

/// A record of a resource.
fn row(resource: &Resource) -> Value {
    let row = resource.columns.iter().map(|column| {
        let value = value(resource, column);
        (column.name.to_owned(), value)
    });
    Value::Object(row.collect())
}

/// The answer that holds one record.
pub(super) fn record(resource: &Resource) -> Value {
    let release = format!("/v1/releases/{RELEASE}");
    let this = format!("{release}/{}/{}", resource.table, id(resource));
    let evidence = settled_by_path(resource).map(|_| format!("{this}/evidence"));
    let coverage = (resource.table == "agencies").then(|| format!("{this}/coverage"));
    let partnerships = (resource.table == "agencies")
        .then(|| format!("{release}/partnerships?agency_id={}", id(resource)));
    let mut meta = meta();
    if resource.table == "agencies" {
        meta["coverage"] = coverage_in_words();
    }
    json!({
        "data": row(resource),
        "meta": meta,
        "links": {
            "self": this, "history": format!("{this}/history"), "evidence": evidence,
            "partnerships": partnerships, "coverage": coverage, "docs": "/docs",
        },
    })
}

/// The answer that holds a page of records.
pub(super) fn page(resource: &Resource) -> Value {
    json!({
        "data": [row(resource)],
        "meta": {
            "release": RELEASE, "schema_version": "1.0.0", "total": 1, "returned": 1,
            "uncertain_excluded": 0,
        },
        "links": {
            "self": format!("/v1/releases/{RELEASE}/{}", resource.table), "next": null,
            "csv": format!("/v1/releases/{RELEASE}/{}.csv", resource.table), "docs": "/docs",
        },
    })
}

/// What an answer is about.
pub(super) fn meta() -> Value {
    json!({ "release": RELEASE, "schema_version": "1.0.0" })
}

/// Links of an answer at this path of a release.
pub(super) fn links(path: &str) -> Value {
    json!({ "self": format!("/v1/releases/{RELEASE}{path}"), "docs": "/docs" })
}

/// `reported_totals` as `ReportedTotals`.
pub(super) fn camel(table: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    table.split('_').map(capital).collect()
}
