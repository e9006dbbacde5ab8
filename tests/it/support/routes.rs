//! Every route of the OpenAPI document, and releases in which all its examples are real.

use porchlight::record::{Cell, Column, ColumnType, RESOURCES, Resource, SubjectType};
use serde_json::{Value, json};

use crate::support::contract::{document, resolved};
use crate::support::release::ReleaseBuilder;

/// The release the examples of the document speak of, and the one before.
pub(crate) const RELEASE: &str = "2026-11-24.1";
pub(crate) const EARLIER: &str = "2026-11-23.1";

/// Records of every resource beside the example: one that stays, one that is new in the newest
/// release, and those that were merged into the example, and withdrawn, in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Example,
    Other,
    New,
    Merged,
    Withdrawn,
}

/// An address of the document, made real.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// Its path in the document.
    pub(crate) pattern: &'static str,
    pub(crate) operation: &'static Value,
    /// What stands before the pattern: empty, `/v1`, or the path of a release.
    pub(crate) base: String,
    /// Its path, the examples of the document in the place of what varies.
    pub(crate) path: String,
}

impl Route {
    /// Every route, those of a release under this base.
    fn below(release_base: &str) -> Vec<Self> {
        let paths = document()["paths"].as_object().unwrap();
        let route = |(pattern, item): (&'static String, &'static Value)| {
            let base = match item["servers"][0]["url"].as_str() {
                None => release_base,
                Some("/") => "",
                Some(base) => base,
            };
            let operation = &item["get"];
            let route = Self { pattern, operation, base: base.to_owned(), path: String::new() };
            Self { path: route.with(None), ..route }
        };
        paths.iter().map(route).collect()
    }

    /// Every route, those of a release for the newest and for a named one.
    pub(crate) fn all() -> Vec<Self> {
        let pinned = Self::below(&format!("/v1/releases/{RELEASE}"));
        let pinned = pinned.into_iter().filter(|route| route.base.contains("releases"));
        Self::below("/v1").into_iter().chain(pinned).collect()
    }

    /// The routes of a release, for a release that is called like this.
    pub(crate) fn of_release(name: &str) -> Vec<Self> {
        let base = format!("/v1/releases/{name}");
        let mut routes = Self::below(&base);
        routes.retain(|route| route.base == base);
        routes
    }

    /// The path with another value in its last varying segment.
    pub(crate) fn with(&self, last: Option<&str>) -> String {
        let parameters: Vec<_> = self.parameters("path");
        let mut path = format!("{}{}", self.base, self.pattern);
        for (number, parameter) in parameters.iter().enumerate() {
            let name = parameter["name"].as_str().unwrap();
            let example = parameter["example"].as_str().unwrap();
            let value = last.filter(|_| number + 1 == parameters.len()).unwrap_or(example);
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path
    }

    /// Its parameters that stand in the path or in the query.
    pub(crate) fn parameters(&self, place: &str) -> Vec<&'static Value> {
        let all = self.operation["parameters"].as_array().into_iter().flatten().map(resolved);
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.parameters("query").iter().any(|parameter| parameter["name"] == name)
    }

    /// The path with a query that is enough for an answer, and this.
    pub(crate) fn asking(&self, query: &str) -> String {
        with_query(&self.path, &[self.least(query), query.to_owned()])
    }

    /// The same in another form.
    pub(crate) fn in_form(&self, suffix: &str, query: &str) -> String {
        let path = format!("{}.{suffix}", self.path);
        with_query(&path, &[self.least(query), query.to_owned()])
    }

    /// What must be asked for there to be an answer.
    fn least(&self, query: &str) -> String {
        let by = self.parameters("query").into_iter().find(|parameter| parameter["name"] == "by");
        let asked = query.starts_with("by=") || query.contains("&by=");
        // A timeline need not be divided.
        let by = by.filter(|_| !asked && self.pattern.ends_with("/counts"));
        by.map_or(String::new(), |by| format!("by={}", written(&by["example"])))
    }

    /// The suffixes of the forms it has; none where it has the one form it has.
    pub(crate) fn suffixes(&self) -> Vec<(&'static str, &'static str)> {
        if self.base.is_empty() {
            return Vec::new();
        }
        let content = self.operation["responses"]["200"]["content"].as_object().unwrap();
        let known = [
            ("json", "application/json"),
            ("csv", "text/csv"),
            ("ndjson", "application/x-ndjson"),
            ("geojson", "application/geo+json"),
        ];
        known.into_iter().filter(|(_, media_type)| content.contains_key(*media_type)).collect()
    }

    /// Whether an answer is documented with this header.
    pub(crate) fn tells(&self, header: &str) -> bool {
        self.operation["responses"]["200"]["headers"].get(header).is_some()
    }

    pub(crate) fn documents(&self, status: &str) -> bool {
        self.operation["responses"].get(status).is_some()
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.path.contains(&format!("/{RELEASE}"))
    }

    /// Whether it is a page for people, which links to more than its release.
    pub(crate) fn is_page(&self) -> bool {
        self.operation["responses"]["200"]["content"].get("text/html; charset=utf-8").is_some()
    }

    pub(crate) fn is_file(&self) -> bool {
        self.path.starts_with("/data/") && self.pattern.ends_with("/{file}")
    }

    /// Whether two answers differ because the first was counted.
    pub(crate) fn counts_itself(&self) -> bool {
        self.path == "/metrics"
    }

    /// Whether it is asked by whoever supervises the service: as of now, and not counted.
    pub(crate) fn is_health(&self) -> bool {
        self.path.starts_with("/health/") || self.counts_itself()
    }

    /// The resource whose records its first varying segment names.
    pub(crate) fn names_record(&self) -> Option<&'static Resource> {
        let (table, below) = self.pattern.trim_start_matches('/').split_once('/')?;
        Resource::of_table(table).filter(|_| below.starts_with("{id}"))
    }
}

fn with_query(path: &str, parts: &[String]) -> String {
    let query: Vec<_> = parts.iter().filter(|part| !part.is_empty()).cloned().collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// An example of the document as it is written in a query.
pub(crate) fn written(example: &Value) -> String {
    let text = match example {
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => example.to_string(),
    };
    text.replace(' ', "%20")
}

/// The id of a record of a resource.
pub(crate) fn id_of(resource: &Resource, which: Which) -> String {
    let item = &document()["paths"][format!("/{}/{{id}}", resource.table)]["get"];
    let parameters = item["parameters"].as_array().unwrap().iter().map(resolved);
    let mut examples = parameters.filter_map(|parameter| parameter["example"].as_str());
    let example = examples.next().unwrap();
    if which == Which::Example {
        return example.to_owned();
    }
    let letter = match which {
        Which::Example | Which::Other => "za",
        Which::New => "zb",
        Which::Merged => "zc",
        Which::Withdrawn => "zd",
    };
    if example.as_bytes().get(3) == Some(&b'_') {
        format!("{}{letter}", &example[..example.len() - 2])
    } else {
        format!("{example}-{letter}")
    }
}

/// The example of a resource in the document, as the cells of a row.
fn cells(resource: &Resource, which: Which) -> Vec<Cell> {
    let responses = &document()["paths"][format!("/{}", resource.table)]["get"]["responses"];
    let example = &responses["200"]["content"]["application/json"]["example"]["data"][0];
    let cell = |column: &Column| match column.name {
        "id" => Cell::Text(id_of(resource, which)),
        "ori" | "fdid" if which == Which::Example => {
            let item = &document()["paths"][format!("/agencies/by/{}/{{value}}", column.name)];
            let example = &resolved(&item["get"]["parameters"][0])["example"];
            Cell::Text(example.as_str().unwrap().to_owned())
        }
        "name" => Cell::Text(format!("Springfield {which:?}")),
        "first_release" if which != Which::New => Cell::Text(EARLIER.to_owned()),
        _ if column.nullable && which == Which::Other => Cell::Null,
        name => match (&example[name], column.ty) {
            (Value::Null, _) => Cell::Null,
            (Value::Bool(truth), _) => Cell::Integer(i64::from(*truth)),
            (number, ColumnType::Integer) => Cell::Integer(number.as_i64().unwrap()),
            (number, ColumnType::Real) => Cell::Real(number.as_f64().unwrap()),
            (Value::String(text), _) => Cell::Text(text.clone()),
            (other, _) => Cell::Text(other.to_string()),
        },
    };
    resource.columns.iter().map(cell).collect()
}

/// Two pieces of evidence for the example of every resource of which there can be some.
fn evidence() -> Vec<(String, Vec<Cell>)> {
    let evidence = Resource::of_table("evidence").unwrap();
    let mut rows = Vec::new();
    for resource in RESOURCES {
        let snake = |(at, letter): (usize, char)| {
            let bar = (at > 0 && letter.is_uppercase()).then_some('_');
            bar.into_iter().chain(std::iter::once(letter.to_ascii_lowercase()))
        };
        let word: String = resource.schema.char_indices().flat_map(snake).collect();
        if !SubjectType::WORDS.contains(&word.as_str()) {
            continue;
        }
        for number in 0..2 {
            let id = format!("evd_{:0>10}", format!("{}{number}", rows.len()));
            let mut row = cells(evidence, Which::New);
            for (column, cell) in evidence.columns.iter().zip(&mut row) {
                match column.name {
                    "id" => *cell = Cell::Text(id.clone()),
                    "subject_type" => *cell = Cell::Text(word.clone()),
                    "subject_id" => *cell = Cell::Text(id_of(resource, Which::Example)),
                    _ => {}
                }
            }
            rows.push((id, row));
        }
    }
    rows
}

/// Some public key.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// Two releases in which every example of the document is real.
pub(crate) fn releases() -> [ReleaseBuilder; 2] {
    let file = || b"id,name\n".to_vec();
    let mut earlier = ReleaseBuilder::new(EARLIER).file("agencies.csv", "text/csv", file());
    let newest = ReleaseBuilder::new(RELEASE).after(EARLIER).signed(KEY);
    let mut newest = newest.file("agencies.csv", "text/csv", file());
    for (id, row) in evidence() {
        let evidence = Resource::of_table("evidence").unwrap();
        earlier = earlier.row(evidence, &id, row.clone());
        newest = newest.row(evidence, &id, row);
    }
    for resource in RESOURCES {
        let row = |which| (id_of(resource, which), cells(resource, which));
        for which in [Which::Example, Which::Other, Which::Merged, Which::Withdrawn] {
            let (id, cells) = row(which);
            earlier = earlier.row(resource, &id, cells);
        }
        for which in [Which::Example, Which::Other, Which::New] {
            let (id, cells) = row(which);
            newest = newest.row(resource, &id, cells);
        }
        let table = resource.table;
        let [merged, withdrawn, new] =
            [Which::Merged, Which::Withdrawn, Which::New].map(|which| id_of(resource, which));
        newest = newest
            .merged(table, &merged, &id_of(resource, Which::Example))
            .withdrawn(table, &withdrawn)
            .changed(RELEASE, (table, &new), ("added", "source_changed"), "{}")
            .changed(RELEASE, (table, &merged), ("withdrawn", "merge"), "{}")
            .changed(RELEASE, (table, &withdrawn), ("withdrawn", "withdrawal"), "{}");
    }
    [earlier, newest]
}

/// Values that a parameter with this schema does not take.
pub(crate) fn wrong_values(parameter: &Value) -> Vec<&'static str> {
    let schema = &parameter["schema"];
    let is_list = schema["type"] == "array";
    let single = if is_list { &schema["items"] } else { schema };
    let mut wrong = vec![""];
    if single["enum"].is_array() {
        wrong.extend(["nonsense", "%F0%9F%9A%A8", "-", "-0"]);
    }
    match (single["type"].as_str(), single["format"].as_str()) {
        (Some("integer"), _) => {
            wrong.extend(["x", "1.5", "1e3", "0x10", "99999999999999999999999", "%E2%85%A4"]);
        }
        (Some("number"), _) => wrong.extend(["x", "NaN", "inf", "-inf", "1e999", "0x1p3"]),
        (Some("boolean"), _) => wrong.extend(["maybe", "1", "TRUE", "yes"]),
        (_, Some("date")) => {
            wrong.extend(["2021-02-30", "2021-6-1", "20210601", "yesterday"]);
            wrong.push("2021-06-01T00:00:00Z");
        }
        (_, Some("date-time")) => wrong.extend(["yesterday", "2021-06-01"]),
        _ => {}
    }
    if single["type"] == "number" && !is_list {
        wrong.push("1,5");
    }
    if is_list && schema["minItems"] == 4 {
        wrong.extend(["1,2,3", "1,2,3,4,5"]);
    }
    wrong
}

/// Values beyond what a parameter with this schema takes.
pub(crate) fn values_beyond(parameter: &Value) -> Vec<String> {
    let schema = &parameter["schema"];
    let mut beyond = Vec::new();
    if let Some(most) = schema["maximum"].as_f64() {
        beyond.push((most + 1.0).to_string());
    }
    if let Some(least) = schema["minimum"].as_f64() {
        beyond.push((least - 1.0).to_string());
    }
    if let Some(least) = schema["exclusiveMinimum"].as_f64() {
        beyond.push(least.to_string());
    }
    if let (Some(most), Some(words)) =
        (schema["maxItems"].as_u64(), schema["items"]["enum"].as_array())
    {
        let plain = words.iter().filter_map(Value::as_str).filter(|word| !word.starts_with('-'));
        let several: Vec<_> = plain.take(usize::try_from(most).unwrap() + 1).collect();
        if several.len() as u64 > most {
            beyond.push(several.join(","));
        }
    }
    if schema["type"] == "array" {
        let one = written(&json!([parameter["example"][0]]));
        let one = if one.len() > 6 { "a".to_owned() } else { one };
        beyond.push(vec![one.as_str(); 1001].join(","));
    }
    beyond
}
