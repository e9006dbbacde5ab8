//! What only SQLite needs: the file, its pragmas, its lock, and what its messages mean.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::catalog::CatalogError;
use crate::catalog::error::Cause;
use crate::catalog::migrate;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/catalog/sqlite");

/// How long a statement waits for another process. No transaction here takes milliseconds.
const PRAGMAS: &str = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON;";

/// Pause between two tries to switch a new file's journal, and how many there are: ten seconds.
const SWITCH_PAUSE: Duration = Duration::from_millis(20);
const SWITCH_TRIES: u32 = 500;

/// What may stand in the path of a `file:` URI as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// A SQLite file by its absolute path.
#[derive(Clone)]
pub(super) struct DatabaseFile {
    path: PathBuf,
}

impl DatabaseFile {
    pub(super) fn at(path: &Path) -> Result<Self, CatalogError> {
        match std::path::absolute(path) {
            Ok(path) => Ok(Self { path }),
            Err(error) => Err(CatalogError::Unavailable {
                place: path.display().to_string(),
                cause: error.into(),
            }),
        }
    }

    /// The file as a URI; `rwc` makes it where it is missing, `rw` does not.
    fn uri(&self, mode: &str) -> String {
        let path = percent_encode(self.path.as_os_str().as_encoded_bytes(), PATH);
        format!("file:{path}?mode={mode}")
    }

    fn open(&self, mode: &str) -> Result<SqliteConnection, CatalogError> {
        let mut conn = SqliteConnection::establish(&self.uri(mode))
            .map_err(|error| self.meaning(&error.to_string(), error.into()))?;
        conn.batch_execute(PRAGMAS).map_err(|error| self.explain(error))?;
        Ok(conn)
    }

    /// Whether it was made.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// What a failed statement means.
    pub(super) fn explain(&self, error: diesel::result::Error) -> CatalogError {
        self.meaning(&error.to_string(), error.into())
    }

    /// diesel passes on no code but the message, which is SQLite's own English and stable.
    fn meaning(&self, message: &str, cause: Cause) -> CatalogError {
        let place = self.to_string();
        let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
        if says(&["file is not a database", "malformed", "file is encrypted"]) {
            CatalogError::Damaged { place, cause }
        } else if says(&["is locked", "locking protocol"]) {
            CatalogError::Busy { place, cause }
        } else if says(&["readonly database", "read-only", "Permission denied"]) {
            CatalogError::ReadOnly { place, cause }
        } else if says(&["disk is full", "No space left"]) {
            CatalogError::Full { place, cause }
        } else if says(&["unable to open", "Unable to open", "disk I/O error"]) {
            // SQLite says the same where it cannot make the files beside a file it can read.
            match OpenOptions::new().write(true).open(&self.path).map_err(|error| error.kind()) {
                Err(ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => {
                    CatalogError::ReadOnly { place, cause }
                }
                Ok(_) | Err(_) => CatalogError::Unavailable { place, cause },
            }
        } else {
            CatalogError::Query { place, cause }
        }
    }
}

impl fmt::Display for DatabaseFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

/// Makes the folder and the file where they are missing, and brings the tables up to date.
pub(super) fn prepare(file: &DatabaseFile) -> Result<(), CatalogError> {
    if let Some(folder) = file.path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| file.meaning(&error.to_string(), error.into()))?;
    }
    let mut conn = file.open("rwc")?;
    switch_journal(&mut conn, file)?;
    // At once, so that of two processes that start together one waits for the other.
    let migrated = conn.immediate_transaction(|conn| migrate::run(conn, MIGRATIONS));
    migrated.map_err(|error| migrate::explain(error, file, |error| file.explain(error)))
}

/// Lets readers read while somebody writes. The file remembers it.
///
/// Of several processes that open a new file together one does it, and the others are refused
/// without the wait that every other statement has.
fn switch_journal(conn: &mut SqliteConnection, file: &DatabaseFile) -> Result<(), CatalogError> {
    let mut tries = 1;
    loop {
        let switched = conn.batch_execute("PRAGMA journal_mode = WAL");
        match switched.map_err(|error| file.explain(error)) {
            Err(CatalogError::Busy { .. }) if tries < SWITCH_TRIES => {
                tries += 1;
                std::thread::sleep(SWITCH_PAUSE);
            }
            result => return result,
        }
    }
}

/// Opens the file, which must be there: a pool that made it again would make it without tables.
pub(super) fn connect(file: &DatabaseFile) -> Result<SqliteConnection, CatalogError> {
    file.open("rw")
}

/// The versions of all migrations.
pub(super) fn known() -> Vec<String> {
    migrate::known::<diesel::sqlite::Sqlite>(&MIGRATIONS)
}

/// Whether somebody holds the lock of the lead.
pub(super) fn is_led(file: &DatabaseFile) -> Result<bool, CatalogError> {
    // A lock that was never made is held by nobody, and is not made by looking.
    Ok(file.path.with_extension("lock").exists() && try_lock(file)?.is_none())
}

/// Locks the file beside the database, unless it is locked.
pub(super) fn try_lock(file: &DatabaseFile) -> Result<Option<File>, CatalogError> {
    let path = file.path.with_extension("lock");
    let failed = |cause| CatalogError::Lock { place: path.display().to_string(), cause };
    let lock =
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_never_read_as_a_uri_or_a_special_name() {
        let file = DatabaseFile::at(Path::new("/tmp/a b?mode=memory#%41/:memory:")).unwrap();
        assert_eq!(file.uri("rw"), "file:/tmp/a%20b%3Fmode%3Dmemory%23%2541/%3Amemory%3A?mode=rw");
    }

    #[test]
    fn what_sqlite_says_becomes_what_a_person_can_act_on() {
        let file = DatabaseFile::at(Path::new("/home/catalog.sqlite")).unwrap();
        let meaning = |message: &str| file.meaning(message, message.into()).to_string();
        insta::assert_snapshot!(meaning("attempt to write a readonly database"), @"the catalog /home/catalog.sqlite cannot be written: it is read-only for this user");
        insta::assert_snapshot!(meaning("database or disk is full"), @"the catalog /home/catalog.sqlite cannot be written: the disk is full");
        insta::assert_snapshot!(meaning("database is locked"), @"the catalog /home/catalog.sqlite is in use by another process");
        insta::assert_snapshot!(meaning("database disk image is malformed"), @"the catalog /home/catalog.sqlite is damaged; it holds run history only, no data: stop porchlight, delete the file, and the next start makes a new one");
        insta::assert_snapshot!(meaning("near \"x\": syntax error"), @"a query of the catalog /home/catalog.sqlite failed");
    }
}
