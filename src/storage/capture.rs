//! Captures: what was fetched, kept under its hash.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::storage::{Put, Storage, StorageError};

/// A capture may be anything; what it is stands in the catalog and the manifest, under its source.
const MEDIA_TYPE: &str = "application/octet-stream";

impl Storage {
    /// Keeps a capture under its hash. The same bytes twice are one capture.
    pub async fn put_capture(&self, sha256: &str, bytes: Bytes) -> Result<Put, StorageError> {
        self.put_new(&capture_key(sha256), bytes, MEDIA_TYPE).await
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
}

fn capture_key(sha256: &str) -> String {
    format!("captures/{sha256}")
}
