//! When a run is due.

use chrono::{DateTime, Duration, DurationRound as _, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// How far clocks differ, of several machines or of one that was set back: an hour, by a mistake
/// about daylight saving time, and a little.
const CLOCKS_DIFFER: Duration = Duration::hours(2);

/// How far ahead a day that is left out is looked for.
const DAYS_AHEAD: Duration = Duration::days(8);

/// A cron expression in a time zone.
///
/// Where the clock goes forward a time that does not exist is made up for right after the gap;
/// where it goes back a time that comes twice counts once. Expressions that run all the time, such
/// as `*/10 * * * *`, follow the real minutes.
#[derive(Debug, Clone)]
pub struct Timetable {
    cron: Cron,
    zone: Tz,
}

impl Timetable {
    /// The times that `cron` names on the clocks of `zone`.
    #[must_use]
    pub fn new(cron: Cron, zone: Tz) -> Self {
        Self { cron, zone }
    }

    /// Whether a run is due at `now`, when the last one began at `last_run`.
    ///
    /// True if the timetable names any time after that and up to now: runs that were missed while
    /// nothing was running are made up for by one. True if there never was a run.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>, last_run: Option<DateTime<Utc>>) -> bool {
        match last_run {
            // A run of the future was noted by a clock gone wrong, and must not stop everything
            // until then. A clock that was an hour fast is no reason to run again.
            Some(last_run) if last_run <= now + CLOCKS_DIFFER => {
                self.next_after(last_run).is_some_and(|next| next <= now)
            }
            Some(_) | None => true,
        }
    }

    /// The first time after `instant`; `None` if there is none, as for 30 February.
    #[must_use]
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.find(instant, false).or_else(|| self.find(self.after_a_day_left_out(instant)?, true))
    }

    fn find(&self, from: DateTime<Utc>, inclusive: bool) -> Option<DateTime<Utc>> {
        let local = from.with_timezone(&self.zone);
        let next = self.cron.find_next_occurrence(&local, inclusive).ok()?;
        Some(next.with_timezone(&Utc))
    }

    /// The end of a day that the zone leaves out, as Samoa did when it crossed the date line; none
    /// within the days ahead. A search that comes upon such a day finds nothing, and must go on
    /// behind it.
    fn after_a_day_left_out(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let hour = Duration::hours(1);
        let local = |at: DateTime<Utc>| at.with_timezone(&self.zone).naive_local();
        let mut at = instant.duration_trunc(hour).ok()?;
        let end = instant + DAYS_AHEAD;
        while at < end {
            if local(at + hour) - local(at) > Duration::hours(12) {
                return Some(at + hour);
            }
            at += hour;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHICAGO: Tz = Tz::America__Chicago;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn daily(expression: &str) -> Timetable {
        Timetable::new(expression.parse().unwrap(), CHICAGO)
    }

    /// Asks once a minute, as the schedule does, and returns when runs begin.
    fn runs(timetable: &Timetable, last: &str, from: &str, to: &str) -> Vec<String> {
        let (mut last, mut now, mut begun) = (at(last), at(from), Vec::new());
        while now <= at(to) {
            if timetable.is_due(now, Some(last)) {
                last = now;
                begun.push(now.with_timezone(&CHICAGO).format("%d %H:%M %Z").to_string());
            }
            now += Duration::minutes(1);
        }
        begun
    }

    #[test]
    fn a_time_inside_the_spring_gap_runs_once_that_day() {
        let runs = runs(
            &daily("30 2 * * *"),
            "2026-03-07T08:30:00Z",
            "2026-03-07T08:31:00Z",
            "2026-03-09T23:00:00Z",
        );
        assert_eq!(runs, ["08 03:00 CDT", "09 02:30 CDT"]);
    }

    #[test]
    fn a_time_that_comes_twice_in_autumn_runs_once() {
        let runs = runs(
            &daily("30 1 * * *"),
            "2026-10-31T06:30:00Z",
            "2026-10-31T06:31:00Z",
            "2026-11-02T23:00:00Z",
        );
        assert_eq!(runs, ["01 01:30 CDT", "02 01:30 CST"]);
    }

    #[test]
    fn a_run_made_up_for_in_the_repeated_hour_does_not_bring_another() {
        // Missed at 01:30 CDT, the process started at 01:10 CST.
        let runs = runs(
            &daily("30 1 * * *"),
            "2026-10-31T06:30:00Z",
            "2026-11-01T07:10:00Z",
            "2026-11-01T23:00:00Z",
        );
        assert_eq!(runs, ["01 01:10 CST"]);
    }

    #[test]
    fn runs_missed_for_days_are_made_up_for_by_one() {
        let runs = runs(
            &daily("0 4 * * *"),
            "2026-06-01T09:00:00Z",
            "2026-06-05T20:17:00Z",
            "2026-06-06T20:00:00Z",
        );
        assert_eq!(runs, ["05 15:17 CDT", "06 04:00 CDT"]);
    }

    #[test]
    fn a_run_that_began_seconds_late_is_not_run_again() {
        let timetable = daily("0 4 * * *");
        let last = Some(at("2026-06-01T09:00:41Z"));
        assert!(!timetable.is_due(at("2026-06-01T09:01:41Z"), last));
        assert!(!timetable.is_due(at("2026-06-02T08:59:59Z"), last));
        assert!(timetable.is_due(at("2026-06-02T09:00:00Z"), last));
    }

    #[test]
    fn without_any_run_one_is_due_now() {
        assert!(daily("0 4 * * *").is_due(at("2026-06-01T17:00:00Z"), None));
    }

    #[test]
    fn a_clock_that_was_set_wrong_does_not_stop_the_schedule() {
        let timetable = daily("0 4 * * *");
        let now = at("2026-06-01T17:00:00Z");
        assert!(timetable.is_due(now, Some(at("2099-01-01T00:00:00Z"))));
        assert!(timetable.is_due(now, Some(at("2026-06-02T16:59:00Z"))), "a day ahead");
        assert!(!timetable.is_due(now, Some(at("2026-06-01T17:00:05Z"))));
    }

    #[test]
    fn an_hour_set_back_doubles_no_run_and_skips_none() {
        // It ran at 04:00, and then it was 03:00 again.
        let runs = runs(
            &daily("0 4 * * *"),
            "2026-06-01T09:00:10Z",
            "2026-06-01T08:00:20Z",
            "2026-06-02T20:00:00Z",
        );
        assert_eq!(runs, ["02 04:00 CDT"]);
    }

    #[test]
    fn a_day_set_forward_and_back_again_skips_no_run() {
        // By the wrong clock it was run on the second, at noon; now it is noon of the first.
        let runs = runs(
            &daily("0 4 * * *"),
            "2026-06-02T17:00:00Z",
            "2026-06-01T17:01:00Z",
            "2026-06-03T20:00:00Z",
        );
        assert_eq!(runs, ["01 12:01 CDT", "02 04:00 CDT", "03 04:00 CDT"]);
    }

    #[test]
    fn the_next_time_follows_the_zone() {
        let timetable = daily("0 4 * * *");
        assert_eq!(
            timetable.next_after(at("2026-03-07T12:00:00Z")),
            Some(at("2026-03-08T09:00:00Z"))
        );
        assert_eq!(daily("0 4 30 2 *").next_after(at("2026-03-07T12:00:00Z")), None);
    }
}
