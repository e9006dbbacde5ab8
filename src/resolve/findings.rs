//! Findings as issues: what could not be used, published instead of dropped.

use std::collections::{BTreeSet, HashMap};

use super::identity::Identities;
use super::{ResolveError, unstamped};
use crate::record::{
    Decision, Finding, Issue, Normals, Problem, Record, Statement, SubjectType, Unmatched,
};

/// Characters of an excerpt; enough to find the place.
const EXCERPT: usize = 200;

/// Adds a finding for each listing whose agency could not be told.
pub(super) fn unmatched(
    normals: &Normals,
    decisions: &[Decision],
    entries: &[&Statement],
    findings: &mut Vec<Finding>,
) {
    let by_key: HashMap<(SubjectType, &str, &str), &Statement> = entries
        .iter()
        .map(|s| ((s.subject_type, s.source_id.as_str(), s.source_key.as_str()), *s))
        .collect();
    for (listing, decision) in normals.listings.iter().zip(decisions) {
        let Decision::Unmatched { why, candidates } = decision else { continue };
        if !listing.is_current {
            continue;
        }
        let key = (listing.subject_type, listing.source_id.as_str(), listing.source_key.as_str());
        let Some(statement) = by_key.get(&key) else { continue };
        let mut named: Vec<String> = candidates
            .iter()
            .map(|position| &normals.agencies[*position])
            .map(|agency| format!("{} ({})", agency.name, agency.source_key))
            .collect();
        named.sort();
        let (problem, why) = match why {
            Unmatched::NoCandidate => {
                (Problem::UnknownAgency, "no agency of that name is registered in the state")
            }
            Unmatched::Ambiguous => (Problem::AmbiguousAgency, "several agencies fit"),
            Unmatched::PlaceDisagrees => {
                (Problem::AmbiguousAgency, "an agency has the name, but is in another place")
            }
            Unmatched::SourceDisagrees => {
                (Problem::AgencyDisagrees, "the source names two agencies")
            }
            Unmatched::TakenBack => (Problem::UnknownAgency, "the agency was taken back"),
        };
        let mut detail = format!("{why}; left unmatched");
        if !named.is_empty() {
            detail.push_str(": ");
            detail.push_str(&named.join(", "));
        }
        findings.push(statement.finding(problem, detail, Some(&listing.agency)));
    }
}

/// The findings as issues, and the ids of those among the first `unread`. A finding that says the
/// same of the same row twice is one issue.
pub(super) fn issues(
    findings: Vec<Finding>,
    unread: usize,
    identities: &mut Identities,
) -> Result<(Vec<Issue>, Vec<String>), ResolveError> {
    let mut issues: HashMap<String, Issue> = HashMap::new();
    let mut unread_ids = BTreeSet::new();
    for (position, finding) in findings.into_iter().enumerate() {
        let Finding { source_id, source_key, capture_sha256, locator, problem, detail, excerpt } =
            finding;
        // Where the source has a key the row may move without becoming another issue.
        let place = source_key.as_ref().unwrap_or(&locator);
        let excerpt = excerpt.map(|text| text.chars().take(EXCERPT).collect::<String>());
        let said = excerpt.as_deref().unwrap_or_default();
        let mint_key = format!("{source_id}:{place}:{problem}:{said}");
        let id = identities.id(Issue::TABLE, "iss", &mint_key)?;
        let issue = Issue {
            id: id.parse()?,
            source_id,
            source_key,
            capture_sha256,
            locator,
            problem,
            detail,
            excerpt,
            first_release: unstamped(),
            last_changed_release: unstamped(),
            evidence_count: 0,
        };
        if position < unread {
            unread_ids.insert(id.clone());
        }
        issues.insert(id, issue);
    }
    Ok((issues.into_values().collect(), unread_ids.into_iter().collect()))
}
