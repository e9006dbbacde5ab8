//! A program that meets faults: a home, publishers, and runs at times of our own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, Utc};
use porchlight::config::{Config, Raw, RawFetch, RawGates};
use porchlight::record::{ReleaseId, SourceId};
use porchlight::refresh::{Context, Options, Report};
use porchlight::source::SOURCES;
use tempfile::TempDir;

use super::publishers::{self, Publisher};
use crate::support::upstream::{Answer, Upstream};
use crate::support::world::Release;

pub(crate) struct World {
    folder: TempDir,
    pub(crate) upstream: Upstream,
    publishers: [Publisher; 6],
    /// When it was last looked.
    pub(crate) now: DateTime<Utc>,
    pub(crate) context: Context,
}

impl World {
    /// Publishers that are well, and a release of what they say, as of a day in the settings.
    pub(crate) async fn published() -> Self {
        Self::of("as_of = \"2026-11-01\"\n").await
    }

    /// The same, of editions that speak for the day they are fetched.
    pub(crate) async fn undated() -> Self {
        Self::of("").await
    }

    async fn of(dated: &str) -> Self {
        let (folder, upstream, publishers) =
            (tempfile::tempdir().unwrap(), Upstream::start(), publishers::all());
        let sources = folder.path().join("sources.toml");
        let line = |publisher: &Publisher| {
            let url = upstream.url(publisher.path);
            format!("[sources.{}]\nurl = \"{url}\"\n{dated}", publisher.id)
        };
        let list: String = publishers.iter().map(line).collect();
        fs::write(&sources, list + "[sources.curated]\nas_of = \"2026-01-01\"\n").unwrap();
        let raw = Raw {
            home: Some(folder.path().join("home")),
            sources_file: Some(sources),
            known_sources: SOURCES.iter().map(|source| source.card().id).collect(),
            fetch: RawFetch {
                attempts: Some(1),
                max_bytes: Some(4 << 20),
                max_unpacked_bytes: Some(4 << 20),
                max_redirects: Some(3),
                ..RawFetch::default()
            },
            // A hundred rows stand for thousands: the shares count, not the ten that are always
            // allowed.
            gates: RawGates { rows_fall: Some(1), ..RawGates::default() },
            ..Raw::default()
        };
        let context = Context::open(&Config::try_from(raw).unwrap()).unwrap();
        let now = "2026-11-24T06:00:00Z".parse().unwrap();
        let mut world = Self { folder, upstream, publishers, now, context };
        world.heal_all();
        let first = world.refresh(&Options::default()).await;
        assert!(first.failures.is_empty(), "{first:?}");
        world
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn publisher(&self, id: &str) -> Publisher {
        self.publishers.iter().find(|publisher| publisher.id == id).unwrap().clone()
    }

    /// Sets what a publisher answers from now on.
    pub(crate) fn answer(&self, bodies: BTreeMap<String, Vec<u8>>) {
        for (path, body) in bodies {
            let tag = format!("\"{}\"", porchlight::release::digest::sha256(&body));
            self.upstream.script(&path, [Answer::ok(body).header("ETag", &tag)]);
        }
    }

    pub(crate) fn heal(&self, publisher: &Publisher) {
        self.answer(publisher.healthy.bodies(publisher.path));
    }

    pub(crate) fn heal_all(&self) {
        for publisher in &self.publishers {
            self.heal(publisher);
        }
    }

    /// A run a minute after the one before.
    pub(crate) async fn refresh(&mut self, options: &Options) -> Report {
        self.now += Duration::minutes(1);
        self.context.refresh(options, self.now).await.unwrap()
    }
}

/// A run that looks at one source.
pub(crate) fn only(source: &str, dry_run: bool) -> Options {
    Options { only: vec![source.parse::<SourceId>().unwrap()], dry_run }
}

/// The names of the releases in a home, oldest first.
pub(crate) fn releases_of(home: &Path) -> Vec<String> {
    let releases = fs::read_dir(home.join("releases")).unwrap();
    let mut names: Vec<ReleaseId> = releases
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap())
        .collect();
    names.sort();
    names.iter().map(ToString::to_string).collect()
}

/// The latest release in a home.
pub(crate) fn latest_of(home: &Path) -> Release {
    Release { folder: home.join("releases").join(releases_of(home).pop().unwrap()) }
}
