//! The only outgoing HTTP: bounds on size, time and redirects, conditional requests, retries.
//!
//! Requests go to https, and to http on this machine; never to a private address, and never
//! through a proxy of the environment, which would resolve names where nobody checks the answer.

mod body;
mod error;
mod redirect;
mod resolver;
mod retry;

use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

pub use error::{FetchError, Missing, RefusedRedirect};

use crate::config::{FetchLimits, check_outgoing};
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
        let url =
            check_outgoing(url).map_err(|why| FetchError::BadUrl { url: shown_text(url), why })?;
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&url, previous, now + began.elapsed()).await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => error,
            };
            if attempt == self.limits.attempts || !error.is_worth_another_attempt() {
                return Err(error);
            }
            attempt += 1;
            let Some(pause) = self.pause(&error, &url, attempt) else { return Err(error) };
            tracing::info!(%error, attempt, ?pause, "trying again");
            sleep(pause).await;
        }
    }

    /// The pause before an attempt; `None` if the server asks for more patience than there is.
    fn pause(&self, error: &FetchError, url: &Url, attempt: u32) -> Option<Duration> {
        let backoff = retry::backoff(&self.limits, &self.seed, url.as_str(), attempt);
        let FetchError::Status { retry_after: Some(asked), .. } = error else {
            return Some(backoff);
        };
        (*asked <= self.limits.max_retry_after).then_some(backoff.max(*asked))
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
        let mut url = first.clone();
        for _ in 0..=self.limits.max_redirects {
            let response = self.ask(&url, previous).await?;
            let headers = response.headers();
            match response.status() {
                StatusCode::OK => return self.read(&url, response).await,
                StatusCode::NOT_MODIFIED if !previous.is_empty() => {
                    let validators = Validators::of(headers).or(previous);
                    return Ok(Fetched::NotModified { validators });
                }
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    url = redirect::target(first, &url, text(headers, header::LOCATION))?;
                }
                status => {
                    return Err(FetchError::Status {
                        url: shown(&url),
                        status: status.as_u16(),
                        retry_after: text(headers, header::RETRY_AFTER)
                            .and_then(|value| retry::retry_after(value, now)),
                    });
                }
            }
        }
        let limit = self.limits.max_redirects;
        Err(FetchError::TooManyRedirects { url: shown(first), limit })
    }

    /// Sends one request and waits for the head of its answer.
    async fn ask(&self, url: &Url, previous: &Validators) -> Result<Response, FetchError> {
        let mut request =
            self.http.get(url.clone()).header(header::ACCEPT_ENCODING, "gzip, identity");
        if let Some(etag) = &previous.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(last_modified) = &previous.last_modified {
            request = request.header(header::IF_MODIFIED_SINCE, last_modified);
        }
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
        let expected =
            text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
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

/// A header's value, where it is plain text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn has_cause<E: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .any(<dyn std::error::Error>::is::<E>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_is_obeyed_to_the_bound_and_never_shortens_the_pause() {
        let client = Client::new(&FetchLimits::default()).unwrap();
        let url = Url::parse("https://example.org/").unwrap();
        let pause = |asked| {
            let retry_after = asked;
            let error = FetchError::Status { url: shown(&url), status: 429, retry_after };
            client.pause(&error, &url, 2)
        };
        let backoff = pause(None).unwrap();
        assert!(backoff > Duration::ZERO);
        assert_eq!(pause(Some(Duration::ZERO)), Some(backoff));
        assert_eq!(pause(Some(Duration::from_mins(2))), Some(Duration::from_mins(2)));
        assert_eq!(pause(Some(Duration::from_secs(121))), None);
    }
}
