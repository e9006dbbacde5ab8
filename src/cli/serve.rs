//! `porchlight serve`: answer from the releases, and refresh them on schedule.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Refusal};
use super::output::say;
use super::scheduled;
use super::settings::Environment;
use super::status::CatalogStatus;
use crate::catalog::Catalog;
use crate::config::{Config, ScheduleSettings};
use crate::refresh::Context;
use crate::schedule::{Job, Schedule};
use crate::serve::{self, Releases, Settings, State};
use crate::storage::Storage;

pub(super) async fn run(config: &Config, given: Environment) -> anyhow::Result<Exit> {
    let storage = Storage::open(&config.storage)?;
    let folder = storage.local_path("releases").ok_or_else(not_from_a_bucket)?;
    let listener = TcpListener::bind(config.serve.listen)
        .with_context(|| format!("cannot listen on {}", config.serve.listen))?;
    let releases = Arc::new(Releases::new(folder).keeping_open(config.serve.open_releases));
    if let Err(error) = releases.reload() {
        // One damaged release takes no other out of service.
        if releases.newest().is_none() {
            return Err(error.into());
        }
        tracing::error!(error = &error as &dyn std::error::Error, "a release is damaged");
    }
    let catalog = prepare(config, &releases).await?;
    let status = CatalogStatus::new(
        catalog.clone(),
        config.schedule.enabled.then(|| config.schedule.clone()),
        config.sources.clone(),
    );
    let settings = Settings {
        public_url: config.serve.public_url.clone().unwrap_or_default(),
        contact_email: config.serve.contact_email.clone(),
        websub_hub: config.serve.websub_hub.clone(),
        workers: config.serve.workers.unwrap_or(0),
        rate_limit: config.serve.rate_limit,
        trusted_proxies: config.serve.trusted_proxies.clone(),
        ..Settings::default()
    };
    let state = State::new(Arc::clone(&releases), status, settings);
    say(format!("listening on http://{}", listener.local_addr()?))?;

    let stop = CancellationToken::new();
    let schedule = match catalog {
        Some(catalog) if config.schedule.enabled => {
            let releases = Arc::clone(&releases);
            Some(start_schedule(&config.schedule, catalog, given, releases, &stop).await?)
        }
        Some(_) | None => None,
    };
    let watcher = tokio::spawn(watch(releases, config.serve.poll, stop.clone()));
    serve::run(listener, state, told_to_stop()).await?;
    stop.cancel();
    if let Some(schedule) = schedule {
        schedule.stop().await;
    }
    watcher.await?;
    Ok(Exit::Done)
}

fn not_from_a_bucket() -> Refusal {
    let words = "serve answers from a local folder, not from a bucket: copy the bucket's \
                 `releases/` into one, such as with `aws s3 sync s3://BUCKET/releases \
                 FOLDER/releases`, and start `porchlight serve --no-schedule --storage-url \
                 file:///FOLDER`";
    Refusal::new(Exit::Configuration, words)
}

/// Opens the catalog, and publishes the built-in data where nothing is published yet: something to
/// answer with before the first source has been asked.
///
/// Readers need no catalog: what is published is served without one, from a disk that cannot be
/// written too.
async fn prepare(config: &Config, releases: &Releases) -> anyhow::Result<Option<Catalog>> {
    let context = match Context::open(config) {
        Ok(context) => context,
        Err(error) if releases.newest().is_some() => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "no refreshes and no status until the next start");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    if releases.newest().is_none() {
        context.publish_built_in(super::now()).await?;
        releases.reload()?;
    }
    Ok(Some(context.catalog().clone()))
}

async fn start_schedule(
    settings: &ScheduleSettings,
    catalog: Catalog,
    given: Environment,
    releases: Arc<Releases>,
    stop: &CancellationToken,
) -> anyhow::Result<Schedule> {
    let stop = stop.child_token();
    let stopped = stop.clone();
    let job: Job = Arc::new(move |_now| {
        let (given, releases, stopped) = (given.clone(), Arc::clone(&releases), stopped.clone());
        async move {
            scheduled::refresh(given, &stopped).await?;
            releases.reload()?;
            Ok(())
        }
        .boxed()
    });
    Ok(Schedule::start(settings, catalog, job, stop).await?)
}

/// Looks for releases that another process published.
async fn watch(releases: Arc<Releases>, pause: Duration, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let reloaded = {
            let releases = Arc::clone(&releases);
            tokio::task::spawn_blocking(move || releases.reload()).await
        };
        match reloaded {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a release is damaged");
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "looking for releases");
            }
        }
    }
}

/// Waits until the process is told to stop, by the terminal or by whoever supervises it.
async fn told_to_stop() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            // Without a handler the signal ends the process, as it does by default.
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
