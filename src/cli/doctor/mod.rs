//! `porchlight doctor`: whether everything is as it should be, and what to do where it is not.
//!
//! It changes no data: it makes no catalog, takes no lead and publishes nothing. What it writes to
//! try a folder or a bucket it deletes again.

mod bucket;
mod catalog;
mod clock;
mod folder;
mod public_url;
mod releases;
mod report;
mod schedule;
mod settings;
mod signing_key;
mod sources;
mod ways;

use clap::Args;
use serde_json::json;

use super::exit::Exit;
use super::output::{say, say_json};
use crate::config::{Config, ConfigError, StorageLocation};
use report::{Check, Level, causes};
pub(super) use settings::{Effective, effective};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask no source and not the public URL
    #[arg(long)]
    offline: bool,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Looks at everything. `config` is what the settings mean, where they mean something.
pub(super) async fn run(
    config: Result<&Config, &ConfigError>,
    settings: &[Effective],
    arguments: &Arguments,
) -> anyhow::Result<Exit> {
    let checks = match config {
        Ok(config) => checks(config, arguments.offline).await,
        Err(error) => {
            let advice = "`porchlight --help` tells what each setting may be";
            vec![Check::fault("settings", causes(error), advice)]
        }
    };
    if arguments.json {
        say_json(&json!({ "settings": settings, "checks": checks }))?;
    } else {
        for setting in settings {
            say(setting.in_words())?;
        }
        for check in &checks {
            say(check.in_words())?;
        }
        say(in_short(&checks))?;
    }
    let is_well = checks.iter().all(|check| check.level != Level::Fault);
    Ok(if is_well { Exit::Done } else { Exit::Unwell })
}

async fn checks(config: &Config, offline: bool) -> Vec<Check> {
    let now = super::now();
    let (newest, of_releases) = releases::checks(config).await;
    let mut checks = vec![Check::ok("settings", "they can be understood")];
    checks.extend(folder::checks(config, newest.as_ref()));
    checks.extend(clock::against_release(newest.as_ref(), now));
    if !offline {
        let (of_sources, clocks) = sources::checks(config).await;
        checks.extend(clock::against_sources(&clocks));
        checks.extend(of_sources);
    }
    let (catalog, of_catalog) = catalog::checks(config, now);
    checks.extend(of_catalog);
    if matches!(config.storage, StorageLocation::S3(_)) {
        checks.extend(bucket::checks(config, now).await);
    }
    checks.extend(of_releases);
    checks.push(signing_key::check(config, newest.as_ref()));
    if !offline {
        checks.extend(public_url::check(config, newest.as_ref(), now).await);
    }
    checks.extend(schedule::checks(config, catalog.as_ref(), now));
    checks.extend(ways::checks(config, catalog.as_ref(), now));
    checks
}

fn in_short(checks: &[Check]) -> String {
    let count = |level| checks.iter().filter(|check| check.level == level).count();
    let (faults, warnings) = (count(Level::Fault), count(Level::Warning));
    match (faults, warnings) {
        (0, 0) => "all is well".to_owned(),
        (0, warnings) => format!("no fault; {warnings} to know of"),
        (faults, warnings) => format!("{faults} to mend; {warnings} more to know of"),
    }
}
