//! `manifest.json`: what a release is made of, written last, so that a release with a manifest is
//! whole.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::record::{ReleaseId, SourceId};
use crate::release::digest;

/// The name of the manifest in the folder of its release.
pub const MANIFEST_FILE: &str = "manifest.json";

/// What a release is made of and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Manifest {
    /// Its name.
    pub release: ReleaseId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Version of the schema of its files, as `MAJOR.MINOR.PATCH`.
    #[schema(example = "1.0.0")]
    pub schema_version: String,
    /// SHA-256 of that schema, in hexadecimal.
    pub schema_sha256: String,
    /// Version of the program that made it.
    pub software_version: String,
    /// Days for which an edition vouched for the present when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_days: Option<u64>,
    /// The public key it is signed with, in the form of minisign; absent where it is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")]
    pub signing_key: Option<String>,
    /// The release before it; null for the first.
    #[schema(required = true)]
    pub previous: Option<PreviousRelease>,
    /// The candidate that was accepted by a person in spite of its gates; null where all passed.
    #[schema(required = true)]
    pub accepted: Option<Acceptance>,
    /// Every capture read for the first time in this release.
    pub captures: Vec<ManifestCapture>,
    /// Licence and attribution of each source it draws on.
    pub sources: Vec<SourceCredit>,
    /// Every table of records.
    pub tables: Vec<ManifestTable>,
    /// Every file beside this one.
    pub files: Vec<ManifestFile>,
    /// How many records changed against the previous release, by table.
    pub changes: BTreeMap<String, TableChanges>,
    /// What the gates found.
    pub gates: Vec<GateVerdict>,
    /// Every release up to this one that was taken back because it held something that had to be
    /// redacted. Its files are gone; its hash stays in the chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub redactions: Vec<RedactedRelease>,
}

/// A release that was taken back because it held something that had to be redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RedactedRelease {
    /// Its name.
    pub release: ReleaseId,
    /// SHA-256 of the bytes its manifest had, in hexadecimal.
    pub manifest_sha256: String,
    /// Why it was taken back.
    pub reason: String,
    /// The release that stands for it.
    pub redacted_in: ReleaseId,
}

/// The release another one follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviousRelease {
    /// Its name.
    pub release: ReleaseId,
    /// SHA-256 of the bytes of its manifest, in hexadecimal: the link of the chain.
    pub manifest_sha256: String,
}

/// A person's decision to publish what a gate had held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Acceptance {
    /// The name of the candidate.
    pub candidate: String,
    /// Why it was accepted.
    pub reason: String,
}

/// Bytes of a publisher that were read for a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestCapture {
    /// The source they belong to.
    pub source_id: SourceId,
    /// SHA-256 in hexadecimal: of the body, or of the list of its parts.
    pub sha256: String,
    /// When they were fetched.
    pub retrieved_at: DateTime<Utc>,
    /// The date they speak for.
    pub as_of_on: NaiveDate,
    /// The bodies, where one edition takes many requests; else empty.
    pub parts: Vec<CapturePart>,
}

/// One body of a capture of many requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CapturePart {
    /// What tells it from the others, such as a state code.
    pub name: String,
    /// SHA-256 of the body, in hexadecimal.
    pub sha256: String,
}

/// How a source must be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceCredit {
    /// The source.
    pub id: SourceId,
    /// The licence it is published under.
    pub licence: String,
    /// How to credit it.
    pub attribution: String,
}

/// A table of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestTable {
    /// Its name.
    pub name: String,
    /// How many records it holds.
    pub rows: u64,
    /// SHA-256 over the SHA-256 of each record's canonical JSON (RFC 8785) in the order of their
    /// ids, in hexadecimal.
    pub root: String,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestFile {
    /// Its name, without any folder.
    pub name: String,
    /// The table it holds; null where it is not one table.
    #[schema(required = true)]
    pub table: Option<String>,
    /// Its media type.
    #[schema(example = "text/csv; charset=utf-8")]
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// How many records it holds; null where it is not a list of records.
    #[schema(required = true)]
    pub rows: Option<u64>,
}

/// How many records of a table changed against the previous release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableChanges {
    /// Records it did not hold.
    pub added: u64,
    /// Records of which a fact changed.
    pub changed: u64,
    /// Records that were taken back or merged into another.
    pub withdrawn: u64,
}

/// What one gate found about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateVerdict {
    /// The gate.
    pub gate: String,
    /// What it judged: a table, a column, a source.
    pub subject: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was measured.
    pub measured: String,
    /// What would have been allowed.
    pub allowed: String,
    /// Both, in a sentence.
    pub detail: String,
}

/// Everything in a manifest that is known before the files are written.
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestDraft {
    /// See [`Manifest::release`].
    pub release: ReleaseId,
    /// See [`Manifest::published_at`].
    pub published_at: DateTime<Utc>,
    /// See [`Manifest::schema_version`].
    pub schema_version: String,
    /// See [`Manifest::schema_sha256`].
    pub schema_sha256: String,
    /// See [`Manifest::software_version`].
    pub software_version: String,
    /// See [`Manifest::active_days`].
    pub active_days: Option<u64>,
    /// See [`Manifest::signing_key`].
    pub signing_key: Option<String>,
    /// See [`Manifest::previous`].
    pub previous: Option<PreviousRelease>,
    /// See [`Manifest::accepted`].
    pub accepted: Option<Acceptance>,
    /// See [`Manifest::captures`].
    pub captures: Vec<ManifestCapture>,
    /// See [`Manifest::sources`].
    pub sources: Vec<SourceCredit>,
    /// See [`Manifest::changes`].
    pub changes: BTreeMap<String, TableChanges>,
    /// See [`Manifest::gates`].
    pub gates: Vec<GateVerdict>,
    /// See [`Manifest::redactions`].
    pub redactions: Vec<RedactedRelease>,
}

impl ManifestDraft {
    /// The manifest of these tables and files.
    #[must_use]
    pub fn finish(self, tables: Vec<ManifestTable>, files: Vec<ManifestFile>) -> Manifest {
        let Self {
            release,
            published_at,
            schema_version,
            schema_sha256,
            software_version,
            active_days,
            signing_key,
            previous,
            accepted,
            captures,
            sources,
            changes,
            gates,
            redactions,
        } = self;
        Manifest {
            release,
            published_at,
            schema_version,
            schema_sha256,
            software_version,
            active_days,
            signing_key,
            previous,
            accepted,
            captures,
            sources,
            tables,
            files,
            changes,
            gates,
            redactions,
        }
    }
}

/// Why bytes are no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// They are not JSON, or a field is missing or of another type.
    #[error("`manifest.json` is not a manifest")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A name of a file leads out of the folder, or is the manifest's own.
    #[error("`manifest.json` lists `{0}`, which is not the plain name of a file")]
    FileName(String),
    /// A file or table stands twice.
    #[error("`manifest.json` lists `{0}` twice")]
    Twice(String),
    /// A hash is not 64 hexadecimal digits in lower case.
    #[error("`manifest.json` gives `{found}` as the sha256 of {of}")]
    Hash {
        /// What it is the hash of.
        of: String,
        /// What stands there.
        found: String,
    },
}

impl Manifest {
    /// Reads a manifest and checks what can be checked without its files: names that are plain and
    /// stand once, hashes that are hashes. Fields of a later version are ignored.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| ManifestError::Unreadable(error.into()))?;
        let mut names = BTreeSet::new();
        for file in &manifest.files {
            if !is_plain(&file.name) {
                return Err(ManifestError::FileName(file.name.clone()));
            }
            if !names.insert(&file.name) {
                return Err(ManifestError::Twice(file.name.clone()));
            }
        }
        let mut tables = BTreeSet::new();
        if let Some(table) = manifest.tables.iter().find(|table| !tables.insert(&table.name)) {
            return Err(ManifestError::Twice(table.name.clone()));
        }
        manifest.check_hashes()?;
        Ok(manifest)
    }

    /// Its bytes: indented JSON with its fields in a fixed order, and a final newline.
    ///
    /// # Panics
    /// Never: text, numbers and lists always have a JSON form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest has a JSON form");
        bytes.push(b'\n');
        bytes
    }

    /// The SHA-256 of [`Self::to_bytes`], in hexadecimal.
    ///
    /// Of a manifest that was read, hash the bytes that were read instead: another version of the
    /// program may have written fields this one does not know.
    #[must_use]
    pub fn sha256(&self) -> String {
        digest::sha256(&self.to_bytes())
    }

    /// What it said before its tables and files were known: the inverse of
    /// [`ManifestDraft::finish`].
    #[must_use]
    pub fn draft(&self) -> ManifestDraft {
        ManifestDraft {
            release: self.release,
            published_at: self.published_at,
            schema_version: self.schema_version.clone(),
            schema_sha256: self.schema_sha256.clone(),
            software_version: self.software_version.clone(),
            active_days: self.active_days,
            signing_key: self.signing_key.clone(),
            previous: self.previous.clone(),
            accepted: self.accepted.clone(),
            captures: self.captures.clone(),
            sources: self.sources.clone(),
            changes: self.changes.clone(),
            gates: self.gates.clone(),
            redactions: self.redactions.clone(),
        }
    }

    /// The file of that name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&ManifestFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The table of that name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&ManifestTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    fn check_hashes(&self) -> Result<(), ManifestError> {
        let files = self.files.iter().map(|file| (file.name.as_str(), &file.sha256));
        let tables = self.tables.iter().map(|table| (table.name.as_str(), &table.root));
        let previous =
            self.previous.iter().map(|link| ("the previous manifest", &link.manifest_sha256));
        let redacted = self.redactions.iter();
        let redacted =
            redacted.map(|redacted| ("a release that was taken back", &redacted.manifest_sha256));
        for (of, found) in files.chain(tables).chain(previous).chain(redacted) {
            if !digest::is_sha256(found) {
                return Err(ManifestError::Hash { of: of.to_owned(), found: found.clone() });
            }
        }
        Ok(())
    }
}

/// Whether a name can only be a file beside the manifest. Names come from other hosts, too.
fn is_plain(name: &str) -> bool {
    let inner = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    inner && !name.is_empty() && !name.starts_with('.') && name != MANIFEST_FILE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let draft = ManifestDraft {
            release: "2026-11-24.1".parse().unwrap(),
            published_at: "2026-11-24T06:00:00Z".parse().unwrap(),
            schema_version: "1.0.0".into(),
            schema_sha256: digest::sha256(b"schema"),
            software_version: "0.1.0".into(),
            active_days: None,
            signing_key: None,
            previous: None,
            accepted: None,
            captures: vec![ManifestCapture {
                source_id: "eff-atlas".parse().unwrap(),
                sha256: digest::sha256(b"capture"),
                retrieved_at: "2026-11-24T05:59:00Z".parse().unwrap(),
                as_of_on: "2026-11-23".parse().unwrap(),
                parts: vec![],
            }],
            sources: vec![SourceCredit {
                id: "eff-atlas".parse().unwrap(),
                licence: "CC-BY-4.0".into(),
                attribution: "Somebody".into(),
            }],
            changes: [("agencies".to_owned(), TableChanges { added: 1, ..Default::default() })]
                .into(),
            gates: vec![],
            redactions: vec![],
        };
        let table = ManifestTable { name: "agencies".into(), rows: 1, root: digest::sha256(b"r") };
        let file = ManifestFile {
            name: "agencies.csv".into(),
            table: Some("agencies".into()),
            media_type: "text/csv".into(),
            bytes: 12,
            sha256: digest::sha256(b"file"),
            rows: Some(1),
        };
        draft.finish(vec![table], vec![file])
    }

    #[test]
    fn a_manifest_reads_back_as_it_was_written() {
        let manifest = manifest();
        let bytes = manifest.to_bytes();
        assert_eq!(Manifest::read(&bytes).unwrap(), manifest);
        assert!(bytes.ends_with(b"}\n"));
        assert_eq!(bytes, manifest.to_bytes());
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"
        {
          "release": "2026-11-24.1",
          "published_at": "2026-11-24T06:00:00Z",
          "schema_version": "1.0.0",
          "schema_sha256": "df0ad6e43880f09c90ebf95f19110178aba6890df0010ebda7485029e2b543b4",
          "software_version": "0.1.0",
          "previous": null,
          "accepted": null,
          "captures": [
            {
              "source_id": "eff-atlas",
              "sha256": "460ee6aa3a80359181b794cc31a7185addba77626e9f719c10e3c8efb8668a1d",
              "retrieved_at": "2026-11-24T05:59:00Z",
              "as_of_on": "2026-11-23",
              "parts": []
            }
          ],
          "sources": [
            {
              "id": "eff-atlas",
              "licence": "CC-BY-4.0",
              "attribution": "Somebody"
            }
          ],
          "tables": [
            {
              "name": "agencies",
              "rows": 1,
              "root": "454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1"
            }
          ],
          "files": [
            {
              "name": "agencies.csv",
              "table": "agencies",
              "media_type": "text/csv",
              "bytes": 12,
              "sha256": "3b9c358f36f0a31b6ad3e14f309c7cf198ac9246e8316f9ce543d5b19ac02b80",
              "rows": 1
            }
          ],
          "changes": {
            "agencies": {
              "added": 1,
              "changed": 0,
              "withdrawn": 0
            }
          },
          "gates": []
        }
        "#);
    }

    #[test]
    fn a_file_name_cannot_lead_out_of_the_folder() {
        for name in ["../x", "/etc/passwd", "a/b", "", ".", "..", ".hidden", "a\\b", MANIFEST_FILE]
        {
            let mut manifest = manifest();
            manifest.files[0].name = name.to_owned();
            let error = Manifest::read(&manifest.to_bytes()).unwrap_err();
            assert!(matches!(error, ManifestError::FileName(_)), "{name}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut twice = manifest();
        twice.files.push(twice.files[0].clone());
        let error = Manifest::read(&twice.to_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "`manifest.json` lists `agencies.csv` twice");

        let mut short = manifest();
        short.tables[0].root = "abc".into();
        let error = Manifest::read(&short.to_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "`manifest.json` gives `abc` as the sha256 of agencies");

        let error = Manifest::read(b"{\"release\": \"2026-11-24.1\"}").unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("missing field `published_at`"), "{cause}");
    }
}
