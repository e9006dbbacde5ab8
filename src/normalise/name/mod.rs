//! Names, folded so that spellings of one name compare equal and different names do not.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Words that one side spells out and the other shortens.
const SPELLINGS: &[(&str, &str)] = &[
    ("dept", "department"),
    ("depart", "department"),
    ("pd", "police department"),
    ("twp", "township"),
    ("boro", "borough"),
    ("sfty", "safety"),
    ("saint", "st"),
    ("sainte", "ste"),
    ("mount", "mt"),
    ("prsh", "parish"),
    ("univ", "university"),
    ("so", "sheriffs office"),
];

/// Several words that mean the same body, longest first, and the form they are compared in.
const PHRASES: &[(&str, &str)] = &[
    ("sheriffs department", "sheriff"),
    ("sheriffs office", "sheriff"),
    ("sheriff department", "sheriff"),
    ("sheriff office", "sheriff"),
    ("sheriffs", "sheriff"),
    ("department of public safety", "public safety"),
    ("public safety department", "public safety"),
    ("department of police", "police department"),
    ("division of police", "police department"),
    ("bureau of police", "police department"),
    ("police division", "police department"),
    ("police bureau", "police department"),
];

/// What a municipality's body is called at the end of a key, longest first.
const BODIES: &[&str] = &["police department", "public safety", "police", "fire department"];

/// What a municipality may be; one registry writes it, another leaves it out.
const MUNICIPAL_TYPES: &[&str] = &["township", "town", "village", "borough", "city", "charter"];

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
    let folded = fold(name);
    let mut words: Vec<&str> = folded.split(' ').collect();
    let last_is_state = words.last().zip(state).is_some_and(|(w, s)| w.eq_ignore_ascii_case(s));
    if words.len() > 2 && last_is_state {
        words.pop();
    }
    let spelt: Vec<&str> = words
        .into_iter()
        .map(|word| SPELLINGS.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to))
        // Louisiana's counties are parishes, and a registry of the nation calls them counties.
        .map(|word| if word == "parish" && state == Some("LA") { "county" } else { word })
        .collect();
    // Blanks at both ends, so that a phrase only ever stands for whole words.
    let mut key = format!(" {} ", spelt.join(" "));
    for (phrase, form) in PHRASES {
        key = key.replace(&format!(" {phrase} "), &format!(" {form} "));
    }
    municipality_last(key.trim())
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
            let body = BODIES.iter().find_map(|body| rest.strip_suffix(body).map(|n| (n, body)));
            return match body {
                Some((name, body)) => format!("{name}{kind} {body}"),
                None => format!("{rest} {kind}"),
            };
        }
    }
    key.to_owned()
}

/// The sort of municipality a name's key claims.
#[must_use]
pub(super) fn municipal_type(key: &str) -> Option<&'static str> {
    MUNICIPAL_TYPES.iter().copied().find(|kind| key.split(' ').any(|word| word == *kind))
}

/// What is left of a police department's key without the words for its sort of place and body;
/// empty for every other sort of agency, which such words tell apart.
#[must_use]
pub(super) fn stem(key: &str) -> String {
    let place = ["police department", "public safety", "police"]
        .iter()
        .find_map(|body| key.strip_suffix(body))
        .unwrap_or_default();
    let words = place.split_whitespace().filter(|word| !MUNICIPAL_TYPES.contains(word));
    words.collect::<Vec<_>>().join(" ")
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
    let text: String = words
        .into_iter()
        .map(|word| SPELLINGS.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to))
        .collect();
    let unknown = ["", "na", "none", "unknown", "notspecified"];
    (!unknown.contains(&text.as_str())).then_some(text)
}

/// The key under which a city, town or village is compared.
#[must_use]
pub fn place_key(name: &str) -> String {
    let folded = fold(name);
    let words = folded
        .split(' ')
        .map(|word| SPELLINGS.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to));
    words.collect::<Vec<_>>().join(" ")
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
        ] {
            assert_ne!(key(one, None), key(other, None), "{one} / {other}");
        }
    }

    #[test]
    fn a_stem_leaves_out_the_sort_of_place_and_nothing_else() {
        let stem_of = |name| stem(&key(name, None));
        assert_eq!(stem_of("Ewing Township Police Department"), "ewing");
        assert_eq!(stem_of("Village of Highland Falls Police Department"), "highland falls");
        assert_eq!(stem_of("Portage Department of Public Safety"), "portage");
        assert_eq!(stem_of("St. Louis County Police"), "st louis county");
        assert_eq!(stem_of("Cumberland County Prosecutor's Office"), "");
        assert_eq!(stem_of("Bossier Parish Sheriff's Office"), "");
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
