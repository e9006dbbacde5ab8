//! The projection of the maps: where a point on the Earth lies on a map of the United States that is
//! 975 wide and 610 high, with Alaska, smaller, and Hawaii below the south-west. The far Aleutians
//! reach out of it, 58 to the left.
//!
//! It must be the projection of `outlines.tsv`, or points stand in the wrong state. That is
//! `geoAlbersUsa` of d3-geo with the scale 1300 around the middle (487.5, 305): three equal-area
//! conics of Albers, each with the part of the map that it fills. The formulas, those for the sphere,
//! are of J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987),
//! section 14, Albers Equal-Area Conic Projection; `n`, `c`, `rho` and `theta` are his, too.

use std::sync::LazyLock;

/// Pixels of the map per radius of the Earth, in the contiguous states.
const SCALE: f64 = 1300.0;

/// The middle of the map, in its pixels.
const MIDDLE: (f64, f64) = (487.5, 305.0);

/// In the order in which they are asked.
const PARTS: [Part; 3] = [
    // The contiguous states.
    Part {
        parallels: (29.5, 45.5),
        meridian: -96.0,
        origin: (38.7, -0.6),
        size: 1.0,
        offset: (0.0, 0.0),
        frame: [-0.455, -0.238, 0.455, 0.238],
    },
    // Alaska.
    Part {
        parallels: (55.0, 65.0),
        meridian: -154.0,
        origin: (58.5, -2.0),
        size: 0.35,
        offset: (-0.307, 0.201),
        frame: [-0.425, 0.120, -0.214, 0.234],
    },
    // Hawaii.
    Part {
        parallels: (8.0, 18.0),
        meridian: -157.0,
        origin: (19.9, -3.0),
        size: 1.0,
        offset: (-0.205, 0.212),
        frame: [-0.214, 0.166, -0.115, 0.234],
    },
];

/// The same, ready to project.
static CONES: LazyLock<[Cone; 3]> = LazyLock::new(|| PARTS.each_ref().map(Cone::of));

/// The place on the map, in pixels to the right and down, of a point in degrees north and east. `None`
/// where the map does not reach, as in Puerto Rico or Guam.
///
/// What lies just beyond a border is on the map, too: of Canada and Mexico a strip, beside Alaska more.
pub(super) fn project(lat: f64, lon: f64) -> Option<(f64, f64)> {
    // Past a pole the sine would turn back, to a place that nobody meant.
    if !(-90.0..=90.0).contains(&lat) {
        return None;
    }
    CONES.iter().find_map(|cone| cone.project(lat, lon))
}

/// How one part of the map is drawn. Lengths on the map are in parts of `SCALE`, from `MIDDLE` to the
/// right and down.
struct Part {
    /// Where the cone cuts the sphere, in degrees north.
    parallels: (f64, f64),
    /// What stands upright, in degrees east.
    meridian: f64,
    /// What lies at `offset`: in degrees north, and in degrees east of `meridian`.
    origin: (f64, f64),
    /// How large it is drawn; 1 is as large as the contiguous states.
    size: f64,
    /// Where `origin` lies on the map.
    offset: (f64, f64),
    /// The left, top, right and bottom end; what lies beyond is not of this part.
    frame: [f64; 4],
}

/// A `Part` in pixels of the map.
struct Cone {
    /// How much of a full turn around the apex the whole Earth takes.
    n: f64,
    /// What makes the scale true on both parallels.
    c: f64,
    /// Radius of the Earth.
    radius: f64,
    /// What stands upright, in degrees east.
    meridian: f64,
    /// The point around which parallels are arcs.
    apex: (f64, f64),
    /// The left, top, right and bottom end.
    frame: [f64; 4],
}

impl Cone {
    fn of(part: &Part) -> Self {
        let (south, north) = (sine(part.parallels.0), sine(part.parallels.1));
        let n = f64::midpoint(south, north);
        let [left, top, right, bottom] = part.frame;
        let mut cone = Self {
            n,
            c: 1.0 - south * south + 2.0 * n * south,
            radius: SCALE * part.size,
            meridian: part.meridian,
            apex: (0.0, 0.0),
            frame: [
                MIDDLE.0 + SCALE * left,
                MIDDLE.1 + SCALE * top,
                MIDDLE.0 + SCALE * right,
                MIDDLE.1 + SCALE * bottom,
            ],
        };
        let (right, down) = cone.below_apex(part.origin.0, part.origin.1);
        cone.apex =
            (MIDDLE.0 + SCALE * part.offset.0 - right, MIDDLE.1 + SCALE * part.offset.1 - down);
        cone
    }

    /// How far to the right of the apex and below it a point lies; `east` counts from the meridian.
    fn below_apex(&self, lat: f64, east: f64) -> (f64, f64) {
        let rho = self.radius * (self.c - 2.0 * self.n * sine(lat)).sqrt() / self.n;
        let theta = self.n * east.to_radians();
        (rho * theta.sin(), rho * theta.cos())
    }

    /// The place on the map, if it is in this part.
    fn project(&self, lat: f64, lon: f64) -> Option<(f64, f64)> {
        // The shorter way around: the last Aleutians lie west of the meridian, and have longitudes
        // east of Greenwich.
        let east = (lon - self.meridian + 180.0).rem_euclid(360.0) - 180.0;
        let (right, down) = self.below_apex(lat, east);
        let (x, y) = (self.apex.0 + right, self.apex.1 + down);
        let [x_min, y_min, x_max, y_max] = self.frame;
        ((x_min..=x_max).contains(&x) && (y_min..=y_max).contains(&y)).then_some((x, y))
    }
}

fn sine(degrees: f64) -> f64 {
    degrees.to_radians().sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Latitude, longitude and what `geoAlbersUsa().scale(1300).translate([487.5, 305])` of d3-geo
    /// 3.1.1 says of them, and the state.
    const CITIES: [(f64, f64, f64, f64, &str); 16] = [
        (40.7128, -74.006, 869.719, 215.741, "NY"),   // New York
        (34.0522, -118.2437, 86.812, 363.119, "CA"),  // Los Angeles
        (41.8781, -87.6298, 638.220, 226.112, "IL"),  // Chicago
        (39.7392, -104.9903, 342.845, 273.885, "CO"), // Denver
        (47.6062, -122.3321, 97.625, 46.319, "WA"),   // Seattle
        (25.7617, -80.1918, 822.738, 572.541, "FL"),  // Miami
        (24.5551, -81.78, 794.406, 604.452, "FL"),    // Key West
        (44.9062, -66.99, 956.293, 92.773, "ME"),     // Eastport
        (61.2181, -149.9003, 112.277, 544.278, "AK"), // Anchorage
        (58.3019, -134.4197, 176.937, 556.084, "AK"), // Juneau
        (52.8994, 172.9097, -55.854, 572.123, "AK"),  // Attu
        (71.2906, -156.7886, 89.390, 465.034, "AK"),  // Utqiagvik
        (21.3069, -157.8583, 266.960, 549.190, "HI"), // Honolulu
        (19.7071, -155.0885, 326.188, 585.186, "HI"), // Hilo
        (38.9072, -77.0369, 827.429, 267.315, "DC"),  // Washington
        (25.9017, -97.4975, 467.170, 596.218, "TX"),  // Brownsville
    ];

    #[test]
    fn a_city_is_where_d3_puts_it() {
        for (lat, lon, x, y, state) in CITIES {
            let at = project(lat, lon).unwrap();
            assert!((at.0 - x).abs() < 0.01 && (at.1 - y).abs() < 0.01, "{state}: {at:?}");
        }
    }

    #[test]
    fn a_city_is_in_the_box_of_its_state() {
        let outlines = include_str!("outlines.tsv");
        for (lat, lon, _, _, state) in CITIES {
            let line =
                outlines.lines().find(|line| line.split('\t').next() == Some(state)).unwrap();
            let ends = line.split('\t').nth(3).unwrap().split(',');
            let ends: Vec<f64> = ends.map(|end| end.parse().unwrap()).collect();
            let (x, y) = project(lat, lon).unwrap();
            // The outlines are simplified: a city at the shore may lie a little outside.
            let inside = (ends[0] - 1.0..=ends[2] + 1.0).contains(&x)
                && (ends[1] - 1.0..=ends[3] + 1.0).contains(&y);
            assert!(inside, "{state}: ({x}, {y}) is not within {ends:?}");
        }
    }

    #[test]
    fn the_whole_earth_around_is_the_same_place() {
        let (x, y) = project(39.7392, -104.9903).unwrap();
        let (again_x, again_y) = project(39.7392, -104.9903 + 360.0).unwrap();
        assert!((x - again_x).abs() < 1e-6 && (y - again_y).abs() < 1e-6);
    }

    #[test]
    fn elsewhere_is_not_on_the_map() {
        for (lat, lon, what) in [
            (18.4655, -66.1057, "San Juan, Puerto Rico"),
            (13.4745, 144.7504, "Hagåtña, Guam"),
            (18.3419, -64.9307, "Charlotte Amalie, U.S. Virgin Islands"),
            (-14.2756, -170.702, "Pago Pago, American Samoa"),
            (15.1778, 145.751, "Saipan, Northern Mariana Islands"),
            (51.5, 0.0, "London"),
            (0.0, 0.0, "the place of points that nobody knew"),
            (90.0, 0.0, "the North Pole"),
            (-90.0, 0.0, "the South Pole"),
            (141.3, -96.0, "past the North Pole"),
            (f64::NAN, -96.0, "no latitude"),
            (39.0, f64::NAN, "no longitude"),
            (39.0, f64::INFINITY, "an endless longitude"),
        ] {
            assert_eq!(project(lat, lon), None, "{what}");
        }
    }
}
