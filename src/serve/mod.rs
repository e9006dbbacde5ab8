//! Answers requests from release files. Nothing here can start work on the data.

mod answer;
mod asked;
mod body;
mod cache_outcome;
mod cursor;
mod deprecation;
mod dispatch;
mod encoding;
mod endpoint;
mod error;
mod example;
mod extract;
mod feed;
mod files;
mod folders;
mod form;
mod guard;
mod headers;
mod include;
mod json;
mod known_status;
mod locate;
mod metrics;
mod named;
mod nearest;
mod negotiate;
mod open_release;
mod openapi;
mod page;
mod parameter;
mod rate_limit;
mod release_name;
mod releases;
mod replica;
mod responses;
mod routes;
mod shape;
mod site;
mod state;
mod status;
mod stream;
mod trace;
mod value;
mod visit;

use std::any::Any;
use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpMessage as _, HttpRequest, HttpResponse, HttpServer};

pub use error::Code;
pub use metrics::{TimedDatabase, run_metrics};
pub use open_release::OpenRelease;
pub use releases::{KnownRelease, Releases, ReleasesError};
pub use replica::{Replica, ReplicaError};
pub use state::{Settings, State};
pub use status::{
    Health, HeldCandidate, LeaderStatus, RunReport, RunStatus, ScheduleStatus, ServedRelease,
    SourceStatus, StageStatus, StatusDocument, StatusSource, StatusUnknown,
};

use deprecation::DEPRECATED;
use endpoint::{ENDPOINTS, Endpoint};
use metrics::Route;

/// Seconds requests under way have to finish when the server stops.
const GRACE: u64 = 20;

/// Threads per worker for what may take long: searches, large counts, reading files.
const LONG_WORK_THREADS: usize = 8;

/// Why the server stopped before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket cannot be listened on.
    #[error("cannot listen")]
    Listen(#[source] std::io::Error),
    /// The server failed while it ran.
    #[error("the server failed")]
    Failed(#[source] std::io::Error),
}

/// The OpenAPI 3.1 document of everything that is served.
#[must_use]
pub fn openapi() -> serde_json::Value {
    openapi::document()
}

/// The same document in YAML, block style.
#[must_use]
pub fn openapi_yaml() -> String {
    openapi::yaml()
}

/// Answers requests until `shutdown` is done, then lets those under way finish.
pub async fn run(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let workers = match state.settings().workers {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        workers => workers,
    };
    let (stalled_after, metrics) = (state.settings().stalled_after, state.metrics().clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(state.clone()))
            .configure(routes)
            .default_service(web::route().to(dispatch::nothing_here))
            .wrap(from_fn(guard::always))
    })
    .workers(workers)
    .worker_max_blocking_threads(LONG_WORK_THREADS)
    // Without it small answers on a kept connection wait for the client's acknowledgement.
    .tcp_nodelay(true)
    .on_connect(move |connection, extensions| {
        bound(connection, stalled_after);
        extensions.insert(metrics.connected());
    })
    .shutdown_timeout(GRACE)
    .disable_signals()
    .listen(listener)
    .map_err(ServeError::Listen)?
    .run();
    let handle = server.handle();
    let stop = async {
        shutdown.await;
        handle.stop(true).await;
        // The server ends first; what is left is to wait for it.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = server => ended.map_err(ServeError::Failed),
        () = stop => Ok(()),
    }
}

/// Bounds how long a client may take nothing of what it is sent, so that one that stops reading
/// does not hold a connection and what waits to be sent for ever.
///
/// Only Linux can do so for a client that is there and does not read. Elsewhere one that is gone
/// is noticed after the minutes the system tries to reach it, and one that is there keeps its
/// connection, and at most one block of one export, until it goes. So does, on Linux as well, one
/// that keeps sending while it does not read: each packet puts the system's next look at it off.
fn bound(connection: &dyn Any, stalled_after: Duration) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() {
        let set = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(stalled_after));
        if let Err(error) = set {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a client that stops reading will not be cut off");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (connection, stalled_after);
}

/// Registers every endpoint at every path it has, with and without a slash at the end.
fn routes(config: &mut ServiceConfig) {
    let mut endpoints: Vec<_> = ENDPOINTS.iter().enumerate().collect();
    endpoints.sort_by_key(|(_, endpoint)| endpoint.precedence());
    for (index, endpoint) in endpoints {
        for pattern in endpoint.patterns() {
            let handler = move |request: HttpRequest, state: Data<State>| {
                request.extensions_mut().insert(Route(index));
                serve(endpoint, State::clone(&state), request)
            };
            let slashed = format!("{pattern}/");
            config.service(web::resource([pattern, slashed]).route(web::route().to(handler)));
        }
    }
}

/// Answers a request to an endpoint, and says where it is deprecated.
async fn serve(endpoint: &'static Endpoint, state: State, request: HttpRequest) -> HttpResponse {
    let mut response = dispatch::serve(endpoint, state.clone(), request.clone()).await;
    let (query, public_url) = (request.query_string(), &state.settings().public_url);
    deprecation::put(DEPRECATED, endpoint, query, public_url, response.headers_mut());
    response
}
