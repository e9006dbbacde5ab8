//! The fuzz targets: each is whole, and what it checks holds for everything it begins with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::source_tree::{files, read, root};

#[path = "../../fuzz/checks/config.rs"]
mod config;
#[cfg(feature = "fuzzing")]
#[path = "../../fuzz/checks/headers.rs"]
mod headers;
#[path = "../../fuzz/checks/kml.rs"]
mod kml;
#[path = "../../fuzz/checks/manifest.rs"]
mod manifest;
#[cfg(feature = "fuzzing")]
#[path = "../../fuzz/checks/query.rs"]
mod query;
#[path = "../../fuzz/checks/requests.rs"]
mod requests;
#[path = "../../fuzz/checks/sources.rs"]
mod sources;
#[path = "../../fuzz/checks/statements.rs"]
mod statements;
#[path = "../../fuzz/checks/tables.rs"]
mod tables;
#[path = "../../fuzz/checks/zip.rs"]
mod zip;

/// What is checked of some bytes.
type Check = fn(&[u8]);

/// What each target checks, but for `requests`; some reach in by a door of the feature `fuzzing`.
const CHECKS: &[(&str, Check)] = &[
    ("config", config::check),
    #[cfg(feature = "fuzzing")]
    ("headers", headers::check),
    ("kml", kml::check),
    ("manifest", manifest::check),
    #[cfg(feature = "fuzzing")]
    ("query", query::check),
    ("sources", sources::check),
    ("statements", statements::check),
    ("tables", tables::check),
    ("zip", zip::check),
];

/// The targets that `fuzz/Cargo.toml` declares.
fn targets() -> BTreeSet<String> {
    let manifest: toml::Table = read("fuzz/Cargo.toml").parse().unwrap();
    let programs = manifest["bin"].as_array().unwrap().iter();
    programs.map(|program| program["name"].as_str().unwrap().to_owned()).collect()
}

/// What stands in a folder of `fuzz`, without its ending.
fn stems(folder: &str, ending: &str) -> BTreeSet<String> {
    let entries = root().join("fuzz").join(folder).read_dir().unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

/// Every file a target begins with: its seeds, and the fixtures that `scripts/fuzz` gives to it.
fn seeds(target: &str) -> Vec<PathBuf> {
    let seeds = root().join("fuzz/seeds").join(target);
    let fixtures = root().join("tests/fixtures");
    let below = |folder: &Path| -> Vec<PathBuf> {
        files(folder, "").into_iter().map(|file| folder.join(file)).collect()
    };
    let mut found = below(&seeds);
    if target != "requests" {
        let packed = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "gz");
        found.extend(below(&fixtures).into_iter().filter(|file| !packed(file)));
    }
    found
}

#[test]
fn every_fuzz_target_has_a_check_and_seeds_and_is_told_of() {
    let targets = targets();
    assert_eq!(stems("targets", ".rs"), targets);
    assert_eq!(stems("checks", ".rs"), targets);
    assert_eq!(stems("seeds", ""), targets);
    assert!(stems("dictionaries", ".dict").is_subset(&targets));
    let document = read("CONTRIBUTING.md");
    for target in &targets {
        let program = read(&format!("fuzz/targets/{target}.rs"));
        assert!(program.contains(&format!("{target}::check(bytes)")), "{target}");
        assert!(document.contains(&format!("| `{target}` |")), "CONTRIBUTING.md: `{target}`");
    }
    let checked = CHECKS.iter().map(|(name, _)| *name).chain(["requests"]);
    let left: Vec<_> = targets.iter().filter(|name| !checked.clone().any(|n| n == *name)).collect();
    assert!(left.is_empty() || !cfg!(feature = "fuzzing"), "no test runs {left:?}");
}

#[test]
fn what_a_fuzz_target_checks_holds_for_all_it_begins_with() {
    for (target, check) in CHECKS {
        for seed in seeds(target) {
            let bytes = std::fs::read(&seed).unwrap();
            let held = std::panic::catch_unwind(|| check(&bytes));
            assert!(held.is_ok(), "{target}: {}", seed.display());
        }
    }
}

#[test]
fn a_server_answers_every_request_that_fuzzing_begins_with() {
    requests::prepare();
    for seed in seeds("requests") {
        requests::check(&std::fs::read(&seed).unwrap());
    }
    std::fs::remove_dir_all(requests::home()).unwrap();
}
