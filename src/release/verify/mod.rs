//! Checking what is published against what its manifests promise.

mod chain;
mod contents;
mod files;
mod signature;

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::StorageLocation;
use crate::record::ReleaseId;
use crate::release::clear::redacted_releases;
use crate::release::fault::{Fault, FaultKind};
use crate::release::manifest::{MANIFEST_FILE, Manifest, RedactedRelease};
use crate::release::pointer::{self, PointerError};
use crate::release::sign::PublicKey;
use crate::storage::{Storage, StorageError};
use chain::{Chain, Held};
use files::Place;

/// What was checked of a release, and everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The release.
    pub release: ReleaseId,
    /// Files that were read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records whose hashes were computed again.
    pub rows: u64,
    /// Whether it is signed, and both signatures are good.
    pub signed: bool,
    /// The release it follows, where it was copied without that one: their link is not checked.
    pub gap: Option<ReleaseId>,
    /// What is wrong; empty when the release is as its manifest says.
    pub faults: Vec<Fault>,
}

impl Report {
    fn of(release: ReleaseId, manifest: &[u8]) -> Self {
        let bytes = manifest.len() as u64;
        Self { release, files: 1, bytes, rows: 0, signed: false, gap: None, faults: Vec::new() }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, file: &str, kind: FaultKind) {
        self.faults.push(Fault { release: self.release, file: file.to_owned(), kind });
    }
}

/// What was checked of a whole storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// Every release, the oldest first.
    pub releases: Vec<Report>,
    /// What is wrong with the links between them, and with `latest.json`.
    pub chain_faults: Vec<Fault>,
}

impl ChainReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults().next().is_none()
    }

    /// Everything that is wrong.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.releases.iter().flat_map(|report| &report.faults).chain(&self.chain_faults)
    }
}

/// Why a check could not be made at all. What a check finds is a [`Fault`].
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The storage failed.
    #[error("storage failed")]
    Storage(#[source] StorageError),
    /// The releases there are cannot be told.
    #[error("the releases there are cannot be told")]
    Releases(#[source] PointerError),
    /// There is no such release.
    #[error("there is no release {0}")]
    NoSuchRelease(ReleaseId),
    /// A folder holds no release.
    #[error("`{}` holds no release: it has no `manifest.json` that can be read", folder.display())]
    NoRelease {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder for copies of files cannot be used.
    #[error("the folder for copies cannot be used")]
    Scratch(#[source] io::Error),
}

/// Checks one release: its manifest, the size and hash of every file, `SHA256SUMS`, the roots of
/// all tables, every table file against the dataset cell by cell, its signatures, and its links to
/// the releases before and after it. What this version of the program made is made again and
/// compared.
///
/// `trusted` is the key that must have signed it. Copies of files are made in `scratch`, which must
/// exist; the caller removes it.
pub async fn verify_release(
    storage: &Storage,
    release: ReleaseId,
    trusted: Option<&PublicKey>,
    scratch: &Path,
) -> Result<Report, VerifyError> {
    let (releases, redacted) = standing(storage).await?;
    if !releases.contains(&release) {
        return Err(VerifyError::NoSuchRelease(release));
    }
    // Who vouches for a manifest is told by all that follow.
    let held = Held { release: Some(release), trusted };
    let chain = Chain::read(storage, &releases, &releases, redacted, held).await?;
    let mut report = check_release(storage, &chain, release, scratch).await?;
    report.faults.extend(chain.faults_about(release));
    Ok(report)
}

/// Checks every release, and the chain from `latest.json` and the signature of the newest back to
/// the first.
///
/// `trusted` is the key that must have signed the newest; the links vouch for those before it.
pub async fn verify_chain(
    storage: &Storage,
    trusted: Option<&PublicKey>,
    scratch: &Path,
) -> Result<ChainReport, VerifyError> {
    let (releases, redacted) = standing(storage).await?;
    let held = Held { release: releases.last().copied(), trusted };
    let chain = Chain::read(storage, &releases, &releases, redacted, held).await?;
    let mut reports = Vec::new();
    for release in &releases {
        reports.push(check_release(storage, &chain, *release, scratch).await?);
    }
    Ok(ChainReport { releases: reports, chain_faults: chain.faults() })
}

/// Checks the files of one release in a folder of their own, as somebody downloaded them. There is
/// no chain to check: only a signature by a `trusted` key says that the manifest is the published
/// one.
pub async fn verify_folder(
    folder: &Path,
    trusted: Option<&PublicKey>,
    scratch: &Path,
) -> Result<Report, VerifyError> {
    let none = || VerifyError::NoRelease { folder: folder.to_owned() };
    // Opening a storage makes its folder.
    if !folder.join(MANIFEST_FILE).is_file() {
        return Err(none());
    }
    let location = StorageLocation::Folder(folder.to_owned());
    let storage = Storage::open(&location).map_err(VerifyError::Storage)?;
    let bytes = storage.get(MANIFEST_FILE).await.map_err(VerifyError::Storage)?;
    let bytes = bytes.ok_or_else(none)?;
    let manifest = Manifest::read(&bytes).map_err(|_no_manifest| none())?;
    let mut report = Report::of(manifest.release, &bytes);
    let place = Place::folder(&storage);
    let signed = signature::check(&place, &manifest, &bytes, trusted, signature::Vouched::No).await;
    signed?.tell(&mut report);
    check_contents(&place, &manifest, &bytes, None, scratch, &mut report).await?;
    Ok(report)
}

/// The releases that stand, in order, and those that were taken back.
async fn standing(
    storage: &Storage,
) -> Result<(Vec<ReleaseId>, Vec<RedactedRelease>), VerifyError> {
    let redacted = match redacted_releases(storage).await {
        Ok(redacted) => redacted,
        // The newest manifest is damaged, which is a fault to be named like any other.
        Err(PointerError::Manifest { .. }) => Vec::new(),
        Err(error @ PointerError::Storage(_)) => return Err(VerifyError::Releases(error)),
    };
    let mut releases = pointer::releases(storage).await.map_err(VerifyError::Releases)?;
    releases.retain(|release| !redacted.iter().any(|gone| gone.release == *release));
    Ok((releases, redacted))
}

async fn check_release(
    storage: &Storage,
    chain: &Chain,
    release: ReleaseId,
    scratch: &Path,
) -> Result<Report, VerifyError> {
    let link = chain.link(release).ok_or(VerifyError::NoSuchRelease(release))?;
    let mut report = Report::of(release, &link.bytes);
    let manifest = match &link.manifest {
        Ok(manifest) => manifest,
        Err(error) => {
            report.fault(MANIFEST_FILE, FaultKind::unreadable(error));
            return Ok(report);
        }
    };
    if manifest.release != release {
        report.fault(MANIFEST_FILE, FaultKind::OtherRelease { says: manifest.release });
    }
    link.signed.tell(&mut report);
    report.gap = chain.gap_before(link);
    let place = Place::of_release(storage, release);
    let before = match &manifest.previous {
        None => contents::Before::None,
        // It was compared with what was left of it, which lies nowhere.
        Some(previous)
            if manifest.redactions.iter().any(|gone| gone.release == previous.release) =>
        {
            contents::Before::Elsewhere
        }
        Some(previous) => files::before(storage, previous.release, scratch).await?,
    };
    check_contents(&place, manifest, &link.bytes, Some(before), scratch, &mut report).await?;
    Ok(report)
}

/// Everything that can be told without the chain; `before` is the release before, where it is at
/// hand.
async fn check_contents(
    place: &Place<'_>,
    manifest: &Manifest,
    bytes: &[u8],
    before: Option<contents::Before>,
    scratch: &Path,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let paths = files::check(place, manifest, scratch, report).await?;
    files::check_unlisted(place, manifest, report).await?;
    files::check_sums(manifest, &paths, report);
    let before = match before {
        Some(before) => before,
        None if manifest.previous.is_none() => contents::Before::None,
        None => contents::Before::Elsewhere,
    };
    contents::check(manifest, bytes, &paths, &before, scratch, report);
    Ok(())
}
