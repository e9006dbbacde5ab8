//! `porchlight release`: what is published, whether it is whole, and what a person decides.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::{Exit, Refusal};
use super::key::Trusted;
use super::notify;
use super::output::{self, say, say_json, watched};
use super::refresh::tell;
use super::verify_url;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::mirror::CheckOptions;
use crate::record::ReleaseId;
use crate::refresh::{DifferingTable, Rebuilt};
use crate::release::{
    ChainReport, Fault, PublicKey, RedactedRelease, Report, pointer, redacted_releases,
    standing_releases, table_of, verify_chain, verify_folder, verify_release,
};
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
    /// Publish the newest release again without a record, and take back every release that holds it
    ///
    /// The record, its evidence, issues about the same rows and all that is told of its past go; an
    /// agency takes its partnerships and disclosures with it. Its id answers 410 with the reason,
    /// and so does every release that was taken back; their files are deleted. It does not come
    /// back, however a source words it. This cannot be undone.
    Redact {
        /// Its published id, such as `par_0123456789`
        subject: String,
        /// Why; it is published, so it must hold no personal data
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
        /// Check a folder that somebody downloaded instead, with `manifest.json` in it
        #[arg(long, value_name = "DIR", conflicts_with_all = ["release", "named", "url"])]
        folder: Option<PathBuf>,
        #[command(flatten)]
        trusted: Trusted,
        #[command(flatten)]
        output: Output,
    },
    /// Make a release again from its captures and the release before it, and compare; publish
    /// nothing
    Rebuild {
        /// The release; `latest` for the newest
        release: String,
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
            let began = super::now();
            let report = context.accept(&candidate, &reason, began).await?;
            bar.finish_and_clear();
            notify::after_run(config, began, None).await;
            tell(&report, output.json)
        }
        Verb::Redact { subject, reason, output } => {
            if reason.trim().is_empty() {
                let words = "--reason is published with the release and cannot be empty";
                return Err(Refusal::new(Exit::Usage, words).into());
            }
            if table_of(&subject).is_empty() {
                let words = format!(
                    "`{subject}` is not the id of a record that can be redacted, such as \
                     `par_0123456789`"
                );
                return Err(Refusal::new(Exit::Usage, words).into());
            }
            let (context, bar) = watched(config)?;
            let began = super::now();
            let report = context.redact(&subject, &reason, began).await?;
            bar.finish_and_clear();
            notify::after_run(config, began, None).await;
            tell(&report, output.json)
        }
        Verb::Verify { release, url, named, api_only, folder, trusted, output } => {
            let trusted = trusted.key()?;
            let release = release.or(named);
            if let Some(url) = url {
                let options = CheckOptions { release, api_only, trusted };
                return verify_url::run(config, &url, &options, output.json).await;
            }
            let what = match (release, folder) {
                (_, Some(folder)) => What::Folder(folder),
                (Some(release), None) => What::Release(release),
                (None, None) => What::Chain,
            };
            verify(config, &what, trusted.as_ref(), output.json).await
        }
        Verb::Rebuild { release, output } => rebuild(config, &release, output.json).await,
    }
}

async fn list(config: &Config, as_json: bool) -> anyhow::Result<Exit> {
    let storage = Storage::open(&config.storage)?;
    let mut releases = Vec::new();
    let redacted = redacted_releases(&storage).await?;
    for release in standing_releases(&storage).await? {
        if let Some((manifest, _)) = pointer::manifest(&storage, release).await? {
            releases.push((release, manifest.published_at));
        }
    }
    let held = Catalog::open(&config.catalog)?.held()?;
    if as_json {
        let list = releases.iter().map(
            |(release, published_at)| json!({ "release": release, "published_at": published_at }),
        );
        let list = list.collect::<Vec<_>>();
        say_json(&json!({ "releases": list, "held": held, "redacted": redacted }))?;
        return Ok(Exit::Done);
    }
    for (release, published_at) in &releases {
        say(format!("{release:<16} published {}", output::instant(*published_at)))?;
    }
    for RedactedRelease { release, redacted_in, reason, .. } in &redacted {
        say(format!("{release:<16} taken back, see {redacted_in}: {reason}"))?;
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
    let id = named(&storage, release).await?;
    let (_, bytes) = pointer::manifest(&storage, id).await?.ok_or_else(|| unknown(release))?;
    say(std::str::from_utf8(&bytes)?.trim_end())?;
    Ok(Exit::Done)
}

/// The release that a person names.
async fn named(storage: &Storage, release: &str) -> anyhow::Result<ReleaseId> {
    if release == "latest" {
        let none = || Refusal::new(Exit::BadData, "nothing is published yet");
        return Ok(pointer::latest(storage).await?.ok_or_else(none)?.release);
    }
    Ok(release.parse::<ReleaseId>().map_err(|_form| unknown(release))?)
}

fn unknown(release: &str) -> Refusal {
    let words = format!("there is no release `{release}`; `release list` lists all");
    Refusal::new(Exit::BadData, words)
}

/// What is to be verified.
enum What {
    Chain,
    Release(ReleaseId),
    Folder(PathBuf),
}

async fn verify(
    config: &Config,
    what: &What,
    trusted: Option<&PublicKey>,
    as_json: bool,
) -> anyhow::Result<Exit> {
    // Whoever checks need not be able to write where the releases are.
    let scratch = std::env::temp_dir().join(format!("porchlight-verify-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let checked = check(config, what, trusted, &scratch).await;
    std::fs::remove_dir_all(&scratch)?;
    let ChainReport { releases, chain_faults } = checked?;
    let faults: Vec<&Fault> =
        releases.iter().flat_map(|report| &report.faults).chain(&chain_faults).collect();
    let exit = if faults.is_empty() { Exit::Done } else { Exit::BadData };
    if as_json {
        let checked: Vec<ReleaseId> = releases.iter().map(|report| report.release).collect();
        let signed = releases.iter().filter(|report| report.signed);
        let signed: Vec<ReleaseId> = signed.map(|report| report.release).collect();
        let gaps = releases.iter().filter(|report| report.gap.is_some());
        let gaps: Vec<ReleaseId> = gaps.map(|report| report.release).collect();
        say_json(&json!({ "checked": checked, "signed": signed, "gaps": gaps, "faults": faults }))?;
        return Ok(exit);
    }
    for fault in &faults {
        say(fault.to_string())?;
    }
    for report in &releases {
        let whole = !faults.iter().any(|fault| fault.release == report.release);
        let signed = if report.signed { ", signed" } else { "" };
        let found = if whole { "whole" } else { "NOT WHOLE" };
        say(format!("{:<16} {found}{signed}{}", report.release.to_string(), gap(report)))?;
    }
    Ok(exit)
}

/// A release that was copied without the one before it is whole all the same.
fn gap(report: &Report) -> String {
    let Some(follows) = report.gap else { return String::new() };
    format!("; it follows {follows}, which was not copied: that link is not checked")
}

async fn check(
    config: &Config,
    what: &What,
    trusted: Option<&PublicKey>,
    scratch: &Path,
) -> anyhow::Result<ChainReport> {
    let alone = |report| ChainReport { releases: vec![report], chain_faults: Vec::new() };
    Ok(match what {
        What::Folder(folder) => alone(verify_folder(folder, trusted, scratch).await?),
        What::Release(release) => {
            let storage = Storage::open(&config.storage)?;
            alone(verify_release(&storage, *release, trusted, scratch).await?)
        }
        What::Chain => {
            let storage = Storage::open(&config.storage)?;
            verify_chain(&storage, trusted, scratch).await?
        }
    })
}

async fn rebuild(config: &Config, release: &str, as_json: bool) -> anyhow::Result<Exit> {
    let (context, bar) = watched(config)?;
    let release = named(context.storage(), release).await?;
    let rebuilt = context.rebuild(release).await?;
    bar.finish_and_clear();
    let exit = if rebuilt.has_same_rows() { Exit::Done } else { Exit::BadData };
    if as_json {
        let mut answer = serde_json::to_value(&rebuilt)?;
        answer["same_rows"] = rebuilt.has_same_rows().into();
        answer["same_bytes"] = rebuilt.has_same_bytes().into();
        say_json(&answer)?;
        return Ok(exit);
    }
    for line in in_words(&rebuilt) {
        say(line)?;
    }
    Ok(exit)
}

fn in_words(rebuilt: &Rebuilt) -> Vec<String> {
    let Rebuilt { release, made_by, rebuilt_by, differing_tables, differing_files } = rebuilt;
    let mut lines: Vec<String> = differing_tables
        .iter()
        .map(|DifferingTable { table, published_rows, made_rows, first }| {
            let counts = format!("{table}: {published_rows} records published, {made_rows} made");
            let Some(first) = first else { return counts };
            let where_it_is = match (first.is_in_first, first.is_in_second) {
                (true, false) => "only published",
                (false, true) => "only made",
                _ => "in both, with other contents",
            };
            format!("{counts}; the first that differs is {}, {where_it_is}", first.id)
        })
        .collect();
    lines.extend(differing_files.iter().map(|file| format!("{file}: other bytes")));
    let found = match (rebuilt.has_same_rows(), rebuilt.has_same_bytes()) {
        (_, true) => "the same rows and the same bytes",
        (true, false) => "the same rows, other bytes",
        (false, false) => "OTHER ROWS",
    };
    lines.push(format!("{release}  {found}; published by {made_by}, made again by {rebuilt_by}"));
    lines
}
