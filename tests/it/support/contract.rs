//! Judges every answer of the tests by the committed OpenAPI document: status, headers, parameters,
//! body.
//!
//! Stricter than a schema: a key, column or header that is not documented is a fault, too.

use std::sync::LazyLock;

use porchlight::record::ReleaseId;
use reqwest::Method;
use serde_json::Value;

use crate::support::app::Got;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../openapi/openapi.json")).unwrap());

/// Headers that are so common, or so much the same everywhere, that the document does not name
/// them.
const UNNAMED: &[&str] = &[
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
    "x-frame-options",
];

/// The committed document.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// What a part of the document is, or what it refers to.
pub(crate) fn resolved(part: &'static Value) -> &'static Value {
    match part["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

/// An operation of the document and the names of its query parameters.
struct Operation {
    pattern: &'static str,
    of: &'static Value,
}

impl Operation {
    /// The operation at a path, which may have a suffix or a slash at its end.
    fn at(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let bare = ["json", "csv", "ndjson", "geojson"]
            .iter()
            .find_map(|suffix| path.strip_suffix(suffix).and_then(|path| path.strip_suffix('.')));
        let below = |path: &str, server: &str| match server {
            "/" => Some(path.to_owned()),
            "/v1" => path.strip_prefix("/v1").map(str::to_owned),
            _ => {
                let rest = path.strip_prefix("/v1/releases/")?;
                rest.split_once('/').map(|(_, below)| format!("/{below}"))
            }
        };
        let mut best: Option<(Vec<bool>, Self)> = None;
        for (pattern, item) in DOCUMENT["paths"].as_object().unwrap() {
            let servers = item["servers"].as_array().or(DOCUMENT["servers"].as_array()).unwrap();
            let servers = servers.iter().filter_map(|server| server["url"].as_str());
            let fits = servers.filter(|server| {
                let asked = [Some(path), bare.filter(|_| *server != "/")].into_iter().flatten();
                asked.filter_map(|path| below(path, server)).any(|path| fits(pattern, &path))
            });
            // The one with more of its words in front is meant.
            let varying: Vec<_> = pattern.split('/').map(|part| part.starts_with('{')).collect();
            if fits.count() > 0 && best.as_ref().is_none_or(|(best, _)| varying < *best) {
                best = Some((varying, Self { pattern, of: &item["get"] }));
            }
        }
        best.map(|(_, operation)| operation)
    }

    /// What is documented for a status.
    fn response(&self, status: u16) -> Option<&'static Value> {
        let responses = &self.of["responses"];
        let any = format!("{}XX", status / 100);
        responses.get(status.to_string()).or_else(|| responses.get(any)).map(resolved)
    }

    fn has_parameter(&self, name: &str) -> bool {
        let parameters = self.of["parameters"].as_array().into_iter().flatten();
        let mut query = parameters.map(resolved).filter(|parameter| parameter["in"] == "query");
        query.any(|parameter| parameter["name"] == name)
    }

    /// The schema of one of the rows that its JSON holds.
    fn row(&self) -> &'static Value {
        let page = resolved(&self.of["responses"]["200"]["content"]["application/json"]["schema"]);
        resolved(&page["properties"]["data"]["items"])
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let same = |(part, segment): (&&str, &&str)| part.starts_with('{') || part == segment;
    pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
}

/// Whether a path is that of the pages for people, which are no part of the API.
fn is_of_the_site(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let pages = [
        "",
        "about",
        "agencies",
        "assets",
        "charts",
        "compare",
        "corrections",
        "disclosures",
        "embed",
        "events",
        "map",
        "partnerships",
        "places",
        "releases",
        "search",
        "sources",
        "totals",
    ];
    pages.contains(&first)
}

/// Panics where an answer is not what the document promises for its address.
pub(crate) fn check(method: &Method, address: &str, got: &Got) {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut faults = Vec::new();
    match *method {
        Method::OPTIONS => {
            judge_status(&[204, 429], got, &mut faults);
        }
        Method::GET | Method::HEAD => match Operation::at(path) {
            Some(operation) => judge_answer(&operation, address, query, got, &mut faults),
            None if is_of_the_site(path) => {}
            None if got.status < 400 => faults.push("is not documented".to_owned()),
            None => {}
        },
        _ => judge_status(&[400, 405, 413, 414, 429], got, &mut faults),
    }
    if got.status >= 400 && *method != Method::HEAD && got.header("content-encoding").is_empty() {
        if got.header("content-type") == "application/problem+json" {
            judge(
                &DOCUMENT["components"]["schemas"]["ProblemDocument"],
                &got.json(),
                "",
                &mut faults,
            );
        } else if got.header("content-type") != "text/html; charset=utf-8"
            || path.starts_with("/v1")
        {
            // Beside the API a browser is told in a page.
            faults.push("a failure that is no problem document".to_owned());
        }
    }
    for name in got.names() {
        let named = DOCUMENT["components"]["headers"].as_object().unwrap();
        if !UNNAMED.contains(&name) && !named.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            faults.push(format!("header {name} is not documented"));
        }
    }
    let status = got.status;
    let body = String::from_utf8_lossy(&got.body);
    let body: String = body.chars().take(10_000).collect();
    assert!(faults.is_empty(), "{method} {address} ({status}):\n{}\n{body}", faults.join("\n"));
}

fn judge_status(allowed: &[u16], got: &Got, faults: &mut Vec<String>) {
    if !allowed.contains(&got.status) {
        faults.push(format!("status {} is none of {allowed:?}", got.status));
    }
}

fn judge_answer(
    operation: &Operation,
    address: &str,
    query: &str,
    got: &Got,
    faults: &mut Vec<String>,
) {
    let Some(response) = operation.response(got.status) else {
        return faults.push("the status is not documented".to_owned());
    };
    judge_headers(operation, response, address, got, faults);
    if got.status < 300 || got.status == 304 {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or_default();
            if !name.starts_with("utm_") && !operation.has_parameter(name) {
                faults.push(format!("parameter {name} is taken and not documented"));
            }
        }
    }
    if got.status != 200 {
        return;
    }
    let media_type = got.header("content-type");
    let essence = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
    let content = response["content"].as_object().unwrap();
    let any = ["application/octet-stream", "*/*"];
    let media = content.iter().find(|(documented, _)| {
        essence(documented) == essence(media_type) || any.contains(&documented.as_str())
    });
    let Some((documented, media)) = media else {
        return faults.push(format!("{media_type} is not documented"));
    };
    let plain = got.header("content-encoding").is_empty();
    if got.body.is_empty() || !plain || any.contains(&documented.as_str()) {
        return;
    }
    match essence(media_type).as_str() {
        "application/x-ndjson" => {
            for (number, line) in got.body.split(|byte| *byte == b'\n').enumerate() {
                let Ok(row) = serde_json::from_slice(line) else {
                    if !line.is_empty() {
                        faults.push(format!("line {number} is no JSON"));
                    }
                    continue;
                };
                judge(operation.row(), &row, &format!("line {number}"), faults);
            }
        }
        "text/csv" => judge_header(operation, query, &got.body, faults),
        json if json.ends_with("json") => judge(&media["schema"], &got.json(), "", faults),
        _ => {}
    }
}

/// Whether an address names its release exactly, so that its answer holds for ever.
fn is_pinned(address: &str) -> bool {
    let named = ["/v1/releases/", "/data/"].iter().find_map(|base| address.strip_prefix(base));
    let name = named.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    name.strip_suffix(".json").unwrap_or(name).parse::<ReleaseId>().is_ok()
}

/// Every header the document names is there, unless it says when it is not.
fn judge_headers(
    operation: &Operation,
    response: &'static Value,
    address: &str,
    got: &Got,
    faults: &mut Vec<String>,
) {
    let success = got.status < 300;
    let pinned = is_pinned(address);
    let compared = operation.pattern == "/changes";
    for (name, _) in response["headers"].as_object().into_iter().flatten() {
        let is_there = !got.header(name).is_empty();
        let expected = match name.as_str() {
            "Content-Disposition" => Some(got.header("content-type") != "application/json"),
            "Content-Location" if pinned || compared => None,
            "Last-Modified" | "Memento-Datetime" if compared => None,
            "Last-Modified" | "Memento-Datetime" => Some(pinned),
            // Where nothing is counted there is neither; where one is, the other is.
            "RateLimit" | "RateLimit-Policy" => Some(!got.header("ratelimit").is_empty()),
            "Dataset-Release" if !success => None,
            _ => Some(true),
        };
        if expected.is_some_and(|expected| expected != is_there) {
            let what = if is_there { "is there" } else { "is missing" };
            faults.push(format!("header {name} {what}"));
        }
    }
    if !success {
        return;
    }
    let own = ["ETag", "Link", "Content-Location", "Dataset-Release", "Dataset-Total", "Location"];
    for name in own {
        if !got.header(name).is_empty() && response["headers"].get(name).is_none() {
            faults.push(format!("header {name} is not documented for {}", got.status));
        }
    }
}

/// The names in a table are those of the fields, in their order: all of them, unless the query
/// chooses.
fn judge_header(operation: &Operation, query: &str, body: &[u8], faults: &mut Vec<String>) {
    let text = String::from_utf8_lossy(body);
    let line = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().to_owned();
    let names: Vec<_> = line.split(',').collect();
    let row = operation.row();
    let whole = resolved(row["anyOf"].get(0).unwrap_or(row));
    let known = whole["properties"].as_object().unwrap();
    let required = whole["required"].as_array().unwrap().iter().filter_map(Value::as_str);
    let chosen = query.split('&').any(|pair| pair.starts_with("fields="));
    let missing = required.filter(|name| !chosen && !names.contains(name));
    faults.extend(missing.map(|name| format!("column {name} is missing")));
    let unknown = names.iter().filter(|name| !known.contains_key(**name));
    faults.extend(unknown.map(|name| format!("column {name} is not documented")));
    // What rows are counted by stands in the order of `by`.
    if row.get("anyOf").is_some() {
        let order = known.keys().filter(|name| names.contains(&name.as_str()));
        if !order.eq(names.iter()) {
            faults.push(format!("the columns are in another order: {line}"));
        }
    }
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
    let problem = br#"{"type":"/problems/not-found","title":"Not found","status":404,
        "code":"not_found","detail":"x","instance":"/"}"#;
    let id = ("request-id", "1");
    let json = ("content-type", "application/json");
    let refused = ("content-type", "application/problem+json");
    let table = [
        ("content-type", "text/csv"),
        ("content-disposition", "x"),
        ("content-location", "x"),
        ("dataset-release", "x"),
        ("dataset-total", "0"),
        ("dataset-uncertain-excluded", "0"),
        ("etag", "x"),
        ("link", "x"),
        id,
    ];
    let live = "/health/live";
    let ok = br#"{"status":"ok"}"#;
    let got = |status, headers: &[(&str, &str)], body: &[u8]| Got::of(status, headers, body);
    let vendors =
        "id,name,parent,homepage,aliases,first_release,last_changed_release,evidence_count";
    check(&Method::GET, live, &got(200, &[id, json], ok));
    check(&Method::GET, live, &got(404, &[id, refused], problem));
    check(&Method::GET, "/v1/vendors.csv", &got(200, &table, vendors.as_bytes()));
    check(&Method::GET, "/v1/vendors.csv?fields=name", &got(200, &table, b"id,name\n"));
    for (address, bad) in [
        (live, got(200, &[id, json], b"{}")),
        (live, got(200, &[id, json], br#"{"status":3}"#)),
        (live, got(200, &[id, json], br#"{"status":"ok","extra":1}"#)),
        (live, got(200, &[json], ok)),
        (live, got(200, &[id, json, ("request-idd", "1")], ok)),
        (live, got(200, &[id, json, ("etag", "x")], ok)),
        (live, got(200, &[id, ("content-type", "text/html")], ok)),
        (live, got(201, &[id, json], ok)),
        ("/health/live?x=y", got(200, &[id, json], ok)),
        ("/nowhere", got(200, &[id, json], ok)),
        (live, got(404, &[id, json], problem)),
        (live, got(404, &[id, refused], ok)),
        ("/v1/vendors.csv", got(200, &table, b"id,name\n")),
        ("/v1/vendors.csv?fields=name", got(200, &table, b"name,id\n")),
        ("/v1/vendors.csv?fields=name", got(200, &table, b"id,nome\n")),
        ("/v1/vendors.csv", got(200, &table[1..], vendors.as_bytes())),
    ] {
        let caught = std::panic::catch_unwind(|| check(&Method::GET, address, &bad));
        assert!(caught.is_err(), "{address} {}", String::from_utf8_lossy(&bad.body));
    }
}
