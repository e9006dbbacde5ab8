//! Bytes in a folder and in a bucket, and what happens when the folder is no good.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use porchlight::config::StorageLocation;
use porchlight::storage::{Put, Storage, StorageError};
use tempfile::TempDir;

use crate::support::bucket::Bucket;
use crate::support::world::days_ago;

const JSON: &str = "application/json";
const SQLITE: &str = "application/vnd.sqlite3";
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn open(folder: &Path) -> Storage {
    Storage::open(&StorageLocation::Folder(folder.to_owned())).unwrap()
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A storage, and what it lies in.
struct Place {
    storage: Storage,
    folder: TempDir,
    bucket: Option<Bucket>,
}

impl Place {
    /// Writes a capture over what is there, as only damage does.
    async fn damage(&self, sha256: &str) {
        match &self.bucket {
            Some(bucket) => bucket.overwrite(&format!("captures/{sha256}"), "abd").await,
            None => {
                std::fs::write(self.folder.path().join("captures").join(sha256), "abd").unwrap();
            }
        }
    }
}

/// A folder, and a bucket where there is a server for it: what holds of the one holds of the other.
async fn places() -> Vec<Place> {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path());
    let mut places = vec![Place { storage, folder, bucket: None }];
    if let Some(bucket) = Bucket::create().await {
        let (storage, folder) = (bucket.storage(), TempDir::new().unwrap());
        places.push(Place { storage, folder, bucket: Some(bucket) });
    }
    places
}

/// Bytes of a file that is copied in several blocks, of which the last is not whole.
fn large(seed: u32) -> Vec<u8> {
    (0..20_000_000_u32).map(|i| u8::try_from(i % (251 - seed)).unwrap()).collect()
}

#[tokio::test]
async fn a_key_is_written_once() {
    for Place { storage, .. } in places().await {
        let key = "releases/2026-11-24.1/manifest.json";
        assert_eq!(storage.get(key).await.unwrap(), None);
        assert_eq!(storage.put_new(key, Bytes::from("one"), JSON).await.unwrap(), Put::Created);
        assert_eq!(storage.put_new(key, Bytes::from("two"), JSON).await.unwrap(), Put::Exists);
        assert_eq!(storage.get(key).await.unwrap().unwrap(), "one");
        storage.delete(key).await.unwrap();
        storage.delete(key).await.unwrap();
        assert_eq!(storage.get(key).await.unwrap(), None);
        assert_eq!(storage.put_new(key, Bytes::from("three"), JSON).await.unwrap(), Put::Created);
    }
}

#[tokio::test]
async fn a_folder_is_made_and_its_files_lie_where_their_keys_say() {
    let temporary = TempDir::new().unwrap();
    let storage = open(&temporary.path().join("a/b"));
    storage.put_new("captures/c", Bytes::from("one"), JSON).await.unwrap();
    assert_eq!(std::fs::read(storage.local_path("captures/c").unwrap()).unwrap(), b"one");
    assert_eq!(std::fs::read(temporary.path().join("a/b/captures/c")).unwrap(), b"one");
}

#[tokio::test]
async fn only_what_is_replaced_changes() {
    for Place { storage, .. } in places().await {
        storage.replace("latest.json", Bytes::from("one"), JSON).await.unwrap();
        storage.replace("latest.json", Bytes::from("two"), JSON).await.unwrap();
        assert_eq!(storage.get("latest.json").await.unwrap().unwrap(), "two");
    }
}

#[tokio::test]
async fn a_file_of_several_blocks_is_copied_whole_and_once() {
    for Place { storage, folder, bucket } in places().await {
        let bytes = large(0);
        let path = file(&folder, "large", &bytes);
        let other = file(&folder, "other", &large(1));
        let small = file(&folder, "small", b"");
        let key = "releases/2026-11-24.1/dataset.sqlite";
        assert_eq!(storage.put_new_file(key, &path, SQLITE).await.unwrap(), Put::Created);
        for again in [&path, &other, &small] {
            assert_eq!(storage.put_new_file(key, again, SQLITE).await.unwrap(), Put::Exists);
        }
        assert_eq!(storage.put_new(key, Bytes::from("x"), SQLITE).await.unwrap(), Put::Exists);
        assert!(storage.get(key).await.unwrap().unwrap() == bytes);
        assert_eq!(storage.put_new_file("empty", &small, SQLITE).await.unwrap(), Put::Created);
        assert_eq!(storage.get("empty").await.unwrap().unwrap(), "");
        // Nothing is left of the way there.
        match bucket {
            Some(bucket) => {
                assert_eq!(bucket.uploads().await, [""; 0]);
                assert_eq!(bucket.keys().await.len(), 2);
            }
            None => {
                assert_eq!(names(&folder.path().join("releases/2026-11-24.1")), ["dataset.sqlite"]);
            }
        }
    }
}

#[tokio::test]
async fn of_many_writers_of_a_key_one_wins_and_its_bytes_stay() {
    for Place { storage, .. } in places().await {
        let writers: Vec<_> = (0..16)
            .map(|number: u32| {
                let storage = storage.clone();
                tokio::spawn(async move {
                    let bytes = Bytes::from(number.to_string());
                    (number, storage.put_new("key", bytes, JSON).await.unwrap())
                })
            })
            .collect();
        let mut winners = Vec::new();
        for writer in writers {
            if let (number, Put::Created) = writer.await.unwrap() {
                winners.push(number.to_string());
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(storage.get("key").await.unwrap().unwrap(), winners[0].as_str());
    }
}

#[tokio::test]
async fn of_many_writers_of_a_large_file_one_wins_and_nothing_is_left_of_the_others() {
    for Place { storage, folder, bucket } in places().await {
        let writers: Vec<_> = (0..4)
            .map(|number| {
                let path = file(&folder, &format!("large-{number}"), &large(number));
                let storage = storage.clone();
                let put =
                    async move { storage.put_new_file("releases/a/large", &path, SQLITE).await };
                tokio::spawn(async move { (number, put.await.unwrap()) })
            })
            .collect();
        let mut winners = Vec::new();
        for writer in writers {
            if let (number, Put::Created) = writer.await.unwrap() {
                winners.push(number);
            }
        }
        assert_eq!(winners.len(), 1);
        assert!(storage.get("releases/a/large").await.unwrap().unwrap() == large(winners[0]));
        match bucket {
            Some(bucket) => {
                assert_eq!(bucket.uploads().await, [""; 0]);
                assert_eq!(bucket.keys().await, ["some/prefix/releases/a/large"]);
            }
            None => assert_eq!(names(&folder.path().join("releases/a")), ["large"]),
        }
    }
}

#[tokio::test]
async fn a_listing_is_sorted_and_shows_nothing_half_written() {
    for Place { storage, folder, bucket } in places().await {
        for key in ["releases/b/x.csv", "releases/a/y.csv", "releases/b/deep/z", "captures/c"] {
            storage.put_new(key, Bytes::from(key.to_owned()), JSON).await.unwrap();
        }
        if let Some(bucket) = bucket {
            bucket.overwrite("releases/b/half.0123456789abcdef.partial", "").await;
        } else {
            file(&folder, "releases/b/half.partial", b"");
            file(&folder, "releases/b/x.csv#1", b"");
        }
        let keys = |prefix: &'static str| {
            let storage = storage.clone();
            async move {
                let listed = storage.list(prefix).await.unwrap();
                listed.into_iter().map(|object| (object.key, object.size)).collect::<Vec<_>>()
            }
        };
        assert_eq!(
            keys("releases/b").await,
            [("releases/b/deep/z".to_owned(), 17), ("releases/b/x.csv".to_owned(), 16)]
        );
        assert_eq!(keys("releases/b/").await, keys("releases/b").await);
        assert_eq!(keys("").await.len(), 4);
        assert_eq!(keys("held").await, []);
    }
}

#[tokio::test]
async fn what_a_killed_writer_left_in_a_folder_is_swept_once_it_is_old() {
    let temporary = TempDir::new().unwrap();
    let storage = open(temporary.path());
    storage.put_new("releases/a/x.csv", Bytes::from("x"), JSON).await.unwrap();
    let left = ["x.csv#1", "y.0123456789abcdef.partial", "y.0123456789abcdef.partial#1"];
    for name in left {
        file(&temporary, &format!("releases/a/{name}"), b"half");
    }
    let a_day_ago = days_ago(1).and_hms_opt(0, 0, 0).unwrap().and_utc();
    assert_eq!(storage.sweep("", Some(a_day_ago)).await.unwrap(), 0);
    assert_eq!(storage.sweep("captures", None).await.unwrap(), 0);
    assert_eq!(storage.sweep("releases", None).await.unwrap(), 3);
    assert_eq!(names(&temporary.path().join("releases/a")), ["x.csv"]);

    // Whoever puts the same file again clears what is left of it.
    for name in left {
        file(&temporary, &format!("releases/a/{name}"), b"half");
    }
    let path = file(&temporary, "y", b"whole");
    storage.put_new_file("releases/a/y", &path, JSON).await.unwrap();
    assert_eq!(names(&temporary.path().join("releases/a")), ["x.csv", "x.csv#1", "y"]);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_capture_is_kept_under_its_hash_and_damage_is_noticed() {
    for place in places().await {
        let storage = &place.storage;
        assert_eq!(storage.put_capture(ABC, Bytes::from("abc")).await.unwrap(), Put::Created);
        assert_eq!(storage.put_capture(ABC, Bytes::from("abc")).await.unwrap(), Put::Exists);
        assert_eq!(storage.get_capture(ABC).await.unwrap(), "abc");

        place.damage(ABC).await;
        let error = storage.get_capture(ABC).await.unwrap_err();
        assert!(matches!(error, StorageError::DamagedCapture { .. }));
        let text = error.to_string();
        let named = text.contains(&format!("captures/{ABC}"));
        assert!(named && text.contains("backup"), "{text}");

        storage.delete(&format!("captures/{ABC}")).await.unwrap();
        let error = storage.get_capture(ABC).await.unwrap_err();
        assert!(matches!(error, StorageError::MissingCapture { .. }));
    }
}

#[tokio::test]
async fn a_key_never_leads_out_of_the_folder() {
    let temporary = TempDir::new().unwrap();
    let storage = open(&temporary.path().join("home"));
    for key in ["../outside", "a/../../outside", "/etc/passwd", "", "a//b", "a/./b"] {
        let put = storage.put_new(key, Bytes::from("x"), JSON).await;
        assert!(matches!(put, Err(StorageError::BadKey { .. })), "{key}: {put:?}");
        assert_eq!(storage.local_path(key), None, "{key}");
    }
    assert!(!temporary.path().join("outside").exists());
}

#[tokio::test]
async fn a_file_in_the_way_is_named() {
    let temporary = TempDir::new().unwrap();
    let in_the_way = file(&temporary, "home", b"");
    let error = Storage::open(&StorageLocation::Folder(in_the_way.clone())).unwrap_err();
    assert!(error.to_string().contains(in_the_way.to_str().unwrap()), "{error}");

    let storage = open(temporary.path());
    let error = storage.put_new("home/captures", Bytes::from("x"), JSON).await.unwrap_err();
    assert!(error.to_string().contains("home/captures cannot be written"), "{error}");
}
