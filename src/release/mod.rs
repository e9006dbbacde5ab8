//! From records to a release: the files, the manifest, publication and verification.

pub mod alone;
mod build;
mod cause;
mod changes;
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
pub mod root;
pub mod rows;
#[cfg(test)]
mod sample;
mod sign;
mod stage;
mod tables;
mod verify;

pub use build::{Candidate, Parts, build};
pub use changes::{ChangeEntry, FieldChange};
pub use corrections::date_corrections;
pub use document::{DocumentError, GATES_FILE};
pub use fault::{Fault, FaultKind};
pub use manifest::{
    Acceptance, CapturePart, GateVerdict, MANIFEST_FILE, Manifest, ManifestCapture, ManifestDraft,
    ManifestError, ManifestFile, ManifestTable, PreviousRelease, SourceCredit, TableChanges,
};
pub use publish::{PublishError, move_pointer, publish, publish_copy, remove};
pub use sign::{
    KeyError, MANIFEST_SIGNATURE, PublicKey, SIGNATURE_TYPE, SIGNATURES, SUMS_SIGNATURE,
    SignatureError, SigningKey,
};
pub use stage::{
    DATASET_FILE, Interrupted, Materials, SUMS_FILE, StageError, Staged, Watch, stage,
};
pub use verify::{ChainReport, Report, VerifyError, verify_chain, verify_folder, verify_release};
