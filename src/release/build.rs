//! Records to a candidate: stamped and compared with the release before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::record::{
    Cause, Cell, Correction, Edition, Evidence, Field, Identity, Issue, Partnership, Record,
    Records, Redirect, ReleaseId, Source, SourceId, VisitPair, Withdrawal,
};
use crate::release::dataset::{Change, ChangeKind, Dataset, Since, is_logged};
use crate::release::format::value_of;
use crate::release::manifest::TableChanges;

/// The source of what people wrote down: a change of its evidence is curation.
const CURATED: &str = "curated";

/// Columns that every record has last and that are no facts about it.
const STAMPS: usize = 3;

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
    let Parts { mut records, unread, identities, redirects, withdrawals, editions } = parts;
    let same_program =
        previous.is_some_and(|previous| previous.software_version == software_version);
    let mut comparison = Comparison {
        release,
        is_first: previous.is_none(),
        renewed: renewed(&editions, previous),
        same_program,
        spoken_for_by: HashMap::new(),
        merged: redirects.iter().map(|redirect| redirect.from_id.clone()).collect(),
        causes: HashMap::new(),
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
        editions: since(editions, previous.map(|p| p.editions.as_slice()), release),
        changes,
        gates: Vec::new(),
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
    /// Sources with a new edition.
    renewed: BTreeSet<SourceId>,
    /// Whether the release before was made by the same version of the program.
    same_program: bool,
    /// Which of the renewed sources speak of a record: by what they no longer list they explain
    /// its change as well as by what they list.
    spoken_for_by: HashMap<String, BTreeSet<SourceId>>,
    merged: BTreeSet<String>,
    /// Why the record of an id changed, as far as is known yet.
    causes: HashMap<String, Cause>,
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
            let known = before.get(record.id());
            let stamped = known.map(|known| {
                let mut known = (*known).clone();
                let stamps = known.stamps();
                (*stamps.first_release, *stamps.last_changed_release)
            });
            let fields = known.map(|known| differences::<R>(&known.cells(), &record.cells()));
            let is_same = fields.as_ref().is_some_and(Map::is_empty);
            let stamps = record.stamps();
            *stamps.first_release = stamped.map_or(self.release, |(first, _)| first);
            *stamps.last_changed_release =
                stamped.filter(|_| is_same).map_or(self.release, |(_, last)| last);
            match fields {
                None => {
                    counts.added += 1;
                    self.changed(record, ChangeKind::Added, &Map::new());
                }
                Some(fields) if !fields.is_empty() => {
                    counts.changed += 1;
                    self.changed(record, ChangeKind::Changed, &fields);
                }
                Some(_) => {}
            }
        }
        let now: BTreeSet<&str> = records.iter().map(Record::id).collect();
        for gone in previous.iter().filter(|record| !now.contains(record.id())) {
            counts.withdrawn += 1;
            self.changed(gone, ChangeKind::Withdrawn, &Map::new());
        }
        self.counts.insert(R::TABLE.to_owned(), counts);
    }
}

impl Comparison {
    fn changed<R: Record>(&mut self, record: &R, kind: ChangeKind, fields: &Map<String, Value>) {
        let cells = record.cells();
        let cause = match kind {
            ChangeKind::Withdrawn if self.merged.contains(record.id()) => Cause::Merge,
            ChangeKind::Withdrawn => Cause::Withdrawal,
            ChangeKind::Added | ChangeKind::Changed => self.cause::<R>(record.id(), &cells),
        };
        for id in explained_by::<R>(&cells) {
            // A source outweighs our own curation as the reason why a record changed.
            let known = self.causes.entry(id).or_insert(cause);
            if *known == Cause::Curation {
                *known = cause;
            }
        }
        if !self.is_first && is_logged(R::TABLE) {
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

    fn cause<R: Record>(&self, id: &str, cells: &[Cell]) -> Cause {
        match R::TABLE {
            table if table == Evidence::TABLE => cause_of_evidence(cells),
            table if table == Issue::TABLE || table == Source::TABLE => Cause::SourceChanged,
            table if table == Correction::TABLE => Cause::Correction,
            _ => self.causes.get(id).copied().unwrap_or_else(|| self.indirect_cause(id)),
        }
    }

    /// Why a record changed of which nothing new was said: a new edition of a source that speaks of
    /// it lists it no more; or this program differs; or the record follows from others that changed,
    /// such as a program or a gazetteer; or it grew too old.
    fn indirect_cause(&self, id: &str) -> Cause {
        match self.spoken_for_by.get(id) {
            Some(sources) => cause_of_sources(sources),
            None if !self.same_program => Cause::ProgramChanged,
            None if !self.renewed.is_empty() => cause_of_sources(&self.renewed),
            None => Cause::TimePassed,
        }
    }

    /// Notes which renewed sources speak of which record.
    fn note_speakers<R: Record>(&mut self, records: &[R]) {
        if R::TABLE != Evidence::TABLE {
            return;
        }
        for record in records {
            let cells = record.cells();
            let [source, subject] = ["source_id", "subject_id"].map(|name| cell::<R>(&cells, name));
            let (Some(Cell::Text(source)), Some(Cell::Text(subject))) = (source, subject) else {
                continue;
            };
            if let Some(source) =
                self.renewed.iter().find(|renewed| renewed.as_str() == source.as_str())
            {
                let speakers = self.spoken_for_by.entry(subject.clone()).or_default();
                speakers.insert(source.clone());
            }
        }
    }
}

/// The sources of which an edition was folded since.
fn renewed(editions: &[Edition], previous: Option<&Dataset>) -> BTreeSet<SourceId> {
    let known: BTreeSet<String> = previous
        .iter()
        .flat_map(|previous| &previous.editions)
        .map(|edition| edition.what.key())
        .collect();
    let new = editions.iter().filter(|edition| !known.contains(&edition.key()));
    new.map(|edition| edition.source_id.clone()).collect()
}

/// A source outweighs our own curation as the reason why a record changed.
fn cause_of_sources(sources: &BTreeSet<SourceId>) -> Cause {
    let curated = sources.iter().all(|source| source.as_str() == CURATED);
    if curated { Cause::Curation } else { Cause::SourceChanged }
}

/// Why a piece of evidence is new or changed: by who gives it.
fn cause_of_evidence(cells: &[Cell]) -> Cause {
    let is = |name: &str, test: &dyn Fn(&str) -> bool| matches!(cell::<Evidence>(cells, name), Some(Cell::Text(text)) if test(text));
    if is("source_key", &|key| key.starts_with("corrections/")) {
        Cause::Correction
    } else if is("source_id", &|id| id == CURATED) {
        Cause::Curation
    } else {
        Cause::SourceChanged
    }
}

/// Ids of records whose change this record's change explains: evidence explains what it speaks
/// of, a partnership its agency's counts.
fn explained_by<R: Record>(cells: &[Cell]) -> Vec<String> {
    let column = match R::TABLE {
        table if table == Evidence::TABLE => "subject_id",
        table if table == Partnership::TABLE || table == crate::record::Disclosure::TABLE => {
            "agency_id"
        }
        _ => return Vec::new(),
    };
    match cell::<R>(cells, column) {
        Some(Cell::Text(id)) if !id.is_empty() => vec![id.clone()],
        Some(Cell::Text(_) | Cell::Null | Cell::Integer(_) | Cell::Real(_)) | None => Vec::new(),
    }
}

fn cell<'a, R: Record>(cells: &'a [Cell], name: &str) -> Option<&'a Cell> {
    R::COLUMNS.iter().position(|column| column.name == name).and_then(|at| cells.get(at))
}

/// The facts that differ, as `[before, after]` by field.
fn differences<R: Record>(before: &[Cell], after: &[Cell]) -> Map<String, Value> {
    let facts = R::COLUMNS.len() - STAMPS;
    let cells = R::COLUMNS.iter().zip(before.iter().zip(after)).take(facts);
    cells
        .filter(|(_, (before, after))| before != after)
        .map(|(column, (before, after))| {
            let both = [before, after].map(|cell| value_of(column, cell).unwrap_or_default());
            (column.name.to_owned(), Value::from(both.to_vec()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Agency;
    use crate::release::sample::{agency, dataset, edition, evidence, first, second};

    fn parts(records: Records) -> Parts {
        let editions = vec![edition("fbi-agencies", "2020-01-01", 2)];
        let (identities, redirects, withdrawals) = Default::default();
        Parts { records, unread: Vec::new(), identities, redirects, withdrawals, editions }
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
    fn nothing_new_is_unchanged_whatever_the_counts_say() {
        let mut again = records();
        again.agencies[0].evidence_count = 7;
        let candidate = next(parts(again), "1.2.3");
        assert!(candidate.is_unchanged());
        assert_eq!(candidate.dataset.records.agencies[0].last_changed_release, first());
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
        for (source, cause) in [("fbi-agencies", "source_changed"), ("curated", "curation")] {
            let mut changed = records();
            changed.agencies[0].name = "Ada City".to_owned();
            changed.evidence.push(evidence(source, &changed.agencies[0], "2020-01-01"));
            let candidate = next(parts(changed), "1.2.3");
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
