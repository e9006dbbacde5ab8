//! What a bucket answered instead of doing what it was asked, and what to do about it.

use std::error::Error as StdError;
use std::fmt;

use object_store::Error;

/// Bytes of an answer's own words that are shown.
const WORDS: usize = 300;

/// What is wrong with a bucket, by what a person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BucketFault {
    /// It does not exist.
    #[error("there is no such bucket; make it, or correct --storage-url")]
    NoBucket,
    /// The key is known and may not do that.
    #[error(
        "the access key may not do that; it needs s3:GetObject, s3:PutObject, s3:DeleteObject and \
         s3:AbortMultipartUpload on what the bucket holds, and s3:ListBucket on the bucket"
    )]
    Denied,
    /// The key is not known, or its secret or session is wrong.
    #[error(
        "the service does not accept the access key; check AWS_ACCESS_KEY_ID, \
         AWS_SECRET_ACCESS_KEY and, for a temporary key, AWS_SESSION_TOKEN"
    )]
    Key,
    /// There is no key.
    #[error(
        "no access key was given, and the machine tells of no role; set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY"
    )]
    NoKey,
    /// It is in another region, or the address is another bucket's or none.
    #[error(
        "the bucket is in another region or at another address; check --s3-region, --s3-endpoint \
         and --s3-address-style"
    )]
    Elsewhere,
    /// Requests seem to come from another time.
    #[error("the clock of this machine and that of the service differ; set the clock")]
    Clock,
    /// There is no connection, or no answer over it.
    #[error(
        "the service does not answer; check that it runs, --s3-endpoint, the network and the name"
    )]
    Unreachable,
    /// It says itself that it cannot now.
    #[error("the service is out of order or overloaded, and was asked several times; wait")]
    Busy,
    /// It lacks what create-only writes need.
    #[error(
        "the service cannot do what this program needs (writes with If-None-Match, and in parts); \
         take another service, or a newer version of it"
    )]
    Lacking,
    /// There is no room, or no more is allowed.
    #[error("no space is left; make room, nothing published was touched")]
    Full,
    /// Anything else: it refused, or does not speak S3.
    #[error("the service refused, or does not speak S3; check --s3-endpoint, and see its answer")]
    Refused,
}

/// What the service said, without what nobody should read in a log: an answer to a bad key may
/// hold the key or the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    status: Option<u16>,
    /// S3's name for the fault; empty where it gave none.
    code: String,
    words: String,
    /// How the connection failed, where it did.
    unanswered: bool,
    /// Whether it was the machine that was asked, for its role.
    role: bool,
}

impl Answer {
    /// Reads it off an error. `object_store` keeps status and body to itself; its texts hold both.
    pub(super) fn of(error: &Error) -> Self {
        let text = error.to_string();
        let code = element(&text, "Code").unwrap_or_default().to_owned();
        let status = text
            .split_once("status code: ")
            .and_then(|(_, after)| after.get(..3)?.parse().ok())
            .or_else(|| text.contains("redirect without LOCATION").then_some(301));
        let unanswered = status.is_none() && text.contains("HTTP error");
        let words = match element(&text, "Message") {
            Some(message) => message.to_owned(),
            // What follows a status is a page, and not for a log; without one there is no body.
            None if status.is_some() => String::new(),
            None => deepest(error),
        };
        let role = text.contains("169.254.") || text.contains("/latest/api/token");
        Self { status, code, words: cut(words), unanswered, role }
    }

    /// Whether it may be otherwise next time.
    #[cfg(feature = "s3")]
    pub(super) fn may_pass(&self) -> bool {
        match self.status {
            Some(501 | 507) => false,
            // 409 and 412: the key is taken, but asked again the bucket may say that it is not.
            Some(status) => status >= 500 || matches!(status, 408 | 409 | 412 | 429),
            None => self.unanswered || matches!(&*self.code, "InternalError" | "SlowDown"),
        }
    }

    /// Whether an upload in parts is no longer known.
    #[cfg(feature = "s3")]
    pub(super) fn is_no_upload(&self) -> bool {
        self.code == "NoSuchUpload"
    }

    /// What is wrong.
    pub(super) fn fault(&self) -> BucketFault {
        match &*self.code {
            "NoSuchBucket" => BucketFault::NoBucket,
            "RequestTimeTooSkewed" | "RequestExpired" => BucketFault::Clock,
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "InvalidClientTokenId" => BucketFault::Key,
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException" => BucketFault::Elsewhere,
            "NotImplemented" => BucketFault::Lacking,
            "QuotaExceeded" | "XMinioStorageFull" => BucketFault::Full,
            _ => self.fault_by_status(),
        }
    }

    fn fault_by_status(&self) -> BucketFault {
        match self.status {
            None | Some(404) if self.role => BucketFault::NoKey,
            None if self.unanswered => BucketFault::Unreachable,
            Some(300..=399) => BucketFault::Elsewhere,
            Some(401 | 403) => BucketFault::Denied,
            Some(408 | 429) => BucketFault::Busy,
            Some(501) => BucketFault::Lacking,
            Some(507) => BucketFault::Full,
            Some(status) if status >= 500 => BucketFault::Busy,
            None if matches!(&*self.code, "InternalError" | "SlowDown") => BucketFault::Busy,
            None | Some(_) => BucketFault::Refused,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.status.map(|status| status.to_string()));
        parts
            .extend([&self.code, &self.words].into_iter().filter(|part| !part.is_empty()).cloned());
        f.write_str(&parts.join(" "))
    }
}

impl StdError for Answer {}

/// Whether the key is not taken; a bucket that does not exist is another matter.
pub(super) fn is_absent(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && Answer::of(error).code != "NoSuchBucket"
}

/// The text of an element of an XML answer.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    after.split_once(&format!("</{name}>")).map(|(inside, _)| inside)
}

fn deepest(error: &Error) -> String {
    let first: &(dyn StdError + 'static) = error;
    let causes = std::iter::successors(Some(first), |&error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

fn cut(mut words: String) -> String {
    words.truncate(words.floor_char_boundary(WORDS));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::of(&Error::Generic { store: "S3", source: text.to_owned().into() })
    }

    fn refused(status: &str, code: &str, message: &str) -> Answer {
        answer(&format!(
            "Error performing PUT http://h/b/k in 1ms - Server returned non-2xx status code: \
             {status}: <?xml version=\"1.0\"?><Error><Code>{code}</Code>\
             <Message>{message}</Message><Token-0>hidden</Token-0></Error>"
        ))
    }

    #[test]
    fn each_answer_says_what_to_do() {
        for (status, code, fault) in [
            ("404 Not Found", "NoSuchBucket", BucketFault::NoBucket),
            ("403 Forbidden", "AccessDenied", BucketFault::Denied),
            ("403 Forbidden", "InvalidAccessKeyId", BucketFault::Key),
            ("403 Forbidden", "SignatureDoesNotMatch", BucketFault::Key),
            ("400 Bad Request", "ExpiredToken", BucketFault::Key),
            ("301 Moved Permanently", "PermanentRedirect", BucketFault::Elsewhere),
            ("400 Bad Request", "AuthorizationHeaderMalformed", BucketFault::Elsewhere),
            ("403 Forbidden", "RequestTimeTooSkewed", BucketFault::Clock),
            ("501 Not Implemented", "NotImplemented", BucketFault::Lacking),
            ("503 Service Unavailable", "SlowDown", BucketFault::Busy),
            ("507 Insufficient Storage", "XMinioStorageFull", BucketFault::Full),
            ("405 Method Not Allowed", "MethodNotAllowed", BucketFault::Refused),
        ] {
            assert_eq!(refused(status, code, "").fault(), fault, "{status} {code}");
        }
        let redirect = answer("Received redirect without LOCATION, this normally indicates …");
        assert_eq!(redirect.fault(), BucketFault::Elsewhere);
        let role =
            answer("Error performing PUT http://169.254.169.254/latest/api/token - HTTP error");
        assert_eq!(role.fault(), BucketFault::NoKey);
        assert_eq!(answer("HTTP error: error sending request").fault(), BucketFault::Unreachable);
    }

    #[test]
    fn an_answer_shows_code_and_message_and_nothing_else() {
        let said = refused("400 Bad Request", "ExpiredToken", "The token has expired.").to_string();
        assert_eq!(said, "400 ExpiredToken The token has expired.");
        let page = answer("Server returned non-2xx status code: 502 Bad Gateway: <html>hidden");
        assert_eq!(page.to_string(), "502");
        let long = refused("400 Bad Request", "X", &"ä".repeat(1000)).to_string();
        assert!(long.len() < 400, "{long}");
    }

    #[test]
    fn a_missing_bucket_is_no_missing_key() {
        let not_found = |code: &str| Error::NotFound {
            path: "k".to_owned(),
            source: format!("status code: 404 Not Found: <Code>{code}</Code>").into(),
        };
        assert!(is_absent(&not_found("NoSuchKey")));
        assert!(!is_absent(&not_found("NoSuchBucket")));
    }

    #[cfg(feature = "s3")]
    #[test]
    fn what_may_pass_is_asked_again_and_nothing_else() {
        for passing in [
            refused("503 Service Unavailable", "SlowDown", ""),
            refused("500 Internal Server Error", "InternalError", ""),
            refused("429 Too Many Requests", "", ""),
            refused("409 Conflict", "ConditionalRequestConflict", ""),
            answer("HTTP error: connection reset"),
            answer("Server returned error response: <Code>InternalError</Code>"),
        ] {
            assert!(passing.may_pass(), "{passing}");
        }
        for lasting in [
            refused("403 Forbidden", "AccessDenied", ""),
            refused("404 Not Found", "NoSuchBucket", ""),
            refused("501 Not Implemented", "NotImplemented", ""),
            answer("Got invalid list response: unexpected end"),
        ] {
            assert!(!lasting.may_pass(), "{lasting}");
        }
    }
}
