//! What is decided depends on what sources say, and on nothing else: neither on the order of rows and
//! editions nor on how often they were read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use porchlight::matching::matches;
use porchlight::normalise::normalise;
use porchlight::record::{
    Agency, Completeness, Decision, Entries, Normals, Partnership, Record as _, Source, Statement,
    SubjectType, keys,
};
use porchlight::resolve::{Input, Memory, Resolved, resolve};
use proptest::prelude::*;

use crate::support::labelled::{Row, gazetteer, listed, registered, rows, statement};
use crate::support::release::source;

/// Registries, gazetteer and names of some states: enough that names repeat.
fn world() -> Vec<Statement> {
    let states = ["NJ", "PA", "MI"];
    let is_here = |row: &Row| states.contains(&row["state"].as_str());
    let of = |file: &str| rows(file).into_iter().filter(|row| is_here(row)).collect::<Vec<_>>();
    let mut police: BTreeMap<String, Row> = BTreeMap::new();
    for row in of("fbi.csv").into_iter().chain(of("fbi-public-safety.csv")) {
        police.insert(row["ori"].clone(), row);
    }
    let mut statements: Vec<Statement> = police.values().map(registered).collect();
    statements.extend(of("usfa.csv").iter().map(registered));
    let gazetteer = gazetteer().into_iter();
    statements.extend(
        gazetteer.filter(|place| {
            place.reported(keys::STATE).is_some_and(|state| states.contains(&state))
        }),
    );
    for (file, sort) in [("police.csv", ""), ("fire.csv", "Fire Department")] {
        let named = of(file);
        statements.extend(named.iter().enumerate().map(|(position, row)| {
            let mut named = listed(&format!("{file} {position}"), row, sort);
            named.reported.insert(keys::PROGRAM.to_owned(), "ring-neighbors".to_owned());
            named
        }));
    }
    statements.push(ring_neighbors());
    statements
}

/// The program that all of them take part in.
pub(crate) fn ring_neighbors() -> Statement {
    let values = [
        ("name", "Neighbors"),
        ("vendor_id", "ring"),
        ("kind", "information_sharing"),
        ("status", "active"),
        (keys::CONFIDENCE, "A"),
    ];
    statement("curated", "programs/ring-neighbors", SubjectType::Program, &values)
}

/// By the key of each row, the key of the agency it was linked to; and the entries that are one.
fn decided(normals: &Normals) -> (BTreeMap<String, String>, BTreeSet<BTreeSet<String>>) {
    let key = |agency: usize| normals.agencies[agency].source_key.clone();
    let matches = matches(normals);
    let decisions = normals.listings.iter().zip(&matches.decisions);
    let links = decisions.map(|(listing, decision)| {
        let said = match decision {
            Decision::Same { agency, method, score } => {
                format!("{} by {method}, {score}", key(*agency))
            }
            Decision::Unmatched { why, candidates } => {
                let named: Vec<String> = candidates.iter().map(|agency| key(*agency)).collect();
                format!("{why:?} {named:?}")
            }
        };
        (listing.source_key.clone(), said)
    });
    let twins = matches.twins.iter();
    let twins = twins.map(|twins| twins.agencies.iter().map(|agency| key(*agency)).collect());
    (links.collect(), twins.collect())
}

/// The statements resolved as if they came in these many editions, folded in this order.
pub(crate) fn resolved(statements: &[Statement], editions: usize, order: &[usize]) -> Resolved {
    let mut memory = Memory::default();
    for part in order {
        let of_part = statements.iter().enumerate().filter(|(at, _)| at % editions == *part);
        for (_, statement) in of_part {
            memory.statements.insert(statement.id.clone(), statement.clone());
        }
    }
    let entries = Entries::of(memory.statements.values());
    let normals = normalise(&entries);
    let matches = matches(&normals);
    let sources: Vec<Source> = ["curated", "eff-atlas", "fbi-agencies", "usfa-registry"]
        .map(|id| Source { completeness: Completeness::Sample, ..source(id) })
        .into();
    resolve(&Input {
        memory: &memory,
        entries: &entries.current,
        normals: &normals,
        matches: &matches,
        sources,
        identities: &[],
        redirects: &[],
        withdrawals: &[],
        published_issues: &[],
        published_on: "2026-11-24".parse().unwrap(),
        fresh_for: Days::new(400),
    })
    .unwrap()
}

/// The ids of agencies and partnerships.
fn ids(resolved: &Resolved) -> (Vec<String>, Vec<String>) {
    let agencies = resolved.records.agencies.iter().map(|agency: &Agency| agency.id().to_owned());
    let partnerships = resolved.records.partnerships.iter();
    let partnerships = partnerships.map(|one: &Partnership| one.id().to_owned());
    (agencies.collect(), partnerships.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_rows_changes_nothing(seed in any::<u64>()) {
        let mut statements = world();
        let expected = decided(&normalise(&Entries::of(&statements)));
        // Each by a hash of its place and the seed: an order like any other.
        statements.sort_by_key(|one| {
            let digit = |at: usize| u64::from(one.id.as_str().as_bytes()[4 + at]);
            (0..10).fold(seed, |mixed, at| mixed.rotate_left(7).wrapping_mul(31) ^ digit(at))
        });
        let mut normals = normalise(&Entries::of(&statements));
        prop_assert_eq!(&decided(&normals), &expected);
        // The forms themselves in another order, and some read twice.
        normals.agencies.reverse();
        normals.places.reverse();
        let again = normals.places.first().cloned();
        normals.places.extend(again);
        prop_assert_eq!(&decided(&normals), &expected);
    }

    #[test]
    fn the_order_of_editions_changes_no_id(order in Just(vec![0, 1, 2, 3]).prop_shuffle()) {
        let statements = world();
        let expected = resolved(&statements, 4, &[0, 1, 2, 3]);
        let shuffled = resolved(&statements, 4, &order);
        prop_assert_eq!(ids(&shuffled), ids(&expected));
        prop_assert_eq!(shuffled.records, expected.records);
        prop_assert_eq!(shuffled.identities, expected.identities);
        prop_assert_eq!(shuffled.redirects, expected.redirects);
        prop_assert_eq!(shuffled.accounts, expected.accounts);
    }
}

#[test]
fn another_source_takes_no_id_away() {
    let statements = world();
    let is_fire = |statement: &&Statement| statement.source_id.as_str() == "usfa-registry";
    let without: Vec<Statement> =
        statements.iter().filter(|statement| !is_fire(statement)).cloned().collect();
    let before = resolved(&without, 1, &[0]);
    let after = resolved(&statements, 1, &[0]);
    let (agencies, partnerships) = ids(&after);
    assert!(!partnerships.is_empty());
    for id in ids(&before).0 {
        assert!(agencies.contains(&id), "{id} is gone");
    }
    assert!(agencies.len() > before.records.agencies.len());
    // A department that the police's registry knew stays what it was, and gains the other key.
    let both = after
        .records
        .agencies
        .iter()
        .filter(|agency| agency.ori.is_some() && agency.fdid.is_some());
    assert!(both.count() > 10);
}
