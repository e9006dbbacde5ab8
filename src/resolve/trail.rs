//! The trail of ids that are no more: merged into another, or taken back with a reason.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Input;
use super::coverage::names_a_source;
use super::identity::Identities;
use super::partnerships::unmatched_mint_key;
use crate::record::{
    CoverageCell, Identity, Issue, Listing, Partnership, Record, Records, Redirect, Withdrawal,
};

/// All merges and withdrawals so far, with those of this run.
///
/// Only partnerships, issues and cells of the coverage can go: a partnership whose agency was told
/// differently, an issue that is no longer found, and a cell that nobody had looked at. An agency or a curated record that is gone without a trail is
/// left to the gates.
pub(super) fn trail(
    input: &Input<'_>,
    records: &Records,
    identities: &Identities,
    made: &[(&Listing, String)],
) -> (Vec<Redirect>, Vec<Withdrawal>) {
    let current: HashSet<&str> = records
        .partnerships
        .iter()
        .map(|partnership| partnership.id.as_str())
        .chain(records.issues.iter().map(|issue| issue.id.as_str()))
        .chain(records.coverage.iter().map(|cell| cell.id.as_str()))
        .collect();
    // An id that is in use again has no trail.
    let gone = |id: &str| !current.contains(id);
    let mut redirects: BTreeMap<String, Redirect> = input
        .redirects
        .iter()
        .filter(|redirect| gone(&redirect.from_id))
        .map(|redirect| (redirect.from_id.clone(), redirect.clone()))
        .collect();
    let mut withdrawals: BTreeMap<String, Withdrawal> = input
        .withdrawals
        .iter()
        .filter(|withdrawal| gone(&withdrawal.id))
        .map(|withdrawal| (withdrawal.id.clone(), withdrawal.clone()))
        .collect();

    for (listing, id) in made.iter().filter(|(listing, _)| listing.is_current) {
        let unmatched = identities.known(Partnership::TABLE, &unmatched_mint_key(listing));
        let Some(from_id) = unmatched.filter(|from| gone(from)) else { continue };
        redirects.insert(
            from_id.to_owned(),
            Redirect {
                resource: Partnership::TABLE.to_owned(),
                from_id: from_id.to_owned(),
                to_id: id.clone(),
                reason: "its agency is known by now".to_owned(),
            },
        );
    }
    for identity in input.identities {
        let Some(reason) = reason(identity) else { continue };
        if gone(&identity.id) && !redirects.contains_key(&identity.id) {
            withdrawals.entry(identity.id.clone()).or_insert_with(|| Withdrawal {
                resource: identity.resource.clone(),
                id: identity.id.clone(),
                reason: reason.to_owned(),
            });
        }
    }
    for id in input.published_issues.iter().filter(|id| gone(id)) {
        withdrawals.entry(id.clone()).or_insert_with(|| Withdrawal {
            resource: Issue::TABLE.to_owned(),
            id: id.clone(),
            reason: "no longer found".to_owned(),
        });
    }
    point_at_survivors(&mut redirects);
    (redirects.into_values().collect(), withdrawals.into_values().collect())
}

/// Why a record that is gone is gone, where it is of a sort that can go.
fn reason(identity: &Identity) -> Option<&'static str> {
    if identity.resource == Partnership::TABLE {
        Some("its evidence is now taken to speak of another agency")
    } else if identity.resource != CoverageCell::TABLE {
        None
    } else if names_a_source(&identity.mint_key) {
        Some("the source is not taken to have looked there any more")
    } else {
        Some("a source has looked there by now")
    }
}

/// A redirect to an id that was merged in turn points at the last survivor.
fn point_at_survivors(redirects: &mut BTreeMap<String, Redirect>) {
    let next: HashMap<String, String> = redirects
        .values()
        .map(|redirect| (redirect.from_id.clone(), redirect.to_id.clone()))
        .collect();
    for redirect in redirects.values_mut() {
        // At most one step per merge: a circle, which a merge cannot make, ends all the same.
        for _ in 0..next.len() {
            let Some(further) = next.get(&redirect.to_id) else { break };
            redirect.to_id.clone_from(further);
        }
    }
}
