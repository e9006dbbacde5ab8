//! How often the matcher is right on labelled names, and how fast it is:
//! `cargo bench --bench matching`. Of the quality figures `tests/it/matching_labelled.rs` keeps the
//! worst that may be; the times are measured only.
//!
//! The names that are timed are made up of the fixtures' places: 45,000 agencies, and rows of which
//! a third is misspelt and a third shortened. Timed is all of it on one core, the index and the
//! normal forms of the rows included.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "../tests/it/support/labelled.rs"]
mod labelled;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use labelled::{LABELLED, Row, Tally, gazetteer, judge, judge_twins, listed, normals, registered};
use porchlight::matching::{Index, decide};
use porchlight::record::{Decision, Statement};

/// Agencies in the registries.
const AGENCIES: usize = 45_000;

/// Rows that are read at a time.
const ROWS: usize = 15_000;

/// Rows of the long run.
const MANY_ROWS: usize = 1_000_000;

/// Runs of which the median is told.
const RUNS: usize = 5;

fn main() {
    quality();
    speed();
}

fn quality() {
    for labelled in &LABELLED {
        let (tallies, _) = judge(labelled);
        let mut all = Tally::default();
        for (category, tally) in &tallies {
            println!("{:<11} {category:<21} {}", labelled.name, in_words(tally));
            all += tally;
        }
        println!("{:<11} {:<21} {}", labelled.name, "all", in_words(&all));
    }
    let (right, faults) = judge_twins();
    println!("departments of both registries: {right} right, {} not labelled so", faults.len());
}

fn in_words(tally: &Tally) -> String {
    format!(
        "right {:>3}, wrong {}, missed {:>2}, rightly none {:>3}; precision {:.4}, recall {:.4}, \
         unmatched {:.4}",
        tally.right,
        tally.wrong,
        tally.missed,
        tally.rightly_none,
        tally.precision(),
        tally.recall(),
        tally.unmatched(),
    )
}

fn speed() {
    let agencies = agencies();
    let mut statements: Vec<Statement> = agencies.iter().map(registered).collect();
    statements.extend(gazetteer());
    let registry = normals(&statements);
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|run| {
            let rows = rows(&agencies, run * ROWS, ROWS);
            let began = Instant::now();
            let index = Index::of(&registry);
            matched(&index, &rows);
            began.elapsed()
        })
        .collect();
    times.sort();
    println!("{ROWS} rows, {AGENCIES} agencies: {:.2?}, median of {RUNS}", times[RUNS / 2]);
    let index = Index::of(&registry);
    let (mut time, mut linked) = (Duration::ZERO, 0);
    for from in (0..MANY_ROWS).step_by(ROWS) {
        let rows = rows(&agencies, from, ROWS.min(MANY_ROWS - from));
        let began = Instant::now();
        linked += matched(&index, &rows);
        time += began.elapsed();
    }
    println!("{MANY_ROWS} rows: {time:.2?}, {linked} linked, peak {}", peak());
}

/// Normalises and matches the rows; how many were linked.
fn matched(index: &Index<'_>, rows: &[Statement]) -> usize {
    let normals = normals(rows);
    let listings = normals.listings.iter();
    let decisions = listings.map(|listing| decide(index, listing));
    decisions.filter(|decision| matches!(decision, Decision::Same { .. })).count()
}

/// Words before the name of a place that make another of it.
const BEFORE: [&str; 8] = ["", "North ", "South ", "East ", "West ", "New ", "Lake ", "Mount "];

/// Made-up agencies: the places of the gazetteer and more of their names, each in one state and
/// with one department, so that as many share a name as in the registries: few.
fn agencies() -> Vec<Row> {
    let places: Vec<Row> =
        labelled::rows("gazetteer.csv").into_iter().filter(|row| row["sort"] == "place").collect();
    let sorts = ["Police Department", "Township Police Department", "Department of Public Safety"];
    let states = ["OH", "PA", "NJ", "NY", "MI", "TX", "CA", "FL", "IL", "WI"];
    let agency = |number: usize| {
        let (round, place) = (number / places.len(), &places[number % places.len()]);
        let name = place["name"].rsplit_once(' ').map_or("", |(name, _)| name);
        let before = BEFORE[round % BEFORE.len()];
        let values = [
            ("ori", format!("XX{number:07}")),
            ("name", format!("{before}{name} {}", sorts[round % sorts.len()])),
            ("type", "City".to_owned()),
            ("counties", format!("COUNTY {}", number % 70)),
            ("state", states[(number + round / BEFORE.len()) % states.len()].to_owned()),
            ("lat", String::new()),
            ("lon", String::new()),
        ];
        values.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    };
    (0..AGENCIES).map(agency).collect()
}

/// Rows that name agencies: as they are, with a letter left out, or shortened.
fn rows(agencies: &[Row], from: usize, count: usize) -> Vec<Statement> {
    let row = |number: usize| {
        let agency = &agencies[(number * 7919) % agencies.len()];
        let mut name = agency["name"].clone();
        match number % 3 {
            1 if name.is_char_boundary(2) && name.is_char_boundary(3) => {
                name.remove(2);
            }
            2 => name = name.replace("Department", "Dept.").replace("Township", "Twp."),
            _ => {}
        }
        let asked = BTreeMap::from([
            ("agency".to_owned(), name),
            ("city".to_owned(), String::new()),
            ("county".to_owned(), agency["counties"].clone()),
            ("state".to_owned(), agency["state"].clone()),
        ]);
        listed(&number.to_string(), &asked, "Police")
    };
    (from..from + count).map(row).collect()
}

/// The most memory the process had so far.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}
