//! What goes away, and how clients are told: RFC 9745, RFC 8594 and the `OpenAPI` document.
//!
//! docs/api-versioning.md says how long the notice is.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, LINK};
use chrono::{NaiveDate, NaiveTime};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::endpoint::Endpoint;
use super::headers::http_date;

/// That an operation, or one of its parameters, is deprecated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deprecation {
    /// The name of the operation in the document, such as `listAgencies`.
    pub(super) operation: &'static str,
    /// The query parameter; `None`: the operation itself.
    pub(super) parameter: Option<&'static str>,
    /// Since when.
    pub(super) since: NaiveDate,
    /// The first day on which it need not answer any more.
    pub(super) sunset: NaiveDate,
    /// What to use instead, as a sentence.
    pub(super) instead: &'static str,
}

/// What is deprecated. A line here is all it takes: answers and the document follow from it.
pub(super) const DEPRECATED: &[Deprecation] = &[];

impl Deprecation {
    fn words(&self) -> String {
        let Self { operation: _, parameter: _, since, sunset, instead } = self;
        format!("Deprecated since {since}; answers until {sunset} at least. {instead}")
    }

    /// Whether a request of this query uses what is deprecated.
    fn is_used(&self, query: &str) -> bool {
        self.parameter.is_none_or(|parameter| {
            form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == parameter)
        })
    }

    /// Says it of an operation or a parameter of the document.
    fn describe(&self, what: &mut Value) {
        let about = what["description"].as_str().unwrap_or_default();
        what["description"] = json!(format!("{about} {}", self.words()).trim_start());
        what["deprecated"] = json!(true);
    }
}

/// Says on an answer what of its request is deprecated, if anything is.
///
/// Where several things are, the earliest dates count. The page that explains them is that of the
/// operation, below `public_url`.
pub(super) fn put(
    deprecated: &[Deprecation],
    endpoint: &Endpoint,
    query: &str,
    public_url: &str,
    headers: &mut HeaderMap,
) {
    let used = deprecated.iter().filter(|one| one.operation == endpoint.id && one.is_used(query));
    let earliest =
        used.map(|one| (one.since, one.sunset)).reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)));
    let Some((since, sunset)) = earliest else { return };
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let page = format!("{public_url}/docs#/{}/{}", endpoint.tag, endpoint.id);
    let mut append = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.append(name, value);
        }
    };
    append(HeaderName::from_static("deprecation"), format!("@{}", midnight(since).timestamp()));
    append(HeaderName::from_static("sunset"), http_date(midnight(sunset)));
    append(LINK, format!("<{page}>; rel=\"deprecation\"; type=\"text/html\""));
}

/// Says in the document what is deprecated.
pub(super) fn mark(deprecated: &[Deprecation], document: &mut Value) {
    if deprecated.is_empty() {
        return;
    }
    let parameters = document["components"]["parameters"].clone();
    for path in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        let Some(operation) = path.get_mut("get") else { continue };
        let here: Vec<_> =
            deprecated.iter().filter(|one| operation["operationId"] == one.operation).collect();
        for one in &here {
            mark_operation(one, operation, &parameters);
        }
        if !here.is_empty() {
            mark_responses(operation);
        }
    }
    let header = |about: &str, example: &str| json!({ "description": about, "schema": { "type": "string" }, "example": example });
    let headers = &mut document["components"]["headers"];
    headers["Deprecation"] =
        header("Since when what was asked for is deprecated, RFC 9745.", "@1798761600");
    headers["Sunset"] = header(
        "When what was asked for may stop to answer, RFC 8594.",
        "Sat, 01 Jan 2028 00:00:00 GMT",
    );
}

fn mark_operation(deprecation: &Deprecation, operation: &mut Value, told_once: &Value) {
    let Some(name) = deprecation.parameter else { return deprecation.describe(operation) };
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        // Another operation may have the same parameter for ever, so this one is told here.
        let told = parameter["$ref"]
            .as_str()
            .and_then(|reference| reference.rsplit('/').next())
            .map(|key| told_once[key].clone());
        let mut own = told.unwrap_or_else(|| parameter.clone());
        if own["name"] == name && own["in"] == "query" {
            deprecation.describe(&mut own);
            *parameter = own;
        }
    }
}

fn mark_responses(operation: &mut Value) {
    let responses = operation["responses"].as_object_mut().into_iter();
    for headers in
        responses.flat_map(|all| all.values_mut()).filter_map(|one| one.get_mut("headers"))
    {
        for name in ["Deprecation", "Link", "Sunset"] {
            headers[name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Months;

    use super::*;
    use crate::serve::endpoint::ENDPOINTS;
    use crate::serve::openapi;

    /// What is promised to clients.
    const GUIDE: &str = include_str!("../../docs/api-versioning.md");

    /// Months between the word and the end, at least.
    const NOTICE: u32 = 12;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// As if an operation and a parameter that exist were deprecated.
    fn as_if() -> [Deprecation; 2] {
        let instead = "Use `/v1/elsewhere`.";
        let (since, sunset) = (day("2027-01-15"), day("2028-01-15"));
        let operation = "listVendors";
        let whole = Deprecation { operation, parameter: None, since, sunset, instead };
        let since = day("2027-01-01");
        let name = Deprecation { parameter: Some("name"), since, ..whole };
        [whole, Deprecation { operation: "listAgencies", ..name }]
    }

    fn headers(operation: &str, query: &str) -> HeaderMap {
        let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.id == operation).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(LINK, HeaderValue::from_static("<x>; rel=\"next\""));
        put(&as_if(), endpoint, query, "https://data.example.org", &mut headers);
        headers
    }

    #[test]
    fn what_is_deprecated_exists_and_has_a_year_of_notice() {
        let document = openapi::document();
        for one in DEPRECATED.iter().chain(&as_if()) {
            let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.id == one.operation);
            let endpoint = endpoint.unwrap_or_else(|| panic!("{one:?}"));
            if let Some(name) = one.parameter {
                assert!(endpoint.parameters.iter().any(|parameter| parameter.name == name));
            }
            assert!(one.sunset >= one.since + Months::new(NOTICE), "{one:?}");
        }
        assert!(!document.to_string().contains("\"deprecated\"") || !DEPRECATED.is_empty());
    }

    #[test]
    fn the_answers_of_a_deprecated_operation_say_so() {
        let headers = headers("listVendors", "");
        assert_eq!(headers.get("deprecation").unwrap(), "@1799971200");
        assert_eq!(headers.get("sunset").unwrap(), "Sat, 15 Jan 2028 00:00:00 GMT");
        let links: Vec<_> = headers.get_all(LINK).map(|link| link.to_str().unwrap()).collect();
        let page = "https://data.example.org/docs#/vendors/listVendors";
        let link = format!("<{page}>; rel=\"deprecation\"; type=\"text/html\"");
        assert_eq!(links, ["<x>; rel=\"next\"", &link]);
    }

    #[test]
    fn a_deprecated_parameter_is_told_to_those_who_use_it() {
        for query in ["", "state=OH", "id=name", "name_=x"] {
            assert!(!headers("listAgencies", query).contains_key("deprecation"), "{query}");
        }
        for query in ["name=x", "state=OH&name", "n%61me=x"] {
            let headers = headers("listAgencies", query);
            assert_eq!(headers.get("deprecation").unwrap(), "@1798761600", "{query}");
        }
        assert!(!headers("getSummary", "name=x").contains_key("deprecation"));
    }

    #[test]
    fn the_document_says_what_is_deprecated_and_where_only() {
        let mut document = openapi::document();
        mark(&as_if(), &mut document);
        let vendors = &document["paths"]["/vendors"]["get"];
        assert_eq!(vendors["deprecated"], true);
        let words = "Deprecated since 2027-01-15; answers until 2028-01-15 at least. Use \
                     `/v1/elsewhere`.";
        assert!(vendors["description"].as_str().unwrap().ends_with(words), "{vendors:#}");
        let reference = json!("#/components/headers/Sunset");
        assert_eq!(vendors["responses"]["200"]["headers"]["Sunset"]["$ref"], reference);
        assert!(document.pointer("/components/headers/Sunset").is_some());

        let agencies = &document["paths"]["/agencies"]["get"];
        assert_eq!(agencies["deprecated"], Value::Null);
        let told: Vec<_> = agencies["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["deprecated"] == true)
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(told, ["name"]);
        let shared = document["components"]["parameters"].to_string();
        assert!(!shared.contains("deprecated"), "others have the same parameter");
    }

    #[test]
    fn the_guide_says_how_long_the_notice_is_and_whether_anything_is_deprecated() {
        let notice = format!("Between `Deprecation` and `Sunset` lie {NOTICE} months or more.");
        assert!(GUIDE.contains(&notice));
        assert_eq!(GUIDE.contains("Nothing is today."), DEPRECATED.is_empty());
    }

    #[test]
    fn nothing_deprecated_changes_nothing() {
        let (mut marked, plain) = (openapi::document(), openapi::document());
        mark(&[], &mut marked);
        assert_eq!(marked, plain);
    }
}
