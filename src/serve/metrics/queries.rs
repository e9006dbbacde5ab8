//! How long the database takes, by sort of query.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use super::exposition::Exposition;
use super::histogram::Histogram;
use crate::record::{Cell, Column, Resource};
use crate::release::database::{DatabaseError, Group, Page, Query, ReleaseDatabase};

/// How long queries took, for all releases together.
#[derive(Debug, Default)]
pub(in crate::serve) struct QueryTimes {
    page: Histogram,
    search: Histogram,
    record: Histogram,
    count: Histogram,
    groups: Histogram,
}

impl QueryTimes {
    /// Writes them.
    pub(super) fn write(&self, out: &mut Exposition) {
        let Self { page, search, record, count, groups } = self;
        let help = "Time of queries of release files: a page, a page of a search for words, \
                    one record, a count, counts by columns.";
        let mut family = out.histogram("porchlight_database_query_duration_seconds", help);
        let kinds = [
            ("page", page),
            ("search", search),
            ("record", record),
            ("count", count),
            ("groups", groups),
        ];
        for (kind, times) in kinds {
            family.buckets(&[("kind", kind)], times);
        }
    }
}

/// A release file whose usual queries are timed. All others go to the file itself.
#[derive(Debug)]
pub struct TimedDatabase {
    database: ReleaseDatabase,
    times: Arc<QueryTimes>,
}

impl TimedDatabase {
    /// The file, its queries timed in `times`.
    pub(in crate::serve) fn new(database: ReleaseDatabase, times: Arc<QueryTimes>) -> Self {
        Self { database, times }
    }

    /// See [`ReleaseDatabase::page`].
    pub fn page(&self, query: &Query) -> Result<Page, DatabaseError> {
        let searches = query.words.is_some();
        let times = if searches { &self.times.search } else { &self.times.page };
        timed(times, || self.database.page(query))
    }

    /// See [`ReleaseDatabase::get`].
    pub fn get(
        &self,
        resource: &'static Resource,
        columns: &[&'static Column],
        id: &str,
    ) -> Result<Option<Vec<Cell>>, DatabaseError> {
        timed(&self.times.record, || self.database.get(resource, columns, id))
    }

    /// See [`ReleaseDatabase::count`].
    pub fn count(&self, query: &Query) -> Result<i64, DatabaseError> {
        timed(&self.times.count, || self.database.count(query))
    }

    /// See [`ReleaseDatabase::groups`].
    pub fn groups(
        &self,
        query: &Query,
        by: &[&'static Column],
        sum: Option<&'static Column>,
    ) -> Result<Vec<Group>, DatabaseError> {
        timed(&self.times.groups, || self.database.groups(query, by, sum))
    }
}

impl Deref for TimedDatabase {
    type Target = ReleaseDatabase;

    fn deref(&self) -> &ReleaseDatabase {
        &self.database
    }
}

fn timed<T>(times: &Histogram, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    times.observe(began.elapsed());
    done
}
