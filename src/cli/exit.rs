//! Exit codes: what a script may tell from them.

use std::process::ExitCode;

use crate::catalog::CatalogError;
use crate::config::ConfigError;
use crate::fetch::FetchError;
use crate::mirror::MirrorError;
use crate::refresh::RefreshError;
use crate::release::database::DatabaseError;
use crate::release::{KeyError, ManifestError, PublishError};
use crate::serve::ReleasesError;
use crate::source::ReadError;
use crate::storage::StorageError;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done; also when there was nothing to do.
    Done = 0,
    /// The command line is used wrongly.
    Usage = 2,
    /// A gate holds the candidate.
    Held = 3,
    /// `doctor` found a fault.
    Unwell = 4,
    /// Data that cannot be used.
    BadData = 65,
    /// No source could be reached, or no server answered.
    Unavailable = 69,
    /// A fault of ours.
    Internal = 70,
    /// A disk or bucket failed.
    InputOutput = 74,
    /// Another run is in progress.
    Busy = 75,
    /// A setting is wrong.
    Configuration = 78,
}

/// What a verb does not do as it was told, for a reason no stage knows.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub(super) struct Refusal {
    exit: Exit,
    words: String,
}

impl Refusal {
    /// It ends the program with that code; the words say what to do instead.
    pub(super) fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self { exit, words: words.into() }
    }
}

impl Exit {
    /// The code for an error, by the first of its causes that has one.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(Self::of_cause).unwrap_or(Self::Internal)
    }

    fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Self> {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return Some(refusal.exit);
        }
        if cause.is::<ConfigError>() {
            return Some(Self::Configuration);
        }
        if let Some(error) = cause.downcast_ref::<MirrorError>() {
            return Self::of_mirror(error);
        }
        if let Some(error) = cause.downcast_ref::<FetchError>() {
            return Some(Self::of_fetch(error));
        }
        if cause.is::<StorageError>() || cause.is::<std::io::Error>() {
            return Some(Self::InputOutput);
        }
        if let Some(ReleasesError::Unreadable { .. }) = cause.downcast_ref() {
            return Some(Self::InputOutput);
        }
        let is_bad_data = cause.is::<ManifestError>()
            || cause.is::<ReleasesError>()
            || cause.is::<DatabaseError>()
            || cause.is::<ReadError>();
        if is_bad_data {
            return Some(Self::BadData);
        }
        if let Some(error) = cause.downcast_ref::<CatalogError>() {
            return Some(Self::of_catalog(error));
        }
        if let Some(error) = cause.downcast_ref::<PublishError>() {
            return Self::of_publish(error);
        }
        if let Some(error) = cause.downcast_ref::<KeyError>() {
            return Some(Self::of_key(error));
        }
        match cause.downcast_ref::<RefreshError>()? {
            RefreshError::Database(_)
            | RefreshError::Damaged { .. }
            | RefreshError::NotAnEdition { .. }
            | RefreshError::FutureEdition { .. }
            | RefreshError::NotReadable { .. }
            | RefreshError::UnknownSource(_)
            | RefreshError::NotPublished(_)
            | RefreshError::UnknownState(_)
            | RefreshError::MadeByRedaction(_)
            | RefreshError::NoSuchRelease(_)
            | RefreshError::NotHeld(_) => Some(Self::BadData),
            RefreshError::Overrides { .. } => Some(Self::Configuration),
            RefreshError::Scratch { .. } => Some(Self::InputOutput),
            RefreshError::Client(_) | RefreshError::Resolve(_) | RefreshError::Panicked(_) => {
                Some(Self::Internal)
            }
            // What failed there says more.
            RefreshError::Storage(_)
            | RefreshError::Catalog(_)
            | RefreshError::Key(_)
            | RefreshError::Pointer(_)
            | RefreshError::Stage(_)
            | RefreshError::Publish(_) => None,
        }
    }

    fn of_mirror(error: &MirrorError) -> Option<Self> {
        match error {
            MirrorError::NotTheContract { .. }
            | MirrorError::NoReleases(_)
            | MirrorError::NoSuchRelease(_)
            | MirrorError::TakenBack(_)
            | MirrorError::GoneUnsaid(_)
            | MirrorError::Manifest { .. }
            | MirrorError::OtherRelease { .. }
            | MirrorError::Listed { .. }
            | MirrorError::Link { .. }
            | MirrorError::Gap { .. }
            | MirrorError::Fork { .. }
            | MirrorError::Changed { .. }
            | MirrorError::Hash { .. }
            | MirrorError::Key { .. }
            | MirrorError::OtherKey { .. }
            | MirrorError::NotSigned { .. }
            | MirrorError::SignatureMissing { .. }
            | MirrorError::Signature { .. } => Some(Self::BadData),
            MirrorError::Scratch { .. } => Some(Self::InputOutput),
            MirrorError::Panicked(_) => Some(Self::Internal),
            // What failed there says more.
            MirrorError::Storage(_)
            | MirrorError::Catalog(_)
            | MirrorError::Pointer(_)
            | MirrorError::Publish(_)
            | MirrorError::Fetch(_) => None,
        }
    }

    fn of_publish(error: &PublishError) -> Option<Self> {
        match error {
            // Another writer was quicker.
            PublishError::Taken(_)
            | PublishError::AlreadyPublished(_)
            | PublishError::Previous { .. } => Some(Self::Busy),
            PublishError::Link { .. } => Some(Self::BadData),
            PublishError::Interrupted { .. } => Some(Self::Internal),
            // What failed there says more.
            PublishError::Storage { .. }
            | PublishError::Staged { .. }
            | PublishError::Lead(_)
            | PublishError::Releases(_) => None,
        }
    }

    fn of_fetch(error: &FetchError) -> Self {
        match error {
            FetchError::Setup(_) => Self::Internal,
            FetchError::BadUrl { .. } => Self::Usage,
            FetchError::File { .. } => Self::InputOutput,
            error if error.is_transient() => Self::Unavailable,
            FetchError::PrivateAddress { .. }
            | FetchError::Status { .. }
            | FetchError::TimedOut { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Unpacked { .. }
            | FetchError::Encoding { .. }
            | FetchError::RedirectRefused { .. }
            | FetchError::TooManyRedirects { .. }
            | FetchError::Truncated { .. }
            | FetchError::Size { .. }
            | FetchError::OtherPart { .. }
            | FetchError::Connection { .. } => Self::BadData,
        }
    }

    fn of_key(error: &KeyError) -> Self {
        match error {
            KeyError::Unreadable { .. }
            | KeyError::Open { .. }
            | KeyError::NoSecretKey { .. }
            | KeyError::NoPublicKey(_) => Self::Configuration,
            KeyError::Unwritable { .. } => Self::InputOutput,
            KeyError::Unusable(_) => Self::Internal,
        }
    }

    fn of_catalog(error: &CatalogError) -> Self {
        match error {
            CatalogError::Busy { .. } | CatalogError::Superseded { .. } => Self::Busy,
            CatalogError::FeatureMissing | CatalogError::Refused { .. } => Self::Configuration,
            CatalogError::Damaged { .. }
            | CatalogError::Row { .. }
            | CatalogError::TooNew { .. }
            | CatalogError::NotHeld { .. }
            | CatalogError::ReleaseDiffers { .. } => Self::BadData,
            CatalogError::Unavailable { .. }
            | CatalogError::Migration { .. }
            | CatalogError::ReadOnly { .. }
            | CatalogError::Full { .. }
            | CatalogError::Query { .. }
            | CatalogError::Lock { .. } => Self::InputOutput,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
