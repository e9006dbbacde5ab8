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
enum Job {
    /// The release file, hashed and packed.
    Dataset,
    /// The root of a table.
    Root(&'static Resource),
    /// Files of a table that have one order: its records are read once for all of them.
    Files(&'static Resource, Vec<Kind>),
}

/// What came of it.
enum Made {
    Root(ManifestTable),
    Files(Vec<ManifestFile>),
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
        let (by_id, otherwise): (Vec<_>, Vec<_>) =
            Kind::of(resource).partition(|kind| kind.order(resource).is_empty());
        let orders = [by_id, otherwise].into_iter().filter(|kinds| !kinds.is_empty());
        jobs.extend(orders.map(|kinds| (*count, Job::Files(resource, kinds))));
        jobs.push((*count, Job::Root(resource)));
    }
    let made = workers::share_out(
        jobs,
        |(count, _)| *count,
        |(count, job)| match job {
            Job::Dataset => {
                step(watch, &format!("pack {DATASET_FILE}"))?;
                let written = Written::plain(DATASET_FILE, "application/vnd.sqlite3");
                Ok(Made::Files(vec![hash_and_pack(folder, written)?]))
            }
            Job::Root(resource) => {
                let table = root::table(rows, resource).map_err(StageError::Root)?;
                same_count(resource.table, count, table.rows)?;
                Ok(Made::Root(table))
            }
            Job::Files(resource, kinds) => {
                let table = Table { rows, resource, imprint };
                make(folder, &kinds, table, count, watch).map(Made::Files)
            }
        },
    )?;
    let (mut tables, mut files) = (Vec::new(), Vec::new());
    for made in made {
        match made {
            Made::Root(table) => tables.push(table),
            Made::Files(made) => files.extend(made),
        }
    }
    files.sort_by_key(place);
    Ok((tables, files))
}

/// Where a file stands in the contract: by its table, and by its format.
fn place(file: &ManifestFile) -> Option<(usize, usize)> {
    let at = RESOURCES.iter().position(|resource| Some(resource.table) == file.table.as_deref())?;
    let resource = &RESOURCES[at];
    Some((at, Kind::of(resource).position(|kind| kind.file_name(resource) == file.name)?))
}

/// Writes files, reads them back, hashes them and packs them.
fn make(
    folder: &Path,
    kinds: &[Kind],
    table: Table<'_>,
    count: u64,
    watch: Watch<'_>,
) -> Result<Vec<ManifestFile>, StageError> {
    let files = kinds.iter().map(|kind| (*kind, folder.join(kind.file_name(table.resource))));
    let files: Vec<_> = files.collect();
    let tell = |verb: &str| {
        kinds
            .iter()
            .try_for_each(|kind| step(watch, &format!("{verb} {}", kind.file_name(table.resource))))
    };
    let what = table.resource.table;
    tell("write")?;
    let written = format::write(kinds, folder, table);
    same_count(what, count, written.map_err(StageError::Format)?)?;
    tell("check")?;
    let read = format::check(&files, table);
    same_count(what, count, read.map_err(StageError::Format)?)?;
    let written = kinds.iter().map(|kind| Written {
        name: kind.file_name(table.resource),
        media_type: kind.media_type(),
        table: Some(what.to_owned()),
        rows: Some(count),
    });
    written.map(|written| hash_and_pack(folder, written)).collect()
}

fn same_count(what: &str, expected: u64, found: u64) -> Result<(), StageError> {
    if expected == found {
        Ok(())
    } else {
        Err(StageError::Count { what: what.to_owned(), expected, found })
    }
}
