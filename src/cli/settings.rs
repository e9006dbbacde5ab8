//! Flags and environment, as typed. `Config` checks them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

use super::bounding::Bounding;
use super::telling::Telling;
use crate::cli::bucket::Bucket;
use crate::config::{Raw, RawFetch, RawGates, RawSchedule, RawServe, Secret};
use crate::source::SOURCES;

/// Settings of every command. Each is also an environment variable.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct Settings {
    /// Folder for everything Porchlight keeps [default: ./porchlight-home]
    #[arg(long, global = true, env = "PORCHLIGHT_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    /// Where captures and releases are kept: `file:///…` or `s3://bucket/prefix` [default: the home
    /// folder]
    #[arg(long, global = true, env = "PORCHLIGHT_STORAGE_URL", value_name = "URL")]
    storage_url: Option<String>,
    /// Where runs are noted: `sqlite:///…` or `postgres://…` [default: catalog.sqlite at home]
    #[arg(
        long,
        global = true,
        env = "PORCHLIGHT_CATALOG_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    catalog_url: Option<String>,
    /// A file that overrides the list of sources
    #[arg(long, global = true, env = "PORCHLIGHT_SOURCES", value_name = "FILE")]
    sources: Option<PathBuf>,
    /// A file of decisions on matches, beside those in the program, as `match review` writes it
    /// [default: none]
    #[arg(long, global = true, env = "PORCHLIGHT_OVERRIDES", value_name = "FILE")]
    overrides: Option<PathBuf>,
    /// Key for the FBI's API [default: `DEMO_KEY`]
    #[arg(
        long,
        global = true,
        env = "PORCHLIGHT_FBI_API_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    fbi_api_key: Option<String>,
    /// The key that signs releases, as `porchlight key new` makes it [default: none, and releases are
    /// not signed]
    #[arg(long, global = true, env = "PORCHLIGHT_SIGNING_KEY_FILE", value_name = "FILE")]
    signing_key_file: Option<PathBuf>,
    /// What is logged, such as info or porchlight=debug [default: info]
    #[arg(long, global = true, env = "PORCHLIGHT_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How a log line looks: text or json [default: text]
    #[arg(long, global = true, env = "PORCHLIGHT_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<String>,
    /// Where an OpenTelemetry collector takes traces over HTTP, such as `http://127.0.0.1:4318`
    /// [default: none]
    #[arg(
        long,
        global = true,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        value_name = "URL",
        hide_env_values = true
    )]
    otlp_endpoint: Option<String>,
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    bounding: Bounding,
    #[command(flatten)]
    fetching: Fetching,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    telling: Telling,
    #[command(flatten)]
    bucket: Bucket,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Server and schedule")]
struct Serving {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "PORCHLIGHT_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The URL under which the public reaches the server
    #[arg(long, global = true, env = "PORCHLIGHT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// An e-mail address for questions about the data, shown in the catalogue at /data.json
    #[arg(long, global = true, env = "PORCHLIGHT_CONTACT_EMAIL", value_name = "ADDRESS")]
    contact_email: Option<String>,
    /// The `WebSub` hub that the feeds name
    #[arg(long, global = true, env = "PORCHLIGHT_WEBSUB_HUB", value_name = "URL")]
    websub_hub: Option<String>,
    /// Where clients find the files of releases, such as the public URL of the bucket: they are sent
    /// there [default: the files are sent from here]
    #[arg(long, global = true, env = "PORCHLIGHT_DATA_URL", value_name = "URL")]
    data_url: Option<String>,
    /// Requests a second that one client address may make, and how many at once; `off` is no limit
    /// [default: 10:100]
    #[arg(long, global = true, env = "PORCHLIGHT_RATE_LIMIT", value_name = "RATE[:BURST]")]
    rate_limit: Option<String>,
    /// A proxy whose `X-Forwarded-For` is believed, or a network of them such as 10.0.0.0/8; may be
    /// repeated
    #[arg(
        long,
        global = true,
        env = "PORCHLIGHT_TRUSTED_PROXY",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    trusted_proxy: Vec<String>,
    /// Where metrics are served for Prometheus: on (at /metrics of the service), off, or an address
    /// and port of their own [default: on]
    #[arg(long, global = true, env = "PORCHLIGHT_METRICS", value_name = "PLACE")]
    metrics: Option<String>,
    /// Whether each request is a line of the log: on or off [default: on]
    #[arg(long, global = true, env = "PORCHLIGHT_ACCESS_LOG", value_name = "SWITCH")]
    access_log: Option<String>,
    /// Threads that answer [default: one per core]
    #[arg(long, global = true, env = "PORCHLIGHT_WORKERS", value_name = "N")]
    workers: Option<u32>,
    /// Bytes of finished answers kept in memory [default: 64 MiB]
    #[arg(long, global = true, env = "PORCHLIGHT_CACHE_BYTES", value_name = "BYTES")]
    cache_bytes: Option<u64>,
    /// Milliseconds between two looks for a newer release [default: 5000]
    #[arg(long, global = true, env = "PORCHLIGHT_POLL_MS", value_name = "MS")]
    poll_ms: Option<u64>,
    /// Serve only: never refresh by itself
    #[arg(long, global = true, env = "PORCHLIGHT_NO_SCHEDULE")]
    no_schedule: bool,
    /// When to refresh: five cron fields, or six with seconds first [default: 17 6 * * *]
    #[arg(long, global = true, env = "PORCHLIGHT_SCHEDULE", value_name = "CRON")]
    schedule: Option<String>,
    /// The time zone of that [default: UTC]
    #[arg(long, global = true, env = "PORCHLIGHT_SCHEDULE_ZONE", value_name = "ZONE")]
    schedule_zone: Option<String>,
    /// Milliseconds between two looks at the clock [default: 60000]
    #[arg(long, global = true, env = "PORCHLIGHT_SCHEDULE_TICK_MS", value_name = "MS")]
    schedule_tick_ms: Option<u64>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Bounds of outgoing requests")]
struct Fetching {
    /// Milliseconds to connect [default: 10000]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_CONNECT_MS", value_name = "MS")]
    fetch_connect_ms: Option<u64>,
    /// Milliseconds for one attempt [default: 120000]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_TOTAL_MS", value_name = "MS")]
    fetch_total_ms: Option<u64>,
    /// Milliseconds without a byte [default: 20000]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_IDLE_MS", value_name = "MS")]
    fetch_idle_ms: Option<u64>,
    /// Bytes of a body as received [default: 64 MiB]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_MAX_BYTES", value_name = "BYTES")]
    fetch_max_bytes: Option<u64>,
    /// Bytes of a body as unpacked [default: 256 MiB]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_MAX_UNPACKED_BYTES", value_name = "BYTES")]
    fetch_max_unpacked_bytes: Option<u64>,
    /// Redirects followed [default: 5]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_MAX_REDIRECTS", value_name = "N")]
    fetch_max_redirects: Option<u32>,
    /// Attempts altogether [default: 4]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_ATTEMPTS", value_name = "N")]
    fetch_attempts: Option<u32>,
    /// Milliseconds before the second attempt [default: 500]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_BACKOFF_MS", value_name = "MS")]
    fetch_backoff_ms: Option<u64>,
    /// Milliseconds at most between attempts [default: 30000]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_BACKOFF_CAP_MS", value_name = "MS")]
    fetch_backoff_cap_ms: Option<u64>,
    /// Milliseconds of Retry-After obeyed at most [default: 120000]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_MAX_RETRY_AFTER_MS", value_name = "MS")]
    fetch_max_retry_after_ms: Option<u64>,
    /// Requests at a time [default: 4]
    #[arg(long, global = true, env = "PORCHLIGHT_FETCH_CONCURRENCY", value_name = "N")]
    fetch_concurrency: Option<u32>,
    /// A page that tells a publisher whose program this is
    #[arg(long, global = true, env = "PORCHLIGHT_CONTACT_URL", value_name = "URL")]
    contact_url: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Gates")]
struct Judging {
    /// Rows that may always go [default: 10]
    #[arg(long, global = true, env = "PORCHLIGHT_GATE_ROWS_FALL", value_name = "N")]
    gate_rows_fall: Option<u64>,
    /// Share of rows that may go, in percent [default: 1]
    #[arg(long, global = true, env = "PORCHLIGHT_GATE_ROWS_FALL_PERCENT", value_name = "PERCENT")]
    gate_rows_fall_percent: Option<f64>,
    /// Rise of a column's share of unknown values, in points [default: 5]
    #[arg(long, global = true, env = "PORCHLIGHT_GATE_UNKNOWN_RISE", value_name = "POINTS")]
    gate_unknown_rise: Option<f64>,
    /// Rise of the share of unmatched partnerships, in points [default: 2]
    #[arg(long, global = true, env = "PORCHLIGHT_GATE_UNMATCHED_RISE", value_name = "POINTS")]
    gate_unmatched_rise: Option<f64>,
    /// Rise of the share of issues per source and problem, in points [default: 2]
    #[arg(long, global = true, env = "PORCHLIGHT_GATE_ISSUES_RISE", value_name = "POINTS")]
    gate_issues_rise: Option<f64>,
    /// Share of a source's entries that may say something else, per column, in percent [default: 5]
    #[arg(
        long,
        global = true,
        env = "PORCHLIGHT_GATE_VALUES_CHANGE_PERCENT",
        value_name = "PERCENT"
    )]
    gate_values_change_percent: Option<f64>,
    /// Share of a state's entries that may be gone or have another name, in percent [default: 10]
    #[arg(
        long,
        global = true,
        env = "PORCHLIGHT_GATE_STATE_CHANGE_PERCENT",
        value_name = "PERCENT"
    )]
    gate_state_change_percent: Option<f64>,
    /// Share of keys that a source may use for the first time, in percent [default: 25]
    #[arg(long, global = true, env = "PORCHLIGHT_GATE_KEYS_NEW_PERCENT", value_name = "PERCENT")]
    gate_keys_new_percent: Option<f64>,
    /// Days for which an edition proves that what it lists is active [default: 400]
    #[arg(long, global = true, env = "PORCHLIGHT_ACTIVE_DAYS", value_name = "DAYS")]
    active_days: Option<u32>,
}

/// Settings as environment variables.
pub(super) type Environment = Vec<(OsString, OsString)>;

/// The settings that were given as flags, for another process of this program; those that came
/// from the environment it inherits.
pub(super) fn as_environment(matches: &ArgMatches) -> Environment {
    let settings = Settings::augment_args(Command::new("settings"));
    let given = settings.get_arguments().filter_map(|setting| {
        let id = setting.get_id().as_str();
        let name = setting.get_env()?;
        let is_flag = matches.value_source(id) == Some(ValueSource::CommandLine);
        let values = is_flag.then(|| matches.get_raw(id))??;
        Some((name.to_owned(), values.collect::<Vec<_>>().join(OsStr::new(","))))
    });
    given.collect()
}

impl Settings {
    pub(super) fn into_raw(self) -> Raw {
        // No `..`: a new setting does not compile until it is handed on.
        let Self {
            home,
            storage_url,
            catalog_url,
            sources,
            overrides,
            fbi_api_key,
            signing_key_file,
            log,
            log_format,
            otlp_endpoint,
            serving,
            bounding,
            fetching,
            judging,
            telling,
            bucket,
        } = self;
        let (serve, schedule) = serving.into_raw();
        let serve = RawServe { bounds: bounding.into_raw(), ..serve };
        Raw {
            home,
            storage_url,
            s3: bucket.into_raw(),
            catalog_url: catalog_url.map(Secret::from),
            sources_file: sources,
            overrides_file: overrides,
            known_sources: SOURCES.iter().map(|source| source.card().id).collect(),
            fbi_api_key: fbi_api_key.map(Secret::from),
            signing_key_file,
            fetch: fetching.into_raw(),
            gates: judging.into_raw(),
            serve,
            schedule,
            notify: telling.into_raw(),
            log_filter: log,
            log_format,
            otlp_endpoint,
        }
    }
}

impl Serving {
    fn into_raw(self) -> (RawServe, RawSchedule) {
        let Self {
            listen,
            public_url,
            contact_email,
            websub_hub,
            data_url,
            rate_limit,
            trusted_proxy: trusted_proxies,
            metrics,
            access_log,
            workers,
            cache_bytes,
            poll_ms,
            no_schedule,
            schedule,
            schedule_zone,
            schedule_tick_ms,
        } = self;
        let serve = RawServe {
            listen,
            public_url,
            contact_email,
            websub_hub,
            data_url,
            rate_limit,
            trusted_proxies,
            metrics,
            access_log,
            workers,
            cache_bytes,
            poll_ms,
            ..RawServe::default()
        };
        let schedule = RawSchedule {
            off: no_schedule,
            cron: schedule,
            zone: schedule_zone,
            tick_ms: schedule_tick_ms,
        };
        (serve, schedule)
    }
}

impl Fetching {
    fn into_raw(self) -> RawFetch {
        RawFetch {
            connect_ms: self.fetch_connect_ms,
            total_ms: self.fetch_total_ms,
            idle_ms: self.fetch_idle_ms,
            max_bytes: self.fetch_max_bytes,
            max_unpacked_bytes: self.fetch_max_unpacked_bytes,
            max_redirects: self.fetch_max_redirects,
            attempts: self.fetch_attempts,
            backoff_base_ms: self.fetch_backoff_ms,
            backoff_cap_ms: self.fetch_backoff_cap_ms,
            max_retry_after_ms: self.fetch_max_retry_after_ms,
            concurrency: self.fetch_concurrency,
            contact_url: self.contact_url,
        }
    }
}

impl Judging {
    fn into_raw(self) -> RawGates {
        RawGates {
            rows_fall: self.gate_rows_fall,
            rows_fall_percent: self.gate_rows_fall_percent,
            unknown_rise_points: self.gate_unknown_rise,
            unmatched_rise_points: self.gate_unmatched_rise,
            issues_rise_points: self.gate_issues_rise,
            values_change_percent: self.gate_values_change_percent,
            state_change_percent: self.gate_state_change_percent,
            keys_new_percent: self.gate_keys_new_percent,
            active_days: self.active_days,
        }
    }
}
