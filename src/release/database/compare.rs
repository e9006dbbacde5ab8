//! What differs between two releases: which records, why, and in which fields.
//!
//! The log of the later release says which records were touched on the way and why; what differs
//! is read from the two files themselves, so that it takes the one to the other whatever happened
//! in between.

use std::collections::HashMap;

use serde_json::Value;

use super::load::Reader;
use super::open::Statement;
use super::{DatabaseError, ReleaseDatabase};
use crate::record::{Cause, Cell, Column, ColumnType, ReleaseId, Resource};
use crate::release::dataset::ChangeKind;
use crate::release::format::value_of;

/// Columns at the end of every record that the machinery keeps: no facts, so no differences.
const STAMPS: &[&str] = &["first_release", "last_changed_release", "evidence_count"];

/// Two releases beside each other.
#[derive(Debug)]
pub struct Comparison<'a> {
    from: &'a ReleaseDatabase,
    to: &'a ReleaseDatabase,
    /// The releases after the one up to the other that changed anything, as a JSON array.
    releases: String,
    /// States of which records are compared, as a JSON array; `None`: all.
    states: Option<String>,
}

/// How a record of the later release differs from that of the earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its id.
    pub id: String,
    /// Whether it is new, changed or gone.
    pub change: ChangeKind,
    /// The last release in which it changed.
    pub release: ReleaseId,
    /// Why, in order, without repeats.
    pub causes: Vec<Cause>,
    /// What differs; empty where the record is again what it was.
    pub fields: Vec<FieldDifference>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDifference {
    /// The field.
    pub field: &'static str,
    /// Its value in the earlier release; null where the record was not there.
    pub before: Value,
    /// Its value in the later release; null where the record is not there.
    pub after: Value,
}

/// A change in the log.
struct Logged {
    id: String,
    release: ReleaseId,
    cause: Cause,
}

impl<'a> Comparison<'a> {
    /// Compares the records of these states, or all where there is none.
    pub fn new(
        from: &'a ReleaseDatabase,
        to: &'a ReleaseDatabase,
        states: &[String],
    ) -> Result<Self, DatabaseError> {
        let (first, last) = (from.meta().release, to.meta().release);
        let mut releases = to.releases_that_changed()?;
        // Names of releases do not sort as text: `.10` stands before `.9`.
        releases.retain(|release| *release > first && *release <= last);
        let releases: Vec<String> = releases.iter().map(ReleaseId::to_string).collect();
        let states = (!states.is_empty()).then(|| Value::from(states.to_vec()).to_string());
        Ok(Self { from, to, releases: Value::from(releases).to_string(), states })
    }

    /// How many records of a resource were touched.
    pub fn count(&self, resource: &'static Resource) -> Result<i64, DatabaseError> {
        let Some(touched) = self.touched(resource, "COUNT(DISTINCT c.id)", "")? else {
            return Ok(0);
        };
        let counts: Vec<i64> = self.to.read(touched, Reader::next)?;
        Ok(counts.into_iter().sum())
    }

    /// Ids of the records of a resource that were touched, in order, at most `limit`, after an id.
    pub fn ids(
        &self,
        resource: &'static Resource,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, DatabaseError> {
        let end = format!(" AND c.id > ? GROUP BY c.id ORDER BY c.id LIMIT {limit}");
        match self.touched(resource, "c.id", &end)? {
            Some(touched) => self.to.read(touched.bind(after), Reader::next),
            None => Ok(Vec::new()),
        }
    }

    /// How these records differ, in the order of their ids.
    pub fn differences(
        &self,
        resource: &'static Resource,
        ids: &[String],
    ) -> Result<Vec<Difference>, DatabaseError> {
        let mut log: HashMap<String, Vec<Logged>> = HashMap::new();
        for logged in self.log(resource, ids)? {
            log.entry(logged.id.clone()).or_default().push(logged);
        }
        let before = self.from.records(resource, ids)?;
        let after = self.to.records(resource, ids)?;
        let mut differences = Vec::with_capacity(ids.len());
        for id in ids {
            let mut log = log.remove(id).unwrap_or_default();
            log.sort_by_key(|logged| logged.release);
            let Some(last) = log.last() else { continue };
            let release = last.release;
            let mut causes = Vec::new();
            for Logged { cause, .. } in log {
                if !causes.contains(&cause) {
                    causes.push(cause);
                }
            }
            let (before, after) = (before.get(id), after.get(id));
            let change = match (before, after) {
                (None, Some(_)) => ChangeKind::Added,
                (Some(_), Some(_)) => ChangeKind::Changed,
                // Also where it came and went in between.
                (Some(_) | None, None) => ChangeKind::Withdrawn,
            };
            let fields = fields(resource, before, after)
                .map_err(|problem| self.to.damaged(format!("`{id}`: {problem}")))?;
            differences.push(Difference { id: id.clone(), change, release, causes, fields });
        }
        Ok(differences)
    }

    /// The statement that selects from the touched records of a resource; `None` where none can be
    /// asked for.
    fn touched(
        &self,
        resource: &'static Resource,
        select: &str,
        end: &str,
    ) -> Result<Option<Statement>, DatabaseError> {
        let table = resource.table;
        let touched = format!(
            "SELECT {select} FROM changes c
             WHERE c.resource = ? AND c.release IN (SELECT value FROM json_each(?))"
        );
        let Some(states) = &self.states else {
            let statement = Statement::new(format!("{touched}{end}"));
            return Ok(Some(statement.bind(table).bind(&self.releases)));
        };
        if state_of(resource).is_none() {
            return Ok(None);
        }
        let statement = Statement::new(format!(
            "{touched} AND (c.id IN (SELECT value FROM json_each(?)) OR EXISTS (
                SELECT 1 FROM {table} r
                WHERE r.id = c.id AND r.state IN (SELECT value FROM json_each(?)))){end}"
        ));
        let left = self.left(resource, states)?;
        Ok(Some(statement.bind(table).bind(&self.releases).bind(&left).bind(states)))
    }

    /// Ids of the records that were of these states and need not be any more, as a JSON array.
    fn left(&self, resource: &'static Resource, states: &str) -> Result<String, DatabaseError> {
        let statement = Statement::new(
            "SELECT DISTINCT id FROM changes
             WHERE resource = ? AND release IN (SELECT value FROM json_each(?))
               AND (change = 'withdrawn' OR json_type(fields, '$.state') IS NOT NULL)",
        );
        let statement = statement.bind(resource.table).bind(&self.releases);
        let may: Vec<String> = self.to.read(statement, Reader::next)?;
        let statement = Statement::new(format!(
            "SELECT id FROM {} WHERE id IN (SELECT value FROM json_each(?))
             AND state IN (SELECT value FROM json_each(?))",
            resource.table
        ));
        let statement = statement.bind(&Value::from(may).to_string()).bind(states);
        let left: Vec<String> = self.from.read(statement, Reader::next)?;
        Ok(Value::from(left).to_string())
    }

    fn log(
        &self,
        resource: &'static Resource,
        ids: &[String],
    ) -> Result<Vec<Logged>, DatabaseError> {
        let statement = Statement::new(
            "SELECT id, release, cause FROM changes
             WHERE resource = ? AND id IN (SELECT value FROM json_each(?))
               AND release IN (SELECT value FROM json_each(?))",
        );
        let ids = Value::from(ids.to_vec()).to_string();
        let statement = statement.bind(resource.table).bind(&ids).bind(&self.releases);
        self.to.read(statement, |row| {
            Ok(Logged { id: row.next()?, release: row.next()?, cause: row.next()? })
        })
    }
}

impl ReleaseDatabase {
    /// The releases up to this one in which a record changed.
    fn releases_that_changed(&self) -> Result<Vec<ReleaseId>, DatabaseError> {
        // Steps from name to name through the index; `DISTINCT` would read every row.
        let statement = Statement::new(
            "WITH RECURSIVE named(release) AS (
                 SELECT MIN(release) FROM changes
                 UNION ALL
                 SELECT (SELECT MIN(release) FROM changes WHERE release > named.release)
                 FROM named WHERE named.release IS NOT NULL
             ) SELECT release FROM named WHERE release IS NOT NULL",
        );
        self.read(statement, Reader::next)
    }

    /// The records of these ids, as far as there are any.
    fn records(
        &self,
        resource: &'static Resource,
        ids: &[String],
    ) -> Result<HashMap<String, Vec<Cell>>, DatabaseError> {
        let columns: Vec<&str> = resource.columns.iter().map(|column| column.name).collect();
        let statement = Statement::new(format!(
            "SELECT {} FROM {} WHERE id IN (SELECT value FROM json_each(?))",
            columns.join(", "),
            resource.table
        ));
        let rows = self.rows(statement.bind(&Value::from(ids.to_vec()).to_string()))?;
        // `id` is the first column of every record.
        let id_of = |row: &[Cell]| row.first().map(Cell::to_csv).unwrap_or_default();
        Ok(rows.into_iter().map(|row| (id_of(&row), row)).collect())
    }
}

/// The column that names the state a record is of; a correction's `state` is another thing.
fn state_of(resource: &Resource) -> Option<&'static Column> {
    resource.column("state").filter(|column| column.ty == ColumnType::Text)
}

/// The facts that differ; all of them where the record is on one side only.
fn fields(
    resource: &Resource,
    before: Option<&Vec<Cell>>,
    after: Option<&Vec<Cell>>,
) -> Result<Vec<FieldDifference>, crate::record::DamagedCell> {
    let mut fields = Vec::new();
    if before.is_none() && after.is_none() {
        return Ok(fields);
    }
    for (at, column) in resource.columns.iter().enumerate().skip(1) {
        let [before, after] = [before, after].map(|row| row.and_then(|row| row.get(at)));
        if STAMPS.contains(&column.name) || before == after {
            continue;
        }
        let value = |cell: Option<&Cell>| match cell {
            Some(cell) => value_of(column, cell),
            None => Ok(Value::Null),
        };
        let (before, after) = (value(before)?, value(after)?);
        fields.push(FieldDifference { field: column.name, before, after });
    }
    Ok(fields)
}
