//! Who is told what happened, and how.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::config::{ConfigError, RawNotify, Secret, check_outgoing, given, given_path};

/// Who is told what happened, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifySettings {
    /// A program and its arguments; none.
    pub command: Option<Vec<String>>,
    /// Where events are posted to; none. A URL may hold a key.
    pub webhooks: Vec<Secret>,
    /// What their posts are signed with: more than one while secrets change.
    pub secrets: Vec<WebhookSecret>,
    /// Where those were read from, if from a file.
    pub secret_file: Option<PathBuf>,
    /// Days a source may fail before anybody is told; 3.
    pub after_days: u32,
    /// Whether each release is told of; no.
    pub releases: bool,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            command: None,
            webhooks: Vec::new(),
            secrets: Vec::new(),
            secret_file: None,
            after_days: 3,
            releases: false,
        }
    }
}

/// A secret that posts are signed with, as bytes. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// The bytes. Only for the place that signs.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// Reads a secret as Standard Webhooks writes it: `whsec_` and 24 to 64 bytes as base64.
    fn read(text: &str) -> Result<Self, ConfigError> {
        let bytes = text.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
        match bytes {
            Some(bytes) if (24..=64).contains(&bytes.len()) => Ok(Self(bytes)),
            // Not even a wrong one is repeated.
            Some(_) | None => Err(ConfigError::invalid(
                "notify-secret",
                "whsec_…",
                "`whsec_` and 24 to 64 bytes as base64; several are parted by spaces",
            )),
        }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl TryFrom<RawNotify> for NotifySettings {
    type Error = ConfigError;

    fn try_from(raw: RawNotify) -> Result<Self, ConfigError> {
        let default = Self::default();
        let secret_file = given_path(raw.secret_file);
        let secrets = match (raw.secret.filter(|secret| !secret.is_empty()), &secret_file) {
            (Some(text), _) => text.reveal().to_owned(),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map_err(|cause| ConfigError::UnreadableSecret { path: path.clone(), cause })?,
            (None, None) => String::new(),
        };
        let secrets =
            secrets.split_whitespace().map(WebhookSecret::read).collect::<Result<Vec<_>, _>>()?;
        let webhooks: Vec<Secret> =
            raw.webhooks.into_iter().filter(|url| !url.trim().is_empty()).collect();
        for webhook in &webhooks {
            check_webhook(webhook.trim())?;
        }
        if !webhooks.is_empty() && secrets.is_empty() {
            return Err(ConfigError::NoWebhookSecret);
        }
        Ok(Self {
            command: given(raw.command).map(|text| command(&text)).transpose()?,
            webhooks: webhooks.iter().map(|url| Secret::from(url.trim())).collect(),
            secrets,
            secret_file,
            after_days: raw.after_days.unwrap_or(default.after_days),
            releases: raw.releases,
        })
    }
}

fn check_webhook(text: &str) -> Result<(), ConfigError> {
    check_outgoing(text).map(drop).map_err(|why| {
        // The rest of the URL may hold a key.
        let host = Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
        ConfigError::RefusedWebhook { host: host.unwrap_or_else(|| "no host".to_owned()), why }
    })
}

/// A program and its arguments, parted by spaces. Nothing is quoted: there is no shell.
fn command(text: &str) -> Result<Vec<String>, ConfigError> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if words.first().is_some_and(|program| program.starts_with('/')) {
        return Ok(words);
    }
    let expected = "the absolute path of a program and its arguments, parted by spaces";
    Err(ConfigError::invalid("notify-command", text, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(raw: RawNotify) -> Result<NotifySettings, String> {
        NotifySettings::try_from(raw).map_err(|error| error.to_string())
    }

    fn webhook(url: &str) -> RawNotify {
        RawNotify {
            webhooks: vec![url.into()],
            secret: Some(SECRET.into()),
            ..RawNotify::default()
        }
    }

    #[test]
    fn a_webhook_needs_a_secret_and_an_address_of_the_internet() {
        assert_eq!(read(RawNotify::default()).unwrap(), NotifySettings::default());
        assert_eq!(read(webhook(" https://hooks.example/a ")).unwrap().webhooks.len(), 1);
        let none = read(RawNotify { secret: None, ..webhook("https://hooks.example/a") });
        assert!(none.unwrap_err().contains("PORCHLIGHT_NOTIFY_SECRET"));
        for url in ["http://hooks.example/key", "https://10.0.0.1/key", "https://u:p@h.example/key"]
        {
            let error = read(webhook(url)).unwrap_err();
            assert!(!error.contains("key") && error.contains("notify-webhook"), "{error}");
        }
    }

    #[test]
    fn secrets_are_several_while_they_change_and_never_shown() {
        let two = format!("{SECRET}\n whsec_{}", STANDARD.encode([7; 64]));
        let raw = RawNotify { secret: Some(two.as_str().into()), ..webhook("https://h.example/") };
        let settings = read(raw).unwrap();
        assert_eq!(settings.secrets.len(), 2);
        assert!(!format!("{settings:?}").contains("MfKQ"));
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        for bad in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%", short.as_str()] {
            let raw = RawNotify { secret: Some(bad.into()), ..webhook("https://h.example/") };
            let error = read(raw).unwrap_err();
            assert!(error.contains("24 to 64") && !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn a_command_is_a_path_and_words() {
        let command =
            |text: &str| read(RawNotify { command: Some(text.to_owned()), ..RawNotify::default() });
        let words = command("/usr/local/bin/tell  --to $HOME").unwrap().command.unwrap();
        assert_eq!(words, ["/usr/local/bin/tell", "--to", "$HOME"]);
        assert!(command("mail root").unwrap_err().contains("absolute path"));
    }
}
