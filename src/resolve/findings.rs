//! Findings as issues: what could not be used, published instead of dropped.

use std::collections::{BTreeSet, HashMap};

use super::accounts::unmatched_in_words;
use super::identity::Identities;
use super::{Input, ResolveError, unstamped};
use crate::record::{
    Decision, Finding, Issue, MatchAccount, MatchCandidate, MatchMethod, Problem, Record,
    RegisteredAgency, Statement, SubjectType, UnfitOverride, Unmatched, keys,
};

/// Characters of an excerpt; enough to find the place.
const EXCERPT: usize = 200;

/// Adds what people should look at: listings whose agency could not be told, or nearly not, agencies
/// that a registry may list twice, and decisions that do not fit.
pub(super) fn of_matches(input: &Input<'_>, decisions: &[Decision], findings: &mut Vec<Finding>) {
    let by_key: HashMap<(SubjectType, &str, &str), &Statement> = input
        .entries
        .iter()
        .map(|s| ((s.subject_type, s.source_id.as_str(), s.source_key.as_str()), *s))
        .collect();
    for (position, (listing, decision)) in input.normals.listings.iter().zip(decisions).enumerate()
    {
        if !listing.is_current {
            continue;
        }
        let key = (listing.subject_type, listing.source_id.as_str(), listing.source_key.as_str());
        let Some(statement) = by_key.get(&key) else { continue };
        let found = match decision {
            Decision::Unmatched { why, candidates } => Some(unmatched(input, *why, candidates)),
            Decision::Same { agency, method, .. } => {
                near_tie(input, *agency, *method, &input.matches.candidates[position])
            }
        };
        findings
            .extend(found.map(|(problem, detail)| {
                statement.finding(problem, detail, Some(&listing.agency))
            }));
    }
    for [one, other] in &input.matches.duplicates {
        let [one, other] = [*one, *other].map(|position| &input.normals.agencies[position]);
        let key = (SubjectType::Agency, one.source_id.as_str(), one.source_key.as_str());
        let Some(statement) = by_key.get(&key) else { continue };
        let detail = format!("has the name and city of {}; both are kept", other.source_key);
        findings.push(statement.finding(Problem::PossibleDuplicate, detail, Some(&one.name)));
    }
    for UnfitOverride { source_key, why } in &input.matches.unfit {
        let entry = input.entries.iter().find(|entry| entry.source_key == *source_key);
        let detail = format!("{why}; nothing is decided");
        findings.extend(entry.map(|entry| {
            entry.finding(Problem::UnfitDecision, detail, entry.reported(keys::SUBJECT))
        }));
    }
}

fn unmatched(input: &Input<'_>, why: Unmatched, candidates: &[usize]) -> (Problem, String) {
    let mut named: Vec<String> =
        candidates.iter().map(|position| named(&input.normals.agencies[*position])).collect();
    named.sort();
    let problem = match why {
        Unmatched::NoCandidate | Unmatched::TakenBack | Unmatched::Decided => {
            Problem::UnknownAgency
        }
        Unmatched::Ambiguous | Unmatched::PlaceDisagrees => Problem::AmbiguousAgency,
        Unmatched::SourceDisagrees => Problem::AgencyDisagrees,
    };
    let mut detail = format!("{}; left unmatched", unmatched_in_words(why));
    if !named.is_empty() {
        detail.push_str(": ");
        detail.push_str(&named.join(", "));
    }
    (problem, detail)
}

/// Whether an agency that people did not decide on was taken by a hair.
fn near_tie(
    input: &Input<'_>,
    agency: usize,
    method: MatchMethod,
    candidates: &[MatchCandidate],
) -> Option<(Problem, String)> {
    if method == MatchMethod::Override {
        return None;
    }
    let twins = &input.matches.twins;
    let is_twin = |other: usize| {
        twins
            .iter()
            .any(|twins| twins.agencies.contains(&agency) && twins.agencies.contains(&other))
    };
    let taken = candidates.iter().find(|candidate| candidate.agency == agency)?;
    let mut others = candidates.iter().filter(|other| other.agency != agency);
    let next = others.find(|other| !is_twin(other.agency))?;
    if taken.points - next.points >= MatchAccount::NEAR {
        return None;
    }
    let [taken, next] = [taken, next].map(|candidate| {
        let agency = &input.normals.agencies[candidate.agency];
        format!("{} with {} points", named(agency), candidate.points)
    });
    Some((Problem::NearTie, format!("linked to {taken}; the next is {next}")))
}

fn named(agency: &RegisteredAgency) -> String {
    format!("{} ({})", agency.name, agency.source_key)
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
