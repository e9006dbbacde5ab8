//! Doors to what reads a request, for the fuzz targets alone: behind the cargo feature `fuzzing`,
//! which no program that is run has.
//!
//! What stands here decides nothing. It calls what the server calls and tells what came of it.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};

use super::asked::{Asked, Canonical};
use super::client;
use super::cursor::{self, Scope};
use super::encoding::Taken;
use super::endpoint::ENDPOINTS;
use super::extract;
use super::files::{Range, range_of};
use super::form::Form;
use super::headers;
use super::negotiate;
use super::release_name::ReleaseName;
use crate::config::Network;
use crate::record::{Cell, ReleaseId};

/// A query that was understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// Its one spelling, without the question mark.
    pub spelling: String,
    /// All that it asks for, as text to compare.
    pub meaning: String,
}

/// How many endpoints there are.
#[must_use]
pub fn endpoints() -> usize {
    ENDPOINTS.len()
}

/// In how many forms an endpoint answers.
#[must_use]
pub fn forms(endpoint: usize) -> usize {
    ENDPOINTS[endpoint].forms().len().max(1)
}

/// Reads a query string as an endpoint does for one of its forms; an error is the status of its
/// answer.
pub fn read_query(endpoint: usize, form: usize, query: &str) -> Result<Question, u16> {
    let endpoint = &ENDPOINTS[endpoint];
    let form = endpoint.forms().get(form).copied().unwrap_or(Form::Json);
    let asked = extract::read(query, &endpoint.parameters, &endpoint.address(), form);
    let asked = asked.map_err(|problem| problem.code.number())?;
    let spelling = asked.canonical.suffix(asked.cursor.as_deref());
    let limit = Some(asked.page_size());
    let meaning = Asked { limit, canonical: Canonical::default(), ..asked };
    Ok(Question {
        spelling: spelling.trim_start_matches('?').to_owned(),
        meaning: format!("{meaning:?}"),
    })
}

/// The cursor that goes on after a row with these keys, in a list with these filters and this sort.
#[must_use]
pub fn write_cursor(release: ReleaseId, filters: &str, sort: &str, keys: &[Cell]) -> String {
    cursor::encode(&Scope { release, path: "/agencies", filters, sort }, keys)
}

/// The keys such a cursor holds, of which there must be as many; an error is the status of the
/// answer.
pub fn read_cursor(
    cursor: &str,
    release: ReleaseId,
    (filters, sort): (&str, &str),
    keys: usize,
) -> Result<Vec<Cell>, u16> {
    let scope = Scope { release, path: "/agencies", filters, sort };
    cursor::decode(cursor, &scope, keys).map_err(|problem| problem.code.number())
}

/// The media type that `Accept` chooses among all forms; an error is the status of the answer.
pub fn accepted(accept: &[u8]) -> Result<&'static str, u16> {
    let chosen = negotiate::choose(None, &sent(header::ACCEPT, accept), Form::ALL);
    chosen.map(Form::essence).map_err(|problem| problem.code.number())
}

/// Whether `Accept-Encoding` leaves any coding to answer in.
#[must_use]
pub fn has_coding(accept_encoding: &[u8]) -> bool {
    Taken::by(&sent(header::ACCEPT_ENCODING, accept_encoding), true).is_some()
}

/// What a `Range` asks for of a file of so many bytes, from the first to before the second; `None`
/// for bytes it does not have.
#[must_use]
pub fn range(header: &str, size: u64) -> Option<(u64, u64)> {
    match range_of(Some(header), size) {
        Range::Whole => Some((0, size)),
        Range::Part(from, to) => Some((from, to)),
        Range::Beyond => None,
    }
}

/// Whether `If-None-Match` names a version.
#[must_use]
pub fn names_version(if_none_match: &[u8], tag: &str) -> bool {
    headers::client_has(&sent(header::IF_NONE_MATCH, if_none_match), tag)
}

/// Whether `If-Modified-Since` is that instant or later.
#[must_use]
pub fn is_since(if_modified_since: &[u8], at: DateTime<Utc>) -> bool {
    headers::client_has_since(&sent(header::IF_MODIFIED_SINCE, if_modified_since), at)
}

/// An instant as HTTP writes it.
#[must_use]
pub fn http_date(at: DateTime<Utc>) -> String {
    headers::http_date(at)
}

/// A name of a release in its one spelling.
#[must_use]
pub fn release_name(text: &str) -> Option<String> {
    ReleaseName::read(text).map(|name| match name {
        ReleaseName::Exact(release) => release.to_string(),
        ReleaseName::Day(day) => day.to_string(),
        ReleaseName::Latest => "latest".to_owned(),
    })
}

/// The address that a request is counted for, which came from `peer` through these proxies.
#[must_use]
pub fn client(peer: SocketAddr, forwarded: &[u8], proxies: &[Network]) -> IpAddr {
    client::address(proxies, Some(peer), &sent(client::FORWARDED, forwarded))
}

/// The headers of a request with one header; without it where no header can hold those bytes.
fn sent(name: HeaderName, value: &[u8]) -> HeaderMap {
    let value = HeaderValue::from_bytes(value);
    value.map(|value| (name, value)).into_iter().collect()
}
