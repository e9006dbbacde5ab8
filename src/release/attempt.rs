//! Names of releases, each for one attempt to publish.
//!
//! A run that was stopped leaves files without a manifest. Nothing of them is taken over, and their
//! name is not used again: a process that was only cut off, not dead, may go on putting and deleting
//! files under it, and no other release may stand there. They are deleted as soon as a release of a
//! later name is published, because from then on no release can get that name any more.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::record::ReleaseId;
use crate::release::manifest::MANIFEST_FILE;
use crate::release::pointer::{self, PointerError};
use crate::storage::{Storage, StoredObject};

/// The name for the release after `previous`: later than every name under which there is a file.
pub async fn next_release(
    storage: &Storage,
    previous: Option<ReleaseId>,
    date: NaiveDate,
) -> Result<ReleaseId, PointerError> {
    let names = attempts(storage).await?.into_iter().map(|(name, _)| name);
    Ok(ReleaseId::after(names.chain(previous).max(), date))
}

/// Deletes files without a manifest whose name is earlier than the newest release, and returns the
/// names. Only by the one who writes.
pub async fn clear_abandoned(storage: &Storage) -> Result<Vec<ReleaseId>, PointerError> {
    let attempts = attempts(storage).await?;
    let whole: BTreeSet<ReleaseId> = attempts
        .iter()
        .filter(|(name, object)| object.key == pointer::key(*name, MANIFEST_FILE))
        .map(|(name, _)| *name)
        .collect();
    let mut cleared = BTreeSet::new();
    for (name, StoredObject { key, .. }) in attempts {
        if whole.contains(&name) || whole.last().is_none_or(|newest| name > *newest) {
            continue;
        }
        storage.delete(&key).await.map_err(PointerError::Storage)?;
        cleared.insert(name);
    }
    Ok(cleared.into_iter().collect())
}

/// Every file of every release, whole or not, with the name it stands under.
async fn attempts(storage: &Storage) -> Result<Vec<(ReleaseId, StoredObject)>, PointerError> {
    let objects = storage.list(pointer::RELEASES).await.map_err(PointerError::Storage)?;
    let named = |object: StoredObject| Some((pointer::release_of(&object.key)?, object));
    Ok(objects.into_iter().filter_map(named).collect())
}
