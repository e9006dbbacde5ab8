//! The key that signs releases.

use super::releases::Newest;
use super::report::{Check, causes};
use crate::config::Config;
use crate::release::{KeyError, SigningKey};

const ABOUT: &str = "key";

pub(super) fn check(config: &Config, newest: Option<&Newest>) -> Check {
    let signed = newest.and_then(|newest| newest.manifest.signing_key.as_deref());
    let Some(path) = &config.signing_key_file else {
        return match signed {
            None => Check::warning(
                ABOUT,
                "releases are not signed",
                "make a key with `porchlight key new`, and set PORCHLIGHT_SIGNING_KEY_FILE",
            ),
            Some(_) => Check::fault(
                ABOUT,
                "the newest release is signed, and the next one would not be",
                "set PORCHLIGHT_SIGNING_KEY_FILE to the key",
            ),
        };
    };
    let key = match SigningKey::from_file(path) {
        Ok(key) => key,
        Err(error) => return Check::fault(ABOUT, causes(&error), advice(&error)),
    };
    let ours = key.public().to_string();
    match signed {
        Some(theirs) if theirs == ours => Check::ok(ABOUT, "it signed the newest release"),
        Some(_) => Check::fault(
            ABOUT,
            format!("the newest release was signed with another key than {ours}"),
            "name the right file; where the key was changed on purpose, the next release says so",
        ),
        None => Check::ok(ABOUT, format!("{ours} will sign from the next release on")),
    }
}

fn advice(error: &KeyError) -> &'static str {
    match error {
        KeyError::Unreadable { .. } => "look at the path, and whether this user may read the file",
        KeyError::Open { .. } => "until then no release is made",
        KeyError::NoSecretKey { .. }
        | KeyError::NoPublicKey(_)
        | KeyError::Unwritable { .. }
        | KeyError::Unusable(_) => "put the key back from its backup",
    }
}
