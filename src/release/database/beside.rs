//! A release file with an earlier one beside it, so that one statement can ask both.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::PathBuf;

use diesel::{QueryResult, RunQueryDsl as _, SqliteConnection};

use super::open::{DatabaseError, ReleaseDatabase};
use super::row::Cells;
use super::statement::Statement;
use crate::record::{Cell, Resource};

/// A connection to a release file in which the tables of an earlier one are called `earlier.…`.
pub(super) struct Beside {
    path: PathBuf,
    connection: RefCell<SqliteConnection>,
    /// The tables of the earlier one: an older schema may lack some.
    tables: HashSet<String>,
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Beside").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ReleaseDatabase {
    /// Opens this file once more, with an earlier one beside it.
    pub(super) fn beside(&self, earlier: &Self) -> Result<Beside, DatabaseError> {
        let path = self.path().to_owned();
        let failed = |source: diesel::result::Error| DatabaseError::Query {
            path: path.clone(),
            source: source.into(),
        };
        let mut connection = self.connect()?;
        let attach = Statement::new("ATTACH DATABASE ? AS earlier").bind(earlier.url());
        attach.execute(&mut connection).map_err(failed)?;
        let tables = Statement::new("SELECT name FROM earlier.sqlite_schema WHERE type = 'table'");
        let tables: Vec<Cells> = tables.load(&mut connection).map_err(failed)?;
        let tables = tables.iter().flat_map(|Cells(row)| row.iter().map(Cell::to_csv)).collect();
        Ok(Beside { path, connection: RefCell::new(connection), tables })
    }
}

impl Beside {
    /// Whether the earlier file has a table for these records.
    pub(super) fn knew(&self, resource: &Resource) -> bool {
        self.tables.contains(resource.table)
    }

    /// The rows of a statement.
    pub(super) fn rows(&self, statement: Statement) -> Result<Vec<Vec<Cell>>, DatabaseError> {
        let rows: QueryResult<Vec<Cells>> = statement.load(&mut *self.connection.borrow_mut());
        let rows = rows.map_err(|error| DatabaseError::Query {
            path: self.path.clone(),
            source: error.into(),
        })?;
        Ok(rows.into_iter().map(|Cells(cells)| cells).collect())
    }

    /// The first value of each row, as text.
    pub(super) fn texts(&self, statement: Statement) -> Result<Vec<String>, DatabaseError> {
        let first = |row: Vec<Cell>| row.first().map(Cell::to_csv).unwrap_or_default();
        Ok(self.rows(statement)?.into_iter().map(first).collect())
    }

    /// The first number of the first row.
    pub(super) fn number(&self, statement: Statement) -> Result<i64, DatabaseError> {
        Ok(match self.rows(statement)?.first().and_then(|row| row.first()) {
            Some(Cell::Integer(number)) => *number,
            Some(Cell::Null | Cell::Text(_) | Cell::Real(_)) | None => 0,
        })
    }
}
