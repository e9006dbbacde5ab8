//! What a search finds: states by name, and departments.

use maud::{Markup, html};
use url::form_urlencoded;

use super::figure::Reply;
use super::inside::Inside;
use super::parts::{about_agency, agency_address, as_data, next_page, parameter, search_box};
use crate::record::STATE_NAMES;
use crate::serve::error::Problem;

/// Departments on one page.
const SHOWN: i64 = 50;

/// What the words find. Where all of them find nothing, and the last of them name a state, the others
/// are looked for in that state: "Springfield, Ohio".
///
/// `cursor` is where the page begins, empty for the first.
fn found(inside: &Inside, words: &str, cursor: &str) -> Result<Reply, Problem> {
    // Which of the two is asked is settled by the first page; the cursor belongs to one of them.
    let all = agencies(inside, words, None, "")?;
    match in_a_state(words).filter(|_| all.total() == 0) {
        Some((others, state)) => agencies(inside, others, Some(state), cursor),
        None if cursor.is_empty() => Ok(all),
        None => agencies(inside, words, None, cursor),
    }
}

fn agencies(
    inside: &Inside,
    words: &str,
    state: Option<&str>,
    cursor: &str,
) -> Result<Reply, Problem> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", words).append_pair("limit", &SHOWN.to_string());
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    if !cursor.is_empty() {
        query.append_pair("cursor", cursor);
    }
    inside.get("listAgencies", &[], &query.finish())
}

/// The words before the name or postal code of a state, and its code.
fn in_a_state(words: &str) -> Option<(&str, &'static str)> {
    let words = words.trim();
    let ends_with = |name: &str| {
        let at = words.len().checked_sub(name.len()).filter(|at| words.is_char_boundary(*at))?;
        let (before, last) = words.split_at(at);
        let is_whole = before.ends_with([' ', ',']) && last.eq_ignore_ascii_case(name);
        let before = before.trim_end_matches([' ', ',']);
        (is_whole && before.chars().any(char::is_alphanumeric)).then_some(before)
    };
    // The longest name first: West Virginia is not Virginia.
    let fits = STATE_NAMES.iter().filter_map(|(code, name)| {
        let before = ends_with(name).or_else(|| ends_with(code))?;
        Some((before, *code))
    });
    fits.min_by_key(|(before, _)| before.len())
}

/// The contents of the page at that query, whose words are these.
pub(in crate::serve) fn search(
    inside: &Inside,
    words: &str,
    query: &str,
) -> Result<Markup, Problem> {
    let (is_asked, cursor) = (words.chars().any(char::is_alphanumeric), parameter(query, "cursor"));
    let found = is_asked.then(|| found(inside, words, &cursor)).transpose()?;
    // Those stand on the first page.
    let states = if cursor.is_empty() { states(words) } else { Vec::new() };
    Ok(html! {
        h1 { "Search" }
        (search_box(words))
        @if !states.is_empty() {
            h2 { "States" }
            ul { @for (code, name) in &states {
                li { a href={ "/places/" (code.to_ascii_lowercase()) } { (name) } }
            } }
        }
        @if !is_asked && !words.is_empty() { p { "There is no word in that to look for." } }
        @if let Some(found) = &found {
            h2 { "Departments" }
            @if found.total() == 0 {
                p { "No department is found by “" bdi { (words) } "”." }
                p {
                    "That does not mean that there is none, or that it has no partnership: try only the name "
                    "of the city or county, or look it up in the list of its state. A small department "
                    "may be missing from the lists of the FBI and the US Fire Administration."
                }
            } @else {
                p {
                    (found.number("/meta/total")) " found by “" bdi { (words) } "”"
                    @if found.total() > SHOWN { ", " (SHOWN) " on a page. With the name of the state or county there are fewer" } "."
                }
                ul.plain data-call=(found.call()) {
                    @for agency in found.records() {
                        li {
                            a.agency href=(agency_address(agency.text("id"), agency.text("name"))) {
                                bdi { (agency.text("name")) }
                            }
                            ", " bdi { (about_agency(&agency)) }
                            @if agency.field("partnerships").as_i64().unwrap_or_default() > 0 {
                                ": partnerships on record: " (agency.number("partnerships"))
                            }
                        }
                    }
                }
                (next_page("/search", query, found))
                (as_data(&[found]))
            }
        }
    })
}

/// States whose name has the words in it, or whose postal code they are.
fn states(words: &str) -> Vec<&'static (&'static str, &'static str)> {
    let lower = words.trim().to_lowercase();
    let fits = |(code, name): &&(&str, &str)| {
        name.to_lowercase().contains(&lower) || code.eq_ignore_ascii_case(&lower)
    };
    if lower.is_empty() { Vec::new() } else { STATE_NAMES.iter().filter(fits).collect() }
}

#[cfg(test)]
mod tests {
    use super::in_a_state;

    #[test]
    fn the_last_words_may_name_a_state() {
        for (words, expected) in [
            ("springfield ohio", Some(("springfield", "OH"))),
            ("Springfield, OH", Some(("Springfield", "OH"))),
            ("Charleston West Virginia", Some(("Charleston", "WV"))),
            ("ohio", None),
            ("Idaho Falls", None),
            ("Soho", None),
            ("\u{1f6a8}h", None),
        ] {
            assert_eq!(in_a_state(words), expected, "{words}");
        }
    }
}
