//! A server whose releases are kept elsewhere: what it copies, what it refuses, and what it still
//! answers when that place is away.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use porchlight::config::StorageLocation;
use porchlight::serve::{Releases, Replica, Settings};
use porchlight::storage::Storage;
use serde_json::json;
use tempfile::TempDir;

use crate::support::app::{App, NothingYet};
use crate::support::release::{ReleaseBuilder, agency};

/// A storage, and a replica of it.
struct Pair {
    /// Where the storage is. It plays a bucket: the replica never reads it as a folder.
    bucket: PathBuf,
    /// Where the copies are.
    copies: PathBuf,
    app: App,
}

impl Pair {
    async fn start(releases: impl IntoIterator<Item = ReleaseBuilder>, settings: Settings) -> Self {
        let home = tempfile::tempdir().unwrap();
        let bucket = home.path().join("bucket");
        for release in releases {
            release.write(&bucket);
        }
        Self::over(home, settings).await
    }

    async fn over(home: TempDir, settings: Settings) -> Self {
        let (bucket, copies) = (home.path().join("bucket"), home.path().join("copies/releases"));
        let releases = Arc::new(replica(&bucket, &copies).keeping_open(1));
        releases.look().await.unwrap();
        let app = App::serving(releases, home, NothingYet, settings);
        Self { bucket, copies, app }
    }

    /// Whether the release file of a release is among the copies.
    fn has(&self, release: &str) -> bool {
        self.copies.join(release).join("dataset.sqlite").exists()
    }
}

fn replica(bucket: &Path, copies: &Path) -> Releases {
    let storage = Storage::open(&StorageLocation::Folder(bucket.to_owned())).unwrap();
    Releases::of(Replica::new(storage, copies.to_owned()))
}

fn three() -> [ReleaseBuilder; 3] {
    [
        ReleaseBuilder::new("2026-11-01.1").has(&agency("A")),
        ReleaseBuilder::new("2026-11-02.1").after("2026-11-01.1").has(&agency("B")),
        ReleaseBuilder::new("2026-11-03.1").after("2026-11-02.1").has(&agency("C")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_is_copied_at_once_and_an_older_one_when_it_is_asked_for() {
    let pair = Pair::start(three(), Settings::default()).await;
    assert!(pair.has("2026-11-03.1") && !pair.has("2026-11-02.1") && !pair.has("2026-11-01.1"));
    let newest = pair.app.get("/v1/agencies").await;
    assert_eq!((newest.status, newest.header("dataset-release")), (200, "2026-11-03.1"));
    let listed = pair.app.get("/v1/releases").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 3, "{listed:#}");
    // What a manifest tells needs no release file.
    assert_eq!(pair.app.get("/v1/releases/2026-11-02.1").await.status, 200);
    assert!(!pair.has("2026-11-02.1"));
    for (release, name) in [("2026-11-02.1", "B"), ("2026-11-01.1", "A")] {
        let got = pair.app.get(&format!("/v1/releases/{release}/agencies")).await;
        assert_eq!(got.json()["data"][0]["name"], name);
        assert!(pair.has(release), "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_release_is_found_and_what_nobody_uses_goes() {
    let pair = Pair::start(three(), Settings::default()).await;
    for release in ["2026-11-01.1", "2026-11-02.1"] {
        assert_eq!(pair.app.get(&format!("/v1/releases/{release}/agencies")).await.status, 200);
    }
    let fourth = ReleaseBuilder::new("2026-11-04.1").after("2026-11-03.1").has(&agency("D"));
    fourth.write(&pair.bucket);
    pair.app.releases.look().await.unwrap();
    let got = pair.app.get("/v1/agencies").await;
    assert_eq!(got.header("dataset-release"), "2026-11-04.1");
    // One beside the newest stays open; the release files of the others are gone.
    let kept: Vec<_> = ["2026-11-01.1", "2026-11-02.1", "2026-11-03.1", "2026-11-04.1"]
        .into_iter()
        .filter(|release| pair.has(release))
        .collect();
    assert_eq!(kept, ["2026-11-02.1", "2026-11-04.1"]);
    let again = pair.app.get("/v1/releases/2026-11-01.1/agencies").await;
    assert_eq!(again.json()["data"][0]["name"], "A");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_found_by_the_pointer_and_without_it_after_a_while() {
    let pair = Pair::start(three(), Settings::default()).await;
    let pointer = json!({
        "release": "2026-11-03.1",
        "manifest_sha256": pair.app.releases.newest().unwrap().known.manifest_sha256,
        "published_at": "2026-11-03T06:00:00Z",
    });
    fs::write(pair.bucket.join("latest.json"), pointer.to_string()).unwrap();
    // Its writer dies before it can move the pointer.
    ReleaseBuilder::new("2026-11-04.1").after("2026-11-03.1").write(&pair.bucket);
    let newest = || pair.app.releases.newest().unwrap().id().to_string();
    pair.app.releases.look().await.unwrap();
    assert_eq!(newest(), "2026-11-03.1");
    for _ in 0..12 {
        pair.app.releases.look().await.unwrap();
    }
    assert_eq!(newest(), "2026-11-04.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_process_before_had_no_time_for_is_made_up_for() {
    let pair = Pair::start(three(), Settings::default()).await;
    // It was killed when it had brought the newest, and no other.
    fs::remove_dir_all(pair.copies.join("2026-11-01.1")).unwrap();
    let other = Arc::new(replica(&pair.bucket, &pair.copies));
    other.look().await.unwrap();
    assert_eq!(other.known().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_another_server_told_of_is_looked_for_at_once() {
    let pair = Pair::start(three(), Settings::default()).await;
    let fourth = ReleaseBuilder::new("2026-11-04.1").after("2026-11-03.1").has(&agency("D"));
    fourth.write(&pair.bucket);
    // Those who ask while it is looked for wait for the same look.
    let asked = (0..8).map(|_| pair.app.get("/v1/releases/2026-11-04.1/agencies"));
    for got in futures_util::future::join_all(asked).await {
        assert_eq!((got.status, &got.json()["data"][0]["name"]), (200, &json!("D")));
    }
    assert_eq!(pair.app.get("/v1/releases/2026-11-04.2/agencies").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_from_the_storage_whole_and_in_part() {
    let text = "id,name\nagy_1,Ocean Township\n";
    let file = ("agencies.csv", "text/csv", text.as_bytes().to_vec());
    let release = ReleaseBuilder::new("2026-11-01.1").file(file.0, file.1, file.2);
    let pair = Pair::start([release], Settings::default()).await;
    let got = pair.app.get("/data/2026-11-01.1/agencies.csv").await;
    assert_eq!((got.status, got.body.as_slice()), (200, text.as_bytes()));
    assert_eq!(got.header("content-length"), text.len().to_string());
    assert!(got.header("repr-digest").starts_with("sha-256="));
    let part = [("range", "bytes=3-6")];
    let got = pair.app.get_with("/data/2026-11-01.1/agencies.csv", &part).await;
    assert_eq!((got.status, got.body.as_slice()), (206, b"name".as_slice()));
    let manifest = pair.app.get("/data/2026-11-01.1/manifest.json").await;
    let published = pair.bucket.join("releases/2026-11-01.1/manifest.json");
    assert_eq!(manifest.body, fs::read(published).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_sends_clients_elsewhere_for_files() {
    let settings = Settings {
        data_url: Some("https://files.example.org/porchlight".to_owned()),
        ..Settings::default()
    };
    let pair = Pair::start(three(), settings).await;
    let got = pair.app.get("/data/2026-11-02.1/dataset.sqlite").await;
    assert_eq!(got.status, 307);
    let to = "https://files.example.org/porchlight/releases/2026-11-02.1/dataset.sqlite";
    assert_eq!(got.header("location"), to);
    assert_eq!(pair.app.get("/data/2026-11-02.1/no-such-file").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_here_is_served_while_the_storage_is_away() {
    let pair = Pair::start(three(), Settings::default()).await;
    let away = pair.bucket.with_file_name("away");
    fs::rename(&pair.bucket, &away).unwrap();
    // Nothing is where the bucket was, and nothing can be: it stands for one that cannot be reached.
    fs::write(&pair.bucket, "").unwrap();
    assert!(pair.app.releases.look().await.is_err());
    assert_eq!(pair.app.get("/v1/agencies").await.json()["data"][0]["name"], "C");
    for path in ["/v1/releases/2026-11-01.1/agencies", "/data/2026-11-01.1/dataset.sqlite"] {
        let got = pair.app.get(path).await;
        assert_eq!((got.status, &got.json()["code"]), (503, &json!("unavailable")), "{path}");
        assert!(!got.header("retry-after").is_empty(), "{path}");
    }
    // A process that starts now serves it as well.
    let other = Arc::new(replica(&away.with_file_name("bucketless"), &pair.copies));
    other.reload().unwrap();
    assert_eq!(other.newest().unwrap().id().to_string(), "2026-11-03.1");

    fs::remove_file(&pair.bucket).unwrap();
    fs::rename(&away, &pair.bucket).unwrap();
    pair.app.releases.look().await.unwrap();
    assert_eq!(pair.app.get("/v1/releases/2026-11-01.1/agencies").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_not_what_its_manifest_says_is_never_served() {
    let pair = Pair::start(three(), Settings::default()).await;
    let fourth = ReleaseBuilder::new("2026-11-04.1").after("2026-11-03.1").has(&agency("D"));
    fourth.write(&pair.bucket);
    let file = pair.bucket.join("releases/2026-11-04.1/dataset.sqlite");
    let sound = fs::read(&file).unwrap();
    let mut damaged = sound.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&file, &damaged).unwrap();
    let refused = pair.app.releases.look().await.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("dataset.sqlite of release 2026-11-04.1 has sha256"), "{cause}");
    assert_eq!(pair.app.get("/v1/agencies").await.header("dataset-release"), "2026-11-03.1");
    fs::write(&file, &sound).unwrap();
    pair.app.releases.look().await.unwrap();
    assert_eq!(pair.app.get("/v1/agencies").await.header("dataset-release"), "2026-11-04.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_does_not_continue_the_chain_is_never_served() {
    let pair = Pair::start(three(), Settings::default()).await;
    let forged = ReleaseBuilder::new("2026-11-04.1").after("2026-11-03.1").has(&agency("D"));
    forged.write(&pair.bucket);
    // The manifest it names as its previous is not the one that is known here.
    let known = pair.copies.join("2026-11-03.1/manifest.json");
    let manifest = fs::read_to_string(&known).unwrap();
    fs::write(&known, manifest.replace("0.1.0", "0.1.1")).unwrap();
    assert!(pair.app.releases.look().await.is_err());
    assert_eq!(pair.app.get("/v1/agencies").await.header("dataset-release"), "2026-11-03.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_damaged_since_is_noticed_and_copied_again() {
    let pair = Pair::start(three(), Settings::default()).await;
    let copy = pair.copies.join("2026-11-03.1/dataset.sqlite");
    let sound = fs::read(&copy).unwrap();
    let mut damaged = sound.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    fs::write(&copy, damaged).unwrap();
    let other = Arc::new(replica(&pair.bucket, &pair.copies));
    other.look().await.unwrap();
    assert!(other.check().await.is_err());
    assert!(fs::read(&copy).unwrap() == sound);
    assert_eq!(other.newest().unwrap().id().to_string(), "2026-11-03.1");
    other.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_manifest_that_was_damaged_since_is_copied_again() {
    for release in ["2026-11-01.1", "2026-11-03.1"] {
        let pair = Pair::start(three(), Settings::default()).await;
        let copy = pair.copies.join(release).join("manifest.json");
        let sound = fs::read(&copy).unwrap();
        fs::write(&copy, &sound[..sound.len() / 2]).unwrap();
        let other = Arc::new(replica(&pair.bucket, &pair.copies));
        other.look().await.unwrap();
        assert!(fs::read(&copy).unwrap() == sound);
        assert_eq!(other.known().len(), 3);
        assert_eq!(other.newest().unwrap().id().to_string(), "2026-11-03.1");
    }
}
