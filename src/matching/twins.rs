//! Departments that stand in the lists of both registries: a department of public safety is police
//! and fire department in one.
//!
//! The registry of the police writes most of them as "Police Department", so the fire registry's
//! word is taken: its department of public safety is the police of the same municipality, where
//! each list has exactly one that can be meant.

use std::collections::HashMap;

use super::index::Half;
use crate::record::{AgencyKind, MUNICIPAL_SORTS, NameKeys, Normals, RegisteredAgency, Twins};

/// Pairs of agencies that are one department. Which are found does not depend on their order.
pub(super) fn twins(normals: &Normals) -> Vec<Twins> {
    let mut blocks: HashMap<(Half, &str, &str), Vec<usize>> = HashMap::new();
    for (position, agency) in normals.agencies.iter().enumerate() {
        let core = agency.name_keys.core_joined.as_str();
        if !core.is_empty() {
            let key = (Half::of(agency.service), agency.state.as_str(), core);
            blocks.entry(key).or_default().push(position);
        }
    }
    let agency = |position: &usize| &normals.agencies[*position];
    let mut twins = Vec::new();
    for (position, fire) in normals.agencies.iter().enumerate() {
        if fire.fdid.is_none() || fire.kind != AgencyKind::PublicSafety {
            continue;
        }
        let alike = |half| {
            let key = (half, fire.state.as_str(), fire.name_keys.core_joined.as_str());
            blocks.get(&key).into_iter().flatten()
        };
        let is_police = |at: &&usize| may_be_its_police(agency(at), fire);
        let police: Vec<&usize> = alike(Half::Police).filter(is_police).collect();
        let [police] = police.as_slice() else { continue };
        // A fire department beside it is not part of it, and then neither may the police be.
        let is_rival = |at: &&usize| **at != position && is_near(agency(at), fire);
        if alike(Half::Fire).any(|at| is_rival(&at)) {
            continue;
        }
        twins.push(Twins {
            agencies: [**police, position],
            reason: "one department of public safety, which both registries list".to_owned(),
        });
    }
    twins.sort_by_key(|twins| twins.agencies);
    twins
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
