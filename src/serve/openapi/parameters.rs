//! The query parameters, for the document.

use serde_json::{Map, Value, json};

use crate::record::{Column, ColumnType, Interval, Resource};
use crate::release::database::Op;
use crate::serve::endpoint::ENDPOINTS;
use crate::serve::example;
use crate::serve::extract::MAX_SORT_KEYS;
use crate::serve::include;
use crate::serve::parameter::{
    DEFAULT_LIMIT, Kind, MAX_DIMENSIONS, MAX_LIMIT, MAX_RADIUS_KM, Parameter, dimensions,
    sort_names,
};

/// Text without a NUL character, as a pattern.
const TEXT: &str = r"^[^\u0000]+$";

/// The same without the comma, which ends a value where it is no free text.
const CODE: &str = r"^[^\u0000,]+$";

/// Every query parameter, each told once however many endpoints have it.
pub(super) fn all() -> Value {
    let mut parameters = Map::new();
    for parameter in ENDPOINTS.iter().flat_map(|endpoint| &endpoint.parameters) {
        parameters.entry(name(parameter)).or_insert_with(|| query_parameter(parameter));
    }
    parameters.sort_keys();
    Value::Object(parameters)
}

/// The name under which a parameter is told.
pub(super) fn name(parameter: &Parameter) -> String {
    match parameter.kind {
        Kind::Filter(resource, ..)
        | Kind::Sort(resource)
        | Kind::Fields(resource)
        | Kind::Include(resource)
        | Kind::By(resource) => format!("{}.{}", resource.table, parameter.name),
        Kind::MayBy(resource) => format!("{}.timeline_by", resource.table),
        Kind::Words
        | Kind::ValidOn
        | Kind::IncludeUncertain
        | Kind::Bbox
        | Kind::NearLat
        | Kind::NearLon
        | Kind::RadiusKm
        | Kind::Interval
        | Kind::Bom
        | Kind::Limit
        | Kind::Cursor => parameter.name.clone(),
        Kind::Named(named) => named.document_name(),
        Kind::FromDay | Kind::ToDay => format!("{}_on", parameter.name),
    }
}

fn query_parameter(parameter: &Parameter) -> Value {
    let (schema, example) = parameter_schema(parameter);
    let mut document = json!({
        "name": parameter.name,
        "in": "query",
        "description": parameter.description(),
    });
    if matches!(parameter.kind, Kind::By(_)) {
        document["required"] = json!(true);
    }
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

/// The schema of a parameter's value, and an example of one.
fn parameter_schema(parameter: &Parameter) -> (Value, Option<Value>) {
    match parameter.kind {
        Kind::Filter(resource, column, op) => filter_schema(parameter, resource, column, op),
        Kind::Interval => {
            let (words, default) = (Interval::WORDS, Interval::DEFAULT.as_str());
            (json!({ "type": "string", "enum": words, "default": default }), Some(json!(default)))
        }
        Kind::FromDay => day("2018-01-01"),
        Kind::ToDay => day("2022-12-31"),
        Kind::Words => (
            json!({ "type": "string", "minLength": 1, "pattern": TEXT }),
            Some(json!("ocean townsh")),
        ),
        Kind::ValidOn => day("2021-06-01"),
        // No `default`: some clients send it, and these mean nothing without what they belong to.
        Kind::IncludeUncertain | Kind::Bom => (json!({ "type": "boolean" }), Some(json!(true))),
        Kind::Bbox => (
            json!({
                "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4,
            }),
            Some(json!([-84.8, 38.4, -80.5, 42.3])),
        ),
        Kind::NearLat => degrees(90, 39.96),
        Kind::NearLon => degrees(180, -83.0),
        Kind::RadiusKm => (
            json!({ "type": "number", "exclusiveMinimum": 0, "maximum": MAX_RADIUS_KM }),
            Some(json!(10)),
        ),
        Kind::Sort(resource) => {
            let mut schema = list_of(&sort_words(resource));
            schema["maxItems"] = json!(MAX_SORT_KEYS);
            schema["uniqueItems"] = json!(true);
            (schema, Some(json!(["-last_changed_release"])))
        }
        Kind::Fields(resource) => {
            let names: Vec<_> = resource.columns.iter().map(|column| column.name).collect();
            let example: Vec<_> = names.iter().take(3).collect();
            let example = json!(example);
            (list_of(&json!({ "type": "string", "enum": names })), Some(example))
        }
        Kind::Include(resource) => {
            let names = json!(include::names(resource));
            (list_of(&json!({ "type": "string", "enum": names })), Some(names))
        }
        Kind::By(resource) | Kind::MayBy(resource) => by(resource),
        Kind::Limit => (
            json!({
                "type": "integer", "minimum": 0, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT,
            }),
            Some(json!(100)),
        ),
        Kind::Cursor => (json!({ "type": "string" }), None),
        Kind::Named(named) => (named.schema(), Some(named.example())),
    }
}

/// The fields to count by.
fn by(resource: &'static Resource) -> (Value, Option<Value>) {
    let names: Vec<_> = dimensions(resource).iter().map(|column| column.name).collect();
    let mut schema = list_of(&json!({ "type": "string", "enum": names }));
    schema["maxItems"] = json!(MAX_DIMENSIONS);
    schema["uniqueItems"] = json!(true);
    (schema, Some(json!(names.iter().take(2).collect::<Vec<_>>())))
}

fn day(example: &str) -> (Value, Option<Value>) {
    (json!({ "type": "string", "format": "date" }), Some(json!(example)))
}

fn degrees(most: i32, example: f64) -> (Value, Option<Value>) {
    (json!({ "type": "number", "minimum": -most, "maximum": most }), Some(json!(example)))
}

fn sort_words(resource: &Resource) -> Value {
    let names = sort_names(resource);
    let words: Vec<_> = names.iter().flat_map(|name| [name.clone(), format!("-{name}")]).collect();
    json!({ "type": "string", "enum": words })
}

fn list_of(items: &Value) -> Value {
    json!({ "type": "array", "items": items, "minItems": 1 })
}

fn filter_schema(
    parameter: &Parameter,
    resource: &Resource,
    column: &Column,
    op: Op,
) -> (Value, Option<Value>) {
    if op == Op::IsNull {
        return (json!({ "type": "boolean" }), Some(json!(true)));
    }
    let mut one = value_schema(column.ty);
    if one.get("minLength").is_some() {
        let whole = !op.takes_several() || parameter.is_free_text();
        one["pattern"] = json!(if whole { TEXT } else { CODE });
    }
    let example = match column.ty {
        ColumnType::TextList | ColumnType::Object => json!("Franklin"),
        ColumnType::Text
        | ColumnType::Word(_)
        | ColumnType::Integer
        | ColumnType::Real
        | ColumnType::Boolean
        | ColumnType::Date
        | ColumnType::Instant => example::value(resource, column),
    };
    if op.takes_several() { (list_of(&one), Some(json!([example]))) } else { (one, Some(example)) }
}

/// The schema of a value a column is compared with; of a list or an object it is a text in it.
fn value_schema(ty: ColumnType) -> Value {
    match ty {
        ColumnType::Text | ColumnType::TextList | ColumnType::Object => {
            json!({ "type": "string", "minLength": 1 })
        }
        ColumnType::Word(words) => json!({ "type": "string", "enum": words }),
        ColumnType::Integer => json!({ "type": "integer", "format": "int64" }),
        ColumnType::Real => json!({ "type": "number", "format": "double" }),
        ColumnType::Boolean => json!({ "type": "boolean" }),
        ColumnType::Date => json!({ "type": "string", "format": "date" }),
        ColumnType::Instant => json!({ "type": "string", "format": "date-time" }),
    }
}
