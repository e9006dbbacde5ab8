//! Releases that were copied from another host without the one they follow: their chain begins
//! with a gap, and that is no fault.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::record::ReleaseId;
use crate::storage::{Storage, StorageError};

/// Where it is written down.
const KEY: &str = "copied-alone.json";

/// What is written down.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Alone {
    releases: BTreeSet<ReleaseId>,
}

/// The releases that were copied alone; none where nothing is written down, or nothing readable.
pub async fn copied_alone(storage: &Storage) -> Result<BTreeSet<ReleaseId>, StorageError> {
    let bytes = storage.get(KEY).await?;
    let alone: Option<Alone> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(alone.unwrap_or_default().releases)
}

/// Writes down that a release is copied alone; to be done before it is published.
///
/// # Panics
/// Never: a list of names always has a JSON form.
pub async fn note(storage: &Storage, release: ReleaseId) -> Result<(), StorageError> {
    let mut releases = copied_alone(storage).await?;
    if !releases.insert(release) {
        return Ok(());
    }
    let mut bytes = serde_json::to_vec_pretty(&Alone { releases }).expect("names have a JSON form");
    bytes.push(b'\n');
    storage.replace(KEY, Bytes::from(bytes), "application/json").await
}
