//! An S3-compatible bucket.
//!
//! A key that is put once is put by one request that the bucket refuses if the key is taken
//! (`If-None-Match: *`): a whole put, or the last request of an upload in parts. Until that request
//! an upload is not an object; nobody sees it, and however long its writer was stopped, it cannot
//! come to lie over what another has put.

mod client;
mod patience;
mod put;
mod upload;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutOptions, PutPayload};

use crate::config::{S3Location, S3Patience};
use crate::storage::content::{BLOCK, Content};
use crate::storage::fault::is_absent;
use crate::storage::{Put, StorageError};
use patience::patiently;
use put::Caching;

/// A bucket, or what lies below a prefix of one. Clones are the same bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    /// `s3://BUCKET/PREFIX`.
    name: String,
    reader: Arc<PrefixStore<AmazonS3>>,
    writer: Arc<PrefixStore<AmazonS3>>,
    patience: S3Patience,
}

impl Bucket {
    /// Makes ready to ask a bucket; no request is sent yet.
    pub(super) fn open(location: &S3Location) -> Result<Self, StorageError> {
        let (reader, writer) = client::open(location)?;
        let below_prefix = |client| Arc::new(PrefixStore::new(client, location.prefix.as_str()));
        let name = format!("s3://{}/{}", location.bucket, location.prefix);
        Ok(Self {
            name: name.trim_end_matches('/').to_owned(),
            reader: below_prefix(reader),
            writer: below_prefix(writer),
            patience: location.patience,
        })
    }

    /// What reads from it, with patience of its own.
    pub(super) fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.reader) as _
    }

    /// A key in words a person can find it by.
    pub(super) fn place(&self, key: &str) -> String {
        format!("{}/{key}", self.name)
    }

    /// Writes a content under a key that is not taken: all at once, or a large one part by part.
    pub(super) async fn put_new(
        &self,
        key: &Key,
        content: &Content<'_>,
        media_type: &str,
    ) -> Result<Put, StorageError> {
        let size = content.size().await?;
        let put = if size <= BLOCK {
            let bytes = content.blocks().await?.next(BLOCK).await?;
            self.put_whole(key, bytes, media_type).await
        } else {
            self.put_in_parts(key, content, size, media_type).await?
        };
        match put {
            // It was told so, and may not look whose the key is.
            Err(Error::AlreadyExists { .. }) => Ok(Put::Exists),
            put => put.map_err(|fault| {
                StorageError::of_bucket(self.place(key.as_ref()), "written", &fault)
            }),
        }
    }

    /// Writes bytes whether or not the key is taken.
    pub(super) async fn replace(
        &self,
        key: &Key,
        bytes: Bytes,
        media_type: &str,
    ) -> Result<(), Error> {
        let options = || PutOptions {
            attributes: put::attributes(media_type, Caching::Minute, None),
            ..PutOptions::default()
        };
        let put = || self.writer.put_opts(key, PutPayload::from(bytes.clone()), options());
        patiently(self.patience, put).await.map(drop)
    }

    /// Everything below a folder.
    pub(super) async fn list(&self, folder: Option<&Key>) -> Result<Vec<ObjectMeta>, Error> {
        patiently(self.patience, || self.writer.list(folder).try_collect()).await
    }

    /// Deletes a key, if it is there.
    pub(super) async fn delete(&self, key: &Key) -> Result<(), Error> {
        match patiently(self.patience, || self.writer.delete(key)).await {
            Err(fault) if !is_absent(&fault) => Err(fault),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
