//! What a source's reader hands on: captures in, drafts and issues out.

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};

use crate::record::{Problem, Reported, Role, SourceId, SubjectType};

/// Bytes as they came from a publisher, stored under their hash before anybody reads them.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The source they belong to.
    pub source_id: SourceId,
    /// SHA-256 in hexadecimal: of the body, or for a source of many requests of the list of its
    /// parts.
    pub sha256: String,
    /// When they were fetched.
    pub retrieved_at: DateTime<Utc>,
    /// The date they speak for.
    pub as_of_on: NaiveDate,
    /// The bodies: one, or one per request.
    pub parts: Vec<Part>,
}

/// One body of a capture.
#[derive(Debug, Clone)]
pub struct Part {
    /// What tells it from the others, such as a state code; empty where there is only one.
    pub name: String,
    /// The body, unpacked from any transfer encoding but otherwise as it came.
    pub bytes: Bytes,
}

/// What a source says in one capture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Records the capture holds, before any filter and whether or not they could be read.
    pub records_read: usize,
    /// What it says about the things Porchlight is about.
    pub drafts: Vec<Draft>,
    /// Rows and values that could not be read.
    pub issues: Vec<DraftIssue>,
}

/// What a source says about one thing, verbatim, with the place where it says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What it is about.
    pub subject_type: SubjectType,
    /// The source's own key of that thing: AOS number, ORI, STATE-FDID, GEOID, entry name.
    pub source_key: String,
    /// JSON Pointer to the field it is about; empty for the record.
    pub pointer: String,
    /// What it does for that value.
    pub role: Role,
    /// Where in the capture it stands.
    pub locator: String,
    /// The page it cites.
    pub citation: Citation,
    /// The source's own values by the names of [`crate::record::keys`].
    pub reported: Reported,
}

/// The page a statement cites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Citation {
    /// A page a person can read.
    pub url: Option<String>,
    /// An archived copy of it.
    pub archived_url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its publisher.
    pub publisher: Option<String>,
    /// When it was published.
    pub published_on: Option<NaiveDate>,
    /// The sentence itself, at most 300 characters, where it may be shown.
    pub quote: Option<String>,
}

/// A row or value that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftIssue {
    /// The source's own key of the row, where it has one.
    pub source_key: Option<String>,
    /// Where in the capture it stands.
    pub locator: String,
    /// What is wrong.
    pub problem: Problem,
    /// What is wrong, in words, and what became of the value.
    pub detail: String,
    /// The text in question.
    pub excerpt: Option<String>,
}
