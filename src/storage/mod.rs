//! Captures and release files: a local folder, or an S3-compatible bucket.
//!
//! Keys are relative paths with `/`. All but `latest.json` and its like are written once: a second
//! write of a key is told so and changes nothing. A write is complete or does not exist. On a local
//! folder, when it returns, file and folder have been synced to the disk. A process killed in the
//! middle leaves at most a file named `KEY#N` or `KEY.….partial`, and in a bucket an upload and its
//! note of that name; no listing shows them, and [`Storage::sweep`] removes them.

mod capture;
mod content;
mod error;
mod fault;
mod folder;
mod partial;
mod random;
mod read;
#[cfg_attr(not(feature = "s3"), path = "no_s3.rs")]
mod s3;
mod trial;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{
    Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};

pub use error::StorageError;
pub use fault::BucketFault;
pub use read::Bytestream;
pub use trial::Trial;

use crate::config::StorageLocation;
use content::Content;
use fault::is_absent;
use s3::Bucket;

/// Where captures and releases are kept. Clones are the same storage.
#[derive(Debug, Clone)]
pub struct Storage {
    /// What is read from.
    store: Arc<dyn ObjectStore>,
    /// The folder, where it is one.
    folder: Option<PathBuf>,
    /// The bucket, where it is one.
    bucket: Option<Bucket>,
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
            StorageLocation::S3(location) => {
                let bucket = Bucket::open(location)?;
                Ok(Self { store: bucket.store(), folder: None, bucket: Some(bucket) })
            }
        }
    }

    fn open_folder(folder: &Path) -> Result<Self, StorageError> {
        let location = || folder.display().to_string();
        std::fs::create_dir_all(folder)
            .map_err(|cause| StorageError::sort(location(), "made", cause))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|cause| StorageError::Open { location: location(), cause: Box::new(cause) })?;
        let store = Arc::new(store.with_fsync(true));
        Ok(Self { store, folder: Some(folder.to_owned()), bucket: None })
    }

    /// Writes bytes under a key that is not taken. A bucket gives the media type to whoever fetches
    /// them, and says that they will never change.
    pub async fn put_new(
        &self,
        key: &str,
        bytes: Bytes,
        media_type: &str,
    ) -> Result<Put, StorageError> {
        let to = parse(key)?;
        if let Some(bucket) = &self.bucket {
            return bucket.put_new(&to, &Content::Bytes(bytes), media_type).await;
        }
        let options = PutOptions::from(PutMode::Create);
        let put = self.store.put_opts(&to, PutPayload::from(bytes), options).await;
        self.created(key, put.map(drop))
    }

    /// Copies a local file to a key that is not taken, as [`Self::put_new`] does, with no more than
    /// one block of it in memory at a time.
    pub async fn put_new_file(
        &self,
        key: &str,
        path: &Path,
        media_type: &str,
    ) -> Result<Put, StorageError> {
        let to = parse(key)?;
        match &self.bucket {
            Some(bucket) => bucket.put_new(&to, &Content::File(path), media_type).await,
            None => self.put_new_file_in_folder(&to, path).await,
        }
    }

    /// Writes bytes under a key whether or not it is taken, all at once: a reader sees the old
    /// bytes or the new. For the few documents that move, such as `latest.json`.
    pub async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        media_type: &str,
    ) -> Result<(), StorageError> {
        let to = parse(key)?;
        let put = match &self.bucket {
            Some(bucket) => bucket.replace(&to, bytes, media_type).await,
            None => self.store.put(&to, PutPayload::from(bytes)).await.map(drop),
        };
        put.map_err(|cause| self.fault(key, "written", cause))
    }

    /// The bytes under a key; `None` if it is not taken.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        let found = match self.store.get(&parse(key)?).await {
            Ok(found) => found.bytes().await,
            Err(cause) => Err(cause),
        };
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if is_absent(&cause) => Ok(None),
            Err(cause) => Err(self.fault(key, "read", cause)),
        }
    }

    /// What is stored below a folder, such as `releases/2026-11-24.1`, in order of keys. The empty
    /// prefix is everything.
    pub async fn list(&self, prefix: &str) -> Result<Vec<StoredObject>, StorageError> {
        let prefix = prefix.trim_end_matches('/');
        let folder = if prefix.is_empty() { None } else { Some(parse(prefix)?) };
        let mut objects: Vec<_> = self
            .list_all(folder.as_ref())
            .await
            .map_err(|cause| self.fault(prefix, "listed", cause))?
            .into_iter()
            .map(|found| StoredObject { key: found.location.to_string(), size: found.size })
            .filter(|object| !partial::is_partial(&object.key))
            .collect();
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    async fn list_all(&self, folder: Option<&Key>) -> Result<Vec<ObjectMeta>, Error> {
        match &self.bucket {
            Some(bucket) => bucket.list(folder).await,
            None => self.store.list(folder).try_collect().await,
        }
    }

    /// Deletes what is under a key, if anything is.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let to = parse(key)?;
        let deleted = match &self.bucket {
            Some(bucket) => bucket.delete(&to).await,
            None => self.store.delete(&to).await,
        };
        match deleted {
            Err(cause) if !is_absent(&cause) => Err(self.fault(key, "deleted", cause)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes what is left below a folder of files that never got there, because their writers were
    /// killed; or only what was last touched before a time. Tells how many there were.
    ///
    /// A writer that is still at work on such a file begins again, or fails.
    pub async fn sweep(
        &self,
        prefix: &str,
        before: Option<DateTime<Utc>>,
    ) -> Result<usize, StorageError> {
        let prefix = prefix.trim_end_matches('/');
        let folder = if prefix.is_empty() { None } else { Some(parse(prefix)?) };
        match (&self.bucket, &self.folder) {
            (Some(bucket), _) => bucket
                .end_uploads(folder.as_ref(), before)
                .await
                .map_err(|cause| self.fault(prefix, "cleared", cause)),
            (None, Some(root)) => {
                let root = root.join(prefix);
                folder::sweep(&root, before.map(Into::into)).map_err(|cause| {
                    StorageError::sort(root.display().to_string(), "cleared", cause)
                })
            }
            (None, None) => Ok(0),
        }
    }

    /// The file behind a key, whether or not it is there; `None` in a bucket.
    #[must_use]
    pub fn local_path(&self, key: &str) -> Option<PathBuf> {
        let key = parse(key).ok()?;
        Some(self.folder.as_ref()?.join(key.as_ref()))
    }

    fn created(&self, key: &str, put: Result<(), Error>) -> Result<Put, StorageError> {
        match put {
            Ok(()) => Ok(Put::Created),
            Err(Error::AlreadyExists { .. }) => Ok(Put::Exists),
            Err(cause) => Err(self.fault(key, "written", cause)),
        }
    }

    fn fault(&self, key: &str, action: &'static str, cause: Error) -> StorageError {
        match &self.bucket {
            Some(bucket) => StorageError::of_bucket(bucket.place(key), action, &cause),
            None => StorageError::sort(self.place(key), action, cause),
        }
    }

    /// A key in words a person can find it by.
    fn place(&self, key: &str) -> String {
        match &self.bucket {
            Some(bucket) => bucket.place(key),
            None => self.folder.as_deref().unwrap_or(Path::new("")).join(key).display().to_string(),
        }
    }
}

fn parse(key: &str) -> Result<Key, StorageError> {
    match Key::parse(key) {
        // A leading slash would be dropped, and two keys would be one.
        Ok(parsed) if parsed.as_ref() == key && !key.is_empty() => Ok(parsed),
        Ok(_) | Err(_) => Err(StorageError::BadKey { key: key.to_owned() }),
    }
}
