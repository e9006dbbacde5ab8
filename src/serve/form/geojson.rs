//! GeoJSON, RFC 7946: the file `T.geojson` of a release, byte for byte where all records are shown.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Content, Form, Writer};
use crate::record::{Cell, Column, Point, RESOURCES};
use crate::release::format::{CollectionMeta, Features};
use crate::serve::error::Problem;
use crate::serve::open_release::OpenRelease;
use crate::serve::page::Totals;
use crate::serve::shape::{self, Row, Shape};

pub(super) struct GeoJson {
    shape: Shape,
    columns: Vec<&'static Column>,
    release: Arc<OpenRelease>,
    meta: CollectionMeta,
    features: Features,
}

impl GeoJson {
    pub(super) fn new(content: Content) -> Self {
        let Content { shape, bom: _, release, totals } = content;
        let manifest = &release.known.manifest;
        let Totals { total, uncertain_excluded } = totals;
        let meta = CollectionMeta {
            release: manifest.release,
            schema_version: manifest.schema_version.clone(),
            total: total.unsigned_abs(),
            uncertain_excluded: uncertain_excluded.unsigned_abs(),
        };
        Self { columns: shape.columns(), shape, release, meta, features: Features::default() }
    }

    /// The places of the agencies these rows are about, by id, asked for all at once.
    fn agencies(&self, rows: &[Row]) -> Result<HashMap<String, Point>, Problem> {
        let ids: Vec<_> = rows.iter().filter_map(|row| text(row.place.first()?)).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(self.release.database()?.points(&ids)?.into_iter().collect())
    }
}

impl Writer for GeoJson {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        self.features.begin(out, &self.meta);
        Ok(())
    }

    fn rows(&mut self, out: &mut Vec<u8>, rows: Vec<Vec<Cell>>) -> Result<(), Problem> {
        let rows = self.shape.rows(rows);
        let agencies = self.agencies(&rows)?;
        let included = self.shape.included(self.release.database()?, &rows)?;
        for row in &rows {
            let id = row.cells.first().and_then(text).unwrap_or_default();
            self.features.push(out, id, point(row, &agencies), |out| {
                shape::write(out, &self.columns, row, &included)
            })?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        self.features.end(out);
        Ok(())
    }
}

/// Where a record is: what it says itself, or where its agency is.
fn point(row: &Row, agencies: &HashMap<String, Point>) -> Option<Point> {
    match row.place.as_slice() {
        [Cell::Real(lat), Cell::Real(lon)] => Some(Point { lat: *lat, lon: *lon }),
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
