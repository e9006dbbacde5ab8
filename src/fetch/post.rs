//! Telling another host something: a bounded body there, and of the answer only its status.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::fetch::attempts::Attempts;
use crate::fetch::{Client, FetchError, Missing, checked, error::shown, refusal};

/// What is posted.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// Its bytes.
    pub body: Bytes,
}

/// Headers of one attempt, by name.
pub type PostHeaders = Vec<(&'static str, String)>;

impl Client {
    /// Posts to a URL, with retries; any status of success is one. No redirect is followed: what is
    /// told to one host is not for another. Errors name the host and not the path.
    ///
    /// `headers` gives those of each attempt, which begins at the instant it is handed.
    pub async fn post(
        &self,
        url: &str,
        post: &Post,
        headers: impl Fn(DateTime<Utc>) -> PostHeaders,
        now: DateTime<Utc>,
    ) -> Result<(), FetchError> {
        let url = checked(url)?;
        let began = Instant::now();
        let mut attempts = Attempts::new(self, &url);
        loop {
            let at = now + began.elapsed();
            match self.post_once(&url, post, &headers(at), at).await {
                Ok(()) => return Ok(()),
                Err(error) => attempts.again(error).await?,
            }
        }
    }

    async fn post_once(
        &self,
        url: &Url,
        post: &Post,
        headers: &[(&'static str, String)],
        now: DateTime<Utc>,
    ) -> Result<(), FetchError> {
        let host = host(url);
        // The semaphore is never closed; were it, the request would go out uncounted.
        let _permit = self.permits.acquire().await.ok();
        let request = self
            .http
            .post(url.clone())
            .headers(header_map(headers))
            .header(header::CONTENT_TYPE, post.media_type)
            .body(post.body.clone());
        let total = self.limits.total;
        match timeout(total, request.send()).await {
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(refusal(&host, &response, now)),
            Ok(Err(cause)) => Err(self.no_answer(&host, cause)),
            Err(_elapsed) => {
                let missing = Missing::Answer;
                Err(FetchError::TimedOut { url: shown(&host), missing, after: total })
            }
        }
    }
}

/// A URL as errors and the log may name it: the path of a webhook is often all that protects it.
fn host(url: &Url) -> Url {
    let mut host = url.clone();
    host.set_path("");
    host
}

/// Headers as the client takes them. Those that cannot be headers are left out: callers name them
/// in plain words, and their values are made of plain characters.
fn header_map(headers: &[(&'static str, String)]) -> HeaderMap {
    let fit = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?))
    });
    fit.collect()
}
