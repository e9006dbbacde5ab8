//! Agencies of the registries.

use super::{kind, name, state};
use crate::record::{
    AgencyKind, Finding, Normals, PlaceKeys, Point, Problem, RegisteredAgency, Service, Statement,
    keys,
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
    let name_key = name::key(&without_county(printed_name, &county_keys), Some(state));
    let fdid = value(keys::FDID).map(|fdid| format!("{state}-{fdid}"));
    let is_fire = statement.reported.contains_key(keys::FDID) || value(keys::ORI).is_none();
    let agency_kind = if is_fire {
        kind::of(&name_key, Some("fire department"))
    } else {
        kind::of(&name_key, value(keys::AGENCY_TYPE))
    };
    Ok(RegisteredAgency {
        source_id: statement.source_id.clone(),
        source_key: statement.source_key.clone(),
        name: printed_name.to_owned(),
        stem: stem_of(agency_kind, &name_key),
        place: PlaceKeys {
            city: value(keys::CITY).map(name::place_key),
            counties: county_keys,
            municipal_type: name::municipal_type(&name_key),
        },
        name_key,
        kind: agency_kind,
        service: if is_fire { Service::Fire } else { kind::service(agency_kind) },
        state: state.to_owned(),
        city: value(keys::CITY).map(str::to_owned),
        counties: value(keys::COUNTY).map(counties).unwrap_or_default(),
        ori: value(keys::ORI).map(str::to_owned),
        fdid,
        point: point(statement, state, findings),
    })
}

/// A name without the county a registry adds where the state has several of that name: "Newtown
/// Township Police Department, Bucks County", "Washington Township, Morris County Police Department".
fn without_county(printed_name: &str, county_keys: &[String]) -> String {
    let cut = || {
        let (before, rest) = printed_name.split_once(", ")?;
        let (county, after) = rest.split_once(" County")?;
        let is_its_own = name::county_key(county).is_some_and(|key| county_keys.contains(&key));
        let whole_word = after.is_empty() || after.starts_with(' ');
        (is_its_own && whole_word).then(|| format!("{before}{after}"))
    };
    cut().unwrap_or_else(|| printed_name.to_owned())
}

/// The stem of a police department's name; empty for every other kind.
pub(super) fn stem_of(kind: AgencyKind, name_key: &str) -> String {
    match kind {
        AgencyKind::Police | AgencyKind::PublicSafety => name::stem(name_key),
        AgencyKind::Sheriff
        | AgencyKind::StatePolice
        | AgencyKind::Fire
        | AgencyKind::Campus
        | AgencyKind::Tribal
        | AgencyKind::Constable
        | AgencyKind::Prosecutor
        | AgencyKind::Private
        | AgencyKind::Other => String::new(),
    }
}

/// The keys of the counties of a cell.
pub(super) fn county_keys(text: Option<&str>) -> Vec<String> {
    let counties = counties(text.unwrap_or_default());
    counties.iter().filter_map(|county| name::county_key(county)).collect()
}

/// The counties of a cell that may hold several.
fn counties(text: &str) -> Vec<String> {
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
