//! What is remembered from release to release: all statements, and which editions were read.

use std::collections::{BTreeMap, HashSet};

use crate::record::{
    Capture, Draft, DraftIssue, Edition, EditionKey, EvidenceId, Finding, Reading, Redacted,
    SourceId, Statement,
};

/// Everything that was ever said, and the editions it was said in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    /// Statements by id. None is ever removed, unless it is redacted.
    pub statements: BTreeMap<EvidenceId, Statement>,
    /// Editions folded so far, in no particular order.
    pub editions: Vec<Edition>,
    /// Rows and values of each source's newest edition that could not be read.
    pub unread: Vec<Finding>,
    /// What must not be remembered, in whatever words it comes.
    pub redacted: Redacted,
}

impl Memory {
    /// Adds what one edition says.
    ///
    /// The outcome does not depend on the order editions are folded in: a statement keeps its
    /// first date and its newest edition, and an edition folded twice changes nothing.
    pub fn fold(&mut self, capture: &Capture, reading: Reading) {
        let source_id = &capture.source_id;
        let key = EditionKey::of(capture);
        if self.editions.iter().any(|known| known.source_id == *source_id && known.key == key) {
            return;
        }
        let Reading { records_read, drafts, issues } = reading;
        self.editions.push(Edition {
            source_id: source_id.clone(),
            key: key.clone(),
            records_read,
            drafts: drafts.len(),
            issues: issues.len(),
        });
        let mut silent = HashSet::new();
        for draft in drafts {
            let Draft { subject_type, source_key, citation, .. } = &draft;
            if self.redacted.has(*subject_type, source_id, source_key, citation) {
                silent.insert(draft.locator);
            } else {
                self.state(Statement::of(source_id, &key, draft));
            }
        }
        if self.newest(source_id).is_some_and(|newest| newest.key == key) {
            self.unread.retain(|finding| finding.source_id != *source_id);
            let may = |issue: &DraftIssue| {
                let DraftIssue { source_key, locator, problem, .. } = issue;
                let of_row = source_key.is_none() && silent.contains(locator);
                let source_key = source_key.as_deref();
                !of_row && !self.redacted.has_issue(source_id, source_key, locator, *problem)
            };
            let said = issues.into_iter().filter(may);
            let said: Vec<_> = said.map(|issue| unread(source_id, &key, issue)).collect();
            self.unread.extend(said);
        }
    }

    /// The newest edition of a source.
    #[must_use]
    pub fn newest(&self, source_id: &SourceId) -> Option<&Edition> {
        let own = self.editions.iter().filter(|edition| edition.source_id == *source_id);
        own.max_by(|one, other| one.key.cmp(&other.key))
    }

    fn state(&mut self, statement: Statement) {
        let Some(known) = self.statements.get_mut(&statement.id) else {
            self.statements.insert(statement.id.clone(), statement);
            return;
        };
        known.first_listed_on = known.first_listed_on.min(statement.first_listed_on);
        if statement.newest > known.newest {
            known.newest = statement.newest;
            known.locator = statement.locator;
        }
    }
}

fn unread(source_id: &SourceId, key: &EditionKey, issue: DraftIssue) -> Finding {
    let DraftIssue { source_key, locator, problem, detail, excerpt } = issue;
    Finding {
        source_id: source_id.clone(),
        source_key,
        capture_sha256: key.capture_sha256.clone(),
        locator,
        problem,
        detail,
        excerpt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Citation, Draft, Problem, Role, SubjectType, keys};

    fn capture(on: &str, sha256: &str) -> Capture {
        Capture {
            source_id: "eff-atlas".parse().unwrap(),
            sha256: sha256.to_owned(),
            retrieved_at: "2026-11-24T06:00:00Z".parse().unwrap(),
            as_of_on: on.parse().unwrap(),
            parts: Vec::new(),
        }
    }

    fn reading(rows: &[(&str, &str)], issue: &str) -> Reading {
        let draft = |(key, agency): &(&str, &str)| Draft {
            subject_type: SubjectType::Partnership,
            source_key: (*key).to_owned(),
            pointer: String::new(),
            role: Role::Supports,
            locator: format!("record of {key}"),
            citation: Citation::default(),
            reported: [(keys::AGENCY.to_owned(), (*agency).to_owned())].into(),
        };
        Reading {
            records_read: rows.len(),
            drafts: rows.iter().map(draft).collect(),
            issues: vec![DraftIssue {
                source_key: None,
                locator: issue.to_owned(),
                problem: Problem::UnreadableRow,
                detail: String::new(),
                excerpt: None,
            }],
        }
    }

    #[test]
    fn editions_folded_in_any_order_give_the_same_memory() {
        let editions = [
            (capture("2019-01-01", "a"), reading(&[("1", "Ada"), ("2", "Bay")], "old")),
            (capture("2020-01-01", "b"), reading(&[("1", "Ada")], "middle")),
            (capture("2021-01-01", "c"), reading(&[("1", "Ada City"), ("2", "Bay")], "new")),
        ];
        let fold = |order: &[usize]| {
            let mut memory = Memory::default();
            for &at in order {
                memory.fold(&editions[at].0, editions[at].1.clone());
            }
            memory.editions.sort_by(|one, other| one.key.cmp(&other.key));
            memory
        };
        let expected = fold(&[0, 1, 2]);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(fold(&order), expected, "{order:?}");
        }
        assert_eq!(fold(&[0, 1, 2, 1, 0]), expected, "twice changes nothing");
        assert_eq!(expected.unread[0].locator, "new", "issues are those of the newest edition");
        let ada = expected.statements.values().find(|s| s.reported("agency") == Some("Ada"));
        assert_eq!(ada.unwrap().newest.as_of_on.to_string(), "2020-01-01");
        assert_eq!(ada.unwrap().first_listed_on.to_string(), "2019-01-01");
    }

    #[test]
    fn of_one_date_the_later_fetched_edition_says_what_is_listed() {
        let mut later = capture("2020-01-01", "a");
        later.retrieved_at = "2026-11-24T18:00:00Z".parse().unwrap();
        let mut memory = Memory::default();
        memory.fold(&later, reading(&[("1", "Ada")], "later"));
        memory.fold(&capture("2020-01-01", "z"), reading(&[("1", "Bay")], "earlier"));
        let newest = memory.newest(&later.source_id).unwrap();
        assert_eq!(newest.key.capture_sha256, "a");
        let all: Vec<Statement> = memory.statements.values().cloned().collect();
        let current = crate::record::Entries::of(&all).current;
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].reported("agency"), Some("Ada"));
    }
}
