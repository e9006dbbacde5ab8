//! Traces for an OpenTelemetry collector: what it is sent, and that its absence harms nobody.

#![cfg(feature = "opentelemetry")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::support::program::Program;
use crate::support::release::{ReleaseBuilder, agency};
use crate::support::small_upstream::SmallUpstream;

/// A collector on loopback that takes everything.
/// Path and body of each request.
type Taken = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

struct Collector {
    address: String,
    taken: Taken,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&taken);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                take(connection.unwrap(), &into);
            }
        });
        Self { address, taken }
    }

    /// Everything it was sent, as the bytes of protobuf it is.
    fn bytes(&self) -> Vec<u8> {
        let taken = self.taken.lock().unwrap();
        assert!(taken.iter().all(|(head, _)| head.starts_with("POST /v1/traces ")), "{taken:?}");
        taken.iter().flat_map(|(_, body)| body.clone()).collect()
    }

    fn has(&self, text: &[u8]) -> bool {
        self.bytes().windows(text.len()).any(|window| window == text)
    }
}

/// Takes one request; its connection is closed after it.
fn take(connection: TcpStream, into: &Mutex<Vec<(String, Vec<u8>)>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut headers = HashMap::new();
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap_or(0) > 2 {
        let (name, value) = line.split_once(':').unwrap();
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        line.clear();
    }
    let Some(length) = headers.get("content-length") else { return };
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    into.lock().unwrap().push((first, body));
    let mut connection = connection;
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\n\
                  content-length: 0\r\nconnection: close\r\n\r\n";
    connection.write_all(answer.as_bytes()).ok();
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

#[tokio::test]
async fn a_request_goes_on_with_the_trace_of_its_client() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let (home, sources) = (folder.path().join("home"), folder.path().join("sources.toml"));
    ReleaseBuilder::new("2026-11-24.1").has(&agency("A")).write(&home);
    std::fs::write(&sources, "").unwrap();
    let mut command = Program::new(&home, &sources).command(&["serve", "--no-schedule"]);
    command.args(["--listen", "127.0.0.1:0", "--otlp-endpoint", &collector.address]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.trim().strip_prefix("listening on ").unwrap();
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{address}/v1/agencies/agy_0000000000"));
    let request = request.header("traceparent", format!("00-{trace}-{parent}-01"));
    assert_eq!(request.send().await.unwrap().status(), 404);
    // Told to stop, it sends what it still has.
    let pid = process.id().to_string();
    assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
    assert!(process.wait().unwrap().success());
    for part in ["service.name", "porchlight", "service.version", env!("CARGO_PKG_VERSION")] {
        assert!(collector.has(part.as_bytes()), "{part}");
    }
    assert!(collector.has(b"GET /v1/agencies/{id}"));
    assert!(collector.has(&unhex(trace)) && collector.has(&unhex(parent)));
}

#[test]
fn a_run_and_its_stages_are_spans() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), SmallUpstream::start());
    let collector = Collector::start();
    let program = Program::new(&folder.path().join("home"), &upstream.sources());
    let mut command = program.command(&["refresh"]);
    // The log says nothing; traces do not depend on what it says.
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address).env("PORCHLIGHT_LOG", "off");
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    for name in ["run", "fetch", "make", "publish"] {
        assert!(collector.has(name.as_bytes()), "{name}");
    }
}

#[test]
fn a_collector_that_is_away_costs_a_warning_and_nothing_else() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), SmallUpstream::start());
    let program = Program::new(&folder.path().join("home"), &upstream.sources());
    let done = program.run(&["refresh", "--otlp-endpoint", "http://127.0.0.1:9"]);
    let log = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{log}");
    assert_eq!(log.matches("the collector takes no traces").count(), 1, "{log}");
}
