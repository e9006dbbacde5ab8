//! The URL under which the public reaches the server: whether what it serves is what is here.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::releases::Newest;
use super::report::{Check, causes};
use crate::config::{Config, FetchLimits};
use crate::fetch::{Client, FetchError, Fetched, Validators};

const ABOUT: &str = "public";

/// How long the server may take to answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

pub(super) async fn check(
    config: &Config,
    newest: Option<&Newest>,
    now: DateTime<Utc>,
) -> Option<Check> {
    let Some(url) = &config.serve.public_url else {
        return Some(Check::warning(
            ABOUT,
            "the public URL is not set",
            "set PORCHLIGHT_PUBLIC_URL, so that links and feeds name the host that people know",
        ));
    };
    let newest = newest?;
    Some(match served(config, url, now).await {
        Err(error) => Check::fault(
            ABOUT,
            causes(&error),
            "look whether `porchlight serve` runs, and at the proxy and the certificate before it",
        ),
        Ok(None) => Check::fault(
            ABOUT,
            format!("{url} answers, and not as porchlight does"),
            "look where the proxy sends /v1/releases",
        ),
        Ok(Some((release, sha256)))
            if release == newest.release().to_string()
                && sha256 == newest.pointer.manifest_sha256 =>
        {
            Check::ok(ABOUT, format!("{url} serves the newest release, {release}"))
        }
        Ok(Some((release, _))) if release == newest.release().to_string() => Check::fault(
            ABOUT,
            format!("{url} serves another {release} than the one that is here"),
            "`porchlight release verify` tells whether the one that is here was changed",
        ),
        Ok(Some((release, _))) => Check::fault(
            ABOUT,
            format!("{url} serves {release}, and the newest here is {}", newest.release()),
            "look at the log of `serve`, which storage it reads, and how long a cache before it \
             keeps what is not pinned",
        ),
    })
}

/// The newest release that a host lists, and the hash of its manifest; none where it lists nothing.
async fn served(
    config: &Config,
    url: &str,
    now: DateTime<Utc>,
) -> Result<Option<(String, String)>, FetchError> {
    let total = config.fetch.total.min(PATIENCE);
    let limits = FetchLimits { total, attempts: 1, ..config.fetch.clone() };
    let client = Client::new(&limits)?;
    let answer = client.get(&format!("{url}/v1/releases"), &Validators::default(), now).await?;
    let Fetched::Body { bytes, .. } = answer else { return Ok(None) };
    let list: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let entries = list["data"].as_array().into_iter().flatten();
    let named = entries.filter_map(|entry| {
        let release = entry["release"].as_str()?;
        let order: crate::record::ReleaseId = release.parse().ok()?;
        Some((order, release.to_owned(), entry["manifest_sha256"].as_str()?.to_owned()))
    });
    let newest = named.max_by_key(|(order, ..)| *order);
    Ok(newest.map(|(_, release, sha256)| (release, sha256)))
}
