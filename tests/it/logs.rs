//! The log: lines that programs can read, under the name of their request or run, and no secrets.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::program::Program;
use crate::support::release::{ReleaseBuilder, agency};
use crate::support::small_upstream::SmallUpstream;
use crate::support::upstream::{Answer, Upstream};

/// A server whose log is kept.
struct Logged {
    folder: TempDir,
    process: Child,
    address: String,
}

impl Logged {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        ReleaseBuilder::new("2026-11-24.1").has(&agency("A")).write(&home);
        let sources = folder.path().join("sources.toml");
        std::fs::write(&sources, "").unwrap();
        let mut command = Program::new(&home, &sources).command(&["serve", "--no-schedule"]);
        command.args(["--listen", "127.0.0.1:0", "--log-format", "json"]).args(arguments);
        let log = File::create(folder.path().join("log")).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { folder, process, address }
    }

    /// Asks, and gives status and `Request-Id` of the answer when all of it has come.
    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let id = answer.headers()["request-id"].to_str().unwrap().to_owned();
        let status = answer.status().as_u16();
        answer.bytes().await.unwrap();
        (status, id)
    }

    /// Ends it, and gives the lines of its log.
    fn end(mut self) -> Vec<Value> {
        let pid = self.process.id().to_string();
        assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
        lines(&self.folder.path().join("log"))
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        // Already gone where it was ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(line).collect()
}

fn of_requests(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["target"] == "porchlight::access").collect()
}

#[tokio::test]
async fn each_request_is_a_line_under_the_id_its_answer_has() {
    let server = Logged::start(&[]);
    let (_, listed) = server.ask("/v1/agencies?q=somebody", &[]).await;
    let (_, exported) = server.ask("/v1/agencies.csv", &[]).await;
    let (status, lost) = server.ask("/nowhere", &[("x-request-id", "from-a-stranger")]).await;
    assert_eq!(status, 404);
    assert_ne!(lost, "from-a-stranger");
    let log = server.end();
    let requests = of_requests(&log);
    assert_eq!(requests.len(), 3, "{log:#?}");
    for (id, route, path, status) in [
        (&listed, "/v1/agencies", "/v1/agencies", 200),
        (&exported, "/v1/agencies", "/v1/agencies.csv", 200),
        (&lost, "none", "/nowhere", 404),
    ] {
        let line = requests.iter().find(|line| line["request_id"] == **id).unwrap();
        assert_eq!((&line["level"], &line["method"]), (&"INFO".into(), &"GET".into()));
        assert_eq!((&line["route"], &line["path"]), (&route.into(), &path.into()));
        assert_eq!((&line["status"], &line["complete"]), (&status.into(), &true.into()), "{line}");
        assert!(line["bytes"].as_u64().unwrap() > 0 && line["duration_ms"].is_number(), "{line}");
        assert!(line["timestamp"].is_string(), "{line}");
    }
    let text = serde_json::to_string(&requests).unwrap();
    assert!(!text.contains("127.0.0.1") && !text.contains("somebody"), "{text}");
}

#[tokio::test]
async fn a_trusted_proxy_names_requests_and_the_lines_can_be_switched_off() {
    let server = Logged::start(&["--trusted-proxy", "127.0.0.1", "--access-log", "off"]);
    let named = |id: &'static str| [("x-request-id", id)];
    assert_eq!(server.ask("/health/live", &named("a-B_9.x")).await.1, "a-B_9.x");
    for unfit in ["", "two words", "a\tb", &"x".repeat(65)] {
        let (_, id) = server.ask("/health/live", &[("x-request-id", unfit)]).await;
        assert!(id != unfit && !id.is_empty(), "{unfit}");
    }
    let log = server.end();
    assert_eq!(of_requests(&log).len(), 0, "{log:#?}");
}

#[test]
fn every_line_of_a_run_names_the_run() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), SmallUpstream::start());
    let program = Program::new(&folder.path().join("home"), &upstream.sources());
    let log = folder.path().join("log");
    let mut command = program.command(&["refresh", "--log-format", "json"]);
    command.env("PORCHLIGHT_LOG", "info,porchlight=debug");
    let status = command.stdout(Stdio::null()).stderr(File::create(&log).unwrap()).status();
    assert!(status.unwrap().success());
    let lines = lines(&log);
    let run = |line: &Value| {
        let spans = line["spans"].as_array().cloned().unwrap_or_default();
        spans.iter().find(|span| span["name"] == "run").cloned()
    };
    let began = lines.iter().position(|line| line["message"] == "refresh").unwrap();
    let ended = lines.iter().position(|line| line["message"] == "the run ended").unwrap();
    assert!(ended > began + 3, "{lines:#?}");
    for line in &lines[began..=ended] {
        let run = run(line).unwrap_or_else(|| panic!("whose is {line:#}"));
        assert_eq!((&run["id"], &run["kind"]), (&1.into(), &"refresh".into()));
    }
    assert_eq!(lines[ended]["outcome"], "published");
}

#[test]
fn the_refresh_that_a_server_starts_logs_as_the_server_does() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), SmallUpstream::start());
    let home = folder.path().join("home");
    let mut command = Program::new(&home, &upstream.sources()).command(&["serve"]);
    command.args(["--listen", "127.0.0.1:0", "--log-format", "json"]);
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(process.stderr.take().unwrap());
    // A server that never was refreshed does so at once; its own line tells the end of it.
    let mut of_the_run = 0;
    for line in log.lines() {
        let line = line.unwrap();
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        if line["spans"][0]["name"] == "run" && line["spans"][0]["kind"] == "refresh" {
            of_the_run += 1;
        }
        if line["message"] == "refreshed" {
            break;
        }
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(of_the_run > 3, "{of_the_run}");
}

/// What must never stand in a log.
const SECRETS: [&str; 5] = [
    "fbi-key-to-hide",
    "s3-id-to-hide",
    "s3-secret-to-hide",
    "s3-token-to-hide",
    "password-to-hide",
];

/// The log of a run at the level that tells most, with every secret set.
fn at_its_most_talkative(folder: &Path, sources: &Path, more: &[(&str, &str)]) -> String {
    let mut command =
        Program::new(&folder.join("home"), sources).command(&["refresh", "--log-format", "json"]);
    command
        .env("PORCHLIGHT_LOG", "trace")
        .env("PORCHLIGHT_FETCH_ATTEMPTS", "1")
        .env("PORCHLIGHT_FBI_API_KEY", SECRETS[0])
        .env("AWS_ACCESS_KEY_ID", SECRETS[1])
        .env("AWS_SECRET_ACCESS_KEY", SECRETS[2])
        .env("AWS_SESSION_TOKEN", SECRETS[3])
        .envs(more.iter().copied());
    let done = command.output().unwrap();
    let log = String::from_utf8(done.stderr).unwrap();
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    log + &String::from_utf8(done.stdout).unwrap()
}

#[test]
fn no_secret_stands_in_a_log_whatever_its_level() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start());
    for state in ["AL", "AK"] {
        upstream.script(&format!("/fbi/{state}"), [Answer::redirect("/fbi/elsewhere")]);
    }
    upstream.script("/fbi/elsewhere", [Answer::ok("no JSON")]);
    let sources = folder.path().join("sources.toml");
    let fbi = upstream.url("/fbi/{state}?API_KEY={key}");
    let other = |id: &str| format!("[sources.{id}]\nurl = \"{}\"\n", upstream.url("/none"));
    let others = ["eff-atlas", "ring-map", "usfa-registry", "census-places", "census-counties"];
    let text = format!("[sources.fbi-agencies]\nurl = \"{fbi}\"\n{}", others.map(other).concat());
    std::fs::write(&sources, text).unwrap();
    let mut logs = vec![at_its_most_talkative(folder.path(), &sources, &[])];
    let asked = upstream.requests();
    assert!(asked.iter().any(|request| request.target.contains(SECRETS[0])), "it was used");
    if cfg!(feature = "s3") {
        let bucket = [
            ("PORCHLIGHT_STORAGE_URL", "s3://bucket/prefix"),
            ("AWS_ENDPOINT_URL", &upstream.url("")),
        ];
        logs.push(at_its_most_talkative(folder.path(), &sources, &bucket));
        let with_token = |header| upstream.requests().iter().any(|r| r.header(header).is_some());
        assert!(with_token("x-amz-security-token"), "they were used");
    }
    if cfg!(feature = "postgres") {
        let catalog = format!("postgres://somebody:{}@127.0.0.1:9/porchlight", SECRETS[4]);
        let catalog = [("PORCHLIGHT_CATALOG_URL", catalog.as_str())];
        logs.push(at_its_most_talkative(folder.path(), &sources, &catalog));
    }
    for log in logs {
        assert!(
            log.contains("\"level\":\"ERROR\"") || log.contains("\"level\":\"TRACE\""),
            "{log}"
        );
        for secret in SECRETS {
            let at = log.find(secret).map(|at| &log[at.saturating_sub(300)..at + 40]);
            assert_eq!(at, None, "{secret}");
        }
    }
}
