//! Replays every capture along the manifest chain, release by release, and compares.

use std::collections::HashSet;

use super::{Context, News, RefreshError, hold, make, past};
use crate::record::{CoverageCell, RESOURCES, Record as _, ReleaseId};
use crate::release::database::{self, ReleaseDatabase};
use crate::release::dataset::Dataset;
use crate::release::{self, DATASET_FILE, Manifest, ManifestTable, pointer, root};

/// How a replayed release compares with the published one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// The release.
    pub release: ReleaseId,
    /// Tables that came out differently; none where it is the same.
    pub differing: Vec<String>,
}

impl Context {
    /// Makes every release again from the captures its manifest names, on top of the one made
    /// again before it, and compares the roots of all tables. Publishes nothing. A release that a
    /// redaction made is taken as it is.
    pub async fn replay(&self) -> Result<Vec<Replayed>, RefreshError> {
        let mut replayed = Vec::new();
        let mut previous: Option<Dataset> = None;
        for release in release::standing_releases(&self.storage).await? {
            let Some((manifest, _)) = pointer::manifest(&self.storage, release).await? else {
                continue;
            };
            if is_given(&manifest, previous.as_ref()) {
                let path = past::dataset_path(&self.storage, release, &self.scratch()).await?;
                previous = Some(ReleaseDatabase::open(&path)?.load()?);
                continue;
            }
            let news: Vec<News> = hold::read_again(self, &manifest.captures).await?;
            let task = make::Task {
                previous: previous.take(),
                news,
                release,
                published_at: manifest.published_at,
                software_version: manifest.software_version.clone(),
                fresh_for: manifest.active_days.map_or_else(|| self.fresh_for(), chrono::Days::new),
                limits: self.config.gates.clone(),
            };
            let dataset = make::candidate(task).await?.dataset;
            let scratch = self.scratch();
            let compare = move || {
                let tables = tables(&scratch, release, &dataset)?;
                Ok::<_, RefreshError>((tables, dataset))
            };
            let compared = tokio::task::spawn_blocking(compare).await;
            let (tables, dataset) =
                compared.map_err(|error| RefreshError::Panicked(error.to_string()))??;
            let differing = RESOURCES
                .iter()
                .map(|resource| resource.table)
                .filter(|table| manifest.table(table).is_some())
                .filter(|table| root_of(&tables, table) != root_of(&manifest.tables, table))
                .map(str::to_owned)
                .collect();
            replayed.push(Replayed { release, differing });
            previous = Some(as_read(dataset, &manifest));
        }
        Ok(replayed)
    }
}

/// Whether a release cannot be made again: one that was taken back stood before it, and what had to
/// be redacted is told by nothing but the release itself. Those that follow are made on top of it.
fn is_given(manifest: &Manifest, previous: Option<&Dataset>) -> bool {
    let follows = manifest.previous.as_ref().map(|previous| previous.release);
    follows != previous.map(|previous| previous.release)
        || manifest.redactions.iter().any(|gone| gone.redacted_in == manifest.release)
}

/// A release as the run after it read it: what its schema had no table for was filled in then, as
/// of that release.
fn as_read(mut dataset: Dataset, manifest: &Manifest) -> Dataset {
    if manifest.table(CoverageCell::TABLE).is_some() {
        return dataset;
    }
    let release = dataset.release;
    for cell in &mut dataset.records.coverage {
        (cell.first_release, cell.last_changed_release) = (release, release);
    }
    dataset.changes.retain(|change| change.resource != CoverageCell::TABLE);
    let cells = dataset.records.coverage.iter().map(|cell| cell.id.as_str());
    let cells: HashSet<&str> = cells.collect();
    dataset.identities.retain_mut(|identity| {
        if identity.what.resource == CoverageCell::TABLE {
            identity.release = release;
        }
        identity.what.resource != CoverageCell::TABLE || cells.contains(identity.what.id.as_str())
    });
    dataset.withdrawals.retain(|withdrawal| withdrawal.what.resource != CoverageCell::TABLE);
    dataset
}

fn root_of<'a>(tables: &'a [ManifestTable], name: &str) -> Option<&'a str> {
    tables.iter().find(|table| table.name == name).map(|table| table.root.as_str())
}

/// The roots of a dataset, by way of a release file: as they were when it was published.
fn tables(
    scratch: &std::path::Path,
    release: ReleaseId,
    dataset: &Dataset,
) -> Result<Vec<ManifestTable>, RefreshError> {
    // Several replays may run at once: they change nothing, and need no lead.
    let folder = scratch.join(format!("replay-{}-{release}", std::process::id()));
    let failed = |source| RefreshError::Scratch { file: folder.display().to_string(), source };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let path = folder.join(DATASET_FILE);
    database::write(&path, dataset)?;
    let rows = ReleaseDatabase::open(&path)?;
    let tables = root::tables(&rows).map_err(crate::release::StageError::Root)?;
    drop(rows);
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    Ok(tables)
}
