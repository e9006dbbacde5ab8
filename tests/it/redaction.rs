//! A record is redacted: nothing that is served holds it, it does not come back, and the chain of
//! releases is whole all the same.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use bytes::Bytes;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use porchlight::serve::Settings;
use reqwest::Method;
use serde_json::Value;

use crate::support::app::{App, NothingYet};
use crate::support::program::Program;
use crate::support::publishers::{ATLAS, rows, table};
use crate::support::small_upstream::SmallUpstream;
use crate::support::world::{Release, Row, World, copy, days_ago};

const REASON: &str = "It named a private person.";

/// Three releases of the publishers' world.
fn three_releases() -> (World, [Release; 3]) {
    let world = World::start();
    world.date_atlas(days_ago(30));
    let first = world.publish();
    world.fault(ATLAS, "alternate");
    world.date_atlas(days_ago(20));
    let second = world.publish();
    world.heal();
    world.date_atlas(days_ago(10));
    let third = world.publish();
    (world, [first, second, third])
}

fn redact(world: &World, subject: &str) -> Release {
    let ran = world.run(&["release", "redact", subject, "--reason", REASON, "--json"]).ends(0);
    assert_eq!(ran.json()["outcome"], "published");
    world.latest()
}

/// A partnership of a known agency, and what the Atlas says of it.
fn partnership(release: &Release) -> (Row, Row) {
    let evidence = release.table("evidence");
    let partnerships = release.table("partnerships");
    let mut known = partnerships.iter().filter(|row| !row["agency_id"].is_empty());
    let found = known.find_map(|row| {
        let mut own = evidence.iter().filter(|e| e["subject_id"] == row["id"]);
        let entry = own.next().filter(|e| e["source_id"] == "eff-atlas")?;
        // One row of one source speaks of it.
        let alone = own.all(|e| e["source_key"] == entry["source_key"]);
        // No other row's key begins like this one's, so that a text can be looked for.
        let key = &entry["source_key"];
        let same = evidence.iter().filter(|e| e["source_key"].starts_with(key.as_str()));
        let alone = alone && key.len() > 4 && same.into_iter().all(|e| e["source_key"] == *key);
        alone.then(|| (row.clone(), entry.clone()))
    });
    found.unwrap()
}

/// What a file holds, however it is packed; an archive is all its files, one after the other.
fn unpacked(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let mut held = Vec::new();
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("gz") => {
            flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut held).unwrap();
        }
        Some("parquet") => {
            let file = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
            for row in file.get_row_iter(None).unwrap() {
                held.extend(row.unwrap().to_string().into_bytes());
            }
        }
        Some("zip") => {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            for at in 0..archive.len() {
                let mut entry = archive.by_index(at).unwrap();
                let name = entry.name().unwrap().into_owned();
                let mut packed = Vec::new();
                entry.read_to_end(&mut packed).unwrap();
                held.extend(unpacked(&name, packed));
            }
        }
        _ => held = bytes,
    }
    held
}

/// Where a text stands among the files of all releases.
fn places_of(home: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![home.join("releases"), home.join("staging"), home.join("held")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            let bytes = unpacked(name, fs::read(&path).unwrap());
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

fn assert_nowhere(world: &World, text: &str) {
    assert!(text.len() > 4, "`{text}` says nothing");
    assert_eq!(places_of(&world.home(), text), Vec::<String>::new(), "`{text}` is still there");
}

fn served(world: &World) -> App {
    let home = tempfile::tempdir().unwrap();
    copy(&world.home(), home.path());
    App::over(home, NothingYet, Settings::default())
}

async fn assert_gone(app: &App, path: &str) -> Value {
    let got = app.get(path).await;
    let said = got.json();
    assert_eq!(got.status, 410, "{path}: {said}");
    assert_eq!(said["code"], "gone", "{path}");
    assert!(said["detail"].as_str().unwrap().contains(REASON), "{path}: {said}");
    assert_eq!(app.ask(Method::HEAD, path, &[]).await.status, 410, "{path}");
    said
}

/// The Atlas with other words in the row of that number, and dated anew.
fn reworded(world: &World, key: &str) -> Vec<u8> {
    let mut all = rows(&world.body(ATLAS));
    let mut changed = 0;
    for row in &mut all {
        // The Atlas pads its numbers with zeros.
        if row[0].replace("AOS0", "AOS").replace("AOS0", "AOS") == key {
            row[6].push_str(" It is told in other words by now.");
            changed += 1;
        }
    }
    assert!(changed > 0, "{key}");
    table(&all)
}

/// The server tells of a partnership, of what is said of it, and of the releases that held it, only
/// that they were taken back.
async fn assert_gone_from_the_server(
    world: &World,
    id: &str,
    entry: &Row,
    names: &[String],
    after: &Release,
) {
    let key = entry["source_key"].as_str();
    let app = served(world);
    for below in ["", "/history", "/evidence"] {
        let said = assert_gone(&app, &format!("/v1/partnerships/{id}{below}")).await;
        assert!(!said["detail"].as_str().unwrap().contains("was the last to hold it"), "{said}");
    }
    assert_gone(&app, &format!("/v1/evidence/{}", entry["id"])).await;
    for name in names {
        for path in [
            format!("/v1/releases/{name}"),
            format!("/v1/releases/{name}/agencies"),
            format!("/v1/releases/{name}/gates"),
            format!("/data/{name}/dataset.sqlite"),
            format!("/data/{name}/manifest.json"),
            format!("/v1/changes?from={name}"),
        ] {
            let said = assert_gone(&app, &path).await;
            assert!(said["detail"].as_str().unwrap().contains(&after.name()), "{said}");
        }
    }
    let list = app.get("/v1/releases").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let redacted: Vec<&str> = list["redacted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["release"].as_str().unwrap())
        .collect();
    let newest_first: Vec<&str> = names.iter().rev().map(String::as_str).collect();
    assert_eq!(redacted, newest_first);
    // A day that meant a release that was taken back means what stands for it.
    let day = names[0].split('.').next().unwrap().to_owned();
    let dated = app.get(&format!("/v1/releases/{day}/summary")).await.json();
    assert_eq!(dated["meta"]["release"], after.name());
    let evidence = app.get(&format!("/v1/evidence?source_key={key}")).await.json();
    assert_eq!(evidence["meta"]["total"], 0);
    for path in [
        "/feeds/changes.atom",
        "/feeds/changes.json",
        "/v1/changes.ndjson",
        "/v1/partnerships.ndjson",
        "/v1/partnerships.geojson",
        "/v1/evidence.csv",
        "/data",
    ] {
        let got = app.get(path).await;
        assert_eq!(got.status, 200, "{path}");
        let text = String::from_utf8_lossy(&got.body);
        assert!(!text.contains(id) && !text.contains(key), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_partnership_is_in_nothing_that_is_served_and_does_not_come_back() {
    let (world, [first, second, third]) = three_releases();
    let (record, entry) = partnership(&first);
    let (id, key) = (record["id"].as_str(), entry["source_key"].as_str());
    let places = places_of(&world.home(), key);
    for ending in [".csv", ".ndjson.gz", ".parquet", ".zip", ".sqlite"] {
        assert!(places.iter().any(|place| place.ends_with(ending)), "{ending}: {places:?}");
    }
    let names = [first.name(), second.name(), third.name()];
    let hashes: Vec<String> = [&first, &second, &third]
        .map(|release| {
            let bytes = fs::read(release.folder.join("manifest.json")).unwrap();
            porchlight::release::digest::sha256(&bytes)
        })
        .into();

    let after = redact(&world, id);
    let manifest = after.manifest();
    let taken = manifest["redactions"].as_array().unwrap();
    for ((name, hash), redacted) in names.iter().zip(&hashes).zip(taken) {
        assert_eq!(redacted["release"], *name);
        assert_eq!(redacted["manifest_sha256"], *hash);
        assert_eq!(redacted["reason"], REASON);
        assert_eq!(redacted["redacted_in"], after.name());
    }
    assert_eq!(taken.len(), 3);
    assert_eq!(manifest["previous"]["manifest_sha256"], hashes[2], "the chain goes on");
    assert_nowhere(&world, key);
    for file in ["partnerships.csv", "evidence.csv", "issues.csv"] {
        let text = fs::read_to_string(after.folder.join(file)).unwrap();
        assert!(!text.contains(id), "{file}");
    }
    assert_eq!(
        after.query(&format!("SELECT mint_key AS line FROM identities WHERE id = '{id}'")),
        [""; 0]
    );
    assert_eq!(after.query(&format!("SELECT id AS line FROM changes WHERE id = '{id}'")), [""; 0]);
    assert_eq!(after.query(&format!("SELECT id AS line FROM search WHERE id = '{id}'")), [""; 0]);
    assert_eq!(world.listed().0, [after.name()]);
    world.run(&["release", "verify"]).ends(0);

    assert_gone_from_the_server(&world, id, &entry, &names, &after).await;

    // The same words again, other words of the same row, and an earlier edition change nothing.
    assert_eq!(world.refresh().ends(0).json()["outcome"], "unchanged");
    let edition = reworded(&world, key);
    let later = world.import_atlas(&edition, days_ago(3));
    assert_nowhere(&world, key);
    assert_eq!(later.manifest()["redactions"], manifest["redactions"]);
    let earlier = world.import_atlas(&edition, days_ago(60));
    assert_nowhere(&world, key);
    let partnerships = earlier.table("partnerships");
    assert!(partnerships.iter().all(|row| row["id"] != id));
    world.run(&["release", "verify"]).ends(0);
    let replayed = world.run(&["refresh", "--replay", "--json"]).ends(0).json();
    assert_eq!(replayed["same"], true, "{replayed}");
    assert_eq!(replayed["releases"].as_array().unwrap().len(), 2, "{replayed}");
    assert_gone(&served(&world), &format!("/v1/partnerships/{id}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_takes_its_partnerships_with_it() {
    let (world, [first, ..]) = three_releases();
    let (record, _) = partnership(&first);
    let agency_id = record["agency_id"].as_str();
    let agencies = first.table("agencies");
    let agency = agencies.iter().find(|row| row["id"] == agency_id).unwrap();
    let evidence = first.table("evidence");
    let partnerships = first.table("partnerships");
    let of_agency = partnerships.iter().filter(|row| row["agency_id"] == agency_id);
    let of_agency: BTreeSet<&str> = of_agency.map(|row| row["id"].as_str()).collect();
    let keys: BTreeSet<&str> = evidence
        .iter()
        .filter(|e| e["subject_id"] == agency_id || of_agency.contains(e["subject_id"].as_str()))
        .map(|e| e["source_key"].as_str())
        .collect();
    assert!(keys.len() > 1);

    let after = redact(&world, agency_id);
    for key in keys {
        assert_nowhere(&world, key);
    }
    assert_nowhere(&world, &agency["ori"]);
    let app = served(&world);
    assert_gone(&app, &format!("/v1/agencies/{agency_id}")).await;
    assert_gone(&app, &format!("/v1/agencies/{agency_id}/coverage")).await;
    for id in &of_agency {
        assert_gone(&app, &format!("/v1/partnerships/{id}")).await;
    }
    assert_eq!(after.table("agencies").len(), agencies.len() - 1);
    world.date_atlas(days_ago(5));
    world.refresh().ends(0);
    assert_nowhere(&world, &agency["ori"]);
    world.run(&["release", "verify"]).ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_redacted_and_its_record_stays() {
    let world = World::start();
    let first = world.publish();
    let evidence = first.table("evidence");
    let page = evidence
        .iter()
        .find(|e| e["source_id"] == "curated" && !e["quote"].is_empty() && !e["url"].is_empty())
        .unwrap();
    let id = page["id"].as_str();
    let after = redact(&world, id);
    assert_nowhere(&world, &page["quote"]);
    assert_eq!(after.table("evidence").len(), evidence.len() - 1);
    let app = served(&world);
    assert_gone(&app, &format!("/v1/evidence/{id}")).await;
    let resource = format!("{}s", page["subject_type"]);
    let subject = app.get(&format!("/v1/{resource}/{}", page["subject_id"])).await;
    assert_eq!(subject.status, 200, "its record has other evidence");
}

#[test]
fn only_the_releases_that_hold_a_record_are_taken_back() {
    let upstream = SmallUpstream::start();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let program = Program::new(&home, &upstream.sources());
    let mut names = Vec::new();
    for edition in 0..3 {
        upstream.publish(edition);
        let said = program.succeed(&["refresh", "--json"]);
        let report: Value = serde_json::from_str(&said).unwrap();
        names.push(report["release"].as_str().unwrap().to_owned());
    }
    let third = Release { folder: home.join("releases").join(&names[2]) };
    let agencies = third.table("agencies");
    let newest = agencies.iter().find(|row| row["name"] == "Hundred 2 Police Department").unwrap();
    let kept = home.join("releases").join(&names[2]);
    let saved = folder.path().join("saved");
    copy(&kept, &saved);

    program.succeed(&["release", "redact", &newest["id"], "--reason", REASON]);
    assert!(home.join("releases").join(&names[0]).join("manifest.json").exists());
    assert!(home.join("releases").join(&names[1]).join("manifest.json").exists());
    assert!(!kept.join("manifest.json").exists() && !kept.join("dataset.sqlite").exists());
    assert_eq!(places_of(&home, "Hundred 2 Police"), Vec::<String>::new());
    program.succeed(&["release", "verify"]);

    // Killed between publishing and deleting: the files are still there, and the next run that
    // leads deletes them; nobody is told that they are a fault, or shown them.
    copy(&saved, &kept);
    assert!(!places_of(&home, "Hundred 2 Police").is_empty());
    program.succeed(&["release", "verify"]);
    let list = program.succeed(&["release", "list"]);
    assert!(list.contains(&format!("{} taken back", names[2])), "{list}");
    assert!(program.succeed(&["refresh"]).starts_with("unchanged"));
    assert!(!kept.join("manifest.json").exists());
    assert_eq!(places_of(&home, "Hundred 2 Police"), Vec::<String>::new());

    // A second one takes back more, and the list of the first stays.
    let second = Release { folder: home.join("releases").join(&names[1]) };
    let agencies = second.table("agencies");
    let one = agencies.iter().find(|row| row["name"] == "Hundred 1 Police Department").unwrap();
    let said = program.succeed(&["release", "redact", &one["id"], "--reason", REASON, "--json"]);
    let report: Value = serde_json::from_str(&said).unwrap();
    let newest = home.join("releases").join(report["release"].as_str().unwrap());
    let manifest = Release { folder: newest }.manifest();
    let taken: BTreeSet<&str> = manifest["redactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|redacted| redacted["release"].as_str().unwrap())
        .collect();
    assert!(taken.contains(names[1].as_str()) && taken.contains(names[2].as_str()));
    assert!(!taken.contains(names[0].as_str()));
    assert_eq!(taken.len(), 3, "the first redaction's own release held the other record");
    assert_eq!(places_of(&home, "Hundred 1 Police"), Vec::<String>::new());
    program.succeed(&["release", "verify"]);
    upstream.publish(4);
    program.succeed(&["refresh"]);
    for text in ["Hundred 1 Police", "Hundred 2 Police"] {
        assert_eq!(places_of(&home, text), Vec::<String>::new(), "{text}");
    }
    assert!(!places_of(&home, "Hundred 3 Police").is_empty());
    program.succeed(&["release", "verify"]);
}

#[test]
fn what_cannot_be_redacted_is_refused_in_words() {
    let world = World::start();
    world.refresh().ends(0);
    let before = world.listed();
    for (subject, reason, code, words) in [
        ("par_0000000000", REASON, 65, "no published release holds `par_0000000000`"),
        ("ring", REASON, 2, "is not the id of a record that can be redacted"),
        ("par_0000000000", " ", 2, "cannot be empty"),
    ] {
        let ran = world.run(&["release", "redact", subject, "--reason", reason]).ends(code);
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
    assert_eq!(world.listed(), before);
}
