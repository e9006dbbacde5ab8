//! Where records must be: boxes and circles on the map, and the distance between points.

/// Mean radius of the Earth in kilometres.
const EARTH_KM: f64 = 6371.0088;

/// Kilometres of a degree of latitude, rounded down, so that a box is never too small.
const KM_PER_DEGREE: f64 = 111.0;

/// Where records must be. Everywhere, unless something is said.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Region {
    /// Inside this box.
    pub within: Option<BoundingBox>,
    /// Inside this circle.
    pub near: Option<Near>,
}

impl Region {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.within.is_none() && self.near.is_none()
    }
}

/// A box in degrees (WGS 84); its edges belong to it. West of its east, unless it crosses the
/// antimeridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// The western edge.
    pub west: f64,
    /// The southern edge.
    pub south: f64,
    /// The eastern edge.
    pub east: f64,
    /// The northern edge.
    pub north: f64,
}

/// A circle around a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Latitude of the point in degrees north.
    pub lat: f64,
    /// Longitude of the point in degrees east.
    pub lon: f64,
    /// The radius in kilometres.
    pub radius_km: f64,
}

impl BoundingBox {
    /// The ranges of longitude it covers: two, if it crosses the antimeridian.
    pub(super) fn longitudes(&self) -> Vec<(f64, f64)> {
        if self.west <= self.east {
            vec![(self.west, self.east)]
        } else {
            vec![(self.west, 180.0), (-180.0, self.east)]
        }
    }
}

impl Near {
    /// A box that holds the circle.
    pub(super) fn bounds(&self) -> BoundingBox {
        let tall = self.radius_km / KM_PER_DEGREE;
        let (south, north) = ((self.lat - tall).max(-90.0), (self.lat + tall).min(90.0));
        // Where the circle reaches furthest from the equator a degree of longitude is shortest.
        let narrowest = south.abs().max(north.abs()).to_radians().cos();
        let wide = if narrowest > 0.01 { tall / narrowest } else { 180.0 };
        if wide >= 180.0 {
            return BoundingBox { west: -180.0, south, east: 180.0, north };
        }
        let wrap = |lon: f64| {
            if lon < -180.0 {
                lon + 360.0
            } else if lon > 180.0 {
                lon - 360.0
            } else {
                lon
            }
        };
        BoundingBox { west: wrap(self.lon - wide), south, east: wrap(self.lon + wide), north }
    }

    /// The distance of a point from the middle, in kilometres, to the metre.
    #[must_use]
    pub fn distance_km(&self, lat: f64, lon: f64) -> f64 {
        distance_km(lat, lon, self.lat, self.lon)
    }
}

/// The distance between two points on the sphere in kilometres, to the metre.
pub(super) fn distance_km(lat: f64, lon: f64, other_lat: f64, other_lon: f64) -> f64 {
    let (a, b) = (lat.to_radians(), other_lat.to_radians());
    let (dlat, dlon) = (b - a, (other_lon - lon).to_radians());
    let haversine = (dlat / 2.0).sin().powi(2) + a.cos() * b.cos() * (dlon / 2.0).sin().powi(2);
    let km = 2.0 * EARTH_KM * haversine.sqrt().min(1.0).asin();
    (km * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_sphere() {
        // Columbus to Cleveland, and across the antimeridian in the Aleutians.
        let km = distance_km(39.9612, -82.9988, 41.4993, -81.6944);
        assert!((202.5..203.5).contains(&km), "{km}");
        let km = distance_km(52.0, 179.5, 52.0, -179.5);
        assert!((68.0..69.0).contains(&km), "{km}");
        assert!(distance_km(40.0, -83.0, 40.0, -83.0).abs() < 1e-9);
    }

    proptest::proptest! {
        #[test]
        fn the_box_of_a_circle_holds_the_circle(
            lat in -89.0_f64..89.0, lon in -180.0_f64..180.0, radius_km in 0.1_f64..500.0,
            dlat in -5.0_f64..5.0, dlon in -60.0_f64..60.0,
        ) {
            let near = Near { lat, lon, radius_km };
            let (lat, mut lon) = ((lat + dlat).clamp(-90.0, 90.0), lon + dlon);
            if lon > 180.0 { lon -= 360.0 }
            if lon < -180.0 { lon += 360.0 }
            if near.distance_km(lat, lon) <= radius_km {
                let bounds = near.bounds();
                proptest::prop_assert!(bounds.south <= lat && lat <= bounds.north);
                let inside = |(west, east): &(f64, f64)| *west <= lon && lon <= *east;
                proptest::prop_assert!(bounds.longitudes().iter().any(inside), "{bounds:?}");
            }
        }
    }
}
