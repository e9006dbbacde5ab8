//! `porchlight release`: what is published, whether it is whole, and what a person decides.

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::{Exit, Refusal};
use super::output::{self, say, say_json, watched};
use super::refresh::tell;
use super::verify_url;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::mirror::CheckOptions;
use crate::record::ReleaseId;
use crate::release::{Fault, pointer, verify_chain, verify_release};
use crate::storage::Storage;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the releases, and the candidates that gates hold
    List(Output),
    /// Show the manifest of a release
    Show {
        /// The release; `latest` for the newest
        release: String,
    },
    /// Publish a held candidate in spite of its gates
    Accept {
        /// Its name, as `list` gives it
        candidate: String,
        /// Why; it is published with the release
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
    /// Check that a release, or all of them, are what their manifests say
    Verify {
        /// The release; all of them and their chain if it is left out, or the newest of a host
        release: Option<ReleaseId>,
        /// Check what this host serves: its files, and its API by walking it
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// The release, as another way to say it
        #[arg(long = "release", value_name = "RELEASE", conflicts_with = "release")]
        named: Option<ReleaseId>,
        /// Walk the API of the host and leave its files aside
        #[arg(long, requires = "url")]
        api_only: bool,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
pub(super) struct Output {
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::List(output) => list(config, output.json).await,
        Verb::Show { release } => show(config, &release).await,
        Verb::Accept { candidate, reason, output } => {
            if reason.trim().is_empty() {
                let words = "--reason is published with the release and cannot be empty";
                return Err(Refusal::new(Exit::Usage, words).into());
            }
            let (context, bar) = watched(config)?;
            let report = context.accept(&candidate, &reason, super::now()).await?;
            bar.finish_and_clear();
            tell(&report, output.json)
        }
        Verb::Verify { release, url, named, api_only, output } => {
            let release = release.or(named);
            match url {
                Some(url) => {
                    let options = CheckOptions { release, api_only };
                    verify_url::run(config, &url, options, output.json).await
                }
                None => verify(config, release, output.json).await,
            }
        }
    }
}

async fn list(config: &Config, as_json: bool) -> anyhow::Result<Exit> {
    let storage = Storage::open(&config.storage)?;
    let mut releases = Vec::new();
    for release in pointer::releases(&storage).await? {
        if let Some((manifest, _)) = pointer::manifest(&storage, release).await? {
            releases.push((release, manifest.published_at));
        }
    }
    let held = Catalog::open(&config.catalog)?.held()?;
    if as_json {
        let list = releases.iter().map(
            |(release, published_at)| json!({ "release": release, "published_at": published_at }),
        );
        say_json(&json!({ "releases": list.collect::<Vec<_>>(), "held": held }))?;
        return Ok(Exit::Done);
    }
    for (release, published_at) in &releases {
        say(format!("{release:<16} published {}", output::instant(*published_at)))?;
    }
    for held in &held {
        let since = output::instant(held.made_at);
        say(format!("{:<16} held since {since}", held.candidate))?;
    }
    if releases.is_empty() && held.is_empty() {
        say("nothing is published yet; `porchlight refresh` makes the first release")?;
    }
    Ok(Exit::Done)
}

async fn show(config: &Config, release: &str) -> anyhow::Result<Exit> {
    let storage = Storage::open(&config.storage)?;
    let missing = |words: String| Refusal::new(Exit::BadData, words);
    let unknown = || missing(format!("there is no release `{release}`; `release list` lists all"));
    let id = match release {
        "latest" => {
            let latest = pointer::latest(&storage).await?;
            latest.ok_or_else(|| missing("nothing is published yet".to_owned()))?.release
        }
        named => named.parse::<ReleaseId>().map_err(|_form| unknown())?,
    };
    let (_, bytes) = pointer::manifest(&storage, id).await?.ok_or_else(unknown)?;
    say(std::str::from_utf8(&bytes)?.trim_end())?;
    Ok(Exit::Done)
}

async fn verify(
    config: &Config,
    release: Option<ReleaseId>,
    as_json: bool,
) -> anyhow::Result<Exit> {
    let storage = Storage::open(&config.storage)?;
    let scratch = config.home.join("staging");
    let (reports, pointer_faults) = if let Some(release) = release {
        (vec![verify_release(&storage, release, &scratch).await?], Vec::new())
    } else {
        let chain = verify_chain(&storage, &scratch).await?;
        (chain.releases, chain.pointer_faults)
    };
    let checked: Vec<ReleaseId> = reports.iter().map(|report| report.release).collect();
    let faults: Vec<Fault> =
        reports.into_iter().flat_map(|report| report.faults).chain(pointer_faults).collect();
    if as_json {
        say_json(&json!({ "checked": checked, "faults": faults }))?;
    } else {
        for fault in &faults {
            say(fault.to_string())?;
        }
        for release in &checked {
            let whole = !faults.iter().any(|fault| fault.release == *release);
            say(format!("{release:<16} {}", if whole { "whole" } else { "NOT WHOLE" }))?;
        }
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::BadData })
}
