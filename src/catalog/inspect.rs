//! A look at a catalog that changes nothing: it makes no file and brings no tables up to date.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::catalog::connection::Place;
#[cfg(feature = "postgres")]
use crate::catalog::postgres;
use crate::catalog::schema::leader;
use crate::catalog::{CatalogError, sqlite};
use crate::config::CatalogLocation;

/// What can be told of a catalog without changing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Where it is, without user and password.
    pub place: String,
    /// Migrations that the next start will run; all of them where there is no catalog yet.
    pub pending: Vec<String>,
    /// Migrations that a newer program has run.
    pub unknown: Vec<String>,
    /// Whether somebody leads now.
    pub is_led: bool,
    /// When the lead was last taken, and as which epoch; none where it never was.
    pub last_lead: Option<(i64, DateTime<Utc>)>,
    /// The server; none of a file.
    pub server: Option<CatalogServer>,
}

/// The server of a catalog on PostgreSQL, as this user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogServer {
    /// Its version.
    pub version: String,
    /// The version of TLS that this session uses; none where it is not encrypted.
    pub tls: Option<String>,
    /// Whether the session stays on this machine.
    pub is_local: bool,
    /// Whether this user may make tables.
    pub may_create: bool,
    /// Whether this user may read and write all tables there are.
    pub may_write: bool,
}

/// Looks at the catalog at `location`; `None` where a SQLite file is still to be made.
pub fn inspect(location: &CatalogLocation) -> Result<Option<Inspection>, CatalogError> {
    match Place::of(location)? {
        Place::Sqlite(file) if !file.exists() => Ok(None),
        Place::Sqlite(file) => {
            let mut conn = sqlite::connect(&file)?;
            let looked = look_at_file(&mut conn).map_err(|error| file.explain(error))?;
            let is_led = sqlite::is_led(&file)?;
            Ok(Some(looked.inspection(file.to_string(), sqlite::known(), is_led, None)))
        }
        #[cfg(feature = "postgres")]
        Place::Postgres(server) => {
            let mut conn = postgres::connect(&server)?;
            let explain = |error| server.explain(error);
            let looked = look_at_server(&mut conn).map_err(explain)?;
            let (is_led, facts) = postgres::facts(&mut conn).map_err(explain)?;
            let known = postgres::known();
            Ok(Some(looked.inspection(server.to_string(), known, is_led, Some(facts))))
        }
    }
}

/// What the tables say.
struct Looked {
    applied: Vec<String>,
    last_lead: Option<(i64, Option<NaiveDateTime>)>,
}

impl Looked {
    fn inspection(
        self,
        place: String,
        known: Vec<String>,
        is_led: bool,
        server: Option<CatalogServer>,
    ) -> Inspection {
        let Self { applied, last_lead } = self;
        let unknown = applied.iter().filter(|version| !known.contains(version)).cloned().collect();
        let pending = known.into_iter().filter(|version| !applied.contains(version)).collect();
        let last_lead = last_lead.and_then(|(epoch, at)| Some((epoch, at?.and_utc())));
        Inspection { place, pending, unknown, is_led, last_lead, server }
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The same body for each database: diesel's common connection runs no SQL of our own.
macro_rules! look {
    ($name:ident, $connection:ty, $tables:literal) => {
        fn $name(conn: &mut $connection) -> QueryResult<Looked> {
            let tables: Vec<Name> = diesel::sql_query($tables).load(conn)?;
            let has = |table: &str| tables.iter().any(|found| found.name == table);
            let applied: Vec<Name> = if has("__diesel_schema_migrations") {
                diesel::sql_query("SELECT version AS name FROM __diesel_schema_migrations")
                    .load(conn)?
            } else {
                Vec::new()
            };
            let last_lead = if has("leader") {
                leader::table.select((leader::epoch, leader::taken_at)).first(conn).optional()?
            } else {
                None
            };
            let applied = applied.into_iter().map(|applied| applied.name).collect();
            Ok(Looked { applied, last_lead })
        }
    };
}

look!(look_at_file, SqliteConnection, "SELECT name FROM sqlite_master WHERE type = 'table'");
#[cfg(feature = "postgres")]
look!(
    look_at_server,
    PgConnection,
    "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
);
