//! Requests that two readers would take for different ones. A proxy in front may be the other
//! reader: what it takes for a body must never be answered as a request.

use std::io::Write as _;
use std::net::Shutdown;

use crate::support::app::App;
use crate::support::client::{connect, rest};
use crate::support::release::ReleaseBuilder;

/// What a reader that errs would take for a request of its own. Its answer would name its path.
const HIDDEN: &str = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";

/// Sends bytes and no more; everything that comes back.
fn answer(app: &App, request: &str) -> String {
    let mut stream = connect(app.host(), 1);
    // It may have answered and closed before all was sent.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
    String::from_utf8(rest(&mut stream)).unwrap()
}

#[tokio::test]
async fn a_request_hidden_in_another_is_not_answered() {
    let app = App::of([ReleaseBuilder::new("2026-11-24.1")]);
    let length = HIDDEN.len();
    let chunk = format!("{length:x}\r\n{HIDDEN}\r\n0\r\n\r\n");
    for (name, head, body) in [
        ("a length and chunks", "content-length: 6\r\ntransfer-encoding: chunked", "0\r\n\r\n"),
        ("chunks and a length", "transfer-encoding: chunked\r\ncontent-length: 4", &chunk),
        ("chunks twice", "transfer-encoding: chunked\r\ntransfer-encoding: identity", &chunk),
        ("an unknown coding", &format!("transfer-encoding: x\r\ncontent-length: {length}"), ""),
        ("two lengths", &format!("content-length: 0\r\ncontent-length: {length}"), ""),
        ("two lengths in one line", &format!("content-length: 0, {length}"), ""),
        ("a signed length", &format!("content-length: +{length}"), ""),
        ("a space before the colon", &format!("content-length : {length}"), ""),
        ("a folded length", &format!("x: y\r\n content-length: {length}"), ""),
        ("a folded coding", "transfer-encoding:\r\n chunked", &chunk),
        ("a bare CR", &format!("x: y\rcontent-length: {length}"), ""),
        ("a NUL", "x: a\0b", ""),
        ("a chunk that is too long", "transfer-encoding: chunked", "fffffffffffffffff\r\n"),
        ("a chunk with words", "transfer-encoding: chunked", &format!("{length:x};x=y\r\n")),
        ("a chunk with a line in its words", "transfer-encoding: chunked", "2;\nxx\r\n"),
        ("a body", &format!("content-length: {length}"), ""),
        (
            "an upgrade",
            &format!("connection: upgrade\r\nupgrade: h2c\r\ncontent-length: {length}"),
            "",
        ),
    ] {
        let request =
            format!("GET /v1/vendors HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n{body}{HIDDEN}");
        let answer = answer(&app, &request);
        assert!(answer.starts_with("HTTP/1.1 "), "{name}: {answer}");
        assert!(!answer.contains("/smuggled"), "{name}: {answer}");
    }
    assert_eq!(app.get("/v1/vendors").await.status, 200);
}

#[tokio::test]
async fn what_is_no_http_of_ours_gets_no_further() {
    let app = App::of([ReleaseBuilder::new("2026-11-24.1")]);
    let body = format!("content-length: {}\r\n\r\n{HIDDEN}", HIDDEN.len());
    for request in [
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{HIDDEN}"),
        format!("GET /v1/\0vendors HTTP/1.1\r\nhost: x\r\n\r\n{HIDDEN}"),
        format!("CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n{body}"),
        format!("GET /v1/vendors HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        "\0".repeat(300_000),
    ] {
        let answer = answer(&app, &request);
        let start: String = request.chars().take(40).collect();
        assert!(!answer.contains("/smuggled"), "{start}: {answer}");
        assert!(!answer.contains("HTTP/1.1 101"), "{start}: {answer}");
    }
    assert_eq!(app.get("/v1/vendors").await.status, 200);
}
