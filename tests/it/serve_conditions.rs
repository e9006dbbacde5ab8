//! Methods, conditions, caching and what stands on every answer.

use porchlight::serve::{Settings, StatusDocument, StatusSource, StatusUnknown};
use reqwest::Method;
use serde_json::json;

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency};

const RELEASE: &str = "2026-11-24.1";

fn app() -> App {
    App::of([ReleaseBuilder::new(RELEASE).has(&agency("A")).has(&agency("B"))])
}

#[tokio::test]
async fn an_unpinned_answer_names_its_pinned_address_and_pages_on_there() {
    let app = app();
    let got = app.get("/v1/agencies?limit=1").await;
    let pinned = format!("/v1/releases/{RELEASE}/agencies?limit=1");
    assert_eq!(got.header("content-location"), pinned);
    assert_eq!(got.header("dataset-release"), RELEASE);
    assert_eq!(got.header("dataset-total"), "2");
    assert_eq!(
        got.header("cache-control"),
        "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
    );
    assert_eq!((got.header("last-modified"), got.header("memento-datetime")), ("", ""));
    let json = got.json();
    assert_eq!(json["links"]["self"], pinned);
    let next = json["links"]["next"].as_str().unwrap();
    assert!(next.starts_with(&format!("{pinned}&cursor=")), "{next}");
    let link = got.header("link");
    assert!(link.contains(&format!("<{next}>; rel=\"next\"")), "{link}");
    assert!(link.contains(&format!("<{pinned}>; rel=\"canonical\"")), "{link}");
    for relation in ["describedby", "service-desc", "license", "latest-version"] {
        assert!(link.contains(&format!("rel=\"{relation}\"")), "{relation}: {link}");
    }
}

#[tokio::test]
async fn a_pinned_answer_says_when_it_was_published_and_keeps() {
    let app = app();
    let got = app.get(&format!("/v1/releases/{RELEASE}/agencies")).await;
    assert_eq!(got.header("cache-control"), "public, max-age=86400, stale-while-revalidate=604800");
    assert_eq!(got.header("last-modified"), "Tue, 24 Nov 2026 06:00:00 GMT");
    assert_eq!(got.header("memento-datetime"), "Tue, 24 Nov 2026 06:00:00 GMT");
    assert_eq!(got.header("content-location"), "");
    let since = [("if-modified-since", got.header("last-modified"))];
    let again = app.get_with(&format!("/v1/releases/{RELEASE}/agencies"), &since).await;
    assert_eq!((again.status, again.header("etag")), (304, got.header("etag")));
    // What is newest now may be another release the next second.
    assert_eq!(app.get_with("/v1/agencies", &since).await.status, 200);
    let path = format!("/v1/releases/{RELEASE}/agencies/agy_zzzzzzzzzz");
    assert_eq!(app.get_with(&path, &since).await.status, 404);
}

#[tokio::test]
async fn a_refusal_and_a_redirect_name_their_release() {
    let akron = agency("Akron");
    let id = &akron.id;
    let release = ReleaseBuilder::new(RELEASE).has(&akron).sql(&format!(
        "INSERT INTO redirects VALUES ('agencies', 'agy_0000000001', '{id}', '{RELEASE}', 'one');"
    ));
    let app = App::of([release]);
    for (path, status) in [
        ("/v1/agencies?x=y", 400),
        ("/v1/agencies/agy_zzzzzzzzzz", 404),
        ("/v1/releases/2026-11-24.1/agencies/agy_zzzzzzzzzz", 404),
        ("/v1/agencies/agy_0000000001", 308),
        ("/data/2026-11-24.1/nothing", 404),
        ("/data/2026-11-24.1/dataset.sqlite?a=b", 400),
    ] {
        let got = app.get(path).await;
        assert_eq!((got.status, got.header("dataset-release")), (status, RELEASE), "{path}");
    }
    for path in ["/nothing", "/v1/releases/1999-01-01.1", "/v1/status?x=y"] {
        assert_eq!(app.get(path).await.header("dataset-release"), "", "{path}");
    }
}

#[tokio::test]
async fn a_client_that_has_it_is_told_so_with_the_same_headers() {
    let app = app();
    for path in [
        "/v1/agencies?limit=1",
        "/v1/releases/2026-11-24.1/agencies",
        "/v1/summary",
        "/v1/releases",
        "/v1/releases/2026-11-24.1",
        "/v1/status",
        "/openapi.json",
        "/data/2026-11-24.1/dataset.sqlite",
    ] {
        let got = app.get(path).await;
        let tag = got.header("etag");
        assert!(!tag.is_empty(), "{path}");
        for method in [Method::GET, Method::HEAD] {
            let again = app.ask(method, path, &[("if-none-match", tag)]).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            for name in [
                "etag",
                "cache-control",
                "vary",
                "content-location",
                "last-modified",
                "dataset-release",
                "access-control-allow-origin",
            ] {
                assert_eq!(again.header(name), got.header(name), "{path} {name}");
            }
        }
        let other = app.get_with(path, &[("if-none-match", "W/\"other\"")]).await;
        assert_eq!(other.status, 200, "{path}");
    }
    // What does not exist is not had, whatever the client says.
    let got = app.get_with("/v1/agencies/agy_zzzzzzzzzz", &[("if-none-match", "*")]).await;
    assert_eq!(got.status, 404);
}

#[tokio::test]
async fn every_answer_may_be_read_by_every_page() {
    let app = app();
    let mut ids = std::collections::BTreeSet::new();
    for (path, status) in [
        ("/v1/agencies", 200),
        ("/v1/agencies?x=y", 400),
        ("/v1/agencies/agy_zzzzzzzzzz", 404),
        ("/nothing", 404),
        ("/v1/releases/1999-01-01.1/agencies", 404),
        ("/docs", 200),
        ("/health/live", 200),
        ("/data/latest/dataset.sqlite", 307),
    ] {
        let got = app.get_with(path, &[("origin", "https://elsewhere.example")]).await;
        assert_eq!(got.status, status, "{path}");
        assert_eq!(got.header("access-control-allow-origin"), "*", "{path}");
        assert!(got.header("access-control-expose-headers").contains("Dataset-Release"));
        assert_eq!(got.header("vary"), "Accept, Accept-Encoding", "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("cross-origin-resource-policy"), "cross-origin", "{path}");
        assert!(ids.insert(got.header("request-id").to_owned()), "{path}");
        if status >= 400 {
            assert_eq!(got.header("content-type"), "application/problem+json", "{path}");
            assert_eq!(got.json()["status"], status, "{path}");
            assert_eq!(got.json()["instance"], path);
        }
    }
}

#[tokio::test]
async fn a_preflight_is_allowed_and_other_methods_are_not() {
    let app = app();
    for path in ["/v1/agencies", "/v1/status", "/data/2026-11-24.1/dataset.sqlite"] {
        let headers = [
            ("origin", "https://elsewhere.example"),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "if-none-match"),
        ];
        let got = app.ask(Method::OPTIONS, path, &headers).await;
        assert_eq!(got.status, 204, "{path}");
        assert_eq!(got.header("access-control-allow-origin"), "*");
        assert_eq!(got.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
        assert!(got.header("access-control-allow-headers").contains("If-None-Match"));
        assert!(got.header("access-control-allow-headers").contains("If-Modified-Since"));
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let got = app.ask(method, path, &[]).await;
            assert_eq!((got.status, got.header("allow")), (405, "GET, HEAD, OPTIONS"));
            assert_eq!(got.json()["code"], "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn a_format_there_is_not_is_refused() {
    let app = app();
    let got = app.get_with("/v1/agencies", &[("accept", "text/turtle")]).await;
    assert_eq!((got.status, &got.json()["code"]), (406, &json!("not_acceptable")));
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    assert_eq!(app.get_with("/v1/agencies", &[("accept", browser)]).await.status, 200);
    assert_eq!(app.get_with("/docs", &[("accept", "text/html")]).await.status, 200);
}

#[tokio::test]
async fn each_type_of_problem_explains_itself() {
    let app = app();
    for code in porchlight::serve::Code::ALL {
        let got = app.get(&format!("/problems/{}", code.slug())).await;
        assert_eq!(got.status, 200);
        let text = String::from_utf8(got.body).unwrap();
        assert!(text.starts_with(code.title()) && text.contains("What to do"), "{text}");
    }
    assert_eq!(app.get("/problems/nothing").await.status, 404);
}

struct Panics;

impl StatusSource for Panics {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        panic!("a fault for the test")
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::UNIX_EPOCH
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_the_server_goes_on() {
    let release = ReleaseBuilder::new(RELEASE);
    let app = App::with([release], Panics, Settings::default());
    for _ in 0..3 {
        let got = app.get("/v1/status").await;
        assert_eq!((got.status, &got.json()["code"]), (500, &json!("internal")));
        assert_eq!(got.header("cache-control"), "no-store");
        let text = String::from_utf8(got.body).unwrap();
        assert!(!text.contains("a fault for the test"), "{text}");
    }
    assert_eq!(app.get("/v1/agencies").await.status, 200);
}

struct Mute;

impl StatusSource for Mute {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        Err("a cause that is nobody's business".into())
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::UNIX_EPOCH
    }
}

#[tokio::test]
async fn a_status_that_cannot_be_had_is_no_good_news() {
    let app = App::with([ReleaseBuilder::new(RELEASE)], Mute, Settings::default());
    let got = app.get("/v1/status").await;
    assert_eq!((got.status, &got.json()["code"]), (503, &json!("unavailable")));
    assert!(!String::from_utf8(got.body).unwrap().contains("nobody's business"));
    assert_eq!(app.get("/v1/agencies").await.status, 200, "readers need no catalog");
}

#[tokio::test]
async fn links_begin_with_the_public_address_where_it_is_known() {
    let settings =
        Settings { public_url: "https://data.example.org/".to_owned(), ..Settings::default() };
    let releases = [ReleaseBuilder::new(RELEASE).has(&agency("A")).has(&agency("B"))];
    let app = App::with(releases, Quiet, settings);
    let got = app.get("/v1/agencies?limit=1").await;
    let base = format!("https://data.example.org/v1/releases/{RELEASE}/agencies?limit=1");
    assert_eq!(got.json()["links"]["self"], base);
    assert!(got.json()["links"]["next"].as_str().unwrap().starts_with(&base));
    assert_eq!(got.header("content-location"), base);
    assert!(got.header("link").contains(&format!("<{base}&cursor=")));
    let got = app.get("/data/latest/dataset.sqlite").await;
    assert!(got.header("location").starts_with("https://data.example.org/data/"));
}

struct Quiet;

impl StatusSource for Quiet {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        Ok(StatusDocument::default())
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::UNIX_EPOCH
    }
}
