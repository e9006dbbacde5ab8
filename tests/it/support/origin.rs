//! A home with releases that others copy, and homes to copy them to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::program::{Program, Serving};
use crate::support::small_upstream::SmallUpstream;

/// The home that is copied is called so.
const ORIGIN: &str = "origin";

/// A publisher of releases.
pub(crate) struct Origin {
    upstream: SmallUpstream,
    folder: TempDir,
    releases: usize,
}

impl Origin {
    /// One that has published this many releases.
    pub(crate) fn with(releases: usize) -> Self {
        let upstream = SmallUpstream::start();
        let mut origin = Self { upstream, folder: tempfile::tempdir().unwrap(), releases: 0 };
        for _ in 0..releases {
            origin.publish();
        }
        origin
    }

    /// Publishes another release.
    pub(crate) fn publish(&mut self) {
        self.upstream.publish(self.releases);
        self.releases += 1;
        let said = self.program(ORIGIN).succeed(&["refresh"]);
        assert!(said.starts_with("published "), "{said}");
    }

    /// The program over a home of that name.
    pub(crate) fn program(&self, home: &str) -> Program {
        Program::new(&self.home(home), &self.upstream.sources())
    }

    /// A home of that name.
    pub(crate) fn home(&self, home: &str) -> PathBuf {
        self.folder.path().join(home)
    }

    /// The home that is copied.
    pub(crate) fn own_home(&self) -> PathBuf {
        self.home(ORIGIN)
    }

    /// Serves what was published.
    pub(crate) fn serve(&self) -> Serving {
        self.program(ORIGIN).serve()
    }
}

/// Every file of the releases of a home that have a manifest, and `latest.json`, by path.
pub(crate) fn published(home: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    if let Ok(latest) = fs::read(home.join("latest.json")) {
        files.insert("latest.json".to_owned(), latest);
    }
    for release in releases(home) {
        for entry in fs::read_dir(home.join("releases").join(&release)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // What a write that was cut off leaves; no listing of the storage shows it.
            if name.ends_with(".partial") || name.contains('#') {
                continue;
            }
            files.insert(format!("{release}/{name}"), fs::read(path).unwrap());
        }
    }
    files
}

/// Fails with the names of what differs between two homes.
#[track_caller]
pub(crate) fn same_files(
    one: &BTreeMap<String, Vec<u8>>,
    other: &BTreeMap<String, Vec<u8>>,
    story: &str,
) {
    let names = one.keys().chain(other.keys());
    let differing: BTreeSet<&String> =
        names.filter(|name| one.get(*name) != other.get(*name)).collect();
    assert!(differing.is_empty(), "{story}: {differing:?} differ");
}

/// The releases of a home, in order; there are fewer than ten of a day.
pub(crate) fn releases(home: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(home.join("releases")) else { return Vec::new() };
    let folders = entries.map(|entry| entry.unwrap().path());
    let whole = folders.filter(|folder| folder.join("manifest.json").exists());
    let mut names: Vec<String> =
        whole.map(|folder| folder.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
