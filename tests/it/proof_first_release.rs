//! One refresh of an empty home makes the first release, and nothing the sources say is lost.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::publishers::{ATLAS, USFA, rows};
use crate::support::world::{Row, World, figure};

#[test]
fn the_first_refresh_makes_release_one_of_the_day_and_passes_its_gates() {
    let world = World::start();
    let refreshed = world.refresh().ends(0);
    let report = refreshed.json();
    assert_eq!(report["outcome"], "published", "{refreshed:?}");
    assert_eq!(report["failures"].as_array().unwrap().len(), 0, "{refreshed:?}");

    let release = world.latest();
    assert_eq!(report["release"], release.name());
    let manifest = release.manifest();
    let day = &manifest["published_at"].as_str().unwrap()[..10];
    assert_eq!(release.name(), format!("{day}.1"));
    let gates = manifest["gates"].as_array().unwrap();
    assert!(!gates.is_empty());
    assert!(gates.iter().all(|gate| gate["passed"] == true), "{gates:#?}");
    world.run(&["release", "verify"]).ends(0);

    let oris = release.query("SELECT DISTINCT ori AS line FROM agencies WHERE ori IS NOT NULL");
    assert_eq!(oris.len(), world.oris(), "every ORI is an agency, once");
    let agencies = release.table("agencies").len();
    figure(&format!(
        "first refresh: {:.1} s, {} MiB",
        refreshed.took.as_secs_f64(),
        refreshed.peak_kib >> 10
    ));
    figure(&format!("agencies: {agencies}, of them with an ORI {}", oris.len()));
}

#[test]
fn every_row_of_the_fire_registry_is_evidence_of_one_agency_or_an_issue() {
    let world = World::start();
    world.refresh().ends(0);
    let release = world.latest();
    let agencies = ids(&release.table("agencies"));
    let issues = issues_of(&release.table("issues"), "usfa-registry");
    let evidence = subjects_of(&release.table("evidence"), "usfa-registry");

    let listed = rows(&world.body(USFA)).len() - 1;
    let (mut told, mut unusable) = (0, 0);
    for record in 1..=listed {
        let locator = format!("record {record}");
        if let Some(subjects) = evidence.get(&locator) {
            let subject = the_only(&locator, subjects);
            assert!(agencies.contains(subject), "{locator} is evidence of no agency");
            told += 1;
        } else {
            assert!(issues.contains(&locator), "{locator} is lost");
            unusable += 1;
        }
    }
    if world.is_real() {
        assert_eq!(listed, 27_132);
    } else {
        assert!(unusable > 0, "the rows that are unusable on purpose");
    }
    figure(&format!("rows of the fire registry: {listed}: evidence {told}, issue {unusable}"));
}

#[test]
fn every_ring_row_is_evidence_of_exactly_one_partnership_or_an_issue() {
    let world = World::start();
    world.refresh().ends(0);
    let release = world.latest();
    let issues = issues_of(&release.table("issues"), "eff-atlas");
    let evidence = subjects_of(&release.table("evidence"), "eff-atlas");
    let partnerships = release.table("partnerships");
    let by_id: BTreeMap<&String, &Row> = partnerships.iter().map(|p| (&p["id"], p)).collect();
    let in_the_fbi_list: BTreeSet<String> = release
        .table("agencies")
        .iter()
        .filter(|agency| !agency["ori"].is_empty())
        .map(|agency| agency["id"].clone())
        .collect();

    let table = rows(&world.body(ATLAS));
    let technology = table[0].iter().position(|column| column == "Technology").unwrap();
    let (mut ring, mut linked, mut only_issue) = (0, 0, 0);
    let mut of_ring = BTreeSet::new();
    for (record, row) in table.iter().enumerate().skip(1) {
        if row[technology] != "Ring/Neighbors Partnership" {
            continue;
        }
        ring += 1;
        let locator = format!("record {record}");
        let Some(subjects) = evidence.get(&locator) else {
            assert!(issues.contains(&locator), "{locator} is lost");
            only_issue += 1;
            continue;
        };
        let subject = the_only(&locator, subjects);
        let partnership = by_id[subject];
        assert_eq!(partnership["program_id"], "ring-neighbors");
        of_ring.insert(subject.clone());
        if in_the_fbi_list.contains(&partnership["agency_id"]) {
            linked += 1;
        } else {
            assert!(issues.contains(&locator), "{locator} is unmatched without a reason");
        }
    }
    one_per_agency_and_program(&partnerships);
    assert!(
        of_ring.len() < ring - only_issue,
        "several rows of one department are one partnership"
    );
    if world.is_real() {
        assert_eq!(ring, 1_501);
        assert!(
            linked >= 1_360,
            "only {linked} Ring rows are linked to an agency of the FBI's list"
        );
    } else {
        assert!(only_issue > 0, "the rows that are unusable on purpose");
    }
    figure(&format!(
        "Ring rows: {ring}: linked to an agency of the FBI's list {linked}, unmatched {}, \
         issue only {only_issue}; partnerships {}",
        ring - linked - only_issue,
        of_ring.len()
    ));
}

#[test]
fn no_labelled_row_is_linked_to_a_wrong_agency() {
    let world = World::start();
    world.refresh().ends(0);
    let release = world.latest();
    let linked = release.query(
        "SELECT DISTINCT evidence.source_key || ' ' || coalesce(agencies.ori, '-') AS line \
         FROM evidence JOIN partnerships ON partnerships.id = evidence.subject_id \
         LEFT JOIN agencies ON agencies.id = partnerships.agency_id \
         WHERE evidence.source_id = 'eff-atlas' AND evidence.role = 'supports'",
    );
    let linked: Vec<(&str, &str)> =
        linked.iter().map(|line| line.rsplit_once(' ').unwrap()).collect();
    let (mut right, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
    for (number, expected) in world.labels() {
        // Of two departments under one number each has the number and its name for a key.
        let of_number = |key: &str| key == number || key.starts_with(&format!("{number}/"));
        for (key, ori) in linked.iter().filter(|(key, _)| of_number(key)) {
            if expected.split('|').any(|right| right == *ori) {
                right += 1;
            } else if *ori == "-" {
                missed.push(format!("{key} {expected}"));
            } else {
                wrong.push(format!("{key} {ori}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "linked to a wrong agency: {wrong:?}");
    assert!(right > 0);
    if !world.is_real() {
        assert!(missed.is_empty(), "left unmatched: {missed:?}");
    }
    figure(&format!("labelled rows: right {right}, left unmatched {}, wrong 0", missed.len()));
}

#[test]
fn a_date_before_the_launch_and_coordinates_outside_the_state_are_unknown_with_an_issue() {
    let world = World::start();
    world.refresh().ends(0);
    let release = world.latest();
    let early = release.query(
        "SELECT coalesce(partnerships.started_on, 'unknown') AS line FROM issues \
         JOIN evidence ON evidence.source_key = issues.source_key AND evidence.role = 'supports' \
              AND evidence.source_id = issues.source_id \
         JOIN partnerships ON partnerships.id = evidence.subject_id \
         WHERE issues.problem = 'date_before_launch' AND evidence.source_id = 'eff-atlas'",
    );
    assert!(early.len() >= 3, "{early:?}");
    assert!(early.iter().all(|started| started == "unknown"), "{early:?}");
    let launch = "SELECT launched_on AS line FROM programs WHERE id = 'ring-neighbors'";
    let launch = release.query(launch).remove(0);
    let before = format!(
        "SELECT id AS line FROM partnerships \
         WHERE program_id = 'ring-neighbors' AND started_on < '{launch}'"
    );
    assert_eq!(release.query(&before), Vec::<String>::new());

    let astray = release.query(
        "SELECT geo_precision AS line FROM agencies WHERE ori IN \
         (SELECT source_key FROM issues WHERE problem = 'coordinates_outside_state')",
    );
    assert!(!astray.is_empty());
    assert!(astray.iter().all(|precision| precision != "station"), "{astray:?}");
    figure(&format!(
        "dates before the launch: {}; coordinates outside the state: {}",
        early.len(),
        astray.len()
    ));
}

/// What a row is evidence of, which must be one record.
fn the_only<'a>(locator: &str, subjects: &'a BTreeSet<String>) -> &'a String {
    let [subject] = subjects.iter().collect::<Vec<_>>()[..] else {
        panic!("{locator} is evidence of several: {subjects:?}")
    };
    subject
}

fn one_per_agency_and_program(partnerships: &[Row]) {
    let mut seen = BTreeSet::new();
    for partnership in partnerships.iter().filter(|row| !row["agency_id"].is_empty()) {
        let key = (&partnership["agency_id"], &partnership["program_id"]);
        assert!(seen.insert(key), "two partnerships of one agency and program: {partnership:?}");
    }
}

fn ids(table: &[Row]) -> BTreeSet<String> {
    table.iter().map(|row| row["id"].clone()).collect()
}

/// Where a source's issues are.
fn issues_of(issues: &[Row], source: &str) -> BTreeSet<String> {
    issues
        .iter()
        .filter(|row| row["source_id"] == source)
        .map(|row| row["locator"].clone())
        .collect()
}

/// What the rows of a source are evidence of; rows that are evidence of nothing are left out.
fn subjects_of(evidence: &[Row], source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut subjects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in evidence.iter().filter(|row| row["source_id"] == source) {
        if !row["subject_id"].is_empty() {
            subjects.entry(row["locator"].clone()).or_default().insert(row["subject_id"].clone());
        }
    }
    subjects
}
