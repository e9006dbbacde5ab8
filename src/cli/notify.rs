//! `porchlight notify`: tell what waits to be told, or try whether anybody is reached; and what
//! every run does at its end.

use std::fs::OpenOptions;
use std::io::ErrorKind;

use chrono::{DateTime, SubsecRound as _, Utc};
use clap::Args;

use super::exit::{Exit, Refusal};
use super::output::{causes, say, say_json};
use crate::catalog::{Catalog, RunKind, RunOutcome};
use crate::config::Config;
use crate::notify::{Delivery, Notifier};
use crate::release::digest;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Send a test event on every way instead, and remember nothing of it
    #[arg(long)]
    test: bool,
    /// Print the deliveries as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Exit> {
    let notifier = Notifier::new(config)?;
    if notifier.ways().next().is_none() {
        let words = "nobody is to be told anything: set PORCHLIGHT_NOTIFY_COMMAND or \
                     PORCHLIGHT_NOTIFY_WEBHOOK";
        return Err(Refusal::new(Exit::Configuration, words).into());
    }
    let now = super::now();
    let deliveries = if arguments.test {
        notifier.try_out(now).await
    } else {
        notifier.tell(&Catalog::open(&config.catalog)?, None, now).await?
    };
    if arguments.json {
        say_json(&deliveries)?;
    } else {
        for delivery in &deliveries {
            say(in_words(delivery))?;
        }
        if deliveries.is_empty() {
            say("nothing waits to be told")?;
        }
    }
    let failed = deliveries.iter().any(|delivery| delivery.failure.is_some());
    Ok(if failed { Exit::Unavailable } else { Exit::Done })
}

fn in_words(delivery: &Delivery) -> String {
    let Delivery { way, event, subject, failure } = delivery;
    match failure {
        None => format!("told      {way}: {event} {subject}"),
        Some(failure) => format!("not told  {way}: {event} {subject}: {failure}"),
    }
}

/// Tells people what happened in and before a run that began at `began`. It never fails: what could
/// not be told stands in the log, and the next run tries again.
pub(super) async fn after_run(
    config: &Config,
    began: DateTime<Utc>,
    failed: Option<&anyhow::Error>,
) {
    let notifier = match Notifier::new(config) {
        Ok(notifier) => notifier,
        Err(error) => return warn(&error),
    };
    if notifier.ways().next().is_none() {
        return;
    }
    let reason = failed.map(causes);
    let now = super::now();
    match Catalog::open(&config.catalog) {
        Ok(catalog) => {
            let unrecorded = reason.as_deref().filter(|_| !is_recorded(&catalog, began));
            match notifier.tell(&catalog, unrecorded, now).await {
                Ok(_told) => return,
                Err(error) => warn(&error),
            }
        }
        Err(error) => warn(&error),
    }
    if let Some(reason) = reason
        && is_first_today(config, now)
    {
        notifier.tell_unremembered(&reason, now).await;
    }
}

/// Whether the catalog knows that a run that began then has failed.
fn is_recorded(catalog: &Catalog, began: DateTime<Utc>) -> bool {
    let last = catalog.runs_of(RunKind::Refresh, 1).ok().and_then(|mut runs| runs.pop());
    last.is_some_and(|run| {
        run.outcome == RunOutcome::Failed && run.started_at >= began.trunc_subsecs(0)
    })
}

/// Whether this is the first time today that it is asked for this home, as far as a mark in the
/// system's folder for temporary files tells: the catalog is away, and a schedule that cannot even
/// note a run tries again every minute.
fn is_first_today(config: &Config, now: DateTime<Utc>) -> bool {
    let home = std::path::absolute(&config.home).unwrap_or_else(|_| config.home.clone());
    let mark = digest::sha256(home.as_os_str().as_encoded_bytes());
    let name = format!("porchlight-failed-{}-{}", &mark[..16], now.date_naive());
    // Only a new file is made, so that a link of that name leads nowhere.
    let made =
        OpenOptions::new().write(true).create_new(true).open(std::env::temp_dir().join(name));
    made.err().is_none_or(|error| error.kind() != ErrorKind::AlreadyExists)
}

fn warn(error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(error, "nobody could be told what happened");
}
