//! `porchlight openapi`: the document clients are generated from.

use super::exit::Exit;
use super::output::say_json;
use crate::serve;

pub(super) fn run() -> anyhow::Result<Exit> {
    say_json(&serve::openapi())?;
    Ok(Exit::Done)
}
