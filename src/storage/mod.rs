//! Captures and release files: a local folder, or an S3-compatible bucket.
//!
//! Keys are relative paths with `/`. All but `latest.json` are written once: a second write of a
//! key is told so and changes nothing. On a local folder a write is complete or does not exist,
//! and when it returns, file and folder have been synced to the disk. A process killed in the
//! middle leaves at most a file named `KEY#N` or `KEY.partial`, which no listing shows.

mod error;
mod read;
#[cfg(feature = "s3")]
mod s3;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{
    Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    RenameOptions, RenameTargetMode,
};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

pub use error::StorageError;
pub use read::Bytestream;

use crate::config::StorageLocation;

/// Bytes of a local file that are held in memory at a time.
const BLOCK: usize = 8 << 20;

/// The name of a file on its way ends in this.
const PARTIAL: &str = ".partial";

/// Where captures and releases are kept. Clones are the same storage.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// The folder, where it is one.
    folder: Option<PathBuf>,
}

/// What became of a create-only write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It was written.
    Created,
    /// The key was taken, and what is there is as it was.
    Exists,
}

/// One entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Storage {
    /// Opens a storage. A folder is made if it is not there; a bucket is not asked yet.
    pub fn open(location: &StorageLocation) -> Result<Self, StorageError> {
        match location {
            StorageLocation::Folder(folder) => Self::open_folder(folder),
            #[cfg(feature = "s3")]
            StorageLocation::S3(bucket) => Ok(Self { store: s3::open(bucket)?, folder: None }),
            #[cfg(not(feature = "s3"))]
            StorageLocation::S3(bucket) => Err(StorageError::Open {
                location: format!("s3://{}", bucket.bucket),
                cause: "this program was built without the cargo feature `s3`".into(),
            }),
        }
    }

    fn open_folder(folder: &Path) -> Result<Self, StorageError> {
        let location = || folder.display().to_string();
        std::fs::create_dir_all(folder)
            .map_err(|cause| StorageError::sort(location(), "made", cause))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|cause| StorageError::Open { location: location(), cause: Box::new(cause) })?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), folder: Some(folder.to_owned()) })
    }

    /// Writes bytes under a key that is not taken.
    pub async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StorageError> {
        let options = PutOptions::from(PutMode::Create);
        let put = self.store.put_opts(&parse(key)?, PutPayload::from(bytes), options).await;
        self.created(key, put.map(drop))
    }

    /// Copies a local file to a key that is not taken. A local storage holds one block of it in
    /// memory at a time; for a bucket, where only a whole put is create-only, it is read whole.
    pub async fn put_new_file(&self, key: &str, path: &Path) -> Result<Put, StorageError> {
        if self.folder.is_none() {
            let bytes = tokio::fs::read(path).await.map_err(|cause| unreadable(path, cause))?;
            return self.put_new(key, Bytes::from(bytes)).await;
        }
        let (to, partial) = (parse(key)?, parse(&format!("{key}{PARTIAL}"))?);
        let upload = self.store.put_multipart(&partial).await;
        let mut upload = upload.map_err(|cause| self.fault(key, "written", cause))?;
        if let Err(error) = self.copy(key, path, upload.as_mut()).await {
            // What went wrong first is what is worth telling.
            upload.abort().await.ok();
            return Err(error);
        }
        let options = RenameOptions::new().with_target_mode(RenameTargetMode::Create);
        let put = self.created(key, self.store.rename_opts(&partial, &to, options).await);
        if !matches!(put, Ok(Put::Created)) {
            self.delete_if_there(&partial).await.ok();
        }
        put
    }

    async fn copy(
        &self,
        key: &str,
        path: &Path,
        upload: &mut dyn MultipartUpload,
    ) -> Result<(), StorageError> {
        let mut file =
            tokio::fs::File::open(path).await.map_err(|cause| unreadable(path, cause))?;
        loop {
            let mut block = Vec::new();
            let mut part = (&mut file).take(BLOCK as u64);
            part.read_to_end(&mut block).await.map_err(|cause| unreadable(path, cause))?;
            if block.is_empty() {
                break;
            }
            let written = upload.put_part(PutPayload::from(block)).await;
            written.map_err(|cause| self.fault(key, "written", cause))?;
        }
        upload.complete().await.map(drop).map_err(|cause| self.fault(key, "written", cause))
    }

    /// Writes bytes under a key whether or not it is taken, all at once: a reader sees the old
    /// bytes or the new. Only `latest.json` ever moves.
    pub async fn replace(&self, key: &str, bytes: Bytes) -> Result<(), StorageError> {
        let put = self.store.put(&parse(key)?, PutPayload::from(bytes)).await;
        put.map(drop).map_err(|cause| self.fault(key, "written", cause))
    }

    /// The bytes under a key; `None` if it is not taken.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        let found = match self.store.get(&parse(key)?).await {
            Ok(found) => found.bytes().await,
            Err(cause) => Err(cause),
        };
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(cause) => Err(self.fault(key, "read", cause)),
        }
    }

    /// What is stored below a folder, such as `releases/2026-11-24.1`, in order of keys. The empty
    /// prefix is everything.
    pub async fn list(&self, prefix: &str) -> Result<Vec<StoredObject>, StorageError> {
        let prefix = prefix.trim_end_matches('/');
        let folder = if prefix.is_empty() { None } else { Some(parse(prefix)?) };
        let found: Result<Vec<_>, _> = self.store.list(folder.as_ref()).try_collect().await;
        let mut objects: Vec<_> = found
            .map_err(|cause| self.fault(prefix, "listed", cause))?
            .into_iter()
            .map(|found| StoredObject { key: found.location.to_string(), size: found.size })
            .filter(|object| !object.key.ends_with(PARTIAL))
            .collect();
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    /// Deletes what is under a key, if anything is.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let deleted = self.delete_if_there(&parse(key)?).await;
        deleted.map_err(|cause| self.fault(key, "deleted", cause))
    }

    async fn delete_if_there(&self, key: &Key) -> Result<(), Error> {
        match self.store.delete(key).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(cause),
        }
    }

    /// The file behind a key, whether or not it is there; `None` in a bucket.
    #[must_use]
    pub fn local_path(&self, key: &str) -> Option<PathBuf> {
        let key = parse(key).ok()?;
        Some(self.folder.as_ref()?.join(key.as_ref()))
    }

    /// Keeps a capture under its hash. The same bytes twice are one capture.
    pub async fn put_capture(&self, sha256: &str, bytes: Bytes) -> Result<Put, StorageError> {
        self.put_new(&capture_key(sha256), bytes).await
    }

    /// A capture, if it still is what its hash says.
    pub async fn get_capture(&self, sha256: &str) -> Result<Bytes, StorageError> {
        let key = capture_key(sha256);
        let Some(bytes) = self.get(&key).await? else {
            return Err(StorageError::MissingCapture { place: self.place(&key) });
        };
        let found = format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(&bytes)));
        if found == sha256 {
            Ok(bytes)
        } else {
            Err(StorageError::DamagedCapture { place: self.place(&key), found })
        }
    }

    fn created(&self, key: &str, put: Result<(), Error>) -> Result<Put, StorageError> {
        match put {
            Ok(()) => Ok(Put::Created),
            Err(Error::AlreadyExists { .. }) => Ok(Put::Exists),
            Err(cause) => Err(self.fault(key, "written", cause)),
        }
    }

    fn fault(&self, key: &str, action: &'static str, cause: Error) -> StorageError {
        let place = self.place(key);
        if matches!(cause, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
            return StorageError::Denied { place, cause: Box::new(cause) };
        }
        StorageError::sort(place, action, cause)
    }

    /// A key in words a person can find it by.
    fn place(&self, key: &str) -> String {
        match self.local_path(key) {
            Some(path) => path.display().to_string(),
            None => format!("`{key}`"),
        }
    }
}

fn capture_key(sha256: &str) -> String {
    format!("captures/{sha256}")
}

fn parse(key: &str) -> Result<Key, StorageError> {
    match Key::parse(key) {
        // A leading slash would be dropped, and two keys would be one.
        Ok(parsed) if parsed.as_ref() == key && !key.is_empty() => Ok(parsed),
        Ok(_) | Err(_) => Err(StorageError::BadKey { key: key.to_owned() }),
    }
}

fn unreadable(path: &Path, cause: std::io::Error) -> StorageError {
    StorageError::sort(path.display().to_string(), "read", cause)
}
