//! Points, as GeoParquet 1.1 has them: well-known binary, longitude before latitude.

use serde_json::json;

use crate::record::Point;

/// The column of points.
pub(super) const COLUMN: &str = "geometry";

/// The key under which a file says which column that is.
pub(super) const KEY: &str = "geo";

/// How many bytes a point has.
const BYTES: usize = 21;

/// A point as well-known binary: least byte first, the code of a point, its coordinates.
pub(super) fn well_known_binary(Point { lat, lon }: Point) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let (order, rest) = bytes.split_at_mut(1);
    let (code, rest) = rest.split_at_mut(4);
    let (x, y) = rest.split_at_mut(8);
    order.copy_from_slice(&[1]);
    code.copy_from_slice(&1_u32.to_le_bytes());
    x.copy_from_slice(&lon.to_le_bytes());
    y.copy_from_slice(&lat.to_le_bytes());
    bytes
}

/// Between which degrees all points lie.
#[derive(Debug, Default)]
pub(super) struct Bounds(Option<[f64; 4]>);

impl Bounds {
    /// Takes in a point.
    pub(super) fn add(&mut self, point: Option<Point>) {
        let Some(Point { lat, lon }) = point else { return };
        let [west, south, east, north] = self.0.unwrap_or([lon, lat, lon, lat]);
        self.0 = Some([west.min(lon), south.min(lat), east.max(lon), north.max(lat)]);
    }

    /// What a file says of its column of points. Its coordinates are longitude and latitude by WGS
    /// 84, which is so where no other system is named.
    pub(super) fn metadata(&self) -> String {
        let mut column = json!({ "encoding": "WKB", "geometry_types": ["Point"] });
        if let Some(bounds) = self.0 {
            column["bbox"] = json!(bounds);
        }
        json!({ "version": "1.1.0", "primary_column": COLUMN, "columns": { COLUMN: column } })
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_written_as_the_standard_has_it() {
        // From the examples of OGC 06-103r4: a point (1, 2) with the least byte first.
        let expected = "0101000000000000000000f03f0000000000000040";
        let written = well_known_binary(Point { lat: 2.0, lon: 1.0 });
        assert_eq!(crate::release::digest::hexadecimal(&written), expected);
    }

    #[test]
    fn the_bounds_are_west_south_east_north_of_what_has_a_place() {
        let mut bounds = Bounds::default();
        assert!(!bounds.metadata().contains("bbox"));
        for (lat, lon) in [(40.0, -80.0), (18.5, -66.0), (61.0, -150.25)] {
            bounds.add(Some(Point { lat, lon }));
            bounds.add(None);
        }
        let metadata: serde_json::Value = serde_json::from_str(&bounds.metadata()).unwrap();
        let column = &metadata["columns"]["geometry"];
        assert_eq!(column["bbox"], json!([-150.25, 18.5, -66.0, 61.0]));
        assert_eq!(metadata["primary_column"], "geometry");
        assert_eq!(column["crs"], json!(null));
    }
}
