//! `porchlight import`: an edition of a source that was saved earlier.

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Args;

use super::exit::Exit;
use super::notify;
use super::output::watched;
use super::refresh::{known_source, tell};
use crate::config::Config;
use crate::record::SourceId;
use crate::source;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The source whose edition it is
    #[arg(value_parser = known_source)]
    source: SourceId,
    /// The file
    file: PathBuf,
    /// The date the edition speaks for
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: NaiveDate,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { source, file, as_of, json } = arguments;
    let bytes = tokio::fs::read(&file)
        .await
        .with_context(|| format!("`{}` cannot be read", file.display()))?;
    let source = source::by_id(source.as_str()).context("no such source")?;
    let (context, bar) = watched(config)?;
    let began = super::now();
    let report = context.import(source, bytes.into(), as_of, began).await?;
    bar.finish_and_clear();
    notify::after_run(config, began, None).await;
    tell(&report, json)
}
