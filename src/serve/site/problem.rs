//! A request that failed, for people.

use maud::{Markup, html};

use super::Page;
use super::parts::search_box;
use crate::serve::error::{Code, Problem};

/// The page.
pub(in crate::serve) fn problem(problem: &Problem) -> String {
    let title = title(problem.code);
    let page = Page {
        title: &format!("{title}: Porchlight"),
        description: "What went wrong with a request, and what to do.",
        linked_data: None,
        address: &format!("/problems/{}", problem.code.slug()),
        host: "",
        body: contents(problem),
    };
    page.html()
}

fn contents(problem: &Problem) -> Markup {
    let code = problem.code;
    html! {
        h1 { (title(code)) }
        p.lead { bdi { (problem.detail) } }
        @if matches!(code, Code::NotFound | Code::UnknownRelease) {
            p { "Look for a department by the name of its city or county:" }
            (search_box(""))
        }
        p {
            a href={ "/problems/" (code.slug()) } { "What this means and what to do" }
            ". " a href="/" { "To the first page" } "."
        }
    }
}

fn title(code: Code) -> &'static str {
    match code {
        Code::NotFound => "There is no such page",
        Code::UnknownParameter | Code::InvalidParameter => {
            "This address asks for something that cannot be answered"
        }
        Code::LimitTooLarge
        | Code::CursorMismatch
        | Code::UnknownRelease
        | Code::Gone
        | Code::MethodNotAllowed
        | Code::NotAcceptable
        | Code::PayloadTooLarge
        | Code::UriTooLong
        | Code::RangeNotSatisfiable
        | Code::RateLimited
        | Code::Unavailable
        | Code::Internal => code.title(),
    }
}
