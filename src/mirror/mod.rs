//! Other hosts: their releases copied here byte for byte, and what they serve checked against what
//! they publish.
//!
//! A copy is made of what a host serves to everybody; nothing has to be set up there. It is looked
//! at as one chain with what is here already (`plan`), brought here file by file (`copy`), and
//! published as a release made here would be. A check walks the API (`walk`) and says of a table
//! that is not what its root promises which row differs first (`difference`).

mod check;
mod copy;
mod difference;
mod error;
mod finding;
mod host;
mod plan;
mod signature;
mod walk;

use std::path::PathBuf;
use std::time::Instant;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

pub use check::{CheckOptions, Checked, check};
pub use error::MirrorError;
pub use finding::{Finding, FindingKind};

use crate::catalog::{Catalog, Ending, Epoch, ReleaseRow, RunEnd, RunKind, StageTime};
use crate::config::Config;
use crate::fetch::Client;
use crate::record::ReleaseId;
use crate::release::pointer::{self, Pointer};
use crate::release::{self, Interrupted, PublicKey, Staged, alone};
use crate::storage::Storage;
use copy::{Folder, remove_folder};
use host::Host;
use plan::{Plan, plan};

/// A home that copies from another host.
#[derive(Debug)]
pub struct Mirror {
    storage: Storage,
    catalog: Catalog,
    client: Client,
    /// The folder for files on their way.
    folder: PathBuf,
}

/// What is to be copied.
#[derive(Debug, Clone, Default)]
pub struct CopyOptions {
    /// This release only; every release where none is named.
    pub only: Option<ReleaseId>,
    /// The key that must have signed the newest release that is copied.
    pub trusted: Option<PublicKey>,
}

/// What a run copied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The releases that were copied, the oldest first.
    pub copied: Vec<CopiedRelease>,
    /// Releases that were here and that the host has taken back: they were removed.
    pub removed: Vec<ReleaseId>,
    /// How many releases of the host were here already.
    pub here: usize,
    /// The release that was copied without the one it follows.
    pub alone: Option<ReleaseId>,
}

/// A release that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopiedRelease {
    /// Its name.
    pub release: ReleaseId,
    /// Files, without the manifest.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Mirror {
    /// Opens storage and catalog of the home and makes ready to ask.
    pub fn open(config: &Config) -> Result<Self, MirrorError> {
        Ok(Self {
            storage: Storage::open(&config.storage)?,
            catalog: Catalog::open(&config.catalog)?,
            client: Client::new(&config.fetch)?,
            folder: config.home.join("staging").join("mirror"),
        })
    }

    /// Copies what the host at `url` has and this home has not. Nothing, where another run writes to
    /// this home.
    ///
    /// The chain of all releases of the host is checked in any case, together with those here. May
    /// be killed at any moment: what has come is used by the next run, and a release is either
    /// published whole or not at all.
    pub async fn copy(
        &self,
        url: &str,
        options: &CopyOptions,
        now: DateTime<Utc>,
    ) -> Result<Option<Report>, MirrorError> {
        let now = now.trunc_subsecs(0);
        let Some(lead) = self.catalog.try_lead(now)? else { return Ok(None) };
        let (clock, epoch) = (Instant::now(), lead.epoch());
        let run = self.catalog.begin_run(epoch, RunKind::Mirror, now)?;
        let done = self.copy_as(epoch, &Host::new(self.client.clone(), url, now), options).await;
        let (ending, message) = match &done {
            Ok(Report { copied, .. }) => match copied.last() {
                Some(last) => (Ending::Published(last.release), None),
                None => (Ending::Unchanged, None),
            },
            Err(error) => (Ending::Failed, Some(in_words(error))),
        };
        let end = RunEnd {
            at: now + clock.elapsed(),
            ending,
            message,
            stages: vec![StageTime::new("mirror", clock.elapsed())],
            captures: Vec::new(),
            changes: serde_json::Value::Null,
        };
        let finished = self.catalog.finish_run(run, &end);
        // What went wrong first is what the operator must hear of.
        let report = done?;
        finished?;
        Ok(Some(report))
    }

    async fn copy_as(
        &self,
        epoch: Epoch,
        host: &Host,
        options: &CopyOptions,
    ) -> Result<Report, MirrorError> {
        tracing::debug!(step = "look at what is here", "mirror");
        self.make_good().await?;
        tracing::debug!(step = "look at the host", "mirror");
        let Plan { copies, removals, here, alone } =
            plan(host, &self.storage, options.only).await?;
        let mut report = Report { here, alone, ..Report::default() };
        for (at, copied) in copies.iter().enumerate() {
            // The links of the chain vouch for those before the newest.
            let trusted = options.trusted.as_ref().filter(|_| at + 1 == copies.len());
            let folder = Folder::of(copied.manifest.release, &self.folder);
            let staged = folder.fill(host, copied, trusted).await?;
            if let Some(release) = alone {
                alone::note(&self.storage, release).await?;
            }
            report.copied.push(self.publish(epoch, &folder, &staged).await?);
        }
        for release in removals {
            tracing::debug!(step = format!("remove {release}"), "mirror");
            release::remove(&self.storage, release).await?;
            report.removed.push(release);
        }
        self.make_good().await?;
        tracing::debug!(step = "done", "mirror");
        remove_folder(&self.folder).await?;
        Ok(report)
    }

    /// Moves `latest.json` where a run was killed before it could.
    async fn make_good(&self) -> Result<(), MirrorError> {
        let Some(latest) = pointer::latest(&self.storage).await? else { return Ok(()) };
        if pointer::named(&self.storage).await?.as_ref() != Some(&latest) {
            release::move_pointer(&self.storage, &latest).await?;
        }
        Ok(())
    }

    async fn publish(
        &self,
        epoch: Epoch,
        folder: &Folder,
        staged: &Staged,
    ) -> Result<CopiedRelease, MirrorError> {
        let watch = |step: &str| {
            tracing::debug!(step, "mirror");
            // The manifest is the point of no return: only the leader may pass it.
            if step == "put manifest.json" {
                return self.catalog.check_epoch(epoch).map_err(|_superseded| Interrupted);
            }
            Ok(())
        };
        let pointer = folder.publish(&self.storage, staged, &watch).await?;
        let Pointer { release, published_at, manifest_sha256 } = pointer;
        let row = ReleaseRow { release, published_at, manifest_sha256 };
        self.catalog.record_release(epoch, &row)?;
        let files = &staged.manifest().files;
        let bytes = files.iter().map(|file| file.bytes).sum();
        Ok(CopiedRelease { release, files: files.len(), bytes })
    }
}

/// An error and its causes, for the catalog.
fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
