//! A staged release into the storage: every file once, the manifest last, then the pointer.

use bytes::Bytes;

use crate::catalog::{Catalog, CatalogError, Epoch, ReleaseRow};
use crate::record::ReleaseId;
use crate::release::digest;
use crate::release::manifest::{MANIFEST_FILE, Manifest};
use crate::release::pointer::{self, LATEST_KEY, Pointer, PointerError};
use crate::release::put::{put_files, put_manifest};
use crate::release::stage::{Interrupted, Staged, Watch};
use crate::storage::{Storage, StorageError, StoredObject};

/// Media type of the manifest and the pointer, which no manifest lists.
pub(super) const JSON: &str = "application/json";

/// Why a staged release was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The storage failed.
    #[error("`{key}` could not be stored")]
    Storage {
        /// The key in question.
        key: String,
        /// What failed.
        #[source]
        source: StorageError,
    },
    /// There is another file of that name: somebody else has used the name of the release.
    #[error("`{0}` was put by somebody else: another writer is at work")]
    Taken(String),
    /// A staged file cannot be read.
    #[error("the staged file `{file}` cannot be read")]
    Staged {
        /// The file.
        file: String,
        /// What failed.
        #[source]
        source: std::io::Error,
    },
    /// The catalog does not vouch that this process still leads.
    #[error("the catalog does not vouch for the lead")]
    Lead(#[source] CatalogError),
    /// The releases there are cannot be told.
    #[error("the releases there are cannot be told")]
    Releases(#[source] PointerError),
    /// There is a release of that name with another manifest.
    #[error("release {0} is published already, with another manifest")]
    AlreadyPublished(ReleaseId),
    /// The release does not follow the newest one there is.
    #[error("release {release} follows {}, but the newest is {}", name(*.follows), name(*.newest))]
    Previous {
        /// The release to be published.
        release: ReleaseId,
        /// The one it names as its previous.
        follows: Option<ReleaseId>,
        /// The newest there is.
        newest: Option<ReleaseId>,
    },
    /// The manifest of the previous release is not the one this release names.
    #[error("the manifest of the previous release {previous} has sha256 {found}, not {expected}")]
    Link {
        /// The previous release.
        previous: ReleaseId,
        /// The hash the new release names.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// Somebody stopped the work.
    #[error("stopped before step `{step}`")]
    Interrupted {
        /// The step that was not begun.
        step: String,
        /// Who stopped it.
        #[source]
        source: Interrupted,
    },
}

/// Who publishes: a leader, and the catalog that tells whether it still is one.
#[derive(Debug, Clone, Copy)]
pub struct Publisher<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// The number of the leadership.
    pub epoch: Epoch,
}

/// Publishes a staged release as a leader, notes it in the catalog, and returns the pointer to it.
///
/// May be called again after it was stopped anywhere; a release whose manifest is there already,
/// byte for byte, only gets its pointer and its note. Several writers at once, as when a leader was
/// cut off and another one follows, never make one release of the files of two:
///
/// - A name is for one attempt. `SHA256SUMS`, which names the bytes of all other files, goes first
///   and is created only once: whoever finds another one there stops with [`PublishError::Taken`].
///   Nothing is deleted or replaced under a name that may still become a release
///   ([`next_release`](crate::release::next_release)).
/// - The manifest, which makes it a release, is put while nobody else can take the lead
///   ([`Catalog::while_leading`]), after a last look at the chain.
/// - A writer that is stopped in the middle of that, cut off, and goes on when others have published
///   meanwhile, takes its manifest back.
pub async fn publish_as(
    publisher: Publisher<'_>,
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<Pointer, PublishError> {
    let Publisher { catalog, epoch } = publisher;
    let manifest = staged.manifest();
    if !is_committed(storage, manifest.release, staged.manifest_bytes()).await? {
        step(watch, "check the chain")?;
        check_chain(storage, manifest).await?;
        put_files(storage, staged, watch).await?;
        let commit = async {
            step(watch, "check the chain again")?;
            check_chain(storage, manifest).await?;
            put_manifest(storage, staged, watch).await
        };
        catalog.while_leading(epoch, commit).await.map_err(PublishError::Lead)??;
        if let Err(error @ CatalogError::Superseded { .. }) = catalog.check_epoch(epoch)
            && take_back(storage, manifest.release).await?
        {
            return Err(PublishError::Lead(error));
        }
    }
    let pointer = point(storage, staged, watch).await?;
    let Pointer { release, published_at, ref manifest_sha256 } = pointer;
    let row = ReleaseRow { release, published_at, manifest_sha256: manifest_sha256.clone() };
    catalog.record_release(epoch, &row).map_err(PublishError::Lead)?;
    step(watch, "done")?;
    Ok(pointer)
}

/// Publishes a staged release as [`publish_as`] does, where there is no other writer and no catalog.
pub async fn publish(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<Pointer, PublishError> {
    let manifest = staged.manifest();
    if !is_committed(storage, manifest.release, staged.manifest_bytes()).await? {
        step(watch, "check the chain")?;
        check_chain(storage, manifest).await?;
        put_files(storage, staged, watch).await?;
        put_manifest(storage, staged, watch).await?;
    }
    let pointer = point(storage, staged, watch).await?;
    step(watch, "done")?;
    Ok(pointer)
}

/// Publishes a release that was copied from another host, as [`publish`] does, but wherever it
/// stands in the chain: that its links are right is for the caller to know. Its name is given, so
/// what an earlier attempt has left is removed; it was of the same bytes.
pub async fn publish_copy(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<Pointer, PublishError> {
    let manifest = staged.manifest();
    if !is_committed(storage, manifest.release, staged.manifest_bytes()).await? {
        step(watch, "clear what a stopped run left")?;
        clear(storage, manifest.release).await?;
        put_files(storage, staged, watch).await?;
        put_manifest(storage, staged, watch).await?;
    }
    let pointer = point(storage, staged, watch).await?;
    step(watch, "done")?;
    Ok(pointer)
}

async fn point(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<Pointer, PublishError> {
    step(watch, "move latest.json")?;
    let pointer = Pointer::to(staged.manifest(), digest::sha256(staged.manifest_bytes()));
    move_pointer(storage, &pointer).await?;
    Ok(pointer)
}

/// Removes a release whose manifest was put too late: a later leader has published on without it.
/// Where it is the newest, or a later one follows it, it stands: `false`.
///
/// Safe because nobody else has put or will put anything under its name.
async fn take_back(storage: &Storage, release: ReleaseId) -> Result<bool, PublishError> {
    let releases = pointer::releases(storage).await.map_err(PublishError::Releases)?;
    let Some(next) = releases.into_iter().find(|other| *other > release) else { return Ok(false) };
    let next = pointer::manifest(storage, next).await.map_err(PublishError::Releases)?;
    let follows = next.and_then(|(manifest, _)| manifest.previous).map(|link| link.release);
    if follows == Some(release) {
        return Ok(false);
    }
    remove(storage, release).await?;
    Ok(true)
}

/// Moves `latest.json` to a release that is published, unless a newer one is.
///
/// [`publish`] does so itself; a run killed before it could leaves this to the next one.
pub async fn move_pointer(storage: &Storage, pointer: &Pointer) -> Result<(), PublishError> {
    // Told to publish an old release again, the pointer must not go back to it.
    if newest(storage).await? != Some(pointer.release) {
        return Ok(());
    }
    write_pointer(storage, pointer).await?;
    // Nor where this process was stopped right before it wrote, and others have published meanwhile.
    if newest(storage).await? != Some(pointer.release) {
        let latest = pointer::latest(storage).await.map_err(PublishError::Releases)?;
        write_pointer(storage, latest.as_ref().unwrap_or(pointer)).await?;
    }
    Ok(())
}

async fn newest(storage: &Storage) -> Result<Option<ReleaseId>, PublishError> {
    Ok(pointer::releases(storage).await.map_err(PublishError::Releases)?.pop())
}

async fn write_pointer(storage: &Storage, pointer: &Pointer) -> Result<(), PublishError> {
    let moved = storage.replace(LATEST_KEY, Bytes::from(pointer.to_bytes()), JSON).await;
    moved.map_err(|source| PublishError::Storage { key: LATEST_KEY.to_owned(), source })
}

/// Removes a release that was taken back: its manifest first, so that it is no release from then
/// on, then its files. May be called again after it was stopped anywhere.
pub async fn remove(storage: &Storage, release: ReleaseId) -> Result<(), PublishError> {
    let key = pointer::key(release, MANIFEST_FILE);
    let deleted = storage.delete(&key).await;
    deleted.map_err(|source| PublishError::Storage { key, source })?;
    clear(storage, release).await
}

/// Whether the release is published with exactly this manifest.
async fn is_committed(
    storage: &Storage,
    release: ReleaseId,
    bytes: &[u8],
) -> Result<bool, PublishError> {
    let key = pointer::key(release, MANIFEST_FILE);
    let there = storage.get(&key).await;
    match there.map_err(|source| PublishError::Storage { key, source })? {
        None => Ok(false),
        Some(there) if there == bytes => Ok(true),
        Some(_) => Err(PublishError::AlreadyPublished(release)),
    }
}

/// A release follows the newest one and names its manifest: there is one chain, without forks.
async fn check_chain(storage: &Storage, manifest: &Manifest) -> Result<(), PublishError> {
    let newest = newest(storage).await?;
    let release = manifest.release;
    let follows = manifest.previous.as_ref().map(|previous| previous.release);
    if follows != newest || newest.is_some_and(|newest| newest >= release) {
        return Err(PublishError::Previous { release, follows, newest });
    }
    let Some(previous) = &manifest.previous else { return Ok(()) };
    let key = pointer::key(previous.release, MANIFEST_FILE);
    let bytes = storage.get(&key).await;
    let bytes = bytes.map_err(|source| PublishError::Storage { key, source })?.unwrap_or_default();
    let (expected, found) = (previous.manifest_sha256.clone(), digest::sha256(&bytes));
    if expected == found {
        Ok(())
    } else {
        Err(PublishError::Link { previous: previous.release, expected, found })
    }
}

/// Removes the files of a release that has no manifest, and what is on its way to be one.
async fn clear(storage: &Storage, release: ReleaseId) -> Result<(), PublishError> {
    let folder = pointer::key(release, "");
    let swept = storage.sweep(&folder, None).await;
    swept.map_err(|source| PublishError::Storage { key: folder.clone(), source })?;
    let keys = storage.list(&folder).await;
    for StoredObject { key, .. } in
        keys.map_err(|source| PublishError::Storage { key: folder, source })?
    {
        let deleted = storage.delete(&key).await;
        deleted.map_err(|source| PublishError::Storage { key, source })?;
    }
    Ok(())
}

pub(super) fn step(watch: Watch<'_>, step: &str) -> Result<(), PublishError> {
    watch(step).map_err(|source| PublishError::Interrupted { step: step.to_owned(), source })
}

fn name(release: Option<ReleaseId>) -> String {
    release.map_or_else(|| "none".to_owned(), |release| release.to_string())
}
