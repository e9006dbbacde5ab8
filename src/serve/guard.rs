//! What stands around every answer: its name in the log, limits, coding and common headers.

use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use tracing::Instrument as _;

use super::body;
use super::cache::Key;
use super::client::Client;
use super::connection::Activity;
use super::dispatch::{AskedBy, RequestId};
use super::encoding::{self, Coding};
use super::endpoint;
use super::error::{Code, Problem};
use super::headers;
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
    request.extensions_mut().insert(RequestId(id.clone()));
    let trusted = &state.settings().trusted_proxies;
    let client = Client::asking(trusted, request.peer_addr(), request.headers());
    request.extensions_mut().insert(AskedBy(client));
    let answering = request.conn_data::<Rc<Activity>>().map(Activity::answering);
    let allowance = allowance(&state, request.request());
    // Kept until the answer is sent: a chunked body that nobody holds is read to its end, which
    // never comes where the client does not wish it.
    let unread = announces_too_much(request.request()).then(|| request.take_payload());
    let (asked, response) = if let Some(why) = refusal(request.request(), allowance.as_ref()) {
        let asked = request.into_parts().0;
        let response = refuse(&asked, &why);
        (asked, response)
    } else {
        let span = trace::span(request.request(), &id);
        let (asked, response) = next.call(request).instrument(span.clone()).await?.into_parts();
        trace::record(&span, &asked, response.status());
        let response = coded(&state, &asked, response.map_into_boxed_body()).await;
        (asked, response)
    };
    let mut response = match asked.method() {
        &Method::HEAD => body::announced(response),
        _ => response,
    };
    if let Some(unread) = unread {
        // What follows on this connection is the body, not a request.
        response.head_mut().set_connection_type(ConnectionType::Close);
        response = body::holding(response, unread);
    }
    response = body::holding(response, answering);
    if asks_for_web_socket(asked.headers()) {
        // The server takes such a connection for one that is no longer HTTP, and would send a body
        // without the chunks it announces. So the end of the connection is that of the body.
        response.head_mut().no_chunking(true);
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    headers::put_always(response.headers_mut(), &id, &state.settings().public_url);
    if let Some(allowance) = allowance {
        allowance.put(response.headers_mut());
    }
    let response = visit.answered(&asked, &id, response);
    Ok(ServiceResponse::new(asked, response))
}

/// What is left to the client; `None` where nothing is counted.
///
/// Whoever supervises the server asks for its health and its metrics, and a browser asks before it
/// asks: none should be refused for what somebody else does.
fn allowance(state: &State, request: &HttpRequest) -> Option<Allowance> {
    let exempt =
        endpoint::is_for_supervisors(request.path()) || request.method() == Method::OPTIONS;
    let limiter = state.rate_limiter().filter(|_| !exempt)?;
    Some(limiter.ask(request.peer_addr(), request.headers()))
}

/// Why a request gets to no endpoint.
fn refusal(request: &HttpRequest, allowance: Option<&Allowance>) -> Option<Problem> {
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
    if Coding::chosen(request.headers(), is_compressible(request)).is_none() {
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
fn asks_for_web_socket(headers: &header::HeaderMap) -> bool {
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
async fn coded(state: &State, request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    let compressible = is_compressible(request);
    let coding = Coding::chosen(request.headers(), compressible).unwrap_or(Coding::Identity);
    let key = response.extensions().get::<Key>().cloned();
    let key = key.filter(|_| encoding::gains(&response, request.headers(), coding));
    if let Some(body) = key.as_ref().and_then(|key| state.bodies().coded(key, coding)) {
        return encoding::as_coded(response, coding, body);
    }
    let coded = match encoding::encoded(response, request.headers(), coding) {
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
