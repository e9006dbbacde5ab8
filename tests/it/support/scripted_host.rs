//! A host of releases that tells what a home holds, or lies about it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use porchlight::release::digest;
use serde_json::{Value, json};

use super::origin::releases;
use super::upstream::{Answer, Upstream};

/// The host. It stops when dropped.
pub(crate) struct ScriptedHost {
    pub(crate) upstream: Upstream,
    /// Bodies by path.
    truth: BTreeMap<String, Vec<u8>>,
}

impl ScriptedHost {
    /// A host of the releases of a home, each of them with its files and the tables of its API.
    pub(crate) fn of(home: &Path) -> Self {
        let mut host = Self { upstream: Upstream::start(), truth: BTreeMap::new() };
        for release in releases(home) {
            for entry in fs::read_dir(home.join("releases").join(&release)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let bytes = fs::read(path).unwrap();
                if let Some(table) = name.strip_suffix(".ndjson.gz") {
                    host.truth.insert(
                        format!("/v1/releases/{release}/{table}"),
                        page(&release, &rows(&bytes)),
                    );
                }
                host.truth.insert(format!("/data/{release}/{name}"), bytes);
            }
            host.describe(&release);
        }
        host.list();
        host.tell_the_truth();
        host
    }

    /// The base of its URLs.
    pub(crate) fn url(&self) -> String {
        self.upstream.url("")
    }

    /// A body as it is.
    pub(crate) fn truth(&self, path: &str) -> Vec<u8> {
        self.truth[path].clone()
    }

    /// Tells the truth again.
    pub(crate) fn tell_the_truth(&self) {
        for (path, body) in &self.truth {
            self.upstream.script(path, [Answer::ok(body.clone())]);
        }
    }

    /// Answers a path otherwise, until it tells the truth again.
    pub(crate) fn lie(&self, path: &str, answer: Answer) {
        self.upstream.script(path, [answer]);
    }

    /// Lies about a body.
    pub(crate) fn lie_in(&self, path: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut body = self.truth(path);
        edit(&mut body);
        self.lie(path, Answer::ok(body));
    }

    /// Serves another manifest, consistently: the list gives its hash.
    pub(crate) fn lie_in_manifest(&self, release: &str, edit: impl FnOnce(&mut Value)) {
        let mut manifest: Value =
            serde_json::from_slice(&self.truth(&format!("/data/{release}/manifest.json"))).unwrap();
        edit(&mut manifest);
        let bytes = manifest.to_string().into_bytes();
        let sha256 = digest::sha256(&bytes);
        self.lie(&format!("/data/{release}/manifest.json"), Answer::ok(bytes));
        self.lie_in_list(|list| {
            let entries = list["data"].as_array_mut().unwrap();
            let entry = entries.iter_mut().find(|entry| entry["release"] == release).unwrap();
            entry["manifest_sha256"] = sha256.into();
        });
    }

    /// Serves another list of releases.
    pub(crate) fn lie_in_list(&self, edit: impl FnOnce(&mut Value)) {
        let mut list: Value = serde_json::from_slice(&self.truth("/v1/releases")).unwrap();
        edit(&mut list);
        self.lie("/v1/releases", Answer::ok(list.to_string()));
    }

    /// Publishes one release more, a copy of `like` with an edited manifest.
    pub(crate) fn publish(&mut self, release: &str, like: &str, edit: impl FnOnce(&mut Value)) {
        let from = format!("/data/{like}/");
        let copies: Vec<(String, Vec<u8>)> = self
            .truth
            .iter()
            .filter_map(|(path, body)| Some((path.strip_prefix(&from)?.to_owned(), body.clone())))
            .collect();
        for (name, body) in copies {
            self.truth.insert(format!("/data/{release}/{name}"), body);
        }
        let path = format!("/data/{release}/manifest.json");
        let mut manifest: Value = serde_json::from_slice(&self.truth[&path]).unwrap();
        manifest["release"] = release.into();
        edit(&mut manifest);
        self.truth.insert(path, manifest.to_string().into_bytes());
        self.describe(release);
        self.list();
        self.tell_the_truth();
    }

    /// SHA-256 of a manifest.
    pub(crate) fn manifest_sha256(&self, release: &str) -> String {
        digest::sha256(&self.truth[&format!("/data/{release}/manifest.json")])
    }

    fn describe(&mut self, release: &str) {
        let manifest = &self.truth[&format!("/data/{release}/manifest.json")];
        let manifest: Value = serde_json::from_slice(manifest).unwrap();
        let answer = json!({ "data": manifest, "links": {} }).to_string().into_bytes();
        self.truth.insert(format!("/v1/releases/{release}"), answer);
    }

    fn list(&mut self) {
        let manifests = self.truth.keys().filter_map(|path| {
            path.strip_prefix("/data/")?.strip_suffix("/manifest.json").map(str::to_owned)
        });
        let entries: Vec<Value> = manifests
            .map(|release| {
                let sha256 = self.manifest_sha256(&release);
                json!({ "release": release, "manifest_sha256": sha256 })
            })
            .collect();
        let list = json!({ "data": entries, "links": { "self": "/v1/releases" } });
        self.truth.insert("/v1/releases".to_owned(), list.to_string().into_bytes());
    }
}

/// The rows of a packed NDJSON file.
pub(crate) fn rows(packed: &[u8]) -> Vec<Value> {
    let mut text = String::new();
    MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One page of an API that holds these records.
pub(crate) fn page(release: &str, records: &[Value]) -> Vec<u8> {
    let total = records.len();
    let meta = json!({ "release": release, "total": total, "returned": total });
    json!({ "data": records, "meta": meta, "links": { "next": null } }).to_string().into_bytes()
}
