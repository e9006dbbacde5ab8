//! `porchlight match measure`: the newest release against links that people judged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{decided, rows};
use crate::cli::exit::Exit;
use crate::cli::output::{say, say_json};
use crate::config::Config;
use crate::record::{Agency, MatchAccount};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// A CSV file with the columns `key` (or `aos`), the row of its source, and `expected`: an ORI
    /// or STATE-FDID, several with `|` where each is right, `-` for none
    file: PathBuf,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// One link as people judged it.
#[derive(Debug, Deserialize)]
struct Judged {
    #[serde(alias = "aos")]
    key: String,
    expected: String,
}

/// How often the release is right.
#[derive(Debug, Default, Serialize)]
struct Measured {
    /// Links to an agency that is meant.
    right: usize,
    /// Links to another.
    wrong: usize,
    /// No link where there should be one.
    missed: usize,
    /// No link, and none there need be.
    rightly_unmatched: usize,
    /// Rows that no source lists at present.
    unknown: usize,
    /// Of the links, the share that is right.
    precision: f64,
    /// Of the links there should be, the share that is there.
    recall: f64,
    /// Of all rows, the share without a link.
    unmatched_share: f64,
    /// What is not as it should be: the row, what it is linked to, and what was expected.
    faults: Vec<[String; 3]>,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Exit> {
    let judged: Vec<Judged> = rows(&arguments.file)?;
    let decided = decided(config).await?;
    let measured = measure(&judged, &decided.accounts, &decided.agencies);
    if arguments.json {
        say_json(&measured)?;
    } else {
        in_words(&measured)?;
    }
    Ok(if measured.wrong == 0 { Exit::Done } else { Exit::BadData })
}

fn measure(judged: &[Judged], accounts: &[MatchAccount], agencies: &[Agency]) -> Measured {
    let keys: HashMap<&str, [Option<&str>; 2]> = agencies
        .iter()
        .map(|agency| (agency.id.as_str(), [agency.ori.as_deref(), agency.fdid.as_deref()]))
        .collect();
    let mut linked: BTreeMap<&str, Option<[Option<&str>; 2]>> = BTreeMap::new();
    for account in accounts {
        let agency = account.agency_id.as_ref();
        let agency = agency.and_then(|id| keys.get(id.as_str())).copied();
        linked.insert(&account.source_key, agency);
    }
    let mut measured = Measured::default();
    for Judged { key, expected } in judged {
        let wanted: BTreeSet<&str> = expected.split('|').collect();
        let none = wanted.contains("-");
        let found = match linked.get(key.as_str()) {
            None => {
                measured.unknown += 1;
                continue;
            }
            Some(None) if none => {
                measured.rightly_unmatched += 1;
                continue;
            }
            Some(None) => {
                measured.missed += 1;
                "-".to_owned()
            }
            Some(Some(keys)) if keys.iter().flatten().any(|key| wanted.contains(key)) => {
                measured.right += 1;
                continue;
            }
            Some(Some(keys)) => {
                measured.wrong += 1;
                // A wrong link hides the right one as well.
                measured.missed += usize::from(!none);
                keys.iter().flatten().next().map_or_else(String::new, |key| (*key).to_owned())
            }
        };
        measured.faults.push([key.clone(), found, expected.clone()]);
    }
    let Measured { right, wrong, missed, rightly_unmatched, .. } = measured;
    measured.precision = share(right, right + wrong);
    measured.recall = share(right, right + missed);
    measured.unmatched_share =
        share(missed + rightly_unmatched, right + wrong + missed + rightly_unmatched);
    measured
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows that people judged")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn in_words(measured: &Measured) -> anyhow::Result<()> {
    let Measured { right, wrong, missed, rightly_unmatched, unknown, .. } = measured;
    for [key, found, expected] in &measured.faults {
        say(format!("{key}: {found} for {expected}"))?;
    }
    say(format!(
        "{right} right, {wrong} wrong, {missed} missed, {rightly_unmatched} rightly unmatched, \
         {unknown} not listed"
    ))?;
    say(format!(
        "precision {:.4}, recall {:.4}, unmatched share {:.4}",
        measured.precision, measured.recall, measured.unmatched_share
    ))
}
