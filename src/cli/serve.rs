//! `porchlight serve`: answer from the releases, and refresh them on schedule.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::machinery::Machinery;
use super::output::say;
use super::settings::Environment;
use super::signals::told_to_stop;
use super::status::CatalogStatus;
use crate::config::{Config, MetricsPlace};
use crate::serve::{self, Releases, Replica, Settings, State};
use crate::storage::Storage;

pub(super) async fn run(config: &Config, given: Environment) -> anyhow::Result<Exit> {
    let listener = TcpListener::bind(config.serve.listen)
        .with_context(|| format!("cannot listen on {}", config.serve.listen))?;
    let metrics = listen_for_scrapes(config.serve.metrics)?;
    let releases = Arc::new(releases(config)?.keeping_open(config.serve.open_releases));
    if let Err(error) = releases.reload() {
        // One damaged release takes no other out of service.
        if releases.newest().is_none() {
            return Err(error.into());
        }
        tracing::error!(error = &error as &dyn std::error::Error, "a release is damaged");
    }
    let stop = CancellationToken::new();
    let machinery = Machinery::new(config.clone(), given, Arc::clone(&releases), stop.clone());
    // What is on other machines may be away, and is waited for while this one answers.
    if machinery.is_of_this_machine()
        && let Err(error) = machinery.prepare().await
    {
        // Readers need no catalog: what is published is served without one, from a disk that cannot
        // be written too.
        if releases.newest().is_none() {
            return Err(error);
        }
        let error = AsRef::<dyn std::error::Error>::as_ref(&error);
        tracing::error!(error, "no refreshes and no status until the catalog can be had");
    }
    let status = CatalogStatus::new(
        machinery.catalog(),
        config.schedule.enabled.then(|| config.schedule.clone()),
        config.sources.clone(),
    );
    let address = listener.local_addr()?;
    let settings = Settings { local_url: local_url(address), ..settings(config) };
    let state = State::new(releases, status, settings);
    say(format!("listening on http://{address}"))?;
    let machinery = tokio::spawn(machinery.run());
    let bounds = &config.serve.bounds;
    tokio::spawn(stop_when_told(stop.clone(), bounds.drain + bounds.shutdown));
    let scrapes = async {
        match metrics {
            Some(listener) => serve::run_metrics(listener, state.clone(), stop.cancelled()).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(serve::run(listener, state.clone(), stop.cancelled()), scrapes)?;
    stop.cancel();
    machinery.await?;
    Ok(Exit::Done)
}

/// Passes on the word of whoever supervises the process; `bound` is what a stop may take.
async fn stop_when_told(stop: CancellationToken, bound: Duration) {
    told_to_stop(bound).await;
    stop.cancel();
}

/// The socket of the metrics, where they have one of their own.
fn listen_for_scrapes(place: MetricsPlace) -> anyhow::Result<Option<TcpListener>> {
    let MetricsPlace::Own(address) = place else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address} for metrics"))?;
    tracing::info!(address = %listener.local_addr()?, "metrics are served");
    Ok(Some(listener))
}

/// The releases of a folder where they lie, or copies of those of a bucket.
fn releases(config: &Config) -> anyhow::Result<Releases> {
    let storage = Storage::open(&config.storage.for_clients())?;
    Ok(match storage.local_path("releases") {
        Some(folder) => Releases::new(folder),
        None => Releases::of(Replica::new(storage, config.home.join("replica/releases"))),
    })
}

/// How somebody on this machine writes the address of the server: one that listens on all addresses
/// is at that of the machine itself, too.
fn local_url(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    format!("http://{address}")
}

fn settings(config: &Config) -> Settings {
    let serve = &config.serve;
    Settings {
        public_url: serve.public_url.clone().unwrap_or_default(),
        contact_email: serve.contact_email.clone(),
        websub_hub: serve.websub_hub.clone(),
        data_url: serve.data_url.clone(),
        workers: serve.workers.unwrap_or(0),
        rate_limit: serve.rate_limit,
        trusted_proxies: serve.trusted_proxies.clone(),
        cache_bytes: serve.cache_bytes,
        access_log: serve.access_log,
        serves_metrics: serve.metrics == MetricsPlace::Service,
        bounds: serve.bounds.clone(),
        started_at: super::now(),
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::local_url;

    #[test]
    fn a_server_on_all_addresses_is_at_that_of_its_machine() {
        for (bound, url) in [
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:8080", "http://[::1]:8080"),
            ("192.0.2.1:9000", "http://192.0.2.1:9000"),
        ] {
            assert_eq!(local_url(bound.parse().unwrap()), url);
        }
    }
}
