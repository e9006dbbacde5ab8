//! Who is told what happened.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::report::{Check, causes};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::notify::Notifier;

const ABOUT: &str = "notify";

pub(super) fn checks(config: &Config, catalog: Option<&Catalog>, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks = Vec::new();
    let settings = &config.notify;
    if settings.command.is_none() && settings.webhooks.is_empty() {
        checks.push(Check::warning(
            ABOUT,
            "nobody is told when a candidate is held or a source fails",
            "set PORCHLIGHT_NOTIFY_COMMAND or PORCHLIGHT_NOTIFY_WEBHOOK",
        ));
    }
    checks.extend(settings.command.as_deref().and_then(of_command));
    if let Some(path) = &settings.secret_file
        && is_open_to_others(path)
    {
        let found = format!("{} is open to others of this machine", path.display());
        checks.push(Check::warning(ABOUT, found, "`chmod 600` it"));
    }
    if config.serve.websub_hub.is_some() && config.serve.public_url.is_none() {
        checks.push(Check::warning(
            ABOUT,
            "the hub cannot be told of releases: the feeds' addresses are not known",
            "set PORCHLIGHT_PUBLIC_URL",
        ));
    }
    match Notifier::new(config) {
        Ok(notifier) => {
            checks.extend(notifier.ways().map(|way| Check::ok(ABOUT, format!("{way} is told"))));
            checks.extend(
                catalog.map(|catalog| of_untold(&notifier, catalog, now)).unwrap_or_default(),
            );
        }
        Err(error) => {
            let advice = "install the certificates of the system (`ca-certificates`)";
            checks.push(Check::fault(ABOUT, causes(&error), advice));
        }
    }
    checks
}

/// What could not be told, and why.
fn of_untold(notifier: &Notifier, catalog: &Catalog, now: DateTime<Utc>) -> Vec<Check> {
    let untold = match notifier.untold(catalog, now) {
        Ok(untold) => untold,
        Err(error) => return vec![Check::fault(ABOUT, causes(&error), "look at the catalog")],
    };
    let failed = untold.into_iter().filter_map(|(way, untold)| {
        let failure = untold.failure?;
        let notice = &untold.notice;
        let found = format!(
            "{way} could not be told of {} {} in {} tries: {failure}",
            notice.kind, notice.subject, untold.tries
        );
        let advice = "mend that; the next run tries again, and `porchlight notify --test` shows";
        Some(Check::warning(ABOUT, found, advice))
    });
    failed.collect()
}

fn of_command(words: &[String]) -> Option<Check> {
    let program = Path::new(words.first()?);
    let advice = "give the absolute path of a program that this user may run (`chmod +x`)";
    (!is_executable(program))
        .then(|| Check::fault(ABOUT, format!("`{}` cannot be run", program.display()), advice))
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|m| m.permissions().mode())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    mode(path).is_some_and(|mode| mode & 0o111 != 0)
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    mode(path).is_some_and(|mode| mode & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}
