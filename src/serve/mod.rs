//! Answers requests from release files. Nothing here can start work on the data.

mod answer;
mod asked;
mod body;
mod cache;
mod cache_outcome;
mod client;
mod connection;
mod cursor;
mod deprecation;
mod dispatch;
mod downloads;
mod encoding;
mod endpoint;
mod error;
mod example;
mod extract;
mod feed;
mod files;
mod finished;
mod folders;
mod form;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod headers;
mod include;
mod json;
mod known_status;
mod listen;
mod locate;
mod metrics;
mod named;
mod nearest;
mod negotiate;
mod open_release;
mod openapi;
mod page;
mod parameter;
mod places;
mod queue;
mod rate_limit;
mod refusal;
mod release_name;
mod releases;
mod replica;
mod respond;
mod responses;
mod routes;
mod shape;
mod site;
mod state;
mod status;
mod stream;
mod texts;
mod trace;
mod value;
mod visit;

use std::future::Future;
use std::net::TcpListener;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpMessage as _, HttpRequest, HttpResponse};

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
///
/// From then on the server says that it is not ready; after [`drain`](crate::config::ServeBounds::drain) it accepts no
/// more, and after [`shutdown`](crate::config::ServeBounds::shutdown) what is still under way is cut.
pub async fn run(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let drain = state.settings().bounds.drain;
    let app = {
        let state = state.clone();
        move || {
            App::new()
                .app_data(Data::new(state.clone()))
                .configure(routes)
                .default_service(web::route().to(dispatch::nothing_here))
                .wrap(from_fn(guard::always))
        }
    };
    let server = listen::server(listener, &state, app).map_err(ServeError::Listen)?;
    let handle = server.handle();
    let stop = async {
        shutdown.await;
        state.stop();
        tokio::time::sleep(drain).await;
        handle.stop(true).await;
        // The server ends first; what is left is to wait for it.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = server => ended.map_err(ServeError::Failed),
        () = stop => Ok(()),
    }
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
