//! Why the catalog could not do what it was asked.

use crate::catalog::Epoch;
use crate::record::ReleaseId;

/// What lies beneath an error. Never holds a password.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the catalog could not do what it was asked. `place` is a file, or a server and database
/// without user and password.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file cannot be opened, or the server does not answer.
    #[error("the catalog {place} cannot be reached")]
    Unavailable {
        /// Where it is.
        place: String,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// The server answers, but not to what the URL says, or the URL means nothing to it.
    #[error("the catalog {place} cannot be opened: {advice}")]
    Refused {
        /// Where it is.
        place: String,
        /// What to do.
        advice: &'static str,
        /// What the server or its library said.
        #[source]
        cause: Cause,
    },
    /// The file is no SQLite database, or no longer.
    #[error(
        "the catalog {place} is damaged; it holds run history only, no data: stop porchlight, \
         delete the file, and the next start makes a new one"
    )]
    Damaged {
        /// The file.
        place: String,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// A row holds what this program does not understand.
    #[error("row `{key}` of the catalog's table `{table}` is not understood")]
    Row {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
        /// What is wrong with it.
        #[source]
        cause: Cause,
    },
    /// The tables could not be made or brought up to date.
    #[error("the tables of the catalog {place} could not be brought up to date")]
    Migration {
        /// Where it is.
        place: String,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// A newer version of this program made the tables.
    #[error("the catalog {place} was made by a newer porchlight (its schema is {version})")]
    TooNew {
        /// Where it is.
        place: String,
        /// The first migration this program does not know.
        version: String,
    },
    /// Another process held the database for longer than anybody should.
    #[error("the catalog {place} is in use by another process")]
    Busy {
        /// Where it is.
        place: String,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// The database may be read only.
    #[error("the catalog {place} cannot be written: it is read-only for this user")]
    ReadOnly {
        /// Where it is.
        place: String,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// No space is left.
    #[error("the catalog {place} cannot be written: the disk is full")]
    Full {
        /// Where it is.
        place: String,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// A statement failed in another way.
    #[error("a query of the catalog {place} failed")]
    Query {
        /// Where it is.
        place: String,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// The lock that tells the leader could not be asked for.
    #[error("the lock file {place} cannot be used")]
    Lock {
        /// The lock file.
        place: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Another process has taken the lead since; the work must stop.
    #[error("another process has taken the lead since epoch {epoch}")]
    Superseded {
        /// The epoch that is over.
        epoch: Epoch,
    },
    /// No candidate of this name waits for a decision.
    #[error("no held candidate is called `{candidate}`")]
    NotHeld {
        /// The name.
        candidate: String,
    },
    /// A release is known under this name, with another manifest.
    #[error("release {release} is already known with another manifest")]
    ReleaseDiffers {
        /// The release.
        release: ReleaseId,
    },
    /// The program was built without PostgreSQL.
    #[error("a catalog on PostgreSQL needs a porchlight built with the cargo feature `postgres`")]
    FeatureMissing,
}

/// What may go wrong inside a piece of work on a connection.
pub(super) enum Failure {
    /// The database said no; what that means depends on where it is.
    Database(diesel::result::Error),
    /// Anything else.
    Catalog(CatalogError),
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}
