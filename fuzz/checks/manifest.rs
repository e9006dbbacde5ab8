//! What comes from another host with a release: manifests, keys and signatures.

use porchlight::record::ReleaseId;
use porchlight::release::{Manifest, PublicKey};

/// A public key of nobody: its secret was thrown away.
const KEY: &str = include_str!("key.pub");

pub(crate) fn check(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::read(bytes) {
        written_and_read(&manifest);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        key(text);
        name(text);
    }
    // Nobody can sign with the key, so whatever comes is refused.
    let key = PublicKey::read(KEY).expect("a key");
    let release: ReleaseId = "2026-11-24.1".parse().expect("a release");
    assert!(key.check(release, b"what is signed", bytes).is_err());
}

fn written_and_read(manifest: &Manifest) {
    let written = manifest.to_bytes();
    let again = Manifest::read(&written).expect("a manifest of our own");
    assert_eq!(&again, manifest);
    assert_eq!(again.to_bytes(), written);
    assert_eq!(again.draft().finish(again.tables.clone(), again.files.clone()), again);
    for file in &manifest.files {
        // Names come from other hosts, and are put behind the path of a folder.
        let path = std::path::Path::new(&file.name);
        assert_eq!(path.components().count(), 1, "{:?}", file.name);
        assert!(path.file_name().is_some(), "{:?}", file.name);
        assert_eq!(manifest.file(&file.name), Some(file));
    }
    for table in &manifest.tables {
        assert_eq!(manifest.table(&table.name), Some(table));
    }
    assert_eq!(manifest.sha256().len(), 64);
}

fn key(text: &str) {
    let Ok(key) = PublicKey::read(text) else { return };
    let again = PublicKey::read(&key.to_file()).expect("a key of our own");
    assert_eq!(again.to_string(), key.to_string());
    assert!(text.contains(&key.to_string()));
}

fn name(text: &str) {
    let Ok(release) = text.parse::<ReleaseId>() else { return };
    assert_eq!(release.to_string(), text, "a release has one spelling");
}
