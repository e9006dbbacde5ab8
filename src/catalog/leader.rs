//! Who may write: one process at a time, told by a lock and fenced by an epoch.
//!
//! The lock goes away with its holder, however that ends. Where a holder is only cut off, not
//! dead, the epoch speaks: whoever leads raises it, and what an earlier leader still tries to
//! publish is refused. So a leader whose session ends without a word, as when the server restarts,
//! goes on as long as nobody else has led, and is stopped from then on.

use std::fmt;
use std::fs::File;
#[cfg(feature = "postgres")]
use std::sync::Mutex;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::r2d2::PooledConnection;

use crate::catalog::connection::{AnyConnection, Manager, Place};
#[cfg(feature = "postgres")]
use crate::catalog::postgres;
use crate::catalog::row::stored;
use crate::catalog::schema::leader;
use crate::catalog::{Catalog, CatalogError, error::Failure, sqlite};

/// The key of the only row of `leader`.
const ONLY: i64 = 1;

/// The number of a leadership: each is higher than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(i64);

impl Epoch {
    /// The number as it is stored.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }

    pub(super) fn from_number(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The right to write, for as long as this value lives.
#[must_use = "dropping it gives up the lead"]
pub struct Leadership {
    epoch: Epoch,
    _lock: Lock,
}

impl Leadership {
    /// The number of this leadership, to show to the writing calls of [`Catalog`].
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leadership").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// What is held while leading. The system, or the server, lets go of it when the process dies.
enum Lock {
    /// A locked file; closing it unlocks it.
    File { _file: File },
    /// A session of its own that holds an advisory lock.
    #[cfg(feature = "postgres")]
    Session(Mutex<PgConnection>),
}

#[cfg(feature = "postgres")]
impl Drop for Lock {
    fn drop(&mut self) {
        match self {
            Self::File { .. } => {}
            Self::Session(session) => {
                // The server notices a closed session only after a moment; saying so is at once.
                let session = session.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
                postgres::unlock(session);
            }
        }
    }
}

impl Catalog {
    /// Takes the lead, unless another process, or another part of this one, has it: then `None`.
    pub fn try_lead(&self, now: DateTime<Utc>) -> Result<Option<Leadership>, CatalogError> {
        let lock = match self.place() {
            Place::Sqlite(file) => sqlite::try_lock(file)?.map(|file| Lock::File { _file: file }),
            #[cfg(feature = "postgres")]
            Place::Postgres(server) => {
                postgres::try_lock(server)?.map(|session| Lock::Session(Mutex::new(session)))
            }
        };
        let Some(lock) = lock else { return Ok(None) };
        let epoch = self.write(|conn| {
            let epoch = diesel::update(leader::table.find(ONLY))
                .set((leader::epoch.eq(leader::epoch + 1), leader::taken_at.eq(stored(now))))
                .returning(leader::epoch)
                .get_result(conn)?;
            Ok(Epoch(epoch))
        })?;
        Ok(Some(Leadership { epoch, _lock: lock }))
    }

    /// The newest leadership and when it was taken; that of nobody before the first.
    pub fn last_lead(&self) -> Result<(Epoch, Option<DateTime<Utc>>), CatalogError> {
        self.read(|conn| {
            let only = leader::table.find(ONLY).select((leader::epoch, leader::taken_at));
            let (epoch, taken_at): (i64, Option<NaiveDateTime>) = only.first(conn)?;
            Ok((Epoch(epoch), taken_at.map(|at| at.and_utc())))
        })
    }

    /// Fails with [`CatalogError::Superseded`] if somebody has taken the lead since `epoch`.
    ///
    /// Somebody may the moment after: what must not happen then belongs into
    /// [`Catalog::while_leading`].
    pub fn check_epoch(&self, epoch: Epoch) -> Result<(), CatalogError> {
        self.read(|conn| check(conn, epoch))
    }

    /// Does `work` if `epoch` still is the newest, and lets nobody take the lead meanwhile.
    ///
    /// Everybody else who writes waits as well, and gives up with [`CatalogError::Busy`] after ten
    /// seconds: let the work be short. The server may cut off the session in the middle of it, which
    /// nobody notices before the next call: then others could lead before the work was done.
    /// [`Catalog::check_epoch`] afterwards tells whether anybody has.
    ///
    /// # Panics
    /// Where a task of the runtime panics.
    pub async fn while_leading<T>(
        &self,
        epoch: Epoch,
        work: impl Future<Output = T>,
    ) -> Result<T, CatalogError> {
        let catalog = self.clone();
        let fence = blocking(move || catalog.fence(epoch)).await?;
        let done = work.await;
        blocking(move || drop(fence)).await;
        Ok(done)
    }

    fn fence(&self, epoch: Epoch) -> Result<Fence, CatalogError> {
        match self.try_fence(epoch) {
            // The session was cut off before anything was begun.
            Err(CatalogError::Unavailable { .. }) => self.try_fence(epoch),
            done => done,
        }
    }

    fn try_fence(&self, epoch: Epoch) -> Result<Fence, CatalogError> {
        let mut conn = self.connection()?;
        conn.begin_write().map_err(|error| self.explain(error.into()))?;
        let mut fence = Fence { conn };
        check(&mut fence.conn, epoch).map_err(|failure| self.explain(failure))?;
        Ok(fence)
    }

    /// [`Catalog::write`], if `epoch` still is the newest. Taking the lead is a write as well, so
    /// nobody can before the transaction has ended.
    pub(super) fn write_as<T>(
        &self,
        epoch: Epoch,
        work: impl Fn(&mut AnyConnection) -> Result<T, Failure>,
    ) -> Result<T, CatalogError> {
        self.write(|conn| {
            check(conn, epoch)?;
            work(conn)
        })
    }
}

/// A transaction that writes nothing and keeps others from writing, until it is dropped.
struct Fence {
    conn: PooledConnection<Manager>,
}

impl Drop for Fence {
    fn drop(&mut self) {
        self.conn.roll_back();
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn check(conn: &mut AnyConnection, epoch: Epoch) -> Result<(), Failure> {
    let newest: i64 = leader::table.find(ONLY).select(leader::epoch).first(conn)?;
    if newest == epoch.0 { Ok(()) } else { Err(CatalogError::Superseded { epoch }.into()) }
}
