//! Statements as evidence: each told which record it speaks of.

use super::{Memory, Subjects, unstamped};
use crate::record::{Citation, EditionKey, Evidence, Statement, SubjectType};

/// All statements, as evidence of the records they are about.
///
/// A statement whose record could not be made keeps an empty `subject_id`; an issue says why.
pub(super) fn evidence(memory: &Memory, subjects: &Subjects) -> Vec<Evidence> {
    memory.statements.values().map(|statement| of(statement, subjects)).collect()
}

fn of(statement: &Statement, subjects: &Subjects) -> Evidence {
    let Statement { subject_type, source_id, source_key, .. } = statement;
    let subject_id = match subject_type {
        // The gazetteer's own codes are stable and known everywhere.
        SubjectType::Place | SubjectType::County => Some(source_key.as_str()),
        SubjectType::Agency
        | SubjectType::Vendor
        | SubjectType::Program
        | SubjectType::Partnership
        | SubjectType::Disclosure
        | SubjectType::ReportedTotal
        | SubjectType::Event => subjects.of(statement),
    };
    let citation = statement.citation.clone();
    Evidence {
        id: statement.id.clone(),
        subject_type: *subject_type,
        subject_id: subject_id.unwrap_or_default().to_owned(),
        pointer: statement.pointer.clone(),
        role: statement.role,
        source_id: source_id.clone(),
        source_key: source_key.clone(),
        locator: statement.locator.clone(),
        url: citation.url,
        archived_url: citation.archived_url,
        title: citation.title,
        publisher: citation.publisher,
        published_on: citation.published_on,
        retrieved_at: statement.newest.retrieved_at,
        first_listed_on: statement.first_listed_on,
        last_listed_on: statement.newest.as_of_on,
        capture_sha256: statement.newest.capture_sha256.clone(),
        quote: citation.quote,
        reported: statement.reported.clone(),
        first_release: unstamped(),
        last_changed_release: unstamped(),
        evidence_count: 0,
    }
}

impl From<&Evidence> for Statement {
    fn from(evidence: &Evidence) -> Self {
        // No `..`: a new field does not compile until someone decides whether it is remembered.
        let Evidence {
            id,
            subject_type,
            subject_id: _,
            pointer,
            role,
            source_id,
            source_key,
            locator,
            url,
            archived_url,
            title,
            publisher,
            published_on,
            retrieved_at,
            first_listed_on,
            last_listed_on,
            capture_sha256,
            quote,
            reported,
            first_release: _,
            last_changed_release: _,
            evidence_count: _,
        } = evidence.clone();
        Self {
            id,
            subject_type,
            source_id,
            source_key,
            pointer,
            role,
            locator,
            citation: Citation { url, archived_url, title, publisher, published_on, quote },
            reported,
            first_listed_on,
            newest: EditionKey { as_of_on: last_listed_on, retrieved_at, capture_sha256 },
        }
    }
}
