//! Statements made as text, with their values beside them.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Double, Nullable, Text, Untyped};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use crate::record::Cell;

/// A statement of which only the shape is text: every value in it is bound.
pub(super) struct Statement {
    sql: String,
    binds: Vec<Cell>,
    /// Whether the prepared form is kept. Only for shapes of which there are few.
    keep: bool,
}

impl Statement {
    /// A statement of few shapes; its prepared form is kept for the next time.
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), binds: Vec::new(), keep: true }
    }

    /// A statement whose shape follows a request.
    pub(super) fn of_request(sql: String, binds: Vec<Cell>) -> Self {
        Self { sql, binds, keep: false }
    }

    /// The same; its prepared form is kept for the next time.
    pub(super) fn kept(self) -> Self {
        Self { keep: true, ..self }
    }

    /// Its text.
    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    /// The statement that tells how this one would be carried out.
    pub(super) fn explained(self) -> Self {
        Self { sql: format!("EXPLAIN QUERY PLAN {}", self.sql), ..self }
    }

    /// Binds the next value.
    pub(super) fn bind(mut self, text: &str) -> Self {
        self.binds.push(Cell::Text(text.to_owned()));
        self
    }
}

impl QueryFragment<Sqlite> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        if !self.keep {
            out.unsafe_to_cache_prepared();
        }
        // Our own SQL holds no question mark but those that stand for values.
        let mut pieces = self.sql.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (piece, bind) in pieces.zip(&self.binds) {
            match bind {
                Cell::Null => out.push_bind_param::<Nullable<Text>, _>(&None::<String>)?,
                Cell::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Cell::Integer(number) => out.push_bind_param::<BigInt, _>(number)?,
                Cell::Real(number) => out.push_bind_param::<Double, _>(number)?,
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for Statement {}
