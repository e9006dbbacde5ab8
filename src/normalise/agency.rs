//! Agencies of the registries.

use super::{kind, name, state};
use crate::record::{
    Finding, Normals, PlaceKeys, Point, Problem, RegisteredAgency, Service, Statement, keys,
};

/// Adds the agency a registry's entry stands for, or says why it cannot be used.
pub(super) fn add(statement: &Statement, normals: &mut Normals) {
    match agency(statement, &mut normals.findings) {
        Ok(agency) => normals.agencies.push(agency),
        Err(finding) => normals.findings.push(*finding),
    }
}

fn agency(
    statement: &Statement,
    findings: &mut Vec<Finding>,
) -> Result<RegisteredAgency, Box<Finding>> {
    let value = |key| statement.reported(key).filter(|text| !text.is_empty());
    let printed_name = value(keys::AGENCY).ok_or_else(|| {
        let detail = "no name; the row makes no agency";
        Box::new(statement.finding(Problem::MissingValue, detail.into(), None))
    })?;
    let printed_state = value(keys::STATE).unwrap_or_default();
    let state = state::code(printed_state).ok_or_else(|| {
        let detail = "no such state or territory; the row makes no agency";
        Box::new(statement.finding(Problem::UnknownState, detail.into(), Some(printed_state)))
    })?;
    let county_keys = county_keys(value(keys::COUNTY));
    let (own_name, other_names) = names(printed_name);
    let own_name = without_county(own_name, &county_keys);
    let fdid = value(keys::FDID).map(|fdid| format!("{state}-{fdid}"));
    let is_fire = statement.reported.contains_key(keys::FDID) || value(keys::ORI).is_none();
    let name_keys = name::of(&own_name, Some(state), is_fire);
    let agency_kind = if is_fire {
        kind::of(&name_keys.key, Some("fire department"))
    } else {
        kind::of(&name_keys.key, value(keys::AGENCY_TYPE))
    };
    Ok(RegisteredAgency {
        source_id: statement.source_id.clone(),
        source_key: statement.source_key.clone(),
        name: printed_name.to_owned(),
        place: PlaceKeys { city: value(keys::CITY).map(name::place_key), counties: county_keys },
        name_keys,
        other_names: other_names.iter().map(|n| name::of(n, Some(state), is_fire)).collect(),
        kind: agency_kind,
        service: if is_fire { Service::Fire } else { kind::service(agency_kind) },
        state: state.to_owned(),
        city: value(keys::CITY).map(str::to_owned),
        counties: value(keys::COUNTY).map(counties).unwrap_or_default(),
        ori: value(keys::ORI).map(str::to_owned),
        fdid,
        point: point(statement, state, findings),
        registered: true,
    })
}

/// The name a registry gives an agency, and those it gives beside: "Spokane County Fire District No.
/// 13 (Newman Lake Fire & Rescue)", "Pierce County Fire District 3 dba West Pierce Fire & Rescue".
pub(super) fn names(printed_name: &str) -> (&str, Vec<&str>) {
    const BESIDE: &[&str] = &[" dba ", " d/b/a ", " aka ", " a.k.a. "];
    let cut = BESIDE.iter().find_map(|mark| {
        let at = printed_name.to_ascii_lowercase().find(mark)?;
        Some((&printed_name[..at], &printed_name[at + mark.len()..]))
    });
    let in_brackets = || {
        let (before, rest) = printed_name.split_once('(')?;
        let (inside, after) = rest.split_once(')')?;
        (!before.trim().is_empty() && after.trim().is_empty()).then_some((before, inside))
    };
    // Initials tell no more than the name they are of, and a county or city that many companies
    // belong to is none of them.
    let is_a_name = |other: &str| {
        let other = other.to_ascii_lowercase();
        other.contains(' ') && !other.contains("county") && !other.contains("city of")
    };
    match cut.or_else(in_brackets) {
        Some((name, other)) if is_a_name(other) => (name.trim(), vec![other.trim()]),
        Some((name, _)) => (name.trim(), Vec::new()),
        None => (printed_name, Vec::new()),
    }
}

/// A name without the county that is added where the state has several of that name, if it is among
/// `county_keys`: "Newtown Township Police Department, Bucks County", "Washington Township, Morris
/// County Police Department", "Hamilton Township Police (Warren County)".
fn without_county(printed_name: &str, county_keys: &[String]) -> String {
    match name::county_beside(printed_name) {
        Some((name, county)) if county_keys.iter().any(|own| name::is_slip(own, &county)) => name,
        _ => printed_name.to_owned(),
    }
}

/// The keys of the counties of a cell.
pub(super) fn county_keys(text: Option<&str>) -> Vec<String> {
    let counties = counties(text.unwrap_or_default());
    counties.iter().filter_map(|county| name::county_key(county)).collect()
}

/// The counties of a cell that may hold several.
pub(super) fn counties(text: &str) -> Vec<String> {
    text.split([';', ','])
        .map(str::trim)
        .filter(|county| name::county_key(county).is_some())
        .map(str::to_owned)
        .collect()
}

/// The printed coordinates, unless they lie outside the state.
pub(super) fn point(
    statement: &Statement,
    state: &str,
    findings: &mut Vec<Finding>,
) -> Option<Point> {
    let printed = [keys::LATITUDE, keys::LONGITUDE].map(|key| statement.reported(key));
    let [Some(lat), Some(lon)] = printed else { return None };
    let excerpt = format!("{lat}, {lon}");
    let (Ok(lat), Ok(lon)) = (lat.parse(), lon.parse()) else {
        let detail = "coordinates are no numbers; left unknown";
        findings.push(statement.finding(Problem::UnreadableNumber, detail.into(), Some(&excerpt)));
        return None;
    };
    let point = Point { lat, lon };
    if state::contains(state, point) {
        return Some(point);
    }
    let detail = format!("coordinates lie outside {state}; left unknown");
    findings.push(statement.finding(Problem::CoordinatesOutsideState, detail, Some(&excerpt)));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_county_that_tells_names_apart_is_no_part_of_the_name() {
        let counties = county_keys(Some("BUCKS; MORRIS"));
        for (printed, bare) in [
            (
                "Newtown Township Police Department, Bucks County",
                "Newtown Township Police Department",
            ),
            (
                "Washington Township, Morris County Police Department",
                "Washington Township Police Department",
            ),
            (
                "Newtown Township Police Department, Delaware County",
                "Newtown Township Police Department, Delaware County",
            ),
            ("Bucks County Park Police", "Bucks County Park Police"),
            ("State Police: Bucks County, Trevose", "State Police: Bucks County, Trevose"),
        ] {
            assert_eq!(without_county(printed, &counties), bare);
        }
    }
}
