//! Makes a published release again from what its manifest names, and compares.

use std::path::{Path, PathBuf};

use chrono::Days;

use super::past::{self, Past};
use super::{Context, RefreshError, hold, make, publish};
use crate::record::{RESOURCES, ReleaseId, Resource};
use crate::release::database::ReleaseDatabase;
use crate::release::root::{self, RowDifference};
use crate::release::{
    DATASET_FILE, MANIFEST_FILE, MANIFEST_SIGNATURE, Manifest, PublicKey, SUMS_FILE,
    SUMS_SIGNATURE, Staged, pointer,
};

/// How a release made again compares with the published one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rebuilt {
    /// The release.
    pub release: ReleaseId,
    /// Version of the program that published it.
    pub made_by: String,
    /// Version of this program.
    pub rebuilt_by: String,
    /// Tables that hold other records; none where the rows are the same.
    pub differing_tables: Vec<DifferingTable>,
    /// Files with other bytes, and signatures that do not sign what was made; none where the bytes
    /// are the same.
    pub differing_files: Vec<String>,
}

/// A table that came out differently.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DifferingTable {
    /// Its name.
    pub table: String,
    /// Records its manifest gives.
    pub published_rows: u64,
    /// Records that were made.
    pub made_rows: u64,
    /// The first record that differs; none where the published file cannot tell.
    pub first: Option<RowDifference>,
}

impl Rebuilt {
    /// Whether all tables hold the same records.
    #[must_use]
    pub fn has_same_rows(&self) -> bool {
        self.differing_tables.is_empty()
    }

    /// Whether all files have the same bytes, too.
    #[must_use]
    pub fn has_same_bytes(&self) -> bool {
        self.has_same_rows() && self.differing_files.is_empty()
    }
}

impl Context {
    /// Makes a release again from the captures its manifest names and the release before it, and
    /// compares the roots of all tables, then every file. What people and settings decided is taken
    /// from the manifest: its time, its gates, its acceptance. Publishes nothing, and needs no lead.
    pub async fn rebuild(&self, release: ReleaseId) -> Result<Rebuilt, RefreshError> {
        let found = pointer::manifest(&self.storage, release).await?;
        let (manifest, bytes) = found.ok_or(RefreshError::NoSuchRelease(release))?;
        let folder = self.scratch().join(format!("rebuild-{}-{release}", std::process::id()));
        let failed = |source| RefreshError::Scratch { file: folder.display().to_string(), source };
        tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
        let compared = async {
            let staged = self.make_again(&manifest, &folder).await?;
            self.compare(manifest, &bytes, staged, &folder).await
        };
        let compared = compared.await;
        let removed = tokio::fs::remove_dir_all(&folder).await.map_err(failed);
        // What went wrong first is what is worth telling.
        let rebuilt = compared?;
        removed?;
        Ok(rebuilt)
    }

    async fn make_again(&self, manifest: &Manifest, folder: &Path) -> Result<Staged, RefreshError> {
        self.tell("open");
        if manifest.redactions.iter().any(|gone| gone.redacted_in == manifest.release) {
            return Err(RefreshError::MadeByRedaction(manifest.release));
        }
        let (dataset, previous) = match &manifest.previous {
            None => (None, None),
            Some(link) => {
                let past =
                    Past::at(&self.storage, link.release, &folder.join("before"), &self.cache())
                        .await?;
                let past = past.ok_or(RefreshError::NoSuchRelease(link.release))?;
                let (_, dataset, file) = past.load().await?;
                (Some(dataset), Some(file))
            }
        };
        self.tell("read");
        let task = make::Task {
            previous: dataset,
            news: hold::read_again(self, &manifest.captures).await?,
            release: manifest.release,
            published_at: manifest.published_at,
            software_version: manifest.software_version.clone(),
            fresh_for: manifest.active_days.map_or_else(|| self.fresh_for(), Days::new),
            limits: self.config.gates.clone(),
        };
        self.tell("make");
        let mut candidate = make::candidate(task).await?;
        // Thresholds may have moved since; the verdict was given then.
        candidate.dataset.gates.clone_from(&manifest.gates);
        let order = publish::Order {
            candidate,
            link: manifest.previous.clone(),
            previous,
            captures: manifest.captures.clone(),
            acceptance: manifest.accepted.clone(),
            redactions: manifest.redactions.clone(),
            active_days: manifest.active_days,
            signing_key: manifest.signing_key.clone(),
            key: None,
        };
        self.tell("write");
        let place = folder.to_owned();
        tokio::task::spawn_blocking(move || publish::stage(&place, order))
            .await
            .map_err(|error| RefreshError::Panicked(error.to_string()))?
    }

    async fn compare(
        &self,
        manifest: Manifest,
        bytes: &[u8],
        staged: Staged,
        folder: &Path,
    ) -> Result<Rebuilt, RefreshError> {
        self.tell("compare");
        let mut differing_files = differing_files(&manifest, bytes, &staged);
        differing_files.extend(self.unfit_signatures(&manifest, &staged, folder).await?);
        let published = self.published_file(manifest.release, &folder.join("published")).await?;
        let made = folder.join(DATASET_FILE);
        let tables = tokio::task::spawn_blocking(move || {
            let tables = differing_tables(&manifest, &staged, published.as_deref(), &made);
            tables.map(|tables| (tables, manifest))
        });
        let (differing_tables, manifest) =
            tables.await.map_err(|error| RefreshError::Panicked(error.to_string()))??;
        Ok(Rebuilt {
            release: manifest.release,
            made_by: manifest.software_version,
            rebuilt_by: env!("CARGO_PKG_VERSION").to_owned(),
            differing_tables,
            differing_files,
        })
    }

    /// Where the release file as published lies; none where it is gone.
    async fn published_file(
        &self,
        release: ReleaseId,
        scratch: &Path,
    ) -> Result<Option<PathBuf>, RefreshError> {
        match past::dataset_path(&self.storage, release, scratch).await {
            Ok(path) => Ok(Some(path)),
            // The manifest still tells whether the tables are the same.
            Err(RefreshError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The published signatures that do not sign what was made. It takes only the public key.
    async fn unfit_signatures(
        &self,
        manifest: &Manifest,
        staged: &Staged,
        folder: &Path,
    ) -> Result<Vec<String>, RefreshError> {
        let Some(key) = &manifest.signing_key else { return Ok(Vec::new()) };
        let key = PublicKey::read(key)?;
        let path = folder.join(SUMS_FILE);
        let sums = tokio::fs::read(&path)
            .await
            .map_err(|source| RefreshError::Scratch { file: path.display().to_string(), source })?;
        let mut unfit = Vec::new();
        for (name, made) in
            [(SUMS_SIGNATURE, sums.as_slice()), (MANIFEST_SIGNATURE, staged.manifest_bytes())]
        {
            let signature = self.storage.get(&pointer::key(manifest.release, name)).await?;
            let signature = signature.unwrap_or_default();
            if key.check(manifest.release, made, &signature).is_err() {
                unfit.push(name.to_owned());
            }
        }
        Ok(unfit)
    }

    fn tell(&self, stage: &str) {
        tracing::info!(stage, "rebuild");
        if let Some(watcher) = &self.watcher {
            watcher(stage);
        }
    }
}

/// The files that are not in both, or with other bytes; the manifest last.
fn differing_files(manifest: &Manifest, bytes: &[u8], staged: &Staged) -> Vec<String> {
    let made = staged.manifest();
    let differs = |name: &str| {
        let [published, made] = [manifest, made].map(|of| of.file(name).map(|file| &file.sha256));
        published != made
    };
    let only_made = made.files.iter().filter(|file| manifest.file(&file.name).is_none());
    let names = manifest.files.iter().chain(only_made).map(|file| file.name.clone());
    let mut differing: Vec<String> = names.filter(|name| differs(name)).collect();
    if staged.manifest_bytes() != bytes {
        differing.push(MANIFEST_FILE.to_owned());
    }
    differing
}

/// The tables of which the manifest gives another root. Tables it does not give are newer than it.
fn differing_tables(
    manifest: &Manifest,
    staged: &Staged,
    published: Option<&Path>,
    made: &Path,
) -> Result<Vec<DifferingTable>, RefreshError> {
    let made = ReleaseDatabase::open(made)?;
    let published = published.and_then(|path| ReleaseDatabase::open(path).ok());
    let first = |resource: &'static Resource| {
        let published = published.as_ref()?;
        // A published file that cannot be read to the end cannot tell.
        root::first_difference(published, &made, resource).ok().flatten()
    };
    let mut differing = Vec::new();
    for table in &manifest.tables {
        let other = staged.manifest().table(&table.name);
        if other == Some(table) {
            continue;
        }
        let resource = RESOURCES.iter().find(|resource| resource.table == table.name);
        differing.push(DifferingTable {
            table: table.name.clone(),
            published_rows: table.rows,
            made_rows: other.map_or(0, |other| other.rows),
            first: resource.and_then(first),
        });
    }
    Ok(differing)
}
