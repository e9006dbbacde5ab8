//! Each source: whether it answers, and with what.

use chrono::Duration;
use futures_util::future::join_all;

use super::report::{Check, causes, size};
use crate::config::{Config, FetchLimits};
use crate::fetch::{Client, FetchError, Sight};
use crate::source::{Origin, SOURCES, STATES};

const ABOUT: &str = "source";

/// How long a publisher may take to answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// What each source answered, and by how much the clocks of those that tell the time differ from
/// ours.
pub(super) async fn checks(config: &Config) -> (Vec<Check>, Vec<Duration>) {
    let limits = FetchLimits { total: config.fetch.total.min(PATIENCE), ..config.fetch.clone() };
    let client = match Client::new(&limits) {
        Ok(client) => client,
        Err(error) => {
            let advice = "install the certificates of the system (`ca-certificates`)";
            return (vec![Check::fault(ABOUT, causes(&error), advice)], Vec::new());
        }
    };
    let asked = SOURCES.iter().filter_map(|source| {
        let card = source.card();
        let setting = config.sources.get(card.id);
        let url = match card.origin {
            Origin::Url(url) | Origin::UrlPerState(url) => {
                setting.url.clone().unwrap_or_else(|| url.to_owned())
            }
            Origin::BuiltIn(_) => return None,
        };
        setting.enabled.then_some((card.id, url))
    });
    let asked: Vec<(&str, String)> = asked.collect();
    let looked = join_all(asked.iter().map(|(id, url)| look(config, &client, id, url))).await;
    let mut checks = Vec::new();
    let mut differences = Vec::new();
    for (check, difference) in looked {
        checks.push(check);
        differences.extend(difference);
    }
    let needs_key = |(_, url): &(&str, String)| url.contains("{key}");
    if config.fbi_api_key.reveal() == "DEMO_KEY" && asked.iter().any(needs_key) {
        checks.push(Check::warning(
            ABOUT,
            "the FBI's list is asked for with the key DEMO_KEY, which takes days for one edition",
            "get a key of api.data.gov, which is free, and set PORCHLIGHT_FBI_API_KEY",
        ));
    }
    (checks, differences)
}

async fn look(config: &Config, client: &Client, id: &str, url: &str) -> (Check, Option<Duration>) {
    let url = url.replace("{state}", STATES[0]).replace("{key}", &config.fbi_api_key);
    match client.look(&url).await {
        Ok(seen) => {
            let now = crate::cli::now();
            (of_answer(id, &seen), seen.date.map(|date| date - now))
        }
        Err(error) => (of_failure(id, &error), None),
    }
}

fn of_answer(id: &str, seen: &Sight) -> Check {
    let Sight { status, bytes, date: _, tls } = seen;
    let bytes = bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
    let tls = if *tls { "over TLS" } else { "without TLS, on this machine" };
    let found = format!("{id} answers {status}{bytes}, {tls}");
    match status {
        200..=399 => Check::ok(ABOUT, found),
        429 => Check::warning(ABOUT, found, "it was asked too often: wait, and ask less"),
        401 | 403 => {
            Check::fault(ABOUT, found, "look at the key, and whether it lets this machine in")
        }
        400..=499 => Check::fault(
            ABOUT,
            found,
            "its address may have changed: give the new one in a --sources file",
        ),
        _ => {
            Check::warning(ABOUT, found, "the publisher has trouble: what it said stays published")
        }
    }
}

fn of_failure(id: &str, error: &FetchError) -> Check {
    let advice = match error {
        FetchError::Connection { .. } | FetchError::TimedOut { .. } => {
            "look at the network of this machine, its names (DNS), firewall and certificates"
        }
        FetchError::PrivateAddress { .. } => {
            "its name leads into a private network: look at the names (DNS) of this machine"
        }
        FetchError::Setup(_)
        | FetchError::BadUrl { .. }
        | FetchError::Status { .. }
        | FetchError::TooLarge { .. }
        | FetchError::Unpacked { .. }
        | FetchError::Encoding { .. }
        | FetchError::RedirectRefused { .. }
        | FetchError::TooManyRedirects { .. }
        | FetchError::Truncated { .. }
        | FetchError::Size { .. }
        | FetchError::OtherPart { .. }
        | FetchError::File { .. } => "give another address in a --sources file",
    };
    Check::fault(ABOUT, format!("{id}: {}", causes(error)), advice)
}
