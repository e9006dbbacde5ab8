//! The releases there are: the newest always open, a few older ones kept open after use.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Instant;

use chrono::NaiveDate;

use super::folders::{folders, read_manifest};
use super::metrics::QueryTimes;
use super::open_release::OpenRelease;
use super::replica::{Replica, ReplicaError};
use crate::record::ReleaseId;
use crate::release::database::DatabaseError;
use crate::release::{Manifest, ManifestError, RedactedRelease};
use crate::storage::Storage;

/// Releases other than the newest that stay open, where nothing else is said.
const KEPT_OPEN: usize = 4;

/// Why releases cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ReleasesError {
    /// A folder or manifest cannot be read.
    #[error("`{}` cannot be read: check its permissions", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A manifest is not one.
    #[error(
        "manifest `{}` is damaged: delete the folder it lies in and copy or rebuild that release",
        path.display()
    )]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        source: ManifestError,
    },
    /// A folder, its manifest and its release file do not name the same release.
    #[error(
        "folder `{}` holds release {found}: put it where it belongs, or copy that release again",
        path.display()
    )]
    Misplaced {
        /// The folder.
        path: PathBuf,
        /// The release that is in it.
        found: ReleaseId,
    },
    /// A release file cannot be read.
    #[error("release {release} cannot be served")]
    Database {
        /// The release.
        release: ReleaseId,
        /// What is wrong with its file.
        source: DatabaseError,
    },
    /// A release could not be brought here from the storage.
    #[error("the releases of the storage cannot be followed")]
    Replica(#[source] ReplicaError),
}

/// A release that exists: its folder has a manifest.
#[derive(Debug)]
pub struct KnownRelease {
    /// What it is made of.
    pub manifest: Manifest,
    /// The bytes of the manifest, as published.
    pub manifest_bytes: Vec<u8>,
    /// SHA-256 of those bytes, in hexadecimal.
    pub manifest_sha256: String,
    /// Size and SHA-256 of its signatures, which no manifest lists, by name.
    pub signatures: BTreeMap<&'static str, (u64, String)>,
    /// Where its files lie.
    pub folder: PathBuf,
}

/// The releases of a folder `releases/<release>/…`.
#[derive(Debug)]
pub struct Releases {
    folder: PathBuf,
    /// Where copies lie of those whose schema is behind.
    cache: PathBuf,
    known: RwLock<Arc<BTreeMap<ReleaseId, Arc<KnownRelease>>>>,
    /// Those that were taken back, as the newest manifest tells.
    redacted: RwLock<Arc<BTreeMap<ReleaseId, RedactedRelease>>>,
    newest: RwLock<Option<Arc<OpenRelease>>>,
    keep_open: usize,
    /// Last used last.
    others: Mutex<Vec<Arc<OpenRelease>>>,
    /// Every one that somebody may still use.
    used: Mutex<Vec<Weak<OpenRelease>>>,
    /// When the last look ended that a request asked for; taken while one is under way.
    pub(super) expected: tokio::sync::Mutex<Option<Instant>>,
    /// Who brings them to the folder, where they are kept elsewhere.
    replica: Option<Arc<Replica>>,
    query_times: Arc<QueryTimes>,
    failed_reloads: AtomicU64,
    generation: AtomicU64,
}

impl Releases {
    /// The releases of a folder; copies of those whose schema is behind are made in the folder
    /// `cache` beside it. Nothing is read before [`Self::reload`].
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            cache: folder.with_file_name("cache"),
            folder,
            known: RwLock::default(),
            redacted: RwLock::default(),
            newest: RwLock::default(),
            keep_open: KEPT_OPEN,
            others: Mutex::default(),
            used: Mutex::default(),
            expected: tokio::sync::Mutex::default(),
            replica: None,
            query_times: Arc::default(),
            failed_reloads: AtomicU64::new(0),
            generation: AtomicU64::new(0),
        }
    }

    /// Those that `replica` brings here from a storage.
    #[must_use]
    pub fn of(replica: Replica) -> Self {
        let releases = Self::new(replica.folder().to_owned());
        Self { replica: Some(Arc::new(replica)), ..releases }
    }

    /// Who brings them to the folder; `None` where they lie there.
    pub(super) fn replica(&self) -> Option<&Arc<Replica>> {
        self.replica.as_ref()
    }

    /// The storage that files lie in which are not here; `None` where all are.
    pub(super) fn storage(&self) -> Option<&Storage> {
        self.replica.as_ref().map(|replica| replica.storage())
    }

    /// The same, but this many releases beside the newest stay open after use.
    #[must_use]
    pub fn keeping_open(self, releases: usize) -> Self {
        Self { keep_open: releases, ..self }
    }

    /// Looks which releases there are and opens the newest.
    ///
    /// Requests under way keep the release they began with. Where a release is damaged, the
    /// others are served all the same, and the error says what to do.
    pub fn reload(&self) -> Result<(), ReleasesError> {
        let looked = self.read();
        if looked.is_err() {
            self.failed_reloads.fetch_add(1, Ordering::Relaxed);
        }
        looked
    }

    fn read(&self) -> Result<(), ReleasesError> {
        let before = self.known();
        let mut known = BTreeMap::new();
        let mut damage = None;
        for (release, folder) in folders(&self.folder)? {
            let read = match before.get(&release) {
                Some(known) => Ok(Some(Arc::clone(known))),
                None => read_manifest(release, folder),
            };
            match read {
                Ok(Some(read)) => drop(known.insert(release, read)),
                // Being written; it does not exist yet.
                Ok(None) => {}
                Err(error) => damage = Some(error),
            }
        }
        let redacted: BTreeMap<_, _> = known
            .values()
            .next_back()
            .map(|newest| newest.manifest.redactions.iter())
            .into_iter()
            .flatten()
            .map(|redacted| (redacted.release, redacted.clone()))
            .collect();
        // Their files may still be there for a moment.
        known.retain(|release, _| !redacted.contains_key(release));
        let open = self.newest();
        let mut newest = None;
        let mut unusable = Vec::new();
        for (release, candidate) in known.iter().rev() {
            if let Some(open) = open.as_ref().filter(|open| open.id() == *release) {
                newest = Some(Arc::clone(open));
                break;
            }
            let candidate = self.use_of(candidate);
            match candidate.database() {
                Ok(_) => {
                    newest = Some(candidate);
                    break;
                }
                Err(error) => {
                    unusable.push(*release);
                    damage = Some(error);
                }
            }
        }
        known.retain(|release, _| !unusable.contains(release));
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|open| known.contains_key(&open.id()));
        drop(others);
        let id = |newest: &Option<Arc<OpenRelease>>| newest.as_ref().map(|newest| newest.id());
        let same = *self.redacted() == redacted
            && before.keys().eq(known.keys())
            && id(&open) == id(&newest);
        *self.redacted.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(redacted);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = newest;
        if !same {
            // After the change: what is answered in between counts as of before, and is not kept.
            self.generation.fetch_add(1, Ordering::Release);
        }
        damage.map_or(Ok(()), Err)
    }

    /// How often there were other releases than before. What was answered while it was the same is
    /// still the answer.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// How long the queries of all of them took.
    pub(super) fn query_times(&self) -> &QueryTimes {
        &self.query_times
    }

    /// How many calls of [`Self::reload`] failed.
    pub(super) fn failed_reloads(&self) -> u64 {
        self.failed_reloads.load(Ordering::Relaxed)
    }

    /// How many releases are open.
    pub(super) fn open(&self) -> usize {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner).len();
        others + usize::from(self.newest().is_some())
    }

    /// The newest release, if there is any.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<OpenRelease>> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every release, by name.
    #[must_use]
    pub fn known(&self) -> Arc<BTreeMap<ReleaseId, Arc<KnownRelease>>> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every release that was taken back, by name.
    #[must_use]
    pub fn redacted(&self) -> Arc<BTreeMap<ReleaseId, RedactedRelease>> {
        Arc::clone(&self.redacted.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last release published on that day or before, or what stands for it if it was taken
    /// back.
    #[must_use]
    pub fn on_or_before(&self, day: NaiveDate) -> Option<ReleaseId> {
        let (known, redacted) = (self.known(), self.redacted());
        let names = known.keys().chain(redacted.keys());
        let mut release = *names.filter(|release| release.date() <= day).max()?;
        while let Some(gone) = redacted.get(&release) {
            // What stands for a release is always later.
            if gone.redacted_in <= release {
                return None;
            }
            release = gone.redacted_in;
        }
        Some(release)
    }

    /// The release of that name; `None` if there is none.
    #[must_use]
    pub fn get(&self, release: ReleaseId) -> Option<Arc<OpenRelease>> {
        if let Some(newest) = self.newest().filter(|newest| newest.id() == release) {
            return Some(newest);
        }
        let known = self.known().get(&release).map(Arc::clone)?;
        {
            let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = others.iter().position(|open| open.id() == release) {
                let open = others.remove(at);
                others.push(Arc::clone(&open));
                return Some(open);
            }
        }
        let open = self.use_of(&known);
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        // Two requests may both be the first, and one of the two is kept.
        others.retain(|other| other.id() != release);
        others.push(Arc::clone(&open));
        if others.len() > self.keep_open {
            others.remove(0);
        }
        Some(open)
    }

    /// Forgets what is open and known: the next look begins anew.
    pub(super) fn forget(&self) {
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        self.others.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.generation.fetch_add(1, Ordering::Release);
    }

    fn use_of(&self, known: &Arc<KnownRelease>) -> Arc<OpenRelease> {
        let (cache, replica) = (self.cache.clone(), self.replica.clone());
        let times = Arc::clone(&self.query_times);
        let open = Arc::new(OpenRelease::of(Arc::clone(known), cache, replica, times));
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|other| other.strong_count() > 0);
        used.push(Arc::downgrade(&open));
        open
    }

    /// Whether a request may still ask the file of a release.
    pub(super) fn is_used(&self, release: ReleaseId) -> bool {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.iter().filter_map(Weak::upgrade).any(|open| open.id() == release)
    }
}
