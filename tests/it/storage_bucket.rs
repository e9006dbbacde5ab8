//! A bucket: what it tells those who fetch from it, and what a bad line or a bad setting does.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use porchlight::config::{S3Location, S3Patience, StorageLocation};
use porchlight::storage::{BucketFault, Put, Storage, StorageError};
use tempfile::TempDir;

use crate::support::bucket::Bucket;
use crate::support::faulty_proxy::{FaultyProxy, Harm};
use crate::support::world::days_ago;

const JSON: &str = "application/json";
const KEY: &str = "releases/2026-11-24.1/dataset.sqlite";

/// A bucket and a line to it, where there is a server.
async fn behind_a_line() -> Option<(Bucket, FaultyProxy, Storage)> {
    let bucket = Bucket::create().await?;
    let line = FaultyProxy::to(bucket.server());
    let storage = bucket.storage_at(&line.address());
    Some((bucket, line, storage))
}

fn large() -> Vec<u8> {
    (0..20_000_000_u32).map(|i| (i % 241) as u8).collect()
}

fn large_file(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("large");
    std::fs::write(&path, large()).unwrap();
    path
}

#[tokio::test]
async fn an_object_tells_its_type_and_how_long_it_may_be_kept() {
    let Some(bucket) = Bucket::create().await else { return };
    let (storage, folder) = (bucket.storage(), TempDir::new().unwrap());
    let csv = "text/csv; charset=utf-8";
    storage.put_new("a.csv", Bytes::from("a"), csv).await.unwrap();
    storage.put_new_file("b.ndjson.gz", &large_file(&folder), "application/gzip").await.unwrap();
    storage.put_capture("c", Bytes::from("c")).await.unwrap();
    storage.replace("latest.json", Bytes::from("{}"), JSON).await.unwrap();
    let (forever, minute) = ("public, max-age=31536000, immutable", "public, max-age=60");
    for (key, media_type, caching) in [
        ("a.csv", csv, forever),
        ("b.ndjson.gz", "application/gzip", forever),
        ("captures/c", "application/octet-stream", forever),
        ("latest.json", JSON, minute),
    ] {
        let headers = bucket.headers(key).await;
        assert_eq!(headers["content-type"], media_type, "{key}");
        assert_eq!(headers["cache-control"], caching, "{key}");
        // The bytes are what the manifest says of them; no client may unpack them unasked.
        assert_eq!(headers.get("content-encoding"), None, "{key}");
    }
}

#[tokio::test]
async fn every_request_is_asked_again_until_it_is_answered() {
    let Some((bucket, line, storage)) = behind_a_line().await else { return };
    let harm = [
        Harm::Answer(503, "<Error><Code>SlowDown</Code></Error>"),
        Harm::Reset,
        Harm::CutRequest,
        Harm::Answer(500, ""),
    ];
    line.harm("PUT", harm);
    assert_eq!(storage.put_new("a", Bytes::from("a"), JSON).await.unwrap(), Put::Created);
    line.harm("PUT", harm);
    storage.replace("latest.json", Bytes::from("{}"), JSON).await.unwrap();
    line.harm("GET", harm);
    assert_eq!(storage.get("a").await.unwrap().unwrap(), "a");
    line.harm("GET", harm);
    line.harm("GET", [Harm::CutAnswer]);
    assert_eq!(storage.list("").await.unwrap().len(), 2);
    line.harm("DELETE", harm);
    line.harm("DELETE", [Harm::LoseAnswer]);
    storage.delete("a").await.unwrap();
    assert!(line.is_harmless());
    assert_eq!(bucket.keys().await, ["some/prefix/latest.json"]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_read_on() {
    let Some((bucket, line, storage)) = behind_a_line().await else { return };
    let folder = TempDir::new().unwrap();
    bucket.storage().put_new_file(KEY, &large_file(&folder), JSON).await.unwrap();
    line.harm("GET", [Harm::CutAnswer, Harm::CutAnswer]);
    assert!(storage.get(KEY).await.unwrap().unwrap() == large());
    assert!(line.is_harmless());
}

#[tokio::test]
async fn a_writer_whose_answer_was_lost_knows_that_it_has_written() {
    let Some((bucket, line, storage)) = behind_a_line().await else { return };
    line.harm("PUT", [Harm::LoseAnswer]);
    assert_eq!(storage.put_new("mine", Bytes::from("a"), JSON).await.unwrap(), Put::Created);
    bucket.storage().put_new("theirs", Bytes::from("a"), JSON).await.unwrap();
    line.harm("PUT", [Harm::LoseAnswer, Harm::Answer(502, "<html>")]);
    assert_eq!(storage.put_new("theirs", Bytes::from("a"), JSON).await.unwrap(), Put::Exists);
    // 409 says that somebody else was at it, not that the key is taken.
    line.harm("PUT", [Harm::Answer(409, "<Error><Code>ConditionalRequestConflict</Code></Error>")]);
    assert_eq!(storage.put_new("free", Bytes::from("a"), JSON).await.unwrap(), Put::Created);
    assert!(line.is_harmless());
}

#[tokio::test]
async fn a_large_file_arrives_whole_over_a_bad_line() {
    let Some((bucket, line, storage)) = behind_a_line().await else { return };
    let folder = TempDir::new().unwrap();
    let path = large_file(&folder);
    line.harm("POST", [Harm::Answer(503, ""), Harm::CutAnswer, Harm::LoseAnswer]);
    line.harm("partNumber=1", [Harm::Reset, Harm::LoseAnswer]);
    line.harm("partNumber=2", [Harm::CutRequest, Harm::Answer(500, ""), Harm::CutAnswer]);
    line.harm("POST", [Harm::Answer(500, ""), Harm::LoseAnswer, Harm::CutAnswer]);
    assert_eq!(storage.put_new_file(KEY, &path, JSON).await.unwrap(), Put::Created);
    assert!(line.is_harmless());
    assert!(bucket.storage().get(KEY).await.unwrap().unwrap() == large());
    assert_eq!(bucket.keys().await, [format!("some/prefix/{KEY}")]);
}

#[tokio::test]
async fn a_bucket_that_takes_no_writes_ends_an_upload_and_leaves_nothing() {
    let Some((bucket, line, _)) = behind_a_line().await else { return };
    let folder = TempDir::new().unwrap();
    let path = large_file(&folder);
    let patience = S3Patience { attempts: 3, ..bucket.location().patience };
    let storage = open(S3Location { patience, ..bucket.location_at(&line.address()) });
    let none = (Vec::<String>::new(), Vec::<String>::new());
    line.harm("partNumber=3", [Harm::Answer(503, ""); 3]);
    let error = storage.put_new_file(KEY, &path, JSON).await.unwrap_err();
    assert_eq!(fault(&error), BucketFault::Busy);
    assert_eq!((bucket.uploads().await, bucket.keys().await), none);
    line.harm("partNumber=2", [Harm::Answer(403, "<Error><Code>AccessDenied</Code></Error>")]);
    let error = storage.put_new_file(KEY, &path, JSON).await.unwrap_err();
    assert_eq!(fault(&error), BucketFault::Denied);
    assert_eq!((bucket.uploads().await, bucket.keys().await), none);
    assert!(line.is_harmless());
    assert_eq!(storage.put_new_file(KEY, &path, JSON).await.unwrap(), Put::Created);
}

#[tokio::test]
async fn a_writer_that_was_stopped_for_long_cannot_write_over_what_is_published() {
    let Some((bucket, line, _)) = behind_a_line().await else { return };
    let folder = TempDir::new().unwrap();
    let path = large_file(&folder);
    let soon = Duration::from_millis(1500);
    let patience = S3Patience { request: soon, idle: soon, ..bucket.location().patience };
    let held_up = open(S3Location { patience, ..bucket.location_at(&line.address()) });
    // The last request of the upload is held up, and another publishes meanwhile.
    line.harm("POST", [Harm::Pass, Harm::Silence]);
    let writing = tokio::spawn(async move { held_up.put_new_file(KEY, &path, JSON).await });
    while !line.is_harmless() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bucket.storage().put_new(KEY, Bytes::from("published"), JSON).await.unwrap();
    assert_eq!(writing.await.unwrap().unwrap(), Put::Exists);
    assert_eq!(bucket.storage().get(KEY).await.unwrap().unwrap(), "published");
    assert_eq!(bucket.uploads().await, [""; 0]);
    assert_eq!(bucket.keys().await, [format!("some/prefix/{KEY}")]);
}

#[tokio::test]
async fn what_a_killed_writer_left_in_a_bucket_is_ended() {
    let Some((bucket, line, storage)) = behind_a_line().await else { return };
    let folder = TempDir::new().unwrap();
    let path = large_file(&folder);
    let kill_one = |key: &'static str| {
        let (storage, path, line) = (storage.clone(), path.clone(), &line);
        async move {
            line.harm("partNumber=2", [Harm::Silence]);
            let writer = tokio::spawn(async move { storage.put_new_file(key, &path, JSON).await });
            while !line.is_harmless() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            writer.abort();
            assert!(writer.await.unwrap_err().is_cancelled());
        }
    };
    kill_one("releases/a/large").await;
    kill_one("releases/b/large").await;
    assert_eq!(bucket.uploads().await.len(), 2);
    assert_eq!(storage.list("").await.unwrap(), []);

    // Whoever puts the same key again ends the one, and a sweep the other.
    storage.put_new_file("releases/a/large", &path, JSON).await.unwrap();
    assert_eq!(bucket.uploads().await, ["some/prefix/releases/b/large"]);
    let a_day_ago = days_ago(1).and_hms_opt(0, 0, 0).unwrap().and_utc();
    assert_eq!(storage.sweep("releases", Some(a_day_ago)).await.unwrap(), 0);
    assert_eq!(storage.sweep("releases/b", None).await.unwrap(), 1);
    assert_eq!(bucket.uploads().await, [""; 0]);
    assert_eq!(bucket.keys().await, ["some/prefix/releases/a/large"]);
}

#[tokio::test]
async fn a_fault_that_lasts_is_not_asked_again_and_says_what_to_do() {
    let Some((bucket, line, storage)) = behind_a_line().await else { return };
    for (status, code, expected) in [
        (403, "<Code>AccessDenied</Code>", BucketFault::Denied),
        (403, "<Code>InvalidAccessKeyId</Code>", BucketFault::Key),
        (403, "<Code>RequestTimeTooSkewed</Code>", BucketFault::Clock),
        (301, "<Code>PermanentRedirect</Code>", BucketFault::Elsewhere),
        (501, "<Code>NotImplemented</Code>", BucketFault::Lacking),
        (507, "", BucketFault::Full),
    ] {
        line.harm("PUT", [Harm::Answer(status, code)]);
        let error = storage.put_new("a", Bytes::from("a"), JSON).await.unwrap_err();
        assert_eq!(fault(&error), expected);
    }
    assert_eq!((line.count("PUT"), bucket.keys().await), (6, vec![]));

    let location = S3Location { bucket: "no-such-bucket".to_owned(), ..bucket.location() };
    let missing = open(location);
    for error in [
        missing.get("a").await.unwrap_err(),
        missing.list("").await.unwrap_err(),
        missing.delete("a").await.unwrap_err(),
        missing.put_new("a", Bytes::from("a"), JSON).await.unwrap_err(),
    ] {
        assert_eq!(fault(&error), BucketFault::NoBucket);
        assert!(error.to_string().starts_with("s3://no-such-bucket/some/prefix/"), "{error}");
    }
}

#[tokio::test]
async fn a_service_that_is_away_or_silent_is_given_up_within_its_time() {
    let Some((bucket, line, _)) = behind_a_line().await else { return };
    let patience = S3Patience {
        request: Duration::from_millis(200),
        idle: Duration::from_millis(200),
        attempts: 3,
        ..bucket.location().patience
    };
    let silent = open(S3Location { patience, ..bucket.location_at(&line.address()) });
    line.harm("PUT", [Harm::Silence; 3]);
    let error = silent.put_new("a", Bytes::from("a"), JSON).await.unwrap_err();
    assert_eq!(fault(&error), BucketFault::Unreachable);
    line.harm("PUT", [Harm::Silence; 2]);
    assert_eq!(silent.put_new("a", Bytes::from("a"), JSON).await.unwrap(), Put::Created);

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = open(S3Location { patience, ..bucket.location_at(&format!("http://{nobody}")) });
    let error = away.get("a").await.unwrap_err();
    assert_eq!(fault(&error), BucketFault::Unreachable);
    let error = away.put_new("a", Bytes::from("a"), JSON).await.unwrap_err();
    assert_eq!(fault(&error), BucketFault::Unreachable);
    let whole = format!("{error} {error:?}");
    assert!(!whole.contains("a-secret-to-hide"), "{whole}");
}

fn open(location: S3Location) -> Storage {
    Storage::open(&StorageLocation::S3(Box::new(location))).unwrap()
}

fn fault(error: &StorageError) -> BucketFault {
    if let StorageError::Bucket { fault, .. } = error {
        return *fault;
    }
    panic!("no fault of a bucket: {error}")
}
