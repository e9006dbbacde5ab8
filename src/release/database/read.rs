//! What can be asked of a release file.

use super::sql::Which;
use super::statement::Statement;
use super::{DatabaseError, Page, Query, ReleaseDatabase};
use crate::record::{Cause, Cell, Column, ReleaseId, Resource};
use crate::release::GateVerdict;

/// What became of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// It names a record of this release.
    Live,
    /// Its record turned out to be another one.
    Redirect {
        /// The id of the record that stayed.
        to_id: String,
        /// The first release in which it is so.
        release: ReleaseId,
    },
    /// Its record was taken back.
    Withdrawn {
        /// The first release without it.
        release: ReleaseId,
        /// Why.
        reason: String,
    },
    /// No release up to this one knows it.
    Unknown,
}

/// A change of one record in one release.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The release.
    pub release: ReleaseId,
    /// `added`, `changed` or `withdrawn`.
    pub change: String,
    /// Why.
    pub cause: Cause,
    /// The fields that changed, each with its values before and after.
    pub fields: Vec<(String, serde_json::Value, serde_json::Value)>,
}

/// Rows that share their values in some columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The values they share, in the order of the columns.
    pub values: Vec<Cell>,
    /// How many there are.
    pub count: i64,
    /// The sum of another column over those in which it is known; `None` if it is known in none.
    pub sum: Option<i64>,
}

impl ReleaseDatabase {
    /// One page of the rows a query asks for.
    pub fn page(&self, query: &Query) -> Result<Page, DatabaseError> {
        if query.limit == 0 {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        let mut rows = self.rows(query.page_statement(self.search_range(query)))?;
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        // The keys of the order stand behind what was asked for.
        let width = query.columns.len() + usize::from(query.region.near.is_some());
        let next =
            rows.last().filter(|_| more).and_then(|row| row.get(width..)).map(<[Cell]>::to_vec);
        for row in &mut rows {
            row.truncate(width);
        }
        Ok(Page { rows, next })
    }

    /// How many rows a query asks for, on all its pages.
    pub fn count(&self, query: &Query) -> Result<i64, DatabaseError> {
        self.number(query.count_statement(self.search_range(query), Which::Kept))
    }

    /// How many rows a query leaves out because their dates do not tell whether they were in force
    /// on the day it asks about.
    pub fn count_uncertain(&self, query: &Query) -> Result<i64, DatabaseError> {
        match query.valid_on {
            Some(on) if !on.include_uncertain => {
                self.number(query.count_statement(self.search_range(query), Which::Uncertain))
            }
            Some(_) | None => Ok(0),
        }
    }

    /// The rows a query asks for, on all its pages, counted by the values of some columns; unknown
    /// values come last. `sum` is a column of whole numbers to add up.
    pub fn groups(
        &self,
        query: &Query,
        by: &[&'static Column],
        sum: Option<&'static Column>,
    ) -> Result<Vec<Group>, DatabaseError> {
        let read = |mut row: Vec<Cell>| {
            let mut numbers = self.reader(query.resource.table, row.split_off(by.len()));
            let count = numbers.integer()?;
            let sum = match numbers.cells.next() {
                Some(Cell::Integer(sum)) => Some(sum),
                Some(Cell::Null) | None => None,
                other => return Err(numbers.damaged("a whole number", other.as_ref())),
            };
            Ok(Group { values: row, count, sum })
        };
        self.rows(query.group_statement(self.search_range(query), by, sum))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// The values of these columns in the record of that id.
    pub fn get(
        &self,
        resource: &'static Resource,
        columns: &[&'static Column],
        id: &str,
    ) -> Result<Option<Vec<Cell>>, DatabaseError> {
        let columns: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let (columns, table) = (columns.join(", "), resource.table);
        let sql = format!("SELECT {columns} FROM {table} WHERE id = ?");
        Ok(self.rows(Statement::new(sql).bind(id))?.pop())
    }

    /// The records of these ids that there are, with all their columns, in no order.
    pub fn of_ids(
        &self,
        resource: &'static Resource,
        ids: &[&str],
    ) -> Result<Vec<Vec<Cell>>, DatabaseError> {
        let columns: Vec<&str> = resource.columns.iter().map(|column| column.name).collect();
        let (columns, table) = (columns.join(", "), resource.table);
        let sql =
            format!("SELECT {columns} FROM {table} WHERE id IN (SELECT value FROM json_each(?))");
        self.rows(Statement::new(sql).bind(&serde_json::json!(ids).to_string()))
    }

    /// What became of an id.
    pub fn identity(
        &self,
        resource: &'static Resource,
        id: &str,
    ) -> Result<Identity, DatabaseError> {
        let table = resource.table;
        let live = Statement::new(format!("SELECT COUNT(*) FROM {table} WHERE id = ?")).bind(id);
        if self.number(live)? > 0 {
            return Ok(Identity::Live);
        }
        let redirect = Statement::new(
            "SELECT to_id, release FROM redirects WHERE resource = ? AND from_id = ?",
        );
        if let Some(row) = self.rows(redirect.bind(table).bind(id))?.pop() {
            let mut row = self.reader("redirects", row);
            return Ok(Identity::Redirect { to_id: row.text()?, release: row.parsed()? });
        }
        let withdrawal =
            Statement::new("SELECT release, reason FROM withdrawals WHERE resource = ? AND id = ?");
        if let Some(row) = self.rows(withdrawal.bind(table).bind(id))?.pop() {
            let mut row = self.reader("withdrawals", row);
            return Ok(Identity::Withdrawn { release: row.parsed()?, reason: row.text()? });
        }
        Ok(Identity::Unknown)
    }

    /// Every change of a record, oldest first. The release it first appeared in is not among
    /// them where that was the first release of all.
    pub fn history(
        &self,
        resource: &'static Resource,
        id: &str,
    ) -> Result<Vec<Change>, DatabaseError> {
        let statement = Statement::new(
            "SELECT release, change, cause, fields FROM changes WHERE resource = ? AND id = ?",
        );
        let mut changes = Vec::new();
        for row in self.rows(statement.bind(resource.table).bind(id))? {
            let mut row = self.reader("changes", row);
            changes.push(Change {
                release: row.parsed()?,
                change: row.text()?,
                cause: row.parsed()?,
                fields: row.fields()?,
            });
        }
        // Names of releases do not sort as text: `.10` stands before `.9`.
        changes.sort_by_key(|change| change.release);
        Ok(changes)
    }

    /// The verdict of every gate.
    pub fn gates(&self) -> Result<Vec<GateVerdict>, DatabaseError> {
        let statement = Statement::new(
            "SELECT gate, subject, passed, measured, allowed, detail FROM gates ORDER BY gate, subject",
        );
        let read = |row| {
            let mut row = self.reader("gates", row);
            Ok(GateVerdict {
                gate: row.text()?,
                subject: row.text()?,
                passed: row.integer()? != 0,
                measured: row.text()?,
                allowed: row.text()?,
                detail: row.text()?,
            })
        };
        self.rows(statement)?.into_iter().map(read).collect()
    }

    fn number(&self, statement: Statement) -> Result<i64, DatabaseError> {
        let row = self.rows(statement)?.pop().unwrap_or_default();
        self.reader("count", row).integer()
    }

    fn reader(&self, table: &'static str, row: Vec<Cell>) -> RowReader<'_> {
        RowReader { database: self, table, cells: row.into_iter() }
    }
}

/// Reads a row of a table that is no resource, value by value.
struct RowReader<'a> {
    database: &'a ReleaseDatabase,
    table: &'static str,
    cells: std::vec::IntoIter<Cell>,
}

impl RowReader<'_> {
    fn text(&mut self) -> Result<String, DatabaseError> {
        match self.cells.next() {
            Some(Cell::Text(text)) => Ok(text),
            other => Err(self.damaged("text", other.as_ref())),
        }
    }

    fn integer(&mut self) -> Result<i64, DatabaseError> {
        match self.cells.next() {
            Some(Cell::Integer(number)) => Ok(number),
            other => Err(self.damaged("a whole number", other.as_ref())),
        }
    }

    fn parsed<T>(&mut self) -> Result<T, DatabaseError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.text()?;
        text.parse().map_err(|error: T::Err| {
            self.database.damaged(format!("table `{}`: {error}", self.table))
        })
    }

    /// `{field: [before, after]}`.
    fn fields(
        &mut self,
    ) -> Result<Vec<(String, serde_json::Value, serde_json::Value)>, DatabaseError> {
        let text = self.text()?;
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)
            .map_err(|error| {
                self.database.damaged(format!("table `{}`, `fields`: {error}", self.table))
            })?;
        let pair = |(field, values): (String, serde_json::Value)| {
            let (before, after) = serde_json::from_value(values)
                .map_err(|_unhelpful: serde_json::Error| self.damaged("two values", None))?;
            Ok((field, before, after))
        };
        fields.into_iter().map(pair).collect()
    }

    fn damaged(&self, expected: &str, found: Option<&Cell>) -> DatabaseError {
        let found = found.map(Cell::to_csv).unwrap_or_default();
        self.database
            .damaged(format!("table `{}`: expected {expected}, found `{found}`", self.table))
    }
}
