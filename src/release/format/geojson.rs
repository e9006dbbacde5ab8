//! `T.geojson`: a feature per record, RFC 7946, at its own place or at that of its agency; what has
//! no known place has the geometry `null`. A line holds one feature.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};

use serde::{Deserialize, Serialize};

use super::check::{Difference, Expected, Failed, Reread};
use super::ndjson::same_object;
use super::plain::Plain;
use super::{Sink, Table, write_row, write_value};
use crate::record::{Cell, Column, Point, ReleaseId};
use crate::release::rows::{RowsError, id_of};

/// What stands before the description of a collection, and between it and its features.
const BEGIN: &[u8] = b"{\"type\":\"FeatureCollection\",\"meta\":";
const FEATURES: &[u8] = b",\"features\":[";
/// What stands after the features, but for the line it stands on.
const END: &[u8] = b"]}\n";

/// What a collection is about: as in a page of the API, but for what only a page has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CollectionMeta {
    /// The release.
    pub release: ReleaseId,
    /// Version of its schema.
    pub schema_version: String,
    /// How many features there are.
    pub total: u64,
    /// Records left out because a date they would be judged by is not known.
    pub uncertain_excluded: u64,
}

/// Writes a collection of features.
#[derive(Debug, Default)]
pub struct Features {
    /// Whether a feature has been written.
    begun: bool,
}

impl Features {
    /// Appends what stands before the first feature.
    pub fn begin(&self, out: &mut Vec<u8>, meta: &CollectionMeta) {
        out.extend_from_slice(BEGIN);
        write_value(out, meta);
        out.extend_from_slice(FEATURES);
    }

    /// Appends a feature, on a line of its own, for those who cut with simple tools.
    pub fn push<E>(
        &mut self,
        out: &mut Vec<u8>,
        id: &str,
        point: Option<Point>,
        properties: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        out.extend_from_slice(if self.begun { b",\n" } else { b"\n" });
        self.begun = true;
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        write_value(out, id);
        out.extend_from_slice(b",\"geometry\":");
        write_value(out, &Geometry::of(point));
        out.extend_from_slice(b",\"properties\":");
        properties(out)?;
        out.push(b'}');
        Ok(())
    }

    /// Appends what stands after the last feature.
    pub fn end(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.extend_from_slice(END);
    }
}

/// A place, as GeoJSON writes it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Geometry {
    Point {
        /// Longitude and latitude in degrees: the order of GeoJSON.
        coordinates: [f64; 2],
    },
}

impl Geometry {
    fn of(point: Option<Point>) -> Option<Self> {
        point.map(|Point { lat, lon }| Self::Point { coordinates: [lon, lat] })
    }
}

pub(super) fn sink(
    table: Table<'_>,
    out: impl Write + 'static,
) -> Result<Box<dyn Sink>, RowsError> {
    let mut text = Vec::new();
    let features = Features::default();
    features.begin(&mut text, &meta(table)?);
    Ok(Box::new(GeoJsonSink { columns: table.resource.columns, features, text, out }))
}

pub(super) fn reread(table: Table<'_>, file: File) -> Result<Box<dyn Reread>, Failed> {
    let mut begin = Vec::new();
    Features::default().begin(&mut begin, &meta(table).map_err(Failed::Rows)?);
    Ok(Box::new(GeoJsonReread::open(file, &begin)?))
}

/// Writes a feature a line.
struct GeoJsonSink<W: Write> {
    columns: &'static [Column],
    features: Features,
    /// What is not written yet.
    text: Vec<u8>,
    out: W,
}

impl<W: Write> Sink for GeoJsonSink<W> {
    fn push(&mut self, cells: &[Cell], point: Option<Point>) -> io::Result<()> {
        let Self { columns, features, text, out } = self;
        let properties = |text: &mut Vec<u8>| write_row(text, *columns, cells);
        features.push(text, id_of(cells), point, properties).map_err(io::Error::other)?;
        out.write_all(text)?;
        text.clear();
        Ok(())
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.features.end(&mut self.text);
        self.out.write_all(&self.text)?;
        self.out.flush()
    }
}

fn meta(table: Table<'_>) -> Result<CollectionMeta, RowsError> {
    Ok(CollectionMeta {
        release: table.imprint.release,
        schema_version: table.imprint.schema_version.clone(),
        total: table.rows.count(table.resource)?,
        uncertain_excluded: 0,
    })
}

/// A feature as it is read back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feature<'a> {
    #[serde(rename = "type", borrow)]
    ty: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    // Where there is no place there is a null, which serde would not miss.
    #[serde(deserialize_with = "Option::deserialize")]
    geometry: Option<Geometry>,
    #[serde(borrow)]
    properties: Plain<'a>,
}

/// Reads a file back, line by line.
struct GeoJsonReread<R> {
    lines: BufReader<R>,
    line: Vec<u8>,
    /// Whether what stands before the features is right.
    begun: bool,
    /// Whether the line before ended in a comma, so that another feature must come.
    more: bool,
}

impl<R: Read> GeoJsonReread<R> {
    /// Reads what stands before the features. Whether it is right is told at the end: it counts
    /// them, and which one is missing says more.
    fn open(file: R, begin: &[u8]) -> Result<Self, Difference> {
        let lines = BufReader::new(file);
        let mut reread = Self { lines, line: Vec::new(), begun: false, more: true };
        reread.read_line(0)?;
        reread.begun = reread.line.strip_suffix(b"\n") == Some(begin);
        Ok(reread)
    }

    fn read_line(&mut self, row: u64) -> Result<(), Difference> {
        self.line.clear();
        let read = self.lines.read_until(b'\n', &mut self.line);
        read.map(drop).map_err(|error| Difference::unreadable(row, error))
    }

    /// The feature of the line; whether another must follow is kept.
    fn feature(&mut self, row: u64) -> Result<Feature<'_>, Difference> {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let feature = line.strip_suffix(b",");
        self.more = feature.is_some();
        serde_json::from_slice(feature.unwrap_or(line))
            .map_err(|error| Difference::unreadable(row, error))
    }
}

impl<R: Read> Reread for GeoJsonReread<R> {
    fn next_equals(&mut self, expected: Expected<'_>) -> Result<(), Difference> {
        let Expected { resource, cells, point, row } = expected;
        let more = self.more;
        self.read_line(row)?;
        if self.line == END {
            return Err(Difference::TooFew { rows: row - 1 });
        }
        if !more {
            return Err(Difference::Frame { part: "list of features" });
        }
        let Feature { ty, id, geometry, properties } = self.feature(row)?;
        let differs = |column, expected: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
            let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
            Err(Difference::Cell { row, column, expected, found })
        };
        if ty != "Feature" {
            return differs("type", &"Feature", &ty);
        }
        if id != id_of(cells) {
            return differs("id", &id_of(cells), &id);
        }
        let Plain::Object(properties) = properties else {
            return Err(Difference::unreadable(row, "its properties are no object"));
        };
        same_object(resource, cells, &properties, row)?;
        let at = Geometry::of(point);
        if geometry == at { Ok(()) } else { differs("geometry", &at, &geometry) }
    }

    fn ends(&mut self, row: u64) -> Result<(), Difference> {
        self.read_line(row)?;
        if self.line != END {
            return Err(Difference::TooMany { row });
        }
        if !self.begun {
            return Err(Difference::Frame { part: "beginning" });
        }
        self.read_line(row)?;
        // Only before the first feature may a line without a comma be followed by one.
        if self.line.is_empty() && (!self.more || row == 1) {
            Ok(())
        } else {
            Err(Difference::Frame { part: "end" })
        }
    }
}
