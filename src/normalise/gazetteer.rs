//! Cities, towns, villages and counties of the gazetteer.

use super::{agency, name, state};
use crate::record::{Finding, GazetteerPlace, Problem, Statement, keys};

/// The place an entry of a gazetteer stands for; `county` says which sort it is.
pub(super) fn place(
    statement: &Statement,
    county: bool,
    findings: &mut Vec<Finding>,
) -> Option<GazetteerPlace> {
    let mut value = |key| {
        let text = statement.reported(key);
        if text.is_none() {
            let detail = format!("no {key}; the row makes no place");
            findings.push(statement.finding(Problem::MissingValue, detail, None));
        }
        text
    };
    let printed_name = value(keys::NAME)?;
    let printed_state = value(keys::STATE)?;
    let geoid = value(keys::GEOID)?;
    let Some(state) = state::code(printed_state) else {
        let detail = "no such state or territory; the row makes no place";
        findings.push(statement.finding(Problem::UnknownState, detail.into(), Some(printed_state)));
        return None;
    };
    let key = if county {
        name::county_key(printed_name)
    } else {
        Some(name::place_key(name::without_place_type(printed_name)))
    };
    let Some(key) = key else {
        let detail = "a county without a name; the row makes no place";
        findings.push(statement.finding(Problem::MissingValue, detail.into(), Some(printed_name)));
        return None;
    };
    let found = findings.len();
    let point = agency::point(statement, state, findings);
    if point.is_none() && findings.len() == found {
        let detail = "no coordinates; the row makes no place";
        findings.push(statement.finding(Problem::MissingValue, detail.into(), None));
    }
    Some(GazetteerPlace {
        geoid: geoid.to_owned(),
        name: printed_name.to_owned(),
        key,
        state: state.to_owned(),
        point: point?,
    })
}
