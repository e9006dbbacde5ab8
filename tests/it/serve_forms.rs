//! The forms of an answer: which is given, what it holds, and that a whole export needs no more
//! memory than a page and ends when its client does.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use porchlight::config::ServeBounds;
use porchlight::record::{AgencyKind, PartnershipStatus, Resource, Service, SubjectType};
use porchlight::release::database::{Meta, ReleaseDatabase};
use porchlight::release::format::{self, Imprint, Kind, Table};
use porchlight::serve::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{App, Got, NothingYet};
use crate::support::release::{
    ReleaseBuilder, agency, emergency_batch, evidence, partner_agencies, partnership, source,
};

const RELEASE: &str = "2026-11-24.1";

/// As many agencies, each with a name of about 1 kB, in no order.
fn many(agencies: usize) -> ReleaseBuilder {
    let mut release = ReleaseBuilder::new(RELEASE);
    for number in 0..agencies {
        let mut record = agency(&format!("{}, no. {number}", "n".repeat(1000)));
        record.city = (number % 3 != 0).then(|| format!("City {}", number % 10));
        (record.lat, record.lon) = ((number % 2 != 0).then_some(39.5), Some(-83.25));
        release = release.has(&record);
    }
    release
}

/// A few records of most resources.
fn some() -> ReleaseBuilder {
    let mut placed = agency("Adams County \"Sheriff\", Office");
    placed.kind = AgencyKind::Sheriff;
    (placed.lat, placed.lon) = (Some(39.5), Some(-83.25));
    let mut there = partnership("There", PartnershipStatus::Active);
    there.agency_id = Some(placed.id.clone());
    let mut nowhere = partnership("Nowhere", PartnershipStatus::Ended);
    nowhere.agency_id = Some(agency("=SUM(A1)").id);
    ReleaseBuilder::new(RELEASE)
        .has(&placed)
        .has(&agency("=SUM(A1)"))
        .has(&there)
        .has(&nowhere)
        .has(&partnership("Unmatched", PartnershipStatus::Unknown))
        .has(&emergency_batch(11))
        .has(&partner_agencies(Service::Fire, 5.0, "2022-01-01"))
        .has(&source("eff-atlas"))
        .has(&evidence(SubjectType::Agency, placed.id.as_str(), "a"))
}

fn text(got: &Got) -> &str {
    std::str::from_utf8(&got.body).unwrap()
}

/// The elements of `data` of every page, as they are written.
async fn elements(app: &App, path: &str) -> Vec<String> {
    let mut elements = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = app.get(&path).await.json();
        elements.extend(page["data"].as_array().unwrap().iter().map(Value::to_string));
        next = page["links"]["next"].as_str().map(str::to_owned);
    }
    elements
}

#[tokio::test]
async fn the_pages_of_a_query_are_its_ndjson() {
    let app = App::of([many(2500)]);
    for query in ["", "city=City 1,City 2", "sort=-city,name", "sort=lat&city=City 4", "city=x"] {
        let pages = elements(&app, &format!("/v1/agencies?limit=999&{query}")).await;
        let export = app.get(&format!("/v1/agencies.ndjson?{query}")).await;
        assert_eq!(export.header("content-type"), "application/x-ndjson");
        assert_eq!(export.header("dataset-total"), pages.len().to_string(), "{query}");
        let lines: Vec<_> = text(&export).lines().collect();
        assert!(lines == pages, "{query}: {} lines, {} records", lines.len(), pages.len());
        assert!(export.body.is_empty() || export.body.ends_with(b"\n"));
    }
}

#[tokio::test]
async fn csv_and_geojson_are_the_files_of_the_release() {
    let folder = tempfile::tempdir().unwrap();
    let tables = ["agencies", "partnerships", "disclosures", "sources", "evidence", "vendors"];
    for (app, tables) in [(App::of([some()]), &tables[..]), (App::of([many(2500)]), &tables[..1])] {
        let database = app.home.path().join("releases").join(RELEASE).join("dataset.sqlite");
        let rows = ReleaseDatabase::open(&database).unwrap();
        let Meta { release, schema_version, .. } = rows.meta().clone();
        let imprint = Imprint { release, schema_version };
        for table in tables {
            let resource = Resource::of_table(table).unwrap();
            for (kind, suffix, media_type) in [
                (Kind::Csv, "csv", "text/csv; charset=utf-8; header=present"),
                (Kind::GeoJson, "geojson", "application/geo+json"),
            ] {
                if !Kind::of(resource).any(|other| other == kind) {
                    continue;
                }
                let of_table = Table { rows: &rows, resource, imprint: &imprint };
                format::write(&[kind], folder.path(), of_table).unwrap();
                let path = folder.path().join(kind.file_name(resource));
                let got = app.get(&format!("/v1/{table}.{suffix}")).await;
                assert!(text(&got) == std::fs::read_to_string(path).unwrap(), "{table}.{suffix}");
                assert_eq!(got.header("content-type"), media_type);
                assert_eq!(got.header("dataset-release"), RELEASE);
            }
        }
    }
}

#[tokio::test]
async fn geojson_has_a_feature_per_record_at_its_place_or_that_of_its_agency() {
    let app = App::of([some()]);
    for (table, ids) in [("agencies", 2), ("partnerships", 3), ("disclosures", 1)] {
        let got = app.get(&format!("/v1/{table}.geojson")).await;
        assert_eq!(got.header("content-type"), "application/geo+json");
        let collection = got.json();
        assert_eq!(collection["type"], "FeatureCollection");
        assert_eq!(collection["meta"]["total"], ids, "{table}");
        let features = collection["features"].as_array().unwrap();
        let records = app.get(&format!("/v1/{table}")).await.json();
        let properties: Vec<_> = features.iter().map(|feature| &feature["properties"]).collect();
        assert_eq!(properties, records["data"].as_array().unwrap().iter().collect::<Vec<_>>());
        let placed: Vec<_> = features.iter().filter(|f| !f["geometry"].is_null()).collect();
        assert_eq!(placed.len(), usize::from(table != "disclosures"), "{table}");
        for feature in placed {
            assert_eq!(
                feature["geometry"],
                json!({"type": "Point", "coordinates": [-83.25, 39.5]})
            );
            let record = &feature["properties"];
            assert_eq!(feature["id"], record["id"]);
            assert!(record["name"] != "=SUM(A1)" && record["agency_name"] != "Nowhere");
        }
    }
    let none = app.get("/v1/agencies.geojson?state=AK").await.json();
    assert_eq!(none["features"], json!([]));
}

#[tokio::test]
async fn the_suffix_then_accept_chooses_the_form() {
    let app = App::of([some()]);
    let (json, csv) = ("application/json", "text/csv; charset=utf-8; header=present");
    let (ndjson, geojson) = ("application/x-ndjson", "application/geo+json");
    let problem = "application/problem+json";
    let evidence = format!("agencies/{}/evidence", agency("=SUM(A1)").id);
    let record = format!("agencies/{}", agency("=SUM(A1)").id);
    for (path, accept, media_type) in [
        ("agencies", "", json),
        ("agencies", "*/*", json),
        ("agencies", "text/csv", csv),
        ("agencies", "text/csv, */*;q=0.1", csv),
        ("agencies", "application/geo+json", geojson),
        ("agencies", "application/x-ndjson, application/json;q=0.9", ndjson),
        ("agencies", "text/html", problem),
        ("agencies.json", "text/csv", json),
        ("agencies.csv", "application/json", csv),
        ("agencies.csv", "text/html", csv),
        ("agencies.csv/", "", csv),
        ("agencies.ndjson", "", ndjson),
        ("agencies.geojson", "", geojson),
        ("agencies.pdf", "", problem),
        ("agencies.CSV", "", problem),
        ("vendors.geojson", "", problem),
        ("vendors", "application/geo+json", problem),
        ("vendors.csv", "", csv),
        ("summary.json", "", json),
        ("summary.csv", "", problem),
        ("summary", "text/csv", problem),
        (&format!("{evidence}.csv"), "", csv),
        (&format!("{evidence}/"), "text/csv", csv),
        (&format!("{evidence}.geojson"), "", problem),
        (&format!("{record}.json"), "text/csv", json),
        (&format!("{record}.json/"), "", json),
        (&format!("{record}.csv"), "", problem),
        (&format!("{record}/history.json"), "", json),
    ] {
        for base in ["/v1", "/v1/releases/2026-11-24.1", "/v1/releases/latest"] {
            let path = format!("{base}/{path}");
            let headers = [("accept", accept)];
            let headers = if accept.is_empty() { &[][..] } else { &headers[..] };
            let got = app.get_with(&path, headers).await;
            assert_eq!(got.header("content-type"), media_type, "{path} {accept}");
            assert_eq!(got.status, if media_type == problem { 406 } else { 200 }, "{path}");
            assert_eq!(got.header("vary"), "Accept, Accept-Encoding", "{path}");
        }
    }
}

#[tokio::test]
async fn a_refusal_names_the_forms_there_are() {
    let app = App::of([some()]);
    for path in ["/v1/sources.geojson", "/v1/sources.pdf"] {
        let got = app.get(path).await.json();
        assert_eq!(got["code"], "not_acceptable");
        let detail = got["detail"].as_str().unwrap();
        let forms =
            "application/json (`.json`), text/csv (`.csv`), application/x-ndjson (`.ndjson`)";
        assert!(detail.ends_with(forms), "{detail}");
    }
    let got = app.get_with("/v1/status", &[("accept", "text/csv")]).await;
    assert!(got.json()["detail"].as_str().unwrap().ends_with("are application/json (`.json`)"));
}

#[tokio::test]
async fn the_name_of_a_release_is_no_suffix() {
    let app = App::of([some()]);
    for name in ["2026-11-24.1", "2026-11-24", "latest"] {
        for path in [format!("/v1/releases/{name}"), format!("/v1/releases/{name}.json")] {
            let got = app.get(&path).await;
            assert_eq!(got.json()["data"]["release"], RELEASE, "{path}");
        }
        assert_eq!(app.get(&format!("/v1/releases/{name}.csv")).await.status, 406);
    }
    assert_eq!(app.get("/v1/releases.json").await.status, 200);
    assert_eq!(app.get("/v1/nothing.csv").await.status, 404);
}

#[tokio::test]
async fn an_export_takes_no_limit_and_no_cursor() {
    let app = App::of([some()]);
    for suffix in ["csv", "ndjson", "geojson"] {
        for (query, faults) in
            [("limit=50", 1), ("limit=0", 1), ("cursor=a", 1), ("limit=x&sate=", 2)]
        {
            let got = app.get(&format!("/v1/agencies.{suffix}?{query}")).await;
            assert_eq!(got.status, 400, "{query}");
            let problem = got.json();
            assert_eq!(problem["code"], "invalid_parameter", "{query}");
            assert_eq!(problem["errors"].as_array().unwrap().len(), faults, "{query}");
        }
    }
    let accept = [("accept", "text/csv")];
    assert_eq!(app.get_with("/v1/agencies?limit=5", &accept).await.status, 400);
    assert_eq!(app.get("/v1/agencies.json?limit=5").await.status, 200);
}

#[tokio::test]
async fn each_form_is_a_version_of_its_own_with_an_address_of_its_own() {
    let app = App::of([some()]);
    let pinned = format!("/v1/releases/{RELEASE}/agencies");
    let mut tags = std::collections::BTreeSet::new();
    for (path, canonical) in [
        ("agencies", pinned.clone()),
        ("agencies.csv", format!("{pinned}.csv")),
        ("agencies.ndjson", format!("{pinned}.ndjson")),
        ("agencies.geojson", format!("{pinned}.geojson")),
    ] {
        let query = "?kind=police,sheriff";
        let got = app.get(&format!("/v1/{path}{query}")).await;
        assert_eq!(got.header("content-location"), format!("{canonical}{query}"));
        let link = got.header("link");
        assert!(link.contains(&format!("<{canonical}{query}>; rel=\"canonical\"")), "{link}");
        assert!(link.contains(&format!("</v1/{path}{query}>; rel=\"latest-version\"")), "{link}");
        let tag = got.header("etag").to_owned();
        let known = [("if-none-match", tag.as_str())];
        let again = app.get_with(&format!("{canonical}{query}"), &known).await;
        assert_eq!((again.status, again.header("etag")), (304, tag.as_str()));
        assert_eq!(again.header("content-location"), "");
        assert!(tags.insert(tag));
    }
    let accept = [("accept", "text/csv")];
    let got = app.get_with(&pinned, &accept).await;
    assert_eq!(got.header("content-location"), format!("{pinned}.csv"));
    let json = app.get("/v1/agencies.json").await;
    let plain = app.get("/v1/agencies").await;
    assert_eq!((&json.body, json.header("etag")), (&plain.body, plain.header("etag")));
}

#[tokio::test]
async fn an_export_is_saved_under_a_name_that_says_what_it_is() {
    let app = App::of([some()]);
    let id = agency("=SUM(A1)").id;
    for (path, name) in [
        ("agencies.csv".to_owned(), format!("agencies-{RELEASE}.csv")),
        ("agencies.geojson?state=OH".to_owned(), format!("agencies-{RELEASE}-selection.geojson")),
        (
            format!("agencies/{id}/evidence.ndjson"),
            format!("agencies-{id}-evidence-{RELEASE}.ndjson"),
        ),
    ] {
        let got = app.get(&format!("/v1/{path}")).await;
        assert_eq!(got.header("content-disposition"), format!("attachment; filename=\"{name}\""));
    }
    assert_eq!(app.get("/v1/agencies").await.header("content-disposition"), "");
}

#[tokio::test]
async fn head_tells_of_an_export_without_reading_it() {
    // A list that is none: reading the row would fail.
    let damage = "UPDATE agencies SET aliases = 'no list';";
    let app = App::of([ReleaseBuilder::new(RELEASE).has(&agency("A")).sql(damage)]);
    for (suffix, media_type) in [
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("ndjson", "application/x-ndjson"),
        ("geojson", "application/geo+json"),
    ] {
        let path = format!("/v1/agencies.{suffix}");
        let head = app.ask(Method::HEAD, &path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("dataset-total"), "1");
        assert_eq!(head.header("content-length"), "");
        assert_eq!(head.header("content-type"), media_type);
    }
    // Had the row been read, the connection would have been closed before the second answer.
    let mut stream = TcpStream::connect(app.host()).unwrap();
    let both = "HEAD /v1/agencies.ndjson HTTP/1.1\r\nHost: x\r\n\r\n\
                GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(both.as_bytes()).unwrap();
    let answers = String::from_utf8(rest(stream)).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
}

#[tokio::test]
async fn a_merged_record_is_answered_in_the_form_asked_for_at_its_new_address() {
    let survivor = agency("A").id;
    let redirect = format!(
        "INSERT INTO redirects (resource, from_id, to_id, release, reason)
         VALUES ('agencies', 'agy_0000000000', '{survivor}', '{RELEASE}', 'the same');"
    );
    let app = App::of([ReleaseBuilder::new(RELEASE).has(&agency("A")).sql(&redirect)]);
    for (path, to) in [
        (".json", format!("/v1/agencies/{survivor}.json")),
        (
            "/evidence.csv?role=supports",
            format!("/v1/agencies/{survivor}/evidence.csv?role=supports"),
        ),
        ("/evidence?role=supports", format!("/v1/agencies/{survivor}/evidence?role=supports")),
    ] {
        let got = app.get(&format!("/v1/agencies/agy_0000000000{path}")).await;
        assert_eq!((got.status, got.header("location")), (308, to.as_str()));
    }
}

/// Sends a request by hand and reads up to the end of the headers.
fn begin(app: &App, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.host()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", app.host());
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// What is left to read, up to the end or a reset.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest));
    rest
}

const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

#[tokio::test]
async fn a_failure_in_the_middle_breaks_the_answer_off() {
    let app = App::of([many(2500).sql(
        "UPDATE agencies SET aliases = 'no list' WHERE id = (SELECT MAX(id) FROM agencies);",
    )]);
    for path in ["/v1/agencies.ndjson", "/v1/agencies.geojson"] {
        let stream = begin(&app, path);
        let rest = rest(stream);
        assert!(rest.len() > 1_000_000 && !rest.ends_with(LAST_CHUNK), "{path}");
        assert!(!rest.windows(9).any(|window| window == b"something"), "{path}");
    }
    assert_eq!(app.get("/v1/agencies").await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_disturbs_nobody() {
    let app = App::of([many(20_000)]);
    for _ in 0..20 {
        let mut stream = begin(&app, "/v1/agencies.csv");
        stream.read_exact(&mut vec![0; 100_000]).unwrap();
        drop(stream);
    }
    let whole = app.get("/v1/agencies.csv").await;
    assert_eq!(text(&whole).lines().count(), 20_001);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_stops_reading_is_cut_off() {
    let bounds = ServeBounds { stalled: Duration::from_secs(1), ..ServeBounds::default() };
    let settings = Settings { bounds, ..Settings::default() };
    // More than the buffers of both ends hold.
    let app = App::with([many(30_000)], NothingYet, settings);
    let mut stalled = begin(&app, "/v1/agencies.csv");
    // It reads nothing; that it is cut off shows when it cannot write any more, either. What it
    // writes puts the system's next look at it off, so it writes seldom.
    while stalled.write_all(b"x").is_ok() {
        std::thread::sleep(Duration::from_secs(3));
    }
    assert!(!rest(stalled).ends_with(LAST_CHUNK));
    let whole = app.get("/v1/agencies.csv").await;
    assert_eq!(text(&whole).lines().count(), 30_001);
}
