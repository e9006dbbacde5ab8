//! Where a partnership stands: when it began, whether it is listed, whether it ended.

use chrono::{Datelike, Months, NaiveDate};

use super::partnerships::{Context, Told};
use crate::record::{
    Completeness, DateBasis, Finding, PartialDate, PartnershipStatus, Precision, Problem, Program,
};

/// A status, and what it rests on.
pub(super) struct Standing {
    pub(super) status: PartnershipStatus,
    pub(super) ended: Option<PartialDate>,
    pub(super) ended_basis: Option<DateBasis>,
    /// The date of the edition the status was read from.
    pub(super) as_of_on: Option<NaiveDate>,
}

/// The status on the day of publication. That a source stopped listing it is never an end, and an
/// end that lies ahead is none yet.
pub(super) fn status(context: &Context<'_>, told: &[Told<'_>], program: &Program) -> Standing {
    let newest = listers(told).max_by_key(|told| told.source.data_as_of_on);
    let as_of_on = newest.and_then(|told| told.source.data_as_of_on);
    let told_end = told.iter().filter(|told| told.listing.is_current).find_map(|told| {
        let basis = told.listing.ended_basis.unwrap_or(DateBasis::FirstReported);
        Some((told.listing.ended?, basis))
    });
    let retired = program.retired_on.map(|on| {
        let precision = program.retired_on_precision.unwrap_or(Precision::Unknown);
        (PartialDate { on, precision }, DateBasis::ProgramRetired)
    });
    let mut ends = [told_end, retired].into_iter().flatten();
    if let Some((ended, basis)) = ends.find(|(end, _)| end.on <= context.published_on) {
        let status = PartnershipStatus::Ended;
        return Standing { status, ended: Some(ended), ended_basis: Some(basis), as_of_on };
    }
    let vouched = listers(told).any(|told| {
        let edition = &told.statement.newest;
        let until = edition.as_of_on.checked_add_days(context.fresh_for);
        context.newest_editions.get(told.source.id.as_str()) == Some(&edition)
            && until.is_none_or(|until| until >= context.published_on)
    });
    let status = if vouched { PartnershipStatus::Active } else { PartnershipStatus::Unknown };
    Standing { status, ended: None, ended_basis: None, as_of_on }
}

/// The date of the newest edition that lists it.
pub(super) fn last_listed(told: &[Told<'_>]) -> Option<NaiveDate> {
    listers(told).map(|told| told.statement.newest.as_of_on).max()
}

/// The listings of sources that list all partners or a sample of them. What editors chose to write
/// about says that there was a partnership, not that it is still listed.
fn listers<'a, 'b>(told: &'b [Told<'a>]) -> impl Iterator<Item = &'b Told<'a>> {
    told.iter().filter(|told| told.source.completeness != Completeness::Editorial)
}

/// When it began: by the first source in order of precedence that dates it, there by what it says
/// now, and of that by the earliest date. A date that must lie before the program's launch is none.
pub(super) fn start(
    told: &[Told<'_>],
    program: &Program,
    findings: &mut Vec<Finding>,
) -> (Option<PartialDate>, Option<DateBasis>) {
    let mut best: Option<((usize, bool), PartialDate, DateBasis)> = None;
    let mut refused = false;
    for told in told {
        let (Some(date), Some(basis)) = (told.listing.started, told.listing.started_basis) else {
            continue;
        };
        if program.launched_on.is_some_and(|launched| last_day(date) < launched) {
            refused = true;
            findings.extend(told.listing.is_current.then(|| before_launch(told, date, program)));
            continue;
        }
        let rank = told.rank();
        if best.is_none_or(|(known_rank, known, _)| (rank, date) < (known_rank, known)) {
            best = Some((rank, date, basis));
        }
    }
    if let Some((_, date, basis)) = best {
        return (Some(date), Some(basis));
    }
    if refused {
        return (None, None);
    }
    // Nobody dates it: it had begun when it was first listed, and nothing says how long before.
    let first = listers(told).map(|told| told.statement.first_listed_on).min();
    let date = first.map(|on| PartialDate { on, precision: Precision::Unknown });
    (date, date.map(|_| DateBasis::FirstListed))
}

fn before_launch(told: &Told<'_>, date: PartialDate, program: &Program) -> Finding {
    let detail =
        format!("before {} began; left unknown, the date stays in the evidence", program.name);
    told.statement.finding(Problem::DateBeforeLaunch, detail, Some(&date.on.to_string()))
}

/// The last day that a vague date can mean.
fn last_day(date: PartialDate) -> NaiveDate {
    let months = match date.precision {
        Precision::Day => return date.on,
        Precision::Month => 1,
        Precision::Year | Precision::Unknown => 12,
    };
    let first = date.on.with_day(1).unwrap_or(date.on);
    let next = first.checked_add_months(Months::new(months));
    next.and_then(|next| next.pred_opt()).unwrap_or(date.on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vague_date_reaches_to_its_last_day() {
        for (on, precision, last) in [
            ("2018-03-22", Precision::Day, "2018-03-22"),
            ("2018-02-01", Precision::Month, "2018-02-28"),
            ("2018-01-01", Precision::Year, "2018-12-31"),
        ] {
            let date = PartialDate { on: on.parse().unwrap(), precision };
            assert_eq!(last_day(date).to_string(), last);
        }
    }
}
