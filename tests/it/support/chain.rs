//! Chains of real releases of a small upstream, made at fixed times in homes of their own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Days, Utc};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use porchlight::config::{Config, Raw};
use porchlight::record::ReleaseId;
use porchlight::refresh::{Context, Options, Outcome};
use porchlight::release::SigningKey;
use porchlight::source::SOURCES;
use tempfile::TempDir;

use super::program::Program;
use super::small_upstream::SmallUpstream;

/// An upstream, and homes for which it was asked.
pub(crate) struct Chain {
    pub(crate) upstream: SmallUpstream,
    folder: TempDir,
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self { upstream: SmallUpstream::start(), folder: tempfile::tempdir().unwrap() }
    }

    /// Releases of that many editions in one home, signed if there is a key.
    pub(crate) async fn of(editions: usize, key: Option<&Path>) -> Self {
        let chain = Self::new();
        for edition in 0..editions {
            chain.publish("home", edition, key).await;
        }
        chain
    }

    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program on a home.
    pub(crate) fn program(&self, home: &str) -> Program {
        Program::new(&self.home(home), &self.upstream.sources())
    }

    /// A key in a file of its own.
    pub(crate) fn key(&self, name: &str) -> (PathBuf, SigningKey) {
        let path = self.home(&format!("{name}.key"));
        let key = SigningKey::generate().unwrap();
        key.write_new(&path, &path.with_extension("pub")).unwrap();
        (path, key)
    }

    /// What a run on a home works with.
    pub(crate) fn context(&self, home: &str, key: Option<&Path>) -> Context {
        let raw = Raw {
            home: Some(self.home(home)),
            sources_file: Some(self.upstream.sources()),
            known_sources: SOURCES.iter().map(|source| source.card().id).collect(),
            signing_key_file: key.map(Path::to_owned),
            ..Raw::default()
        };
        Context::open(&Config::try_from(raw).unwrap()).unwrap()
    }

    /// Publishes an edition upstream and then a release of it.
    pub(crate) async fn publish(
        &self,
        home: &str,
        edition: usize,
        key: Option<&Path>,
    ) -> ReleaseId {
        self.upstream.publish(edition);
        let context = self.context(home, key);
        let report = context.refresh(&Options::default(), at(edition)).await.unwrap();
        let Outcome::Published(release) = report.outcome else { panic!("{report:?}") };
        release
    }
}

/// When the release of an edition is made.
pub(crate) fn at(edition: usize) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2026-11-24T06:17:00Z".parse().unwrap();
    first + Days::new(edition.try_into().unwrap())
}

/// Every file below a folder and its bytes, by its path in it.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Changes a release file as somebody with an SQLite shell would.
pub(crate) fn execute(file: &Path, sql: &str) {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection.batch_execute(sql).unwrap();
}
