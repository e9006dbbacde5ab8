//! A bucket, how it is reached, and how much patience it gets.

use std::time::Duration;

use url::Url;

use crate::config::location::STORAGE_ACCEPTED;
use crate::config::{ConfigError, RawS3, Secret, duration, given, not_zero};

/// A bucket of Amazon S3 or of a server that speaks its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    /// The bucket.
    pub bucket: String,
    /// What every key begins with, without slashes at its ends; empty for none.
    pub prefix: String,
    /// URL of the server, where it is not Amazon's, without a slash at its end.
    pub endpoint: Option<Url>,
    /// Whether the bucket is part of the host's name (`https://bucket.host/key`) and not of the
    /// path (`https://host/bucket/key`).
    pub bucket_in_host: bool,
    /// The region.
    pub region: String,
    /// Key id and key; without them the machine is asked for its role.
    pub access_key: Option<(String, Secret)>,
    /// Token of a temporary key.
    pub session_token: Option<Secret>,
    /// What the machine says about its role: variables of Amazon's and their values.
    pub role: Vec<(&'static str, Secret)>,
    /// How long the bucket is waited for.
    pub patience: S3Patience,
}

/// How long a bucket is waited for, and how often it is asked again.
///
/// A fault that may pass (no connection, no answer, an answer 5xx, 408 or 429) is met by another
/// attempt after a pause that doubles; any other fault ends the attempts at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct S3Patience {
    /// Time to connect; 5 s.
    pub connect: Duration,
    /// Time without a byte of an answer; 20 s.
    pub idle: Duration,
    /// Time of one write, whole: with parts of 8 MiB the default asks for 140 kB/s; 60 s.
    pub request: Duration,
    /// Attempts altogether; 8, of which the last comes some 15 s after the first if each fails at
    /// once.
    pub attempts: u32,
    /// Pause before the second attempt at most, doubled for each further one; 200 ms.
    pub backoff_base: Duration,
    /// Longest pause between two attempts; 10 s.
    pub backoff_cap: Duration,
    /// Time after which no further attempt is begun; 2 min. Less than the 5 min by which a
    /// signature may be old.
    pub give_up: Duration,
}

impl S3Patience {
    /// The most that one has whom clients wait for: they ask again by themselves.
    const FOR_CLIENTS: Duration = Duration::from_secs(10);

    /// The same, or as much less as clients can wait for.
    pub(super) fn for_clients(self) -> Self {
        let (idle, give_up) = (self.idle.min(Self::FOR_CLIENTS), Self::FOR_CLIENTS);
        Self { idle, give_up: self.give_up.min(give_up), ..self }
    }
}

impl Default for S3Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(20),
            request: Duration::from_mins(1),
            attempts: 8,
            backoff_base: Duration::from_millis(200),
            backoff_cap: Duration::from_secs(10),
            give_up: Duration::from_mins(2),
        }
    }
}

impl S3Location {
    /// Reads what follows `s3://`, and what is said about the bucket elsewhere.
    pub(super) fn read(url: &str, rest: &str, raw: RawS3) -> Result<Self, ConfigError> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_bucket_name(bucket) {
            return Err(ConfigError::invalid("storage-url", url, STORAGE_ACCEPTED));
        }
        let patience = S3Patience::read(&raw)?;
        let endpoint = given(raw.endpoint).as_deref().map(read_endpoint).transpose()?;
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            bucket_in_host: match given(raw.address_style).as_deref() {
                Some("host") => true,
                Some("path") => false,
                Some(other) => {
                    return Err(ConfigError::invalid("s3-address-style", other, "path or host"));
                }
                // A certificate for `*.s3.….amazonaws.com` does not cover a name with dots.
                None => endpoint.is_none() && !bucket.contains('.'),
            },
            endpoint,
            region: given(raw.region).unwrap_or_else(|| "us-east-1".to_owned()),
            access_key: match (given(raw.access_key_id), given_secret(raw.secret_access_key)) {
                (Some(id), Some(key)) => Some((id, key)),
                (None, None) => None,
                (Some(_), None) | (None, Some(_)) => return Err(ConfigError::HalfOfKey),
            },
            session_token: given_secret(raw.session_token),
            role: raw.role.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            patience,
        })
    }
}

impl S3Patience {
    fn read(raw: &RawS3) -> Result<Self, ConfigError> {
        let default = Self::default();
        Ok(Self {
            connect: duration("s3-connect-ms", raw.connect_ms, default.connect)?,
            idle: duration("s3-idle-ms", raw.idle_ms, default.idle)?,
            request: duration("s3-request-ms", raw.request_ms, default.request)?,
            attempts: not_zero("s3-attempts", raw.attempts, default.attempts)?,
            give_up: duration("s3-give-up-ms", raw.give_up_ms, default.give_up)?,
            ..default
        })
    }
}

/// Whether a text can be a bucket's name: it becomes part of a URL's host or path.
fn is_bucket_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(allowed)
}

/// The value never reaches the error: what is wrong with it may be a password in it.
fn read_endpoint(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text.trim_end_matches('/')).ok();
    let fits = |url: &Url| {
        let bare = url.username().is_empty() && url.password().is_none();
        let whole = url.query().is_none() && url.fragment().is_none();
        matches!(url.scheme(), "https" | "http") && url.has_host() && bare && whole
    };
    let expected = "https://HOST or http://HOST, without a name or password";
    url.filter(fits).ok_or_else(|| ConfigError::invalid("s3-endpoint", "…", expected))
}

fn given_secret(text: Option<Secret>) -> Option<Secret> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rest: &str, raw: RawS3) -> Result<S3Location, String> {
        S3Location::read(&format!("s3://{rest}"), rest, raw).map_err(|error| error.to_string())
    }

    fn endpoint(endpoint: &str) -> RawS3 {
        RawS3 { endpoint: Some(endpoint.to_owned()), ..RawS3::default() }
    }

    #[test]
    fn a_bucket_is_read_with_its_prefix_and_nothing_else() {
        let location = read("bucket/a/b/", RawS3::default()).unwrap();
        assert_eq!((location.bucket.as_str(), location.prefix.as_str()), ("bucket", "a/b"));
        assert_eq!((location.region.as_str(), location.access_key), ("us-east-1", None));
        assert_eq!(location.patience, S3Patience::default());
        for bad in ["", "/prefix", "user:key@host/prefix", "a b", "-a"] {
            assert!(read(bad, RawS3::default()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_compose_file_leaves_empty_was_not_given() {
        let empty = || Some(String::new());
        let raw = RawS3 {
            endpoint: empty(),
            region: empty(),
            address_style: empty(),
            access_key_id: empty(),
            secret_access_key: Some("".into()),
            session_token: Some("".into()),
            role: vec![("AWS_ROLE_ARN", "".into())],
            ..RawS3::default()
        };
        assert_eq!(read("bucket", raw), read("bucket", RawS3::default()));
    }

    #[test]
    fn amazon_gets_the_bucket_in_the_host_and_others_in_the_path() {
        let in_host = |rest, raw| read(rest, raw).unwrap().bucket_in_host;
        assert!(in_host("bucket", RawS3::default()));
        assert!(!in_host("dotted.bucket", RawS3::default()));
        assert!(!in_host("bucket", endpoint("http://127.0.0.1:9000/")));
        let style = |style: &str| RawS3 {
            address_style: Some(style.to_owned()),
            ..endpoint("https://s3.example.org")
        };
        assert!(in_host("bucket", style("host")));
        assert!(!in_host("bucket", style("path")));
        assert!(read("bucket", style("both")).unwrap_err().contains("path or host"));
    }

    #[test]
    fn an_endpoint_is_a_bare_url_and_a_bad_one_is_not_shown() {
        assert!(read("bucket", endpoint("https://s3.example.org/base")).is_ok());
        for bad in ["s3.example.org", "ftp://h", "http://user:hidden@h", "https://h/?k=hidden"] {
            let error = read("bucket", endpoint(bad)).unwrap_err();
            assert!(error.contains("s3-endpoint") && !error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn half_a_key_is_refused_and_no_time_is_nothing() {
        let half = RawS3 { access_key_id: Some("id".to_owned()), ..RawS3::default() };
        assert!(read("bucket", half).unwrap_err().contains("both"));
        let never = RawS3 { attempts: Some(0), ..RawS3::default() };
        assert!(read("bucket", never).unwrap_err().contains("s3-attempts"));
    }
}
