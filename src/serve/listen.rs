//! Takes connections, each with its bounds, to the application.

use std::net::TcpListener;
use std::rc::Rc;

use actix_http::HttpService;
use actix_service::map_config;
use actix_web::body::MessageBody;
use actix_web::dev::{
    AppConfig, Server, Service as _, ServiceFactory, ServiceRequest, ServiceResponse, fn_factory,
    fn_service,
};
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error};
use futures_util::FutureExt as _;

use super::client::Client;
use super::connection::Connection;
use super::places::{Places, Taken};
use super::state::State;
use crate::config::Network;

/// Threads per worker for what may take long: searches, large counts, reading files.
const LONG_WORK_THREADS: usize = 8;

/// Files the program opens beside connections and what is sent through them: release files, the
/// catalog, the log.
const OTHER_FILES: u32 = 128;

/// A server that answers with `app` on a socket that listens.
pub(super) fn server<T, B>(
    listener: TcpListener,
    state: &State,
    app: impl Fn() -> App<T> + Send + Clone + 'static,
) -> std::io::Result<Server>
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let settings = state.settings();
    let bounds = settings.bounds.clone();
    let workers = match settings.workers {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        workers => workers,
    };
    let connections = fitting(bounds.connections, bounds.downloads, open_files());
    let trusted = settings.trusted_proxies.clone();
    let of_clients = Places::new(bounds.connections_per_client);
    // Whoever opened the socket chose how many may wait; the last word is ours.
    socket2::SockRef::from(&listener).listen(i32::try_from(bounds.backlog).unwrap_or(i32::MAX))?;
    let builder = Server::build();
    let stopping = builder.graceful_shutdown_signal();
    let grace = bounds.shutdown.as_secs() + u64::from(bounds.shutdown.subsec_nanos() > 0);
    let metrics = state.metrics().clone();
    let factory = move || {
        let (stopping, metrics) = (stopping.clone(), metrics.clone());
        let http = HttpService::<Connection, _, _>::build()
            .keep_alive(bounds.keep_alive)
            .client_request_timeout(bounds.head)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(move |connection: &Connection, of_requests| {
                of_requests.insert(connection.activity());
                of_requests.insert(metrics.connected());
            })
            .h1(map_config(app(), |()| AppConfig::default()));
        let (bounds, trusted, of_clients) = (bounds.clone(), trusted.clone(), of_clients.clone());
        fn_factory(move || {
            let made = http.new_service(());
            let (bounds, trusted, of_clients) =
                (bounds.clone(), trusted.clone(), of_clients.clone());
            async move {
                let http = Rc::new(made.await?);
                Ok::<_, ()>(fn_service(move |stream: TcpStream| {
                    let peer = stream.peer_addr().ok();
                    match place(&stream, &trusted, &of_clients) {
                        Ok(place) => {
                            http.call((Connection::new(stream, &bounds, place), peer)).boxed_local()
                        }
                        // Closed at once: an answer would cost more than the client is owed.
                        Err(TooMany) => std::future::ready(Ok(())).boxed_local(),
                    }
                }))
            }
        })
    };
    let server = builder
        .workers(workers)
        .worker_max_blocking_threads(LONG_WORK_THREADS)
        .max_concurrent_connections((connections as usize).div_ceil(workers))
        .shutdown_timeout(grace)
        .disable_signals()
        .listen("http", listener, factory)?;
    Ok(server.run())
}

/// A client has as many connections as it may.
struct TooMany;

/// The place of a connection among those of its client; none is needed for a trusted proxy, which
/// speaks for many.
fn place(
    stream: &TcpStream,
    trusted: &[Network],
    of_clients: &Places,
) -> Result<Option<Taken>, TooMany> {
    // Without a peer it is gone already.
    let peer = stream.peer_addr().map_err(|_gone| TooMany)?.ip();
    if trusted.iter().any(|network| network.contains(peer)) {
        return Ok(None);
    }
    of_clients.take(Client::of(peer)).map(Some).ok_or(TooMany)
}

/// Connections for which there are files enough: at the end of the files nobody would be accepted,
/// and no release opened.
fn fitting(connections: u32, downloads: u32, open_files: Option<u32>) -> u32 {
    let Some(open_files) = open_files else { return connections };
    let most = open_files.saturating_sub(downloads.saturating_add(OTHER_FILES)).max(1);
    if connections > most {
        tracing::warn!(
            connections,
            most,
            open_files,
            "the process may open too few files for so many connections: raise `ulimit -n`"
        );
    }
    connections.min(most)
}

/// How many files the process may have open; `None` where it is not known or not bounded.
fn open_files() -> Option<u32> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_connections_than_there_are_files_for() {
        assert_eq!(fitting(4096, 128, None), 4096);
        assert_eq!(fitting(4096, 128, Some(65_536)), 4096);
        assert_eq!(fitting(4096, 128, Some(1024)), 768);
        assert_eq!(fitting(4096, 128, Some(10)), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_how_many_files_may_be_open() {
        assert!(open_files().is_some_and(|files| files > 10));
    }
}
