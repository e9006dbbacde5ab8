//! The OpenAPI document: current, complete, and true of what is answered.

use std::num::NonZeroU32;

use porchlight::config::RateLimit;
use porchlight::serve::Settings;
use reqwest::Method;
use serde_json::Value;

use crate::support::app::{App, NothingYet};
use crate::support::release::ReleaseBuilder;

#[test]
fn the_committed_document_is_current() {
    let path = "openapi/openapi.json";
    let now = serde_json::to_string_pretty(&porchlight::serve::openapi()).unwrap() + "\n";
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == now,
        "{path} is out of date: run `UPDATE_EXPECTED=1 cargo test --test it serve_openapi`"
    );
}

#[test]
fn every_operation_is_described_by_name_tag_example_and_failures() {
    let document = porchlight::serve::openapi();
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["get"];
        for key in ["summary", "description", "operationId"] {
            assert!(operation[key].as_str().is_some_and(|text| !text.is_empty()), "{path} {key}");
        }
        assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{path}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("4XX") && responses.contains_key("5XX"), "{path}");
        let content = responses["200"]["content"].as_object().unwrap();
        assert!(content.values().all(|media| media.get("example").is_some()), "{path}");
    }
}

#[test]
fn every_link_of_an_answer_leads_to_an_operation_of_the_document() {
    let document = porchlight::serve::openapi();
    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<_> = paths.values().map(|item| &item["get"]).collect();
    let mut links = 0;
    for operation in &operations {
        for link in operation["responses"]["200"]["links"].as_object().into_iter().flatten() {
            let to = &link.1["operationId"];
            assert!(operations.iter().any(|other| other["operationId"] == *to), "{to}");
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

#[tokio::test]
async fn the_document_and_its_page_are_served_without_any_other_host() {
    let app = App::of([ReleaseBuilder::new("2026-11-24.1")]);
    let got = app.get("/openapi.json").await;
    assert_eq!(got.json(), porchlight::serve::openapi());
    let page = app.get("/docs").await;
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy").to_owned();
    let page = String::from_utf8(page.body).unwrap();
    let mut parts = 0;
    for (at, _) in page.match_indices("src=\"").chain(page.match_indices("href=\"")) {
        let target = page[at..].split('"').nth(1).unwrap();
        assert!(target.starts_with("/docs/"), "{target}");
        assert_eq!(app.get(target).await.status, 200, "{target}");
        parts += 1;
    }
    assert!(parts >= 4, "{page}");
    let script = app.get("/docs/swagger-initializer.js").await;
    let script = String::from_utf8(script.body).unwrap();
    assert!(script.contains("/openapi.json"));
    assert!(script.contains("\"validatorUrl\": \"none\""), "{script}");
    assert!(!script.contains("://") && !page.contains("://"), "{script}{page}");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("://"), "{policy}");
    // Nothing in the page needs what the policy forbids.
    assert!(!page.contains("<script>") && !page.contains("onload="), "{page}");
    assert_eq!(app.get("/docs/nothing.js").await.status, 404);
}

/// The headers a response is documented with.
fn documented<'a>(document: &'a Value, path: &str, status: u16) -> Vec<&'a String> {
    let responses = &document["paths"][path]["get"]["responses"];
    let mut response = &responses[status.to_string()];
    if let Some(reference) = response["$ref"].as_str() {
        response = document.pointer(reference.trim_start_matches('#')).unwrap();
    }
    let headers = response["headers"].as_object();
    headers.unwrap_or_else(|| panic!("{path} {status}")).keys().collect()
}

#[tokio::test]
async fn the_headers_of_an_answer_are_those_the_document_names() {
    let document = porchlight::serve::openapi();
    let many = NonZeroU32::new(1_000_000).unwrap();
    let rate_limit = Some(RateLimit { per_second: many, burst: many });
    let settings = Settings { rate_limit, ..Settings::default() };
    let releases = [ReleaseBuilder::new("2026-11-24.1")];
    let app = App::with(releases, NothingYet, settings.clone());
    let empty = App::with([], NothingYet, settings);
    let pinned = ["Content-Disposition", "Last-Modified", "Memento-Datetime"].as_slice();
    let unpinned = ["Content-Disposition", "Content-Location"].as_slice();
    let file = "/data/2026-11-24.1/dataset.sqlite";
    let (lists, files) = ("/agencies", "/data/{release}/{file}");
    for (app, method, address, headers, path, status, absent) in [
        (&app, Method::GET, "/v1/agencies", None, lists, 200, pinned),
        (&app, Method::GET, "/v1/releases/2026-11-24.1/agencies", None, lists, 200, unpinned),
        (&app, Method::GET, "/v1/status", None, "/status", 200, &[]),
        (&app, Method::GET, "/health/live", None, "/health/live", 200, &[]),
        (&app, Method::GET, "/v1/agencies?x=y", None, lists, 400, &[]),
        (&app, Method::POST, "/v1/agencies", None, lists, 405, &[]),
        (
            &app,
            Method::GET,
            "/v1/agencies",
            Some(("accept", "application/pdf")),
            lists,
            406,
            &["Dataset-Release"],
        ),
        (&app, Method::GET, "/v1/agencies", Some(("if-none-match", "*")), lists, 304, &[]),
        (&empty, Method::GET, "/v1/agencies", None, lists, 503, &["Dataset-Release"]),
        (&app, Method::GET, file, None, files, 200, &[]),
        (&app, Method::GET, file, Some(("range", "bytes=0-1")), files, 206, &[]),
        (&app, Method::GET, file, Some(("range", "bytes=99999999-")), files, 416, &[]),
        (&app, Method::GET, "/data/latest/dataset.sqlite", None, files, 307, &[]),
    ] {
        let got = app.ask(method, address, headers.as_slice()).await;
        assert_eq!(got.status, status, "{address}");
        for name in documented(&document, path, status) {
            let expected = !absent.contains(&name.as_str());
            assert_eq!(!got.header(name).is_empty(), expected, "{address} {status} {name}");
        }
    }
    let long = format!("/v1/agencies?name={}", "x".repeat(9000));
    assert_eq!(app.get(&long).await.status, 414);
    assert!(documented(&document, lists, 414).contains(&&"Request-Id".to_owned()));
}
