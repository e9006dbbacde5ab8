//! `porchlight release verify --url`: check what another host serves.

use serde_json::json;

use super::exit::Exit;
use super::output::{say, say_json};
use crate::config::Config;
use crate::mirror::{CheckOptions, Checked, check};

/// Checks a release of a host and prints what is wrong.
pub(super) async fn run(
    config: &Config,
    url: &str,
    options: &CheckOptions,
    as_json: bool,
) -> anyhow::Result<Exit> {
    let checked = check(config, url, options, super::now()).await?;
    let whole = checked.findings.is_empty();
    if as_json {
        let mut answer = json!(checked);
        answer["url"] = json!(url);
        say_json(&answer)?;
    } else {
        let Checked { release, tables, rows, signed, files, bytes, findings, .. } = checked;
        for finding in &findings {
            say(finding.to_string())?;
        }
        let verdict = if whole { "whole" } else { "NOT WHOLE" };
        let signed = if signed { ", signed" } else { "" };
        let release = release.to_string();
        say(format!(
            "{release:<16} {verdict}{signed}: {rows} records of {tables} tables walked, {files} files of \
             {bytes} bytes read"
        ))?;
    }
    Ok(if whole { Exit::Done } else { Exit::BadData })
}
