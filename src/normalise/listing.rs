//! Agencies as sources name them: as partners in a program, or in a disclosure.

use chrono::NaiveDate;

use super::agency::{county_keys, names};
use super::{date, kind, name, state};
use crate::record::{
    AgencyKind, DateBasis, Finding, Listing, PartialDate, PlaceKeys, Problem, ProgramId, Service,
    Statement, keys,
};

/// The partner an entry names. A value that cannot be used is left unknown, with a finding.
pub(super) fn partner(statement: &Statement, findings: &mut Vec<Finding>) -> Option<Listing> {
    let value = |key| statement.reported(key).filter(|text| !text.is_empty());
    let Some(printed) = value(keys::AGENCY) else {
        let detail = "no agency; the row makes no partnership";
        findings.push(statement.finding(Problem::MissingValue, detail.into(), None));
        return None;
    };
    let state = value(keys::STATE).and_then(|text| {
        let code = state::code(text);
        if code.is_none() {
            let detail = "no such state or territory; left unknown";
            findings.push(statement.finding(Problem::UnknownState, detail.into(), Some(text)));
        }
        code
    });
    let mut listing = listing(statement, printed, state, value(keys::CITY));
    let ceiling = statement.newest.as_of_on;
    (listing.started, listing.started_basis) = start(statement, ceiling, findings);
    listing.ended = value(keys::ENDED).and_then(|text| date(statement, text, ceiling, findings));
    listing.ended_basis = value(keys::ENDED_BASIS).and_then(|text| text.parse().ok());
    listing.program_id = value(keys::PROGRAM).and_then(|text| text.parse::<ProgramId>().ok());
    listing.video_requests = value(keys::VIDEO_REQUESTS).and_then(|text| {
        let number = text.replace(',', "").parse().ok();
        if number.is_none() {
            let detail = "no whole number of requests; left unknown";
            findings.push(statement.finding(Problem::UnreadableNumber, detail.into(), Some(text)));
        }
        number
    });
    Some(listing)
}

/// The agency a disclosure names, if it names one.
pub(super) fn named_agency(statement: &Statement) -> Option<Listing> {
    let printed = statement.reported("agency_name_reported")?;
    let state = statement.reported("state").and_then(state::code);
    Some(listing(statement, printed, state, statement.reported("city")))
}

/// The agency alone, without anything about its part.
fn listing(
    statement: &Statement,
    printed: &str,
    state: Option<&str>,
    city: Option<&str>,
) -> Listing {
    let mut counties = county_keys(statement.reported(keys::COUNTY));
    let name = match name::county_beside(printed) {
        Some((name, county)) if counties.is_empty() => {
            counties = vec![county];
            name
        }
        Some((name, county)) if counties.iter().any(|own| name::is_slip(own, &county)) => name,
        _ => printed.to_owned(),
    };
    let (name, _) = names(&name);
    let name_keys = name::of(name, state, false);
    let kind = kind::of(&name_keys.key, statement.reported(keys::AGENCY_TYPE));
    // On a list of fire departments a department of public safety is one.
    let says_fire = statement
        .reported(keys::AGENCY_TYPE)
        .is_some_and(|sort| sort.to_ascii_lowercase().contains("fire"));
    let service = if says_fire && kind == AgencyKind::PublicSafety {
        Service::Fire
    } else {
        kind::service(kind)
    };
    let is_fire = service == Service::Fire;
    let name_keys = if is_fire { name::of(name, state, true) } else { name_keys };
    Listing {
        statement: statement.id.clone(),
        is_current: true,
        subject_type: statement.subject_type,
        source_id: statement.source_id.clone(),
        source_key: statement.source_key.clone(),
        agency: printed.to_owned(),
        other_name: statement
            .reported(keys::AGENCY_IN_SUMMARY)
            .map(|other| name::of(other, state, is_fire))
            .filter(|other| other.key != name_keys.key),
        place: PlaceKeys { city: city.map(name::place_key), counties },
        name_keys,
        kind,
        service,
        state: state.map(str::to_owned),
        city: city.map(str::to_owned),
        ori: statement.reported(keys::ORI).map(str::to_owned),
        program_id: None,
        started: None,
        started_basis: None,
        ended: None,
        ended_basis: None,
        video_requests: None,
    }
}

/// The printed date, else the month the source's prose names.
fn start(
    statement: &Statement,
    ceiling: NaiveDate,
    findings: &mut Vec<Finding>,
) -> (Option<PartialDate>, Option<DateBasis>) {
    let value = |key| statement.reported(key).filter(|text| !text.is_empty());
    let printed = value(keys::DATE).or_else(|| value(keys::DATE_IN_SUMMARY));
    let started = printed.and_then(|text| date(statement, text, ceiling, findings));
    let basis = value(keys::DATE_BASIS).and_then(|text| text.parse().ok());
    (started, started.and(Some(basis.unwrap_or(DateBasis::FirstReported))))
}

fn date(
    statement: &Statement,
    text: &str,
    ceiling: NaiveDate,
    findings: &mut Vec<Finding>,
) -> Option<PartialDate> {
    match date::parse(text, ceiling) {
        Ok(date) => Some(date),
        Err(problem) => {
            let code = match problem {
                date::DateProblem::Unreadable => Problem::UnreadableDate,
                date::DateProblem::Impossible => Problem::ImpossibleDate,
            };
            let detail = format!("{problem}; left unknown");
            findings.push(statement.finding(code, detail, Some(text)));
            None
        }
    }
}
