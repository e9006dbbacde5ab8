//! Names, folded so that spellings of one name compare equal and different names do not.

mod parts;
mod vocabulary;

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::record::state_name;
use vocabulary::{BODIES, PHRASES, name_words, place_word};

pub(super) use parts::of;

/// Folds a text for comparison: no accents, case or punctuation, single blanks.
///
/// Apostrophes vanish, also those that became `?` on the way (`Sheriff?s`); other marks part words.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            '\'' | '\u{2019}' | '\u{2018}' | '`' | '?' => {}
            '&' => folded.push_str(" and "),
            _ if letter.is_alphanumeric() => folded.extend(letter.to_lowercase()),
            _ => folded.push(' '),
        }
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The key under which an agency's name is compared.
///
/// `state` is its postal code: some sources add it to the name ("Police Department, DE").
#[must_use]
pub fn key(name: &str, state: Option<&str>) -> String {
    let without_state = state.and_then(|state| without_state(name, state));
    let folded = fold(without_state.as_deref().unwrap_or(name));
    let words = initials_joined(&folded);
    let mut words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let last_is_state = words.last().zip(state).is_some_and(|(w, s)| w.eq_ignore_ascii_case(s));
    if words.len() > 2 && last_is_state {
        words.pop();
    }
    let mut spelt: Vec<&str> = Vec::with_capacity(words.len());
    for word in words {
        let word = match (word, spelt.last().copied()) {
            // "Sheriff s Office": the apostrophe became a blank.
            ("s", Some("sheriff" | "constable" | "prosecutor")) => continue,
            ("co", Some("fire" | "hose" | "engine" | "ladder" | "volunteer")) => "company",
            ("co", Some(_)) => "county",
            // Louisiana's counties are parishes, and a registry of the nation calls them counties.
            ("parish", _) if state == Some("LA") => "county",
            _ => name_words(word),
        };
        spelt.push(word);
    }
    // Too short a word to be known by itself: "Firee Department".
    for at in 1..spelt.len() {
        let is_fire = ["department", "company", "district", "protection"].contains(&spelt[at])
            && spelt[at - 1].len() > 2
            && strsim::osa_distance(spelt[at - 1], "fire") == 1;
        if is_fire && at > 1 {
            spelt[at - 1] = "fire";
        }
    }
    // Blanks at both ends, so that a phrase only ever stands for whole words.
    let mut key = format!(" {} ", spelt.join(" "));
    for (phrase, form) in PHRASES {
        // Most names hold none of them, and looking costs less than copying.
        if key.contains(phrase) {
            key = key.replace(&format!(" {phrase} "), &format!(" {form} "));
        }
    }
    municipality_last(key.trim())
}

/// The name without the state that a mark parts from it: "Kansas City, Kansas Police Department",
/// "Texarkana-Arkansas Police Department", "Newark (DE) Police". None if there is no such state.
fn without_state(name: &str, code: &str) -> Option<String> {
    let marked = |text: &str, marks: &[char]| {
        let lower = name.to_ascii_lowercase();
        let text = text.to_ascii_lowercase();
        lower.match_indices(&text).map(|(at, _)| at).find_map(|at| {
            let (before, after) = (&name[..at], &name[at + text.len()..]);
            let bare = before.trim_end();
            let is_marked = bare.ends_with(marks) && bare.len() > 1;
            let is_whole = !after.starts_with(char::is_alphanumeric);
            (is_marked && is_whole).then(|| {
                format!("{} {}", bare.trim_end_matches(marks), after.trim_start_matches(')'))
            })
        })
    };
    let spelt_out = || marked(state_name(code)?, &[',', '-', '(', '\u{2013}']);
    // "Concord NH Police": in capitals, where the rest is not.
    let between = || {
        let (before, after) = name.split_once(&format!(" {code} "))?;
        name.contains(char::is_lowercase).then(|| format!("{before} {after}"))
    };
    marked(code, &[',', '(']).or_else(spelt_out).or_else(between)
}

/// The words of a folded text, initials in a row as one: "p d" is "pd".
fn initials_joined(folded: &str) -> Vec<Cow<'_, str>> {
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    let mut initials = 0;
    for word in folded.split(' ') {
        let is_initial = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        initials = if is_initial { initials + 1 } else { 0 };
        match words.last_mut() {
            Some(last) if initials > 1 => last.to_mut().push_str(word),
            _ => words.push(Cow::Borrowed(word)),
        }
    }
    words
}

/// The key with "town of madison police department" turned into "madison town police department".
///
/// Only "city of" is left out: a town, village, borough or township may lie beside a city of its
/// name, with a department of its own.
fn municipality_last(key: &str) -> String {
    if let Some(rest) = key.strip_prefix("city of ") {
        return rest.to_owned();
    }
    for kind in ["town", "village", "borough", "township"] {
        if let Some(rest) = key.strip_prefix(kind).and_then(|rest| rest.strip_prefix(" of ")) {
            // A whole word: the police of Metropolice are not those of Metro.
            let body = BODIES.iter().find_map(|body| {
                let name = rest.strip_suffix(body)?;
                (name.is_empty() || name.ends_with(' ')).then_some((name, body))
            });
            return match body {
                Some((name, body)) => format!("{name}{kind} {body}"),
                None => format!("{rest} {kind}"),
            };
        }
    }
    key.to_owned()
}

/// Whether two keys are one but for a letter.
pub(super) fn is_slip(one: &str, other: &str) -> bool {
    one == other || one.len() > 3 && strsim::osa_distance(one, other) == 1
}

/// A name without the county that stands beside it, and that county's key.
pub(super) fn county_beside(name: &str) -> Option<(String, String)> {
    let (before, rest) = name.split_once(", ").or_else(|| name.split_once(" ("))?;
    let (county, after) = [" County", " Co."].iter().find_map(|word| rest.split_once(word))?;
    let after = after.strip_prefix(')').unwrap_or(after);
    let whole_word = after.is_empty() || after.starts_with(' ');
    whole_word.then_some((format!("{before}{after}"), county_key(county)?))
}

/// The key under which a county is compared: "La Salle County" and "LASALLE" are one.
#[must_use]
pub(super) fn county_key(name: &str) -> Option<String> {
    let folded = fold(name);
    let mut words: Vec<&str> = folded.split(' ').collect();
    while words.len() > 1
        && matches!(
            words.last(),
            Some(
                &("county"
                    | "parish"
                    | "borough"
                    | "city"
                    | "municipality"
                    | "municipio"
                    | "and"
                    | "census"
                    | "area")
            )
        )
    {
        words.pop();
    }
    let unknown = ["", "na", "none", "unknown", "notspecified"];
    let is_known = !unknown.contains(&words.concat().as_str());
    is_known.then(|| words.into_iter().map(place_word).collect())
}

/// The key under which a city, town or village is compared.
#[must_use]
pub fn place_key(name: &str) -> String {
    let folded = fold(name);
    folded.split(' ').map(place_word).collect::<Vec<_>>().join(" ")
}

/// A place's name without the type the gazetteer writes behind it ("Abbeville city").
#[must_use]
pub(super) fn without_place_type(name: &str) -> &str {
    const TYPES: &[&str] = &[
        " city and borough",
        " municipality",
        " metro township",
        " township",
        " borough",
        " village",
        " comunidad",
        " zona urbana",
        " city",
        " town",
        " CDP",
    ];
    let name = name.strip_suffix(" (balance)").unwrap_or(name);
    TYPES.iter().find_map(|kind| name.strip_suffix(kind)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (one, other) in [
            ("Sheriff?s Office", "Sheriff\u{2019}s  Department"),
            ("Alachua County Sheriff's Office", "ALACHUA COUNTY SHERIFFS DEPT."),
            ("Newark Police Department, DE", "Newark Police Department"),
            ("Saint Paul Police Dept", "St. Paul Police Department"),
            ("Cottage Grove Public Sfty Department", "Cottage Grove Department of Public Safety"),
            ("Columbus Division of Police", "Columbus Police Department"),
            ("City of Cañon Police", "Canon Police"),
            ("Borough of Lodi PD", "Lodi Borough Police Department"),
            ("Town of Gates Police Department", "Gates Town Police Department"),
            ("Village of Monroe", "Monroe Village"),
            ("Newark P.D.", "Newark (DE) Police Department"),
            ("Newark, Delaware Police Dept", "Newark-Delaware Police Department"),
            ("Kent Co. Sheriff s Office", "Kent Cnty Sheriff"),
            ("N. Wilmington Polcie Deparment", "North Wilmington Police Department"),
            ("Mount Pleasant D.P.S.", "Mt. Pleasant Department of Public Safety"),
            ("Union Vol. Fire Co.", "Union Volunteer Fire Company"),
        ] {
            assert_eq!(key(one, Some("DE")), key(other, Some("DE")), "{one} / {other}");
        }
    }

    #[test]
    fn a_parish_of_louisiana_is_a_county_and_no_other_parish_is() {
        let [one, other] = ["Bossier Parish Sheriff's Office", "Bossier County Sheriff's Office"];
        assert_eq!(key(one, Some("LA")), key(other, Some("LA")));
        assert_ne!(key(one, Some("NY")), key(other, Some("NY")));
    }

    #[test]
    fn different_agencies_have_different_keys() {
        for (one, other) in [
            ("Madison Police Department", "Madison Town Police Department"),
            ("Madison Police Department", "Town of Madison Police Department"),
            ("Miami Police Department", "Miami-Dade Police Department"),
            ("Polk County Sheriff's Office", "Polk County Police Department"),
            ("Kalamazoo Township Police Department", "Kalamazoo Department of Public Safety"),
            ("Country Club Hills Police Department", "County Club Hills Police Department"),
            ("Village of Metropolice", "Metro Village Police"),
        ] {
            assert_ne!(key(one, None), key(other, None), "{one} / {other}");
        }
    }

    #[test]
    fn counties_compare_without_their_type() {
        assert_eq!(county_key("La Salle County"), county_key("LASALLE"));
        assert_eq!(county_key("Norfolk (city) County"), county_key("NORFOLK CITY"));
        assert_eq!(county_key("Saint Louis County"), county_key("ST LOUIS"));
        assert_eq!(county_key("St. Tammany Parish"), county_key("ST TAMMANY"));
        assert_eq!(county_key("Hoonah-Angoon Census Area"), county_key("HOONAH ANGOON"));
        assert_eq!(county_key("Juneau City and Borough"), county_key("JUNEAU"));
        assert_eq!(county_key("NOT SPECIFIED"), None);
        assert_eq!(county_key("#N/A"), None);
    }
}
