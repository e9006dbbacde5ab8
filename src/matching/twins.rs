//! Departments that stand in the lists of both registries: a department of public safety is police
//! and fire department in one.
//!
//! The registry of the police writes most of them as "Police Department", so the fire registry's
//! word is taken: its department of public safety is the police of the same municipality, where
//! each list has exactly one that can be meant.

use super::index::{Half, Index};
use crate::record::{AgencyKind, MUNICIPAL_SORTS, NameKeys, RegisteredAgency};

/// Two entries that are one agency.
pub(super) struct Pair {
    /// Their positions.
    pub(super) agencies: [usize; 2],
    /// How that is known.
    pub(super) reason: String,
}

/// Pairs of agencies that are one department. Which are found does not depend on their order.
pub(super) fn pairs(index: &Index<'_>) -> Vec<Pair> {
    let agency = |position: &usize| &index.agencies[*position];
    let mut pairs = Vec::new();
    for (position, fire) in index.agencies.iter().enumerate() {
        if fire.fdid.is_none() || fire.kind != AgencyKind::PublicSafety {
            continue;
        }
        let core = &fire.name_keys.core_joined;
        let alike = |half| {
            // By its first name: what a registry adds in brackets is not what it is called.
            let found = index.cored(half, &fire.state, core).iter();
            found.filter(|at| agency(at).name_keys.core_joined == *core)
        };
        let is_police = |at: &&usize| may_be_its_police(agency(at), fire);
        let police: Vec<&usize> = alike(Half::Police).filter(is_police).collect();
        let [police] = police.as_slice() else { continue };
        // A fire department beside it is not part of it, and then neither may the police be.
        let is_rival = |at: &&usize| **at != position && is_near(agency(at), fire);
        if alike(Half::Fire).any(|at| is_rival(&at)) {
            continue;
        }
        pairs.push(Pair {
            agencies: [**police, position],
            reason: "one department of public safety, which both registries list".to_owned(),
        });
    }
    pairs.sort_by_key(|pair| pair.agencies);
    pairs
}

fn may_be_its_police(police: &RegisteredAgency, fire: &RegisteredAgency) -> bool {
    let municipal = |keys: &NameKeys| {
        let sorts = keys.sorts.iter().copied().filter(|sort| MUNICIPAL_SORTS.contains(sort));
        sorts.collect::<Vec<_>>()
    };
    let (one, other) = (municipal(&police.name_keys), municipal(&fire.name_keys));
    matches!(police.kind, AgencyKind::Police | AgencyKind::PublicSafety)
        && !police.name_keys.is_county
        && !fire.name_keys.is_county
        && (one.is_empty() || other.is_empty() || one == other)
        && police.name_keys.numbers == fire.name_keys.numbers
        && is_near(police, fire)
}

/// Whether they share a county.
fn is_near(one: &RegisteredAgency, other: &RegisteredAgency) -> bool {
    one.place.counties.iter().any(|county| other.place.counties.contains(county))
}
