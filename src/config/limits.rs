//! Bounds of outgoing requests, and thresholds of the gates.

use std::time::Duration;

use crate::config::{ConfigError, RawFetch, RawGates, duration, not_zero};

/// Bounds of outgoing requests.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchLimits {
    /// Time to connect; 10 s.
    pub connect: Duration,
    /// Time of one attempt, from the first byte sent to the last received; 120 s.
    pub total: Duration,
    /// Time without a byte; 20 s.
    pub idle: Duration,
    /// Bytes of a body as received; 64 MiB.
    pub max_bytes: u64,
    /// Bytes of a body as unpacked; 256 MiB.
    pub max_unpacked_bytes: u64,
    /// Redirects followed; 5.
    pub max_redirects: u32,
    /// Attempts altogether; 4.
    pub attempts: u32,
    /// Pause before the second attempt, doubled for each further one; 500 ms.
    pub backoff_base: Duration,
    /// Longest pause between two attempts that nobody asked for; 30 s.
    pub backoff_cap: Duration,
    /// Longest `Retry-After` that is obeyed; a longer one ends the attempts; 120 s.
    pub max_retry_after: Duration,
    /// Requests at a time; 4.
    pub concurrency: usize,
    /// `Porchlight/<version> (+<contact url>)`.
    pub user_agent: String,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            total: Duration::from_mins(2),
            idle: Duration::from_secs(20),
            max_bytes: 64 << 20,
            max_unpacked_bytes: 256 << 20,
            max_redirects: 5,
            attempts: 4,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            max_retry_after: Duration::from_mins(2),
            concurrency: 4,
            user_agent: user_agent(env!("CARGO_PKG_REPOSITORY")),
        }
    }
}

fn user_agent(contact_url: &str) -> String {
    format!("Porchlight/{} (+{contact_url})", env!("CARGO_PKG_VERSION"))
}

impl TryFrom<RawFetch> for FetchLimits {
    type Error = ConfigError;

    fn try_from(raw: RawFetch) -> Result<Self, ConfigError> {
        let default = Self::default();
        let contact = raw.contact_url.as_deref().unwrap_or(env!("CARGO_PKG_REPOSITORY"));
        if contact.is_empty() || !contact.chars().all(|c| c.is_ascii_graphic()) {
            return Err(ConfigError::invalid("contact-url", contact, "a URL"));
        }
        Ok(Self {
            connect: duration("fetch-connect-ms", raw.connect_ms, default.connect)?,
            total: duration("fetch-total-ms", raw.total_ms, default.total)?,
            idle: duration("fetch-idle-ms", raw.idle_ms, default.idle)?,
            max_bytes: not_zero("fetch-max-bytes", raw.max_bytes, default.max_bytes)?,
            max_unpacked_bytes: not_zero(
                "fetch-max-unpacked-bytes",
                raw.max_unpacked_bytes,
                default.max_unpacked_bytes,
            )?,
            max_redirects: raw.max_redirects.unwrap_or(default.max_redirects),
            attempts: not_zero("fetch-attempts", raw.attempts, default.attempts)?,
            backoff_base: duration("fetch-backoff-ms", raw.backoff_base_ms, default.backoff_base)?,
            backoff_cap: duration("fetch-backoff-cap-ms", raw.backoff_cap_ms, default.backoff_cap)?,
            max_retry_after: raw
                .max_retry_after_ms
                .map_or(default.max_retry_after, Duration::from_millis),
            concurrency: match raw.concurrency {
                Some(_) => not_zero("fetch-concurrency", raw.concurrency, 1)? as usize,
                None => default.concurrency,
            },
            user_agent: user_agent(contact),
        })
    }
}

/// What may change from one release to the next without a person looking. Shares are parts of one:
/// `0.02` is two percentage points.
#[derive(Debug, Clone, PartialEq)]
pub struct GateLimits {
    /// Rows that may always go, however few there are; 10.
    pub rows_fall: u64,
    /// Share of rows that may go; 0.01.
    pub rows_fall_share: f64,
    /// Rise of the share of unknown values in a column; 0.05.
    pub unknown_rise: f64,
    /// Rise of the share of unmatched partnerships; 0.02.
    pub unmatched_rise: f64,
    /// Rise of the share of issues, per source and problem; 0.02.
    pub issues_rise: f64,
    /// Days, counted at publication, for which an edition proves that what it lists is active; 400.
    pub active_days: u32,
}

impl GateLimits {
    /// How many of `before` rows may be gone: the larger of the fixed number and the share.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of rows, far below 2^52, times a share between 0 and 1"
    )]
    pub fn rows_may_fall(&self, before: u64) -> u64 {
        self.rows_fall.max((before as f64 * self.rows_fall_share).floor() as u64)
    }
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            rows_fall: 10,
            rows_fall_share: 0.01,
            unknown_rise: 0.05,
            unmatched_rise: 0.02,
            issues_rise: 0.02,
            active_days: 400,
        }
    }
}

impl TryFrom<RawGates> for GateLimits {
    type Error = ConfigError;

    fn try_from(raw: RawGates) -> Result<Self, ConfigError> {
        let default = Self::default();
        Ok(Self {
            rows_fall: raw.rows_fall.unwrap_or(default.rows_fall),
            rows_fall_share: share(
                "gate-rows-fall-percent",
                raw.rows_fall_percent,
                default.rows_fall_share,
            )?,
            unknown_rise: share(
                "gate-unknown-rise-points",
                raw.unknown_rise_points,
                default.unknown_rise,
            )?,
            unmatched_rise: share(
                "gate-unmatched-rise-points",
                raw.unmatched_rise_points,
                default.unmatched_rise,
            )?,
            issues_rise: share(
                "gate-issues-rise-points",
                raw.issues_rise_points,
                default.issues_rise,
            )?,
            active_days: not_zero("active-days", raw.active_days, default.active_days)?,
        })
    }
}

fn share(setting: &'static str, percent: Option<f64>, default: f64) -> Result<f64, ConfigError> {
    match percent {
        None => Ok(default),
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        Some(percent) => Err(ConfigError::invalid(setting, percent, "a number from 0 to 100")),
    }
}
