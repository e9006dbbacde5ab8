//! The files of a release, written into a folder of this machine and read back, before anything is
//! published.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::record::{RESOURCES, ReleaseId};
use crate::release::digest;
use crate::release::format::{self, FormatError, Kind};
use crate::release::manifest::{
    Acceptance, GateVerdict, MANIFEST_FILE, Manifest, ManifestDraft, ManifestError, ManifestFile,
    ManifestTable,
};
use crate::release::root;
use crate::release::rows::{Rows, RowsError};

/// The release file: every table, and the file the API reads.
pub const DATASET_FILE: &str = "dataset.sqlite";
/// The gate report.
pub const GATES_FILE: &str = "gates.json";
/// Hashes of all files but itself and the manifest, in the form `sha256sum -c` reads.
pub const SUMS_FILE: &str = "SHA256SUMS";

/// Told the name of each step before it begins: for progress, and so that a test can stop the work
/// at any of them. An error stops the work there and leaves everything as it is.
pub type Watch<'a> = &'a (dyn Fn(&str) -> Result<(), Interrupted> + Sync);

/// The work was stopped by whoever watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped from outside")]
pub struct Interrupted;

/// A file that lies in the staging folder already and belongs to the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// The table it holds, where it holds one.
    pub table: Option<String>,
    /// How many records it holds, where it is a list of records.
    pub rows: Option<u64>,
}

/// A release whose files are all written and checked, ready to be published.
#[derive(Debug, Clone)]
pub struct Staged {
    folder: PathBuf,
    manifest: Manifest,
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
    /// The manifest would not be read back: a document has an unfit name or stands twice.
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
    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where a file of it lies.
    #[must_use]
    pub fn path(&self, file: &ManifestFile) -> PathBuf {
        self.folder.join(&file.name)
    }
}

/// Writes every file of a release into `folder`, which holds a finished [`DATASET_FILE`] and the
/// `documents`; reads each table file back and compares it cell by cell with `rows`, the records of
/// that dataset; hashes everything.
///
/// The same input gives the same bytes. Files of an earlier attempt are written over. Nothing is
/// synced to the disk: what counts is the copy in the storage.
pub fn stage(
    folder: &Path,
    draft: ManifestDraft,
    documents: Vec<Document>,
    rows: &dyn Rows,
    watch: Watch<'_>,
) -> Result<Staged, StageError> {
    step(watch, "hash tables")?;
    let tables = root::tables(rows).map_err(StageError::Root)?;
    let mut files = vec![Document {
        name: DATASET_FILE.to_owned(),
        media_type: "application/vnd.sqlite3",
        table: None,
        rows: None,
    }];
    files.extend(write_tables(folder, &tables, rows, watch)?);
    files.extend(documents);
    step(watch, "write gates.json")?;
    write_gates(folder, &draft)?;
    files.push(json_document(GATES_FILE));

    step(watch, "hash files")?;
    let mut files = hash_files(folder, files)?;
    step(watch, "write SHA256SUMS")?;
    write_file(folder, SUMS_FILE, sums(&files).as_bytes())?;
    files.extend(hash_files(folder, vec![sums_document()])?);
    let manifest = draft.finish(tables, files);
    // What no reader would accept must not be published.
    Manifest::read(&manifest.to_bytes()).map_err(StageError::Manifest)?;
    Ok(Staged { folder: folder.to_owned(), manifest })
}

/// The lines of [`SUMS_FILE`].
fn sums(files: &[ManifestFile]) -> String {
    let apart = [SUMS_FILE, MANIFEST_FILE];
    let listed = files.iter().filter(|file| !apart.contains(&file.name.as_str()));
    listed.flat_map(|file| [&file.sha256, "  ", &file.name, "\n"]).collect()
}

fn step(watch: Watch<'_>, step: &str) -> Result<(), StageError> {
    watch(step).map_err(|source| StageError::Interrupted { step: step.to_owned(), source })
}

fn write_tables(
    folder: &Path,
    tables: &[ManifestTable],
    rows: &dyn Rows,
    watch: Watch<'_>,
) -> Result<Vec<Document>, StageError> {
    let mut files = Vec::new();
    for (resource, table) in RESOURCES.iter().zip(tables) {
        let counted = rows.count(resource).map_err(StageError::Root)?;
        same_count(resource.table, table.rows, counted)?;
        for kind in Kind::ALL {
            let name = kind.file_name(resource);
            step(watch, &format!("write {name}"))?;
            let written = format::write(*kind, folder, rows, resource);
            same_count(&name, table.rows, written.map_err(StageError::Format)?)?;
            step(watch, &format!("check {name}"))?;
            let read = format::check(*kind, &folder.join(&name), rows, resource);
            same_count(&name, table.rows, read.map_err(StageError::Format)?)?;
            files.push(Document {
                name,
                media_type: kind.media_type(),
                table: Some(resource.table.to_owned()),
                rows: Some(table.rows),
            });
        }
    }
    Ok(files)
}

fn same_count(what: &str, expected: u64, found: u64) -> Result<(), StageError> {
    if expected == found {
        Ok(())
    } else {
        Err(StageError::Count { what: what.to_owned(), expected, found })
    }
}

/// The gate report as a file.
#[derive(Serialize)]
struct GateReport<'a> {
    release: ReleaseId,
    accepted: Option<&'a Acceptance>,
    gates: &'a [GateVerdict],
}

fn write_gates(folder: &Path, draft: &ManifestDraft) -> Result<(), StageError> {
    let report = GateReport {
        release: draft.release,
        accepted: draft.accepted.as_ref(),
        gates: &draft.gates,
    };
    let mut bytes = serde_json::to_vec_pretty(&report)
        .map_err(|error| StageError::File { file: GATES_FILE.to_owned(), source: error.into() })?;
    bytes.push(b'\n');
    write_file(folder, GATES_FILE, &bytes)
}

fn json_document(name: &str) -> Document {
    let name = name.to_owned();
    Document { name, media_type: "application/json", table: None, rows: None }
}

fn sums_document() -> Document {
    let name = SUMS_FILE.to_owned();
    Document { name, media_type: "text/plain; charset=utf-8", table: None, rows: None }
}

fn hash_files(folder: &Path, files: Vec<Document>) -> Result<Vec<ManifestFile>, StageError> {
    files
        .into_iter()
        .map(|Document { name, media_type, table, rows }| {
            let hashed = File::open(folder.join(&name)).and_then(digest::sha256_of_reader);
            let (bytes, sha256) = hashed.map_err(|source| failed(&name, source))?;
            let media_type = media_type.to_owned();
            Ok(ManifestFile { name, table, media_type, bytes, sha256, rows })
        })
        .collect()
}

fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), StageError> {
    fs::write(folder.join(name), bytes).map_err(|source| failed(name, source))
}

fn failed(file: &str, source: io::Error) -> StageError {
    StageError::File { file: file.to_owned(), source }
}
