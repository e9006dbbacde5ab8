//! Values that are no text of the sort a publisher's tables hold.
//!
//! What stands in a cell is shown to people, in pages and in spreadsheets. A cell with a program in
//! it is not what a publisher says of an agency: it is left out, and an issue says so.

use crate::record::{DraftIssue, Problem, Reported};

/// Characters of a value; the longest that was ever seen has less than three hundred.
const LONGEST: usize = 1000;

/// Characters of an excerpt.
const LONGEST_EXCERPT: usize = 80;

/// Elements that only change how a text looks; readers take them away and keep the text.
const FORMATTING: &[&str] = &[
    "a", "b", "br", "div", "em", "font", "i", "li", "p", "small", "span", "strong", "sub", "sup",
    "u", "ul",
];

/// Why a value is none, in words that follow "it is".
pub(super) fn why(value: &str) -> Option<&'static str> {
    if value.chars().nth(LONGEST).is_some() {
        Some("far too long")
    } else if value.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        Some("text with control characters")
    } else if is_formula(value) {
        Some("a formula of a spreadsheet")
    } else if has_markup(value) {
        Some("text with markup")
    } else {
        None
    }
}

/// The issue of a value that is none; `fate` says what becomes of it.
pub(super) fn issue(
    locator: &str,
    key: Option<&str>,
    name: &str,
    value: &str,
    why: &str,
    fate: &str,
) -> DraftIssue {
    DraftIssue {
        // A key of such a sort would be as bad in an issue as in a record.
        source_key: key.filter(|key| self::why(key).is_none()).map(str::to_owned),
        locator: locator.to_owned(),
        problem: Problem::UnfitText,
        detail: format!("{name} is {why}; {fate}"),
        excerpt: Some(shown(value)),
    }
}

/// Takes the values away that are none, and says so. Where one is among `needed` the row is left
/// out: that is the error.
pub(super) fn sift(
    reported: &mut Reported,
    needed: &[&str],
    locator: &str,
    key: &str,
) -> Result<Vec<DraftIssue>, Box<DraftIssue>> {
    let found: Vec<(String, &'static str)> =
        reported.iter().filter_map(|(name, value)| Some((name.clone(), why(value)?))).collect();
    let mut issues = Vec::new();
    for (name, why) in found {
        let value = reported.remove(&name).unwrap_or_default();
        if needed.contains(&name.as_str()) {
            let fate = "the row is left out";
            return Err(Box::new(issue(locator, Some(key), &name, &value, why, fate)));
        }
        issues.push(issue(locator, Some(key), &name, &value, why, "left unknown"));
    }
    Ok(issues)
}

/// The beginning of a value, as letters that do nothing.
fn shown(value: &str) -> String {
    let start = value.chars().take(LONGEST_EXCERPT);
    let shown: String = start.map(|c| if c.is_control() { ' ' } else { c }).collect();
    // What begins with a blank is no formula to any spreadsheet.
    if is_formula(&shown) { format!("\u{2018}{shown}\u{2019}") } else { shown }
}

/// Whether a spreadsheet would take the text for a formula. A signed number is none.
fn is_formula(value: &str) -> bool {
    match value.chars().next() {
        Some('=' | '@') => true,
        Some('+' | '-') => value.parse::<f64>().is_err() && value.len() > 1,
        Some(_) | None => false,
    }
}

/// Whether the text holds an element that does more than change how it looks.
fn has_markup(value: &str) -> bool {
    value.match_indices('<').any(|(at, _)| {
        let rest = value[at + 1..].trim_start_matches('/');
        if rest.starts_with('!') {
            return true;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let is_plain = FORMATTING.iter().any(|plain| plain.eq_ignore_ascii_case(name));
        begins && rest.contains('>') && !is_plain
    })
}

#[cfg(test)]
mod tests {
    use super::why;

    #[test]
    fn what_publishers_write_is_fit() {
        for value in [
            "Ashton Police Department",
            "-84.1",
            "+173.256091",
            "-",
            "2 < 3 and <b>4</b><br/>",
            "Línea\nseconda\t",
            "A & B: 100% = all @ once",
            "1,204",
        ] {
            assert_eq!(why(value), None, "{value}");
        }
    }

    #[test]
    fn programs_in_cells_are_not() {
        for (value, said) in [
            ("=HYPERLINK(\"https://a.example\",\"Ashton\")", "formula"),
            ("+cmd|' /C calc'!A0", "formula"),
            ("-2+3+cmd|' /C calc'!A0", "formula"),
            ("@SUM(1+1)", "formula"),
            ("Ashton<script>alert(1)</script>", "markup"),
            ("<img src=x onerror=alert(1)>", "markup"),
            ("<!-- --><svg/onload=a>", "markup"),
            ("Ash\0ton", "control"),
            ("\u{9b}31m", "control"),
        ] {
            assert!(why(value).is_some_and(|why| why.contains(said)), "{value}: {:?}", why(value));
        }
        assert_eq!(why(&"x".repeat(1000)), None);
        assert_eq!(why(&"x".repeat(1 << 20)), Some("far too long"));
    }
}
