//! The files of a release against the list in its manifest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::contents::Before;
use super::{Report, VerifyError};
use crate::record::ReleaseId;
use crate::release::database::ReleaseDatabase;
use crate::release::digest;
use crate::release::fault::FaultKind;
use crate::release::manifest::{MANIFEST_FILE, Manifest};
use crate::release::pointer;
use crate::release::sign::SIGNATURES;
use crate::release::stage::{DATASET_FILE, SUMS_FILE};
use crate::storage::{Storage, StoredObject};

/// Where the files of one release lie.
pub(super) struct Place<'a> {
    storage: &'a Storage,
    /// What their keys begin with.
    prefix: String,
}

impl<'a> Place<'a> {
    /// Among other releases.
    pub(super) fn of_release(storage: &'a Storage, release: ReleaseId) -> Self {
        Self { storage, prefix: pointer::key(release, "") }
    }

    /// In a folder of their own.
    pub(super) fn folder(storage: &'a Storage) -> Self {
        Self { storage, prefix: String::new() }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The bytes of a file; none if it is not there.
    pub(super) async fn get(&self, name: &str) -> Result<Option<bytes::Bytes>, VerifyError> {
        self.storage.get(&self.key(name)).await.map_err(VerifyError::Storage)
    }
}

/// Size and hash of every file; where the bytes of each lie on this machine.
pub(super) async fn check(
    place: &Place<'_>,
    manifest: &Manifest,
    scratch: &Path,
    report: &mut Report,
) -> Result<BTreeMap<String, PathBuf>, VerifyError> {
    let mut paths = BTreeMap::new();
    for file in &manifest.files {
        let copy = scratch.join(&file.name);
        let Some(path) = local_copy(place.storage, &place.key(&file.name), &copy).await? else {
            report.fault(&file.name, FaultKind::Missing);
            continue;
        };
        match File::open(&path).and_then(digest::sha256_of_reader) {
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

/// The release file of the release before, if it is as its own manifest says.
pub(super) async fn before(
    storage: &Storage,
    release: ReleaseId,
    scratch: &Path,
) -> Result<Before, VerifyError> {
    // A manifest that cannot be read is a fault of that release, and told there.
    let Ok(Some((manifest, _))) = pointer::manifest(storage, release).await else {
        return Ok(Before::Elsewhere);
    };
    let key = pointer::key(release, DATASET_FILE);
    let copy = scratch.join(format!("before-{DATASET_FILE}"));
    let Some(path) = local_copy(storage, &key, &copy).await? else {
        return Ok(Before::Elsewhere);
    };
    let hashed = File::open(&path).and_then(digest::sha256_of_reader).ok();
    let promised = manifest.file(DATASET_FILE);
    if promised.is_none_or(|file| hashed.is_none_or(|(_, sha256)| sha256 != file.sha256)) {
        return Ok(Before::Elsewhere);
    }
    Ok(ReleaseDatabase::open_current(&path, scratch)
        .map_or(Before::Elsewhere, |previous| Before::At(Box::new(previous))))
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
pub(super) async fn check_unlisted(
    place: &Place<'_>,
    manifest: &Manifest,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let is_signature = |name: &str| SIGNATURES.iter().any(|(signature, _)| *signature == name);
    let objects = place.storage.list(&place.prefix).await.map_err(VerifyError::Storage)?;
    for StoredObject { key, .. } in objects {
        let name = key.strip_prefix(&place.prefix).unwrap_or(&key);
        let belongs = name == MANIFEST_FILE
            || manifest.file(name).is_some()
            || (manifest.signing_key.is_some() && is_signature(name));
        if !belongs {
            report.fault(name, FaultKind::Unlisted);
        }
    }
    Ok(())
}

/// The lines of `SHA256SUMS` against the manifest.
pub(super) fn check_sums(
    manifest: &Manifest,
    paths: &BTreeMap<String, PathBuf>,
    report: &mut Report,
) {
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
