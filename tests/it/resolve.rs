//! Records from all that was ever said: what becomes of a source that changes its mind.

use std::collections::HashSet;

use chrono::Days;
use porchlight::matching::matches;
use porchlight::normalise::normalise;
use porchlight::record::{
    Completeness, Entries, Evidence, Partnership, PartnershipStatus, Precision, ReleaseId, STATES,
    Service, Source, SubjectType, keys,
};
use porchlight::resolve::{Input, Memory, Resolved, resolve};

use crate::support::editions::{Entry, fold};

fn source(id: &str, completeness: Completeness) -> Source {
    let release: ReleaseId = "2026-11-24.1".parse().unwrap();
    Source {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        publisher: id.to_owned(),
        homepage: None,
        url: None,
        format: "csv".to_owned(),
        licence: "CC0-1.0".to_owned(),
        attribution: id.to_owned(),
        redistributable: true,
        cadence: "daily".to_owned(),
        completeness,
        completeness_note: None,
        data_as_of_on: None,
        rows: 0,
        issues: 0,
        first_release: release,
        last_changed_release: release,
        evidence_count: 0,
    }
}

/// A world of two departments and one program, launched in May 2018.
fn world() -> Memory {
    let mut memory = Memory::default();
    let vendor = [("name", "Ring"), (keys::CONFIDENCE, "A")];
    let program = [
        ("name", "Neighbors"),
        ("vendor_id", "ring"),
        ("kind", "information_sharing"),
        ("status", "active"),
        ("launched_on", "2018-05"),
        (keys::CONFIDENCE, "A"),
    ];
    let curated: [Entry<'_>; 2] = [
        (SubjectType::Vendor, "vendors/ring", &vendor),
        (SubjectType::Program, "programs/ring-neighbors", &program),
    ];
    fold(&mut memory, "curated", "2020-01-01", &curated);
    let [ada, bay] = [("OH1", "Ada Police Department"), ("OH2", "Bay Police Department")];
    let agency = |(ori, name): (&'static str, &'static str)| {
        [(keys::ORI, ori), (keys::AGENCY, name), (keys::STATE, "OH"), (keys::COUNTY, "ALLEN")]
    };
    let (ada, bay) = (agency(ada), agency(bay));
    let registry: [Entry<'_>; 2] =
        [(SubjectType::Agency, "OH1", &ada), (SubjectType::Agency, "OH2", &bay)];
    fold(&mut memory, "fbi-agencies", "2018-09-01", &registry);
    memory
}

/// The Atlas lists one row.
fn list(memory: &mut Memory, on: &str, key: &str, agency: &str, date: Option<&str>) {
    let mut values = vec![
        (keys::AGENCY, agency),
        (keys::STATE, "OH"),
        (keys::COUNTY, "Allen County"),
        (keys::PROGRAM, "ring-neighbors"),
    ];
    values.extend(date.map(|date| (keys::DATE, date)));
    values.extend(date.map(|_| (keys::DATE_BASIS, "activation")));
    fold(memory, "eff-atlas", on, &[(SubjectType::Partnership, key, &values)]);
}

fn resolved_after(memory: &Memory, before: Option<&Resolved>, on: &str) -> Resolved {
    let entries = Entries::of(memory.statements.values());
    let normals = normalise(&entries);
    let matches = matches(&normals);
    let sources = vec![
        source("curated", Completeness::Editorial),
        source("eff-atlas", Completeness::Sample),
        source("fbi-agencies", Completeness::Exhaustive),
    ];
    resolve(&Input {
        memory,
        entries: &entries.current,
        normals: &normals,
        matches: &matches,
        sources,
        identities: before.map_or(&[], |before| &before.identities),
        redirects: before.map_or(&[], |before| &before.redirects),
        withdrawals: before.map_or(&[], |before| &before.withdrawals),
        published_issues: &[],
        published_on: on.parse().unwrap(),
        fresh_for: Days::new(400),
    })
    .unwrap()
}

fn resolved(memory: &Memory, on: &str) -> Resolved {
    resolved_after(memory, None, on)
}

fn of<'a>(resolved: &'a Resolved, agency: &str) -> &'a Partnership {
    let mut found =
        resolved.records.partnerships.iter().filter(|record| record.agency_name == agency);
    let one = found.next().unwrap_or_else(|| panic!("no partnership of {agency}"));
    assert!(found.next().is_none(), "two partnerships of {agency}");
    one
}

fn evidence_of<'a>(resolved: &'a Resolved, subject: &str) -> Vec<&'a Evidence> {
    let evidence = resolved.records.evidence.iter();
    evidence.filter(|evidence| evidence.subject_id == subject).collect()
}

#[test]
fn a_key_that_is_given_to_another_agency_takes_no_evidence_with_it() {
    let mut memory = world();
    list(&mut memory, "2020-01-01", "AOS1", "Ada Police Department", Some("3/1/2019"));
    let before = resolved(&memory, "2020-02-01");
    list(&mut memory, "2020-06-01", "AOS1", "Bay Police Department", Some("4/1/2020"));
    let after = resolved_after(&memory, Some(&before), "2020-07-01");
    let ada = of(&after, "Ada Police Department");
    assert_eq!(ada.id, of(&before, "Ada Police Department").id);
    assert_eq!(ada.status, PartnershipStatus::Unknown, "it is not listed any more");
    assert_eq!(ada.last_listed_on, Some("2020-01-01".parse().unwrap()));
    assert_eq!(ada.started_on, Some("2019-03-01".parse().unwrap()));
    let bay = of(&after, "Bay Police Department");
    assert_eq!(bay.status, PartnershipStatus::Active);
    for (partnership, name) in [(ada, "Ada Police Department"), (bay, "Bay Police Department")] {
        let evidence = evidence_of(&after, partnership.id.as_str());
        let names: Vec<&str> =
            evidence.iter().map(|one| one.reported[keys::AGENCY].as_str()).collect();
        assert_eq!(names, [name]);
    }
    assert!(after.withdrawals.is_empty() && after.redirects.is_empty());
}

#[test]
fn a_name_that_was_corrected_is_merged_and_redirects() {
    let mut memory = world();
    list(&mut memory, "2020-01-01", "AOS1", "Adda Police Department", Some("3/1/2019"));
    let before = resolved(&memory, "2020-02-01");
    let unmatched = of(&before, "Adda Police Department");
    assert_eq!(unmatched.agency_id, None);
    list(&mut memory, "2020-06-01", "AOS1", "Ada Police Department", Some("3/1/2019"));
    let after = resolved_after(&memory, Some(&before), "2020-07-01");
    let ada = of(&after, "Ada Police Department");
    assert_eq!(after.records.partnerships.len(), 1);
    assert_eq!(after.redirects.len(), 1);
    assert_eq!(after.redirects[0].from_id, unmatched.id.as_str());
    assert_eq!(after.redirects[0].to_id, ada.id.as_str());
    assert_eq!(evidence_of(&after, ada.id.as_str()).len(), 2);
}

#[test]
fn a_cell_nobody_looked_at_is_taken_back_when_somebody_does() {
    let mut memory = world();
    let before = resolved(&memory, "2020-02-01");
    let nobody = before.records.coverage.iter().all(|cell| cell.source_id.is_none());
    assert!(nobody && before.records.coverage.len() == 2 * STATES.len());
    list(&mut memory, "2020-01-01", "AOS1", "Ada Police Department", None);
    let after = resolved_after(&memory, Some(&before), "2020-07-01");
    assert_eq!(after.records.coverage.len(), before.records.coverage.len());
    let is_there = |id: &str| after.records.coverage.iter().any(|cell| cell.id.as_str() == id);
    let gone: Vec<_> =
        before.records.coverage.iter().filter(|cell| !is_there(cell.id.as_str())).collect();
    // One program and one service, in every state.
    assert_eq!((gone.len(), after.withdrawals.len()), (STATES.len(), STATES.len()));
    for cell in gone {
        let trail = after.withdrawals.iter().find(|gone| gone.id == cell.id.as_str()).unwrap();
        assert_eq!(
            (trail.resource.as_str(), trail.reason.as_str()),
            ("coverage", "a source has looked there by now")
        );
    }
    let ohio = after.records.coverage.iter().find(|cell| {
        cell.source_id.is_some() && cell.state == "OH" && cell.service == Service::LawEnforcement
    });
    let ohio = ohio.unwrap();
    assert_eq!((ohio.agencies, ohio.documented, ohio.unmatched), (2, 1, 0));
    // What was never said again keeps its id, and an id that is used again has no trail.
    let again = resolved_after(&memory, Some(&after), "2020-08-01");
    assert_eq!(again.records.coverage, after.records.coverage);
    let anew = resolved_after(&world(), Some(&after), "2020-08-01");
    assert_eq!(anew.records.coverage, before.records.coverage);
    let reasons: HashSet<&str> = anew.withdrawals.iter().map(|gone| gone.reason.as_str()).collect();
    assert!(reasons.contains("the source is not taken to have looked there any more"));
    assert!(
        anew.withdrawals.iter().all(|gone| !before
            .records
            .coverage
            .iter()
            .any(|cell| cell.id.as_str() == gone.id))
    );
}

#[test]
fn a_row_that_is_respelt_does_not_begin_anew() {
    let mut memory = world();
    list(&mut memory, "2020-01-01", "AOS1", "Ada Police Department", None);
    list(&mut memory, "2026-01-01", "AOS1", "Ada Police Dept", None);
    let after = resolved(&memory, "2026-02-01");
    let ada = of(&after, "Ada Police Department");
    assert_eq!(ada.started_on, Some("2020-01-01".parse().unwrap()), "it was first listed then");
    assert_eq!(ada.started_on_precision, Some(Precision::Unknown));
    assert_eq!(ada.status, PartnershipStatus::Active);
    assert_eq!(ada.agency_name_reported, "Ada Police Dept", "what the source says now");
}

#[test]
fn a_corrected_date_replaces_the_wrong_one_whichever_is_earlier() {
    for (wrong, right) in [("3/1/2019", "4/1/2019"), ("4/1/2019", "3/1/2019")] {
        let mut memory = world();
        list(&mut memory, "2020-01-01", "AOS1", "Ada Police Department", Some(wrong));
        list(&mut memory, "2020-06-01", "AOS1", "Ada Police Department", Some(right));
        let after = resolved(&memory, "2020-07-01");
        let month = right.split('/').next().unwrap();
        let expected = format!("2019-0{month}-01").parse().unwrap();
        assert_eq!(of(&after, "Ada Police Department").started_on, Some(expected));
    }
}

#[test]
fn only_a_date_that_must_lie_before_the_launch_is_refused() {
    for (printed, kept) in
        [("2018", true), ("04/2018", false), ("4/30/2018", false), ("5/2/18", true)]
    {
        let mut memory = world();
        list(&mut memory, "2020-01-01", "AOS1", "Ada Police Department", Some(printed));
        let resolved = resolved(&memory, "2020-02-01");
        let started = of(&resolved, "Ada Police Department").started_on;
        assert_eq!(started.is_some(), kept, "{printed}: {started:?}");
        assert_eq!(resolved.records.issues.is_empty(), kept, "{printed}");
    }
}

#[test]
fn an_edition_vouches_for_the_present_for_so_many_days() {
    let mut memory = world();
    list(&mut memory, "2020-01-01", "AOS1", "Ada Police Department", None);
    // 400 days after 1 January 2020.
    for (on, status) in
        [("2021-02-04", PartnershipStatus::Active), ("2021-02-05", PartnershipStatus::Unknown)]
    {
        let resolved = resolved(&memory, on);
        assert_eq!(of(&resolved, "Ada Police Department").status, status, "{on}");
    }
}
