//! Why a host could not be copied or checked, in words that tell its lies from its absence.

use std::path::PathBuf;

use crate::catalog::CatalogError;
use crate::fetch::FetchError;
use crate::record::ReleaseId;
use crate::release::pointer::PointerError;
use crate::release::{KeyError, ManifestError, PublishError, SignatureError};
use crate::storage::StorageError;

/// Why a host could not be copied or checked. Nothing of the release in question was published.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The storage failed.
    #[error("the storage failed")]
    Storage(#[from] StorageError),
    /// The catalog failed.
    #[error("the catalog failed")]
    Catalog(#[from] CatalogError),
    /// It cannot be told what this home has.
    #[error("it cannot be told which releases this home has")]
    Pointer(#[from] PointerError),
    /// A release could not be put into the storage.
    #[error("the release could not be published")]
    Publish(#[from] PublishError),
    /// A request failed.
    #[error("the host cannot be copied or checked")]
    Fetch(#[from] FetchError),
    /// A file on its way cannot be read or written.
    #[error("`{}` cannot be written or read", path.display())]
    Scratch {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        #[source]
        source: std::io::Error,
    },
    /// An answer is not what the contract says.
    #[error("{url} does not answer as Porchlight does: {problem}")]
    NotTheContract {
        /// The URL asked.
        url: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The host has no release at all.
    #[error("{0} has no release yet")]
    NoReleases(String),
    /// The host does not have the release asked for.
    #[error("the host has no release {0}")]
    NoSuchRelease(ReleaseId),
    /// The host has taken the release back.
    #[error("the host has taken release {0} back: it is not to be copied")]
    TakenBack(ReleaseId),
    /// A release is gone, and no manifest says that it was taken back.
    #[error("the host lists release {0}, answers that it is gone, and no manifest says why")]
    GoneUnsaid(ReleaseId),
    /// What is served as a manifest is none.
    #[error("the host's manifest of release {release} is none")]
    Manifest {
        /// The release.
        release: ReleaseId,
        /// What is wrong.
        #[source]
        source: ManifestError,
    },
    /// The manifest is that of another release.
    #[error("the host serves the manifest of release {says} as that of {release}")]
    OtherRelease {
        /// The release asked for.
        release: ReleaseId,
        /// The one it names.
        says: ReleaseId,
    },
    /// List and manifest do not agree.
    #[error(
        "the host's list gives {listed} as the sha256 of the manifest of {release}, which is {found}"
    )]
    Listed {
        /// The release.
        release: ReleaseId,
        /// The hash in the list.
        listed: String,
        /// The hash of what is served.
        found: String,
    },
    /// A release names another manifest as that of the release before it.
    #[error(
        "release {release} gives {expected} as the sha256 of the manifest of {previous}, which is \
         {found}: one of the two was changed after publication"
    )]
    Link {
        /// The release.
        release: ReleaseId,
        /// The one before it.
        previous: ReleaseId,
        /// The hash given.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// The release that another one follows is nowhere.
    #[error(
        "release {release} follows {previous}, which the host does not have: `--release {release}` \
         copies it alone"
    )]
    Gap {
        /// The release.
        release: ReleaseId,
        /// The one it follows.
        previous: ReleaseId,
    },
    /// Two chains.
    #[error(
        "the chain forks at release {release}: it follows {}, but {} comes before it; what is here \
         and what the host has are not one history",
        name(*.follows), name(*.before)
    )]
    Fork {
        /// The release.
        release: ReleaseId,
        /// The one it names as its previous.
        follows: Option<ReleaseId>,
        /// The one that comes before it, here or at the host.
        before: Option<ReleaseId>,
    },
    /// The host has another release of a name than this home.
    #[error(
        "release {release} here has the manifest {here}, that of the host {there}: the host changed \
         what was published, or is another one"
    )]
    Changed {
        /// The release.
        release: ReleaseId,
        /// The hash of the manifest here.
        here: String,
        /// The hash of the host's.
        there: String,
    },
    /// A file has the right size and another hash.
    #[error(
        "the host's file `{file}` of release {release} has sha256 {found}, its manifest says \
         {expected}"
    )]
    Hash {
        /// The release.
        release: ReleaseId,
        /// The file.
        file: String,
        /// What the manifest says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// What the manifest names as its key is none.
    #[error("the manifest of release {release} names a signing key that is none")]
    Key {
        /// The release.
        release: ReleaseId,
        /// What is wrong.
        #[source]
        source: KeyError,
    },
    /// The release is signed with another key than the trusted one.
    #[error("release {release} is signed with {key}, which is not the key that is trusted")]
    OtherKey {
        /// The release.
        release: ReleaseId,
        /// The key its manifest names.
        key: String,
    },
    /// The release is not signed, and ought to be.
    #[error("release {release} is not signed")]
    NotSigned {
        /// The release.
        release: ReleaseId,
    },
    /// A signature that the manifest promises is not there.
    #[error("the host does not have the signature of `{of}` of release {release}")]
    SignatureMissing {
        /// The release.
        release: ReleaseId,
        /// The file that is signed.
        of: &'static str,
    },
    /// A signature is not good.
    #[error("the signature of `{of}` of release {release} is not good")]
    Signature {
        /// The release.
        release: ReleaseId,
        /// The file that is signed.
        of: &'static str,
        /// What is wrong.
        #[source]
        source: SignatureError,
    },
    /// A task broke off.
    #[error("a task broke off: {0}")]
    Panicked(String),
}

impl MirrorError {
    /// Whether a later run may well succeed without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_transient())
    }
}

fn name(release: Option<ReleaseId>) -> String {
    release.map_or_else(|| "none".to_owned(), |release| release.to_string())
}
