//! Which agency a source means: names, places and what the source's prose says.

use chrono::DateTime;
use porchlight::matching::{Index, decide, explain};
use porchlight::normalise::normalise;
use porchlight::record::{
    Citation, Decision, Draft, EditionKey, Entries, Normals, Role, Statement, SubjectType,
    Unmatched, keys,
};

/// A statement of `source`: about an agency if it is a registry, else about a partnership.
fn statement(source: &str, key: &str, values: &[(&str, &str)]) -> Statement {
    let registered = source == "fbi-agencies";
    let edition = EditionKey {
        as_of_on: "2020-10-07".parse().unwrap(),
        retrieved_at: DateTime::UNIX_EPOCH,
        capture_sha256: "0".repeat(64),
    };
    let draft = Draft {
        subject_type: if registered { SubjectType::Agency } else { SubjectType::Partnership },
        source_key: key.to_owned(),
        pointer: String::new(),
        role: Role::Supports,
        locator: key.to_owned(),
        citation: Citation::default(),
        reported: values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    Statement::of(&source.parse().unwrap(), &edition, draft)
}

fn registered(ori: &str, name: &str, county: &str) -> Statement {
    let values =
        [(keys::ORI, ori), (keys::AGENCY, name), (keys::COUNTY, county), (keys::STATE, &ori[..2])];
    let place = [(keys::AGENCY_TYPE, "City"), (keys::LATITUDE, "40"), (keys::LONGITUDE, "-75")];
    statement("fbi-agencies", ori, &[values.as_slice(), place.as_slice()].concat())
}

fn listed(state: &str, name: &str, city: &str, county: &str) -> Vec<(&'static str, String)> {
    [(keys::STATE, state), (keys::AGENCY, name), (keys::CITY, city), (keys::COUNTY, county)]
        .map(|(key, value)| (key, value.to_owned()))
        .to_vec()
}

/// The ORI of the agency that is meant, or why there is none.
fn meant(registry: &[Statement], listing: &[(&str, String)]) -> Result<String, Unmatched> {
    let values: Vec<(&str, &str)> = listing.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let partner = statement("eff-atlas", "AOS1", &values);
    let entries = Entries::of(registry.iter().chain([&partner]));
    let normals: Normals = normalise(&entries);
    match decide(&Index::of(&normals), &normals.listings[0]) {
        Decision::Same { agency, .. } => Ok(normals.agencies[agency].ori.clone().unwrap()),
        Decision::Unmatched { why, .. } => Err(why),
    }
}

#[test]
fn a_county_in_a_registrys_name_says_where_and_not_who() {
    let registry = [
        registered("PA0232300", "Newtown Township Police Department, Delaware County", "DELAWARE"),
        registered("PA0091200", "Newtown Township Police Department, Bucks County", "BUCKS"),
        registered("PA0096000", "Newtown Police Department", "BUCKS"),
    ];
    let township =
        listed("PA", "Newtown Township Police Department", "Newtown Township", "Bucks County");
    assert_eq!(meant(&registry, &township).as_deref(), Ok("PA0091200"));
    let borough = listed("PA", "Newtown Police Department", "Newtown", "Bucks County");
    assert_eq!(meant(&registry, &borough).as_deref(), Ok("PA0096000"));
}

#[test]
fn a_township_is_not_the_borough_beside_it() {
    let registry = [registered("PA0096000", "Newtown Police Department", "BUCKS")];
    let township = listed("PA", "Newtown Township Police Department", "Newtown", "Bucks County");
    assert!(meant(&registry, &township).is_err());
    let borough = listed("PA", "Newtown Borough Police Department", "Newtown", "Bucks County");
    assert_eq!(meant(&registry, &borough).as_deref(), Ok("PA0096000"));
}

#[test]
fn a_name_without_its_sort_of_place_means_the_only_one_of_the_county() {
    let registry = [registered("NJ0031300", "Evesham Township Police Department", "BURLINGTON")];
    let listing = listed("NJ", "Evesham Police Department", "Marlton", "Burlington County");
    assert_eq!(meant(&registry, &listing).as_deref(), Ok("NJ0031300"));
    let elsewhere = listed("NJ", "Evesham Police Department", "Marlton", "Camden County");
    assert!(meant(&registry, &elsewhere).is_err());
}

#[test]
fn a_city_and_its_town_are_told_apart_by_the_place_or_not_at_all() {
    let registry = [
        registered("NY0140300", "Tonawanda Police Department", "ERIE"),
        registered("NY0147200", "Tonawanda Town Police Department", "ERIE"),
    ];
    let name = "Tonawanda Police Department";
    let in_the_city = listed("NY", name, "Tonawanda", "Erie County");
    assert_eq!(meant(&registry, &in_the_city).as_deref(), Ok("NY0140300"));
    let outside = listed("NY", name, "Buffalo", "Erie County");
    assert_eq!(meant(&registry, &outside), Err(Unmatched::Ambiguous));
}

#[test]
fn prose_that_names_the_town_is_no_word_for_the_city() {
    let registry = [
        registered("WI0130100", "Madison Police Department", "DANE"),
        registered("WI0131000", "Town of Madison Police Department", "DANE"),
    ];
    let mut listing = listed("WI", "Madison Police Department", "Madison", "Dane County");
    assert_eq!(meant(&registry, &listing).as_deref(), Ok("WI0130100"));
    listing.push((keys::AGENCY_IN_SUMMARY, "Town of Madison Police Department".to_owned()));
    assert_eq!(meant(&registry, &listing), Err(Unmatched::SourceDisagrees));
}

#[test]
fn a_nameless_twin_is_never_guessed() {
    let twins = [
        registered("PA0330300", "Jefferson Township Police Department", "BERKS"),
        registered("PA0360300", "Jefferson Township Police Department", "BUTLER"),
    ];
    let name = "Jefferson Township Police Department";
    for (city, county) in [("", ""), ("", "Adams County"), ("Nowhere", "")] {
        let found = meant(&twins, &listed("PA", name, city, county));
        assert_eq!(found, Err(Unmatched::Ambiguous), "{city}, {county}");
    }
    let found = meant(&twins, &listed("PA", name, "", "Butler County"));
    assert_eq!(found.as_deref(), Ok("PA0360300"));
    // Also where another hand spelt one of them differently, or as much of the name is misspelt.
    let spelt = [twins[0].clone(), registered("PA0360300", "Jefferson Twp. PD", "BUTLER")];
    assert_eq!(meant(&spelt, &listed("PA", name, "", "")), Err(Unmatched::Ambiguous));
    let misspelt = listed("PA", "Jeferson Township Police Department", "", "");
    assert!(meant(&twins, &misspelt).is_err());
}

#[test]
fn services_and_states_are_never_mixed() {
    let registry = [registered("NJ0110200", "Ewing Township Police Department", "MERCER")];
    let name = "Ewing Township Police Department";
    let here = listed("NJ", name, "", "Mercer County");
    assert_eq!(meant(&registry, &here).as_deref(), Ok("NJ0110200"));
    let elsewhere = listed("PA", name, "", "Mercer County");
    assert_eq!(meant(&registry, &elsewhere), Err(Unmatched::NoCandidate));
    let fire = listed("NJ", "Ewing Township Fire Department", "", "Mercer County");
    assert_eq!(meant(&registry, &fire), Err(Unmatched::NoCandidate));
    let sheriff = listed("NJ", "Ewing Township Sheriff's Office", "", "Mercer County");
    assert!(meant(&registry, &sheriff).is_err());
}

#[test]
fn a_registry_key_outweighs_everything_unless_two_claim_it() {
    let mut registry = vec![
        registered("NJ0110200", "Something Else", "ESSEX"),
        registered("NJ0110300", "Ewing Police Department", "MERCER"),
    ];
    let mut row = listed("NJ", "Ewing Police Department", "", "Mercer County");
    row.push((keys::ORI, "NJ0110200".to_owned()));
    assert_eq!(meant(&registry, &row).as_deref(), Ok("NJ0110200"));
    let values = [
        (keys::ORI, "NJ0110200"),
        (keys::AGENCY, "A Third"),
        (keys::COUNTY, "SALEM"),
        (keys::STATE, "NJ"),
    ];
    registry.push(statement("fbi-agencies", "another row", &values));
    assert_eq!(meant(&registry, &row).as_deref(), Ok("NJ0110300"), "the key tells nobody");
}

#[test]
fn numbers_part_what_names_do_not() {
    let registry = [
        registered("TX0790400", "Fort Bend County Constable Precinct 1", "FORT BEND"),
        registered("TX0790500", "Fort Bend County Constable Precinct 4", "FORT BEND"),
    ];
    let found = |number: &str| {
        let name = format!("Fort Bend County Constable's Office Precinct {number}");
        meant(&registry, &listed("TX", &name, "Sugar Land", "Fort Bend County"))
    };
    assert_eq!(found("4").as_deref(), Ok("TX0790500"));
    assert_eq!(found("04").as_deref(), Ok("TX0790500"));
    assert!(found("3").is_err());
}

#[test]
fn a_place_that_contradicts_lowers_what_a_name_is_worth() {
    let registry = [registered("NJ0181600", "Raritan Police Department", "SOMERSET")];
    let score = |county: &str| {
        let listing = listed("NJ", "Raritan Police Department", "", county);
        let values: Vec<(&str, &str)> = listing.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let partner = statement("eff-atlas", "AOS1", &values);
        let county = statement(
            "census-counties",
            "34019",
            &[
                (keys::GEOID, "34019"),
                (keys::NAME, "Hunterdon County"),
                (keys::STATE, "NJ"),
                (keys::LATITUDE, "40.57"),
                (keys::LONGITUDE, "-73.9"),
            ],
        );
        let county = Statement { subject_type: SubjectType::County, ..county };
        let entries = Entries::of(registry.iter().chain([&partner, &county]));
        let normals = normalise(&entries);
        let (decision, candidates) = explain(&Index::of(&normals), &normals.listings[0]);
        (matches!(decision, Decision::Same { .. }), candidates[0].points)
    };
    let (same, points) = score("Somerset County");
    let (silent, points_of_silence) = score("");
    let (misspelt, points_of_a_slip) = score("Sommerset County");
    let (another, points_of_another) = score("Hunterdon County");
    assert!(same && silent && misspelt && !another);
    assert!(points > points_of_a_slip, "{points} {points_of_a_slip}");
    assert!(points_of_a_slip > points_of_silence && points_of_silence > points_of_another);
}

#[test]
fn the_points_of_the_features_are_the_points_of_the_candidate() {
    let registry = [
        registered("NJ0031300", "Evesham Township Police Department", "BURLINGTON"),
        registered("NJ0031400", "Evesham Police Department", "CAMDEN"),
    ];
    let listing = listed("NJ", "Evesham Police Department", "Marlton", "Burlington County");
    let values: Vec<(&str, &str)> = listing.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let partner = statement("eff-atlas", "AOS1", &values);
    let normals = normalise(&Entries::of(registry.iter().chain([&partner])));
    let (_, candidates) = explain(&Index::of(&normals), &normals.listings[0]);
    assert_eq!(candidates.len(), 2);
    for candidate in candidates {
        let sum: i32 = candidate.features.iter().map(|feature| feature.points).sum();
        assert_eq!(sum, candidate.points);
        assert_eq!(candidate.features[0].name, "name");
    }
}
