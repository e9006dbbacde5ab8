//! Another host of releases, asked by the contract of its API.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::MirrorError;
use crate::fetch::{Client, FetchError, Fetched, Promise, Validators};
use crate::record::ReleaseId;
use crate::release::{MANIFEST_FILE, Manifest, ManifestFile, digest};

/// Releases a list may have; one a day makes 36,525 in a century.
const MOST_RELEASES: usize = 100_000;

/// A host at its base URL.
pub(super) struct Host {
    pub(super) client: Client,
    base: String,
    now: DateTime<Utc>,
    began: Instant,
}

/// A release as the host lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Listed {
    pub(super) release: ReleaseId,
    /// SHA-256 of its manifest, in hexadecimal.
    pub(super) manifest_sha256: String,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Page<T> {
    data: Vec<T>,
    links: Links,
    #[serde(default)]
    meta: Meta,
}

#[derive(Debug, Deserialize)]
struct Links {
    #[serde(default)]
    next: Option<String>,
}

/// What a page of records says of itself.
#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    release: Option<ReleaseId>,
}

/// A list, page by page.
pub(super) struct Pages<'a> {
    host: &'a Host,
    path: String,
    /// The query of the next page; nothing after the last.
    query: Option<String>,
}

impl Host {
    pub(super) fn new(client: Client, url: &str, now: DateTime<Utc>) -> Self {
        let base = url.trim_end_matches('/').to_owned();
        Self { client, base, now, began: Instant::now() }
    }

    /// The time it is: a `Retry-After` may be a date.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now + self.began.elapsed()
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Every release it has, the oldest first.
    pub(super) async fn releases(&self) -> Result<Vec<Listed>, MirrorError> {
        let mut pages = self.pages("/v1/releases".to_owned(), "");
        let mut listed: Vec<Listed> = Vec::new();
        while let Some((page, _)) = pages.next().await? {
            listed.extend(page);
            if listed.len() > MOST_RELEASES {
                return Err(pages.broken("the list of releases does not end"));
            }
        }
        listed.sort_unstable_by_key(|listed| listed.release);
        if listed.windows(2).any(|pair| pair[0].release == pair[1].release) {
            return Err(pages.broken("a release is listed twice"));
        }
        match listed.iter().find(|listed| !digest::is_sha256(&listed.manifest_sha256)) {
            Some(Listed { release, .. }) => {
                Err(pages.broken(&format!("release {release} is listed without a hash")))
            }
            None => Ok(listed),
        }
    }

    /// The manifest of a release, checked to be one and its own, and its bytes; nothing where the
    /// host answers that it is gone.
    pub(super) async fn manifest(
        &self,
        release: ReleaseId,
    ) -> Result<Option<(Manifest, Bytes)>, MirrorError> {
        let url = self.file_url(release, MANIFEST_FILE);
        let bytes = match self.get(&url).await {
            Err(FetchError::Status { status: 404, .. }) => {
                return Err(MirrorError::NoSuchRelease(release));
            }
            Err(FetchError::Status { status: 410, .. }) => return Ok(None),
            answer => answer?,
        };
        let manifest =
            Manifest::read(&bytes).map_err(|source| MirrorError::Manifest { release, source })?;
        if manifest.release != release {
            return Err(MirrorError::OtherRelease { release, says: manifest.release });
        }
        Ok(Some((manifest, bytes)))
    }

    /// The manifest as the API gives it.
    pub(super) async fn manifest_by_api(&self, release: ReleaseId) -> Result<Value, MirrorError> {
        let url = format!("{}/v1/releases/{release}", self.base);
        let mut answer: Value = self.json(&url).await?;
        Ok(answer["data"].take())
    }

    /// The records of a table of a release, page by page.
    pub(super) fn records(&self, release: ReleaseId, table: &str) -> Pages<'_> {
        self.pages(format!("/v1/releases/{release}/{table}"), "limit=1000")
    }

    fn pages(&self, path: String, query: &str) -> Pages<'_> {
        Pages { host: self, path, query: Some(query.to_owned()) }
    }

    /// Where a file of a release is.
    pub(super) fn file_url(&self, release: ReleaseId, file: &str) -> String {
        format!("{}/data/{release}/{file}", self.base)
    }

    async fn json<T: DeserializeOwned>(&self, url: &str) -> Result<T, MirrorError> {
        let bytes = self.get(url).await?;
        serde_json::from_slice(&bytes).map_err(|error| MirrorError::NotTheContract {
            url: url.to_owned(),
            problem: error.to_string(),
        })
    }

    /// A body, small enough for the memory.
    pub(super) async fn get(&self, url: &str) -> Result<Bytes, FetchError> {
        match self.client.get(url, &Validators::default(), self.now()).await? {
            Fetched::Body { bytes, .. } => Ok(bytes),
            // Nothing was there to compare with.
            Fetched::NotModified { .. } => Ok(Bytes::new()),
        }
    }
}

impl Pages<'_> {
    /// The next page and the release it says to be of.
    ///
    /// Of the link to it only the query is taken: where a host sends us on to is its own affair,
    /// what we ask for is ours.
    pub(super) async fn next<T: DeserializeOwned>(
        &mut self,
    ) -> Result<Option<(Vec<T>, Option<ReleaseId>)>, MirrorError> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{mark}{query}", self.host.base, self.path);
        let Page { data, links, meta } = self.host.json(&url).await?;
        if let Some(next) = &links.next {
            let Some((_, next)) = next.split_once('?') else {
                return Err(self.broken("the link to the next page has no query"));
            };
            if data.is_empty() || next == query {
                return Err(self.broken("its pages do not end"));
            }
            self.query = Some(next.to_owned());
        }
        Ok(Some((data, meta.release)))
    }

    fn broken(&self, problem: &str) -> MirrorError {
        let url = format!("{}{}", self.host.base, self.path);
        MirrorError::NotTheContract { url, problem: problem.to_owned() }
    }
}

/// What a manifest promises of a file.
pub(super) fn promise<'a>(file: &ManifestFile, etag: &'a str) -> Promise<'a> {
    Promise { bytes: file.bytes, etag }
}

/// The `ETag` of a file by the contract.
pub(super) fn etag(file: &ManifestFile) -> String {
    format!("\"{}\"", file.sha256)
}

/// A record as it comes from an API or a file.
pub(super) type Record = Map<String, Value>;
