//! Agencies of the registries, with their place on the map.

use std::collections::{BTreeSet, HashMap};

use super::identity::Identities;
use super::{ResolveError, unstamped};
use crate::record::{
    Agency, GazetteerPlace, GeoPrecision, Normals, Point, Record, RegisteredAgency,
};

/// The agencies, each at the position of its normal form.
pub(super) fn agencies(
    normals: &Normals,
    identities: &mut Identities,
) -> Result<Vec<Agency>, ResolveError> {
    let gazetteer = Gazetteer::of(normals);
    normals.agencies.iter().map(|registered| agency(registered, &gazetteer, identities)).collect()
}

/// What an agency's id is minted from: its ORI, else its registry's key, STATE-FDID.
pub(super) fn mint_key(registered: &RegisteredAgency) -> &str {
    registered.ori.as_deref().unwrap_or(&registered.source_key)
}

fn agency(
    registered: &RegisteredAgency,
    gazetteer: &Gazetteer<'_>,
    identities: &mut Identities,
) -> Result<Agency, ResolveError> {
    let id = identities.id(Agency::TABLE, "agy", mint_key(registered))?;
    let counties = gazetteer.counties(registered);
    let (point, geo_precision) = gazetteer.locate(registered, &counties);
    let unstamped = unstamped();
    Ok(Agency {
        id: id.parse()?,
        name: registered.name.clone(),
        aliases: Vec::new(),
        kind: registered.kind,
        service: registered.service,
        state: registered.state.clone(),
        city: registered.city.clone(),
        counties: counties.iter().map(|county| county.name.clone()).collect(),
        county_fips: counties.into_iter().filter_map(|county| county.fips).collect(),
        ori: registered.ori.clone(),
        fdid: registered.fdid.clone(),
        lat: point.map(|point| point.lat),
        lon: point.map(|point| point.lon),
        geo_precision,
        registered: registered.registered,
        active_partnerships: 0,
        partnerships: 0,
        disclosures: 0,
        first_release: unstamped,
        last_changed_release: unstamped,
        evidence_count: 0,
    })
}

/// A county as an agency shows it.
struct County {
    name: String,
    fips: Option<String>,
    point: Option<Point>,
}

/// Counties that registries name and the newest gazetteer has no more, or never had: state, key,
/// name and FIPS code. Connecticut's gave way to planning regions in 2022, Valdez-Cordova was parted
/// in 2019.
const UNLISTED_COUNTIES: &[(&str, &str, &str, &str)] = &[
    ("AK", "valdezcordova", "Valdez-Cordova Census Area", "02261"),
    ("CT", "fairfield", "Fairfield County", "09001"),
    ("CT", "hartford", "Hartford County", "09003"),
    ("CT", "litchfield", "Litchfield County", "09005"),
    ("CT", "middlesex", "Middlesex County", "09007"),
    ("CT", "newhaven", "New Haven County", "09009"),
    ("CT", "newlondon", "New London County", "09011"),
    ("CT", "tolland", "Tolland County", "09013"),
    ("CT", "windham", "Windham County", "09015"),
    ("GU", "guam", "Guam", "66010"),
    ("MP", "saipan", "Saipan Municipality", "69110"),
];

/// A registry's point this near to a county's internal point was never that of a station.
const COUNTY_POINT_KILOMETRES: f64 = 1.0;

/// So many agencies of one state are not in one house: their registry gave them a point of its own.
const CROWD: usize = 3;

struct Gazetteer<'a> {
    places: HashMap<(&'a str, &'a str), Vec<&'a GazetteerPlace>>,
    counties: HashMap<(&'a str, &'a str), Vec<&'a GazetteerPlace>>,
    agencies_at: HashMap<(&'a str, [u64; 2]), usize>,
}

impl<'a> Gazetteer<'a> {
    fn of(normals: &'a Normals) -> Self {
        let mut gazetteer =
            Self { places: HashMap::new(), counties: HashMap::new(), agencies_at: HashMap::new() };
        for agency in &normals.agencies {
            if let Some(point) = agency.point {
                *gazetteer.agencies_at.entry((&agency.state, bits(point))).or_default() += 1;
            }
        }
        for place in &normals.places {
            gazetteer.places.entry((&place.state, &place.key)).or_default().push(place);
        }
        for county in &normals.counties {
            gazetteer.counties.entry((&county.state, &county.key)).or_default().push(county);
        }
        gazetteer
    }

    /// The agency's counties by their names in the gazetteer, or as printed where it has none or
    /// several of that name.
    fn counties(&self, agency: &RegisteredAgency) -> Vec<County> {
        let mut seen = BTreeSet::new();
        let printed = agency.counties.iter().zip(&agency.place.counties);
        printed
            .map(|(printed, key)| match self.county(&agency.state, printed, key) {
                Some(county) => County {
                    name: county.name.clone(),
                    fips: Some(county.geoid.clone()),
                    point: Some(county.point),
                },
                None => unlisted(&agency.state, printed, key),
            })
            .filter(|county| seen.insert(county.name.clone()))
            .collect()
    }

    fn county(&self, state: &str, printed: &str, key: &str) -> Option<&'a GazetteerPlace> {
        match self.counties.get(&(state, key))?.as_slice() {
            [county] => Some(county),
            // "ROANOKE CITY" is the independent city, "ROANOKE" the county around it.
            several => {
                let city = printed.to_ascii_lowercase().contains("city");
                let mut fitting =
                    several.iter().filter(|county| county.name.ends_with("city") == city);
                let only = fitting.next()?;
                fitting.next().is_none().then_some(*only)
            }
        }
    }

    /// Where the agency is: its registry's point, else its city's, else its only county's.
    fn locate(
        &self,
        agency: &RegisteredAgency,
        counties: &[County],
    ) -> (Option<Point>, GeoPrecision) {
        if let Some(point) = agency.point {
            let precision = if self.is_of_a_county(agency, point, counties) {
                GeoPrecision::County
            } else {
                GeoPrecision::Station
            };
            return (Some(point), precision);
        }
        let city = agency.place.city.as_deref();
        let places = city.and_then(|city| self.places.get(&(agency.state.as_str(), city)));
        if let Some([place]) = places.map(Vec::as_slice) {
            return (Some(place.point), GeoPrecision::Place);
        }
        match counties {
            [County { point: Some(point), .. }] => (Some(*point), GeoPrecision::County),
            _ => (None, GeoPrecision::None),
        }
    }

    /// Whether a registry's point stands for a county: registries give it to agencies whose own
    /// they do not know.
    fn is_of_a_county(&self, agency: &RegisteredAgency, point: Point, counties: &[County]) -> bool {
        let near = |county: &County| {
            county
                .point
                .is_some_and(|middle| middle.kilometres_to(point) <= COUNTY_POINT_KILOMETRES)
        };
        let sharing = self.agencies_at.get(&(agency.state.as_str(), bits(point)));
        counties.iter().any(near) || sharing.is_some_and(|agencies| *agencies >= CROWD)
    }
}

fn bits(point: Point) -> [u64; 2] {
    [point.lat.to_bits(), point.lon.to_bits()]
}

/// A county as the table of such counties has it, else as printed.
fn unlisted(state: &str, printed: &str, key: &str) -> County {
    let known = UNLISTED_COUNTIES.iter().find(|county| county.0 == state && county.1 == key);
    match known {
        Some((_, _, name, fips)) => {
            County { name: (*name).to_owned(), fips: Some((*fips).to_owned()), point: None }
        }
        None => County { name: printed.to_owned(), fips: None, point: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{AgencyKind, NameKeys, PlaceKeys, Service};

    fn registered(state: &str, county: &str, point: (f64, f64)) -> RegisteredAgency {
        RegisteredAgency {
            source_id: "fbi-agencies".parse().unwrap(),
            source_key: "1".to_owned(),
            name: "A Police Department".to_owned(),
            name_keys: NameKeys::default(),
            other_names: Vec::new(),
            kind: AgencyKind::Police,
            service: Service::LawEnforcement,
            state: state.to_owned(),
            city: None,
            counties: vec![county.to_owned()],
            place: PlaceKeys { counties: vec![county.to_lowercase()], ..PlaceKeys::default() },
            ori: Some("1".to_owned()),
            fdid: None,
            point: Some(Point { lat: point.0, lon: point.1 }),
            registered: true,
        }
    }

    fn brazos() -> GazetteerPlace {
        GazetteerPlace {
            geoid: "48041".to_owned(),
            name: "Brazos County".to_owned(),
            key: "brazos".to_owned(),
            state: "TX".to_owned(),
            point: Point { lat: 30.6567, lon: -96.3024 },
        }
    }

    fn precisions(agencies: Vec<RegisteredAgency>) -> Vec<GeoPrecision> {
        let normals = Normals { agencies, counties: vec![brazos()], ..Normals::default() };
        let gazetteer = Gazetteer::of(&normals);
        let agencies = normals.agencies.iter();
        agencies.map(|agency| gazetteer.locate(agency, &gazetteer.counties(agency)).1).collect()
    }

    #[test]
    fn the_middle_of_a_county_is_no_station() {
        let middle = registered("TX", "BRAZOS", (30.6568, -96.3025));
        let own = registered("TX", "BRAZOS", (30.6280, -96.3344));
        assert_eq!(precisions(vec![middle, own]), [GeoPrecision::County, GeoPrecision::Station]);
    }

    #[test]
    fn a_point_of_many_agencies_is_the_station_of_none() {
        let one = || registered("TX", "BRAZOS", (30.5, -96.5));
        assert_eq!(precisions(vec![one(), one()]), [GeoPrecision::Station; 2]);
        assert_eq!(precisions(vec![one(), one(), one()]), [GeoPrecision::County; 3]);
    }

    #[test]
    fn a_county_that_the_gazetteer_has_no_more_keeps_its_name_and_code() {
        let normals = Normals::default();
        let agency = registered("CT", "FAIRFIELD", (41.2, -73.2));
        let counties = Gazetteer::of(&normals).counties(&agency);
        assert_eq!(counties[0].name, "Fairfield County");
        assert_eq!(counties[0].fips.as_deref(), Some("09001"));
    }
}
