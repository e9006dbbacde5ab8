//! The trail of ids that are no more: merged into another, or taken back with a reason.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;

use super::Input;
use super::identity::Identities;
use super::partnerships::unmatched_mint_key;
use super::withdrawals::{TakenBack, Withdrawals};
use crate::record::coverage::names_a_source;
use crate::record::{
    Agency, CoverageCell, Evidence, Identity, Issue, Listing, Partnership, Record, Records,
    Redirect, SubjectType, VisitRef, Withdrawal,
};

/// All merges and withdrawals so far, with those of this run.
///
/// By themselves only partnerships, issues and cells of the coverage can go: a partnership whose
/// agency was told differently, an issue that is no longer found, and a cell that nobody had looked
/// at. What else goes was taken back by people; an agency or a curated record that is gone without
/// that is left to the gates.
pub(super) fn trail(
    input: &Input<'_>,
    records: &Records,
    identities: &Identities,
    made: &[(&Listing, String)],
    taken: &Withdrawals,
) -> (Vec<Redirect>, Vec<Withdrawal>) {
    let mut current = Current::default();
    let Ok(()) = records.each(&mut current);
    // An id that is in use again has no trail.
    let gone = |id: &str| !current.0.contains(id);
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
    decided(taken, identities, input, &gone, &mut redirects, &mut withdrawals);
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

/// The ids in use, but for those of evidence, which never goes.
#[derive(Default)]
struct Current(HashSet<String>);

impl VisitRef for Current {
    type Error = std::convert::Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Self::Error> {
        if R::TABLE != Evidence::TABLE {
            self.0.extend(records.iter().map(|record| record.id().to_owned()));
        }
        Ok(())
    }
}

/// Adds the trail of what people took back, and of the partnerships of agencies among that.
fn decided(
    taken: &Withdrawals,
    identities: &Identities,
    input: &Input<'_>,
    gone: &dyn Fn(&str) -> bool,
    redirects: &mut BTreeMap<String, Redirect>,
    withdrawals: &mut BTreeMap<String, Withdrawal>,
) {
    let mut add = |resource: &str, id: &str, survivor: Option<&str>, reason: String| {
        let (resource, id) = (resource.to_owned(), id.to_owned());
        if let Some(to_id) = survivor.map(str::to_owned) {
            withdrawals.remove(&id);
            redirects.insert(id.clone(), Redirect { resource, from_id: id, to_id, reason });
        } else {
            redirects.remove(&id);
            withdrawals.insert(id.clone(), Withdrawal { resource, id, reason });
        }
    };
    let keys = identities.keys_of(Agency::TABLE);
    let known = input.identities.iter().filter(|known| known.resource == Partnership::TABLE);
    let known: BTreeMap<&str, &str> =
        known.map(|known| (known.mint_key.as_str(), known.id.as_str())).collect();
    // The partnerships that were minted for an agency, by the rest of their keys.
    let partnerships_of = |agency: &str| {
        let Some(key) = keys.get(agency).map(|key| format!("{key}/")) else { return Vec::new() };
        let from = known.range::<str, _>((Bound::Included(key.as_str()), Bound::Unbounded));
        let own = from.map_while(|(known, id)| Some((*id, known.strip_prefix(key.as_str())?)));
        own.collect::<Vec<_>>()
    };
    for TakenBack { subject_type, id, survivor, reason } in taken.iter() {
        let Some(table) = subject_type.table() else { continue };
        add(table, id, survivor.as_deref(), reason.clone());
        if *subject_type != SubjectType::Agency {
            continue;
        }
        let key = survivor.as_deref().and_then(|id| keys.get(id));
        for (partnership, program) in partnerships_of(id) {
            if !gone(partnership) {
                continue;
            }
            let to = key
                .and_then(|key| identities.known(Partnership::TABLE, &format!("{key}/{program}")));
            let to = to.filter(|to| !gone(to));
            add(Partnership::TABLE, partnership, to, format!("of its agency: {reason}"));
        }
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
