//! What the places say of a candidate.

use std::borrow::Cow;

use super::index::Index;
use crate::record::{Listing, MUNICIPAL_SORTS, NameKeys, Point, RegisteredAgency};

/// An agency this near to the city a source names is in that city, for a registry's coordinates
/// are those of the town hall or the town's middle.
const IN_KILOMETRES: f64 = 10.0;

/// A post office of that name may be this far from the agency.
const NEAR_KILOMETRES: f64 = 30.0;

/// A county whose middle is this near may be the one next to it.
const NEXT_COUNTY_KILOMETRES: f64 = 60.0;

/// What the counties say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum County {
    /// Both name it.
    Same,
    /// The source names no county of the state, but one a letter or two away from the agency's.
    Misspelt,
    /// One side names none, or the source one that the state has not.
    Silent,
    /// The source names the county next to it.
    Next,
    /// The source names one elsewhere.
    Elsewhere,
    /// The source names several, and all are elsewhere.
    AllElsewhere,
}

/// What the cities say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum City {
    /// The agency is in the city the source names.
    Same,
    /// The city has the agency's name, but may be one of several, or none that is known.
    Namesake,
    /// The agency is near the city the source names.
    Near,
    /// One side names none, or none that is known.
    Silent,
    /// The agency is elsewhere.
    Elsewhere,
}

/// What the counties say.
pub(super) fn county(index: &Index<'_>, listing: &Listing, agency: &RegisteredAgency) -> County {
    let state = agency.state.as_str();
    let listed = index.counties(state, &listing.place.counties, &listing.name_keys);
    let registered = index.counties(state, &agency.place.counties, &agency.name_keys);
    if listed.iter().any(|county| registered.contains(county)) {
        return County::Same;
    }
    if listed.is_empty() || registered.is_empty() {
        return County::Silent;
    }
    let known: Vec<&[Point]> =
        listed.iter().filter_map(|county| index.county(state, county)).collect();
    let one_off = |one: &String| {
        registered.iter().any(|other| {
            let allowed = if one.len() < 6 { 1 } else { 2 };
            strsim::osa_distance(one, other) <= allowed
        })
    };
    match known.as_slice() {
        [] if listed.iter().any(one_off) => County::Misspelt,
        [] => County::Silent,
        [points] => {
            let is_next = |from: Point| {
                points.iter().any(|to| from.kilometres_to(*to) <= NEXT_COUNTY_KILOMETRES)
            };
            if agency.point.is_some_and(is_next) { County::Next } else { County::Elsewhere }
        }
        _ => County::AllElsewhere,
    }
}

/// What the cities say.
pub(super) fn city(index: &Index<'_>, listing: &Listing, agency: &RegisteredAgency) -> City {
    let Some(listed) = &listing.place.city else { return City::Silent };
    let state = agency.state.as_str();
    let joined = without_sort(listed);
    if agency.place.city.as_ref().is_some_and(|city| without_sort(city) == joined) {
        return City::Same;
    }
    let points = index.places(state, &joined);
    let nearest = agency
        .point
        .and_then(|from| points.iter().map(|to| from.kilometres_to(*to)).min_by(f64::total_cmp));
    if nearest.is_some_and(|kilometres| kilometres <= IN_KILOMETRES) {
        return City::Same;
    }
    if agency.name_keys.core_joined == joined && !agency.name_keys.is_county {
        return if points.len() == 1 { City::Same } else { City::Namesake };
    }
    match nearest {
        Some(kilometres) if kilometres <= NEAR_KILOMETRES => City::Near,
        Some(_) => City::Elsewhere,
        None if agency.place.city.is_some() => City::Elsewhere,
        None => City::Silent,
    }
}

/// The sort of municipality the source gives the city that the name is of: "Shelby Police
/// Department, Shelby Township".
pub(super) fn sort_of_city(listing: &Listing) -> Option<&'static str> {
    let (bare, sort) = sorted(listing.place.city.as_deref()?)?;
    (bare.replace(' ', "") == listing.name_keys.core_joined).then_some(sort)
}

/// A city without blanks and without the sort of municipality behind it: "Newtown Township".
fn without_sort(city: &str) -> String {
    sorted(city).map_or(city, |(bare, _)| bare).replace(' ', "")
}

fn sorted(city: &str) -> Option<(&str, &'static str)> {
    MUNICIPAL_SORTS.iter().find_map(|sort| {
        let bare = city.strip_suffix(sort)?.strip_suffix(' ')?;
        Some((bare, *sort))
    })
}

impl Index<'_> {
    /// The counties that are told, else the one that the name speaks of.
    fn counties<'b>(&self, state: &str, told: &'b [String], keys: &NameKeys) -> Cow<'b, [String]> {
        if told.is_empty() {
            Cow::Owned(self.county_in_name(state, keys).into_iter().collect())
        } else {
            Cow::Borrowed(told)
        }
    }

    /// The county that a name speaks of: "Metro Police Authority of Genesee County".
    fn county_in_name(&self, state: &str, keys: &NameKeys) -> Option<String> {
        if !keys.is_county {
            return None;
        }
        let before = keys.key.split(" county").next()?;
        let words: Vec<&str> = before.split(' ').collect();
        // The longest first: "St. Louis County" is not the county of Louis.
        (0..words.len())
            .map(|from| words[from..].concat())
            .find(|name| self.county(state, name).is_some())
    }
}
