//! A client against a server that does badly.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use porchlight::config::{FetchLimits, RefusedUrl};
use porchlight::fetch::{Client, FetchError, Fetched, Missing, RefusedRedirect, Validators};

use crate::support::upstream::{Answer, Upstream};

const PATH: &str = "/atlas.csv";
const CSV: &str = "AOSNUMBER,Agency\nAOS1,Alton Police Department\n";

/// Limits as they are, but for small bodies and an impatient person.
fn limits() -> FetchLimits {
    FetchLimits {
        max_bytes: 64 << 10,
        max_unpacked_bytes: 256 << 10,
        backoff_base: Duration::from_millis(2),
        ..FetchLimits::default()
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-24T06:17:00Z".parse().unwrap()
}

async fn get(upstream: &Upstream, limits: &FetchLimits) -> Result<Fetched, FetchError> {
    let client = Client::new(limits).unwrap();
    client.get(&upstream.url(PATH), &Validators::default(), now()).await
}

/// What a `get` of a path that answers like this ends with, and how many requests it took.
async fn ends(
    answers: impl IntoIterator<Item = Answer>,
    limits: &FetchLimits,
) -> (Result<Fetched, FetchError>, usize) {
    let upstream = Upstream::start();
    upstream.script(PATH, answers);
    let ended = get(&upstream, limits).await;
    (ended, upstream.requests().len())
}

fn body(fetched: Fetched) -> Bytes {
    match fetched {
        Fetched::Body { bytes, .. } => bytes,
        Fetched::NotModified { .. } => panic!("not modified"),
    }
}

#[tokio::test]
async fn a_body_comes_with_its_hash_type_and_validators() {
    let upstream = Upstream::start();
    let answer = Answer::ok("abc")
        .header("Content-Type", "text/csv; charset=utf-8")
        .header("ETag", "\"one\"")
        .header("Last-Modified", "Tue, 24 Nov 2026 06:00:00 GMT");
    upstream.script(PATH, [answer]);
    assert_eq!(
        get(&upstream, &limits()).await.unwrap(),
        Fetched::Body {
            bytes: Bytes::from_static(b"abc"),
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned(),
            validators: Validators {
                etag: Some("\"one\"".to_owned()),
                last_modified: Some("Tue, 24 Nov 2026 06:00:00 GMT".to_owned()),
            },
            media_type: Some("text/csv; charset=utf-8".to_owned()),
        }
    );
    let request = &upstream.requests()[0];
    let agent = request.header("user-agent").unwrap();
    assert!(agent.starts_with("Porchlight/") && agent.contains("(+https://"), "{agent}");
    assert_eq!(request.header("accept-encoding"), Some("gzip, identity"));
    assert_eq!(request.header("if-none-match"), None);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let date = "Tue, 24 Nov 2026 06:00:00 GMT";
    let by_etag = Validators { etag: Some("\"one\"".to_owned()), last_modified: None };
    let by_date = Validators { etag: None, last_modified: Some(date.to_owned()) };
    for (header, value, previous) in
        [("ETag", "\"one\"", by_etag), ("Last-Modified", date, by_date)]
    {
        let upstream = Upstream::start();
        upstream.script(PATH, [Answer::ok(CSV).header(header, value)]);
        let client = Client::new(&limits()).unwrap();
        let again = client.get(&upstream.url(PATH), &previous, now()).await.unwrap();
        assert_eq!(again, Fetched::NotModified { validators: previous });
    }
}

#[tokio::test]
async fn a_304_nobody_asked_for_is_an_error() {
    let (ended, _) = ends([Answer::status(304)], &limits()).await;
    assert!(matches!(ended, Err(FetchError::Status { status: 304, .. })));
}

#[tokio::test]
async fn a_packed_body_is_unpacked() {
    let (ended, _) = ends([Answer::gzip(CSV.as_bytes())], &limits()).await;
    assert_eq!(body(ended.unwrap()), CSV);
}

#[tokio::test]
async fn an_html_page_and_an_empty_body_are_for_the_reader_to_judge() {
    for text in ["<!doctype html><title>Just a moment...</title>", ""] {
        let (ended, requests) = ends([Answer::ok(text)], &limits()).await;
        assert_eq!(body(ended.unwrap()), text);
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_server_that_recovers_is_asked_until_it_does() {
    let answers = [Answer::status(500), Answer::Reset, Answer::Truncated(vec![b'a'; 100])];
    let answers = answers.into_iter().chain([Answer::ok(CSV)]);
    let (ended, requests) = ends(answers, &limits()).await;
    assert_eq!(body(ended.unwrap()), CSV);
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_server_that_stays_broken_is_asked_four_times() {
    let (ended, requests) = ends([Answer::status(500)], &limits()).await;
    let error = ended.unwrap_err();
    assert!(matches!(error, FetchError::Status { status: 500, .. }) && error.is_transient());
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_server_that_says_no_is_asked_once() {
    for status in [404, 403, 410] {
        let (ended, requests) = ends([Answer::status(status)], &limits()).await;
        let error = ended.unwrap_err();
        assert!(error.to_string().ends_with(&format!("/atlas.csv answered {status}")), "{error}");
        assert!(!error.is_transient());
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_out() {
    for value in ["0", "Tue, 24 Nov 2026 06:17:00 GMT"] {
        let limited = Answer::status(429).header("Retry-After", value);
        let (ended, requests) = ends([limited, Answer::ok(CSV)], &limits()).await;
        assert_eq!(body(ended.unwrap()), CSV);
        assert_eq!(requests, 2);
    }
}

#[tokio::test]
async fn a_rate_limit_beyond_all_patience_is_reported_at_once() {
    for value in ["3600", "Tue, 24 Nov 2026 07:17:00 GMT"] {
        let limited = Answer::status(429).header("Retry-After", value);
        let (ended, requests) = ends([limited, Answer::ok(CSV)], &limits()).await;
        let Err(FetchError::Status { status: 429, retry_after: Some(asked), .. }) = ended else {
            panic!("{ended:?}")
        };
        // By the date it is an hour less what has passed since `now`.
        assert_eq!(asked.as_secs().div_ceil(60), 60);
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn half_a_body_is_no_body() {
    let (ended, requests) = ends([Answer::Truncated(vec![b'a'; 1000])], &limits()).await;
    let Err(FetchError::Truncated { got: 500, expected: Some(1000), .. }) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_connection_that_is_reset_is_no_answer() {
    let (ended, requests) = ends([Answer::Reset], &limits()).await;
    assert!(matches!(ended, Err(FetchError::Connection { .. })), "{ended:?}");
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let gone = Upstream::start().url(PATH);
    let client = Client::new(&limits()).unwrap();
    // The listener needs a moment to go: until then its script is empty and it answers 404.
    let mut ended = client.get(&gone, &Validators::default(), now()).await;
    while matches!(ended, Err(FetchError::Status { .. })) {
        ended = client.get(&gone, &Validators::default(), now()).await;
    }
    assert!(matches!(ended, Err(FetchError::Connection { .. })), "{ended:?}");
}

#[tokio::test]
async fn silence_is_cut_off() {
    let impatient = FetchLimits {
        connect: Duration::from_secs(1),
        idle: Duration::from_millis(300),
        attempts: 2,
        ..limits()
    };
    for (answer, expected) in [(Answer::Hang, Missing::Answer), (Answer::Stall, Missing::Byte)] {
        let (ended, requests) = ends([answer], &impatient).await;
        let Err(FetchError::TimedOut { missing, .. }) = ended else { panic!("{ended:?}") };
        assert_eq!((missing, requests), (expected, 2));
    }
}

#[tokio::test]
async fn a_body_that_drips_hits_the_bound_on_the_whole_and_is_left_for_another_day() {
    let impatient = FetchLimits { total: Duration::from_millis(200), ..limits() };
    let drip = Answer::Drip(vec![b'a'; 10_000], Duration::from_millis(5));
    let (ended, requests) = ends([drip], &impatient).await;
    let error = ended.unwrap_err();
    assert!(matches!(error, FetchError::TimedOut { missing: Missing::End, .. }), "{error}");
    assert!(error.is_transient());
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_bound() {
    let (ended, requests) = ends([Answer::Endless], &limits()).await;
    assert!(matches!(ended, Err(FetchError::TooLarge { limit: 65_536, .. })), "{ended:?}");
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_not_begun() {
    let answer = Answer::ok(vec![b'a'; (64 << 10) + 1]);
    let (ended, _) = ends([answer], &limits()).await;
    assert!(matches!(ended, Err(FetchError::TooLarge { .. })), "{ended:?}");
    let (ended, _) = ends([Answer::ok(vec![b'a'; 64 << 10])], &limits()).await;
    assert_eq!(body(ended.unwrap()).len(), 64 << 10);
}

#[tokio::test]
async fn a_bomb_is_cut_at_the_bound() {
    let (ended, requests) = ends([Answer::Bomb], &limits()).await;
    assert!(matches!(ended, Err(FetchError::Unpacked { limit: 262_144, .. })), "{ended:?}");
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_body_that_is_not_packed_as_it_says_is_an_error() {
    for encoding in ["gzip", "br"] {
        let (ended, requests) =
            ends([Answer::ok(CSV).header("Content-Encoding", encoding)], &limits()).await;
        assert!(matches!(ended, Err(FetchError::Encoding { .. })), "{ended:?}");
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_redirect_is_followed_and_a_circle_is_not() {
    let upstream = Upstream::start();
    upstream.script(PATH, [Answer::redirect("/moved?year=2020")]);
    upstream.script("/moved", [Answer::ok(CSV)]);
    assert_eq!(body(get(&upstream, &limits()).await.unwrap()), CSV);
    assert_eq!(upstream.requests()[1].target, "/moved?year=2020");

    let (ended, requests) = ends([Answer::redirect(PATH)], &limits()).await;
    assert!(matches!(ended, Err(FetchError::TooManyRedirects { limit: 5, .. })), "{ended:?}");
    assert_eq!(requests, 6);
}

#[tokio::test]
async fn a_redirect_never_leads_to_a_private_address() {
    for (to, expected) in [
        ("http://169.254.169.254/latest/meta-data/", RefusedUrl::Scheme),
        ("https://169.254.169.254/latest/meta-data/", RefusedUrl::PrivateAddress),
        ("https://[fd00::1]/", RefusedUrl::PrivateAddress),
        ("http://example.org/", RefusedUrl::Scheme),
    ] {
        let (ended, requests) = ends([Answer::redirect(to)], &limits()).await;
        let Err(FetchError::RedirectRefused { to: shown, why, .. }) = ended else {
            panic!("{ended:?}")
        };
        assert_eq!((shown.as_str(), why), (to, RefusedRedirect::Target(expected)));
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn only_https_is_fetched_from_elsewhere() {
    let client = Client::new(&limits()).unwrap();
    for url in ["http://example.org/", "ftp://127.0.0.1/", "https://10.0.0.1/", "atlas.csv"] {
        let ended = client.get(url, &Validators::default(), now()).await;
        assert!(matches!(ended, Err(FetchError::BadUrl { .. })), "{url}: {ended:?}");
    }
}

#[tokio::test]
async fn the_key_in_a_query_shows_in_no_error() {
    let quick = FetchLimits { total: Duration::from_secs(1), attempts: 2, ..limits() };
    for answer in [
        Answer::status(500),
        Answer::status(403),
        Answer::redirect("/agency?API_KEY=hush"),
        Answer::redirect("https://10.0.0.1/?API_KEY=hush"),
        Answer::Truncated(vec![b'a'; 100]),
        Answer::Drip(vec![b'a'; 100], Duration::from_millis(50)),
        Answer::Hang,
        Answer::Reset,
        Answer::Endless,
        Answer::Bomb,
    ] {
        let upstream = Upstream::start();
        upstream.script("/agency", [answer]);
        let client = Client::new(&quick).unwrap();
        let url = upstream.url("/agency?API_KEY=hush");
        let error = client.get(&url, &Validators::default(), now()).await.unwrap_err();
        assert_eq!(upstream.requests()[0].target, "/agency?API_KEY=hush");
        let mut text = format!("{error:?}");
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            text = format!("{text}; {error}");
            cause = error.source();
        }
        assert!(!text.contains("hush"), "{text}");
        assert!(text.contains("/agency"), "{text}");
    }
}
