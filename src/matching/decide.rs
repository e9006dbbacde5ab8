//! Which agency a source means: the surest candidate, if it is sure enough and ahead of the rest.

use super::features::Features;
use super::index::{Half, Index};
use super::name::Name;
use super::place::County;
use crate::record::{
    Decision, Listing, MatchAccount, MatchCandidate, MatchFeature, MatchMethod, Matches, NameKeys,
    Normals, OverrideDecision, Unmatched,
};

/// So many candidates are told of, the likeliest first.
const TOLD: usize = 5;

/// Others whose name is worth nearly as much keep an agency from standing alone.
const AS_NEAR: i32 = 10;

/// Which agency each listing means, which entries of registries are one agency, and what people
/// decided that does not fit.
#[must_use]
pub fn matches(normals: &Normals) -> Matches {
    let index = Index::of(normals);
    let mut matches = Matches {
        twins: index.twins().to_vec(),
        duplicates: index.duplicates(),
        unfit: index.unfit().to_vec(),
        ..Matches::default()
    };
    for listing in &normals.listings {
        let (decision, scored) = consider(&index, listing);
        matches.decisions.push(decision);
        // What a source once said is not explained any more.
        let told = if listing.is_current { told(&index, listing, scored) } else { Vec::new() };
        matches.candidates.push(told);
    }
    matches
}

/// Which agency `listing` means.
#[must_use]
pub fn decide<'a>(index: &Index<'a>, listing: &'a Listing) -> Decision {
    consider(index, listing).0
}

/// Which agency `listing` means, and the agencies that came into question, the likeliest first, with
/// what speaks for and against each.
#[must_use]
pub fn explain<'a>(index: &Index<'a>, listing: &'a Listing) -> (Decision, Vec<MatchCandidate>) {
    let (decision, scored) = consider(index, listing);
    (decision, told(index, listing, scored))
}

fn consider<'a>(index: &Index<'a>, listing: &'a Listing) -> (Decision, Vec<Scored>) {
    let ruling = index.overrides.about(listing);
    let ruled = ruling.map(|ruling| (ruling.what.decision, ruling.agency));
    if let Some(agency) = by_key(index, listing).filter(|_| ruling.is_none()) {
        return (Decision::Same { agency, method: MatchMethod::Key, score: 1.0 }, Vec::new());
    }
    let scored = scored(index, listing);
    let decision = match ruled {
        Some((OverrideDecision::Same | OverrideDecision::New, Some(agency))) => {
            Decision::Same { agency, method: MatchMethod::Override, score: 1.0 }
        }
        Some((OverrideDecision::Different, None)) => {
            Decision::Unmatched { why: Unmatched::Decided, candidates: Vec::new() }
        }
        _ => {
            let not_it = ruled.and_then(|(_, agency)| agency);
            let is_left = |scored: &&Scored| Some(scored.agency) != not_it;
            let left: Vec<&Scored> = scored.iter().filter(is_left).collect();
            unless_the_source_disagrees(index, listing, chosen(index, &left))
        }
    };
    (decision, scored)
}

/// The likeliest candidates, with what speaks for and against each.
fn told(index: &Index<'_>, listing: &Listing, scored: Vec<Scored>) -> Vec<MatchCandidate> {
    if let Some(agency) = by_key(index, listing) {
        let key = MatchFeature {
            name: "key".to_owned(),
            found: "the source gives the registry's own key".to_owned(),
            points: 100,
        };
        return vec![MatchCandidate { agency, points: 100, features: vec![key] }];
    }
    let told = scored.into_iter().take(TOLD);
    told.map(|Scored { agency, points, features }| MatchCandidate {
        agency,
        points,
        features: features.explain(),
    })
    .collect()
}

/// A candidate with its points.
struct Scored {
    agency: usize,
    points: i32,
    features: Features,
}

fn by_key(index: &Index<'_>, listing: &Listing) -> Option<usize> {
    let agency = index.with_key(listing.ori.as_deref()?)?;
    let in_its_state =
        listing.state.as_ref().is_none_or(|state| *state == index.agencies[agency].state);
    in_its_state.then_some(agency)
}

/// Everything that comes into question, the likeliest first; of equals, by the registry's key.
fn scored<'a>(index: &Index<'a>, listing: &'a Listing) -> Vec<Scored> {
    let Some(state) = listing.state.as_deref() else { return Vec::new() };
    let half = Half::of(listing.service);
    let found = index.candidates(half, state, &listing.name_keys).into_iter();
    let compared: Vec<(usize, Features)> =
        found.filter_map(|agency| Some((agency, Features::of(index, listing, agency)?))).collect();
    let is_rival = |one: usize, other: &(usize, Features), least: i32| {
        index.first(one) != index.first(other.0) && other.1.name_points() >= least
    };
    let mut scored: Vec<Scored> = compared
        .iter()
        .map(|(agency, features)| {
            let least = features.name_points() - AS_NEAR;
            let alone = !compared.iter().any(|other| is_rival(*agency, other, least));
            let features = features.with_alone(alone);
            Scored { agency: *agency, points: features.points(), features }
        })
        .collect();
    let key = |scored: &Scored| {
        let agency = &index.agencies[scored.agency];
        (-scored.points, &agency.source_id, &agency.source_key)
    };
    scored.sort_by(|one, other| key(one).cmp(&key(other)));
    scored
}

/// The likeliest, if it is sure enough and ahead of every other agency.
fn chosen(index: &Index<'_>, scored: &[&Scored]) -> Decision {
    let unmatched = |why| Decision::Unmatched {
        why,
        candidates: scored.iter().take(TOLD).map(|scored| scored.agency).collect(),
    };
    let Some(best) = scored.first() else { return unmatched(Unmatched::NoCandidate) };
    let another = |scored: &&&Scored| index.first(scored.agency) != index.first(best.agency);
    let rival = scored.iter().find(another).map(|rival| rival.points);
    let is_ahead = rival.is_none_or(|rival| best.points - rival >= MatchAccount::MARGIN);
    if best.points < MatchAccount::ENOUGH {
        return unmatched(if best.features.is_elsewhere() {
            Unmatched::PlaceDisagrees
        } else if !is_ahead || matches!(best.features.name(), Name::Printed | Name::Folded) {
            Unmatched::Ambiguous
        } else {
            Unmatched::NoCandidate
        });
    }
    if !is_ahead {
        return unmatched(Unmatched::Ambiguous);
    }
    Decision::Same {
        agency: best.agency,
        method: method(&best.features),
        score: f64::from(best.points.clamp(0, 100)) / 100.0,
    }
}

fn method(features: &Features) -> MatchMethod {
    match (features.name(), features.is_alone()) {
        (Name::Printed, true) => MatchMethod::ExactName,
        (Name::Folded | Name::Words, true) | (Name::Statewide, _) => MatchMethod::NormalisedName,
        (Name::LongMisspelt | Name::Misspelt | Name::Part | Name::ButForPlace, _) => {
            MatchMethod::SimilarName
        }
        _ if matches!(features.county(), County::Same | County::Misspelt) => {
            MatchMethod::NameAndCounty
        }
        _ => MatchMethod::NameAndPlace,
    }
}

/// A source that names one agency in its column and another in its prose vouches for neither,
/// unless both words mean the same agency.
fn unless_the_source_disagrees<'a>(
    index: &Index<'a>,
    listing: &'a Listing,
    decision: Decision,
) -> Decision {
    let (Decision::Same { agency, .. }, Some(other)) = (&decision, &listing.other_name) else {
        return decision;
    };
    let linked = &index.agencies[*agency];
    let named = index.named(Half::of(listing.service), &linked.state, &other.joined);
    let names_another = !named.is_empty() && !named.contains(agency);
    let may_be_one = may_be_one(&linked.name_keys, other) || may_be_one(&listing.name_keys, other);
    if !names_another && may_be_one {
        return decision;
    }
    Decision::Unmatched { why: Unmatched::SourceDisagrees, candidates: vec![*agency] }
}

/// Whether two names can be one agency's: of one place and kind, but for a sort of municipality
/// that one of them leaves out.
fn may_be_one(one: &NameKeys, other: &NameKeys) -> bool {
    let sorts_agree = one.sorts.is_empty() || other.sorts.is_empty() || one.sorts == other.sorts;
    one.core_joined == other.core_joined
        && one.kind == other.kind
        && one.is_county == other.is_county
        && one.numbers == other.numbers
        && sorts_agree
}
