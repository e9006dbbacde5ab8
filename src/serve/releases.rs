//! The releases there are: the newest always open, a few older ones kept open after use.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use chrono::NaiveDate;

use super::folders::{folders, read_manifest};
use super::page::Totals;
use super::parameter::{dimensions, sum_of};
use crate::record::{Column, RESOURCES, ReleaseId, Resource};
use crate::release::database::{Cells, DatabaseError, Group, Query, ReleaseDatabase, Survey};
use crate::release::{DataPackage, Manifest, ManifestError, RedactedRelease};

/// The name of the release file in the folder of its release.
const DATABASE_FILE: &str = "dataset.sqlite";

/// Releases other than the newest that stay open, where nothing else is said.
const KEPT_OPEN: usize = 4;

/// Totals remembered per release.
const KEPT_TOTALS: usize = 10_000;

/// Rows below which a table is counted as it is.
const SMALL_TABLE: i64 = 10_000;

/// The longest query, in bytes, whose total is remembered.
const KEPT_KEY: usize = 256;

/// Why releases cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ReleasesError {
    /// A folder or manifest cannot be read.
    #[error("`{}` cannot be read: check its permissions", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A manifest is not one.
    #[error(
        "manifest `{}` is damaged: delete the folder it lies in and copy or rebuild that release",
        path.display()
    )]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        source: ManifestError,
    },
    /// A folder, its manifest and its release file do not name the same release.
    #[error(
        "folder `{}` holds release {found}: put it where it belongs, or copy that release again",
        path.display()
    )]
    Misplaced {
        /// The folder.
        path: PathBuf,
        /// The release that is in it.
        found: ReleaseId,
    },
    /// A release file cannot be read.
    #[error("release {release} cannot be served")]
    Database {
        /// The release.
        release: ReleaseId,
        /// What is wrong with its file.
        source: DatabaseError,
    },
}

/// A release that exists: its folder has a manifest.
#[derive(Debug)]
pub struct KnownRelease {
    /// What it is made of.
    pub manifest: Manifest,
    /// The bytes of the manifest, as published.
    pub manifest_bytes: Vec<u8>,
    /// SHA-256 of those bytes, in hexadecimal.
    pub manifest_sha256: String,
    /// Size and SHA-256 of its signatures, which no manifest lists, by name.
    pub signatures: BTreeMap<&'static str, (u64, String)>,
    /// Where its files lie.
    pub folder: PathBuf,
}

/// A release whose file is open.
#[derive(Debug)]
pub struct OpenRelease {
    /// What is known without opening it.
    pub known: Arc<KnownRelease>,
    /// Its file.
    pub database: ReleaseDatabase,
    totals: Mutex<HashMap<String, Totals>>,
    cells: HashMap<&'static str, OnceLock<Option<Cells>>>,
    survey: OnceLock<Survey>,
}

impl OpenRelease {
    fn open(known: Arc<KnownRelease>, cache: &Path) -> Result<Self, ReleasesError> {
        let release = known.manifest.release;
        let database = ReleaseDatabase::open_current(&known.folder.join(DATABASE_FILE), cache)
            .map_err(|source| ReleasesError::Database { release, source })?;
        if database.meta().release != release {
            let found = database.meta().release;
            return Err(ReleasesError::Misplaced { path: known.folder.clone(), found });
        }
        let cells = RESOURCES.iter().map(|resource| (resource.table, OnceLock::new())).collect();
        Ok(Self { known, database, totals: Mutex::default(), cells, survey: OnceLock::new() })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> ReleaseId {
        self.known.manifest.release
    }

    /// Its description: its files, and what stands in each.
    pub(super) fn package(&self) -> Result<DataPackage, DatabaseError> {
        let manifest = &self.known.manifest;
        let sources = self.database.all()?;
        let (release, at) = (manifest.release, manifest.published_at);
        Ok(DataPackage::new(release, at, &sources, &manifest.files))
    }

    /// The totals of a query if they were counted before; `key` is its canonical spelling.
    pub(super) fn counted(&self, key: &str) -> Option<Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    /// The totals of a query. The data never changes, so they are counted once.
    pub(super) fn totals(&self, key: &str, query: &Query) -> Result<Totals, DatabaseError> {
        self.counted_once(key, || {
            let told = self.cells(query.resource)?.and_then(|cells| cells.count(query));
            Ok(Totals {
                total: told.map_or_else(|| self.database.count(query), Ok)?,
                uncertain_excluded: self.database.count_uncertain(query)?,
            })
        })
    }

    /// Totals that follow from the release and `key` alone, counted if they were not before.
    pub(super) fn counted_once(
        &self,
        key: &str,
        count: impl FnOnce() -> Result<Totals, DatabaseError>,
    ) -> Result<Totals, DatabaseError> {
        if let Some(totals) = self.counted(key) {
            return Ok(totals);
        }
        let totals = count()?;
        if key.len() > KEPT_KEY {
            return Ok(totals);
        }
        let mut kept = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_TOTALS {
            kept.clear();
        }
        kept.insert(key.to_owned(), totals);
        Ok(totals)
    }

    /// How many records of a resource there are.
    pub(super) fn rows(&self, resource: &'static Resource) -> Result<i64, DatabaseError> {
        let all = Query::of(resource, 0);
        Ok(self.totals(&format!("/{}?", resource.table), &all)?.total)
    }

    /// The rows a query asks for, counted by some columns.
    pub(super) fn groups(
        &self,
        query: &Query,
        by: &[&'static Column],
        sum: Option<&'static Column>,
    ) -> Result<Vec<Group>, DatabaseError> {
        let told = self.cells(query.resource)?.and_then(|cells| cells.groups(query, by));
        told.map_or_else(|| self.database.groups(query, by, sum), Ok)
    }

    /// The counts of a large table from which others are added up; made when first asked for.
    fn cells(&self, resource: &'static Resource) -> Result<Option<&Cells>, DatabaseError> {
        let Some(cells) = self.cells.get(resource.table) else { return Ok(None) };
        if let Some(cells) = cells.get() {
            return Ok(cells.as_ref());
        }
        let all = Query::of(resource, 0);
        let made = if self.database.count(&all)? < SMALL_TABLE {
            None
        } else {
            let columns = dimensions(resource);
            let groups = self.database.groups(&all, &columns, sum_of(resource))?;
            Cells::new(columns, groups)
        };
        Ok(cells.get_or_init(|| made).as_ref())
    }

    /// Whether [`Self::survey`] is known without asking the file.
    pub(super) fn is_surveyed(&self) -> bool {
        self.survey.get().is_some()
    }

    /// Who looked for partnerships in this release; found out once.
    pub(super) fn survey(&self) -> Result<&Survey, DatabaseError> {
        if let Some(survey) = self.survey.get() {
            return Ok(survey);
        }
        // Two requests may both find it out; they find the same.
        let survey = self.database.survey()?;
        Ok(self.survey.get_or_init(|| survey))
    }
}

/// The releases of a folder `releases/<release>/…`.
#[derive(Debug)]
pub struct Releases {
    folder: PathBuf,
    /// Where copies lie of those whose schema is behind.
    cache: PathBuf,
    known: RwLock<Arc<BTreeMap<ReleaseId, Arc<KnownRelease>>>>,
    /// Those that were taken back, as the newest manifest tells.
    redacted: RwLock<Arc<BTreeMap<ReleaseId, RedactedRelease>>>,
    newest: RwLock<Option<Arc<OpenRelease>>>,
    keep_open: usize,
    /// Last used last.
    others: Mutex<Vec<Arc<OpenRelease>>>,
}

impl Releases {
    /// The releases of a folder; copies of those whose schema is behind are made in the folder
    /// `cache` beside it. Nothing is read before [`Self::reload`].
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            cache: folder.with_file_name("cache"),
            folder,
            known: RwLock::default(),
            redacted: RwLock::default(),
            newest: RwLock::default(),
            keep_open: KEPT_OPEN,
            others: Mutex::default(),
        }
    }

    /// The same, but this many releases beside the newest stay open after use.
    #[must_use]
    pub fn keeping_open(self, releases: usize) -> Self {
        Self { keep_open: releases, ..self }
    }

    /// Looks which releases there are and opens the newest.
    ///
    /// Requests under way keep the release they began with. Where a release is damaged, the
    /// others are served all the same, and the error says what to do.
    pub fn reload(&self) -> Result<(), ReleasesError> {
        let before = self.known();
        let mut known = BTreeMap::new();
        let mut damage = None;
        for (release, folder) in folders(&self.folder)? {
            let read = match before.get(&release) {
                Some(known) => Ok(Some(Arc::clone(known))),
                None => read_manifest(release, folder),
            };
            match read {
                Ok(Some(read)) => drop(known.insert(release, read)),
                // Being written; it does not exist yet.
                Ok(None) => {}
                Err(error) => damage = Some(error),
            }
        }
        let redacted: BTreeMap<_, _> = known
            .values()
            .next_back()
            .map(|newest| newest.manifest.redactions.iter())
            .into_iter()
            .flatten()
            .map(|redacted| (redacted.release, redacted.clone()))
            .collect();
        // Their files may still be there for a moment.
        known.retain(|release, _| !redacted.contains_key(release));
        let open = self.newest();
        let mut newest = None;
        let mut unusable = Vec::new();
        for (release, candidate) in known.iter().rev() {
            if let Some(open) = open.as_ref().filter(|open| open.id() == *release) {
                newest = Some(Arc::clone(open));
                break;
            }
            match OpenRelease::open(Arc::clone(candidate), &self.cache) {
                Ok(open) => {
                    newest = Some(Arc::new(open));
                    break;
                }
                Err(error) => {
                    unusable.push(*release);
                    damage = Some(error);
                }
            }
        }
        known.retain(|release, _| !unusable.contains(release));
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|open| known.contains_key(&open.id()));
        drop(others);
        *self.redacted.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(redacted);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = newest;
        damage.map_or(Ok(()), Err)
    }

    /// The newest release, if there is any.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<OpenRelease>> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every release, by name.
    #[must_use]
    pub fn known(&self) -> Arc<BTreeMap<ReleaseId, Arc<KnownRelease>>> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every release that was taken back, by name.
    #[must_use]
    pub fn redacted(&self) -> Arc<BTreeMap<ReleaseId, RedactedRelease>> {
        Arc::clone(&self.redacted.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last release published on that day or before, or what stands for it if it was taken
    /// back.
    #[must_use]
    pub fn on_or_before(&self, day: NaiveDate) -> Option<ReleaseId> {
        let (known, redacted) = (self.known(), self.redacted());
        let names = known.keys().chain(redacted.keys());
        let mut release = *names.filter(|release| release.date() <= day).max()?;
        while let Some(gone) = redacted.get(&release) {
            // What stands for a release is always later.
            if gone.redacted_in <= release {
                return None;
            }
            release = gone.redacted_in;
        }
        Some(release)
    }

    /// The release of that name, opened if it is not; `None` if there is none.
    pub fn get(&self, release: ReleaseId) -> Result<Option<Arc<OpenRelease>>, ReleasesError> {
        if let Some(newest) = self.newest().filter(|newest| newest.id() == release) {
            return Ok(Some(newest));
        }
        let Some(known) = self.known().get(&release).map(Arc::clone) else { return Ok(None) };
        {
            let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = others.iter().position(|open| open.id() == release) {
                let open = others.remove(at);
                others.push(Arc::clone(&open));
                return Ok(Some(open));
            }
        }
        // Opened outside the lock: two requests may both open it, and one of the two is kept.
        let open = Arc::new(OpenRelease::open(known, &self.cache)?);
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|other| other.id() != release);
        others.push(Arc::clone(&open));
        if others.len() > self.keep_open {
            others.remove(0);
        }
        Ok(Some(open))
    }
}
