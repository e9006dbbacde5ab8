//! Why a run could not be brought to its end. A source that fails is no such reason.

use std::path::PathBuf;

use crate::catalog::CatalogError;
use crate::record::{ReleaseId, SourceId};
use crate::release::database::DatabaseError;
use crate::release::pointer::PointerError;
use crate::release::{KeyError, PublishError, StageError};
use crate::resolve::ResolveError;
use crate::storage::StorageError;

/// Why a run could not be brought to its end.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The storage failed.
    #[error("the storage failed")]
    Storage(#[from] StorageError),
    /// The catalog failed.
    #[error("the catalog failed")]
    Catalog(#[from] CatalogError),
    /// No request can be made at all.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The key that is to sign releases cannot be had.
    #[error("releases cannot be signed")]
    Key(#[from] KeyError),
    /// A published release cannot be read.
    #[error("the release file cannot be used")]
    Database(#[from] DatabaseError),
    /// It cannot be told what is published.
    #[error("it cannot be told which release is the latest")]
    Pointer(#[from] PointerError),
    /// A published file is not what its manifest says.
    #[error(
        "{file} of release {release} is not what its manifest says: it was changed or damaged; \
         copy it from a mirror or a backup, `porchlight release verify` checks it"
    )]
    Damaged {
        /// The release.
        release: String,
        /// The file.
        file: String,
    },
    /// Records could not be made.
    #[error("the records could not be made")]
    Resolve(#[from] ResolveError),
    /// The files of the release could not be made.
    #[error("the files of the release could not be made")]
    Stage(#[from] StageError),
    /// The release could not be published.
    #[error("the release could not be published")]
    Publish(#[from] PublishError),
    /// A file on its way could not be written or read.
    #[error("`{file}` cannot be written or read")]
    Scratch {
        /// The file.
        file: String,
        /// What happened.
        #[source]
        source: std::io::Error,
    },
    /// A file to be imported is not what the source publishes.
    #[error("the file is no edition of {source_id}: {reason}")]
    NotAnEdition {
        /// The source.
        source_id: SourceId,
        /// What it is instead.
        reason: String,
    },
    /// An edition that speaks for a day to come: it would be the newest until then.
    #[error("an edition of {as_of_on} lies ahead: give the date it speaks for")]
    FutureEdition {
        /// The date given.
        as_of_on: chrono::NaiveDate,
    },
    /// A capture that was read once cannot be read any more.
    #[error("capture {sha256} of {source_id} cannot be read again: {reason}")]
    NotReadable {
        /// The source.
        source_id: SourceId,
        /// The capture.
        sha256: String,
        /// Why.
        reason: String,
    },
    /// There is no such release.
    #[error("there is no release {0}; `porchlight release list` lists all")]
    NoSuchRelease(ReleaseId),
    /// There is no such held candidate.
    #[error("no candidate `{0}` is held; `porchlight release list` names those that are")]
    NotHeld(String),
    /// What had to be redacted is told by nothing but the release itself.
    #[error(
        "release {0} was made by a redaction: it cannot be made again, `release verify` checks it"
    )]
    MadeByRedaction(ReleaseId),
    /// No release that stands knows an id.
    #[error("no published release holds `{0}`: give the id of a record, such as `par_…`")]
    NotPublished(String),
    /// The file of decisions on matches that the settings name cannot be used.
    #[error("the overrides file {} cannot be used", path.display())]
    Overrides {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A question names no state or territory.
    #[error("there is no state or territory `{0}`: give its postal code or its name")]
    UnknownState(String),
    /// A release's manifest names a source this program does not know.
    #[error("the source `{0}` is not known to this version of the program")]
    UnknownSource(String),
    /// A task broke off.
    #[error("a task broke off: {0}")]
    Panicked(String),
}
