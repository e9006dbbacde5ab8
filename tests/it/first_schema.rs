//! A release made by the first schema, kept for ever: today's program must go on reading it.
//!
//! `tests/fixtures/first-schema` was made once, from the built-in data and the fixtures of the
//! sources. It is never made anew: what is published stays as it is.

use std::fs::File;
use std::io;
use std::path::Path;

use flate2::read::GzDecoder;
use porchlight::record::RESOURCES;
use porchlight::release::database::ReleaseDatabase;
use porchlight::release::{DATASET_FILE, MANIFEST_FILE, Manifest, root};
use porchlight::serve::Settings;
use tempfile::TempDir;

use crate::support::app::{App, NothingYet};

const FIXTURE: &str = "tests/fixtures/first-schema";

/// A home with that one release, and its manifest.
fn home() -> (TempDir, Manifest) {
    let bytes = std::fs::read(Path::new(FIXTURE).join(MANIFEST_FILE)).unwrap();
    let manifest = Manifest::read(&bytes).unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("releases").join(manifest.release.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(MANIFEST_FILE), bytes).unwrap();
    let packed = File::open(Path::new(FIXTURE).join("dataset.sqlite.gz")).unwrap();
    let mut dataset = File::create(folder.join(DATASET_FILE)).unwrap();
    io::copy(&mut GzDecoder::new(packed), &mut dataset).unwrap();
    (home, manifest)
}

fn database(home: &TempDir, manifest: &Manifest) -> ReleaseDatabase {
    let folder = home.path().join("releases").join(manifest.release.to_string());
    ReleaseDatabase::open(&folder.join(DATASET_FILE)).unwrap()
}

#[test]
fn its_records_are_read_as_they_were_published() {
    let (home, manifest) = home();
    let tables = root::tables(&database(&home, &manifest)).unwrap();
    assert_eq!(tables, manifest.tables);
}

#[test]
fn a_refresh_can_build_on_it() {
    let (home, manifest) = home();
    let dataset = database(&home, &manifest).load().unwrap();
    assert_eq!(dataset.release, manifest.release);
    assert_eq!(dataset.records.evidence.len() as u64, manifest.table("evidence").unwrap().rows);
    assert!(!dataset.identities.is_empty() && !dataset.editions.is_empty());
}

#[tokio::test]
async fn it_is_served_with_every_resource() {
    let (home, manifest) = home();
    let app = App::over(home, NothingYet, Settings::default());
    for resource in RESOURCES {
        let table = resource.table;
        let path = format!("/v1/releases/{}/{table}?limit=3", manifest.release);
        let got = app.get(&path).await;
        assert_eq!(got.status, 200, "{table}");
        assert_eq!(got.json()["meta"]["total"], manifest.table(table).unwrap().rows, "{table}");
        for id in got.ids() {
            for part in ["", "/history", "/evidence"] {
                let path = format!("/v1/{table}/{id}{part}");
                let itself =
                    part == "/evidence" && ["issues", "corrections", "evidence"].contains(&table);
                let expected = if itself { 404 } else { 200 };
                assert_eq!(app.get(&path).await.status, expected, "{path}");
            }
        }
    }
    assert_eq!(app.get("/v1/summary").await.status, 200);
}
