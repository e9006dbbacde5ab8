//! The server against a plain evaluation of the same records in memory.
//!
//! `PROPTEST_CASES` raises the number of questions per resource.

mod evaluate;
mod question;
mod records;

use porchlight::record::{Cell, Column, ColumnType, Resource};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::app::{App, Got};
use evaluate::{Evaluation, Hit, at, evaluate, rank};
use question::{Question, question};
use records::{Made, made};

const RELEASE: &str = "2026-11-24.1";

/// Asks questions of one resource until one is answered wrongly.
fn differ(table: &str, check: fn(&Asker<'_>, &Question)) {
    let made = made();
    let app = App::of([made.release(RELEASE)]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let resource = Resource::of_table(table).unwrap();
    let asker = Asker { app: &app, runtime: &runtime, made: &made, resource };
    let config = Config { failure_persistence: None, ..Config::default() };
    let found = TestRunner::new(config).run(&question(resource, &made.tables), |question| {
        let checked = std::panic::AssertUnwindSafe(|| check(&asker, &question));
        std::panic::catch_unwind(checked).map_err(|panic| {
            let words = panic.downcast_ref::<String>().cloned();
            TestCaseError::fail(words.unwrap_or_default())
        })
    });
    if let Err(error) = found {
        panic!("/{table}{error}");
    }
}

struct Asker<'a> {
    app: &'a App,
    runtime: &'a tokio::runtime::Runtime,
    made: &'a Made,
    resource: &'static Resource,
}

impl Asker<'_> {
    fn get(&self, path: &str) -> Got {
        let got = self.runtime.block_on(self.app.get(path));
        assert_eq!(got.status, 200, "{path}: {}", String::from_utf8_lossy(&got.body));
        got
    }

    fn path(&self, form: &str, question: &Question) -> String {
        let (conditions, shown) = (question.conditions(), question.shown());
        format!("/v1/{}{form}?{conditions}{shown}", self.resource.table)
    }

    fn expected(&self, question: &Question) -> Evaluation<'_> {
        evaluate(question, self.resource, &self.made.tables)
    }
}

/// The value JSON shows for a cell.
fn shown(column: &Column, cell: &Cell) -> Value {
    match (column.ty, cell) {
        (_, Cell::Null) => Value::Null,
        (ColumnType::Boolean, Cell::Integer(number)) => json!(*number == 1),
        (ColumnType::TextList | ColumnType::Object, Cell::Text(text)) => {
            serde_json::from_str(text).unwrap()
        }
        (_, Cell::Text(text)) => json!(text),
        (_, Cell::Integer(number)) => json!(number),
        (_, Cell::Real(number)) => json!(number),
    }
}

fn row(question: &Question, resource: &'static Resource, hit: &Hit<'_>) -> Value {
    let mut row = Map::new();
    for column in question.columns(resource) {
        row.insert(column.name.to_owned(), shown(column, at(resource, hit.cells, column.name)));
    }
    if let Some(distance) = hit.distance {
        row.insert("distance_km".to_owned(), json!(distance));
    }
    Value::Object(row)
}

/// Whether the order of the rows is left to how well words fit.
fn is_ranked(question: &Question) -> bool {
    question.q.is_some() && question.sort.is_empty() && question.near.is_none()
}

/// Pages, put together, are the lines of the export, and both are what the records say.
fn check_rows(asker: &Asker<'_>, question: &Question) {
    let expected = asker.expected(question);
    let total = expected.hits.len();
    let mut rows: Vec<String> =
        expected.hits.iter().map(|hit| row(question, asker.resource, hit).to_string()).collect();
    let got = asker.get(&asker.path(".ndjson", question));
    let text = String::from_utf8(got.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let values = |line: &&str| serde_json::from_str::<Value>(line).unwrap().to_string();
    let mut told: Vec<String> = lines.iter().map(values).collect();
    if is_ranked(question) {
        rows.sort();
        told.sort();
    }
    assert_eq!(told, rows, "rows of the export");
    let limit = question.limit.max(total.div_ceil(4));
    let mut next = Some(format!("{}limit={limit}", asker.path("", question)));
    let mut seen = 0;
    while let Some(path) = next {
        let got = asker.get(&path);
        let json = got.json();
        let page = json["data"].as_array().unwrap().len();
        assert!(page == limit.min(total - seen), "{page} rows on a page from {seen} on");
        // The very bytes: elements of `data` are lines of the export.
        let bytes = format!("{{\"data\":[{}],\"meta\":", lines[seen..seen + page].join(","));
        assert!(got.body.starts_with(bytes.as_bytes()), "page from {seen} on");
        seen += page;
        assert_eq!(json["meta"]["total"], total);
        assert_eq!(json["meta"]["returned"], page);
        assert_eq!(json["meta"]["uncertain_excluded"], expected.uncertain);
        next = json["links"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, total, "rows on all pages");
}

fn check_csv(asker: &Asker<'_>, question: &Question) {
    let expected = asker.expected(question);
    let columns = question.columns(asker.resource);
    let got = asker.get(&asker.path(".csv", question));
    assert_eq!(got.header("dataset-total"), expected.hits.len().to_string());
    let mut reader = csv::Reader::from_reader(got.body.as_slice());
    let mut header: Vec<_> = columns.iter().map(|column| column.name).collect();
    header.extend(question.near.map(|_| "distance_km"));
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), header);
    let lines = reader.records().map(|line| line.unwrap().iter().map(str::to_owned).collect());
    let mut told: Vec<Vec<String>> = lines.collect();
    let of_hit = |hit: &Hit<'_>| {
        let cells = columns.iter().map(|column| match at(asker.resource, hit.cells, column.name) {
            Cell::Null => String::new(),
            Cell::Integer(number) if column.ty == ColumnType::Boolean => {
                if *number == 1 {
                    "true".to_owned()
                } else {
                    "false".to_owned()
                }
            }
            Cell::Integer(number) => number.to_string(),
            Cell::Real(number) => number.to_string(),
            Cell::Text(text) => text.clone(),
        });
        cells.chain(hit.distance.map(|distance| distance.to_string())).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = expected.hits.iter().map(of_hit).collect();
    if is_ranked(question) {
        rows.sort();
        told.sort();
    }
    assert_eq!(told, rows);
}

/// Rows of counts by the values of some columns, in the order of those values.
fn check_counts(asker: &Asker<'_>, question: &Question) {
    let resource = asker.resource;
    let expected = asker.expected(question);
    let mut groups: Vec<(Vec<&Cell>, i64, Option<i64>)> = Vec::new();
    for hit in &expected.hits {
        let key: Vec<_> = question.by.iter().map(|name| at(resource, hit.cells, name)).collect();
        let incidents = resource.column("incident_count").and_then(|column| {
            match at(resource, hit.cells, column.name) {
                Cell::Integer(number) => Some(*number),
                Cell::Null | Cell::Text(_) | Cell::Real(_) => None,
            }
        });
        match groups.iter_mut().find(|(known, ..)| *known == key) {
            Some((_, count, sum)) => {
                *count += 1;
                *sum = match (*sum, incidents) {
                    (None, None) => None,
                    (sum, more) => Some(sum.unwrap_or(0) + more.unwrap_or(0)),
                };
            }
            None => groups.push((key, 1, incidents)),
        }
    }
    groups.sort_by(|(a, ..), (b, ..)| {
        let pairs = a.iter().zip(b).map(|(a, b)| rank(a, b));
        pairs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let rows = groups.iter().map(|(key, count, sum)| {
        let mut row = Map::new();
        for (name, cell) in question.by.iter().zip(key) {
            row.insert(name.clone(), shown(resource.column(name).unwrap(), cell));
        }
        row.insert("count".to_owned(), json!(count));
        if resource.column("incident_count").is_some() {
            row.insert("incident_count".to_owned(), json!(sum));
        }
        Value::Object(row)
    });
    let rows: Vec<Value> = rows.collect();
    let by = question.by.join(",");
    let path = format!("/v1/{}/counts?{}by={by}", resource.table, question.conditions());
    let json = asker.get(&path).json();
    assert_eq!(json["data"], Value::Array(rows));
    assert_eq!(json["meta"]["total"], expected.hits.len());
    assert_eq!(json["meta"]["uncertain_excluded"], expected.uncertain);
}

fn check_all(asker: &Asker<'_>, question: &Question) {
    check_rows(asker, question);
    check_csv(asker, question);
    if !question.by.is_empty() {
        check_counts(asker, question);
    }
}

macro_rules! resources {
    ($($name:ident of $table:literal;)+) => { $(
        #[test]
        fn $name() {
            differ($table, check_all);
        }
    )+ };
}

resources! {
    agencies_are_what_the_records_say of "agencies";
    vendors_are_what_the_records_say of "vendors";
    programs_are_what_the_records_say of "programs";
    partnerships_are_what_the_records_say of "partnerships";
    disclosures_are_what_the_records_say of "disclosures";
    reported_totals_are_what_the_records_say of "reported_totals";
    events_are_what_the_records_say of "events";
    sources_are_what_the_records_say of "sources";
    evidence_is_what_the_records_say of "evidence";
    issues_are_what_the_records_say of "issues";
    corrections_are_what_the_records_say of "corrections";
    the_coverage_is_what_the_records_say of "coverage";
}
