//! `porchlight openapi`: the document clients are generated from.

use clap::Args;

use super::exit::Exit;
use super::output::{say, say_json};
use crate::serve;

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Arguments {
    /// Print it as YAML instead of JSON.
    #[arg(long)]
    yaml: bool,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { yaml } = arguments;
    if yaml {
        say(serve::openapi_yaml().trim_end())?;
    } else {
        say_json(&serve::openapi())?;
    }
    Ok(Exit::Done)
}
