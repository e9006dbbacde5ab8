//! `porchlight match`: the queue, decisions taken back, labels, and what is told wrongly.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::program::Program;

/// The program over a home whose release holds what is in the program: partnerships, and no
/// registry that knows their agencies.
struct Desk {
    folder: tempfile::TempDir,
    program: Program,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = folder.path().join("sources.toml");
        fs::write(&sources, "").unwrap();
        let program = Program::new(&folder.path().join("home"), &sources);
        program.succeed(&["refresh", "--only", "curated"]);
        Self { folder, program }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The queue with these values in the row of Los Angeles, as a file.
    fn decided(&self, values: &[(&str, &str)]) -> PathBuf {
        let queue = self.program.succeed(&["match", "review"]);
        let mut reader = csv::Reader::from_reader(queue.as_bytes());
        let header = reader.headers().unwrap().clone();
        let path = self.file("queue.csv");
        let mut writer = csv::Writer::from_path(&path).unwrap();
        writer.write_record(&header).unwrap();
        for row in reader.records() {
            let row = row.unwrap();
            let is_it = row.iter().any(|cell| cell == "partnerships/los-angeles-ca");
            let cells = header.iter().zip(&row).map(|(name, cell)| {
                let value = values.iter().find(|(column, _)| is_it && *column == name);
                value.map_or(cell, |(_, value)| value)
            });
            writer.write_record(cells).unwrap();
        }
        writer.flush().unwrap();
        path
    }

    /// Hands the queue back; the exit code and what was said.
    fn take(&self, queue: &Path, to: &Path) -> (Option<i32>, String) {
        let arguments = ["match", "review", "--evidence", "https://example.org/", "--decisions"];
        let mut command = self.program.command(&arguments);
        let done = command.arg(queue).arg("--to").arg(to).output().unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    }
}

const NEW: [(&str, &str); 2] = [("decision", "new"), ("reason", "No registry lists it.")];

#[test]
fn a_decision_goes_from_the_queue_into_the_next_release() {
    let desk = Desk::new();
    let overrides = desk.file("overrides.toml");
    fs::write(&overrides, "# ours\n").unwrap();
    assert_eq!(desk.take(&desk.decided(&NEW), &overrides).0, Some(0));
    let written = fs::read_to_string(&overrides).unwrap();
    assert!(written.starts_with("# ours\n") && written.contains("los-angeles-ca"), "{written}");
    let path = overrides.to_str().unwrap();
    desk.program.succeed(&["refresh", "--only", "curated", "--overrides", path]);
    let queue = desk.program.succeed(&["match", "review"]);
    assert!(!queue.contains("partnerships/los-angeles-ca"), "{queue}");
    let explained = desk.program.succeed(&[
        "match",
        "explain",
        "Los Angeles PD",
        "--state",
        "California",
        "--place",
        "Los Angeles",
        "--json",
    ]);
    let explained: Value = serde_json::from_str(&explained).unwrap();
    assert_eq!(explained["candidates"][0]["name"], "Los Angeles Police Department");
    assert_eq!(explained["candidates"][0]["source_id"], "curated");
}

#[test]
fn what_cannot_be_taken_changes_no_file() {
    let desk = Desk::new();
    let overrides = desk.file("overrides.toml");
    for (values, says) in [
        (&[("decision", "maybe"), ("reason", "x")][..], "none of same, different and new"),
        (&[("decision", "same"), ("reason", "x")], "which one it is is missing"),
        (&[("decision", "new"), ("reason", "")], "missing field `reason`"),
        (&[("decision", "same"), ("agency", "nobody/1"), ("reason", "x")], "no row of a registry"),
    ] {
        fs::write(&overrides, "# ours\n").unwrap();
        let (code, said) = desk.take(&desk.decided(values), &overrides);
        assert_eq!(code, Some(65), "{values:?}: {said}");
        assert!(said.contains(says), "{values:?}: {said}");
        assert_eq!(fs::read_to_string(&overrides).unwrap(), "# ours\n");
    }
    fs::write(&overrides, "[[overrides]\n").unwrap();
    assert_eq!(desk.take(&desk.decided(&NEW), &overrides).0, Some(65), "a file that is none");
    assert_eq!(fs::read_to_string(&overrides).unwrap(), "[[overrides]\n");
}

#[test]
fn bad_questions_and_files_are_told_by_their_exit_codes() {
    let desk = Desk::new();
    let other = desk.file("other.csv");
    fs::write(&other, "a,b\n1,2\n").unwrap();
    let (other, none) = (other.to_str().unwrap(), desk.file("none.csv"));
    let none = none.to_str().unwrap();
    for (arguments, code, says) in [
        (&["match", "explain", "", "--state", "NJ"][..], 2, "value is required"),
        (&["match", "explain", "Ada Police", "--state", "ZZ"], 65, "no state or territory `ZZ`"),
        (&["match", "measure", none], 74, "cannot read"),
        (&["match", "measure", other], 65, "missing field `key`"),
        (&["match", "review", "--decisions", other], 2, "--evidence is missing"),
    ] {
        let done = desk.program.run(arguments);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}

#[test]
fn links_are_measured_against_those_that_people_judged() {
    let desk = Desk::new();
    let labels = desk.file("labels.csv");
    fs::write(&labels, "key,expected\npartnerships/los-angeles-ca,-|CA1\nnobody,CA2\n").unwrap();
    let measured = desk.program.succeed(&["match", "measure", labels.to_str().unwrap(), "--json"]);
    let measured: Value = serde_json::from_str(&measured).unwrap();
    assert_eq!((&measured["rightly_unmatched"], &measured["unknown"]), (&1.into(), &1.into()));
    fs::write(&labels, "aos,expected\npartnerships/los-angeles-ca,CA1\n").unwrap();
    let measured = desk.program.succeed(&["match", "measure", labels.to_str().unwrap()]);
    assert!(measured.contains("1 missed") && measured.contains("recall 0.0000"), "{measured}");
}

#[test]
fn decisions_that_cannot_be_used_leave_nothing_published_without_the_curated_data() {
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("sources.toml");
    fs::write(&sources, "").unwrap();
    let program = Program::new(&folder.path().join("home"), &sources);
    let overrides = folder.path().join("overrides.toml");
    let refresh = || {
        let path = overrides.to_str().unwrap();
        program.run(&["refresh", "--only", "curated", "--overrides", path])
    };
    for (text, says) in [(None, "No such file"), (Some("[[overrides]\n"), "local-overrides.toml")] {
        if let Some(text) = text {
            fs::write(&overrides, text).unwrap();
        }
        let done = refresh();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(78), "{said}");
        assert!(said.contains("overrides.toml cannot be used") && said.contains(says), "{said}");
        assert!(!folder.path().join("home/releases/latest.json").exists());
    }
    fs::write(&overrides, "").unwrap();
    assert_eq!(refresh().status.code(), Some(0));
}
