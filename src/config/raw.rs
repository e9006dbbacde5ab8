//! Settings as they were typed.

use std::path::PathBuf;

use crate::config::Secret;

/// What flags and environment say, unchecked: `None` and empty mean the default, which stands in
/// the doc comment. `Config::try_from` checks it all.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    /// Home folder; `./porchlight-home`.
    pub home: Option<PathBuf>,
    /// `file:///folder` or `s3://bucket/prefix`; the home folder.
    pub storage_url: Option<String>,
    /// What an `s3://` storage needs beside its URL.
    pub s3: RawS3,
    /// `sqlite:///file` or `postgres://…`, which may hold a password; `catalog.sqlite` at home.
    pub catalog_url: Option<Secret>,
    /// A file that overrides the list of sources; none.
    pub sources_file: Option<PathBuf>,
    /// A file of decisions on matches, beside those in the program; none.
    pub overrides_file: Option<PathBuf>,
    /// The ids that the file of sources may name.
    pub known_sources: Vec<&'static str>,
    /// Key for the FBI's API; `DEMO_KEY`.
    pub fbi_api_key: Option<Secret>,
    /// Key that signs releases; none, and releases are not signed.
    pub signing_key_file: Option<PathBuf>,
    /// Bounds of outgoing requests.
    pub fetch: RawFetch,
    /// Thresholds of the gates.
    pub gates: RawGates,
    /// The server.
    pub serve: RawServe,
    /// The schedule.
    pub schedule: RawSchedule,
    /// Who is told what happened.
    pub notify: RawNotify,
    /// Filter of the log as `tracing` spells it; `info`.
    pub log_filter: Option<String>,
    /// `text` or `json`; `text`.
    pub log_format: Option<String>,
    /// The URL of an OpenTelemetry collector; none.
    pub otlp_endpoint: Option<String>,
}

/// See [`crate::config::S3Location`] and [`crate::config::S3Patience`], where the defaults stand.
#[derive(Debug, Clone, Default)]
pub struct RawS3 {
    /// `AWS_ENDPOINT_URL`; Amazon's.
    pub endpoint: Option<String>,
    /// `AWS_REGION`; `us-east-1`.
    pub region: Option<String>,
    /// `AWS_ACCESS_KEY_ID`; none, and the machine's own role is asked.
    pub access_key_id: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: Option<Secret>,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<Secret>,
    /// `path` or `host`; `host` for Amazon's own, `path` for others.
    pub address_style: Option<String>,
    /// Variables by which a machine of Amazon's tells its role, and their values.
    pub role: Vec<(&'static str, Secret)>,
    /// Milliseconds to connect.
    pub connect_ms: Option<u64>,
    /// Milliseconds without a byte of an answer.
    pub idle_ms: Option<u64>,
    /// Milliseconds for one write.
    pub request_ms: Option<u64>,
    /// Attempts altogether.
    pub attempts: Option<u32>,
    /// Milliseconds after which no further attempt is begun.
    pub give_up_ms: Option<u64>,
}

/// See [`crate::config::FetchLimits`], where the defaults stand.
#[derive(Debug, Clone, Default)]
pub struct RawFetch {
    /// Milliseconds to connect.
    pub connect_ms: Option<u64>,
    /// Milliseconds for one attempt, from the first byte sent to the last received.
    pub total_ms: Option<u64>,
    /// Milliseconds without a byte.
    pub idle_ms: Option<u64>,
    /// Bytes of a body as received.
    pub max_bytes: Option<u64>,
    /// Bytes of a body as unpacked.
    pub max_unpacked_bytes: Option<u64>,
    /// Redirects followed.
    pub max_redirects: Option<u32>,
    /// Attempts altogether.
    pub attempts: Option<u32>,
    /// Milliseconds before the second attempt.
    pub backoff_base_ms: Option<u64>,
    /// Milliseconds at most between attempts.
    pub backoff_cap_ms: Option<u64>,
    /// Milliseconds of `Retry-After` obeyed at most.
    pub max_retry_after_ms: Option<u64>,
    /// Requests at a time.
    pub concurrency: Option<u32>,
    /// A page that tells a publisher whose program this is.
    pub contact_url: Option<String>,
}

/// See [`crate::config::GateLimits`], where the defaults stand. Shares are in percent, and so are
/// rises of shares, as percentage points.
#[derive(Debug, Clone, Default)]
pub struct RawGates {
    /// Rows that may always go.
    pub rows_fall: Option<u64>,
    /// Share of rows that may go.
    pub rows_fall_percent: Option<f64>,
    /// Rise of the share of unknown values in a column.
    pub unknown_rise_points: Option<f64>,
    /// Rise of the share of unmatched partnerships.
    pub unmatched_rise_points: Option<f64>,
    /// Rise of the share of issues.
    pub issues_rise_points: Option<f64>,
    /// Share of entries that may say something else, per column.
    pub values_change_percent: Option<f64>,
    /// Share of a state's entries that may be gone or renamed.
    pub state_change_percent: Option<f64>,
    /// Share of keys that may be new.
    pub keys_new_percent: Option<f64>,
    /// Days for which an edition proves that what it lists is active.
    pub active_days: Option<u32>,
}

/// See [`crate::config::ServeSettings`], where the defaults stand.
#[derive(Debug, Clone, Default)]
pub struct RawServe {
    /// `address:port`.
    pub listen: Option<String>,
    /// The URL under which the public reaches the server.
    pub public_url: Option<String>,
    /// An e-mail address for questions about the data.
    pub contact_email: Option<String>,
    /// The `WebSub` hub of the feeds.
    pub websub_hub: Option<String>,
    /// URL under which everybody finds the files of releases; none, and they are sent from here.
    pub data_url: Option<String>,
    /// `off`, or requests a second, a colon, and the burst.
    pub rate_limit: Option<String>,
    /// Addresses or networks of proxies that are believed.
    pub trusted_proxies: Vec<String>,
    /// `on`, `off`, or `address:port`.
    pub metrics: Option<String>,
    /// `on` or `off`.
    pub access_log: Option<String>,
    /// Worker threads.
    pub workers: Option<u32>,
    /// Older releases held open.
    pub open_releases: Option<u32>,
    /// Bytes of finished answers kept.
    pub cache_bytes: Option<u64>,
    /// Milliseconds between two looks for a newer release.
    pub poll_ms: Option<u64>,
    /// What clients can take of it.
    pub bounds: RawBounds,
}

/// See [`crate::config::ServeBounds`], where the defaults stand.
#[derive(Debug, Clone, Default)]
pub struct RawBounds {
    /// Connections at a time.
    pub connections: Option<u32>,
    /// Connections of one client address.
    pub connections_per_client: Option<u32>,
    /// Connections that wait to be accepted.
    pub backlog: Option<u32>,
    /// Milliseconds to send the head of a request.
    pub head_ms: Option<u64>,
    /// Milliseconds a connection may wait for its next request.
    pub keep_alive_ms: Option<u64>,
    /// Milliseconds a client may take nothing.
    pub stalled_ms: Option<u64>,
    /// Exports and large files at a time.
    pub downloads: Option<u32>,
    /// Exports and large files to one client address.
    pub downloads_per_client: Option<u32>,
    /// Milliseconds a download waits for others to end.
    pub download_wait_ms: Option<u64>,
    /// Milliseconds a download may take.
    pub download_ms: Option<u64>,
    /// Queries that run or wait.
    pub queries: Option<u32>,
    /// Milliseconds a query waits for a thread.
    pub query_wait_ms: Option<u64>,
    /// Milliseconds between being told to stop and accepting no more.
    pub drain_ms: Option<u64>,
    /// Milliseconds requests under way have to finish.
    pub shutdown_ms: Option<u64>,
}

/// See [`crate::config::ScheduleSettings`], where the defaults stand.
#[derive(Debug, Clone, Default)]
pub struct RawSchedule {
    /// `--no-schedule`.
    pub off: bool,
    /// Five cron fields.
    pub cron: Option<String>,
    /// An IANA time zone.
    pub zone: Option<String>,
    /// Milliseconds between two ticks.
    pub tick_ms: Option<u64>,
}

/// See [`crate::config::NotifySettings`], where the defaults stand.
#[derive(Debug, Clone, Default)]
pub struct RawNotify {
    /// A program and its arguments, parted by spaces.
    pub command: Option<String>,
    /// URLs that events are posted to; each may hold a key.
    pub webhooks: Vec<Secret>,
    /// `whsec_…`, several parted by spaces.
    pub secret: Option<Secret>,
    /// A file that holds the same.
    pub secret_file: Option<PathBuf>,
    /// Days a source may fail before anybody is told.
    pub after_days: Option<u32>,
    /// Whether each release is told of.
    pub releases: bool,
}
