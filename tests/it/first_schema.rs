//! A release made by the first schema, kept for ever: today's program must go on reading it.
//!
//! `tests/fixtures/first-schema` was made once, from the built-in data and the fixtures of the
//! sources. It is never made anew: what is published stays as it is.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use porchlight::record::coverage::Lists;
use porchlight::record::{RESOURCES, Resource, STATES};
use porchlight::release::database::ReleaseDatabase;
use porchlight::release::dataset::SCHEMA_VERSION;
use porchlight::release::{DATASET_FILE, MANIFEST_FILE, Manifest, digest, root};
use porchlight::serve::Settings;
use serde_json::json;
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

/// Where the release file lies, as it was published.
fn published(home: &TempDir, manifest: &Manifest) -> PathBuf {
    home.path().join("releases").join(manifest.release.to_string()).join(DATASET_FILE)
}

/// As today's program reads it.
fn current(home: &TempDir, manifest: &Manifest) -> ReleaseDatabase {
    let cache = home.path().join("cache");
    ReleaseDatabase::open_current(&published(home, manifest), &cache).unwrap()
}

fn sha256(path: &Path) -> String {
    digest::sha256(&std::fs::read(path).unwrap())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn its_records_are_read_as_they_were_published() {
    let (home, manifest) = home();
    let database = ReleaseDatabase::open(&published(&home, &manifest)).unwrap();
    assert!(database.is_behind());
    for database in [database, current(&home, &manifest)] {
        for promised in &manifest.tables {
            let resource = Resource::of_table(&promised.name).unwrap();
            assert_eq!(&root::table(&database, resource).unwrap(), promised);
        }
    }
}

#[test]
fn a_refresh_can_build_on_it() {
    let (home, manifest) = home();
    let dataset = current(&home, &manifest).load().unwrap();
    assert_eq!(dataset.release, manifest.release);
    assert_eq!(dataset.records.evidence.len() as u64, manifest.table("evidence").unwrap().rows);
    assert!(!dataset.identities.is_empty() && !dataset.editions.is_empty());
    // Each cell of the coverage has its id in the book, as if it had been published.
    let identities: HashSet<&str> =
        dataset.identities.iter().map(|identity| identity.what.id.as_str()).collect();
    let cells = &dataset.records.coverage;
    assert!(!cells.is_empty());
    for cell in cells {
        assert!(identities.contains(cell.id.as_str()), "{cell:?}");
        assert_eq!(cell.first_release, manifest.release);
    }
}

#[test]
fn what_is_published_never_changes_and_its_copy_is_made_once() {
    let (home, manifest) = home();
    let (path, cache) = (published(&home, &manifest), home.path().join("cache"));
    let promised = manifest.file(DATASET_FILE).unwrap();
    let made = current(&home, &manifest);
    assert_eq!(made.meta().schema_version, SCHEMA_VERSION);
    assert!(!made.is_behind());
    assert_eq!(sha256(&path), promised.sha256);
    let [copy] = files(&cache).try_into().unwrap();
    assert!(copy.file_name().unwrap().to_str().unwrap().contains(SCHEMA_VERSION));
    let before = std::fs::metadata(&copy).unwrap().modified().unwrap();
    // What another program left of it, or a killed one, goes when a copy is made.
    drop(current(&home, &manifest));
    assert_eq!(std::fs::metadata(&copy).unwrap().modified().unwrap(), before);

    // A copy that was cut short is made again, and what others left goes.
    std::fs::write(&copy, &std::fs::read(&copy).unwrap()[..40_000]).unwrap();
    let left = cache.join(format!("{}-schema-1.0.0-by-0.0.1.sqlite", manifest.release));
    std::fs::write(&left, "x").unwrap();
    assert!(!current(&home, &manifest).load().unwrap().records.coverage.is_empty());
    assert_eq!(files(&cache), [copy]);
    assert_eq!(sha256(&path), promised.sha256);
}

#[test]
fn a_copy_that_cannot_be_written_is_told_with_what_it_needs() {
    let (home, manifest) = home();
    // No folder can be made where a file is.
    std::fs::write(home.path().join("cache"), "in the way").unwrap();
    let cache = home.path().join("cache");
    let error = ReleaseDatabase::open_current(&published(&home, &manifest), &cache).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("cannot be written: make its folder writable"), "{words}");
    assert!(words.contains(cache.to_str().unwrap()), "{words}");
}

/// That a table is older than the coverage must not look as if nothing had been looked at, nor the
/// other way round.
#[tokio::test]
async fn its_coverage_is_computed_from_its_evidence() {
    let (home, manifest) = home();
    let dataset = current(&home, &manifest).load().unwrap();
    let editions: Vec<_> = dataset.editions.iter().map(|edition| edition.what.clone()).collect();
    let looks = Lists::of(&dataset.records, &editions).looks();
    assert!(!looks.is_empty(), "the fixture has a source that lists partnerships");
    let app = App::over(home, NothingYet, Settings::default());
    for look in &looks {
        let path = format!(
            "/v1/coverage?program_id={}&service={}&source_id={}&limit=1",
            look.program_id, look.service, look.source_id
        );
        let got = app.get(&path).await.json();
        let states = dataset.records.agencies.iter().map(|agency| agency.state.as_str());
        let states: HashSet<&str> = states.chain(STATES.iter().copied()).collect();
        assert_eq!(got["meta"]["total"], states.len(), "{path}");
        assert_eq!(got["data"][0]["as_of_on"], json!(look.as_of_on));
    }
    crate::coverage::assert_agencies_and_cells_agree(&app, &dataset).await;
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
        let total = got.json()["meta"]["total"].as_u64().unwrap();
        match manifest.table(table) {
            Some(promised) => assert_eq!(total, promised.rows, "{table}"),
            None => assert!(total > 0, "{table} is younger than the release, and filled"),
        }
        for id in got.ids() {
            for part in ["", "/history", "/evidence"] {
                let path = format!("/v1/{table}/{id}{part}");
                let itself = part == "/evidence"
                    && ["issues", "corrections", "evidence", "coverage"].contains(&table);
                let expected = if itself { 404 } else { 200 };
                assert_eq!(app.get(&path).await.status, expected, "{path}");
            }
        }
    }
    assert_eq!(app.get("/v1/summary").await.status, 200);
}
