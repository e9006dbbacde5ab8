//! What must not be published any more: known by hashes alone, so that nothing of it remains.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::record::{Citation, Evidence, Problem, ReleaseId, SourceId, Statement, SubjectType};

/// One key of a source whose words must not come back, and the record that was redacted with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RedactedKey {
    /// Hash of the key, in hexadecimal.
    pub key_sha256: String,
    /// The table of the record.
    pub resource: String,
    /// The id of the record.
    pub id: String,
    /// Why; it holds no personal data.
    pub reason: String,
    /// The first release without it.
    pub release: ReleaseId,
}

/// The hash of a row of a source: whatever is said under its key, in whatever words.
#[must_use]
pub fn row_key(subject_type: SubjectType, source_id: &SourceId, source_key: &str) -> String {
    hash(&[subject_type.as_str(), source_id.as_str(), source_key])
}

/// The hash of a page that is cited beside a row, whatever is quoted of it.
#[must_use]
pub fn page_key(
    subject_type: SubjectType,
    source_id: &SourceId,
    source_key: &str,
    [url, title, publisher]: [Option<&str>; 3],
) -> String {
    let page = [url, title, publisher].map(Option::unwrap_or_default);
    let [url, title, publisher] = page;
    let row = [subject_type.as_str(), source_id.as_str(), source_key];
    hash(&[&row[..], &["page", url, title, publisher]].concat())
}

/// The hash of what is wrong with one place of a source, whatever the text in question is.
#[must_use]
pub fn issue_key(source_id: &SourceId, place: &str, problem: Problem) -> String {
    hash(&["issue", source_id.as_str(), place, problem.as_str()])
}

fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps neighbours apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(hexadecimal).collect()
}

fn hexadecimal(digit: u8) -> Option<char> {
    char::from_digit(u32::from(digit), 16)
}

/// Everything that must not come back, ready to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    keys: HashSet<String>,
    ids: HashSet<String>,
}

impl Redacted {
    /// What these rows say.
    #[must_use]
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a RedactedKey>) -> Self {
        let mut redacted = Self::default();
        for RedactedKey { key_sha256, id, .. } in rows {
            redacted.keys.insert(key_sha256.clone());
            redacted.ids.insert(id.clone());
        }
        redacted
    }

    /// Whether nothing was ever redacted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether a record of that id must not be there.
    #[must_use]
    pub fn has_id(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Whether something said under that key must not be there; `citation` is the page it cites.
    #[must_use]
    pub fn has(
        &self,
        subject_type: SubjectType,
        source_id: &SourceId,
        source_key: &str,
        citation: &Citation,
    ) -> bool {
        let page = [&citation.url, &citation.title, &citation.publisher].map(Option::as_deref);
        self.has_page(subject_type, source_id, source_key, page)
    }

    /// The same of a statement.
    #[must_use]
    pub fn has_statement(&self, statement: &Statement) -> bool {
        let Statement { subject_type, source_id, source_key, citation, .. } = statement;
        self.has(*subject_type, source_id, source_key, citation)
    }

    /// The same of a piece of evidence.
    #[must_use]
    pub fn has_evidence(&self, evidence: &Evidence) -> bool {
        let Evidence { subject_type, source_id, source_key, url, title, publisher, .. } = evidence;
        let page = [url, title, publisher].map(Option::as_deref);
        self.has_page(*subject_type, source_id, source_key, page)
    }

    fn has_page(
        &self,
        subject_type: SubjectType,
        source_id: &SourceId,
        source_key: &str,
        page: [Option<&str>; 3],
    ) -> bool {
        !self.is_empty()
            && (self.keys.contains(&row_key(subject_type, source_id, source_key))
                || self.keys.contains(&page_key(subject_type, source_id, source_key, page)))
    }

    /// Whether an issue must not be there: its row must not, or it was redacted itself.
    #[must_use]
    pub fn has_issue(
        &self,
        source_id: &SourceId,
        source_key: Option<&str>,
        locator: &str,
        problem: Problem,
    ) -> bool {
        if self.is_empty() {
            return false;
        }
        let row = |key: &str| {
            let mut subjects = SubjectType::ALL.iter();
            subjects.any(|subject| self.keys.contains(&row_key(*subject, source_id, key)))
        };
        let place = source_key.unwrap_or(locator);
        source_key.is_some_and(row) || self.keys.contains(&issue_key(source_id, place, problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_in_whatever_words_and_no_other_key_is() {
        let source: SourceId = "eff-atlas".parse().unwrap();
        let row = |key: &str| row_key(SubjectType::Partnership, &source, key);
        let redacted = Redacted::of(&[RedactedKey {
            key_sha256: row("AOS1"),
            resource: "partnerships".to_owned(),
            id: "par_0123456789".to_owned(),
            reason: "a name".to_owned(),
            release: ReleaseId::default(),
        }]);
        let page = Citation { url: Some("https://example.org".to_owned()), ..Citation::default() };
        let has = |subject, key: &str| redacted.has(subject, &source, key, &page);
        assert!(has(SubjectType::Partnership, "AOS1"));
        assert!(!has(SubjectType::Partnership, "AOS11"));
        assert!(!has(SubjectType::Agency, "AOS1"));
        assert!(redacted.has_id("par_0123456789"));
        assert!(redacted.has_issue(&source, Some("AOS1"), "record 1", Problem::UnknownState));
        assert!(!redacted.has_issue(&source, None, "AOS1", Problem::UnknownState));
        assert_eq!(row("AOS1").len(), 64);
    }
}
