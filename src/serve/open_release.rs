//! A release in use: its file, and what was found out about it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::metrics::{QueryTimes, TimedDatabase};
use super::page::Totals;
use super::parameter::{dimensions, sum_of};
use super::releases::{KnownRelease, ReleasesError};
use super::replica::Replica;
use crate::record::{Column, RESOURCES, ReleaseId, Resource};
use crate::release::database::{Cells, DatabaseError, Group, Query, ReleaseDatabase, Survey};
use crate::release::{DATASET_FILE, DataPackage};

/// Totals remembered per release.
const KEPT_TOTALS: usize = 10_000;

/// Rows below which a table is counted as it is.
const SMALL_TABLE: i64 = 10_000;

/// The longest query, in bytes, whose total is remembered.
const KEPT_KEY: usize = 256;

/// A release in use. Its file is opened when it is first asked for.
#[derive(Debug)]
pub struct OpenRelease {
    /// What is known without opening it.
    pub known: Arc<KnownRelease>,
    /// Where copies lie of those whose schema is behind.
    cache: PathBuf,
    replica: Option<Arc<Replica>>,
    times: Arc<QueryTimes>,
    database: OnceLock<TimedDatabase>,
    totals: Mutex<HashMap<String, Totals>>,
    cells: HashMap<&'static str, OnceLock<Option<Cells>>>,
    survey: OnceLock<Survey>,
}

impl OpenRelease {
    pub(super) fn of(
        known: Arc<KnownRelease>,
        cache: PathBuf,
        replica: Option<Arc<Replica>>,
        times: Arc<QueryTimes>,
    ) -> Self {
        let cells = RESOURCES.iter().map(|resource| (resource.table, OnceLock::new())).collect();
        let (database, totals, survey) = (OnceLock::new(), Mutex::default(), OnceLock::new());
        Self { known, cache, replica, times, database, totals, cells, survey }
    }

    /// Whether its file is open, so that asking it does not have to wait.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.database.get().is_some()
    }

    /// Its file, opened if it is not: of a replica that may mean to wait until it was brought here.
    pub fn database(&self) -> Result<&TimedDatabase, ReleasesError> {
        if let Some(database) = self.database.get() {
            return Ok(database);
        }
        let release = self.id();
        let path = match &self.replica {
            Some(replica) => replica.dataset(&self.known).map_err(ReleasesError::Replica)?,
            None => self.known.folder.join(DATASET_FILE),
        };
        // Two requests may both open it; one of the two is kept.
        let database = ReleaseDatabase::open_current(&path, &self.cache)
            .map_err(|source| ReleasesError::Database { release, source })?;
        if database.meta().release != release {
            let found = database.meta().release;
            return Err(ReleasesError::Misplaced { path: self.known.folder.clone(), found });
        }
        let database = TimedDatabase::new(database, Arc::clone(&self.times));
        Ok(self.database.get_or_init(|| database))
    }

    /// The file, for a query on it.
    pub(super) fn query<T>(
        &self,
        query: impl FnOnce(&TimedDatabase) -> Result<T, DatabaseError>,
    ) -> Result<T, ReleasesError> {
        let release = self.id();
        query(self.database()?).map_err(|source| ReleasesError::Database { release, source })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> ReleaseId {
        self.known.manifest.release
    }

    /// Its description: its files, and what stands in each.
    pub(super) fn package(&self) -> Result<DataPackage, ReleasesError> {
        let manifest = &self.known.manifest;
        let sources = self.query(|database| database.all())?;
        let (release, at) = (manifest.release, manifest.published_at);
        Ok(DataPackage::new(release, at, &sources, &manifest.files))
    }

    /// The totals of a query if they were counted before; `key` is its canonical spelling.
    pub(super) fn counted(&self, key: &str) -> Option<Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    /// The totals of a query. The data never changes, so they are counted once.
    pub(super) fn totals(&self, key: &str, query: &Query) -> Result<Totals, ReleasesError> {
        self.counted_once(key, || {
            let told = self.cells(query.resource)?.and_then(|cells| cells.count(query));
            let count = || self.query(|database| database.count(query));
            Ok(Totals {
                total: told.map_or_else(count, Ok)?,
                uncertain_excluded: self.query(|database| database.count_uncertain(query))?,
            })
        })
    }

    /// Totals that follow from the release and `key` alone, counted if they were not before.
    pub(super) fn counted_once<E>(
        &self,
        key: &str,
        count: impl FnOnce() -> Result<Totals, E>,
    ) -> Result<Totals, E> {
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

    /// The totals of a query, and the query as it finds its rows soonest; `key` is its canonical
    /// spelling.
    pub(super) fn planned(
        &self,
        key: &str,
        query: Query,
    ) -> Result<(Totals, Query), ReleasesError> {
        let query = self.led(query)?;
        let totals = self.totals(key, &query)?;
        let rows = self.rows(query.resource)?;
        Ok((totals, query.knowing(totals.total, rows)))
    }

    /// The same query, led by the words in it or by the rows that fit all else.
    fn led(&self, query: Query) -> Result<Query, ReleasesError> {
        if query.words.is_none() || query.filters.is_empty() {
            return Ok(query);
        }
        let beside = query.without_words();
        let fitting = self.cells(query.resource)?.and_then(|cells| cells.count(&beside));
        Ok(match fitting {
            Some(fitting) => query.knowing_beside_words(fitting),
            None => query,
        })
    }

    /// How many records of a resource there are.
    pub(super) fn rows(&self, resource: &'static Resource) -> Result<i64, ReleasesError> {
        let all = Query::of(resource, 0);
        Ok(self.totals(&format!("/{}?", resource.table), &all)?.total)
    }

    /// The rows a query asks for, counted by some columns.
    pub(super) fn groups(
        &self,
        query: &Query,
        by: &[&'static Column],
        sum: Option<&'static Column>,
    ) -> Result<Vec<Group>, ReleasesError> {
        let told = self.cells(query.resource)?.and_then(|cells| cells.groups(query, by));
        told.map_or_else(|| self.query(|database| database.groups(query, by, sum)), Ok)
    }

    /// The counts of a large table from which others are added up; made when first asked for.
    fn cells(&self, resource: &'static Resource) -> Result<Option<&Cells>, ReleasesError> {
        let Some(cells) = self.cells.get(resource.table) else { return Ok(None) };
        if let Some(cells) = cells.get() {
            return Ok(cells.as_ref());
        }
        let all = Query::of(resource, 0);
        let made = if self.query(|database| database.count(&all))? < SMALL_TABLE {
            None
        } else {
            let columns = dimensions(resource);
            let groups =
                self.query(|database| database.groups(&all, &columns, sum_of(resource)))?;
            Cells::new(columns, groups)
        };
        Ok(cells.get_or_init(|| made).as_ref())
    }

    /// Whether [`Self::survey`] is known without asking the file.
    pub(super) fn is_surveyed(&self) -> bool {
        self.survey.get().is_some()
    }

    /// Who looked for partnerships in this release; found out once.
    pub(super) fn survey(&self) -> Result<&Survey, ReleasesError> {
        if let Some(survey) = self.survey.get() {
            return Ok(survey);
        }
        // Two requests may both find it out; they find the same.
        let survey = self.query(|database| database.survey())?;
        Ok(self.survey.get_or_init(|| survey))
    }
}
