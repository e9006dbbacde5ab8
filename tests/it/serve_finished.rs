//! An answer given again is the answer: to every address, in every coding and form, whole or as the
//! word that the client has it, and only while the releases are the same.

use porchlight::record::RESOURCES;
use porchlight::serve::Settings;
use reqwest::Method;

use crate::serve_guard::decoded;
use crate::support::app::{App, Got, NothingYet};
use crate::support::chain::Chain;
use crate::support::release::{ReleaseBuilder, agency};
use crate::support::routes::{RELEASE, Route, releases};

/// Headers that say something about the one request, or about how an export that is compressed while
/// it is made was cut into pieces.
const OF_ONE_REQUEST: [&str; 5] =
    ["content-length", "date", "request-id", "ratelimit", "transfer-encoding"];

/// Pages that are no operation of the document.
const PAGES: [&str; 6] = ["/", "/about", "/map", "/partnerships", "/search?q=spring", "/releases"];

/// The status, the headers with their lines and the decoded body of an answer.
type Said = (u16, Vec<(String, Vec<String>)>, Vec<u8>);

/// What an answer says, but for what is said of the one request.
fn said(got: &Got) -> Said {
    let names = got.names().into_iter().filter(|name| !OF_ONE_REQUEST.contains(name));
    let lines = |name: &str| got.all(name).into_iter().map(str::to_owned).collect();
    let headers = names.map(|name| (name.to_owned(), lines(name))).collect();
    (got.status, headers, decoded(got))
}

#[tokio::test]
async fn what_is_given_again_is_what_a_server_without_memory_gives() {
    let app = App::of(releases());
    let forgetful =
        App::with(releases(), NothingYet, Settings { cache_bytes: 0, ..Settings::default() });
    let mut addresses: Vec<String> = Vec::new();
    // How the machinery is doing is told as of now.
    let is_timed = |route: &Route| route.is_health() || route.path.contains("/status");
    for route in Route::all().iter().filter(|route| !is_timed(route)) {
        addresses.push(route.asking(""));
        addresses.extend(route.suffixes().iter().map(|(suffix, _)| route.in_form(suffix, "")));
    }
    addresses.extend(PAGES.map(str::to_owned));
    let wishes: [&[(&str, &str)]; 6] = [
        &[],
        &[("accept-encoding", "gzip, br, zstd")],
        &[("accept-encoding", "br")],
        // Liked best is what a body that is kept zipped need not be made into.
        &[("accept-encoding", "br, gzip;q=0.1")],
        &[("accept-encoding", "gzip, identity;q=0")],
        &[("accept-encoding", "gzip"), ("accept", "text/csv;q=0.9, application/json;q=0.8")],
    ];
    for address in &addresses {
        for wish in wishes {
            let expected = said(&forgetful.get_with(address, wish).await);
            // Made, given again, and finished.
            for time in 1..=3 {
                let got = app.get_with(address, wish).await;
                assert_eq!(said(&got), expected, "{address} {wish:?}, time {time}");
            }
            let Some((_, etag)) = expected.1.iter().find(|(name, _)| name == "etag") else {
                continue;
            };
            let mut wish = wish.to_vec();
            wish.push(("if-none-match", &etag[0]));
            let expected = said(&forgetful.get_with(address, &wish).await);
            for time in 1..=3 {
                let got = said(&app.get_with(address, &wish).await);
                assert_eq!((got.0, &got.2), (expected.0, &expected.2), "{address} {wish:?} {time}");
                assert_eq!(got.1, expected.1, "{address} {wish:?} {time}");
            }
        }
    }
}

#[tokio::test]
async fn a_finished_answer_is_counted_as_a_hit_and_named_anew() {
    let app = App::of(releases());
    let mut names = Vec::new();
    for _ in 0..4 {
        let got = app.get("/v1/agencies?limit=1").await;
        names.push(got.header("request-id").to_owned());
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4);
    let metrics = String::from_utf8(app.get("/metrics").await.body).unwrap();
    for (cache, times) in [("miss", 1), ("hit", 3)] {
        let line = format!(
            "porchlight_http_requests_total{{route=\"/v1/agencies\",method=\"GET\",status=\"200\",\
             cache=\"{cache}\"}} {times}"
        );
        assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn nothing_finished_outlives_the_releases_it_is_of() {
    let old = ReleaseBuilder::new("2026-11-24.1").has(&agency("A"));
    let app = App::of([old]);
    let pinned = format!("/v1/releases/{RELEASE}/agencies");
    for _ in 0..3 {
        assert_eq!(app.get("/v1/agencies").await.header("dataset-release"), "2026-11-24.1");
        app.get(&pinned).await;
        app.get("/").await;
    }
    let tag = app.get("/v1/agencies").await.header("etag").to_owned();
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(app.get_with("/v1/agencies", &known).await.status, 304);
    assert_eq!(app.get_with("/v1/agencies", &known).await.status, 304);

    ReleaseBuilder::new("2026-11-25.1")
        .after("2026-11-24.1")
        .has(&agency("C"))
        .write(app.home.path());
    app.releases.reload().unwrap();
    for _ in 0..3 {
        assert_eq!(app.get("/v1/agencies").await.header("dataset-release"), "2026-11-25.1");
        assert_eq!(app.get_with("/v1/agencies", &known).await.status, 200);
        assert_eq!(app.get(&pinned).await.header("dataset-release"), "2026-11-24.1");
        let home = String::from_utf8(app.get("/").await.body).unwrap();
        assert!(home.contains("2026-11-25.1"));
    }
}

#[tokio::test]
async fn an_odd_request_is_read_to_its_end() {
    let app = App::of(releases());
    for _ in 0..3 {
        app.get("/v1/agencies?limit=1").await;
    }
    let head = app.ask(Method::HEAD, "/v1/agencies?limit=1", &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let refused = app.get_with("/v1/agencies?limit=1", &[("accept-encoding", "*;q=0")]).await;
    assert_eq!(refused.status, 406);
    let image = app.get_with("/v1/agencies?limit=1", &[("accept", "image/png")]).await;
    assert_eq!(image.status, 406);
    let large = app.get_with("/v1/agencies?limit=1", &[("content-length", "9000")]).await;
    assert_eq!(large.status, 413);
}

#[tokio::test]
async fn the_file_of_a_table_and_its_export_are_the_same_bytes() {
    let chain = Chain::of(1, None).await;
    let home = tempfile::tempdir().unwrap();
    std::fs::rename(chain.home("home").join("releases"), home.path().join("releases")).unwrap();
    let app = App::over(home, NothingYet, Settings::default());
    let newest = app.releases.newest().unwrap();
    let mut rows = 0;
    for resource in RESOURCES {
        let name = format!("{}.csv", resource.table);
        let Some(file) = newest.known.manifest.file(&name) else { continue };
        let published = std::fs::read(newest.known.folder.join(&name)).unwrap();
        let whole = app.get(&format!("/v1/{name}")).await;
        assert_eq!(whole.body, published, "{name}");
        // The same records, written again: an order is asked for.
        let written = app.get(&format!("/v1/{name}?sort=id")).await;
        assert_eq!(String::from_utf8(written.body), String::from_utf8(published), "{name}");
        rows += file.rows.unwrap_or_default();
    }
    assert!(rows > 20, "{rows}");
}
