//! Folding what is new, replaying all that came, and folding in another order give the same
//! records, ids and evidence.

use std::collections::BTreeMap;

use porchlight::record::RESOURCES;

use crate::support::publishers::{ATLAS, rows, table};
use crate::support::world::{Release, Row, World, alternate, days_ago, figure};

#[test]
fn replaying_the_captures_along_the_manifest_chain_makes_the_same_releases() {
    let world = World::start();
    world.date_atlas(days_ago(30));
    world.publish();
    world.fault(ATLAS, "alternate");
    world.date_atlas(days_ago(20));
    world.publish();
    world.heal();
    world.date_atlas(days_ago(10));
    world.publish();
    world.import_atlas(&earlier_edition(&world), days_ago(40));

    let replayed = world.run(&["refresh", "--replay", "--json"]).ends(0);
    let report = replayed.json();
    assert_eq!(report["same"], true, "{replayed:?}");
    let releases = report["releases"].as_array().unwrap();
    assert_eq!(releases.len(), 4);
    figure(&format!("replayed {} releases, all the same, in {:?}", releases.len(), replayed.took));
}

#[test]
fn an_older_edition_imported_later_gives_what_importing_it_first_would_have_given() {
    let older_first = World::start();
    let editions = editions(&older_first);
    let [earliest, middle, newest] = &editions;
    let orders =
        [[earliest, middle, newest], [newest, earliest, middle], [middle, newest, earliest]];
    let mut expected = None;
    for order in orders {
        let world = World::start();
        world.without_atlas();
        world.publish();
        for (days, edition) in order {
            world.import_atlas(edition, days_ago(*days));
        }
        let tables = records(&world.latest());
        let Some(expected) = &expected else {
            expected = Some(tables);
            continue;
        };
        for (table, rows) in expected {
            let other = &tables[table];
            let differing: Vec<_> =
                rows.iter().zip(other).filter(|(a, b)| a != b).take(2).collect();
            assert!(rows.len() == other.len() && differing.is_empty(), "{table}: {differing:#?}");
        }
    }
    let counts = expected.unwrap();
    figure(&format!(
        "three editions in three orders: the same {} partnerships and {} evidence",
        counts["partnerships"].len(),
        counts["evidence"].len()
    ));
}

/// Three editions of the Atlas by their age in days, each with rows the others lack, and one in
/// which the department under a number has another name.
fn editions(world: &World) -> [(u64, Vec<u8>); 3] {
    let full = world.body(ATLAS);
    [(40, earlier_edition(world)), (25, alternate(&full)), (10, renamed(&full))]
}

/// The rows that are missing where every second record is gone, and a third of the others.
fn earlier_edition(world: &World) -> Vec<u8> {
    let all = rows(&world.body(ATLAS));
    let kept = all
        .iter()
        .enumerate()
        .filter(|(number, _)| *number == 0 || number % 2 == 0 || number % 3 == 0);
    table(&kept.map(|(_, row)| row.clone()).collect::<Vec<_>>())
}

/// Some departments under other names, which changes whom their rows are taken to mean.
fn renamed(full: &[u8]) -> Vec<u8> {
    let mut all = rows(full);
    let agency = all[0].iter().position(|column| column == "Agency").unwrap();
    for row in all.iter_mut().skip(1).step_by(7) {
        row[agency].push_str(" Auxiliary");
    }
    table(&all)
}

/// All records, but for what depends on when this machine did its work.
fn records(release: &Release) -> BTreeMap<&'static str, Vec<Row>> {
    const STAMPS: [&str; 3] = ["first_release", "last_changed_release", "retrieved_at"];
    let stampless = |mut row: Row| {
        for stamp in STAMPS {
            row.remove(stamp);
        }
        row
    };
    let tables = RESOURCES.iter().map(|resource| resource.table);
    tables.map(|name| (name, release.table(name).into_iter().map(stampless).collect())).collect()
}
