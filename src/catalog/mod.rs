//! What happened: captures, runs, releases, held candidates, and who leads.
//!
//! Kept in SQLite or PostgreSQL by the same code. No record of a release depends on it: without it
//! the run history is lost, and every source is fetched anew.
//!
//! Every call blocks, but for [`Catalog::while_leading`]; asynchronous code wraps it in
//! `spawn_blocking`. A session that was cut off, as when the server restarts, is replaced, and the
//! call made again; where the server does not come back within ten seconds, the call fails with
//! [`CatalogError::Unavailable`] and a later one succeeds.

mod captures;
mod connection;
mod error;
mod health;
mod held;
mod inspect;
mod leader;
mod migrate;
mod news;
mod notices;
#[cfg(feature = "postgres")]
mod postgres;
mod releases;
mod row;
mod runs;
mod schema;
mod sqlite;
mod words;

use std::fmt;
use std::time::Duration;

use diesel::r2d2::{NopErrorHandler, Pool, PooledConnection};

use crate::config::CatalogLocation;
use connection::{AnyConnection, Manager, Place};
use error::Failure;

pub use captures::CaptureRow;
pub use error::CatalogError;
pub use health::SourceHealth;
pub use held::{Decision, HeldCandidate};
pub use inspect::{CatalogServer, Inspection, inspect};
pub use leader::{Epoch, Leadership};
pub use news::News;
pub use notices::{NotedTrouble, Notice, UntoldNotice};
pub use releases::ReleaseRow;
pub use runs::{Ending, Run, RunEnd, RunId, StageTime};
pub use words::{Health, HeldState, RunKind, RunOutcome};

/// Connections held open at most. Few calls are made, each of them short.
const CONNECTIONS: u32 = 4;

/// How long a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// A handle of the catalog. Clones share their connections.
#[derive(Clone)]
pub struct Catalog {
    place: Place,
    pool: Pool<Manager>,
}

impl Catalog {
    /// Opens the catalog. A SQLite file that is missing is made, with its folder; tables are
    /// brought up to date.
    pub fn open(location: &CatalogLocation) -> Result<Self, CatalogError> {
        let place = Place::of(location)?;
        // Before the pool, which would try for its whole patience and keep only a text.
        place.prepare()?;
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            // Its errors reach the caller anyway; the default handler logs them as well.
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Manager { place: place.clone() });
        Ok(Self { place, pool })
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn connection(&self) -> Result<PooledConnection<Manager>, CatalogError> {
        self.pool.get().map_err(|error| CatalogError::Unavailable {
            place: self.place.to_string(),
            cause: error.to_string().into(),
        })
    }

    /// Runs `work`, which only reads.
    fn read<T>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, Failure>,
    ) -> Result<T, CatalogError> {
        self.again_if_cut_off(|conn| work(conn))
    }

    /// Runs `work` in a transaction: all of it happens, or nothing, and nobody else writes
    /// meanwhile.
    ///
    /// It may run twice: when a session is cut off while it commits, nobody knows whether it did.
    /// So doing it again must leave what doing it once leaves.
    fn write<T>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, Failure>,
    ) -> Result<T, CatalogError> {
        self.again_if_cut_off(|conn| transact(conn, &work))
    }

    /// Runs `work`, and once more on another connection if its own was cut off, as all are when the
    /// server restarts. Where none is to be had in time, that is the error.
    fn again_if_cut_off<T>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, Failure>,
    ) -> Result<T, CatalogError> {
        let attempt = || {
            let mut conn = self.connection()?;
            Ok(work(&mut conn).map_err(|failure| self.explain(failure)))
        };
        match attempt()? {
            Err(CatalogError::Unavailable { cause, .. }) => {
                tracing::debug!(cause, "a session of the catalog was cut off: trying another one");
                attempt()?
            }
            done => done,
        }
    }

    fn explain(&self, failure: Failure) -> CatalogError {
        match failure {
            Failure::Database(error) => self.place.explain(error),
            Failure::Catalog(error) => error,
        }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Catalog").field(&format_args!("{}", self.place)).finish()
    }
}

fn transact<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    conn.begin_write()?;
    match work(conn) {
        Ok(value) => {
            conn.commit()?;
            Ok(value)
        }
        Err(failure) => {
            conn.roll_back();
            Err(failure)
        }
    }
}
