//! Writes a release file: tables, then rows in one transaction, then indexes and search.

use std::borrow::Borrow;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::insert;
use super::open::DatabaseError;
use crate::record::coverage::Lists;
use crate::record::{Cell, Column, Field, Identity, RESOURCES, Record, ReleaseId, VisitRef};
use crate::release::dataset::{Dataset, SCHEMA_VERSION, Since};

/// The schema of a release file. Inside a major version migrations only add.
const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/release");

/// The text of every migration, in order.
const SCHEMAS: &[&str] = &[
    include_str!("../../../migrations/release/00000000000001_first_schema/up.sql"),
    include_str!("../../../migrations/release/00000000000002_coverage/up.sql"),
    include_str!("../../../migrations/release/00000000000003_redactions/up.sql"),
    include_str!("../../../migrations/release/00000000000004_match_accounts/up.sql"),
];

/// Indexes of several columns, made after the rows.
const INDEXES: &str = include_str!("../../../migrations/release-indexes.sql");

/// Tables that grow large: each of their columns that is filtered or sorted by has an index.
pub(super) const INDEXED: &[&str] = &["agencies", "partnerships", "evidence"];

/// What SQLite learns of the values in an index, so that it takes the right one. It is told not to
/// skip through an index whose first columns a query leaves open: rows would come in no order.
const ANALYSE: &str = "ANALYZE;
UPDATE sqlite_stat1 SET stat = stat || ' noskipscan' WHERE idx IN ('agencies_counts', 'evidence_counts');
";

/// The text columns a person would search an agency, partnership or other record by.
const SEARCHED: &[&str] = &[
    "name",
    "aliases",
    "city",
    "counties",
    "agency_name",
    "agency_name_reported",
    "title",
    "summary",
    "stated_by",
];

/// Where agencies are; an agency's key there is its row.
const POINTS: &str = "INSERT INTO agency_points SELECT rowid, lon, lon, lat, lat FROM agencies
WHERE lat IS NOT NULL AND lon IS NOT NULL ORDER BY rowid;
";

/// Records in memory at a time.
const RECORDS_AT_A_TIME: usize = 10_000;

/// Writes `dataset` to a new file at `path`; a file that is there is written over.
///
/// The same dataset gives the same bytes.
pub fn write(path: &Path, dataset: &Dataset) -> Result<(), DatabaseError> {
    // No `..`: what a dataset holds does not compile until it is written.
    let Dataset {
        release,
        published_at,
        software_version,
        records,
        unread,
        identities,
        redirects,
        withdrawals,
        editions,
        changes,
        gates,
        redactions,
        accounts,
    } = dataset;
    let mut writer = Writer::create(path)?;
    writer.meta(*release, *published_at, software_version)?;
    records.each(&mut writer)?;
    // What is known of each agency's part in each program follows from the records.
    let editions_read = editions.iter().map(|edition| &edition.what);
    let known = Lists::of(records, editions_read).agencies();
    writer.insert("agency_coverage", known.iter().map(rows::agency_coverage))?;
    writer.insert("unread", unread.iter().map(|id| vec![text(id)]))?;
    writer.identities(identities.iter())?;
    writer.insert("redirects", redirects.iter().map(rows::redirect))?;
    writer.insert("withdrawals", withdrawals.iter().map(rows::withdrawal))?;
    writer.insert("editions", editions.iter().map(rows::edition))?;
    writer.insert("changes", changes.iter().map(rows::change))?;
    writer.insert("gates", gates.iter().map(rows::gate))?;
    writer.insert("redactions", redactions.iter().map(rows::redaction))?;
    writer.insert("match_accounts", accounts.iter().map(rows::match_account))?;
    writer.finish()
}

/// A release file on its way, for whoever has more records than fit into memory.
///
/// Nobody sees it before [`Self::finish`].
pub struct Writer {
    path: PathBuf,
    /// Where the rows are gathered, before they are written in one go.
    rough: PathBuf,
    connection: SqliteConnection,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Writer {
    /// Begins a file at `path`; a file that is there goes.
    pub fn create(path: &Path) -> Result<Self, DatabaseError> {
        let rough = path.with_extension("rough");
        for stale in [path, &rough] {
            match std::fs::remove_file(stale) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(DatabaseError::Unreadable { path: stale.to_owned(), source });
                }
            }
        }
        let mut connection = connect(path, &rough)?;
        let begun = connection.batch_execute("BEGIN");
        begun.map_err(|source| failed(path, source))?;
        Ok(Self { path: path.to_owned(), rough, connection })
    }

    /// Says which release it is.
    pub fn meta(
        &mut self,
        release: ReleaseId,
        published_at: DateTime<Utc>,
        software_version: &str,
    ) -> Result<(), DatabaseError> {
        let meta = [
            ("release", release.to_string()),
            ("published_at", published_at.to_cell().to_csv()),
            ("schema_version", SCHEMA_VERSION.to_owned()),
            ("software_version", software_version.to_owned()),
        ];
        self.insert("meta", meta.iter().map(|(key, value)| vec![text(key), text(value)]))
    }

    /// Adds all records of a resource, in the order of their ids, with the words they are found by.
    ///
    /// The resources must come in the order of [`RESOURCES`]: so do the words of a search.
    pub fn records<R: Record>(
        &mut self,
        records: impl Iterator<Item: Borrow<R>>,
    ) -> Result<(), DatabaseError> {
        let mut records = records.peekable();
        while records.peek().is_some() {
            let chunk: Vec<_> = records.by_ref().take(RECORDS_AT_A_TIME).collect();
            self.insert(R::TABLE, chunk.iter().map(|record| record.borrow().cells()))?;
            if is_searched(R::TABLE) {
                let words = chunk.iter().map(|record| {
                    let record: &R = record.borrow();
                    let words = searched_words(R::COLUMNS, &record.cells());
                    vec![text(R::TABLE), text(record.id()), text(&words)]
                });
                let table = "search (resource, id, words)";
                insert::words(&mut self.connection, table, words)
                    .map_err(|source| failed(&self.path, source))?;
            }
        }
        Ok(())
    }

    /// Says which ids were minted, from what, and since when.
    pub fn identities(
        &mut self,
        identities: impl Iterator<Item: Borrow<Since<Identity>>>,
    ) -> Result<(), DatabaseError> {
        self.insert("identities", identities.map(|identity| rows::identity(identity.borrow())))
    }

    /// Makes the indexes and writes the file, in the order of its tables, whatever happened on the
    /// way.
    pub fn finish(self) -> Result<(), DatabaseError> {
        let Self { path, rough, mut connection } = self;
        let target = path.to_string_lossy().replace('\'', "''");
        for statements in [POINTS, &indexes(), "COMMIT", &format!("VACUUM INTO '{target}'")] {
            connection.batch_execute(statements).map_err(|source| failed(&path, source))?;
        }
        drop(connection);
        std::fs::remove_file(&rough)
            .map_err(|source| DatabaseError::Unreadable { path: rough, source })
    }

    /// Inserts rows of equal width, many a statement.
    fn insert(
        &mut self,
        table: &str,
        rows: impl Iterator<Item = Vec<Cell>>,
    ) -> Result<(), DatabaseError> {
        let inserted = insert::rows(&mut self.connection, table, rows);
        inserted.map_err(|source| failed(&self.path, source))
    }
}

impl VisitRef for Writer {
    type Error = DatabaseError;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Self::Error> {
        self.records::<R>(records.iter())
    }
}

fn failed(path: &Path, source: diesel::result::Error) -> DatabaseError {
    DatabaseError::Query { path: path.to_owned(), source: source.into() }
}

/// SHA-256 of the schema's text is part of the manifest: this is that text.
#[must_use]
pub fn schema_text() -> String {
    format!("{}{}", tables_text(), indexes())
}

/// The statements that make the tables of a release file, without rows.
#[must_use]
pub fn tables_text() -> String {
    SCHEMAS.concat()
}

/// The statements that make a release file fast to ask, once its rows are there.
#[must_use]
pub fn indexes() -> String {
    let large = RESOURCES.iter().filter(|resource| INDEXED.contains(&resource.table));
    let columns = large.flat_map(|resource| {
        // That of `id` is the primary key.
        let columns = resource.columns.iter().skip(1).filter(|column| column.ty.is_scalar());
        columns.map(|column| (resource.table, column.name))
    });
    let index =
        |(table, name)| format!("CREATE INDEX IF NOT EXISTS {table}_{name} ON {table} ({name});\n");
    let of_columns: String = columns.map(index).collect();
    format!("{INDEXES}{of_columns}{ANALYSE}")
}

pub(super) fn connect(path: &Path, rough: &Path) -> Result<SqliteConnection, DatabaseError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Query {
        path: path.to_owned(),
        source,
    };
    let url = rough.to_string_lossy();
    let mut connection = SqliteConnection::establish(&url).map_err(|error| failed(error.into()))?;
    // Nobody reads the file before it is whole: no journal, no waiting for the disk on the way.
    connection
        .batch_execute(
            // What is sorted for the indexes is sorted by another thread.
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;
             PRAGMA cache_size = -16384; PRAGMA threads = 1;",
        )
        .map_err(|error| failed(error.into()))?;
    connection.run_pending_migrations(MIGRATIONS).map_err(failed)?;
    // When a migration ran says nothing about the release, and would make two builds differ.
    connection
        .batch_execute("UPDATE __diesel_schema_migrations SET run_on = '1970-01-01 00:00:00'")
        .map_err(|error| failed(error.into()))?;
    Ok(connection)
}

/// The rows of the tables that hold no records, in the order of their columns.
pub(super) mod rows {
    use super::{count, text};
    use crate::record::coverage::AgencyCoverage;
    use crate::record::{
        Cell, Edition, Field, Identity, MatchAccount, RedactedKey, Redirect, Withdrawal,
    };
    use crate::release::GateVerdict;
    use crate::release::dataset::{Change, Since};

    pub(in crate::release::database) fn identity(since: &Since<Identity>) -> Vec<Cell> {
        let Identity { resource, mint_key, id } = &since.what;
        vec![text(resource), text(mint_key), text(id), since.release.to_cell()]
    }

    pub(super) fn redirect(since: &Since<Redirect>) -> Vec<Cell> {
        let Redirect { resource, from_id, to_id, reason } = &since.what;
        vec![text(resource), text(from_id), text(to_id), since.release.to_cell(), text(reason)]
    }

    pub(super) fn withdrawal(since: &Since<Withdrawal>) -> Vec<Cell> {
        let Withdrawal { resource, id, reason } = &since.what;
        vec![text(resource), text(id), since.release.to_cell(), text(reason)]
    }

    pub(super) fn edition(since: &Since<Edition>) -> Vec<Cell> {
        let Edition { source_id, key, records_read, drafts, issues } = &since.what;
        vec![
            source_id.to_cell(),
            key.as_of_on.to_cell(),
            key.retrieved_at.to_cell(),
            text(&key.capture_sha256),
            since.release.to_cell(),
            count(*records_read),
            count(*drafts),
            count(*issues),
        ]
    }

    pub(super) fn change(change: &Change) -> Vec<Cell> {
        let Change { release, resource, id, kind, cause, fields } = change;
        let [resource, id] = [text(resource), text(id)];
        vec![release.to_cell(), resource, id, kind.to_cell(), cause.to_cell(), text(fields)]
    }

    pub(in crate::release::database) fn agency_coverage(known: &AgencyCoverage) -> Vec<Cell> {
        let AgencyCoverage { agency_id, program_id, coverage, as_of_on, sources } = known;
        let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
        vec![
            agency_id.to_cell(),
            program_id.to_cell(),
            coverage.to_cell(),
            as_of_on.to_cell(),
            sources.to_cell(),
        ]
    }

    pub(super) fn redaction(redacted: &RedactedKey) -> Vec<Cell> {
        let RedactedKey { key_sha256, resource, id, reason, release } = redacted;
        let cells = [key_sha256, resource, id, reason].map(|value| text(value));
        cells.into_iter().chain([release.to_cell()]).collect()
    }

    pub(super) fn match_account(account: &MatchAccount) -> Vec<Cell> {
        // Of plain texts and numbers: there is always JSON of it.
        let json = serde_json::to_string(account).unwrap_or_default();
        let MatchAccount { evidence_id, partnership_id, outcome, .. } = account;
        vec![evidence_id.to_cell(), partnership_id.to_cell(), outcome.to_cell(), text(&json)]
    }

    pub(super) fn gate(verdict: &GateVerdict) -> Vec<Cell> {
        let GateVerdict { gate, subject, passed, measured, allowed, detail } = verdict;
        let [gate, subject] = [text(gate), text(subject)];
        vec![gate, subject, passed.to_cell(), text(measured), text(allowed), text(detail)]
    }
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn count(number: usize) -> Cell {
    Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The words a record is found by.
#[must_use]
pub fn searched_words(columns: &[Column], cells: &[Cell]) -> String {
    let searched = columns.iter().zip(cells).filter(|(column, _)| SEARCHED.contains(&column.name));
    let words = searched.map(|(_, cell)| cell.to_csv()).filter(|words| !words.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether the records of a table are found by words; evidence, issues, sources, corrections and
/// the coverage are found by what they belong to.
#[must_use]
pub fn is_searched(table: &str) -> bool {
    !["evidence", "issues", "sources", "corrections", "coverage"].contains(&table)
}

#[cfg(test)]
mod tests {
    use diesel::migration::MigrationSource;
    use diesel::sqlite::Sqlite;

    use super::*;

    #[test]
    fn the_text_of_the_schema_is_that_of_every_migration() {
        let migrations = MigrationSource::<Sqlite>::migrations(&MIGRATIONS).unwrap();
        assert_eq!(migrations.len(), SCHEMAS.len());
    }
}
