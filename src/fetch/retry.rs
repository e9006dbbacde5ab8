//! How long to wait before asking again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::config::FetchLimits;

/// The pause before attempt `attempt` (the second is 2) at a URL: doubled each time, bounded, and
/// shortened by up to a half, so that many programs that failed together do not come back together.
pub(super) fn backoff(
    limits: &FetchLimits,
    seed: &RandomState,
    url: &str,
    attempt: u32,
) -> Duration {
    let doublings = attempt.saturating_sub(2).min(31);
    let full = limits.backoff_base.saturating_mul(1 << doublings).min(limits.backoff_cap);
    let thousandths = u32::try_from(seed.hash_one((url, attempt)) % 501).unwrap_or(0);
    full * (1000 - thousandths) / 1000
}

/// What a `Retry-After` asks for: seconds, or a date.
pub(super) fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?;
    // A date in the past asks for nothing more than what has passed.
    Some((at.with_timezone(&Utc) - now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        assert_eq!(retry_after(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Tue, 24 Nov 2026 12:01:30 GMT", now),
            Some(Duration::from_secs(90))
        );
        assert_eq!(retry_after("Tue, 24 Nov 2026 11:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-3", now), None);
    }

    #[test]
    fn pauses_double_up_to_the_cap_and_vary_by_half() {
        let limits = FetchLimits::default();
        let seed = RandomState::new();
        for (attempt, full) in [(2, 500), (3, 1000), (4, 2000), (9, 30_000), (200, 30_000)] {
            let pause = backoff(&limits, &seed, "https://example.org/", attempt).as_millis();
            assert!((full / 2..=full).contains(&pause), "attempt {attempt}: {pause} ms");
        }
    }
}
