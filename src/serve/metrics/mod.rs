//! What the service counts about itself, for Prometheus.
//!
//! Written by hand and not by a library: the usual one keeps every duration until somebody scrapes
//! it, and cannot forget a release, a source or a gate that is past.

mod exposition;
mod histogram;
mod listener;
mod machinery;
mod process;
mod queries;
mod requests;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};

use super::cache_outcome::CacheOutcome;
use super::known_status::KnownStatus;
use super::releases::Releases;
use exposition::Exposition;
use requests::Requests;

pub use listener::run as run_metrics;
pub use queries::TimedDatabase;

pub(super) use exposition::MEDIA_TYPE;
pub(super) use queries::QueryTimes;
pub(super) use requests::Route;

/// Panics that were caught, in the whole process: a fault of the program, whoever asked.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Notes that a panic was caught.
pub(super) fn caught_panic() {
    PANICS.fetch_add(1, Ordering::Relaxed);
}

/// What one server counts. Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub(super) struct Metrics(Arc<Counters>);

#[derive(Default)]
struct Counters {
    requests: Requests,
    in_flight: AtomicI64,
    bytes_sent: AtomicU64,
    connections: AtomicI64,
    connections_made: AtomicU64,
    rate_limited: AtomicU64,
}

/// Something that is counted as long as this value lives.
pub(super) struct Present {
    metrics: Metrics,
    gauge: fn(&Counters) -> &AtomicI64,
}

impl Drop for Present {
    fn drop(&mut self) {
        (self.gauge)(&self.metrics.0).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// A client is connected, until what this gives is dropped.
    pub(super) fn connected(&self) -> Present {
        self.0.connections_made.fetch_add(1, Ordering::Relaxed);
        self.present(|counters| &counters.connections)
    }

    /// A request is being answered, until what this gives is dropped.
    pub(super) fn in_flight(&self) -> Present {
        self.present(|counters| &counters.in_flight)
    }

    fn present(&self, gauge: fn(&Counters) -> &AtomicI64) -> Present {
        gauge(&self.0).fetch_add(1, Ordering::Relaxed);
        Present { metrics: self.clone(), gauge }
    }

    /// A request was answered; `took` is up to the head of the answer.
    pub(super) fn answered(
        &self,
        route: Route,
        method: &Method,
        status: StatusCode,
        outcome: Option<CacheOutcome>,
        took: Duration,
    ) {
        self.0.requests.count(route, method, status, outcome, took);
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.0.rate_limited.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Bytes of bodies were handed to connections, as compressed as they are.
    pub(super) fn sent(&self, bytes: u64) {
        self.0.bytes_sent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Everything, in the text format of Prometheus; `cached` are the bytes and the number of bodies
    /// that are kept.
    ///
    /// Asks the catalog, so it may take as long as [`KnownStatus::get`] waits.
    pub(super) fn text(
        &self,
        cached: (u64, u64),
        releases: &Releases,
        status: &KnownStatus,
    ) -> String {
        let mut out = Exposition::default();
        self.write(&mut out);
        let (bytes, bodies) = cached;
        out.gauge("porchlight_body_cache_bytes", "Bytes of finished bodies kept.")
            .sample(&[], bytes);
        out.gauge("porchlight_body_cache_entries", "Finished bodies kept.").sample(&[], bodies);
        releases.query_times().write(&mut out);
        machinery::write_releases(&mut out, releases, status.now());
        machinery::write_status(&mut out, status.get().as_ref().as_ref().ok(), status.now());
        process::write(&mut out);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        out.gauge("porchlight_build_info", "The program; always 1.").sample(&version, 1);
        out.into_text()
    }

    fn write(&self, out: &mut Exposition) {
        let counters = &*self.0;
        counters.requests.write(out);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let present = |gauge: &AtomicI64| gauge.load(Ordering::Relaxed);
        let help = "Requests whose answer is not sent to its end.";
        out.gauge("porchlight_http_requests_in_flight", help)
            .sample(&[], present(&counters.in_flight));
        let help = "Bytes of bodies handed to connections, as compressed as they are.";
        out.counter("porchlight_http_response_bytes_total", help)
            .sample(&[], read(&counters.bytes_sent));
        out.gauge("porchlight_http_connections", "Clients connected.")
            .sample(&[], present(&counters.connections));
        out.counter("porchlight_http_connections_total", "Connections made.")
            .sample(&[], read(&counters.connections_made));
        let help = "Requests refused because their address asked too often.";
        out.counter("porchlight_http_rate_limited_total", help)
            .sample(&[], read(&counters.rate_limited));
        out.counter("porchlight_panics_total", "Panics caught while answering.")
            .sample(&[], read(&PANICS));
    }
}
