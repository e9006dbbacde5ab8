//! The files of all tables, written and read back by several threads.

use std::path::Path;

use crate::record::{RESOURCES, Resource};
use crate::release::format::{self, Imprint, Kind, Table};
use crate::release::manifest::ManifestTable;
use crate::release::rows::Rows;
use crate::release::stage::{StageError, Watch, Written, step};
use crate::release::workers;

/// A file to be made.
struct Job<'a> {
    kind: Kind,
    resource: &'static Resource,
    table: &'a ManifestTable,
}

/// Writes every file of every table into `folder`, reads each back and compares it cell by cell with
/// `rows`; `tables` says how many there must be. Returns the files in the order of the contract.
///
/// Nothing new is begun once something failed.
pub(super) fn write_all(
    folder: &Path,
    tables: &[ManifestTable],
    rows: &dyn Rows,
    imprint: &Imprint,
    watch: Watch<'_>,
) -> Result<Vec<Written>, StageError> {
    let mut jobs = Vec::new();
    for (resource, table) in RESOURCES.iter().zip(tables) {
        let counted = rows.count(resource).map_err(StageError::Root)?;
        same_count(resource.table, table.rows, counted)?;
        jobs.extend(Kind::of(resource).map(|kind| Job { kind, resource, table }));
    }
    let weight = |job: &Job<'_>| job.table.rows;
    workers::share_out(jobs, weight, |job| make(folder, &job, rows, imprint, watch))
}

/// Writes one file and reads it back.
fn make(
    folder: &Path,
    job: &Job<'_>,
    rows: &dyn Rows,
    imprint: &Imprint,
    watch: Watch<'_>,
) -> Result<Written, StageError> {
    let Job { kind, resource, table } = *job;
    let name = kind.file_name(resource);
    let of_table = Table { rows, resource, imprint };
    step(watch, &format!("write {name}"))?;
    let written = format::write(kind, folder, of_table);
    same_count(&name, table.rows, written.map_err(StageError::Format)?)?;
    step(watch, &format!("check {name}"))?;
    let read = format::check(kind, &folder.join(&name), of_table);
    same_count(&name, table.rows, read.map_err(StageError::Format)?)?;
    Ok(Written {
        name,
        media_type: kind.media_type(),
        table: Some(resource.table.to_owned()),
        rows: Some(table.rows),
    })
}

fn same_count(what: &str, expected: u64, found: u64) -> Result<(), StageError> {
    if expected == found {
        Ok(())
    } else {
        Err(StageError::Count { what: what.to_owned(), expected, found })
    }
}
