//! From records to a release: the files, the manifest, publication and verification.

pub mod alone;
mod attempt;
mod build;
mod cause;
mod changes;
mod clear;
mod corrections;
pub mod database;
pub mod dataset;
pub mod digest;
mod document;
mod fault;
pub mod format;
pub mod gates;
mod manifest;
pub mod pointer;
mod publish;
mod put;
mod redact;
pub mod root;
pub mod rows;
#[cfg(test)]
mod sample;
mod sign;
mod stage;
mod tables;
mod verify;
mod workers;

pub use attempt::{clear_abandoned, next_release};
pub use build::{Candidate, Parts, build};
pub use changes::{ChangeEntry, FieldChange};
pub use clear::{clear_redacted, redacted_releases, standing_releases};
pub use corrections::date_corrections;
pub use document::{
    DATA_PACKAGE_FILE, DATASET_CAVEAT, DATASET_HOMEPAGE, DATASET_LICENCE_URL, DATASET_PUBLISHER,
    DATASET_SUMMARY, DataPackage, DataResource, DocumentError, GATES_FILE, TableField, TableSchema,
    citation, form_of_file, grouped,
};
pub use fault::{Fault, FaultKind};
pub use manifest::{
    Acceptance, CapturePart, GateVerdict, MANIFEST_FILE, Manifest, ManifestCapture, ManifestDraft,
    ManifestError, ManifestFile, ManifestTable, PreviousRelease, RedactedRelease, SourceCredit,
    TableChanges,
};
pub use publish::{
    PublishError, Publisher, move_pointer, publish, publish_as, publish_copy, remove,
};
pub use redact::{Redaction, table_of};
pub use sign::{
    KeyError, MANIFEST_SIGNATURE, PublicKey, SIGNATURE_TYPE, SIGNATURES, SUMS_SIGNATURE,
    SignatureError, SigningKey,
};
pub use stage::{
    DATASET_FILE, Interrupted, Materials, SUMS_FILE, StageError, Staged, Watch, stage,
};
pub use verify::{ChainReport, Report, VerifyError, verify_chain, verify_folder, verify_release};
