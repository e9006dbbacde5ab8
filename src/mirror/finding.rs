//! What a check of a host finds.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Something that is wrong with what a host serves of a release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Where it is served: a path below the host.
    pub place: String,
    /// What is wrong with it.
    pub kind: FindingKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FindingKind {
    /// The file or page is not served as the manifest or the contract promises.
    Refused {
        /// What is wrong with the answer.
        detail: String,
    },
    /// A file has another hash than the manifest says.
    Hash {
        /// What the manifest says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The list of releases gives another hash of the manifest than it has.
    Listed {
        /// What the list says.
        listed: String,
        /// What it is.
        found: String,
    },
    /// The manifest by the API is not the one that is a file.
    OtherManifest,
    /// The release before it has another manifest than the one named.
    Link {
        /// The hash named.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// The pages are of another release.
    OtherRelease {
        /// The one they name.
        says: String,
    },
    /// Records do not come in the order of their ids, or one comes twice.
    Order {
        /// The records.
        detail: String,
    },
    /// The records have another count or root than the manifest says.
    Root {
        /// How many the manifest says.
        expected_rows: u64,
        /// How many there are; one more than expected where more were not read.
        rows: u64,
        /// The root the manifest says.
        expected: String,
        /// The root they have.
        found: String,
    },
    /// The first record of which a field is not that of the file.
    Field {
        /// The record.
        id: String,
        /// The field.
        field: String,
        /// Its value by the API; nothing where the record has no such field.
        api: Option<Value>,
        /// Its value in the file.
        file: Option<Value>,
    },
    /// The first record that only the API has.
    OnlyApi {
        /// The record.
        id: String,
    },
    /// The first record that only the file has.
    OnlyFile {
        /// The record.
        id: String,
    },
    /// API and file agree with each other, and not with the manifest.
    BothDiffer,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &Option<Value>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string)
        };
        match self {
            Self::Refused { detail } | Self::Order { detail } => f.write_str(detail),
            Self::Hash { expected, found } => {
                write!(f, "has sha256 {found}, the manifest says {expected}")
            }
            Self::Listed { listed, found } => {
                write!(f, "the list gives {listed} as the sha256 of the manifest, which is {found}")
            }
            Self::OtherManifest => f.write_str("is not the manifest that is a file"),
            Self::Link { expected, found } => {
                write!(f, "has sha256 {found}, the release after it says {expected}")
            }
            Self::OtherRelease { says } => write!(f, "answers of release {says}"),
            Self::Root { expected_rows, rows, .. } if expected_rows != rows => {
                write!(f, "has {rows} records, the manifest says {expected_rows}")
            }
            Self::Root { expected, found, .. } => {
                write!(f, "has the root {found}, the manifest says {expected}")
            }
            Self::Field { id, field, api, file } => write!(
                f,
                "the first row that differs is {id}: `{field}` is {} by the API and {} in the file",
                value(api),
                value(file)
            ),
            Self::OnlyApi { id } => {
                write!(f, "the first row that differs is {id}: the file does not have it")
            }
            Self::OnlyFile { id } => {
                write!(f, "the first row that differs is {id}: the API does not give it")
            }
            Self::BothDiffer => {
                f.write_str("API and file agree, and both differ from the manifest")
            }
        }
    }
}
