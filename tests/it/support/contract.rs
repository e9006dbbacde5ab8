//! Judges every JSON answer of the tests by the OpenAPI document.
//!
//! Stricter than a schema: a key that is not documented is a fault, too.

use std::sync::LazyLock;

use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(porchlight::serve::openapi);

/// Panics where a JSON answer is not what the document promises for its address.
pub(crate) fn check(address: &str, status: u16, body: &Value) {
    check_form(address, status, "application/json", body);
}

/// The same for an answer of some media type, whose body is JSON.
pub(crate) fn check_form(address: &str, status: u16, media_type: &str, body: &Value) {
    let path = address.split('?').next().unwrap_or_default();
    let schema = if status >= 400 {
        &DOCUMENT["components"]["schemas"]["ProblemDocument"]
    } else {
        let Some(schema) = schema_of(path, media_type) else {
            // A file is what its release says it is.
            assert!(path.starts_with("/data/"), "{path} is not documented");
            return;
        };
        schema
    };
    let mut faults = Vec::new();
    judge(schema, body, "", &mut faults);
    assert!(faults.is_empty(), "{address} ({status}):\n{}\n{body:#}", faults.join("\n"));
}

/// The schema of the answer at a path.
fn schema_of(path: &str, media_type: &str) -> Option<&'static Value> {
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".geojson").unwrap_or(path);
    // A path of the document may end like this itself.
    let path =
        if path == "/openapi.json" { path } else { path.strip_suffix(".json").unwrap_or(path) };
    let below = path.strip_prefix("/v1").unwrap_or(path);
    let in_release = below
        .strip_prefix("/releases/")
        .and_then(|rest| rest.split_once('/').map(|(_, below)| format!("/{below}")));
    let fits = |pattern: &str, path: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) =
            (pattern.split('/').collect(), path.split('/').collect());
        let same = |(part, segment): (&&str, &&str)| part.starts_with('{') || part == segment;
        pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
    };
    let paths = DOCUMENT["paths"].as_object()?;
    let find = |path: &str| paths.iter().find(|(pattern, _)| fits(pattern, path));
    let (_, item) = find(below).or_else(|| find(&in_release?))?;
    item["get"]["responses"]["200"]["content"].get(media_type)?.get("schema")
}

fn judge(schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap();
        judge(target, value, at, faults);
        return;
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let fits = |choice: &Value| {
            let mut faults = Vec::new();
            judge(choice, value, at, &mut faults);
            faults.is_empty()
        };
        if !choices.iter().any(fits) {
            faults.push(format!("{at}: {value} fits none of its choices"));
        }
        return;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|ty| is(value, ty)) {
        faults.push(format!("{at}: {value} is not {}", types.join(" or ")));
    }
    if let Some(words) = schema["enum"].as_array()
        && !value.is_null()
        && !words.contains(value)
    {
        faults.push(format!("{at}: {value} is none of {words:?}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        judge(&schema["items"], item, &format!("{at}/{index}"), faults);
    }
    if let Some(object) = value.as_object() {
        judge_object(schema, object, at, faults);
    }
}

fn judge_object(
    schema: &Value,
    object: &serde_json::Map<String, Value>,
    at: &str,
    faults: &mut Vec<String>,
) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            faults.push(format!("{at}/{name} is missing"));
        }
    }
    let Some(properties) = schema["properties"].as_object() else {
        for (name, value) in object {
            if schema["additionalProperties"].is_object() {
                judge(&schema["additionalProperties"], value, &format!("{at}/{name}"), faults);
            }
        }
        return;
    };
    for (name, value) in object {
        match properties.get(name) {
            Some(property) => judge(property, value, &format!("{at}/{name}"), faults),
            None => faults.push(format!("{at}/{name} is not documented")),
        }
    }
}

fn is(value: &Value, ty: &str) -> bool {
    match ty {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("unknown type `{other}` in the document"),
    }
}

#[test]
fn the_judge_finds_what_is_wrong() {
    let good = serde_json::json!({ "status": "ok" });
    check("/health/live", 200, &good);
    for bad in [
        serde_json::json!({}),
        serde_json::json!({ "status": 3 }),
        serde_json::json!({ "status": "ok", "extra": 1 }),
    ] {
        let caught = std::panic::catch_unwind(|| check("/health/live", 200, &bad));
        assert!(caught.is_err(), "{bad}");
    }
}
