//! `porchlight-{release}.zip`: all files of a release in one.
//!
//! The same files give the same bytes: names in order, one time for all, one way to pack. What is
//! packed already is stored as it is. The others are packed on several threads, each into a file
//! of its own, so that memory stays bounded whatever the size of the release, and then joined.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::DocumentError;
use crate::record::ReleaseId;
use crate::release::manifest::ManifestFile;

/// How its name begins.
pub(super) const PREFIX: &str = "porchlight-";

/// Its media type.
pub(in crate::release) const MEDIA_TYPE: &str = "application/zip";

/// Files that would hardly become smaller, by the ends of their names.
const PACKED: &[&str] = &[".gz", ".parquet", ".zip", ".zst"];

/// How hard to pack, from 1 to 9. Of the real data 2 makes a sixteenth more than 6 in a fourth of
/// the time.
const LEVEL: i64 = 2;

/// Threads that pack: the release file is most of the work, so that more would wait for it.
const THREADS: usize = 2;

/// Sizes from which an entry needs the long form, with room for what packing may add.
const LARGE: u64 = 0xF000_0000;

/// The name of the file.
pub(in crate::release) fn name(release: ReleaseId) -> String {
    format!("{PREFIX}{release}.zip")
}

/// Writes the archive of these files, which lie in `folder`, beside them.
pub(in crate::release) fn write(
    folder: &Path,
    release: ReleaseId,
    files: &[ManifestFile],
) -> Result<(), DocumentError> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let parts = Parts { folder, files: pack_order(&sorted) };
    let packed = parts.pack_all();
    let joined = packed.and_then(|()| join(&folder.join(name(release)), folder, &sorted));
    let removed = parts.remove();
    joined?;
    Ok(removed?)
}

/// The files to be packed, the largest first, so that the threads end together.
fn pack_order<'a>(files: &[&'a ManifestFile]) -> Vec<&'a ManifestFile> {
    let mut order: Vec<_> = files.iter().copied().filter(|file| !is_packed(file)).collect();
    order.sort_by(|one, other| other.bytes.cmp(&one.bytes).then(one.name.cmp(&other.name)));
    order
}

fn is_packed(file: &ManifestFile) -> bool {
    PACKED.iter().any(|ending| file.name.ends_with(ending))
}

/// Where a file lies while it is packed and not joined.
fn part(folder: &Path, file: &ManifestFile) -> PathBuf {
    folder.join(format!(".{}.packed", file.name))
}

/// Archives of one file each.
struct Parts<'a> {
    folder: &'a Path,
    files: Vec<&'a ManifestFile>,
}

impl Parts<'_> {
    fn pack_all(&self) -> io::Result<()> {
        let waiting = Mutex::new(self.files.iter());
        let work = || {
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(file) = next else { return Ok(()) };
                let mut archive = create(&part(self.folder, file))?;
                add(&mut archive, self.folder, file)?;
                finish(archive)?;
            }
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
            let ends = threads.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_panic| Err(io::Error::other("a thread panicked")))
            });
            // Each is waited for, also after one has failed.
            ends.collect::<Vec<_>>().into_iter().collect()
        })
    }

    fn remove(&self) -> io::Result<()> {
        for file in &self.files {
            match fs::remove_file(part(self.folder, file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

fn join(path: &Path, folder: &Path, files: &[&ManifestFile]) -> io::Result<()> {
    let mut archive = create(path)?;
    for file in files {
        if is_packed(file) {
            add(&mut archive, folder, file)?;
        } else {
            let packed = File::open(part(folder, file))?;
            let mut packed = ZipArchive::new(BufReader::new(packed))?;
            archive.raw_copy_file(packed.by_index_raw(0)?)?;
        }
    }
    finish(archive)
}

fn create(path: &Path) -> io::Result<ZipWriter<BufWriter<File>>> {
    Ok(ZipWriter::new(BufWriter::new(File::create(path)?)))
}

fn add(
    archive: &mut ZipWriter<impl Write + Seek>,
    folder: &Path,
    file: &ManifestFile,
) -> io::Result<()> {
    let (method, level) = if is_packed(file) {
        (CompressionMethod::Stored, None)
    } else {
        (CompressionMethod::Deflated, Some(LEVEL))
    };
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .compression_level(level)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(file.bytes >= LARGE);
    archive.start_file(&file.name, options)?;
    io::copy(&mut File::open(folder.join(&file.name))?, archive)?;
    Ok(())
}

fn finish(archive: ZipWriter<BufWriter<File>>) -> io::Result<()> {
    archive.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(())
}
