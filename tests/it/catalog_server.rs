//! The catalog and a PostgreSQL server that restarts, cuts sessions off, or asks for TLS.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use porchlight::catalog::{Catalog, CatalogError, Ending, ReleaseRow, RunEnd, RunKind};
use porchlight::cli::news;
use porchlight::config::CatalogLocation;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::postgres::{Database, Server};

/// Far longer than anything here takes.
const DEADLINE: Duration = Duration::from_mins(1);

fn location(url: &str) -> CatalogLocation {
    CatalogLocation::Postgres(url.into())
}

fn open(url: &str) -> Catalog {
    Catalog::open(&location(url)).unwrap()
}

fn at(minute: i64) -> DateTime<Utc> {
    let day: DateTime<Utc> = "2026-11-24T06:00:00Z".parse().unwrap();
    day + chrono::Duration::minutes(minute)
}

fn release(number: u32) -> ReleaseRow {
    ReleaseRow {
        release: format!("2026-11-24.{number}").parse().unwrap(),
        published_at: at(0),
        manifest_sha256: "a".repeat(64),
    }
}

/// An error with its causes.
fn in_words(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn after_every_session_was_cut_off_the_next_call_succeeds() {
    let Some(database) = Database::create() else { return };
    let catalog = open(&database.url());
    let source = "eff-atlas".parse().unwrap();
    for minute in 0..3 {
        catalog.source_ok(&source, at(minute)).unwrap();
        database.cut_all_sessions();
        assert_eq!(catalog.source_health().unwrap().len(), 1);
        database.cut_all_sessions();
    }
}

#[test]
fn a_call_outlasts_a_restart_and_fails_in_words_while_the_server_is_down() {
    let Some(server) = Server::create() else { return };
    server.start(&[]);
    let catalog = open(&server.url());
    let lead = catalog.try_lead(at(0)).unwrap().unwrap();
    let run = catalog.begin_run(lead.epoch(), RunKind::Refresh, at(0)).unwrap();

    // Back before the call gives up: nobody notices.
    server.stop();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| catalog.last_run());
        server.start(&[]);
        assert_eq!(call.join().unwrap().unwrap().unwrap().id, run);
    });
    // The session that led is gone, but nobody else has led: the leader goes on.
    catalog.check_epoch(lead.epoch()).unwrap();
    catalog.record_release(lead.epoch(), &release(1)).unwrap();

    server.stop();
    let error = catalog.record_release(lead.epoch(), &release(2)).unwrap_err();
    assert!(matches!(error, CatalogError::Unavailable { .. }), "{error:?}");
    assert!(in_words(&error).contains("is a server running there"), "{}", in_words(&error));
    assert!(!in_words(&error).contains("right@"), "{}", in_words(&error));
    server.start(&[]);
    catalog.record_release(lead.epoch(), &release(2)).unwrap();

    // From when another one leads, the old leader writes no more.
    let next =
        open(&server.url()).try_lead(at(1)).unwrap().expect("the lock went with its session");
    let refused = catalog.record_release(lead.epoch(), &release(3));
    assert!(matches!(refused, Err(CatalogError::Superseded { .. })), "{refused:?}");
    catalog.check_epoch(next.epoch()).unwrap();
}

/// What a session that is cut off while it commits leaves to be done: the same once more.
#[test]
fn what_is_noted_twice_is_noted_once() {
    let Some(database) = Database::create() else { return };
    let catalog = open(&database.url());
    let lead = catalog.try_lead(at(0)).unwrap().unwrap();
    let begin = || catalog.begin_run(lead.epoch(), RunKind::Refresh, at(1)).unwrap();
    let run = begin();
    assert_eq!(begin(), run);
    let end = RunEnd {
        at: at(2),
        ending: Ending::Unchanged,
        message: None,
        stages: Vec::new(),
        captures: Vec::new(),
        changes: serde_json::Value::Null,
    };
    catalog.finish_run(run, &end).unwrap();
    catalog.finish_run(run, &end).unwrap();
    let other = catalog.finish_run(run, &RunEnd { at: at(3), ..end });
    assert!(matches!(other, Err(CatalogError::Superseded { .. })), "{other:?}");
    assert_eq!(catalog.runs(9).unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_leads_while_a_leader_commits() {
    let Some(database) = Database::create() else { return };
    let (catalog, other) = (open(&database.url()), open(&database.url()));
    let lead = catalog.try_lead(at(0)).unwrap().unwrap();
    let epoch = lead.epoch();
    drop(lead); // cut off
    let committed = catalog
        .while_leading(epoch, async {
            let next = std::thread::spawn(move || other.try_lead(at(1)));
            tokio::time::sleep(Duration::from_millis(300)).await;
            catalog.check_epoch(epoch).unwrap();
            next
        })
        .await
        .unwrap();
    let next = committed.join().unwrap().unwrap().unwrap();
    let late = catalog.while_leading(epoch, async {}).await;
    assert!(matches!(late, Err(CatalogError::Superseded { .. })), "{late:?}");
    catalog.while_leading(next.epoch(), async {}).await.unwrap();
}

#[tokio::test]
async fn a_noted_release_is_told_and_so_is_every_new_beginning() {
    let Some(server) = Server::create() else { return };
    server.start(&[]);
    let catalog = open(&server.url());
    let (notify, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let told = async || tokio::time::timeout(DEADLINE, notify.notified()).await.expect("told");
    let task = tokio::spawn(news::tell(open(&server.url()), Arc::clone(&notify), stop.clone()));
    told().await; // it listens

    let lead = catalog.try_lead(at(0)).unwrap().unwrap();
    catalog.record_release(lead.epoch(), &release(1)).unwrap();
    told().await;

    server.stop();
    server.start(&[]);
    told().await; // it listens again
    catalog.record_release(lead.epoch(), &release(2)).unwrap();
    told().await;

    stop.cancel();
    tokio::time::timeout(DEADLINE, task).await.expect("it stops").unwrap();
}

#[test]
fn news_is_of_new_releases_of_the_same_catalog_only() {
    let Some(database) = Database::create() else { return };
    database.execute("CREATE SCHEMA other");
    let catalog = open(&database.url());
    let elsewhere = open(&format!("{}&options=-csearch_path%3Dother", database.url()));
    let mut news = catalog.news().unwrap().unwrap();
    let (lead, there) =
        (catalog.try_lead(at(0)).unwrap().unwrap(), elsewhere.try_lead(at(0)).unwrap().unwrap());
    elsewhere.record_release(there.epoch(), &release(1)).unwrap();
    // Told before this one, if it were told at all.
    catalog.record_release(lead.epoch(), &release(1)).unwrap();
    assert!(news.wait(DEADLINE).unwrap());
    catalog.record_release(lead.epoch(), &release(1)).unwrap();
    elsewhere.record_release(there.epoch(), &release(2)).unwrap();
    assert!(!news.wait(Duration::from_millis(100)).unwrap(), "known already, or of another one");
    database.cut_all_sessions();
    let ended = news.wait(DEADLINE);
    assert!(matches!(ended, Err(CatalogError::Unavailable { .. })), "{ended:?}");

    let home = tempfile::tempdir().unwrap();
    let file = CatalogLocation::Sqlite(home.path().join("catalog.sqlite"));
    assert!(Catalog::open(&file).unwrap().news().unwrap().is_none());
}

/// A key and a certificate for this machine, signed by an authority of its own.
fn certificates(folder: &Path, authority: &str) {
    let openssl = |arguments: &str| {
        let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        let run = Command::new("openssl")
            .args(new.split(' ').chain(arguments.split(' ')))
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    openssl(&format!("-subj /CN={authority} -keyout {authority}.key -out {authority}.crt"));
    openssl(&format!(
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -addext \
         basicConstraints=critical,CA:FALSE -CA {authority}.crt -CAkey {authority}.key -keyout \
         {authority}-server.key -out {authority}-server.crt"
    ));
}

#[test]
fn tls_is_asked_for_and_checked_as_the_url_says() {
    let Some(server) = Server::create() else { return };
    let folder = tempfile::tempdir().unwrap();
    for authority in ["ours", "theirs"] {
        certificates(folder.path(), authority);
    }
    let with = |mode: &str, authority: &str| {
        let root = folder.path().join(format!("{authority}.crt"));
        format!("{}?sslmode={mode}&sslrootcert={}", server.url(), root.display())
    };
    let refused = |url: &str| {
        let error = Catalog::open(&location(url)).unwrap_err();
        assert!(matches!(error, CatalogError::Refused { .. }), "{}", in_words(&error));
        error.to_string().split_once(": ").unwrap().1.to_owned()
    };

    server.start(&[]);
    insta::assert_snapshot!(refused(&format!("{}?sslmode=require", server.url())), @"turn TLS on in the server, or take sslmode out of the URL if nobody else is on the network");
    server.stop();

    server.put_file("server.key", &folder.path().join("ours-server.key"));
    server.put_file("server.crt", &folder.path().join("ours-server.crt"));
    server.start(&["ssl=on"]);
    open(&with("verify-full", "ours")).runs(1).unwrap();
    insta::assert_snapshot!(refused(&with("verify-full", "theirs")), @"name the certificate of the authority that signed the server's with sslrootcert=FILE");
    insta::assert_snapshot!(refused(&with("verify-full", "nobody")), @"name a readable file of certificates with sslrootcert=FILE");
    let by_address = with("verify-full", "ours").replace("localhost", "127.0.0.1");
    insta::assert_snapshot!(refused(&by_address), @"write the host in the URL as the server's certificate names it");
}
