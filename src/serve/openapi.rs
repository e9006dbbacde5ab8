//! The OpenAPI 3.1 document, made from the registry of endpoints and the records' schemas.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::endpoint::{Base, ENDPOINTS, Endpoint, Segment, TAGS};
use super::error::ProblemDocument;
use super::example;
use super::headers::LICENCE_URL;
use super::page::{Links, ListLinks, ListMeta, Meta, RecordLinks};
use super::parameter::{DEFAULT_LIMIT, Kind, MAX_LIMIT, Parameter, sort_names};
use super::responses;
use super::routes::{HealthReport, HistoryEntry, ReleaseEntry, Summary};
use super::status::StatusDocument;
use crate::record::{
    Agency, Column, ColumnType, Correction, Disclosure, Event, Evidence, Issue, Partnership,
    Program, RESOURCES, ReportedTotal, Resource, Source, Vendor,
};
use crate::release::Manifest;

/// The document as it is served and committed.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in &*ENDPOINTS {
        paths.insert(endpoint.path.clone(), path_item(endpoint));
    }
    let tags: Vec<_> =
        TAGS.iter().map(|(name, about)| json!({ "name": name, "description": about })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Porchlight",
            "version": "1.0.0",
            "summary": "Which US police and fire departments are partners of home-surveillance \
                        vendors, and when footage was handed over.",
            "description": "Open data in immutable, dated releases. Every path stands under `/v1` \
                            (the newest release) and under `/v1/releases/{release}` (that release, \
                            for ever). Unknown is `null`, never absent. Failures are RFC 9457 \
                            problem documents.",
            "license": { "name": "CC BY 4.0 (the data as a whole)", "url": LICENCE_URL },
            "contact": {
                "name": "Porchlight",
                "url": "https://github.com/porchlight-data/porchlight",
            },
        },
        "servers": [
            { "url": "/v1", "description": "The newest release." },
            {
                "url": "/v1/releases/{release}",
                "description": "One release, for ever.",
                "variables": { "release": {
                    "default": "latest",
                    "description": "Name of the release, `latest`, or a day.",
                } },
            },
        ],
        "security": [],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas(), "parameters": parameters(), "responses": responses::shared(),
            "headers": responses::headers(),
        },
    })
}

fn path_item(endpoint: &Endpoint) -> Value {
    let segments = endpoint.segments.iter().map(path_parameter);
    let query = endpoint.parameters.iter().map(|parameter| {
        json!({ "$ref": format!("#/components/parameters/{}", parameter_name(parameter)) })
    });
    let parameters: Vec<_> = segments.chain(query).collect();
    let mut item = Map::new();
    match endpoint.base {
        Base::Release => {}
        Base::Api => {
            item.insert("servers".to_owned(), json!([{ "url": "/v1", "description": "The API." }]));
        }
        Base::Root => {
            let servers = json!([{ "url": "/", "description": "The host." }]);
            item.insert("servers".to_owned(), servers);
        }
    }
    item.insert(
        "get".to_owned(),
        json!({
            "operationId": endpoint.id,
            "summary": endpoint.summary,
            "description": endpoint.description,
            "tags": [endpoint.tag],
            "parameters": parameters,
            "responses": responses::of(endpoint),
        }),
    );
    Value::Object(item)
}

fn path_parameter(segment: &Segment) -> Value {
    json!({
        "name": segment.name,
        "in": "path",
        "required": true,
        "description": segment.description,
        "schema": { "type": "string" },
        "example": segment.example,
    })
}

/// Every query parameter, each told once however many endpoints have it.
fn parameters() -> Value {
    let mut parameters = Map::new();
    for parameter in ENDPOINTS.iter().flat_map(|endpoint| &endpoint.parameters) {
        parameters.entry(parameter_name(parameter)).or_insert_with(|| query_parameter(parameter));
    }
    parameters.sort_keys();
    Value::Object(parameters)
}

/// The name under which a parameter is told.
fn parameter_name(parameter: &Parameter) -> String {
    match parameter.kind {
        Kind::Filter(resource, _) | Kind::Sort(resource) => {
            format!("{}.{}", resource.table, parameter.name)
        }
        Kind::Limit | Kind::Cursor => parameter.name.to_owned(),
    }
}

fn query_parameter(parameter: &Parameter) -> Value {
    let (schema, example) = match parameter.kind {
        Kind::Limit => (
            json!({
                "type": "integer", "minimum": 0, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT,
            }),
            Some(json!(100)),
        ),
        Kind::Cursor => (json!({ "type": "string" }), None),
        Kind::Sort(resource) => {
            (list_of(&sort_words(resource)), Some(json!(["-last_changed_release"])))
        }
        Kind::Filter(resource, column) => {
            (filter_schema(column), Some(json!([example::value(resource, column)])))
        }
    };
    let mut document = json!({
        "name": parameter.name,
        "in": "query",
        "description": parameter.description(),
    });
    if schema["type"] == "array" {
        // `a,b`, not `name=a&name=b`.
        document["style"] = json!("form");
        document["explode"] = json!(false);
    }
    document["schema"] = schema;
    if let Some(example) = example {
        document["example"] = example;
    }
    document
}

fn sort_words(resource: &Resource) -> Value {
    let names = sort_names(resource);
    let words: Vec<_> = names.iter().flat_map(|name| [name.clone(), format!("-{name}")]).collect();
    json!({ "type": "string", "enum": words })
}

fn list_of(items: &Value) -> Value {
    json!({ "type": "array", "items": items, "minItems": 1 })
}

fn filter_schema(column: &Column) -> Value {
    list_of(&match column.ty {
        ColumnType::Text | ColumnType::TextList | ColumnType::Object => json!({ "type": "string" }),
        ColumnType::Word(words) => json!({ "type": "string", "enum": words }),
        ColumnType::Integer => json!({ "type": "integer", "format": "int64" }),
        ColumnType::Real => json!({ "type": "number", "format": "double" }),
        ColumnType::Boolean => json!({ "type": "boolean" }),
        ColumnType::Date => json!({ "type": "string", "format": "date" }),
        ColumnType::Instant => json!({ "type": "string", "format": "date-time" }),
    })
}

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
        let optional = ["errors", "did_you_mean", "allowed"];
        let names = properties.keys().filter(|name| !optional.contains(&name.as_str()));
        let names: Vec<_> = names.map(|name| json!(name)).collect();
        object.insert("required".to_owned(), Value::Array(names));
    }
}

fn schemas() -> Value {
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
    collect::<Meta>(&mut schemas);
    collect::<ListMeta>(&mut schemas);
    collect::<Links>(&mut schemas);
    collect::<ListLinks>(&mut schemas);
    collect::<RecordLinks>(&mut schemas);
    collect::<HistoryEntry>(&mut schemas);
    collect::<Summary>(&mut schemas);
    collect::<ReleaseEntry>(&mut schemas);
    collect::<Manifest>(&mut schemas);
    collect::<StatusDocument>(&mut schemas);
    collect::<HealthReport>(&mut schemas);
    collect::<ProblemDocument>(&mut schemas);
    for resource in RESOURCES {
        let record = reference(resource.schema);
        let page = envelope(&array(&record), Some("ListMeta"), "ListLinks");
        schemas.insert(format!("{}Page", resource.schema), page);
        let one = envelope(&record, Some("Meta"), "RecordLinks");
        schemas.insert(format!("{}Record", resource.schema), one);
    }
    let others = [
        ("History", array(&reference("HistoryEntry")), Some("Meta")),
        ("SummaryAnswer", reference("Summary"), Some("Meta")),
        ("ReleaseList", array(&reference("ReleaseEntry")), None),
        ("ReleaseAnswer", reference("Manifest"), Some("Meta")),
        ("GateReport", array(&reference("GateVerdict")), Some("Meta")),
        ("StatusAnswer", reference("StatusDocument"), None),
    ];
    for (name, data, meta) in others {
        schemas.insert(name.to_owned(), envelope(&data, meta, "Links"));
    }
    schemas.sort_keys();
    Value::Object(schemas)
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

    /// Every `$ref` below a value.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    if key == "$ref" {
                        found.extend(value.as_str().map(str::to_owned));
                    }
                    references(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn schemas_have_the_columns_of_the_records() {
        let schemas = schemas();
        for resource in RESOURCES {
            let schema = &schemas[resource.schema];
            let documented: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
            let columns: Vec<_> = resource.columns.iter().map(|column| column.name).collect();
            assert_eq!(documented, columns, "{}", resource.schema);
            assert_eq!(schema["required"].as_array().unwrap().len(), columns.len());
        }
    }
}
