//! A host is checked by walking it: what it serves is what it published, or the first row that
//! differs is named.

use std::path::Path;
use std::process::Output;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::{Value, json};

use crate::support::origin::{Origin, releases};
use crate::support::program::Program;
use crate::support::scripted_host::{ScriptedHost, page, rows};
use crate::support::upstream::Answer;

/// Checks a host; how it ended, and its answer to `--json`.
fn check(program: &Program, url: &str, more: &[&str]) -> (i32, Value) {
    let arguments = [&["release", "verify", "--url", url, "--json"], more].concat();
    let mut command = program.command(&arguments);
    command.env("PORCHLIGHT_FETCH_ATTEMPTS", "1").env("PORCHLIGHT_FETCH_IDLE_MS", "500");
    let output = command.output().unwrap();
    let answer = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), answer.unwrap_or_else(|_| Value::String(log(&output))))
}

fn log(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The codes of what was found, and where.
fn found(answer: &Value) -> Vec<(&str, &str)> {
    let findings = answer["findings"].as_array().unwrap_or_else(|| panic!("{answer}"));
    findings
        .iter()
        .map(|finding| {
            (finding["kind"]["code"].as_str().unwrap(), finding["place"].as_str().unwrap())
        })
        .collect()
}

fn change(home: &Path, release: &str, sql: &str) {
    let path = home.join("releases").join(release).join("dataset.sqlite");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute(sql).unwrap();
}

#[test]
fn a_walk_of_the_api_reproduces_every_root() {
    let origin = Origin::with(2);
    let (serving, checker) = (origin.serve(), origin.program("checker"));
    for release in releases(&origin.own_home()) {
        let (code, answer) = check(&checker, serving.address(), &["--release", &release]);
        assert_eq!((code, &answer["findings"]), (0, &json!([])), "{answer}");
        assert_eq!(answer["release"], release.as_str());
        assert_eq!(answer["tables"], porchlight::record::RESOURCES.len());
        assert!(answer["rows"].as_u64().unwrap() > 100 && answer["bytes"].as_u64().unwrap() > 1000);
    }
    // The newest by default; the files left aside; the release said the other way.
    let newest = releases(&origin.own_home())[1].clone();
    let (code, answer) = check(&checker, serving.address(), &["--api-only"]);
    assert_eq!((code, &answer["release"], &answer["files"]), (0, &json!(newest), &json!(0)));
    let said = checker.succeed(&["release", "verify", &newest, "--url", serving.address()]);
    assert!(said.contains("whole") && !said.contains("NOT"), "{said}");
    let (code, answer) = check(&checker, serving.address(), &["--release", "1999-01-01.1"]);
    assert_eq!(code, 65, "{answer}");
}

#[test]
fn a_rate_limit_only_delays_the_walk() {
    let origin = Origin::with(1);
    let serving = origin.program("origin").serve_with(&["--rate-limit", "20:5"]);
    let checker = origin.program("checker");
    let said = checker.succeed(&["release", "verify", "--url", serving.address()]);
    assert!(said.contains("whole") && !said.contains("NOT"), "{said}");
}

#[test]
fn a_changed_cell_and_a_lost_row_are_named_as_the_first_that_differ() {
    let origin = Origin::with(1);
    let checker = origin.program("checker");
    let release = releases(&origin.own_home())[0].clone();
    let place = format!("/v1/releases/{release}/agencies");
    let agencies =
        std::fs::read(origin.own_home().join("releases").join(&release).join("agencies.ndjson.gz"));
    let agencies = rows(&agencies.unwrap());
    let third = &agencies[2];
    let id = third["id"].as_str().unwrap();
    let stories = [
        (
            format!("UPDATE agencies SET name = 'Nobody' WHERE id = '{id}';"),
            json!({ "code": "field", "id": id, "field": "name", "api": "Nobody",
                    "file": third["name"] }),
        ),
        (
            format!("PRAGMA foreign_keys = OFF; DELETE FROM agencies WHERE id = '{id}';"),
            json!({ "code": "only_file", "id": id }),
        ),
    ];
    for (number, (sql, expected)) in stories.into_iter().enumerate() {
        let home = format!("changed {number}");
        let program = origin.program(&home);
        program.succeed(&["mirror", origin.serve().address()]);
        change(&origin.home(&home), &release, &sql);
        let serving = program.serve();
        let (code, answer) = check(&checker, serving.address(), &["--api-only"]);
        assert_eq!(code, 65, "{sql}: {answer}");
        let kinds = answer["findings"].as_array().unwrap();
        assert_eq!(found(&answer)[0], ("root", place.as_str()), "{sql}: {answer}");
        assert_eq!(kinds[1]["kind"], expected, "{sql}: {answer}");
        assert_eq!(kinds.len(), 2, "{sql}: {answer}");
        let said = checker.run(&["release", "verify", "--url", serving.address(), "--api-only"]);
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(said.contains("the first row that differs is") && said.contains("NOT WHOLE"));
        // With the files: the release file is not the published one any more.
        let (code, answer) = check(&checker, serving.address(), &[]);
        let file = format!("/data/{release}/dataset.sqlite");
        assert_eq!(code, 65, "{sql}: {answer}");
        assert!(found(&answer).iter().any(|(_, place)| *place == file), "{sql}: {answer}");
    }
}

/// A lie, what is found of it, and where; `R` stands for the release.
type Lie = (&'static str, &'static str, &'static str, fn(&ScriptedHost, &str));

const LIES: &[Lie] = &[
    ("a flipped bit of a file", "hash", "/data/R/events.csv", |host, r| {
        host.lie_in(&format!("/data/{r}/events.csv"), |body| body[40] ^= 1);
    }),
    ("a shorter file", "refused", "/data/R/events.ndjson.gz", |host, r| {
        host.lie_in(&format!("/data/{r}/events.ndjson.gz"), |body| {
            body.truncate(body.len() - 1);
        });
    }),
    ("a file that is not there", "refused", "/data/R/gates.json", |host, r| {
        host.lie(&format!("/data/{r}/gates.json"), Answer::status(404));
    }),
    ("a file without end", "refused", "/data/R/gates.json", |host, r| {
        host.lie(&format!("/data/{r}/gates.json"), Answer::Endless);
    }),
    ("another manifest in the list", "listed", "/v1/releases", |host, _| {
        host.lie_in_list(|list| list["data"][0]["manifest_sha256"] = "0".repeat(64).into());
    }),
    ("another manifest by the API", "other_manifest", "/v1/releases/R", |host, r| {
        host.lie_in(&format!("/v1/releases/{r}"), |body| {
            let mut answer: Value = serde_json::from_slice(body).unwrap();
            answer["data"]["gates"] = json!([]);
            *body = answer.to_string().into_bytes();
        });
    }),
    ("a table that is a page", "refused", "/v1/releases/R/events", |host, r| {
        host.lie(&format!("/v1/releases/{r}/events"), Answer::ok("<!doctype html>"));
    }),
    ("a table that is not there", "refused", "/v1/releases/R/events", |host, r| {
        host.lie(&format!("/v1/releases/{r}/events"), Answer::status(404));
    }),
    ("records out of order", "order", "/v1/releases/R/events", |host, r| {
        edit(host, r, |records| records.swap(0, 1));
    }),
    ("a record twice", "order", "/v1/releases/R/events", |host, r| {
        edit(host, r, |records| records.insert(1, records[0].clone()));
    }),
    ("a field left out", "field", "/v1/releases/R/events", |host, r| {
        edit(host, r, |records| drop(records[1].as_object_mut().unwrap().remove("summary")));
    }),
    ("a record less", "only_file", "/v1/releases/R/events", |host, r| {
        edit(host, r, |records| drop(records.pop()));
    }),
    ("no record at all", "only_file", "/v1/releases/R/events", |host, r| {
        edit(host, r, Vec::clear);
    }),
    ("a record more", "only_api", "/v1/releases/R/events", |host, r| {
        edit(host, r, |records| {
            let mut more = records[0].clone();
            more["id"] = "evt_zzzzzzzzzz".into();
            records.push(more);
        });
    }),
    ("the records of another release", "other_release", "/v1/releases/R/events", |host, r| {
        let path = format!("/v1/releases/{r}/events");
        let body = String::from_utf8(host.truth(&path)).unwrap();
        let body = body.replace(&format!("{{\"release\":\"{r}\""), "{\"release\":\"1999-01-01.1\"");
        host.lie(&path, Answer::ok(body));
    }),
    ("pages without end", "refused", "/v1/releases/R/events", |host, r| {
        host.lie_in(&format!("/v1/releases/{r}/events"), |body| {
            let mut answer: Value = serde_json::from_slice(body).unwrap();
            answer["links"]["next"] = "https://elsewhere.example/x?limit=1000".into();
            *body = answer.to_string().into_bytes();
        });
    }),
    ("a root that is no table's", "both_differ", "/v1/releases/R/events", |host, r| {
        host.lie_in_manifest(r, |manifest| {
            let tables = manifest["tables"].as_array_mut().unwrap();
            let events = tables.iter_mut().find(|table| table["name"] == "events").unwrap();
            events["root"] = "0".repeat(64).into();
        });
    }),
];

#[test]
fn every_lie_of_a_host_is_found() {
    let origin = Origin::with(1);
    let checker = origin.program("checker");
    let release = releases(&origin.own_home())[0].clone();
    let host = ScriptedHost::of(&origin.own_home());
    let (code, answer) = check(&checker, &host.url(), &[]);
    assert_eq!((code, &answer["findings"]), (0, &json!([])));
    for (lie, expected, place, tell) in LIES {
        host.tell_the_truth();
        tell(&host, &release);
        let (code, answer) = check(&checker, &host.url(), &[]);
        assert_eq!(code, 65, "{lie}: {answer}");
        let place = place.replace("/R", &format!("/{release}"));
        assert!(found(&answer).contains(&(expected, &place)), "{lie}: {answer:#}");
    }
    // Silence and a broken server are no lies.
    for answer in [Answer::status(503), Answer::Hang, Answer::Reset] {
        host.tell_the_truth();
        host.lie(&format!("/v1/releases/{release}/events"), answer.clone());
        assert_eq!(check(&checker, &host.url(), &["--api-only"]).0, 69, "{answer:?}");
    }
}

/// Lies about the records of a table.
fn edit(host: &ScriptedHost, release: &str, edit: impl FnOnce(&mut Vec<Value>)) {
    let mut records = rows(&host.truth(&format!("/data/{release}/events.ndjson.gz")));
    edit(&mut records);
    host.lie(&format!("/v1/releases/{release}/events"), Answer::ok(page(release, &records)));
}

#[test]
fn columns_that_a_later_program_adds_are_left_aside() {
    let origin = Origin::with(1);
    let checker = origin.program("checker");
    let release = releases(&origin.own_home())[0].clone();
    let host = ScriptedHost::of(&origin.own_home());
    edit(&host, &release, |records| {
        for record in records {
            record["added_later"] = json!([1, 2]);
        }
    });
    let (code, answer) = check(&checker, &host.url(), &[]);
    assert_eq!((code, &answer["findings"]), (0, &json!([])));
}
