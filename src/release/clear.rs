//! Releases that were taken back by a redaction: which there are, and their files deleted.

use crate::record::ReleaseId;
use crate::release::manifest::{MANIFEST_FILE, RedactedRelease};
use crate::release::pointer::{self, PointerError};
use crate::storage::{Storage, StoredObject};

/// The releases that were taken back, as the newest manifest tells. Their files may still be
/// there, if nobody cleared them.
pub async fn redacted_releases(storage: &Storage) -> Result<Vec<RedactedRelease>, PointerError> {
    let Some(newest) = pointer::releases(storage).await?.pop() else { return Ok(Vec::new()) };
    let manifest = pointer::manifest(storage, newest).await?;
    Ok(manifest.map(|(manifest, _)| manifest.redactions).unwrap_or_default())
}

/// Every release there is but those that were taken back, in order.
pub async fn standing_releases(storage: &Storage) -> Result<Vec<ReleaseId>, PointerError> {
    let redacted = redacted_releases(storage).await?;
    let mut releases = pointer::releases(storage).await?;
    releases.retain(|release| !redacted.iter().any(|gone| gone.release == *release));
    Ok(releases)
}

/// Deletes the files of every release that was taken back, and returns those that had any.
///
/// May be called at any time, and again after it was stopped anywhere; only by the one who writes.
/// A manifest goes first: without it the rest is no release.
pub async fn clear_redacted(storage: &Storage) -> Result<Vec<ReleaseId>, PointerError> {
    let mut cleared = Vec::new();
    for RedactedRelease { release, .. } in redacted_releases(storage).await? {
        let listed = storage.list(&pointer::key(release, "")).await;
        let listed = listed.map_err(PointerError::Storage)?;
        if listed.is_empty() {
            continue;
        }
        let manifest = pointer::key(release, MANIFEST_FILE);
        storage.delete(&manifest).await.map_err(PointerError::Storage)?;
        for StoredObject { key, .. } in listed {
            storage.delete(&key).await.map_err(PointerError::Storage)?;
        }
        cleared.push(release);
    }
    Ok(cleared)
}
