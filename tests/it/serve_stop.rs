//! A server that is told to stop: it says so, finishes what it has begun, and ends in time.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use crate::support::client::{PATIENCE, answered, ask, connect, head, rest};
use crate::support::release::ReleaseBuilder;

const RELEASE: &str = "2026-11-24.1";
const FILE: &str = "/data/2026-11-24.1/large.bin";
const FILE_SIZE: usize = 8 << 20;

/// A running server; killed when dropped.
struct Server {
    process: Child,
    host: String,
}

impl Server {
    fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_porchlight"))
            .args(["serve", "--no-schedule", "--listen", "127.0.0.1:0", "--home"])
            .arg(home)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let host = line.trim().strip_prefix("listening on http://");
        Self { host: host.unwrap_or_else(|| panic!("{line}")).to_owned(), process }
    }

    fn told_to_stop(&self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for its end.
    fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it goes on");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone where it was told to stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    ReleaseBuilder::new(RELEASE)
        .file("large.bin", "application/octet-stream", vec![b'x'; FILE_SIZE])
        .write(home.path());
    home
}

#[test]
fn it_is_not_ready_at_once_and_answers_until_a_second_signal_ends_it() {
    let home = home();
    // Longer than anybody waits.
    let mut server = Server::start(home.path(), &["--drain-ms", "3600000"]);
    answered(&server.host, 1, "/health/ready", "HTTP/1.1 200 ");
    server.told_to_stop();
    let refusal = answered(&server.host, 1, "/health/ready", "HTTP/1.1 503 ");
    assert!(refusal.contains("cache-control: no-store\r\n"), "{refusal}");
    for path in ["/health/live", "/v1/agencies"] {
        answered(&server.host, 1, path, "HTTP/1.1 200 ");
    }
    server.told_to_stop();
    assert_eq!(server.ended().code(), Some(143));
}

#[test]
fn what_is_under_way_is_finished() {
    let home = home();
    let mut server = Server::start(home.path(), &[]);
    let mut stream = connect(&server.host, 1);
    ask(&mut stream, FILE);
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    let mut begun = vec![0; FILE_SIZE / 2];
    stream.read_exact(&mut begun).unwrap();
    server.told_to_stop();
    assert_eq!(begun.len() + rest(&mut stream).len(), FILE_SIZE);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_client_that_never_reads_does_not_keep_it() {
    let home = home();
    let mut server = Server::start(home.path(), &["--shutdown-ms", "1000"]);
    let mut stream = connect(&server.host, 1);
    ask(&mut stream, FILE);
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    server.told_to_stop();
    assert_eq!(server.ended().code(), Some(0));
    assert!(rest(&mut stream).len() < FILE_SIZE, "it was cut off");
}
