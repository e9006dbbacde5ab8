//! A request from its arrival to the last byte of its answer: counted, and a line of the log.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use super::cache_outcome::CacheOutcome;
use super::metrics::{Metrics, Present, Route};
use super::state::State;

/// Where the lines of the access log come from, for whoever filters the log.
const ACCESS: &str = "porchlight::access";

/// Bytes of a path that stand in the log.
const LOGGED_PATH: usize = 256;

/// A request that is being answered.
pub(super) struct Visit {
    metrics: Metrics,
    logged: bool,
    began: Instant,
    _in_flight: Present,
}

impl Visit {
    /// Begins with the head of the request.
    pub(super) fn begin(state: &State) -> Self {
        let metrics = state.metrics().clone();
        let logged =
            state.settings().access_log && tracing::enabled!(target: ACCESS, tracing::Level::INFO);
        Self { logged, began: Instant::now(), _in_flight: metrics.in_flight(), metrics }
    }

    /// Counts the answer, and logs it when its last byte is sent, or the client is gone.
    pub(super) fn answered(
        self,
        asked: &HttpRequest,
        route: Route,
        outcome: Option<CacheOutcome>,
        request_id: &str,
        response: HttpResponse,
    ) -> HttpResponse {
        let took = self.began.elapsed();
        self.metrics.answered(route, asked.method(), response.status(), outcome, took);
        let line = self.logged.then(|| {
            let path = cut(asked.path());
            let (method, status) = (asked.method().clone(), response.status().as_u16());
            Line { request_id: request_id.to_owned(), method, path, route, status, outcome }
        });
        let is_head = *asked.method() == Method::HEAD;
        let sending = Sending { visit: self, line, bytes: 0, complete: is_head };
        // No body is not an empty one, which would announce its length.
        if response.body().size() == BodySize::None {
            sending.end_with(0);
            return response;
        }
        let (response, body) = response.into_parts();
        let body = match body.try_into_bytes() {
            // A body in memory leaves at once: to follow it would cost more than it tells.
            Ok(bytes) => {
                sending.end_with(if is_head { 0 } else { bytes.len() as u64 });
                BoxBody::new(bytes)
            }
            Err(body) => BoxBody::new(Followed { body, sending }),
        };
        response.set_body(body)
    }
}

/// What the log says of a request, beside what becomes of its answer.
struct Line {
    request_id: String,
    method: Method,
    path: String,
    route: Route,
    status: u16,
    outcome: Option<CacheOutcome>,
}

/// An answer on its way. Where it ends, whole or not, it is counted and logged.
struct Sending {
    visit: Visit,
    line: Option<Line>,
    bytes: u64,
    complete: bool,
}

impl Sending {
    /// Notes that all of it has left.
    fn end_with(mut self, bytes: u64) {
        (self.bytes, self.complete) = (bytes, true);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.visit.metrics.sent(self.bytes);
        let Some(line) = &self.line else { return };
        let Line { request_id, method, path, route, status, outcome } = line;
        tracing::info!(
            target: ACCESS,
            request_id,
            method = method.as_str(),
            route = %route.pattern(),
            path,
            status,
            cache = outcome.map_or("none", CacheOutcome::as_str),
            bytes = self.bytes,
            duration_ms = milliseconds(self.visit.began.elapsed()),
            complete = self.complete,
            "request"
        );
    }
}

/// Milliseconds, to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// The beginning of a path. It is percent-encoded, so any place is fit to cut.
fn cut(path: &str) -> String {
    match path.get(..LOGGED_PATH) {
        Some(beginning) if path.len() > LOGGED_PATH => format!("{beginning}…"),
        Some(_) | None => path.to_owned(),
    }
}

/// A body that is followed on its way.
struct Followed {
    body: BoxBody,
    sending: Sending,
}

impl MessageBody for Followed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let next = ready!(Pin::new(&mut self.body).poll_next(context));
        match &next {
            Some(Ok(bytes)) => self.sending.bytes += bytes.len() as u64,
            Some(Err(_)) => {}
            None => self.sending.complete = true,
        }
        // A body whose size is known need not be asked again when all of it is there.
        if matches!(self.size(), BodySize::Sized(size) if size == self.sending.bytes) {
            self.sending.complete = true;
        }
        Poll::Ready(next)
    }
}
