//! Rows of one edition under one number.

use std::collections::{BTreeMap, BTreeSet};

use super::{Listing, locator};
use crate::record::{DraftIssue, Problem, Reported, keys};

/// What tells one thing from another under the same number, the agency's name first.
const TELLING: &[&str] = &[keys::AGENCY, keys::CITY, keys::STATE, keys::TECHNOLOGY];

/// Gives each thing a key of its own, in the order of the rows.
///
/// A row that repeats another is left out; of a row that says something else of the same thing only
/// its links are kept. Both, and a number that stands for several things, are issues.
pub(super) fn tell_apart(mut listings: Vec<Listing>, issues: &mut Vec<DraftIssue>) -> Vec<Listing> {
    let mut rows_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, listing) in listings.iter().enumerate() {
        rows_of.entry(listing.key.clone()).or_default().push(row);
    }
    let mut left_out = BTreeSet::new();
    for rows in rows_of.into_values().filter(|rows| rows.len() > 1) {
        let suffixes = suffixes(&listings, &rows);
        for (place, &row) in rows.iter().enumerate() {
            let earlier = &rows[..place];
            let repeated =
                earlier.iter().find(|&&other| listings[other].cells == listings[row].cells);
            let same_thing =
                earlier.iter().zip(&suffixes).find(|(_, suffix)| **suffix == suffixes[place]);
            let detail = match (repeated, same_thing) {
                (Some(&other), _) => {
                    left_out.insert(row);
                    format!("repeats record {}; left out", listings[other].record)
                }
                (None, Some((&other, _))) => {
                    listings[row].reported = Reported::new();
                    format!(
                        "the number and agency of record {}; only its links are kept",
                        listings[other].record
                    )
                }
                (None, None) => format!(
                    "the number of record {}, which is about something else; keys are made unique",
                    listings[rows[0]].record
                ),
            };
            if !earlier.is_empty() {
                issues.push(DraftIssue {
                    source_key: Some(listings[row].key.clone()),
                    locator: locator(listings[row].record),
                    problem: Problem::DuplicateKey,
                    detail,
                    excerpt: None,
                });
            }
        }
        if suffixes.iter().collect::<BTreeSet<_>>().len() > 1 {
            for (row, suffix) in rows.iter().zip(&suffixes) {
                let listing = &mut listings[*row];
                listing.key = format!("{}/{suffix}", listing.key);
            }
        }
    }
    let kept = listings.into_iter().enumerate().filter(|(row, _)| !left_out.contains(row));
    kept.map(|(_, listing)| listing).collect()
}

/// What to append to the key of each row: the agency's name, and more only where names repeat.
fn suffixes(listings: &[Listing], rows: &[usize]) -> Vec<String> {
    let told = |row: &usize, by: usize| {
        let reported = &listings[*row].reported;
        let parts = TELLING[..by].iter().map(|name| reported.get(*name).map_or("", String::as_str));
        parts.collect::<Vec<_>>().join("/")
    };
    let things = |by| rows.iter().map(|row| told(row, by)).collect::<BTreeSet<_>>().len();
    let enough = (1..TELLING.len()).find(|by| things(*by) == things(TELLING.len()));
    rows.iter().map(|row| told(row, enough.unwrap_or(TELLING.len()))).collect()
}
