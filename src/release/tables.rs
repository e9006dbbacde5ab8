//! The hashes and the files of all tables, and the release file made ready for the archive, by
//! several threads.

use std::path::Path;

use crate::record::{RESOURCES, Resource};
use crate::release::format::{self, Imprint, Kind, Table};
use crate::release::manifest::{ManifestFile, ManifestTable};
use crate::release::root;
use crate::release::rows::Rows;
use crate::release::stage::{DATASET_FILE, StageError, Watch, Written, hash_and_pack, step};
use crate::release::workers;

/// Something to be made.
#[derive(Clone, Copy)]
enum Job {
    /// The release file, hashed and packed.
    Dataset,
    /// The root of a table.
    Root(&'static Resource),
    /// A file of a table.
    File(Kind, &'static Resource),
}

/// What came of it.
enum Made {
    Root(ManifestTable),
    File(ManifestFile),
}

/// Hashes every table, and writes every file of every table into `folder`, reads each back and
/// compares it cell by cell with `rows`. Returns the tables, and the release file and these files, in
/// the order of the contract; each is packed for the archive.
///
/// Nothing new is begun once something failed.
pub(super) fn make_all(
    folder: &Path,
    rows: &dyn Rows,
    imprint: &Imprint,
    watch: Watch<'_>,
) -> Result<(Vec<ManifestTable>, Vec<ManifestFile>), StageError> {
    let counts = RESOURCES.iter().map(|resource| rows.count(resource));
    let counts: Vec<u64> = counts.collect::<Result<_, _>>().map_err(StageError::Root)?;
    let mut jobs = vec![(counts.iter().sum(), Job::Dataset)];
    for (resource, count) in RESOURCES.iter().zip(&counts) {
        jobs.push((*count, Job::Root(resource)));
        jobs.extend(Kind::of(resource).map(|kind| (*count, Job::File(kind, resource))));
    }
    let made = workers::share_out(
        jobs,
        |(count, _)| *count,
        |(count, job)| match job {
            Job::Dataset => {
                step(watch, &format!("pack {DATASET_FILE}"))?;
                let written = Written::plain(DATASET_FILE, "application/vnd.sqlite3");
                hash_and_pack(folder, written).map(Made::File)
            }
            Job::Root(resource) => {
                let table = root::table(rows, resource).map_err(StageError::Root)?;
                same_count(resource.table, count, table.rows)?;
                Ok(Made::Root(table))
            }
            Job::File(kind, resource) => {
                let table = Table { rows, resource, imprint };
                make(folder, kind, table, count, watch).map(Made::File)
            }
        },
    )?;
    let (mut tables, mut files) = (Vec::new(), Vec::new());
    for made in made {
        match made {
            Made::Root(table) => tables.push(table),
            Made::File(file) => files.push(file),
        }
    }
    Ok((tables, files))
}

/// Writes one file, reads it back, hashes it and packs it.
fn make(
    folder: &Path,
    kind: Kind,
    table: Table<'_>,
    count: u64,
    watch: Watch<'_>,
) -> Result<ManifestFile, StageError> {
    let name = kind.file_name(table.resource);
    step(watch, &format!("write {name}"))?;
    let written = format::write(kind, folder, table);
    same_count(&name, count, written.map_err(StageError::Format)?)?;
    step(watch, &format!("check {name}"))?;
    let read = format::check(kind, &folder.join(&name), table);
    same_count(&name, count, read.map_err(StageError::Format)?)?;
    hash_and_pack(
        folder,
        Written {
            name,
            media_type: kind.media_type(),
            table: Some(table.resource.table.to_owned()),
            rows: Some(count),
        },
    )
}

fn same_count(what: &str, expected: u64, found: u64) -> Result<(), StageError> {
    if expected == found {
        Ok(())
    } else {
        Err(StageError::Count { what: what.to_owned(), expected, found })
    }
}
