//! Clocks that are wrong between two runs: what came later stays later.

use chrono::{DateTime, Duration, Utc};
use porchlight::record::ReleaseId;
use porchlight::refresh::{Options, Outcome};

use crate::faults::world::{World, latest_of};
use crate::support::upstream::Answer;
use crate::support::world::Release;

/// Refreshes at an instant, which must publish; the release and when it says it was published.
async fn publish(world: &World, now: DateTime<Utc>) -> (ReleaseId, DateTime<Utc>) {
    let report = world.context.refresh(&Options::default(), now).await.unwrap();
    assert!(report.failures.is_empty(), "{report:?}");
    let Outcome::Published(release) = report.outcome else { panic!("{report:?}") };
    let published_at = latest(world).manifest()["published_at"].as_str().unwrap().parse().unwrap();
    (release, published_at)
}

async fn is_unchanged(world: &World, now: DateTime<Utc>) {
    let report = world.context.refresh(&Options::default(), now).await.unwrap();
    assert!(report.failures.is_empty(), "{report:?}");
    assert!(matches!(report.outcome, Outcome::Unchanged), "{report:?}");
}

fn latest(world: &World) -> Release {
    latest_of(&world.home())
}

/// The FBI gives one department another name.
fn rename(world: &World, name: &str) {
    let mut publisher = world.publisher("fbi-agencies");
    publisher.healthy.one("agency_name", name);
    world.heal(&publisher);
}

#[track_caller]
fn has_agency(world: &World, name: &str) {
    let names: Vec<String> =
        latest(world).table("agencies").into_iter().map(|row| row["name"].clone()).collect();
    assert!(names.iter().any(|known| known == name), "no {name}: {names:?}");
}

#[tokio::test]
async fn after_a_clock_was_set_back_an_hour_releases_and_editions_go_on_in_order() {
    let world = World::undated().await;
    let at = world.now;
    rename(&world, "First Police Department");
    let (first, first_at) = publish(&world, at + Duration::minutes(10)).await;
    rename(&world, "Second Police Department");
    let (second, second_at) = publish(&world, at - Duration::hours(1)).await;
    assert!(second > first && second_at > first_at, "{second} at {second_at} after {first_at}");
    has_agency(&world, "Second Police Department");
    is_unchanged(&world, at - Duration::minutes(59)).await;
    is_unchanged(&world, at + Duration::minutes(20)).await;
    rename(&world, "Third Police Department");
    let (third, third_at) = publish(&world, at + Duration::minutes(30)).await;
    assert!(third > second && third_at > second_at);
    has_agency(&world, "Third Police Department");
}

#[tokio::test]
async fn an_edition_of_a_day_that_was_not_yet_does_not_hide_those_that_follow() {
    let world = World::undated().await;
    let at = world.now;
    rename(&world, "First Police Department");
    let (first, first_at) = publish(&world, at + Duration::days(1)).await;
    assert_eq!(first.date(), (at + Duration::days(1)).date_naive());
    is_unchanged(&world, at + Duration::minutes(1)).await;
    // The clock is right again, and the publisher has news.
    rename(&world, "Second Police Department");
    let (second, second_at) = publish(&world, at + Duration::minutes(2)).await;
    assert!(second > first && second_at > first_at, "{second} at {second_at} after {first_at}");
    has_agency(&world, "Second Police Department");
    is_unchanged(&world, at + Duration::minutes(3)).await;
    // It takes them back: also that is newer.
    rename(&world, "First Police Department");
    let (third, third_at) = publish(&world, at + Duration::minutes(4)).await;
    assert!(third > second && third_at > second_at);
    has_agency(&world, "First Police Department");
    is_unchanged(&world, at + Duration::days(2)).await;
    let replayed = world.context.replay().await.unwrap();
    assert!(replayed.iter().all(|release| release.differing.is_empty()), "{replayed:?}");
}

#[tokio::test]
async fn parts_that_were_checked_by_a_clock_ahead_are_asked_for_again() {
    let world = World::undated().await;
    let at = world.now;
    let fault = |path: &str| world.upstream.script(path, [Answer::status(500)]);
    fault("/fbi/PA");
    let ahead = at + Duration::days(30);
    let report = world.context.refresh(&Options::default(), ahead).await.unwrap();
    assert_eq!(report.failures.len(), 1, "{report:?}");
    rename(&world, "Second Police Department");
    publish(&world, at + Duration::minutes(1)).await;
    has_agency(&world, "Second Police Department");
}
