//! The pages of every resource, one after the other, are the rows of the release's CSV.

use std::collections::BTreeSet;

use porchlight::record::{Column, ColumnType, RESOURCES, Resource};
use porchlight::release::digest;
use serde_json::Value;

use crate::support::program::{Program, Serving};
use crate::support::small_upstream::SmallUpstream;

#[tokio::test]
async fn the_pages_of_every_resource_are_the_rows_of_its_csv() {
    let upstream = SmallUpstream::start();
    let home = tempfile::tempdir().unwrap();
    let program = Program::new(home.path(), &upstream.sources());
    program.succeed(&["refresh"]);
    let serving = program.serve();
    let manifest = serving.get("/v1/releases/latest").await["data"].clone();
    let release = manifest["release"].as_str().unwrap();
    let folder = home.path().join("releases").join(release);

    for resource in RESOURCES {
        let path = folder.join(format!("{}.csv", resource.table));
        let bytes = std::fs::read(&path).unwrap();
        let listed = manifest["files"].as_array().unwrap().iter();
        let listed = listed.clone().find(|file| file["table"] == resource.table).unwrap();
        assert_eq!(listed["sha256"], digest::sha256(&bytes), "{}", path.display());
        let rows = rows_of_csv(resource, &bytes);
        let pinned = format!("/v1/releases/{release}/{}", resource.table);
        // One that leaves a last page of one, one that leaves none, one for all, and the default.
        let limits = [1, 7, rows.len().max(1), rows.len().max(2) - 1, 1000];
        let limits: BTreeSet<usize> = limits.into_iter().filter(|n| *n <= 1000).collect();
        for limit in limits {
            if rows.len() / limit > 400 {
                continue; // the same with a thousand requests
            }
            let crawled = crawl(&serving, &format!("{pinned}?limit={limit}"), rows.len()).await;
            same_rows(resource, &rows, &crawled, limit);
        }
        let unpinned = crawl(&serving, &format!("/v1/{}", resource.table), rows.len()).await;
        same_rows(resource, &rows, &unpinned, 50);
    }
}

/// Rows as the CSV gives them.
fn rows_of_csv(resource: &'static Resource, bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header: Vec<&str> = resource.columns.iter().map(|column| column.name).collect();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), header);
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

/// Follows `links.next` to the end; the records of all pages.
async fn crawl(serving: &Serving, path: &str, total: usize) -> Vec<Value> {
    let mut records = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = serving.get(&path).await;
        assert_eq!(page["meta"]["total"], total, "{path}");
        let data = page["data"].as_array().unwrap();
        assert_eq!(page["meta"]["returned"], data.len(), "{path}");
        records.extend_from_slice(data);
        assert!(records.len() <= total, "{path}: more records than there are");
        next = page["links"]["next"].as_str().map(str::to_owned);
        // A crawl that starts at the latest release ends in the release it began in.
        let is_pinned = |next: &String| next.starts_with("/v1/releases/");
        assert!(next.as_ref().is_none_or(is_pinned), "{path}: {next:?}");
    }
    records
}

fn same_rows(resource: &Resource, rows: &[Vec<String>], records: &[Value], limit: usize) {
    let table = resource.table;
    assert_eq!(rows.len(), records.len(), "{table} by {limit}");
    let ids: BTreeSet<&str> = records.iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), records.len(), "{table} by {limit}: a record comes twice");
    for (row, record) in rows.iter().zip(records) {
        assert_eq!(record.as_object().unwrap().len(), resource.columns.len(), "{record}");
        for (column, cell) in resource.columns.iter().zip(row) {
            let value = &record[column.name];
            assert!(is_same(column, cell, value), "{table} by {limit}: `{cell}` is not {value}");
        }
    }
}

/// Whether a cell of the CSV says what the API says.
fn is_same(column: &Column, cell: &str, value: &Value) -> bool {
    match (column.ty, value) {
        (_, Value::Null) => column.nullable && cell.is_empty(),
        (
            ColumnType::Text | ColumnType::Word(_) | ColumnType::Date | ColumnType::Instant,
            Value::String(text),
        ) => text == cell,
        (ColumnType::Integer, Value::Number(number)) => {
            number.is_i64() && cell == number.to_string()
        }
        (ColumnType::Real, Value::Number(number)) => cell.parse().ok() == number.as_f64(),
        (ColumnType::Boolean, Value::Bool(truth)) => cell == truth.to_string(),
        (ColumnType::TextList, Value::Array(_)) | (ColumnType::Object, Value::Object(_)) => {
            serde_json::from_str(cell).ok().as_ref() == Some(value)
        }
        _ => false,
    }
}
