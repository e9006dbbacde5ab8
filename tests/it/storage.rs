//! Bytes in a folder, and what happens when the folder is no good.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use porchlight::config::StorageLocation;
use porchlight::storage::{Put, Storage, StorageError};
use tempfile::TempDir;

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn open(folder: &Path) -> Storage {
    Storage::open(&StorageLocation::Folder(folder.to_owned())).unwrap()
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test]
async fn a_folder_is_made_and_a_key_is_written_once() {
    let temporary = TempDir::new().unwrap();
    let storage = open(&temporary.path().join("a/b"));
    let key = "releases/2026-11-24.1/manifest.json";
    assert_eq!(storage.get(key).await.unwrap(), None);
    assert_eq!(storage.put_new(key, Bytes::from("one")).await.unwrap(), Put::Created);
    assert_eq!(storage.put_new(key, Bytes::from("two")).await.unwrap(), Put::Exists);
    assert_eq!(storage.get(key).await.unwrap().unwrap(), "one");
    assert_eq!(std::fs::read(storage.local_path(key).unwrap()).unwrap(), b"one");
    storage.delete(key).await.unwrap();
    storage.delete(key).await.unwrap();
    assert_eq!(storage.get(key).await.unwrap(), None);
}

#[tokio::test]
async fn only_what_is_replaced_changes() {
    let temporary = TempDir::new().unwrap();
    let storage = open(temporary.path());
    storage.replace("latest.json", Bytes::from("one")).await.unwrap();
    storage.replace("latest.json", Bytes::from("two")).await.unwrap();
    assert_eq!(storage.get("latest.json").await.unwrap().unwrap(), "two");
}

#[tokio::test]
async fn a_file_of_several_blocks_is_copied_whole_and_once() {
    let temporary = TempDir::new().unwrap();
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|i| (i % 251) as u8).collect();
    let large = file(&temporary, "large", &bytes);
    let small = file(&temporary, "small", b"");
    let home = temporary.path().join("home");
    let storage = open(&home);
    let key = "releases/2026-11-24.1/dataset.sqlite";
    assert_eq!(storage.put_new_file(key, &large).await.unwrap(), Put::Created);
    assert_eq!(storage.put_new_file(key, &small).await.unwrap(), Put::Exists);
    assert!(storage.get(key).await.unwrap().unwrap() == bytes);
    assert_eq!(storage.put_new_file("empty", &small).await.unwrap(), Put::Created);
    assert_eq!(storage.get("empty").await.unwrap().unwrap(), "");
    // Nothing is left of the way there.
    let names: Vec<_> = std::fs::read_dir(home.join("releases/2026-11-24.1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["dataset.sqlite"]);
}

#[tokio::test]
async fn of_many_writers_of_a_key_one_wins_and_its_bytes_stay() {
    let temporary = TempDir::new().unwrap();
    let storage = open(temporary.path());
    let writers: Vec<_> = (0..8)
        .map(|number| {
            let storage = storage.clone();
            tokio::spawn(async move {
                (number, storage.put_new("key", Bytes::from(number.to_string())).await.unwrap())
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

#[tokio::test]
async fn a_listing_is_sorted_and_shows_nothing_half_written() {
    let temporary = TempDir::new().unwrap();
    let storage = open(temporary.path());
    for key in ["releases/b/x.csv", "releases/a/y.csv", "releases/b/deep/z", "captures/c"] {
        storage.put_new(key, Bytes::from(key.to_owned())).await.unwrap();
    }
    file(&temporary, "releases/b/half.partial", b"");
    file(&temporary, "releases/b/x.csv#1", b"");
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

#[tokio::test]
async fn a_capture_is_kept_under_its_hash_and_damage_is_noticed() {
    let temporary = TempDir::new().unwrap();
    let storage = open(temporary.path());
    assert_eq!(storage.put_capture(ABC, Bytes::from("abc")).await.unwrap(), Put::Created);
    assert_eq!(storage.put_capture(ABC, Bytes::from("abc")).await.unwrap(), Put::Exists);
    assert_eq!(storage.get_capture(ABC).await.unwrap(), "abc");

    let path = temporary.path().join("captures").join(ABC);
    std::fs::write(&path, "abd").unwrap();
    let error = storage.get_capture(ABC).await.unwrap_err();
    assert!(matches!(error, StorageError::DamagedCapture { .. }));
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()) && text.contains("backup"), "{text}");

    std::fs::remove_file(&path).unwrap();
    let error = storage.get_capture(ABC).await.unwrap_err();
    assert!(matches!(error, StorageError::MissingCapture { .. }));
}

#[tokio::test]
async fn a_key_never_leads_out_of_the_folder() {
    let temporary = TempDir::new().unwrap();
    let storage = open(&temporary.path().join("home"));
    for key in ["../outside", "a/../../outside", "/etc/passwd", "", "a//b", "a/./b"] {
        let put = storage.put_new(key, Bytes::from("x")).await;
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
    let error = storage.put_new("home/captures", Bytes::from("x")).await.unwrap_err();
    assert!(error.to_string().contains("home/captures cannot be written"), "{error}");
}
