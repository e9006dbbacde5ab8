//! After the first release: nothing new makes none, and an edition in which much is gone waits for
//! a person; what a source no longer lists is neither gone nor ended.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::publishers::ATLAS;
use crate::support::world::{Release, Row, World, days_ago, figure};

#[test]
fn a_second_refresh_asks_conditionally_and_is_unchanged() {
    let world = World::start();
    world.refresh().ends(0);
    let before = world.requests().len();
    let second = world.refresh().ends(0);
    assert_eq!(second.json(), json!({"outcome": "unchanged", "failures": []}));

    let requests = world.requests().split_off(before);
    assert!(requests.len() > 50, "every source and every state is asked: {}", requests.len());
    let unconditional: Vec<_> = requests
        .iter()
        .filter(|(path, conditional)| !conditional && !is_unknown_territory(path))
        .collect();
    assert!(unconditional.is_empty(), "asked for in full: {unconditional:?}");
    assert_eq!(world.listed().0.len(), 1);
    figure(&format!("second refresh: unchanged, {} requests, {:?}", requests.len(), second.took));
}

/// A territory that the endpoint does not know has no answer to ask for again.
fn is_unknown_territory(path: &str) -> bool {
    porchlight::source::TERRITORIES.iter().any(|code| path.contains(&format!("/{code}?")))
}

#[test]
fn an_atlas_without_its_ring_category_is_held_until_a_person_accepts_it() {
    held_until_accepted("half");
}

#[test]
fn an_atlas_without_every_second_record_is_held_until_a_person_accepts_it() {
    held_until_accepted("alternate");
}

fn held_until_accepted(kind: &str) {
    let world = World::start();
    world.date_atlas(days_ago(20));
    world.refresh().ends(0);
    let before = world.latest();
    let was = ring(&before);
    assert!(was.values().all(|p| p["status"] == "active"), "listed in a fresh edition");

    world.fault(ATLAS, kind);
    world.date_atlas(days_ago(10));
    let held = world.refresh().ends(3);
    let report = held.json();
    assert_eq!(report["outcome"], "held");
    let gates: Vec<String> = report["gates"].as_array().unwrap().iter().map(gate).collect();
    assert!(gates.contains(&"records_read eff-atlas".to_owned()), "{gates:?}");
    assert!(
        gates.contains(&"records_ours eff-atlas/partnership/ring-neighbors".to_owned()),
        "{gates:?}"
    );
    let candidate = report["candidate"].as_str().unwrap();
    assert_eq!(world.listed(), (vec![before.name()], vec![candidate.to_owned()]));
    assert_eq!(world.latest().manifest(), before.manifest(), "the old release stays as it is");

    // Looking again does not make a second candidate, and changes nothing.
    assert_eq!(world.refresh().ends(3).json()["candidate"], candidate);
    assert_eq!(world.listed(), (vec![before.name()], vec![candidate.to_owned()]));
    {
        let served = world.serve();
        assert_eq!(served.json("/v1/summary")["meta"]["release"], before.name());
        let status = served.json("/v1/status");
        assert_eq!(status["data"]["held"][0]["candidate"], candidate);
    }

    let reason = "The publisher took the category down.";
    let accept = world.run(&["release", "accept", candidate, "--reason", reason, "--json"]);
    assert_eq!(accept.ends(0).json()["outcome"], "published");
    let after = world.latest();
    assert_ne!(after.name(), before.name());
    let manifest = after.manifest();
    assert_eq!(manifest["accepted"], json!({"candidate": candidate, "reason": reason}));
    assert_eq!(world.listed().1, Vec::<String>::new());
    world.run(&["release", "verify"]).ends(0);
    let unlisted = nothing_is_gone_or_ended(&was, &ring(&after), &days_ago(20).to_string());
    figure(&format!(
        "{kind}: held by {gates:?}; accepted: {unlisted} of {} are unknown",
        was.len()
    ));
    assert_eq!(world.refresh().ends(0).json()["outcome"], "unchanged");

    // The publisher brings all of it back: the partnerships are listed again.
    world.heal();
    world.date_atlas(days_ago(5));
    let healed = world.publish();
    let now = ring(&healed);
    assert!(now.values().all(|partnership| partnership["status"] == "active"));
    assert_eq!(now.len(), was.len());
}

fn gate(gate: &serde_json::Value) -> String {
    format!("{} {}", gate["gate"].as_str().unwrap(), gate["subject"].as_str().unwrap())
}

/// The Ring partnerships by id; those that only editors wrote about are no listings.
fn ring(release: &Release) -> BTreeMap<String, Row> {
    let partnerships = release.table("partnerships").into_iter();
    let ring = partnerships
        .filter(|p| p["program_id"] == "ring-neighbors" && !p["last_listed_on"].is_empty());
    ring.map(|partnership| (partnership["id"].clone(), partnership)).collect()
}

/// How many of the partnerships that were listed are not any more.
fn nothing_is_gone_or_ended(
    was: &BTreeMap<String, Row>,
    is: &BTreeMap<String, Row>,
    last_listed_on: &str,
) -> usize {
    let mut unlisted = 0;
    for (id, before) in was {
        let now = is.get(id).unwrap_or_else(|| panic!("{id} is gone: {before:?}"));
        assert_eq!(now["ended_on"], "", "{now:?}");
        if now["status"] == "active" {
            assert_ne!(now["last_listed_on"], last_listed_on);
            continue;
        }
        assert_eq!((&*now["status"], &*now["last_listed_on"]), ("unknown", last_listed_on));
        unlisted += 1;
    }
    assert!(unlisted > 0);
    unlisted
}

#[test]
fn a_held_candidate_is_forgotten_about_when_the_publisher_mends_its_edition() {
    let world = World::start();
    world.refresh().ends(0);
    let before = world.latest().name();
    world.fault(ATLAS, "half");
    world.date_atlas(days_ago(5));
    world.refresh().ends(3);
    world.heal();
    assert_eq!(world.refresh().ends(0).json()["outcome"], "unchanged");
    assert_eq!(world.latest().name(), before);
}
