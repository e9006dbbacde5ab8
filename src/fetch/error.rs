//! What went wrong with a request, in words for a status page.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::config::RefusedUrl;

/// Why there is no answer. No URL in here has its query, which may hold a key.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The client could not be set up, for want of certificates for instance.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A URL to which no request is sent.
    #[error("{url} is not fetched: {why}")]
    BadUrl {
        /// The URL.
        url: String,
        /// Why not.
        why: RefusedUrl,
    },
    /// The name belongs to no address on the internet.
    #[error("{host} has no public address")]
    PrivateAddress {
        /// The name.
        host: String,
    },
    /// The server said no.
    #[error("{url} answered {status}")]
    Status {
        /// The URL that said so.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The server took too long.
    #[error("{url} gave no {missing} within {}", seconds(*after))]
    TimedOut {
        /// The URL.
        url: String,
        /// What was waited for.
        missing: Missing,
        /// How long.
        after: Duration,
    },
    /// The body is larger than is read.
    #[error("{url} sent more than {limit} bytes")]
    TooLarge {
        /// The URL.
        url: String,
        /// The bound.
        limit: u64,
    },
    /// The unpacked body is larger than is read.
    #[error("{url} sent what unpacks to more than {limit} bytes")]
    Unpacked {
        /// The URL.
        url: String,
        /// The bound.
        limit: u64,
    },
    /// The body is not packed as its header says.
    #[error("{url} sent a body that is no good `{encoding}`")]
    Encoding {
        /// The URL.
        url: String,
        /// What the header says.
        encoding: String,
    },
    /// The server sends on to where no request is sent.
    #[error("{url} redirects to {to}, which is not followed: {why}")]
    RedirectRefused {
        /// The URL that redirects.
        url: String,
        /// Where to.
        to: String,
        /// Why not.
        why: RefusedRedirect,
    },
    /// The server sends on and on.
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects {
        /// The URL first asked for.
        url: String,
        /// The bound.
        limit: u32,
    },
    /// The body ended early.
    #[error("{url} broke off after {got} bytes{}", of_expected(*expected))]
    Truncated {
        /// The URL.
        url: String,
        /// Bytes that came.
        got: u64,
        /// Bytes announced.
        expected: Option<u64>,
    },
    /// The body has another size than the file is promised to have.
    #[error("{url} is {announced} bytes, not the {expected} that were promised")]
    Size {
        /// The URL.
        url: String,
        /// Bytes promised.
        expected: u64,
        /// Bytes the server announces.
        announced: u64,
    },
    /// The server sends another part of the file than was asked for.
    #[error("{url} sent another part than the one from byte {from} on")]
    OtherPart {
        /// The URL.
        url: String,
        /// The first byte asked for.
        from: u64,
    },
    /// What came cannot be kept.
    #[error("`{}` cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        cause: std::io::Error,
    },
    /// There was no connection, or it broke before an answer.
    #[error("no connection to {url}")]
    Connection {
        /// The URL.
        url: String,
        /// What happened.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a server did not deliver in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Any connection.
    Connection,
    /// The head of an answer.
    Answer,
    /// The next byte of a body.
    Byte,
    /// The end of a body, though bytes kept coming.
    End,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "connection",
            Self::Answer => "answer",
            Self::Byte => "further byte",
            Self::End => "whole body",
        })
    }
}

/// Why a redirect is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedRedirect {
    /// It does not say where to.
    #[error("it names no URL")]
    Nowhere,
    /// It leads from the internet to this machine.
    #[error("it leads to this machine")]
    ToThisMachine,
    /// It leads to where no request is sent.
    #[error(transparent)]
    Target(#[from] RefusedUrl),
}

impl FetchError {
    /// Whether the same request may well succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::TimedOut { .. } | Self::Truncated { .. } | Self::Connection { .. } => true,
            Self::Setup(_)
            | Self::BadUrl { .. }
            | Self::PrivateAddress { .. }
            | Self::TooLarge { .. }
            | Self::Unpacked { .. }
            | Self::Size { .. }
            | Self::OtherPart { .. }
            | Self::File { .. }
            | Self::Encoding { .. }
            | Self::RedirectRefused { .. }
            | Self::TooManyRedirects { .. } => false,
        }
    }

    /// Whether to try again within the same `get`. A body that used up the whole time would use it
    /// up again, so it is left to the next run.
    pub(super) fn is_worth_another_attempt(&self) -> bool {
        let used_up = matches!(self, Self::TimedOut { missing: Missing::End, .. });
        self.is_transient() && !used_up
    }
}

/// A URL without user, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// The same for a text that may be no URL at all.
pub(super) fn shown_text(text: &str) -> String {
    if let Ok(url) = Url::parse(text)
        && url.has_host()
    {
        return shown(&url);
    }
    let end = text.find(['?', '#']).unwrap_or(text.len());
    text[..end].rsplit('@').next().unwrap_or_default().to_owned()
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn of_expected(expected: Option<u64>) -> String {
    expected.map(|bytes| format!(" of {bytes}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_no_user_query_or_fragment() {
        for (url, expected) in [
            ("https://h.example:8443/a/b?API_KEY=secret#secret", "https://h.example:8443/a/b"),
            ("https://me:secret@h.example/", "https://h.example/"),
            ("me:secret@h.example?key=secret", "h.example"),
            ("atlas.csv?secret", "atlas.csv"),
        ] {
            assert_eq!(shown_text(url), expected);
        }
    }
}
