//! A host is copied: whole, again, one release alone, from a host that lies, and by a program that
//! is killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use porchlight::catalog::Catalog;
use porchlight::config::CatalogLocation;
use serde_json::{Value, json};

use crate::support::origin::{Origin, published, releases, same_files};
use crate::support::program::{Program, Serving};
use crate::support::random::Random;
use crate::support::scripted_host::ScriptedHost;
use crate::support::slow_proxy::SlowProxy;
use crate::support::upstream::Answer;

/// Kills at random moments.
const RANDOM_KILLS: usize = 20;

/// A pause after each block of a slow line.
const PAUSE: Duration = Duration::from_millis(4);

/// What it printed for a program.
fn json_of(program: &Program, arguments: &[&str]) -> Value {
    serde_json::from_str(&program.succeed(arguments)).unwrap()
}

/// Pages and other answers of which every mirror must give the same, byte for byte.
async fn same_answers(origin: &Serving, mirror: &Serving) {
    let releases = origin.get("/v1/releases").await;
    let first = releases["data"].as_array().unwrap().last().unwrap()["release"].clone();
    let first = first.as_str().unwrap();
    for path in [
        "/v1/releases".to_owned(),
        "/v1/summary".to_owned(),
        "/v1/releases/latest".to_owned(),
        format!("/v1/releases/{first}"),
        format!("/v1/releases/{first}/gates"),
        "/v1/partnerships/counts?by=state,status".to_owned(),
        "/v1/agencies.csv?state=DE".to_owned(),
        format!("/data/{first}/SHA256SUMS"),
    ] {
        let [one, other] = [origin.raw(&path).await, mirror.raw(&path).await];
        assert!(one == other, "{path} differs");
    }
    // Cursors: what one host gives, the other goes on from.
    let mut next = Some("/v1/agencies?limit=7&sort=-name".to_owned());
    for _page in 0..5 {
        let Some(path) = next else { return };
        let page = origin.get(&path).await;
        assert_eq!(page, mirror.get(&path).await, "{path}");
        next = page["links"]["next"].as_str().map(str::to_owned);
    }
}

#[tokio::test]
async fn a_mirror_holds_the_same_files_and_serves_the_same_bodies_and_cursors() {
    let mut origin = Origin::with(2);
    let mirror = origin.program("mirror");
    let serving = origin.serve();
    let report = json_of(&mirror, &["mirror", serving.address(), "--json"]);
    assert_eq!(report["outcome"], "copied");
    assert_eq!(report["copied"].as_array().unwrap().len(), 2);
    same_files(&published(&origin.home("mirror")), &published(&origin.own_home()), "copied");
    assert!(mirror.succeed(&["release", "verify"]).lines().all(|line| line.ends_with("whole")));
    same_answers(&serving, &mirror.serve()).await;

    let again = mirror.succeed(&["mirror", serving.address()]);
    assert_eq!(again, "nothing to copy: 2 releases of the host are here\n");
    drop(serving);
    origin.publish();
    let serving = origin.serve();
    let more = json_of(&mirror, &["mirror", serving.address(), "--json"]);
    assert_eq!((more["copied"].as_array().unwrap().len(), &more["here"]), (1, &json!(2)));
    same_files(&published(&origin.home("mirror")), &published(&origin.own_home()), "copied");
    same_answers(&serving, &mirror.serve()).await;
}

#[tokio::test]
async fn a_mirror_of_a_mirror_is_one_of_the_origin() {
    let origin = Origin::with(1);
    let [first, second] = ["first", "second"].map(|home| origin.program(home));
    first.succeed(&["mirror", origin.serve().address()]);
    second.succeed(&["mirror", first.serve().address()]);
    same_files(&published(&origin.home("second")), &published(&origin.own_home()), "copied");
}

#[test]
fn one_release_is_copied_alone_and_the_gap_before_it_is_told_in_words() {
    let origin = Origin::with(3);
    let mirror = origin.program("mirror");
    let serving = origin.serve();
    let names = releases(&origin.own_home());
    let said = mirror.succeed(&["mirror", serving.address(), "--release", &names[1]]);
    assert!(said.contains(&format!("the release that {} follows is not here", names[1])), "{said}");
    assert_eq!(releases(&origin.home("mirror")), [names[1].clone()]);

    let verified = mirror.succeed(&["release", "verify"]);
    let gap = format!("whole; it follows {}, which was not copied", names[0]);
    assert!(verified.contains(&gap), "{verified}");
    assert_eq!(json_of(&mirror, &["release", "verify", "--json"])["gaps"], json!([names[1]]));

    // The others fill the gap, and nothing is left of it.
    let all = json_of(&mirror, &["mirror", serving.address(), "--json"]);
    assert_eq!((all["copied"].as_array().unwrap().len(), &all["here"]), (2, &json!(1)));
    same_files(&published(&origin.home("mirror")), &published(&origin.own_home()), "copied");
    let verified = mirror.succeed(&["release", "verify"]);
    assert!(!verified.contains("not copied"), "{verified}");
}

#[test]
fn a_host_without_the_first_release_gives_single_ones_only() {
    let origin = Origin::with(2);
    let mirror = origin.program("mirror");
    let names = releases(&origin.own_home());
    let host = ScriptedHost::of(&origin.own_home());
    host.lie_in_list(|list| drop(list["data"].as_array_mut().unwrap().remove(0)));
    let output = try_once(&mirror, &host.url());
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(65), "{log}");
    assert!(log.contains(&format!("`--release {}` copies it alone", names[1])), "{log}");
    assert_eq!(published(&origin.home("mirror")).len(), 0);
    mirror.succeed(&["mirror", &host.url(), "--release", &names[1]]);
    mirror.succeed(&["release", "verify"]);
}

#[test]
fn a_release_that_is_gone_from_a_home_is_no_gap() {
    let origin = Origin::with(2);
    let mirror = origin.program("mirror");
    mirror.succeed(&["mirror", origin.serve().address()]);
    let home = origin.home("mirror");
    fs::remove_dir_all(home.join("releases").join(&releases(&home)[0])).unwrap();
    assert_eq!(mirror.run(&["release", "verify"]).status.code(), Some(65));
}

#[test]
fn signatures_are_copied_and_another_key_than_the_trusted_one_is_refused() {
    let origin = Origin::with(0);
    let (own, mirror) = (origin.program("origin"), origin.program("mirror"));
    let [key, other] = ["one.key", "other.key"].map(|name| origin.home(name));
    let [public, other] = [&key, &other].map(|key| {
        own.succeed(&["key", "new", "--to", key.to_str().unwrap()]);
        fs::read_to_string(key.with_extension("pub")).unwrap()
    });
    own.succeed(&["--signing-key-file", key.to_str().unwrap(), "refresh"]);
    let serving = own.serve();
    let address = serving.address();
    let refused = mirror.run(&["mirror", address, "--public-key", &other]);
    let log = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(65), "{log}");
    assert!(log.contains("which is not the key that is trusted"), "{log}");
    assert_eq!(published(&origin.home("mirror")).len(), 0);
    mirror.succeed(&["mirror", address, "--public-key", &public]);
    let here = published(&origin.home("mirror"));
    same_files(&here, &published(&origin.own_home()), "signed");
    assert_eq!(here.keys().filter(|name| name.ends_with(".minisig")).count(), 2);
    let verify = ["release", "verify", "--public-key", &public];
    assert!(mirror.succeed(&verify).contains("signed"));
    let by_url = ["release", "verify", "--api-only", "--url", address, "--public-key"];
    assert!(mirror.succeed(&[&by_url[..], &[&public]].concat()).contains("signed"));
    assert_eq!(mirror.run(&[&by_url[..], &[&other]].concat()).status.code(), Some(65));

    // A signature of something else is none.
    let host = ScriptedHost::of(&origin.own_home());
    let release = releases(&origin.own_home())[0].clone();
    let sums = host.truth(&data(&release, "SHA256SUMS.minisig"));
    host.lie(&data(&release, "manifest.json.minisig"), Answer::ok(sums));
    let victim = origin.program("victim");
    let refused = try_once(&victim, &host.url());
    let log = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(65), "{log}");
    assert!(log.contains("the signature of `manifest.json`"), "{log}");
    assert_eq!(published(&origin.home("victim")).len(), 0);
}

#[test]
fn a_home_in_which_somebody_writes_is_left_alone() {
    let origin = Origin::with(1);
    let mirror = origin.program("mirror");
    let serving = origin.serve();
    let place = origin.home("mirror").join("catalog.sqlite");
    let catalog = Catalog::open(&CatalogLocation::Sqlite(place)).unwrap();
    let lead = catalog.try_lead("2026-11-24T06:00:00Z".parse().unwrap()).unwrap().unwrap();
    let output = mirror.run(&["mirror", serving.address()]);
    assert_eq!(output.status.code(), Some(75));
    assert_eq!(published(&origin.home("mirror")).len(), 0);
    drop(lead);
    mirror.succeed(&["mirror", serving.address()]);
    let last = catalog.last_run().unwrap().unwrap();
    assert_eq!((last.kind.as_str(), last.outcome.as_str()), ("mirror", "published"));
    let noted = catalog.releases().unwrap();
    assert_eq!(noted.len(), 1);
}

/// How `mirror` ends when it tries once.
fn try_once(mirror: &Program, url: &str) -> Output {
    let mut command = mirror.command(&["mirror", url]);
    command.env("PORCHLIGHT_FETCH_ATTEMPTS", "1").env("PORCHLIGHT_FETCH_IDLE_MS", "500");
    command.env("PORCHLIGHT_FETCH_MAX_BYTES", (4 << 20).to_string());
    command.output().unwrap()
}

/// A lie about the second release, and how a mirror of it ends: its exit code and some of its words.
type Lie = (&'static str, i32, &'static str, fn(&ScriptedHost, &str));

/// A file of a release.
fn data(release: &str, file: &str) -> String {
    format!("/data/{release}/{file}")
}

fn flip(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
}

const LIES: &[Lie] = &[
    ("a flipped bit", 65, "has sha256", |host, r| {
        host.lie_in(&data(r, "agencies.csv"), |body| flip(body));
    }),
    ("a byte less", 65, "that were promised", |host, r| {
        host.lie_in(&data(r, "agencies.csv"), |body| body.truncate(body.len() - 1));
    }),
    ("a byte more", 65, "that were promised", |host, r| {
        host.lie_in(&data(r, "agencies.csv"), |body| body.push(b'\n'));
    }),
    ("a file without end", 65, "sent more than", |host, r| {
        host.lie(&data(r, "agencies.csv"), Answer::Endless);
    }),
    ("a file that is not there", 65, "answered 404", |host, r| {
        host.lie(&data(r, "dataset.sqlite"), Answer::status(404));
    }),
    ("a packed file", 65, "no good `gzip`", |host, r| {
        let body = host.truth(&data(r, "agencies.csv"));
        host.lie(&data(r, "agencies.csv"), Answer::gzip(&body));
    }),
    ("a redirect to a private address", 65, "its address is not a public one", |host, r| {
        host.lie(&data(r, "agencies.csv"), Answer::redirect("https://10.0.0.1/agencies.csv"));
    }),
    ("a redirect to plain http", 65, "only https is fetched", |host, r| {
        host.lie(&data(r, "agencies.csv"), Answer::redirect("http://example.org/"));
    }),
    ("a redirect in a circle", 65, "redirects more than", |host, r| {
        host.lie(&data(r, "agencies.csv"), Answer::redirect(&data(r, "agencies.csv")));
    }),
    ("half a file", 69, "broke off", |host, r| {
        let body = host.truth(&data(r, "agencies.csv"));
        host.lie(&data(r, "agencies.csv"), Answer::Truncated(body));
    }),
    ("a silent file", 69, "gave no", |host, r| {
        host.lie(&data(r, "agencies.csv"), Answer::Hang);
    }),
    ("a broken server", 69, "answered 503", |host, r| {
        host.lie(&data(r, "agencies.csv"), Answer::status(503));
    }),
    ("no manifest", 65, "the host has no release", |host, r| {
        host.lie(&data(r, "manifest.json"), Answer::status(404));
    }),
    ("a manifest that is a page", 65, "is none", |host, r| {
        host.lie(&data(r, "manifest.json"), Answer::ok("<!doctype html>"));
    }),
    ("a manifest without end", 65, "sent more than", |host, r| {
        host.lie(&data(r, "manifest.json"), Answer::Endless);
    }),
    ("another manifest than listed", 65, "the host's list gives", |host, r| {
        host.lie_in(&data(r, "manifest.json"), |body| body.push(b'\n'));
    }),
    ("the manifest of another release", 65, "serves the manifest of release", |host, r| {
        host.lie_in_manifest(r, |manifest| manifest["release"] = "2026-11-24.9".into());
    }),
    ("a name that leads out of the folder", 65, "is not the plain name", |host, r| {
        host.lie_in_manifest(r, |manifest| manifest["files"][0]["name"] = "../escaped".into());
    }),
    ("a link to another manifest", 65, "one of the two was changed", |host, r| {
        host.lie_in_manifest(r, |manifest| {
            manifest["previous"]["manifest_sha256"] = "0".repeat(64).into();
        });
    }),
    ("a second beginning", 65, "the chain forks", |host, r| {
        host.lie_in_manifest(r, |manifest| manifest["previous"] = Value::Null);
    }),
    ("a signature that is not there", 65, "does not have the signature", |host, r| {
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        host.lie_in_manifest(r, |manifest| manifest["signing_key"] = key.into());
    }),
    ("a key that is none", 65, "names a signing key that is none", |host, r| {
        host.lie_in_manifest(r, |manifest| manifest["signing_key"] = "none".into());
    }),
    ("another first release", 65, "the host changed what was published", |host, _| {
        host.lie_in_list(|list| list["data"][0]["manifest_sha256"] = "0".repeat(64).into());
    }),
    ("a release listed twice", 65, "a release is listed twice", |host, _| {
        host.lie_in_list(|list| {
            let entry = list["data"][0].clone();
            list["data"].as_array_mut().unwrap().push(entry);
        });
    }),
    ("a list without end", 65, "its pages do not end", |host, _| {
        host.lie_in_list(|list| list["links"]["next"] = "/v1/releases?".into());
    }),
    ("an empty list", 65, "has no release yet", |host, _| {
        host.lie_in_list(|list| list["data"] = json!([]));
    }),
    ("a list that is a page", 65, "does not answer as Porchlight does", |host, _| {
        host.lie("/v1/releases", Answer::ok("<!doctype html>"));
    }),
    ("no list", 65, "answered 404", |host, _| host.lie("/v1/releases", Answer::status(404))),
    ("a gone release that nobody took back", 65, "no manifest says why", |host, r| {
        host.lie(&data(r, "manifest.json"), Answer::status(410));
    }),
];

#[test]
fn a_host_that_lies_is_told_so_and_nothing_of_the_lie_is_published() {
    let mut origin = Origin::with(1);
    let mirror = origin.program("mirror");
    let home = origin.home("mirror");
    mirror.succeed(&["mirror", &ScriptedHost::of(&origin.own_home()).url()]);
    let before = published(&home);
    origin.publish();
    let host = ScriptedHost::of(&origin.own_home());
    let second = releases(&origin.own_home())[1].clone();
    for (lie, code, words, tell) in LIES {
        host.tell_the_truth();
        tell(&host, &second);
        // Else what came whole before an earlier lie is not asked for again.
        fs::remove_dir_all(home.join("staging/mirror")).ok();
        let output = try_once(&mirror, &host.url());
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = log.lines().last().unwrap_or_default();
        assert_eq!(output.status.code(), Some(*code), "{lie}: {log}");
        assert!(last.contains(words), "{lie}: {log}");
        assert!(published(&home) == before, "{lie}: something was published");
        assert!(!home.join("staging/mirror/escaped").exists());
    }
    host.tell_the_truth();
    mirror.succeed(&["mirror", &host.url()]);
    same_files(&published(&home), &published(&origin.own_home()), "copied");
}

#[test]
fn a_host_that_is_not_there_is_unavailable_and_one_that_may_not_be_asked_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = Program::new(&folder.path().join("home"), Path::new("/dev/null"));
    for (url, code) in [
        ("http://127.0.0.1:9", 69),
        ("http://example.org", 2),
        ("https://10.0.0.1", 2),
        ("ftp://127.0.0.1", 2),
        ("nothing", 2),
    ] {
        let output = try_once(&mirror, url);
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{url}: {log}");
    }
}

#[test]
fn a_beginning_that_is_of_something_else_is_not_built_upon() {
    let origin = Origin::with(1);
    let mirror = origin.program("mirror");
    let home = origin.home("mirror");
    let release = releases(&origin.own_home())[0].clone();
    let folder = home.join("staging/mirror").join(release);
    fs::create_dir_all(folder.join("whole")).unwrap();
    fs::write(folder.join("agencies.csv.part"), "something else").unwrap();
    fs::write(folder.join("dataset.sqlite.part"), vec![0; 64 << 20]).unwrap();
    fs::write(folder.join("whole/evidence.csv"), "something else").unwrap();
    mirror.succeed(&["mirror", origin.serve().address()]);
    same_files(&published(&home), &published(&origin.own_home()), "copied");
    assert!(!home.join("staging/mirror").exists());
}

#[test]
fn what_the_host_took_back_is_removed_after_the_release_that_says_so_is_copied() {
    let origin = Origin::with(2);
    let mirror = origin.program("mirror");
    let home = origin.home("mirror");
    let mut host = ScriptedHost::of(&origin.own_home());
    mirror.succeed(&["mirror", &host.url()]);
    let names = releases(&home);
    let [first, second] = [&names[0], &names[1]].map(|release| host.manifest_sha256(release));
    let third = format!("{}.3", names[1].split_once('.').unwrap().0);
    host.publish(&third, &names[1], |manifest| {
        let taken_back = |release: &str, sha256: &str| {
            json!({ "release": release, "manifest_sha256": sha256, "reason": "it named a resident",
                    "redacted_in": third })
        };
        manifest["previous"] = json!({ "release": names[1], "manifest_sha256": second });
        manifest["redactions"] =
            json!([taken_back(&names[0], &first), taken_back(&names[1], &second)]);
    });
    for release in &names {
        host.lie(&data(release, "manifest.json"), Answer::status(410));
    }
    let said = mirror.succeed(&["mirror", &host.url()]);
    assert!(said.contains(&format!("copied {third}")), "{said}");
    for release in &names {
        assert!(said.contains(&format!("removed {release}: it was taken back")), "{said}");
        assert!(!home.join("releases").join(release).join("dataset.sqlite").exists());
    }
    assert_eq!(releases(&home), std::slice::from_ref(&third));
    let again = mirror.succeed(&["mirror", &host.url()]);
    assert_eq!(again, "nothing to copy: 1 releases of the host are here\n");

    // A home that never had them does not ask for them, and one of them cannot be had alone.
    let other = origin.program("other");
    other.succeed(&["mirror", &host.url()]);
    assert_eq!(releases(&origin.home("other")), [third]);
    let alone = other.run(&["mirror", &host.url(), "--release", &names[0]]);
    let log = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert_eq!(alone.status.code(), Some(65), "{log}");
    assert!(log.contains("has taken release"), "{log}");
}

#[test]
fn a_mirror_killed_at_random_moments_again_and_again_ends_verified() {
    let mut random = Random::of("PORCHLIGHT_KILL_SEED");
    let origin = Origin::with(2);
    let serving = origin.serve();
    let line = SlowProxy::to(serving.address(), PAUSE);
    let truth = published(&origin.own_home());
    let began = Instant::now();
    origin.program("undisturbed").succeed(&["mirror", &line.address()]);
    let undisturbed = began.elapsed();

    let (mut killed, mut ended, mut resumable, mut home) = (0, 0, 0, 0);
    while killed < RANDOM_KILLS {
        let name = format!("mirror {home}");
        let mirror = origin.program(&name);
        let mut command = mirror.command(&["mirror", &line.address()]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moment = undisturbed.mul_f64(random.share() * 0.4);
        std::thread::sleep(moment);
        if process.try_wait().unwrap().is_some_and(|status| status.success()) {
            same_files(&published(&origin.home(&name)), &truth, &format!("{random:?}"));
            (ended, home) = (ended + 1, home + 1);
            continue;
        }
        process.kill().unwrap(); // SIGKILL
        process.wait().unwrap();
        killed += 1;
        resumable += usize::from(has_parts(&origin.home(&name)));
        // What is published is whole, at any moment.
        if let Some(release) = releases(&origin.home(&name)).last() {
            let said = mirror.succeed(&["release", "verify", release]);
            assert!(!said.contains("NOT WHOLE"), "{said} after {moment:?}, {random:?}");
        }
    }
    let name = format!("mirror {home}");
    let mirror = origin.program(&name);
    mirror.succeed(&["mirror", serving.address()]);
    mirror.succeed(&["release", "verify"]);
    same_files(&published(&origin.home(&name)), &truth, &format!("{random:?}"));
    assert!(!origin.home(&name).join("staging/mirror").exists());
    eprintln!(
        "{killed} kills, {resumable} of them amid a file; {ended} mirrors ended between them"
    );
    assert!(resumable > 0, "the line is too fast");
}

/// Whether a file is there that was on its way.
fn has_parts(home: &Path) -> bool {
    let Ok(releases) = fs::read_dir(home.join("staging/mirror")) else { return false };
    let folders =
        releases.filter_map(Result::ok).filter_map(|entry| fs::read_dir(entry.path()).ok());
    let mut files = folders.flatten().map(|file| file.unwrap());
    files.any(|file| file.path().extension().is_some_and(|end| end == "part"))
}

/// The step that a line of the log tells.
fn step(line: &str) -> Option<&str> {
    Some(line.split_once(": mirror step=")?.1)
}

#[test]
fn a_mirror_killed_at_any_kind_of_step_is_made_good_by_the_next() {
    let origin = Origin::with(2);
    let serving = origin.serve();
    let truth = published(&origin.own_home());
    let start = |home: &str| {
        let mut command = origin.program(home).command(&["mirror", serving.address()]);
        command.env("PORCHLIGHT_LOG", "porchlight=debug").stdout(Stdio::null());
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let steps = |process: &mut std::process::Child| {
        BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap)
    };
    let mut process = start("undisturbed");
    let told: Vec<String> =
        steps(&mut process).filter_map(|line| step(&line).map(str::to_owned)).collect();
    assert!(process.wait().unwrap().success());
    // The first of each kind, and the last steps of the second release.
    let kind = |step: &String| step.trim_matches('"').split(' ').next().unwrap().to_owned();
    let mut kinds = Vec::new();
    for (number, step) in told.iter().enumerate() {
        if !kinds.iter().any(|(known, _)| *known == kind(step)) {
            kinds.push((kind(step), number));
        }
    }
    assert!(kinds.len() >= 7, "{told:?}");
    let last = told.len() - 1;
    let moments = kinds.into_iter().map(|(_, number)| number).chain([last - 3, last - 2, last - 1]);
    for (home, moment) in moments.enumerate() {
        let home = format!("mirror {home}");
        let mut process = start(&home);
        let at = steps(&mut process).filter(|line| step(line).is_some()).nth(moment);
        process.kill().unwrap(); // SIGKILL
        process.wait().unwrap();
        let mirror = origin.program(&home);
        mirror.succeed(&["mirror", serving.address()]);
        same_files(&published(&origin.home(&home)), &truth, &format!("killed at {at:?}"));
    }
}
