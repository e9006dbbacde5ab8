//! The example programs page to the end of a server that is asked too often for its liking.

use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Output};

use porchlight::config::RateLimit;
use porchlight::record::PartnershipStatus;
use porchlight::serve::Settings;

use crate::support::app::{App, NothingYet};
use crate::support::release::{ReleaseBuilder, partnership};
use crate::support::source_tree::root;
use crate::support::world::works;

/// More than three pages of Ohio.
const RECORDS: usize = 310;

/// A server that answers one request a second.
fn busy_server() -> App {
    let mut release = ReleaseBuilder::new("2026-11-24.1");
    for number in 0..RECORDS {
        let mut record = partnership(&format!("Town {number:03}"), PartnershipStatus::Active);
        record.agency_name = format!("Town no. {}", number % 7);
        release = release.has(&record);
    }
    let mut elsewhere = partnership("Elsewhere", PartnershipStatus::Active);
    elsewhere.state = Some("MO".to_owned());
    let rate_limit = Some(RateLimit { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN });
    let settings = Settings { rate_limit, ..Settings::default() };
    App::with([release.has(&elsewhere)], NothingYet, settings)
}

/// Runs an example on the server, if its interpreter is there.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must know what did not run")]
fn run(app: &App, interpreter: &str, example: &str, state: &str) -> Option<Output> {
    if !works(interpreter, &["--version"]) {
        assert!(std::env::var_os("PORCHLIGHT_NO_SKIP").is_none(), "{interpreter} is not installed");
        eprintln!("skipped: {interpreter} is not installed, so {example} was not run");
        return None;
    }
    let file = root().join(Path::new("examples").join(example));
    let mut command = Command::new(interpreter);
    command.env("NO_PROXY", "*").arg(file).args([state, &format!("http://{}", app.host())]);
    Some(command.output().unwrap())
}

fn pages_to_the_end(interpreter: &str, example: &str) {
    let app = busy_server();
    let Some(ran) = run(&app, interpreter, example, "OH") else { return };
    let [printed, said] = [&ran.stdout, &ran.stderr].map(|out| String::from_utf8_lossy(out));
    assert!(ran.status.success(), "{printed}{said}");
    let names: Vec<_> = printed.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(names.len(), RECORDS);
    assert!(names.is_sorted() && !printed.contains("Elsewhere"), "{printed}");
    assert!(said.contains("310 partnerships, release 2026-11-24.1"), "{said}");

    let wrong = run(&app, interpreter, example, "").unwrap();
    assert!(!wrong.status.success());
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(said.contains("400") && said.contains("invalid_parameter"), "{said}");
}

#[test]
fn the_python_example_pages_to_the_end() {
    pages_to_the_end("python3", "page-to-the-end.py");
}

#[test]
fn the_javascript_example_pages_to_the_end() {
    pages_to_the_end("node", "page-to-the-end.mjs");
}
