//! Checking what is published against what its manifests promise.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::record::{RESOURCES, ReleaseId, Resource};
use crate::release::database::ReleaseDatabase;
use crate::release::digest;
use crate::release::fault::{Fault, FaultKind};
use crate::release::format::{self, Kind};
use crate::release::manifest::{MANIFEST_FILE, Manifest};
use crate::release::pointer::{self, LATEST_KEY, PointerError};
use crate::release::root;
use crate::release::rows::Rows;
use crate::release::stage::{DATASET_FILE, SUMS_FILE};
use crate::storage::{Storage, StorageError, StoredObject};

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
    /// What is wrong; empty when the release is as its manifest says.
    pub faults: Vec<Fault>,
}

impl Report {
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
    /// What is wrong with `latest.json`.
    pub pointer_faults: Vec<Fault>,
}

impl ChainReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults().next().is_none()
    }

    /// Everything that is wrong.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.releases.iter().flat_map(|report| &report.faults).chain(&self.pointer_faults)
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
    /// The folder for copies of files cannot be used.
    #[error("the folder for copies cannot be used")]
    Scratch(#[source] io::Error),
}

/// Checks one release: its manifest, the size and hash of every file, `SHA256SUMS`, the roots of
/// all tables, every table file against the dataset cell by cell, and its link to the release
/// before it.
///
/// Files of a remote storage are copied into `scratch`, which must exist; the caller removes it.
pub async fn verify_release(
    storage: &Storage,
    release: ReleaseId,
    scratch: &Path,
) -> Result<Report, VerifyError> {
    let releases = pointer::releases(storage).await.map_err(VerifyError::Releases)?;
    verify_among(storage, &releases, release, scratch).await
}

/// Checks a release, one of the `releases` there are.
async fn verify_among(
    storage: &Storage,
    releases: &[ReleaseId],
    release: ReleaseId,
    scratch: &Path,
) -> Result<Report, VerifyError> {
    let key = pointer::key(release, MANIFEST_FILE);
    let bytes = storage.get(&key).await.map_err(VerifyError::Storage)?;
    let bytes = bytes.ok_or(VerifyError::NoSuchRelease(release))?;
    let mut report =
        Report { release, files: 1, bytes: bytes.len() as u64, rows: 0, faults: vec![] };
    let manifest = match Manifest::read(&bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            report.fault(MANIFEST_FILE, FaultKind::unreadable(&error));
            return Ok(report);
        }
    };
    if manifest.release != release {
        report.fault(MANIFEST_FILE, FaultKind::OtherRelease { says: manifest.release });
    }
    let paths = check_files(storage, &manifest, scratch, &mut report).await?;
    check_unlisted(storage, &manifest, &mut report).await?;
    check_sums(&manifest, &paths, &mut report);
    check_tables(&manifest, &paths, &mut report);
    check_link(storage, &manifest, releases, &mut report).await?;
    Ok(report)
}

/// Checks every release and `latest.json`.
pub async fn verify_chain(storage: &Storage, scratch: &Path) -> Result<ChainReport, VerifyError> {
    let releases = pointer::releases(storage).await.map_err(VerifyError::Releases)?;
    let mut reports = Vec::new();
    for release in &releases {
        reports.push(verify_among(storage, &releases, *release, scratch).await?);
    }
    let pointer_faults = check_pointer(storage, &releases).await?;
    Ok(ChainReport { releases: reports, pointer_faults })
}

/// Size and hash of every file the manifest lists; returns where those that are there lie.
async fn check_files(
    storage: &Storage,
    manifest: &Manifest,
    scratch: &Path,
    report: &mut Report,
) -> Result<BTreeMap<String, PathBuf>, VerifyError> {
    let mut paths = BTreeMap::new();
    for file in &manifest.files {
        let key = pointer::key(report.release, &file.name);
        let Some(path) = local_copy(storage, &key, &scratch.join(&file.name)).await? else {
            report.fault(&file.name, FaultKind::Missing);
            continue;
        };
        let hashed = File::open(&path).and_then(digest::sha256_of_reader);
        match hashed {
            Ok((bytes, sha256)) => {
                report.files += 1;
                report.bytes += bytes;
                if bytes != file.bytes {
                    report
                        .fault(&file.name, FaultKind::Size { expected: file.bytes, found: bytes });
                } else if sha256 != file.sha256 {
                    let expected = file.sha256.clone();
                    report.fault(&file.name, FaultKind::Hash { expected, found: sha256 });
                }
            }
            Err(error) => report.fault(&file.name, FaultKind::unreadable(&error)),
        }
        paths.insert(file.name.clone(), path);
    }
    Ok(paths)
}

/// Where the bytes of a key lie on this machine, copied to `copy` if the storage is remote.
async fn local_copy(
    storage: &Storage,
    key: &str,
    copy: &Path,
) -> Result<Option<PathBuf>, VerifyError> {
    if let Some(path) = storage.local_path(key) {
        return Ok(path.is_file().then_some(path));
    }
    let Some(bytes) = storage.get(key).await.map_err(VerifyError::Storage)? else {
        return Ok(None);
    };
    fs::write(copy, bytes).map_err(VerifyError::Scratch)?;
    Ok(Some(copy.to_owned()))
}

/// Files in the folder that the manifest does not list.
async fn check_unlisted(
    storage: &Storage,
    manifest: &Manifest,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let folder = pointer::key(report.release, "");
    for StoredObject { key, .. } in storage.list(&folder).await.map_err(VerifyError::Storage)? {
        let name = key.strip_prefix(&folder).unwrap_or(&key);
        if name != MANIFEST_FILE && manifest.file(name).is_none() {
            report.fault(name, FaultKind::Unlisted);
        }
    }
    Ok(())
}

/// The lines of `SHA256SUMS` against the manifest.
fn check_sums(manifest: &Manifest, paths: &BTreeMap<String, PathBuf>, report: &mut Report) {
    let Some(path) = paths.get(SUMS_FILE) else {
        if manifest.file(SUMS_FILE).is_none() {
            report.fault(SUMS_FILE, FaultKind::NotInManifest);
        }
        return;
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return report.fault(SUMS_FILE, FaultKind::unreadable(&error)),
    };
    let mut sums: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.split_once("  ")).map(|(sum, of)| (of, sum)).collect();
    for file in manifest.files.iter().filter(|file| file.name != SUMS_FILE) {
        if sums.remove(file.name.as_str()) != Some(file.sha256.as_str()) {
            report.fault(SUMS_FILE, FaultKind::Sum { of: file.name.clone() });
        }
    }
    for of in sums.into_keys() {
        report.fault(SUMS_FILE, FaultKind::Sum { of: of.to_owned() });
    }
}

/// Roots and counts of all tables, and every table file, against the dataset.
fn check_tables(manifest: &Manifest, paths: &BTreeMap<String, PathBuf>, report: &mut Report) {
    let Some(dataset) = paths.get(DATASET_FILE) else {
        if manifest.file(DATASET_FILE).is_none() {
            report.fault(DATASET_FILE, FaultKind::NotInManifest);
        }
        return;
    };
    let rows = match ReleaseDatabase::open(dataset) {
        Ok(rows) => rows,
        Err(error) => return report.fault(DATASET_FILE, FaultKind::unreadable(&error)),
    };
    for resource in RESOURCES {
        let found = match root::table(&rows, resource) {
            Ok(found) => found,
            Err(error) => {
                report.fault(DATASET_FILE, FaultKind::unreadable(&error));
                continue;
            }
        };
        report.rows += found.rows;
        let table = resource.table.to_owned();
        match manifest.table(resource.table) {
            // Only a dataset that is right can tell whether the other files are.
            Some(promised) if *promised == found => {
                check_table_files(manifest, paths, &rows, resource, report);
            }
            Some(_) => report.fault(DATASET_FILE, FaultKind::Root { table }),
            None => report.fault(MANIFEST_FILE, FaultKind::NoTable { table }),
        }
    }
}

fn check_table_files(
    manifest: &Manifest,
    paths: &BTreeMap<String, PathBuf>,
    rows: &dyn Rows,
    resource: &'static Resource,
    report: &mut Report,
) {
    for kind in Kind::ALL {
        let name = kind.file_name(resource);
        let Some(file) = manifest.file(&name) else {
            report.fault(&name, FaultKind::NotInManifest);
            continue;
        };
        let Some(path) = paths.get(&name) else { continue };
        match format::check(*kind, path, rows, resource) {
            Ok(found) if file.rows == Some(found) => {}
            Ok(found) => report.fault(&name, FaultKind::Rows { expected: file.rows, found }),
            Err(error) => report.fault(&name, FaultKind::differs(&error)),
        }
    }
}

/// The hash of the previous manifest against the one this manifest gives.
async fn check_link(
    storage: &Storage,
    manifest: &Manifest,
    releases: &[ReleaseId],
    report: &mut Report,
) -> Result<(), VerifyError> {
    let before = releases.iter().copied().rfind(|other| *other < report.release);
    let named = manifest.previous.as_ref().map(|previous| previous.release);
    if named != before {
        report.fault(MANIFEST_FILE, FaultKind::Follows { named, before });
    }
    let Some(previous) = &manifest.previous else { return Ok(()) };
    let key = pointer::key(previous.release, MANIFEST_FILE);
    if let Some(bytes) = storage.get(&key).await.map_err(VerifyError::Storage)? {
        let (expected, found) = (previous.manifest_sha256.clone(), digest::sha256(&bytes));
        if expected != found {
            let previous = previous.release;
            report.fault(MANIFEST_FILE, FaultKind::Link { previous, expected, found });
        }
    }
    Ok(())
}

/// `latest.json` against the newest release.
///
/// One release behind it is no fault: a run killed after the manifest, which is the commit point,
/// leaves it so. Readers look for the newest manifest, and the next refresh moves it.
async fn check_pointer(
    storage: &Storage,
    releases: &[ReleaseId],
) -> Result<Vec<Fault>, VerifyError> {
    let [.., newest] = releases else { return Ok(vec![]) };
    let named = pointer::named(storage).await.map_err(VerifyError::Releases)?;
    let right = match named {
        Some(named) if releases.iter().rev().take(2).any(|release| *release == named.release) => {
            let key = pointer::key(named.release, MANIFEST_FILE);
            let manifest = storage.get(&key).await.map_err(VerifyError::Storage)?;
            named.manifest_sha256 == digest::sha256(&manifest.unwrap_or_default())
        }
        Some(_) => false,
        // Killed while it published the very first release, a run leaves none.
        None => {
            let there = storage.get(LATEST_KEY).await.map_err(VerifyError::Storage)?;
            there.is_none() && releases.len() == 1
        }
    };
    let fault = Fault { release: *newest, file: LATEST_KEY.to_owned(), kind: FaultKind::Pointer };
    Ok(if right { vec![] } else { vec![fault] })
}
