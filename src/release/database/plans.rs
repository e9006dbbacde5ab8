//! How SQLite goes about a query, for tests that hold it to the indexes.

use super::sql::Which;
use super::{DatabaseError, Query, ReleaseDatabase};
use crate::record::{Cell, Column};

/// What is asked about the rows of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part<'a> {
    /// A page of them.
    Page,
    /// How many there are.
    Count,
    /// How many there are by the values of these columns.
    Groups(&'a [&'static Column]),
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// Its number.
    pub id: i64,
    /// The number of the step it is part of; 0 for none.
    pub parent: i64,
    /// What is done, in the words of SQLite.
    pub detail: String,
}

impl ReleaseDatabase {
    /// The steps by which this file answers a query, with the values it asks for: the statistics
    /// of the file may give another plan for another value.
    pub fn plan(&self, query: &Query, part: Part<'_>) -> Result<Vec<PlanStep>, DatabaseError> {
        let search = self.search_range(query);
        let statement = match part {
            Part::Page => query.page_statement(search),
            Part::Count => query.count_statement(search, Which::Kept),
            Part::Groups(by) => query.group_statement(search, by, None),
        };
        let step = |row: Vec<Cell>| match <[Cell; 4]>::try_from(row) {
            Ok([Cell::Integer(id), Cell::Integer(parent), _, Cell::Text(detail)]) => {
                Ok(PlanStep { id, parent, detail })
            }
            Ok(_) | Err(_) => Err(self.damaged("a plan has no such steps")),
        };
        self.rows(statement.explained())?.into_iter().map(step).collect()
    }
}
