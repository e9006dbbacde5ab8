//! What people decided about which agency is which.

use super::{agency, kind, name, state};
use crate::record::{
    Normals, Override, OverrideDecision, PlaceKeys, RegisteredAgency, Service, Statement, keys,
};

/// Adds a decision, and the agency that it says no registry lists.
pub(super) fn add(statement: &Statement, normals: &mut Normals) {
    let value = |name: &str| statement.reported(name).map(str::to_owned);
    let decision = statement.reported(keys::DECISION).and_then(|word| word.parse().ok());
    let (Some(decision), Some(subject)) = (decision, value(keys::SUBJECT)) else { return };
    let decided = Override {
        source_key: statement.source_key.clone(),
        decision,
        subject,
        agency: value(keys::AGENCY),
        printed: value(keys::PRINTED),
        reason: value(keys::REASON).unwrap_or_default(),
    };
    if decided.decision == OverrideDecision::New {
        normals.agencies.extend(unlisted(statement, &decided));
    }
    normals.overrides.push(decided);
}

/// The agency that no registry lists. It is what its name says.
fn unlisted(statement: &Statement, decided: &Override) -> Option<RegisteredAgency> {
    let name = decided.printed.clone()?;
    let state = state::code(statement.reported(keys::STATE)?)?;
    let kind = kind::of(&name::key(&name, Some(state)), None);
    let service = kind::service(kind);
    let city = statement.reported(keys::CITY);
    let county = statement.reported(keys::COUNTY);
    Some(RegisteredAgency {
        source_id: statement.source_id.clone(),
        source_key: statement.source_key.clone(),
        name_keys: name::of(&name, Some(state), service == Service::Fire),
        other_names: Vec::new(),
        name,
        kind,
        service,
        state: state.to_owned(),
        city: city.map(str::to_owned),
        counties: county.map(agency::counties).unwrap_or_default(),
        place: PlaceKeys { city: city.map(name::place_key), counties: agency::county_keys(county) },
        ori: None,
        fdid: None,
        point: None,
        registered: false,
    })
}
