//! Which releases there are, and which one is the latest.
//!
//! A release exists when its folder holds a manifest. `latest.json` is the copy of that knowledge
//! that costs one small read.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::record::ReleaseId;
use crate::release::digest;
use crate::release::manifest::{MANIFEST_FILE, Manifest, ManifestError, PreviousRelease};
use crate::storage::{Storage, StorageError};

/// The key of the pointer to the latest release.
pub const LATEST_KEY: &str = "latest.json";

/// What all keys of releases begin with.
pub(super) const RELEASES: &str = "releases/";

/// The latest release, as `latest.json` names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// Its name.
    pub release: ReleaseId,
    /// SHA-256 of the bytes of its manifest, in hexadecimal.
    pub manifest_sha256: String,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

/// Why it cannot be told which releases there are, or what one is made of.
#[derive(Debug, thiserror::Error)]
pub enum PointerError {
    /// The storage failed.
    #[error("storage failed")]
    Storage(#[source] StorageError),
    /// The manifest of a release is not one.
    #[error(
        "the manifest of release {release} is damaged: copy `releases/{release}/manifest.json` from \
         a mirror or a backup"
    )]
    Manifest {
        /// The release.
        release: ReleaseId,
        /// What is wrong.
        #[source]
        source: ManifestError,
    },
}

impl Pointer {
    /// The pointer to a release with that manifest.
    #[must_use]
    pub fn to(manifest: &Manifest, manifest_sha256: String) -> Self {
        let Manifest { release, published_at, .. } = manifest;
        Self { release: *release, manifest_sha256, published_at: *published_at }
    }

    /// Its bytes: JSON and a final newline.
    ///
    /// # Panics
    /// Never: a name, a hash and a time always have a JSON form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a pointer has a JSON form");
        bytes.push(b'\n');
        bytes
    }
}

impl From<Pointer> for PreviousRelease {
    /// The link of whatever follows.
    fn from(Pointer { release, manifest_sha256, .. }: Pointer) -> Self {
        Self { release, manifest_sha256 }
    }
}

/// The key of a file of a release.
#[must_use]
pub fn key(release: ReleaseId, file: &str) -> String {
    format!("{RELEASES}{release}/{file}")
}

/// Every release there is, in order. A folder without a manifest is what a killed run left behind,
/// and no release.
pub async fn releases(storage: &Storage) -> Result<Vec<ReleaseId>, PointerError> {
    let objects = storage.list(RELEASES).await.map_err(PointerError::Storage)?;
    let mut releases: Vec<ReleaseId> =
        objects.iter().filter_map(|object| manifest_of(&object.key)).collect();
    releases.sort_unstable();
    Ok(releases)
}

/// The latest release; none when none was ever published.
///
/// A run killed between the manifest and `latest.json` has published: the manifest is the commit
/// point. So the newest folder with a manifest wins when `latest.json` is older, missing or
/// unreadable, and such a release is never lost. It lists the storage; to merely notice a new
/// release, [`named`] is cheaper.
pub async fn latest(storage: &Storage) -> Result<Option<Pointer>, PointerError> {
    let Some(newest) = releases(storage).await?.pop() else { return Ok(None) };
    match named(storage).await? {
        Some(pointer) if pointer.release == newest => Ok(Some(pointer)),
        Some(_) | None => Ok(manifest(storage, newest)
            .await?
            .map(|(manifest, bytes)| Pointer::to(&manifest, digest::sha256(&bytes)))),
    }
}

/// What `latest.json` says, in one small read; none when it is missing or unreadable.
pub async fn named(storage: &Storage) -> Result<Option<Pointer>, PointerError> {
    let bytes = storage.get(LATEST_KEY).await.map_err(PointerError::Storage)?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The manifest of a release and the bytes it was read from; none when there is no such release.
pub async fn manifest(
    storage: &Storage,
    release: ReleaseId,
) -> Result<Option<(Manifest, Bytes)>, PointerError> {
    let bytes = storage.get(&key(release, MANIFEST_FILE)).await.map_err(PointerError::Storage)?;
    let Some(bytes) = bytes else { return Ok(None) };
    let manifest =
        Manifest::read(&bytes).map_err(|source| PointerError::Manifest { release, source })?;
    Ok(Some((manifest, bytes)))
}

/// The release whose manifest has that key.
fn manifest_of(key: &str) -> Option<ReleaseId> {
    release_of(key).filter(|release| key == self::key(*release, MANIFEST_FILE))
}

/// The release whose folder a key lies in.
pub(super) fn release_of(key: &str) -> Option<ReleaseId> {
    let (release, _) = key.strip_prefix(RELEASES)?.split_once('/')?;
    release.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_manifest_in_the_folder_of_a_release_makes_a_release() {
        let release: ReleaseId = "2026-11-24.1".parse().unwrap();
        assert_eq!(manifest_of(&key(release, MANIFEST_FILE)), Some(release));
        for other in [
            "releases/2026-11-24.1/agencies.csv",
            "releases/2026-11-24.1/x/manifest.json",
            "releases/2026-11-24/manifest.json",
            "releases/manifest.json",
            "captures/2026-11-24.1/manifest.json",
        ] {
            assert_eq!(manifest_of(other), None, "{other}");
        }
    }
}
