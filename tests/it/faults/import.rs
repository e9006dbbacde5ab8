//! Bad editions that are imported from a file, and one that is published with what is bad left out.

use std::collections::BTreeMap;

use porchlight::refresh::{Options, Outcome, RefreshError};
use porchlight::source;

use super::publishers::Publisher;
use super::world::{World, latest_of, only};
use super::{failed, happen};
use crate::support::world::{Release, Row};

/// The single body of an edition.
fn body(publisher: &Publisher, fault: &str) -> bytes::Bytes {
    happen::bodies(publisher, fault).into_values().next().unwrap().into()
}

#[tokio::test]
async fn an_old_edition_with_columns_swapped_waits_for_a_person_too() {
    let mut world = World::published().await;
    for (id, gate) in [
        ("usfa-registry", "keys_new usfa-registry/agency"),
        ("census-places", "keys_new census-places/place"),
        ("eff-atlas", "keys_new eff-atlas/partnership"),
    ] {
        let publisher = world.publisher(id);
        let bad = body(&publisher, "key and name swapped");
        world.now += chrono::Duration::minutes(1);
        let source = source::by_id(id).unwrap();
        // Older than what is published: nothing of that is any less.
        let as_of = "2015-01-01".parse().unwrap();
        let report = world.context.import(source, bad, as_of, world.now).await.unwrap();
        let Outcome::Held { failed: gates, .. } = report.outcome else { panic!("{report:?}") };
        assert!(failed(&gates).contains(&gate.to_owned()), "{gates:?}");

        let error = world
            .context
            .import(source, body(&publisher, "UTF-16 without a mark"), as_of, world.now)
            .await
            .unwrap_err();
        assert!(matches!(error, RefreshError::NotAnEdition { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_bad_in_an_edition_is_left_out_and_nothing_published_vanishes() {
    let mut world = World::published().await;
    let before = agencies(&world);
    let partnerships = latest(&world).table("partnerships").len();
    for (id, fault) in [
        ("fbi-agencies", "HTML in one name"),
        ("usfa-registry", "a formula in one name"),
        ("eff-atlas", "1 MB in one name"),
        ("census-places", "NUL in one name"),
    ] {
        let publisher = world.publisher(id);
        world.answer(happen::bodies(&publisher, fault));
        let report = world.refresh(&only(id, false)).await;
        assert!(matches!(report.outcome, Outcome::Published(_)), "{fault}: {report:?}");
    }
    assert_eq!(agencies(&world), before, "what was said before stays");
    let issues = latest(&world).table("issues");
    let unfit: Vec<&Row> = issues.iter().filter(|row| row["problem"] == "unfit_text").collect();
    assert_eq!(unfit.len(), 4, "{unfit:?}");
    assert!(unfit.iter().all(|row| row["excerpt"].chars().count() < 100), "{unfit:?}");

    world.heal_all();
    let healed = world.refresh(&Options::default()).await;
    assert!(matches!(healed.outcome, Outcome::Published(_)), "{healed:?}");
    assert_eq!(agencies(&world), before);
    assert_eq!(latest(&world).table("partnerships").len(), partnerships);
    let issues = latest(&world).table("issues");
    assert!(issues.iter().all(|row| row["problem"] != "unfit_text"), "{issues:?}");
}

fn latest(world: &World) -> Release {
    latest_of(&world.home())
}

/// Name, state and place of every agency, by id.
fn agencies(world: &World) -> BTreeMap<String, String> {
    let facts = |row: Row| {
        let facts = ["name", "state", "city", "counties", "lat", "lon"].map(|name| &*row[name]);
        (row["id"].clone(), facts.join(" | "))
    };
    latest(world).table("agencies").into_iter().map(facts).collect()
}
