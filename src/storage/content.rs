//! What is to be stored: bytes in memory, or a file that is read block by block.

use std::path::Path;

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::storage::StorageError;

/// Bytes of a file that are held in memory at a time. S3 takes no smaller parts than 5 MiB, and no
/// more than 10,000 of them.
pub(super) const BLOCK: u64 = 8 << 20;

/// What is to be stored. It may be read several times.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Bytes(Bytes),
    File(&'a Path),
}

impl<'a> Content<'a> {
    /// Its size in bytes.
    #[cfg(feature = "s3")]
    pub(super) async fn size(&self) -> Result<u64, StorageError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
            Self::File(path) => {
                let metadata = tokio::fs::metadata(path).await;
                Ok(metadata.map_err(|cause| unreadable(path, cause))?.len())
            }
        }
    }

    /// Its blocks from the beginning.
    pub(super) async fn blocks(&self) -> Result<Blocks<'a>, StorageError> {
        match self {
            Self::Bytes(bytes) => Ok(Blocks::Bytes(bytes.clone())),
            Self::File(path) => {
                let file = File::open(path).await.map_err(|cause| unreadable(path, cause))?;
                Ok(Blocks::File { path, file })
            }
        }
    }
}

/// What of a content is still to be read.
#[derive(Debug)]
pub(super) enum Blocks<'a> {
    Bytes(Bytes),
    File { path: &'a Path, file: File },
}

impl Blocks<'_> {
    /// The next bytes, `size` of them or all that are left; none at the end.
    pub(super) async fn next(&mut self, size: u64) -> Result<Bytes, StorageError> {
        // What does not fit into memory could not be asked for.
        let most = usize::try_from(size).unwrap_or(usize::MAX);
        match self {
            Self::Bytes(bytes) => Ok(bytes.split_to(most.min(bytes.len()))),
            Self::File { path, file } => {
                let left = file.metadata().await.map_or(size, |metadata| metadata.len());
                let mut block = Vec::with_capacity(most.min(usize::try_from(left).unwrap_or(most)));
                let read = file.take(size).read_to_end(&mut block).await;
                read.map_err(|cause| unreadable(path, cause))?;
                Ok(Bytes::from(block))
            }
        }
    }
}

fn unreadable(path: &Path, cause: std::io::Error) -> StorageError {
    StorageError::sort(path.display().to_string(), "read", cause)
}
