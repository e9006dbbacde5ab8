//! A staged release into the storage: every file once, the manifest last, then the pointer.

use bytes::Bytes;

use crate::record::ReleaseId;
use crate::release::digest;
use crate::release::manifest::{MANIFEST_FILE, Manifest};
use crate::release::pointer::{self, LATEST_KEY, Pointer, PointerError};
use crate::release::stage::{Interrupted, Staged, Watch};
use crate::storage::{Put, Storage, StorageError, StoredObject};

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
    /// Somebody else has put this file since the folder was cleared.
    #[error("`{0}` was put by somebody else: another writer is at work")]
    Taken(String),
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

/// Publishes a staged release and returns the pointer to it.
///
/// May be called again after it was stopped anywhere, with the same or with another staged release:
/// files without a manifest are no release and are cleared first; a release whose manifest is there
/// already, byte for byte, only gets its pointer. One writer at a time: the caller is the leader, and
/// may let `watch` stop it before `put manifest.json` if it no longer is.
pub async fn publish(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<Pointer, PublishError> {
    let manifest = staged.manifest();
    if !is_committed(storage, manifest.release, staged.manifest_bytes()).await? {
        step(watch, "check the chain")?;
        check_chain(storage, manifest).await?;
    }
    publish_copy(storage, staged, watch).await
}

/// Publishes a release that was copied from another host, as [`publish`] does, but wherever it
/// stands in the chain: that its links are right is for the caller to know.
pub async fn publish_copy(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<Pointer, PublishError> {
    let manifest = staged.manifest();
    let bytes = staged.manifest_bytes();
    let pointer = Pointer::to(manifest, digest::sha256(bytes));
    if !is_committed(storage, manifest.release, bytes).await? {
        step(watch, "clear what a stopped run left")?;
        clear(storage, manifest.release).await?;
        put_files(storage, staged, watch).await?;
        put_signatures(storage, staged, watch).await?;
        step(watch, "put manifest.json")?;
        let key = pointer::key(manifest.release, MANIFEST_FILE);
        let put = storage.put_new(&key, Bytes::copy_from_slice(bytes)).await;
        created(key, put)?;
    }
    step(watch, "move latest.json")?;
    move_pointer(storage, &pointer).await?;
    step(watch, "done")?;
    Ok(pointer)
}

/// Moves `latest.json` to a release that is published, unless a newer one is.
///
/// [`publish`] does so itself; a run killed before it could leaves this to the next one.
pub async fn move_pointer(storage: &Storage, pointer: &Pointer) -> Result<(), PublishError> {
    let newest = pointer::releases(storage).await.map_err(PublishError::Releases)?.pop();
    // Told to publish an old release again, the pointer must not go back to it.
    if newest == Some(pointer.release) {
        let moved = storage.replace(LATEST_KEY, Bytes::from(pointer.to_bytes())).await;
        moved.map_err(|source| PublishError::Storage { key: LATEST_KEY.to_owned(), source })?;
    }
    Ok(())
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
    let newest = pointer::releases(storage).await.map_err(PublishError::Releases)?.pop();
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

/// Removes the files of a release that has no manifest.
async fn clear(storage: &Storage, release: ReleaseId) -> Result<(), PublishError> {
    let folder = pointer::key(release, "");
    let keys = storage.list(&folder).await;
    for StoredObject { key, .. } in
        keys.map_err(|source| PublishError::Storage { key: folder, source })?
    {
        let deleted = storage.delete(&key).await;
        deleted.map_err(|source| PublishError::Storage { key, source })?;
    }
    Ok(())
}

async fn put_files(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<(), PublishError> {
    let manifest = staged.manifest();
    for file in &manifest.files {
        step(watch, &format!("put {}", file.name))?;
        let key = pointer::key(manifest.release, &file.name);
        let put = storage.put_new_file(&key, &staged.path(file)).await;
        created(key, put)?;
    }
    Ok(())
}

async fn put_signatures(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<(), PublishError> {
    for (name, path) in staged.signatures() {
        step(watch, &format!("put {name}"))?;
        let key = pointer::key(staged.manifest().release, name);
        let put = storage.put_new_file(&key, &path).await;
        created(key, put)?;
    }
    Ok(())
}

fn created(key: String, put: Result<Put, StorageError>) -> Result<(), PublishError> {
    match put {
        Ok(Put::Created) => Ok(()),
        Ok(Put::Exists) => Err(PublishError::Taken(key)),
        Err(source) => Err(PublishError::Storage { key, source }),
    }
}

fn step(watch: Watch<'_>, step: &str) -> Result<(), PublishError> {
    watch(step).map_err(|source| PublishError::Interrupted { step: step.to_owned(), source })
}

fn name(release: Option<ReleaseId>) -> String {
    release.map_or_else(|| "none".to_owned(), |release| release.to_string())
}
