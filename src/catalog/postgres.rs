//! What only PostgreSQL needs: the session, its lock, and what its messages mean.

use std::fmt;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DatabaseError};
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use percent_encoding::percent_decode_str;

use crate::catalog::CatalogError;
use crate::catalog::migrate;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/catalog/postgres");

/// Advisory locks are numbers of a whole database; these tell Porchlight's, and one schema of it,
/// from any other.
const LEAD: &str = "hashtextextended('porchlight lead ' || current_schema(), 0)";
const WRITE: &str = "hashtextextended('porchlight write ' || current_schema(), 0)";

/// Seconds to wait for a server that does not answer, unless the URL says otherwise.
const CONNECT_TIMEOUT: u32 = 10;

/// A database of a server. Its text form has neither user nor password.
#[derive(Clone)]
pub(super) struct Server {
    url: String,
    place: String,
    /// Every spelling of the password, none of which may be seen.
    secrets: Vec<String>,
}

impl Server {
    pub(super) fn at(url: &str) -> Self {
        let parsed = url::Url::parse(url).ok();
        let place = parsed.as_ref().map_or_else(
            || "on PostgreSQL".to_owned(),
            |url| {
                let host = url.host_str().unwrap_or_default();
                format!("postgres://{host}{}", url.path())
            },
        );
        Self { place, secrets: secrets(url, parsed.as_ref()), url: with_timeout(url) }
    }

    /// What a failed statement means.
    pub(super) fn explain(&self, error: DatabaseError) -> CatalogError {
        let place = self.place.clone();
        let message = error.to_string();
        let kind =
            if let DatabaseError::DatabaseError(kind, _) = &error { Some(kind) } else { None };
        match kind {
            Some(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand) => {
                CatalogError::Unavailable { place, cause: error.into() }
            }
            Some(DatabaseErrorKind::ReadOnlyTransaction) => {
                CatalogError::ReadOnly { place, cause: error.into() }
            }
            // The server went away, or is being stopped: diesel has no kind for either.
            _ if message.contains("server closed the connection")
                || message.contains("terminating connection") =>
            {
                CatalogError::Unavailable { place, cause: error.into() }
            }
            _ if message.contains("lock timeout") => {
                CatalogError::Busy { place, cause: error.into() }
            }
            _ if message.contains("No space left on device") => {
                CatalogError::Full { place, cause: error.into() }
            }
            _ => CatalogError::Query { place, cause: error.into() },
        }
    }

    /// libpq repeats a URL it does not understand, password and all.
    fn without_secrets(&self, message: &str) -> String {
        let mut message = message.replace(&self.url, &self.place);
        for secret in &self.secrets {
            message = message.replace(secret, "***");
        }
        message
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// Every spelling of the password of a URL, the longest first; of a URL that cannot be taken apart
/// the whole of it.
fn secrets(url: &str, parsed: Option<&url::Url>) -> Vec<String> {
    let Some(parsed) = parsed else { return vec![url.to_owned()] };
    let asked =
        parsed.query_pairs().filter(|(name, _)| name == "password" || name == "sslpassword");
    let mut secrets: Vec<String> = asked.map(|(_, value)| value.into_owned()).collect();
    if let Some(password) = parsed.password() {
        secrets.push(password.to_owned());
        secrets.push(percent_decode_str(password).decode_utf8_lossy().into_owned());
    }
    // As it was written, before the parser put its own percent signs in.
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    secrets.extend(user.split_once(':').map(|(_, password)| password.to_owned()));
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn with_timeout(url: &str) -> String {
    if url.contains("connect_timeout=") {
        return url.to_owned();
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}connect_timeout={CONNECT_TIMEOUT}")
}

/// Opens a session.
pub(super) fn connect(server: &Server) -> Result<PgConnection, CatalogError> {
    PgConnection::establish(&server.url).map_err(|error| CatalogError::Unavailable {
        place: server.place.clone(),
        cause: server.without_secrets(&error.to_string()).into(),
    })
}

/// Brings the tables up to date.
pub(super) fn prepare(server: &Server) -> Result<(), CatalogError> {
    let mut conn = connect(server)?;
    let migrated = conn.transaction(|conn| {
        // Of two processes that start together one waits for the other.
        lock_writes(conn)?;
        migrate::run(conn, MIGRATIONS)
    });
    migrated.map_err(|error| migrate::explain(error, server, |error| server.explain(error)))
}

/// Begins a transaction and waits until no other one writes, as `BEGIN IMMEDIATE` does on SQLite.
/// Every statement then sees what the writer before has left.
pub(super) fn begin_write(conn: &mut PgConnection) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL READ COMMITTED")?;
    lock_writes(conn).inspect_err(|_| {
        if let Err(error) = AnsiTransactionManager::rollback_transaction(conn) {
            tracing::debug!(%error, "a catalog transaction could not be rolled back");
        }
    })
}

/// Keeps others from writing until the transaction ends.
fn lock_writes(conn: &mut PgConnection) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "SET LOCAL lock_timeout = '10s'; SELECT pg_advisory_xact_lock({WRITE})"
    ))
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Opens a session of its own and takes the lead's lock in it, unless it is taken. The lock lives
/// as long as the session, so the URL must not lead through a pooler that shares sessions.
pub(super) fn try_lock(server: &Server) -> Result<Option<PgConnection>, CatalogError> {
    let mut session = connect(server)?;
    let asked = session
        // A leader whose machine vanishes without a word must not hold the lock for hours.
        .batch_execute(
            "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; \
             SET tcp_keepalives_count = 3",
        )
        .and_then(|()| {
            diesel::sql_query(format!("SELECT pg_try_advisory_lock({LEAD}) AS taken"))
                .get_result::<Answer>(&mut session)
        });
    let answer = asked.map_err(|error| server.explain(error))?;
    Ok(answer.taken.then_some(session))
}

/// Lets go of the lead's lock. If that fails the session is dead, and the lock with it.
pub(super) fn unlock(session: &mut PgConnection) {
    if let Err(error) = session.batch_execute(&format!("SELECT pg_advisory_unlock({LEAD})")) {
        tracing::debug!(%error, "the session that led had already ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_the_password_is_ever_seen() {
        let server =
            Server::at("postgres://joe:s3cr%40t@db.example:5432/porchlight?password=other");
        assert_eq!(server.to_string(), "postgres://db.example/porchlight");
        let said = "bad URI \"postgres://joe:s3cr%40t@db\" for s3cr@t, password \"other\"";
        insta::assert_snapshot!(server.without_secrets(said), @r#"bad URI "postgres://joe:***@db" for ***, password "***""#);
    }

    #[test]
    fn a_url_that_cannot_be_taken_apart_is_hidden_whole() {
        let server = Server::at("postgres://joe:s3cret@one:1,two:2/db");
        assert_eq!(server.to_string(), "on PostgreSQL");
        let said = format!("cannot read \"{}\"", server.url);
        assert!(!server.without_secrets(&said).contains("s3cret"));
    }

    #[test]
    fn a_silent_server_is_waited_for_only_so_long() {
        assert_eq!(with_timeout("postgres:///db"), "postgres:///db?connect_timeout=10");
        assert_eq!(with_timeout("postgres:///db?a=b"), "postgres:///db?a=b&connect_timeout=10");
        assert_eq!(
            with_timeout("postgres:///d?connect_timeout=2"),
            "postgres:///d?connect_timeout=2"
        );
    }
}
