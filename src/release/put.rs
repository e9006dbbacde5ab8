//! The files of a staged release into the storage, each once.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};

use crate::release::digest;
use crate::release::manifest::{MANIFEST_FILE, ManifestFile};
use crate::release::pointer;
use crate::release::publish::{JSON, PublishError, step};
use crate::release::sign::SIGNATURE_TYPE;
use crate::release::stage::{SUMS_FILE, Staged, Watch};
use crate::storage::{Put, Storage, StorageError};

/// How many files are put at a time. Each holds one block of its file in memory.
const PUTS_AT_A_TIME: usize = 4;

/// Puts every file but the manifest. The sums go first: who creates them has the name.
pub(super) async fn put_files(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<(), PublishError> {
    let manifest = staged.manifest();
    let is_sums = |file: &&ManifestFile| file.name == SUMS_FILE;
    for file in manifest.files.iter().filter(is_sums) {
        step(watch, &format!("put {}", file.name))?;
        put_whole(storage, staged, &file.name, &staged.path(file), &file.media_type).await?;
    }
    put_each(storage, staged, watch).await?;
    for (name, path) in staged.signatures() {
        step(watch, &format!("put {name}"))?;
        put_whole(storage, staged, name, &path, SIGNATURE_TYPE).await?;
    }
    Ok(())
}

/// Puts every file but the sums and the manifest, several at a time: most are small, and to put one
/// is to wait for the disk or the bucket. No more are begun once one has failed, and those that are
/// on their way come to their end.
async fn put_each(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<(), PublishError> {
    let failed = AtomicBool::new(false);
    let files = staged.manifest().files.iter().filter(|file| file.name != SUMS_FILE);
    let puts: Vec<_> =
        files.map(|file| put_unless(&failed, storage, staged, file, watch).boxed()).collect();
    let done: Vec<_> = stream::iter(puts).buffered(PUTS_AT_A_TIME).collect().await;
    done.into_iter().collect()
}

/// Puts a file unless another one has failed, and says so where it fails itself.
async fn put_unless(
    failed: &AtomicBool,
    storage: &Storage,
    staged: &Staged,
    file: &ManifestFile,
    watch: Watch<'_>,
) -> Result<(), PublishError> {
    if failed.load(Ordering::Relaxed) {
        return Ok(());
    }
    let done = put_file(storage, staged, file, watch).await;
    failed.fetch_or(done.is_err(), Ordering::Relaxed);
    done
}

async fn put_file(
    storage: &Storage,
    staged: &Staged,
    file: &ManifestFile,
    watch: Watch<'_>,
) -> Result<(), PublishError> {
    step(watch, &format!("put {}", file.name))?;
    let key = pointer::key(staged.manifest().release, &file.name);
    let put = storage.put_new_file(&key, &staged.path(file), &file.media_type).await;
    if created(&key, put)? {
        return Ok(());
    }
    let there = read(storage, &key).await?;
    same(key, digest::sha256(&there) == file.sha256)
}

/// Puts a small file, whole in one put: of two writers at once one creates it, and the other one
/// learns so.
async fn put_whole(
    storage: &Storage,
    staged: &Staged,
    name: &str,
    path: &Path,
    media_type: &str,
) -> Result<(), PublishError> {
    let failed = |source| PublishError::Staged { file: name.to_owned(), source };
    let bytes = Bytes::from(std::fs::read(path).map_err(failed)?);
    put_bytes(storage, pointer::key(staged.manifest().release, name), bytes, media_type).await
}

pub(super) async fn put_manifest(
    storage: &Storage,
    staged: &Staged,
    watch: Watch<'_>,
) -> Result<(), PublishError> {
    step(watch, "put manifest.json")?;
    let key = pointer::key(staged.manifest().release, MANIFEST_FILE);
    put_bytes(storage, key, Bytes::copy_from_slice(staged.manifest_bytes()), JSON).await
}

async fn put_bytes(
    storage: &Storage,
    key: String,
    bytes: Bytes,
    media_type: &str,
) -> Result<(), PublishError> {
    let put = storage.put_new(&key, bytes.clone(), media_type).await;
    if created(&key, put)? {
        return Ok(());
    }
    let there = read(storage, &key).await?;
    same(key, there == bytes)
}

async fn read(storage: &Storage, key: &str) -> Result<Bytes, PublishError> {
    let there = storage.get(key).await;
    let there = there.map_err(|source| PublishError::Storage { key: key.to_owned(), source })?;
    there.ok_or_else(|| PublishError::Taken(key.to_owned()))
}

/// Whether a file was created; `false` where one was there.
fn created(key: &str, put: Result<Put, StorageError>) -> Result<bool, PublishError> {
    match put {
        Ok(put) => Ok(put == Put::Created),
        Err(source) => Err(PublishError::Storage { key: key.to_owned(), source }),
    }
}

/// The same bytes are this attempt's, put before it was stopped, or by a put whose answer was lost.
fn same(key: String, is_same: bool) -> Result<(), PublishError> {
    if is_same { Ok(()) } else { Err(PublishError::Taken(key)) }
}
