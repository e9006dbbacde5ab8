//! `/metrics`: what Prometheus can read, true of what was asked, and bounded whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use porchlight::release::GateVerdict;
use porchlight::serve::{
    Health, HeldCandidate, RunReport, Settings, SourceStatus, StageStatus, StatusDocument,
    StatusSource, StatusUnknown,
};
use reqwest::Method;

use crate::support::app::{App, Got, NothingYet};
use crate::support::program::Program;
use crate::support::release::{ReleaseBuilder, agency, source};

/// What a scrape says: the kind of each metric, and each sample by its name and labels.
#[derive(Debug, Default)]
struct Scrape {
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads the text format as strictly as `promtool check metrics` does, and more.
    fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        let mut helped = BTreeSet::new();
        let mut current = String::new();
        assert!(text.ends_with('\n'), "the last line has no end");
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(helped.insert(name.to_owned()), "{name} stands twice");
                assert!(help.ends_with('.'), "{line}");
                name.clone_into(&mut current);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(name, current, "a type without its help");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
                assert!(kind != "histogram" || name.ends_with("_seconds"), "{line}");
                scrape.kinds.insert(name.to_owned(), kind.to_owned());
            } else {
                scrape.sample(line, &current);
            }
        }
        scrape.judge_histograms();
        scrape
    }

    fn sample(&mut self, line: &str, family: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(name.chars().all(legal), "{line}");
        let is_histogram = self.kinds[family] == "histogram";
        let part = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} below {family}"));
        let parts: &[&str] = if is_histogram { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(parts.contains(&part), "{line}");
        if let Some(labels) = series.strip_prefix(name).filter(|labels| !labels.is_empty()) {
            let labels = labels.strip_prefix('{').unwrap().strip_suffix("\"}").unwrap();
            let mut names = BTreeSet::new();
            for label in labels.split("\",") {
                let (name, value) = label.split_once("=\"").unwrap();
                assert!(names.insert(name) && !value.contains('"'), "{line}");
            }
        }
        let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(self.samples.insert(series.to_owned(), value).is_none(), "{series} stands twice");
    }

    /// Buckets only grow, and the last holds all.
    fn judge_histograms(&self) {
        let ends = self.samples.iter().filter(|(series, _)| series.contains("le=\"+Inf\""));
        for (series, all) in ends {
            let (family, labels) = series.split_once("_bucket{").unwrap();
            let labels = labels.trim_end_matches("le=\"+Inf\"}").trim_end_matches(',');
            let count = match labels {
                "" => format!("{family}_count"),
                labels => format!("{family}_count{{{labels}}}"),
            };
            assert_eq!(self.samples.get(&count), Some(all), "{series}");
        }
    }

    fn of(got: &Got) -> Self {
        assert_eq!(got.status, 200);
        assert_eq!(got.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(got.header("cache-control"), "no-store");
        Self::read(std::str::from_utf8(&got.body).unwrap())
    }

    async fn from(app: &App) -> Self {
        Self::of(&app.get("/metrics").await)
    }

    fn value(&self, series: &str) -> f64 {
        *self.samples.get(series).unwrap_or_else(|| panic!("no {series} in {self:#?}"))
    }

    /// The sum of the samples of a metric that have all these labels.
    fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let fits = |series: &str| {
            series.split('{').next() == Some(name) && labels.iter().all(|l| series.contains(l))
        };
        self.samples.iter().filter(|(series, _)| fits(series)).map(|(_, value)| value).sum()
    }
}

const REQUESTS: &str = "porchlight_http_requests_total";

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status() {
    let releases = [ReleaseBuilder::new("2026-11-24.1").has(&agency("A")).has(&agency("B"))];
    let settings = Settings { rate_limit: None, ..Settings::default() };
    let app = App::with(releases, NothingYet, settings);
    let mut bodies = 0;
    for _ in 0..3 {
        bodies += app.get("/v1/agencies?limit=1").await.body.len();
    }
    bodies += app.get("/v1/releases/2026-11-24.1/agencies").await.body.len();
    bodies += app.get("/v1/agencies.csv").await.body.len();
    bodies += app.get("/v1/agencies?nothing=1").await.body.len();
    app.ask(Method::HEAD, "/v1/agencies", &[]).await;
    app.ask(Method::OPTIONS, "/v1/agencies", &[]).await;
    bodies += app.ask(Method::DELETE, "/v1/agencies", &[]).await.body.len();
    bodies += app.get("/nowhere").await.body.len();
    bodies += app.get("/data/2026-11-24.1/dataset.sqlite").await.body.len();
    // What was sent is noted when it left, which its reader can notice first.
    let mut scrape = Scrape::from(&app).await;
    let sent = "porchlight_http_response_bytes_total";
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let own = |scrape: &Scrape| scrape.sum(REQUESTS, &["route=\"/metrics\""]);
    while scrape.value("porchlight_http_requests_in_flight") > 1.0 {
        assert!(std::time::Instant::now() < deadline, "{scrape:#?}");
        scrape = Scrape::from(&app).await;
    }
    let route = "route=\"/v1/agencies\"";
    let of = |labels: &[&str]| scrape.sum(REQUESTS, &[&[route], labels].concat());
    assert!((of(&["method=\"GET\"", "status=\"200\""]) - 5.0).abs() < 0.1, "{scrape:#?}");
    assert!((of(&["status=\"400\""]) - 1.0).abs() < 0.1);
    assert!((of(&["method=\"HEAD\"", "status=\"200\""]) - 1.0).abs() < 0.1);
    assert!((of(&["method=\"OPTIONS\"", "status=\"204\""]) - 1.0).abs() < 0.1);
    assert!((of(&["method=\"other\"", "status=\"405\""]) - 1.0).abs() < 0.1);
    assert!((scrape.sum(REQUESTS, &["route=\"none\"", "status=\"404\""]) - 1.0).abs() < 0.1);
    let durations = format!("porchlight_http_request_duration_seconds_count{{{route}}}");
    assert!((scrape.value(&durations) - 9.0).abs() < 0.1);
    assert!(own(&scrape) < 100.0);
    // The bodies of scrapes are counted, too.
    let bodies = f64::from(u32::try_from(bodies).unwrap());
    assert!(scrape.value(sent) >= bodies, "{bodies} {scrape:#?}");
    for kind in ["page", "count"] {
        let queries =
            format!("porchlight_database_query_duration_seconds_count{{kind=\"{kind}\"}}");
        assert!(scrape.value(&queries) > 0.0, "{kind}");
    }
    assert!(scrape.value("porchlight_http_connections") >= 1.0);
    assert!(scrape.value("porchlight_http_connections_total") >= 1.0);
    assert!(scrape.value("process_resident_memory_bytes") > 1e6);
    assert!(scrape.value("process_open_fds") > 3.0);
    assert!(scrape.value("process_start_time_seconds") > 1e9);
}

#[tokio::test]
async fn no_client_can_make_more_series_than_there_are_routes() {
    let settings = Settings { rate_limit: None, ..Settings::default() };
    let app = App::with([ReleaseBuilder::new("2026-11-24.1")], NothingYet, settings);
    app.get("/v1/agencies/agy_0000000000").await;
    app.get("/nowhere").await;
    app.ask(Method::from_bytes(b"BREW").unwrap(), "/nowhere", &[]).await;
    let before = Scrape::from(&app).await.samples.len();
    for number in 0..50 {
        app.get(&format!("/v1/agencies/agy_{number:010}")).await;
        app.get(&format!("/nowhere/{number}")).await;
        app.ask(Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap(), "/nowhere", &[])
            .await;
    }
    let after = Scrape::from(&app).await;
    // The scrape before has counted itself since: its own route, as one count and one histogram.
    let own = after.samples.keys().filter(|series| series.contains("route=\"/metrics\"")).count();
    assert_eq!(after.samples.len(), before + own);
    assert!(after.samples.keys().all(|series| !series.contains("BREW")), "{after:#?}");
}

#[tokio::test]
async fn those_who_ask_too_often_are_counted_and_scrapes_are_not_refused() {
    let one = std::num::NonZeroU32::MIN;
    let limit = porchlight::config::RateLimit { per_second: one, burst: one };
    let settings = Settings { rate_limit: Some(limit), ..Settings::default() };
    let app = App::with([ReleaseBuilder::new("2026-11-24.1")], NothingYet, settings);
    let mut refused = 0.0;
    for _ in 0..5 {
        if app.get("/v1/agencies").await.status == 429 {
            refused += 1.0;
        }
    }
    let scrape = Scrape::from(&app).await;
    let counted = scrape.value("porchlight_http_rate_limited_total");
    assert!(refused > 0.0 && (counted - refused).abs() < 0.1, "{refused} {counted}");
}

/// A machinery with a failing source and a candidate that is held.
struct Troubled;

impl StatusSource for Troubled {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let gate = |gate: &str, passed| GateVerdict {
            gate: gate.to_owned(),
            subject: "eff-atlas".to_owned(),
            passed,
            measured: String::new(),
            allowed: String::new(),
            detail: "fewer \"rows\" than <before>".to_owned(),
        };
        Ok(StatusDocument {
            sources: vec![SourceStatus {
                id: "eff-atlas".parse().unwrap(),
                health: Health::Failing,
                failing_since: Some(at("2026-11-25T05:00:00Z")),
                reason: Some("no answer".to_owned()),
                last_checked_at: Some(at("2026-11-25T05:59:00Z")),
                last_ok_at: None,
                data_as_of_on: None,
                rows: None,
            }],
            held: vec![HeldCandidate {
                candidate: "cand_1".to_owned(),
                held_at: at("2026-11-25T04:00:00Z"),
                gates: vec![gate("records_read", false), gate("ids_unique", true)],
                failed_gates: vec!["records_read, eff-atlas: fewer <rows>".to_owned()],
            }],
            runs: vec![RunReport {
                id: 7,
                kind: "refresh".to_owned(),
                started_at: at("2026-11-25T04:00:00Z"),
                finished_at: Some(at("2026-11-25T04:00:10Z")),
                outcome: Some("held".to_owned()),
                release: None,
                candidate: Some("cand_1".to_owned()),
                message: "gates hold <candidate> cand_1".to_owned(),
                stages: vec![StageStatus { stage: "fetch".to_owned(), milliseconds: 1500 }],
                changes: BTreeMap::new(),
                failed_gates: vec!["records_read, eff-atlas: fewer <rows>".to_owned()],
            }],
            ..StatusDocument::default()
        })
    }

    fn now(&self) -> DateTime<Utc> {
        "2026-11-25T06:00:00Z".parse().unwrap()
    }
}

#[tokio::test]
async fn releases_sources_runs_and_held_candidates_are_measured() {
    let release = ReleaseBuilder::new("2026-11-24.1").has(&source("eff-atlas"));
    let app = App::with([release], Troubled, Settings::default());
    let scrape = Scrape::from(&app).await;
    let day = 86_400.0;
    for (series, value) in [
        ("porchlight_catalog_up", 1.0),
        ("porchlight_release_age_seconds", day),
        ("porchlight_releases_known", 1.0),
        ("porchlight_releases_open", 1.0),
        ("porchlight_release_reload_failures_total", 0.0),
        ("porchlight_source_health{source=\"eff-atlas\",health=\"failing\"}", 1.0),
        ("porchlight_source_health{source=\"eff-atlas\",health=\"ok\"}", 0.0),
        ("porchlight_source_check_age_seconds{source=\"eff-atlas\"}", 60.0),
        ("porchlight_source_failing_seconds{source=\"eff-atlas\"}", 3600.0),
        ("porchlight_last_run_outcome{outcome=\"held\"}", 1.0),
        ("porchlight_last_run_outcome{outcome=\"failed\"}", 0.0),
        ("porchlight_last_run_stage_duration_seconds{stage=\"fetch\"}", 1.5),
        ("porchlight_held_candidates", 1.0),
        ("porchlight_held_candidate_gate_findings{gate=\"records_read\",result=\"failed\"}", 1.0),
        ("porchlight_schedule_enabled", 0.0),
    ] {
        assert!((scrape.value(series) - value).abs() < 0.001, "{series}: {scrape:#?}");
    }
    assert!(scrape.value("porchlight_source_rows{source=\"eff-atlas\"}") >= 0.0);
    let info = scrape.samples.keys().find(|series| series.contains("porchlight_release_info"));
    assert!(info.unwrap().contains("release=\"2026-11-24.1\""));
}

#[tokio::test]
async fn the_page_about_the_machinery_says_why_the_data_does_not_move() {
    let release = ReleaseBuilder::new("2026-11-24.1").has(&source("eff-atlas"));
    let started_at = "2026-11-25T06:00:00Z".parse().unwrap();
    let app = App::with([release], Troubled, Settings { started_at, ..Settings::default() });
    let got = app.get("/status.html").await;
    assert_eq!(got.status, 200);
    let policy = got.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let page = String::from_utf8(got.body).unwrap();
    // The script of the site alone.
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    for words in [
        "2026-11-24.1</strong></a> is served",
        "1\u{a0}day ago",
        "porchlight release accept cand_1",
        "records_read, eff-atlas: fewer &lt;rows&gt;",
        "<strong>failing</strong> since",
        "no answer",
        "gates hold &lt;candidate&gt; cand_1",
        "fetch 1.5 s",
        "This server only serves",
    ] {
        assert!(page.contains(words), "`{words}` is missing in {page}");
    }
    let status = app.get("/v1/status").await.json();
    assert_eq!(status["data"]["release"]["age_seconds"], 86_400);
    assert_eq!(status["data"]["sources"][0]["rows"], 1);
    assert_eq!(status["data"]["runs"][0]["stages"][0]["milliseconds"], 1500);
}

/// A catalog that is away.
struct Away;

impl StatusSource for Away {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        Err("a password and a path".into())
    }

    fn now(&self) -> DateTime<Utc> {
        "2026-11-25T06:00:00Z".parse().unwrap()
    }
}

#[tokio::test]
async fn without_a_catalog_scrapes_and_the_page_say_so_and_the_document_is_refused() {
    let app = App::with([ReleaseBuilder::new("2026-11-24.1")], Away, Settings::default());
    let scrape = Scrape::from(&app).await;
    assert!(scrape.value("porchlight_catalog_up").abs() < 0.1);
    assert!((scrape.value("porchlight_release_age_seconds") - 86_400.0).abs() < 0.1);
    assert!(scrape.samples.keys().all(|series| !series.contains("porchlight_source")));
    let page = String::from_utf8(app.get("/status.html").await.body).unwrap();
    assert!(page.contains("Nothing else is known here") && page.contains("2026-11-24.1"));
    assert!(!page.contains("password"), "{page}");
    assert_eq!(app.get("/v1/status").await.status, 503);
}

#[tokio::test]
async fn metrics_can_be_off_or_at_an_address_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    ReleaseBuilder::new("2026-11-24.1").write(&home);
    let sources = folder.path().join("sources.toml");
    std::fs::write(&sources, "").unwrap();
    let program = Program::new(&home, &sources);
    let off = program.serve_with(&["--metrics", "off"]);
    assert_eq!(off.status("/metrics", &[]).await, 404);
    assert_eq!(off.status("/status", &[]).await, 200);
    let place = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let own = program.serve_with(&["--metrics", &place.to_string()]);
    assert_eq!(own.status("/metrics", &[]).await, 404);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let got = client.get(format!("http://{place}/metrics")).send().await.unwrap();
    let scrape = Scrape::read(&got.text().await.unwrap());
    assert!((scrape.value("porchlight_catalog_up") - 1.0).abs() < 0.1);
    assert!(scrape.sum(REQUESTS, &["route=\"/metrics\"", "status=\"404\""]) > 0.0);
    let got = client.get(format!("http://{place}/v1/agencies")).send().await.unwrap();
    assert_eq!(got.status(), 404, "nothing else is there");
}
