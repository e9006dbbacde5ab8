use chrono::{DateTime, NaiveDate, Utc};

use crate::record::{EvidenceId, Reported, Role, SourceId, SubjectType};

record! {
    /// What a source says about one thing, and the place where it says so. Never deleted.
    Evidence: EvidenceId, in "evidence" {
        /// What it is about.
        subject_type: SubjectType,
        /// Id of the record it is about.
        subject_id: String as Code,
        /// JSON Pointer to the field it is about; empty for the record.
        pointer: String,
        /// What it does for that value.
        role: Role,
        /// The source.
        source_id: SourceId,
        /// The source's own key: AOS number, ORI, STATE-FDID, entry name.
        source_key: String,
        /// Where in the capture it stands.
        locator: String,
        /// A page a person can read.
        url: Option<String>,
        /// An archived copy of that page.
        archived_url: Option<String>,
        /// Title of that page.
        title: Option<String>,
        /// Publisher of that page.
        publisher: Option<String>,
        /// When that page was published.
        published_on: Option<NaiveDate>,
        /// When the capture was fetched.
        retrieved_at: DateTime<Utc>,
        /// Date of the first edition that says so.
        first_listed_on: NaiveDate,
        /// Date of the last edition that says so.
        last_listed_on: NaiveDate,
        /// SHA-256 of the capture, in hexadecimal.
        capture_sha256: String as Code,
        /// The sentence itself, at most 300 characters, where it may be shown.
        quote: Option<String>,
        /// The source's own values.
        reported: Reported,
    }
}
