//! `porchlight serve` as a process: on an empty home, without a network, and when told to stop.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::release::ReleaseBuilder;

/// How long something may take that takes a second; a machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `porchlight serve`; killed when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts it on a port of its own, its sources on ports where nobody listens.
    fn start(home: &Path, arguments: &[&str]) -> Self {
        let sources = home.with_extension("sources.toml");
        let ids = ["eff-atlas", "ring-map", "usfa-registry", "census-places", "census-counties"];
        let entry = |id: &str| {
            format!(
                "[sources.{id}]
url = \"http://127.0.0.1:9/{id}\"
"
            )
        };
        let mut text: String = ids.map(entry).concat();
        text.push_str(
            "[sources.fbi-agencies]\nurl = \"http://127.0.0.1:9/{state}?API_KEY={key}\"\n",
        );
        std::fs::write(&sources, text).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_porchlight"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .arg("--home")
            .arg(home)
            .arg("--sources")
            .arg(&sources)
            .env("PORCHLIGHT_FETCH_ATTEMPTS", "1")
            .env("PORCHLIGHT_FBI_API_KEY", "a-secret-key")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
        Self { address: address.to_owned(), process }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.address)).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    /// Asks again until the answer fits.
    async fn get_until(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, answer) = self.get(path).await;
            if fits(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{path} stays at {answer:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn told_to_stop(mut self) -> ExitStatus {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.process.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone where it was told to stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn an_empty_home_without_a_network_is_served_from_the_built_in_data() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("home"), &[]);
    let (status, summary) = server.get("/v1/summary").await;
    assert_eq!(status, 200);
    let figures = summary["data"]["partner_agencies"].as_array().unwrap();
    let values: Vec<f64> = figures.iter().filter_map(|figure| figure["value"].as_f64()).collect();
    assert!(values.contains(&2161.0) && values.contains(&455.0), "{values:?}");
    assert_eq!(summary["data"]["emergency_disclosures_without_consent"]["incidents"], 11);

    let refreshed = |answer: &Value| answer["data"]["last_run"]["finished_at"].is_string();
    let answer = server.get_until("/v1/status", refreshed).await;
    let sources = answer["data"]["sources"].as_array().unwrap();
    let health = |id: &str| {
        let source = sources.iter().find(|source| source["id"] == id);
        source.unwrap_or_else(|| panic!("{id} is missing in {answer:#}"))
    };
    assert_eq!(health("curated")["health"], "ok");
    assert_eq!(health("ring-map")["health"], "frozen", "it is known to be gone");
    for id in ["eff-atlas", "fbi-agencies", "usfa-registry", "census-places", "census-counties"] {
        assert_eq!(health(id)["health"], "failing", "{id}");
        assert!(health(id)["failing_since"].is_string(), "{id}");
        let reason = health(id)["reason"].as_str().unwrap();
        assert!(reason.contains("127.0.0.1"), "{id}: {reason}");
        assert!(!reason.contains("a-secret-key"), "{id}: {reason}");
    }
    assert!(answer["data"]["next_run_at"].is_string());
    let (status, _) = server.get("/v1/agencies").await;
    assert_eq!(status, 200, "a failing source takes nothing out of service");
    assert_eq!(server.told_to_stop().code(), Some(0));
}

#[tokio::test]
async fn a_home_with_a_release_is_served_at_once_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let first = Server::start(&home, &["--no-schedule"]);
    let (_, before) = first.get("/v1/releases").await;
    assert_eq!(first.told_to_stop().code(), Some(0));
    let again = Server::start(&home, &["--no-schedule"]);
    let (_, after) = again.get("/v1/releases").await;
    assert_eq!(before["data"], after["data"]);
    let (_, answer) = again.get("/v1/status").await;
    assert!(answer["data"]["last_run"].is_null(), "nobody refreshed: {answer:#}");
    assert!(answer["data"]["next_run_at"].is_null());
    let sources = answer["data"]["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 7, "every source that is read is listed: {answer:#}");
    let atlas = sources.iter().find(|source| source["id"] == "eff-atlas").unwrap();
    assert!(atlas["last_checked_at"].is_null());
    assert_eq!((&atlas["health"], &atlas["reason"]), (&"stale".into(), &"not asked yet".into()));
    let health = Command::new(env!("CARGO_BIN_EXE_porchlight"))
        .args(["health", "--listen", again.address.trim_start_matches("http://")])
        .output()
        .unwrap();
    assert_eq!((health.status.code(), health.stdout.as_slice()), (Some(0), &b"ready\n"[..]));
    again.told_to_stop();
    let gone = Command::new(env!("CARGO_BIN_EXE_porchlight"))
        .args(["health", "--listen", "127.0.0.1:9"])
        .output()
        .unwrap();
    assert_eq!(gone.status.code(), Some(69));
}

#[tokio::test]
async fn damage_to_an_older_release_or_the_catalog_does_not_stop_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    ReleaseBuilder::new("2026-11-24.1").write(&home);
    ReleaseBuilder::new("2026-11-25.1").after("2026-11-24.1").write(&home);
    std::fs::write(home.join("releases/2026-11-24.1/manifest.json"), "{").unwrap();
    std::fs::write(home.join("catalog.sqlite"), "no database, and longer than a header").unwrap();
    let server = Server::start(&home, &["--no-schedule"]);
    let (status, summary) = server.get("/v1/summary").await;
    assert_eq!((status, &summary["meta"]["release"]), (200, &"2026-11-25.1".into()));
    assert_eq!(server.get("/v1/releases/2026-11-24.1").await.0, 404);
    let (status, problem) = server.get("/v1/status").await;
    assert_eq!((status, &problem["code"]), (503, &"unavailable".into()), "{problem:#}");
    assert_eq!(problem["detail"], "how the service is doing is not known here");
}

#[test]
fn a_server_that_does_not_answer_is_asked_once() {
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = mute.local_addr().unwrap().to_string();
    let health = Command::new(env!("CARGO_BIN_EXE_porchlight"))
        .args(["health", "--listen", &address])
        .output()
        .unwrap();
    let said = String::from_utf8(health.stdout).unwrap();
    assert_eq!(health.status.code(), Some(69));
    assert!(said.contains("within 3 s"), "{said}");
    mute.set_nonblocking(true).unwrap();
    assert!(mute.accept().is_ok());
    assert!(mute.accept().is_err(), "it asked again");
}

#[test]
fn what_cannot_be_done_as_told_says_so_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = vec![
        (&["release", "show", "2020-01-01.1"][..], 65, "there is no release `2020-01-01.1`"),
        (&["release", "show", "newest"], 65, "there is no release `newest`"),
        (&["release", "show", "latest"], 65, "nothing is published yet"),
        (&["release", "accept", "x", "--reason", " "], 2, "--reason"),
        (&["serve", "--public-url", "https://example.org/api"], 78, "without user, path"),
    ];
    if cfg!(not(feature = "s3")) {
        told.push((&["serve", "--storage-url", "s3://bucket/prefix"], 78, "feature `s3`"));
    }
    for (arguments, code, says) in told {
        let done = Command::new(env!("CARGO_BIN_EXE_porchlight"))
            .args(arguments)
            .arg("--home")
            .arg(folder.path())
            .env("AWS_ACCESS_KEY_ID", "a-key")
            .env("AWS_SECRET_ACCESS_KEY", "a-secret")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}
