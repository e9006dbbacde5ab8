//! Bad editions of every source, in small: each ends as it is written down in `expected`, and never
//! as a wrong release; and once the publisher is well again so is the next run.
//!
//! The same faults over the real files: `scripts/prove-faults`.

mod edition;
mod expected;
mod happen;
mod import;
mod publishers;
pub(crate) mod world;

use porchlight::catalog::RunKind;
use porchlight::refresh::{Options, Outcome, Report};
use porchlight::release::GateVerdict;

use crate::support::world::figure;
use expected::{Ends, TABLE};
use world::{World, only, releases_of};

/// The sources, in the order of the table of what is expected.
const SOURCES: [&str; 6] =
    ["eff-atlas", "ring-map", "fbi-agencies", "usfa-registry", "census-places", "census-counties"];

#[tokio::test]
async fn every_bad_edition_of_the_atlas_ends_as_it_should() {
    every_fault(0).await;
}

#[tokio::test]
async fn every_bad_edition_of_the_ring_map_ends_as_it_should() {
    every_fault(1).await;
}

#[tokio::test]
async fn every_bad_edition_of_the_fbi_list_ends_as_it_should() {
    every_fault(2).await;
}

#[tokio::test]
async fn every_bad_edition_of_the_fire_registry_ends_as_it_should() {
    every_fault(3).await;
}

#[tokio::test]
async fn every_bad_edition_of_the_gazetteer_of_places_ends_as_it_should() {
    every_fault(4).await;
}

#[tokio::test]
async fn every_bad_edition_of_the_gazetteer_of_counties_ends_as_it_should() {
    every_fault(5).await;
}

async fn every_fault(column: usize) {
    let mut world = World::published().await;
    let publisher = world.publisher(SOURCES[column]);
    let before = releases_of(&world.home());
    let mut wrong = Vec::new();
    for (fault, row, _why) in TABLE {
        let Some(expected) = row[column] else { continue };
        world.answer(happen::bodies(&publisher, fault));
        // What may be published is only judged: what would become of it is in the catalog.
        let judged = world.refresh(&only(publisher.id, true)).await;
        let told = told(&world, &judged);
        figure(&format!("{} | {fault} | {told}", publisher.id));
        if !is_as_expected(&world, &judged, expected) {
            wrong.push(format!("{fault}: {told}, not {expected:?}"));
        }
        if matches!(expected, Ends::Held(_)) {
            let held = world.refresh(&only(publisher.id, false)).await;
            if !matches!(held.outcome, Outcome::Held { .. }) {
                wrong.push(format!("{fault}: {held:?} when it is meant"));
            }
        }
        world.heal(&publisher);
        let healed = world.refresh(&only(publisher.id, false)).await;
        if !matches!(healed.outcome, Outcome::Unchanged) || !healed.failures.is_empty() {
            wrong.push(format!("{fault}: healed as {healed:?}"));
        }
        if releases_of(&world.home()) != before {
            wrong.push(format!("{fault}: a release was made"));
        }
    }
    let last = world.refresh(&Options::default()).await;
    assert!(matches!(last.outcome, Outcome::Unchanged) && last.failures.is_empty(), "{last:?}");
    assert!(world.context.catalog().held().unwrap().is_empty(), "nothing waits any more");
    assert!(wrong.is_empty(), "{}:\n{}", publisher.id, wrong.join("\n"));
}

fn is_as_expected(world: &World, report: &Report, expected: Ends) -> bool {
    let failing = |words: &str| report.failures.iter().any(|told| told.reason.contains(words));
    match (expected, &report.outcome) {
        (Ends::Failing(words), Outcome::Unchanged) => failing(words) || is_frozen(world, words),
        (_, _) if !report.failures.is_empty() => false,
        (Ends::Ok(0), Outcome::Unchanged) => !is_frozen(world, ""),
        (Ends::Ok(most), Outcome::Judged { gates, .. }) => {
            gates.iter().all(|gate| gate.passed) && records_changed(world) <= most
        }
        (Ends::Held(begin), Outcome::Judged { gates, .. }) => {
            failed(gates).iter().any(|gate| gate.starts_with(begin))
        }
        (Ends::Failing(_) | Ends::Ok(_) | Ends::Held(_), _) => false,
    }
}

/// Whether the map, which is history and whose absence is no failure, could not be read.
fn is_frozen(world: &World, words: &str) -> bool {
    let health = world.context.catalog().source_health().unwrap();
    let map = health.iter().find(|health| health.id.as_str() == "ring-map").unwrap();
    map.reason.as_ref().is_some_and(|reason| reason.contains(words))
}

fn failed(gates: &[GateVerdict]) -> Vec<String> {
    let failed = gates.iter().filter(|gate| !gate.passed);
    failed.map(|gate| format!("{} {}", gate.gate, gate.subject)).collect()
}

/// Records that the last run found to differ, but for what is noted about sources and rows.
fn records_changed(world: &World) -> u64 {
    let run = world.context.catalog().runs_of(RunKind::Refresh, 1).unwrap().remove(0);
    let tables = run.changes.as_object().cloned().unwrap_or_default();
    let counts = tables
        .iter()
        .filter(|(table, _)| !["evidence", "issues", "sources"].contains(&table.as_str()))
        .flat_map(|(_, counts)| counts.as_object().unwrap().values());
    counts.filter_map(serde_json::Value::as_u64).sum()
}

/// How a run ended, in a line.
fn told(world: &World, report: &Report) -> String {
    if let Some(failure) = report.failures.first() {
        return format!("failing: {}", failure.reason);
    }
    match &report.outcome {
        Outcome::Judged { gates, .. } if failed(gates).is_empty() => {
            format!("ok, {} records differ", records_changed(world))
        }
        Outcome::Judged { gates, .. } => format!("held: {}", failed(gates).join(", ")),
        other @ (Outcome::Busy
        | Outcome::Unchanged
        | Outcome::Published(_)
        | Outcome::Held { .. }) => format!("{other:?}"),
    }
}
