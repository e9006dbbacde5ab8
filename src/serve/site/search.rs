//! What a search finds: states by name, and departments.

use maud::{Markup, html};
use url::form_urlencoded;

use super::inside::{Inside, Question};
use super::parts::{about_agency, agency_address, as_data, search_box};
use crate::record::STATE_NAMES;
use crate::serve::error::Problem;

/// Departments on one page.
const SHOWN: usize = 50;

/// The question that a search is.
pub(in crate::serve) fn question(inside: &Inside, words: &str) -> Result<Question, Problem> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("q", words)
        .append_pair("limit", &SHOWN.to_string())
        .finish();
    inside.question("listAgencies", &[], &query)
}

/// The contents of the page; `question` is none where nothing was searched.
pub(in crate::serve) fn search(
    words: &str,
    question: Option<Question>,
    host: &str,
) -> Result<Markup, Problem> {
    let found = question.map(Question::reply).transpose()?;
    let lower = words.trim().to_lowercase();
    let states: Vec<_> = STATE_NAMES
        .iter()
        .filter(|(code, name)| {
            !lower.is_empty()
                && (name.to_lowercase().contains(&lower) || code.eq_ignore_ascii_case(&lower))
        })
        .collect();
    Ok(html! {
        h1 { "Search" }
        (search_box(words))
        @if !states.is_empty() {
            h2 { "States" }
            ul { @for (code, name) in &states {
                li { a href={ "/places/" (code.to_ascii_lowercase()) } { (name) } }
            } }
        }
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
                    @if found.total() > 50 { "; the first 50 are shown. More words find fewer" } "."
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
                (as_data(&[found], host))
            }
        }
    })
}
