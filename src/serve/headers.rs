//! Headers: how long an answer may be kept, what it is a version of, and who may read it.

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::state::Place;
use crate::record::ReleaseId;

/// Raised when the same question to the same release gives other bytes than before.
const REPRESENTATION: &str = concat!(env!("CARGO_PKG_VERSION"), "/4");

/// The licence of a release as a whole.
pub(super) const LICENCE_URL: &str = "https://creativecommons.org/licenses/by/4.0/";

/// How long an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CacheClass {
    /// An answer of a named release: it holds as long as the program that makes it.
    Pinned,
    /// An answer of the newest release: fresh for a minute, useful for long.
    Latest,
    /// A file of a release: it never changes.
    File,
    /// What follows no release: status, feeds, documents.
    Minute,
    /// Health: as of now.
    Never,
}

impl CacheClass {
    /// The value of `Cache-Control`.
    pub(super) fn cache_control(self) -> &'static str {
        match self {
            Self::Pinned => "public, max-age=86400, stale-while-revalidate=604800",
            Self::Latest => "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400",
            Self::File => "public, max-age=31536000, immutable",
            Self::Minute => "public, max-age=60",
            Self::Never => "no-store",
        }
    }
}

/// The `ETag` of an answer that follows from a release and a canonical query.
pub(super) fn weak_tag(release: ReleaseId, address: &str) -> String {
    tag_of(format!("{release} {address} {REPRESENTATION}").as_bytes())
}

/// The `ETag` of an answer that follows from nothing but its bytes.
pub(super) fn tag_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12]))
}

/// Whether the client has this version already: `If-None-Match`, compared weakly.
pub(super) fn client_has(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

/// An instant as HTTP writes it.
pub(super) fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Whether the client's copy is not older than that: `If-Modified-Since`, which counts only where
/// there is no `If-None-Match`.
pub(super) fn client_has_since(headers: &HeaderMap, published_at: DateTime<Utc>) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        return false;
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    let since = since.and_then(|since| DateTime::parse_from_rfc2822(since).ok());
    since.is_some_and(|since| since.timestamp() >= published_at.timestamp())
}

/// Names the release an answer is about, and where it is `dated` when that was published.
pub(super) fn put_release(response: &mut HttpResponseBuilder, place: &Place, dated: bool) {
    let manifest = &place.release.known.manifest;
    response.insert_header(("Dataset-Release", manifest.release.to_string()));
    if dated {
        let published = http_date(manifest.published_at);
        response.insert_header((header::LAST_MODIFIED, published.clone()));
        response.insert_header(("Memento-Datetime", published));
    }
}

/// What ties an answer to its release; on 304, too.
pub(super) struct ReleaseHeaders<'a> {
    pub(super) place: &'a Place,
    /// Whether it is a document of the API, with addresses in other releases.
    pub(super) linked: bool,
    /// What stands before every link.
    pub(super) public_url: &'a str,
    /// Where the same path of the newest release begins; `None` where the query, not the path,
    /// names the release.
    pub(super) newest: Option<&'a str>,
    /// Whether the request asked for this very address, so that no other need be told.
    pub(super) exact: bool,
    /// The path below the release with the suffix of its form, and the query with its cursor.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
}

impl ReleaseHeaders<'_> {
    fn address(&self, release: Option<ReleaseId>) -> String {
        let Self { place: _, linked: _, exact: _, public_url, newest, path, query } = self;
        match (newest, release) {
            (Some(_), Some(release)) => format!("{public_url}/v1/releases/{release}{path}{query}"),
            (Some(newest), None) => format!("{public_url}{newest}{path}{query}"),
            (None, _) => format!("{public_url}/v1{path}{query}"),
        }
    }

    /// Puts them on an answer; `next` is the next page, from the root of the host.
    pub(super) fn put(&self, response: &mut HttpResponseBuilder, next: Option<&str>) {
        let manifest = &self.place.release.known.manifest;
        let release = manifest.release;
        put_release(response, self.place, self.place.pinned);
        if !self.linked {
            return;
        }
        let pinned = self.address(Some(release));
        let mut links = vec![(pinned.clone(), "canonical")];
        if let Some(next) = next {
            links.push((format!("{}{next}", self.public_url), "next"));
        }
        // A cursor belongs to one release: there is no such page in another.
        if self.newest.is_some() && !self.query.contains("cursor=") {
            links.push((self.address(None), "latest-version"));
            if let Some(previous) = &manifest.previous {
                links.push((self.address(Some(previous.release)), "predecessor-version"));
            }
        }
        let described = format!("{}/v1/releases/{release}", self.public_url);
        links.push((described, "describedby"));
        links.push((format!("{}/openapi.json", self.public_url), "service-desc"));
        links.push((LICENCE_URL.to_owned(), "license"));
        let links: Vec<_> =
            links.iter().map(|(to, relation)| format!("<{to}>; rel=\"{relation}\"")).collect();
        response.insert_header((header::LINK, links.join(", ")));
        if !self.exact {
            response.insert_header((header::CONTENT_LOCATION, pinned));
        }
    }
}

/// Headers a script on another page may read.
const EXPOSED: &str = "Allow, Content-Disposition, Content-Location, Content-Range, \
                       Dataset-Release, Dataset-Total, Dataset-Uncertain-Excluded, Deprecation, \
                       ETag, Last-Modified, Link, Location, Memento-Datetime, RateLimit, \
                       RateLimit-Policy, Repr-Digest, Request-Id, Retry-After, Sunset";

/// What stands on every page beside its policy: it sends nobody on with more than the host, uses
/// nothing of the device, and shares no window with pages of other hosts.
const OF_PAGES: [(&str, &str); 5] = [
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    (FRAMES, "DENY"),
];

/// Whether a page may stand in a frame, for browsers that do not know `frame-ancestors`.
const FRAMES: &str = "x-frame-options";

/// For a year a browser asks this host by https alone. Other hosts of the domain are not ours to
/// speak for.
const HTTPS_ALONE: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What stands on every answer, whatever became of the request; `public_url` is the address of the
/// host.
pub(super) fn put_always(headers: &mut HeaderMap, public_url: &str) {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).map(HeaderValue::as_bytes);
    // Some may stand in a frame of any page, and say so.
    let is_framed = policy.is_some_and(|policy| policy.ends_with(b"frame-ancestors *"));
    if policy.is_some() {
        for (name, value) in OF_PAGES.into_iter().filter(|(name, _)| !is_framed || *name != FRAMES)
        {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if public_url.starts_with("https://") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ALONE);
    }
    let fixed = [
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", EXPOSED),
        ("vary", "Accept, Accept-Encoding"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// Names the request on its answer.
pub(super) fn put_request_id(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("request-id"), id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn tags_are_compared_weakly() {
        for same in ["W/\"a\"", "\"a\"", "\"b\", W/\"a\"", "*"] {
            assert!(client_has(&headers(header::IF_NONE_MATCH, same), "W/\"a\""), "{same}");
        }
        assert!(!client_has(&headers(header::IF_NONE_MATCH, "W/\"b\""), "W/\"a\""));
        assert!(!client_has(&HeaderMap::new(), "W/\"a\""));
    }

    #[test]
    fn dates_are_written_as_http_has_them() {
        let at = "2026-03-01T06:07:08Z".parse().unwrap();
        assert_eq!(http_date(at), "Sun, 01 Mar 2026 06:07:08 GMT");
    }
}
