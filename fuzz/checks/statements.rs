//! What sources say, normalised and matched. A blank line parts the statements; the first line of
//! each says what it is about, such as `agency`, and the others are `key: value`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use porchlight::matching::{Index, decide};
use porchlight::normalise::{fold, name_key, normalise, place_key};
use porchlight::record::{
    Citation, Decision, Draft, EditionKey, Entries, Normals, PartialDate, Precision, Reported,
    Role, Statement, SubjectType,
};

pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let statements: Vec<Statement> =
        text.split("\n\n").enumerate().filter_map(|(at, block)| statement(at, block)).collect();
    for value in statements.iter().flat_map(|statement| statement.reported.values()) {
        names(value);
    }
    let normals = normalise(&Entries::of(&statements));
    let turned = normalise(&Entries::of(statements.iter().rev()));
    assert_eq!(normals, turned, "the order of the statements matters");
    for listing in &normals.listings {
        listing.started.into_iter().chain(listing.ended).for_each(date);
        assert!(listing.state.as_ref().is_none_or(|state| state.len() == 2));
    }
    for agency in &normals.agencies {
        assert_eq!(agency.state.len(), 2);
        assert!(agency.point.is_none_or(|point| point.lat.is_finite() && point.lon.is_finite()));
    }
    matches(normals);
}

fn statement(at: usize, block: &str) -> Option<Statement> {
    let mut lines = block.lines();
    let subject_type: SubjectType = lines.next()?.parse().ok()?;
    let pair = |line: &str| {
        let (key, value) = line.split_once(": ")?;
        Some((key.to_owned(), value.to_owned()))
    };
    let reported: Reported = lines.filter_map(pair).collect();
    let draft = Draft {
        subject_type,
        source_key: format!("row {at}"),
        pointer: String::new(),
        role: Role::Supports,
        locator: format!("row {at}"),
        citation: Citation::default(),
        reported,
    };
    let edition = EditionKey {
        as_of_on: today(),
        retrieved_at: DateTime::UNIX_EPOCH,
        capture_sha256: "0".repeat(64),
    };
    Some(Statement::of(&"eff-atlas".parse().expect("an id"), &edition, draft))
}

/// The day on which every statement is made: no date may lie after it.
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day")
}

/// Folding what is folded changes nothing.
fn names(text: &str) {
    let folded = fold(text);
    assert_eq!(fold(&folded), folded, "{text:?}");
    assert_eq!(folded.trim(), folded);
    assert!(!folded.contains("  "));
    let place = place_key(text);
    assert_eq!(place_key(&place), place, "{text:?}");
    for state in [None, Some("LA"), Some("NJ")] {
        let key = name_key(text, state);
        assert_eq!(name_key(text, state), key);
        assert_eq!(key.trim(), key, "{text:?}");
        assert_eq!(fold(&key), key, "{text:?}");
    }
}

/// A date in its own spelling is the same date again.
fn date(date: PartialDate) {
    assert!(date.on <= today(), "{date:?} lies in the future");
    let spelling = match date.precision {
        Precision::Day => "%Y-%m-%d",
        Precision::Month => "%m/%Y",
        Precision::Year => "%Y",
        Precision::Unknown => panic!("no text has the precision of {date:?}"),
    };
    let block = format!("partnership\nagency: A\ndate: {}", date.on.format(spelling));
    let again = [statement(0, &block).expect("a statement")];
    let normals = normalise(&Entries::of(&again));
    assert_eq!(normals.listings[0].started, Some(date));
}

/// What is decided does not depend on the order of the agencies, and is never a guess.
fn matches(normals: Normals) {
    let decided = |normals: &Normals| -> BTreeMap<String, String> {
        let index = Index::of(normals);
        let key = |agency: &usize| normals.agencies[*agency].source_key.clone();
        let in_words = |listing| match decide(&index, listing) {
            Decision::Same { agency, method, score } => {
                assert!((0.0..=1.0).contains(&score));
                let agency = &normals.agencies[agency];
                let state = listing.state.as_ref();
                assert!(state.is_none_or(|state| *state == agency.state), "another state");
                format!("{} by {method}, {score}", agency.source_key)
            }
            Decision::Unmatched { why, candidates } => {
                let mut candidates: Vec<_> = candidates.iter().map(key).collect();
                candidates.sort_unstable();
                format!("{why:?}: {candidates:?}")
            }
        };
        normals
            .listings
            .iter()
            .map(|listing| (listing.source_key.clone(), in_words(listing)))
            .collect()
    };
    let first = decided(&normals);
    let mut turned = normals;
    turned.agencies.reverse();
    turned.places.reverse();
    turned.counties.reverse();
    assert_eq!(decided(&turned), first, "the order of the registry matters");
}
