//! What the documents say is compared with what is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::source_tree::{files, read, root};

fn manifest() -> toml::Table {
    read("Cargo.toml").parse().unwrap()
}

/// The text of a document without its fenced blocks.
fn prose(document: &str) -> String {
    let mut fenced = false;
    document
        .lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .fold(String::new(), |text, line| text + line + "\n")
}

/// Where the links of a document lead: what stands in `](…)` and is no address of the web.
fn relative_links(document: &str) -> Vec<String> {
    prose(document)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link.to_owned())
        .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        .collect()
}

/// The anchors that the headings of a document make.
fn anchors(document: &str) -> BTreeSet<String> {
    prose(document)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// What is wrong with a link that stands in the document `from`, if anything is.
fn broken(from: &Path, link: &str) -> Option<String> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = from.parent().unwrap();
    let target = if path.is_empty() { from.to_path_buf() } else { folder.join(path) };
    if !root().join(&target).exists() {
        return Some(format!("{}: `{link}` leads nowhere", from.display()));
    }
    let heading = anchor.is_empty() || anchors(&read(&target.to_string_lossy())).contains(anchor);
    (!heading).then(|| format!("{}: `{link}` names no heading", from.display()))
}

#[test]
fn every_relative_link_of_a_document_leads_somewhere() {
    let documents = files(&root(), ".md");
    assert!(documents.contains(&PathBuf::from("README.md")));
    let wrong: Vec<String> = documents
        .iter()
        .flat_map(|document| {
            let links = relative_links(&read(&document.to_string_lossy()));
            links.into_iter().filter_map(|link| broken(document, &link)).collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let document = "[a](README.md) [b](none.md#x)\n```\n[c](code.md)\n```\n[d](https://x.test/e)";
    assert_eq!(relative_links(document), ["README.md", "none.md#x"]);
    let from = Path::new("README.md");
    assert_eq!(broken(from, "CONTRIBUTING.md"), None);
    assert_eq!(broken(from, "CONTRIBUTING.md#recipes"), None);
    assert!(broken(from, "none.md#x").is_some());
    assert!(broken(from, "CONTRIBUTING.md#no-such-heading").is_some());
}

#[test]
fn every_cargo_feature_is_documented() {
    let documents = read("README.md") + &read("CONTRIBUTING.md");
    for feature in manifest()["features"].as_table().unwrap().keys() {
        let named = documents.contains(&format!("`{feature}`"));
        assert!(named || feature == "default", "neither README nor CONTRIBUTING says `{feature}`");
    }
}

#[test]
fn the_changelog_has_an_entry_for_the_version() {
    let manifest = manifest();
    let version = manifest["package"]["version"].as_str().unwrap();
    let heading = format!("## {version}");
    let changelog = read("CHANGELOG.md");
    let found = changelog.lines().any(|line| line.split(" (").next() == Some(heading.as_str()));
    assert!(found, "CHANGELOG.md has no `{heading}`");
}

#[test]
fn the_promises_of_the_api_are_found_and_name_the_versions_there_are() {
    let path = "docs/api-versioning.md";
    for document in ["README.md", "CONTRIBUTING.md"] {
        assert!(relative_links(&read(document)).contains(&path.to_owned()), "{document}");
    }
    let promises = read(path);
    let manifest = manifest();
    let program = manifest["package"]["version"].as_str().unwrap();
    for version in [program, porchlight::release::dataset::SCHEMA_VERSION] {
        assert!(promises.contains(&format!("| `{version}` |")), "{path} does not say {version}");
    }
}

#[test]
fn both_catalogs_have_the_same_migrations() {
    let names = |database: &str| -> BTreeSet<String> {
        let folder = root().join("migrations/catalog").join(database);
        let Ok(entries) = folder.read_dir() else { return BTreeSet::new() };
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"), "left: sqlite, right: postgres");
}

#[test]
fn licences_are_those_of_the_manifest() {
    let manifest = manifest();
    assert_eq!(manifest["package"]["license"].as_str(), Some("MIT OR Apache-2.0"));
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"));
}

#[test]
fn every_bound_of_the_server_is_documented_with_its_default() {
    let flags = include_str!("../../src/cli/bounding.rs");
    let limits = include_str!("../../docs/limits.md");
    let mut bounds = 0;
    for flag in flags.split("Option<").filter(|flag| flag.contains("env = ")) {
        let name = flag.split("env = \"").nth(1).unwrap().split('"').next().unwrap();
        let default = flag.split("[default: ").nth(1).unwrap().split(']').next().unwrap();
        let named = limits.lines().filter(|line| line.contains(&format!("`{name}`")));
        let told = named.filter(|line| line.contains(default)).count();
        assert!(told > 0, "{name} is not documented with its default, {default}");
        bounds += 1;
    }
    assert!(bounds >= 14, "{bounds}");
}
