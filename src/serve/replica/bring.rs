//! One release from the storage to the folder, checked on its way.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{Replica, ReplicaError};
use crate::record::ReleaseId;
use crate::release::pointer;
use crate::release::{DATASET_FILE, MANIFEST_FILE, Manifest, ManifestFile, SIGNATURES, digest};

impl Replica {
    /// Brings a release here with its release file, unless it is here, and says whether it did.
    /// `expected` is the hash of its manifest, where somebody vouches for it.
    pub(super) async fn bring(
        &self,
        release: ReleaseId,
        expected: Option<&str>,
    ) -> Result<bool, ReplicaError> {
        let dataset = self.place(release).join(DATASET_FILE);
        if self.is_here(release) && dataset.exists() {
            return Ok(false);
        }
        // A folder without a manifest is a release on its way.
        let Some((manifest, bytes)) = pointer::manifest(&self.storage, release).await? else {
            return Ok(false);
        };
        self.check_manifest(&manifest, &bytes, expected)?;
        let missing = || ReplicaError::Missing { release, file: DATASET_FILE.to_owned() };
        self.bring_dataset(release, manifest.file(DATASET_FILE).ok_or_else(missing)?).await?;
        self.put(&manifest, &bytes).await?;
        Ok(true)
    }

    /// Brings the manifest of a release here, and no more than its signatures with it.
    pub(super) async fn bring_manifest(&self, release: ReleaseId) -> Result<(), ReplicaError> {
        if let Some((manifest, bytes)) = pointer::manifest(&self.storage, release).await? {
            self.check_manifest(&manifest, &bytes, None)?;
            self.put(&manifest, &bytes).await?;
        }
        Ok(())
    }

    /// Brings the release file of a release here.
    pub(super) async fn bring_dataset(
        &self,
        release: ReleaseId,
        file: &ManifestFile,
    ) -> Result<(), ReplicaError> {
        let (path, part) = self.to_be(release, DATASET_FILE).await?;
        let had = self.storage.download(&pointer::key(release, DATASET_FILE), &part).await?;
        let missing = || ReplicaError::Missing { release, file: DATASET_FILE.to_owned() };
        let (_, found) = had.ok_or_else(missing)?;
        if found != file.sha256 {
            let (file, expected) = (DATASET_FILE.to_owned(), file.sha256.clone());
            return Err(ReplicaError::Differs { release, file, expected, found });
        }
        moved(&part, path).await
    }

    /// A manifest must be the one that `latest.json` vouches for, and continue the chain as far as
    /// it is known here.
    fn check_manifest(
        &self,
        manifest: &Manifest,
        bytes: &[u8],
        expected: Option<&str>,
    ) -> Result<(), ReplicaError> {
        let differs = |release, expected: &str, found| {
            let (file, expected) = (MANIFEST_FILE.to_owned(), expected.to_owned());
            Err(ReplicaError::Differs { release, file, expected, found })
        };
        let found = digest::sha256(bytes);
        if let Some(expected) = expected.filter(|expected| **expected != found) {
            return differs(manifest.release, expected, found);
        }
        let Some(previous) = &manifest.previous else { return Ok(()) };
        match std::fs::read(self.place(previous.release).join(MANIFEST_FILE)) {
            Ok(known) if digest::sha256(&known) != previous.manifest_sha256 => {
                differs(previous.release, &previous.manifest_sha256, digest::sha256(&known))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Puts the signatures and then the manifest of a release into its folder: it is known from
    /// then on.
    async fn put(&self, manifest: &Manifest, bytes: &Bytes) -> Result<(), ReplicaError> {
        let release = manifest.release;
        for (name, _) in SIGNATURES.iter().filter(|_| manifest.signing_key.is_some()) {
            // One that is lost takes nothing else out of service.
            if let Some(signature) = self.storage.get(&pointer::key(release, name)).await? {
                self.write(release, name, &signature).await?;
            }
        }
        self.write(release, MANIFEST_FILE, bytes).await
    }

    async fn write(
        &self,
        release: ReleaseId,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), ReplicaError> {
        let (path, part) = self.to_be(release, name).await?;
        let written = tokio::fs::write(&part, bytes).await;
        written.map_err(|source| ReplicaError::Folder { path: part.clone(), source })?;
        moved(&part, path).await
    }

    /// Where a file will be and where it is on its way, with the folder made.
    async fn to_be(
        &self,
        release: ReleaseId,
        name: &str,
    ) -> Result<(PathBuf, PathBuf), ReplicaError> {
        let folder = self.place(release);
        let made = tokio::fs::create_dir_all(&folder).await;
        made.map_err(|source| ReplicaError::Folder { path: folder.clone(), source })?;
        Ok((folder.join(name), folder.join(format!("{name}.part"))))
    }

    /// The folder of a release.
    pub(super) fn place(&self, release: ReleaseId) -> PathBuf {
        self.folder.join(release.to_string())
    }
}

async fn moved(part: &Path, path: PathBuf) -> Result<(), ReplicaError> {
    let moved = tokio::fs::rename(part, &path).await;
    moved.map_err(|source| ReplicaError::Folder { path, source })
}
