//! What an operation may answer, and with which headers, for the `OpenAPI` document.

use serde_json::{Map, Value, json};

use super::endpoint::{self, Answers, Base, Endpoint};
use super::form::Form;
use super::named::Named;
use super::parameter::Kind;

/// Headers that are told once: name, meaning, an example.
const HEADERS: &[(&str, &str, &str)] = &[
    ("Accept-Ranges", "That parts can be asked for.", "bytes"),
    ("Allow", "The methods there are.", "GET, HEAD, OPTIONS"),
    (
        "Content-Disposition",
        "A name for the file; absent where the answer is JSON.",
        "attachment; filename=\"agencies-2026-11-24.1.csv\"",
    ),
    (
        "Content-Location",
        "The same answer by the name of its release and form; absent where the request named it.",
        "/v1/releases/2026-11-24.1/agencies",
    ),
    ("Content-Range", "The part that is sent, and the size of the file.", "bytes 0-99/2048"),
    ("Dataset-Release", "The release the answer is about.", "2026-11-24.1"),
    ("Dataset-Total", "Records that fit, on all pages.", "2411"),
    (
        "Dataset-Uncertain-Excluded",
        "Records left out because a date they would be judged by is not known.",
        "0",
    ),
    ("ETag", "The version of the answer, for `If-None-Match`.", "W/\"c29tZXRoaW5n\""),
    (
        "Last-Modified",
        "When the release was published, for `If-Modified-Since`; absent where the request did not \
         name the release.",
        "Tue, 24 Nov 2026 06:00:00 GMT",
    ),
    (
        "Link",
        "The next page (`next`), this answer for ever (`canonical`), the same in other releases \
         (`latest-version`, `predecessor-version`), the manifest, this document and the licence.",
        "</v1/releases/2026-11-24.1/agencies>; rel=\"canonical\"",
    ),
    ("Location", "Where it is.", "/v1/agencies/agy_0123456789"),
    (
        "Memento-Datetime",
        "The state it shows: when the release was published; absent where the request did not name \
         the release.",
        "Tue, 24 Nov 2026 06:00:00 GMT",
    ),
    (
        "RateLimit",
        "Requests left to the client's address (`r`), and seconds until all of them are back (`t`); \
         absent where nothing is counted.",
        "\"default\";r=99;t=1",
    ),
    (
        "RateLimit-Policy",
        "Requests a client's address may make at once (`q`), and seconds after which that many are \
         there again (`w`); absent where nothing is counted.",
        "\"default\";q=100;w=10",
    ),
    (
        "Repr-Digest",
        "The hash of the whole file.",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    ),
    ("Request-Id", "The name of the request in the server's log.", "1f2e3d4c-00000001"),
    ("Retry-After", "Seconds after which it is worth asking again.", "30"),
];

/// Headers of every answer.
const ALWAYS: &[&str] = &["Request-Id"];

/// Headers of every answer to a request that is counted: to all but those of supervisors.
const COUNTED: &[&str] = &["RateLimit", "RateLimit-Policy"];

/// Headers of an answer that asks to wait.
const WAIT: &[&str] = &["Dataset-Release", "Retry-After"];

/// What is told once and may happen to several operations: status, name, meaning, headers beside
/// those of every answer, whether it is a problem document.
const SHARED: &[(&str, &str, &str, &[&str], bool)] = &[
    ("304", "NotModified", "The client has it already.", &["Dataset-Release", "ETag"], false),
    ("307", "Moved", "It is at another address.", &["Dataset-Release", "Location"], false),
    ("308", "Moved", "It is at another address.", &["Dataset-Release", "Location"], false),
    ("405", "MethodNotAllowed", "The service is read only.", &["Allow"], true),
    ("413", "PayloadTooLarge", "No endpoint reads a request body.", &[], true),
    ("416", "RangeNotSatisfiable", "The file ends before that part.", &["Content-Range"], true),
    ("429", "RateLimited", "Too many requests from one address.", WAIT, true),
    ("503", "Unavailable", "It cannot be answered now.", WAIT, true),
];

/// The responses of an operation.
pub(super) fn of(endpoint: &Endpoint) -> Value {
    let answers = &endpoint.answers;
    let content = content(endpoint);
    let answer = |description: &str, part: &[&str]| {
        let mut names = own_headers(endpoint);
        names.extend_from_slice(part);
        json!({
            "description": description, "headers": references(&names), "content": content.clone(),
        })
    };
    let mut responses = Map::new();
    responses.insert("200".to_owned(), answer(&answers.description, &[]));
    for status in statuses(endpoint) {
        let response = match status.as_str() {
            "206" => answer("A part of it.", &["Content-Range"]),
            status => {
                let shared = SHARED.iter().find(|(known, ..)| *known == status);
                let name = shared.map_or("Problem", |(_, name, ..)| name);
                json!({ "$ref": format!("#/components/responses/{name}") })
            }
        };
        responses.insert(status, response);
    }
    responses.sort_keys();
    Value::Object(responses)
}

/// What an operation answers, by media type.
fn content(endpoint: &Endpoint) -> Map<String, Value> {
    let answers = &endpoint.answers;
    let media = |schema: Value, example: Option<Value>| {
        let mut media = json!({ "schema": schema });
        if let Some(example) = example {
            media["example"] = example;
        }
        media
    };
    let whole = media(answers.schema.clone(), answers.example.clone());
    let mut content = Map::from_iter([(answers.media_type.to_owned(), whole)]);
    for form in endpoint.forms() {
        let (schema, example) = match form {
            Form::Json => continue,
            Form::Csv => (json!({ "type": "string" }), csv_example(answers)),
            Form::Ndjson => {
                let line = first_row(answers).map(|row| Value::String(format!("{row}\n")));
                (json!({ "type": "string" }), line)
            }
            Form::GeoJson => {
                let resource = endpoint.resource.map_or("", |resource| resource.schema);
                let schema = format!("#/components/schemas/{resource}Features");
                (json!({ "$ref": schema }), collection_example(answers))
            }
        };
        content.insert(form.essence().to_owned(), media(schema, example));
    }
    content
}

/// The first row of the example of a page.
fn first_row(answers: &Answers) -> Option<&Value> {
    answers.example.as_ref()?.pointer("/data/0")
}

fn csv_example(answers: &Answers) -> Option<Value> {
    let row = first_row(answers)?.as_object()?;
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) if !text.contains(['"', ',', '\n']) => text.clone(),
        Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => {
            format!("\"{}\"", value.to_string().replace('"', "\"\""))
        }
    };
    let names: Vec<_> = row.keys().map(String::as_str).collect();
    let cells: Vec<_> = row.values().map(cell).collect();
    Some(json!(format!("{}\n{}\n", names.join(","), cells.join(","))))
}

fn collection_example(answers: &Answers) -> Option<Value> {
    let row = first_row(answers)?;
    let meta = &answers.example.as_ref()?["meta"];
    let geometry = match (&row["lon"], &row["lat"]) {
        (Value::Null, _) | (_, Value::Null) => json!(null),
        (lon, lat) => json!({ "type": "Point", "coordinates": [lon, lat] }),
    };
    Some(json!({
        "type": "FeatureCollection",
        "meta": {
            "release": meta["release"], "schema_version": meta["schema_version"],
            "total": meta["total"], "uncertain_excluded": meta["uncertain_excluded"],
        },
        "features": [{
            "type": "Feature", "id": row["id"], "geometry": geometry, "properties": row,
        }],
    }))
}

/// Statuses of an operation other than 200: its own, and those that any request can meet.
fn statuses(endpoint: &Endpoint) -> Vec<String> {
    let mut statuses: Vec<String> = endpoint.answers.also.iter().map(u16::to_string).collect();
    let any = ["304", "400", "405", "413", "414", "4XX", "5XX"];
    statuses.extend(any.map(str::to_owned));
    let gone = "410".to_owned();
    if names_release(endpoint) && !statuses.contains(&gone) {
        statuses.push(gone);
    }
    if !endpoint::is_for_supervisors(&endpoint.path) {
        statuses.push("429".to_owned());
        // Any may be asked of a server that has too much to do.
        if !endpoint.answers.also.contains(&503) {
            statuses.push("503".to_owned());
        }
    }
    if !endpoint.forms().is_empty() {
        statuses.push("406".to_owned());
    }
    statuses
}

/// Whether the address can name a release, which may have been taken back.
fn names_release(endpoint: &Endpoint) -> bool {
    endpoint.base == Base::Release
        || endpoint.segments.iter().any(|segment| segment.name == "release")
        || endpoint.parameters.iter().any(|parameter| is_release(parameter.kind))
}

/// Headers of the answer that an operation gives when all is well.
fn own_headers(endpoint: &Endpoint) -> Vec<&'static str> {
    let mut names = ALWAYS.to_vec();
    if !endpoint::is_for_supervisors(&endpoint.path) {
        names.extend(COUNTED);
        names.push("ETag");
    }
    if names_release(endpoint) {
        names.extend(["Dataset-Release", "Last-Modified", "Memento-Datetime"]);
        let is_file = endpoint.segments.iter().any(|segment| segment.name == "file");
        names.extend::<&[&str]>(match endpoint.base {
            Base::Release | Base::Api => &["Content-Location", "Link"],
            Base::Root if is_file => &["Accept-Ranges", "Repr-Digest"],
            Base::Root | Base::Site => &[],
        });
    }
    if endpoint.path.ends_with("/api-catalog") || endpoint.path.starts_with("/feeds/") {
        names.push("Link");
    }
    let counts = |kind| matches!(kind, Kind::Limit | Kind::By(_) | Kind::MayBy(_));
    if endpoint.parameters.iter().any(|parameter| counts(parameter.kind)) {
        names.extend(["Dataset-Total", "Dataset-Uncertain-Excluded"]);
    }
    if endpoint.forms().len() > 1 {
        names.push("Content-Disposition");
    }
    names
}

/// Whether a parameter names the release the answer is about.
fn is_release(kind: Kind) -> bool {
    matches!(kind, Kind::Named(Named::To))
}

/// Responses that are told once.
pub(super) fn shared() -> Value {
    let mut responses = Map::new();
    let problem =
        ("", "Problem", "It failed; the document says why.", &["Dataset-Release"][..], true);
    for (_, name, description, own, failed) in SHARED.iter().chain([&problem]) {
        let names = [ALWAYS, COUNTED, own].concat();
        let mut response = json!({ "description": description, "headers": references(&names) });
        if *failed {
            response["content"] = problem_content();
        }
        responses.insert((*name).to_owned(), response);
    }
    responses.sort_keys();
    Value::Object(responses)
}

fn problem_content() -> Value {
    json!({ "application/problem+json": {
        "schema": { "$ref": "#/components/schemas/ProblemDocument" },
        "example": {
            "type": "/problems/invalid-parameter", "title": "Invalid query parameter",
            "status": 400, "code": "invalid_parameter",
            "detail": "'sate' is not a parameter of GET /v1/agencies",
            "instance": "/v1/agencies?sate=CA",
            "errors": [{
                "parameter": "sate", "code": "unknown_parameter",
                "detail": "unknown parameter", "did_you_mean": "state", "allowed": ["state"],
            }],
        },
    } })
}

/// Headers that are told once.
pub(super) fn headers() -> Value {
    let header = |(name, description, example): &(&str, &str, &str)| {
        let schema = json!({ "type": "string" });
        let header = json!({ "description": description, "schema": schema, "example": example });
        ((*name).to_owned(), header)
    };
    Value::Object(HEADERS.iter().map(header).collect())
}

fn references(names: &[&str]) -> Value {
    let reference = |name: &&str| {
        ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))
    };
    let mut headers: Map<_, _> = names.iter().map(reference).collect();
    headers.sort_keys();
    Value::Object(headers)
}
