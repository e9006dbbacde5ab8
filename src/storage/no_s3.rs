//! Stands in for `s3` in a program that was built without it: no bucket can be opened, and so
//! nothing can be asked of one.

use std::future::Ready;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::path::Path as Key;
use object_store::{Error, ObjectMeta, ObjectStore};

use crate::config::S3Location;
use crate::storage::content::Content;
use crate::storage::{Put, StorageError};

/// There is none.
#[derive(Debug, Clone)]
pub(super) enum Bucket {}

impl Bucket {
    pub(super) fn open(location: &S3Location) -> Result<Self, StorageError> {
        Err(StorageError::Open {
            location: format!("s3://{}", location.bucket),
            cause: "this program was built without the cargo feature `s3`".into(),
        })
    }

    pub(super) fn store(&self) -> Arc<dyn ObjectStore> {
        match *self {}
    }

    pub(super) fn place(&self, _: &str) -> String {
        match *self {}
    }

    pub(super) fn put_new(
        &self,
        _: &Key,
        _: &Content<'_>,
        _: &str,
    ) -> Ready<Result<Put, StorageError>> {
        match *self {}
    }

    pub(super) fn replace(&self, _: &Key, _: Bytes, _: &str) -> Ready<Result<(), Error>> {
        match *self {}
    }

    pub(super) fn list(&self, _: Option<&Key>) -> Ready<Result<Vec<ObjectMeta>, Error>> {
        match *self {}
    }

    pub(super) fn delete(&self, _: &Key) -> Ready<Result<(), Error>> {
        match *self {}
    }

    pub(super) fn end_uploads(
        &self,
        _: Option<&Key>,
        _: Option<DateTime<Utc>>,
    ) -> Ready<Result<usize, Error>> {
        match *self {}
    }
}
