//! Gates that compare the candidate with the release before it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;

use super::entries::subject;
use super::shape::list;
use super::verdict;
use crate::config::GateLimits;
use crate::record::{
    Cell, CoverageCell, Edition, EditionKey, Partnership, Record, Records, Resource, SourceId,
    VisitRef,
};
use crate::release::GateVerdict;
use crate::release::dataset::{Dataset, Since};

/// Below so many rows a share says nothing: one row of twenty is five points.
const ENOUGH_ROWS: usize = 100;

pub(super) fn judge(
    candidate: &Dataset,
    previous: &Dataset,
    limits: &GateLimits,
) -> Vec<GateVerdict> {
    let mut verdicts = records_read(candidate, previous, limits);
    verdicts.extend(records_ours(candidate, previous, limits));
    verdicts.extend(tables(candidate, previous, limits));
    verdicts.push(unmatched(candidate, previous, limits));
    verdicts.push(partnerships_kept(candidate, previous, limits));
    verdicts.extend(issues(candidate, previous, limits));
    verdicts
}

/// The newest edition of each source.
pub(super) fn newest(editions: &[Since<Edition>]) -> BTreeMap<&SourceId, &Edition> {
    let mut newest: BTreeMap<&SourceId, &Edition> = BTreeMap::new();
    for Since { what, .. } in editions {
        newest
            .entry(&what.source_id)
            .and_modify(|known| {
                if what.key > known.key {
                    *known = what;
                }
            })
            .or_insert(what);
    }
    newest
}

/// Rows a source's newest edition holds, of any kind.
fn records_read(candidate: &Dataset, previous: &Dataset, limits: &GateLimits) -> Vec<GateVerdict> {
    let before = newest(&previous.editions);
    let verdicts = newest(&candidate.editions).into_iter().filter_map(|(source, edition)| {
        let before = before.get(source)?.records_read as u64;
        Some(fall("records_read", source.as_str(), before, edition.records_read as u64, limits))
    });
    verdicts.collect()
}

/// Entries of a source's newest edition that became ours, by table and program.
fn records_ours(candidate: &Dataset, previous: &Dataset, limits: &GateLimits) -> Vec<GateVerdict> {
    let now = ours(candidate);
    let verdicts = ours(previous).into_iter().map(|(subject, before)| {
        let after = now.get(&subject).copied().unwrap_or(0);
        fall("records_ours", &subject, before, after, limits)
    });
    verdicts.collect()
}

fn ours(dataset: &Dataset) -> BTreeMap<String, u64> {
    let newest = newest(&dataset.editions);
    let mut counts = BTreeMap::new();
    for evidence in &dataset.records.evidence {
        let listed = newest.get(&evidence.source_id).is_some_and(|edition| {
            let EditionKey { as_of_on, retrieved_at, capture_sha256 } = &edition.key;
            (as_of_on, retrieved_at, capture_sha256)
                == (&evidence.last_listed_on, &evidence.retrieved_at, &evidence.capture_sha256)
        });
        if !listed || evidence.reported.is_empty() {
            continue;
        }
        *counts.entry(subject(evidence)).or_default() += 1;
    }
    counts
}

fn fall(gate: &str, subject: &str, before: u64, after: u64, limits: &GateLimits) -> GateVerdict {
    let allowed = limits.rows_may_fall(before);
    let fallen = before.saturating_sub(after);
    let detail = format!("{before} before, {after} now");
    verdict(gate, subject, fallen <= allowed, &fallen, &allowed, detail)
}

/// Per table: no id gone without a trail, and no column suddenly unknown; columns only added.
fn tables(candidate: &Dataset, previous: &Dataset, limits: &GateLimits) -> Vec<GateVerdict> {
    let before = Shapes::of(&previous.records, None);
    let judged = has_a_new_source(candidate, previous).then_some(&before);
    let after = Shapes::of(&candidate.records, judged);
    let trail: HashSet<&str> = candidate
        .redirects
        .iter()
        .map(|redirect| redirect.what.from_id.as_str())
        .chain(candidate.withdrawals.iter().map(|withdrawal| withdrawal.what.id.as_str()))
        .collect();
    let mut verdicts = Vec::new();
    for (table, was) in &before.found {
        let Some(is) = after.found.get(table) else { continue };
        let gone: Vec<String> = was
            .ids
            .iter()
            .filter(|id| !is.ids.contains(*id) && !trail.contains(id.as_str()))
            .cloned()
            .collect();
        let detail = format!("gone without redirect or withdrawal: {}", list(&gone));
        verdicts.push(verdict("ids_kept", table, gone.is_empty(), &gone.len(), &0, detail));
        let empty = is.ids.is_empty() && !was.ids.is_empty();
        let detail = format!("{} rows before, {} now", was.ids.len(), is.ids.len());
        verdicts.push(verdict(
            "table_present",
            table,
            !empty,
            &is.ids.len(),
            &"at least 1",
            detail,
        ));
        verdicts.extend(unknown(table, was, is, limits));
    }
    verdicts
}

/// Whether a source has its first edition in the candidate. What it adds may look unlike what was
/// there before, and has nothing to be compared with: then only records that were there are.
fn has_a_new_source(candidate: &Dataset, previous: &Dataset) -> bool {
    let known = newest(&previous.editions);
    newest(&candidate.editions).into_keys().any(|source| !known.contains_key(source))
}

/// What a table looks like from outside.
struct Shape {
    ids: HashSet<String>,
    /// Rows that are judged by their values, and how many of those are unknown.
    judged: usize,
    unknown: HashMap<&'static str, usize>,
}

#[derive(Default)]
struct Shapes<'a> {
    found: BTreeMap<&'static str, Shape>,
    /// Judge the values of these rows only.
    only: Option<&'a Shapes<'a>>,
}

impl<'a> Shapes<'a> {
    fn of(records: &Records, only: Option<&'a Shapes<'a>>) -> Self {
        let mut shapes = Self { found: BTreeMap::new(), only };
        let Ok(()) = records.each(&mut shapes);
        shapes
    }

    fn judges(&self, table: &str, id: &str) -> bool {
        let ids = |only: &Shapes<'_>| only.found.get(table).is_some_and(|s| s.ids.contains(id));
        self.only.is_none_or(ids)
    }
}

impl VisitRef for Shapes<'_> {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Infallible> {
        let mut unknown = HashMap::new();
        let mut judged = 0;
        for record in records.iter().filter(|record| self.judges(R::TABLE, record.id())) {
            judged += 1;
            for (column, cell) in R::COLUMNS.iter().zip(record.cells()) {
                if column.nullable && cell == Cell::Null {
                    *unknown.entry(column.name).or_default() += 1;
                }
            }
        }
        let ids = records.iter().map(|record| record.id().to_owned()).collect();
        self.found.insert(R::TABLE, Shape { ids, judged, unknown });
        Ok(())
    }
}

fn unknown(table: &str, was: &Shape, is: &Shape, limits: &GateLimits) -> Vec<GateVerdict> {
    if was.judged < ENOUGH_ROWS || is.judged < ENOUGH_ROWS {
        return Vec::new();
    }
    // That nobody looked somewhere is what a row of the coverage says, not what it lacks.
    if table == CoverageCell::TABLE {
        return Vec::new();
    }
    let columns = Resource::of_table(table).map_or(&[][..], |resource| resource.columns);
    let nullable = columns.iter().filter(|column| column.nullable);
    let verdicts = nullable.map(|column| {
        let of = |shape: &Shape| {
            share(shape.unknown.get(column.name).copied().unwrap_or(0), shape.judged)
        };
        let subject = format!("{table}.{}", column.name);
        rise("unknown_share", &subject, of(was), of(is), limits.unknown_rise)
    });
    verdicts.collect()
}

/// Partnerships that were merged or taken back in this candidate: each has its trail, but so many
/// at once are a fault of matching or of an edition, and for a person to look at.
fn partnerships_kept(candidate: &Dataset, previous: &Dataset, limits: &GateLimits) -> GateVerdict {
    let now: HashSet<&str> =
        candidate.records.partnerships.iter().map(|record| record.id.as_str()).collect();
    let before = previous.records.partnerships.len() as u64;
    let gone = previous.records.partnerships.iter().filter(|r| !now.contains(r.id.as_str()));
    let gone = gone.count() as u64;
    let detail = format!("{gone} of {before} merged or taken back");
    let allowed = limits.rows_may_fall(before);
    verdict("partnerships_kept", "partnerships", gone <= allowed, &gone, &allowed, detail)
}

fn unmatched(candidate: &Dataset, previous: &Dataset, limits: &GateLimits) -> GateVerdict {
    let known: Option<HashSet<&str>> = has_a_new_source(candidate, previous)
        .then(|| previous.records.partnerships.iter().map(|record| record.id.as_str()).collect());
    let of = |dataset: &Dataset| {
        let judged = |record: &&Partnership| {
            known.as_ref().is_none_or(|known| known.contains(record.id.as_str()))
        };
        let judged: Vec<_> = dataset.records.partnerships.iter().filter(judged).collect();
        let unmatched = judged.iter().filter(|record| record.agency_id.is_none()).count();
        share(unmatched, judged.len())
    };
    rise("unmatched_share", "partnerships", of(previous), of(candidate), limits.unmatched_rise)
}

/// Issues per source and problem, as a share of the rows its newest edition holds.
fn issues(candidate: &Dataset, previous: &Dataset, limits: &GateLimits) -> Vec<GateVerdict> {
    let of = |dataset: &Dataset| {
        let newest = newest(&dataset.editions);
        let mut counts: BTreeMap<String, (SourceId, usize)> = BTreeMap::new();
        for issue in &dataset.records.issues {
            let subject = format!("{}/{}", issue.source_id, issue.problem);
            counts.entry(subject).or_insert((issue.source_id.clone(), 0)).1 += 1;
        }
        let rows = |source: &SourceId| newest.get(source).map_or(0, |e| e.records_read);
        counts
            .into_iter()
            .map(|(subject, (source, count))| (subject, share(count, rows(&source)), source))
            .collect::<Vec<_>>()
    };
    let known: HashSet<&SourceId> = newest(&previous.editions).into_keys().collect();
    let before: HashMap<String, f64> =
        of(previous).into_iter().map(|(subject, share, _)| (subject, share)).collect();
    let verdicts = of(candidate).into_iter().filter(|(_, _, source)| known.contains(source));
    let verdicts = verdicts.map(|(subject, now, _)| {
        let was = before.get(&subject).copied().unwrap_or(0.0);
        rise("issues_share", &subject, was, now, limits.issues_rise)
    });
    verdicts.collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows, far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn rise(gate: &str, subject: &str, was: f64, is: f64, allowed: f64) -> GateVerdict {
    let points = |share: f64| format!("{:.2} points", share * 100.0);
    let risen = (is - was).max(0.0);
    let detail = format!("{:.2} % before, {:.2} % now", was * 100.0, is * 100.0);
    verdict(gate, subject, risen <= allowed, &points(risen), &points(allowed), detail)
}
