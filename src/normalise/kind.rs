//! What sort of agency a name and a registry's type make.

use crate::record::{AgencyKind, Service};

/// The kind of an agency by its folded name (see [`super::name::key`]) and the type its source
/// gives it.
#[must_use]
pub(super) fn of(name_key: &str, source_type: Option<&str>) -> AgencyKind {
    let words = without_towns(name_key);
    let has = |phrase: &str| has(&words, phrase);
    let by_name = by_name(&has);
    let source_type = source_type.unwrap_or_default().to_ascii_lowercase();
    match source_type.as_str() {
        "state police" => return AgencyKind::StatePolice,
        "university or college" => return AgencyKind::Campus,
        "tribal" => return AgencyKind::Tribal,
        // Firefighters on a list of the police are its arson investigators.
        "other state agency" | "federal" | "other" | "unknown" => {
            return by_name.filter(|kind| *kind != AgencyKind::Fire).unwrap_or(AgencyKind::Other);
        }
        // A city's police, whatever its city is called: State College.
        "city" | "county" => {
            return by_name
                .filter(|kind| *kind != AgencyKind::Campus)
                .unwrap_or(AgencyKind::Police);
        }
        _ => {}
    }
    if source_type.contains("fire") {
        return match by_name {
            _ if has("public safety") => AgencyKind::PublicSafety,
            // On a list of fire departments, but by its own words none.
            Some(kind @ (AgencyKind::Police | AgencyKind::Sheriff | AgencyKind::Other)) => kind,
            _ => AgencyKind::Fire,
        };
    }
    by_name.unwrap_or(AgencyKind::Police)
}

/// The kind that a folded name says itself.
#[must_use]
pub(super) fn named(name_key: &str) -> Option<AgencyKind> {
    let words = without_towns(name_key);
    by_name(&|phrase| has(&words, phrase))
}

/// Whether whole words are among `words`, which stand between blanks.
fn has(words: &str, phrase: &str) -> bool {
    words
        .match_indices(phrase)
        .any(|(at, _)| words[..at].ends_with(' ') && words[at + phrase.len()..].starts_with(' '))
}

/// The words of a name, each between blanks, without the towns that are called after a school.
fn without_towns(name_key: &str) -> String {
    const TOWNS: &[&str] = &["park", "place", "city", "heights", "station", "hill", "corner"];
    let mut words = format!(" {name_key} ");
    for school in ["university", "college"].into_iter().filter(|s| name_key.contains(s)) {
        for town in TOWNS {
            words = words.replace(&format!(" {school} {town} "), " ");
        }
    }
    words
}

/// The kind that certain words of a name make beyond doubt.
fn by_name(has: &dyn Fn(&str) -> bool) -> Option<AgencyKind> {
    const SCHOOLS: &[&str] =
        &["university", "college", "campus", "school", "schools", "isd", "board of education"];
    if has("constable") || has("constables") {
        Some(AgencyKind::Constable)
    } else if has("prosecutor") || has("prosecutors") || has("attorney") || has("attorneys") {
        Some(AgencyKind::Prosecutor)
    } else if SCHOOLS.iter().any(|school| has(school)) {
        Some(AgencyKind::Campus)
    } else if has("tribal") || has("tribe") {
        Some(AgencyKind::Tribal)
    } else if has("highway patrol") || has("state police") || has("state patrol") {
        Some(AgencyKind::StatePolice)
    } else if has("police department") {
        // Before the sheriff: "Maui Police Department County Sheriff's Office" is a police force.
        Some(AgencyKind::Police)
    } else if has("sheriff") {
        Some(AgencyKind::Sheriff)
    } else if has("public safety") {
        Some(AgencyKind::PublicSafety)
    } else if has("fire marshal") || has("fire marshals") {
        Some(AgencyKind::Other)
    } else if has("fire") || has("rescue") {
        Some(AgencyKind::Fire)
    } else if has("ems") || has("ambulance") {
        Some(AgencyKind::Other)
    } else if has("police") {
        Some(AgencyKind::Police)
    } else {
        None
    }
}

/// The service an agency of that kind gives, as far as its kind alone tells.
#[must_use]
pub(super) fn service(kind: AgencyKind) -> Service {
    match kind {
        AgencyKind::Fire => Service::Fire,
        AgencyKind::Police
        | AgencyKind::Sheriff
        | AgencyKind::StatePolice
        | AgencyKind::PublicSafety
        | AgencyKind::Campus
        | AgencyKind::Tribal
        | AgencyKind::Constable
        | AgencyKind::Prosecutor
        | AgencyKind::Private
        | AgencyKind::Other => Service::LawEnforcement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::name;

    #[test]
    fn kinds_follow_from_name_and_registry() {
        for (printed, source_type, kind) in [
            ("Polk County Sheriff's Office", Some("County"), AgencyKind::Sheriff),
            ("Polk County Police Department", Some("County"), AgencyKind::Police),
            ("Maui Police Department County Sheriff's Office", Some("County"), AgencyKind::Police),
            ("Aiken Department of Public Safety", Some("City"), AgencyKind::PublicSafety),
            ("Department of Public Safety", Some("State Police"), AgencyKind::StatePolice),
            ("Highway Patrol, Lima", Some("State Police"), AgencyKind::StatePolice),
            ("Department of Public Safety", Some("University or College"), AgencyKind::Campus),
            ("Navajo Nation", Some("Tribal"), AgencyKind::Tribal),
            ("Drug Task Force", Some("Other"), AgencyKind::Other),
            ("State College Police Department", Some("City"), AgencyKind::Police),
            ("North College Hill Police Department", Some("City"), AgencyKind::Police),
            ("West University Place Police Department", Some("Police"), AgencyKind::Police),
            ("University of Maryland, College Park Police", Some("Police"), AgencyKind::Campus),
            ("Glynn County School System", Some("Other"), AgencyKind::Campus),
            ("Independent School District: Katy", Some("Other"), AgencyKind::Campus),
            ("Cobb County Board of Education", Some("Other"), AgencyKind::Campus),
            ("State Fire Marshal: Mingo County", Some("Other State Agency"), AgencyKind::Other),
            ("Toledo Fire Department Fire Investigation Unit", Some("Other"), AgencyKind::Other),
            ("Fort Bend County Constable's Office Precinct 4", None, AgencyKind::Constable),
            ("Cumberland County Prosecutor's Office", Some("Prosecutor"), AgencyKind::Prosecutor),
            ("Woodstock Police Department", Some("Police"), AgencyKind::Police),
            ("Springfield Fire Department", Some("Fire Department"), AgencyKind::Fire),
        ] {
            assert_eq!(of(&name::key(printed, None), source_type), kind, "{printed}");
        }
    }
}
