//! The schemas of answers, from the records and what stands around them.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::record::{
    Agency, Correction, CoverageCell, Disclosure, Event, Evidence, Issue, Partnership, Program,
    RESOURCES, Record as _, ReportedTotal, Resource, Source, Vendor,
};
use crate::release::{ChangeEntry, Manifest};
use crate::serve::error::ProblemDocument;
use crate::serve::form::feature_schemas;
use crate::serve::include;
use crate::serve::page::{
    AgencyMeta, Links, ListLinks, ListMeta, Meta, PageLinks, RecordLinks, TableLinks,
};
use crate::serve::parameter::dimensions;
use crate::serve::routes::counts::{self, CountsMeta};
use crate::serve::routes::timeline;
use crate::serve::routes::{
    ChangesMeta, Coverage, HealthReport, HistoryEntry, PartnershipMatch, ReleaseEntry, Summary,
};
use crate::serve::shape::DISTANCE;
use crate::serve::status::StatusDocument;

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Collects the schemas of a type and of all it holds.
fn collect<T: PartialSchema + ToSchema>(schemas: &mut Map<String, Value>) {
    let mut found: Vec<(String, RefOr<Schema>)> = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        let mut schema = serde_json::to_value(schema).expect("a schema has a JSON form");
        promise(&mut schema);
        schemas.insert(name, schema);
    }
}

/// What is true of every schema of ours: all keys are always present unless they say otherwise,
/// and there may be more of them one day.
fn promise(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("additionalProperties") == Some(&json!(false)) {
        object.remove("additionalProperties");
    }
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        let optional =
            ["errors", "did_you_mean", "allowed", "active_days", "signing_key", "redactions"];
        let names = properties.keys().filter(|name| !optional.contains(&name.as_str()));
        let names: Vec<_> = names.map(|name| json!(name)).collect();
        object.insert("required".to_owned(), Value::Array(names));
    }
}

pub(super) fn all() -> Value {
    let mut schemas = Map::new();
    collect::<Agency>(&mut schemas);
    collect::<Vendor>(&mut schemas);
    collect::<Program>(&mut schemas);
    collect::<Partnership>(&mut schemas);
    collect::<Disclosure>(&mut schemas);
    collect::<ReportedTotal>(&mut schemas);
    collect::<Event>(&mut schemas);
    collect::<Source>(&mut schemas);
    collect::<Evidence>(&mut schemas);
    collect::<Issue>(&mut schemas);
    collect::<Correction>(&mut schemas);
    collect::<CoverageCell>(&mut schemas);
    collect::<Meta>(&mut schemas);
    collect::<AgencyMeta>(&mut schemas);
    collect::<ListMeta>(&mut schemas);
    collect::<Links>(&mut schemas);
    collect::<ListLinks>(&mut schemas);
    collect::<PageLinks>(&mut schemas);
    collect::<TableLinks>(&mut schemas);
    collect::<CountsMeta>(&mut schemas);
    collect::<RecordLinks>(&mut schemas);
    collect::<HistoryEntry>(&mut schemas);
    collect::<ChangeEntry>(&mut schemas);
    collect::<ChangesMeta>(&mut schemas);
    collect::<Coverage>(&mut schemas);
    collect::<PartnershipMatch>(&mut schemas);
    collect::<Summary>(&mut schemas);
    collect::<ReleaseEntry>(&mut schemas);
    collect::<Manifest>(&mut schemas);
    collect::<StatusDocument>(&mut schemas);
    collect::<HealthReport>(&mut schemas);
    collect::<ProblemDocument>(&mut schemas);
    for resource in RESOURCES {
        of_resource(resource, &mut schemas);
    }
    let others = [
        ("History", array(&reference("HistoryEntry")), Some("Meta")),
        ("CoverageAnswer", reference("Coverage"), Some("Meta")),
        ("PartnershipMatchAnswer", reference("PartnershipMatch"), Some("Meta")),
        ("SummaryAnswer", reference("Summary"), Some("Meta")),
        ("ReleaseList", array(&reference("ReleaseEntry")), None),
        ("ReleaseAnswer", reference("Manifest"), Some("Meta")),
        ("GateReport", array(&reference("GateVerdict")), Some("Meta")),
        ("StatusAnswer", reference("StatusDocument"), None),
    ];
    for (name, data, meta) in others {
        schemas.insert(name.to_owned(), envelope(&data, meta, "Links"));
    }
    schemas["ReleaseList"]["properties"]["redacted"] = array(&reference("RedactedRelease"));
    let changes = envelope(&array(&reference("ChangeEntry")), Some("ChangesMeta"), "PageLinks");
    schemas.insert("ChangesPage".to_owned(), changes);
    schemas.extend(feature_schemas());
    schemas.sort_keys();
    Value::Object(schemas)
}

/// The schemas of the answers about a resource, whose own schema is there already.
fn of_resource(resource: &'static Resource, schemas: &mut Map<String, Value>) {
    let record = reference(resource.schema);
    let extras = extras(resource);
    let selection = selection(resource, &schemas[resource.schema], &extras);
    let selection_name = format!("{}Selection", resource.schema);
    if let Some(properties) = schemas[resource.schema]["properties"].as_object_mut() {
        properties.extend(extras);
    }
    // A record is whole unless `fields` was given; a client that does not use it can rely on
    // every key.
    let item = json!({ "anyOf": [record, reference(&selection_name)] });
    schemas.insert(selection_name, selection);
    let page = envelope(&array(&item), Some("ListMeta"), "ListLinks");
    schemas.insert(format!("{}Page", resource.schema), page);
    let meta = if resource.table == Agency::TABLE { "AgencyMeta" } else { "Meta" };
    let one = envelope(&record, Some(meta), "RecordLinks");
    schemas.insert(format!("{}Record", resource.schema), one);
    let whole = schemas[resource.schema].clone();
    // Without a field to count by there is no such answer.
    if !dimensions(resource).is_empty() {
        let count = format!("{}Count", resource.schema);
        let table = envelope(&array(&reference(&count)), Some("CountsMeta"), "TableLinks");
        schemas.insert(counts::schema_name(resource), table);
        schemas.insert(count, counts::row_schema(resource, &whole));
    }
    if resource.table == Partnership::TABLE {
        let row = "PartnershipTimelineRow";
        let table = envelope(&array(&reference(row)), Some("CountsMeta"), "TableLinks");
        schemas.insert("PartnershipTimeline".to_owned(), table);
        schemas.insert(row.to_owned(), timeline::row_schema(resource, &whole));
    }
}

/// Keys a record has only where they are asked for: the distance, and what is included.
fn extras(resource: &'static Resource) -> Map<String, Value> {
    let mut extras = Map::new();
    if resource.location().is_some() {
        let doc = format!("{} Only with `near_lat`.", DISTANCE.doc);
        extras.insert(
            DISTANCE.name.to_owned(),
            json!({ "type": "number", "format": "double", "description": doc }),
        );
    }
    for included in include::all(resource) {
        let (shown, several) = included.shows();
        let record = reference(shown.schema);
        let doc = "Only with `include`.";
        let schema = if several {
            json!({ "type": "array", "items": record, "description": doc })
        } else {
            json!({ "oneOf": [record, { "type": "null" }], "description": doc })
        };
        extras.insert(included.name().to_owned(), schema);
    }
    extras
}

/// A record of which only some fields were asked for.
fn selection(resource: &Resource, whole: &Value, extras: &Map<String, Value>) -> Value {
    let mut properties = whole["properties"].as_object().cloned().unwrap_or_default();
    properties.extend(extras.clone());
    let about = format!("Some fields of a record of {}, as `fields` names them.", resource.table);
    json!({
        "type": "object", "description": about, "properties": properties, "required": ["id"],
    })
}

fn array(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn envelope(data: &Value, meta: Option<&str>, links: &str) -> Value {
    let mut properties = Map::new();
    properties.insert("data".to_owned(), data.clone());
    if let Some(meta) = meta {
        properties.insert("meta".to_owned(), reference(meta));
    }
    properties.insert("links".to_owned(), reference(links));
    let required: Vec<_> = properties.keys().cloned().collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_have_the_columns_of_the_records() {
        let schemas = all();
        for resource in RESOURCES {
            let schema = &schemas[resource.schema];
            let documented = schema["properties"].as_object().unwrap().keys();
            let extras = extras(resource);
            let fields: Vec<_> = documented.filter(|name| !extras.contains_key(*name)).collect();
            let columns: Vec<_> = resource.columns.iter().map(|column| column.name).collect();
            assert_eq!(fields, columns, "{}", resource.schema);
            assert_eq!(schema["required"], json!(columns));
        }
    }
}
