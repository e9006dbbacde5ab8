//! People are told what happened: once on each way, signed, and again only where nobody listened.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use porchlight::catalog::{Catalog, Ending, ReleaseRow, RunEnd, RunKind};
use porchlight::config::{CatalogLocation, Config, Raw, RawFetch, RawNotify, RawServe};
use porchlight::notify::{Delivery, FEEDS, Notifier};
use serde_json::{Value, json};

use crate::support::postgres::Database;
use crate::support::publishers::ATLAS;
use crate::support::upstream::{Answer, Request, Upstream};
use crate::support::world::{Ran, World, ran};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// Somebody who takes events.
struct Receiver {
    host: Upstream,
}

/// The path of its webhook, which nobody else must know.
const HOOK: &str = "/hooks/do-not-show-me";

impl Receiver {
    fn start() -> Self {
        let host = Upstream::start();
        host.script(HOOK, [Answer::status(204)]);
        Self { host }
    }

    fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.host.script(HOOK, answers);
    }

    fn url(&self) -> String {
        self.host.url(HOOK)
    }

    /// Every post so far; each must be signed with both secrets.
    fn posts(&self) -> Vec<(String, Value)> {
        let posts = self.host.requests();
        posts.iter().map(|post| (self.checked(post), event(post))).collect()
    }

    /// The identifier of a post, when its signatures are good.
    fn checked(&self, post: &Request) -> String {
        assert_eq!((post.method.as_str(), post.target.as_str()), ("POST", HOOK));
        let header = |name| post.header(name).unwrap_or_else(|| panic!("no {name}: {post:?}"));
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let expected = [OLD_SECRET, SECRET].map(|secret| sign(secret, id, timestamp, &post.body));
        assert_eq!(header("webhook-signature"), expected.join(" "), "{}", self.url());
        assert_eq!(header("content-type"), "application/json");
        let age = now().timestamp() - timestamp.parse::<i64>().unwrap();
        assert!((0..400_000).contains(&age), "{age}");
        id.to_owned()
    }

    /// The kinds and subjects of the events so far.
    fn kinds(&self) -> Vec<String> {
        let kind = |(_, event): &(String, Value)| event["type"].as_str().unwrap().to_owned();
        self.posts().iter().map(kind).collect()
    }
}

fn event(post: &Request) -> Value {
    serde_json::from_slice(&post.body).unwrap()
}

fn sign(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[expect(clippy::disallowed_methods, reason = "the program under test asks the clock too")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The program told whom to tell.
fn command(world: &World, receiver: &Receiver, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("PORCHLIGHT_NOTIFY_WEBHOOK", receiver.url());
    command.env("PORCHLIGHT_NOTIFY_SECRET", format!("{OLD_SECRET} {SECRET}"));
    command.env("PORCHLIGHT_LOG", "info");
    command
}

fn run(world: &World, receiver: &Receiver, arguments: &[&str]) -> Ran {
    let ran = ran(command(world, receiver, arguments));
    let shown = format!("{}{}", ran.stdout, ran.stderr);
    for secret in ["do-not-show-me", "MfKQ9r8G", "AAECAwQF"] {
        assert!(!shown.contains(secret), "{secret}: {ran:?}");
    }
    ran
}

#[cfg(unix)]
#[test]
fn a_held_candidate_is_told_once_by_webhook_and_by_command() {
    use std::os::unix::fs::PermissionsExt as _;

    let (world, receiver) = (World::start(), Receiver::start());
    let told = world.file("told", b"");
    let script = format!(
        "#!/bin/sh\ncat >> {0}\necho \" $1 $PORCHLIGHT_EVENT\" >> {0}\necho thanks\n",
        told.display()
    );
    let program = world.file("tell", script.as_bytes());
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let refresh = || {
        let mut command = command(&world, &receiver, &["refresh"]);
        command.env("PORCHLIGHT_NOTIFY_COMMAND", format!("{} $HOME", program.display()));
        ran(command)
    };

    refresh().ends(0);
    assert!(receiver.posts().is_empty(), "that all is well is no news");
    world.fault(ATLAS, "half");
    let held = refresh().ends(3);
    assert!(held.stderr.contains("thanks"), "what the command says is in the log: {held:?}");
    refresh().ends(3);

    let posts = receiver.posts();
    let [(_, event)] = posts.as_slice() else { panic!("{posts:#?}") };
    assert_eq!(event["type"], "candidate.held");
    let data = &event["data"];
    let candidate = data["candidate"].as_str().unwrap();
    assert!(held.stdout.contains(candidate));
    assert_eq!(data["accept"], format!("porchlight release accept {candidate} --reason TEXT"));
    let gate = &data["gates"][0];
    assert!(gate["detail"].is_string() && gate.get("passed").is_none(), "{data}");
    let summary = data["summary"].as_str().unwrap();
    assert!(summary.contains(gate["detail"].as_str().unwrap()), "{summary}");
    assert!(summary.contains("release accept"), "{summary}");

    let said = fs::read_to_string(told).unwrap();
    let (body, words) = said.trim_end().rsplit_once("} ").unwrap();
    assert_eq!(words, "$HOME candidate.held", "no shell reads the arguments; told once: {said}");
    let body: Value = serde_json::from_str(&format!("{body}}}")).unwrap();
    assert_eq!(body["data"]["candidate"], *candidate);
    assert!(run(&world, &receiver, &["notify"]).ends(0).stdout.contains("nothing waits"));
}

#[test]
fn what_nobody_took_is_told_by_the_next_run_under_the_same_identifier() {
    let (world, receiver) = (World::start(), Receiver::start());
    run(&world, &receiver, &["refresh"]).ends(0);
    world.fault(ATLAS, "half");
    receiver.answers([Answer::status(503)]);
    let mut first = command(&world, &receiver, &["refresh"]);
    first.env("PORCHLIGHT_FETCH_ATTEMPTS", "9");
    let first = ran(first).ends(3);
    assert!(!first.stderr.contains("do-not-show-me"), "{first:?}");
    assert!(first.stderr.contains("answered 503"), "{first:?}");
    assert_eq!(receiver.posts().len(), 3, "a bounded number of attempts");

    receiver.answers([Answer::redirect(&world.elsewhere())]);
    let second = run(&world, &receiver, &["refresh"]).ends(3);
    assert!(second.stderr.contains("answered 302"), "no redirect is followed: {second:?}");

    receiver.answers([Answer::status(200)]);
    run(&world, &receiver, &["refresh"]).ends(3);
    run(&world, &receiver, &["refresh"]).ends(3);
    let posts = receiver.posts();
    assert_eq!(posts.len(), 5);
    assert!(posts.iter().all(|post| *post == posts[0]), "the same message each time: {posts:#?}");
}

#[test]
fn a_failing_source_is_told_of_and_once_more_when_it_is_well() {
    let (world, receiver) = (World::start(), Receiver::start());
    world.fault(ATLAS, "status-500");
    run(&world, &receiver, &["refresh"]).ends(0);
    assert!(receiver.posts().is_empty(), "not before three days have passed");
    let refresh = || run(&world, &receiver, &["refresh", "--notify-after-days", "0"]).ends(0);
    refresh();
    refresh();
    world.heal();
    refresh();
    refresh();
    assert_eq!(receiver.kinds(), ["source.failing", "source.recovered"]);
    let failing = &receiver.posts()[0].1["data"];
    assert_eq!(failing["source"], "eff-atlas");
    assert!(failing["reason"].as_str().unwrap().contains("answered 500"), "{failing}");
}

#[test]
fn a_release_is_told_of_where_that_is_wanted_and_the_hub_hears_of_every_feed() {
    let (world, receiver) = (World::start(), Receiver::start());
    let hub = Upstream::start();
    hub.script("/publish", [Answer::status(202)]);
    let hub_url = hub.url("/publish");
    let arguments = [
        "refresh",
        "--notify-releases",
        "--websub-hub",
        &hub_url,
        "--public-url",
        "https://data.example.org",
    ];
    run(&world, &receiver, &arguments).ends(0);
    run(&world, &receiver, &arguments).ends(0);
    assert_eq!(receiver.kinds(), ["release.published"]);
    let (_, event) = &receiver.posts()[0];
    assert_eq!(event["data"]["release"], world.latest().name());
    assert_eq!(event["data"]["host"], "https://data.example.org");

    let pings = hub.requests();
    let mut told: Vec<String> = pings.iter().map(ping).collect();
    told.sort();
    let mut expected = FEEDS.map(|feed| format!("https://data.example.org{feed}"));
    expected.sort();
    assert_eq!(told, expected);
}

/// The feed that a post to a hub says has changed.
fn ping(post: &Request) -> String {
    assert_eq!(post.method, "POST");
    assert_eq!(post.header("content-type"), Some("application/x-www-form-urlencoded"));
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(&post.body).into_owned().collect();
    let [(mode, publish), (name, feed)] = pairs.as_slice() else { panic!("{pairs:?}") };
    assert_eq!([mode, publish, name], ["hub.mode", "publish", "hub.url"]);
    feed.clone()
}

#[test]
fn the_feeds_that_a_hub_hears_of_are_all_there_are() {
    let document = porchlight::serve::openapi();
    let paths = document["paths"].as_object().unwrap().keys();
    let mut feeds: Vec<&str> =
        paths.map(String::as_str).filter(|path| path.starts_with("/feeds/")).collect();
    feeds.sort_unstable();
    let mut told = FEEDS;
    told.sort_unstable();
    assert_eq!(feeds, told);
}

#[test]
fn a_test_event_says_of_each_way_how_it_went() {
    let (world, receiver) = (World::start(), Receiver::start());
    let told = run(&world, &receiver, &["notify", "--test"]).ends(0);
    assert!(told.stdout.starts_with("told      webhook http://127.0.0.1:"), "{told:?}");
    assert_eq!(receiver.kinds(), ["test"]);
    let arguments = ["notify", "--test", "--json", "--notify-command", "/no/such/program"];
    receiver.answers([Answer::Reset]);
    let told = run(&world, &receiver, &arguments).ends(69).json();
    let failures: Vec<&str> =
        told.as_array().unwrap().iter().map(|way| way["failure"].as_str().unwrap()).collect();
    assert!(failures[0].contains("`/no/such/program` cannot be run"), "{failures:?}");
    assert!(failures[1].contains("no connection"), "{failures:?}");
    world.run(&["notify", "--test"]).ends(78);
}

#[test]
fn a_run_that_leaves_no_trace_is_told_of_once_a_day() {
    let (world, receiver) = (World::start(), Receiver::start());
    let temporary = world.file("catalog.sqlite", b"this is no database");
    let refresh = || {
        let mut command = command(&world, &receiver, &["refresh"]);
        command.env("TMPDIR", temporary.parent().unwrap());
        command.env("PORCHLIGHT_CATALOG_URL", format!("sqlite://{}", temporary.display()));
        ran(command).ends(65)
    };
    refresh();
    refresh();
    assert_eq!(receiver.kinds(), ["run.failed"]);
    let (_, event) = &receiver.posts()[0];
    assert!(event["data"]["reason"].as_str().unwrap().contains("is damaged"), "{event}");
}

// What follows asks the room itself, on a catalog that is made for it.

fn notifier(receiver: &Receiver) -> Notifier {
    let config = Config::try_from(Raw {
        notify: RawNotify {
            webhooks: vec![receiver.url().into()],
            secret: Some(format!("{OLD_SECRET} {SECRET}").into()),
            ..RawNotify::default()
        },
        serve: RawServe::default(),
        fetch: RawFetch { attempts: Some(1), ..RawFetch::default() },
        ..Raw::default()
    });
    Notifier::new(&config.unwrap()).unwrap()
}

/// A catalog on SQLite, and one on PostgreSQL where there is a server.
fn catalogs() -> (tempfile::TempDir, Option<Database>, Vec<CatalogLocation>) {
    let home = tempfile::tempdir().unwrap();
    let mut catalogs = vec![CatalogLocation::Sqlite(home.path().join("catalog.sqlite"))];
    let database = Database::create();
    let postgres = database.as_ref().map(|database| database.url().as_str().into());
    catalogs.extend(postgres.map(CatalogLocation::Postgres));
    (home, database, catalogs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_processes_one_tells() {
    let (_home, _database, catalogs) = catalogs();
    for location in &catalogs {
        let receiver = Receiver::start();
        let catalog = Catalog::open(location).unwrap();
        catalog.hold("cand_0123456789", &json!({ "gates": [] }), now()).unwrap();
        let at_once = (0..10).map(|_| {
            let (catalog, notifier) = (Catalog::open(location).unwrap(), notifier(&receiver));
            tokio::spawn(async move { notifier.tell(&catalog, None, now()).await.unwrap() })
        });
        let at_once: Vec<_> = at_once.collect();
        let mut told: Vec<Delivery> = Vec::new();
        for process in at_once {
            told.extend(process.await.unwrap());
        }
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(receiver.kinds(), ["candidate.held"]);
    }
}

#[tokio::test]
async fn runs_that_fail_in_a_row_are_counted_and_told_once_a_day() {
    let (_home, _database, catalogs) = catalogs();
    for location in &catalogs {
        let receiver = Receiver::start();
        let catalog = Catalog::open(location).unwrap();
        let began: DateTime<Utc> = now() - chrono::Duration::days(3);
        let run = |hours: i64, ending: Ending| {
            let at = began + chrono::Duration::hours(hours);
            let lead = catalog.try_lead(at).unwrap().unwrap();
            let id = catalog.begin_run(lead.epoch(), RunKind::Refresh, at).unwrap();
            let end = RunEnd {
                at,
                ending,
                message: Some("the disk is full".to_owned()),
                stages: Vec::new(),
                captures: Vec::new(),
                changes: Value::Null,
            };
            catalog.finish_run(id, &end).unwrap();
            at
        };
        let notifier = notifier(&receiver);
        for (hours, ending) in [
            (0, Ending::Failed),
            (1, Ending::Failed),
            (25, Ending::Failed),
            (26, Ending::Unchanged),
        ] {
            let at = run(hours, ending);
            notifier.tell(&catalog, None, at).await.unwrap();
        }
        assert_eq!(receiver.kinds(), ["run.failed", "run.failed", "run.recovered"]);
        let summary = |post: usize| receiver.posts()[post].1["data"]["summary"].clone();
        assert_eq!(
            summary(0),
            "the refresh failed; what is published stays in service: the disk is full"
        );
        assert!(summary(1).as_str().unwrap().contains("failed for the 3rd time in a row"));
    }
}

#[tokio::test]
async fn what_nobody_took_for_a_week_is_no_news_any_more() {
    let (_home, _database, catalogs) = catalogs();
    for location in &catalogs {
        let receiver = Receiver::start();
        receiver.answers([Answer::status(500)]);
        let catalog = Catalog::open(location).unwrap();
        let at = now();
        catalog.hold("cand_0123456789", &json!({ "gates": [] }), at).unwrap();
        let notifier = notifier(&receiver);
        assert!(notifier.tell(&catalog, None, at).await.unwrap()[0].failure.is_some());
        assert_eq!(notifier.untold(&catalog, at).unwrap().len(), 1);
        let later = at + chrono::Duration::days(8);
        assert!(notifier.tell(&catalog, None, later).await.unwrap().is_empty());
        assert_eq!(receiver.kinds().len(), 1);
    }
}

#[tokio::test]
async fn releases_alone_are_no_news_for_people() {
    let (_home, _database, catalogs) = catalogs();
    for location in &catalogs {
        let receiver = Receiver::start();
        let catalog = Catalog::open(location).unwrap();
        let lead = catalog.try_lead(now()).unwrap().unwrap();
        let release = ReleaseRow {
            release: "2026-11-24.1".parse().unwrap(),
            published_at: now(),
            manifest_sha256: "0".repeat(64),
        };
        catalog.record_release(lead.epoch(), &release).unwrap();
        assert!(notifier(&receiver).tell(&catalog, None, now()).await.unwrap().is_empty());
    }
}
