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
        p.lead { (what_to_do(code)) }
        @if code == Code::NotFound { (search_box("")) }
        @if code == Code::UnknownRelease { p { a href="/releases" { "All releases" } } }
        p.soft { bdi { (problem.detail) } }
        p {
            a href={ "/problems/" (code.slug()) } { "What this means for programs" }
            ". " a href="/" { "To the first page" } "."
        }
    }
}

fn what_to_do(code: Code) -> &'static str {
    match code {
        Code::NotFound => {
            "The address leads nowhere. Look for a department by the name of its city or county:"
        }
        Code::UnknownRelease => "No release has that name.",
        Code::Gone => "What stood here was taken back; below it says why.",
        Code::UnknownParameter | Code::InvalidParameter | Code::LimitTooLarge => {
            "Something in the address, behind the question mark, is not understood. Without it the page \
             shows everything."
        }
        Code::CursorMismatch => {
            "The link is of an older page. Begin again without what stands behind the question mark."
        }
        Code::RateLimited => {
            "There were too many requests from your address. Wait a moment and try again."
        }
        Code::Unavailable => "It cannot be answered at the moment. Try again in a minute.",
        Code::Internal => "That is our fault, not yours. It has been noted.",
        Code::MethodNotAllowed
        | Code::NotAcceptable
        | Code::PayloadTooLarge
        | Code::UriTooLong
        | Code::RangeNotSatisfiable => "The request cannot be answered in this way.",
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
