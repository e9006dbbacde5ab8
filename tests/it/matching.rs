//! Which agency a source means: names, places and what the source's prose says.

use chrono::DateTime;
use porchlight::matching::{Index, decide};
use porchlight::normalise::normalise;
use porchlight::record::{
    Citation, Decision, Draft, EditionKey, Entries, Normals, Role, Statement, SubjectType,
    Unmatched, keys,
};

/// A statement of `source`: about an agency if it gives an ORI, else about a partnership.
fn statement(source: &str, key: &str, values: &[(&str, &str)]) -> Statement {
    let registered = values.iter().any(|(name, _)| *name == keys::ORI);
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
