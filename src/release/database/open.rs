//! Opens a release file for reading and hands out connections to it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use diesel::connection::{DefaultLoadingMode, LoadConnection, SimpleConnection};
use diesel::sql_types::{Double, Nullable};
use diesel::{Connection, QueryResult, RunQueryDsl as _, SqliteConnection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::query::Query;
use super::region;
use super::row::{self, Cells};
use super::sql::SearchRange;
use super::statement::Statement;
use super::write::is_searched;
use crate::record::{Cell, RESOURCES, ReleaseId};

/// The first bytes of every SQLite file.
const HEADER: &[u8] = b"SQLite format 3\0";

/// Shapes of questions whose prepared form each connection keeps, beside those of the program's own
/// statements: the first that come. A prepared form takes some kilobytes, and clients can think of ever
/// new shapes.
const KEPT_SHAPES: usize = 64;

/// Connections kept for the next request; more are closed after use.
const KEPT_CONNECTIONS: usize = 16;

/// How much of the file is read as memory instead of through calls, in bytes.
const MAPPED: u64 = 1 << 30;

diesel::define_sql_function! {
    /// The distance between two points in kilometres; SQLite has no functions for it.
    fn distance_km(
        lat: Nullable<Double>, lon: Nullable<Double>, other_lat: Double, other_lon: Double
    ) -> Nullable<Double>;
}

/// What may stand unescaped in the path of an SQLite URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// Why a release file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file is missing or may not be read.
    #[error("release file `{}` cannot be read: check that it exists and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is there, but it is no whole release file.
    #[error(
        "release file `{}` is damaged ({problem}): delete the folder it lies in and copy or rebuild that release",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What the database says, where it says anything.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It is of an older schema, and the copy that would be brought up to date cannot be written.
    #[error(
        "`{}`, the up-to-date copy of a release of an older schema, cannot be written: make its folder writable, with room for the copy",
        path.display()
    )]
    Copy {
        /// The copy.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error("a query of release file `{}` failed", path.display())]
    Query {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a release file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The release it holds.
    pub release: ReleaseId,
    /// When that release was published.
    pub published_at: DateTime<Utc>,
    /// Version of its schema, as `MAJOR.MINOR.PATCH`.
    pub schema_version: String,
    /// Version of the program that made it.
    pub software_version: String,
}

/// A release file, open for reading by any number of threads.
///
/// The file is taken to be immutable: nobody may write to it while it is open.
pub struct ReleaseDatabase {
    path: PathBuf,
    url: String,
    /// How much of the file is read as memory, in bytes.
    mapped: u64,
    idle: Mutex<Vec<SqliteConnection>>,
    /// The questions, as SQL, whose prepared form is kept.
    shapes: Mutex<HashSet<String>>,
    meta: Meta,
    searched: BTreeMap<&'static str, SearchRange>,
}

impl std::fmt::Debug for ReleaseDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReleaseDatabase").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ReleaseDatabase {
    /// Opens the file and checks that it is a release file.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        Self::open_mapped(path, MAPPED)
    }

    /// The same for who reads all of it once and has little memory to spare: what is mapped counts as
    /// the process's own.
    pub fn open_unmapped(path: &Path) -> Result<Self, DatabaseError> {
        Self::open_mapped(path, 0)
    }

    fn open_mapped(path: &Path, mapped: u64) -> Result<Self, DatabaseError> {
        check_header(path)?;
        let url = format!(
            "file:{}?mode=ro&immutable=1",
            utf8_percent_encode(&path.to_string_lossy(), PATH)
        );
        let mut connection = connect(path, &url, mapped)?;
        let meta = read_meta(path, &mut connection)?;
        let searched = read_searched(path, &mut connection)?;
        let (path, idle) = (path.to_owned(), Mutex::new(vec![connection]));
        Ok(Self { path, url, mapped, idle, shapes: Mutex::default(), meta, searched })
    }

    /// Where the words of a query's resource lie.
    pub(super) fn search_range(&self, query: &Query) -> SearchRange {
        self.searched.get(query.resource.table).copied().unwrap_or_default()
    }

    /// What the file says about itself.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The rows of a statement.
    pub(super) fn rows(&self, statement: Statement) -> Result<Vec<Vec<Cell>>, DatabaseError> {
        let statement = self.keeping(statement);
        let mut connection = self.take()?;
        let rows: QueryResult<Vec<Cells>> = statement.load(&mut connection);
        self.give_back(connection);
        match rows {
            Ok(rows) => Ok(rows.into_iter().map(|Cells(cells)| cells).collect()),
            Err(error) => {
                Err(DatabaseError::Query { path: self.path.clone(), source: error.into() })
            }
        }
    }

    /// Calls `visit` with each row of a statement as it is read, until `visit` has had enough. What
    /// `visit` leaves in its hands is written over by the next row.
    pub(super) fn each_row(
        &self,
        statement: Statement,
        visit: &mut dyn FnMut(&mut Vec<Cell>) -> Result<(), ()>,
    ) -> Result<(), DatabaseError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Query {
            path: self.path.clone(),
            source,
        };
        let mut connection = self.take()?;
        let mut cells = Vec::new();
        let rows = LoadConnection::<DefaultLoadingMode>::load(&mut connection, statement);
        for read in rows.map_err(|error| failed(error.into()))? {
            let read = read.map_err(|error| failed(error.into()))?;
            row::read_over(&read, &mut cells).map_err(failed)?;
            if visit(&mut cells).is_err() {
                break;
            }
        }
        self.give_back(connection);
        Ok(())
    }

    /// Where the file lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file as SQLite names it.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A connection that is nobody else's, not even later.
    pub(super) fn connect(&self) -> Result<SqliteConnection, DatabaseError> {
        connect(&self.path, &self.url, self.mapped)
    }

    /// An error that says what a row of this file holds and should not.
    pub(super) fn damaged(&self, problem: impl Into<String>) -> DatabaseError {
        DatabaseError::Damaged { path: self.path.clone(), problem: problem.into(), source: None }
    }

    /// The statement, whose prepared form is kept if it is one of the first shapes that came.
    fn keeping(&self, statement: Statement) -> Statement {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if !shapes.contains(statement.sql()) {
            if shapes.len() >= KEPT_SHAPES {
                return statement;
            }
            shapes.insert(statement.sql().to_owned());
        }
        statement.kept()
    }

    fn take(&self) -> Result<SqliteConnection, DatabaseError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| connect(&self.path, &self.url, self.mapped), Ok)
    }

    fn give_back(&self, connection: SqliteConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT_CONNECTIONS {
            idle.push(connection);
        }
    }
}

fn check_header(path: &Path) -> Result<(), DatabaseError> {
    use std::io::Read as _;

    let unreadable = |source| DatabaseError::Unreadable { path: path.to_owned(), source };
    let mut header = Vec::with_capacity(HEADER.len());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(HEADER.len() as u64).read_to_end(&mut header).map_err(unreadable)?;
    if header == HEADER {
        return Ok(());
    }
    Err(DatabaseError::Damaged {
        path: path.to_owned(),
        problem: "it is not an SQLite file".to_owned(),
        source: None,
    })
}

fn connect(path: &Path, url: &str, mapped: u64) -> Result<SqliteConnection, DatabaseError> {
    let damaged = |source: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Damaged {
        path: path.to_owned(),
        problem: "it cannot be opened".to_owned(),
        source: Some(source),
    };
    let mut connection = SqliteConnection::establish(url).map_err(|error| damaged(error.into()))?;
    connection
        .batch_execute(&format!("PRAGMA query_only = ON; PRAGMA mmap_size = {mapped};"))
        .map_err(|error| damaged(error.into()))?;
    distance_km_utils::register_impl(
        &mut connection,
        |lat: Option<f64>, lon: Option<f64>, other_lat: f64, other_lon: f64| {
            lat.zip(lon).map(|(lat, lon)| region::distance_km(lat, lon, other_lat, other_lon))
        },
    )
    .map_err(|error| damaged(error.into()))?;
    Ok(connection)
}

fn read_meta(path: &Path, connection: &mut SqliteConnection) -> Result<Meta, DatabaseError> {
    let damaged =
        |problem: String| DatabaseError::Damaged { path: path.to_owned(), problem, source: None };
    let rows: Vec<Cells> =
        Statement::new("SELECT key, value FROM meta").load(connection).map_err(|error| {
            DatabaseError::Damaged {
                path: path.to_owned(),
                problem: "its table `meta` cannot be read".to_owned(),
                source: Some(error.into()),
            }
        })?;
    let values: BTreeMap<String, String> =
        rows.into_iter().map(|Cells(row)| (cell_text(&row, 0), cell_text(&row, 1))).collect();
    let value = |key: &str| {
        values.get(key).cloned().ok_or_else(|| damaged(format!("`meta` has no `{key}`")))
    };
    let release = value("release")?;
    let published_at = value("published_at")?;
    Ok(Meta {
        release: release
            .parse()
            .map_err(|error| damaged(format!("`release` in `meta`: {error}")))?,
        published_at: DateTime::parse_from_rfc3339(&published_at)
            .map_err(|error| damaged(format!("`published_at` in `meta`: {error}")))?
            .with_timezone(&Utc),
        schema_version: value("schema_version")?,
        software_version: value("software_version")?,
    })
}

/// Where the words of each resource lie. They were written one resource after the other, each in
/// the order of its rows; that it is so is looked up at both ends of each.
fn read_searched(
    path: &Path,
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<&'static str, SearchRange>, DatabaseError> {
    let damaged = |source: Option<Box<dyn std::error::Error + Send + Sync>>| {
        let problem = "its table `search` does not go with its records".to_owned();
        DatabaseError::Damaged { path: path.to_owned(), problem, source }
    };
    let mut ranges = BTreeMap::new();
    let mut offset = 0;
    for resource in RESOURCES.iter().filter(|resource| is_searched(resource.table)) {
        let table = resource.table;
        let sql = format!(
            "SELECT (SELECT MAX(rowid) FROM {table}), \
             (SELECT COUNT(*) FROM {table} AS t JOIN search AS s ON s.rowid = t.rowid + {offset} \
              WHERE t.rowid IN (1, (SELECT MAX(rowid) FROM {table})) AND s.id = t.id)"
        );
        let rows: Vec<Cells> =
            Statement::new(sql).load(connection).map_err(|error| damaged(Some(error.into())))?;
        let row = rows.into_iter().next().map(|Cells(row)| row).unwrap_or_default();
        let (rows, found) = match row.as_slice() {
            [Cell::Integer(rows), Cell::Integer(found)] => (*rows, *found),
            _ => (0, 0),
        };
        if found != rows.min(2) {
            return Err(damaged(None));
        }
        ranges.insert(table, SearchRange { offset, rows });
        offset += rows;
    }
    Ok(ranges)
}

fn cell_text(row: &[Cell], index: usize) -> String {
    row.get(index).map(Cell::to_csv).unwrap_or_default()
}
