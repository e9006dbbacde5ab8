//! States and territories: postal codes, other spellings, and where they lie.

use crate::record::{Point, STATE_NAMES};

/// A state or territory.
struct State {
    code: &'static str,
    /// West, south, east and north bounds in degrees, with a margin of about 30 km.
    bounds: [f64; 4],
}

/// The postal code a source means by `text`: a code or a name in any case, with stray blanks, or
/// one of the codes the FBI uses in its own way.
#[must_use]
pub(super) fn code(text: &str) -> Option<&'static str> {
    let text = text.trim().trim_end_matches('.');
    let text = match text.to_ascii_uppercase().as_str() {
        "NB" => "NE",
        "GM" => "GU",
        _ => text,
    };
    STATE_NAMES
        .iter()
        .find(|(code, name)| code.eq_ignore_ascii_case(text) || name.eq_ignore_ascii_case(text))
        .map(|(code, _)| *code)
}

/// Whether `point` can lie in the state; true where the state is not known.
#[must_use]
pub(super) fn contains(code: &str, point: Point) -> bool {
    let Some(state) = STATES.iter().find(|state| state.code == code) else { return true };
    let [west, south, east, north] = state.bounds;
    // The Aleutians go on beyond the date line.
    let over_the_line = code == "AK" && point.lon > 172.0;
    (south..=north).contains(&point.lat) && ((west..=east).contains(&point.lon) || over_the_line)
}

const fn state(code: &'static str, bounds: [f64; 4]) -> State {
    State { code, bounds }
}

/// Bounds from the internal points of the Census gazetteer's places and counties of 2025; of the
/// territories it lacks, from their coordinates in general reference.
const STATES: &[State] = &[
    state("AL", [-88.7, 30.0, -84.7, 35.3]),
    state("AK", [-176.9, 51.6, -129.7, 71.6]),
    state("AZ", [-115.1, 31.0, -108.8, 37.3]),
    state("AR", [-94.9, 32.7, -89.5, 36.8]),
    state("CA", [-124.6, 32.3, -114.0, 42.3]),
    state("CO", [-109.3, 36.7, -101.8, 41.3]),
    state("CT", [-74.0, 40.7, -71.6, 42.3]),
    state("DE", [-76.1, 38.2, -74.8, 40.1]),
    state("DC", [-77.3, 38.6, -76.7, 39.2]),
    state("FL", [-87.6, 24.3, -79.7, 31.3]),
    state("GA", [-85.8, 30.4, -80.6, 35.3]),
    state("HI", [-160.0, 18.7, -154.6, 22.5]),
    state("ID", [-117.3, 41.7, -110.8, 49.1]),
    state("IL", [-91.8, 36.7, -87.2, 42.8]),
    state("IN", [-88.2, 37.6, -84.5, 42.1]),
    state("IA", [-96.9, 40.1, -89.9, 43.8]),
    state("KS", [-102.3, 36.7, -94.3, 40.3]),
    state("KY", [-89.5, 36.2, -81.9, 39.4]),
    state("LA", [-94.3, 28.9, -89.0, 33.3]),
    state("ME", [-71.3, 42.8, -66.7, 47.6]),
    state("MD", [-79.8, 37.7, -74.8, 40.0]),
    state("MA", [-73.7, 41.0, -69.7, 43.2]),
    state("MI", [-90.5, 41.4, -82.1, 47.8]),
    state("MN", [-97.5, 43.2, -90.0, 49.6]),
    state("MS", [-91.7, 30.0, -87.9, 35.3]),
    state("MO", [-95.9, 35.7, -88.9, 40.9]),
    state("MT", [-116.3, 44.3, -103.8, 49.3]),
    state("NE", [-104.3, 39.7, -95.1, 43.3]),
    state("NV", [-120.3, 34.8, -113.8, 42.3]),
    state("NH", [-72.8, 42.4, -70.5, 45.3]),
    state("NJ", [-75.8, 38.6, -73.6, 41.5]),
    state("NM", [-109.3, 31.5, -102.8, 37.3]),
    state("NY", [-80.0, 40.3, -71.6, 45.3]),
    state("NC", [-84.4, 33.6, -75.2, 36.8]),
    state("ND", [-104.3, 45.6, -96.3, 49.3]),
    state("OH", [-85.1, 38.1, -80.2, 42.2]),
    state("OK", [-103.3, 33.5, -94.1, 37.3]),
    state("OR", [-124.8, 41.7, -116.7, 46.5]),
    state("PA", [-80.8, 39.4, -74.4, 42.5]),
    state("RI", [-72.1, 41.0, -70.9, 42.3]),
    state("SC", [-83.6, 31.8, -78.3, 35.5]),
    state("SD", [-104.3, 42.2, -96.2, 46.2]),
    state("TN", [-90.3, 34.7, -81.5, 36.9]),
    state("TX", [-106.9, 25.6, -93.3, 36.8]),
    state("UT", [-114.3, 36.7, -108.9, 42.3]),
    state("VT", [-73.6, 42.5, -71.2, 45.3]),
    state("VA", [-83.7, 36.2, -75.1, 39.6]),
    state("WA", [-124.9, 45.3, -116.7, 49.3]),
    state("WV", [-82.9, 37.0, -77.4, 40.9]),
    state("WI", [-93.1, 42.2, -86.7, 47.2]),
    state("WY", [-111.3, 40.7, -103.8, 45.3]),
    state("AS", [-171.2, -14.7, -168.0, -10.9]),
    state("GU", [144.5, 13.1, 145.1, 13.8]),
    state("MP", [144.8, 13.9, 146.2, 20.7]),
    state("PR", [-68.2, 17.6, -65.0, 18.8]),
    state("VI", [-65.2, 17.5, -64.4, 18.6]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_by_code_name_and_the_fbis_own_codes() {
        assert_eq!(code("WI "), Some("WI"));
        assert_eq!(code("ohio"), Some("OH"));
        assert_eq!(code("NB"), Some("NE"));
        assert_eq!(code("GM"), Some("GU"));
        assert_eq!(code("NA"), None);
        assert_eq!(code(""), None);
    }

    #[test]
    fn the_states_of_the_union_are_all_known() {
        let mut union: Vec<&str> = STATES.iter().map(|state| state.code).collect();
        union.retain(|code| !["AS", "GU", "MP", "PR", "VI"].contains(code));
        union.sort_unstable();
        assert_eq!(union, crate::record::STATES);
    }

    #[test]
    fn points_are_told_to_lie_in_a_state_or_not() {
        assert!(contains("OH", Point { lat: 40.77, lon: -84.1 }));
        assert!(!contains("KY", Point { lat: -9.0, lon: -9.0 }));
        assert!(contains("AK", Point { lat: 51.95, lon: 178.34 }), "beyond the date line");
        assert!(!contains("OH", Point { lat: 40.77, lon: 84.1 }));
    }
}
