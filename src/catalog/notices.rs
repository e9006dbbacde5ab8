//! What people are told of, and what they have been told: each event once on each way.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::catalog::row::{stored, words};
use crate::catalog::schema::notices;
use crate::catalog::{Catalog, CatalogError};

/// Something to tell on one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The way it is told on; it holds no secret.
    pub way: String,
    /// The event's key: the same event is noted once on each way.
    pub event: String,
    /// The kind of event.
    pub kind: String,
    /// What it is about, such as a source.
    pub subject: String,
    /// When the trouble began that it tells of; none for an event that is no trouble that lasts.
    pub since: Option<DateTime<Utc>>,
    /// The identifier that whoever is told sees, the same on every try.
    pub message: String,
    /// What is told.
    pub body: String,
}

/// A notice that has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntoldNotice {
    /// What is to be told.
    pub notice: Notice,
    /// When it was noted.
    pub noted_at: DateTime<Utc>,
    /// How often that was tried.
    pub tries: u32,
    /// Why the last try failed.
    pub failure: Option<String>,
}

/// Trouble that was noted on a way before, told or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedTrouble {
    /// What it is about.
    pub subject: String,
    /// When it began.
    pub since: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = notices, treat_none_as_default_value = false)]
struct Row {
    way: String,
    event: String,
    kind: String,
    subject: String,
    since: Option<NaiveDateTime>,
    message: String,
    body: String,
    noted_at: NaiveDateTime,
    tries: i64,
    failure: Option<String>,
}

impl Catalog {
    /// Notes something to be told, unless that event is noted on that way already: then nothing
    /// changes, and the answer is `false`.
    pub fn note_notice(&self, notice: &Notice, at: DateTime<Utc>) -> Result<bool, CatalogError> {
        self.write(|conn| {
            let key = notices::table.find((&notice.way, &notice.event));
            if diesel::select(diesel::dsl::exists(key)).get_result(conn)? {
                return Ok(false);
            }
            let row = Row::new(notice, at);
            diesel::insert_into(notices::table).values(&row).execute(conn)?;
            Ok(true)
        })
    }

    /// What is still to be told on `way` of what was noted after `after`, the oldest first.
    pub fn untold_notices(
        &self,
        way: &str,
        after: DateTime<Utc>,
    ) -> Result<Vec<UntoldNotice>, CatalogError> {
        self.read(|conn| {
            let rows = notices::table
                .filter(notices::way.eq(way))
                .filter(notices::told_at.is_null())
                .filter(notices::noted_at.gt(stored(after)))
                .order((notices::noted_at, notices::event))
                .select(Row::as_select())
                .load(conn)?;
            Ok(rows.into_iter().map(UntoldNotice::from).collect())
        })
    }

    /// The trouble of a kind that was ever noted on `way`, in order of when it began.
    pub fn noted_trouble(&self, way: &str, kind: &str) -> Result<Vec<NotedTrouble>, CatalogError> {
        self.read(|conn| {
            let rows: Vec<(String, Option<NaiveDateTime>)> = notices::table
                .filter(notices::way.eq(way))
                .filter(notices::kind.eq(kind))
                .filter(notices::since.is_not_null())
                .order((notices::since, notices::subject))
                .select((notices::subject, notices::since))
                .distinct()
                .load(conn)?;
            let began = rows.into_iter().filter_map(|(subject, since)| {
                Some(NotedTrouble { subject, since: since?.and_utc() })
            });
            Ok(began.collect())
        })
    }

    /// Takes a notice to tell it, until `until`; `false` where it has been told, or another process
    /// has taken it and may still be at it.
    pub fn claim_notice(
        &self,
        notice: &Notice,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, CatalogError> {
        self.write(|conn| {
            let free = notices::claimed_until.is_null().or(notices::claimed_until.le(stored(now)));
            let untold = notices::table
                .find((&notice.way, &notice.event))
                .filter(notices::told_at.is_null())
                .filter(free.assume_not_null());
            let claimed = diesel::update(untold)
                .set((
                    notices::claimed_until.eq(stored(until)),
                    notices::tries.eq(notices::tries + 1),
                ))
                .execute(conn)?;
            Ok(claimed > 0)
        })
    }

    /// Notes that a notice was told, or why it could not be; then it may be taken again at once.
    pub fn settle_notice(
        &self,
        notice: &Notice,
        failure: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let told_at = failure.is_none().then(|| stored(at));
        self.write(|conn| {
            diesel::update(notices::table.find((&notice.way, &notice.event)))
                .set((
                    notices::claimed_until.eq(None::<NaiveDateTime>),
                    notices::told_at.eq(told_at),
                    notices::failure.eq(failure.map(words)),
                ))
                .execute(conn)?;
            Ok(())
        })
    }
}

impl Row {
    fn new(notice: &Notice, at: DateTime<Utc>) -> Self {
        let Notice { way, event, kind, subject, since, message, body } = notice.clone();
        Self {
            way,
            event,
            kind,
            subject,
            since: since.map(stored),
            message,
            body: words(&body),
            noted_at: stored(at),
            tries: 0,
            failure: None,
        }
    }
}

impl From<Row> for UntoldNotice {
    fn from(row: Row) -> Self {
        let Row { way, event, kind, subject, since, message, body, noted_at, tries, failure } = row;
        let since = since.map(|at| at.and_utc());
        Self {
            notice: Notice { way, event, kind, subject, since, message, body },
            noted_at: noted_at.and_utc(),
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
            failure,
        }
    }
}
