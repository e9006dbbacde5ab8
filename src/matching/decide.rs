//! The rules, surest first.

use super::index::{Half, Index};
use crate::record::{Decision, Listing, MatchMethod, Point, RegisteredAgency, Unmatched};

/// An agency this near to the city a source names is in that city, for a registry's coordinates
/// are those of the town hall or the town's middle.
const NEAR_KILOMETRES: f64 = 10.0;

/// What the place says of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The source names another place.
    Contradicts,
    /// The source names no place, or none that is known.
    Silent,
    /// The agency is in the city the source names.
    City,
    /// The agency is in the county the source names.
    County,
}

/// Which agency of the index `listing` means.
#[must_use]
pub fn decide<'a>(index: &Index<'a>, listing: &'a Listing) -> Decision {
    let by_key = listing.ori.as_deref().and_then(|ori| index.with_ori(ori));
    let in_its_state =
        |agency: &usize| listing.state.as_ref().is_none_or(|s| *s == index.agencies[*agency].state);
    if let Some(agency) = by_key.filter(in_its_state) {
        return Decision::Same { agency, method: MatchMethod::Key, score: 1.0 };
    }
    let Some(state) = listing.state.as_deref() else {
        return Decision::Unmatched { why: Unmatched::NoCandidate, candidates: Vec::new() };
    };
    let half = Half::of(listing.service);
    // Whether the name is printed alike is asked last: a twin that another hand spelt differently
    // is a twin all the same.
    let rules = [
        (index.keyed(half, state, &listing.name_key), MatchMethod::NormalisedName),
        (index.stemmed(half, state, &listing.stem), MatchMethod::NameAndCounty),
    ];
    let Some((candidates, method)) = rules.into_iter().find(|(found, _)| !found.is_empty()) else {
        return Decision::Unmatched { why: Unmatched::NoCandidate, candidates: Vec::new() };
    };
    let decision = among(index, listing, candidates, method);
    unless_the_source_disagrees(index, listing, decision)
}

/// Decides among agencies that share the name the rule compares.
fn among<'a>(
    index: &Index<'a>,
    listing: &'a Listing,
    candidates: &[usize],
    rule: MatchMethod,
) -> Decision {
    let places: Vec<(usize, Place)> = candidates
        .iter()
        .filter(|position| {
            rule != MatchMethod::NameAndCounty || same_type(index, listing, **position)
        })
        .map(|position| (*position, place(index, listing, &index.agencies[*position])))
        .collect();
    let unmatched = |why| Decision::Unmatched { why, candidates: candidates.to_vec() };
    let Some(best) = places.iter().map(|(_, place)| *place).max() else {
        return unmatched(Unmatched::PlaceDisagrees);
    };
    let mut fitting = places.iter().filter(|(_, place)| *place == best);
    let (Some((agency, _)), None) = (fitting.next(), fitting.next()) else {
        return unmatched(Unmatched::Ambiguous);
    };
    if has_a_sibling_as_likely(index, listing, *agency) {
        return unmatched(Unmatched::Ambiguous);
    }
    let exact =
        rule != MatchMethod::NameAndCounty && index.agencies[*agency].name == listing.agency;
    let rule = if exact { MatchMethod::ExactName } else { rule };
    match score(rule, best, candidates.len() == 1) {
        Some((method, score)) => Decision::Same { agency: *agency, method, score },
        None => unmatched(if best == Place::Contradicts {
            Unmatched::PlaceDisagrees
        } else {
            Unmatched::Ambiguous
        }),
    }
}

/// The method and score of a link, if what the place says is enough for the rule.
///
/// The scores only order the rules by how often each was right when checked by hand.
fn score(rule: MatchMethod, place: Place, alone: bool) -> Option<(MatchMethod, f64)> {
    let exact = rule == MatchMethod::ExactName;
    match (rule, place) {
        // The name without its municipal type is weak: only the county makes it enough.
        (MatchMethod::NameAndCounty, Place::County) => Some((rule, 0.85)),
        (MatchMethod::NameAndCounty, _) | (_, Place::Contradicts) => None,
        (_, Place::County) if alone => Some((rule, if exact { 1.0 } else { 0.95 })),
        (_, Place::County) => Some((MatchMethod::NameAndCounty, if exact { 0.95 } else { 0.9 })),
        (_, Place::City) if alone => Some((rule, if exact { 0.95 } else { 0.9 })),
        (_, Place::City) => Some((MatchMethod::NameAndPlace, if exact { 0.9 } else { 0.85 })),
        // Nothing is known of the place: only a name printed alike and borne by one agency will do.
        (_, Place::Silent) => (exact && alone).then_some((rule, 0.8)),
    }
}

/// Whether the sorts of municipality the two names claim can be one.
///
/// Either may leave it out, but for one case: registries always write "Township" and "Town", so
/// that an agency without the word is that of the city or borough beside it.
fn same_type<'a>(index: &Index<'a>, listing: &'a Listing, position: usize) -> bool {
    match (listing.place.municipal_type, index.agencies[position].place.municipal_type) {
        (Some(named), Some(registered)) => named == registered,
        (Some(named), None) => !matches!(named, "township" | "town"),
        (None, _) => true,
    }
}

/// Whether the town or village beside the city has a department too, and nothing says that the
/// source means the city's: its name claims no sort of municipality, and it places the agency
/// elsewhere than in the city of that name.
fn has_a_sibling_as_likely<'a>(index: &Index<'a>, listing: &'a Listing, chosen: usize) -> bool {
    let Some(city) = &listing.place.city else { return false };
    if listing.place.municipal_type.is_some() || *city == listing.stem {
        return false;
    }
    let chosen_counties = &index.agencies[chosen].place.counties;
    let half = Half::of(listing.service);
    index.stemmed(half, &index.agencies[chosen].state, &listing.stem).iter().any(|position| {
        let place = &index.agencies[*position].place;
        let near = place.counties.iter().any(|county| chosen_counties.contains(county));
        *position != chosen && place.municipal_type.is_some() && near
    })
}

/// What the place says. A county that is no county of the state is a misspelling: it speaks for
/// nobody, and not against the city either.
fn place<'a>(index: &Index<'a>, listing: &'a Listing, agency: &'a RegisteredAgency) -> Place {
    let counties = &listing.place.counties;
    if counties.iter().any(|county| agency.place.counties.contains(county)) {
        return Place::County;
    }
    let named = counties.iter().filter(|county| index.has_county(&agency.state, county)).count();
    let elsewhere = if agency.place.counties.is_empty() { 0 } else { named };
    let mut known = !counties.is_empty() && !agency.place.counties.is_empty();
    if let Some(city) = &listing.place.city {
        if agency.place.city.as_ref() == Some(city) {
            return Place::City;
        }
        let points = index.places(&agency.state, city);
        let near = |from: Point| points.iter().any(|to| from.kilometres_to(*to) <= NEAR_KILOMETRES);
        // One wrong county is a slip of the source; if it names several and none is the agency's,
        // it means another place of that name, perhaps in another state.
        if elsewhere < 2 && agency.point.is_some_and(near) {
            return Place::City;
        }
        // Its name is the city's, and the state has one such place in the gazetteer, which lacks
        // townships: enough only where no county speaks against it.
        if elsewhere == 0 && points.len() == 1 && agency.stem == *city {
            return Place::City;
        }
        known |= !points.is_empty() && agency.point.is_some();
    }
    if known { Place::Contradicts } else { Place::Silent }
}

/// A source that names one agency in its column and another in its prose vouches for neither,
/// unless both words mean the same agency.
fn unless_the_source_disagrees<'a>(
    index: &Index<'a>,
    listing: &'a Listing,
    decision: Decision,
) -> Decision {
    let (Decision::Same { agency, .. }, Some(other)) = (&decision, &listing.other_key) else {
        return decision;
    };
    let linked = &index.agencies[*agency];
    let named = index.keyed(Half::of(listing.service), &linked.state, other);
    let names_another = !named.is_empty() && !named.contains(agency);
    if names_another {
        return Decision::Unmatched { why: Unmatched::SourceDisagrees, candidates: vec![*agency] };
    }
    if may_be_one(&linked.name_key, other) || may_be_one(&listing.name_key, other) {
        return decision;
    }
    Decision::Unmatched { why: Unmatched::SourceDisagrees, candidates: vec![*agency] }
}

/// Whether two keys can be one agency's: alike but for blanks and for a sort of municipality that
/// one of them leaves out.
fn may_be_one(one: &str, other: &str) -> bool {
    const MUNICIPAL_TYPES: [&str; 5] = ["township", "town", "village", "borough", "city"];
    let parts = |key: &str| {
        let (types, words): (Vec<String>, Vec<String>) = key
            .split(' ')
            .map(str::to_owned)
            .partition(|word| MUNICIPAL_TYPES.contains(&word.as_str()));
        (types, words.concat())
    };
    let ((types, letters), (other_types, other_letters)) = (parts(one), parts(other));
    let types_agree = types.is_empty() || other_types.is_empty() || types == other_types;
    letters == other_letters && types_agree
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        AgencyKind, GazetteerPlace, Normals, PlaceKeys, Point, Service, SubjectType,
    };

    fn agency(name: &str, county: &str) -> RegisteredAgency {
        let key = name.to_lowercase();
        let stem = key.replace(" township", "").replace(" town", "");
        RegisteredAgency {
            source_id: "fbi-agencies".parse().unwrap(),
            source_key: format!("{name}/{county}"),
            name: name.to_owned(),
            stem: stem.replace(" police department", ""),
            place: PlaceKeys {
                city: None,
                counties: vec![county.to_owned()],
                municipal_type: ["township", "town"].into_iter().find(|t| key.contains(t)),
            },
            name_key: key,
            kind: AgencyKind::Police,
            service: Service::LawEnforcement,
            state: "NJ".to_owned(),
            city: None,
            counties: vec![county.to_owned()],
            ori: None,
            fdid: None,
            point: None,
        }
    }

    fn listing(name: &str, city: Option<&str>, county: Option<&str>) -> Listing {
        let like = agency(name, "");
        Listing {
            statement: "evd_0000000000".parse().unwrap(),
            is_current: true,
            subject_type: SubjectType::Partnership,
            source_id: "eff-atlas".parse().unwrap(),
            source_key: "AOS1".to_owned(),
            agency: name.to_owned(),
            name_key: like.name_key,
            stem: like.stem,
            other_key: None,
            kind: AgencyKind::Police,
            service: Service::LawEnforcement,
            state: Some("NJ".to_owned()),
            city: city.map(str::to_owned),
            place: PlaceKeys {
                city: city.map(str::to_owned),
                counties: county.into_iter().map(str::to_owned).collect(),
                municipal_type: like.place.municipal_type,
            },
            ori: None,
            program_id: None,
            started: None,
            started_basis: None,
            ended: None,
            ended_basis: None,
            video_requests: None,
        }
    }

    fn place(key: &str, lat: f64) -> GazetteerPlace {
        GazetteerPlace {
            geoid: format!("34{key}"),
            name: format!("{key} city"),
            key: key.to_owned(),
            state: "NJ".to_owned(),
            point: Point { lat, lon: -74.0 },
        }
    }

    /// The linked agency's key and the method, or why there is none.
    fn decided(agencies: Vec<RegisteredAgency>, listing: &Listing) -> Result<String, Unmatched> {
        let places = vec![place("ewing", 40.2), place("flemington", 40.5)];
        let normals = Normals { agencies, places, ..Normals::default() };
        let outcome = |normals: &Normals| match decide(&Index::of(normals), listing) {
            Decision::Same { agency, method, .. } => {
                Ok(format!("{} by {method}", normals.agencies[agency].source_key))
            }
            Decision::Unmatched { why, .. } => Err(why),
        };
        let answer = outcome(&normals);
        let mut turned = normals;
        turned.agencies.reverse();
        assert_eq!(outcome(&turned), answer, "the order of the registry must not matter");
        answer
    }

    #[test]
    fn a_name_and_a_county_of_one_agency_are_enough() {
        let one = vec![agency("Ewing Police Department", "mercer")];
        let found = decided(one, &listing("Ewing Police Department", None, Some("mercer")));
        assert_eq!(found, Ok("Ewing Police Department/mercer by exact_name".to_owned()));
    }

    #[test]
    fn a_name_in_another_county_is_never_linked() {
        let one = vec![agency("Raritan Police Department", "somerset")];
        let elsewhere = listing("Raritan Police Department", Some("flemington"), Some("hunterdon"));
        assert_eq!(decided(one, &elsewhere), Err(Unmatched::PlaceDisagrees));
    }

    #[test]
    fn of_twins_the_county_decides_and_else_nobody() {
        let twins = || {
            vec![
                agency("Jefferson Township Police Department", "morris"),
                agency("Jefferson Township Police Department", "berks"),
            ]
        };
        let name = "Jefferson Township Police Department";
        let found = decided(twins(), &listing(name, None, Some("berks")));
        assert_eq!(found, Ok(format!("{name}/berks by name_and_county")));
        assert_eq!(decided(twins(), &listing(name, None, None)), Err(Unmatched::Ambiguous));
        let neither = decided(twins(), &listing(name, None, Some("essex")));
        assert_eq!(neither, Err(Unmatched::Ambiguous));
    }

    #[test]
    fn an_agency_in_the_city_itself_is_taken_though_the_county_is_wrong() {
        let mut near = agency("Ewing Police Department", "mercer");
        near.point = Some(Point { lat: 40.25, lon: -74.0 });
        near.stem = String::new();
        let wrong_county = listing("Ewing Police Department", Some("ewing"), Some("essex"));
        assert!(decided(vec![near.clone()], &wrong_county).is_ok());
        near.point = Some(Point { lat: 40.9, lon: -74.0 });
        assert_eq!(decided(vec![near], &wrong_county), Err(Unmatched::PlaceDisagrees));
    }

    #[test]
    fn a_municipal_type_may_be_left_out_but_not_be_another() {
        let township = || vec![agency("Ewing Township Police Department", "mercer")];
        let without = listing("Ewing Police Department", None, Some("mercer"));
        assert!(decided(township(), &without).is_ok());
        let without_county = listing("Ewing Police Department", None, None);
        assert!(decided(township(), &without_county).is_err());
        let other = listing("Ewing Town Police Department", None, Some("mercer"));
        assert_eq!(decided(township(), &other), Err(Unmatched::PlaceDisagrees));
        let mut both = township();
        both.push(agency("Ewing Town Police Department", "mercer"));
        assert_eq!(decided(both, &without), Err(Unmatched::Ambiguous));
    }

    #[test]
    fn a_source_that_names_two_agencies_vouches_for_neither() {
        let one = || vec![agency("Kalamazoo Township Police Department", "mercer")];
        let mut row = listing("Kalamazoo Township Police Department", None, Some("mercer"));
        row.other_key = Some("kalamazoo public safety".to_owned());
        assert_eq!(decided(one(), &row), Err(Unmatched::SourceDisagrees));
        row.other_key = Some("kalamazoo police department".to_owned());
        assert!(decided(one(), &row).is_ok(), "it only leaves out the sort of municipality");
    }

    #[test]
    fn several_counties_that_are_all_elsewhere_outweigh_the_city() {
        let mut near = agency("Ewing Police Department", "mercer");
        near.point = Some(Point { lat: 40.2, lon: -74.0 });
        let neighbours = ["essex", "salem"].map(|county| agency("Other", county));
        let mut row = listing("Ewing Police Department", Some("ewing"), Some("essex"));
        let agencies = || [vec![near.clone()], neighbours.to_vec()].concat();
        assert!(decided(agencies(), &row).is_ok(), "one wrong county is a slip");
        row.place.counties.push("salem".to_owned());
        assert_eq!(decided(agencies(), &row), Err(Unmatched::PlaceDisagrees));
    }

    #[test]
    fn a_misspelt_county_does_not_speak_against_the_city() {
        let one = vec![agency("Ewing Police Department", "mercer")];
        let row = listing("Ewing Police Department", Some("ewing"), Some("mercre"));
        assert!(decided(one, &row).is_ok());
    }

    #[test]
    fn a_twin_spelt_in_another_way_is_a_twin() {
        let mut twin = agency("Ewing Police Dept", "essex");
        twin.name_key = "ewing police department".to_owned();
        let agencies = vec![agency("Ewing Police Department", "mercer"), twin];
        let nowhere = listing("Ewing Police Department", None, None);
        assert_eq!(decided(agencies.clone(), &nowhere), Err(Unmatched::Ambiguous));
        let found = decided(agencies, &listing("Ewing Police Department", None, Some("mercer")));
        assert_eq!(found, Ok("Ewing Police Department/mercer by name_and_county".to_owned()));
    }

    #[test]
    fn services_and_states_are_never_mixed() {
        let mut fire = agency("Ewing Police Department", "mercer");
        fire.service = Service::Fire;
        let row = listing("Ewing Police Department", None, Some("mercer"));
        assert_eq!(decided(vec![fire], &row), Err(Unmatched::NoCandidate));
        let mut elsewhere = agency("Ewing Police Department", "mercer");
        elsewhere.state = "PA".to_owned();
        assert_eq!(decided(vec![elsewhere], &row), Err(Unmatched::NoCandidate));
    }

    #[test]
    fn a_registry_key_outweighs_everything() {
        let mut other = agency("Something Else", "essex");
        other.ori = Some("NJ0110200".to_owned());
        let mut row = listing("Ewing Police Department", None, Some("mercer"));
        row.ori = Some("NJ0110200".to_owned());
        let agencies = vec![agency("Ewing Police Department", "mercer"), other];
        assert_eq!(decided(agencies, &row), Ok("Something Else/essex by key".to_owned()));
    }

    #[test]
    fn a_registry_key_that_two_agencies_claim_tells_neither() {
        let mut twins = ["essex", "mercer"].map(|county| agency("Something Else", county));
        for twin in &mut twins {
            twin.ori = Some("NJ0110200".to_owned());
        }
        let mut row = listing("Ewing Police Department", None, Some("mercer"));
        row.ori = Some("NJ0110200".to_owned());
        assert_eq!(decided(twins.to_vec(), &row), Err(Unmatched::NoCandidate));
    }
}
