//! Candidate to release: the file, the files made from it, the manifest, the pointer.

use std::path::Path;

use super::run::Run;
use super::{Context, RefreshError};
use crate::release::database::{self, ReleaseDatabase};
use crate::release::dataset::SCHEMA_VERSION;
use crate::release::{
    self, Acceptance, Candidate, DATASET_FILE, ManifestCapture, ManifestDraft, Materials,
    PreviousRelease, Publisher, RedactedRelease, SigningKey, SourceCredit, Staged, digest,
};

/// What is to be published.
pub(super) struct Order {
    pub(super) candidate: Candidate,
    /// The release before.
    pub(super) link: Option<PreviousRelease>,
    /// The file of the release before.
    pub(super) previous: Option<ReleaseDatabase>,
    pub(super) captures: Vec<ManifestCapture>,
    pub(super) acceptance: Option<Acceptance>,
    /// The releases that are taken back by then.
    pub(super) redactions: Vec<RedactedRelease>,
    /// Days for which an edition vouched for the present when the candidate was made.
    pub(super) active_days: Option<u64>,
    /// The public key it says it is signed with, where `key` is not at hand.
    pub(super) signing_key: Option<String>,
    /// The key that signs it.
    pub(super) key: Option<SigningKey>,
}

/// Publishes a candidate as a release.
pub(super) async fn publish(
    context: &Context,
    run: &Run,
    order: Order,
) -> Result<(), RefreshError> {
    let release = order.candidate.dataset.release;
    let folder = context.scratch().join(release.to_string());
    let scratch = |source| RefreshError::Scratch { file: folder.display().to_string(), source };
    // What a killed run left there is of no use.
    match tokio::fs::remove_dir_all(&folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(scratch(error)),
        Ok(()) | Err(_) => {}
    }
    tokio::fs::create_dir_all(&folder).await.map_err(scratch)?;
    let place = folder.clone();
    let span = tracing::Span::current();
    let staged = tokio::task::spawn_blocking(move || span.in_scope(|| stage(&place, order)))
        .await
        .map_err(|error| RefreshError::Panicked(error.to_string()))??;
    let watch = |step: &str| {
        tracing::debug!(step, "publish");
        Ok(())
    };
    let publisher = Publisher { catalog: &context.catalog, epoch: run.lead.epoch() };
    release::publish_as(publisher, &context.storage, &staged, &watch).await?;
    let abandoned = release::clear_abandoned(&context.storage).await?;
    if !abandoned.is_empty() {
        tracing::info!(releases = abandoned.len(), "deleted what stopped runs had left");
    }
    tokio::fs::remove_dir_all(&folder).await.map_err(scratch)
}

/// Writes all files of a release into `folder`, with everything but the pointer.
pub(super) fn stage(folder: &Path, order: Order) -> Result<Staged, RefreshError> {
    let Order {
        candidate,
        link,
        previous,
        captures,
        acceptance,
        redactions,
        active_days,
        signing_key,
        key,
    } = order;
    let Candidate { dataset, changes } = candidate;
    let path = folder.join(DATASET_FILE);
    tracing::debug!(step = "write dataset.sqlite", "publish");
    database::write(&path, &dataset)?;
    let draft = ManifestDraft {
        release: dataset.release,
        published_at: dataset.published_at,
        schema_version: SCHEMA_VERSION.to_owned(),
        schema_sha256: digest::sha256(database::schema_text().as_bytes()),
        software_version: dataset.software_version.clone(),
        active_days,
        signing_key,
        previous: link,
        accepted: acceptance,
        captures,
        sources: dataset
            .records
            .sources
            .iter()
            .filter(|source| source.data_as_of_on.is_some())
            .map(|source| SourceCredit {
                id: source.id.clone(),
                licence: source.licence.clone(),
                attribution: source.attribution.clone(),
            })
            .collect(),
        changes,
        gates: dataset.gates.clone(),
        redactions,
    };
    // The files are made from the file, not from memory: they cannot say anything else.
    drop(dataset);
    let database = ReleaseDatabase::open_unmapped(&path)?;
    // Files are written by threads that know nothing of the run.
    let span = tracing::Span::current();
    let watch = |step: &str| {
        span.in_scope(|| tracing::debug!(step, "publish"));
        Ok(())
    };
    let materials = Materials { database: &database, previous: previous.as_ref() };
    Ok(release::stage(folder, draft, &materials, key.as_ref(), &watch)?)
}
