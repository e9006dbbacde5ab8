//! What the log of a release file tells of records that people follow.

use serde_json::Value;

use super::compare::Selection;
use super::statement::Statement;
use super::{DatabaseError, ReleaseDatabase};
use crate::record::{Cause, Cell, ReleaseId, Resource};
use crate::release::dataset::ChangeKind;

/// A resource that people follow.
#[derive(Debug, Clone, Copy)]
pub struct Followed {
    /// The resource.
    pub table: &'static str,
    /// Whether a new record is news.
    pub added: bool,
    /// Fields whose change is news.
    pub fields: &'static [&'static str],
}

/// A change in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// The record.
    pub id: String,
    /// What happened to it.
    pub change: ChangeKind,
    /// Why.
    pub cause: Cause,
    /// A JSON object of `[before, after]` by field; empty where it is new or gone.
    pub fields: Value,
}

impl ReleaseDatabase {
    /// What happened in one release to records of a followed resource that this file still has, in
    /// the order of their ids, at most `limit`; of those that the selection means.
    pub fn news(
        &self,
        followed: &Followed,
        release: ReleaseId,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Logged>, DatabaseError> {
        let Followed { table, added, fields } = followed;
        let Some(resource) = Resource::of_table(table) else { return Ok(Vec::new()) };
        let Some(conditions) = selection.conditions(resource) else { return Ok(Vec::new()) };
        // Not everything that is new is news.
        let or_new = if *added { "c.change = 'added' OR " } else { "" };
        let mut sql = vec![format!(
            "SELECT c.id, c.change, c.cause, c.fields FROM changes c JOIN {table} r ON r.id = c.id
             WHERE c.release = ? AND c.resource = ? AND ({or_new}c.change = 'changed'
               AND EXISTS (SELECT 1 FROM json_each(c.fields) AS field
                 WHERE field.key IN (SELECT value FROM json_each(?))))"
        )];
        let fields = Value::from(fields.to_vec()).to_string();
        let mut values = vec![release.to_string(), (*table).to_owned(), fields];
        for condition in conditions {
            sql.push(format!(" AND r.{} IN (SELECT value FROM json_each(?))", condition.column));
            values.push(condition.values);
        }
        sql.push(format!(" ORDER BY c.id LIMIT {limit}"));
        self.logged(bound(&sql, &values))
    }

    /// The records that were taken back in one release, in the order of their ids, at most `limit`.
    pub fn taken_back(
        &self,
        followed: &Followed,
        release: ReleaseId,
        limit: usize,
    ) -> Result<Vec<Logged>, DatabaseError> {
        let sql = format!(
            "SELECT id, change, cause, fields FROM changes
             WHERE release = ? AND resource = ? AND change = 'withdrawn' ORDER BY id LIMIT {limit}"
        );
        self.logged(Statement::new(sql).bind(&release.to_string()).bind(followed.table))
    }

    /// The record of that id, if it is here and the selection means it.
    pub fn selected(
        &self,
        resource: &'static Resource,
        id: &str,
        selection: &Selection,
    ) -> Result<Option<Vec<Cell>>, DatabaseError> {
        let Some(conditions) = selection.conditions(resource) else { return Ok(None) };
        let columns: Vec<&str> = resource.columns.iter().map(|column| column.name).collect();
        let (columns, table) = (columns.join(", "), resource.table);
        let mut sql = vec![format!("SELECT {columns} FROM {table} WHERE id = ?")];
        let mut values = vec![id.to_owned()];
        for condition in conditions {
            sql.push(format!(" AND {} IN (SELECT value FROM json_each(?))", condition.column));
            values.push(condition.values);
        }
        Ok(self.rows(bound(&sql, &values))?.pop())
    }

    fn logged(&self, statement: Statement) -> Result<Vec<Logged>, DatabaseError> {
        let rows = self.read(statement, |row| {
            let (id, change, cause) = (row.next()?, row.next()?, row.next()?);
            Ok((id, change, cause, row.next::<String>()?))
        })?;
        let read = |(id, change, cause, fields): (_, _, _, String)| {
            let fields = serde_json::from_str(&fields)
                .map_err(|error| self.damaged(format!("table `changes`, `fields`: {error}")))?;
            Ok(Logged { id, change, cause, fields })
        };
        rows.into_iter().map(read).collect()
    }
}

/// A statement of these parts and values.
fn bound(sql: &[String], values: &[String]) -> Statement {
    let statement = Statement::new(sql.concat());
    values.iter().fold(statement, |statement, value| statement.bind(value))
}
