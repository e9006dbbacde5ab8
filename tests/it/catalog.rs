//! The catalog, on SQLite always and on PostgreSQL where there is a server: the same tests.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, Utc};
use porchlight::catalog::{
    CaptureRow, Catalog, CatalogError, Decision, Ending, Health, HeldState, Leadership, ReleaseRow,
    RunEnd, RunKind, RunOutcome, StageTime,
};
use porchlight::config::CatalogLocation;
use serde_json::json;

use crate::support::postgres::Database;

/// Runs `test` on a new SQLite file, and on a new PostgreSQL database where there is a server.
fn on_each_database(test: impl Fn(&CatalogLocation)) {
    let home = tempfile::tempdir().unwrap();
    test(&CatalogLocation::Sqlite(home.path().join("home").join("catalog.sqlite")));
    match Database::create() {
        Some(database) => test(&CatalogLocation::Postgres(database.url().as_str().into())),
        None => eprintln!("no PostgreSQL server: tested on SQLite only"),
    }
}

fn open(location: &CatalogLocation) -> Catalog {
    Catalog::open(location).unwrap()
}

fn lead(catalog: &Catalog) -> Leadership {
    catalog.try_lead(at(0)).unwrap().expect("nobody leads")
}

/// An instant so many minutes into a day.
fn at(minute: i64) -> DateTime<Utc> {
    let day: DateTime<Utc> = "2026-11-24T06:00:00.123456Z".parse().unwrap();
    day + chrono::Duration::minutes(minute)
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn capture(part: &str, sha256: &str, minute: i64) -> CaptureRow {
    CaptureRow {
        source_id: id("fbi-agencies"),
        part: part.to_owned(),
        url: format!("https://example.org/{part}"),
        etag: Some("\"a\"".to_owned()),
        last_modified: None,
        sha256: sha256.repeat(64),
        retrieved_at: at(minute),
        last_checked_at: at(minute),
    }
}

fn end(minute: i64, ending: Ending) -> RunEnd {
    RunEnd {
        at: at(minute),
        ending,
        message: None,
        stages: Vec::new(),
        captures: Vec::new(),
        changes: serde_json::Value::Null,
    }
}

/// An error and everything beneath it, as a log would show it.
fn chain(error: &dyn Error) -> String {
    let beneath = error.source().map(chain).unwrap_or_default();
    format!("{error} {error:?}: {beneath}")
}

#[test]
fn the_newest_capture_of_each_part_is_kept() {
    on_each_database(|location| {
        let catalog = open(location);
        let source = id("fbi-agencies");
        assert_eq!(catalog.capture(&source, "OH").unwrap(), None);
        assert!(!catalog.checked(&source, "OH", at(1)).unwrap());

        // Byte order, whatever the server's locale says: `a` after `B`.
        for part in ["a", "OH", "B"] {
            catalog.record_capture(&capture(part, "1", 1)).unwrap();
        }
        let newer = CaptureRow {
            etag: None,
            last_modified: Some("Tue, 24 Nov 2026 06:00:00 GMT".to_owned()),
            ..capture("OH", "2", 5)
        };
        catalog.record_capture(&newer).unwrap();
        assert_eq!(catalog.capture(&source, "OH").unwrap(), Some(newer.clone()));

        assert!(catalog.checked(&source, "OH", at(9)).unwrap());
        let parts = catalog.captures_of(&source).unwrap();
        let checked = CaptureRow { last_checked_at: at(9), ..newer };
        assert_eq!(parts, [capture("B", "1", 1), checked, capture("a", "1", 1)]);
        assert_eq!(catalog.captures_of(&id("ring-map")).unwrap(), []);

        // Another process sees the same.
        assert_eq!(open(location).captures_of(&source).unwrap(), parts);

        catalog.record_capture(&capture("", "3", 9)).unwrap();
        catalog.forget_parts(&source).unwrap();
        assert_eq!(catalog.captures_of(&source).unwrap(), [capture("", "3", 9)]);
    });
}

#[test]
fn a_source_keeps_failing_since_its_first_failure() {
    on_each_database(|location| {
        let catalog = open(location);
        let (atlas, map) = (id("eff-atlas"), id("ring-map"));
        catalog.source_failing(&map, at(0), "503").unwrap();
        catalog.source_ok(&atlas, at(1)).unwrap();
        catalog.source_failing(&atlas, at(2), "timed out").unwrap();
        catalog.source_failing(&atlas, at(3), "an error page\0 with a NUL").unwrap();

        let [first, second] = catalog.source_health().unwrap().try_into().unwrap();
        assert_eq!((&first.id, first.health), (&atlas, Health::Failing));
        assert_eq!(first.failing_since, Some(at(2)));
        assert_eq!(first.reason.as_deref(), Some("an error page\u{fffd} with a NUL"));
        assert_eq!((first.last_checked_at, first.last_ok_at), (at(3), Some(at(1))));
        assert_eq!((&second.id, second.failing_since), (&map, Some(at(0))));
        assert_eq!(second.last_ok_at, None);

        catalog.source_stale(&atlas, at(4), "older than a year").unwrap();
        catalog.source_frozen(&map, at(4), "ended in 2024").unwrap();
        let [first, second] = catalog.source_health().unwrap().try_into().unwrap();
        assert_eq!((first.health, first.failing_since), (Health::Stale, None));
        assert_eq!(first.reason.as_deref(), Some("older than a year"));
        assert_eq!((second.health, second.last_ok_at), (Health::Frozen, Some(at(4))));

        catalog.source_ok(&atlas, at(5)).unwrap();
        catalog.source_failing(&atlas, at(6), "again").unwrap();
        let first = catalog.source_health().unwrap().remove(0);
        assert_eq!((first.failing_since, first.last_ok_at), (Some(at(6)), Some(at(5))));
    });
}

#[test]
fn every_run_leaves_a_row() {
    on_each_database(|location| {
        let catalog = open(location);
        assert_eq!(catalog.last_run().unwrap(), None);
        let leadership = lead(&catalog);
        let epoch = leadership.epoch();

        let first = catalog.begin_run(epoch, RunKind::Refresh, at(0)).unwrap();
        let running = catalog.last_run().unwrap().unwrap();
        assert_eq!((running.id, running.outcome), (first, RunOutcome::Running));
        assert_eq!((running.started_at, running.finished_at), (at(0), None));

        let published = RunEnd {
            message: Some("2 agencies added".to_owned()),
            stages: vec![StageTime::new("fetch", Duration::from_micros(1_234_567))],
            captures: vec!["4f2a".to_owned()],
            changes: json!({"agencies": {"added": 2}}),
            ..end(3, Ending::Published(id("2026-11-24.1")))
        };
        catalog.finish_run(first, &published).unwrap();
        let second = catalog.begin_run(epoch, RunKind::Import, at(4)).unwrap();
        catalog.finish_run(second, &end(5, Ending::Held("c1".to_owned()))).unwrap();
        let third = catalog.begin_run(epoch, RunKind::Refresh, at(6)).unwrap();
        catalog.finish_run(third, &end(7, Ending::Unchanged)).unwrap();

        let outcomes: Vec<_> = catalog.runs(9).unwrap().iter().map(|run| run.outcome).collect();
        assert_eq!(outcomes, [RunOutcome::Unchanged, RunOutcome::Held, RunOutcome::Published]);
        assert_eq!(catalog.runs(2).unwrap().len(), 2);
        let ids = |kind| catalog.runs_of(kind, 9).unwrap().iter().map(|run| run.id).collect();
        let (refreshes, imports): (Vec<_>, Vec<_>) = (ids(RunKind::Refresh), ids(RunKind::Import));
        assert_eq!((refreshes, imports), (vec![third, first], vec![second]));

        let run = catalog.runs(9).unwrap().pop().unwrap();
        insta::allow_duplicates! { insta::assert_json_snapshot!(run, @r#"
        {
          "id": 1,
          "kind": "refresh",
          "started_at": "2026-11-24T06:00:00.123456Z",
          "finished_at": "2026-11-24T06:03:00.123456Z",
          "outcome": "published",
          "release": "2026-11-24.1",
          "candidate": null,
          "message": "2 agencies added",
          "stages": [
            {
              "stage": "fetch",
              "milliseconds": 1234
            }
          ],
          "captures": [
            "4f2a"
          ],
          "changes": {
            "agencies": {
              "added": 2
            }
          }
        }
        "#) }
    });
}

#[test]
fn a_run_of_a_leader_that_is_gone_is_interrupted_and_stays_so() {
    on_each_database(|location| {
        let catalog = open(location);
        let gone = lead(&catalog);
        let lost = catalog.begin_run(gone.epoch(), RunKind::Refresh, at(0)).unwrap();
        drop(gone);

        let next = lead(&catalog);
        let run = catalog.begin_run(next.epoch(), RunKind::Refresh, at(9)).unwrap();
        let [latest, before] = catalog.runs(2).unwrap().try_into().unwrap();
        assert_eq!((latest.id, latest.outcome), (run, RunOutcome::Running));
        assert_eq!((before.id, before.outcome), (lost, RunOutcome::Interrupted));
        assert_eq!(before.finished_at, Some(at(9)));

        // Should its process live after all, it has no say any more.
        let late = catalog.finish_run(lost, &end(10, Ending::Unchanged));
        assert!(matches!(late, Err(CatalogError::Superseded { .. })), "{late:?}");
        assert_eq!(catalog.runs(2).unwrap()[1].outcome, RunOutcome::Interrupted);
    });
}

#[test]
fn one_leads_and_the_next_one_can_when_it_stops() {
    on_each_database(|location| {
        let (one, other) = (open(location), open(location));
        let first = lead(&one);
        assert!(other.try_lead(at(1)).unwrap().is_none());
        assert!(one.try_lead(at(1)).unwrap().is_none(), "not even in the same process");
        other.check_epoch(first.epoch()).unwrap();

        let first_epoch = first.epoch();
        drop(first);
        let second = lead(&other);
        assert!(second.epoch() > first_epoch);
        assert!(one.try_lead(at(2)).unwrap().is_none());
    });
}

#[test]
fn whoever_has_lost_the_lead_publishes_nothing() {
    on_each_database(|location| {
        let catalog = open(location);
        let old = lead(&catalog).epoch(); // cut off at once
        let new = lead(&catalog);
        let release = ReleaseRow {
            release: id("2026-11-24.1"),
            published_at: at(0),
            manifest_sha256: "a".repeat(64),
        };
        let superseded =
            |result| matches!(result, Err(CatalogError::Superseded { epoch }) if epoch == old);
        assert!(superseded(catalog.check_epoch(old)));
        assert!(superseded(catalog.record_release(old, &release)));
        assert!(superseded(catalog.begin_run(old, RunKind::Refresh, at(0)).map(drop)));
        assert_eq!(catalog.releases().unwrap(), []);
        assert_eq!(catalog.last_run().unwrap(), None);

        catalog.check_epoch(new.epoch()).unwrap();
        catalog.record_release(new.epoch(), &release).unwrap();
        assert_eq!(catalog.releases().unwrap(), [release]);
    });
}

#[test]
fn a_release_is_noted_once_and_never_differently() {
    on_each_database(|location| {
        let catalog = open(location);
        let leadership = lead(&catalog);
        let epoch = leadership.epoch();
        let release = |name: &str| ReleaseRow {
            release: id(name),
            published_at: at(0),
            manifest_sha256: "a".repeat(64),
        };
        for name in ["2026-11-24.9", "2026-11-24.10", "2026-11-24.9"] {
            catalog.record_release(epoch, &release(name)).unwrap();
        }
        let other = ReleaseRow { manifest_sha256: "b".repeat(64), ..release("2026-11-24.9") };
        let refused = catalog.record_release(epoch, &other);
        assert!(matches!(refused, Err(CatalogError::ReleaseDiffers { .. })), "{refused:?}");
        let newest_first = [release("2026-11-24.10"), release("2026-11-24.9")];
        assert_eq!(catalog.releases().unwrap(), newest_first);
    });
}

#[test]
fn a_held_candidate_waits_for_one_decision() {
    on_each_database(|location| {
        let catalog = open(location);
        let report = json!({"gate": "records_fall", "fell": 12});
        assert_eq!(catalog.hold("c1", &report, at(0)).unwrap(), HeldState::Held);
        assert_eq!(catalog.hold("c2", &report, at(1)).unwrap(), HeldState::Held);
        // Made again by the next run: the same candidate, with what is found now.
        let report = json!({"gate": "records_fall", "fell": 13});
        assert_eq!(catalog.hold("c1", &report, at(2)).unwrap(), HeldState::Held);
        let waiting = catalog.held().unwrap();
        let names: Vec<_> = waiting.iter().map(|held| held.candidate.as_str()).collect();
        assert_eq!(names, ["c2", "c1"]);
        assert_eq!((waiting[1].made_at, &waiting[1].report), (at(0), &report));

        catalog.decide("c1", Decision::Accept, "the source did shrink", at(3)).unwrap();
        catalog.decide("c2", Decision::Discard, "half a file", at(3)).unwrap();
        assert_eq!(catalog.held().unwrap(), []);
        let accepted = catalog.held_candidate("c1").unwrap().unwrap();
        assert_eq!(accepted.state, HeldState::Accepted);
        assert_eq!(accepted.reason.as_deref(), Some("the source did shrink"));
        assert_eq!(accepted.decided_at, Some(at(3)));

        for name in ["c1", "c3"] {
            let refused = catalog.decide(name, Decision::Accept, "", at(4));
            assert!(matches!(refused, Err(CatalogError::NotHeld { .. })), "{refused:?}");
        }
        // What was decided stays decided, also when a run makes it again.
        assert_eq!(catalog.hold("c2", &report, at(5)).unwrap(), HeldState::Discarded);
        assert_eq!(catalog.held_candidate("c9").unwrap(), None);
    });
}

#[test]
fn many_at_once_open_a_new_catalog_and_write_without_losing_anything() {
    on_each_database(|location| {
        std::thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    let catalog = open(location);
                    for minute in 0..20 {
                        // One row that all write, and one each: both must come through.
                        catalog.source_failing(&id("eff-atlas"), at(minute), "503").unwrap();
                        let part = format!("{writer}-{minute}");
                        catalog.record_capture(&capture(&part, "1", minute)).unwrap();
                    }
                });
            }
        });
        let catalog = open(location);
        assert_eq!(catalog.captures_of(&id("fbi-agencies")).unwrap().len(), 160);
        assert_eq!(catalog.source_health().unwrap().len(), 1);
    });
}

/// Not a test of its own: the process that the next test kills.
#[test]
#[ignore = "run by a_killed_leader_gives_up_the_lead"]
fn lead_until_killed() {
    let Some(place) = std::env::var_os("PORCHLIGHT_TEST_LEAD") else { return };
    let place = place.into_string().unwrap();
    let location = if place.starts_with("postgres:") {
        CatalogLocation::Postgres(place.as_str().into())
    } else {
        CatalogLocation::Sqlite(place.into())
    };
    let catalog = open(&location);
    let leadership = lead(&catalog);
    catalog.begin_run(leadership.epoch(), RunKind::Refresh, at(0)).unwrap();
    std::io::stdout().write_all(b"\nleading\n").unwrap();
    // Until it is killed, or whoever started it is gone.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_killed_leader_gives_up_the_lead() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("catalog.sqlite");
    lead_and_be_killed(file.to_str().unwrap(), &CatalogLocation::Sqlite(file.clone()));
    if let Some(database) = Database::create() {
        let url = database.url();
        lead_and_be_killed(&url, &CatalogLocation::Postgres(url.as_str().into()));
    }
}

fn lead_and_be_killed(place: &str, location: &CatalogLocation) {
    let catalog = open(location);
    let mut leader = Command::new(std::env::current_exe().unwrap())
        .args(["catalog::lead_until_killed", "--exact", "--ignored", "--nocapture"])
        .env("PORCHLIGHT_TEST_LEAD", place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(leader.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "leading"));
    assert!(catalog.try_lead(at(1)).unwrap().is_none());
    assert_eq!(catalog.last_run().unwrap().unwrap().outcome, RunOutcome::Running);

    leader.kill().unwrap();
    leader.wait().unwrap();
    // A PostgreSQL server sees the end of a session a moment later.
    let leadership = (0..1000)
        .find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            catalog.try_lead(at(2)).unwrap()
        })
        .expect("the lead is free again");
    catalog.begin_run(leadership.epoch(), RunKind::Refresh, at(3)).unwrap();
    assert_eq!(catalog.runs(2).unwrap()[1].outcome, RunOutcome::Interrupted);
}

#[test]
fn a_leader_whose_session_is_cut_off_is_fenced_and_the_others_go_on() {
    let Some(database) = Database::create() else { return };
    let location = CatalogLocation::Postgres(database.url().as_str().into());
    let catalog = open(&location);
    let cut_off = lead(&catalog);
    database.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );

    // The pool's sessions were cut off as well, and are made anew.
    let next = lead(&catalog);
    let refused = catalog.begin_run(cut_off.epoch(), RunKind::Refresh, at(0));
    assert!(matches!(refused, Err(CatalogError::Superseded { .. })), "{refused:?}");
    drop(cut_off);
    assert!(catalog.try_lead(at(1)).unwrap().is_none(), "the lock belongs to the next leader");
    catalog.check_epoch(next.epoch()).unwrap();
}

#[test]
fn a_mistyped_url_creates_no_file_and_shows_no_password() {
    for url in
        ["postgers://joe:s3cret@nowhere.invalid/db", "postgres://joe:s3cret@nowhere.invalid/db"]
    {
        let error = Catalog::open(&CatalogLocation::Postgres(url.into())).unwrap_err();
        if cfg!(feature = "postgres") {
            assert!(matches!(error, CatalogError::Unavailable { .. }), "{error:?}");
        } else {
            assert!(matches!(error, CatalogError::FeatureMissing), "{error:?}");
        }
        assert!(!chain(&error).contains("s3cret"), "{}", chain(&error));
        let scheme = url.split('/').next().unwrap();
        assert!(!Path::new(url).exists() && !Path::new(scheme).exists());
    }
}

#[test]
fn without_its_file_the_history_is_lost_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("catalog.sqlite");
    let location = CatalogLocation::Sqlite(file.clone());
    let catalog = open(&location);
    catalog.source_ok(&id("eff-atlas"), at(0)).unwrap();
    // Its journal stays behind, as when a person deletes the one file they know of.
    let journal = home.path().join("catalog.sqlite-wal");
    let left = std::fs::read(&journal).unwrap();
    drop(catalog);
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&journal, left).unwrap();

    let catalog = open(&location);
    assert_eq!(catalog.source_health().unwrap(), []);
    catalog.source_ok(&id("eff-atlas"), at(1)).unwrap();
    assert_eq!(open(&location).source_health().unwrap().len(), 1);
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("catalog.sqlite");
    std::fs::write(&file, "this is no database, it only stands in its place".repeat(100)).unwrap();
    let error = Catalog::open(&CatalogLocation::Sqlite(file.clone())).unwrap_err();
    assert!(matches!(error, CatalogError::Damaged { .. }), "{error:?}");
    let text = error.to_string().replace(file.to_str().unwrap(), "[file]");
    insta::assert_snapshot!(text, @"the catalog [file] is damaged; it holds run history only, no data: stop porchlight, delete the file, and the next start makes a new one");

    // Damage inside a file that still begins like a database.
    std::fs::remove_file(&file).unwrap();
    drop(open(&CatalogLocation::Sqlite(file.clone())));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let error = Catalog::open(&CatalogLocation::Sqlite(file)).unwrap_err();
    assert!(matches!(error, CatalogError::Damaged { .. }), "{error:?}");
}

#[test]
fn a_catalog_of_a_newer_program_is_left_alone() {
    let statement = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";
    let is_too_new = |location: &CatalogLocation| {
        let error = Catalog::open(location).unwrap_err();
        assert!(matches!(error, CatalogError::TooNew { .. }), "{error:?}");
        assert!(error.to_string().contains("99999999999999"), "{error}");
    };
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("catalog.sqlite");
    let location = CatalogLocation::Sqlite(file.clone());
    drop(open(&location));
    {
        use diesel::connection::SimpleConnection;
        use diesel::{Connection, SqliteConnection};
        let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        conn.batch_execute(statement).unwrap();
    }
    is_too_new(&location);
    if let Some(database) = Database::create() {
        let location = CatalogLocation::Postgres(database.url().as_str().into());
        drop(open(&location));
        database.execute(statement);
        is_too_new(&location);
    }
}

#[test]
fn the_debug_form_of_a_catalog_shows_no_password() {
    on_each_database(|location| {
        let text = format!("{:?} {:?}", open(location), lead(&open(location)));
        assert!(!text.contains("user="), "{text}");
    });
}
