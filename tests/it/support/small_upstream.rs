//! Every fetched source in small, over the wire, in as many editions as a test needs.

use std::fs;
use std::path::{Path, PathBuf};

use porchlight::source::STATES;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::source_tree;
use crate::support::upstream::{Answer, Upstream};

/// The publishers, and the `--sources` file that leads to them.
pub(crate) struct SmallUpstream {
    upstream: Upstream,
    folder: TempDir,
}

impl SmallUpstream {
    /// Publishes the first edition of everything.
    pub(crate) fn start() -> Self {
        let upstream = Upstream::start();
        for (path, file) in [
            ("/atlas.csv", "eff-atlas/edition-2020.csv"),
            ("/usfa.csv", "usfa-registry/national.csv"),
            ("/places.txt", "census-places/2025_Gaz_place_national.txt"),
            ("/counties.txt", "census-counties/2025_Gaz_counties_national.txt"),
        ] {
            upstream.script(path, [Answer::ok(fixture(file)).header("ETag", "\"1\"")]);
        }
        let small = Self { upstream, folder: tempfile::tempdir().unwrap() };
        small.publish(0);
        small
    }

    /// Publishes an edition of the FBI's list that knows `edition` departments more than the first.
    pub(crate) fn publish(&self, edition: usize) {
        for state in STATES {
            let file = root().join(format!("fbi-agencies/{state}.json"));
            let mut counties: Value =
                fs::read(file).map_or(json!({}), |bytes| serde_json::from_slice(&bytes).unwrap());
            if *state == "DE" {
                counties["SUSSEX"] = (1..=edition).map(department).collect();
            }
            let etag = format!("\"{state} {edition}\"");
            let answer = Answer::ok(counties.to_string()).header("ETag", &etag);
            self.upstream.script(&format!("/fbi/{state}"), [answer]);
        }
        let as_of = chrono::NaiveDate::from_ymd_opt(2018, 9, 1).unwrap();
        let as_of = as_of + chrono::Days::new(edition.try_into().unwrap());
        fs::write(self.sources(), self.sources_file(&as_of.to_string())).unwrap();
    }

    /// The `--sources` file.
    pub(crate) fn sources(&self) -> PathBuf {
        self.folder.path().join("sources.toml")
    }

    fn sources_file(&self, fbi_as_of: &str) -> String {
        let source = |id: &str, path: &str, as_of: &str| {
            let url = self.upstream.url(path);
            format!("[sources.{id}]\nurl = \"{url}\"\nas_of = \"{as_of}\"\n")
        };
        [
            source("eff-atlas", "/atlas.csv", "2020-10-07"),
            source("fbi-agencies", "/fbi/{state}", fbi_as_of),
            source("usfa-registry", "/usfa.csv", "2023-03-18"),
            source("census-places", "/places.txt", "2025-01-01"),
            source("census-counties", "/counties.txt", "2025-01-01"),
            "[sources.ring-map]\nenabled = false\n".to_owned(),
            // Else it is the day of the run.
            "[sources.curated]\nas_of = \"2026-01-01\"\n".to_owned(),
        ]
        .concat()
    }
}

fn department(number: usize) -> Value {
    json!({
        "ori": format!("DE{number:05}00"), "counties": "SUSSEX", "is_nibrs": true,
        "latitude": 38.7, "longitude": -75.4, "state_abbr": "DE", "state_name": "Delaware",
        "agency_name": format!("Hundred {number} Police Department"),
        "agency_type_name": "City", "nibrs_start_date": null
    })
}

fn root() -> PathBuf {
    source_tree::root().join("tests/fixtures")
}

fn fixture(file: impl AsRef<Path>) -> Vec<u8> {
    fs::read(root().join(file)).unwrap()
}
