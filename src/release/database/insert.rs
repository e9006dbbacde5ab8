//! Rows into a table, several with each statement.

use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use super::statement::Statement;
use crate::record::Cell;

/// Values one statement inserts at most: so few that it is prepared in no time.
const VALUES_PER_INSERT: usize = 2_000;

/// The same of the words of a search, fewer than SQLite has variables for: with each statement the
/// index for them is written anew, and another number would give other bytes.
const WORDS_PER_INSERT: usize = 30_000;

/// Inserts rows of equal width, several a statement.
pub(super) fn rows(
    connection: &mut SqliteConnection,
    table: &str,
    rows: impl Iterator<Item = Vec<Cell>>,
) -> QueryResult<()> {
    many(connection, table, rows, VALUES_PER_INSERT)
}

/// The same of the words of a search.
pub(super) fn words(
    connection: &mut SqliteConnection,
    table: &str,
    rows: impl Iterator<Item = Vec<Cell>>,
) -> QueryResult<()> {
    many(connection, table, rows, WORDS_PER_INSERT)
}

fn many(
    connection: &mut SqliteConnection,
    table: &str,
    rows: impl Iterator<Item = Vec<Cell>>,
    values: usize,
) -> QueryResult<()> {
    let mut rows = rows.peekable();
    while let Some(first) = rows.peek() {
        let width = first.len();
        let most = values / width;
        let mut binds = Vec::with_capacity(values);
        let mut height = 0;
        while height < most
            && let Some(row) = rows.next()
        {
            binds.extend(row);
            height += 1;
        }
        let row = format!("({})", vec!["?"; width].join(","));
        let sql = format!("INSERT INTO {table} VALUES {}", vec![row; height].join(","));
        // Full ones are all alike, and prepared once.
        let statement = Statement::of_request(sql, binds);
        let statement = if height == most { statement.kept() } else { statement };
        statement.execute(connection)?;
    }
    Ok(())
}
