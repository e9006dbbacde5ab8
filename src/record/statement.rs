//! Statements: evidence before it is told which record it speaks of.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use crate::record::{
    Capture, Citation, Draft, EvidenceId, Finding, Problem, Reported, Role, SourceId, SubjectType,
    keys,
};

/// Which edition of a source: ordered by its date, then by when it was fetched.
///
/// Of one date the later fetched edition says what is listed; the hash only makes the order total.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EditionKey {
    /// The date it speaks for.
    pub as_of_on: NaiveDate,
    /// When it was fetched.
    pub retrieved_at: DateTime<Utc>,
    /// SHA-256 of its capture, in hexadecimal.
    pub capture_sha256: String,
}

impl EditionKey {
    /// The edition a capture is.
    #[must_use]
    pub fn of(capture: &Capture) -> Self {
        Self {
            as_of_on: capture.as_of_on,
            retrieved_at: capture.retrieved_at,
            capture_sha256: capture.sha256.clone(),
        }
    }
}

/// An edition that was folded into the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The source it is of.
    pub source_id: SourceId,
    /// Which edition.
    pub key: EditionKey,
    /// Records it holds, before any filter.
    pub records_read: usize,
    /// Statements read from it.
    pub drafts: usize,
    /// Rows and values of it that could not be read.
    pub issues: usize,
}

/// What a source says about one thing, over all editions that say the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its id: a hash of the source and all it says, so that the same words are one statement.
    pub id: EvidenceId,
    /// What it is about.
    pub subject_type: SubjectType,
    /// The source.
    pub source_id: SourceId,
    /// The source's own key.
    pub source_key: String,
    /// JSON Pointer to the field it is about; empty for the record.
    pub pointer: String,
    /// What it does for that value.
    pub role: Role,
    /// Where in the newest capture it stands.
    pub locator: String,
    /// The page it cites.
    pub citation: Citation,
    /// The source's own values.
    pub reported: Reported,
    /// Date of the first edition that says so.
    pub first_listed_on: NaiveDate,
    /// The newest edition that says so.
    pub newest: EditionKey,
}

impl Statement {
    /// The statement a draft of `edition` makes.
    #[must_use]
    pub fn of(source_id: &SourceId, edition: &EditionKey, draft: Draft) -> Self {
        Self {
            id: statement_id(source_id, &draft),
            subject_type: draft.subject_type,
            source_id: source_id.clone(),
            source_key: draft.source_key,
            pointer: draft.pointer,
            role: draft.role,
            locator: draft.locator,
            citation: draft.citation,
            reported: draft.reported,
            first_listed_on: edition.as_of_on,
            newest: edition.clone(),
        }
    }

    /// The source's value of that name.
    #[must_use]
    pub fn reported(&self, key: &str) -> Option<&str> {
        self.reported.get(key).map(String::as_str)
    }

    /// Whether it is a decision of people about a record, not what a record is made from.
    #[must_use]
    pub fn is_decision(&self) -> bool {
        [keys::SUBJECT, keys::CONFIDENCE].iter().all(|name| self.reported.contains_key(*name))
    }

    /// Whether it is a decision of people about which agency is which.
    #[must_use]
    pub fn is_override(&self) -> bool {
        self.is_decision() && self.reported.contains_key(keys::DECISION)
    }

    /// Whether it is an entry of its source, not a page cited beside one: entries name what they
    /// are about, and people's entries say how sure they are.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        let names = [keys::AGENCY, keys::NAME, keys::CONFIDENCE];
        self.pointer.is_empty()
            && self.role == Role::Supports
            && names.iter().any(|name| self.reported.contains_key(*name))
    }
}

fn statement_id(source_id: &SourceId, draft: &Draft) -> EvidenceId {
    let Citation { url, archived_url, title, publisher, published_on, quote } = &draft.citation;
    let published_on = published_on.map(|on| on.to_string());
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        // The length keeps neighbours apart: ("ab", "c") is not ("a", "bc").
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    add(source_id.as_str());
    add(draft.subject_type.as_str());
    add(&draft.source_key);
    add(&draft.pointer);
    add(draft.role.as_str());
    for optional in [url, archived_url, title, publisher, &published_on, quote] {
        add(if optional.is_some() { "1" } else { "0" });
        add(optional.as_deref().unwrap_or_default());
    }
    for (key, value) in &draft.reported {
        add(key);
        add(value);
    }
    let digest = hash.finalize();
    EvidenceId::of_digest(digest.as_slice())
}

impl Statement {
    /// A finding about one of its values.
    #[must_use]
    pub fn finding(&self, problem: Problem, detail: String, excerpt: Option<&str>) -> Finding {
        Finding {
            source_id: self.source_id.clone(),
            source_key: Some(self.source_key.clone()),
            capture_sha256: self.newest.capture_sha256.clone(),
            locator: self.locator.clone(),
            problem,
            detail,
            excerpt: excerpt.map(str::to_owned),
        }
    }
}

/// The entries of all sources, as they stand now and as they once stood.
#[derive(Debug, Default)]
pub struct Entries<'a> {
    /// What holds at present: of each key of each source, what the newest edition that lists the
    /// key says of it. In the order of the ids, so that nothing depends on the order given.
    pub current: Vec<&'a Statement>,
    /// What a newer edition says otherwise. In the order of the ids.
    pub superseded: Vec<&'a Statement>,
}

impl<'a> Entries<'a> {
    /// Tells entries apart from pages cited beside them, and those that hold from those that held.
    #[must_use]
    pub fn of(statements: impl IntoIterator<Item = &'a Statement, IntoIter: Clone>) -> Self {
        let entries = statements.into_iter().filter(|statement| statement.is_entry());
        let mut newest: HashMap<(&SourceId, SubjectType, &str), &EditionKey> = HashMap::new();
        for statement in entries.clone() {
            newest
                .entry((&statement.source_id, statement.subject_type, &statement.source_key))
                .and_modify(|edition| *edition = (*edition).max(&statement.newest))
                .or_insert(&statement.newest);
        }
        let holds = |s: &&Statement| {
            newest[&(&s.source_id, s.subject_type, s.source_key.as_str())] == &s.newest
        };
        let (mut current, mut superseded): (Vec<_>, Vec<_>) = entries.partition(holds);
        current.sort_by(|a, b| a.id.cmp(&b.id));
        superseded.sort_by(|a, b| a.id.cmp(&b.id));
        Self { current, superseded }
    }
}
