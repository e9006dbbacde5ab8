//! Agencies that stand in several lists, told of once.

use super::Input;
use super::agencies::mint_key;
use super::withdrawals::TakenBack;
use crate::record::{Agency, AgencyKind, GeoPrecision, Service, SubjectType, Twins};

/// Gives the one that stays what only the others know, and says which are merged into it.
///
/// The one with an ORI stays, and of several the one whose key comes first, so that nothing depends
/// on their order.
pub(super) fn join(input: &Input<'_>, agencies: &mut [Agency]) -> Vec<TakenBack> {
    let rank = |position: &usize| {
        let registered = &input.normals.agencies[*position];
        (registered.ori.is_none(), mint_key(registered))
    };
    let mut merged = Vec::new();
    for Twins { agencies: members, reason } in &input.matches.twins {
        let Some(stays) = members.iter().copied().min_by_key(rank) else { continue };
        for goes in members.iter().copied().filter(|member| *member != stays) {
            merged.push(TakenBack {
                subject_type: SubjectType::Agency,
                id: agencies[goes].id.to_string(),
                survivor: Some(agencies[stays].id.to_string()),
                reason: reason.clone(),
            });
            let other = agencies[goes].clone();
            add(&mut agencies[stays], other);
        }
    }
    merged
}

/// Adds what the other entry knows.
fn add(agency: &mut Agency, other: Agency) {
    if other.name != agency.name && !agency.aliases.contains(&other.name) {
        agency.aliases.push(other.name);
        agency.aliases.sort();
    }
    if agency.service != other.service {
        agency.service = Service::Both;
    }
    if other.kind == AgencyKind::PublicSafety && agency.kind == AgencyKind::Police {
        agency.kind = other.kind;
    }
    agency.city = agency.city.take().or(other.city);
    for (name, fips) in other.counties.into_iter().zip(other.county_fips) {
        if !agency.counties.contains(&name) {
            agency.counties.push(name);
            agency.county_fips.push(fips);
        }
    }
    agency.ori = agency.ori.take().or(other.ori);
    agency.fdid = agency.fdid.take().or(other.fdid);
    if matches!(agency.geo_precision, GeoPrecision::None | GeoPrecision::County)
        && !matches!(other.geo_precision, GeoPrecision::None | GeoPrecision::County)
    {
        (agency.lat, agency.lon) = (other.lat, other.lon);
        agency.geo_precision = other.geo_precision;
    }
    agency.registered |= other.registered;
}
