//! A release as another host serves it, checked against its manifest: the files by their hashes,
//! the API by the roots of its tables.

use std::path::Path;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::copy::remove_folder;
use super::difference::first_difference;
use super::host::{Host, etag, promise};
use super::walk::walk;
use super::{Finding, FindingKind, MirrorError, in_words, signature};
use crate::config::Config;
use crate::fetch::{Client, FetchError};
use crate::record::ReleaseId;
use crate::release::{MANIFEST_FILE, Manifest, ManifestTable, PublicKey, SUMS_FILE, digest};

/// The longest header of a CSV file, in bytes.
const HEADER: u64 = 64 << 10;

/// What is to be checked.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// The release; the newest where none is named.
    pub release: Option<ReleaseId>,
    /// Leave the files aside.
    pub api_only: bool,
    /// The key that must have signed it.
    pub trusted: Option<PublicKey>,
}

/// What was checked of a host, and everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// The release.
    pub release: ReleaseId,
    /// SHA-256 of its manifest, in hexadecimal.
    pub manifest_sha256: String,
    /// Tables that were walked.
    pub tables: usize,
    /// Their records.
    pub rows: u64,
    /// Whether it is signed, and the signatures are good.
    pub signed: bool,
    /// Files that were read, without the manifest.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong; empty where the host serves what it published.
    pub findings: Vec<Finding>,
}

/// Checks a release as the host at `url` serves it.
pub async fn check(
    config: &Config,
    url: &str,
    options: &CheckOptions,
    now: DateTime<Utc>,
) -> Result<Checked, MirrorError> {
    let host = Host::new(Client::new(&config.fetch)?, url, now);
    let listed = host.releases().await?;
    let newest = listed.last().ok_or_else(|| MirrorError::NoReleases(host.base().to_owned()))?;
    let release = options.release.unwrap_or(newest.release);
    let served = host.manifest(release).await?;
    let (manifest, bytes) = served.ok_or(MirrorError::TakenBack(release))?;
    let mut checked = Checked {
        release,
        manifest_sha256: digest::sha256(&bytes),
        tables: 0,
        rows: 0,
        signed: false,
        files: 0,
        bytes: 0,
        findings: Vec::new(),
    };
    let entry = listed.iter().find(|listed| listed.release == release);
    let of_list = entry.map(|entry| entry.manifest_sha256.clone());
    checked.manifest(&host, &manifest, &bytes, of_list).await?;
    checked.signatures(&host, &manifest, &bytes, options.trusted.as_ref()).await?;
    if !options.api_only {
        checked.files(&host, &manifest).await?;
    }
    let folder = config.home.join("staging").join("check");
    for table in &manifest.tables {
        checked.table(&host, &manifest, table, &folder).await?;
    }
    remove_folder(&folder).await?;
    Ok(checked)
}

impl Checked {
    fn finds(&mut self, place: impl Into<String>, kind: FindingKind) {
        self.findings.push(Finding { place: place.into(), kind });
    }

    /// The manifest as it is listed, by the API, and as the link of the chain it holds.
    async fn manifest(
        &mut self,
        host: &Host,
        manifest: &Manifest,
        bytes: &Bytes,
        listed: Option<String>,
    ) -> Result<(), MirrorError> {
        let found = self.manifest_sha256.clone();
        let listed = listed.unwrap_or_else(|| "nothing".to_owned());
        if listed != found {
            self.finds("/v1/releases", FindingKind::Listed { listed, found });
        }
        let by_api = host.manifest_by_api(self.release).await?;
        if serde_json::from_slice(bytes).ok() != Some(by_api) {
            let place = format!("/v1/releases/{}", self.release);
            self.finds(place, FindingKind::OtherManifest);
        }
        let Some(previous) = &manifest.previous else { return Ok(()) };
        // What a mirror left out, or the host took back, cannot be compared.
        let before = match host.manifest(previous.release).await {
            Err(MirrorError::NoSuchRelease(_)) => None,
            answer => answer?,
        };
        if let Some(found) = before.map(|(_, bytes)| digest::sha256(&bytes))
            && found != previous.manifest_sha256
        {
            let expected = previous.manifest_sha256.clone();
            let place = format!("/data/{}/manifest.json", previous.release);
            self.finds(place, FindingKind::Link { expected, found });
        }
        Ok(())
    }

    /// Who signed it.
    async fn signatures(
        &mut self,
        host: &Host,
        manifest: &Manifest,
        bytes: &Bytes,
        trusted: Option<&PublicKey>,
    ) -> Result<(), MirrorError> {
        let place = |file: &str| format!("/data/{}/{file}", manifest.release);
        let sums = match signature::sums(host, manifest).await {
            Ok(sums) => sums,
            Err(error) => {
                self.finds(place(SUMS_FILE), refused(error)?);
                return Ok(());
            }
        };
        match signature::signatures(host, manifest, bytes, &sums, trusted).await {
            Ok(good) => self.signed = !good.is_empty(),
            Err(MirrorError::Fetch(error)) => self.finds(place(MANIFEST_FILE), refused(error)?),
            Err(error) => {
                let file = signature::signed_file(&error);
                let Some(file) = file else { return Err(error) };
                self.finds(place(file), FindingKind::Refused { detail: in_words(&error) });
            }
        }
        Ok(())
    }

    /// Size and hash of every file, which is not kept.
    async fn files(&mut self, host: &Host, manifest: &Manifest) -> Result<(), MirrorError> {
        for file in &manifest.files {
            tracing::debug!(step = format!("read {}", file.name), "check");
            let url = host.file_url(self.release, &file.name);
            let place = format!("/data/{}/{}", self.release, file.name);
            match host.client.hash(&url, promise(file, &etag(file)), host.now()).await {
                Ok(found) if found == file.sha256 => {}
                Ok(found) => {
                    let expected = file.sha256.clone();
                    self.finds(place, FindingKind::Hash { expected, found });
                }
                Err(error) => self.finds(place, refused(error)?),
            }
            self.files += 1;
            self.bytes += file.bytes;
        }
        Ok(())
    }

    /// Walks a table, and looks for the first row that differs if its root does.
    async fn table(
        &mut self,
        host: &Host,
        manifest: &Manifest,
        table: &ManifestTable,
        folder: &Path,
    ) -> Result<(), MirrorError> {
        tracing::debug!(step = format!("walk {}", table.name), "check");
        let place = format!("/v1/releases/{}/{}", self.release, table.name);
        let columns = columns(host, manifest, table).await?;
        let walked = walk(host, self.release, table, columns.as_deref()).await;
        self.tables += 1;
        match walked {
            Ok((findings, rows)) => {
                self.rows += rows;
                if findings.is_empty() {
                    return Ok(());
                }
                self.findings.extend(findings);
            }
            Err(MirrorError::Fetch(error)) => {
                self.finds(place, refused(error)?);
                return Ok(());
            }
            Err(MirrorError::NotTheContract { problem, .. }) => {
                self.finds(place, FindingKind::Refused { detail: problem });
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        self.first_row(host, manifest, table, columns.as_deref(), folder).await
    }

    /// Names the first row in which the API differs from the file of a table.
    async fn first_row(
        &mut self,
        host: &Host,
        manifest: &Manifest,
        table: &ManifestTable,
        columns: Option<&[String]>,
        folder: &Path,
    ) -> Result<(), MirrorError> {
        let Some(file) = manifest.file(&format!("{}.ndjson.gz", table.name)) else {
            return Ok(());
        };
        let path = folder.join(&file.name);
        let made = async {
            tokio::fs::create_dir_all(folder).await?;
            // What another release left there is no beginning of this file.
            tokio::fs::write(&path, b"").await
        };
        made.await.map_err(|source| MirrorError::Scratch { path: path.clone(), source })?;
        let url = host.file_url(self.release, &file.name);
        let etag = etag(file);
        let brought = host.client.download(&url, &path, promise(file, &etag), host.now());
        let place = format!("/data/{}/{}", self.release, file.name);
        if let Err(error) = brought.await {
            self.finds(place, refused(error)?);
            return Ok(());
        }
        let bytes = tokio::fs::read(&path).await;
        let bytes = bytes.map_err(|source| MirrorError::Scratch { path: path.clone(), source })?;
        let found = digest::sha256(&bytes);
        if found != file.sha256 {
            let expected = file.sha256.clone();
            self.finds(place, FindingKind::Hash { expected, found });
            return Ok(());
        }
        let difference = first_difference(host, self.release, &table.name, columns, &path).await?;
        self.finds(format!("/v1/releases/{}/{}", self.release, table.name), difference);
        Ok(())
    }
}

/// The columns a table had when the release was made, as its CSV file begins; nothing where there
/// is no such file.
///
/// That beginning is not checked by itself: with other columns the root is another one.
async fn columns(
    host: &Host,
    manifest: &Manifest,
    table: &ManifestTable,
) -> Result<Option<Vec<String>>, MirrorError> {
    let Some(file) = manifest.file(&format!("{}.csv", table.name)) else { return Ok(None) };
    let url = host.file_url(manifest.release, &file.name);
    let beginning = match host.client.beginning(&url, HEADER.min(file.bytes), host.now()).await {
        Ok(beginning) => beginning,
        // It is named among the files; here every column counts then.
        Err(error) if !error.is_transient() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let header = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let header = String::from_utf8_lossy(header);
    Ok(Some(header.trim_end().split(',').map(str::to_owned).collect()))
}

/// An answer that is wrong, as a finding; an error where there was none.
fn refused(error: FetchError) -> Result<FindingKind, MirrorError> {
    if error.is_transient() || matches!(error, FetchError::File { .. }) {
        return Err(error.into());
    }
    Ok(FindingKind::Refused { detail: error.to_string() })
}
