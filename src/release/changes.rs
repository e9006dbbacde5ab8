//! How a record of one release differs from that of another, as clients see it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::record::{Cause, ReleaseId};
use crate::release::dataset::ChangeKind;

/// A record that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChangeEntry {
    /// The resource it belongs to.
    #[schema(example = "partnerships")]
    pub resource: &'static str,
    /// Its id.
    #[schema(example = "par_0123456789")]
    pub id: String,
    /// What happened to it between the two releases.
    pub change: ChangeKind,
    /// The last release in which it changed: its `last_changed_release`, where it is there.
    pub release: ReleaseId,
    /// Why, in the order of the releases, each cause once.
    pub causes: Vec<Cause>,
    /// What differs, `last_changed_release` apart; nothing else where the record is again what it
    /// was. All fields of a record that is new or gone.
    pub fields: Vec<FieldChange>,
    /// Ids of the evidence that speaks of it, or spoke of it, and is new or changed; 20 at most.
    pub evidence: Vec<String>,
    /// How many there are of those.
    pub evidence_total: usize,
    /// The id of the record it turned out to be, where it was merged.
    #[schema(required = true)]
    pub merged_into: Option<String>,
    /// Why it is gone, in words.
    #[schema(required = true)]
    pub reason: Option<String>,
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// Its value before; null where the record was not there.
    #[schema(required = true)]
    pub before: Value,
    /// Its value after; null where the record is not there.
    #[schema(required = true)]
    pub after: Value,
}
