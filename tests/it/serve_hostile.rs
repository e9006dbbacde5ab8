//! Requests that want to do harm: each is answered with what is right or with a problem, and the
//! server goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use porchlight::serve::Settings;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::app::{App, NothingYet};
use crate::support::routes::{RELEASE, Route, releases};

/// Longer than any answer takes; whoever waits this long waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);

/// Text that means something to somebody else, percent-encoded.
const TEXTS: &[&str] = &[
    // SQL.
    "%27%20OR%201%3D1%20--",
    "%27%3B%20DROP%20TABLE%20agencies%3B--",
    "x%27%20UNION%20SELECT%20sql%20FROM%20sqlite_master--",
    "%22%3B%20ATTACH%20%27%2Fetc%2Fpasswd%27%20AS%20x",
    "%3F1",
    "%3Aname",
    // The syntax of the index of words.
    "%22",
    "%22%22%22",
    "%2A",
    "a%2A%20b%2A",
    "NEAR%28a%20b%2C%202%29",
    "a%20AND%20NOT%20b",
    "words%3Aa",
    "%7Bid%20words%7D%20%3A%20a",
    "%5Ea",
    "a%20%2B%20b",
    "%28%28%28%28a",
    // Wildcards.
    "%25",
    "_",
    "%25%25%25%25%25%25%25%25%25%25_%25",
    "%5B%5Ea-z%5D",
    "%5C",
    // Characters that are none, or look like others.
    "%00",
    "a%00b",
    "%C0%AF",
    "%C0%80",
    "%E0%80%AF",
    "%F0%80%80%80",
    "%ED%A0%80",
    "%ED%A0%BD%ED%BA%A8",
    "%F4%90%80%80",
    "%FF%FE",
    "%EF%BF%BF",
    "%E2%80%AE%E2%80%8F%D7%90",
    "%EF%BB%BFa",
    "%F0%9F%9A%A8",
    "a%CC%81%CC%81%CC%81%CC%81",
    "%0D%0AX-Injected%3A%201",
    "%1B%5B31m",
    "%",
    "%2",
    "%zz",
    "+",
    "%2B",
    "%252527",
    // Numbers.
    "-0",
    "-0.0",
    "0x7fffffff",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "99999999999999999999999999999999999999",
    "1e308",
    "1e309",
    "1e-400",
    "1e99999999999999999999",
    "0.00000000000000000000000000000000000000000000000000000000000001",
    "NaN",
    "inf",
    "-Infinity",
    "1_000",
    "%D9%A1%D9%A2",
    // Dates.
    "0000-01-01",
    "0000-00-00",
    "9999-12-31",
    "10000-01-01",
    "-0001-01-01",
    "%2B262142-12-31",
    "262143-01-01",
    "2021-02-29",
    "2021-06-01T23:59:60Z",
    "9999-12-31T23:59:59.999999999%2B23:59",
    // Programs.
    "%24%7Bjndi%3Aldap%3A%2F%2Fx%7D",
    "%7B%7B7%2A7%7D%7D",
    "%3Cscript%3Ealert%281%29%3C%2Fscript%3E",
    "%3D1%2B1",
    "..%2F..%2Fetc%2Fpasswd",
    "%5B%5B%5B%5B%5B%5B%5B%5B",
    "%7B%22a%22%3A%7B%22a%22%3A%7B%7D%7D%7D",
    // Lists.
    ",",
    ",,,,,,",
    "a,,b",
    "a,a,a,a",
];

fn app() -> App {
    App::with(releases(), NothingYet, Settings::default())
}

/// Asks, and sees that there is an answer in time that is right or a problem.
async fn bears(app: &App, address: &str, headers: &[(&str, &str)]) -> u16 {
    let short: String = address.chars().take(300).collect();
    let got = tokio::time::timeout(IN_VAIN, app.get_with(address, headers)).await;
    let got = got.unwrap_or_else(|_| panic!("{short}: no answer"));
    let status = got.status;
    assert!(matches!(status, 200 | 206 | 304 | 307 | 308 | 400..=499), "{short}: {status}");
    if status >= 400 {
        assert!(got.body.len() < 100_000, "{short}: {} bytes", got.body.len());
        let detail = got.json()["detail"].to_string();
        for leak in ["SELECT", "sqlite", "syntax", "fts5", "/tmp", "panicked"] {
            let told = !address.contains(leak) && detail.contains(leak);
            assert!(!told, "{short}: {detail}");
        }
    }
    assert_eq!(got.header("x-injected"), "", "{short}");
    status
}

async fn goes_on(app: &App) {
    for address in ["/v1/agencies?limit=2", "/health/ready"] {
        assert_eq!(bears(app, address, &[]).await, 200);
    }
}

/// The routes of which each is unlike the others in what it reads.
fn routes() -> Vec<Route> {
    let mut routes = Route::all();
    routes.retain(|route| !route.is_pinned() || route.pattern.starts_with("/agencies"));
    routes
}

#[tokio::test]
async fn hostile_text_in_a_parameter_is_a_value_or_a_fault() {
    let app = app();
    for route in routes() {
        let mut names = std::collections::BTreeMap::new();
        for parameter in route.parameters("query") {
            // One of each sort, beside those that are no comparison.
            let name = parameter["name"].as_str().unwrap();
            let schema = &parameter["schema"];
            let kind = format!("{}{}", schema["type"], schema["items"]["format"]);
            let op = name.split_once("__").map_or("", |(_, op)| op);
            let is_control = !parameter["example"].is_array() || op.is_empty() && name.len() < 8;
            let sort =
                if is_control && op.is_empty() { name.to_owned() } else { format!("{kind}{op}") };
            names.entry(sort).or_insert(name);
        }
        for name in names.into_values() {
            // Other suites walk the same comparisons of the other resources.
            let few = if route.pattern == "/agencies" { 1 } else { 7 };
            for text in TEXTS.iter().step_by(few) {
                bears(&app, &route.asking(&format!("{name}={text}")), &[]).await;
            }
        }
        for text in TEXTS.iter().step_by(5) {
            bears(&app, &route.asking(&format!("{text}=1")), &[]).await;
        }
    }
    goes_on(&app).await;
}

#[tokio::test]
async fn a_wildcard_or_a_quotation_mark_finds_itself_alone() {
    let app = app();
    for (query, found) in [
        ("name__contains=%25", 0),
        ("name__contains=_", 0),
        ("name__contains=Spr_ngfield", 0),
        ("name__contains=springfield", 3),
        ("name=%27%20OR%20%271%27%3D%271", 0),
        ("q=springfield", 3),
        ("q=%22springfield", 3),
        ("q=springfield%20OR%20nothing", 0),
        ("q=words%3Aspringfield", 0),
        ("q=spring%2A", 3),
        ("lat__gte=-0&lat__gte=0", -1),
        ("lat__gte=-0", 2),
    ] {
        let got = app.get(&format!("/v1/agencies?{query}")).await;
        if found < 0 {
            assert_eq!(got.status, 400, "{query}");
        } else {
            assert_eq!(got.json()["meta"]["total"], json!(found), "{query}");
        }
    }
}

#[tokio::test]
async fn hostile_text_in_a_path_is_a_name_of_nothing() {
    let app = app();
    for route in routes() {
        if route.parameters("path").is_empty() {
            continue;
        }
        for text in TEXTS.iter().filter(|text| !text.contains('+')) {
            let status = bears(&app, &route.with(Some(text)), &[]).await;
            assert!((400..500).contains(&status), "{}: {status}", route.with(Some(text)));
        }
    }
    for path in [
        "/data/2026-11-24.1/..%2Fmanifest.json",
        "/data/2026-11-24.1/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/data/2026-11-24.1/..%5C..%5Cdataset.sqlite",
        "/data/..%2f2026-11-24.1/dataset.sqlite",
        "/data/2026-11-24.1%2Fdataset.sqlite",
        "/data/2026-11-24.1/%2Fetc%2Fpasswd",
        "/data/2026-11-24.1/dataset.sqlite%00.csv",
        "/v1/agencies%2Fcounts",
        "/v1//agencies",
        "//v1/agencies",
        "/v1/agencies//",
        "/v1/agencies/%2F",
        "/v1/agencies.csv.csv",
        "/v1/agencies.%63sv.",
        "/V1/AGENCIES",
        "/v1/releases/2026-11-24.1%2Fagencies",
        "/docs/..%2Findex.html",
        "/problems/..%2Fmetrics",
    ] {
        let status = bears(&app, path, &[]).await;
        assert!(status >= 400, "{path}: {status}");
    }
    goes_on(&app).await;
}

#[tokio::test]
async fn what_is_far_too_much_is_refused() {
    let app = app();
    let long = "x".repeat(100_000);
    let many: Vec<_> = (0..10_000).map(|number| format!("p{number}=1")).collect();
    let most = vec!["a=1"; 2000].join("&");
    let nested = format!("{}{}", "%5B".repeat(1000), "%5D".repeat(1000));
    let words = vec!["a"; 3000].join("%20");
    let values = vec!["a"; 3900].join(",");
    for (query, status) in [
        (many[..900].join("&"), 400),
        (most, 400),
        ("&".repeat(8000), 200),
        ("=".repeat(8000), 400),
        ("%".repeat(8000), 400),
        (format!("name={nested}"), 200),
        (format!("q={nested}"), 400),
        (format!("{}=1", "a[".repeat(3000)), 400),
        (format!("q={}", &long[..8000]), 200),
        (format!("q={words}"), 414),
        (format!("q={}", vec!["a"; 1000].join("%20")), 400),
        (format!("id={values}"), 400),
        (format!("sort={values}"), 400),
        (format!("fields={values}"), 400),
        (format!("bbox={values}"), 400),
        (format!("limit={}", "9".repeat(8000)), 400),
        (format!("limit={}", "0".repeat(8000)), 200),
        (format!("lat__gt={}", "9".repeat(8000)), 400),
        (format!("lat__gt=0.{}1", "0".repeat(8000)), 200),
        (format!("cursor={}", &long[..8000]), 400),
    ] {
        let start: String = query.chars().take(40).collect();
        let found = bears(&app, &format!("/v1/agencies?{query}"), &[]).await;
        assert_eq!(found, status, "{start}");
    }
    let deep = "/x".repeat(3000);
    assert_eq!(bears(&app, &format!("/v1{deep}"), &[]).await, 404);
    assert_eq!(bears(&app, &format!("/v1{}", "/x".repeat(30_000)), &[]).await, 414);
    // Longer than an address can be for the HTTP layer, which refuses it by itself.
    for query in [format!("name={long}"), format!("{long}=1"), many.join("&")] {
        let request = format!("GET /v1/agencies?{query} HTTP/1.1\r\nhost: x\r\n\r\n");
        let answer = raw(&app, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    goes_on(&app).await;
}

/// A cursor whose check bytes are right, whatever it says.
fn cursor(content: &str) -> String {
    let mut bytes = content.as_bytes().to_vec();
    let check = Sha256::digest(&bytes);
    bytes.extend_from_slice(&check[..6]);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn a_cursor_that_is_made_up_leads_nowhere() {
    let app = app();
    let page = app.get("/v1/agencies?limit=1").await.json();
    let real = page["links"]["next"].as_str().unwrap().split("cursor=").nth(1).unwrap().to_owned();
    let content = content_of(&page).unwrap();
    assert_eq!(cursor(&content.to_string()), real, "cursors are made in another way");
    let with_keys = |keys: Value| {
        let mut content = content.clone();
        content[3] = keys;
        cursor(&content.to_string())
    };
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (made_up, status) in [
        (cursor(""), 400),
        (cursor("{}"), 400),
        (cursor("[1]"), 400),
        (cursor("[1,\"2026-11-24.1\",\"\",[\"a\"],\"\"]"), 400),
        (cursor(&deep(100)), 400),
        (cursor(&deep(2500)), 400),
        (cursor(&format!("[2,{}]", deep(2000))), 400),
        (cursor(&format!("[2,\"a\",\"\",{},\"\"]", deep(2000))), 400),
        (cursor(&format!("{}1{}", "{\"a\":".repeat(900), "}".repeat(900))), 400),
        (cursor(&format!("[2,\"a\",\"\",[{}],\"\"]", vec!["0"; 2500].join(","))), 400),
        (cursor("[1e999]"), 400),
        (cursor("[2,\"\\u0000\",\"\\ud800\",[],\"\"]"), 400),
        (with_keys(json!([])), 400),
        (with_keys(json!(["a", "b"])), 400),
        (with_keys(json!([true])), 400),
        (with_keys(json!([{ "a": 1 }])), 400),
        (with_keys(json!([[]])), 400),
        (with_keys(json!([["xyz"]])), 400),
        (with_keys(json!([vec!["0"; 1000]])), 400),
        (with_keys(json!([["7ff8000000000000"]])), 400),
        (with_keys(json!([u64::MAX])), 400),
        (with_keys(json!(["' OR 1=1 --"])), 200),
        (with_keys(json!(["\u{0}"])), 200),
        (with_keys(json!(["x".repeat(4000)])), 200),
        (format!("{real}="), 400),
        (format!("{real}%0A"), 400),
        (format!("%20{real}"), 400),
    ] {
        let address = format!("/v1/agencies?limit=1&cursor={made_up}");
        let found = bears(&app, &address, &[]).await;
        let start: String = made_up.chars().take(60).collect();
        assert_eq!(found, status, "{start}");
    }
    goes_on(&app).await;
}

/// What the cursor of the next page says, if there is one.
fn content_of(page: &Value) -> Option<Value> {
    let cursor = page["links"]["next"].as_str()?.split("cursor=").nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap();
    Some(serde_json::from_slice(&bytes[..bytes.len() - 6]).unwrap())
}

#[tokio::test]
async fn a_cursor_with_keys_of_another_type_leads_nowhere() {
    let app = app();
    let sorted = "/v1/agencies?limit=1&sort=lat,-name";
    let content = content_of(&app.get(sorted).await.json()).unwrap();
    let values = [
        json!(null),
        json!("x"),
        json!(-1),
        json!(["7ff8000000000000"]),
        json!(["7ff0000000000000"]),
        json!(["8000000000000000"]),
    ];
    for first in &values {
        for second in &values {
            for third in &values {
                let mut content = content.clone();
                content[3] = json!([first, second, third]);
                let made_up = cursor(&content.to_string());
                bears(&app, &format!("{sorted}&cursor={made_up}"), &[]).await;
            }
        }
    }
    let (near, words) = ("near_lat=39.9&near_lon=-83&radius_km=500", "q=springfield");
    for query in [near, words] {
        let page = app.get(&format!("/v1/agencies?limit=1&{query}")).await.json();
        let next = page["links"]["next"].as_str();
        let Some(next) = next else { continue };
        assert_eq!(bears(&app, next, &[]).await, 200);
        let content = content_of(&page).unwrap();
        for first in &values {
            let mut content = content.clone();
            content[3][0] = first.clone();
            let made_up = cursor(&content.to_string());
            bears(&app, &format!("/v1/agencies?limit=1&{query}&cursor={made_up}"), &[]).await;
        }
    }
    goes_on(&app).await;
}

#[tokio::test]
async fn hostile_headers_are_read_as_far_as_they_mean_anything() {
    let app = app();
    // What the HTTP layer takes in all is 128 kB; these are below that.
    let lists = |one: &str, count: usize| vec![one; count].join(",");
    let bombs: Vec<(&str, String)> = vec![
        ("accept", lists("a/b;q=0.1", 9000)),
        ("accept", lists("*/*", 10_000)),
        ("accept", format!("{}application/json", "\"".repeat(9999))),
        ("accept", format!("application/json{}", ";a=b".repeat(9000))),
        ("accept", "\\".repeat(50_000)),
        ("accept", "text/csv;q=1e999, */*;q=-1".to_owned()),
        ("accept-encoding", lists("gzip;q=0.1", 6000)),
        ("accept-encoding", lists("*;q=0", 10_000)),
        ("accept-encoding", lists("gzip;q=NaN", 5000)),
        ("accept-encoding", format!("gzip{}", ";".repeat(50_000))),
        ("if-none-match", lists("W/\"x\"", 9000)),
        ("if-none-match", "\"".repeat(60_000)),
        ("if-none-match", format!("{}\"x\"", "W/".repeat(30_000))),
        ("if-modified-since", "Tue, 24 Nov 99999999 06:00:00 GMT".to_owned()),
        ("if-modified-since", "x".repeat(60_000)),
        ("if-range", "x".repeat(60_000)),
        ("range", format!("bytes={}", lists("0-0", 10_000))),
        ("range", "bytes=0-18446744073709551615".to_owned()),
        ("range", "bytes=18446744073709551615-".to_owned()),
        ("range", "bytes=-18446744073709551615".to_owned()),
        ("range", format!("bytes={}-", "9".repeat(60_000))),
        ("range", "bytes=--1".to_owned()),
        ("range", "bytes=0-0, 0-0".to_owned()),
        ("x-forwarded-for", lists("192.0.2.1", 6000)),
        ("x-forwarded-for", "', (SELECT 1), 999.999.999.999, [::1, fe80::1%eth0".to_owned()),
        ("x-forwarded-for", ",".repeat(60_000)),
        ("origin", "x".repeat(60_000)),
        ("cookie", "a=b; ".repeat(12_000)),
        ("x-unknown", "x".repeat(60_000)),
        ("host", "evil.example".to_owned()),
        ("x-http-method-override", "DELETE".to_owned()),
        ("content-type", "x".repeat(10_000)),
        ("expect", "200-ok".to_owned()),
        ("upgrade", "websocket".to_owned()),
        ("authorization", "Bearer x".to_owned()),
    ];
    let file = format!("/data/{RELEASE}/dataset.sqlite");
    for (name, value) in &bombs {
        for address in ["/v1/agencies", "/v1/agencies.csv", "/v1/status", &file, "/nowhere"] {
            bears(&app, address, &[(name, value)]).await;
        }
    }
    let twice = [
        ("accept", "text/csv"),
        ("accept", "application/json"),
        ("if-none-match", "\"a\""),
        ("if-none-match", "\"b\""),
        ("range", "bytes=0-0"),
        ("range", "bytes=1-1"),
        ("accept-encoding", "gzip"),
        ("accept-encoding", "identity;q=0"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-for", "192.0.2.2"),
    ];
    for address in ["/v1/agencies", &file] {
        for pair in twice.chunks(2) {
            bears(&app, address, pair).await;
        }
    }
    goes_on(&app).await;
}

#[tokio::test]
async fn garbage_about_the_way_of_a_request_is_counted_for_the_proxy() {
    let one = std::num::NonZeroU32::MIN;
    let settings = Settings {
        rate_limit: Some(porchlight::config::RateLimit { per_second: one, burst: one }),
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..Settings::default()
    };
    let app = App::with(releases(), NothingYet, settings);
    let mut refused = 0;
    for number in 0..200 {
        let garbage = format!("garbage-{number}, 300.1.1.{number}");
        let status = bears(&app, "/v1/vendors", &[("x-forwarded-for", &garbage)]).await;
        refused += usize::from(status == 429);
    }
    assert!(refused > 0, "each new name had requests of its own");
}

/// Sends bytes, and reads the answer up to where the server closes or the time is up.
fn raw(app: &App, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.host()).unwrap();
    stream.set_read_timeout(Some(IN_VAIN)).unwrap();
    // It may have answered and closed before all was sent.
    let _ = stream.write_all(bytes);
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
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn requests_a_client_library_would_not_send_are_answered() {
    let app = app();
    let close = "host: x\r\nconnection: close\r\n\r\n";
    for (request, statuses) in [
        // Targets in the forms that proxies get.
        (format!("GET http://evil.example/v1/vendors HTTP/1.1\r\n{close}"), &[200][..]),
        (format!("GET http://evil.example/../../etc/passwd HTTP/1.1\r\n{close}"), &[404]),
        (format!("GET * HTTP/1.1\r\n{close}"), &[400, 404]),
        (format!("GET /v1/../v1/vendors HTTP/1.1\r\n{close}"), &[404]),
        (format!("GET /data/{RELEASE}/../../etc/passwd HTTP/1.1\r\n{close}"), &[404]),
        (format!("GET /v1/%2e%2e/v1/vendors HTTP/1.1\r\n{close}"), &[404]),
        (format!("GET /v1/vendors#x HTTP/1.1\r\n{close}"), &[200, 400, 404]),
        (format!("GET /v1/vendors?name=\u{e9} HTTP/1.1\r\n{close}"), &[200, 400]),
        (format!("GET /v1/vendors?name=<> HTTP/1.1\r\n{close}"), &[200, 400]),
        (format!("GET v1/vendors HTTP/1.1\r\n{close}"), &[400, 404]),
        // What the HTTP layer itself refuses, without a problem document.
        (format!("GET /v1/ven dors HTTP/1.1\r\n{close}"), &[400]),
        (format!("GET /v1/vendors HTTP/3.7\r\n{close}"), &[400]),
        ("GET /v1/vendors HTTP/1.1\r\nhost : x\r\n\r\n".to_owned(), &[400]),
        (format!("GET /v1/vendors HTTP/1.1\r\ncontent-length: -1\r\n{close}"), &[400]),
        (
            format!(
                "GET /v1/vendors HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n{close}"
            ),
            &[400],
        ),
        // Two readings of where a request ends.
        (
            format!(
                "GET /v1/vendors HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n{close}"
            ),
            &[400, 413],
        ),
        ("GET /v1/vendors HTTP/1.0\r\n\r\n".to_owned(), &[200]),
        (format!("GET /v1/vendors HTTP/1.1\r\nhost: a\r\n{close}"), &[200, 400]),
        (format!("GET /v1/vendors HTTP/1.1\r\naccept: \u{ff}\r\n{close}"), &[200, 400, 406]),
        (format!("GET /v1/vendors HTTP/1.1\r\nif-none-match: \u{ff}\r\n{close}"), &[200, 400]),
    ] {
        let answer = raw(&app, request.as_bytes());
        let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        assert!(statuses.contains(&status), "{request}: {answer}");
        assert!(!answer.contains("root:"), "{answer}");
    }
    goes_on(&app).await;
}
