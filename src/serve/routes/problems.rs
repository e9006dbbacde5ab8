//! The pages that the `type` of a problem document leads to.

use maud::{PreEscaped, html};
use serde_json::json;

use super::pages::answer_of;
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, ENDPOINTS, Endpoint, Segment};
use crate::serve::error::{Code, Problem, cut};
use crate::serve::example;
use crate::serve::extract;
use crate::serve::form::Form;
use crate::serve::headers::CacheClass;
use crate::serve::negotiate::takes_pages;
use crate::serve::site::{Page, prose};

/// The media type of the pages.
const PAGE: &str = "text/plain; charset=utf-8";

/// Columns of the text.
const WIDTH: usize = 88;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![problem()]
}

fn problem() -> Endpoint {
    Endpoint {
        id: "getProblem".to_owned(),
        base: Base::Root,
        path: "/problems/{code}".to_owned(),
        tag: "service",
        summary: "What a sort of failure means".to_owned(),
        description: "The page the `type` of a problem document points to: what it means, what to \
                      do, and an example. A browser gets the same words as HTML."
            .to_owned(),
        segments: vec![Segment {
            name: "code",
            description: "The code, with dashes.".to_owned(),
            example: "invalid-parameter".to_owned(),
        }],
        parameters: Vec::new(),
        answers: Answers {
            description: "The explanation.".to_owned(),
            forms: &[],
            media_type: PAGE,
            schema: json!({ "type": "string" }),
            example: Some(json!(heading(Code::InvalidParameter))),
            also: &[404],
        },
        resource: None,
        handler: |call: &Call<'_>| {
            call.asked()?;
            let slug = call.segment("code");
            let code = Code::ALL.iter().find(|code| code.slug() == slug);
            let code = code
                .ok_or_else(|| Problem::not_found(format!("there is no code `{}`", cut(slug))))?;
            if takes_pages(call.headers) {
                return in_html(*code, &call.state.settings().public_url);
            }
            let page = page(*code)?;
            Ok(Plan::ready(Answer::bytes(PAGE, page.into_bytes()).cached(CacheClass::Minute)))
        },
    }
}

/// The page of a code.
fn page(code: Code) -> Result<String, Problem> {
    let Example { request, problem, instance } = example_of(code);
    let document = serde_json::to_string_pretty(&problem.document(&instance));
    Ok(format!(
        "{}\nWhat it means\n\n{}\nWhat to do\n\n{}\nAn example\n\n    {request}\n\n{}\n",
        heading(code),
        wrapped(meaning_of(code)),
        wrapped(remedy_of(code)),
        indented(&document.map_err(Problem::internal)?),
    ))
}

/// The same words for a browser.
fn in_html(code: Code, host: &str) -> Result<Plan, Problem> {
    let Example { request, problem, instance } = example_of(code);
    let document = serde_json::to_string_pretty(&problem.document(&instance));
    let document = document.map_err(Problem::internal)?;
    let page = Page {
        title: &format!("{}: Porchlight", code.title()),
        description: "What a sort of failure means, and what to do about it.",
        linked_data: None,
        address: &format!("{host}/problems/{}", code.slug()),
        host,
        body: html! {
            h1 { (code.title()) }
            p { "Code " code { (code.as_str()) } ", status " (code.number()) "." }
            h2 { "What it means" }
            p { (PreEscaped(prose(meaning_of(code)))) }
            h2 { "What to do" }
            p { (PreEscaped(prose(remedy_of(code)))) }
            h2 { "An example" }
            pre tabindex="0" { (request) }
            p { "is answered with" }
            pre tabindex="0" { (document) }
        },
    };
    Ok(Plan::ready(answer_of(&page, CacheClass::Minute)))
}

fn heading(code: Code) -> String {
    let title = code.title();
    let line = "=".repeat(title.chars().count());
    format!("{title}\n{line}\n\ncode: {}\nstatus: {}\n", code.as_str(), code.number())
}

/// What a code means.
fn meaning_of(code: Code) -> &'static str {
    match code {
        Code::UnknownParameter => {
            "The endpoint has no query parameter of that name. It stands in `errors`, under an \
             `invalid_parameter` as a whole; nothing is ignored in silence but names that begin \
             with `utm_`."
        }
        Code::InvalidParameter => {
            "A query parameter is unknown, stands twice, or has a value that is not of its \
             type. `errors` lists every fault at once, up to 50, each with a code of its own."
        }
        Code::LimitTooLarge => "`limit` is above the 1000 records one page may hold.",
        Code::CursorMismatch => {
            "A cursor continues one query of one release: the same path, filters and sort. This \
             one belongs to another, or is no cursor of ours."
        }
        Code::UnknownRelease => {
            "No release has that name. A release is called YYYY-MM-DD.N; `latest` and a bare \
             day (the last release on or before it) work, too."
        }
        Code::NotFound => {
            "No record, file or page has that address. An id that was once published is never \
             answered like this: it redirects to the record it was merged into, or is gone."
        }
        Code::Gone => {
            "The record, or the release, was published and later taken back, for the reason in \
             `detail`."
        }
        Code::MethodNotAllowed => "The service is read only.",
        Code::NotAcceptable => {
            "The endpoint has none of the formats that the `Accept` header or the path's suffix \
             asks for."
        }
        Code::PayloadTooLarge => {
            "The request has a body, and it is too large. No endpoint reads one."
        }
        Code::UriTooLong => "Path and query have more than 8192 bytes together.",
        Code::RangeNotSatisfiable => "The `Range` header asks for bytes the file does not have.",
        Code::RateLimited => "Too many requests came from your address in a short time.",
        Code::Unavailable => {
            "There is no release to answer from yet, its status is not known to this server, it has \
             more to do than it can, or it is about to stop. `detail` says which."
        }
        Code::Internal => {
            "A fault of this server, noted in its log under the `Request-Id` of the answer."
        }
    }
}

/// What to do about it.
fn remedy_of(code: Code) -> &'static str {
    match code {
        Code::UnknownParameter => {
            "`did_you_mean` is the nearest name there is, `allowed` lists all. /openapi.json \
             says what each does."
        }
        Code::InvalidParameter => {
            "Mend what `errors` names. Several values go into one parameter, joined by commas; \
             a comma inside a value is written `%2C`. Text is UTF-8, percent-encoded."
        }
        Code::LimitTooLarge => {
            "Ask for 1000 or fewer and follow `links.next`, or take a file: \
             /data/latest/manifest.json lists them."
        }
        Code::CursorMismatch => "Follow `links.next` as it is, or start again without `cursor`.",
        Code::UnknownRelease => "/v1/releases lists every release.",
        Code::NotFound => {
            "Compare the address with /openapi.json, and the id with the list it came from. An \
             older release does not have the records of later ones."
        }
        Code::Gone => {
            "Where `detail` names a release that still holds it, /v1/releases/{release}/… answers \
             as it did then. A release that was taken back is followed by the one `detail` names."
        }
        Code::MethodNotAllowed => "Use GET, HEAD or OPTIONS; `Allow` lists them.",
        Code::NotAcceptable => {
            "`application/json` always works. /openapi.json lists the formats of each endpoint."
        }
        Code::PayloadTooLarge => "Put what you ask into the path and the query.",
        Code::UriTooLong => {
            "Ask in several requests, or take a file of the release and select there."
        }
        Code::RangeNotSatisfiable => {
            "`Content-Range` says how long the file is. It never changes: a download that was \
             cut off can be continued where it ended."
        }
        Code::RateLimited => {
            "Wait as many seconds as `Retry-After` says. For all of the data take a file: \
             /data/latest/manifest.json lists them."
        }
        Code::Unavailable => "Ask again after as many seconds as `Retry-After` says.",
        Code::Internal => {
            "Ask again; if it stays, report it with the address and the `Request-Id`."
        }
    }
}

/// A request that fails in this way, and how.
struct Example {
    request: String,
    problem: Problem,
    instance: String,
}

impl Example {
    fn new(request: &str, code: Code, detail: &str) -> Self {
        let instance = request.split(' ').nth(1).unwrap_or_default().to_owned();
        Self { request: request.to_owned(), problem: Problem::new(code, detail), instance }
    }

    /// A query that the endpoint refuses, with the very faults it finds.
    fn of_query(query: &str) -> Option<Self> {
        let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.path == "/vendors")?;
        let address = endpoint.address();
        let problem = extract::read(query, &endpoint.parameters, &address, Form::Json).err()?;
        let instance = format!("{address}?{query}");
        Some(Self { request: format!("GET {instance}"), problem, instance })
    }
}

fn example_of(code: Code) -> Example {
    let query = match code {
        Code::UnknownParameter => Some("nam=Ring"),
        Code::InvalidParameter => Some("evidence_count=many&sort=-nam"),
        Code::LimitTooLarge => Some("limit=5000"),
        Code::CursorMismatch => Some("cursor=abc"),
        Code::UnknownRelease
        | Code::NotFound
        | Code::Gone
        | Code::MethodNotAllowed
        | Code::NotAcceptable
        | Code::PayloadTooLarge
        | Code::UriTooLong
        | Code::RangeNotSatisfiable
        | Code::RateLimited
        | Code::Unavailable
        | Code::Internal => None,
    };
    query.and_then(Example::of_query).unwrap_or_else(|| {
        let (request, detail) = told(code);
        Example::new(&request, code, detail)
    })
}

/// A request that fails for other reasons than its query, and what is said of it.
fn told(code: Code) -> (String, &'static str) {
    let release = example::RELEASE;
    let get = |path: &str| format!("GET {path}");
    match code {
        Code::UnknownParameter
        | Code::InvalidParameter
        | Code::LimitTooLarge
        | Code::CursorMismatch => (get("/v1/vendors"), "the query cannot be used"),
        Code::UnknownRelease => (
            get("/v1/releases/2019-01-01.1/vendors"),
            "there is no release `2019-01-01.1`; the newest is 2026-11-24.1",
        ),
        Code::NotFound => (get("/v1/vendors/rng"), "there is no `rng` among vendors"),
        Code::Gone => (
            get("/v1/agencies/agy_0123456789"),
            "the record was taken back: entered twice; 2026-11-23.1 is the last release with it",
        ),
        Code::MethodNotAllowed => {
            ("POST /v1/vendors".to_owned(), "POST is not allowed: the service is read only")
        }
        Code::NotAcceptable => (
            "GET /v1/vendors   Accept: text/turtle".to_owned(),
            "only application/json is available here",
        ),
        Code::PayloadTooLarge => (get("/v1/vendors"), "the body is too large; nothing reads it"),
        Code::UriTooLong => {
            (get("/"), "path and query have more than 8192 bytes; ask in several requests")
        }
        Code::RangeNotSatisfiable => (
            format!("GET /data/{release}/vendors.csv   Range: bytes=9999-"),
            "`vendors.csv` has 2048 bytes",
        ),
        Code::RateLimited => (get("/v1/vendors"), "too many requests; ask again in 3 seconds"),
        Code::Unavailable => (get("/v1/vendors"), "no release has been published yet"),
        Code::Internal => (
            get("/v1/vendors"),
            "something went wrong on our side; the log has it under this Request-Id",
        ),
    }
}

/// Prose in lines of at most [`WIDTH`] columns.
fn wrapped(text: &str) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if column == 0 {
            out.push_str("    ");
            column = 4;
        } else if column + 1 + length > WIDTH {
            out.push_str("\n    ");
            column = 4;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_it_means_what_to_do_and_how_it_looks() {
        insta::assert_snapshot!(page(Code::LimitTooLarge).unwrap(), @r#"
        Limit too large
        ===============

        code: limit_too_large
        status: 400

        What it means

            `limit` is above the 1000 records one page may hold.

        What to do

            Ask for 1000 or fewer and follow `links.next`, or take a file:
            /data/latest/manifest.json lists them.

        An example

            GET /v1/vendors?limit=5000

            {
              "type": "/problems/limit-too-large",
              "title": "Limit too large",
              "status": 400,
              "code": "limit_too_large",
              "detail": "'limit': expected a whole number from 0 to 1000, found `5000`",
              "instance": "/v1/vendors?limit=5000",
              "errors": [
                {
                  "parameter": "limit",
                  "code": "limit_too_large",
                  "detail": "expected a whole number from 0 to 1000, found `5000`"
                }
              ]
            }
        "#);
    }

    #[test]
    fn every_example_fails_in_the_way_it_stands_for() {
        for code in Code::ALL {
            let problem = example_of(*code).problem;
            let named = problem.code == *code || problem.faults.iter().any(|f| f.code == *code);
            assert!(named, "{code:?}: {problem:?}");
            assert!(page(*code).unwrap().lines().all(|line| line.chars().count() < 120));
        }
    }
}
