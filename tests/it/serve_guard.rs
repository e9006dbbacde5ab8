//! What stands around every answer: limits, codings, bodies and methods.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use porchlight::config::RateLimit;
use porchlight::serve::Settings;
use reqwest::Method;

use crate::support::app::{App, Got, NothingYet};
use crate::support::program::Program;
use crate::support::release::{ReleaseBuilder, agency};

const RELEASE: &str = "2026-11-24.1";

/// Requests after which one would have been refused, however slow the machine is.
const ENOUGH: usize = 1000;

fn release() -> ReleaseBuilder {
    let agencies = (0..60).map(|number| agency(&format!("Agency {number}")));
    agencies.fold(ReleaseBuilder::new(RELEASE), |release, agency| release.has(&agency))
}

fn app() -> App {
    App::of([release()])
}

fn limited(per_second: u32, burst: u32, trusted: &[&str]) -> App {
    let [per_second, burst] = [per_second, burst].map(|number| NonZeroU32::new(number).unwrap());
    let settings = Settings {
        rate_limit: Some(RateLimit { per_second, burst }),
        trusted_proxies: trusted.iter().map(|network| network.parse().unwrap()).collect(),
        ..Settings::default()
    };
    App::with([release()], NothingYet, settings)
}

/// Asks until it is refused; the refusal.
async fn refused(app: &App, headers: &[(&str, &str)]) -> Got {
    for _ in 0..ENOUGH {
        let got = app.get_with("/v1/status", headers).await;
        if got.status == 429 {
            return got;
        }
        assert_eq!(got.status, 200);
    }
    panic!("never refused");
}

#[tokio::test]
async fn who_asks_too_often_is_told_to_wait_and_then_answered_again() {
    let app = limited(1, 2, &[]);
    let got = refused(&app, &[("origin", "https://elsewhere.example")]).await;
    let problem = got.json();
    assert_eq!((&problem["code"], &problem["status"]), (&"rate_limited".into(), &429.into()));
    assert_eq!(problem["instance"], "/v1/status");
    assert_eq!(got.header("content-type"), "application/problem+json");
    assert_eq!(got.header("cache-control"), "no-store");
    assert_eq!(got.header("retry-after"), "1");
    assert_eq!(got.header("ratelimit-policy"), "\"default\";q=2;w=2");
    assert_eq!(got.header("ratelimit"), "\"default\";r=0;t=2");
    assert_eq!(got.header("access-control-allow-origin"), "*");
    assert!(got.header("access-control-expose-headers").contains("RateLimit-Policy"));
    assert_eq!(got.header("vary"), "Accept, Accept-Encoding");
    assert!(!got.header("request-id").is_empty());
    for attempt in 0.. {
        if app.get("/v1/status").await.status == 200 {
            break;
        }
        assert!(attempt < ENOUGH, "never answered again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn health_and_preflights_are_answered_to_those_who_are_refused() {
    let app = limited(1, 1, &[]);
    refused(&app, &[]).await;
    for _ in 0..50 {
        let got = app.get("/health/live").await;
        assert_eq!(
            (got.status, got.header("ratelimit"), got.header("ratelimit-policy")),
            (200, "", "")
        );
        assert_eq!(app.ask(Method::OPTIONS, "/v1/status", &[]).await.status, 204);
    }
    refused(&app, &[]).await;
}

#[tokio::test]
async fn every_counted_answer_says_what_is_left() {
    let app = limited(1, 1_000_000, &[]);
    let left = |got: &Got| -> u32 {
        assert_eq!(got.header("ratelimit-policy"), "\"default\";q=1000000;w=1000000");
        let left = got.header("ratelimit").strip_prefix("\"default\";r=");
        left.and_then(|rest| rest.split(';').next()).unwrap().parse().unwrap()
    };
    let long = format!("/v1/agencies?name={}", "x".repeat(9000));
    for (method, path, status) in [
        (Method::GET, "/v1/agencies", 200),
        (Method::HEAD, "/v1/agencies", 200),
        (Method::GET, "/v1/agencies?x=y", 400),
        (Method::POST, "/v1/agencies", 405),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/data/latest/dataset.sqlite", 307),
        (Method::GET, &long, 414),
    ] {
        let got = app.ask(method, path, &[]).await;
        assert_eq!(got.status, status, "{path}");
        assert!(left(&got) < 1_000_000, "{path}");
    }
    let unlimited = App::of([release()]).get("/v1/agencies").await;
    assert_eq!((unlimited.header("ratelimit"), unlimited.header("ratelimit-policy")), ("", ""));
}

#[tokio::test]
async fn a_stranger_cannot_pretend_to_be_somebody_else() {
    let app = limited(1, 1, &["10.0.0.0/8"]);
    for number in 0..ENOUGH {
        let address = format!("198.51.100.{}", number % 256);
        if app.get_with("/v1/status", &[("x-forwarded-for", &address)]).await.status == 429 {
            return;
        }
    }
    panic!("never refused");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_allowance() {
    let app = limited(1, 1, &["127.0.0.0/8", "10.0.0.0/8"]);
    let from = |client: &'static str| [("x-forwarded-for", client)];
    for client in ["198.51.100.1", "198.51.100.2", "spoofed, 198.51.100.3, 10.0.0.1", "2001:db8::1"]
    {
        let got = app.get_with("/v1/status", &from(client)).await;
        assert_eq!(got.status, 200, "{client} is new");
    }
    // The others are the same customers again, by other addresses or with other words before.
    for client in ["198.51.100.1", "198.51.100.9, 198.51.100.2", "2001:db8::ffff:1"] {
        refused(&app, &from(client)).await;
    }
}

#[tokio::test]
async fn the_program_takes_the_limit_and_the_proxies_from_its_flags() {
    let home = tempfile::tempdir().unwrap();
    release().write(home.path());
    let program = Program::new(home.path(), &home.path().join("sources.toml"));
    std::fs::write(home.path().join("sources.toml"), "").unwrap();
    let limit = ["--rate-limit", "1:1", "--trusted-proxy", "127.0.0.1"];
    let serving = program.serve_with(&limit);
    for client in 1..20 {
        let headers = [("x-forwarded-for", format!("198.51.100.{client}"))];
        assert_eq!(serving.status("/v1/summary", &headers).await, 200);
    }
    let headers = [("x-forwarded-for", "198.51.100.1".to_owned())];
    for _ in 0..ENOUGH {
        if serving.status("/v1/summary", &headers).await == 429 {
            return;
        }
    }
    panic!("never refused");
}

#[tokio::test]
async fn the_headers_the_guide_names_can_be_read_by_a_script() {
    let guide = include_str!("../../docs/api-versioning.md");
    let exposed = app().get("/health/live").await;
    let exposed: Vec<_> =
        exposed.header("access-control-expose-headers").split(',').map(str::trim).collect();
    let names =
        ["Dataset-Release", "Deprecation", "ETag", "Link", "RateLimit", "Retry-After", "Sunset"];
    for name in names {
        assert!(guide.contains(&format!("`{name}`")), "{name} is not told");
        assert!(exposed.contains(&name), "{name} is not exposed");
    }
}

pub(crate) fn decoded(got: &Got) -> Vec<u8> {
    let mut plain = Vec::new();
    match got.header("content-encoding") {
        "" => plain.clone_from(&got.body),
        "gzip" => {
            flate2::read::GzDecoder::new(&*got.body).read_to_end(&mut plain).unwrap();
        }
        "br" => {
            brotli::Decompressor::new(&*got.body, 4096).read_to_end(&mut plain).unwrap();
        }
        "zstd" => plain = zstd::decode_all(&*got.body).unwrap(),
        other => panic!("unknown coding `{other}`"),
    }
    plain
}

#[tokio::test]
async fn every_coding_gives_the_same_bytes_under_the_same_tag() {
    let app = app();
    let pinned = format!("/v1/releases/{RELEASE}/agencies?limit=60");
    for path in [
        &*pinned,
        "/v1/agencies",
        "/v1/summary",
        "/openapi.json",
        "/docs",
        "/docs/swagger-ui.css",
        "/v1/agencies?x=1",
    ] {
        let plain = app.get(path).await;
        assert_eq!(plain.header("content-encoding"), "");
        for coding in ["gzip", "br", "zstd"] {
            let said = [("accept-encoding", coding)];
            let got = app.get_with(path, &said).await;
            assert_eq!(
                (got.status, got.header("content-encoding")),
                (plain.status, coding),
                "{path}"
            );
            assert_eq!(decoded(&got), plain.body, "{path} {coding}");
            assert!(got.body.len() < plain.body.len(), "{path} {coding}");
            for same in ["etag", "vary", "content-type", "cache-control", "link", "dataset-total"] {
                assert_eq!(got.header(same), plain.header(same), "{path} {coding} {same}");
            }
            assert_eq!(got.header("vary"), "Accept, Accept-Encoding");
            assert_eq!(got.all("vary").len(), 1, "{path} {coding}");

            let head = app.ask(Method::HEAD, path, &said).await;
            assert_eq!((head.status, head.body.len()), (got.status, 0), "{path} {coding}");
            assert_eq!(head.names(), got.names(), "{path} {coding}");
            for same in ["content-encoding", "content-length", "transfer-encoding", "etag", "vary"]
            {
                assert_eq!(head.header(same), got.header(same), "{path} {coding} {same}");
            }
        }
        let head = app.ask(Method::HEAD, path, &[]).await;
        assert_eq!(head.header("content-length"), plain.body.len().to_string(), "{path}");
    }
}

#[tokio::test]
async fn what_has_no_body_has_no_coding() {
    let app = app();
    let tag = app.get("/v1/agencies").await.header("etag").to_owned();
    for coding in ["gzip", "br", "zstd", "gzip, br, zstd", "identity;q=0, gzip"] {
        let said = [("accept-encoding", coding), ("if-none-match", &tag)];
        for method in [Method::GET, Method::HEAD] {
            let got = app.ask(method, "/v1/agencies", &said).await;
            assert_eq!((got.status, got.body.len(), got.header("etag")), (304, 0, &*tag));
            assert_eq!(got.all("vary"), ["Accept, Accept-Encoding"]);
            assert_eq!((got.header("content-encoding"), got.header("content-length")), ("", ""));
        }
        let got = app.ask(Method::OPTIONS, "/v1/agencies", &said).await;
        assert_eq!((got.status, got.body.len(), got.header("content-encoding")), (204, 0, ""));
    }
}

#[tokio::test]
async fn who_refuses_every_coding_is_told_so() {
    let app = app();
    for said in ["identity;q=0", "*;q=0", "identity;q=0, deflate"] {
        let said = [("accept-encoding", said)];
        for path in ["/v1/agencies", "/docs", "/data/2026-11-24.1/dataset.sqlite"] {
            let got = app.get_with(path, &said).await;
            assert_eq!((got.status, got.header("content-encoding")), (406, ""), "{path}");
            assert_eq!(got.header("content-type"), "application/problem+json");
            assert_eq!(got.json()["code"], "not_acceptable");
        }
        assert_eq!(app.ask(Method::OPTIONS, "/v1/agencies", &said).await.status, 204);
    }
    let got = app.get_with("/health/live", &[("accept-encoding", "gzip, identity;q=0")]).await;
    assert_eq!((got.status, got.header("content-encoding")), (200, "gzip"));
    assert_eq!(decoded(&got), app.get("/health/live").await.body);
}

#[tokio::test]
async fn files_of_a_release_are_sent_as_they_lie_there() {
    let text = "the same words again and again ".repeat(1000);
    let app = App::of([ReleaseBuilder::new(RELEASE).file(
        "notes.txt",
        "text/plain",
        text.clone().into(),
    )]);
    let path = format!("/data/{RELEASE}/notes.txt");
    for said in ["gzip", "br", "zstd", "gzip, deflate, br, zstd", "*"] {
        let got = app.get_with(&path, &[("accept-encoding", said)]).await;
        assert_eq!((got.status, got.header("content-encoding")), (200, ""), "{said}");
        assert_eq!(got.header("content-length"), text.len().to_string());
        assert_eq!(got.body, text.as_bytes());
        assert!(got.header("etag").starts_with('"') && !got.header("repr-digest").is_empty());
        let part = app.get_with(&path, &[("accept-encoding", said), ("range", "bytes=0-2")]).await;
        assert_eq!((part.status, &*part.body), (206, &b"the"[..]));
        assert_eq!(part.header("content-range"), format!("bytes 0-2/{}", text.len()));
        let head = app.ask(Method::HEAD, &path, &[("accept-encoding", said)]).await;
        assert_eq!(head.header("content-length"), text.len().to_string());
        assert_eq!(head.header("repr-digest"), got.header("repr-digest"));
    }
}

/// Sends bytes as they are, and reads until the server closes the connection.
fn sent(app: &App, bytes: &str) -> String {
    let mut stream = TcpStream::connect(app.host()).unwrap();
    // The server closes it long before; a test that hangs says less.
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // It may have answered and closed before all was sent.
    let _ = stream.write_all(bytes.as_bytes());
    let mut answer = Vec::new();
    let mut block = [0; 4096];
    loop {
        match stream.read(&mut block) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&block[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&answer)),
        }
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_large_request_body_is_refused_and_the_connection_closed() {
    let app = app();
    for body in [
        "content-length: 8193\r\n\r\n".to_owned(),
        "content-length: 99999999999\r\n\r\nsome of it".to_owned(),
        "transfer-encoding: chunked\r\n\r\n".to_owned(),
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n".to_owned(),
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_owned(),
        format!("content-length: 20000\r\n\r\n{}", "x".repeat(20_000)),
    ] {
        let answer = sent(&app, &format!("GET /v1/agencies HTTP/1.1\r\nhost: x\r\n{body}"));
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("\"code\":\"payload_too_large\""), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "the body is no request: {answer}");
    }
    assert_eq!(app.get("/v1/agencies").await.status, 200);
}

#[tokio::test]
async fn a_small_request_body_is_passed_over_and_none_is_no_body() {
    let app = app();
    let close = "GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let body = "GET /v1/status HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello";
    let answer = sent(&app, &format!("{body}{close}"));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let body = "GET /v1/status HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    let answer = sent(&app, &format!("{body}{close}"));
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 2, "{answer}");
}

#[tokio::test]
async fn methods_there_are_not_are_refused_with_those_there_are() {
    let app = app();
    for request in [
        "TRACE /v1/agencies HTTP/1.1\r\n",
        "FROBNICATE /v1/agencies HTTP/1.1\r\n",
        "PROPFIND /data/ HTTP/1.1\r\n",
        "CONNECT example.org:443 HTTP/1.1\r\n",
        "DELETE /nowhere HTTP/1.1\r\n",
        "POST /v1/agencies HTTP/1.1\r\ncontent-length: 99999\r\n",
        "POST /v1/agencies HTTP/1.1\r\ntransfer-encoding: chunked\r\n",
    ] {
        let answer = sent(&app, &format!("{request}host: x\r\nconnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 405 "), "{request}: {answer}");
        assert!(answer.contains("allow: GET, HEAD, OPTIONS\r\n"), "{request}: {answer}");
        assert!(answer.contains("\"code\":\"method_not_allowed\""), "{request}: {answer}");
    }
}

#[tokio::test]
async fn options_are_told_of_the_server_and_of_every_address() {
    let app = app();
    let preflight = "origin: https://elsewhere.example\r\naccess-control-request-method: GET\r\n";
    for target in ["*", "/v1/agencies", "/nowhere", "/health/live", "/"] {
        let request = format!("OPTIONS {target} HTTP/1.1\r\nhost: x\r\n{preflight}");
        let answer = sent(&app, &format!("{request}connection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 204 "), "{target}: {answer}");
        for line in
            ["allow: GET, HEAD, OPTIONS\r\n", "access-control-allow-origin: *\r\n", "request-id: "]
        {
            assert!(answer.contains(line), "{target}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_is_no_request_is_answered_and_the_server_goes_on() {
    let app = app();
    let header = format!("x-long: {}\r\n", "x".repeat(200_000));
    let many = "x-many: y\r\n".repeat(2000);
    for (bytes, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400"),
        ("GET /v1/status HTTP/1.1\r\nbad header\r\n\r\n".to_owned(), "400"),
        ("GET /v1/status HTTP/1.1\r\nhost: x\r\nx: \u{1}\r\n\r\n".to_owned(), "400"),
        ("GET /v1/status HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n".to_owned(), "400"),
        (format!("GET /v1/status HTTP/1.1\r\nhost: x\r\n{header}\r\n"), "431"),
        (format!("GET /v1/status HTTP/1.1\r\nhost: x\r\n{many}\r\n"), "4"),
    ] {
        let answer = sent(&app, &bytes);
        let start = &bytes[..bytes.len().min(60)];
        // A server that closes before it has read everything may reset the connection.
        let reset = bytes.len() > 10_000 && answer.is_empty();
        let answered = reset || answer.starts_with(&format!("HTTP/1.1 {status}"));
        assert!(answered, "{start}: {answer}");
    }
    assert_eq!(app.get("/v1/agencies").await.status, 200);
}

#[tokio::test]
async fn pages_let_in_no_style_or_script_but_their_own_and_are_kept_apart() {
    let app = app();
    let pages =
        ["/", "/map", "/partnerships", "/data", "/data/2026-11-24.1", "/dictionary", "/docs"];
    for path in pages {
        let got = app.get(path).await;
        assert_eq!((got.status, got.header("content-type")), (200, "text/html; charset=utf-8"));
        let policy = got.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for closed in ["base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(closed), "{path}: {policy}");
        }
        // Forms of the site ask this host alone; the other pages have none.
        let forms = ["form-action 'none'", "form-action 'self'"];
        assert!(forms.iter().any(|closed| policy.contains(closed)), "{path}: {policy}");
        for (name, value) in [
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-opener-policy", "same-origin"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(got.header(name), value, "{path}");
        }
        assert!(got.header("permissions-policy").contains("geolocation=()"), "{path}");
        let page = String::from_utf8(got.body).unwrap();
        assert!(!page.contains(" style=\"") && !page.contains(" onload="), "{path}");
    }
    // Data is for everybody, and no page.
    let got = app.get("/v1/agencies").await;
    assert_eq!(got.header("content-security-policy"), "");
    assert_eq!(got.header("cross-origin-resource-policy"), "cross-origin");
}

#[tokio::test]
async fn the_style_that_the_page_of_the_api_is_allowed_is_one_it_has() {
    let app = app();
    let style = ".logo_small_svg__cls-2{fill:#fff}.logo_small_svg__cls-3{fill:#85ea2d}";
    let digest = porchlight::release::digest::sha256(style.as_bytes());
    let bytes: Vec<_> = (0..digest.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digest[at..at + 2], 16).unwrap())
        .collect();
    let allowed = format!("'sha256-{}'", STANDARD.encode(bytes));
    let policy = app.get("/docs").await.header("content-security-policy").to_owned();
    assert!(policy.contains(&allowed), "{policy}");
    let script = decoded(&app.get("/docs/swagger-ui-standalone-preset.js").await);
    assert!(String::from_utf8(script).unwrap().contains(style), "it has another style now");
}

#[tokio::test]
async fn a_host_that_is_reached_by_https_is_reached_by_nothing_else() {
    let with = |public_url: &str| {
        let settings = Settings { public_url: public_url.to_owned(), ..Settings::default() };
        App::with([release()], NothingYet, settings)
    };
    let secure = with("https://data.example.org");
    for path in ["/v1/agencies", "/docs", "/nowhere"] {
        let got = secure.get(path).await;
        assert_eq!(got.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let plain = with("http://data.example.org");
    assert_eq!(plain.get("/v1/agencies").await.header("strict-transport-security"), "");
}
