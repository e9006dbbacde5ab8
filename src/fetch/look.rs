//! A look at whether a URL answers, and with what: the head of an answer, never its body.

use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use tokio::time::timeout;

use crate::fetch::error::shown;
use crate::fetch::{Client, FetchError, Missing, checked, content_length, redirect_of, text};

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The HTTP status.
    pub status: u16,
    /// Bytes of the body, where the server says so.
    pub bytes: Option<u64>,
    /// The server's clock, where it tells the time.
    pub date: Option<DateTime<Utc>>,
    /// Whether it came over TLS, with a certificate that was checked.
    pub tls: bool,
}

impl Client {
    /// Looks at a URL once, with `HEAD`, and with `GET` where a server knows no `HEAD`; redirects
    /// are followed. Any status is an answer.
    pub async fn look(&self, url: &str) -> Result<Sight, FetchError> {
        let first = checked(url)?;
        let total = self.limits.total;
        let looked = timeout(total, async {
            let seen = self.look_with(&Method::HEAD, &first).await?;
            // Some publishers refuse whatever is not the GET of a browser.
            if seen.status < 400 { Ok(seen) } else { self.look_with(&Method::GET, &first).await }
        });
        looked.await.unwrap_or_else(|_elapsed| {
            let (url, missing) = (shown(&first), Missing::Answer);
            Err(FetchError::TimedOut { url, missing, after: total })
        })
    }

    async fn look_with(&self, method: &Method, first: &url::Url) -> Result<Sight, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        let mut url = first.clone();
        for _ in 0..=self.limits.max_redirects {
            let response = self.send(method, &url, &headers).await?;
            if let Some(to) = redirect_of(first, &url, &response)? {
                url = to;
                continue;
            }
            let headers = response.headers();
            let date = text(headers, header::DATE);
            let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            // What a cache kept for a while tells the time of when it came there.
            let age = text(headers, header::AGE).and_then(|age| age.parse::<u32>().ok());
            let age = chrono::Duration::seconds(i64::from(age.unwrap_or(0)));
            let whole = response.status() == StatusCode::OK;
            return Ok(Sight {
                status: response.status().as_u16(),
                bytes: content_length(headers).filter(|_| whole),
                date: date.map(|date| date.with_timezone(&Utc) + age),
                tls: url.scheme() == "https",
            });
        }
        let limit = self.limits.max_redirects;
        Err(FetchError::TooManyRedirects { url: shown(first), limit })
    }
}
