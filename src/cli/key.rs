//! `porchlight key`: the keys that sign releases, and those that are trusted.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::{Exit, Refusal};
use super::output::say;
use crate::release::{PublicKey, SigningKey};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a key that signs releases
    ///
    /// The secret key is written without a password, so that a scheduled refresh can sign: whoever
    /// reads the file can sign in your name. Only its owner may read it; keep a copy off this
    /// machine. The public key is printed and written beside it: publish it where people find it
    /// without asking this host.
    New {
        /// Where to write the secret key; the public key has the same name with `.pub`
        #[arg(long, value_name = "FILE", default_value = "porchlight.key")]
        to: PathBuf,
    },
}

/// The key that somebody trusts, however they came by it.
#[derive(Debug, Args)]
pub(super) struct Trusted {
    /// The public key that must have signed the newest release checked: the line of base64, or the
    /// text of a `.pub` file
    #[arg(long, env = "PORCHLIGHT_PUBLIC_KEY", value_name = "KEY")]
    public_key: Option<String>,
}

impl Trusted {
    /// The key; none where none was given.
    pub(super) fn key(&self) -> anyhow::Result<Option<PublicKey>> {
        let given = self.public_key.as_deref().filter(|key| !key.trim().is_empty());
        Ok(given.map(PublicKey::read).transpose()?)
    }
}

pub(super) fn run(verb: Verb) -> anyhow::Result<Exit> {
    let Verb::New { to } = verb;
    let public = to.with_extension("pub");
    if public == to {
        let words = "--to names the secret key, and `.pub` is the end of the public key's name";
        return Err(Refusal::new(Exit::Usage, words).into());
    }
    let key = SigningKey::generate()?;
    key.write_new(&to, &public)?;
    say(format!("secret key   {}", to.display()))?;
    say("             not encrypted, so that a scheduled refresh can sign: keep it secret")?;
    say(format!("public key   {}", public.display()))?;
    say(key.public().to_string())?;
    say(format!("porchlight --signing-key-file {} refresh   signs from now on", to.display()))?;
    Ok(Exit::Done)
}
