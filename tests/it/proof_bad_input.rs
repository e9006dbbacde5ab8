//! What publishers send instead of data, source by source: each failure has a reason in words,
//! nothing is lost, and the next good answer heals it. And what a damaged release says.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::publishers::{ATLAS, OHIO};
use crate::support::world::{ASKED, Ran, World, days_ago, figure, ran};

/// A fault, and what the reason must say of it; several, where it depends on the format.
const FAILING: [(&str, &[&str]); 14] = [
    ("status-500", &["answered 500"]),
    ("status-404", &["answered 404"]),
    ("status-429", &["answered 429"]),
    ("html", &["HTML page"]),
    ("empty", &["empty", "no header", "no records"]),
    ("truncated", &["broke off"]),
    ("header", &["AOSNUMBER", "FDID", "USPS", "no JSON"]),
    ("drip", &["within"]),
    ("hang", &["within"]),
    ("reset", &["no connection", "broke off"]),
    ("loop", &["redirects more than 3 times"]),
    ("private", &["redirects to http://169.254.169.254", "which is not followed"]),
    ("huge", &["sent more than"]),
    ("bomb", &["unpacks to more than"]),
];

#[test]
fn every_fault_of_the_atlas_is_told_and_healed() {
    every_fault_is_told_and_healed("eff-atlas");
}

#[test]
fn every_fault_of_the_fbi_list_is_told_and_healed() {
    every_fault_is_told_and_healed("fbi-agencies");
}

#[test]
fn every_fault_of_the_fire_registry_is_told_and_healed() {
    every_fault_is_told_and_healed("usfa-registry");
}

#[test]
fn every_fault_of_the_gazetteer_of_places_is_told_and_healed() {
    every_fault_is_told_and_healed("census-places");
}

#[test]
fn every_fault_of_the_gazetteer_of_counties_is_told_and_healed() {
    every_fault_is_told_and_healed("census-counties");
}

fn every_fault_is_told_and_healed(source: &str) {
    let world = World::start();
    world.refresh().ends(0);
    let before = world.latest().manifest();
    let (_, path) = ASKED.into_iter().find(|(id, _)| *id == source).unwrap();
    let mut since = Value::Null;
    for (kind, words) in FAILING {
        world.fault(path, kind);
        let told = world.run_impatiently(&["refresh", "--json"]);
        let told = told.ends(0);
        let failures = &told.json()["failures"];
        assert_eq!(failures.as_array().unwrap().len(), 1, "{kind}: {told:?}");
        assert_eq!(failures[0]["source_id"], source, "{kind}");
        let reason = failures[0]["reason"].as_str().unwrap();
        assert!(words.iter().any(|words| reason.contains(words)), "{kind}: {reason}");
        assert!(told.stderr.contains(source), "the log tells of it: {told:?}");

        let health = world.health(source);
        assert_eq!((&health["health"], &health["reason"]), (&json!("failing"), &json!(reason)));
        since = if since.is_null() { health["failing_since"].clone() } else { since };
        assert_eq!(health["failing_since"], since, "since the first of its failures");
        assert_eq!(world.latest().manifest(), before, "{kind}: its evidence stays");
        if path == ATLAS {
            figure(&format!("{kind}: {reason}"));
        }
    }
    let served = world.serve();
    let status = served.json("/v1/status");
    let sources = status["data"]["sources"].as_array().unwrap();
    let failing: Vec<_> = sources.iter().filter(|s| s["health"] == "failing").collect();
    assert_eq!(failing.len(), 1, "{status:#}");
    assert_eq!((&failing[0]["id"], &failing[0]["failing_since"]), (&json!(source), &since));
    drop(served);

    world.heal();
    let healed = world.refresh().ends(0);
    assert_eq!(healed.json(), json!({"outcome": "unchanged", "failures": []}));
    assert_eq!(world.health(source)["health"], "ok");
    assert_eq!(world.health(source)["failing_since"], Value::Null);
}

#[test]
fn a_table_in_another_encoding_than_it_says_is_read_as_what_it_is() {
    let world = World::start();
    world.refresh().ends(0);
    let names = "SELECT name AS line FROM agencies ORDER BY id";
    let before = world.latest().query(names);
    world.fault(ATLAS, "latin1");
    world.date_atlas(days_ago(1));
    let refreshed = world.refresh();
    assert_eq!(refreshed.json()["failures"], json!([]), "{refreshed:?}");
    assert_eq!(world.latest().query(names), before);
}

#[test]
fn the_refresh_fails_only_where_every_source_fails() {
    let world = World::start();
    for (_, path) in ASKED {
        world.fault(path, "status-500");
    }
    let first = world.refresh().ends(69);
    assert_eq!(first.json()["failures"].as_array().unwrap().len(), ASKED.len());
    // What is in the program needs nobody, and is served.
    assert_eq!(world.serve().json("/v1/vendors/ring")["data"]["id"], "ring");

    world.heal();
    let healed = world.refresh().ends(0);
    assert_eq!(healed.json()["failures"], json!([]), "{healed:?}");
    let before = world.latest().manifest();
    for (_, path) in ASKED {
        world.fault(path, "reset");
    }
    world.refresh().ends(69);
    assert_eq!(world.latest().manifest(), before);
    world.heal();
    world.fault(OHIO, "status-404");
    assert_eq!(world.refresh().ends(0).json()["failures"][0]["source_id"], "fbi-agencies");
}

#[test]
fn a_body_without_end_and_a_bomb_are_cut_while_memory_stays_flat() {
    let world = World::start();
    world.refresh().ends(0);
    let ordinary = world.refresh().ends(0).peak_kib;
    let most = world.most_bytes();
    let mut peaks = Vec::new();
    for kind in ["huge", "bomb"] {
        for (_, path) in ASKED {
            world.fault(path, kind);
        }
        let cut = world.refresh().ends(69);
        assert!(cut.stdout.contains(&format!("than {most} bytes")), "{cut:?}");
        // Five bodies at a time at most, in buffers that grow by doubling, and what belongs to five
        // connections.
        let allowed = ordinary + 5 * 2 * (most >> 10) + (16 << 10);
        assert!(cut.peak_kib < allowed, "{} KiB after {ordinary} KiB", cut.peak_kib);
        peaks.push(cut.peak_kib >> 10);
    }
    figure(&format!("memory: ordinary {} MiB, endless and bomb {peaks:?} MiB", ordinary >> 10));
}

#[test]
fn a_second_refresh_at_the_same_time_says_that_one_is_in_progress() {
    let world = World::start();
    world.fault(ATLAS, "hang");
    let mut first = world.command(&["refresh"]).spawn().unwrap();
    while !world.requests().iter().any(|(path, _)| path.starts_with(ATLAS)) {
        thread::sleep(Duration::from_millis(5));
    }
    let second = world.refresh().ends(75);
    assert_eq!(second.json()["outcome"], "busy");
    first.kill().unwrap();
    first.wait().unwrap();
    world.heal();
    assert_eq!(world.refresh().ends(0).json()["outcome"], "published");
}

#[test]
fn a_damaged_release_file_is_refused_with_its_name_and_advice() {
    let world = World::start();
    world.refresh().ends(0);
    let file = world.latest().folder.join("dataset.sqlite");
    let whole = fs::read(&file).unwrap();

    // Cut off: nobody can read it.
    write(&file, &whole[..whole.len() / 2]);
    is_refused(&world.run(&["release", "verify"]).ends(65), "dataset.sqlite");
    is_refused(&world.refresh().ends(65), "dataset.sqlite");
    is_refused(&serve(&world).ends(65), "dataset.sqlite");

    // One byte of a name is another: only its hash tells.
    let mut changed = whole.clone();
    let place = changed.windows(7).rposition(|window| window == b"Sheriff").unwrap();
    changed[place] = b'Z';
    write(&file, &changed);
    is_refused(&world.run(&["release", "verify"]).ends(65), "dataset.sqlite");
    world.fault(ATLAS, "alternate");
    world.date_atlas(days_ago(1));
    is_refused(&world.refresh().ends(65), "dataset.sqlite");
    world.heal();

    write(&file, &whole);
    world.run(&["release", "verify"]).ends(0);
    world.refresh().ends(0);
}

#[test]
fn a_damaged_manifest_is_refused_with_its_name_and_advice() {
    let world = World::start();
    world.refresh().ends(0);
    let file = world.latest().folder.join("manifest.json");
    let whole = fs::read(&file).unwrap();
    write(&file, &whole[..whole.len() / 2]);
    is_refused(&world.run(&["release", "verify"]).ends(65), "manifest.json");
    is_refused(&world.refresh().ends(65), "manifest.json");
    is_refused(&serve(&world).ends(65), "manifest.json");
    write(&file, &whole);
    world.run(&["release", "verify"]).ends(0);
}

/// `serve`, which must not come so far as to listen.
fn serve(world: &World) -> Ran {
    ran(world.command(&["serve", "--listen", "127.0.0.1:0", "--no-schedule"]))
}

#[track_caller]
fn is_refused(ran: &Ran, file: &str) {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains(file), "names no file: {ran:?}");
    let advice = ["copy", "fetch the file again"];
    assert!(advice.iter().any(|advice| said.contains(advice)), "says not what to do: {ran:?}");
}

fn write(file: &Path, bytes: &[u8]) {
    // Release files are written once, and may be read-only.
    let beside: PathBuf = file.with_extension("new");
    fs::write(&beside, bytes).unwrap();
    fs::rename(&beside, file).unwrap();
}
