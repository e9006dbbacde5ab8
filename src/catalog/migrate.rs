//! Brings the tables up to date, the same way on both databases.

use std::fmt;

use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::catalog::CatalogError;
use crate::catalog::error::Cause;

/// Why the tables could not be brought up to date.
pub(super) enum MigrationFailure {
    /// A statement outside the migrations failed.
    Database(diesel::result::Error),
    /// The database knows a migration that this program does not.
    TooNew(String),
    /// A migration failed.
    Migration(Cause),
}

impl From<diesel::result::Error> for MigrationFailure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

/// Runs the migrations that are missing. The caller has begun a transaction that excludes others.
pub(super) fn run<DB, C>(
    conn: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<(), MigrationFailure>
where
    DB: Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known =
        MigrationSource::<DB>::migrations(&migrations).map_err(MigrationFailure::Migration)?;
    let applied = conn.applied_migrations().map_err(failure)?;
    for version in &applied {
        if !known.iter().any(|migration| migration.name().version() == *version) {
            return Err(MigrationFailure::TooNew(version.to_string()));
        }
    }
    conn.run_pending_migrations(migrations).map_err(failure)?;
    Ok(())
}

/// The versions of all migrations, in order.
pub(super) fn known<DB: Backend>(migrations: &EmbeddedMigrations) -> Vec<String>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    // They are part of the program; what is no migration of it is none to wait for.
    let known = MigrationSource::<DB>::migrations(migrations).unwrap_or_default();
    known.iter().map(|migration| migration.name().version().to_string()).collect()
}

/// Takes a failed statement out of the harness's box: a damaged file or a full disk is one.
fn failure(error: Cause) -> MigrationFailure {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => MigrationFailure::Database(*error),
        Err(error) => MigrationFailure::Migration(error),
    }
}

/// What a failure means at `place`.
pub(super) fn explain(
    failure: MigrationFailure,
    place: &impl fmt::Display,
    statement: impl Fn(diesel::result::Error) -> CatalogError,
) -> CatalogError {
    let place = place.to_string();
    match failure {
        MigrationFailure::Database(error) => {
            let error = statement(error);
            // A damaged file or a full disk stays what it is.
            if let CatalogError::Query { place, cause } = error {
                CatalogError::Migration { place, cause }
            } else {
                error
            }
        }
        MigrationFailure::TooNew(version) => CatalogError::TooNew { place, version },
        MigrationFailure::Migration(cause) => CatalogError::Migration { place, cause },
    }
}
