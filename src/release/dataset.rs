//! Everything a release file holds, in memory.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::record::{
    Cause, Edition, Evidence, Finding, Identity, Issue, MatchAccount, Record, Records, RedactedKey,
    Redirect, ReleaseId, Withdrawal,
};
use crate::release::manifest::GateVerdict;

/// Version of the schema of a release file and of the files made from it. Within a major version
/// columns and tables are only added.
pub const SCHEMA_VERSION: &str = "1.2.0";

/// Everything a release file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its name.
    pub release: ReleaseId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Version of the program that made it.
    pub software_version: String,
    /// The records, stamped.
    pub records: Records,
    /// Ids of the issues that arose in reading, not in what was made of what was read.
    pub unread: Vec<String>,
    /// Ids given out so far, and the release each was first used in.
    pub identities: Vec<Since<Identity>>,
    /// Merges so far, and the first release without the merged id.
    pub redirects: Vec<Since<Redirect>>,
    /// Withdrawals so far, and the first release without the id.
    pub withdrawals: Vec<Since<Withdrawal>>,
    /// Editions read so far, and the release each was read for.
    pub editions: Vec<Since<Edition>>,
    /// What changed in which release after the first.
    pub changes: Vec<Change>,
    /// What the gates found.
    pub gates: Vec<GateVerdict>,
    /// What was redacted so far and must not come back.
    pub redactions: Vec<RedactedKey>,
    /// How it was decided which agency each listing of a partnership means, in the order of the
    /// listings' evidence.
    pub accounts: Vec<MatchAccount>,
}

/// Something that holds since a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Since<T> {
    /// What.
    pub what: T,
    /// Since when.
    pub release: ReleaseId,
}

/// One record that is not as it was in the release before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The release in which it changed.
    pub release: ReleaseId,
    /// Its table.
    pub resource: &'static str,
    /// Its id.
    pub id: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Why.
    pub cause: Cause,
    /// The fields that changed: a JSON object of `[before, after]` by field.
    pub fields: String,
}

words! {
    /// What happened to a record.
    ChangeKind {
        /// It is new.
        Added = "added",
        /// A fact of it changed.
        Changed = "changed",
        /// It is no more: merged into another, or taken back.
        Withdrawn = "withdrawn",
    }
}

impl Dataset {
    /// What of each source's newest edition could not be read.
    #[must_use]
    pub fn unread(&self) -> Vec<Finding> {
        let ids: HashSet<&str> = self.unread.iter().map(String::as_str).collect();
        let issues = self.records.issues.iter().filter(|issue| ids.contains(issue.id.as_str()));
        issues
            .map(|issue| Finding {
                source_id: issue.source_id.clone(),
                source_key: issue.source_key.clone(),
                capture_sha256: issue.capture_sha256.clone(),
                locator: issue.locator.clone(),
                problem: issue.problem,
                detail: issue.detail.clone(),
                excerpt: issue.excerpt.clone(),
            })
            .collect()
    }
}

/// Whether changes of a table are logged one by one.
///
/// Evidence changes with every edition and says itself when it was first and last listed; issues
/// are notes about the newest edition. Both are only counted.
#[must_use]
pub fn is_logged(table: &str) -> bool {
    table != Evidence::TABLE && table != Issue::TABLE
}
