//! Several processes refresh at once, over one PostgreSQL and one folder of releases.

use std::process::{Child, Command, Stdio};

use porchlight::catalog::{Catalog, RunOutcome};
use porchlight::config::CatalogLocation;

use crate::support::postgres::Database;
use crate::support::program::Program;
use crate::support::small_upstream::SmallUpstream;

const PROCESSES: usize = 4;

/// Rounds; `PORCHLIGHT_RACE_ROUNDS` makes them more.
const ROUNDS: usize = 3;

fn rounds() -> usize {
    let rounds = std::env::var_os("PORCHLIGHT_RACE_ROUNDS");
    rounds.map_or(ROUNDS, |rounds| rounds.into_string().unwrap().parse().unwrap())
}

#[test]
fn of_processes_that_refresh_at_once_one_works_and_nothing_is_doubled() {
    let Some(database) = Database::create() else { return };
    let upstream = SmallUpstream::start();
    let folder = tempfile::tempdir().unwrap();
    let storage = format!("file://{}", folder.path().join("shared").display());
    let over_both = |command: &mut Command| {
        command.env("PORCHLIGHT_CATALOG_URL", database.url());
        command.env("PORCHLIGHT_STORAGE_URL", &storage);
    };
    let programs: Vec<Program> = (0..PROCESSES)
        .map(|number| folder.path().join(format!("home-{number}")))
        .map(|home| Program::new(&home, &upstream.sources()))
        .collect();
    let catalog = Catalog::open(&CatalogLocation::Postgres(database.url().as_str().into()));
    let catalog = catalog.unwrap();
    let mut busy = 0;
    for round in 1..=rounds() {
        upstream.publish(round);
        let started: Vec<Child> = programs
            .iter()
            .map(|program| {
                let mut command = program.command(&["refresh"]);
                over_both(&mut command);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut published = 0;
        for process in started {
            let output = process.wait_with_output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let log = String::from_utf8(output.stderr).unwrap();
            match output.status.code() {
                Some(0) if said.starts_with("published ") => published += 1,
                // It came when the other one had just ended.
                Some(0) => assert!(said.starts_with("unchanged"), "{said}{log}"),
                Some(75) => busy += 1,
                code => panic!("{code:?}: {said}{log}"),
            }
        }
        assert_eq!(published, 1, "round {round}");
        assert_eq!(catalog.releases().unwrap().len(), round, "round {round}");
    }
    let runs = catalog.runs(1000).unwrap();
    let of = |outcome| runs.iter().filter(|run| run.outcome == outcome).count();
    assert_eq!(of(RunOutcome::Published), rounds());
    assert_eq!(of(RunOutcome::Published) + of(RunOutcome::Unchanged), runs.len(), "{runs:?}");
    assert_eq!(runs.len() + busy, rounds() * PROCESSES, "{runs:?}");
    assert!(busy > 0, "they never met");

    let mut verify = programs[0].command(&["release", "verify"]);
    over_both(&mut verify);
    let verified = verify.output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
    let folders = std::fs::read_dir(folder.path().join("shared/releases")).unwrap();
    assert_eq!(folders.count(), rounds());
}
