//! The readers of every source, over the same bytes: each knows its own and refuses the rest.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use porchlight::normalise::normalise;
use porchlight::record::{
    Capture, EditionKey, Entries, EvidenceId, Part, Reading, SourceId, Statement,
};
use porchlight::source::{Origin, SOURCES, Source};

/// Nothing a reader makes of a body may be much larger than the body: what a cell holds may stand
/// in several drafts, and each draft names its place.
const GROWTH: usize = 64;

pub(crate) fn check(bytes: &[u8]) {
    for source in SOURCES {
        for name in part_names(*source, bytes) {
            let parts = vec![Part { name, bytes: bytes.to_vec().into() }];
            read(*source, &capture(*source, parts), bytes.len());
        }
    }
}

/// What the parts of a source are called: the curated files by what is in them, states by one.
fn part_names(source: &dyn Source, bytes: &[u8]) -> Vec<String> {
    match source.card().origin {
        Origin::Url(_) => vec![String::new()],
        Origin::UrlPerState(_) => vec![String::new(), "OH".to_owned()],
        Origin::BuiltIn(parts) => {
            let named = |part: &Part| {
                let table = part.name.trim_end_matches(".toml").replace('-', "_");
                bytes.windows(table.len()).any(|window| window == table.as_bytes())
            };
            parts().into_iter().filter(named).map(|part| part.name).collect()
        }
    }
}

fn capture(source: &dyn Source, parts: Vec<Part>) -> Capture {
    Capture {
        source_id: source.card().id.parse().expect("a source has an id"),
        sha256: "0".repeat(64),
        retrieved_at: DateTime::UNIX_EPOCH,
        as_of_on: NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day"),
        parts,
    }
}

fn read(source: &dyn Source, capture: &Capture, size: usize) {
    let id = source.card().id;
    let reading = match source.read(capture) {
        Ok(reading) => reading,
        Err(error) => return assert!(!error.to_string().is_empty(), "{id}"),
    };
    assert_eq!(source.read(capture).as_ref().ok(), Some(&reading), "read twice, told twice");
    assert!(reading.records_read > 0, "{id}: a body without records is none");
    let mut told = 0;
    for draft in &reading.drafts {
        assert!(!draft.source_key.is_empty(), "{id}: a draft without a key");
        assert!(!draft.locator.is_empty(), "{id}: a draft without a place");
        told += draft.source_key.len() + draft.locator.len();
        told += draft.reported.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let blank = draft.reported.values().any(String::is_empty);
        assert!(!blank || id == "curated", "{id}: a blank is nothing said");
    }
    let packed = capture.parts.iter().any(|part| part.bytes.starts_with(b"PK"));
    assert!(packed || told <= (size + 1) * GROWTH, "{id}: {size} bytes became {told}");
    for issue in &reading.issues {
        assert!(!issue.locator.is_empty() && !issue.detail.is_empty(), "{id}");
    }
    go_on(capture, reading);
}

/// What was read can be normalised.
fn go_on(capture: &Capture, reading: Reading) {
    let (source, edition): (&SourceId, _) = (&capture.source_id, EditionKey::of(capture));
    // What is said twice is one statement.
    let statements: BTreeMap<EvidenceId, Statement> = reading
        .drafts
        .into_iter()
        .map(|draft| Statement::of(source, &edition, draft))
        .map(|statement| (statement.id.clone(), statement))
        .collect();
    let normals = normalise(&Entries::of(statements.values()));
    assert_eq!(normals, normalise(&Entries::of(statements.values().rev())), "the order matters");
    assert!(normals.findings.iter().all(|finding| !finding.detail.is_empty()));
}
