//! Opens release files of any schema: an older one by way of a copy that is brought up to date.
//!
//! What is published never changes. A table that the older schema lacked is filled in the copy by
//! the code that fills it today, as of that release.

use std::convert::Infallible;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::SimpleConnection as _;

use super::insert;
use super::open::{DatabaseError, ReleaseDatabase};
use super::write::{connect, indexes, rows};
use crate::record::coverage::Lists;
use crate::record::{
    Cell, CoverageCell, CoverageId, Edition, Evidence, Identity, Record, Records, ReleaseId,
    SubjectType,
};
use crate::release::dataset::{SCHEMA_VERSION, Since};

/// The first schema that has the coverage.
const COVERAGE_SINCE: &str = "1.1.0";

/// Copies that a folder keeps, beside that of the newest release in it: each is as large as the
/// file it is made from, and any of them can be made again.
const KEPT_COPIES: usize = 16;

/// What the name of a copy ends in that is not whole yet.
const UNFINISHED: &str = ".part";

/// A table and rows for it.
type TableRows = (&'static str, Vec<Vec<Cell>>);

impl ReleaseDatabase {
    /// Opens a release file so that it has every table of today's schema.
    ///
    /// A file of an older schema is copied into the folder `cache`, which is made if it is not
    /// there, and the copy is migrated and opened. It is kept there and used the next time by the
    /// same version of the program. The file at `path` is only read.
    pub fn open_current(path: &Path, cache: &Path) -> Result<Self, DatabaseError> {
        let published = Self::open(path)?;
        if !published.is_behind() {
            return Ok(published);
        }
        let release = published.meta().release;
        let copy = cache.join(name(release));
        let current = |copy: &Path| {
            Self::open(copy).ok().filter(|open| open.meta().release == release && !open.is_behind())
        };
        if let Some(current) = current(&copy) {
            return Ok(current);
        }
        let unwritable = |source| DatabaseError::Copy { path: copy.clone(), source };
        fs::create_dir_all(cache).map_err(unwritable)?;
        let rough = cache.join(unfinished(release));
        let made = migrate(path, &published.meta().schema_version, &rough)
            .and_then(|()| fs::rename(&rough, &copy).map_err(unwritable));
        if let Err(error) = made {
            // What is left of it is of no use to anybody; the error that counts is the first.
            let _ = fs::remove_file(&rough);
            // Another process may have made it meanwhile and tidied up.
            return current(&copy).ok_or(error);
        }
        tidy(cache, release);
        Self::open(&copy)
    }

    /// Whether its schema is older than today's, so that it may lack tables.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        is_older(&self.meta().schema_version, SCHEMA_VERSION)
    }
}

/// Whether a schema came before another.
fn is_older(schema_version: &str, than: &str) -> bool {
    let parts = |version: &str| {
        let parts: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
        parts.ok().filter(|parts| parts.len() == 3)
    };
    parts(schema_version) < parts(than)
}

/// The name of the copy of a release: another schema or program makes another.
fn name(release: ReleaseId) -> String {
    format!("{release}-schema-{SCHEMA_VERSION}-by-{}.sqlite", env!("CARGO_PKG_VERSION"))
}

/// A name that no other copy in the making has.
fn unfinished(release: ReleaseId) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    // Random keys: two processes that make the same copy do not meet.
    let process = RandomState::new().hash_one(number);
    format!("{}.{process:016x}{UNFINISHED}", name(release))
}

/// The release that a file in the cache is a copy of.
fn release_of(file: &str) -> Option<ReleaseId> {
    file.split_once("-schema-").and_then(|(release, _)| release.parse().ok())
}

/// Copies the file, which is of that schema, to `rough` and brings the copy up to date.
fn migrate(path: &Path, schema_version: &str, rough: &Path) -> Result<(), DatabaseError> {
    let unwritable = |source| DatabaseError::Copy { path: rough.to_owned(), source };
    let unreadable = |source| DatabaseError::Unreadable { path: path.to_owned(), source };
    let failed = |source: diesel::result::Error| DatabaseError::Query {
        path: rough.to_owned(),
        source: source.into(),
    };
    let mut published = File::open(path).map_err(unreadable)?;
    // Not `fs::copy`: a published file may be read-only, and its copy is written to.
    let mut file = File::create(rough).map_err(unwritable)?;
    io::copy(&mut published, &mut file).map_err(unwritable)?;
    drop(file);

    let mut connection = connect(rough, rough)?;
    let version =
        format!("UPDATE meta SET value = '{SCHEMA_VERSION}' WHERE key = 'schema_version'");
    connection.batch_execute(&version).map_err(failed)?;
    let filled = if is_older(schema_version, COVERAGE_SINCE) {
        coverage(&ReleaseDatabase::open(rough)?)?.into()
    } else {
        Vec::new()
    };
    connection.batch_execute("BEGIN").map_err(failed)?;
    for (table, filled) in filled {
        insert::rows(&mut connection, table, filled.into_iter()).map_err(failed)?;
    }
    connection.batch_execute(&indexes()).map_err(failed)?;
    connection.batch_execute("COMMIT").map_err(failed)?;
    drop(connection);
    // Renamed once it is on the disk: after a power cut the name stands for all of it or nothing.
    File::open(rough).and_then(|file| file.sync_all()).map_err(unwritable)
}

/// The rows of the tables of the coverage, for a release that was made before there were any, and
/// the ids that were minted for them.
fn coverage(database: &ReleaseDatabase) -> Result<[TableRows; 3], DatabaseError> {
    let release = database.meta().release;
    let of_partnerships = format!("subject_type = '{}'", SubjectType::Partnership);
    // The little of it that tells who looked: most evidence is of agencies.
    let records = Records {
        agencies: database.all()?,
        programs: database.all()?,
        partnerships: database.all()?,
        sources: database.all()?,
        evidence: database.all_where::<Evidence>(&of_partnerships)?,
        ..Records::default()
    };
    let editions: Vec<Edition> =
        database.editions()?.into_iter().map(|edition| edition.what).collect();
    let lists = Lists::of(&records, &editions);
    let mut identities = Vec::new();
    let Ok(mut cells) = lists.cells(|mint_key| {
        let id = CoverageId::mint(mint_key);
        let (resource, mint_key) = (CoverageCell::TABLE.to_owned(), mint_key.to_owned());
        let what = Identity { resource, mint_key, id: id.to_string() };
        identities.push(rows::identity(&Since { what, release }));
        Ok::<_, Infallible>(id)
    });
    cells.sort_by(|one, other| one.id.cmp(&other.id));
    for cell in &mut cells {
        (cell.first_release, cell.last_changed_release) = (release, release);
    }
    Ok([
        (CoverageCell::TABLE, cells.iter().map(Record::cells).collect()),
        ("identities", identities),
        ("agency_coverage", lists.agencies().iter().map(rows::agency_coverage).collect()),
    ])
}

/// Removes copies that nobody will open: those of the release by another program or schema, those
/// that were left unfinished, and the oldest where there are many.
///
/// A file that cannot be removed is only in the way.
fn tidy(cache: &Path, release: ReleaseId) {
    let current = name(release);
    let mut copies: Vec<(io::Result<std::time::SystemTime>, ReleaseId, PathBuf)> = Vec::new();
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let Some((file, of)) = file.to_str().and_then(|file| Some((file, release_of(file)?)))
        else {
            continue;
        };
        if file == current || of != release {
            let made = entry.metadata().and_then(|metadata| metadata.modified());
            copies.push((made, of, entry.path()));
        } else {
            let _ = fs::remove_file(entry.path());
        }
    }
    // The newest release is open for as long as a server runs.
    let newest = copies.iter().map(|(_, of, _)| *of).max();
    copies.retain(|(_, of, _)| Some(*of) != newest);
    copies.sort_by_key(|(made, of, _)| (made.as_ref().ok().copied(), *of));
    let many = copies.len().saturating_sub(KEPT_COPIES);
    for (_, _, path) in copies.into_iter().take(many) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, older) in
            [("1.0.0", true), ("0.9.9", true), (SCHEMA_VERSION, false), ("1.10.0", false)]
        {
            assert_eq!(is_older(version, SCHEMA_VERSION), older, "{version}");
        }
        assert!(is_older("no version", SCHEMA_VERSION), "nothing is known of what it holds");
    }

    #[test]
    fn only_what_nobody_will_open_is_removed() {
        let cache = tempfile::tempdir().unwrap();
        let release = |number: usize| format!("2026-11-24.{number}").parse::<ReleaseId>().unwrap();
        let other = format!("{}-schema-1.0.0-by-0.0.1.sqlite", release(3));
        let unfinished = unfinished(release(3));
        let kept = ["notes.txt".to_owned(), name(release(3)), name(release(99))];
        for file in kept.iter().chain([&other, &unfinished]) {
            fs::write(cache.path().join(file), "").unwrap();
        }
        tidy(cache.path(), release(3));
        let names = || {
            let entries = fs::read_dir(cache.path()).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let mut expected = kept.to_vec();
        expected.sort();
        assert_eq!(names(), expected);
        for number in 10..10 + KEPT_COPIES {
            fs::write(cache.path().join(name(release(number))), "").unwrap();
        }
        tidy(cache.path(), release(10));
        let left = names();
        assert!(left.contains(&kept[0]) && left.contains(&kept[2]), "{left:?}");
        assert_eq!(left.len(), 2 + KEPT_COPIES);
    }
}
