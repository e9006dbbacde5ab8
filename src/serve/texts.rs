//! Records as JSON text, each written once: a page of them is put together from what earlier pages
//! held.

use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::error::Problem;
use super::json::write_row;
use crate::record::{Cell, ReleaseId, Resource};
use crate::release::database::ReleaseDatabase;

/// Bytes that a text takes beside its letters and its key, about.
const OVERHEAD: usize = 128;

/// Bytes of a text by which it is guessed how many there will be; a wrong guess costs some memory.
const USUAL: usize = 1024;

/// The text of a record.
pub(super) type Text = Arc<[u8]>;

/// Which record it is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    release: ReleaseId,
    table: &'static str,
    id: Box<str>,
}

#[derive(Hash)]
struct Asked<'a> {
    release: ReleaseId,
    table: &'static str,
    id: &'a str,
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *key.id == *self.id && (key.release, key.table) == (self.release, self.table)
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Text> for ByBytes {
    fn weight(&self, key: &Key, text: &Text) -> u64 {
        (key.id.len() + text.len() + OVERHEAD) as u64
    }
}

/// Texts of records. Cheap to clone; clones are the same.
#[derive(Clone)]
pub(super) struct Texts(Arc<Cache<Key, Text, ByBytes>>);

impl Texts {
    /// None, and never more than so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes).unwrap_or(usize::MAX) / USUAL;
        Self(Arc::new(Cache::with_weighter(items, bytes, ByBytes)))
    }

    /// The texts of records of a release, in the order of their ids here. Those that are not kept are
    /// read from its file.
    pub(super) fn of(
        &self,
        release: ReleaseId,
        database: &ReleaseDatabase,
        resource: &'static Resource,
        ids: &[&str],
    ) -> Result<Vec<Text>, Problem> {
        let table = resource.table;
        let mut texts: Vec<Option<Text>> =
            ids.iter().map(|id| self.0.get(&Asked { release, table, id })).collect();
        let mut missing: Vec<(&str, usize)> = (0..)
            .zip(ids)
            .zip(&texts)
            .filter(|(_, text)| text.is_none())
            .map(|((at, id), _)| (*id, at))
            .collect();
        if !missing.is_empty() {
            missing.sort_unstable();
            let asked: Vec<&str> = missing.iter().map(|(id, _)| *id).collect();
            for row in database.of_ids(resource, &asked)? {
                let Some(Cell::Text(id)) = row.first() else { continue };
                let found = missing.binary_search_by_key(&id.as_str(), |(id, _)| *id);
                let Some((_, at)) = found.ok().and_then(|found| missing.get(found)) else {
                    continue;
                };
                let mut text = Vec::with_capacity(USUAL);
                write_row(&mut text, resource.columns, &row).map_err(Problem::internal)?;
                let text: Text = text.into();
                self.0.insert(Key { release, table, id: id.as_str().into() }, Arc::clone(&text));
                if let Some(place) = texts.get_mut(*at) {
                    *place = Some(text);
                }
            }
        }
        let all: Option<Vec<Text>> = texts.into_iter().collect();
        all.ok_or_else(|| Problem::internal("a record of a page is not in its table"))
    }

    /// The bytes that are kept, and how many texts.
    pub(super) fn held(&self) -> (u64, u64) {
        (self.0.weight(), self.0.len() as u64)
    }
}
