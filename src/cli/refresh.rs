//! `porchlight refresh`: look at the sources, publish what is new.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use super::exit::Exit;
use super::notify;
use super::output::{say, say_json, watched};
use crate::config::Config;
use crate::record::SourceId;
use crate::refresh::{Options, Outcome, Report};
use crate::release::GateVerdict;
use crate::source;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Look at this source only; may be given several times
    #[arg(long, value_name = "SOURCE", value_parser = known_source)]
    only: Vec<SourceId>,
    /// Judge the candidate, but publish and hold nothing
    #[arg(long)]
    dry_run: bool,
    /// Make every release again from its captures and compare; publish nothing
    #[arg(long, conflicts_with_all = ["only", "dry_run"])]
    replay: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// The id of a source that exists.
pub(super) fn known_source(text: &str) -> Result<SourceId, String> {
    let known = || source::SOURCES.iter().map(|source| source.card().id).collect::<Vec<_>>();
    if source::by_id(text).is_none() {
        return Err(format!("no such source; there are: {}", known().join(", ")));
    }
    text.parse().map_err(|error: crate::record::NotAnId| error.to_string())
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { only, dry_run, replay, json } = arguments;
    if replay {
        let (context, bar) = watched(config)?;
        let replayed = context.replay().await?;
        bar.finish_and_clear();
        return report_replay(&replayed, json);
    }
    let began = super::now();
    let report = refresh(config, &Options { only, dry_run }, began).await;
    if !dry_run {
        notify::after_run(config, began, report.as_ref().err()).await;
    }
    tell(&report?, json)
}

async fn refresh(config: &Config, options: &Options, now: DateTime<Utc>) -> anyhow::Result<Report> {
    let (context, bar) = watched(config)?;
    let report = context.refresh(options, now).await?;
    bar.finish_and_clear();
    Ok(report)
}

fn report_replay(replayed: &[crate::refresh::Replayed], as_json: bool) -> anyhow::Result<Exit> {
    let same = replayed.iter().all(|release| release.differing.is_empty());
    if as_json {
        say_json(&json!({ "same": same, "releases": replayed }))?;
    } else {
        for release in replayed {
            let found = if release.differing.is_empty() {
                "the same".to_owned()
            } else {
                format!("differs in {}", release.differing.join(", "))
            };
            say(format!("{}  {found}", release.release))?;
        }
    }
    Ok(if same { Exit::Done } else { Exit::BadData })
}

/// Prints how a run ended and gives the exit code.
pub(super) fn tell(report: &Report, as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        say_json(&in_json(report))?;
    } else {
        for failure in &report.failures {
            say(format!("failing: {}: {}", failure.source_id, failure.reason))?;
        }
        for line in in_words(&report.outcome) {
            say(line)?;
        }
    }
    Ok(match report.outcome {
        Outcome::Busy => Exit::Busy,
        Outcome::Held { .. } => Exit::Held,
        Outcome::Judged { ref gates, .. } if gates.iter().any(|gate| !gate.passed) => Exit::Held,
        _ if report.all_failed => Exit::Unavailable,
        Outcome::Unchanged | Outcome::Published(_) | Outcome::Judged { .. } => Exit::Done,
    })
}

fn in_words(outcome: &Outcome) -> Vec<String> {
    let gate = |gate: &GateVerdict| {
        format!(
            "  {} {}: {} (allowed {}); {}",
            gate.gate, gate.subject, gate.measured, gate.allowed, gate.detail
        )
    };
    match outcome {
        Outcome::Busy => vec!["another run is in progress".to_owned()],
        Outcome::Unchanged => vec!["unchanged".to_owned()],
        Outcome::Published(release) => vec![format!("published {release}")],
        Outcome::Held { candidate, failed } => {
            let mut lines = vec![format!("held {candidate}; the release before stays in service")];
            lines.extend(failed.iter().map(gate));
            lines.push(format!("porchlight release accept {candidate} --reason TEXT publishes it"));
            lines
        }
        Outcome::Judged { release, gates } => {
            let failed = gates.iter().filter(|gate| !gate.passed);
            let mut lines = vec![format!("would make {release}")];
            lines.extend(failed.map(gate));
            lines
        }
    }
}

fn in_json(report: &Report) -> Value {
    let outcome = match &report.outcome {
        Outcome::Busy => json!({ "outcome": "busy" }),
        Outcome::Unchanged => json!({ "outcome": "unchanged" }),
        Outcome::Published(release) => json!({ "outcome": "published", "release": release }),
        Outcome::Held { candidate, failed } => {
            json!({ "outcome": "held", "candidate": candidate, "gates": failed })
        }
        Outcome::Judged { release, gates } => {
            json!({ "outcome": "judged", "release": release, "gates": gates })
        }
    };
    let mut answer = outcome;
    answer["failures"] = json!(report.failures);
    answer
}
