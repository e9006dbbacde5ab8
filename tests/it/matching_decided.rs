//! What people decide where no rule can tell, and what becomes of decisions that no longer fit.

use porchlight::record::{
    MatchMethod, MatchOutcome, Partnership, Problem, Record as _, Service, Statement, SubjectType,
    keys,
};
use porchlight::resolve::Resolved;

use crate::matching_stable::{resolved, ring_neighbors};
use crate::support::labelled::{Row, listed, registered, statement};

fn row(values: &[(&str, &str)]) -> Row {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn police(ori: &str, name: &str, county: &str) -> Statement {
    registered(&row(&[
        ("ori", ori),
        ("name", name),
        ("type", "City"),
        ("counties", county),
        ("state", &ori[..2]),
    ]))
}

fn fire(fdid: &str, name: &str, city: &str, county: &str) -> Statement {
    registered(&row(&[
        ("fdid", fdid),
        ("name", name),
        ("city", city),
        ("county", county),
        ("state", &fdid[..2]),
    ]))
}

fn named(agency: &str, county: &str) -> Statement {
    let row = row(&[("agency", agency), ("city", ""), ("county", county), ("state", "WI")]);
    let mut named = listed("AOS1", &row, "Police");
    named.reported.insert(keys::PROGRAM.to_owned(), "ring-neighbors".to_owned());
    named
}

fn decision(subject_type: SubjectType, values: &[(&str, &str)]) -> Statement {
    let values = [values, &[(keys::CONFIDENCE, "A"), (keys::REASON, "so it is")]].concat();
    statement("curated", "overrides/one", subject_type, &values)
}

/// Madison, city and town, one row that a source prints, and what people decided.
fn with(decided: Option<Statement>) -> Resolved {
    let mut statements = vec![
        ring_neighbors(),
        police("WI0130100", "Madison Police Department", "DANE"),
        police("WI0131000", "Town of Madison Police Department", "DANE"),
        named("Madison Police Department", "Dane County"),
    ];
    statements.extend(decided);
    resolved(&statements, 1, &[0])
}

fn the_only(resolved: &Resolved) -> (&Partnership, Option<&str>) {
    let [partnership] = resolved.records.partnerships.as_slice() else { panic!("one is listed") };
    let agency = partnership.agency_id.as_ref();
    let agency = agency.and_then(|id| resolved.records.agencies.iter().find(|one| one.id == *id));
    (partnership, agency.and_then(|agency| agency.ori.as_deref()))
}

fn problems(resolved: &Resolved) -> Vec<Problem> {
    resolved.records.issues.iter().map(|issue| issue.problem).collect()
}

const ROW: (&str, &str) = (keys::SUBJECT, "eff-atlas/AOS1");
const PRINTED: (&str, &str) = (keys::PRINTED, "Madison Police Department");
const TOWN: (&str, &str) = (keys::AGENCY, "fbi-agencies/WI0131000");

#[test]
fn the_agency_that_people_name_is_taken() {
    let untouched = with(None);
    assert_eq!(the_only(&untouched).1, Some("WI0130100"));
    let values = [(keys::DECISION, "same"), ROW, PRINTED, TOWN];
    let decided = with(Some(decision(SubjectType::Partnership, &values)));
    let (partnership, ori) = the_only(&decided);
    assert_eq!(ori, Some("WI0131000"));
    assert_eq!(partnership.match_method, Some(MatchMethod::Override));
    let [account] = decided.accounts.as_slice() else { panic!("one listing, one account") };
    assert_eq!(account.reason, "so it is");
    assert_eq!(account.candidates.len(), 2, "the others are told of all the same");
    assert!(account.candidates.iter().any(|one| one.chosen && one.source_key == "WI0131000"));
}

#[test]
fn an_agency_that_people_rule_out_is_not_taken() {
    let city = (keys::AGENCY, "fbi-agencies/WI0130100");
    let values = [(keys::DECISION, "different"), ROW, PRINTED, city];
    let decided = with(Some(decision(SubjectType::Partnership, &values)));
    assert_ne!(the_only(&decided).1, Some("WI0130100"));
    let values = [(keys::DECISION, "different"), ROW, PRINTED];
    let decided = with(Some(decision(SubjectType::Partnership, &values)));
    assert_eq!(the_only(&decided).1, None);
    assert_eq!(decided.accounts[0].outcome, MatchOutcome::Unmatched);
    assert_eq!(decided.accounts[0].reason, "so it is");
}

#[test]
fn an_agency_that_no_registry_lists_can_be_named() {
    let values = [(keys::DECISION, "new"), ROW, PRINTED, (keys::STATE, "WI")];
    let decided = with(Some(decision(SubjectType::Agency, &values)));
    let (partnership, ori) = the_only(&decided);
    assert_eq!(ori, None);
    let id = partnership.agency_id.as_ref().unwrap();
    let agency = decided.records.agencies.iter().find(|agency| agency.id == *id).unwrap();
    assert!(!agency.registered);
    assert_eq!((agency.name.as_str(), agency.state.as_str()), ("Madison Police Department", "WI"));
    let evidence = decided.records.evidence.iter();
    assert!(evidence.clone().any(|one| one.subject_id == agency.id()), "who says so");
    let registered = decided.records.agencies.iter().filter(|agency| agency.registered);
    assert_eq!(registered.count(), 2);
}

#[test]
fn a_decision_that_does_not_fit_any_more_changes_nothing_and_is_listed() {
    let other_name = (keys::PRINTED, "Madison Town Police");
    let no_row = (keys::SUBJECT, "eff-atlas/AOS2");
    let no_agency = (keys::AGENCY, "fbi-agencies/WI9999999");
    for values in [
        [(keys::DECISION, "same"), ROW, other_name, TOWN],
        [(keys::DECISION, "same"), no_row, PRINTED, TOWN],
        [(keys::DECISION, "same"), ROW, PRINTED, no_agency],
    ] {
        let decided = with(Some(decision(SubjectType::Partnership, &values)));
        assert_eq!(the_only(&decided).1, Some("WI0130100"), "{values:?}");
        assert!(problems(&decided).contains(&Problem::UnfitDecision), "{values:?}");
    }
}

/// A department of public safety in both registries, and what people decided of the two.
fn both(decided: Option<Statement>) -> Resolved {
    let mut statements = vec![
        police("MI3949900", "Kalamazoo Police Department", "KALAMAZOO"),
        fire("MI-03910", "Kalamazoo Department of Public Safety", "Kalamazoo", "KALAMAZOO"),
    ];
    statements.extend(decided);
    resolved(&statements, 1, &[0])
}

#[test]
fn a_department_of_both_registries_is_one_with_a_trail() {
    let merged = both(None);
    let [agency] = merged.records.agencies.as_slice() else { panic!("they are one") };
    assert_eq!(agency.ori.as_deref(), Some("MI3949900"));
    assert_eq!(agency.fdid.as_deref(), Some("MI-03910"));
    assert_eq!(agency.service, Service::Both);
    assert_eq!(agency.aliases, ["Kalamazoo Department of Public Safety"]);
    assert_eq!(merged.records.evidence.iter().filter(|e| e.subject_id == agency.id()).count(), 2);
    let [redirect] = merged.redirects.as_slice() else { panic!("one id leads to the other") };
    assert_eq!(redirect.to_id, agency.id());
    assert!(redirect.reason.contains("both registries"), "{}", redirect.reason);
}

#[test]
fn people_part_what_rules_take_for_one() {
    let values = [
        (keys::DECISION, "different"),
        (keys::SUBJECT, "usfa-registry/MI-03910 Kalamazoo Department of Public Safety"),
        (keys::AGENCY, "fbi-agencies/MI3949900"),
    ];
    let parted = both(Some(decision(SubjectType::Agency, &values)));
    assert_eq!(parted.records.agencies.len(), 2);
    assert!(parted.redirects.is_empty());
}

#[test]
fn people_join_what_a_registry_lists_twice() {
    let twice = |decided: Option<Statement>| {
        let name = "Central Cass County Fire Protection District";
        let mut statements = vec![
            fire("MO-09110", name, "Harrisonville", "CASS"),
            fire("MO-01910", name, "Harrisonville", "CASS"),
        ];
        statements.extend(decided);
        resolved(&statements, 1, &[0])
    };
    let apart = twice(None);
    assert_eq!(apart.records.agencies.len(), 2);
    assert_eq!(problems(&apart), [Problem::PossibleDuplicate]);
    let name = "Central Cass County Fire Protection District";
    let [one, other] = ["MO-01910", "MO-09110"].map(|key| format!("usfa-registry/{key} {name}"));
    let values = [(keys::DECISION, "same"), (keys::SUBJECT, &one), (keys::AGENCY, &other)];
    let joined = twice(Some(decision(SubjectType::Agency, &values)));
    assert_eq!(joined.records.agencies.len(), 1);
    assert_eq!(joined.redirects.len(), 1);
    assert!(problems(&joined).is_empty());
}
