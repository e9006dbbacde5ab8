//! Statements in, normal forms out: state codes, kinds, name keys and dates with precision.
//!
//! The text as printed stays beside every normal form. A value that cannot be used is left unknown
//! and becomes a finding; nothing is dropped in silence.

mod agency;
mod date;
mod decision;
mod gazetteer;
mod kind;
mod listing;
mod name;
mod state;

pub use name::{fold, key as name_key, place_key};

use std::collections::HashMap;
use std::{panic, thread};

use crate::record::{EditionKey, Entries, Listing, Normals, SourceId, Statement, SubjectType};

/// How many threads share the statements.
const SHARES: usize = 2;

/// The normal forms of what holds at present, and of partnerships also of what once held: that a
/// source changed its mind is no reason to forget what it said of another agency.
///
/// Curated vendors, programs, totals and events need none: their fields are written in the words
/// of the contract.
#[must_use]
pub fn normalise(entries: &Entries<'_>) -> Normals {
    let mut normals = in_shares(&entries.current);
    for statement in overrides(entries) {
        decision::add(statement, &mut normals);
    }
    // What was wrong with a row is said of the row as it stands now.
    let mut said_then = Vec::new();
    for statement in entries.superseded.iter().filter(|statement| !statement.is_decision()) {
        if statement.subject_type == SubjectType::Partnership {
            let listing = listing::partner(statement, &mut said_then);
            normals.listings.extend(listing.map(|l| Listing { is_current: false, ..l }));
        }
    }
    normals
}

/// The normal forms of statements, each of which stands for itself: threads share them out, and put
/// what they made in the order of the statements.
fn in_shares(statements: &[&Statement]) -> Normals {
    let size = statements.len().div_ceil(SHARES).max(1);
    thread::scope(|scope| {
        let shares = statements.chunks(size).map(|share| scope.spawn(|| of_share(share)));
        let mut normals = Normals::default();
        for share in shares.collect::<Vec<_>>() {
            let Normals { agencies, listings, places, counties, overrides, findings } =
                share.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
            normals.agencies.extend(agencies);
            normals.listings.extend(listings);
            normals.places.extend(places);
            normals.counties.extend(counties);
            normals.overrides.extend(overrides);
            normals.findings.extend(findings);
        }
        normals
    })
}

fn of_share(statements: &[&Statement]) -> Normals {
    let mut normals = Normals::default();
    for statement in statements.iter().filter(|statement| !statement.is_decision()) {
        match statement.subject_type {
            SubjectType::Agency => agency::add(statement, &mut normals),
            SubjectType::Partnership => {
                let listing = listing::partner(statement, &mut normals.findings);
                normals.listings.extend(listing);
            }
            SubjectType::Disclosure => normals.listings.extend(listing::named_agency(statement)),
            SubjectType::Place => {
                let place = gazetteer::place(statement, false, &mut normals.findings);
                normals.places.extend(place);
            }
            SubjectType::County => {
                let county = gazetteer::place(statement, true, &mut normals.findings);
                normals.counties.extend(county);
            }
            SubjectType::Vendor
            | SubjectType::Program
            | SubjectType::ReportedTotal
            | SubjectType::Event => {}
        }
    }
    normals
}

/// The decisions on matches that are written down at present: one that was removed holds no more.
fn overrides<'a>(entries: &Entries<'a>) -> Vec<&'a Statement> {
    let mut newest: HashMap<&SourceId, &EditionKey> = HashMap::new();
    for statement in &entries.current {
        let edition = newest.entry(&statement.source_id).or_insert(&statement.newest);
        *edition = (*edition).max(&statement.newest);
    }
    let holds = |statement: &&&Statement| newest[&statement.source_id] == &statement.newest;
    let decisions = entries.current.iter().filter(|statement| statement.is_override());
    decisions.filter(holds).copied().collect()
}
