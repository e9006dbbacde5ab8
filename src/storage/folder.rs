//! Large files in a folder, and what is left of those that did not get there.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use object_store::path::Path as Key;
use object_store::{
    MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, RenameOptions, RenameTargetMode,
};

use crate::storage::content::{BLOCK, Content};
use crate::storage::{Put, Storage, StorageError, parse, partial};

impl Storage {
    /// Copies a local file beside its key and then links it there, if the key is not taken.
    pub(super) async fn put_new_file_in_folder(
        &self,
        to: &Key,
        path: &Path,
    ) -> Result<Put, StorageError> {
        let put = match self.copy_and_link(to, path).await {
            // Whoever was first cleared away what others had on the way.
            Err(_) if self.store.head(to).await.is_ok() => Put::Exists,
            other => other?,
        };
        if let Some(file) = self.local_path(to.as_ref()) {
            clear_partial(&file);
        }
        Ok(put)
    }

    async fn copy_and_link(&self, to: &Key, path: &Path) -> Result<Put, StorageError> {
        let key = to.as_ref();
        let partial = parse(&partial::name(key))?;
        let upload = self.store.put_multipart(&partial).await;
        let mut upload = upload.map_err(|cause| self.fault(key, "written", cause))?;
        if let Err(error) = self.copy(key, path, upload.as_mut()).await {
            // What went wrong first is what is worth telling.
            upload.abort().await.ok();
            return Err(error);
        }
        let options = RenameOptions::new().with_target_mode(RenameTargetMode::Create);
        let renamed = self.store.rename_opts(&partial, to, options).await;
        if renamed.is_err() {
            self.store.delete(&partial).await.ok();
        }
        self.created(key, renamed)
    }

    async fn copy(
        &self,
        key: &str,
        path: &Path,
        upload: &mut dyn MultipartUpload,
    ) -> Result<(), StorageError> {
        let mut blocks = Content::File(path).blocks().await?;
        loop {
            let block = blocks.next(BLOCK).await?;
            if block.is_empty() {
                break;
            }
            let written = upload.put_part(PutPayload::from(block)).await;
            written.map_err(|cause| self.fault(key, "written", cause))?;
        }
        upload.complete().await.map(drop).map_err(|cause| self.fault(key, "written", cause))
    }
}

/// Removes what was on its way to a file that is there now. What cannot be removed is left for
/// [`sweep`].
fn clear_partial(file: &Path) {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let target = found.to_str().and_then(|found| partial::target(without_number(found)));
        if target.is_some() && target == name.to_str() {
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// Removes every file on its way below a folder, or those that were last written before a time, and
/// tells how many there were.
pub(super) fn sweep(folder: &Path, before: Option<SystemTime>) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            removed += sweep(&entry.path(), before)?;
            continue;
        }
        let name = entry.file_name();
        let unfinished = name
            .to_str()
            .is_some_and(|name| name != without_number(name) || partial::is_partial(name));
        let modified = entry.metadata()?.modified()?;
        if unfinished && before.is_none_or(|before| modified < before) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// A name without the `#N` that `object_store` puts behind that of a file it is writing.
fn without_number(name: &str) -> &str {
    match name.rsplit_once('#') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => name,
    }
}
