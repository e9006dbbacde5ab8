//! What differs between two releases: which records, and in which fields.
//!
//! It is read from the two files themselves, so that applied to the one it gives the other, whatever
//! happened in between: a record of the later file whose last change lies after the earlier release
//! is new or changed, and an id of the earlier file that the later one has no more is gone.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;

use super::beside::Beside;
use super::load::Reader;
use super::statement::Statement;
use super::write::INDEXED;
use super::{DatabaseError, ReleaseDatabase};
use crate::record::{Cell, Column, ColumnType, DamagedCell, RESOURCES, ReleaseId, Resource};
use crate::release::changes::{ChangeEntry, FieldChange};
use crate::release::dataset::ChangeKind;
use crate::release::format::value_of;

/// The column that says itself in which release the record changed: the entry's own release.
const STAMP: &str = "last_changed_release";

/// Up to so many changed records of a table are found by when they changed, and put in order; more
/// are found in the order of their ids.
const FEW: i64 = 20_000;

/// Of which records changes are told: all where a list is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// States that records are of, or were.
    pub states: Vec<String>,
    /// Programs that records belong to, or did.
    pub programs: Vec<String>,
    /// Agencies that records belong to, or did.
    pub agencies: Vec<String>,
}

impl Selection {
    /// What the selection means for a resource; `None` where none of its records can be in it.
    pub(super) fn conditions(&self, resource: &'static Resource) -> Option<Vec<Condition>> {
        let Self { states, programs, agencies } = self;
        let of_own = |table: &str, column: &'static str| {
            let own = (resource.table == table).then_some("id");
            own.or_else(|| resource.column(column).map(|column| column.name))
        };
        let wanted = [
            (states, state_of(resource).map(|column| column.name)),
            (programs, of_own("programs", "program_id")),
            (agencies, of_own("agencies", "agency_id")),
        ];
        let wanted = wanted.into_iter().filter(|(values, _)| !values.is_empty());
        wanted
            .map(|(values, column)| {
                Some(Condition { column: column?, values: Value::from(values.clone()).to_string() })
            })
            .collect()
    }
}

/// Two releases beside each other.
#[derive(Debug)]
pub struct Comparison<'a> {
    pub(super) from: &'a ReleaseDatabase,
    pub(super) to: &'a ReleaseDatabase,
    pub(super) beside: Beside,
    /// The releases after the one up to the other in which records changed, as a JSON array.
    pub(super) releases: String,
    selection: Selection,
    extents: RefCell<HashMap<&'static str, Extent>>,
}

/// What is known of the changes of a table before any is read.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Whether so many records changed that they are better found in the order of their ids.
    many: bool,
    /// Whether an id may be gone.
    gone: bool,
}

/// A condition on one column: the records in which it has one of these values.
pub(super) struct Condition {
    pub(super) column: &'static str,
    /// As a JSON array.
    pub(super) values: String,
}

impl<'a> Comparison<'a> {
    /// Compares the records of a selection.
    pub fn new(
        from: &'a ReleaseDatabase,
        to: &'a ReleaseDatabase,
        selection: Selection,
    ) -> Result<Self, DatabaseError> {
        let (first, last) = (from.meta().release, to.meta().release);
        // Names of releases do not sort as text: `.10` stands before `.9`.
        let mut releases = to.stamped_releases()?;
        releases.retain(|release| *release > first && *release <= last);
        let releases: Vec<String> = releases.iter().map(ReleaseId::to_string).collect();
        Ok(Self {
            from,
            to,
            beside: to.beside(from)?,
            releases: Value::from(releases).to_string(),
            selection,
            extents: RefCell::default(),
        })
    }

    /// How many records of a resource differ.
    pub fn count(&self, resource: &'static Resource) -> Result<i64, DatabaseError> {
        let Some(conditions) = self.selection.conditions(resource) else { return Ok(0) };
        let changed = self.changed(resource, &conditions, "COUNT(*)", "")?;
        let mut count = self.beside.number(changed)?;
        if let Some(gone) = self.gone(resource, &conditions, "COUNT(*)", None)? {
            count += self.beside.number(gone)?;
        }
        Ok(count)
    }

    /// What differs, in the order of these resources and of ids, after a record of one of them, at
    /// most `limit`; and whether there is more.
    pub fn entries(
        &self,
        resources: &[&'static Resource],
        after: Option<(&str, &str)>,
        limit: usize,
    ) -> Result<(Vec<ChangeEntry>, bool), DatabaseError> {
        let mut entries = Vec::new();
        let begin = after
            .and_then(|(table, _)| resources.iter().position(|resource| resource.table == table));
        for resource in resources.iter().skip(begin.unwrap_or(0)) {
            let after = after.filter(|(table, _)| *table == resource.table);
            let room = limit - entries.len();
            let mut ids = self.ids(resource, after.map_or("", |(_, id)| id), room + 1)?;
            let more = ids.len() > room;
            ids.truncate(room);
            entries.extend(self.differences(resource, &ids)?);
            if more {
                return Ok((entries, true));
            }
        }
        Ok((entries, false))
    }

    /// Ids of the records of a resource that differ, in order, at most `limit`, after an id.
    fn ids(
        &self,
        resource: &'static Resource,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, DatabaseError> {
        let Some(conditions) = self.selection.conditions(resource) else { return Ok(Vec::new()) };
        let end = format!(" AND t.id > ? ORDER BY t.id LIMIT {limit}");
        let changed = self.changed(resource, &conditions, "t.id", &end)?.bind(after);
        let mut ids = self.beside.texts(changed)?;
        // Beyond a full page nothing need be looked for yet.
        let last = ids.last().filter(|_| ids.len() == limit).cloned();
        let range = Some((after, last.as_deref(), limit));
        if let Some(gone) = self.gone(resource, &conditions, "e.id", range)? {
            ids.extend(self.beside.texts(gone)?);
            ids.sort();
            ids.truncate(limit);
        }
        Ok(ids)
    }

    /// How these records differ, in the order of their ids.
    fn differences(
        &self,
        resource: &'static Resource,
        ids: &[String],
    ) -> Result<Vec<ChangeEntry>, DatabaseError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut before = if self.beside.knew(resource) {
            self.from.records(resource, ids)?
        } else {
            HashMap::new()
        };
        let mut after = self.to.records(resource, ids)?;
        let mut told = self.told(resource, ids, &before, &after)?;
        let mut entries = Vec::with_capacity(ids.len());
        for id in ids {
            let (before, after) = (before.remove(id), after.remove(id));
            let change = match (&before, &after) {
                (None, _) => ChangeKind::Added,
                (Some(_), Some(_)) => ChangeKind::Changed,
                (Some(_), None) => ChangeKind::Withdrawn,
            };
            let fields = fields(resource, before.as_deref(), after.as_deref())
                .map_err(|problem| self.to.damaged(format!("`{id}`: {problem}")))?;
            let told = told.remove(id).unwrap_or_default();
            let release = match &after {
                Some(after) => self.stamp(resource, after, STAMP)?,
                None => told.gone_in.unwrap_or(self.to.meta().release),
            };
            entries.push(ChangeEntry {
                resource: resource.table,
                id: id.clone(),
                change,
                release,
                causes: told.causes,
                fields,
                evidence: told.evidence,
                evidence_total: told.evidence_total,
                merged_into: told.merged_into,
                reason: told.reason,
            });
        }
        Ok(entries)
    }

    /// The release a record of the later file names in a column.
    pub(super) fn stamp(
        &self,
        resource: &Resource,
        row: &[Cell],
        column: &str,
    ) -> Result<ReleaseId, DatabaseError> {
        let release = text_in(resource, row, column).unwrap_or_default();
        release.parse().map_err(|error| self.to.damaged(format!("`{column}`: {error}")))
    }

    /// The statement that selects from the records of the later release that are new or changed.
    fn changed(
        &self,
        resource: &'static Resource,
        conditions: &[Condition],
        select: &str,
        end: &str,
    ) -> Result<Statement, DatabaseError> {
        let table = resource.table;
        let many = self.extent(resource)?.many;
        // A sign before a column keeps SQLite from its index.
        let sign = if many && !end.is_empty() { "+" } else { "" };
        let mut sql = vec![format!(
            "SELECT {select} FROM main.{table} t
             WHERE {sign}t.{STAMP} IN (SELECT value FROM json_each(?))"
        )];
        let mut values = vec![self.releases.as_str()];
        for Condition { column, values: of_them } in conditions {
            let among = format!("{column} IN (SELECT value FROM json_each(?))");
            values.push(of_them);
            if self.beside.knew(resource) {
                sql.push(format!(
                    " AND (t.{among} OR EXISTS (SELECT 1 FROM earlier.{table} e
                       WHERE e.id = t.id AND e.{among}))"
                ));
                values.push(of_them);
            } else {
                sql.push(format!(" AND t.{among}"));
            }
        }
        sql.push(end.to_owned());
        Ok(values.into_iter().fold(Statement::new(sql.concat()), Statement::bind))
    }

    /// The statement that selects from the records of the earlier release that are no more, all of
    /// them or so many after an id and up to another; `None` where there are none.
    fn gone(
        &self,
        resource: &'static Resource,
        conditions: &[Condition],
        select: &str,
        range: Option<(&str, Option<&str>, usize)>,
    ) -> Result<Option<Statement>, DatabaseError> {
        if !self.extent(resource)?.gone {
            return Ok(None);
        }
        let table = resource.table;
        let mut sql = vec![format!(
            "SELECT {select} FROM earlier.{table} e
             WHERE NOT EXISTS (SELECT 1 FROM main.{table} t WHERE t.id = e.id)"
        )];
        let mut values = Vec::new();
        for Condition { column, values: of_them } in conditions {
            sql.push(format!(" AND e.{column} IN (SELECT value FROM json_each(?))"));
            values.push(of_them.as_str());
        }
        if let Some((after, last, limit)) = range {
            sql.push(" AND e.id > ?".to_owned());
            values.push(after);
            if let Some(last) = last {
                sql.push(" AND e.id <= ?".to_owned());
                values.push(last);
            }
            sql.push(format!(" ORDER BY e.id LIMIT {limit}"));
        }
        Ok(Some(values.into_iter().fold(Statement::new(sql.concat()), Statement::bind)))
    }

    /// How a table changed as a whole. Counted once.
    fn extent(&self, resource: &'static Resource) -> Result<Extent, DatabaseError> {
        if let Some(known) = self.extents.borrow().get(resource.table) {
            return Ok(*known);
        }
        let table = resource.table;
        let among = "IN (SELECT value FROM json_each(?))";
        let count = |sql: String| self.beside.number(Statement::new(sql).bind(&self.releases));
        // What was there at its first release has been there ever since: where those are all that
        // the earlier release has, none is gone.
        let gone = self.beside.knew(resource) && {
            let old = format!("SELECT COUNT(*) FROM main.{table} WHERE first_release {among}");
            let all = |file: &str| {
                self.beside.number(Statement::new(format!("SELECT COUNT(*) FROM {file}.{table}")))
            };
            all("earlier")? != all("main")? - count(old)?
        };
        let many = INDEXED.contains(&table)
            && count(format!("SELECT COUNT(*) FROM main.{table} WHERE {STAMP} {among}"))? > FEW;
        let extent = Extent { many, gone };
        self.extents.borrow_mut().insert(table, extent);
        Ok(extent)
    }
}

impl ReleaseDatabase {
    /// The releases that records name as their first or as that of their last change.
    fn stamped_releases(&self) -> Result<Vec<ReleaseId>, DatabaseError> {
        let mut parts = Vec::new();
        for Resource { table, .. } in RESOURCES {
            for column in ["first_release", STAMP] {
                // Steps from name to name through the index; `DISTINCT` would read every row.
                let next = format!("SELECT MIN({column}) FROM {table}");
                parts.push(if INDEXED.contains(table) {
                    format!(
                        "SELECT release FROM (WITH RECURSIVE named(release) AS (
                             {next} UNION ALL
                             SELECT ({next} WHERE {column} > named.release)
                             FROM named WHERE named.release IS NOT NULL
                         ) SELECT release FROM named WHERE release IS NOT NULL)"
                    )
                } else {
                    format!("SELECT {column} AS release FROM {table}")
                });
            }
        }
        self.read(Statement::new(parts.join(" UNION ")), Reader::next)
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

/// The text in a column of a row.
pub(super) fn text_in<'r>(resource: &Resource, row: &'r [Cell], name: &str) -> Option<&'r str> {
    let at = resource.columns.iter().position(|column| column.name == name)?;
    match row.get(at)? {
        Cell::Text(text) => Some(text),
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => None,
    }
}

/// The column that names the state a record is of; a correction's `state` is another thing.
fn state_of(resource: &Resource) -> Option<&'static Column> {
    resource.column("state").filter(|column| column.ty == ColumnType::Text)
}

/// The fields that differ; all of them where the record is on one side only.
fn fields(
    resource: &Resource,
    before: Option<&[Cell]>,
    after: Option<&[Cell]>,
) -> Result<Vec<FieldChange>, DamagedCell> {
    let mut fields = Vec::new();
    for (at, column) in resource.columns.iter().enumerate().skip(1) {
        let [before, after] = [before, after].map(|row| row.and_then(|row| row.get(at)));
        if column.name == STAMP || before == after {
            continue;
        }
        let value = |cell: Option<&Cell>| match cell {
            Some(cell) => value_of(column, cell),
            None => Ok(Value::Null),
        };
        let (before, after) = (value(before)?, value(after)?);
        fields.push(FieldChange { field: column.name.to_owned(), before, after });
    }
    Ok(fields)
}
