//! What is published: whether the pointer names the newest release, and its link to the one before.

use chrono::{DateTime, Utc};

use super::report::{Check, causes};
use crate::config::{Config, StorageLocation};
use crate::record::ReleaseId;
use crate::release::pointer::{self, Pointer, PointerError};
use crate::release::{Manifest, digest};
use crate::storage::Storage;

const ABOUT: &str = "releases";

/// The newest release.
pub(super) struct Newest {
    pub(super) pointer: Pointer,
    pub(super) manifest: Manifest,
}

impl Newest {
    pub(super) fn release(&self) -> ReleaseId {
        self.pointer.release
    }

    pub(super) fn published_at(&self) -> DateTime<Utc> {
        self.pointer.published_at
    }

    /// Bytes of all its files.
    pub(super) fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }
}

pub(super) async fn checks(config: &Config) -> (Option<Newest>, Vec<Check>) {
    // Opening the storage would make its folder.
    if let StorageLocation::Folder(folder) = &config.storage
        && !folder.exists()
    {
        return (None, vec![nothing()]);
    }
    match look(config).await {
        Ok(None) => (None, vec![nothing()]),
        Ok(Some((newest, checks))) => (Some(newest), checks),
        Err(error) => {
            let advice = match error {
                PointerError::Manifest { .. } => "`porchlight release verify` looks at all files",
                PointerError::Storage(_) => "look at the disk, or at the bucket and its key",
            };
            (None, vec![Check::fault(ABOUT, causes(&error), advice)])
        }
    }
}

fn nothing() -> Check {
    Check::ok(ABOUT, "nothing is published yet: `porchlight refresh` makes the first release")
}

async fn look(config: &Config) -> Result<Option<(Newest, Vec<Check>)>, PointerError> {
    let storage = Storage::open(&config.storage).map_err(PointerError::Storage)?;
    let Some(release) = pointer::releases(&storage).await?.pop() else { return Ok(None) };
    let Some((manifest, bytes)) = pointer::manifest(&storage, release).await? else {
        return Ok(None);
    };
    let newest = Newest { pointer: Pointer::to(&manifest, digest::sha256(&bytes)), manifest };
    let named = pointer::named(&storage).await?;
    let checks = vec![of_pointer(&newest, named.as_ref()), of_link(&storage, &newest).await?];
    Ok(Some((newest, checks)))
}

fn of_pointer(newest: &Newest, named: Option<&Pointer>) -> Check {
    let release = newest.release();
    let advice =
        "the next refresh that publishes moves it; until then `serve` goes by the manifests";
    match named {
        Some(named) if *named == newest.pointer => {
            Check::ok(ABOUT, format!("latest.json names the newest, {release}"))
        }
        Some(named) if named.release == release => Check::fault(
            ABOUT,
            format!("latest.json names another manifest of {release} than the one that is there"),
            "`porchlight release verify` tells which files were changed",
        ),
        Some(named) => {
            let found = format!("latest.json names {}, and {release} is newer", named.release);
            Check::fault(ABOUT, found, advice)
        }
        None => Check::fault(ABOUT, "latest.json is missing or cannot be read", advice),
    }
}

/// Checks that the release before the newest is the one it says it follows.
async fn of_link(storage: &Storage, newest: &Newest) -> Result<Check, PointerError> {
    let release = newest.release();
    let Some(previous) = &newest.manifest.previous else {
        return Ok(Check::ok(ABOUT, format!("{release} is the first")));
    };
    let before = previous.release;
    if newest.manifest.redactions.iter().any(|gone| gone.release == before) {
        return Ok(Check::ok(
            ABOUT,
            format!("{release} stands for {before}, which was taken back"),
        ));
    }
    Ok(match pointer::manifest(storage, before).await? {
        Some((_, bytes)) if digest::sha256(&bytes) == previous.manifest_sha256 => {
            Check::ok(ABOUT, format!("{release} follows {before}, as its manifest says"))
        }
        Some(_) => Check::fault(
            ABOUT,
            format!("the manifest of {before} is not the one that {release} follows"),
            "it was changed: copy it from a mirror or a backup",
        ),
        None => Check::warning(
            ABOUT,
            format!("{before}, which {release} follows, is not here"),
            "copy it from a mirror or a backup, if it was ever here",
        ),
    })
}
