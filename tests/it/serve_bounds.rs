//! What clients can take of the server: connections, time, downloads. Whoever takes more is cut off
//! or refused, and the others are served.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use porchlight::config::ServeBounds;
use porchlight::serve::Settings;
use reqwest::Method;

use crate::support::app::{App, NothingYet};
use crate::support::client::{PATIENCE, answered, ask, connect, head, rest};
use crate::support::release::ReleaseBuilder;

const RELEASE: &str = "2026-11-24.1";

/// A file of the release that is sent in many blocks, more than the buffers of both ends hold.
const FILE: &str = "/data/2026-11-24.1/large.bin";

const FILE_SIZE: usize = 8 << 20;

/// Something that is answered at once.
const LIVE: &str = "/health/live";

const OK: &str = "HTTP/1.1 200 ";

fn app(bounds: ServeBounds) -> App {
    app_behind(&[], bounds)
}

fn app_behind(proxies: &[&str], bounds: ServeBounds) -> App {
    let release = ReleaseBuilder::new(RELEASE).file(
        "large.bin",
        "application/octet-stream",
        vec![b'x'; FILE_SIZE],
    );
    let trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    App::with([release], NothingYet, Settings { trusted_proxies, bounds, ..Settings::default() })
}

/// A connection on which something was answered, and that is kept.
fn kept(app: &App, from: u8) -> TcpStream {
    let mut stream = connect(app.host(), from);
    ask(&mut stream, LIVE);
    assert!(head(&mut stream).starts_with(OK));
    stream
}

/// A download that has begun and is not read on.
fn half_read(app: &App, from: u8) -> TcpStream {
    let mut stream = connect(app.host(), from);
    ask(&mut stream, FILE);
    assert!(head(&mut stream).starts_with(OK));
    stream
}

#[tokio::test]
async fn a_client_has_so_many_connections_and_the_others_are_let_in() {
    let app = app(ServeBounds { connections_per_client: 3, ..ServeBounds::default() });
    let mut own: Vec<_> = (0..3).map(|_| kept(&app, 2)).collect();
    let mut more = connect(app.host(), 2);
    ask(&mut more, LIVE);
    assert_eq!(head(&mut more), "", "it is closed");
    assert_eq!(app.get(LIVE).await.status, 200);
    own.pop();
    answered(app.host(), 2, LIVE, OK);
}

#[tokio::test]
async fn a_trusted_proxy_has_the_connections_of_its_clients() {
    let bounds = ServeBounds { connections_per_client: 1, ..ServeBounds::default() };
    let app = app_behind(&["127.0.0.2"], bounds);
    let own: Vec<_> = (0..5).map(|_| kept(&app, 2)).collect();
    assert_eq!(own.len(), 5);
}

#[tokio::test]
async fn beyond_all_connections_one_waits_until_another_has_ended() {
    let keep_alive = Duration::from_millis(500);
    let app = app(ServeBounds { connections: 2, keep_alive, ..ServeBounds::default() });
    let idle = [kept(&app, 2), kept(&app, 3)];
    // Neither of them is closed by its client.
    let mut waiting = connect(app.host(), 4);
    ask(&mut waiting, LIVE);
    assert!(head(&mut waiting).starts_with(OK));
    drop(idle);
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off_be_it_the_first_or_the_next() {
    let short = Duration::from_secs(2);
    let app = app(ServeBounds { head: short, keep_alive: short, ..ServeBounds::default() });
    for is_first in [true, false] {
        let mut stream = if is_first { connect(app.host(), 2) } else { kept(&app, 2) };
        let mut reader = stream.try_clone().unwrap();
        let ended = std::thread::spawn(move || rest(&mut reader));
        let deadline = Instant::now() + PATIENCE;
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nx: ");
        // It is never silent.
        while !ended.is_finished() {
            let _ = stream.write_all(b"y");
            assert!(Instant::now() < deadline, "it may go on for ever");
            std::thread::sleep(Duration::from_millis(50));
        }
        let answer = String::from_utf8(ended.join().unwrap()).unwrap();
        assert!(!answer.contains(OK), "{answer}");
    }
    assert_eq!(app.get(LIVE).await.status, 200);
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_order() {
    let short = Duration::from_millis(300);
    let app = app(ServeBounds { keep_alive: short, ..ServeBounds::default() });
    let mut idle = kept(&app, 2);
    // The rest of the answer, and then the end.
    let rest = rest(&mut idle);
    assert!(rest.ends_with(b"}"), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn who_takes_nothing_is_cut_off_though_it_goes_on_sending() {
    let app = app(ServeBounds { stalled: Duration::from_secs(1), ..ServeBounds::default() });
    let mut stalled = half_read(&app, 2);
    let deadline = Instant::now() + PATIENCE;
    // What it sends is the beginning of another request, which is read as far as there is room.
    while stalled.write_all(b"x").is_ok() {
        assert!(Instant::now() < deadline, "it may go on for ever");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(rest(&mut stalled).len() < FILE_SIZE);
    assert_eq!(app.get(LIVE).await.status, 200);
}

#[tokio::test]
async fn who_takes_little_but_something_is_served_to_the_end() {
    let app = app(ServeBounds { stalled: Duration::from_secs(5), ..ServeBounds::default() });
    let mut slow = half_read(&app, 2);
    let mut block = vec![0; FILE_SIZE / 16];
    for _ in 0..16 {
        // Longer altogether than it may take nothing, and a machine may be busy besides.
        std::thread::sleep(Duration::from_millis(400));
        slow.read_exact(&mut block).unwrap();
    }
    assert!(block.iter().all(|byte| *byte == b'x'));
}

#[tokio::test]
async fn a_download_that_takes_too_long_is_cut_off() {
    let app = app(ServeBounds { download: Duration::ZERO, ..ServeBounds::default() });
    // The time its size takes at the slowest speed is given as well: it is all there.
    assert_eq!(app.get(FILE).await.body.len(), FILE_SIZE);
    // An export has no size.
    let mut stream = connect(app.host(), 2);
    ask(&mut stream, "/v1/agencies.csv");
    std::thread::sleep(Duration::from_millis(50));
    let head = head(&mut stream);
    assert!(head.is_empty() || !rest(&mut stream).ends_with(b"0\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn downloads_are_bounded_and_everything_else_is_answered() {
    let app = app(ServeBounds {
        downloads: 3,
        downloads_per_client: 2,
        download_wait: Duration::from_millis(50),
        ..ServeBounds::default()
    });
    let held = [half_read(&app, 2), half_read(&app, 2), half_read(&app, 3)];
    let mut own = connect(app.host(), 2);
    ask(&mut own, FILE);
    let refused = head(&mut own);
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    assert!(refused.contains("retry-after: 10\r\n"), "{refused}");

    for path in [FILE, "/v1/agencies.csv"] {
        let refused = app.get(path).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "10"), "{path}");
        assert_eq!(refused.json()["code"], "unavailable");
        assert_eq!(refused.header("cache-control"), "no-store");
        assert_eq!(app.ask(Method::HEAD, path, &[]).await.status, 200, "{path}");
    }
    assert_eq!(app.get("/v1/agencies").await.status, 200);
    let part = app.get_with(FILE, &[("range", "bytes=0-99")]).await;
    assert_eq!((part.status, part.body.len()), (206, 100));

    drop(held);
    answered(app.host(), 2, FILE, OK);
}

#[tokio::test]
async fn ten_thousand_requests_at_once_on_one_connection_are_answered_in_turn() {
    const REQUESTS: usize = 10_000;
    let app = app(ServeBounds::default());
    let mut stream = connect(app.host(), 2);
    let mut writer = stream.try_clone().unwrap();
    let written = std::thread::spawn(move || {
        let request = format!("HEAD {LIVE} HTTP/1.1\r\nhost: x\r\n\r\n");
        writer.write_all(request.repeat(REQUESTS - 1).as_bytes()).unwrap();
        let last = format!("HEAD {LIVE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        writer.write_all(last.as_bytes()).unwrap();
    });
    let answers = String::from_utf8(rest(&mut stream)).unwrap();
    written.join().unwrap();
    assert_eq!(answers.matches(OK).count(), REQUESTS);
}
