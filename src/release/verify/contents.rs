//! What the files of a release say, against each other and against the manifest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Report;
use crate::record::{RESOURCES, Resource};
use crate::release::database::{self, DatabaseError, ReleaseDatabase};
use crate::release::dataset::SCHEMA_VERSION;
use crate::release::digest;
use crate::release::document::{self, Subject};
use crate::release::fault::FaultKind;
use crate::release::format::{self, Imprint, Kind, Table};
use crate::release::manifest::{MANIFEST_FILE, Manifest};
use crate::release::root;
use crate::release::rows::Rows;
use crate::release::stage::DATASET_FILE;

/// The release before.
pub(super) enum Before {
    /// There is none.
    None,
    /// Its file.
    At(Box<ReleaseDatabase>),
    /// It is not at hand, or not as its manifest says.
    Elsewhere,
}

/// Roots and counts of all tables, and every table file, against the dataset; and what this version
/// of the program made against what it makes of it now.
pub(super) fn check(
    manifest: &Manifest,
    bytes: &[u8],
    paths: &BTreeMap<String, PathBuf>,
    before: &Before,
    scratch: &Path,
    report: &mut Report,
) {
    let Some(dataset) = paths.get(DATASET_FILE) else {
        if manifest.file(DATASET_FILE).is_none() {
            report.fault(DATASET_FILE, FaultKind::NotInManifest);
        }
        return;
    };
    let rows = match ReleaseDatabase::open(dataset) {
        Ok(rows) => rows,
        Err(error) => return report.fault(DATASET_FILE, FaultKind::unreadable(&error)),
    };
    check_tables(manifest, paths, &rows, report);
    // Only a dataset that is right can tell whether what follows is.
    if report.faults.iter().any(|fault| fault.file == DATASET_FILE) {
        return;
    }
    check_words(manifest, &rows, report);
    if is_ours(manifest) {
        check_again(manifest, bytes, &rows, before, scratch, report);
    }
}

fn check_tables(
    manifest: &Manifest,
    paths: &BTreeMap<String, PathBuf>,
    rows: &ReleaseDatabase,
    report: &mut Report,
) {
    for resource in RESOURCES {
        let promised = manifest.table(resource.table);
        // A table that came with a later schema is in neither.
        if promised.is_none() && manifest.schema_version != SCHEMA_VERSION {
            continue;
        }
        let found = match root::table(rows, resource) {
            Ok(found) => found,
            Err(error) => {
                report.fault(DATASET_FILE, FaultKind::unreadable(&error));
                continue;
            }
        };
        report.rows += found.rows;
        let table = resource.table.to_owned();
        match promised {
            // Only a table that is right can tell whether its files are.
            Some(promised) if *promised == found => {
                check_table_files(manifest, paths, rows, resource, report);
            }
            Some(_) => report.fault(DATASET_FILE, FaultKind::Root { table }),
            None => report.fault(MANIFEST_FILE, FaultKind::NoTable { table }),
        }
    }
}

fn check_table_files(
    manifest: &Manifest,
    paths: &BTreeMap<String, PathBuf>,
    rows: &dyn Rows,
    resource: &'static Resource,
    report: &mut Report,
) {
    let (release, schema_version) = (manifest.release, manifest.schema_version.clone());
    let imprint = Imprint { release, schema_version };
    for kind in Kind::of(resource) {
        let name = kind.file_name(resource);
        let Some(file) = manifest.file(&name) else {
            if kind.is_promised_by(&imprint) {
                report.fault(&name, FaultKind::NotInManifest);
            }
            continue;
        };
        let Some(path) = paths.get(&name) else { continue };
        // What is known to be damaged need not be understood.
        if kind.is_packed() && report.faults.iter().any(|fault| fault.file == name) {
            continue;
        }
        let table = Table { rows, resource, imprint: &imprint };
        match format::check(&[(kind, path.clone())], table) {
            Ok(found) if file.rows == Some(found) => {}
            Ok(found) => report.fault(&name, FaultKind::Rows { expected: file.rows, found }),
            Err(error) => report.fault(&name, FaultKind::differs(&error)),
        }
    }
}

/// What manifest and dataset both say of the release.
fn check_words(manifest: &Manifest, rows: &ReleaseDatabase, report: &mut Report) {
    let meta = rows.meta();
    let gates = match rows.gates() {
        Ok(gates) => gates,
        Err(error) => return report.fault(DATASET_FILE, FaultKind::unreadable(&error)),
    };
    for (about, agrees) in [
        ("release", meta.release == manifest.release),
        ("published_at", meta.published_at == manifest.published_at),
        ("schema_version", meta.schema_version == manifest.schema_version),
        ("software_version", meta.software_version == manifest.software_version),
        ("gates", gates == manifest.gates),
    ] {
        if !agrees {
            report.fault(MANIFEST_FILE, FaultKind::Disagrees { about: about.to_owned() });
        }
    }
}

/// Whether this very program made the release, as far as can be told.
fn is_ours(manifest: &Manifest) -> bool {
    manifest.software_version == env!("CARGO_PKG_VERSION")
        && manifest.schema_sha256 == digest::sha256(database::schema_text().as_bytes())
}

/// Makes again what can be made again, and compares hashes.
fn check_again(
    manifest: &Manifest,
    bytes: &[u8],
    rows: &ReleaseDatabase,
    before: &Before,
    scratch: &Path,
    report: &mut Report,
) {
    if manifest.to_bytes() != bytes {
        report.fault(MANIFEST_FILE, FaultKind::MadeOtherwise);
    }
    match written_again(rows, &scratch.join("again.sqlite")) {
        Ok(sha256) => compare(manifest, DATASET_FILE, &sha256, report),
        Err(error) => report.fault(DATASET_FILE, FaultKind::unreadable(&error)),
    }
    let draft = manifest.draft();
    let previous = match before {
        Before::None => Some(None),
        Before::At(previous) => Some(Some(previous.as_ref())),
        Before::Elsewhere => None,
    };
    let subject = Subject { database: rows, previous: previous.flatten(), draft: &draft };
    for (name, made) in document::again(&subject, previous.is_some(), &manifest.files) {
        match made {
            Ok(sha256) => compare(manifest, name, &sha256, report),
            Err(error) => report.fault(name, FaultKind::unreadable(&error)),
        }
    }
}

/// The hash of a file against that of what was made again.
fn compare(manifest: &Manifest, name: &str, sha256: &str, report: &mut Report) {
    match manifest.file(name) {
        Some(file) if file.sha256 != sha256 => report.fault(name, FaultKind::MadeOtherwise),
        Some(_) => {}
        None => report.fault(name, FaultKind::NotInManifest),
    }
}

/// The hash of a release file with the same contents.
fn written_again(rows: &ReleaseDatabase, path: &Path) -> Result<String, DatabaseError> {
    let unreadable = |source| DatabaseError::Unreadable { path: path.to_owned(), source };
    database::write(path, &rows.load()?)?;
    let hashed = std::fs::File::open(path).and_then(digest::sha256_of_reader);
    let (_, sha256) = hashed.map_err(unreadable)?;
    std::fs::remove_file(path).map_err(unreadable)?;
    Ok(sha256)
}
