//! The folders that releases lie in, and what their manifests say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::releases::{KnownRelease, ReleasesError};
use crate::record::ReleaseId;
use crate::release::{MANIFEST_FILE, Manifest, SIGNATURES, digest};

/// The folders named like a release.
pub(super) fn folders(folder: &Path) -> Result<Vec<(ReleaseId, PathBuf)>, ReleasesError> {
    let unreadable = |source| ReleasesError::Unreadable { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        if let Some(release) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            found.push((release, entry.path()));
        }
    }
    Ok(found)
}

/// What a folder says about the release in it; none where it has no manifest yet.
pub(super) fn read_manifest(
    release: ReleaseId,
    folder: PathBuf,
) -> Result<Option<Arc<KnownRelease>>, ReleasesError> {
    let path = folder.join(MANIFEST_FILE);
    let manifest_bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ReleasesError::Unreadable { path, source }),
    };
    let manifest = Manifest::read(&manifest_bytes)
        .map_err(|source| ReleasesError::Manifest { path, source })?;
    if manifest.release != release {
        return Err(ReleasesError::Misplaced { path: folder, found: manifest.release });
    }
    let manifest_sha256 = digest::sha256(&manifest_bytes);
    let signatures = read_signatures(&manifest, &folder)?;
    Ok(Some(Arc::new(KnownRelease {
        manifest,
        manifest_bytes,
        manifest_sha256,
        signatures,
        folder,
    })))
}

/// The signatures of a release. They were there before its manifest; one that is lost takes nothing
/// else out of service.
fn read_signatures(
    manifest: &Manifest,
    folder: &Path,
) -> Result<BTreeMap<&'static str, (u64, String)>, ReleasesError> {
    let mut signatures = BTreeMap::new();
    for (name, _) in SIGNATURES.iter().filter(|_| manifest.signing_key.is_some()) {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => {
                signatures.insert(*name, (bytes.len() as u64, digest::sha256(&bytes)));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(ReleasesError::Unreadable { path, source }),
        }
    }
    Ok(signatures)
}
