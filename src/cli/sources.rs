//! `porchlight sources`: the sources, and how they are doing.

use clap::Args;
use serde_json::json;

use super::exit::Exit;
use super::output::{say, say_json};
use crate::catalog::{Catalog, SourceHealth};
use crate::config::Config;
use crate::fetch::{Client, Validators};
use crate::source::{Origin, SOURCES, STATES};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask each source whether it answers
    #[arg(long)]
    check: bool,
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Exit> {
    let health = Catalog::open(&config.catalog)?.source_health()?;
    let client = Client::new(&config.fetch)?;
    let mut rows = Vec::new();
    let mut unreachable = 0;
    for source in SOURCES {
        let card = source.card();
        let setting = config.sources.get(card.id);
        let url = match card.origin {
            Origin::Url(url) | Origin::UrlPerState(url) => {
                Some(setting.url.clone().unwrap_or_else(|| url.to_owned()))
            }
            Origin::BuiltIn(_) => None,
        };
        let known = health.iter().find(|health| health.id.as_str() == card.id);
        let answer = match &url {
            Some(url) if arguments.check && setting.enabled => {
                Some(ask(config, &client, url).await)
            }
            Some(_) | None => None,
        };
        unreachable += usize::from(answer.as_ref().is_some_and(Result::is_err));
        let checked = answer.map(|answer| answer.err().unwrap_or_else(|| "answers".to_owned()));
        rows.push((card, setting.enabled, url, known, checked));
    }
    if arguments.json {
        let list = rows.iter().map(|(card, enabled, url, health, checked)| {
            json!({
                "id": card.id, "name": card.name, "publisher": card.publisher, "url": url,
                "licence": card.licence, "enabled": enabled, "health": health, "check": checked,
            })
        });
        say_json(&list.collect::<Vec<_>>())?;
    } else {
        for (card, enabled, url, health, checked) in &rows {
            let state = if *enabled { in_words(*health) } else { "off".to_owned() };
            let url = url.as_deref().unwrap_or("in the program");
            say(format!("{:<16} {:<24} {url}", card.id, state))?;
            if let Some(checked) = checked {
                say(format!("{:<16} {checked}", ""))?;
            }
        }
    }
    Ok(if unreachable == 0 { Exit::Done } else { Exit::Unavailable })
}

/// Asks for a source, of one with a request per state for the first; the body is thrown away.
async fn ask(config: &Config, client: &Client, url: &str) -> Result<(), String> {
    let url = url.replace("{state}", STATES[0]).replace("{key}", &config.fbi_api_key);
    let answer = client.get(&url, &Validators::default(), super::now()).await;
    answer.map(|_body| ()).map_err(|error| error.to_string())
}

fn in_words(health: Option<&SourceHealth>) -> String {
    let Some(health) = health else { return "never asked".to_owned() };
    match health.failing_since {
        Some(since) => format!("{} since {}", health.health, since.date_naive()),
        None => health.health.to_string(),
    }
}
