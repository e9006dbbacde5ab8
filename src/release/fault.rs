//! What can be wrong with a published release, and what to do about it.

use std::error::Error;
use std::fmt;

use serde::Serialize;

use crate::record::ReleaseId;
use crate::release::format::FormatError;

/// Something that is wrong with a file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The release.
    pub release: ReleaseId,
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FaultKind {
    /// It is listed in the manifest and not there.
    Missing,
    /// It is there and not listed in the manifest.
    Unlisted,
    /// Every release has it, and the manifest does not list it.
    NotInManifest,
    /// It cannot be read, or not as what it should be.
    Unreadable {
        /// Why.
        detail: String,
    },
    /// It has another size.
    Size {
        /// What the manifest says, in bytes.
        expected: u64,
        /// What it is, in bytes.
        found: u64,
    },
    /// It has the right size and another hash.
    Hash {
        /// What the manifest says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The manifest is that of another release.
    OtherRelease {
        /// The release it names.
        says: ReleaseId,
    },
    /// `SHA256SUMS` and the manifest disagree about a file.
    Sum {
        /// The file.
        of: String,
    },
    /// The manifest does not give a table.
    NoTable {
        /// The table.
        table: String,
    },
    /// Count or root of a table are not those of the manifest.
    Root {
        /// The table.
        table: String,
    },
    /// The manifest gives another count of records.
    Rows {
        /// What the manifest says.
        expected: Option<u64>,
        /// What there are.
        found: u64,
    },
    /// It does not hold the records of the dataset.
    Differs {
        /// Where, and how.
        detail: String,
    },
    /// The release it names as its previous is not the one before it.
    Follows {
        /// The release it names.
        named: Option<ReleaseId>,
        /// The one before it in this storage.
        before: Option<ReleaseId>,
    },
    /// The manifest of the previous release has another hash than the one given.
    Link {
        /// The previous release.
        previous: ReleaseId,
        /// The hash given.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// Something else gives another hash of this manifest.
    Vouched {
        /// The release that follows it, or `latest.json`.
        by: String,
        /// The hash given.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// It does not name the newest release and its manifest.
    Pointer,
    /// A key is trusted, and the release is not signed.
    NotSigned,
    /// The release is signed with another key than the one that is trusted.
    OtherKey {
        /// The key that is trusted.
        expected: String,
        /// The key the manifest names.
        found: String,
    },
    /// It is no good signature.
    Signature {
        /// Why not.
        detail: String,
    },
    /// It is not what its signature signs.
    NotAsSigned,
    /// The dataset says something else of the release.
    Disagrees {
        /// Of what.
        about: String,
    },
    /// Made again by the same version of the program, it has other bytes.
    MadeOtherwise,
}

impl FaultKind {
    pub(super) fn unreadable(error: &dyn Error) -> Self {
        Self::Unreadable { detail: chain(error) }
    }

    pub(super) fn differs(error: &FormatError) -> Self {
        Self::Differs { detail: chain(error) }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Missing | Self::Size { .. } | Self::Hash { .. } => {
                "fetch the file again from the host or from a mirror"
            }
            Self::Unlisted => "remove the file: it is no part of the release",
            Self::Unreadable { .. } => {
                "fetch the file again; if it is the same elsewhere, report it to the publisher"
            }
            Self::NotInManifest
            | Self::OtherRelease { .. }
            | Self::NoTable { .. }
            | Self::NotAsSigned
            | Self::Disagrees { .. }
            | Self::Follows { .. } => {
                "compare `manifest.json` with that of a mirror; if both say so, report it to the \
                 publisher"
            }
            Self::Sum { .. }
            | Self::Root { .. }
            | Self::Rows { .. }
            | Self::Differs { .. }
            | Self::MadeOtherwise => {
                "fetch the file and `manifest.json` again; if it stays, rebuild the release from \
                 its captures and report it to the publisher"
            }
            Self::NotSigned | Self::OtherKey { .. } => {
                "do not rely on it until the publisher says elsewhere that this is right"
            }
            Self::Signature { .. } => {
                "fetch the signature again; if it is the same elsewhere, report it to the publisher"
            }
            Self::Link { .. } | Self::Vouched { .. } => {
                "one of the two manifests was changed after publication: compare both with a mirror"
            }
            Self::Pointer => "refresh: it moves it; readers are not misled by it",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { release, file, kind } = self;
        write!(f, "release {release}, `{file}`: {kind}; {}", kind.advice())
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Unlisted => f.write_str("is not listed in the manifest"),
            Self::NotInManifest => f.write_str("should be listed in the manifest"),
            Self::Unreadable { detail } => write!(f, "cannot be read: {detail}"),
            Self::Size { expected, found } => {
                write!(f, "has {found} bytes, the manifest says {expected}")
            }
            Self::Hash { expected, found } => {
                write!(f, "has sha256 {found}, the manifest says {expected}")
            }
            Self::OtherRelease { says } => write!(f, "is the manifest of release {says}"),
            Self::Sum { of } => write!(f, "disagrees with the manifest about `{of}`"),
            Self::NoTable { table } => write!(f, "does not give the table `{table}`"),
            Self::Root { table } => {
                write!(f, "the table `{table}` has another count or root than the manifest says")
            }
            Self::Rows { expected: Some(expected), found } => {
                write!(f, "holds {found} records, the manifest says {expected}")
            }
            Self::Rows { expected: None, found } => {
                write!(f, "holds {found} records, the manifest gives no count")
            }
            Self::Differs { detail } => write!(f, "does not equal the dataset: {detail}"),
            Self::Follows { named, before } => {
                let name = |release: &Option<ReleaseId>| {
                    release.map_or_else(|| "none".to_owned(), |release| release.to_string())
                };
                write!(f, "follows {}, but before it comes {}", name(named), name(before))
            }
            Self::Link { previous, expected, found } => write!(
                f,
                "gives {expected} as the sha256 of the manifest of {previous}, which is {found}"
            ),
            Self::Vouched { by, expected, found } => {
                write!(f, "has sha256 {found}, and {by} gives {expected}")
            }
            Self::NotSigned => f.write_str("is not signed"),
            Self::OtherKey { expected, found } => {
                write!(f, "is signed with the key {found}, not with {expected}")
            }
            Self::Signature { detail } => write!(f, "is no good signature: {detail}"),
            Self::NotAsSigned => f.write_str("is not what its signature signs"),
            Self::Disagrees { about } => {
                write!(f, "says something else than the dataset about `{about}`")
            }
            Self::MadeOtherwise => f.write_str(
                "is not what this version of the program makes, though it is said to have made it",
            ),
            Self::Pointer => f.write_str("does not name the newest release and its manifest"),
        }
    }
}

/// The error and its causes in one line: a fault is read by people and kept in reports.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
