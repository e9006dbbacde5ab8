//! The clock of this machine, against those of the sources and the newest release.

use chrono::{DateTime, Duration, Utc};

use super::releases::Newest;
use super::report::{Check, span};

const ABOUT: &str = "clock";
const ADVICE: &str = "set the clock, and let the system keep it (NTP)";

/// A clock may be off by as much before somebody should know, and before it does harm.
const NOTICED: Duration = Duration::minutes(1);
const HARMFUL: Duration = Duration::hours(1);

/// A clock behind the newest release would publish the next one before it.
pub(super) fn against_release(newest: Option<&Newest>, now: DateTime<Utc>) -> Option<Check> {
    let newest = newest?;
    let behind = newest.published_at() - now;
    Some(if behind > Duration::zero() {
        let found = format!(
            "{} behind the newest release, which was published at {}",
            span(behind),
            newest.published_at()
        );
        Check::fault(ABOUT, found, ADVICE)
    } else {
        Check::ok(ABOUT, format!("the newest release was published {} ago", span(behind)))
    })
}

/// `differences` are those of the sources' clocks to ours. Of many the middle one is believed.
pub(super) fn against_sources(differences: &[Duration]) -> Option<Check> {
    let mut sorted = differences.to_vec();
    sorted.sort_unstable();
    let middle = *sorted.get(sorted.len() / 2)?;
    let direction = if middle > Duration::zero() { "behind" } else { "ahead of" };
    let found = format!("{} {direction} those of the sources", span(middle));
    Some(match middle.abs() {
        off if off > HARMFUL => Check::fault(ABOUT, found, ADVICE),
        off if off > NOTICED => Check::warning(ABOUT, found, ADVICE),
        _ => Check::ok(ABOUT, "it agrees with those of the sources"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::report::Level;

    #[test]
    fn one_wrong_clock_of_many_is_not_believed() {
        let of = |seconds: &[i64]| {
            let differences: Vec<Duration> =
                seconds.iter().copied().map(Duration::seconds).collect();
            against_sources(&differences).map(|check| check.level)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[0, 1, 90_000]), Some(Level::Ok));
        assert_eq!(of(&[-120, -125, 0]), Some(Level::Warning));
        assert_eq!(of(&[86_400, 86_401, 0]), Some(Level::Fault));
    }
}
