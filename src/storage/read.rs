//! Reading what is too large, or too much, to be read at once.

use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::storage::fault::is_absent;
use crate::storage::{Storage, StorageError, parse};

/// Bytes as they come in; an error ends them.
pub type Bytestream = BoxStream<'static, Result<Bytes, StorageError>>;

impl Storage {
    /// The names of the folders right below a folder, in order. It costs one request for a thousand
    /// of them, however much is in each.
    pub async fn folders(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let folder = folder.trim_end_matches('/');
        let listed = self.store.list_with_delimiter(Some(&parse(folder)?)).await;
        let listed = listed.map_err(|cause| self.fault(folder, "listed", cause))?;
        let mut names: Vec<String> = listed
            .common_prefixes
            .iter()
            .filter_map(|prefix| prefix.filename().map(str::to_owned))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// A part of what is under a key, from the first byte to before the second, while it comes in;
    /// `None` if the key is not taken. That the storage can be reached is known when it returns.
    pub async fn stream(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> Result<Option<Bytestream>, StorageError> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..Default::default() };
        let found = match self.store.get_opts(&parse(key)?, options).await {
            Ok(found) => found,
            Err(cause) if is_absent(&cause) => return Ok(None),
            Err(cause) => return Err(self.fault(key, "read", cause)),
        };
        let (storage, key) = (self.clone(), key.to_owned());
        let bytes = found.into_stream();
        Ok(Some(bytes.map_err(move |cause| storage.fault(&key, "read", cause)).boxed()))
    }

    /// Copies what is under a key into a local file, and says how many bytes it has and their
    /// SHA-256 in hexadecimal; `None` if the key is not taken. The file is made anew, and its bytes
    /// are on the disk when this returns.
    pub async fn download(
        &self,
        key: &str,
        path: &Path,
    ) -> Result<Option<(u64, String)>, StorageError> {
        let found = match self.store.get(&parse(key)?).await {
            Ok(found) => found,
            Err(cause) if is_absent(&cause) => return Ok(None),
            Err(cause) => return Err(self.fault(key, "read", cause)),
        };
        let failed = |cause| StorageError::sort(path.display().to_string(), "written", cause);
        let mut bytes = found.into_stream();
        let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
        let (mut size, mut hash) = (0, Sha256::new());
        while let Some(block) = bytes.next().await {
            let block = block.map_err(|cause| self.fault(key, "read", cause))?;
            hash.update(&block);
            size += block.len() as u64;
            file.write_all(&block).await.map_err(failed)?;
        }
        file.sync_all().await.map_err(failed)?;
        Ok(Some((size, format!("{:x}", Bytes::copy_from_slice(&hash.finalize())))))
    }
}
