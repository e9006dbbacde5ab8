//! The files of a release, written into a folder of this machine and read back, before anything is
//! published.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::release::database::ReleaseDatabase;
use crate::release::digest;
use crate::release::document::{
    self, DERIVED, DESCRIPTORS, Derived, Descriptor, DocumentError, Subject, bundle,
};
use crate::release::format::{FormatError, Imprint};
use crate::release::manifest::{
    MANIFEST_FILE, Manifest, ManifestDraft, ManifestError, ManifestFile,
};
use crate::release::rows::RowsError;
use crate::release::sign::{KeyError, MANIFEST_SIGNATURE, SIGNATURES, SUMS_SIGNATURE, SigningKey};
use crate::release::tables;

/// The release file: every table, and the file the API reads.
pub const DATASET_FILE: &str = "dataset.sqlite";
/// Hashes of all files but itself and the manifest, in the form `sha256sum -c` reads.
pub const SUMS_FILE: &str = "SHA256SUMS";

/// Told the name of each step before it begins: for progress, and so that a test can stop the work
/// at any of them. An error stops the work there and leaves everything as it is.
pub type Watch<'a> = &'a (dyn Fn(&str) -> Result<(), Interrupted> + Sync);

/// The work was stopped by whoever watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped from outside")]
pub struct Interrupted;

/// What the files of a release are made from.
#[derive(Debug, Clone, Copy)]
pub struct Materials<'a> {
    /// The release file, finished.
    pub database: &'a ReleaseDatabase,
    /// That of the release before; `None` for the first.
    pub previous: Option<&'a ReleaseDatabase>,
}

/// A file of the folder that belongs to the release, not hashed yet.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) table: Option<String>,
    pub(super) rows: Option<u64>,
}

impl Written {
    pub(super) fn plain(name: &str, media_type: &'static str) -> Self {
        Self { name: name.to_owned(), media_type, table: None, rows: None }
    }
}

/// A release whose files are all written and checked, ready to be published.
#[derive(Debug, Clone)]
pub struct Staged {
    folder: PathBuf,
    manifest: Manifest,
    /// The manifest as it is published.
    bytes: Vec<u8>,
}

/// Why the files of a release could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A file of the folder cannot be read or written.
    #[error("`{file}`: input or output failed")]
    File {
        /// The name of the file.
        file: String,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// A table cannot be read to the end, or its records have no canonical form.
    #[error("a table cannot be hashed")]
    Root(#[source] RowsError),
    /// A table cannot be written in a format, or does not read back equal.
    #[error("a table could not be written")]
    Format(#[source] FormatError),
    /// A file beside the tables could not be written.
    #[error("`{file}` could not be written")]
    Document {
        /// The name of the file.
        file: String,
        /// What failed.
        #[source]
        source: DocumentError,
    },
    /// Two counts of one table differ.
    #[error("`{what}` has {found} records where its table has {expected}")]
    Count {
        /// The table or file.
        what: String,
        /// Rows of the table, as its root counted them.
        expected: u64,
        /// Rows found.
        found: u64,
    },
    /// The release could not be signed.
    #[error("the release could not be signed")]
    Sign(#[source] KeyError),
    /// The manifest would not be read back: a file has an unfit name or stands twice.
    #[error("the manifest would not be read back")]
    Manifest(#[source] ManifestError),
    /// Somebody stopped the work.
    #[error("stopped before step `{step}`")]
    Interrupted {
        /// The step that was not begun.
        step: String,
        /// Who stopped it.
        #[source]
        source: Interrupted,
    },
}

impl Staged {
    /// A release whose files lie in `folder`, as the bytes of its manifest describe them.
    ///
    /// Whether they are those files is for the caller to know.
    pub fn of(folder: &Path, bytes: Vec<u8>) -> Result<Self, ManifestError> {
        let manifest = Manifest::read(&bytes)?;
        Ok(Self { folder: folder.to_owned(), manifest, bytes })
    }

    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bytes of its manifest, as they are published.
    #[must_use]
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a file of it lies.
    #[must_use]
    pub fn path(&self, file: &ManifestFile) -> PathBuf {
        self.folder.join(&file.name)
    }

    /// The names of its signatures, which no list names, and where they lie; none where its
    /// manifest names no key.
    pub fn signatures(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let signed = self.manifest.signing_key.is_some();
        let names = SIGNATURES.iter().filter(move |_| signed);
        names.map(|(name, _)| (*name, self.folder.join(name)))
    }
}

/// Writes every file of a release into `folder`, which holds a finished [`DATASET_FILE`]; reads each
/// table file back and compares it cell by cell with the records of that dataset; hashes everything.
///
/// The same input gives the same bytes, but for signatures. Those are made with `key`, which the
/// manifest then names. Files of an earlier attempt are written over. Nothing is synced to the disk:
/// what counts is the copy in the storage.
pub fn stage(
    folder: &Path,
    mut draft: ManifestDraft,
    materials: &Materials<'_>,
    key: Option<&SigningKey>,
    watch: Watch<'_>,
) -> Result<Staged, StageError> {
    if let Some(key) = key {
        draft.signing_key = Some(key.public().to_string());
    }
    step(watch, "hash tables")?;
    let Materials { database, previous } = *materials;
    let imprint = Imprint { release: draft.release, schema_version: draft.schema_version.clone() };
    let (tables, mut files) = tables::make_all(folder, database, &imprint, watch)?;
    let subject = Subject { database, previous, draft: &draft };
    write_derived(folder, &subject, &mut files, watch)?;
    write_descriptors(folder, &subject, &mut files, watch)?;
    files.push(write_bundle(folder, &subject, &files, watch)?);
    step(watch, "write SHA256SUMS")?;
    let sums = sums(&files);
    write_file(folder, SUMS_FILE, sums.as_bytes())?;
    files.push(hash_file(folder, Written::plain(SUMS_FILE, "text/plain; charset=utf-8"))?);
    let manifest = draft.finish(tables, files);
    // What no reader would accept must not be published.
    let staged = Staged::of(folder, manifest.to_bytes()).map_err(StageError::Manifest)?;
    if let Some(key) = key {
        step(watch, "sign")?;
        sign(&staged, key, &sums)?;
    }
    Ok(staged)
}

/// Signs the sums, for whoever checks files with `sha256sum`, and the manifest, which names all.
fn sign(staged: &Staged, key: &SigningKey, sums: &str) -> Result<(), StageError> {
    let release = staged.manifest.release;
    for (name, bytes) in [(SUMS_SIGNATURE, sums.as_bytes()), (MANIFEST_SIGNATURE, &staged.bytes)] {
        let signature = key.sign(release, bytes).map_err(StageError::Sign)?;
        write_file(&staged.folder, name, signature.as_bytes())?;
    }
    Ok(())
}

/// The lines of [`SUMS_FILE`].
fn sums(files: &[ManifestFile]) -> String {
    let apart = [SUMS_FILE, MANIFEST_FILE];
    let listed = files.iter().filter(|file| !apart.contains(&file.name.as_str()));
    listed.flat_map(|file| [&file.sha256, "  ", &file.name, "\n"]).collect()
}

pub(super) fn step(watch: Watch<'_>, step: &str) -> Result<(), StageError> {
    watch(step).map_err(|source| StageError::Interrupted { step: step.to_owned(), source })
}

fn write_derived(
    folder: &Path,
    subject: &Subject<'_>,
    files: &mut Vec<ManifestFile>,
    watch: Watch<'_>,
) -> Result<(), StageError> {
    for Derived { name, media_type, write } in DERIVED {
        step(watch, &format!("write {name}"))?;
        let rows = document::to_file(&folder.join(name), |out| write(subject, out));
        let rows = rows.map_err(|source| undescribed(name, source))?;
        files.push(hash_and_pack(folder, Written { rows, ..Written::plain(name, media_type) })?);
    }
    Ok(())
}

/// Each descriptor sees the files made before it.
fn write_descriptors(
    folder: &Path,
    subject: &Subject<'_>,
    files: &mut Vec<ManifestFile>,
    watch: Watch<'_>,
) -> Result<(), StageError> {
    for Descriptor { name, media_type, write } in DESCRIPTORS {
        step(watch, &format!("write {name}"))?;
        let written = document::to_file(&folder.join(name), |out| write(subject, files, out));
        written.map_err(|source| undescribed(name, source))?;
        files.push(hash_and_pack(folder, Written::plain(name, media_type))?);
    }
    Ok(())
}

/// All files made so far in one.
fn write_bundle(
    folder: &Path,
    subject: &Subject<'_>,
    files: &[ManifestFile],
    watch: Watch<'_>,
) -> Result<ManifestFile, StageError> {
    let release = subject.draft.release;
    let name = bundle::name(release);
    step(watch, &format!("write {name}"))?;
    bundle::join(folder, release, files).map_err(|source| undescribed(&name, source))?;
    hash_file(folder, Written::plain(&name, bundle::MEDIA_TYPE))
}

fn undescribed(name: &str, source: DocumentError) -> StageError {
    StageError::Document { file: name.to_owned(), source }
}

/// A file that is written and checked: hashed, and packed for the archive.
pub(super) fn hash_and_pack(folder: &Path, written: Written) -> Result<ManifestFile, StageError> {
    let file = hash_file(folder, written)?;
    bundle::pack(folder, &file.name, file.bytes)
        .map_err(|source| undescribed(&file.name, source))?;
    Ok(file)
}

fn hash_file(folder: &Path, written: Written) -> Result<ManifestFile, StageError> {
    let Written { name, media_type, table, rows } = written;
    let hashed = File::open(folder.join(&name)).and_then(digest::sha256_of_reader);
    let (bytes, sha256) = hashed.map_err(|source| failed(&name, source))?;
    let media_type = media_type.to_owned();
    Ok(ManifestFile { name, table, media_type, bytes, sha256, rows })
}

fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), StageError> {
    fs::write(folder.join(name), bytes).map_err(|source| failed(name, source))
}

fn failed(file: &str, source: io::Error) -> StageError {
    StageError::File { file: file.to_owned(), source }
}
