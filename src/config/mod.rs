//! Flags and environment, checked once: after `Config::try_from` nobody checks again.
//!
//! [`Raw`] is what was typed, [`Config`] what it means. Making a [`Config`] reads the `--sources`
//! file and creates nothing.

mod bounds;
mod limits;
mod location;
mod log;
mod notify;
mod outgoing;
mod raw;
mod s3;
mod secret;
mod serving;
mod sources;

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

pub use bounds::ServeBounds;
pub use limits::{FetchLimits, GateLimits};
pub use location::{CatalogLocation, StorageLocation};
pub use log::{LogFormat, LogSettings, MetricsPlace};
pub use notify::{NotifySettings, WebhookSecret};
pub use outgoing::{RefusedUrl, check_outgoing, is_loopback, is_public};
pub use raw::{Raw, RawBounds, RawFetch, RawGates, RawNotify, RawS3, RawSchedule, RawServe};
pub use s3::{S3Location, S3Patience};
pub use secret::Secret;
pub use serving::{Network, RateLimit, ScheduleSettings, ServeSettings};
pub use sources::{SourceSetting, SourceSettings, SourcesError};

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The home folder.
    pub home: PathBuf,
    /// Where captures and releases are kept.
    pub storage: StorageLocation,
    /// Where the catalog is kept.
    pub catalog: CatalogLocation,
    /// What the operator changed in the list of sources.
    pub sources: SourceSettings,
    /// A file of decisions on matches, beside those in the program.
    pub overrides_file: Option<PathBuf>,
    /// Bounds of outgoing requests.
    pub fetch: FetchLimits,
    /// Thresholds of the gates.
    pub gates: GateLimits,
    /// The server.
    pub serve: ServeSettings,
    /// The schedule.
    pub schedule: ScheduleSettings,
    /// Key for the FBI's API.
    pub fbi_api_key: Secret,
    /// Key that signs releases; without one they are not signed.
    pub signing_key_file: Option<PathBuf>,
    /// Who is told what happened.
    pub notify: NotifySettings,
    /// The log and the traces.
    pub log: LogSettings,
}

/// Which setting is wrong, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A URL of a kind this program does not know.
    #[error("`{setting}` must be {accepted}, not {}", scheme_in_words(scheme))]
    UnknownScheme {
        /// The setting.
        setting: &'static str,
        /// What stands before `://`; empty where nothing does.
        scheme: String,
        /// What is accepted.
        accepted: &'static str,
    },
    /// A URL that this build cannot use.
    #[error("`{setting}` needs a program built with the cargo feature `{feature}`")]
    FeatureMissing {
        /// The setting.
        setting: &'static str,
        /// The feature.
        feature: &'static str,
    },
    /// A value that means nothing.
    #[error("`{setting}` must be {expected}, not `{value}`")]
    Invalid {
        /// The setting.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// A cron expression that cannot be parsed.
    #[error(
        "`schedule` must be five cron fields such as `17 6 * * *`, or six with seconds first, not \
         `{expression}`"
    )]
    Cron {
        /// What was given.
        expression: String,
        /// What is wrong with it.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// One of key id and secret key, but not the other.
    #[error("an S3 key needs both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    HalfOfKey,
    /// Webhooks, and nothing to sign their posts with.
    #[error(
        "`notify-webhook` needs a secret: set PORCHLIGHT_NOTIFY_SECRET or PORCHLIGHT_NOTIFY_SECRET_FILE"
    )]
    NoWebhookSecret,
    /// The file of the webhooks' secret cannot be read.
    #[error("cannot read the secret file {}", path.display())]
    UnreadableSecret {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A webhook to which no request is sent.
    #[error("`notify-webhook` at {host} is refused")]
    RefusedWebhook {
        /// Its host; the rest may hold a key.
        host: String,
        /// Why.
        #[source]
        why: RefusedUrl,
    },
    /// The `--sources` file cannot be read.
    #[error("cannot read the sources file {}", path.display())]
    UnreadableSources {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The `--sources` file says something that means nothing.
    #[error("the sources file {} is wrong", path.display())]
    Sources {
        /// The file.
        path: PathBuf,
        /// What.
        #[source]
        cause: SourcesError,
    },
}

impl ConfigError {
    fn invalid(setting: &'static str, value: impl Display, expected: &'static str) -> Self {
        Self::Invalid { setting, value: value.to_string(), expected }
    }
}

fn scheme_in_words(scheme: &str) -> String {
    if scheme.is_empty() { "a text without `://`".to_owned() } else { format!("`{scheme}://…`") }
}

impl TryFrom<Raw> for Config {
    type Error = ConfigError;

    fn try_from(raw: Raw) -> Result<Self, ConfigError> {
        let home = given_path(raw.home).unwrap_or_else(|| PathBuf::from("porchlight-home"));
        let catalog_url = raw.catalog_url.filter(|url| !url.is_empty());
        let fbi_api_key = raw.fbi_api_key.filter(|key| !key.is_empty());
        Ok(Self {
            storage: StorageLocation::read(given(raw.storage_url).as_deref(), raw.s3, &home)?,
            catalog: CatalogLocation::read(catalog_url.as_ref(), &home)?,
            sources: match given_path(raw.sources_file) {
                Some(path) => sources(path, &raw.known_sources)?,
                None => SourceSettings::default(),
            },
            overrides_file: given_path(raw.overrides_file),
            fetch: raw.fetch.try_into()?,
            gates: raw.gates.try_into()?,
            serve: raw.serve.try_into()?,
            schedule: raw.schedule.try_into()?,
            fbi_api_key: fbi_api_key.unwrap_or_else(|| Secret::from("DEMO_KEY")),
            signing_key_file: given_path(raw.signing_key_file),
            notify: raw.notify.try_into()?,
            log: LogSettings::read(raw.log_filter, raw.log_format, raw.otlp_endpoint)?,
            home,
        })
    }
}

fn sources(path: PathBuf, known: &[&str]) -> Result<SourceSettings, ConfigError> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) => return Err(ConfigError::UnreadableSources { path, cause }),
    };
    SourceSettings::from_toml(&text, known).map_err(|cause| ConfigError::Sources { path, cause })
}

/// A text that was given: an empty one, as an unset variable in a compose file leaves it, was not.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn given_path(path: Option<PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty())
}

fn duration(
    setting: &'static str,
    milliseconds: Option<u64>,
    default: Duration,
) -> Result<Duration, ConfigError> {
    match milliseconds {
        None => Ok(default),
        Some(given) => Ok(Duration::from_millis(not_zero(setting, Some(given), given)?)),
    }
}

fn not_zero<N: Copy + Default + PartialEq + Display>(
    setting: &'static str,
    given: Option<N>,
    default: N,
) -> Result<N, ConfigError> {
    let number = given.unwrap_or(default);
    if number == N::default() {
        return Err(ConfigError::invalid(setting, number, "more than nothing"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(raw: Raw) -> String {
        Config::try_from(raw).unwrap_err().to_string()
    }

    #[test]
    fn nothing_typed_is_a_whole_configuration() {
        let config = Config::try_from(Raw::default()).unwrap();
        assert_eq!(config.home, PathBuf::from("porchlight-home"));
        assert_eq!(config.storage, StorageLocation::Folder("porchlight-home".into()));
        assert_eq!(
            config.catalog,
            CatalogLocation::Sqlite("porchlight-home/catalog.sqlite".into())
        );
        assert_eq!(config.fetch, FetchLimits::default());
        assert_eq!(config.gates, GateLimits::default());
        assert_eq!(config.serve, ServeSettings::default());
        assert_eq!(config.fbi_api_key.reveal(), "DEMO_KEY");
        assert_eq!(config.schedule.zone, chrono_tz::Tz::UTC);
        assert_eq!(config.schedule.cron.as_str(), "17 6 * * *");
        assert!(config.schedule.enabled);
        assert!(config.fetch.user_agent.starts_with("Porchlight/"));
    }

    #[test]
    fn an_unknown_scheme_names_what_is_accepted() {
        let raw = Raw { catalog_url: Some("postgrse://u:secret@h/d".into()), ..Raw::default() };
        assert_eq!(
            error(raw),
            "`catalog-url` must be sqlite:///FILE or postgres://USER@HOST/DATABASE, \
             not `postgrse://…`"
        );
        let raw = Raw { storage_url: Some("s4://bucket".into()), ..Raw::default() };
        assert_eq!(
            error(raw),
            "`storage-url` must be file:///FOLDER or s3://BUCKET/PREFIX, not `s4://…`"
        );
        let raw = Raw { storage_url: Some("/srv/porchlight".into()), ..Raw::default() };
        assert!(error(raw).ends_with("not a text without `://`"));
    }

    #[cfg(not(feature = "s3"))]
    #[test]
    fn a_bucket_without_the_feature_names_the_feature() {
        let raw = Raw { storage_url: Some("s3://bucket/prefix".into()), ..Raw::default() };
        assert_eq!(error(raw), "`storage-url` needs a program built with the cargo feature `s3`");
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn postgres_without_the_feature_names_the_feature() {
        let raw = Raw { catalog_url: Some("postgres://u:secret@h/d".into()), ..Raw::default() };
        assert_eq!(
            error(raw),
            "`catalog-url` needs a program built with the cargo feature `postgres`"
        );
    }

    #[test]
    fn secrets_never_show_in_debug_output() {
        let raw = Raw {
            fbi_api_key: Some("key-to-hide".into()),
            catalog_url: Some("sqlite:///key-to-hide".into()),
            ..Raw::default()
        };
        assert!(!format!("{raw:?}").contains("key-to-hide"));
        let raw = Raw { catalog_url: None, ..raw };
        assert!(!format!("{:?}", Config::try_from(raw).unwrap()).contains("key-to-hide"));
        assert_eq!(format!("{:?}", CatalogLocation::Postgres("a:b@c".into())), "Postgres(***)");
    }

    #[test]
    fn a_wrong_value_is_named_with_what_would_be_right() {
        let serve = RawServe { listen: Some("8080".to_owned()), ..RawServe::default() };
        assert_eq!(
            error(Raw { serve, ..Raw::default() }),
            "`listen` must be an address and port such as 0.0.0.0:8080, not `8080`"
        );
        let fetch = RawFetch { attempts: Some(0), ..RawFetch::default() };
        assert_eq!(
            error(Raw { fetch, ..Raw::default() }),
            "`fetch-attempts` must be more than nothing, not `0`"
        );
        let gates = RawGates { unknown_rise_points: Some(f64::NAN), ..RawGates::default() };
        assert!(error(Raw { gates, ..Raw::default() }).contains("a number from 0 to 100"));
        for cron in ["0 0 17 6 * * *", "17 6 * *", "61 6 * * *", "daily"] {
            let schedule = RawSchedule { cron: Some(cron.to_owned()), ..RawSchedule::default() };
            assert!(error(Raw { schedule, ..Raw::default() }).contains("five cron fields"));
        }
        let schedule = RawSchedule { zone: Some("Mars".to_owned()), ..RawSchedule::default() };
        assert!(error(Raw { schedule, ..Raw::default() }).contains("time zone"));
    }

    #[test]
    fn rows_may_fall_by_the_larger_of_number_and_share() {
        let gates = GateLimits::default();
        assert_eq!((gates.rows_may_fall(100), gates.rows_may_fall(5_000)), (10, 50));
    }
}
