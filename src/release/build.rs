//! Records to a candidate: stamped and compared with the release before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::record::{
    Agency, Cause, Cell, Correction, Edition, Evidence, Field, Identity, Issue, MatchAccount,
    Partnership, Program, Record, Records, Redirect, ReleaseId, Source, VisitPair, Withdrawal,
};
use crate::release::cause::{Explanations, Readings};
use crate::release::dataset::{Change, ChangeKind, Dataset, Since, is_logged};
use crate::release::format::value_of;
use crate::release::manifest::TableChanges;

/// Columns that say in which releases a record is, and nothing about it.
const STAMPS: [&str; 2] = ["first_release", "last_changed_release"];

/// What a partnership takes over from its agency and its program.
const TAKEN_OVER: &[&str] = &[
    "agency_name",
    "state",
    "kind",
    "service",
    "vendor_id",
    "status",
    "ended_on",
    "ended_on_precision",
    "ended_on_basis",
];

/// Columns of a program from which the standing of its partnerships follows, and which of theirs.
const STANDING: [&str; 3] = ["status", "retired_on", "ended_on"];

/// Columns of evidence that move with each edition that says the same.
const FOUND_AGAIN: [&str; 4] = ["locator", "retrieved_at", "last_listed_on", "capture_sha256"];

/// Everything a candidate is made from.
#[derive(Debug)]
pub struct Parts {
    /// The records, not yet stamped, each list in id order.
    pub records: Records,
    /// Ids of the issues that arose in reading.
    pub unread: Vec<String>,
    /// All ids given out so far.
    pub identities: Vec<Identity>,
    /// All merges so far.
    pub redirects: Vec<Redirect>,
    /// All withdrawals so far.
    pub withdrawals: Vec<Withdrawal>,
    /// All editions read so far.
    pub editions: Vec<Edition>,
    /// How it was decided which agency each listing of a partnership means.
    pub accounts: Vec<MatchAccount>,
}

/// A release that is not published yet, and how it differs from the one before.
#[derive(Debug)]
pub struct Candidate {
    /// All it holds; its gates are still to be filled in.
    pub dataset: Dataset,
    /// How many records differ, by table.
    pub changes: BTreeMap<String, TableChanges>,
}

impl Candidate {
    /// Whether nothing at all is new.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.changes.values().all(|changes| *changes == TableChanges::default())
    }
}

/// Stamps the records of a candidate and finds out what changed, and why.
#[must_use]
pub fn build(
    parts: Parts,
    previous: Option<&Dataset>,
    release: ReleaseId,
    published_at: DateTime<Utc>,
    software_version: &str,
) -> Candidate {
    let Parts { mut records, unread, identities, redirects, withdrawals, editions, accounts } =
        parts;
    let same_program =
        previous.is_some_and(|previous| previous.software_version == software_version);
    let editions = since(editions, previous.map(|p| p.editions.as_slice()), release);
    let readings = Readings::of(&editions, release);
    let merged = redirects.iter().map(|redirect| redirect.from_id.clone()).collect();
    let mut why = Explanations::new(readings, same_program, merged);
    why.redacts = previous.is_some_and(|previous| {
        previous.redactions.iter().any(|redacted| redacted.release == release)
    });
    let mut comparison = Comparison {
        release,
        is_first: previous.is_none(),
        why,
        log: Vec::new(),
        counts: BTreeMap::new(),
    };
    let none = Records::default();
    records.visit_pair(previous.map_or(&none, |previous| &previous.records), &mut comparison);
    let Comparison { mut log, counts, .. } = comparison;
    log.sort();
    let mut changes = previous.map(|previous| previous.changes.clone()).unwrap_or_default();
    changes.extend(log);
    let dataset = Dataset {
        release,
        published_at,
        software_version: software_version.to_owned(),
        records,
        unread,
        identities: since(identities, previous.map(|p| p.identities.as_slice()), release),
        redirects: since(redirects, previous.map(|p| p.redirects.as_slice()), release),
        withdrawals: since(withdrawals, previous.map(|p| p.withdrawals.as_slice()), release),
        editions,
        changes,
        gates: Vec::new(),
        redactions: previous.map(|previous| previous.redactions.clone()).unwrap_or_default(),
        accounts,
    };
    Candidate { dataset, changes: counts }
}

/// Each item with the release it holds since: what the release before had keeps its own.
fn since<T: PartialEq + Keyed>(
    items: Vec<T>,
    previous: Option<&[Since<T>]>,
    release: ReleaseId,
) -> Vec<Since<T>> {
    let known: HashMap<String, ReleaseId> =
        previous.unwrap_or_default().iter().map(|item| (item.what.key(), item.release)).collect();
    let mut list: Vec<Since<T>> = items
        .into_iter()
        .map(|what| Since { release: known.get(&what.key()).copied().unwrap_or(release), what })
        .collect();
    list.sort_by_key(|item| item.what.key());
    list
}

trait Keyed {
    fn key(&self) -> String;
}

impl Keyed for Identity {
    fn key(&self) -> String {
        format!("{}\n{}", self.resource, self.mint_key)
    }
}

impl Keyed for Redirect {
    fn key(&self) -> String {
        self.from_id.clone()
    }
}

impl Keyed for Withdrawal {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Keyed for Edition {
    fn key(&self) -> String {
        let Self { source_id, key, .. } = self;
        let retrieved_at = key.retrieved_at.to_cell().to_csv();
        format!("{source_id}\n{}\n{retrieved_at}\n{}", key.as_of_on, key.capture_sha256)
    }
}

struct Comparison {
    release: ReleaseId,
    is_first: bool,
    why: Explanations,
    log: Vec<Change>,
    counts: BTreeMap<String, TableChanges>,
}

impl VisitPair for Comparison {
    fn visit<R: Record>(&mut self, previous: &[R], records: &mut [R]) {
        let before: HashMap<&str, &R> =
            previous.iter().map(|record| (record.id(), record)).collect();
        let mut counts = TableChanges::default();
        if !self.is_first {
            self.note_speakers(records);
        }
        for record in records.iter_mut() {
            let Some(known) = before.get(record.id()) else {
                stamp(record, (self.release, self.release));
                counts.added += 1;
                self.changed(record, ChangeKind::Added, None, &Map::new());
                continue;
            };
            let (first, last) = known.stamped();
            stamp(record, (first, last));
            // Nearly all are, and need not be taken apart.
            if *record == **known {
                continue;
            }
            let known = known.cells();
            let fields = differences::<R>(&known, &record.cells());
            if !fields.is_empty() {
                stamp(record, (first, self.release));
                counts.changed += 1;
                self.changed(record, ChangeKind::Changed, Some(&known), &fields);
            }
        }
        let now: BTreeSet<&str> = records.iter().map(Record::id).collect();
        for gone in previous.iter().filter(|record| !now.contains(record.id())) {
            counts.withdrawn += 1;
            self.changed(gone, ChangeKind::Withdrawn, None, &Map::new());
        }
        self.counts.insert(R::TABLE.to_owned(), counts);
    }
}

impl Comparison {
    fn changed<R: Record>(
        &mut self,
        record: &R,
        kind: ChangeKind,
        before: Option<&[Cell]>,
        fields: &Map<String, Value>,
    ) {
        // Of the first release no change is told: all of it is new.
        if self.is_first {
            return;
        }
        let cells = record.cells();
        let cause = match kind {
            ChangeKind::Withdrawn if self.why.merged.contains(record.id()) => Cause::Merge,
            ChangeKind::Withdrawn => Cause::Withdrawal,
            ChangeKind::Added | ChangeKind::Changed => self.cause::<R>(record.id(), &cells, fields),
        };
        if R::TABLE == Program::TABLE && STANDING.iter().any(|field| fields.contains_key(*field)) {
            self.why.note_follows(record.id(), cause);
        }
        for cells in before.into_iter().chain([&*cells]) {
            match explains::<R>(cells) {
                Some(id) if R::TABLE != Evidence::TABLE => self.why.note_follows(id, cause),
                Some(id) if kind == ChangeKind::Added || says_more(fields) => {
                    self.why.note_said(id, cause);
                }
                Some(_) | None => {}
            }
        }
        if is_logged(R::TABLE) {
            self.log.push(Change {
                release: self.release,
                resource: R::TABLE,
                id: record.id().to_owned(),
                kind,
                cause,
                fields: Value::Object(fields.clone()).to_string(),
            });
        }
    }

    fn cause<R: Record>(&self, id: &str, cells: &[Cell], fields: &Map<String, Value>) -> Cause {
        let why = &self.why;
        let source = text::<R>(cells, "source_id").unwrap_or_default();
        let told = match R::TABLE {
            table if table == Evidence::TABLE => {
                let subjects = fields.get("subject_id");
                let subject = |at: usize| subjects.and_then(|both| both[at].as_str());
                // That it speaks of another record, or of none, is a decision of people.
                if subject(0).is_some_and(|id| why.merged.contains(id)) {
                    return Cause::Merge;
                }
                if subject(1) == Some("") {
                    return Cause::Withdrawal;
                }
                let key = text::<R>(cells, "source_key").unwrap_or_default();
                let subject = text::<R>(cells, "subject_id").unwrap_or_default();
                let told = why.readings.cause_of_evidence(source, key);
                return told.unwrap_or_else(|| why.indirect_cause(subject));
            }
            table if table == Issue::TABLE => why.readings.cause_of_source(source),
            table if table == Source::TABLE => why.readings.cause_of_source(id),
            table if table == Correction::TABLE => Some(Cause::Correction),
            _ => why.said_of(id).or_else(|| self.cause_of_correction::<R>(cells, fields)),
        };
        let stands = STANDING.iter().any(|field| fields.contains_key(*field));
        let origin = match R::TABLE {
            table if table == Agency::TABLE => Some(id),
            table if table == Partnership::TABLE && stands => text::<R>(cells, "program_id"),
            _ => None,
        };
        told.unwrap_or_else(|| why.cause_of_record(id, origin))
    }

    /// A record that takes something over from one that was corrected changed by that correction.
    fn cause_of_correction<R: Record>(
        &self,
        cells: &[Cell],
        fields: &Map<String, Value>,
    ) -> Option<Cause> {
        if !TAKEN_OVER.iter().any(|field| fields.contains_key(*field)) {
            return None;
        }
        let named = ["agency_id", "program_id"].map(|column| text::<R>(cells, column));
        let mut causes = named.into_iter().flatten().filter_map(|id| self.why.said_of(id));
        causes.find(|cause| *cause == Cause::Correction)
    }

    /// Notes of which records the sources speak.
    fn note_speakers<R: Record>(&mut self, records: &[R]) {
        if R::TABLE != Evidence::TABLE {
            return;
        }
        for record in records {
            if let (Cell::Text(source), Cell::Text(subject)) =
                (record.cell("source_id"), record.cell("subject_id"))
            {
                self.why.note_speaker(&source, &subject);
            }
        }
    }
}

/// Says in which release a record first was, and in which it last changed.
fn stamp(record: &mut impl Record, (first, last): (ReleaseId, ReleaseId)) {
    let stamps = record.stamps();
    (*stamps.first_release, *stamps.last_changed_release) = (first, last);
}

/// Whether a piece of evidence says anything beyond that it was found once more.
fn says_more(fields: &Map<String, Value>) -> bool {
    fields.keys().any(|field| !FOUND_AGAIN.contains(&field.as_str()))
}

/// The record whose change this record's change explains: evidence explains what it speaks of, a
/// partnership its agency's counts.
fn explains<R: Record>(cells: &[Cell]) -> Option<&str> {
    match R::TABLE {
        table if table == Evidence::TABLE => text::<R>(cells, "subject_id"),
        table if table == Partnership::TABLE || table == crate::record::Disclosure::TABLE => {
            text::<R>(cells, "agency_id")
        }
        _ => None,
    }
}

fn text<'a, R: Record>(cells: &'a [Cell], name: &str) -> Option<&'a str> {
    let at = R::COLUMNS.iter().position(|column| column.name == name)?;
    match cells.get(at)? {
        Cell::Text(text) => Some(text),
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => None,
    }
}

/// The facts that differ, as `[before, after]` by field.
fn differences<R: Record>(before: &[Cell], after: &[Cell]) -> Map<String, Value> {
    let cells = R::COLUMNS.iter().zip(before.iter().zip(after));
    cells
        .filter(|(column, (before, after))| !STAMPS.contains(&column.name) && before != after)
        .map(|(column, (before, after))| {
            let both = [before, after].map(|cell| value_of(column, cell).unwrap_or_default());
            (column.name.to_owned(), Value::from(both.to_vec()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::sample::{agency, dataset, edition, evidence, first, second};

    fn parts(records: Records) -> Parts {
        let editions = vec![edition("fbi-agencies", "2020-01-01", 2)];
        let (identities, redirects, withdrawals) = Default::default();
        let (unread, accounts) = Default::default();
        Parts { records, unread, identities, redirects, withdrawals, editions, accounts }
    }

    fn records() -> Records {
        let agencies: Vec<Agency> = ["Ada", "Bay"].map(agency).into();
        let evidence =
            agencies.iter().map(|agency| evidence("fbi-agencies", agency, "2020-01-01")).collect();
        Records { agencies, evidence, ..Records::default() }
    }

    fn published() -> Dataset {
        dataset(records(), vec![edition("fbi-agencies", "2020-01-01", 2)])
    }

    fn next(parts: Parts, software_version: &str) -> Candidate {
        let at = "2026-11-25T06:17:00Z".parse().unwrap();
        build(parts, Some(&published()), second(), at, software_version)
    }

    /// The log of the candidate: id, what happened, why, and the fields.
    fn log(candidate: &Candidate) -> Vec<String> {
        let line = |change: &Change| {
            format!("{} {} {} {}", change.resource, change.kind, change.cause, change.fields)
        };
        candidate.dataset.changes.iter().map(line).collect()
    }

    #[test]
    fn nothing_new_is_unchanged() {
        let candidate = next(parts(records()), "1.2.4");
        assert!(candidate.is_unchanged());
        assert!(candidate.dataset.changes.is_empty());
        assert_eq!(candidate.dataset.records.agencies[0].last_changed_release, first());
    }

    #[test]
    fn one_more_to_say_so_changes_a_record() {
        let mut again = records();
        again.agencies[0].evidence_count = 2;
        again.evidence.push(evidence("usfa-registry", &again.agencies[0], "2020-01-01"));
        let mut parts = parts(again);
        parts.editions.push(edition("usfa-registry", "2020-01-01", 1));
        let candidate = next(parts, "1.2.3");
        assert_eq!(log(&candidate), [r#"agencies changed new_coverage {"evidence_count":[1,2]}"#]);
        let records = &candidate.dataset.records;
        assert_eq!(records.agencies[0].last_changed_release, second());
        assert_eq!(candidate.changes["agencies"].changed, 1);
        assert_eq!(records.agencies[1].last_changed_release, first());
    }

    #[test]
    fn a_first_release_logs_no_additions() {
        let at = "2026-11-24T06:17:00Z".parse().unwrap();
        let candidate = build(parts(records()), None, first(), at, "1.2.3");
        assert_eq!(candidate.changes["agencies"].added, 2);
        assert!(candidate.dataset.changes.is_empty());
        assert_eq!(candidate.dataset.records.agencies[1].first_release, first());
    }

    #[test]
    fn a_change_names_its_fields_and_who_caused_it() {
        for (source, cause) in [
            ("fbi-agencies", "source_changed"),
            ("curated", "curation"),
            ("usfa-registry", "new_coverage"),
        ] {
            let mut changed = records();
            changed.agencies[0].name = "Ada City".to_owned();
            changed.evidence.push(evidence(source, &changed.agencies[0], "2020-01-01"));
            let mut parts = parts(changed);
            // What was read as well, and says nothing new, explains nothing.
            for read in ["fbi-agencies", source] {
                parts.editions.push(edition(read, "2021-01-01", 2));
            }
            let candidate = next(parts, "1.2.3");
            let expected = format!(r#"agencies changed {cause} {{"name":["Ada","Ada City"]}}"#);
            assert_eq!(log(&candidate), [expected]);
            let ada = &candidate.dataset.records.agencies[0];
            assert_eq!((ada.first_release, ada.last_changed_release), (first(), second()));
        }
    }

    #[test]
    fn a_change_that_nobody_caused_is_the_programs_or_the_times() {
        let changed = || {
            let mut changed = records();
            changed.agencies[1].city = Some("Bay".to_owned());
            parts(changed)
        };
        let by_program = r#"agencies changed program_changed {"city":[null,"Bay"]}"#;
        assert_eq!(log(&next(changed(), "1.2.4")), [by_program]);
        let by_time = r#"agencies changed time_passed {"city":[null,"Bay"]}"#;
        assert_eq!(log(&next(changed(), "1.2.3")), [by_time]);
    }

    #[test]
    fn a_new_edition_explains_by_what_it_lists_no_more() {
        let mut changed = records();
        changed.agencies[1].registered = false;
        let mut parts = parts(changed);
        parts.editions.push(edition("fbi-agencies", "2021-01-01", 1));
        let expected = r#"agencies changed source_changed {"registered":[true,false]}"#;
        assert_eq!(log(&next(parts, "1.2.3")), [expected]);
    }

    #[test]
    fn a_record_that_is_gone_was_merged_or_withdrawn() {
        let mut fewer = records();
        let gone = fewer.agencies.remove(0);
        let mut merged = parts(fewer.clone());
        merged.redirects.push(Redirect {
            resource: Agency::TABLE.to_owned(),
            from_id: gone.id.to_string(),
            to_id: fewer.agencies[0].id.to_string(),
            reason: "for the test".to_owned(),
        });
        let candidate = next(merged, "1.2.3");
        assert_eq!(log(&candidate), ["agencies withdrawn merge {}"]);
        assert_eq!(candidate.dataset.redirects[0].release, second());
        let candidate = next(parts(fewer), "1.2.3");
        assert_eq!(log(&candidate), ["agencies withdrawn withdrawal {}"]);
        assert_eq!(candidate.changes["agencies"].withdrawn, 1);
    }

    #[test]
    fn the_same_parts_give_the_same_candidate() {
        let one = next(parts(records()), "1.2.3");
        assert_eq!(one.dataset, next(parts(records()), "1.2.3").dataset);
        assert_eq!(one.dataset.editions[0].release, first(), "what is known keeps its release");
    }
}
