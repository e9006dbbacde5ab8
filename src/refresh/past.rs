//! What is published already.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Days, Duration, Utc};

use super::RefreshError;
use crate::record::{Edition, ReleaseId};
use crate::release::database::ReleaseDatabase;
use crate::release::dataset::Dataset;
use crate::release::pointer::{self, Pointer};
use crate::release::{self, DATASET_FILE, Manifest, RedactedRelease, digest};
use crate::storage::Storage;

/// The latest release.
pub(super) struct Past {
    pointer: Pointer,
    manifest: Manifest,
    path: PathBuf,
    database: ReleaseDatabase,
}

impl Past {
    /// Opens the latest release; nothing, where none was ever published.
    ///
    /// Only the leader may: it deletes what a redaction took back and moves `latest.json` where a
    /// run was killed before it could.
    pub(super) async fn open(
        storage: &Storage,
        scratch: &Path,
        cache: &Path,
    ) -> Result<Option<Self>, RefreshError> {
        let cleared = release::clear_redacted(storage).await?;
        if !cleared.is_empty() {
            tracing::info!(releases = cleared.len(), "deleted what was taken back");
        }
        let Some(pointer) = pointer::latest(storage).await? else { return Ok(None) };
        if pointer::named(storage).await?.as_ref() != Some(&pointer) {
            release::move_pointer(storage, &pointer).await?;
        }
        Self::at(storage, pointer.release, scratch, cache).await
    }

    /// Opens a release, as today's schema has it; nothing, where there is none of that name. Where
    /// its schema is older, its copy is made in `cache`.
    pub(super) async fn at(
        storage: &Storage,
        release: ReleaseId,
        scratch: &Path,
        cache: &Path,
    ) -> Result<Option<Self>, RefreshError> {
        let Some((manifest, bytes)) = pointer::manifest(storage, release).await? else {
            return Ok(None);
        };
        let pointer = Pointer::to(&manifest, digest::sha256(&bytes));
        let path = dataset_path(storage, release, scratch).await?;
        let database = ReleaseDatabase::open_current(&path, cache)?;
        Ok(Some(Self { pointer, manifest, path, database }))
    }

    /// Its name.
    pub(super) fn release(&self) -> ReleaseId {
        self.pointer.release
    }

    /// When the release after it is published if it is made `now`: later than it, also by a clock that
    /// was set back. Whoever asks what is newer than its date must not miss the next.
    pub(super) fn published_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.manifest.published_at + Duration::seconds(1))
    }

    /// The releases that were taken back up to it.
    pub(super) fn redactions(&self) -> &[RedactedRelease] {
        &self.manifest.redactions
    }

    /// The editions it was made from.
    pub(super) fn editions(&self) -> Result<Vec<Edition>, RefreshError> {
        let editions = self.database.editions()?;
        Ok(editions.into_iter().map(|edition| edition.what).collect())
    }

    /// Whether it still says what holds `now`, if no source says anything new: it was made by this
    /// version of the program, and no edition has grown too old since to vouch for the present.
    pub(super) fn vouches_until(
        &self,
        editions: &[Edition],
        now: DateTime<Utc>,
        fresh_for: Days,
    ) -> bool {
        let meta = self.database.meta();
        let then = meta.published_at.date_naive();
        let is_newest = |edition: &&Edition| {
            let own = editions.iter().filter(|other| other.source_id == edition.source_id);
            own.map(|other| &other.key).max() == Some(&edition.key)
        };
        let has_aged = editions.iter().filter(is_newest).any(|edition| {
            let last_day = edition.key.as_of_on.checked_add_days(fresh_for);
            last_day.is_some_and(|last_day| (then..now.date_naive()).contains(&last_day))
        });
        meta.software_version == env!("CARGO_PKG_VERSION") && !has_aged
    }

    /// Its file.
    pub(super) fn into_database(self) -> ReleaseDatabase {
        self.database
    }

    /// All it holds, and its file. Its bytes are checked first: what a run makes builds on them.
    pub(super) async fn load(self) -> Result<(Pointer, Dataset, ReleaseDatabase), RefreshError> {
        let Self { pointer, manifest, path, database } = self;
        let release = pointer.release.to_string();
        let load = tokio::task::spawn_blocking(move || {
            let unreadable =
                |source| RefreshError::Scratch { file: path.display().to_string(), source };
            let file = std::fs::File::open(&path).map_err(unreadable)?;
            let (_, found) = digest::sha256_of_reader(file).map_err(unreadable)?;
            let expected = manifest.file(DATASET_FILE).map(|file| &file.sha256);
            if expected != Some(&found) {
                let file = path.display().to_string();
                return Err(RefreshError::Damaged { release, file });
            }
            Ok((database.load()?, database))
        });
        let (dataset, database) =
            load.await.map_err(|error| RefreshError::Panicked(error.to_string()))??;
        Ok((pointer, dataset, database))
    }
}

/// Where the release file lies: in the folder itself, or brought here from a bucket.
pub(super) async fn dataset_path(
    storage: &Storage,
    release: ReleaseId,
    scratch: &Path,
) -> Result<PathBuf, RefreshError> {
    let key = pointer::key(release, DATASET_FILE);
    if let Some(path) = storage.local_path(&key) {
        return Ok(path);
    }
    let path = scratch.join(format!("{release}.sqlite"));
    let damaged =
        || RefreshError::Damaged { release: release.to_string(), file: DATASET_FILE.to_owned() };
    let bytes = storage.get(&key).await?.ok_or_else(damaged)?;
    let written = async {
        tokio::fs::create_dir_all(scratch).await?;
        tokio::fs::write(&path, bytes).await
    };
    written
        .await
        .map_err(|source| RefreshError::Scratch { file: path.display().to_string(), source })?;
    Ok(path)
}
