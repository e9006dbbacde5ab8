//! The releases of a storage that is no folder of this machine: what answers are made of is copied
//! to a folder, checked, and served from there.
//!
//! Of every release the manifest and the signatures are here; the release file of the newest always
//! is, that of another from the first request to it on. A release is known to the server once its
//! manifest lies in the folder, which is put there last. So nothing that was not checked is ever
//! served, and what is here is served while the storage cannot be reached.

mod bring;
mod follow;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::releases::KnownRelease;
use crate::record::ReleaseId;
use crate::release::pointer::{self, PointerError};
use crate::release::{DATASET_FILE, MANIFEST_FILE, ManifestFile, digest};
use crate::storage::{Storage, StorageError};

/// After so many looks at `latest.json` all releases are listed once, in case a writer died before
/// it could move the pointer.
const LIST_EVERY: u32 = 12;

/// Manifests that are asked for at a time.
const AT_A_TIME: usize = 8;

/// Why a release could not be brought here.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The storage failed, or cannot be reached.
    #[error("the storage of the releases cannot be read")]
    Storage(#[from] StorageError),
    /// A manifest is not one, or the releases cannot be told.
    #[error("the releases of the storage cannot be told")]
    Releases(#[from] PointerError),
    /// What lies under a key is not what the release names.
    #[error("{file} of release {release} has sha256 {found}, not {expected}: it is not served")]
    Differs {
        /// The release.
        release: ReleaseId,
        /// The file.
        file: String,
        /// The hash it should have.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// A file that a manifest lists is not there.
    #[error("release {release} has no {file}")]
    Missing {
        /// The release.
        release: ReleaseId,
        /// The file.
        file: String,
    },
    /// The folder of this machine cannot be written.
    #[error("`{}` cannot be written: check its permissions and the room there is", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The thread that waited for the storage panicked.
    #[error("waiting for the storage panicked")]
    Panicked,
}

/// Brings releases from a storage to a folder.
#[derive(Debug)]
pub struct Replica {
    storage: Storage,
    folder: PathBuf,
    /// Where requests to the storage are sent from, whoever waits for them.
    runtime: Handle,
    looks: AtomicU32,
    /// Whether all releases are known here that there were when the newest was brought.
    caught_up: AtomicBool,
    /// One thing at a time is brought or removed.
    bringing: Mutex<()>,
}

impl Replica {
    /// Copies of the releases of `storage` in `folder`, which nothing else writes to.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn new(storage: Storage, folder: PathBuf) -> Self {
        // What a process before this one had no time for is not known.
        let (looks, caught_up) = (AtomicU32::new(0), AtomicBool::new(false));
        let (runtime, bringing) = (Handle::current(), Mutex::default());
        Self { storage, folder, runtime, looks, caught_up, bringing }
    }

    pub(super) fn storage(&self) -> &Storage {
        &self.storage
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Brings the newest release here, if it is not, and says whether it did.
    pub(super) async fn bring_newest(&self) -> Result<bool, ReplicaError> {
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        let (release, expected) = match pointer::named(&self.storage).await? {
            Some(pointer) if !look.is_multiple_of(LIST_EVERY) => {
                (pointer.release, Some(pointer.manifest_sha256))
            }
            pointer => match self.newest().await? {
                None => return Ok(false),
                Some(newest) => {
                    let named = pointer.filter(|pointer| pointer.release == newest);
                    (newest, named.map(|pointer| pointer.manifest_sha256))
                }
            },
        };
        let _alone = self.bringing.lock().await;
        self.bring(release, expected.as_deref()).await
    }

    /// The newest release with a manifest, whatever `latest.json` says.
    async fn newest(&self) -> Result<Option<ReleaseId>, ReplicaError> {
        for release in self.listed().await?.into_iter().rev() {
            if self.is_here(release) || pointer::manifest(&self.storage, release).await?.is_some() {
                return Ok(Some(release));
            }
        }
        Ok(None)
    }

    /// Brings the manifests of all other releases here.
    pub(super) async fn bring_manifests(&self) -> Result<(), ReplicaError> {
        let _alone = self.bringing.lock().await;
        let missing = self.listed().await?.into_iter().filter(|release| !self.is_here(*release));
        let brought = stream::iter(missing.collect::<Vec<_>>())
            .map(|release| self.bring_manifest(release))
            .buffer_unordered(AT_A_TIME);
        brought.try_collect().await
    }

    /// What the storage has folders for; not each needs to be whole.
    async fn listed(&self) -> Result<BTreeSet<ReleaseId>, ReplicaError> {
        let names = self.storage.folders("releases").await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// The release file of a release that is known here, brought if need be. Waits for it: to be
    /// called from a thread that may.
    pub(super) fn dataset(&self, known: &KnownRelease) -> Result<PathBuf, ReplicaError> {
        let path = known.folder.join(DATASET_FILE);
        if path.exists() {
            return Ok(path);
        }
        let release = known.manifest.release;
        let missing = || ReplicaError::Missing { release, file: DATASET_FILE.to_owned() };
        let file = known.manifest.file(DATASET_FILE).ok_or_else(missing)?;
        let bring = async {
            let _alone = self.bringing.lock().await;
            // Somebody else may have brought it meanwhile.
            if path.exists() { Ok(()) } else { self.bring_dataset(release, file).await }
        };
        // A thread of its own: a runtime's thread must not wait for another runtime.
        let waited =
            std::thread::scope(|scope| scope.spawn(|| self.runtime.block_on(bring)).join());
        waited.unwrap_or(Err(ReplicaError::Panicked))?;
        Ok(path)
    }

    /// Whether the release file that is here still is what its manifest says; if not, the release
    /// is removed from here, to be brought anew.
    pub(super) async fn check(&self, known: &KnownRelease) -> Result<(), ReplicaError> {
        let release = known.manifest.release;
        let (path, expected) = (known.folder.join(DATASET_FILE), known.manifest.file(DATASET_FILE));
        let hashed = {
            let path = path.clone();
            let hash = move || std::fs::File::open(path).and_then(digest::sha256_of_reader);
            tokio::task::spawn_blocking(hash).await.map_err(|_panic| ReplicaError::Panicked)?
        };
        let (_, found) = hashed.map_err(|source| ReplicaError::Folder { path, source })?;
        match expected {
            Some(ManifestFile { sha256, .. }) if *sha256 == found => Ok(()),
            expected => {
                let _alone = self.bringing.lock().await;
                self.remove(&self.place(release)).await?;
                let expected = expected.map(|file| file.sha256.clone()).unwrap_or_default();
                Err(ReplicaError::Differs {
                    release,
                    file: DATASET_FILE.to_owned(),
                    expected,
                    found,
                })
            }
        }
    }

    /// Removes what is here and not needed: release files that nobody uses, and everything of the
    /// releases that are `gone`.
    pub(super) async fn tidy(
        &self,
        used: impl Fn(ReleaseId) -> bool,
        gone: impl Fn(ReleaseId) -> bool,
    ) -> Result<(), ReplicaError> {
        let _alone = self.bringing.lock().await;
        for release in self.local()? {
            if gone(release) {
                self.remove(&self.place(release)).await?;
            } else if !used(release) {
                let path = self.place(release).join(DATASET_FILE);
                removed(&path, tokio::fs::remove_file(&path).await)?;
            }
        }
        Ok(())
    }

    /// A copy of a manifest that is none any more goes with what lies beside it, to be copied again.
    async fn discard(&self, manifest: &Path) -> Result<(), ReplicaError> {
        let _alone = self.bringing.lock().await;
        self.caught_up.store(false, Ordering::Relaxed);
        match manifest.parent() {
            Some(folder) => self.remove(folder).await,
            None => Ok(()),
        }
    }

    /// The folder of a release goes: its manifest first, so that it is none from then on.
    async fn remove(&self, folder: &Path) -> Result<(), ReplicaError> {
        let manifest = folder.join(MANIFEST_FILE);
        removed(&manifest, tokio::fs::remove_file(&manifest).await)?;
        removed(folder, tokio::fs::remove_dir_all(folder).await)
    }

    fn local(&self) -> Result<Vec<ReleaseId>, ReplicaError> {
        let folders = super::folders::folders(&self.folder).map_err(|error| {
            ReplicaError::Folder { path: self.folder.clone(), source: std::io::Error::other(error) }
        })?;
        Ok(folders.into_iter().map(|(release, _)| release).collect())
    }

    /// Whether the manifest of a release is here.
    fn is_here(&self, release: ReleaseId) -> bool {
        self.place(release).join(MANIFEST_FILE).exists()
    }
}

fn removed(path: &Path, removed: std::io::Result<()>) -> Result<(), ReplicaError> {
    match removed {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(ReplicaError::Folder { path: path.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
