//! What every handler can reach.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use chrono::{DateTime, Utc};

use super::cache::Bodies;
use super::downloads::Downloads;
use super::finished::Finished;
use super::known_status::{Known, KnownStatus};
use super::metrics::Metrics;
use super::open_release::OpenRelease;
use super::queue::Queue;
use super::rate_limit::RateLimiter;
use super::releases::Releases;
use super::status::StatusSource;
use super::texts::Texts;
use crate::config::{Network, RateLimit, ServeBounds};

/// What the server is told when it starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address clients use, such as `https://data.example.org`, put before every link.
    /// Empty: links are relative to the host that is asked.
    pub public_url: String,
    /// The address that the server listens on, such as `http://127.0.0.1:8080`: what stands before a
    /// call that a page has to copy, where there is no public one.
    pub local_url: String,
    /// An e-mail address for questions about the data.
    pub contact_email: Option<String>,
    /// The hub that tells subscribers when a feed has news; `None` where there is no such hub.
    pub websub_hub: Option<String>,
    /// Where the files of releases lie for everybody, such as `https://files.example.org/prefix`:
    /// clients are sent there for them. `None`: they are sent from here.
    pub data_url: Option<String>,
    /// Threads that answer; 0 means one per core.
    pub workers: usize,
    /// Requests a client address may make; `None` is no limit.
    pub rate_limit: Option<RateLimit>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Bytes of finished bodies that are kept in memory.
    pub cache_bytes: u64,
    /// Whether each request is a line of the log.
    pub access_log: bool,
    /// Whether `/metrics` is among what is served.
    pub serves_metrics: bool,
    /// What clients can take of the server.
    pub bounds: ServeBounds,
    /// The instant at which it starts.
    pub started_at: DateTime<Utc>,
}

impl Settings {
    /// What stands before a call as somebody types it.
    pub(super) fn typed_url(&self) -> &str {
        if self.public_url.is_empty() { &self.local_url } else { &self.public_url }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: String::new(),
            local_url: "http://127.0.0.1:8080".to_owned(),
            contact_email: None,
            websub_hub: None,
            data_url: None,
            workers: 0,
            rate_limit: None,
            trusted_proxies: Vec::new(),
            cache_bytes: 64 << 20,
            access_log: true,
            serves_metrics: true,
            bounds: ServeBounds::default(),
            started_at: DateTime::UNIX_EPOCH,
        }
    }
}

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

struct Shared {
    releases: Arc<Releases>,
    status: KnownStatus,
    metrics: Metrics,
    bodies: Bodies,
    finished: Finished,
    texts: Texts,
    settings: Settings,
    rate_limiter: Option<RateLimiter>,
    downloads: Downloads,
    queue: Queue,
    stopping: AtomicBool,
    /// When the clock showed [`Settings::started_at`].
    started: Instant,
    /// Begins every request id, so that those of two processes differ.
    process: u32,
    requests: AtomicU64,
}

impl State {
    /// The state of a server of these releases.
    ///
    /// The caller keeps a handle on `releases` and calls [`Releases::reload`] on it when a new
    /// one was published.
    pub fn new(
        releases: Arc<Releases>,
        status: impl StatusSource + 'static,
        mut settings: Settings,
    ) -> Self {
        let bare = settings.public_url.trim_end_matches('/').len();
        settings.public_url.truncate(bare);
        let rate_limiter = settings.rate_limit.map(RateLimiter::new);
        let process = RandomState::new().hash_one(std::process::id());
        let status = KnownStatus::new(status, Arc::clone(&releases));
        Self(Arc::new(Shared {
            releases,
            status,
            // Most of it for what is given again as it is and for bodies in their codings, the rest
            // for what new bodies are put together from.
            finished: Finished::new(settings.cache_bytes / 8 * 3),
            bodies: Bodies::new(settings.cache_bytes / 8 * 3),
            texts: Texts::new(settings.cache_bytes / 4),
            metrics: Metrics::default(),
            downloads: Downloads::new(&settings.bounds),
            queue: Queue::new(&settings.bounds),
            settings,
            rate_limiter,
            stopping: AtomicBool::new(false),
            started: Instant::now(),
            process: (process >> 32) as u32,
            requests: AtomicU64::new(0),
        }))
    }

    /// The releases there are.
    #[must_use]
    pub fn releases(&self) -> &Arc<Releases> {
        &self.0.releases
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Counts the requests of every client, where they are limited.
    pub(super) fn rate_limiter(&self) -> Option<&RateLimiter> {
        self.0.rate_limiter.as_ref()
    }

    /// Finished bodies.
    pub(super) fn bodies(&self) -> &Bodies {
        &self.0.bodies
    }

    /// Finished answers.
    pub(super) fn finished(&self) -> &Finished {
        &self.0.finished
    }

    /// Records as JSON text.
    pub(super) fn texts(&self) -> &Texts {
        &self.0.texts
    }

    /// Exports and large files under way.
    pub(super) fn downloads(&self) -> &Downloads {
        &self.0.downloads
    }

    /// Work that may take long.
    pub(super) fn queue(&self) -> &Queue {
        &self.0.queue
    }

    /// Says from now on that no more requests should be sent here.
    pub(super) fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server was told to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    /// The instant it is, counted from the one at which the server was started.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.0.settings.started_at + self.0.started.elapsed()
    }

    /// How the machinery is doing. Blocks for a moment at most.
    pub(super) fn status(&self) -> Known {
        self.0.status.get()
    }

    /// What this server counts about itself.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// All of that, for Prometheus. Blocks for a moment at most.
    pub(super) fn metrics_text(&self) -> String {
        let Shared { metrics, bodies, finished, texts, releases, status, .. } = &*self.0;
        let held = [bodies.held(), finished.held(), texts.held()];
        let held = held.iter().fold((0, 0), |(bytes, number), (b, n)| (bytes + b, number + n));
        metrics.text(held, releases, status)
    }

    /// The name of a request: the one a trusted proxy gave it, or one that no other request of
    /// this process has.
    pub(super) fn request_id(&self, request: &HttpRequest) -> String {
        let trusted = |peer: SocketAddr| {
            self.0.settings.trusted_proxies.iter().any(|network| network.contains(peer.ip()))
        };
        if request.peer_addr().is_some_and(trusted)
            && let Some(given) = given_id(request.headers())
        {
            return given.to_owned();
        }
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-{number:08x}", self.0.process)
    }
}

/// The longest name of a request that is taken from a proxy, in bytes.
const LONGEST_ID: usize = 64;

/// The name a proxy gave a request, where it is one that is fit for a header and for the log.
fn given_id(headers: &HeaderMap) -> Option<&str> {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    ["request-id", "x-request-id"]
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .find(|id| !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(fit))
}

/// The release a request is about.
#[derive(Clone)]
pub(super) struct Place {
    /// The release.
    pub(super) release: Arc<OpenRelease>,
    /// Whether the request named it exactly, so that the answer holds for ever.
    pub(super) pinned: bool,
}
