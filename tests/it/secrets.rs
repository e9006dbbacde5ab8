//! What must not be shown is not: in `--help`, in errors, in logs. And no shell is ever asked.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

/// Words in the name of a variable whose value must not be shown.
const SECRET: &[&str] = &["KEY", "SECRET", "TOKEN", "PASSWORD", "CATALOG_URL", "WEBHOOK"];

/// Variables that name a file, or are as good as public, whatever their name.
const SHOWN: &[&str] = &[
    "PORCHLIGHT_GATE_KEYS_NEW_PERCENT",
    "PORCHLIGHT_NOTIFY_SECRET_FILE",
    "PORCHLIGHT_PUBLIC_KEY",
    "PORCHLIGHT_SIGNING_KEY_FILE",
];

/// A value that nothing else would print.
const CANARY: &str = "canary-7d1f";

fn porchlight(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_porchlight"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    format!("{out}{error}")
}

/// The verbs that a help text lists.
fn verbs(help: &str) -> Vec<&str> {
    let listed = help.split_once("\nCommands:\n").map_or("", |(_, listed)| listed);
    let lines = listed.lines().take_while(|line| line.starts_with("  "));
    // What goes on from the line before is set in further.
    let verbs = lines.filter(|line| !line.starts_with("   "));
    verbs.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help").collect()
}

/// The help of a verb and of those below it.
fn every_help(verb: &[&str], variables: &[(&str, &str)], texts: &mut Vec<String>) {
    for flag in ["--help", "-h"] {
        let help = said(&porchlight(&[verb, &[flag]].concat(), variables));
        if flag == "--help" {
            for below in verbs(&help) {
                every_help(&[verb, &[below]].concat(), variables, texts);
            }
        }
        texts.push(help);
    }
}

/// The variables that help texts name.
fn variables(texts: &[String]) -> BTreeSet<String> {
    let names = texts.iter().flat_map(|text| text.split("[env: ").skip(1));
    names.map(|rest| rest.split(['=', ']']).next().unwrap().to_owned()).collect()
}

fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|word| name.contains(word)) && !SHOWN.contains(&name)
}

#[test]
fn no_help_shows_the_value_of_a_secret() {
    let mut bare = Vec::new();
    every_help(&[], &[], &mut bare);
    assert!(bare.len() > 20, "the help of every verb: {}", bare.len());
    let names = variables(&bare);
    let secrets: Vec<_> = names.iter().filter(|name| is_secret(name)).collect();
    for known in ["PORCHLIGHT_FBI_API_KEY", "PORCHLIGHT_CATALOG_URL", "AWS_SECRET_ACCESS_KEY"] {
        assert!(secrets.iter().any(|name| *name == known), "{known} is missing in {secrets:?}");
    }
    let set: Vec<_> = secrets.iter().map(|name| (name.as_str(), CANARY)).collect();
    let mut texts = Vec::new();
    every_help(&[], &set, &mut texts);
    for text in &texts {
        assert!(!text.contains(CANARY), "{text}");
    }
    // What is no secret is shown, so the test would see it.
    let shown = said(&porchlight(&["--help"], &[("PORCHLIGHT_LISTEN", CANARY)]));
    assert!(shown.contains(CANARY));
}

#[test]
fn no_error_and_no_log_shows_a_secret() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let secret = |before: &str, after: &str| format!("{before}{CANARY}{after}");
    for (name, value) in [
        ("PORCHLIGHT_CATALOG_URL", secret("postgrse://user:", "@127.0.0.1/d")),
        ("PORCHLIGHT_CATALOG_URL", secret("postgres://user:", "@127.0.0.1:9/d?connect_timeout=2")),
        ("PORCHLIGHT_CATALOG_URL", secret("postgres://user:", "@:x:y/d")),
        ("PORCHLIGHT_CATALOG_URL", secret("user:", "@127.0.0.1/d")),
        ("AWS_SECRET_ACCESS_KEY", secret("", "")),
        ("AWS_SESSION_TOKEN", secret("", "")),
        ("PORCHLIGHT_FBI_API_KEY", secret("", "\n")),
    ] {
        let variables = [
            ("PORCHLIGHT_HOME", home),
            ("PORCHLIGHT_LOG", "trace"),
            ("PORCHLIGHT_LISTEN", "wrong, so that every run ends"),
            (name, value.as_str()),
        ];
        let bucket = ["sources", "--listen", "127.0.0.1:0", "--storage-url", "s3://bucket/x"];
        for arguments in [&["serve"][..], &["sources", "--listen", "127.0.0.1:0"], &bucket] {
            let output = porchlight(arguments, &variables);
            let said = said(&output);
            assert!(!said.contains(CANARY), "{name} {arguments:?}: {said}");
        }
    }
}

/// Every file of Rust below a folder.
fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What a call of a shell has in it.
const SHELLS: &[&str] =
    &["\"sh\"", "\"bash\"", "/bin/sh", "\"cmd\"", "cmd.exe", "\"-c\"", "\"/c\""];

#[test]
fn no_shell_is_asked() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 100);
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        // The tests of what runs a command give it one that can be told what to do.
        let text = text.split("\nmod tests {").next().unwrap();
        for shell in SHELLS {
            assert!(!text.contains(shell), "{}: {shell}", path.display());
        }
    }
}
