//! `porchlight match`: which agency a name means and why, what people should look at, and what they
//! decide.

mod decisions;
mod measure;
mod review;

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;

use super::exit::{Exit, Refusal};
use super::output::{say, say_json};
use crate::config::Config;
use crate::record::{AccountedCandidate, MatchAccount};
use crate::refresh::{Context, Decided, Explained, Question};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Which agency of the newest release a name means, and why
    Explain(Explain),
    /// Print the matches that people should look at as CSV, or take their decisions back
    Review(review::Arguments),
    /// Compare the newest release with links that people judged: precision, recall and the rest
    Measure(measure::Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The agency's name, as a source prints it
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// Its state: a postal code or a name
    #[arg(long, value_name = "ST")]
    state: String,
    /// Its city
    #[arg(long, value_name = "P")]
    place: Option<String>,
    /// Its county, or several with commas
    #[arg(long, value_name = "C")]
    county: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::Explain(arguments) => explain(config, arguments).await,
        Verb::Review(arguments) => review::run(config, arguments).await,
        Verb::Measure(arguments) => measure::run(config, &arguments).await,
    }
}

async fn explain(config: &Config, arguments: Explain) -> anyhow::Result<Exit> {
    let Explain { name, state, place, county, json } = arguments;
    let question = Question { name, state, place, county };
    let explained = Context::open(config)?.explain(&question).await?;
    let Some(explained) = explained else { return Err(nothing_published().into()) };
    if json {
        say_json(&explained)?;
    } else {
        in_words(&explained)?;
    }
    Ok(Exit::Done)
}

fn in_words(explained: &Explained) -> anyhow::Result<()> {
    let Explained { release, agency, method, score, reason, candidates } = explained;
    match (agency, method, score) {
        (Some(agency), Some(method), Some(score)) => {
            say(format!("{} ({}), by {method}, score {score:.2}", agency.name, agency.source_key))?;
        }
        _ => say("no agency can be told for certain")?,
    }
    say(reason)?;
    say(format!("In release {release} these came into question:"))?;
    for AccountedCandidate { name, source_id, source_key, chosen, points, features, .. } in
        candidates
    {
        let mark = if *chosen { '*' } else { ' ' };
        say(format!("{mark} {points:>4}  {name}  [{source_id} {source_key}]"))?;
        for feature in features {
            say(format!("      {:>+4}  {}: {}", feature.points, feature.name, feature.found))?;
        }
    }
    if candidates.is_empty() {
        say("  none")?;
    } else {
        let (enough, margin) = (MatchAccount::ENOUGH, MatchAccount::MARGIN);
        say(format!(
            "From {enough} points on a candidate is taken, if the next is {margin} behind."
        ))?;
    }
    Ok(())
}

/// How the newest release decided.
async fn decided(config: &Config) -> anyhow::Result<Decided> {
    let decided = Context::open(config)?.decided().await?;
    Ok(decided.ok_or_else(nothing_published)?)
}

/// The rows of a CSV file of people's.
fn rows<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let rows = csv::Reader::from_reader(file).into_deserialize().collect::<Result<_, _>>();
    rows.map_err(|error| {
        Refusal::new(Exit::BadData, format!("cannot read {}: {error}", path.display())).into()
    })
}

fn nothing_published() -> Refusal {
    Refusal::new(Exit::BadData, "nothing is published yet: run `porchlight refresh` first")
}
