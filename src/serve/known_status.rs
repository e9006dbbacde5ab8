//! What is known of the machinery: asked seldom, and never waited for long.
//!
//! However many ask, the catalog is asked by one thread at a time and at most once in a while. A
//! catalog that does not answer holds up that thread, and nobody else for more than a moment.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::dispatch::words_of;
use super::open_release::OpenRelease;
use super::releases::{Releases, ReleasesError};
use super::status::{ServedRelease, StatusDocument, StatusSource, StatusUnknown};
use crate::record::Source;

/// How long what was found out is good for. Short beside the minute for which clients keep it.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How long an answer waits for what is not known yet.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why there is no status.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoStatus {
    /// Whoever should know does not.
    #[error("how the machinery is doing cannot be found out")]
    Unknown(#[source] StatusUnknown),
    /// The sources of the newest release cannot be read.
    #[error("the sources of the newest release cannot be read")]
    Release(#[from] ReleasesError),
    /// Whoever should know panicked.
    #[error("{0}")]
    Panicked(String),
    /// Nothing was heard in time.
    #[error("nothing was heard within {} s", PATIENCE.as_secs())]
    TooSlow,
}

/// What was found out, or why nothing was.
pub(super) type Known = Arc<Result<StatusDocument, NoStatus>>;

/// What is known of the machinery. Cheap to clone; clones know the same.
#[derive(Clone)]
pub(super) struct KnownStatus(Arc<Shared>);

struct Shared {
    source: Box<dyn StatusSource>,
    releases: Arc<Releases>,
    latest: Mutex<Latest>,
    heard: Condvar,
}

#[derive(Default)]
struct Latest {
    known: Option<(Instant, Known)>,
    /// Since when somebody is being asked.
    asking_since: Option<Instant>,
}

impl KnownStatus {
    /// Nothing yet; it is found out from `source` and the releases when somebody asks.
    pub(super) fn new(source: impl StatusSource + 'static, releases: Arc<Releases>) -> Self {
        let (latest, heard) = (Mutex::default(), Condvar::new());
        Self(Arc::new(Shared { source: Box::new(source), releases, latest, heard }))
    }

    /// The time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.0.source.now()
    }

    /// What is known now. Blocks for [`PATIENCE`] at most, and not at all where others have waited
    /// that long already.
    pub(super) fn get(&self) -> Known {
        let mut latest = self.latest();
        loop {
            if let Some((at, known)) = &latest.known
                && at.elapsed() < GOOD_FOR
            {
                return Arc::clone(known);
            }
            let since = *latest.asking_since.get_or_insert_with(|| {
                let shared = self.clone();
                std::thread::spawn(move || shared.ask());
                Instant::now()
            });
            let left = PATIENCE.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Arc::new(Err(NoStatus::TooSlow));
            }
            let waited = self.0.heard.wait_timeout(latest, left);
            latest = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn ask(&self) {
        let found = std::panic::catch_unwind(AssertUnwindSafe(|| self.find_out()));
        let found = found.unwrap_or_else(|panic| Err(NoStatus::Panicked(words_of(&*panic))));
        let mut latest = self.latest();
        *latest = Latest { known: Some((Instant::now(), Arc::new(found))), asking_since: None };
        drop(latest);
        self.0.heard.notify_all();
    }

    fn find_out(&self) -> Result<StatusDocument, NoStatus> {
        let mut status = self.0.source.status().map_err(NoStatus::Unknown)?;
        if let Some(newest) = self.0.releases.newest() {
            status.release = Some(ServedRelease::of(&newest, self.now()));
            add_editions(&mut status, &newest)?;
        }
        Ok(status)
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.0.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says of each source what the newest release holds of it.
fn add_editions(status: &mut StatusDocument, newest: &OpenRelease) -> Result<(), ReleasesError> {
    let published: Vec<Source> = newest.query(|database| database.all())?;
    for source in &mut status.sources {
        if let Some(edition) = published.iter().find(|edition| edition.id == source.id) {
            source.rows = Some(edition.rows);
            source.data_as_of_on = edition.data_as_of_on;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Counting {
        asked: Arc<AtomicUsize>,
        takes: Duration,
    }

    impl StatusSource for Counting {
        fn status(&self) -> Result<StatusDocument, StatusUnknown> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(self.takes);
            Ok(StatusDocument::default())
        }

        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }
    }

    fn known(takes: Duration) -> (KnownStatus, Arc<AtomicUsize>) {
        let asked = Arc::default();
        let releases = Arc::new(Releases::new("nowhere".into()));
        (KnownStatus::new(Counting { asked: Arc::clone(&asked), takes }, releases), asked)
    }

    #[test]
    fn many_who_ask_at_once_are_one_question() {
        let (status, asked) = known(Duration::from_millis(50));
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| assert!(status.get().is_ok()));
            }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn who_does_not_answer_is_not_waited_for_and_not_asked_again() {
        let (status, asked) = known(PATIENCE * 10);
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    assert!(matches!(&*status.get(), Err(NoStatus::TooSlow)));
                });
            }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
