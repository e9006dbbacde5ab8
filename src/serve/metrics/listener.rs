//! Metrics on an address of their own, away from the public.

use std::future::Future;
use std::net::TcpListener;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};

use super::exposition::MEDIA_TYPE;
use crate::serve::ServeError;
use crate::serve::state::State;

/// Seconds a scrape under way has to finish when the server stops.
const GRACE: u64 = 5;

/// Answers scrapes of `/metrics` until `shutdown` is done.
pub async fn run(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let server = HttpServer::new(move || {
        App::new().app_data(Data::new(state.clone())).route("/metrics", web::get().to(scrape))
    })
    .workers(1)
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

async fn scrape(state: Data<State>) -> HttpResponse {
    let text = web::block(move || state.metrics_text()).await;
    match text {
        Ok(text) => HttpResponse::Ok().insert_header((CONTENT_TYPE, MEDIA_TYPE)).body(text),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the scrape failed");
            HttpResponse::InternalServerError().finish()
        }
    }
}
