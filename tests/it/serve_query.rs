//! The query: filters, faults and cursors.

use porchlight::record::AgencyKind;
use serde_json::json;

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency};

const RELEASE: &str = "2026-11-24.1";

fn three_agencies(release: &str) -> ReleaseBuilder {
    let mut sheriff = agency("Adams County Sheriff");
    sheriff.kind = AgencyKind::Sheriff;
    let mut missouri = agency("Ballwin, City of");
    "MO".clone_into(&mut missouri.state);
    missouri.registered = false;
    missouri.lat = Some(38.5);
    ReleaseBuilder::new(release).has(&sheriff).has(&missouri).has(&agency("Columbus"))
}

#[tokio::test]
async fn filters_keep_what_equals_one_of_their_values_and_join_by_and() {
    let app = App::of([three_agencies(RELEASE)]);
    for (query, total) in [
        ("state=OH", 2),
        ("state=OH,MO", 3),
        ("state=OH%2CMO", 3),
        ("name=Ballwin%2C%20City%20of", 1),
        ("name=Ballwin%2C+City+of,Columbus", 2),
        ("name=Ballwin,+City+of", 0),
        ("state=OH&kind=sheriff", 1),
        ("state=MO&kind=sheriff", 0),
        ("registered=false", 1),
        ("lat=38.5", 1),
        ("partnerships=0", 3),
        ("name=Columbus", 1),
        ("name=columbus", 0),
        ("name=Columbus%27%20OR%201=1--", 0),
        ("first_release=2026-11-24.1", 3),
        ("state=OH&utm_source=x&utm_campaign=y", 2),
    ] {
        let got = app.get(&format!("/v1/agencies?{query}")).await;
        assert_eq!(got.json()["meta"]["total"], total, "{query}");
        assert_eq!(got.json()["meta"]["returned"], total, "{query}");
    }
}

#[tokio::test]
async fn a_thousand_parts_of_a_text_are_looked_for_at_once() {
    let app = App::of([three_agencies(RELEASE)]);
    let mut parts: Vec<String> = (0..999).map(|number| format!("{number:x}z")).collect();
    parts.push("umbu".to_owned());
    let address = format!("/v1/agencies?name__contains={}", parts.join(","));
    let got = app.get(&address).await;
    assert_eq!((got.status, &got.json()["meta"]["total"]), (200, &json!(1)));
    let of_lists = format!("/v1/agencies?aliases__contains={}", parts.join(","));
    assert_eq!(app.get(&of_lists).await.status, 200);
}

#[tokio::test]
async fn a_limit_of_zero_gives_the_total_alone() {
    let app = App::of([three_agencies(RELEASE)]);
    let got = app.get("/v1/agencies?limit=0").await.json();
    assert_eq!(got["data"], json!([]));
    assert_eq!((&got["meta"]["total"], &got["meta"]["returned"]), (&json!(3), &json!(0)));
    assert!(got["links"]["next"].is_null());
    assert_eq!(app.get("/v1/agencies?limit=1000").await.status, 200);
    let got = app.get("/v1/agencies?limit=1001").await;
    assert_eq!((got.status, &got.json()["code"]), (400, &json!("limit_too_large")));
}

#[tokio::test]
async fn every_fault_of_a_query_is_told_at_once() {
    let app = App::of([three_agencies(RELEASE)]);
    let path = "/v1/agencies?sate=CA&kind=sherif&state=OH&state=MO&lat=north&sort=nam&reported=x";
    let got = app.get(path).await;
    assert_eq!((got.status, got.header("content-type")), (400, "application/problem+json"));
    assert_eq!(got.header("cache-control"), "no-store");
    assert_eq!(got.header("access-control-allow-origin"), "*");
    let problem = got.json();
    assert_eq!(problem["type"], "/problems/invalid-parameter");
    assert_eq!(problem["code"], "invalid_parameter");
    assert_eq!(problem["instance"], path);
    let told: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let text = |key: &str| error[key].as_str().unwrap_or("-").to_owned();
            (text("parameter"), text("code"), text("did_you_mean"))
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    assert_eq!(
        told,
        [
            ("sate", "unknown_parameter", "state"),
            ("kind", "invalid_parameter", "sheriff"),
            ("state", "invalid_parameter", "-"),
            ("lat", "invalid_parameter", "-"),
            ("sort", "invalid_parameter", "name"),
            ("reported", "unknown_parameter", "registered"),
        ]
    );
    let allowed = &problem["errors"][0]["allowed"];
    assert!(allowed.as_array().unwrap().contains(&json!("state")));
}

#[tokio::test]
async fn one_unknown_parameter_is_reported_as_the_contract_shows_it() {
    let app = App::of([three_agencies(RELEASE)]);
    let problem = app.get("/v1/agencies?sate=CA").await.json();
    assert_eq!(problem["title"], "Invalid query parameter");
    assert_eq!(problem["detail"], "'sate' is not a parameter of GET /v1/agencies");
    assert_eq!(problem["errors"][0]["detail"], "unknown parameter");
    // Also where there are no parameters at all, and below a release.
    for path in ["/v1/summary", "/v1/status", "/v1/releases", "/health/live", "/v1/agencies/x"] {
        assert_eq!(app.get(&format!("{path}?a=b")).await.status, 400, "{path}");
    }
    let problem = app.get("/v1/releases/latest/agencies?sate=CA").await;
    assert_eq!(problem.status, 400);
}

#[tokio::test]
async fn whatever_asks_the_same_gets_the_same_bytes_and_tag() {
    let app = App::of([three_agencies(RELEASE)]);
    let first = app.get("/v1/agencies?state=OH,MO&kind=police&limit=50&sort=name,id").await;
    let second = app.get("/v1/agencies?sort=name&kind=police&state=MO,OH,MO").await;
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("etag"), second.header("etag"));
    let pinned =
        app.get("/v1/releases/2026-11-24.1/agencies?sort=name&kind=police&state=MO,OH").await;
    assert_eq!((&pinned.body, pinned.header("etag")), (&first.body, first.header("etag")));
}

#[tokio::test]
async fn a_cursor_continues_only_the_query_it_came_from() {
    let app = App::of([
        three_agencies("2026-11-24.1"),
        three_agencies("2026-11-25.1").after("2026-11-24.1"),
    ]);
    let page = app.get("/v1/releases/2026-11-24.1/agencies?limit=1&sort=name").await.json();
    let next = page["links"]["next"].as_str().unwrap();
    let cursor = next.split("cursor=").nth(1).unwrap();
    assert_eq!(app.get(next).await.status, 200);

    let mut damaged = cursor.to_owned();
    let last = if damaged.ends_with('A') { "B" } else { "A" };
    damaged.replace_range(damaged.len() - 3..damaged.len() - 2, last);
    for (path, says) in [
        (format!("/v1/agencies?sort=name&cursor={cursor}"), "2026-11-24.1"),
        (format!("/v1/releases/2026-11-25.1/agencies?sort=name&cursor={cursor}"), "2026-11-24.1"),
        (format!("/v1/releases/2026-11-24.1/agencies?cursor={cursor}"), "sort"),
        (format!("/v1/releases/2026-11-24.1/agencies?sort=-name&cursor={cursor}"), "sort"),
        (
            format!("/v1/releases/2026-11-24.1/agencies?sort=name&state=OH&cursor={cursor}"),
            "filters",
        ),
        (format!("/v1/releases/2026-11-24.1/vendors?sort=name&cursor={cursor}"), "path"),
        (format!("/v1/releases/2026-11-24.1/agencies?sort=name&cursor={damaged}"), "damaged"),
        ("/v1/agencies?cursor=".to_owned(), "damaged"),
        ("/v1/agencies?cursor=%F0%9F%98%80".to_owned(), "damaged"),
    ] {
        let got = app.get(&path).await;
        assert_eq!((got.status, &got.json()["code"]), (400, &json!("cursor_mismatch")), "{path}");
        assert!(got.json()["detail"].as_str().unwrap().contains(says), "{path}: {}", got.json());
    }
    // Another page size is the same query.
    let wider = next.replace("limit=1", "limit=2");
    assert_eq!(app.get(&wider).await.ids().len(), 2);
}

#[tokio::test]
async fn an_address_too_long_is_refused_in_words() {
    let app = App::of([three_agencies(RELEASE)]);
    let path = |length: usize| {
        let path = "/v1/agencies?name=";
        format!("{path}{}", "x".repeat(length - path.len()))
    };
    assert_eq!(app.get(&path(8192)).await.status, 200);
    let got = app.get(&path(8193)).await;
    assert_eq!((got.status, &got.json()["code"]), (414, &json!("uri_too_long")));
    assert_eq!(got.header("access-control-allow-origin"), "*");
    assert!(!got.header("request-id").is_empty());
}

#[tokio::test]
async fn the_link_to_the_next_page_keeps_commas_inside_values() {
    let mut second = agency("Ballwin, City of");
    second.id = porchlight::record::AgencyId::mint("another");
    let app = App::of([three_agencies(RELEASE).has(&second)]);
    let pages = app.crawl("/v1/agencies?name=Ballwin%2C%20City%20of,Columbus&limit=1").await;
    assert_eq!(pages.len(), 3);
}
