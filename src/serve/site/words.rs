//! Values as people read them.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::figure::Entry;

/// A number in digits with a comma between thousands.
pub(super) fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let digits = whole.trim_start_matches('-');
    let sign = &whole[..whole.len() - digits.len()];
    let told = |digits| format!("{sign}{}{rest}", crate::release::grouped(digits));
    digits.parse().map_or_else(|_| number.to_owned(), told)
}

/// A day, as exactly as it is known: "29 May 2019", "May 2019", "2019".
pub(super) fn day(date: &str, precision: &str) -> String {
    let Ok(day) = date.parse::<NaiveDate>() else { return "an unknown day".to_owned() };
    let format = match precision {
        "month" => "%B %Y",
        "year" => "%Y",
        _ => "%-d %B %Y",
    };
    day.format(format).to_string()
}

/// A day in an element that machines can read; nothing where it is unknown.
pub(super) fn time(date: &str, precision: &str) -> Markup {
    let stands_for = match precision {
        "month" => date.get(..7),
        "year" => date.get(..4),
        _ => Some(date),
    };
    html! {
        @if !date.is_empty() {
            time datetime=(stands_for.unwrap_or(date)) { (day(date, precision)) }
        }
    }
}

/// What the first date of a partnership is the date of.
pub(super) fn began(basis: &str) -> &'static str {
    match basis {
        "activation" => "active since",
        "agreement" => "agreed",
        "vote" => "approved by vote",
        "first_reported" => "first reported",
        _ => "first listed",
    }
}

/// The first date of a partnership and what it is the date of: "first listed on 7 October 2020".
pub(super) fn first_date(entry: &Entry<'_>) -> Markup {
    let (date, precision) = (entry.text("started_on"), entry.text("started_on_precision"));
    let began = began(entry.text("started_on_basis"));
    html! {
        @if !date.is_empty() {
            (began)
            @if began.ends_with("since") { " " }
            @else if matches!(precision, "month" | "year") { " in " }
            @else { " on " }
            (time(date, precision))
        }
    }
}

/// From when to when: "1 January 2022 to 1 July 2022", "until October 2018".
pub(super) fn period(entry: &Entry<'_>, from: &str, to: &str) -> Markup {
    let precision = |name: &str| entry.text(&format!("{name}_precision"));
    let (first, last) = (entry.text(from), entry.text(to));
    html! {
        @if first.is_empty() && !last.is_empty() { "until " (time(last, precision(to))) }
        @else {
            (time(first, precision(from)))
            @if !last.is_empty() && last != first { " to " (time(last, precision(to))) }
        }
    }
}

/// A word of the data as people write it: `law_enforcement` is "law enforcement".
pub(super) fn plain(word: &str) -> String {
    match word {
        "law_enforcement" => "police".to_owned(),
        "both" => "police and fire".to_owned(),
        "ems" => "EMS".to_owned(),
        _ => word.replace('_', " "),
    }
}

/// The same with a capital at its beginning.
pub(super) fn heading(word: &str) -> String {
    let plain = plain(word);
    let mut letters = plain.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// What a page's address may end with to be read by people: letters, digits and dashes.
pub(in crate::serve) fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for letter in name.chars().filter(|letter| *letter != '\'' && *letter != '\u{2019}') {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 80 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "agency".to_owned() } else { slug.to_owned() }
}

/// Whether a text is the address of a page elsewhere, so that it may be a link.
pub(super) fn is_link(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        let shown = ["0", "999", "1000", "-1234567", "0.25", "1234.5"].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "-1,234,567", "0.25", "1,234.5"]);
    }

    #[test]
    fn a_day_is_as_exact_as_it_is_known() {
        let shown = ["day", "month", "year", ""].map(|precision| day("2019-05-29", precision));
        assert_eq!(shown, ["29 May 2019", "May 2019", "2019", "29 May 2019"]);
        assert_eq!(day("", "day"), "an unknown day");
    }

    #[test]
    fn a_slug_is_plain_and_never_empty() {
        for (name, expected) in [
            ("Miami-Dade Police Department", "miami-dade-police-department"),
            ("Sheriff's Office <script>", "sheriffs-office-script"),
            ("\u{202e}\u{4f60}", "agency"),
        ] {
            assert_eq!(slug(name), expected);
        }
        assert!(slug(&"a".repeat(10_000)).len() <= 80);
    }

    #[test]
    fn only_web_addresses_are_links() {
        assert!(is_link("https://example.org") && !is_link("javascript:alert(1)"));
    }
}
