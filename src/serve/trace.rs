//! A request as a span, where traces are exported.

use actix_web::HttpRequest;
use actix_web::http::{Method, StatusCode};
use tracing::Span;
use tracing::field::Empty;

use super::metrics::Route;
use crate::telemetry;

/// The span of a request, which goes on with the trace its client began; no span where nobody
/// would get it.
pub(super) fn span(request: &HttpRequest, request_id: &str) -> Span {
    if !telemetry::exports_traces() {
        return Span::none();
    }
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = request.method().as_str(),
        http.response.status_code = Empty,
        http.route = Empty,
        url.path = request.path(),
        request_id,
    );
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(parent) = text("traceparent") {
        telemetry::continue_trace(&span, parent, text("tracestate"));
    }
    span
}

/// Says of a span what became of its request.
pub(super) fn record(span: &Span, method: &Method, route: Route, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    let route = route.pattern();
    telemetry::rename(span, format!("{method} {route}"));
    span.record("http.route", route);
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
