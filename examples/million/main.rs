//! Publishes a release of made-up agencies and partnerships, by default a million, into a home of its
//! own: to measure publishing, and to serve and query what is a hundred times the real data.
//!
//! ```text
//! cargo run --release --example million -- --home /tmp/million
//! ```
//!
//! The same numbers give the same release, byte for byte. Nothing in it is about anybody.

mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use porchlight::config::StorageLocation;
use porchlight::release::database::{self, ReleaseDatabase};
use porchlight::release::dataset::SCHEMA_VERSION;
use porchlight::release::{
    DATASET_FILE, ManifestDraft, Materials, TableChanges, digest, publish, stage,
};
use porchlight::storage::Storage;
use world::World;

/// What is to be made.
#[derive(Debug, Parser)]
struct Arguments {
    /// A new folder for the home
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Police and fire departments
    #[arg(long, default_value_t = 46_000)]
    agencies: u32,
    /// Programs they can take part in
    #[arg(long, default_value_t = 60)]
    programs: u32,
    /// Their parts in programs
    #[arg(long, default_value_t = 1_000_000)]
    partnerships: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { home, agencies, programs, partnerships } = Arguments::parse();
    anyhow::ensure!(!home.exists(), "{} is there already: name a new folder", home.display());
    let staging = home.join("staging");
    std::fs::create_dir_all(&staging)?;

    let mut times = vec![];
    let mut began = Instant::now();
    let mut lap = |name: &str| {
        times.push((name.to_owned(), began.elapsed()));
        began = Instant::now();
    };
    let world = World::new(agencies, programs, partnerships)?;
    lap("make up");
    let path = staging.join(DATASET_FILE);
    world.write(&path)?;
    drop(world);
    lap("write dataset.sqlite");
    let steps = Steps::default();
    let watch = |step: &str| {
        steps.begin(step);
        Ok(())
    };
    let staged = stage_files(&staging, &path, [agencies, programs, partnerships], &watch)?;
    lap("write, check and hash the files");
    let storage = Storage::open(&StorageLocation::Folder(home.clone()))?;
    publish(&storage, &staged, &watch).await?;
    lap("put them");
    std::fs::remove_dir_all(&staging)?;

    for (step, time) in steps.longest() {
        print_line(&step, time);
    }
    println_line("");
    for (name, time) in &times {
        print_line(name, *time);
    }
    // Making the records up is no part of publishing them.
    print_line("publishing", times.iter().skip(1).map(|(_, time)| *time).sum());
    println_line(&format!("{:>9} peak of memory", peak_memory().unwrap_or_default()));
    Ok(())
}

fn stage_files(
    folder: &Path,
    path: &Path,
    [agencies, programs, partnerships]: [u32; 3],
    watch: porchlight::release::Watch<'_>,
) -> anyhow::Result<porchlight::release::Staged> {
    let added = |count: u32| TableChanges { added: u64::from(count), ..TableChanges::default() };
    let changes = [
        ("agencies".to_owned(), added(agencies)),
        ("programs".to_owned(), added(programs)),
        ("partnerships".to_owned(), added(partnerships)),
    ];
    let draft = ManifestDraft {
        release: world::release(),
        published_at: world::published_at(),
        schema_version: SCHEMA_VERSION.to_owned(),
        schema_sha256: digest::sha256(database::schema_text().as_bytes()),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        previous: None,
        accepted: None,
        captures: Vec::new(),
        sources: Vec::new(),
        changes: BTreeMap::from(changes),
        gates: Vec::new(),
        active_days: None,
        signing_key: None,
        redactions: Vec::new(),
    };
    let database = ReleaseDatabase::open_unmapped(path)?;
    let materials = Materials { database: &database, previous: None };
    stage(folder, draft, &materials, None, watch).context("the files could not be made")
}

/// When each step began. Steps that run side by side share their time.
#[derive(Debug, Default)]
struct Steps(Mutex<Vec<(String, Instant)>>);

impl Steps {
    fn begin(&self, step: &str) {
        if let Ok(mut steps) = self.0.lock() {
            steps.push((step.to_owned(), Instant::now()));
        }
    }

    /// The steps that took a second or more.
    fn longest(&self) -> Vec<(String, Duration)> {
        let Ok(steps) = self.0.lock() else { return Vec::new() };
        let ends = steps.iter().skip(1).map(|(_, began)| *began);
        let took = steps.iter().zip(ends).map(|((step, began), end)| (step.clone(), end - *began));
        took.filter(|(_, time)| *time >= Duration::from_secs(1)).collect()
    }
}

/// The most memory this process has held, as Linux tells it.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .split(' ')
        .next()?
        .parse()
        .ok()?;
    Some(format!("{} MB", kilobytes / 1024))
}

fn print_line(name: &str, time: Duration) {
    println_line(&format!("{:>7.2} s {name}", time.as_secs_f64()));
}

#[expect(clippy::print_stdout, reason = "what it measured is its output")]
fn println_line(line: &str) {
    println!("{line}");
}
