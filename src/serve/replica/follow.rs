//! Keeps up with what is published.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Replica, ReplicaError};
use crate::record::ReleaseId;
use crate::serve::releases::{Releases, ReleasesError};

/// Pause between two looks that requests ask for: names can be made up at will.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// How long a request waits for a release to be found that may not exist.
const LOOK_WAIT: Duration = Duration::from_secs(10);

impl Releases {
    /// Looks for releases that others published, brings the newest here where they are kept
    /// elsewhere, and serves it from then on. Requests under way keep the release they began with.
    ///
    /// What is here is served whatever the error.
    pub async fn look(self: &Arc<Self>) -> Result<(), ReleasesError> {
        let Some(replica) = self.replica() else { return self.read_folder().await };
        let brought = loop {
            let brought = replica.bring_newest().await;
            match self.read_folder().await {
                Err(ReleasesError::Manifest { path, source }) => {
                    tracing::warn!(
                        error = &source as &dyn Error,
                        "copying {} again",
                        path.display()
                    );
                    replica.discard(&path).await.map_err(ReleasesError::Replica)?;
                }
                read => break read.map(|()| brought)?,
            }
        };
        if brought.map_err(ReleasesError::Replica)? {
            replica.caught_up.store(false, Ordering::Relaxed);
        }
        if !replica.caught_up.load(Ordering::Relaxed) {
            self.catch_up(replica).await?;
            replica.caught_up.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Looks at once where a request names a release that is later than all that are known here:
    /// another server may have told its client of it. Whoever asks meanwhile waits for the same look.
    pub(in crate::serve) async fn expect(self: &Arc<Self>, release: ReleaseId) {
        let is_later = || self.newest().is_some_and(|newest| newest.id() < release);
        if !is_later() {
            return;
        }
        let look = async {
            let mut last = self.expected.lock().await;
            if !is_later() || last.is_some_and(|last| last.elapsed() < LOOK_PAUSE) {
                return;
            }
            if let Err(error) = self.look().await {
                tracing::warn!(error = &error as &dyn Error, "looking for {release}");
            }
            *last = Some(Instant::now());
        };
        if tokio::time::timeout(LOOK_WAIT, look).await.is_err() {
            tracing::warn!("looking for {release} takes long");
        }
    }

    /// What is less urgent than the newest release: that the others are known, and that nothing lies
    /// here without need.
    async fn catch_up(self: &Arc<Self>, replica: &Replica) -> Result<(), ReleasesError> {
        replica.bring_manifests().await.map_err(ReleasesError::Replica)?;
        self.read_folder().await?;
        let redacted = self.redacted();
        let tidied = replica.tidy(|release| self.is_used(release), |r| redacted.contains_key(&r));
        tidied.await.map_err(ReleasesError::Replica)
    }

    /// Whether the newest release that was here when the process began is whole: it is served
    /// meanwhile, and no more if it is not. Whatever else is here was checked on its way.
    pub async fn check(self: &Arc<Self>) -> Result<(), ReleasesError> {
        let (Some(replica), Some(newest)) = (self.replica(), self.newest()) else { return Ok(()) };
        let checked = replica.check(&newest.known).await.map_err(ReleasesError::Replica);
        if checked.is_err() {
            self.forget();
            self.look().await?;
        }
        checked
    }

    async fn read_folder(self: &Arc<Self>) -> Result<(), ReleasesError> {
        let releases = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || releases.reload()).await;
        read.map_err(|_panic| ReleasesError::Replica(ReplicaError::Panicked))?
    }
}
