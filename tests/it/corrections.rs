//! What people decide about records, written beside the curated data: applied on every build, with
//! cause, dates and trail.

use chrono::Days;
use porchlight::config::GateLimits;
use porchlight::matching::matches;
use porchlight::normalise::normalise;
use porchlight::record::{
    Cause, Completeness, Correction, Entries, Partnership, Problem, ReleaseId, Source, SubjectType,
    Withdrawal, keys,
};
use porchlight::release::dataset::{Dataset, Since};
use porchlight::release::{Candidate, Parts, build, date_corrections, gates};
use porchlight::resolve::{Input, Memory, resolve};

use crate::support::editions::{self, fold};

/// An entry of a source: its kind, its key and its values.
type Entry<'a> = editions::Entry<'a, Vec<(&'a str, &'a str)>>;

/// The curated data of a day: a vendor and its program, and what people decided.
fn curate(memory: &mut Memory, on: &str, decisions: &[Entry<'_>]) {
    let mut entries: Vec<Entry<'_>> = vec![
        (SubjectType::Vendor, "vendors/ring", vec![("name", "Ring"), (keys::CONFIDENCE, "A")]),
        (
            SubjectType::Program,
            "programs/ring-neighbors",
            vec![
                ("name", "Neighbors"),
                ("vendor_id", "ring"),
                ("kind", "information_sharing"),
                ("status", "active"),
                ("launched_on", "2018-05"),
                (keys::CONFIDENCE, "A"),
            ],
        ),
    ];
    entries.extend(decisions.iter().cloned());
    fold(memory, "curated", on, &entries);
}

/// Two departments, of which the Atlas lists one or both.
fn world(listed: &[(&str, &str)]) -> Memory {
    let mut memory = Memory::default();
    let agency = |ori: &'static str, name: &'static str| {
        let values = vec![
            (keys::ORI, ori),
            (keys::AGENCY, name),
            (keys::STATE, "OH"),
            (keys::COUNTY, "ALLEN"),
        ];
        (SubjectType::Agency, ori, values)
    };
    let registry = [
        agency("OH0010100", "Ada Police Department"),
        agency("OH0010200", "Bay Police Department"),
    ];
    fold(&mut memory, "fbi-agencies", "2018-09-01", &registry);
    list(&mut memory, "2026-10-01", listed, "3/1/2019");
    memory
}

fn list(memory: &mut Memory, on: &str, listed: &[(&str, &str)], date: &str) {
    let rows: Vec<Entry<'_>> = listed
        .iter()
        .map(|(key, agency)| {
            let values = vec![
                (keys::AGENCY, *agency),
                (keys::STATE, "OH"),
                (keys::COUNTY, "Allen County"),
                (keys::PROGRAM, "ring-neighbors"),
                (keys::DATE, date),
                (keys::DATE_BASIS, "activation"),
            ];
            (SubjectType::Partnership, *key, values)
        })
        .collect();
    fold(memory, "eff-atlas", on, &rows);
}

fn source(id: &str) -> Source {
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
        completeness: Completeness::Editorial,
        completeness_note: None,
        data_as_of_on: None,
        rows: 0,
        issues: 0,
        first_release: ReleaseId::default(),
        last_changed_release: ReleaseId::default(),
        evidence_count: 0,
    }
}

/// The next release of what is remembered; its gates must hold.
fn release(memory: &Memory, previous: Option<&Dataset>, name: &str) -> Candidate {
    let release: ReleaseId = name.parse().unwrap();
    let entries = Entries::of(memory.statements.values());
    let normals = normalise(&entries);
    let matches = matches(&normals);
    let (identities, redirects, withdrawals, issues) =
        previous.map_or_else(Default::default, |previous| {
            let identities = previous.identities.iter().map(|since| since.what.clone());
            let redirects = previous.redirects.iter().map(|since| since.what.clone());
            let withdrawals = previous.withdrawals.iter().map(|since| since.what.clone());
            let issues = previous.records.issues.iter().map(|issue| issue.id.to_string());
            (
                identities.collect::<Vec<_>>(),
                redirects.collect::<Vec<_>>(),
                withdrawals.collect::<Vec<_>>(),
                issues.collect::<Vec<_>>(),
            )
        });
    let mut resolved = resolve(&Input {
        memory,
        entries: &entries.current,
        normals: &normals,
        matches: &matches,
        sources: ["curated", "eff-atlas", "fbi-agencies"].map(source).into(),
        identities: &identities,
        redirects: &redirects,
        withdrawals: &withdrawals,
        published_issues: &issues,
        published_on: release.date(),
        fresh_for: Days::new(400),
    })
    .unwrap();
    let corrections = &mut resolved.records.corrections;
    date_corrections(corrections, &resolved.effects, previous, release);
    let parts = Parts {
        records: resolved.records,
        unread: resolved.unread,
        identities: resolved.identities,
        redirects: resolved.redirects,
        withdrawals: resolved.withdrawals,
        editions: memory.editions.clone(),
        accounts: resolved.accounts,
    };
    let at = format!("{}T06:00:00Z", release.date()).parse().unwrap();
    let candidate = build(parts, previous, release, at, "1.0.0");
    let verdicts = gates::judge(&candidate.dataset, previous, &GateLimits::default());
    // In a world of three rows every share is large.
    let judged = ["ids_unique", "ids_kept", "references_whole", "partnerships_kept"];
    let judged = verdicts.iter().filter(|verdict| judged.contains(&verdict.gate.as_str()));
    let failed: Vec<_> = judged.filter(|verdict| !verdict.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    candidate
}

fn correction(
    subject: &'static str,
    field: &'static str,
    values: [&'static str; 3],
) -> Entry<'static> {
    let subject_type = match subject.split_once('/') {
        Some(("fbi-agencies", _)) => SubjectType::Agency,
        Some(("programs", _)) => SubjectType::Program,
        Some(_) => SubjectType::Partnership,
        None => SubjectType::of_id(subject).unwrap(),
    };
    let [before, after, state] = values;
    let mut said = vec![
        ("subject", subject),
        ("pointer", field),
        ("reason", "It was told wrong."),
        ("state", state),
        (keys::CONFIDENCE, "A"),
    ];
    said.extend((!before.is_empty()).then_some(("before", before)));
    said.extend((!after.is_empty()).then_some(("after", after)));
    (subject_type, "corrections/one", said)
}

fn withdrawal(
    subject_type: SubjectType,
    subject: &'static str,
    survivor: Option<&'static str>,
) -> Entry<'static> {
    let mut said = vec![("subject", subject), ("reason", "Listed twice."), (keys::CONFIDENCE, "A")];
    said.extend(survivor.map(|survivor| ("merged_into", survivor)));
    (subject_type, "withdrawals/one", said)
}

fn only_partnership(dataset: &Dataset) -> &Partnership {
    let [partnership] = &dataset.records.partnerships[..] else {
        panic!("{:#?}", dataset.records.partnerships)
    };
    partnership
}

fn only_correction(dataset: &Dataset) -> &Correction {
    let [correction] = &dataset.records.corrections[..] else { panic!("no correction") };
    correction
}

fn cause_of(dataset: &Dataset, id: &str) -> Option<Cause> {
    let own = dataset.changes.iter().filter(|change| change.id == id);
    own.filter(|change| change.release == dataset.release).map(|change| change.cause).next()
}

/// What was taken back but cells of coverage, which follow from the rest.
fn taken_back(dataset: &Dataset) -> Vec<&Since<Withdrawal>> {
    let all = dataset.withdrawals.iter();
    all.filter(|since| since.what.resource != "coverage").collect()
}

fn unfit(dataset: &Dataset) -> Vec<&str> {
    let issues = dataset.records.issues.iter();
    let unfit = issues.filter(|issue| issue.problem == Problem::UnfitDecision);
    unfit.map(|issue| issue.detail.as_str()).collect()
}

const DATE: [&str; 3] = ["2019-03-01", "2019-04-01", "fixed"];

#[test]
fn a_correction_of_a_row_is_applied_dated_and_stays() {
    let mut memory = world(&[("AOS1", "Ada Police Department")]);
    curate(&mut memory, "2026-10-01", &[]);
    let first = release(&memory, None, "2026-10-02.1").dataset;
    let id = only_partnership(&first).id.to_string();
    // A release in which something else changed.
    list(
        &mut memory,
        "2026-10-03",
        &[("AOS1", "Ada Police Department"), ("AOS2", "Bay Police Department")],
        "3/1/2019",
    );
    let second = release(&memory, Some(&first), "2026-10-03.1").dataset;

    curate(&mut memory, "2026-10-04", &[correction("eff-atlas/AOS1", "/started_on", DATE)]);
    let third = release(&memory, Some(&second), "2026-10-04.1").dataset;
    let ada = third.records.partnerships.iter().find(|p| p.id.as_str() == id).unwrap();
    assert_eq!(ada.started_on.unwrap().to_string(), "2019-04-01");
    assert_eq!(ada.started_on_precision.unwrap().as_str(), "day");
    assert_eq!(cause_of(&third, &id), Some(Cause::Correction));
    let fixed = only_correction(&third);
    assert_eq!(fixed.subject_id, id);
    assert_eq!(fixed.fixed_in.unwrap().to_string(), "2026-10-04.1");
    assert_eq!(fixed.affected_releases, ["2026-10-02.1", "2026-10-03.1"]);
    let said = third.records.evidence.iter().find(|e| e.source_key == "AOS1").unwrap();
    assert_eq!(said.reported[keys::DATE], "3/1/2019", "what was said stays as it was said");

    // Replayed on the next build: nothing is new, and nothing falls back.
    let again = release(&memory, Some(&third), "2026-10-05.1");
    assert!(again.is_unchanged(), "{:?}", again.changes);
    // The source comes to say what is right: the correction has nothing left to do.
    list(&mut memory, "2026-10-06", &[("AOS1", "Ada Police Department")], "4/1/2019");
    let fourth = release(&memory, Some(&third), "2026-10-06.1").dataset;
    assert!(unfit(&fourth).is_empty(), "{:?}", unfit(&fourth));
    let fixed = only_correction(&fourth);
    assert_eq!(fixed.fixed_in.unwrap().to_string(), "2026-10-04.1");
    assert_eq!(fixed.affected_releases, ["2026-10-02.1", "2026-10-03.1"]);
}

#[test]
fn a_correction_that_no_longer_fits_changes_nothing_and_an_issue_says_so() {
    for (field, values, words) in [
        ("/started_on", ["2019-02-01", "2019-04", "fixed"], "the field says `2019-03-01`"),
        ("/started_on", ["2019-03-01", "April", "fixed"], "`April` is not a date"),
        ("/startd_on", DATE, "`partnerships` have no `startd_on`"),
        ("/agency_id", ["", "agy_0000000000", "fixed"], "there is no `agy_0000000000`"),
        ("/status", ["active", "over", "fixed"], "`over` is not one of"),
    ] {
        let mut memory = world(&[("AOS1", "Ada Police Department")]);
        curate(&mut memory, "2026-10-01", &[correction("eff-atlas/AOS1", field, values)]);
        let dataset = release(&memory, None, "2026-10-02.1").dataset;
        let ada = only_partnership(&dataset);
        assert_eq!(ada.started_on.unwrap().to_string(), "2019-03-01", "{field}");
        let said = unfit(&dataset);
        assert!(matches!(said[..], [one] if one.contains(words)), "{field}: {said:?}");
        assert_eq!(only_correction(&dataset).fixed_in, None);
    }
    // A row that nobody lists.
    let mut memory = world(&[("AOS1", "Ada Police Department")]);
    curate(&mut memory, "2026-10-01", &[correction("eff-atlas/AOS9", "/started_on", DATE)]);
    let dataset = release(&memory, None, "2026-10-02.1").dataset;
    assert_eq!(unfit(&dataset).len(), 1);
    assert_eq!(only_correction(&dataset).subject_id, "");
}

#[test]
fn an_open_or_rejected_correction_changes_nothing() {
    for state in ["open", "rejected"] {
        let mut memory = world(&[("AOS1", "Ada Police Department")]);
        let values = ["2019-03-01", "2019-04", state];
        curate(&mut memory, "2026-10-01", &[correction("eff-atlas/AOS1", "/started_on", values)]);
        let dataset = release(&memory, None, "2026-10-02.1").dataset;
        assert_eq!(only_partnership(&dataset).started_on.unwrap().to_string(), "2019-03-01");
        assert!(unfit(&dataset).is_empty());
        assert_eq!(only_correction(&dataset).fixed_in, None);
    }
}

#[test]
fn what_follows_from_a_corrected_field_follows() {
    let mut memory = world(&[("AOS1", "Ada Police Department")]);
    curate(&mut memory, "2026-10-01", &[]);
    let first = release(&memory, None, "2026-10-02.1").dataset;
    let ada = first.records.agencies.iter().find(|a| a.name.starts_with("Ada")).unwrap();
    let bay = first.records.agencies.iter().find(|a| a.name.starts_with("Bay")).unwrap();
    assert_eq!((ada.partnerships, bay.partnerships), (1, 0));
    let [ada_id, bay_id]: [&'static str; 2] =
        [ada, bay].map(|agency| &*Box::leak(agency.id.to_string().into_boxed_str()));
    let values = [ada_id, bay_id, "fixed"];
    curate(&mut memory, "2026-10-03", &[correction("eff-atlas/AOS1", "/agency_id", values)]);
    let second = release(&memory, Some(&first), "2026-10-03.1").dataset;
    assert!(unfit(&second).is_empty(), "{:?}", unfit(&second));
    let partnership = only_partnership(&second);
    assert_eq!(partnership.agency_name, "Bay Police Department");
    let counts = |id: &str| {
        let agency = second.records.agencies.iter().find(|a| a.id.as_str() == id).unwrap();
        agency.partnerships
    };
    assert_eq!((counts(ada_id), counts(bay_id)), (0, 1));
    assert_eq!(cause_of(&second, bay_id), Some(Cause::Correction));

    // An agency by its published id; its partnerships show the name.
    let mut memory = world(&[("AOS1", "Ada Police Department")]);
    curate(&mut memory, "2026-10-01", &[]);
    let first = release(&memory, None, "2026-10-02.1").dataset;
    let values = ["Ada Police Department", "Ada Village Police Department", "fixed"];
    curate(&mut memory, "2026-10-03", &[correction(ada_id, "/name", values)]);
    let second = release(&memory, Some(&first), "2026-10-03.1").dataset;
    assert!(unfit(&second).is_empty(), "{:?}", unfit(&second));
    let partnership = only_partnership(&second);
    assert_eq!(partnership.agency_name, "Ada Village Police Department");
    assert_eq!(cause_of(&second, partnership.id.as_str()), Some(Cause::Correction));
    assert_eq!(cause_of(&second, ada_id), Some(Cause::Correction));
}

#[test]
fn an_agency_that_is_merged_gives_the_survivor_all_it_has() {
    for listed in [
        &[("AOS1", "Ada Police Department")][..],
        &[("AOS1", "Ada Police Department"), ("AOS2", "Bay Police Department")],
    ] {
        let mut memory = world(listed);
        curate(&mut memory, "2026-10-01", &[]);
        let first = release(&memory, None, "2026-10-02.1").dataset;
        let ada = first.records.agencies.iter().find(|a| a.name.starts_with("Ada")).unwrap();
        let of_ada =
            first.records.partnerships.iter().find(|p| p.agency_id.as_ref() == Some(&ada.id));
        let of_ada = of_ada.unwrap().id.to_string();
        let merge = withdrawal(
            SubjectType::Agency,
            "fbi-agencies/OH0010100",
            Some("fbi-agencies/OH0010200"),
        );
        curate(&mut memory, "2026-10-03", &[merge]);
        let second = release(&memory, Some(&first), "2026-10-03.1").dataset;
        let [bay] = &second.records.agencies[..] else { panic!("two agencies") };
        let partnership = only_partnership(&second);
        assert_eq!(partnership.agency_id.as_ref(), Some(&bay.id));
        assert_eq!((bay.partnerships, bay.evidence_count), (1, 3), "both rows and the decision");
        let redirects: Vec<_> = second
            .redirects
            .iter()
            .map(|since| (since.what.from_id.as_str(), since.what.to_id.as_str()))
            .collect();
        assert!(redirects.contains(&(ada.id.as_str(), bay.id.as_str())));
        assert!(redirects.contains(&(of_ada.as_str(), partnership.id.as_str())));
        assert!(taken_back(&second).is_empty(), "{:?}", second.withdrawals);
        assert_eq!(cause_of(&second, ada.id.as_str()), Some(Cause::Merge));
        assert_eq!(cause_of(&second, &of_ada), Some(Cause::Merge));
        assert_eq!(cause_of(&second, bay.id.as_str()), Some(Cause::Merge));
        assert!(release(&memory, Some(&second), "2026-10-04.1").is_unchanged());

        // The decision is taken back: all is as it was, and there is no trail.
        curate(&mut memory, "2026-10-05", &[]);
        let third = release(&memory, Some(&second), "2026-10-05.1").dataset;
        assert_eq!(third.records.agencies.len(), 2);
        assert!(third.records.partnerships.iter().any(|p| p.id.as_str() == of_ada));
        let gone: Vec<_> = third.redirects.iter().map(|since| &since.what.from_id).collect();
        assert!(!gone.contains(&&ada.id.to_string()) && !gone.contains(&&of_ada));
    }
}

#[test]
fn a_record_that_is_taken_back_leaves_its_evidence_and_a_reason() {
    let mut memory = world(&[("AOS1", "Ada Police Department")]);
    curate(&mut memory, "2026-10-01", &[]);
    let first = release(&memory, None, "2026-10-02.1").dataset;
    let id = only_partnership(&first).id.to_string();
    let taken = withdrawal(SubjectType::Partnership, "eff-atlas/AOS1", None);
    curate(&mut memory, "2026-10-03", &[taken]);
    let second = release(&memory, Some(&first), "2026-10-03.1").dataset;
    assert!(
        second.records.partnerships.is_empty() || second.records.partnerships[0].id.as_str() != id
    );
    let said: Vec<_> = second.records.evidence.iter().filter(|e| e.source_key == "AOS1").collect();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].subject_id, "");
    let [gone] = &taken_back(&second)[..] else { panic!("{:?}", second.withdrawals) };
    assert_eq!((gone.what.id.as_str(), gone.what.reason.as_str()), (id.as_str(), "Listed twice."));
    assert_eq!(cause_of(&second, &id), Some(Cause::Withdrawal));
    assert!(release(&memory, Some(&second), "2026-10-04.1").is_unchanged());

    curate(&mut memory, "2026-10-05", &[]);
    let third = release(&memory, Some(&second), "2026-10-05.1").dataset;
    assert_eq!(only_partnership(&third).id.as_str(), id);
    assert!(taken_back(&third).is_empty());
}

#[test]
fn an_agency_that_is_taken_back_leaves_its_listings_unmatched() {
    let mut memory = world(&[("AOS1", "Ada Police Department"), ("AOS2", "Bay Police Department")]);
    curate(&mut memory, "2026-10-01", &[]);
    let first = release(&memory, None, "2026-10-02.1").dataset;
    let taken = withdrawal(SubjectType::Agency, "fbi-agencies/OH0010100", None);
    curate(&mut memory, "2026-10-03", &[taken]);
    let second = release(&memory, Some(&first), "2026-10-03.1").dataset;
    assert_eq!(second.records.agencies.len(), 1);
    let unmatched = second.records.partnerships.iter().find(|p| p.agency_id.is_none()).unwrap();
    assert_eq!(unmatched.agency_name_reported, "Ada Police Department");
    assert!(second.records.issues.iter().any(|i| i.detail.contains("the agency was taken back")));
    assert_eq!(taken_back(&second).len(), 2, "the agency, and its partnership");
}

#[test]
fn a_withdrawal_that_makes_no_sense_takes_nothing_back() {
    for (subject, survivor) in [
        ("fbi-agencies/OH9", None),
        ("agy_0000000000", None),
        ("fbi-agencies/OH0010100", Some("fbi-agencies/OH9")),
        ("fbi-agencies/OH0010100", Some("fbi-agencies/OH0010100")),
    ] {
        let mut memory = world(&[("AOS1", "Ada Police Department")]);
        let taken = withdrawal(SubjectType::Agency, subject, survivor);
        curate(&mut memory, "2026-10-01", &[taken]);
        let dataset = release(&memory, None, "2026-10-02.1").dataset;
        assert_eq!(dataset.records.agencies.len(), 2, "{subject} {survivor:?}");
        assert_eq!(unfit(&dataset).len(), 1, "{subject} {survivor:?}");
        assert!(taken_back(&dataset).is_empty() && dataset.redirects.is_empty());
    }
}
