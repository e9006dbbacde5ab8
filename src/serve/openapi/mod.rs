//! The OpenAPI 3.1 document, made from the registry of endpoints and the records' schemas.

mod links;
mod parameters;
mod schemas;

use serde_json::{Map, Value, json};

use super::deprecation::{self, DEPRECATED};
use super::endpoint::{Base, ENDPOINTS, Endpoint, Segment, TAGS};
use super::headers::LICENCE_URL;
use super::responses;

/// The document as it is served and committed.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.base != Base::Site) {
        paths.insert(endpoint.path.clone(), path_item(endpoint));
    }
    let tags: Vec<_> =
        TAGS.iter().map(|(name, about)| json!({ "name": name, "description": about })).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Porchlight",
            "version": "1.0.0",
            "summary": "Which US police and fire departments are partners of home-surveillance \
                        vendors, and when footage was handed over.",
            "description": "Open data in immutable, dated releases. Every path stands under `/v1` \
                            (the newest release) and under `/v1/releases/{release}` (that release, \
                            for ever). Unknown is `null`, never absent. Where an answer has \
                            several forms, the suffix of the path (`.json`, `.csv`, `.ndjson`, \
                            `.geojson`) or `Accept` chooses; JSON comes in pages, the others \
                            hold all records that fit. Failures are RFC 9457 problem documents.",
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
            "schemas": schemas::all(), "parameters": parameters::all(), "responses": responses::shared(),
            "headers": responses::headers(),
        },
    });
    deprecation::mark(DEPRECATED, &mut document);
    document
}

/// The document in YAML. Every text is quoted: many readers take `yes` for a truth and `2021-06-01`
/// for a date, as YAML had it before 1.2.
pub(super) fn yaml() -> String {
    let options = serde_saphyr::ser_options! { quote_all: true };
    serde_saphyr::to_string_with_options(&document(), options)
        .expect("what has a JSON form has a YAML form")
}

fn path_item(endpoint: &Endpoint) -> Value {
    let segments = endpoint.segments.iter().map(path_parameter);
    let query = endpoint.parameters.iter().map(|parameter| {
        json!({ "$ref": format!("#/components/parameters/{}", parameters::name(parameter)) })
    });
    let all: Vec<_> = segments.chain(query).collect();
    let mut item = Map::new();
    match endpoint.base {
        Base::Release => {}
        Base::Api => {
            item.insert("servers".to_owned(), json!([{ "url": "/v1", "description": "The API." }]));
        }
        Base::Root | Base::Site => {
            let servers = json!([{ "url": "/", "description": "The host." }]);
            item.insert("servers".to_owned(), servers);
        }
    }
    let mut responses = responses::of(endpoint);
    let links = links::of(endpoint);
    if !links.is_empty() {
        responses["200"]["links"] = Value::Object(links);
    }
    item.insert(
        "get".to_owned(),
        json!({
            "operationId": endpoint.id,
            "summary": endpoint.summary,
            "description": endpoint.description,
            "tags": [endpoint.tag],
            "parameters": all,
            "responses": responses,
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
}
