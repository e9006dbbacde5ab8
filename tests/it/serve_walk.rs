//! Every route of the document, asked in every way that has a rule of its own. A new endpoint is
//! walked without new code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::num::NonZeroU32;

use porchlight::config::RateLimit;
use porchlight::serve::{Code, Settings, StatusDocument, StatusSource, StatusUnknown};
use reqwest::Method;
use serde_json::{Value, json};

use crate::serve_guard::decoded;
use crate::support::app::{App, Got, NothingYet};
use crate::support::routes::{
    EARLIER, RELEASE, Route, Which, id_of, releases, values_beyond, written, wrong_values,
};

const PUBLISHED: &str = "Tue, 24 Nov 2026 06:00:00 GMT";
const LATEST: &str = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400";
const PINNED: &str = "public, max-age=86400, stale-while-revalidate=604800";
const FILE: &str = "public, max-age=31536000, immutable";
const MINUTE: &str = "public, max-age=60";
const NEVER: &str = "no-store";
const METHODS: &str = "GET, HEAD, OPTIONS";

/// Headers that are on every answer, whatever became of the request.
const ALWAYS: [(&str, &str); 4] = [
    ("access-control-allow-origin", "*"),
    ("vary", "Accept, Accept-Encoding"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "cross-origin"),
];

/// Headers that scripts of other pages need.
const EXPOSED: [&str; 14] = [
    "Content-Disposition",
    "Content-Location",
    "Content-Range",
    "Dataset-Release",
    "Dataset-Total",
    "ETag",
    "Last-Modified",
    "Link",
    "Location",
    "Memento-Datetime",
    "RateLimit",
    "RateLimit-Policy",
    "Request-Id",
    "Retry-After",
];

/// Headers that say something about the one request or its connection.
const PASSING: [&str; 5] = ["date", "request-id", "ratelimit", "connection", "transfer-encoding"];

/// A server, and what it was found to do otherwise than promised.
struct Walk {
    app: App,
    faults: BTreeSet<String>,
    request_ids: BTreeSet<String>,
}

impl Walk {
    fn begin() -> Self {
        let many = NonZeroU32::new(1_000_000).unwrap();
        let rate_limit = Some(RateLimit { per_second: many, burst: many });
        Self::over(App::with(
            releases(),
            NothingYet,
            Settings { rate_limit, ..Settings::default() },
        ))
    }

    fn over(app: App) -> Self {
        Self { app, faults: BTreeSet::new(), request_ids: BTreeSet::new() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "what is expected is mostly made in place")]
    fn expect<T: PartialEq<U> + Debug, U: Debug>(&mut self, what: &str, found: T, expected: U) {
        if found != expected {
            self.faults.insert(format!("{what}: {found:?}, expected {expected:?}"));
        }
    }

    fn finish(self) {
        let faults: Vec<_> = self.faults.into_iter().collect();
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }

    /// Asks, and looks at what is on every answer.
    async fn ask(&mut self, method: Method, address: &str, headers: &[(&str, &str)]) -> Got {
        let what = format!("{method} {address} {headers:?}");
        let got = self.app.ask(method, address, headers).await;
        for (name, value) in ALWAYS {
            self.expect(&format!("{what}: {name}"), got.all(name), vec![value]);
        }
        let exposed = got.header("access-control-expose-headers").to_owned();
        let exposed: BTreeSet<_> = exposed.split(", ").collect();
        let hidden: Vec<_> = EXPOSED.iter().filter(|name| !exposed.contains(*name)).collect();
        self.expect(&format!("{what}: not exposed"), hidden.len(), 0);
        let is_new = self.request_ids.insert(got.header("request-id").to_owned());
        self.expect(&format!("{what}: a Request-Id of its own"), is_new, true);
        self.expect(&format!("{what}: no Server"), got.header("server"), "");
        got
    }

    async fn get(&mut self, address: &str) -> Got {
        self.ask(Method::GET, address, &[]).await
    }

    /// Asks, and expects a problem; gives its document.
    async fn refused(
        &mut self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        code: Code,
    ) -> (Got, Value) {
        let what = format!("{method} {address} {headers:?}");
        let got = self.ask(method, address, headers).await;
        let (status, cache) = of(code);
        self.expect(&what, got.status, status);
        self.expect(
            &format!("{what}: type"),
            got.header("content-type"),
            "application/problem+json",
        );
        self.expect(&format!("{what}: no ETag"), got.header("etag"), "");
        if code != Code::Gone {
            self.expect(&format!("{what}: cache"), got.header("cache-control"), cache);
        }
        if got.header("content-type") != "application/problem+json" {
            return (got, Value::Null);
        }
        let problem = got.json();
        for (key, expected) in [
            ("type", json!(format!("/problems/{}", code.slug()))),
            ("title", json!(code.title())),
            ("status", json!(status)),
            ("code", json!(code.as_str())),
            ("instance", json!(address)),
        ] {
            self.expect(&format!("{what}: {key}"), &problem[key], &expected);
        }
        let detail = problem["detail"].as_str().unwrap_or_default();
        let says_why = !detail.is_empty() && !detail.contains("SELECT") && !detail.contains(".rs");
        self.expect(&format!("{what}: {detail}"), says_why, true);
        (got, problem)
    }

    /// Asks with a query that is wrong, and gives the faults that are reported.
    async fn wrong(&mut self, address: &str, code: Code) -> Vec<Value> {
        let (_, problem) = self.refused(Method::GET, address, &[], code).await;
        problem["errors"].as_array().cloned().unwrap_or_default()
    }
}

/// The status of a code, and how long its answer may be kept.
fn of(code: Code) -> (u16, &'static str) {
    match code {
        Code::UnknownParameter
        | Code::InvalidParameter
        | Code::LimitTooLarge
        | Code::CursorMismatch => (400, NEVER),
        Code::UnknownRelease | Code::NotFound => (404, MINUTE),
        Code::Gone => (410, PINNED),
        Code::MethodNotAllowed => (405, NEVER),
        Code::NotAcceptable => (406, NEVER),
        Code::PayloadTooLarge => (413, NEVER),
        Code::UriTooLong => (414, NEVER),
        Code::RangeNotSatisfiable => (416, NEVER),
        Code::RateLimited => (429, NEVER),
        Code::Unavailable => (503, NEVER),
        Code::Internal => (500, NEVER),
    }
}

/// How long an answer of a route may be kept.
fn cache_of(route: &Route) -> &'static str {
    if route.is_file() {
        FILE
    } else if route.is_health() {
        NEVER
    } else if route.is_page() {
        MINUTE
    } else if route.is_pinned() {
        PINNED
    } else if route.tells("Dataset-Release") {
        LATEST
    } else {
        MINUTE
    }
}

/// The headers of an answer that follow from what was asked.
fn lasting(got: &Got) -> BTreeMap<String, String> {
    let names = got.names().into_iter().filter(|name| !PASSING.contains(name));
    names.map(|name| (name.to_owned(), got.all(name).join(" | "))).collect()
}

/// Targets of `Link` by their relation.
fn links(got: &Got) -> BTreeMap<String, String> {
    let link = |text: &str| {
        let (target, relation) = text.split_once(">; rel=\"").unwrap();
        (relation.trim_end_matches('"').to_owned(), target.trim_start_matches('<').to_owned())
    };
    got.header("link").split(", ").filter(|text| !text.is_empty()).map(link).collect()
}

fn names_of(route: &Route) -> Vec<Value> {
    route.parameters("query").iter().map(|parameter| parameter["name"].clone()).collect()
}

#[tokio::test]
async fn every_route_answers_in_every_form_with_the_headers_of_its_class() {
    let mut walk = Walk::begin();
    for route in Route::all() {
        let mut addresses = vec![route.asking("")];
        addresses.extend(route.suffixes().iter().map(|(suffix, _)| route.in_form(suffix, "")));
        for address in addresses {
            let got = walk.get(&address).await;
            walk.expect(&address, got.status, 200);
            let at = |name: &str| format!("{address}: {name}");
            walk.expect(&at("cache"), got.header("cache-control"), cache_of(&route));
            let tag = got.header("etag");
            let tagged = match tag {
                "" => route.is_health(),
                tag => tag.starts_with("W/\"") != route.is_file() && tag.ends_with('"'),
            };
            walk.expect(&at(&format!("ETag {tag}")), tagged, true);
            let about = route.tells("Dataset-Release");
            let release = if about { RELEASE } else { "" };
            walk.expect(&at("release"), got.header("dataset-release"), release);
            let published = if route.is_pinned() { PUBLISHED } else { "" };
            walk.expect(&at("modified"), got.header("last-modified"), published);
            walk.expect(&at("memento"), got.header("memento-datetime"), published);
            let is_counted = !got.header("dataset-total").is_empty();
            walk.expect(&at("total"), is_counted, route.tells("Dataset-Total"));
            let limited = !route.is_health();
            walk.expect(&at("limited"), !got.header("ratelimit").is_empty(), limited);
            walk.expect(&at("policy"), !got.header("ratelimit-policy").is_empty(), limited);
            let links = links(&got);
            walk.expect(
                &at("links"),
                links.contains_key("canonical"),
                route.tells("Content-Location"),
            );
            let canonical = links.get("canonical").map_or("", String::as_str);
            let located = got.header("content-location").to_owned();
            if !route.is_pinned() || !located.is_empty() {
                walk.expect(&at("Content-Location"), located.as_str(), canonical);
            }
        }
    }
    walk.finish();
}

#[tokio::test]
async fn every_link_of_an_answer_leads_to_an_answer() {
    let mut walk = Walk::begin();
    let mut seen = BTreeSet::new();
    for route in Route::all() {
        let is_page = route.has("limit");
        let address = if is_page { route.asking("limit=1") } else { route.asking("") };
        let got = walk.get(&address).await;
        let mut targets: Vec<String> = links(&got).into_values().collect();
        if route.tells("Content-Location") {
            let found = links(&got);
            let mut expected =
                vec!["canonical", "describedby", "latest-version", "license", "service-desc"];
            expected.extend(["predecessor-version"]);
            if route.pattern == "/changes" {
                // It is about two releases, so there is no such answer of another.
                expected.retain(|name| !name.ends_with("-version"));
            }
            for relation in expected {
                walk.expect(&format!("{address}: {relation}"), found.contains_key(relation), true);
            }
        }
        if is_page || route.tells("Content-Location") {
            let body = got.json();
            let links = body["links"].as_object().unwrap().values();
            targets.extend(links.filter_map(Value::as_str).map(str::to_owned));
            let next = body["links"]["next"].as_str();
            walk.expect(&format!("{address}: next"), links_next(&got), next.map(str::to_owned));
            if is_page && !route.pattern.contains("{id}") {
                walk.expect(&format!("{address}: has a next page"), next.is_some(), true);
            }
        }
        for target in targets {
            if target.starts_with("https://creativecommons.org/") || !seen.insert(target.clone()) {
                continue;
            }
            let status = walk.get(&target).await.status;
            walk.expect(&format!("{address} leads to {target}"), status, 200);
        }
    }
    walk.finish();
}

fn links_next(got: &Got) -> Option<String> {
    links(got).remove("next")
}

#[tokio::test]
async fn head_a_slash_at_the_end_and_what_the_client_has_change_no_header() {
    let mut walk = Walk::begin();
    for route in Route::all().into_iter().filter(|route| !route.counts_itself()) {
        let mut addresses = vec![(route.asking(""), format!("{}/", route.path))];
        for (suffix, _) in route.suffixes() {
            let slashed = format!("{}.{suffix}/", route.path);
            addresses.push((route.in_form(suffix, ""), slashed));
        }
        for (address, slashed) in addresses {
            let query =
                address.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
            let got = walk.get(&address).await;
            let with_slash = walk.get(&format!("{slashed}{query}")).await;
            walk.expect(&format!("{slashed}: status"), with_slash.status, 200);
            walk.expect(&format!("{slashed}: headers"), lasting(&with_slash), lasting(&got));
            walk.expect(&format!("{slashed}: body"), with_slash.body == got.body, true);

            let head = walk.ask(Method::HEAD, &address, &[]).await;
            walk.expect(&format!("HEAD {address}"), (head.status, head.body.len()), (200, 0));
            let mut expected = lasting(&got);
            // The length of what is written while it is sent is not known before.
            if head.header("content-length").is_empty() {
                expected.remove("content-length");
            }
            walk.expect(&format!("HEAD {address}"), lasting(&head), expected);
            not_modified(&mut walk, &route, &address, &got).await;
        }
    }
    walk.finish();
}

async fn not_modified(walk: &mut Walk, route: &Route, address: &str, got: &Got) {
    let tag = got.header("etag").to_owned();
    if tag.is_empty() {
        let again = walk.ask(Method::GET, address, &[("if-none-match", "*")]).await;
        return walk.expect(address, again.status, 200);
    }
    let several = format!("\"x\", {tag}, W/\"y\"");
    let mut conditions = vec![
        (Method::GET, "if-none-match", tag.as_str()),
        (Method::HEAD, "if-none-match", tag.as_str()),
        (Method::GET, "if-none-match", several.as_str()),
        (Method::GET, "if-none-match", "*"),
    ];
    if route.is_pinned() {
        conditions.push((Method::GET, "if-modified-since", PUBLISHED));
    }
    for (method, name, value) in conditions {
        let what = format!("{method} {address} {name}: {value}");
        let again = walk.ask(method, address, &[(name, value)]).await;
        walk.expect(&what, (again.status, again.body.len()), (304, 0));
        for name in [
            "etag",
            "cache-control",
            "content-location",
            "dataset-release",
            "last-modified",
            "memento-datetime",
        ] {
            walk.expect(&format!("{what}: {name}"), again.header(name), got.header(name));
        }
        walk.expect(&format!("{what}: no body"), again.header("content-type"), "");
    }
    let other = walk.ask(Method::GET, address, &[("if-none-match", "W/\"other\"")]).await;
    walk.expect(address, other.status, 200);
}

#[tokio::test]
async fn other_methods_are_refused_and_options_say_which_there_are() {
    let mut walk = Walk::begin();
    let mut addresses: Vec<_> = Route::all().iter().map(|route| route.asking("")).collect();
    addresses.push("/nowhere".to_owned());
    for address in addresses {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            let what = format!("{method} {address}");
            let (got, _) = walk.refused(method, &address, &[], Code::MethodNotAllowed).await;
            walk.expect(&what, got.header("allow"), METHODS);
        }
        let preflight = [
            ("origin", "https://elsewhere.example"),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "if-none-match"),
        ];
        let got = walk.ask(Method::OPTIONS, &address, &preflight).await;
        walk.expect(&address, (got.status, got.body.len()), (204, 0));
        for name in ["allow", "access-control-allow-methods"] {
            walk.expect(&format!("{address}: {name}"), got.header(name), METHODS);
        }
        let allowed = got.header("access-control-allow-headers").to_ascii_lowercase();
        walk.expect(&address, allowed.contains("if-none-match"), true);
        walk.expect(&address, got.header("access-control-max-age"), "86400");
    }
    walk.finish();
}

#[tokio::test]
async fn what_has_a_choice_of_forms_refuses_others_and_the_suffix_wins() {
    let mut walk = Walk::begin();
    for route in Route::all() {
        let address = route.asking("");
        let pdf = [("accept", "application/pdf")];
        let suffixes = route.suffixes();
        if suffixes.is_empty() {
            // There is one form, whatever is asked for.
            let got = walk.ask(Method::GET, &address, &pdf).await;
            walk.expect(&address, got.status, 200);
            continue;
        }
        walk.expect(&format!("{address}: documents 406"), route.documents("406"), true);
        let (_, problem) = walk.refused(Method::GET, &address, &pdf, Code::NotAcceptable).await;
        for (suffix, media_type) in &suffixes {
            let detail = problem["detail"].as_str().unwrap_or_default();
            walk.expect(&format!("{address}: {detail}"), detail.contains(media_type), true);
            let by_suffix = walk.ask(Method::GET, &route.in_form(suffix, ""), &pdf).await;
            let by_accept = walk.ask(Method::GET, &address, &[("accept", media_type)]).await;
            for got in [&by_suffix, &by_accept] {
                walk.expect(&format!("{address} {suffix}"), got.status, 200);
                let found = got.header("content-type").split(';').next().unwrap_or_default();
                walk.expect(&format!("{address} {suffix}"), found, *media_type);
            }
            let same = by_suffix.body == by_accept.body;
            walk.expect(&format!("{address} {suffix}: same body"), same, true);
        }
        for suffix in ["pdf", "xml", "CSV", "csv", "ndjson", "geojson"] {
            if !suffixes.iter().any(|(known, _)| *known == suffix) {
                let address = route.in_form(suffix, "");
                walk.refused(Method::GET, &address, &[], Code::NotAcceptable).await;
            }
        }
    }
    walk.finish();
}

#[tokio::test]
async fn every_coding_carries_the_same_answer() {
    let mut walk = Walk::begin();
    for route in Route::all() {
        let address = route.asking("");
        let plain = walk.get(&address).await;
        for coding in ["gzip", "br", "zstd"] {
            let what = format!("{address} {coding}");
            let got = walk.ask(Method::GET, &address, &[("accept-encoding", coding)]).await;
            walk.expect(&what, (got.status, got.header("etag")), (200, plain.header("etag")));
            let found = got.header("content-encoding").to_owned();
            walk.expect(&what, found.is_empty() || found == coding, true);
            walk.expect(&what, found.is_empty() || !route.is_file(), true);
            let same = decoded(&got) == decoded(&plain) || route.counts_itself();
            walk.expect(&what, same, true);
            if route.is_file() {
                continue;
            }
            let only = format!("{coding}, identity;q=0");
            let got = walk.ask(Method::GET, &address, &[("accept-encoding", &only)]).await;
            walk.expect(&what, (got.status, got.header("content-encoding")), (200, coding));
        }
        let none = [("accept-encoding", "identity;q=0, *;q=0")];
        walk.refused(Method::GET, &address, &none, Code::NotAcceptable).await;
    }
    walk.finish();
}

#[tokio::test]
async fn an_unknown_or_repeated_parameter_is_refused_with_all_there_are() {
    let mut walk = Walk::begin();
    for route in Route::all() {
        let names = names_of(&route);
        let longest = names.iter().filter_map(Value::as_str).max_by_key(|name| name.len());
        let unknown = longest.map_or("x".to_owned(), |name| format!("{name}x"));
        let address = route.asking(&format!("{unknown}=1"));
        let errors = walk.wrong(&address, Code::InvalidParameter).await;
        let mut expected = json!([{
            "parameter": unknown, "code": "unknown_parameter", "detail": "unknown parameter",
        }]);
        if let Some(longest) = longest {
            expected[0]["did_you_mean"] = json!(longest);
            expected[0]["allowed"] = json!(names);
        }
        walk.expect(&address, json!(errors), expected);
        let detail = walk.get(&address).await.json()["detail"].clone();
        walk.expect(
            &address,
            detail.as_str().unwrap().starts_with(&format!("'{unknown}' is")),
            true,
        );
        // Campaign tags ask for nothing.
        let address = route.asking("utm_source=x&utm_source=y");
        walk.expect(&address, walk.app.get(&address).await.status, 200);
        if let Some(parameter) = route.parameters("query").first() {
            let name = parameter["name"].as_str().unwrap();
            let pair = format!("{name}={}", written(&parameter["example"]));
            let address = route.asking(&format!("{pair}&{pair}&{pair}"));
            let errors = walk.wrong(&address, Code::InvalidParameter).await;
            walk.expect(&address, errors.len(), 1);
        }
    }
    walk.finish();
}

#[tokio::test]
async fn every_parameter_takes_its_example_and_nothing_else() {
    let mut walk = Walk::begin();
    for route in Route::all() {
        // One release is enough: what is read of a query does not depend on it.
        let parameters = route.parameters("query");
        for parameter in parameters.into_iter().filter(|_| !route.is_pinned()) {
            let name = parameter["name"].as_str().unwrap();
            let beside = match name {
                "near_lat" => "near_lon=-83&",
                "near_lon" => "near_lat=39.9&",
                "radius_km" => "near_lat=39.9&near_lon=-83&",
                "include_uncertain" => "valid_on=2021-06-01&",
                _ => "",
            };
            let address = |value: &str| {
                let query = format!("{beside}{name}={value}");
                if name == "bom" { route.in_form("csv", &query) } else { route.asking(&query) }
            };
            if name != "cursor" {
                let address = address(&written(&parameter["example"]));
                let status = walk.get(&address).await.status;
                walk.expect(&address, status, 200);
            }
            let code = if name == "cursor" { Code::CursorMismatch } else { Code::InvalidParameter };
            for value in wrong_values(parameter) {
                let code = match value {
                    digits if name == "limit" && digits.starts_with("9999") => Code::LimitTooLarge,
                    _ => code,
                };
                refuses(&mut walk, &address(value), name, code).await;
            }
            for value in values_beyond(parameter) {
                let code =
                    if name == "limit" && value == "1001" { Code::LimitTooLarge } else { code };
                refuses(&mut walk, &address(&value), name, code).await;
            }
        }
    }
    walk.finish();
}

/// Asks, and expects one fault, of this parameter.
async fn refuses(walk: &mut Walk, address: &str, name: &str, code: Code) {
    let errors = walk.wrong(address, code).await;
    let found: Vec<_> = errors.iter().map(|error| (&error["parameter"], &error["code"])).collect();
    let short: String = address.chars().take(200).collect();
    walk.expect(&short, found, vec![(&json!(name), &json!(code.as_str()))]);
}

#[tokio::test]
async fn all_faults_of_a_query_are_told_at_once() {
    let mut walk = Walk::begin();
    for route in Route::all() {
        let parameters = route.parameters("query");
        let wrong: Vec<_> = parameters
            .iter()
            .map(|parameter| format!("{}=", parameter["name"].as_str().unwrap()))
            .chain((0..3).map(|number| format!("no_such_{number}=1")))
            .collect();
        let address = format!("{}?{}", route.path, wrong.join("&"));
        let errors = walk.wrong(&address, Code::InvalidParameter).await;
        walk.expect(&address, errors.len(), wrong.len().min(50));
    }
    walk.finish();
}

#[tokio::test]
async fn a_cursor_continues_its_own_query_alone() {
    let mut walk = Walk::begin();
    let mut others: Vec<(String, String)> = Vec::new();
    for route in Route::all().into_iter().filter(|route| route.has("cursor")) {
        let page = walk.get(&route.asking("limit=1")).await.json();
        let Some(next) = page["links"]["next"].as_str().map(str::to_owned) else { continue };
        let got = walk.get(&next).await;
        walk.expect(&next, got.status, 200);
        walk.expect(&next, got.json()["data"][0] == page["data"][0], false);
        let cursor = next.split("cursor=").nth(1).unwrap().to_owned();
        let mut damaged = cursor.clone();
        damaged.replace_range(4..5, if &cursor[4..5] == "A" { "B" } else { "A" });
        let mut foreign = vec![
            route.asking(&format!("cursor={damaged}")),
            route.asking(&format!("cursor={}", &cursor[..cursor.len() - 1])),
            route.asking("cursor=%00"),
        ];
        if route.has("sort") {
            foreign.push(route.asking(&format!("sort=-id&cursor={cursor}")));
            foreign.push(route.asking(&format!("id__not=x&cursor={cursor}")));
            let path = route.path.replace("/v1/", "/v1/releases/latest/");
            let path = path.replace(
                &format!("releases/latest/releases/{RELEASE}"),
                &format!("releases/{EARLIER}"),
            );
            if route.is_pinned() {
                foreign.push(format!("{path}?cursor={cursor}"));
            }
        } else {
            foreign.push(route.asking(&format!("resource=agencies&cursor={cursor}")));
            foreign.push(route.asking(&format!("to={EARLIER}&cursor={cursor}")));
        }
        if let Some((_, other)) = others.iter().rev().find(|(path, _)| *path != route.pattern) {
            foreign.push(route.asking(&format!("cursor={other}")));
        }
        for address in foreign {
            if address.ends_with("%00") {
                refuses(&mut walk, &address, "cursor", Code::InvalidParameter).await;
            } else {
                refuses(&mut walk, &address, "cursor", Code::CursorMismatch).await;
            }
        }
        others.push((route.pattern.to_owned(), cursor));
    }
    assert!(others.len() > 20, "{others:?}");
    walk.finish();
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_what_did_exist_says_where_it_went() {
    let mut walk = Walk::begin();
    for route in Route::all() {
        let Some(last) = route.parameters("path").last().copied() else { continue };
        let is_release = last["name"] == "release";
        let code = if is_release { Code::UnknownRelease } else { Code::NotFound };
        walk.expect(&route.path, route.documents("404"), true);
        for unknown in ["nothing", "agy_zzzzzzzzzz", "%20", "%25", "%C3%A9", "2026-02-30.1", "1.1"]
        {
            let address = route.with(Some(unknown));
            walk.refused(Method::GET, &address, &[], code).await;
            let head = walk.ask(Method::HEAD, &address, &[]).await;
            walk.expect(&address, (head.status, head.body.len()), (404, 0));
        }
        let Some(resource) = route.names_record() else { continue };
        let (below, table) = (route.pattern.split("{id}").nth(1).unwrap(), resource.table);
        let survivor = format!("{}/{table}/{}", route.base, id_of(resource, Which::Example));
        let merged = route.with(Some(&id_of(resource, Which::Merged)));
        let mut moved = vec![(merged.clone(), format!("{survivor}{below}"))];
        moved.push((format!("{merged}?utm_x=1"), format!("{survivor}{below}?utm_x=1")));
        for (suffix, _) in route.suffixes() {
            moved.push((format!("{merged}.{suffix}"), format!("{survivor}{below}.{suffix}")));
        }
        for (address, to) in moved {
            let got = walk.get(&address).await;
            walk.expect(&address, (got.status, got.header("location")), (308, to.as_str()));
            walk.expect(&address, got.header("dataset-release"), RELEASE);
            let status = walk.get(&to).await.status;
            walk.expect(&to, status, 200);
        }
        let address = route.with(Some(&id_of(resource, Which::Withdrawn)));
        let (got, problem) = walk.refused(Method::GET, &address, &[], Code::Gone).await;
        let cache = if route.is_pinned() { PINNED } else { LATEST };
        walk.expect(&address, got.header("cache-control"), cache);
        let detail = problem["detail"].as_str().unwrap_or_default();
        let says = detail.contains("no such thing") && detail.contains(EARLIER);
        walk.expect(&format!("{address}: {detail}"), says, true);
        // A release answers as it was.
        for which in [Which::Merged, Which::Withdrawn] {
            let earlier =
                format!("/v1/releases/{EARLIER}/{table}/{}{below}", id_of(resource, which));
            let status = walk.get(&earlier).await.status;
            walk.expect(&earlier, status, 200);
        }
    }
    walk.finish();
}

#[tokio::test]
async fn a_release_goes_by_its_name_a_day_and_latest() {
    let mut walk = Walk::begin();
    let names = ["latest", "2026-11-24", "2027-01-01", RELEASE];
    let pinned = Route::of_release(RELEASE);
    for (at, route) in pinned.iter().enumerate() {
        let expected = walk.get(&route.asking("")).await;
        for name in names {
            let address = Route::of_release(name)[at].asking("");
            let got = walk.get(&address).await;
            walk.expect(&address, got.status, 200);
            walk.expect(&address, got.body == expected.body, true);
            walk.expect(&address, got.header("etag"), expected.header("etag"));
            let (cache, date, location) = match name {
                RELEASE => (PINNED, PUBLISHED, expected.header("content-location").to_owned()),
                _ => (LATEST, "", links(&got)["canonical"].clone()),
            };
            walk.expect(&address, got.header("cache-control"), cache);
            walk.expect(&address, got.header("memento-datetime"), date);
            walk.expect(&address, got.header("content-location"), location);
        }
        for name in ["2026-11-23", EARLIER] {
            let address = Route::of_release(name)[at].asking("");
            let got = walk.get(&address).await;
            walk.expect(&address, (got.status, got.header("dataset-release")), (200, EARLIER));
        }
        for name in ["1999-01-01", "2026-11-24.2", "2026-11-24.0", "nonsense", "%00", "LATEST"] {
            let address = Route::of_release(name)[at].asking("");
            walk.refused(Method::GET, &address, &[], Code::UnknownRelease).await;
        }
    }
    walk.finish();
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() {
    let one = NonZeroU32::MIN;
    let settings = Settings {
        rate_limit: Some(RateLimit { per_second: one, burst: one }),
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..Settings::default()
    };
    let mut walk = Walk::over(App::with(releases(), NothingYet, settings));
    for (number, route) in Route::all().into_iter().enumerate() {
        let address = route.asking("");
        let from = format!("192.0.2.{}", number % 250);
        let from = if number < 250 { from } else { format!("198.51.100.{}", number % 250) };
        let from = [("x-forwarded-for", from.as_str())];
        walk.expect(&address, walk.app.get_with(&address, &from).await.status, 200);
        if route.is_health() {
            let again = walk.app.get_with(&address, &from).await;
            walk.expect(&address, (again.status, again.header("ratelimit")), (200, ""));
            continue;
        }
        walk.expect(&format!("{address}: documents 429"), route.documents("429"), true);
        let mut tries = 0;
        // A second may pass between two requests.
        while walk.app.get_with(&address, &from).await.status != 429 && tries < 100 {
            tries += 1;
        }
        let got = walk.app.get_with(&address, &from).await;
        if got.status == 429 {
            walk.expect(&address, got.header("retry-after"), "1");
            walk.expect(&address, got.header("cache-control"), NEVER);
            walk.expect(&address, got.header("ratelimit").starts_with("\"default\";r=0"), true);
            walk.expect(&address, got.header("access-control-allow-origin"), "*");
            walk.expect(&address, &got.json()["code"], &json!("rate_limited"));
        }
        walk.expect(&format!("{address}: refused in the end"), tries < 100, true);
    }
    walk.finish();
}

struct Unknown;

impl StatusSource for Unknown {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        Err("nobody knows".into())
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::UNIX_EPOCH
    }
}

/// What is answered before there is anything to answer from. All others need a release, or somebody
/// who knows how the machinery does.
const WITHOUT_A_RELEASE: &[&str] = &[
    "/.well-known/api-catalog",
    "/.well-known/security.txt",
    "/docs",
    "/docs/swagger-ui.css",
    "/health/live",
    "/llms.txt",
    "/metrics",
    "/openapi.json",
    "/openapi.yaml",
    "/problems/invalid-parameter",
    "/robots.txt",
    "/status.html",
    "/v1/releases",
];

#[tokio::test]
async fn a_server_without_a_release_says_when_to_ask_again() {
    let mut walk = Walk::over(App::with([], Unknown, Settings::default()));
    for route in Route::all() {
        let address = route.asking("");
        if WITHOUT_A_RELEASE.contains(&address.as_str()) {
            let got = walk.get(&address).await;
            walk.expect(&address, got.status, 200);
        } else {
            let (got, _) = walk.refused(Method::GET, &address, &[], Code::Unavailable).await;
            walk.expect(&address, got.header("retry-after"), "30");
        }
    }
    walk.finish();
}
