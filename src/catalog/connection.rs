//! A connection to either database, chosen by location and by nothing else.

use std::fmt;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, R2D2Connection};

#[cfg(feature = "postgres")]
use crate::catalog::postgres;
use crate::catalog::{CatalogError, sqlite};
use crate::config::CatalogLocation;

/// A connection to either database. Never made by `establish`, which would take a mistyped URL
/// for the name of a file and make that file.
#[derive(diesel::MultiConnection)]
pub(super) enum AnyConnection {
    /// A file of this machine.
    Sqlite(SqliteConnection),
    /// A session of a server.
    #[cfg(feature = "postgres")]
    Postgres(PgConnection),
}

impl AnyConnection {
    /// Begins a transaction that is going to write, and waits until no other one does.
    ///
    /// One writer at a time is plenty here, and leaves nothing to try again: on SQLite a
    /// transaction that reads and then writes fails when another one wrote in between.
    pub(super) fn begin_write(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => {
                AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::begin_write(conn),
        }
    }

    /// Tells whoever listens that a release was noted, once the transaction commits.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unnecessary_wraps, reason = "only a server tells others, and may fail")
    )]
    pub(super) fn tell_release(&mut self, release: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => {
                tracing::trace!(release, "SQLite tells nobody");
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::tell_release(conn, release),
        }
    }

    pub(super) fn commit(&mut self) -> QueryResult<()> {
        <Self as Connection>::TransactionManager::commit_transaction(self)
    }

    /// Undoes the transaction. If even that fails, the pool drops the connection, which undoes it
    /// as well.
    pub(super) fn roll_back(&mut self) {
        if let Err(error) = <Self as Connection>::TransactionManager::rollback_transaction(self) {
            tracing::debug!(%error, "a catalog transaction could not be rolled back");
        }
    }
}

/// Where the catalog is, checked. Its text form has neither user nor password.
#[derive(Clone)]
pub(super) enum Place {
    /// A file.
    Sqlite(sqlite::DatabaseFile),
    /// A database of a server.
    #[cfg(feature = "postgres")]
    Postgres(postgres::Server),
}

impl Place {
    pub(super) fn of(location: &CatalogLocation) -> Result<Self, CatalogError> {
        match location {
            CatalogLocation::Sqlite(path) => Ok(Self::Sqlite(sqlite::DatabaseFile::at(path)?)),
            #[cfg(feature = "postgres")]
            CatalogLocation::Postgres(url) => {
                Ok(Self::Postgres(postgres::Server::at(url.reveal())))
            }
            #[cfg(not(feature = "postgres"))]
            CatalogLocation::Postgres(_) => Err(CatalogError::FeatureMissing),
        }
    }

    /// Opens the database, making what is missing: the SQLite file, and the tables.
    pub(super) fn prepare(&self) -> Result<(), CatalogError> {
        match self {
            Self::Sqlite(file) => sqlite::prepare(file),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => postgres::prepare(server),
        }
    }

    fn connect(&self) -> Result<AnyConnection, CatalogError> {
        match self {
            Self::Sqlite(file) => Ok(AnyConnection::Sqlite(sqlite::connect(file)?)),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => Ok(AnyConnection::Postgres(postgres::connect(server)?)),
        }
    }

    /// What a failed statement means.
    pub(super) fn explain(&self, error: diesel::result::Error) -> CatalogError {
        match self {
            Self::Sqlite(file) => file.explain(error),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => server.explain(error),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.fmt(f),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => server.fmt(f),
        }
    }
}

/// Makes the pool's connections.
pub(super) struct Manager {
    pub(super) place: Place,
}

/// Why a connection of the pool could not be made, in one text: the pool keeps no more.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotConnected(String);

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = NotConnected;

    fn connect(&self) -> Result<AnyConnection, NotConnected> {
        self.place.connect().map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            NotConnected(cause.unwrap_or_else(|| error.to_string()))
        })
    }

    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), NotConnected> {
        R2D2Connection::ping(conn).map_err(|error| NotConnected(error.to_string()))
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        // A panic in the middle of a transaction leaves it open.
        std::thread::panicking() || R2D2Connection::is_broken(conn)
    }
}
