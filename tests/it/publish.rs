//! Releases written, published, damaged and verified, in a storage of their own.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, process};

use porchlight::config::StorageLocation;
use porchlight::record::{RESOURCES, Records, ReleaseId};
use porchlight::release::database::{self, ReleaseDatabase};
use porchlight::release::dataset::{Dataset, SCHEMA_VERSION};
use porchlight::release::format::Kind;
use porchlight::release::{
    DATASET_FILE, Fault, FaultKind, GateVerdict, Interrupted, MANIFEST_FILE, Manifest,
    ManifestDraft, Materials, PreviousRelease, PublishError, SourceCredit, Staged, TableChanges,
    Watch, clear_abandoned, digest, next_release, pointer, publish, stage, verify_chain,
    verify_release,
};
use porchlight::storage::Storage;
use serde_json::json;
use tempfile::TempDir;

/// Nobody stops the work.
pub(crate) const UNDISTURBED: Watch<'static> = &|_| Ok(());

pub(crate) fn release(number: u32) -> ReleaseId {
    format!("2026-11-24.{number}").parse().unwrap()
}

/// A small release; `name` is what differs between releases.
pub(crate) fn dataset(release: ReleaseId, name: &str) -> Dataset {
    let stamps = |mut record: serde_json::Value| {
        record["first_release"] = "2026-11-24.1".into();
        record["last_changed_release"] = "2026-11-24.1".into();
        record["evidence_count"] = 1.into();
        record
    };
    let agency = |id: &str, name: &str, lat: Option<f64>| {
        let agency = stamps(json!({
            "id": id, "name": name, "aliases": ["A \"B\", C"], "kind": "police",
            "service": "law_enforcement", "state": "MO", "city": null, "counties": [],
            "county_fips": ["29510"], "ori": "MO0000001", "fdid": null, "lat": lat, "lon": lat,
            "geo_precision": "none", "registered": true, "active_partnerships": 1,
            "partnerships": 2, "disclosures": 0
        }));
        serde_json::from_value(agency).unwrap()
    };
    let vendor =
        json!({"id": "ring", "name": "Ring LLC", "parent": null, "homepage": null, "aliases": []});
    let records = Records {
        vendors: vec![serde_json::from_value(stamps(vendor)).unwrap()],
        agencies: vec![
            agency("agy_0000000001", name, Some(38.627_002_500_000_01)),
            agency("agy_0000000002", "Ümläut\nTwp PD", None),
        ],
        ..Records::default()
    };
    let (unread, identities, redirects, withdrawals) = Default::default();
    let (editions, changes, redactions, accounts) = Default::default();
    Dataset {
        release,
        published_at: "2026-11-24T06:00:00Z".parse().unwrap(),
        software_version: "0.1.0".into(),
        records,
        unread,
        identities,
        redirects,
        withdrawals,
        editions,
        changes,
        gates: gates(),
        redactions,
        accounts,
    }
}

fn gates() -> Vec<GateVerdict> {
    vec![GateVerdict {
        gate: "ids_unique".into(),
        subject: "agencies".into(),
        passed: true,
        measured: "2".into(),
        allowed: "2".into(),
        detail: "2 ids in 2 rows".into(),
    }]
}

pub(crate) fn draft(release: ReleaseId, previous: Option<&Manifest>) -> ManifestDraft {
    ManifestDraft {
        release,
        published_at: "2026-11-24T06:00:00Z".parse().unwrap(),
        schema_version: SCHEMA_VERSION.into(),
        schema_sha256: digest::sha256(b"schema"),
        software_version: "0.1.0".into(),
        active_days: None,
        signing_key: None,
        previous: previous.map(|manifest| PreviousRelease {
            release: manifest.release,
            manifest_sha256: manifest.sha256(),
        }),
        accepted: None,
        captures: vec![],
        sources: vec![SourceCredit {
            id: "eff-atlas".parse().unwrap(),
            licence: "CC-BY-4.0".into(),
            attribution: "Somebody".into(),
        }],
        changes: [("agencies".to_owned(), TableChanges { added: 2, ..Default::default() })].into(),
        gates: gates(),
        redactions: Vec::new(),
    }
}

/// A storage with a home of its own, and a folder to work in.
struct House {
    home: TempDir,
    work: TempDir,
    storage: Storage,
}

impl House {
    fn new() -> Self {
        let (home, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let storage = Storage::open(&StorageLocation::Folder(home.path().to_owned())).unwrap();
        Self { home, work, storage }
    }

    /// A house with one release.
    async fn with_first() -> (Self, Manifest) {
        let house = Self::new();
        let first = house.publish(release(1), "Ferguson PD", None).await;
        (house, first)
    }

    fn stage(
        &self,
        name: &str,
        draft: ManifestDraft,
        watch: Watch<'_>,
    ) -> Result<Staged, porchlight::release::StageError> {
        let path = self.work.path().join(DATASET_FILE);
        database::write(&path, &dataset(draft.release, name)).unwrap();
        let database = ReleaseDatabase::open(&path).unwrap();
        let materials = Materials { database: &database, previous: None };
        stage(self.work.path(), draft, &materials, None, watch)
    }

    async fn publish(&self, id: ReleaseId, name: &str, previous: Option<&Manifest>) -> Manifest {
        let staged = self.stage(name, draft(id, previous), UNDISTURBED).unwrap();
        let pointer = publish(&self.storage, &staged, UNDISTURBED).await.unwrap();
        assert_eq!((pointer.release, &pointer.manifest_sha256), (id, &staged.manifest().sha256()));
        staged.manifest().clone()
    }

    fn path(&self, id: ReleaseId, file: &str) -> PathBuf {
        self.home.path().join("releases").join(id.to_string()).join(file)
    }

    async fn faults(&self, id: ReleaseId) -> Vec<Fault> {
        let checked = verify_release(&self.storage, id, None, self.work.path()).await;
        checked.unwrap().faults
    }

    async fn latest(&self) -> Option<ReleaseId> {
        pointer::latest(&self.storage).await.unwrap().map(|pointer| pointer.release)
    }

    /// Every file of the home by its path.
    fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.home.path()).unwrap().to_owned();
                    files.insert(name, fs::read(path).unwrap());
                }
            }
        }
        files
    }

    fn edit_manifest(&self, id: ReleaseId, edit: impl Fn(&mut Manifest)) {
        let path = self.path(id, MANIFEST_FILE);
        let mut manifest = Manifest::read(&fs::read(&path).unwrap()).unwrap();
        edit(&mut manifest);
        fs::write(path, manifest.to_bytes()).unwrap();
    }
}

fn named(faults: &[Fault], file: &str) -> Vec<FaultKind> {
    faults.iter().filter(|fault| fault.file == file).map(|fault| fault.kind.clone()).collect()
}

#[tokio::test]
async fn a_published_release_is_whole_and_sound() {
    let (house, manifest) = House::with_first().await;
    assert_eq!(house.latest().await, Some(release(1)));
    assert_eq!(pointer::releases(&house.storage).await.unwrap(), [release(1)]);

    let report = verify_release(&house.storage, release(1), None, house.work.path()).await.unwrap();
    assert_eq!(report.faults, []);
    assert_eq!((report.files, report.rows), (manifest.files.len() as u64 + 1, 3));
    assert!(verify_chain(&house.storage, None, house.work.path()).await.unwrap().is_sound());

    let agencies = manifest.file("agencies.ndjson.gz").unwrap();
    assert_eq!((agencies.rows, agencies.table.as_deref()), (Some(2), Some("agencies")));
    let of_tables = manifest.files.iter().filter(|file| file.table.is_some()).count();
    assert_eq!(of_tables, RESOURCES.iter().flat_map(Kind::of).count());
    let on_disk = fs::read(house.path(release(1), MANIFEST_FILE)).unwrap();
    assert_eq!(digest::sha256(&on_disk), manifest.sha256());
}

#[tokio::test]
async fn sha256sum_agrees_with_the_sums() {
    let (house, manifest) = House::with_first().await;
    let folder = house.path(release(1), "");
    let run = process::Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(folder)
        .output();
    match run {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let lines = String::from_utf8(output.stdout).unwrap();
            assert_eq!(lines.lines().count(), manifest.files.len() - 1);
        }
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::NotFound, "no such tool here"),
    }
}

#[tokio::test]
async fn one_wrong_bit_of_any_file_is_found_and_named() {
    let (house, manifest) = House::with_first().await;
    for file in &manifest.files {
        let path = house.path(release(1), &file.name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        // A list of nothing has no bit that could be wrong.
        let Some(byte) = bad.get_mut(middle) else { continue };
        *byte ^= 1;
        fs::write(&path, bad).unwrap();
        let faults = house.faults(release(1)).await;
        let kinds = named(&faults, &file.name);
        assert!(kinds.iter().any(|kind| matches!(kind, FaultKind::Hash { .. })), "{faults:?}");
        assert_eq!(kinds.len(), faults.len(), "no other file is blamed: {faults:?}");
        fs::write(&path, good).unwrap();
    }
    assert_eq!(house.faults(release(1)).await, []);
}

#[tokio::test]
async fn a_cut_removed_or_added_file_is_named() {
    let (house, _) = House::with_first().await;
    let path = house.path(release(1), "agencies.csv");
    let good = fs::read(&path).unwrap();

    fs::write(&path, &good[..good.len() - 1]).unwrap();
    let kinds = named(&house.faults(release(1)).await, "agencies.csv");
    assert!(matches!(kinds[0], FaultKind::Size { .. }), "{kinds:?}");

    fs::remove_file(&path).unwrap();
    let faults = house.faults(release(1)).await;
    assert_eq!(named(&faults, "agencies.csv"), [FaultKind::Missing]);
    assert_eq!(
        faults[0].to_string(),
        "release 2026-11-24.1, `agencies.csv`: is missing; fetch the file again from the host or \
         from a mirror"
    );
    fs::write(&path, good).unwrap();

    fs::write(house.path(release(1), "notes.txt"), "x").unwrap();
    assert_eq!(named(&house.faults(release(1)).await, "notes.txt"), [FaultKind::Unlisted]);
    fs::remove_file(house.path(release(1), DATASET_FILE)).unwrap();
    assert_eq!(named(&house.faults(release(1)).await, DATASET_FILE), [FaultKind::Missing]);
}

#[tokio::test]
async fn an_edited_manifest_does_not_agree_with_the_files() {
    let (house, manifest) = House::with_first().await;
    let path = house.path(release(1), MANIFEST_FILE);
    let restore = || fs::write(&path, manifest.to_bytes()).unwrap();

    house.edit_manifest(release(1), |manifest| manifest.tables[0].rows += 1);
    let root = FaultKind::Root { table: "agencies".into() };
    assert_eq!(named(&house.faults(release(1)).await, DATASET_FILE), [root]);
    restore();

    house.edit_manifest(release(1), |manifest| drop(manifest.tables.remove(1)));
    let gone = FaultKind::NoTable { table: "vendors".into() };
    assert!(named(&house.faults(release(1)).await, MANIFEST_FILE).contains(&gone));
    restore();

    house.edit_manifest(release(1), |manifest| {
        manifest.files.retain(|file| file.name != "agencies.csv");
    });
    let faults = house.faults(release(1)).await;
    let expected = [FaultKind::Unlisted, FaultKind::NotInManifest];
    assert_eq!(named(&faults, "agencies.csv"), expected);
    let sum = FaultKind::Sum { of: "agencies.csv".into() };
    assert_eq!(named(&faults, "SHA256SUMS"), [sum]);
    restore();

    house.edit_manifest(release(1), |manifest| {
        let vendors = manifest.files.iter_mut().find(|file| file.name == "vendors.csv");
        vendors.unwrap().rows = Some(7);
    });
    let rows = FaultKind::Rows { expected: Some(7), found: 1 };
    assert_eq!(named(&house.faults(release(1)).await, "vendors.csv"), [rows]);
    restore();

    house.edit_manifest(release(1), |manifest| manifest.software_version = "9".into());
    let chain = verify_chain(&house.storage, None, house.work.path()).await.unwrap();
    let faults: Vec<_> = chain.faults().map(|fault| (fault.file.as_str(), &fault.kind)).collect();
    let dataset = FaultKind::Disagrees { about: "software_version".into() };
    let [first, (MANIFEST_FILE, FaultKind::Vouched { by, .. }), pointer] = &faults[..] else {
        panic!("{faults:?}")
    };
    assert_eq!((first, by.as_str()), (&(MANIFEST_FILE, &dataset), "latest.json"));
    assert_eq!(pointer, &("latest.json", &FaultKind::Pointer), "which of the two is not told");

    fs::write(&path, "{}").unwrap();
    let kinds = named(&house.faults(release(1)).await, MANIFEST_FILE);
    assert!(matches!(&kinds[0], FaultKind::Unreadable { .. }), "{kinds:?}");
}

/// A publisher who hashes what he has changed is found out by the records themselves.
#[tokio::test]
async fn a_file_that_says_something_else_than_the_dataset_is_found_whatever_its_hash() {
    let (house, _) = House::with_first().await;
    let path = house.path(release(1), "agencies.csv");
    let changed = fs::read_to_string(&path).unwrap().replace("Ferguson PD", "Fergusen PD");
    fs::write(&path, &changed).unwrap();
    house.edit_manifest(release(1), |manifest| {
        let file = manifest.files.iter_mut().find(|file| file.name == "agencies.csv").unwrap();
        file.sha256 = digest::sha256(changed.as_bytes());
    });
    let kinds = named(&house.faults(release(1)).await, "agencies.csv");
    let [FaultKind::Differs { detail }] = &kinds[..] else { panic!("{kinds:?}") };
    assert!(detail.contains("row 1, column `name`"), "{detail}");
    assert!(detail.contains("expected `Ferguson PD`, found `Fergusen PD`"), "{detail}");
}

#[tokio::test]
async fn a_broken_link_of_the_chain_is_named() {
    let (house, first) = House::with_first().await;
    let second = house.publish(release(2), "Ferguson Police", Some(&first)).await;
    let third = house.publish(release(3), "Ferguson P.D.", Some(&second)).await;
    assert!(verify_chain(&house.storage, None, house.work.path()).await.unwrap().is_sound());
    assert_eq!(house.latest().await, Some(release(3)));

    // The first manifest is changed: the second says so.
    house.edit_manifest(release(1), |manifest| manifest.software_version = "9".into());
    let faults = house.faults(release(2)).await;
    let [Fault { release: changed, kind: FaultKind::Vouched { by, .. }, .. }] = &faults[..] else {
        panic!("{faults:?}")
    };
    assert_eq!((*changed, by.as_str()), (release(1), "2026-11-24.2"));
    fs::write(house.path(release(1), MANIFEST_FILE), first.to_bytes()).unwrap();

    // The third skips the second.
    house.edit_manifest(release(3), |manifest| manifest.previous.clone_from(&second.previous));
    let skips = FaultKind::Follows { named: Some(release(1)), before: Some(release(2)) };
    assert!(named(&house.faults(release(3)).await, MANIFEST_FILE).contains(&skips));

    // Two manifests change places.
    fs::write(house.path(release(2), MANIFEST_FILE), third.to_bytes()).unwrap();
    fs::write(house.path(release(3), MANIFEST_FILE), second.to_bytes()).unwrap();
    let kinds = named(&house.faults(release(2)).await, MANIFEST_FILE);
    assert!(kinds.contains(&FaultKind::OtherRelease { says: release(3) }), "{kinds:?}");

    // A release is taken out.
    fs::write(house.path(release(3), MANIFEST_FILE), third.to_bytes()).unwrap();
    fs::remove_dir_all(house.path(release(2), "")).unwrap();
    let file = MANIFEST_FILE.to_owned();
    let gone = Fault { release: release(2), file, kind: FaultKind::Missing };
    assert_eq!(house.faults(release(3)).await, [gone]);
}

/// The steps of an undisturbed run on a house with one release, and what that house then holds.
async fn undisturbed(first: &Manifest) -> (Vec<String>, BTreeMap<PathBuf, Vec<u8>>) {
    let (house, _) = House::with_first().await;
    let steps = Mutex::new(vec![]);
    let watch = |step: &str| {
        steps.lock().unwrap().push(step.to_owned());
        Ok(())
    };
    let staged = house.stage("Ferguson Police", draft(release(2), Some(first)), &watch).unwrap();
    publish(&house.storage, &staged, &watch).await.unwrap();
    let tree = house.tree();
    (steps.into_inner().unwrap(), tree)
}

/// The verb of a step, and the format of its file.
pub(crate) fn alike(step: &str) -> (&str, &str) {
    let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
    (verb, rest.split_once('.').map_or(rest, |(_, format)| format))
}

#[tokio::test]
async fn a_run_stopped_at_any_step_loses_nothing_and_the_next_one_finishes() {
    let (house, first) = House::with_first().await;
    let before = house.tree();
    let (steps, whole) = undisturbed(&first).await;
    assert_eq!(steps.last().map(String::as_str), Some("done"));
    let commit = steps.iter().position(|step| step == "put manifest.json").unwrap();

    // Of steps that do the same to files of one format, the last: it leaves the most behind.
    let last_alike: BTreeMap<_, _> =
        steps.iter().enumerate().map(|(stop, name)| (alike(name), (stop, name))).collect();
    assert!(last_alike.len() > 12, "{last_alike:?}");
    for (stop, name) in last_alike.into_values() {
        fs::remove_dir_all(house.home.path()).unwrap();
        for (path, bytes) in &before {
            let path = house.home.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let step = AtomicUsize::new(0);
        let watch = |_: &str| {
            if step.fetch_add(1, Ordering::Relaxed) < stop { Ok(()) } else { Err(Interrupted) }
        };
        let staged = house.stage("Ferguson Police", draft(release(2), Some(&first)), &watch);
        if let Ok(staged) = staged {
            let stopped = publish(&house.storage, &staged, &watch).await.unwrap_err();
            assert!(matches!(&stopped, PublishError::Interrupted { step, .. } if step == name));
        }
        let expected = if stop > commit { release(2) } else { release(1) };
        assert_eq!(house.latest().await, Some(expected), "stopped before `{name}`");
        assert_eq!(house.faults(release(1)).await, [], "stopped before `{name}`");

        house.publish(release(2), "Ferguson Police", Some(&first)).await;
        assert!(house.tree() == whole, "after a stop before `{name}` the release is another");
    }
}

#[tokio::test]
async fn what_a_stopped_run_left_keeps_its_name_until_a_later_release_is_published() {
    let (house, first) = House::with_first().await;
    let day = release(1).date();
    let next = async || next_release(&house.storage, Some(release(1)), day).await.unwrap();
    let cleared = async || clear_abandoned(&house.storage).await.unwrap();
    assert_eq!(next().await, release(2));
    let watch = |step: &str| if step == "put manifest.json" { Err(Interrupted) } else { Ok(()) };
    let stopped = house.stage("Another name", draft(release(2), Some(&first)), &watch).unwrap();
    publish(&house.storage, &stopped, &watch).await.unwrap_err();
    assert!(matches!(
        verify_release(&house.storage, release(2), None, house.work.path()).await,
        Err(porchlight::release::VerifyError::NoSuchRelease(id)) if id == release(2)
    ));

    // It may still come to its end, so nothing else gets its name.
    assert_eq!(cleared().await, []);
    assert_eq!(next().await, release(3));
    let other = house.stage("Ferguson Police", draft(release(2), Some(&first)), UNDISTURBED);
    let refused = publish(&house.storage, &other.unwrap(), UNDISTURBED).await.unwrap_err();
    assert!(matches!(&refused, PublishError::Taken(key) if key.ends_with("SHA256SUMS")));

    // From here on it cannot any more.
    house.publish(release(3), "Ferguson Police", Some(&first)).await;
    assert_eq!(cleared().await, [release(2)]);
    assert!(!house.path(release(2), "SHA256SUMS").exists());
    assert_eq!(next().await, release(4));
    assert!(verify_chain(&house.storage, None, house.work.path()).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_release_is_found_without_its_pointer() {
    let (house, first) = House::with_first().await;
    house.publish(release(2), "Ferguson Police", Some(&first)).await;
    let latest = house.home.path().join("latest.json");
    let good = fs::read(&latest).unwrap();
    let newest = pointer::latest(&house.storage).await.unwrap().unwrap();
    let old = pointer::Pointer::to(&first, first.sha256()).to_bytes();
    for bad in [&old[..], b"", b"{\"release\":"] {
        fs::write(&latest, bad).unwrap();
        assert_eq!(pointer::latest(&house.storage).await.unwrap().as_ref(), Some(&newest));
    }
    fs::remove_file(&latest).unwrap();
    assert_eq!(pointer::latest(&house.storage).await.unwrap(), Some(newest));

    let chain = async || verify_chain(&house.storage, None, house.work.path()).await.unwrap();
    let faults = chain().await.faults().map(|fault| fault.kind.clone()).collect::<Vec<_>>();
    assert_eq!(faults, [FaultKind::Pointer]);
    // What a run killed between the manifest and the pointer leaves is no fault.
    fs::write(&latest, &old).unwrap();
    assert!(chain().await.is_sound());
    // A pointer to the release before, but with another manifest, is.
    fs::write(&latest, pointer::Pointer::to(&first, "0".repeat(64)).to_bytes()).unwrap();
    assert!(!chain().await.is_sound());

    // Publishing what is published puts the pointer right.
    house.publish(release(2), "Ferguson Police", Some(&first)).await;
    assert_eq!(fs::read(&latest).unwrap(), good);
    // And an old release published again does not take it back.
    house.publish(release(1), "Ferguson PD", None).await;
    assert_eq!(fs::read(&latest).unwrap(), good);
}

#[tokio::test]
async fn nothing_published_is_ever_replaced_and_the_chain_never_forks() {
    let (house, first) = House::with_first().await;
    let before = house.tree();
    let refused = async |id, name: &str, previous: Option<&Manifest>| {
        let staged = house.stage(name, draft(id, previous), UNDISTURBED).unwrap();
        publish(&house.storage, &staged, UNDISTURBED).await.unwrap_err()
    };
    let again = refused(release(1), "Another name", None).await;
    assert!(matches!(again, PublishError::AlreadyPublished(id) if id == release(1)));
    let orphan = refused(release(2), "x", None).await;
    assert_eq!(
        orphan.to_string(),
        "release 2026-11-24.2 follows none, but the newest is 2026-11-24.1"
    );
    let mut other = first.clone();
    other.software_version = "9".into();
    let link = refused(release(2), "x", Some(&other)).await;
    assert!(matches!(link, PublishError::Link { previous, .. } if previous == release(1)));
    let earlier = refused("2026-11-23.1".parse().unwrap(), "x", Some(&first)).await;
    assert!(matches!(earlier, PublishError::Previous { .. }));
    assert!(house.tree() == before);
}

/// Both may run as tasks of a runtime with several threads.
#[tokio::test]
async fn publishing_and_verifying_can_move_between_threads() {
    fn moves<F: Future + Send>(future: F) -> F {
        future
    }
    let house = House::new();
    let staged = house.stage("Ferguson PD", draft(release(1), None), UNDISTURBED).unwrap();
    moves(publish(&house.storage, &staged, UNDISTURBED)).await.unwrap();
    moves(verify_chain(&house.storage, None, house.work.path())).await.unwrap();
}

#[tokio::test]
async fn nothing_published_is_no_error() {
    let house = House::new();
    assert_eq!(house.latest().await, None);
    let report = verify_chain(&house.storage, None, house.work.path()).await.unwrap();
    assert!(report.is_sound() && report.releases.is_empty());
}
