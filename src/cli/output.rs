//! What the commands print: answers to standard output, the rest to standard error.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::config::Config;
use crate::refresh::Context;

/// Prints a line of the answer. A reader that has gone away is no error.
pub(super) fn say(line: impl AsRef<str>) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{}", line.as_ref()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints the answer as JSON.
pub(super) fn say_json(answer: &impl Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(answer)?)
}

/// An instant as the API writes it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Prints why the command failed, with its causes.
pub(super) fn complain(error: &anyhow::Error) {
    // If even standard error is gone there is nobody to tell.
    drop(writeln!(io::stderr().lock(), "porchlight: {}", causes(error)));
}

/// An error and its causes, in one line.
pub(super) fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Opens what a run works with, and shows on a terminal which stage the run is at.
pub(super) fn watched(config: &Config) -> anyhow::Result<(Context, ProgressBar)> {
    let bar = progress();
    let shown = bar.clone();
    let context =
        Context::open(config)?.watched_by(move |stage| shown.set_message(stage.to_owned()));
    Ok((context, bar))
}

/// A line on a terminal that tells the stage a long command is at; in a log the stages stand as
/// plain lines anyway.
fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
    let bar = ProgressBar::new_spinner();
    bar.set_style(style.unwrap_or_else(|_wrong_template| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
