//! Decisions of people, from the queue's CSV to a file of overrides.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::Deserialize;

use super::rows;
use crate::cli::exit::{Exit, Refusal};
use crate::cli::output::say;
use crate::record::OverrideDecision;
use crate::source::check_overrides;

/// The columns of the queue.
pub(super) const COLUMNS: [&str; 13] = [
    "source_id",
    "source_key",
    "agency_name_reported",
    "city_reported",
    "state",
    "problem",
    "detail",
    "candidate_1",
    "candidate_2",
    "candidate_3",
    "decision",
    "agency",
    "reason",
];

/// A row of the queue as it comes back.
#[derive(Debug, Deserialize)]
struct Row {
    source_id: String,
    source_key: String,
    agency_name_reported: String,
    city_reported: String,
    state: String,
    decision: String,
    agency: String,
    reason: String,
}

/// Reads the queue back, checks every decision as a refresh would, and adds them to `to`, or prints
/// them.
pub(super) fn take(
    queue: &Path,
    decided_on: NaiveDate,
    evidence: Option<&str>,
    to: Option<&Path>,
) -> anyhow::Result<Exit> {
    let Some(evidence) = evidence else {
        let words = "--evidence is missing: the page that the decisions rest on";
        return Err(Refusal::new(Exit::Usage, words).into());
    };
    let known = match to.map(std::fs::read_to_string) {
        Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
            let to = to.map(|to| to.display().to_string()).unwrap_or_default();
            return Err(error).with_context(|| format!("cannot read {to}"));
        }
        Some(Ok(text)) => text,
        None | Some(Err(_)) => String::new(),
    };
    check_overrides(&known)?;
    let mut keys = keys(&known)?;
    let mut added = String::new();
    let mut count = 0;
    for row in rows::<Row>(queue)? {
        if row.decision.trim().is_empty() {
            continue;
        }
        let entry = entry(&row, decided_on, evidence, &mut keys)?;
        added.push_str(&entry);
        count += 1;
    }
    check_overrides(&format!("{known}{added}"))?;
    match to {
        Some(to) if count > 0 => {
            // Added behind what is there, which a full disk cannot harm that way.
            let append = || {
                let mut file = OpenOptions::new().create(true).append(true).open(to)?;
                file.write_all(added.as_bytes())?;
                file.sync_all()
            };
            append().with_context(|| format!("cannot write {}", to.display()))?;
            say(format!("{count} decisions added to {}", to.display()))?;
        }
        Some(_) => say("no row has a decision")?,
        None => say(added.trim_end())?,
    }
    Ok(Exit::Done)
}

/// One decision as an entry of the file.
fn entry(
    row: &Row,
    decided_on: NaiveDate,
    evidence: &str,
    keys: &mut BTreeSet<String>,
) -> anyhow::Result<String> {
    let decision: OverrideDecision = row.decision.trim().parse().map_err(|_unknown| {
        let words = format!(
            "{}/{}: the decision `{}` is none of same, different and new",
            row.source_id, row.source_key, row.decision
        );
        Refusal::new(Exit::BadData, words)
    })?;
    let text = |text: &str| toml::Value::String(text.trim().to_owned());
    let subject = match row.source_id.as_str() {
        "curated" => row.source_key.clone(),
        source => format!("{source}/{}", row.source_key),
    };
    let mut entry = format!("\n[[overrides]]\nkey = {}\n", text(&new_key(row, keys)));
    let mut line = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            let _ = writeln!(entry, "{name} = {}", text(value));
        }
    };
    line("decision", decision.as_str());
    line("subject", &subject);
    line("printed", &row.agency_name_reported);
    // As the queue prints a candidate, its row in the registry stands first.
    line("agency", row.agency.split_whitespace().next().unwrap_or_default());
    if decision == OverrideDecision::New {
        line("state", &row.state);
        line("city", &row.city_reported);
    }
    line("reason", &row.reason);
    line("decided_on", &decided_on.to_string());
    line("confidence", "A");
    let _ = write!(entry, "[[overrides.evidence]]\nurl = {}\n", text(evidence));
    Ok(entry)
}

/// A readable key that no other entry has.
fn new_key(row: &Row, keys: &mut BTreeSet<String>) -> String {
    let text = format!("{}-{}", row.source_id, row.source_key).to_lowercase();
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words = plain.split('-').filter(|word| !word.is_empty());
    let base = words.collect::<Vec<_>>().join("-");
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let free = std::iter::once(base.clone()).chain(numbered).find(|key| !keys.contains(key));
    let key = free.unwrap_or(base);
    keys.insert(key.clone());
    key
}

/// The keys of a file of overrides.
fn keys(text: &str) -> anyhow::Result<BTreeSet<String>> {
    let table: toml::Table = text.parse()?;
    let entries = table.get("overrides").and_then(toml::Value::as_array);
    let keys = entries.into_iter().flatten().filter_map(|entry| entry.get("key")?.as_str());
    Ok(keys.map(str::to_owned).collect())
}
