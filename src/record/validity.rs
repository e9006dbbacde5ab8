//! When a record was in force, as far as its dates can tell.
//!
//! Dates are vague and ends are rarely told, so a day has three answers: in force, not in force,
//! and uncertain. A source that stopped listing a thing says nothing about its end.

use chrono::{Datelike as _, Days, Months, NaiveDate};

use crate::record::Precision;

/// The columns that tell when a record was in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The date it began, with the sibling column `…_precision`.
    pub from: &'static str,
    /// The date it ended, with the sibling column `…_precision`; it is no longer in force then.
    pub to: &'static str,
    /// The last date on which a source listed it.
    pub listed: Option<&'static str>,
}

/// Whether a record was in force on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was.
    InForce,
    /// It was not.
    NotInForce,
    /// Its dates do not tell, or contradict each other.
    Uncertain,
}

/// What the columns of a [`Validity`] hold for one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// When it began.
    pub from: Option<(NaiveDate, Precision)>,
    /// When it ended.
    pub to: Option<(NaiveDate, Precision)>,
    /// When a source last listed it.
    pub listed: Option<NaiveDate>,
    /// Whether its status is `active`: in force until an end is known.
    pub active: bool,
}

impl Validity {
    pub(crate) const fn declared(validity: &[Self]) -> Option<Self> {
        match validity {
            [validity, ..] => Some(*validity),
            [] => None,
        }
    }

    pub(crate) const fn listed(listed: &[&'static str]) -> Option<&'static str> {
        match listed {
            [listed, ..] => Some(listed),
            [] => None,
        }
    }
}

impl Bounds {
    /// Whether the record was in force on a day.
    ///
    /// A vague date may mean any day of its month or year: only what holds for each of them is
    /// certain. A date of unknown precision bounds nothing.
    #[must_use]
    pub fn standing_on(&self, day: NaiveDate) -> Standing {
        let began = self.from.and_then(|(from, precision)| last_day(from, precision));
        let not_yet_ended = self.to.is_some_and(|(to, precision)| known(precision) && to > day)
            || self.listed.is_some_and(|listed| listed >= day)
            || (self.to.is_none() && self.active);
        let in_force = began.is_some_and(|began| began <= day) && not_yet_ended;
        let not_yet_begun =
            self.from.is_some_and(|(from, precision)| known(precision) && from > day);
        let ended = self.to.and_then(|(to, precision)| last_day(to, precision));
        let not_in_force = not_yet_begun || ended.is_some_and(|ended| ended <= day);
        match (in_force, not_in_force) {
            (true, false) => Standing::InForce,
            (false, true) => Standing::NotInForce,
            (true, true) | (false, false) => Standing::Uncertain,
        }
    }
}

fn known(precision: Precision) -> bool {
    precision != Precision::Unknown
}

/// The last day a date can mean; a vague one is written as its first.
fn last_day(date: NaiveDate, precision: Precision) -> Option<NaiveDate> {
    let next = match precision {
        Precision::Day => return Some(date),
        Precision::Month => date.with_day(1)?.checked_add_months(Months::new(1))?,
        Precision::Year => NaiveDate::from_ymd_opt(date.year().checked_add(1)?, 1, 1)?,
        Precision::Unknown => return None,
    };
    next.checked_sub_days(Days::new(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn bounds(from: &str, to: Option<&str>, listed: Option<&str>, active: bool) -> Bounds {
        let vague = |text: &str| match text.len() {
            4 => (date(&format!("{text}-01-01")), Precision::Year),
            7 => (date(&format!("{text}-01")), Precision::Month),
            _ => (date(text), Precision::Day),
        };
        Bounds { from: Some(vague(from)), to: to.map(vague), listed: listed.map(date), active }
    }

    #[test]
    fn a_day_is_judged_by_what_is_certain() {
        use Standing::{InForce, NotInForce, Uncertain};
        let ended = bounds("2019-05-29", Some("2021-06-01"), None, false);
        for (day, standing) in [
            ("2019-05-28", NotInForce),
            ("2019-05-29", InForce),
            ("2021-05-31", InForce),
            ("2021-06-01", NotInForce),
        ] {
            assert_eq!(ended.standing_on(date(day)), standing, "{day}");
        }
        let vague = bounds("2019-05", Some("2021"), None, false);
        for (day, standing) in [
            ("2019-04-30", NotInForce),
            ("2019-05-30", Uncertain),
            ("2019-05-31", InForce),
            ("2020-12-31", InForce),
            ("2021-01-01", Uncertain),
            ("2021-12-31", NotInForce),
        ] {
            assert_eq!(vague.standing_on(date(day)), standing, "{day}");
        }
        // A source that fell silent tells no end.
        let silent = bounds("2019-05-29", None, Some("2020-10-07"), false);
        assert_eq!(silent.standing_on(date("2020-10-07")), InForce);
        assert_eq!(silent.standing_on(date("2020-10-08")), Uncertain);
        let active = bounds("2019-05-29", None, None, true);
        assert_eq!(active.standing_on(date("2030-01-01")), InForce);
        // Listed after it is said to have ended: the sources contradict each other.
        let contradiction = bounds("2019-05-29", Some("2020-01-01"), Some("2021-01-01"), false);
        assert_eq!(contradiction.standing_on(date("2020-06-01")), Uncertain);
        let unknown = Bounds { from: Some((date("2019-01-01"), Precision::Unknown)), ..silent };
        assert_eq!(unknown.standing_on(date("2018-01-01")), Uncertain);
    }
}
