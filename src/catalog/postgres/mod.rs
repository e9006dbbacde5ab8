//! What only PostgreSQL needs: the session, its lock, and what its messages mean.

mod facts;
mod listener;
mod refusal;
mod server;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::catalog::CatalogError;
use crate::catalog::migrate;

pub(super) use facts::facts;
pub(super) use listener::Listener;
pub(super) use server::Server;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/catalog/postgres");

/// Advisory locks are numbers of a whole database; these tell Porchlight's, and one schema of it,
/// from any other.
const LEAD: &str = "hashtextextended('porchlight lead ' || current_schema(), 0)";
const WRITE: &str = "hashtextextended('porchlight write ' || current_schema(), 0)";

/// Where a noted release is told; of one schema, as the locks are. The name is part of no promise:
/// who listens is this program.
const CHANNEL: &str = "'porchlight_releases_' || md5(current_schema())";

/// Opens a session.
pub(super) fn connect(server: &Server) -> Result<PgConnection, CatalogError> {
    PgConnection::establish(server.url())
        .map_err(|error| refusal::explain(server, &error.to_string()))
}

/// Brings the tables up to date.
pub(super) fn prepare(server: &Server) -> Result<(), CatalogError> {
    let mut conn = connect(server)?;
    warn_without_tls(server, &mut conn).map_err(|error| server.explain(error))?;
    let migrated = conn.transaction(|conn| {
        // Of two processes that start together one waits for the other.
        lock_writes(conn)?;
        migrate::run(conn, MIGRATIONS)
    });
    migrated.map_err(|error| migrate::explain(error, server, |error| server.explain(error)))
}

/// The versions of all migrations.
pub(super) fn known() -> Vec<String> {
    migrate::known::<diesel::pg::Pg>(&MIGRATIONS)
}

#[derive(QueryableByName)]
struct Encryption {
    #[diesel(sql_type = Bool)]
    encrypted: bool,
}

/// Passwords and all that is noted go over the network in the clear if the server has no TLS and
/// the URL does not ask for it.
fn warn_without_tls(server: &Server, conn: &mut PgConnection) -> QueryResult<()> {
    if server.is_local() {
        return Ok(());
    }
    let asked = "SELECT coalesce(bool_or(ssl), false) AS encrypted FROM pg_stat_ssl
        WHERE pid = pg_backend_pid()";
    let Encryption { encrypted } = diesel::sql_query(asked).get_result(conn)?;
    if !encrypted {
        tracing::warn!(
            catalog = %server,
            "the catalog is reached over the network without TLS: turn it on in the server and add \
             sslmode=verify-full&sslrootcert=FILE to its URL"
        );
    }
    Ok(())
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
        // A leader whose machine vanishes without a word must not hold the lock for hours: the server
        // looks after it, as the URL's keep-alives do from this side.
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

/// Tells whoever listens that a release was noted. They hear it when the transaction commits.
pub(super) fn tell_release(conn: &mut PgConnection, release: &str) -> QueryResult<()> {
    diesel::sql_query(format!("SELECT pg_notify({CHANNEL}, $1)"))
        .bind::<Text, _>(release)
        .execute(conn)
        .map(drop)
}
