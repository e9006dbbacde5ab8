//! A partnership of which nobody could tell the department; the others stand on its page.

use maud::{Markup, html};
use url::form_urlencoded;

use super::{Fact, RecordPage, concerned, known, known_or, place};
use crate::serve::site::agency::in_a_sentence;
use crate::serve::site::figure::Entry;
use crate::serve::site::parts::agency_address;
use crate::serve::site::place::standing;
use crate::serve::site::words::{first_date, plain, time};

pub(super) const PAGE: RecordPage = RecordPage {
    name: "partnerships",
    one: "A partnership",
    description: "The page of its department, or, where nobody could tell which that is, one of its \
                  own.",
    resource: "partnerships",
    get: "getPartnership",
    evidence: "listPartnershipEvidence",
    include: "program,vendor",
    elsewhere: Some(on_page_of_department),
    title: |entry| {
        let program = entry.part("program").map_or("", |program| program.text("name"));
        [entry.text("agency_name_reported"), program].join(": ")
    },
    answer,
    facts,
    limits,
};

/// Where the page of its department tells of it.
fn on_page_of_department(entry: &Entry<'_>) -> Option<String> {
    let (id, agency) = (entry.text("id"), entry.text("agency_id"));
    let address = || format!("{}#{id}", agency_address(agency, entry.text("agency_name")));
    (!agency.is_empty()).then(address)
}

fn answer(entry: &Entry<'_>) -> Markup {
    html! {
        p.word { (in_a_sentence(entry)) }
        p { "The source names “" bdi { (entry.text("agency_name_reported")) } "”. Which department that is could not be told for certain." }
    }
}

fn facts(entry: &Entry<'_>) -> Vec<Fact> {
    let mut facts = vec![
        Fact("First date", known_or(first_date(entry))),
        Fact("Last listed", known_or(time(entry.text("last_listed_on"), "day"))),
        Fact("Now", html! { (standing(entry.text("status"))) }),
        Fact("Kind of department", html! { (plain(entry.text("kind"))) }),
        Fact("Where", html! { bdi { (known(&place(entry))) } }),
    ];
    facts.extend(concerned(entry));
    facts
}

fn limits(entry: &Entry<'_>) -> Markup {
    let name = entry.text("agency_name_reported");
    let search = form_urlencoded::Serializer::new(String::new()).append_pair("q", name).finish();
    html! {
        li {
            "It stands on the page of no department. A department of this or a like name may be the one that is meant: "
            a href={ "/search?" (search) } { "search for the name" } ", or read "
            a href={ "/v1/partnerships/" (entry.text("id")) "/match" } { "how it was compared" } "."
        }
        li { "That a source no longer lists a department does not mean that the partnership ended." }
    }
}
