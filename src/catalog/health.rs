//! How every source is doing.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::catalog::row::{RowName, stored, words};
use crate::catalog::schema::source_health;
use crate::catalog::{Catalog, CatalogError, Health};
use crate::record::SourceId;

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct SourceHealth {
    /// The source.
    pub id: SourceId,
    /// How it is doing.
    pub health: Health,
    /// Since when it has been failing without a break.
    pub failing_since: Option<DateTime<Utc>>,
    /// Why it is not `ok`, in words.
    pub reason: Option<String>,
    /// When it was last asked.
    pub last_checked_at: DateTime<Utc>,
    /// When it last answered with something that could be read.
    pub last_ok_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = source_health, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    source_id: String,
    health: String,
    failing_since: Option<NaiveDateTime>,
    reason: Option<String>,
    last_checked_at: NaiveDateTime,
    last_ok_at: Option<NaiveDateTime>,
}

impl Catalog {
    /// Notes that `id` answered and is up to date.
    pub fn source_ok(&self, id: &SourceId, at: DateTime<Utc>) -> Result<(), CatalogError> {
        self.note(id, at, Health::Ok, None)
    }

    /// Notes that `id` answered, but its newest edition is older than it should be.
    pub fn source_stale(
        &self,
        id: &SourceId,
        at: DateTime<Utc>,
        reason: &str,
    ) -> Result<(), CatalogError> {
        self.note(id, at, Health::Stale, Some(reason))
    }

    /// Notes that `id` answered, and is known to change no more.
    pub fn source_frozen(
        &self,
        id: &SourceId,
        at: DateTime<Utc>,
        reason: &str,
    ) -> Result<(), CatalogError> {
        self.note(id, at, Health::Frozen, Some(reason))
    }

    /// Notes that `id` could not be fetched or read. The first failure of a row of failures stays
    /// the one it has been failing since; the reason is the latest.
    pub fn source_failing(
        &self,
        id: &SourceId,
        at: DateTime<Utc>,
        reason: &str,
    ) -> Result<(), CatalogError> {
        self.note(id, at, Health::Failing, Some(reason))
    }

    /// How every source that was ever asked is doing, in order of their ids.
    pub fn source_health(&self) -> Result<Vec<SourceHealth>, CatalogError> {
        self.read(|conn| {
            let rows = source_health::table
                .order(source_health::source_id)
                .select(Row::as_select())
                .load(conn)?;
            Ok(rows.into_iter().map(SourceHealth::try_from).collect::<Result<_, _>>()?)
        })
    }

    fn note(
        &self,
        id: &SourceId,
        at: DateTime<Utc>,
        health: Health,
        reason: Option<&str>,
    ) -> Result<(), CatalogError> {
        let at = stored(at);
        self.write(|conn| {
            let key = source_health::table.find(id.as_str());
            let before: Option<Row> = key.select(Row::as_select()).first(conn).optional()?;
            let (failing_since, last_ok_at) = match (&before, health) {
                (_, Health::Ok | Health::Stale | Health::Frozen) => (None, Some(at)),
                (Some(row), Health::Failing) => {
                    (Some(row.failing_since.unwrap_or(at)), row.last_ok_at)
                }
                (None, Health::Failing) => (Some(at), None),
            };
            let row = Row {
                source_id: id.to_string(),
                health: health.to_string(),
                failing_since,
                reason: reason.map(words),
                last_checked_at: at,
                last_ok_at,
            };
            if before.is_some() {
                diesel::update(key).set(&row).execute(conn)?;
            } else {
                diesel::insert_into(source_health::table).values(&row).execute(conn)?;
            }
            Ok(())
        })
    }
}

impl TryFrom<Row> for SourceHealth {
    type Error = CatalogError;

    fn try_from(row: Row) -> Result<Self, CatalogError> {
        let Row { source_id, health, failing_since, reason, last_checked_at, last_ok_at } = row;
        let name = RowName { table: "source_health", key: &source_id };
        Ok(Self {
            id: name.parse(&source_id)?,
            health: name.parse(&health)?,
            failing_since: failing_since.map(|at| at.and_utc()),
            reason,
            last_checked_at: last_checked_at.and_utc(),
            last_ok_at: last_ok_at.map(|at| at.and_utc()),
        })
    }
}
