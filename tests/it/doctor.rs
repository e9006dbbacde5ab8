//! `porchlight doctor` finds what is wrong, says what to do, and changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use porchlight::catalog::Catalog;
use porchlight::config::CatalogLocation;
use porchlight::release::digest;
use serde_json::{Value, json};

use crate::support::postgres::Database;
use crate::support::publishers::ATLAS;
use crate::support::scripted_host::ScriptedHost;
use crate::support::upstream::{Answer, Upstream};
use crate::support::world::{Ran, World, days_ago, figure, ran, works};

/// What it found: the checks of one sort with their level and words.
struct Found {
    ran: Ran,
    checks: Vec<Value>,
}

impl Found {
    fn of(ran: Ran) -> Self {
        let checks = ran.json()["checks"].as_array().unwrap().clone();
        let faults = checks.iter().any(|check| check["level"] == "fault");
        assert_eq!(ran.code, if faults { 4 } else { 0 }, "{ran:?}");
        for check in &checks {
            let advised = check["advice"].is_string();
            assert_eq!(advised, check["level"] != "ok", "what to do, where there is: {check}");
        }
        Self { ran, checks }
    }

    /// The only check of a sort and level, with its advice.
    #[track_caller]
    fn one(&self, about: &str, level: &str) -> String {
        let mut found =
            self.checks.iter().filter(|check| check["about"] == about && check["level"] == level);
        let check = found.next().unwrap_or_else(|| panic!("no {level} {about}: {:?}", self.ran));
        assert!(found.next().is_none(), "{:?}", self.ran);
        let advice = check["advice"].as_str().unwrap_or_default();
        format!("{} -> {advice}", check["found"].as_str().unwrap())
    }

    #[track_caller]
    fn has_no(&self, level: &str) -> &Self {
        let found = self.checks.iter().find(|check| check["level"] == level);
        assert!(found.is_none(), "{found:?}");
        self
    }

    /// The only fault there is.
    #[track_caller]
    fn only_fault(&self, about: &str) -> String {
        let faults = self.checks.iter().filter(|check| check["level"] == "fault").count();
        assert_eq!(faults, 1, "{:?}", self.ran);
        self.one(about, "fault")
    }
}

fn doctor(world: &World, arguments: &[&str]) -> Found {
    Found::of(world.run(&[&["doctor", "--json"], arguments].concat()))
}

/// What doctor finds without asking anybody.
fn offline(world: &World, arguments: &[&str]) -> Found {
    doctor(world, &[&["--offline"], arguments].concat())
}

/// A world with a release.
fn published() -> World {
    let world = World::start();
    world.refresh().ends(0);
    world
}

/// Every file of a folder with its hash.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let hash = digest::sha256(&fs::read(&path).unwrap());
                found.insert(path, hash);
            }
        }
    }
    found
}

fn newest(world: &World, file: &str) -> PathBuf {
    world.home().join("releases").join(world.latest().name()).join(file)
}

#[test]
fn a_healthy_home_has_no_fault_and_is_left_as_it_was() {
    let world = World::start();
    let key = world.file("porchlight.key", b"");
    fs::remove_file(&key).unwrap();
    let key = key.to_str().unwrap();
    world.run(&["key", "new", "--to", key]).ends(0);
    world.run(&["refresh", "--signing-key-file", key]).ends(0);
    let before = files(&world.home());
    let host = ScriptedHost::of(&world.home());
    let (url, command) = (host.url(), "/bin/true");
    let arguments = ["--public-url", &url, "--signing-key-file", key, "--notify-command", command];
    let found = doctor(&world, &arguments);
    found.has_no("fault").has_no("warning");
    assert_eq!(files(&world.home()), before, "it changes nothing");
    let sources = found.checks.iter().filter(|check| check["about"] == "source");
    assert_eq!(sources.count(), 5);
    for (about, words) in [
        ("key", "it signed the newest release"),
        ("public", "serves the newest release"),
        ("notify", "command /bin/true is told"),
    ] {
        assert!(found.one(about, "ok").contains(words), "{about}");
    }
}

#[test]
fn a_home_that_is_still_to_be_made_is_not_made_by_looking() {
    let world = World::start();
    let found = offline(&world, &[]);
    found.has_no("fault");
    assert!(found.one("releases", "ok").contains("nothing is published yet"));
    assert!(found.one("catalog", "ok").contains("there is none yet"));
    assert!(!world.home().exists());
}

#[test]
fn each_setting_is_told_with_where_it_comes_from_and_no_secret_is() {
    let world = World::start();
    let mut command =
        world.command(&["doctor", "--offline", "--poll-ms", "77", "--notify-after-days", "4"]);
    command.env("PORCHLIGHT_FBI_API_KEY", "do-not-show-me");
    command.env("PORCHLIGHT_NOTIFY_WEBHOOK", "https://hooks.example.org/do-not-show-me");
    command.env("PORCHLIGHT_NOTIFY_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    command.env("PORCHLIGHT_SCHEDULE", "");
    let told = ran(command).ends(0);
    for line in [
        "setting  poll-ms = 77 (flag)",
        "setting  notify-after-days = 4 (flag)",
        "setting  fbi-api-key = *** (environment)",
        "setting  notify-webhook = *** (environment)",
        "setting  schedule = 17 6 * * * (default)",
        "setting  public-url = not set (default)",
        "setting  fetch-attempts = 1 (environment)",
    ] {
        assert!(told.stdout.lines().any(|told| told == line), "{line}: {told:?}");
    }
    for secret in ["do-not-show-me", "MfKQ9r8G"] {
        assert!(!told.stdout.contains(secret) && !told.stderr.contains(secret), "{told:?}");
    }
    let wrong = Found::of(world.run(&["doctor", "--json", "--schedule", "daily"]));
    assert!(wrong.only_fault("settings").contains("five cron fields"));
}

#[test]
fn a_source_that_refuses_is_a_fault_and_one_in_trouble_a_warning() {
    let world = published();
    world.fault(ATLAS, "status-404");
    let found = doctor(&world, &[]);
    assert!(found.only_fault("source").contains("eff-atlas answers 404"));
    world.fault(ATLAS, "status-500");
    let found = doctor(&world, &[]);
    assert!(found.has_no("fault").one("source", "warning").contains("eff-atlas answers 500"));
    world.fault(ATLAS, "reset");
    assert!(doctor(&world, &[]).only_fault("source").contains("no connection"));
    world.fault(ATLAS, "private");
    assert!(doctor(&world, &[]).only_fault("source").contains("eff-atlas"));
}

#[test]
fn a_clock_that_is_wrong_is_found_by_the_sources_and_by_the_newest_release() {
    let world = published();
    let clock = Upstream::start();
    let sources = world.file("one-source.toml", b"");
    let off = ["fbi-agencies", "usfa-registry", "census-places", "census-counties", "ring-map"];
    let off = off.map(|id| format!("[sources.{id}]\nenabled = false\n")).concat();
    let list = format!("{off}[sources.eff-atlas]\nurl = \"{}\"\n", clock.url("/atlas.csv"));
    fs::write(&sources, list).unwrap();
    let at = |days: u64| {
        let date = days_ago(days).format("%a, %d %b %Y 12:00:00 GMT").to_string();
        clock.script("/atlas.csv", [Answer::ok("").header("Date", &date)]);
        doctor(&world, &["--sources", sources.to_str().unwrap()])
    };
    let ahead = at(3).only_fault("clock");
    assert!(ahead.contains("ahead of those of the sources") && ahead.contains("NTP"), "{ahead}");

    let path = newest(&world, "manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let release = manifest["release"].clone();
    manifest["published_at"] = json!("2099-01-01T00:00:00Z");
    let bytes = manifest.to_string().into_bytes();
    fs::write(&path, &bytes).unwrap();
    let pointer = json!({
        "release": release, "manifest_sha256": digest::sha256(&bytes),
        "published_at": "2099-01-01T00:00:00Z",
    });
    fs::write(world.home().join("latest.json"), pointer.to_string()).unwrap();
    assert!(offline(&world, &[]).only_fault("clock").contains("behind the newest release"));
}

#[test]
fn a_damaged_or_newer_or_unreachable_catalog_is_a_fault() {
    let world = published();
    let catalog = world.home().join("catalog.sqlite");
    let kept = fs::read(&catalog).unwrap();
    fs::write(&catalog, b"this is no database, and was one before").unwrap();
    assert!(offline(&world, &[]).only_fault("catalog").contains("is damaged"));
    fs::write(&catalog, kept).unwrap();
    offline(&world, &[]).has_no("fault");
    if cfg!(feature = "postgres") {
        let url = "postgres://joe:do-not-show-me@127.0.0.1:1/porchlight?connect_timeout=2";
        let found = offline(&world, &["--catalog-url", url]);
        assert!(found.only_fault("catalog").contains("cannot be reached"));
        assert!(!found.ran.stdout.contains("do-not-show-me"), "{:?}", found.ran);
    }
}

#[test]
fn a_catalog_that_somebody_leads_is_told_so_and_not_disturbed() {
    let home = World::start();
    let database = Database::create();
    let file = home.home().join("catalog.sqlite");
    let mut catalogs =
        vec![(CatalogLocation::Sqlite(file.clone()), format!("sqlite://{}", file.display()))];
    if let Some(database) = &database {
        let url = database.url();
        catalogs.push((CatalogLocation::Postgres(url.as_str().into()), url));
    }
    for (location, url) in catalogs {
        let catalog = Catalog::open(&location).unwrap();
        let at = "2026-11-24T06:00:00Z".parse().unwrap();
        let lead = catalog.try_lead(at).unwrap().unwrap();
        let taken = offline(&home, &["--catalog-url", &url]);
        let words = taken.has_no("fault").ran.stdout.clone();
        assert!(words.contains("a process leads now") && words.contains("as epoch 1"), "{words}");
        catalog.check_epoch(lead.epoch()).unwrap();
        drop(lead);
        let free = offline(&home, &["--catalog-url", &url]);
        assert!(free.ran.stdout.contains("the lead is free"), "{:?}", free.ran);
        if url.starts_with("postgres") {
            assert!(free.ran.stdout.contains("PostgreSQL "), "{:?}", free.ran);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_or_that_is_another_one_is_a_fault() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::start();
    let place = world.file("place", b"");
    let make = |name: &str| {
        let path = place.with_file_name(name);
        world.run(&["key", "new", "--to", path.to_str().unwrap()]).ends(0);
        path
    };
    let (key, other) = (make("one.key"), make("other.key"));
    let key_of = |path: &Path| ["--signing-key-file".to_owned(), path.display().to_string()];
    let signed_by = |path: &Path, verb: &str| {
        let [flag, path] = key_of(path);
        world.run(&[verb, &flag, &path])
    };
    signed_by(&key, "refresh").ends(0);
    let look = |path: &Path| {
        let [flag, path] = key_of(path);
        offline(&world, &[&flag, &path])
    };
    look(&key).has_no("fault");
    assert!(look(&other).only_fault("key").contains("signed with another key"));
    assert!(offline(&world, &[]).only_fault("key").contains("the next one would not be"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(look(&key).only_fault("key").contains("chmod 600"));
    fs::remove_file(&key).unwrap();
    assert!(look(&key).only_fault("key").contains("cannot be read"));
}

#[test]
fn a_pointer_or_a_link_of_the_chain_that_does_not_fit_is_a_fault() {
    let world = published();
    let first = newest(&world, "manifest.json");
    world.fault(ATLAS, "latin1");
    world.refresh().ends(0);
    offline(&world, &[]).has_no("fault");

    let latest = world.home().join("latest.json");
    let kept = fs::read(&latest).unwrap();
    fs::remove_file(&latest).unwrap();
    assert!(offline(&world, &[]).only_fault("releases").contains("latest.json is missing"));
    let other = String::from_utf8(kept.clone())
        .unwrap()
        .replace("\"manifest_sha256\": \"", "\"manifest_sha256\": \"0");
    fs::write(&latest, other).unwrap();
    assert!(offline(&world, &[]).only_fault("releases").contains("another manifest"));
    fs::write(&latest, kept).unwrap();

    let manifest = fs::read_to_string(&first).unwrap();
    fs::write(&first, manifest + "\n").unwrap();
    assert!(offline(&world, &[]).only_fault("releases").contains("is not the one that"));
    fs::write(newest(&world, "manifest.json"), "{").unwrap();
    assert!(offline(&world, &[]).only_fault("releases").contains("is damaged"));
}

#[test]
fn a_public_url_that_serves_something_else_is_a_fault() {
    let world = published();
    let host = ScriptedHost::of(&world.home());
    let url = host.url();
    doctor(&world, &["--public-url", &url]).has_no("fault");
    host.lie_in_list(|list| list["data"][0]["manifest_sha256"] = "0".into());
    assert!(doctor(&world, &["--public-url", &url]).only_fault("public").contains("serves"));
    host.lie("/v1/releases", Answer::ok("<html>"));
    let found = doctor(&world, &["--public-url", &url]);
    assert!(found.only_fault("public").contains("not as porchlight does"));
    host.lie("/v1/releases", Answer::Reset);
    assert!(doctor(&world, &["--public-url", &url]).only_fault("public").contains("no connection"));
}

#[test]
fn what_is_held_and_what_fails_is_told_with_what_to_do() {
    let world = published();
    world.fault(ATLAS, "half");
    world.refresh().ends(3);
    let held = offline(&world, &[]).has_no("fault").one("held", "warning");
    assert!(held.contains("porchlight release accept cand_"), "{held}");
    world.fault(ATLAS, "status-500");
    world.refresh().ends(0);
    let failing = offline(&world, &[]).has_no("fault").one("failing", "warning");
    assert!(failing.contains("eff-atlas") && failing.contains("answered 500"), "{failing}");
    let no_program = offline(&world, &["--notify-command", "/no/such/program"]);
    assert!(no_program.only_fault("notify").contains("chmod +x"));
    let never = offline(&world, &["--schedule", "0 4 30 2 *"]);
    assert!(never.only_fault("schedule").contains("names no time"));
}

#[cfg(feature = "s3")]
#[test]
fn a_bucket_is_tried_and_left_as_it_was() {
    use crate::support::small_bucket::{Manners, SmallBucket};

    let world = World::start();
    let look = |bucket: &SmallBucket| {
        let url = bucket.url();
        let storage = ["--storage-url", "s3://bucket/prefix", "--s3-endpoint", &url];
        let key = ["--s3-access-key-id", "id", "--s3-secret-access-key", "do-not-show-me"];
        let found = offline(&world, &[storage, key].concat());
        assert!(!found.ran.stdout.contains("do-not-show-me"), "{:?}", found.ran);
        assert!(bucket.paths().is_empty(), "{:?}", bucket.paths());
        found
    };
    let good = look(&SmallBucket::start(Manners::Good));
    let levels = good.has_no("fault").checks.iter().filter(|check| check["about"] == "bucket");
    let levels: Vec<&Value> = levels.map(|check| &check["level"]).collect();
    assert_eq!(levels, ["ok", "ok", "ok"]);

    let careless = look(&SmallBucket::start(Manners::Careless));
    let warned = careless.has_no("fault").ran.stdout.clone();
    assert!(warned.contains("it ignores `If-None-Match: *`"), "{warned}");
    assert!(warned.contains("another media type than it got"), "{warned}");

    let closed = look(&SmallBucket::start(Manners::Closed));
    assert!(closed.one("bucket", "fault").contains("the access key"));
}

/// Doctor in a mount namespace of its own, after `mounts`, in which `$1` is the home folder.
fn in_a_namespace(world: &World, mounts: &str) -> Found {
    let script = format!("{mounts} || exit 99; \"$2\" doctor --offline --json");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh"]);
    command.arg(world.home()).arg(env!("CARGO_BIN_EXE_porchlight")).env_clear();
    for (name, value) in world.command(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Found::of(ran(command))
}

#[test]
fn a_home_that_is_read_only_or_full_is_a_fault() {
    if !works("unshare", &["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]) {
        figure("skipped: a read-only and a full home need the right to mount");
        return;
    }
    let world = published();
    let read_only =
        in_a_namespace(&world, r#"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1""#);
    assert!(read_only.one("home", "fault").contains("mount it writable"));

    let full = in_a_namespace(
        &world,
        r#"cp -a "$1" /tmp/porchlight-doctor.$$ && used=$(du -sk "$1" | cut -f1) &&
        mount -t tmpfs -o size=$((used + 200))k tmpfs "$1" &&
        cp -a "/tmp/porchlight-doctor.$$/." "$1" && rm -rf "/tmp/porchlight-doctor.$$""#,
    );
    let room = full.only_fault("home");
    assert!(room.contains("free; a release is") && room.contains("make room"), "{room}");
    let file = world.file("a-file", b"");
    let no_folder = offline(&world, &["--home", file.to_str().unwrap()]);
    assert!(no_folder.one("home", "fault").contains("it is a file"));
}
