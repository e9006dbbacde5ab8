use chrono::NaiveDate;

use crate::record::{CorrectionId, CorrectionState, ReleaseId, SubjectType};

record! {
    /// An error somebody pointed out, and what became of it.
    Correction: CorrectionId, in "corrections" {
        /// What it is about.
        subject_type: SubjectType,
        /// Id of the record it is about.
        subject_id: String as Code,
        /// JSON Pointer to the field it is about; empty for the record.
        pointer: String,
        /// What was said.
        before: Option<String>,
        /// What is right.
        after: Option<String>,
        /// Why.
        reason: String,
        /// When it was pointed out.
        reported_on: Option<NaiveDate>,
        /// The release in which it was put right.
        fixed_in: Option<ReleaseId>,
        /// Releases that carry the error.
        affected_releases: Vec<String> as Code,
        /// Where it stands.
        state: CorrectionState,
    }
}
