//! One release from the host into this home: into files on their way, checked, and only then into
//! the storage.
//!
//! Below the folder for files on their way, `mirror/RELEASE/` holds `NAME.part` while a file comes
//! in and `whole/NAME` once it has come and is what the manifest says. A run that was killed leaves
//! both to the next one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::MirrorError;
use super::host::{Host, etag, promise};
use super::plan::Copied;
use super::signature::signatures;
use crate::record::ReleaseId;
use crate::release::pointer::Pointer;
use crate::release::{self, ManifestFile, PublicKey, SUMS_FILE, Staged, Watch, digest};
use crate::storage::Storage;

/// Files that are asked for at a time; the client has a bound of its own.
const AT_A_TIME: usize = 4;

/// The folder of a release on its way.
pub(super) struct Folder {
    release: ReleaseId,
    path: PathBuf,
}

impl Folder {
    pub(super) fn of(release: ReleaseId, all: &Path) -> Self {
        Self { release, path: all.join(release.to_string()) }
    }

    fn whole(&self) -> PathBuf {
        self.path.join("whole")
    }

    /// Copies every file of the release that is not here yet, and checks all of them.
    /// `trusted` is the key that must have signed it.
    pub(super) async fn fill(
        &self,
        host: &Host,
        copied: &Copied,
        trusted: Option<&PublicKey>,
    ) -> Result<Staged, MirrorError> {
        let whole = self.whole();
        let made = tokio::fs::create_dir_all(&whole).await;
        made.map_err(|source| MirrorError::Scratch { path: whole.clone(), source })?;
        stream::iter(&copied.manifest.files)
            .map(|file| self.bring(host, file))
            .buffer_unordered(AT_A_TIME)
            .try_collect::<()>()
            .await?;
        self.bring_signatures(host, copied, trusted).await?;
        let release = self.release;
        Staged::of(&whole, copied.bytes.to_vec())
            .map_err(|source| MirrorError::Manifest { release, source })
    }

    /// Brings the signatures here and checks them.
    async fn bring_signatures(
        &self,
        host: &Host,
        copied: &Copied,
        trusted: Option<&PublicKey>,
    ) -> Result<(), MirrorError> {
        let Copied { manifest, bytes } = copied;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| MirrorError::Scratch { path, source }
        };
        let path = self.whole().join(SUMS_FILE);
        let sums = match manifest.file(SUMS_FILE) {
            Some(_) => tokio::fs::read(&path).await.map_err(failed(&path))?,
            None => Vec::new(),
        };
        for (name, signature) in signatures(host, manifest, bytes, &sums, trusted).await? {
            let path = self.whole().join(name);
            tokio::fs::write(&path, signature).await.map_err(failed(&path))?;
        }
        Ok(())
    }

    /// Brings a file here, if it is not.
    async fn bring(&self, host: &Host, file: &ManifestFile) -> Result<(), MirrorError> {
        let whole = self.whole().join(&file.name);
        // Hashed again: what a machine wrote before its power went need not be there.
        let found = self.found(&whole).await?;
        if found.is_some_and(|(bytes, sha256)| bytes == file.bytes && sha256 == file.sha256) {
            return Ok(());
        }
        let part = self.path.join(format!("{}.part", file.name));
        let url = host.file_url(self.release, &file.name);
        loop {
            tracing::debug!(step = format!("copy {}", file.name), "mirror");
            let etag = etag(file);
            let had = host.client.download(&url, &part, promise(file, &etag), host.now()).await?;
            tracing::debug!(step = format!("check {}", file.name), "mirror");
            let found = self.found(&part).await?.map(|(_, sha256)| sha256).unwrap_or_default();
            if found == file.sha256 {
                break;
            }
            let removed = tokio::fs::remove_file(&part).await;
            removed.map_err(|source| MirrorError::Scratch { path: part.clone(), source })?;
            // The beginning may have been of an earlier attempt that went wrong; all of it is not.
            if had == 0 {
                return Err(MirrorError::Hash {
                    release: self.release,
                    file: file.name.clone(),
                    expected: file.sha256.clone(),
                    found,
                });
            }
        }
        let moved = tokio::fs::rename(&part, &whole).await;
        moved.map_err(|source| MirrorError::Scratch { path: whole, source })
    }

    /// Size and SHA-256 of a file; nothing where there is none.
    async fn found(&self, path: &Path) -> Result<Option<(u64, String)>, MirrorError> {
        let place = path.to_owned();
        let hashed = tokio::task::spawn_blocking(move || {
            std::fs::File::open(&place).and_then(digest::sha256_of_reader)
        });
        match hashed.await.map_err(|error| MirrorError::Panicked(error.to_string()))? {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(MirrorError::Scratch { path: path.to_owned(), source }),
        }
    }

    /// Puts the release into the storage, its manifest last, and forgets the files on their way.
    pub(super) async fn publish(
        &self,
        storage: &Storage,
        staged: &Staged,
        watch: Watch<'_>,
    ) -> Result<Pointer, MirrorError> {
        let pointer = release::publish_copy(storage, staged, watch).await?;
        remove_folder(&self.path).await?;
        Ok(pointer)
    }
}

/// Removes a folder, if it is there.
pub(super) async fn remove_folder(path: &Path) -> Result<(), MirrorError> {
    match tokio::fs::remove_dir_all(path).await {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(MirrorError::Scratch { path: path.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
