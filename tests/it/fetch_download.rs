//! Files of a promised size: resumed after a break, and never more than was promised.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use porchlight::config::FetchLimits;
use porchlight::fetch::{Client, FetchError, Missing, Promise};
use porchlight::release::digest;
use tempfile::TempDir;

use crate::support::app::App;
use crate::support::release::ReleaseBuilder;
use crate::support::upstream::{Answer, Upstream};

const PATH: &str = "/data/2026-11-24.1/dataset.sqlite";

fn limits() -> FetchLimits {
    FetchLimits {
        backoff_base: Duration::from_millis(2),
        idle: Duration::from_millis(500),
        ..FetchLimits::default()
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-24T06:17:00Z".parse().unwrap()
}

/// Where a file goes, with what is there already.
fn place(beginning: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.part");
    fs::write(&path, beginning).unwrap();
    (folder, path)
}

/// What a download of a path that answers like this ends with, what is there then, and how many
/// requests it took. Of the promised bytes `beginning` is there already.
async fn ends(
    answers: impl IntoIterator<Item = Answer>,
    beginning: &[u8],
    bytes: u64,
) -> (Result<u64, FetchError>, Vec<u8>, usize) {
    let upstream = Upstream::start();
    upstream.script(PATH, answers);
    let (_folder, path) = place(beginning);
    let promise = Promise { bytes, etag: "\"one\"" };
    let client = Client::new(&limits()).unwrap();
    let ended = client.download(&upstream.url(PATH), &path, promise, now()).await;
    (ended, fs::read(path).unwrap(), upstream.requests().len())
}

/// A server of one file: its bytes and the `ETag` it has.
fn server() -> (App, Vec<u8>, String) {
    let app = App::of([ReleaseBuilder::new("2026-11-24.1")]);
    let bytes = fs::read(app.home.path().join("releases/2026-11-24.1/dataset.sqlite")).unwrap();
    let etag = format!("\"{}\"", digest::sha256(&bytes));
    (app, bytes, etag)
}

#[tokio::test]
async fn a_file_goes_on_where_it_broke_off() {
    let (app, bytes, etag) = server();
    let url = format!("http://{}{PATH}", app.host());
    let client = Client::new(&limits()).unwrap();
    let promise = Promise { bytes: bytes.len() as u64, etag: &etag };
    for have in [0, 1, bytes.len() / 2, bytes.len() - 1, bytes.len()] {
        let (_folder, path) = place(&bytes[..have]);
        let had = client.download(&url, &path, promise, now()).await.unwrap();
        assert_eq!((had, fs::read(path).unwrap() == bytes), (have as u64, true));
    }
    // What is longer than the file is not its beginning.
    let (_folder, path) = place(&vec![0; bytes.len() + 1]);
    assert_eq!(client.download(&url, &path, promise, now()).await.unwrap(), 0);
    assert!(fs::read(path).unwrap() == bytes);
    assert_eq!(client.hash(&url, promise, now()).await.unwrap(), digest::sha256(&bytes));
    assert_eq!(client.beginning(&url, 16, now()).await.unwrap(), "SQLite format 3\0");
}

#[tokio::test]
async fn only_the_missing_part_is_asked_for_and_only_of_the_same_version() {
    let upstream = Upstream::start();
    let part = Answer::status(206).header("Content-Range", "bytes 2-4/5");
    let Answer::Whole { status, headers, .. } = part else { panic!("a whole answer") };
    upstream.script(PATH, [Answer::Whole { status, headers, body: b"cde".to_vec() }]);
    let (_folder, path) = place(b"ab");
    let promise = Promise { bytes: 5, etag: "\"one\"" };
    let client = Client::new(&limits()).unwrap();
    assert_eq!(client.download(&upstream.url(PATH), &path, promise, now()).await.unwrap(), 2);
    assert_eq!(fs::read(&path).unwrap(), b"abcde");
    let request = &upstream.requests()[0];
    assert_eq!(request.header("range"), Some("bytes=2-"));
    assert_eq!(request.header("if-range"), Some("\"one\""));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn a_server_that_sends_the_whole_is_taken_from_the_beginning() {
    let (ended, there, requests) = ends([Answer::ok("abcde")], b"xy", 5).await;
    assert_eq!((ended.unwrap(), there.as_slice(), requests), (2, &b"abcde"[..], 1));
    // Nor does one that cannot send that part keep us from asking for the whole.
    let answers = [Answer::status(416), Answer::ok("abcde")];
    let (ended, there, requests) = ends(answers, b"xy", 5).await;
    assert_eq!((ended.unwrap(), there.as_slice(), requests), (2, &b"abcde"[..], 2));
}

#[tokio::test]
async fn another_part_than_asked_for_is_not_taken() {
    for range in ["bytes 1-4/5", "bytes 2-3/5", "bytes */5", "bytes 2-4", "lines 2-4/5", ""] {
        let answer = Answer::status(206).header("Content-Range", range);
        let (ended, there, _) = ends([answer], b"ab", 5).await;
        assert!(matches!(ended, Err(FetchError::OtherPart { from: 2, .. })), "{range}: {ended:?}");
        assert_eq!(there, b"ab");
    }
    let longer = Answer::status(206).header("Content-Range", "bytes 2-5/6");
    let (ended, ..) = ends([longer], b"ab", 5).await;
    assert!(matches!(ended, Err(FetchError::Size { announced: 6, .. })), "{ended:?}");
    // Nobody asked for a part.
    let (ended, ..) = ends([Answer::status(206)], b"", 5).await;
    assert!(matches!(ended, Err(FetchError::Status { status: 206, .. })), "{ended:?}");
}

#[tokio::test]
async fn a_file_of_another_size_than_promised_is_not_begun() {
    for body in ["abcd", "abcdef"] {
        let (ended, there, requests) = ends([Answer::ok(body)], b"", 5).await;
        assert!(matches!(ended, Err(FetchError::Size { expected: 5, .. })), "{ended:?}");
        assert_eq!((there.len(), requests), (0, 1));
    }
}

#[tokio::test]
async fn a_file_without_end_is_cut_at_the_promise_and_nothing_of_it_is_kept() {
    let (ended, there, requests) = ends([Answer::Endless], b"", 100_000).await;
    assert!(matches!(ended, Err(FetchError::TooLarge { limit: 100_000, .. })), "{ended:?}");
    assert_eq!((there.len(), requests), (0, 1));
}

#[tokio::test]
async fn what_came_before_a_break_is_kept() {
    let (ended, there, requests) = ends([Answer::Truncated(vec![b'a'; 1000])], b"", 1000).await;
    assert!(matches!(ended, Err(FetchError::Truncated { got: 500, .. })), "{ended:?}");
    // This server knows no parts: each attempt began anew.
    assert_eq!((there, requests), (vec![b'a'; 500], 4));
}

#[tokio::test]
async fn a_file_that_drips_is_left_for_another_day_and_silence_is_cut_off() {
    let upstream = Upstream::start();
    let (_folder, path) = place(b"");
    let impatient = FetchLimits { total: Duration::from_millis(300), attempts: 2, ..limits() };
    let client = Client::new(&impatient).unwrap();
    let promise = Promise { bytes: 1000, etag: "\"one\"" };
    upstream.script(PATH, [Answer::Drip(vec![b'a'; 1000], Duration::from_millis(5))]);
    let ended = client.download(&upstream.url(PATH), &path, promise, now()).await;
    assert!(matches!(ended, Err(FetchError::TimedOut { missing: Missing::End, .. })), "{ended:?}");
    let there = fs::read(&path).unwrap();
    assert!(!there.is_empty() && there.iter().all(|byte| *byte == b'a'));

    let silent = FetchLimits { idle: Duration::from_millis(100), attempts: 1, ..limits() };
    let client = Client::new(&silent).unwrap();
    upstream.script(PATH, [Answer::Stall]);
    let ended = client.hash(&upstream.url(PATH), promise, now()).await;
    assert!(matches!(ended, Err(FetchError::TimedOut { missing: Missing::Byte, .. })), "{ended:?}");
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_and_a_redirect_keeps_to_the_internet() {
    let limited = Answer::status(429).header("Retry-After", "0");
    let (ended, there, requests) = ends([limited, Answer::ok("abcde")], b"", 5).await;
    assert_eq!((ended.unwrap(), there.as_slice(), requests), (0, &b"abcde"[..], 2));
    for to in ["https://10.0.0.1/", "http://example.org/", "https://u:p@example.org/"] {
        let (ended, ..) = ends([Answer::redirect(to)], b"", 5).await;
        assert!(matches!(ended, Err(FetchError::RedirectRefused { .. })), "{to}: {ended:?}");
    }
    let (ended, ..) = ends([Answer::gzip(b"abcde")], b"", 5).await;
    assert!(matches!(ended, Err(FetchError::Encoding { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(&limits()).unwrap();
    let promise = Promise { bytes: 5, etag: "\"one\"" };
    let ended = client.download("http://127.0.0.1:9/", folder.path(), promise, now()).await;
    assert!(matches!(ended, Err(FetchError::File { .. })), "{ended:?}");
}
