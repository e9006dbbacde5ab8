//! The newest bytes of every source, and when they were last asked for.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::catalog::row::{RowName, stored};
use crate::catalog::schema::captures;
use crate::catalog::{Catalog, CatalogError};
use crate::record::SourceId;

/// The newest bytes of a source, or of one part of a source of many requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureRow {
    /// The source.
    pub source_id: SourceId,
    /// The part, such as a state code; empty where there is only one.
    pub part: String,
    /// Where the bytes came from.
    pub url: String,
    /// The server's `ETag`, for the next conditional request.
    pub etag: Option<String>,
    /// The server's `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// SHA-256 of the bytes in hexadecimal: their name in the storage.
    pub sha256: String,
    /// When the bytes came.
    pub retrieved_at: DateTime<Utc>,
    /// When the server last said that they are the newest.
    pub last_checked_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = captures, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    source_id: String,
    part: String,
    url: String,
    etag: Option<String>,
    last_modified: Option<String>,
    sha256: String,
    retrieved_at: NaiveDateTime,
    last_checked_at: NaiveDateTime,
}

impl Catalog {
    /// The newest bytes of `part` of `source`; `None` where it was never fetched.
    pub fn capture(
        &self,
        source: &SourceId,
        part: &str,
    ) -> Result<Option<CaptureRow>, CatalogError> {
        self.read(|conn| {
            let row = captures::table
                .find((source.as_str(), part))
                .select(Row::as_select())
                .first(conn)
                .optional()?;
            Ok(row.map(CaptureRow::try_from).transpose()?)
        })
    }

    /// The newest bytes of every part of `source`, in order of the parts' names.
    pub fn captures_of(&self, source: &SourceId) -> Result<Vec<CaptureRow>, CatalogError> {
        self.read(|conn| {
            let rows = captures::table
                .filter(captures::source_id.eq(source.as_str()))
                .order(captures::part)
                .select(Row::as_select())
                .load(conn)?;
            Ok(rows.into_iter().map(CaptureRow::try_from).collect::<Result<_, _>>()?)
        })
    }

    /// Notes the newest bytes of a part; they take the place of the ones before.
    pub fn record_capture(&self, capture: &CaptureRow) -> Result<(), CatalogError> {
        self.record_captures(std::slice::from_ref(capture))
    }

    /// The same for several parts: all or none.
    pub fn record_captures(&self, captures: &[CaptureRow]) -> Result<(), CatalogError> {
        self.write(|conn| {
            for row in captures.iter().map(Row::from) {
                let key = captures::table.find((&row.source_id, &row.part));
                if diesel::update(key).set(&row).execute(conn)? == 0 {
                    diesel::insert_into(captures::table).values(&row).execute(conn)?;
                }
            }
            Ok(())
        })
    }

    /// Forgets the parts of a source of many requests, so that all are asked for in full.
    pub fn forget_parts(&self, source: &SourceId) -> Result<(), CatalogError> {
        self.write(|conn| {
            let parts = captures::table
                .filter(captures::source_id.eq(source.as_str()))
                .filter(captures::part.ne(""));
            diesel::delete(parts).execute(conn)?;
            Ok(())
        })
    }

    /// Notes that the bytes known of a part still are the newest. `false` where none are known.
    pub fn checked(
        &self,
        source: &SourceId,
        part: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, CatalogError> {
        self.write(|conn| {
            let key = captures::table.find((source.as_str(), part));
            let changed =
                diesel::update(key).set(captures::last_checked_at.eq(stored(at))).execute(conn)?;
            Ok(changed > 0)
        })
    }
}

impl From<&CaptureRow> for Row {
    fn from(capture: &CaptureRow) -> Self {
        let CaptureRow {
            source_id,
            part,
            url,
            etag,
            last_modified,
            sha256,
            retrieved_at,
            last_checked_at,
        } = capture.clone();
        Self {
            source_id: source_id.to_string(),
            part,
            url,
            etag,
            last_modified,
            sha256,
            retrieved_at: stored(retrieved_at),
            last_checked_at: stored(last_checked_at),
        }
    }
}

impl TryFrom<Row> for CaptureRow {
    type Error = CatalogError;

    fn try_from(row: Row) -> Result<Self, CatalogError> {
        let Row {
            source_id,
            part,
            url,
            etag,
            last_modified,
            sha256,
            retrieved_at,
            last_checked_at,
        } = row;
        Ok(Self {
            source_id: RowName { table: "captures", key: &source_id }.parse(&source_id)?,
            part,
            url,
            etag,
            last_modified,
            sha256,
            retrieved_at: retrieved_at.and_utc(),
            last_checked_at: last_checked_at.and_utc(),
        })
    }
}
