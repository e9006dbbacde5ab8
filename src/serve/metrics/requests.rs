//! Requests, counted by route, method, status and what the cache of bodies had to do with them.
//!
//! Every combination there can be has its counter from the start: counting takes no lock, no look
//! into a table and no memory, and no client can make more of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage as _, HttpRequest};

use super::exposition::Exposition;
use super::histogram::Histogram;
use crate::serve::cache_outcome::CacheOutcome;
use crate::serve::endpoint::{ENDPOINTS, Endpoint};

/// An endpoint, by its place in [`ENDPOINTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) struct Route(pub(in crate::serve) usize);

impl Route {
    /// Requests that got to no endpoint: there is none, or they were refused before.
    fn none() -> Self {
        Self(ENDPOINTS.len())
    }

    /// Where a request got to.
    pub(in crate::serve) fn of(request: &HttpRequest) -> Self {
        request.extensions().get().copied().unwrap_or_else(Self::none)
    }

    /// The pattern of its path, the same under every release.
    pub(in crate::serve) fn pattern(self) -> String {
        ENDPOINTS.get(self.0).map_or_else(|| "none".to_owned(), Endpoint::address)
    }
}

const METHODS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "other"];

/// Every status an answer of ours has; the last is for any other.
const STATUSES: [u16; 18] =
    [200, 204, 206, 304, 307, 308, 400, 404, 405, 406, 410, 413, 414, 416, 429, 500, 503, 0];

const OUTCOMES: [Option<CacheOutcome>; 3] =
    [None, Some(CacheOutcome::Hit), Some(CacheOutcome::Miss)];

/// Counters of one route.
const PER_ROUTE: usize = METHODS.len() * STATUSES.len() * OUTCOMES.len();

/// Requests that were answered.
pub(super) struct Requests {
    counts: Box<[AtomicU64]>,
    durations: Box<[Histogram]>,
}

impl Default for Requests {
    fn default() -> Self {
        let routes = ENDPOINTS.len() + 1;
        Self {
            counts: (0..routes * PER_ROUTE).map(|_| AtomicU64::new(0)).collect(),
            durations: (0..routes).map(|_| Histogram::default()).collect(),
        }
    }
}

impl Requests {
    /// Counts one.
    pub(super) fn count(
        &self,
        route: Route,
        method: &Method,
        status: StatusCode,
        outcome: Option<CacheOutcome>,
        took: Duration,
    ) {
        let method = match *method {
            Method::GET => 0,
            Method::HEAD => 1,
            Method::OPTIONS => 2,
            _ => METHODS.len() - 1,
        };
        let other = STATUSES.len() - 1;
        let status = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(other);
        let outcome = match outcome {
            None => 0,
            Some(CacheOutcome::Hit) => 1,
            Some(CacheOutcome::Miss) => 2,
        };
        let within = (method * STATUSES.len() + status) * OUTCOMES.len() + outcome;
        self.counts[route.0 * PER_ROUTE + within].fetch_add(1, Ordering::Relaxed);
        self.durations[route.0].observe(took);
    }

    /// Writes those that were counted; a combination that never came up is left out.
    pub(super) fn write(&self, out: &mut Exposition) {
        let help = "Requests answered, by route, method, status and cache of bodies.";
        let mut family = out.counter("porchlight_http_requests_total", help);
        for (index, counts) in self.counts.chunks(PER_ROUTE).enumerate() {
            let route = Route(index).pattern();
            for (within, count) in counts.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count == 0 {
                    continue;
                }
                let status = match STATUSES[within / OUTCOMES.len() % STATUSES.len()] {
                    0 => "other".to_owned(),
                    status => status.to_string(),
                };
                let labels = [
                    ("route", route.as_str()),
                    ("method", METHODS[within / OUTCOMES.len() / STATUSES.len()]),
                    ("status", &status),
                    ("cache", OUTCOMES[within % OUTCOMES.len()].map_or("none", |o| o.as_str())),
                ];
                family.sample(&labels, count);
            }
        }
        let help = "From the head of a request to the head of its answer, by route.";
        let mut family = out.histogram("porchlight_http_request_duration_seconds", help);
        for (index, durations) in self.durations.iter().enumerate() {
            family.buckets(&[("route", &Route(index).pattern())], durations);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_has_a_counter_of_its_own() {
        let requests = Requests::default();
        let routes = [Route(0), Route(1), Route::none()];
        let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE];
        for route in routes {
            for method in &methods {
                for status in STATUSES {
                    // One that is in no list counts as `other`.
                    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
                    for outcome in OUTCOMES {
                        requests.count(route, method, status, outcome, Duration::ZERO);
                    }
                }
            }
        }
        let mut out = Exposition::default();
        requests.write(&mut out);
        let text = out.into_text();
        let counted =
            text.lines().filter(|line| line.starts_with("porchlight_http_requests_total{"));
        assert_eq!(counted.clone().count(), routes.len() * PER_ROUTE);
        assert!(counted.clone().all(|line| line.ends_with(" 1")), "{text}");
        let teapot = "route=\"none\",method=\"other\",status=\"other\",cache=\"miss\"";
        assert!(counted.into_iter().any(|line| line.contains(teapot)), "{text}");
    }

    #[test]
    fn every_status_of_a_failure_is_listed() {
        for code in crate::serve::Code::ALL {
            assert!(STATUSES.contains(&code.number()), "{code:?}");
        }
    }
}
