//! A name taken apart.

use super::vocabulary::{FIRE_SORTS, is_statewide, says_no_name};
use super::{fold, key};
use crate::normalise::kind;
use crate::record::{MUNICIPAL_SORTS, NameKeys, state_name};

/// Takes the name of an agency of a state, by its postal code, apart; `is_fire` says that it is a
/// fire department's.
#[must_use]
pub(in crate::normalise) fn of(name: &str, code: Option<&str>, is_fire: bool) -> NameKeys {
    let key = key(name, code);
    let mut keys = NameKeys {
        joined: key.replace(' ', ""),
        kind: kind::named(&key),
        is_statewide: code.and_then(state_name).is_some_and(|state| is_statewide(&key, state)),
        ..NameKeys::default()
    };
    if fold(name).starts_with("city of ") {
        keys.sorts.push("city");
    }
    let words: Vec<&str> = key.split(' ').collect();
    for (position, word) in words.iter().copied().enumerate() {
        let next = words.get(position + 1).copied().unwrap_or_default();
        let sort = |sorts: &[&'static str]| sorts.iter().find(|sort| **sort == word).copied();
        if let Some(number) = number(word) {
            keys.numbers.push(number.to_owned());
        } else if word == "county" {
            keys.is_county = true;
        } else if let Some(sort) = sort(MUNICIPAL_SORTS) {
            keys.sorts.push(sort);
        } else if let Some(sort) = sort(FIRE_SORTS).filter(|_| is_fire) {
            keys.sorts.push(sort);
        } else if word == "district" && next.starts_with("attorney") {
            // The prosecutor of a district, not the district.
        } else if !says_no_name(word, is_fire) {
            keys.core.push(word.to_owned());
        }
    }
    keys.core_joined = keys.core.concat();
    keys.key = key;
    keys
}

/// The number a word is: "4", "04" or "4th".
fn number(word: &str) -> Option<&str> {
    let digits = word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_ordinal = ["", "st", "nd", "rd", "th"].contains(&&word[digits.len()..]);
    (is_number && is_ordinal).then(|| digits.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::of;

    /// Core, sorts, numbers and whether it is a county's.
    fn taken_apart(name: &str, is_fire: bool) -> (String, String, String, bool) {
        let keys = of(name, Some("PA"), is_fire);
        (keys.core.join(" "), keys.sorts.join(" "), keys.numbers.join(" "), keys.is_county)
    }

    #[test]
    fn the_words_that_tell_are_parted_from_those_that_do_not() {
        for (name, is_fire, core, sorts, numbers, is_county) in [
            ("Ewing Township Police Department", false, "ewing", "township", "", false),
            ("Township of Ewing Polcie Dept.", false, "ewing", "township", "", false),
            ("Camillus Town and Village Police", false, "camillus", "town village", "", false),
            ("Prosecutor: Cumberland County", false, "cumberland", "", "", true),
            ("Cumberland County Prosecutor's Office", false, "cumberland", "", "", true),
            ("Fort Bend County Constable Precinct 4", false, "fort bend", "", "4", true),
            ("Lehigh County District Attorney", false, "lehigh", "", "", true),
            ("Oklahoma City Police Department", false, "oklahoma city", "", "", false),
            (
                "Union Twp. Vol. Fire Co. No. 1",
                true,
                "union",
                "township volunteer company",
                "1",
                false,
            ),
            ("City of Salem Volunteer Fire Department", true, "salem", "city volunteer", "", false),
            ("Laurel County Constable, 4th District", false, "laurel district", "", "4", true),
            ("Los Angeles Co. Fire Department", true, "los angeles", "", "", true),
            ("North Bay R.F.P.D. #3", true, "north bay", "rural district", "3", false),
            ("Good Will Hose Company", true, "good will hose", "company", "", false),
            ("Police Department", false, "", "", "", false),
        ] {
            let expected = (core.to_owned(), sorts.to_owned(), numbers.to_owned(), is_county);
            assert_eq!(taken_apart(name, is_fire), expected, "{name}");
        }
    }
}
