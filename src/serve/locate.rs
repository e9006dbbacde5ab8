//! Boxes and circles on the map, as clients write them.
//!
//! Latitude and longitude are easily swapped, and a swapped box is a good box in another part of
//! the world: the answer would be empty and look right. So what lies off the United States, but
//! on them the other way round, is refused.

use super::error::{Code, Fault, cut};
use super::parameter::{DEFAULT_RADIUS_KM, MAX_RADIUS_KM};
use super::value::number;
use crate::release::database::{BoundingBox, Near, Region};

/// Boxes around the states and territories: west, south, east, north.
const UNITED_STATES: &[[f64; 4]] = &[
    // The states and the Caribbean, with the Aleutians east of the antimeridian.
    [-180.0, 17.0, -64.0, 72.0],
    // The Aleutians west of it.
    [172.0, 51.0, 180.0, 54.0],
    // Guam and the Northern Marianas.
    [144.0, 13.0, 147.0, 21.0],
    // American Samoa.
    [-172.0, -15.0, -168.0, -10.0],
];

/// What a query says of places, value by value.
#[derive(Debug, Default)]
pub(super) struct Located {
    pub(super) bbox: Option<BoundingBox>,
    pub(super) lat: Option<f64>,
    pub(super) lon: Option<f64>,
    pub(super) radius_km: Option<f64>,
}

impl Located {
    /// The region that is meant, and what is wrong with it.
    pub(super) fn region(&self) -> (Region, Vec<Fault>) {
        let mut faults = Vec::new();
        let needs = |name, other| {
            Fault::new(name, Code::InvalidParameter, &format!("needs `{other}` beside it"))
        };
        let near = match (self.lat, self.lon, self.radius_km) {
            (Some(lat), Some(lon), radius_km) => {
                if looks_swapped(&[lon, lat, lon, lat]) {
                    let detail = format!(
                        "looks swapped with `near_lon`: {lat},{lon} is not in the United States, \
                         {lon},{lat} is"
                    );
                    faults.push(Fault::new("near_lat", Code::InvalidParameter, &detail));
                }
                Some(Near { lat, lon, radius_km: radius_km.unwrap_or(DEFAULT_RADIUS_KM) })
            }
            (Some(_), None, _) => {
                faults.push(needs("near_lat", "near_lon"));
                None
            }
            (None, Some(_), _) => {
                faults.push(needs("near_lon", "near_lat"));
                None
            }
            (None, None, Some(_)) => {
                faults.push(needs("radius_km", "near_lat"));
                None
            }
            (None, None, None) => None,
        };
        (Region { within: self.bbox, near }, faults)
    }
}

/// Reads `west,south,east,north`.
pub(super) fn bbox(values: &[String]) -> Result<BoundingBox, Fault> {
    let fault = |detail: &str| Fault::new("bbox", Code::InvalidParameter, detail);
    let numbers: Vec<f64> = values.iter().filter_map(|value| number(value)).collect();
    let (4, Ok(edges)) = (values.len(), <[f64; 4]>::try_from(numbers)) else {
        let found = cut(&values.join(","));
        return Err(fault(&format!("expected west,south,east,north in degrees, found `{found}`")));
    };
    let [west, south, east, north] = edges;
    if looks_swapped(&edges) {
        return Err(fault(&format!(
            "looks swapped: the order is west,south,east,north, so perhaps \
             {south},{west},{north},{east}"
        )));
    }
    if south > north {
        return Err(fault(&format!(
            "south ({south}) is north of north ({north}); the order is west,south,east,north"
        )));
    }
    // Across the antimeridian a box begins far in the east and ends far in the west.
    if west > east && !(west > 0.0 && east < 0.0) {
        return Err(fault(&format!(
            "west ({west}) is east of east ({east}); the order is west,south,east,north"
        )));
    }
    if !edges.iter().zip([180.0, 90.0, 180.0, 90.0]).all(|(edge, most)| edge.abs() <= most) {
        return Err(fault("lies beyond 180 degrees of longitude or 90 of latitude"));
    }
    Ok(BoundingBox { west, south, east, north })
}

/// Reads a number of degrees up to `most` either way.
pub(super) fn degrees(name: &str, value: &str, most: f64) -> Result<f64, Fault> {
    number(value).filter(|degrees| degrees.abs() <= most).ok_or_else(|| {
        let detail = format!("expected degrees from -{most} to {most}, found `{}`", cut(value));
        Fault::new(name, Code::InvalidParameter, &detail)
    })
}

/// Reads a radius.
pub(super) fn radius_km(value: &str) -> Result<f64, Fault> {
    number(value).filter(|km| *km > 0.0 && *km <= MAX_RADIUS_KM).ok_or_else(|| {
        let detail = format!(
            "expected kilometres, more than 0 and at most {MAX_RADIUS_KM}, found `{}`",
            cut(value)
        );
        Fault::new("radius_km", Code::InvalidParameter, &detail)
    })
}

/// Whether a box is off the United States, but on them with latitude and longitude swapped.
fn looks_swapped(&[west, south, east, north]: &[f64; 4]) -> bool {
    !touches_united_states(west, south, east, north)
        && touches_united_states(south, west, north, east)
}

fn touches_united_states(west: f64, south: f64, east: f64, north: f64) -> bool {
    // A box with its edges in the wrong order lies somewhere all the same.
    let (south, north) = (south.min(north), south.max(north));
    let ranges =
        if west <= east { vec![(west, east)] } else { vec![(west, 180.0), (-180.0, east)] };
    UNITED_STATES.iter().any(|[us_west, us_south, us_east, us_north]| {
        let high = south <= *us_north && north >= *us_south;
        high && ranges.iter().any(|(west, east)| west <= us_east && east >= us_west)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BoundingBox, String> {
        let values: Vec<_> = text.split(',').map(str::to_owned).collect();
        bbox(&values).map_err(|fault| fault.detail)
    }

    #[test]
    fn boxes_of_the_united_states_are_read() {
        for good in [
            "-84.8,38.4,-80.5,42.3",
            "172,51,-130,72",
            "-180,-90,180,90",
            "144.6,13.2,145,13.7",
            "-171,-14.5,-169,-11",
            // Elsewhere, but it would not be better the other way round.
            "2,48,3,49",
        ] {
            assert!(read(good).is_ok(), "{good}: {:?}", read(good));
        }
    }

    #[test]
    fn what_looks_swapped_is_refused_in_words() {
        for (bad, says) in [
            ("38.4,-84.8,42.3,-80.5", "perhaps -84.8,38.4,-80.5,42.3"),
            ("-80.5,38.4,-84.8,42.3", "west (-80.5) is east of east (-84.8)"),
            ("-84.8,42.3,-80.5,38.4", "south (42.3) is north of north (38.4)"),
            ("-84.8,38.4,-80.5", "expected west,south,east,north"),
            ("-84.8,38.4,-80.5,x", "expected west,south,east,north"),
            ("-84.8,38.4,-80.5,NaN", "expected west,south,east,north"),
            ("-84.8,38.4,-80.5,91", "beyond"),
        ] {
            let told = read(bad).unwrap_err();
            assert!(told.contains(says), "{bad}: {told}");
        }
        let swapped = Located { lat: Some(-83.0), lon: Some(39.9), ..Located::default() };
        assert_eq!(swapped.region().1.len(), 1);
        let right = Located { lat: Some(39.9), lon: Some(-83.0), ..Located::default() };
        assert!(right.region().1.is_empty());
    }

    #[test]
    fn a_circle_needs_its_middle() {
        let faults = |located: Located| located.region().1.len();
        assert_eq!(faults(Located { lat: Some(39.9), ..Located::default() }), 1);
        assert_eq!(faults(Located { lon: Some(-83.0), ..Located::default() }), 1);
        assert_eq!(faults(Located { radius_km: Some(5.0), ..Located::default() }), 1);
        for bad in ["0", "-1", "500.1", "NaN", "inf", "ten", ""] {
            assert!(radius_km(bad).is_err(), "{bad}");
        }
    }
}
