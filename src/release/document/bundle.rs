//! `porchlight-{release}.zip`: all files of a release in one.
//!
//! The same files give the same bytes: names in order, one time for all, one way to pack. What is
//! packed already is stored as it is. The others are packed by several threads, each into a file
//! of its own, so that memory stays bounded whatever the size of the release, and then joined.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

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

/// Sizes from which an entry needs the long form, with room for what packing may add.
const LARGE: u64 = 0xF000_0000;

/// The name of the file.
pub(in crate::release) fn name(release: ReleaseId) -> String {
    format!("{PREFIX}{release}.zip")
}

/// Packs a file of `folder`, which will be a part of the archive, beside it; what is packed already
/// is left as it is. May go on in several threads, for as many files.
pub(in crate::release) fn pack(folder: &Path, name: &str, bytes: u64) -> Result<(), DocumentError> {
    if is_packed(name) {
        return Ok(());
    }
    let mut archive = create(&part(folder, name))?;
    add(&mut archive, folder, name, bytes)?;
    Ok(finish(archive)?)
}

/// Joins these files, which are packed, in the archive beside them.
pub(in crate::release) fn join(
    folder: &Path,
    release: ReleaseId,
    files: &[ManifestFile],
) -> Result<(), DocumentError> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let mut archive = create(&folder.join(name(release)))?;
    for ManifestFile { name, bytes, .. } in sorted {
        if is_packed(name) {
            add(&mut archive, folder, name, *bytes)?;
            continue;
        }
        let packed = part(folder, name);
        copy(&mut archive, &packed)?;
        fs::remove_file(packed)?;
    }
    Ok(finish(archive)?)
}

/// Appends the one file of another archive as it is packed there.
fn copy(archive: &mut ZipWriter<impl Write + Seek>, packed: &Path) -> io::Result<()> {
    let mut packed = ZipArchive::new(BufReader::new(File::open(packed)?))?;
    Ok(archive.raw_copy_file(packed.by_index_raw(0)?)?)
}

fn is_packed(name: &str) -> bool {
    PACKED.iter().any(|ending| name.ends_with(ending))
}

/// Where a file lies while it is packed and not joined.
fn part(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.packed"))
}

fn create(path: &Path) -> io::Result<ZipWriter<BufWriter<File>>> {
    Ok(ZipWriter::new(BufWriter::new(File::create(path)?)))
}

fn add(
    archive: &mut ZipWriter<impl Write + Seek>,
    folder: &Path,
    name: &str,
    bytes: u64,
) -> io::Result<()> {
    let (method, level) = if is_packed(name) {
        (CompressionMethod::Stored, None)
    } else {
        (CompressionMethod::Deflated, Some(LEVEL))
    };
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .compression_level(level)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(bytes >= LARGE);
    archive.start_file(name, options)?;
    io::copy(&mut File::open(folder.join(name))?, archive)?;
    Ok(())
}

fn finish(archive: ZipWriter<BufWriter<File>>) -> io::Result<()> {
    archive.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(())
}
