//! The files of all tables, written and read back by several threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{panic, thread};

use crate::record::{RESOURCES, Resource};
use crate::release::format::{self, Imprint, Kind, Table};
use crate::release::manifest::ManifestTable;
use crate::release::rows::Rows;
use crate::release::stage::{StageError, Watch, Written, step};

/// How many files are in the making at a time. Each holds a few thousand rows and a packed row
/// group, whatever the size of its table.
const WORKERS: usize = 2;

/// A file to be made.
struct Job<'a> {
    kind: Kind,
    resource: &'static Resource,
    table: &'a ManifestTable,
}

/// What is still to be done, and what has come of the rest, by the place of the job.
struct Progress<'a> {
    /// Which job is next is behind.
    waiting: Vec<(usize, Job<'a>)>,
    done: BTreeMap<usize, Result<Written, StageError>>,
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
    let mut waiting: Vec<_> = jobs.into_iter().enumerate().collect();
    // The longest first, so that no thread waits for another at the end.
    waiting.sort_by_key(|(place, job)| (job.table.rows, std::cmp::Reverse(*place)));
    let progress = Mutex::new(Progress { waiting, done: BTreeMap::new() });
    let work = || {
        while let Some((place, job)) = next(&progress) {
            let made = make(folder, &job, rows, imprint, watch);
            lock(&progress).done.insert(place, made);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (1..WORKERS).map(|_| scope.spawn(work)).collect();
        work();
        for worker in workers {
            if let Err(panicked) = worker.join() {
                panic::resume_unwind(panicked);
            }
        }
    });
    let Progress { done, .. } = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_values().collect()
}

/// The next job, unless one has failed.
fn next<'a>(progress: &Mutex<Progress<'a>>) -> Option<(usize, Job<'a>)> {
    let mut progress = lock(progress);
    if progress.done.values().any(Result::is_err) { None } else { progress.waiting.pop() }
}

fn lock<'a, 'b>(progress: &'b Mutex<Progress<'a>>) -> std::sync::MutexGuard<'b, Progress<'a>> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
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
