//! Which releases are served, by which names, and what happens when one is published or damaged.

use serde_json::json;

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency};

#[tokio::test]
async fn without_a_release_the_server_says_so_and_lives() {
    let app = App::of([]);
    for path in [
        "/v1/agencies",
        "/v1/agencies/agy_0000000000",
        "/v1/summary",
        "/v1/releases/latest",
        "/v1/releases/2026-11-24.1/agencies",
        "/health/ready",
        "/data/latest/dataset.sqlite",
    ] {
        let got = app.get(path).await;
        assert_eq!((got.status, &got.json()["code"]), (503, &json!("unavailable")), "{path}");
        assert!(got.header("retry-after").parse::<u32>().unwrap() > 0, "{path}");
        assert_eq!(got.header("cache-control"), "no-store");
    }
    for path in ["/health/live", "/v1/status", "/v1/releases", "/openapi.json", "/docs"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    let status = app.get("/v1/status").await.json();
    assert_eq!(
        status["data"],
        json!({
            "last_run": null, "next_run_at": null, "sources": [], "held": [], "release": null,
            "schedule": null, "leader": null, "runs": [],
        })
    );
}

#[tokio::test]
async fn a_release_is_found_by_name_by_day_and_as_latest() {
    let with = |release: &str, name: &str| ReleaseBuilder::new(release).has(&agency(name));
    let app = App::of([
        with("2026-03-01.1", "A"),
        with("2026-03-01.9", "B"),
        with("2026-03-01.10", "C").after("2026-03-01.9"),
        with("2026-05-01.1", "D").after("2026-03-01.10"),
    ]);
    for (name, release) in [
        ("2026-03-01.1", "2026-03-01.1"),
        ("2026-03-01.9", "2026-03-01.9"),
        ("2026-03-01", "2026-03-01.10"),
        ("2026-04-30", "2026-03-01.10"),
        ("2027-01-01", "2026-05-01.1"),
        ("latest", "2026-05-01.1"),
    ] {
        let got = app.get(&format!("/v1/releases/{name}/agencies")).await;
        assert_eq!(got.header("dataset-release"), release, "{name}");
        let pinned = name == release;
        assert_eq!(got.header("content-location").is_empty(), pinned, "{name}");
        assert_eq!(got.header("memento-datetime").is_empty(), !pinned, "{name}");
        let manifest = app.get(&format!("/v1/releases/{name}")).await.json();
        assert_eq!(manifest["data"]["release"], release, "{name}");
        assert_eq!(manifest["meta"]["release"], release, "{name}");
        assert_eq!(manifest["links"]["self"], format!("/v1/releases/{release}"));
        let gates = app.get(&format!("/v1/releases/{name}/gates")).await;
        assert_eq!(gates.header("dataset-release"), release, "{name}");
        let latest = "</v1/releases/latest/gates>; rel=\"latest-version\"";
        assert!(gates.header("link").contains(latest), "{}", gates.header("link"));
    }
    for name in [
        "2026-02-28",
        "2026-03-01.2",
        "2026-03-01.01",
        "newest",
        "2026-13-01",
        "%0A2026-03-01",
        "2026-3-1",
    ] {
        let got = app.get(&format!("/v1/releases/{name}/agencies")).await;
        assert_eq!((got.status, &got.json()["code"]), (404, &json!("unknown_release")), "{name}");
    }
    let got = app.get("/v1/agencies").await;
    let older = "</v1/releases/2026-03-01.10/agencies>; rel=\"predecessor-version\"";
    assert!(got.header("link").contains(older), "{}", got.header("link"));
    let listed = app.get("/v1/releases").await.json();
    let names: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|entry| entry["release"].clone()).collect();
    assert_eq!(names, ["2026-05-01.1", "2026-03-01.10", "2026-03-01.9", "2026-03-01.1"]);
}

#[tokio::test]
async fn more_releases_than_stay_open_are_all_answered() {
    let app = App::of((1..=8).map(|number| {
        ReleaseBuilder::new(&format!("2026-03-01.{number}")).has(&agency(&number.to_string()))
    }));
    for round in 0..2 {
        for number in 1..=8 {
            let got = app.get(&format!("/v1/releases/2026-03-01.{number}/agencies")).await;
            assert_eq!(got.json()["data"][0]["name"], number.to_string(), "{round}");
        }
    }
}

#[tokio::test]
async fn a_new_release_is_swapped_in_while_a_crawl_goes_on_in_the_old() {
    let old = ReleaseBuilder::new("2026-11-24.1").has(&agency("A")).has(&agency("B"));
    let app = App::of([old]);
    let first = app.get("/v1/agencies?limit=1").await.json();

    let new = ReleaseBuilder::new("2026-11-25.1").after("2026-11-24.1").has(&agency("C"));
    new.write(app.home.path());
    assert_eq!(app.get("/v1/agencies").await.header("dataset-release"), "2026-11-24.1");
    app.releases.reload().unwrap();
    assert_eq!(app.get("/v1/agencies").await.header("dataset-release"), "2026-11-25.1");

    let second = app.get(first["links"]["next"].as_str().unwrap()).await;
    assert_eq!(second.header("dataset-release"), "2026-11-24.1");
    assert_ne!(second.json()["data"][0]["id"], first["data"][0]["id"]);
}

#[tokio::test]
async fn a_folder_without_a_manifest_is_no_release() {
    let app = App::of([ReleaseBuilder::new("2026-11-24.1")]);
    ReleaseBuilder::new("2026-11-25.1").write(app.home.path());
    let folder = app.home.path().join("releases/2026-11-25.1");
    std::fs::rename(folder.join("manifest.json"), folder.join("manifest.json.part")).unwrap();
    app.releases.reload().unwrap();
    assert_eq!(app.get("/v1/summary").await.header("dataset-release"), "2026-11-24.1");
    assert_eq!(app.get("/v1/releases/2026-11-25.1/agencies").await.status, 404);
}

#[tokio::test]
async fn a_damaged_release_is_refused_by_name_and_the_one_before_stays_in_service() {
    let chain = |error: &dyn std::error::Error| {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    };
    let app = App::of([ReleaseBuilder::new("2026-11-24.1")]);
    let folder = app.home.path().join("releases/2026-11-25.1");
    let spoil = |file: &str, bytes: &[u8]| {
        ReleaseBuilder::new("2026-11-25.1").write(app.home.path());
        std::fs::write(folder.join(file), bytes).unwrap();
        let error = chain(&app.releases.reload().unwrap_err());
        std::fs::remove_dir_all(&folder).unwrap();
        error
    };
    let empty_database = {
        use diesel::Connection as _;
        use diesel::connection::SimpleConnection as _;
        let path = app.home.path().join("empty.sqlite");
        let mut connection = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection.batch_execute("CREATE TABLE other (x)").unwrap();
        std::fs::read(path).unwrap()
    };
    for (file, bytes, says) in [
        ("dataset.sqlite", b"no database".as_slice(), "not an SQLite file"),
        ("dataset.sqlite", b"".as_slice(), "not an SQLite file"),
        ("dataset.sqlite", b"SQLite format 3\0 and then nothing".as_slice(), "damaged"),
        ("dataset.sqlite", &empty_database, "`meta` cannot be read"),
        ("manifest.json", b"{}".as_slice(), "manifest"),
        ("manifest.json", b"{".as_slice(), "manifest"),
    ] {
        let error = spoil(file, bytes);
        assert!(error.contains(says) && error.contains(file), "{error}");
        assert!(error.contains("copy or rebuild"), "{error}");
        assert_eq!(app.get("/v1/summary").await.header("dataset-release"), "2026-11-24.1");
        assert_eq!(app.get("/v1/releases/2026-11-25.1").await.status, 404);
    }
}

#[tokio::test]
async fn the_gate_report_of_a_release_is_public() {
    let release = ReleaseBuilder::new("2026-11-24.1").sql(
        "INSERT INTO gates VALUES ('ids_unique', 'agencies', 1, '0', '0', 'no id stands twice');",
    );
    let app = App::of([release]);
    let got = app.get("/v1/releases/latest/gates").await;
    assert_eq!(
        got.json()["data"],
        json!([{
            "gate": "ids_unique", "subject": "agencies", "passed": true, "measured": "0",
            "allowed": "0", "detail": "no id stands twice",
        }])
    );
}
