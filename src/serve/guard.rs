//! What stands around every answer: its name in the log, limits, coding and common headers.

use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use tracing::Instrument as _;

use super::body;
use super::cache::Key;
use super::cache_outcome::CacheOutcome;
use super::client::Client;
use super::connection::Activity;
use super::dispatch::{AskedBy, RequestId};
use super::encoding::{self, Taken};
use super::endpoint;
use super::error::{Code, Problem};
use super::finished::Words;
use super::headers;
use super::metrics::Route;
use super::rate_limit::Allowance;
use super::refusal::refuse;
use super::state::State;
use super::trace;
use super::visit::Visit;

/// Bytes of path and query that are read.
const LONGEST_ADDRESS: usize = 8192;

/// Bytes of a request body that are passed over. No endpoint reads any.
const LARGEST_BODY: u64 = 8192;

/// Names the request, refuses what no endpoint should see, and puts on every answer what stands on
/// all of them.
pub(super) async fn always(
    state: Data<State>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    let visit = Visit::begin(&state);
    let id = state.request_id(request.request());
    let trusted = &state.settings().trusted_proxies;
    let client = Client::asking(trusted, request.peer_addr(), request.headers());
    let answering = request.conn_data::<Rc<Activity>>().map(Activity::answering);
    let allowance = allowance(&state, request.request(), client);
    let taken = Taken::by(request.headers(), is_compressible(request.request()));
    let refused = refusal(request.request(), allowance.as_ref(), taken);
    // Before anybody looks which releases there are.
    let generation = state.releases().generation();
    let words =
        taken.and_then(|taken| Words::of(request.request(), taken)).filter(|_| refused.is_none());
    let finished =
        words.and_then(|words| state.finished().get(words, request.headers(), generation));
    if let Some(finished) = finished {
        let (span, route) = (trace::span(request.request(), &id), finished.route());
        let mut response = finished.response();
        trace::record(&span, request.method(), route, response.status());
        put_own(response.headers_mut(), &id, allowance.as_ref());
        let response =
            visit.answered(request.request(), route, Some(CacheOutcome::Hit), &id, response);
        return Ok(request.into_response(body::holding(response, answering)));
    }
    // Kept until the answer is sent: a chunked body that nobody holds is read to its end, which
    // never comes where the client does not wish it.
    let unread = announces_too_much(request.request()).then(|| request.take_payload());
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(AskedBy(client));
    let (asked, response) = if let Some(why) = refused {
        let asked = request.into_parts().0;
        let response = refuse(&asked, &why);
        (asked, response)
    } else {
        let span = trace::span(request.request(), &id);
        let (asked, response) = next.call(request).instrument(span.clone()).await?.into_parts();
        trace::record(&span, asked.method(), Route::of(&asked), response.status());
        let response = coded(&state, &asked, taken, response.map_into_boxed_body()).await;
        (asked, response)
    };
    let route = Route::of(&asked);
    let outcome = response.extensions().get::<CacheOutcome>().copied();
    let mut response = match asked.method() {
        &Method::HEAD => body::announced(response),
        _ => response,
    };
    headers::put_always(response.headers_mut(), &state.settings().public_url);
    if let Some(words) = taken.and_then(|taken| Words::of(&asked, taken)) {
        response = state.finished().keep(words, generation, route, response);
    }
    put_own(response.headers_mut(), &id, allowance.as_ref());
    if unread.is_some() {
        // What follows on this connection is the body, not a request.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    if asks_for_web_socket(asked.headers()) {
        // The server takes such a connection for one that is no longer HTTP, and would send a body
        // without the chunks it announces. So the end of the connection is that of the body.
        response.head_mut().no_chunking(true);
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    let response = visit.answered(&asked, route, outcome, &id, response);
    Ok(ServiceResponse::new(asked, body::holding(response, (answering, unread))))
}

/// Puts on an answer what is said of this request alone.
fn put_own(headers: &mut HeaderMap, request_id: &str, allowance: Option<&Allowance>) {
    headers::put_request_id(headers, request_id);
    if let Some(allowance) = allowance {
        allowance.put(headers);
    }
}

/// What is left to the client; `None` where nothing is counted.
///
/// Whoever supervises the server asks for its health and its metrics, and a browser asks before it
/// asks: none should be refused for what somebody else does.
fn allowance(state: &State, request: &HttpRequest, client: Client) -> Option<Allowance> {
    let exempt =
        endpoint::is_for_supervisors(request.path()) || request.method() == Method::OPTIONS;
    let limiter = state.rate_limiter().filter(|_| !exempt)?;
    Some(limiter.ask(client))
}

/// Why a request gets to no endpoint.
fn refusal(
    request: &HttpRequest,
    allowance: Option<&Allowance>,
    taken: Option<Taken>,
) -> Option<Problem> {
    if let Some(detail) = allowance.and_then(Allowance::refusal) {
        return Some(Problem::new(Code::RateLimited, detail));
    }
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > LONGEST_ADDRESS {
        let detail = format!(
            "path and query have more than {LONGEST_ADDRESS} bytes; ask in several requests"
        );
        return Some(Problem::new(Code::UriTooLong, detail));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    if announces_too_much(request) {
        let detail = format!(
            "no endpoint reads a request body; this one is chunked or has more than {LARGEST_BODY} \
             bytes"
        );
        return Some(Problem::new(Code::PayloadTooLarge, detail));
    }
    if taken.is_none() {
        let detail = "`Accept-Encoding` refuses every coding there is for this address";
        return Some(Problem::new(Code::NotAcceptable, detail));
    }
    None
}

/// Whether a request has a body that is not passed over: a large one, or of unknown length.
fn announces_too_much(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    headers.contains_key(header::TRANSFER_ENCODING)
        || length.and_then(|length| length.parse::<u64>().ok()).is_some_and(|n| n > LARGEST_BODY)
}

/// Whether a client would rather speak another protocol, which there is not.
fn asks_for_web_socket(headers: &HeaderMap) -> bool {
    let mut wishes = headers.get_all(header::UPGRADE).filter_map(|wish| wish.to_str().ok());
    wishes.any(|wish| wish.trim().eq_ignore_ascii_case("websocket"))
}

/// Whether bodies of this address may be compressed on their way: not those of files, whose bytes
/// have a hash, a length and ranges.
fn is_compressible(request: &HttpRequest) -> bool {
    // What stands below a release; the page of the release itself is no file.
    let below = request.path().strip_prefix("/data/").map(|path| path.trim_end_matches('/'));
    !below.is_some_and(|path| path.contains('/'))
}

/// The answer in the coding its client likes best. A body that is kept is coded once.
async fn coded(
    state: &State,
    request: &HttpRequest,
    taken: Option<Taken>,
    response: HttpResponse,
) -> HttpResponse {
    let Some(taken) = taken else { return response };
    let coding = taken.coding;
    let key = response.extensions().get::<Key>().cloned();
    let key = key.filter(|_| encoding::gains(&response, taken));
    if let Some(body) = key.as_ref().and_then(|key| state.bodies().coded(key, coding)) {
        return encoding::as_coded(response, coding, body);
    }
    let coded = match encoding::encoded(response, taken) {
        Ok(response) => response,
        Err(error) => return refuse(request, &Problem::internal(error)),
    };
    // What is only announced is not compressed for that.
    let Some(key) = key.filter(|_| request.method() != Method::HEAD) else { return coded };
    let (head, body) = coded.into_parts();
    match to_bytes(body).await {
        Ok(body) => {
            state.bodies().keep_coded(&key, coding, &body);
            head.set_body(BoxBody::new(body))
        }
        Err(error) => refuse(request, &Problem::internal(error.to_string())),
    }
}
