//! A refresh is killed with SIGKILL: at every kind of step it takes, and at any moment.
//!
//! Whatever the moment, what is published is whole, the release served last is served, and the next
//! refresh ends where an undisturbed one would have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use porchlight::record::RESOURCES;
use tempfile::TempDir;

use crate::support::program::Program;
use crate::support::random::Random;
use crate::support::small_upstream::SmallUpstream;

/// Kills at random moments.
const RANDOM_KILLS: usize = 30;

/// A home with one release, and an upstream that has published more since.
struct World {
    upstream: SmallUpstream,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { upstream: SmallUpstream::start(), folder: tempfile::tempdir().unwrap() };
        world.program("base").succeed(&["refresh"]);
        world.upstream.publish(1);
        world
    }

    fn program(&self, home: &str) -> Program {
        Program::new(&self.folder.path().join(home), &self.upstream.sources())
    }

    /// A new home like another one.
    fn copy(&self, from: &str, to: &str) -> Program {
        let [from, to] = [from, to].map(|home| self.folder.path().join(home));
        if to.exists() {
            fs::remove_dir_all(&to).unwrap();
        }
        copy_folder(&from, &to);
        Program::new(&to, &self.upstream.sources())
    }

    fn published(&self, home: &str) -> Published {
        Published::of(&self.folder.path().join(home))
    }

    /// The release that the pointer names.
    fn pointed_to(&self, home: &str) -> String {
        let pointer = fs::read(self.folder.path().join(home).join("latest.json")).unwrap();
        let pointer: serde_json::Value = serde_json::from_slice(&pointer).unwrap();
        pointer["release"].as_str().unwrap().to_owned()
    }

    /// What must hold after a kill, whenever it came.
    async fn survives(&self, home: &str, before: &Published, killed: &str) -> Published {
        let program = self.program(home);
        let now = self.published(home);
        let verified = program.succeed(&["release", "verify", &now.newest]);
        assert!(!verified.contains("NOT WHOLE"), "killed {killed}: {verified}");
        assert!(now.releases >= before.releases, "killed {killed}: a release is gone");
        let serving = program.serve();
        let summary = serving.get("/v1/summary").await;
        let served = summary["meta"]["release"].as_str().unwrap();
        assert!(
            served == before.newest || served == now.newest,
            "killed {killed}: {served} is served, {} was published last",
            now.newest
        );
        drop(serving);
        let said = program.succeed(&["refresh"]);
        assert!(
            said.starts_with("published ") || said.starts_with("unchanged"),
            "killed {killed}: {said}"
        );
        let end = self.published(home);
        assert_eq!(end.newest, self.pointed_to(home), "killed {killed}");
        end
    }
}

/// What a home has published.
#[derive(Debug, PartialEq)]
struct Published {
    releases: usize,
    newest: String,
    /// The records of the newest release by file, without what only tells the time of the run.
    records: BTreeMap<String, String>,
}

impl Published {
    fn of(home: &Path) -> Self {
        let mut releases: Vec<_> = fs::read_dir(home.join("releases"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|folder| folder.join("manifest.json").exists())
            .map(|folder| {
                let name = folder.file_name().unwrap().to_string_lossy().into_owned();
                (name.parse::<porchlight::record::ReleaseId>().unwrap(), folder)
            })
            .collect();
        releases.sort();
        let (newest, folder) = releases.last().unwrap();
        let newest = newest.to_string();
        // A killed run leaves a gap in the names, and one over midnight names its release by the next
        // day: what counts is which release it is. The later ones first, as `.1` begins `.10`.
        let named = |text: String| {
            let named = releases.iter().enumerate().rev();
            named.fold(text, |text, (at, (name, _))| {
                text.replace(&name.to_string(), &format!("the {at}. release"))
            })
        };
        let records = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "csv"))
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), timeless(&path)))
            .map(|(file, text)| (file, named(text)))
            .collect();
        Self { releases: releases.len(), newest, records }
    }
}

/// A table without the instants at which this home retrieved its captures.
fn timeless(path: &Path) -> String {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut lines = vec![header.iter().collect::<Vec<_>>().join("\t")];
    for row in reader.records() {
        let row = row.unwrap();
        let cells = header.iter().zip(&row).filter(|(column, _)| *column != "retrieved_at");
        lines.push(cells.map(|(_, cell)| cell).collect::<Vec<_>>().join("\t"));
    }
    lines.join("\n")
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Whether a line of the log tells that a step begins.
fn is_step(line: &str) -> bool {
    line.contains("refresh stage=") || line.contains("publish step=")
}

/// The steps that a refresh tells, in order; it comes to its end.
fn steps_of(program: &Program) -> Vec<String> {
    let mut command = program.command(&["refresh"]);
    let output = command.env("PORCHLIGHT_LOG", "porchlight=debug").output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    let steps = log.lines().filter(|line| is_step(line));
    steps.map(|line| line.split_once('=').unwrap().1.to_owned()).collect()
}

/// The position of the last step of each kind, which has the most behind it. What is done for file
/// after file (`"put agencies.csv"`) is of one kind for all files of tables, and of one for the
/// others.
fn of_each_kind(steps: &[String]) -> BTreeSet<usize> {
    let mut kinds = BTreeMap::<(&str, &str), usize>::new();
    for (number, step) in steps.iter().enumerate() {
        let of_table =
            RESOURCES.iter().any(|resource| step.contains(&format!(" {}.", resource.table)));
        let (verb, file) = step.split_once(' ').unwrap_or((step, ""));
        let kind = match file.contains('.') && !file.contains("manifest.json") {
            true if of_table => "a table",
            true => "a document",
            false => file,
        };
        kinds.insert((verb, kind), number);
    }
    kinds.into_values().collect()
}

/// Starts a refresh and kills it when it tells a step, which it must come to. Steps that are done side
/// by side are told in any order.
fn kill_at_step(program: &Program, step: &str) {
    let mut command = program.command(&["refresh"]);
    command.env("PORCHLIGHT_LOG", "porchlight=debug");
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut told = lines.map(Result::unwrap).filter(|line| is_step(line));
    let came = told.any(|line| line.split_once('=').unwrap().1 == step);
    process.kill().unwrap(); // SIGKILL
    process.wait().unwrap();
    assert!(came, "{step}");
}

#[tokio::test]
async fn a_refresh_killed_at_any_of_its_steps_is_made_good_by_the_next() {
    let world = World::new();
    let base = world.published("base");
    let steps = steps_of(&world.copy("base", "undisturbed"));
    let undisturbed = world.published("undisturbed");
    assert_eq!((base.releases, undisturbed.releases), (1, 2));
    // A refresh that tells fewer steps than that has lost its log, and this test its point.
    assert!(steps.len() > 50, "{steps:?}");

    // All of them take minutes.
    let every = std::env::var_os("PORCHLIGHT_KILL_EVERY_STEP").is_some();
    let numbers = if every { (0..steps.len()).collect() } else { of_each_kind(&steps) };
    eprintln!("killed at {} of {} steps:", numbers.len(), steps.len());
    for number in numbers {
        let killed = format!("at step {number}, {}", steps[number]);
        eprintln!("{killed}");
        let program = world.copy("base", "killed");
        kill_at_step(&program, &steps[number]);
        program.succeed(&["release", "verify"]);
        let end = world.survives("killed", &base, &killed).await;
        assert_eq!(end.releases, 2, "killed {killed}");
        assert_eq!(end.records, undisturbed.records, "killed {killed}");
    }
}

#[tokio::test]
async fn a_refresh_killed_at_random_moments_again_and_again_loses_nothing() {
    let mut random = Random::of("PORCHLIGHT_KILL_SEED");
    let world = World::new();
    world.copy("base", "undisturbed");
    let killed_home = world.copy("base", "killed");
    let mut before = world.published("base");
    let mut cut_off = 0;
    for kill in 1..=RANDOM_KILLS {
        world.upstream.publish(kill);
        let began = Instant::now();
        world.program("undisturbed").succeed(&["refresh"]);
        let moment = began.elapsed().mul_f64(random.share());

        let mut command = killed_home.command(&["refresh"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(moment);
        cut_off += usize::from(process.try_wait().unwrap().is_none());
        process.kill().ok(); // SIGKILL
        process.wait().unwrap();

        let killed = format!("the {kill}. time after {} ms ({random:?})", moment.as_millis());
        let end = world.survives("killed", &before, &killed).await;
        let undisturbed = world.published("undisturbed");
        assert_eq!(end.releases, undisturbed.releases, "killed {killed}");
        assert_eq!(end.records, undisturbed.records, "killed {killed}");
        before = end;
    }
    killed_home.succeed(&["release", "verify"]);
    eprintln!("{cut_off} of {RANDOM_KILLS} runs were cut off, the others had just ended");
    assert!(cut_off > RANDOM_KILLS / 2, "the moments are too late");
}
