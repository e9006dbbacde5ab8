//! The two facts of a Summary that stand nowhere else: the agency it speaks of, and the month.
//!
//! The Summary itself is the editors' prose and is not kept.

/// What the editors write after the agency's name.
const VERBS: &[&str] = &[" signed ", " maintains ", " maintain ", " entered ", " joined "];

/// Words of which the name of an agency has at least one.
const AGENCY_WORDS: &[&str] =
    &["police", "sheriff", "safety", "constable", "fire", "attorney", "marshal", "prosecutor"];

/// Words that tell nothing about which agency is meant.
const EMPTY_WORDS: &[&str] = &["the", "of", "department", "division", "bureau", "office"];

/// Spellings of one word.
const SPELLINGS: &[(&str, &str)] = &[
    ("sheriffs", "sheriff"),
    ("dept", "department"),
    ("sfty", "safety"),
    ("prsh", "parish"),
    ("twp", "township"),
    ("co", "county"),
    ("st", "saint"),
    ("ft", "fort"),
    ("mt", "mount"),
    ("n", "north"),
    ("s", "south"),
    ("e", "east"),
    ("w", "west"),
];

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The agency the Summary speaks of, where it clearly is another one than `agency`.
///
/// Another spelling of the same name is no other agency, nor is one misspelt word.
pub(super) fn other_agency(summary: &str, agency: &str, state: &str) -> Option<String> {
    let end = VERBS.iter().filter_map(|verb| summary.find(verb)).min()?;
    let subject = summary[..end].trim();
    let subject = subject.strip_prefix("The ").unwrap_or(subject).trim();
    let (said, printed) = (words(subject, state), words(agency, state));
    let is_agency = said.iter().any(|word| AGENCY_WORDS.contains(&word.as_str()));
    (is_agency && !same_words(&said, &printed)).then(|| subject.to_owned())
}

/// The month the first sentence names, such as `September 2020`.
pub(super) fn month(summary: &str) -> Option<String> {
    let words: Vec<_> = first_sentence(summary).split_whitespace().collect();
    words.windows(3).find_map(|window| {
        let [preposition, month, year] = window else { return None };
        let year = year.trim_end_matches(|c: char| c.is_ascii_punctuation());
        let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        (*preposition == "in" && MONTHS.contains(month) && is_year)
            .then(|| format!("{month} {year}"))
    })
}

/// Up to the first full stop that does not follow a short word with a capital, such as `St.`
fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(end, _)| &text[..end]);
    let is_whole = |sentence: &&str| {
        sentence.rsplit(char::is_whitespace).next().is_some_and(|word| {
            word.len() > 3 || !word.starts_with(|first: char| first.is_ascii_uppercase())
        })
    };
    ends.into_iter().find(is_whole).unwrap_or(text)
}

/// The words of an agency's name that tell which one it is, in one spelling.
fn words(name: &str, state: &str) -> Vec<String> {
    // Where an encoding was lost a question mark stands for the apostrophe.
    let apostrophes = ['\'', '\u{2018}', '\u{2019}', '`', '?', '\u{fffd}'];
    let name = name.to_lowercase().replace(apostrophes, "");
    let mut words: Vec<_> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // `…, NJ` or `… D.C.` says where it is, not which it is.
    for letters in 1..=2.min(words.len().saturating_sub(1)) {
        let name = words.len() - letters;
        if words[name..].concat().eq_ignore_ascii_case(state) {
            words.truncate(name);
            break;
        }
    }
    let spelt = words.into_iter().map(|word| {
        SPELLINGS.iter().find(|(other, _)| *other == word).map_or(word, |(_, spelling)| spelling)
    });
    let is_empty =
        |word: &str| EMPTY_WORDS.iter().any(|empty| *empty == word || is_misspelling(empty, word));
    spelt.filter(|word| !is_empty(word)).map(str::to_owned).collect()
}

fn same_words(left: &[String], right: &[String]) -> bool {
    // `La Grange` and `LaGrange` are one.
    left.concat() == right.concat()
        || left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| left == right || is_misspelling(left, right))
}

/// Whether two long words differ by one letter that is not the first: `Frederick`, `Fredrick`.
fn is_misspelling(left: &str, right: &str) -> bool {
    left.len().max(right.len()) >= 7
        && left.chars().next() == right.chars().next()
        && strsim::osa_distance(left, right) <= 1
}

#[cfg(test)]
mod tests {
    use super::{month, other_agency};

    fn signed(subject: &str) -> String {
        format!("The {subject} signed an agreement with the company, Ring, in 2019 to gain access.")
    }

    #[test]
    fn another_spelling_is_no_other_agency() {
        for (printed, said) in [
            ("Harper County Sheriff's Office", "Harper County Sheriff's Department"),
            ("Harper County Sheriff's Office", "Harper County Sheriff\u{2019}s Office"),
            ("Harper County Sheriff?s Office", "Harper County Sheriff"),
            ("Harper Police Department", "Harper Police Department, DE"),
            ("Harper Division of Police", "Harper Police Department"),
            ("Harper Public Sfty", "Harper Department of Public Safety"),
            ("East Lind Parish Sheriff's Office", "E Lind Prsh Sheriff's Department"),
            ("St. Harper Police Department", "Saint Harper Police Department"),
            ("Harper Police Department", "Harper Police Department D.E."),
            ("La Harper Police Department", "LaHarper Police Department"),
            ("Frederick Police Department", "Fredrick Police Departmet"),
        ] {
            assert_eq!(other_agency(&signed(said), printed, "DE"), None, "{printed} / {said}");
        }
    }

    #[test]
    fn another_body_or_place_is_another_agency() {
        for (printed, said) in [
            ("Harper Township Police Department", "Harper Department of Public Safety"),
            ("Harper Police Department", "Town of Harper Police Department"),
            ("Harper Police Department", "Village of Harper Police Department"),
            ("Harper Police Department", "Harper Township Police Department"),
            ("Lake County Sheriff's Office", "Lane County Sheriff's Office"),
        ] {
            let found = other_agency(&signed(said), printed, "MI");
            assert_eq!(found.as_deref(), Some(said), "{printed}");
        }
    }

    #[test]
    fn a_sentence_about_something_else_names_no_agency() {
        for summary in [
            "",
            "According to Ring, the Harper Police Department in June 2020 to gain access.",
            "The City of Harper maintains a voluntary registry.",
            "Residents asked.",
        ] {
            assert_eq!(other_agency(summary, "Lind Police Department", "MI"), None, "{summary}");
        }
        let lower = "Harper Police Department maintains a voluntary registry.";
        assert_eq!(
            other_agency(lower, "Lind Police Department", "MI").as_deref(),
            Some("Harper Police Department")
        );
    }

    #[test]
    fn only_the_month_of_the_first_sentence_counts() {
        let text =
            "The St. Harper Police signed an agreement with Ring, in September 2020, to gain.";
        assert_eq!(month(text).as_deref(), Some("September 2020"));
        assert_eq!(month("The Harper Police signed in June 2020.").as_deref(), Some("June 2020"));
        for none in [
            "",
            "The Harper Police signed an agreement in 2019.",
            "The Harper Police signed to gain access to the app. It denied this in July 2020.",
            "In May 2020 it was reported.",
        ] {
            assert_eq!(month(none), None, "{none}");
        }
    }
}
