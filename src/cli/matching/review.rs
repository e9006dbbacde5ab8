//! `porchlight match review`: the queue of what people should look at, and their decisions.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::decided;
use super::decisions::{self, COLUMNS};
use crate::cli::exit::Exit;
use crate::config::Config;
use crate::record::{AccountedCandidate, MatchAccount, MatchMethod, MatchOutcome};

/// Candidates that a row of the queue has room for.
const CANDIDATES: usize = 3;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Take decisions back: the printed file, with `decision`, `agency` and `reason` filled in
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// The day of the decisions [default: today]
    #[arg(long, value_name = "DATE", requires = "decisions")]
    decided_on: Option<NaiveDate>,
    /// The page that every decision rests on; needed with `--decisions`
    #[arg(long, value_name = "URL", requires = "decisions")]
    evidence: Option<String>,
    /// Where the decisions go: added to this file [default: the file of `--overrides`, else printed]
    #[arg(long, value_name = "FILE", requires = "decisions")]
    to: Option<PathBuf>,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { decisions, decided_on, evidence, to } = arguments;
    if let Some(file) = decisions {
        let decided_on = decided_on.unwrap_or_else(|| crate::cli::now().date_naive());
        let to = to.or_else(|| config.overrides_file.clone());
        return decisions::take(&file, decided_on, evidence.as_deref(), to.as_deref());
    }
    print(&decided(config).await?.accounts)?;
    Ok(Exit::Done)
}

/// Prints the queue: what could not be matched, then what nearly could not.
fn print(accounts: &[MatchAccount]) -> anyhow::Result<()> {
    let mut queue: Vec<(&str, &MatchAccount)> =
        accounts.iter().filter_map(|account| Some((problem(account)?, account))).collect();
    queue.sort_by_key(|(problem, account)| {
        (*problem != "unmatched", &account.state, &account.source_key)
    });
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(COLUMNS)?;
    for (problem, account) in queue {
        let mut row = vec![
            account.source_id.to_string(),
            account.source_key.clone(),
            account.agency_name_reported.clone(),
            account.city_reported.clone().unwrap_or_default(),
            account.state.clone().unwrap_or_default(),
            problem.to_owned(),
            account.reason.clone(),
        ];
        let told = account.candidates.iter().map(in_words);
        row.extend(told.chain(std::iter::repeat(String::new())).take(CANDIDATES));
        row.extend(["decision", "agency", "reason"].map(|_| String::new()));
        writer.write_record(row)?;
    }
    writer.flush()?;
    Ok(())
}

/// Why people should look at it, if they should.
fn problem(account: &MatchAccount) -> Option<&'static str> {
    if account.outcome == MatchOutcome::Unmatched {
        return Some("unmatched");
    }
    let chosen = account.candidates.iter().find(|candidate| candidate.chosen)?;
    let next = account.candidates.iter().find(|candidate| !candidate.chosen)?;
    let is_by_rule = account.method != Some(MatchMethod::Override);
    let is_near = is_by_rule && chosen.points - next.points < MatchAccount::NEAR;
    is_near.then_some("near_tie")
}

fn in_words(candidate: &AccountedCandidate) -> String {
    let AccountedCandidate { name, source_id, source_key, points, .. } = candidate;
    format!("{source_id}/{source_key} {name} ({points})")
}
