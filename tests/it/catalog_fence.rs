//! A leader is cut off in the middle of publishing, another one leads and publishes, and the first
//! goes on: whatever the step, there is one whole release afterwards, and never one of both's files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread::JoinHandle;

use chrono::{DateTime, Utc};
use porchlight::catalog::{Catalog, Leadership};
use porchlight::config::{CatalogLocation, StorageLocation};
use porchlight::record::ReleaseId;
use porchlight::release::database::{self, ReleaseDatabase};
use porchlight::release::{
    DATASET_FILE, Manifest, Materials, Publisher, Staged, clear_abandoned, next_release, pointer,
    publish, publish_as, stage, verify_chain, verify_release,
};
use porchlight::storage::Storage;
use tempfile::TempDir;

use crate::publish::{UNDISTURBED, alike, dataset, draft, release};
use crate::support::postgres::Database;

/// Where the manifest is put while nobody else can lead.
const FENCED: [&str; 2] = ["check the chain again", "put manifest.json"];

fn now() -> DateTime<Utc> {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

/// The first release, and what two leaders want to publish after it.
struct Releases {
    folder: TempDir,
    first: Staged,
    /// What the leader publishes that is cut off.
    one: Staged,
    /// What the other one publishes, by the name it gets.
    other: BTreeMap<ReleaseId, Staged>,
}

impl Releases {
    fn stage() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let staged = |name: &str, id: ReleaseId, previous: Option<&Manifest>| {
            let place = folder.path().join(format!("{name} {id}"));
            std::fs::create_dir(&place).unwrap();
            let path = place.join(DATASET_FILE);
            database::write(&path, &dataset(id, name)).unwrap();
            let database = ReleaseDatabase::open(&path).unwrap();
            let materials = Materials { database: &database, previous: None };
            stage(&place, draft(id, previous), &materials, None, UNDISTURBED).unwrap()
        };
        let first = staged("Ferguson PD", release(1), None);
        let previous = Some(first.manifest());
        let one = staged("Ferguson Police", release(2), previous);
        let other = [release(2), release(3)];
        let other = other.map(|id| (id, staged("Ferguson P. D.", id, previous))).into();
        Self { folder, first, one, other }
    }

    /// The steps at which the leader is cut off: of each kind the last.
    async fn steps(&self) -> Vec<String> {
        let home = tempfile::tempdir().unwrap();
        let location = CatalogLocation::Sqlite(home.path().join("catalog.sqlite"));
        let catalog = Catalog::open(&location).unwrap();
        let storage = self.storage(&home).await;
        let lead = catalog.try_lead(now()).unwrap().unwrap();
        let steps = Mutex::new(Vec::new());
        let watch = |step: &str| {
            steps.lock().unwrap().push(step.to_owned());
            Ok(())
        };
        let publisher = Publisher { catalog: &catalog, epoch: lead.epoch() };
        publish_as(publisher, &storage, &self.one, &watch).await.unwrap();
        let steps = steps.into_inner().unwrap();
        let last: BTreeMap<_, _> = steps.iter().map(|step| (alike(step), step)).collect();
        last.into_values().cloned().collect()
    }

    /// A storage with the first release.
    async fn storage(&self, home: &TempDir) -> Storage {
        let location = StorageLocation::Folder(home.path().to_owned());
        let storage = Storage::open(&location).unwrap();
        publish(&storage, &self.first, UNDISTURBED).await.unwrap();
        storage
    }
}

/// Takes the lead and publishes, as a run does: under the next free name. In words, what became of
/// it.
fn lead_and_publish(
    location: CatalogLocation,
    storage: Storage,
    other: BTreeMap<ReleaseId, Staged>,
) -> JoinHandle<Result<(), String>> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let catalog = Catalog::open(&location).unwrap();
            let lead = catalog.try_lead(now()).unwrap().expect("the lead is free");
            let name = next_release(&storage, Some(release(1)), release(1).date()).await.unwrap();
            let publisher = Publisher { catalog: &catalog, epoch: lead.epoch() };
            let done = publish_as(publisher, &storage, &other[&name], UNDISTURBED).await;
            done.map_err(|error| error.to_string())?;
            clear_abandoned(&storage).await.unwrap();
            Ok(())
        })
    })
}

/// Cuts the leader off at `step`, and lets the other one lead: to its end, where it can come to it.
async fn cut_off_at(
    step: &str,
    releases: &Releases,
    location: &CatalogLocation,
    cut: impl Fn() + Sync,
) {
    let home = tempfile::tempdir().unwrap();
    let storage = releases.storage(&home).await;
    let catalog = Catalog::open(location).unwrap();
    let lead: Leadership = catalog.try_lead(now()).unwrap().unwrap();
    let epoch = lead.epoch();
    let lead = Mutex::new(Some(lead));
    let next = Mutex::new(None);
    let on_server = matches!(location, CatalogLocation::Postgres(_));
    let watch = |at: &str| {
        if at == step {
            // Its lock is gone, but it does not know.
            drop(lead.lock().unwrap().take());
            cut();
            let other = lead_and_publish(location.clone(), storage.clone(), releases.other.clone());
            let mut next = next.lock().unwrap();
            // In a file nothing cuts the transaction off: the other one waits until it has ended.
            if on_server || !FENCED.contains(&at) {
                *next = Some(Ok(other.join().unwrap()));
            } else {
                *next = Some(Err(other));
            }
        }
        Ok(())
    };
    let publisher = Publisher { catalog: &catalog, epoch };
    let one = publish_as(publisher, &storage, &releases.one, &watch).await;
    let one = one.map(drop).map_err(|error| error.to_string());
    let other = match next.into_inner().unwrap().expect("it comes to every step") {
        Ok(done) => done,
        Err(running) => running.join().unwrap(),
    };
    let told = format!("cut off at `{step}`: {one:?}, the other one: {other:?}");

    let there = pointer::releases(&storage).await.unwrap();
    assert_eq!(there.len(), 2, "{told}: {there:?}");
    let work: PathBuf = releases.folder.path().join("verify");
    std::fs::create_dir_all(&work).unwrap();
    let report = verify_release(&storage, there[1], None, &work).await.unwrap();
    assert_eq!(report.faults, [], "{told}");
    assert!(verify_chain(&storage, None, &work).await.unwrap().is_sound(), "{told}");
    let latest = pointer::named(&storage).await.unwrap().unwrap();
    assert_eq!(latest.release, there[1], "{told}");
    let expected = if other.is_ok() { &releases.other[&there[1]] } else { &releases.one };
    assert_eq!(latest.manifest_sha256, expected.manifest().sha256(), "{told}");
    assert!(one.is_err() || other.is_err(), "{told}");
    eprintln!("{told}");
}

#[tokio::test]
async fn a_leader_cut_off_at_any_step_never_spoils_what_the_next_one_publishes() {
    let releases = Releases::stage();
    let steps = releases.steps().await;
    assert!(steps.len() > 8, "{steps:?}");
    for step in FENCED {
        assert!(steps.iter().any(|other| other == step), "{steps:?}");
    }
    for step in steps.iter().filter(|step| *step != "done") {
        let home = tempfile::tempdir().unwrap();
        let file = CatalogLocation::Sqlite(home.path().join("catalog.sqlite"));
        cut_off_at(step, &releases, &file, || {}).await;
        if let Some(database) = Database::create() {
            let url = CatalogLocation::Postgres(database.url().as_str().into());
            cut_off_at(step, &releases, &url, || database.cut_all_sessions()).await;
        }
    }
}
