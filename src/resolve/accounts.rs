//! How it was decided which agency each listing means, for people to check.

use std::collections::HashMap;

use super::Input;
use super::withdrawals::Withdrawals;
use crate::record::{
    AccountedCandidate, Agency, AgencyId, Decision, EvidenceId, Listing, MatchAccount,
    MatchCandidate, MatchMethod, MatchOutcome, Normals, RegisteredAgency, SubjectType, Unmatched,
    row_named,
};

/// One account for each listing of a partnership that holds at present. `agencies` stand at the
/// positions the candidates name.
pub(super) fn accounts(
    input: &Input<'_>,
    decisions: &[Decision],
    made: &[(&Listing, String)],
    agencies: &[Agency],
    taken: &Withdrawals,
) -> Vec<MatchAccount> {
    let id_of = |position: usize| -> Option<AgencyId> {
        taken.survivor(SubjectType::Agency, agencies[position].id.as_str())?.parse().ok()
    };
    let listings = input.normals.listings.iter().enumerate();
    let positions: HashMap<&EvidenceId, usize> =
        listings.map(|(position, listing)| (&listing.statement, position)).collect();
    let of_listing = |(listing, id): &(&Listing, String)| {
        let position = *positions.get(&listing.statement)?;
        let partnership_id = taken.survivor(SubjectType::Partnership, id)?.parse().ok()?;
        let decision = &decisions[position];
        let chosen = match decision {
            Decision::Same { agency, .. } => id_of(*agency),
            Decision::Unmatched { .. } => None,
        };
        let candidate = |candidate: &MatchCandidate| {
            let RegisteredAgency { name, source_id, source_key, .. } =
                &input.normals.agencies[candidate.agency];
            let agency_id = id_of(candidate.agency);
            AccountedCandidate {
                chosen: chosen.is_some() && agency_id == chosen,
                agency_id,
                name: name.clone(),
                source_id: source_id.clone(),
                source_key: source_key.clone(),
                points: candidate.points,
                features: candidate.features.clone(),
            }
        };
        let (method, score) = match decision {
            Decision::Same { method, score, .. } => (Some(*method), Some(*score)),
            Decision::Unmatched { .. } => (None, None),
        };
        Some(MatchAccount {
            evidence_id: listing.statement.clone(),
            partnership_id,
            source_id: listing.source_id.clone(),
            source_key: listing.source_key.clone(),
            agency_name_reported: listing.agency.clone(),
            city_reported: listing.city.clone(),
            state: listing.state.clone(),
            agency_id: chosen.clone(),
            outcome: if method.is_some() { MatchOutcome::Linked } else { MatchOutcome::Unmatched },
            method,
            score,
            reason: reason(input.normals, listing, decision),
            candidates: input.matches.candidates[position].iter().map(candidate).collect(),
        })
    };
    let current = made.iter().filter(|(listing, _)| listing.is_current);
    let mut accounts: Vec<MatchAccount> = current.filter_map(of_listing).collect();
    accounts.sort_by(|one, other| one.evidence_id.cmp(&other.evidence_id));
    accounts
}

/// Why it was decided so, in a sentence.
#[must_use]
pub fn reason(normals: &Normals, listing: &Listing, decision: &Decision) -> String {
    let by_people = || {
        let row = row_named(&listing.source_id, &listing.source_key);
        let of_row = normals.overrides.iter().find(|what| what.subject == row);
        of_row.map_or_else(|| "People decided so.".to_owned(), |what| what.reason.clone())
    };
    match decision {
        Decision::Same { method: MatchMethod::Override, .. }
        | Decision::Unmatched { why: Unmatched::Decided, .. } => by_people(),
        Decision::Same { method, .. } => method_in_words(*method).to_owned(),
        Decision::Unmatched { why, .. } => format!("{}.", unmatched_in_words(*why)),
    }
}

fn method_in_words(method: MatchMethod) -> &'static str {
    match method {
        MatchMethod::Key => "The source gives the registry's own key.",
        MatchMethod::ExactName => {
            "One agency of the state has the name as it is printed, and nothing known of the place \
             speaks against it."
        }
        MatchMethod::NormalisedName => {
            "One agency of the state has the name but for its spelling, and the place agrees."
        }
        MatchMethod::NameAndPlace => "Of the agencies the name may mean, one is in the city.",
        MatchMethod::NameAndCounty => "Of the agencies the name may mean, one is in the county.",
        MatchMethod::SimilarName => {
            "The names are alike but for a few letters or a word, the place agrees, and no other \
             agency comes near."
        }
        MatchMethod::Override => "People decided so.",
    }
}

/// Why an agency could not be told.
pub(super) fn unmatched_in_words(why: Unmatched) -> &'static str {
    match why {
        Unmatched::NoCandidate => "no agency of that name is registered in the state",
        Unmatched::Ambiguous => "several agencies fit",
        Unmatched::PlaceDisagrees => "an agency has the name, but is in another place",
        Unmatched::SourceDisagrees => "the source names two agencies",
        Unmatched::TakenBack => "the agency was taken back",
        Unmatched::Decided => "people decided that it is none that is known",
    }
}
