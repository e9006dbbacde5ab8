//! Daylight saving time by the zones' own history: no run is skipped, and none is doubled.

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;
use porchlight::schedule::Timetable;

/// Changes of the clock: the zone, the UTC day around it, and how it is odd.
const CHANGES: &[(Tz, &str, &str)] = &[
    (Tz::America__Chicago, "2026-03-08", "an hour is missing at two"),
    (Tz::America__Chicago, "2026-11-01", "an hour comes twice"),
    (Tz::Europe__London, "2026-03-29", "an hour is missing at one"),
    (Tz::Europe__London, "2026-10-25", "an hour comes twice"),
    (Tz::Australia__Lord_Howe, "2026-10-03", "half an hour is missing"),
    (Tz::Australia__Lord_Howe, "2026-04-04", "half an hour comes twice"),
    (Tz::Antarctica__Troll, "2026-03-29", "two hours are missing"),
    (Tz::Antarctica__Troll, "2026-10-25", "two hours come twice"),
    (Tz::America__Sao_Paulo, "2018-11-04", "the day begins at one"),
    (Tz::America__Sao_Paulo, "2018-02-18", "the hour before midnight comes twice"),
    (Tz::Africa__Casablanca, "2026-02-15", "back for Ramadan"),
    (Tz::Asia__Pyongyang, "2018-05-04", "half an hour is missing for ever"),
    (Tz::Pacific__Apia, "2011-12-30", "a whole day is missing"),
    (Tz::Pacific__Kwajalein, "1993-08-21", "a whole day is missing"),
];

/// Instants at which runs begin, from four days before the change to four after it, where one
/// looks whenever it may be due.
fn runs(expression: &str, zone: Tz, day: NaiveDate) -> Vec<DateTime<Utc>> {
    let timetable = Timetable::new(expression.parse().unwrap(), zone);
    let noon = day.and_hms_opt(12, 0, 0).unwrap().and_utc();
    let (mut last, end) = (noon - Duration::days(4), noon + Duration::days(4));
    let mut runs = Vec::new();
    loop {
        let next = timetable.next_after(last).unwrap();
        assert!(next > last, "{expression} in {zone}: {next} after {last}");
        // The tick of that minute is the first at which it is due, and the next is none.
        assert!(!timetable.is_due(next - Duration::minutes(1), Some(last)), "{next} in {zone}");
        assert!(timetable.is_due(next, Some(last)), "{expression} in {zone}: {next}");
        if next > end {
            return runs;
        }
        runs.push(next);
        last = next;
    }
}

#[test]
fn whatever_the_time_of_a_daily_run_every_day_that_there_is_has_one() {
    for (zone, day, oddity) in CHANGES {
        let day: NaiveDate = day.parse().unwrap();
        for half in 0..48 {
            let expression = format!("{} {} * * *", half % 2 * 30, half / 2);
            let runs = runs(&expression, *zone, day);
            // Days that the zone left out have no noon either.
            let is_there = |day: &NaiveDate| {
                day.and_hms_opt(12, 0, 0).unwrap().and_local_timezone(*zone).earliest().is_some()
            };
            // What is made up for after a gap is of the day in which its own time was to be.
            let own = NaiveTime::from_hms_opt(half / 2, half % 2 * 30, 0).unwrap();
            let date = |run: &DateTime<Utc>| {
                let local = run.with_timezone(zone).naive_local();
                if local.time() < own { local.date() - Days::new(1) } else { local.date() }
            };
            let dates: Vec<NaiveDate> = runs.iter().map(date).filter(is_there).collect();
            let (first, last) = (dates[0], dates[dates.len() - 1]);
            let expected: Vec<NaiveDate> =
                first.iter_days().take_while(|day| *day <= last).filter(is_there).collect();
            assert_eq!(dates, expected, "{expression} in {zone}, {oddity}");
            for pair in runs.windows(2) {
                let minutes = (pair[1] - pair[0]).num_minutes();
                assert!(minutes <= 26 * 60, "{expression} in {zone}: {pair:?}");
                // What a day that is not there would have had may be made up for at its end.
                let is_short = minutes < 22 * 60 && !oddity.contains("a whole day");
                assert!(!is_short, "{expression} in {zone}: {pair:?}");
            }
        }
    }
}

#[test]
fn a_run_every_minute_goes_on_every_minute_across_the_change() {
    for (zone, day, oddity) in CHANGES {
        let timetable = Timetable::new("* * * * *".parse().unwrap(), *zone);
        let day: NaiveDate = day.parse().unwrap();
        let begin = day.and_hms_opt(0, 0, 0).unwrap().and_utc() - Duration::hours(16);
        // The change is somewhere within the day before and after.
        for minute in 0..40 * 60 {
            let last = begin + Duration::minutes(minute);
            let next = timetable.next_after(last).unwrap();
            assert_eq!(next, last + Duration::minutes(1), "{zone}, {oddity}");
        }
    }
}

#[test]
fn every_quarter_of_an_hour_is_four_times_an_hour_across_the_change() {
    for (zone, day, oddity) in CHANGES {
        let runs = runs("*/15 * * * *", *zone, day.parse().unwrap());
        for pair in runs.windows(2) {
            assert_eq!(pair[1] - pair[0], Duration::minutes(15), "{zone}, {oddity}: {pair:?}");
        }
        assert!(runs.iter().all(|run| run.minute() % 15 == 0), "{zone}");
    }
}
