//! GeoJSON, RFC 7946: a feature per record, at its own place or at that of its agency. What has no
//! known place has the geometry `null`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Content, Form, Writer};
use crate::record::{Cell, Column, RESOURCES, ReleaseId};
use crate::serve::error::Problem;
use crate::serve::json::write_value;
use crate::serve::page::Totals;
use crate::serve::releases::OpenRelease;
use crate::serve::shape::{self, Row, Shape};

/// Longitude and latitude in degrees: the order of GeoJSON.
type Position = [f64; 2];

pub(super) struct GeoJson {
    shape: Shape,
    columns: Vec<&'static Column>,
    release: Arc<OpenRelease>,
    meta: CollectionMeta,
    /// Whether a feature has been written.
    begun: bool,
}

/// What a collection is about: as in a page, but for what only a page has.
#[derive(Debug, serde::Serialize)]
struct CollectionMeta {
    release: ReleaseId,
    schema_version: String,
    total: i64,
    uncertain_excluded: i64,
}

impl GeoJson {
    pub(super) fn new(content: Content) -> Self {
        let Content { shape, bom: _, release, totals } = content;
        let manifest = &release.known.manifest;
        let Totals { total, uncertain_excluded } = totals;
        let meta = CollectionMeta {
            release: manifest.release,
            schema_version: manifest.schema_version.clone(),
            total,
            uncertain_excluded,
        };
        Self { columns: shape.columns(), shape, release, meta, begun: false }
    }

    /// The places of the agencies these rows are about, by id, asked for all at once.
    fn agencies(&self, rows: &[Row]) -> Result<HashMap<String, Position>, Problem> {
        let ids: Vec<_> = rows.iter().filter_map(|row| text(row.place.first()?)).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let points = self.release.database.points(&ids)?;
        Ok(points.into_iter().map(|(id, point)| (id, [point.lon, point.lat])).collect())
    }
}

impl Writer for GeoJson {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        out.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"meta\":");
        write_value(out, &self.meta);
        out.extend_from_slice(b",\"features\":[");
        Ok(())
    }

    fn rows(&mut self, out: &mut Vec<u8>, rows: Vec<Vec<Cell>>) -> Result<(), Problem> {
        let rows = self.shape.rows(rows);
        let agencies = self.agencies(&rows)?;
        let included = self.shape.included(&self.release.database, &rows)?;
        for row in &rows {
            // A feature per line, for those who cut with simple tools.
            out.extend_from_slice(if self.begun { b",\n" } else { b"\n" });
            self.begun = true;
            out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
            write_value(out, row.cells.first().and_then(text).unwrap_or_default());
            out.extend_from_slice(b",\"geometry\":");
            match position(row, &agencies) {
                None => out.extend_from_slice(b"null"),
                Some(position) => {
                    out.extend_from_slice(b"{\"type\":\"Point\",\"coordinates\":");
                    write_value(out, &position);
                    out.push(b'}');
                }
            }
            out.extend_from_slice(b",\"properties\":");
            shape::write(out, &self.columns, row, &included)?;
            out.push(b'}');
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        out.extend_from_slice(b"\n]}\n");
        Ok(())
    }
}

/// Where a record is: what it says itself, or where its agency is.
fn position(row: &Row, agencies: &HashMap<String, Position>) -> Option<Position> {
    match row.place.as_slice() {
        [Cell::Real(lat), Cell::Real(lon)] => Some([*lon, *lat]),
        [agency] => agencies.get(text(agency)?).copied(),
        _ => None,
    }
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => None,
    }
}

/// The schemas of collections, for the documents: one per resource that has a place.
pub(in crate::serve) fn schemas() -> Map<String, Value> {
    let placed = RESOURCES.iter().filter(|r| Form::of_list(r).contains(&Form::GeoJson));
    let mut schemas: Map<_, _> = placed
        .map(|resource| {
            let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
            let selection = schema(&format!("{}Selection", resource.schema));
            let record = json!({ "anyOf": [schema(resource.schema), selection] });
            (format!("{}Features", resource.schema), collection(&record))
        })
        .collect();
    let meta = json!({
        "type": "object",
        "description": "What a collection of features is about.",
        "properties": {
            "release": { "type": "string", "description": "The release it was read from." },
            "schema_version": {
                "type": "string", "description": "Version of the schema of that release.",
            },
            "total": {
                "type": "integer", "format": "int64",
                "description": "Records that fit: the features there are.",
            },
            "uncertain_excluded": {
                "type": "integer", "format": "int64",
                "description": "Records left out because a date they would be judged by is not \
                                known.",
            },
        },
        "required": ["release", "schema_version", "total", "uncertain_excluded"],
    });
    schemas.insert("FeaturesMeta".to_owned(), meta);
    let point = json!({
        "type": "object",
        "description": "A place.",
        "properties": {
            "type": { "type": "string", "enum": ["Point"] },
            "coordinates": {
                "type": "array", "items": { "type": "number", "format": "double" },
                "minItems": 2, "maxItems": 2,
                "description": "Longitude and latitude in degrees.",
            },
        },
        "required": ["type", "coordinates"],
    });
    schemas.insert("Point".to_owned(), point);
    schemas
}

fn collection(record: &Value) -> Value {
    let feature = json!({
        "type": "object",
        "properties": {
            "type": { "type": "string", "enum": ["Feature"] },
            "id": { "type": "string", "description": "The id of the record." },
            "geometry": {
                "description": "Where it is, or its agency; null where that is not known.",
                "oneOf": [{ "$ref": "#/components/schemas/Point" }, { "type": "null" }],
            },
            "properties": record,
        },
        "required": ["type", "id", "geometry", "properties"],
    });
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string", "enum": ["FeatureCollection"] },
            "meta": { "$ref": "#/components/schemas/FeaturesMeta" },
            "features": { "type": "array", "items": feature },
        },
        "required": ["type", "meta", "features"],
    })
}
