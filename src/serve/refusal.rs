//! The answer to a request that failed: a problem document, or for a browser beside the API a page.

use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use super::dispatch::{METHODS, request_id_of};
use super::error::{Code, Problem};
use super::headers::{CacheClass, put_release};
use super::json;
use super::negotiate::takes_pages;
use super::site;
use super::state::Place;

/// Seconds after which a server without a release is worth asking again.
const RETRY_AFTER: u64 = 30;

/// The answer that says what went wrong.
pub(super) fn refuse(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    if let Some(cause) = &problem.cause {
        let id = request_id_of(request);
        let cause: &dyn std::error::Error = cause.as_ref();
        tracing::error!(error = cause, request_id = id, uri = %request.uri(), "request failed");
    }
    let mut response = HttpResponse::build(problem.code.status());
    let cache = match problem.code {
        Code::NotFound | Code::UnknownRelease => CacheClass::Minute.cache_control(),
        Code::Gone if problem.of_pinned_release => CacheClass::Pinned.cache_control(),
        Code::Gone => CacheClass::Latest.cache_control(),
        Code::UnknownParameter
        | Code::InvalidParameter
        | Code::LimitTooLarge
        | Code::CursorMismatch
        | Code::MethodNotAllowed
        | Code::NotAcceptable
        | Code::PayloadTooLarge
        | Code::UriTooLong
        | Code::RangeNotSatisfiable
        | Code::RateLimited
        | Code::Unavailable
        | Code::Internal => CacheClass::Never.cache_control(),
    };
    response.insert_header((header::CACHE_CONTROL, cache));
    if let Some(place) = request.extensions().get::<Place>() {
        put_release(&mut response, place, false);
    }
    if problem.code == Code::MethodNotAllowed {
        response.insert_header((header::ALLOW, METHODS));
    }
    let unavailable = (problem.code == Code::Unavailable).then_some(RETRY_AFTER);
    if let Some(seconds) = problem.retry_after.or(unavailable) {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    if let Some(size) = problem.file_size {
        response.insert_header((header::CONTENT_RANGE, format!("bytes */{size}")));
    }
    if is_for_people(request) {
        response.insert_header((header::CONTENT_TYPE, site::HTML));
        response.insert_header((header::CONTENT_SECURITY_POLICY, site::POLICY));
        return response.body(site::problem(problem));
    }
    response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
    // What is too long to read is too long to repeat.
    let address = request.uri().path_and_query().filter(|_| problem.code != Code::UriTooLong);
    let instance = address.map_or("/", |address| address.as_str());
    let mut body = Vec::new();
    json::write_value(&mut body, &problem.document(instance));
    response.body(body)
}

/// Whether a browser asks for a page of the site, so that what went wrong is told in one. The API
/// tells it in the same way to everybody.
fn is_for_people(request: &HttpRequest) -> bool {
    let is_api = request.path() == "/v1" || request.path().starts_with("/v1/");
    !is_api && takes_pages(request.headers())
}
