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
    /// Rows that may always go or change, however few there are; 10.
    pub rows_fall: u64,
    /// Share of rows that may go; 0.01.
    pub rows_fall_share: f64,
    /// Rise of the share of unknown values in a column; 0.05.
    pub unknown_rise: f64,
    /// Rise of the share of unmatched partnerships; 0.02.
    pub unmatched_rise: f64,
    /// Rise of the share of issues, per source and problem; 0.02.
    pub issues_rise: f64,
    /// Share of a source's entries that may say something else than before, per column; 0.05. A
    /// publisher corrects a few; columns that changed places differ in most.
    pub values_change_share: f64,
    /// Share of a source's entries of one state that may be gone or have another name; 0.1. A state
    /// is too small for the share of the whole: of Vermont's 90 agencies all may be gone before a
    /// hundredth of the nation's are.
    pub state_change_share: f64,
    /// Share of keys, of those known, that a source may use for the first time; 0.25.
    pub keys_new_share: f64,
    /// Days, counted at publication, for which an edition proves that what it lists is active; 400.
    pub active_days: u32,
}

impl GateLimits {
    /// How many of `before` rows may be gone: the larger of the fixed number and the share.
    #[must_use]
    pub fn rows_may_fall(&self, before: u64) -> u64 {
        self.part_of(before, self.rows_fall_share)
    }

    /// How many of `all` entries may say something else in one column.
    #[must_use]
    pub fn values_may_change(&self, all: u64) -> u64 {
        self.part_of(all, self.values_change_share)
    }

    /// How many of `all` entries of one state may be gone or have another name.
    #[must_use]
    pub fn of_a_state_may_change(&self, all: u64) -> u64 {
        self.part_of(all, self.state_change_share)
    }

    /// How many keys beside `before` may be new.
    #[must_use]
    pub fn keys_may_be_new(&self, before: u64) -> u64 {
        self.part_of(before, self.keys_new_share)
    }

    /// The larger of the number that is always allowed and a share.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of rows, far below 2^52, times a share between 0 and 1"
    )]
    fn part_of(&self, all: u64, share: f64) -> u64 {
        self.rows_fall.max((all as f64 * share).floor() as u64)
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
            values_change_share: 0.05,
            state_change_share: 0.1,
            keys_new_share: 0.25,
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
            values_change_share: share(
                "gate-values-change-percent",
                raw.values_change_percent,
                default.values_change_share,
            )?,
            state_change_share: share(
                "gate-state-change-percent",
                raw.state_change_percent,
                default.state_change_share,
            )?,
            keys_new_share: share(
                "gate-keys-new-percent",
                raw.keys_new_percent,
                default.keys_new_share,
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
