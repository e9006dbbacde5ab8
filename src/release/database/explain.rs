//! Why records of two releases differ: causes, evidence, and what became of those that are gone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::DatabaseError;
use super::compare::{Comparison, text_in};
use super::load::Reader;
use super::statement::Statement;
use crate::record::{Cause, Cell, ReleaseId, Resource, SubjectType};
use crate::release::cause::Readings;
use crate::release::dataset::is_logged;

/// Evidence named of one record at most.
const MOST_EVIDENCE: usize = 20;

/// What is told of a record beside what differs.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) causes: Vec<Cause>,
    pub(super) evidence: Vec<String>,
    pub(super) evidence_total: usize,
    /// The first release without it.
    pub(super) gone_in: Option<ReleaseId>,
    pub(super) merged_into: Option<String>,
    pub(super) reason: Option<String>,
}

/// Records by id, as they lie in a file.
type Rows = HashMap<String, Vec<Cell>>;

/// Where the trail of an id that is no more leads.
struct Trail {
    to_id: Option<String>,
    release: ReleaseId,
    reason: String,
}

impl Comparison<'_> {
    /// What is told of these records, by their ids.
    pub(super) fn told(
        &self,
        resource: &'static Resource,
        ids: &[String],
        before: &Rows,
        after: &Rows,
    ) -> Result<HashMap<String, Told>, DatabaseError> {
        let mut told: HashMap<String, Told> = HashMap::with_capacity(ids.len());
        let gone = ids.iter().filter(|id| !after.contains_key(*id));
        for (id, trail) in self.trail(resource.table, gone.cloned().collect())? {
            let told = told.entry(id).or_default();
            told.gone_in = Some(trail.release);
            told.merged_into = trail.to_id;
            told.reason = Some(trail.reason);
        }
        if is_logged(resource.table) {
            for ((id, _), cause) in self.log(resource.table, ids)? {
                add(&mut told.entry(id).or_default().causes, cause);
            }
        } else {
            self.tell_unlogged(resource, ids, before, after, &mut told)?;
        }
        for id in ids.iter().filter(|id| !after.contains_key(*id)) {
            let told = told.entry(id.clone()).or_default();
            if told.causes.is_empty() {
                let merged = told.merged_into.is_some();
                told.causes.push(if merged { Cause::Merge } else { Cause::Withdrawal });
            }
        }
        if let Some(subject_type) = subject_type_of(resource) {
            for (id, evidence) in self.evidence(subject_type, ids)? {
                let told = told.entry(id).or_default();
                told.evidence_total += 1;
                if told.evidence.len() < MOST_EVIDENCE {
                    told.evidence.push(evidence);
                }
            }
        }
        Ok(told)
    }

    /// The causes in the log, by record and release, in their order.
    fn log(
        &self,
        table: &str,
        ids: &[String],
    ) -> Result<BTreeMap<(String, ReleaseId), Cause>, DatabaseError> {
        let statement = Statement::new(
            "SELECT id, release, cause FROM changes
             WHERE resource = ? AND id IN (SELECT value FROM json_each(?))",
        );
        let statement = statement.bind(table).bind(&Value::from(ids.to_vec()).to_string());
        let (first, last) = (self.from.meta().release, self.to.meta().release);
        let read = |row: &mut Reader| Ok(((row.next()?, row.next()?), row.next()?));
        let rows: Vec<((String, ReleaseId), Cause)> = self.to.read(statement, read)?;
        let between = rows.into_iter();
        Ok(between.filter(|((_, release), _)| *release > first && *release <= last).collect())
    }

    /// Causes of what is not logged: by the release it appeared in and by that of its last change,
    /// as the build of those releases told them.
    fn tell_unlogged(
        &self,
        resource: &'static Resource,
        ids: &[String],
        before: &Rows,
        after: &Rows,
        told: &mut HashMap<String, Told>,
    ) -> Result<(), DatabaseError> {
        let editions = self.to.editions()?;
        let mut readings: BTreeMap<ReleaseId, Readings> = BTreeMap::new();
        let moved = self.moved(resource, before, after)?;
        let mut unread = Vec::new();
        for (id, row) in ids.iter().filter_map(|id| Some((id, after.get(id)?))) {
            let text = |name| text_in(resource, row, name).unwrap_or_default();
            if let Some(cause) = moved.get(id) {
                add(&mut told.entry(id.clone()).or_default().causes, *cause);
                continue;
            }
            let stamps = ["first_release", "last_changed_release"];
            let stamps = stamps.map(|column| self.stamp(resource, row, column));
            let stamps: BTreeSet<ReleaseId> = stamps.into_iter().collect::<Result<_, _>>()?;
            for release in stamps.into_iter().filter(|r| *r > self.from.meta().release) {
                let read =
                    readings.entry(release).or_insert_with(|| Readings::of(&editions, release));
                match read.cause_of_evidence(text("source_id"), text("source_key")) {
                    Some(cause) => add(&mut told.entry(id.clone()).or_default().causes, cause),
                    None => unread.push((id, text("subject_type"), text("subject_id"), release)),
                }
            }
        }
        self.tell_by_subject(&unread, told)
    }

    /// What changed though its source was not read follows what it speaks of.
    fn tell_by_subject(
        &self,
        unread: &[(&String, &str, &str, ReleaseId)],
        told: &mut HashMap<String, Told>,
    ) -> Result<(), DatabaseError> {
        let [was, is] = [self.from, self.to].map(|release| &release.meta().software_version);
        let otherwise = if was == is { Cause::SourceChanged } else { Cause::ProgramChanged };
        let mut logs: BTreeMap<&str, BTreeMap<(String, ReleaseId), Cause>> = BTreeMap::new();
        for (id, subject_type, subject_id, release) in unread {
            if !logs.contains_key(subject_type) {
                let of_type = unread.iter().filter(|(_, other, ..)| other == subject_type);
                let subjects: Vec<String> = of_type.map(|(_, _, id, _)| (*id).to_owned()).collect();
                logs.insert(
                    subject_type,
                    match table_of(subject_type) {
                        Some(table) => self.log(table, &subjects)?,
                        None => BTreeMap::new(),
                    },
                );
            }
            let log = &logs[subject_type];
            let cause = log.get(&((*subject_id).to_owned(), *release)).copied();
            let causes = &mut told.entry((*id).clone()).or_default().causes;
            add(causes, cause.unwrap_or(otherwise));
        }
        Ok(())
    }

    /// Evidence that speaks of another record, because the one it spoke of was merged, or of none,
    /// because that was taken back.
    fn moved(
        &self,
        resource: &Resource,
        before: &Rows,
        after: &Rows,
    ) -> Result<BTreeMap<String, Cause>, DatabaseError> {
        let subject = |row: &Vec<Cell>| text_in(resource, row, "subject_id").map(str::to_owned);
        let moved = before.iter().filter_map(|(id, row)| {
            let (was, is) = (subject(row)?, subject(after.get(id)?)?);
            (was != is).then_some((id, was, is))
        });
        let moved: Vec<(&String, String, String)> = moved.collect();
        let subjects = moved.iter().map(|(_, was, _)| was.clone()).collect();
        let trail = self.trail("", subjects)?;
        let by_decision = moved.into_iter().filter_map(|(id, was, is)| {
            let merged = trail.get(&was).is_some_and(|trail| trail.to_id.is_some());
            let taken_back = is.is_empty().then_some(Cause::Withdrawal);
            Some((id.clone(), merged.then_some(Cause::Merge).or(taken_back)?))
        });
        Ok(by_decision.collect())
    }

    /// What became of ids that are no more, of one table or, where that is empty, of any.
    fn trail(
        &self,
        table: &str,
        ids: Vec<String>,
    ) -> Result<HashMap<String, Trail>, DatabaseError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let statement = Statement::new(
            "SELECT from_id, to_id, release, reason FROM redirects
             WHERE ? IN ('', resource) AND from_id IN (SELECT value FROM json_each(?))
             UNION ALL SELECT id, NULL, release, reason FROM withdrawals
             WHERE ? IN ('', resource) AND id IN (SELECT value FROM json_each(?))",
        );
        let ids = Value::from(ids).to_string();
        let statement = statement.bind(table).bind(&ids).bind(table).bind(&ids);
        let trail = self.to.read(statement, |row| {
            let (id, to_id) = (row.next()?, row.next()?);
            Ok((id, Trail { to_id, release: row.next()?, reason: row.next()? }))
        })?;
        Ok(trail.into_iter().collect())
    }

    /// New and changed evidence that speaks of records, or spoke of them: subject and id, in order.
    fn evidence(
        &self,
        subject_type: &str,
        ids: &[String],
    ) -> Result<Vec<(String, String)>, DatabaseError> {
        let ids = Value::from(ids.to_vec()).to_string();
        let among = "IN (SELECT value FROM json_each(?))";
        let statement = Statement::new(format!(
            "SELECT subject_id, id FROM main.evidence WHERE subject_type = ?
             AND subject_id {among} AND +last_changed_release {among}
             UNION SELECT e.subject_id, e.id FROM earlier.evidence e
             JOIN main.evidence t ON t.id = e.id
             WHERE e.subject_type = ? AND e.subject_id {among}
             AND +t.last_changed_release {among} ORDER BY 1, 2"
        ));
        let bind =
            |statement: Statement| statement.bind(subject_type).bind(&ids).bind(&self.releases);
        let rows = self.beside.rows(bind(bind(statement)))?;
        let pair = |row: Vec<Cell>| match row.as_slice() {
            [subject, id] => Some((subject.to_csv(), id.to_csv())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }
}

fn add(causes: &mut Vec<Cause>, cause: Cause) {
    if !causes.contains(&cause) {
        causes.push(cause);
    }
}

/// The word by which evidence names what it speaks of: `partnership` of `partnerships`.
fn subject_type_of(resource: &Resource) -> Option<&'static str> {
    SubjectType::WORDS.iter().copied().find(|word| table_of(word) == Some(resource.table))
}

/// The table of what evidence speaks of; places and counties have none.
fn table_of(subject_type: &str) -> Option<&'static str> {
    let subject_type: SubjectType = subject_type.parse().ok()?;
    Some(match subject_type {
        SubjectType::Agency => "agencies",
        SubjectType::Vendor => "vendors",
        SubjectType::Program => "programs",
        SubjectType::Partnership => "partnerships",
        SubjectType::Disclosure => "disclosures",
        SubjectType::ReportedTotal => "reported_totals",
        SubjectType::Event => "events",
        SubjectType::Place | SubjectType::County => return None,
    })
}
