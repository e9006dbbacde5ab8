//! The only outgoing HTTP: bounds on size, time and redirects, conditional requests, retries.
//!
//! Requests go to https, and to http on this machine; never to a private address, and never
//! through a proxy of the environment, which would resolve names where nobody checks the answer.

mod attempts;
mod body;
mod download;
mod error;
mod look;
mod post;
mod redirect;
mod resolver;
mod retry;

use std::hash::RandomState;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};
use url::Url;

pub use download::Promise;
pub use error::{FetchError, Missing, RefusedRedirect};
pub use look::Sight;
pub use post::{Post, PostHeaders};

use crate::config::{FetchLimits, check_outgoing};
use attempts::Attempts;
use body::{BodyFault, BodyReader};
use error::{shown, shown_text};

/// Bytes of a body that are unpacked in one go.
const PIECE: usize = 16 << 10;

/// Sends requests within the limits it was made with. Clones share connections and the bound on
/// requests at a time.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    limits: Arc<FetchLimits>,
    permits: Arc<Semaphore>,
    seed: RandomState,
}

/// What a server said about a body, to be sent back so that the body need not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, with its quotes.
    pub etag: Option<String>,
    /// `Last-Modified`, as it was spelt.
    pub last_modified: Option<String>,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        Self {
            etag: text(headers, header::ETAG).map(str::to_owned),
            last_modified: text(headers, header::LAST_MODIFIED).map(str::to_owned),
        }
    }

    /// The headers of a request that ask for a body only if it is another one.
    fn conditions(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        let conditions =
            [(header::IF_NONE_MATCH, &self.etag), (header::IF_MODIFIED_SINCE, &self.last_modified)];
        for (name, value) in conditions {
            // They came in a header, so they fit in one.
            if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// These, and what they do not say from `previous`.
    fn or(self, previous: &Self) -> Self {
        Self {
            etag: self.etag.or_else(|| previous.etag.clone()),
            last_modified: self.last_modified.or_else(|| previous.last_modified.clone()),
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The body is the one of which the validators were sent.
    NotModified {
        /// What to send next time.
        validators: Validators,
    },
    /// A body.
    Body {
        /// Unpacked, otherwise as it came.
        bytes: Bytes,
        /// SHA-256 of `bytes` in hexadecimal.
        sha256: String,
        /// What to send next time.
        validators: Validators,
        /// `Content-Type`, as it was spelt.
        media_type: Option<String>,
    },
}

impl Client {
    /// A client with these limits.
    pub fn new(limits: &FetchLimits) -> Result<Self, FetchError> {
        let http = reqwest::Client::builder()
            .user_agent(&limits.user_agent)
            .connect_timeout(limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(resolver::PublicAddresses)
            .no_proxy()
            .no_gzip() // unpacked in `body`, within bounds
            .referer(false)
            .build()
            .map_err(|cause| FetchError::Setup(Box::new(cause)))?;
        Ok(Self {
            http,
            limits: Arc::new(limits.clone()),
            permits: Arc::new(Semaphore::new(limits.concurrency)),
            seed: RandomState::new(),
        })
    }

    /// Gets a URL, unless it still is what `previous` says, with retries.
    ///
    /// `now` is needed to understand a `Retry-After` that is a date. An answer of 200 is a body,
    /// whatever is in it: whether it is what the source publishes is for its reader to say.
    pub async fn get(
        &self,
        url: &str,
        previous: &Validators,
        now: DateTime<Utc>,
    ) -> Result<Fetched, FetchError> {
        let url = checked(url)?;
        let began = Instant::now();
        let mut attempts = Attempts::new(self, &url);
        loop {
            match self.attempt(&url, previous, now + began.elapsed()).await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => attempts.again(error).await?,
            }
        }
    }

    async fn attempt(
        &self,
        url: &Url,
        previous: &Validators,
        now: DateTime<Utc>,
    ) -> Result<Fetched, FetchError> {
        // The semaphore is never closed; were it, the request would go out uncounted.
        let _permit = self.permits.acquire().await.ok();
        let total = self.limits.total;
        timeout(total, self.follow(url, previous, now)).await.unwrap_or_else(|_elapsed| {
            Err(FetchError::TimedOut { url: shown(url), missing: Missing::End, after: total })
        })
    }

    /// Asks, follows redirects, and reads the answer.
    async fn follow(
        &self,
        first: &Url,
        previous: &Validators,
        now: DateTime<Utc>,
    ) -> Result<Fetched, FetchError> {
        let (url, response) = self.reach(first, &previous.conditions()).await?;
        match response.status() {
            StatusCode::OK => self.read(&url, response).await,
            StatusCode::NOT_MODIFIED if !previous.is_empty() => {
                let validators = Validators::of(response.headers()).or(previous);
                Ok(Fetched::NotModified { validators })
            }
            _ => Err(refusal(&url, &response, now)),
        }
    }

    /// Asks with these headers and follows redirects: the last URL and its answer, of any status.
    async fn reach(&self, first: &Url, headers: &HeaderMap) -> Result<(Url, Response), FetchError> {
        let mut url = first.clone();
        for _ in 0..=self.limits.max_redirects {
            let response = self.send(&Method::GET, &url, headers).await?;
            match redirect_of(first, &url, &response)? {
                Some(to) => url = to,
                None => return Ok((url, response)),
            }
        }
        let limit = self.limits.max_redirects;
        Err(FetchError::TooManyRedirects { url: shown(first), limit })
    }

    /// Sends one request and waits for the head of its answer.
    async fn send(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<Response, FetchError> {
        let request = self.http.request(method.clone(), url.clone()).headers(headers.clone());
        let patience = self.limits.connect + self.limits.idle;
        match timeout(patience, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(cause)) => Err(self.no_answer(url, cause)),
            Err(_elapsed) => Err(FetchError::TimedOut {
                url: shown(url),
                missing: Missing::Answer,
                after: patience,
            }),
        }
    }

    fn no_answer(&self, url: &Url, cause: reqwest::Error) -> FetchError {
        if has_cause::<resolver::NoPublicAddress>(&cause) {
            let host = url.host_str().unwrap_or_default().to_owned();
            return FetchError::PrivateAddress { host };
        }
        if cause.is_timeout() {
            let after = self.limits.connect;
            return FetchError::TimedOut { url: shown(url), missing: Missing::Connection, after };
        }
        // Its text would hold the URL, and that perhaps a key.
        FetchError::Connection { url: shown(url), cause: Box::new(cause.without_url()) }
    }

    /// Reads a body within its bounds.
    async fn read(&self, url: &Url, mut response: Response) -> Result<Fetched, FetchError> {
        let headers = response.headers();
        let validators = Validators::of(headers);
        let media_type = text(headers, header::CONTENT_TYPE).map(str::to_owned);
        let encoding = text(headers, header::CONTENT_ENCODING).unwrap_or_default().to_owned();
        let expected = content_length(headers);
        let limit = self.limits.max_bytes;
        let too_large = || FetchError::TooLarge { url: shown(url), limit };
        if expected.is_some_and(|bytes| bytes > limit) {
            return Err(too_large());
        }
        let fault = |fault| self.fault(url, &encoding, fault);
        let mut reader = BodyReader::new(&encoding, self.limits.max_unpacked_bytes)
            .ok_or_else(|| fault(BodyFault::Encoding))?;
        let mut got = 0;
        while let Some(chunk) = self.chunk(url, &mut response, got, expected).await? {
            got += chunk.len() as u64;
            if got > limit {
                return Err(too_large());
            }
            // A few bytes of a bomb are a lot of work: between two pieces others get their turn,
            // and the bound on time is looked at.
            for piece in chunk.chunks(PIECE) {
                reader.take(piece).map_err(fault)?;
                yield_now().await;
            }
        }
        if expected.is_some_and(|bytes| bytes != got) {
            return Err(FetchError::Truncated { url: shown(url), got, expected });
        }
        let (bytes, sha256) = reader.finish().map_err(fault)?;
        Ok(Fetched::Body { bytes, sha256, validators, media_type })
    }

    async fn chunk(
        &self,
        url: &Url,
        response: &mut Response,
        got: u64,
        expected: Option<u64>,
    ) -> Result<Option<Bytes>, FetchError> {
        let idle = self.limits.idle;
        match timeout(idle, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(cause)) => {
                let cause = cause.without_url();
                tracing::debug!(error = &cause as &dyn std::error::Error, "body broke off");
                Err(FetchError::Truncated { url: shown(url), got, expected })
            }
            Err(_elapsed) => {
                Err(FetchError::TimedOut { url: shown(url), missing: Missing::Byte, after: idle })
            }
        }
    }

    fn fault(&self, url: &Url, encoding: &str, fault: BodyFault) -> FetchError {
        let url = shown(url);
        match fault {
            BodyFault::Unpacked => {
                FetchError::Unpacked { url, limit: self.limits.max_unpacked_bytes }
            }
            BodyFault::Encoding => FetchError::Encoding { url, encoding: encoding.to_owned() },
        }
    }
}

/// The URL, if it is one to which requests are sent.
fn checked(url: &str) -> Result<Url, FetchError> {
    check_outgoing(url).map_err(|why| FetchError::BadUrl { url: shown_text(url), why })
}

/// Where an answer sends on to, if it does; `first` is the URL first asked for.
fn redirect_of(first: &Url, at: &Url, response: &Response) -> Result<Option<Url>, FetchError> {
    match response.status() {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            redirect::target(first, at, text(response.headers(), header::LOCATION)).map(Some)
        }
        _ => Ok(None),
    }
}

/// An answer that is neither what was asked for nor a redirect.
fn refusal(url: &Url, response: &Response, now: DateTime<Utc>) -> FetchError {
    FetchError::Status {
        url: shown(url),
        status: response.status().as_u16(),
        retry_after: text(response.headers(), header::RETRY_AFTER)
            .and_then(|value| retry::retry_after(value, now)),
    }
}

/// The bytes a body is announced to have.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok())
}

/// A header's value, where it is plain text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn has_cause<E: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .any(<dyn std::error::Error>::is::<E>)
}
