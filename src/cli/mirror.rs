//! `porchlight mirror`: copy the releases of another host.

use clap::Args;
use serde_json::json;

use super::exit::Exit;
use super::key::Trusted;
use super::notify;
use super::output::{say, say_json};
use crate::config::Config;
use crate::mirror::{CopyOptions, Mirror, Report};
use crate::record::ReleaseId;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The host, such as `https://data.example.org`
    url: String,
    /// Copy this release only
    #[arg(long, value_name = "RELEASE")]
    release: Option<ReleaseId>,
    #[command(flatten)]
    trusted: Trusted,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { url, release: only, trusted, json: as_json } = arguments;
    let options = CopyOptions { only, trusted: trusted.key()? };
    let began = super::now();
    let report = Mirror::open(config)?.copy(&url, &options, began).await?;
    notify::after_run(config, began, None).await;
    if as_json {
        say_json(&in_json(&url, report.as_ref()))?;
    } else {
        for line in in_words(report.as_ref()) {
            say(line)?;
        }
    }
    Ok(if report.is_some() { Exit::Done } else { Exit::Busy })
}

fn in_json(url: &str, report: Option<&Report>) -> serde_json::Value {
    let outcome = match report {
        None => "busy",
        Some(report) if report.copied.is_empty() && report.removed.is_empty() => "unchanged",
        Some(_) => "copied",
    };
    let mut answer = json!(report.cloned().unwrap_or_default());
    answer["url"] = json!(url);
    answer["outcome"] = json!(outcome);
    answer
}

fn in_words(report: Option<&Report>) -> Vec<String> {
    let Some(Report { copied, removed, here, alone }) = report else {
        return vec!["another run is in progress".to_owned()];
    };
    let mut lines: Vec<String> = copied
        .iter()
        .map(|copied| {
            format!("copied {}: {} files, {} bytes", copied.release, copied.files, copied.bytes)
        })
        .collect();
    if let Some(alone) = alone {
        lines.push(format!("the release that {alone} follows is not here: the chain has a gap"));
    }
    let taken_back = removed.iter().map(|release| format!("removed {release}: it was taken back"));
    lines.extend(taken_back);
    if copied.is_empty() && removed.is_empty() {
        lines.push(format!("nothing to copy: {here} releases of the host are here"));
    }
    lines
}
