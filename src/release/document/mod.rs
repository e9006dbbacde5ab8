//! The files of a release beside its tables.
//!
//! A *derived document* is made from the release file, and from that of the release before it. A
//! *descriptor* says what the files are, and is made from the list of them. Both are functions of
//! the release alone: no clock, no host, no setting shows in their bytes, so that they can be made
//! again and compared.

mod about;
pub(in crate::release) mod bundle;
mod changes;
mod citation;
mod coverage;
mod croissant;
mod datapackage;
mod datasette;
mod files;
mod gates;
mod package;
mod readme;
mod trail;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::release::database::{DatabaseError, ReleaseDatabase};
use crate::release::digest::HashWriter;
use crate::release::manifest::{ManifestDraft, ManifestFile};

pub use about::{
    DATASET_CAVEAT, DATASET_HOMEPAGE, DATASET_LICENCE_URL, DATASET_PUBLISHER, DATASET_SUMMARY,
    citation, grouped,
};
pub use datapackage::DATA_PACKAGE_FILE;
pub use files::form_of_file;
pub use gates::GATES_FILE;
pub use package::{DataPackage, DataResource, TableField, TableSchema};

/// What a document is about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The release file.
    pub(super) database: &'a ReleaseDatabase,
    /// That of the release before; `None` for the first.
    pub(super) previous: Option<&'a ReleaseDatabase>,
    /// What its manifest says, but for tables and files.
    pub(super) draft: &'a ManifestDraft,
}

/// A document made from the release file.
#[derive(Clone, Copy)]
pub(super) struct Derived {
    /// The name of its file.
    pub(super) name: &'static str,
    /// Its media type.
    pub(super) media_type: &'static str,
    /// Writes it, and returns how many rows it holds where it is a list.
    pub(super) write: fn(&Subject<'_>, &mut dyn Write) -> Result<Option<u64>, DocumentError>,
}

/// A document made from the list of files, which holds every file made before it.
#[derive(Clone, Copy)]
pub(super) struct Descriptor {
    /// The name of its file.
    pub(super) name: &'static str,
    /// Its media type.
    pub(super) media_type: &'static str,
    /// Writes it.
    pub(super) write:
        fn(&Subject<'_>, &[ManifestFile], &mut dyn Write) -> Result<(), DocumentError>,
}

/// Every derived document, in the order they are made.
pub(super) const DERIVED: &[Derived] = &[
    gates::DOCUMENT,
    coverage::DOCUMENT,
    changes::DOCUMENT,
    trail::REDIRECTS_DOCUMENT,
    trail::WITHDRAWALS_DOCUMENT,
    citation::DOCUMENT,
    datasette::DOCUMENT,
];

/// Every descriptor, in the order they are made.
pub(super) const DESCRIPTORS: &[Descriptor] =
    &[datapackage::DOCUMENT, croissant::DOCUMENT, readme::DOCUMENT];

/// Why a document could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Its file cannot be written.
    #[error("the file cannot be written")]
    File(#[from] io::Error),
    /// The release file cannot be read.
    #[error("the release file cannot be read")]
    Database(#[from] DatabaseError),
    /// What it holds has no JSON form.
    #[error("its contents have no JSON form")]
    Json(#[from] serde_json::Error),
}

/// Writes a document to `path`, over a file that is there, by `write`.
pub(super) fn to_file<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, DocumentError>,
) -> Result<T, DocumentError> {
    let mut out = BufWriter::new(File::create(path)?);
    let written = write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(written)
}

/// Makes again what `files` lists of the documents and descriptors, and hashes it. Derived documents
/// are left out unless the release before is known.
pub(super) fn again<'a>(
    subject: &Subject<'_>,
    with_derived: bool,
    files: &'a [ManifestFile],
) -> Vec<(&'a str, Result<String, DocumentError>)> {
    let mut made = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let derived = DERIVED.iter().find(|document| with_derived && document.name == file.name);
        let descriptor = DESCRIPTORS.iter().find(|document| document.name == file.name);
        let mut out = HashWriter::default();
        let written = match (derived, descriptor) {
            (Some(document), _) => (document.write)(subject, &mut out).map(drop),
            (None, Some(document)) => {
                // Each descriptor saw the files made before it.
                let before = files.get(..at).unwrap_or_default();
                (document.write)(subject, before, &mut out)
            }
            (None, None) => continue,
        };
        made.push((file.name.as_str(), written.map(|()| out.finish().1)));
    }
    made
}

/// Indented JSON with a final newline.
fn write_json(value: &impl serde::Serialize, out: &mut dyn Write) -> Result<(), DocumentError> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    Ok(out.write_all(b"\n")?)
}
