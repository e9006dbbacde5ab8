//! Candidates that gates hold: kept as the captures they are made from, with their report.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::gather::{self, Trouble};
use super::{Context, News, Outcome, RefreshError};
use crate::catalog::{Catalog, CatalogError, Decision};
use crate::record::mint;
use crate::release::pointer::Pointer;
use crate::release::{Candidate, GateVerdict, ManifestCapture, TableChanges};
use crate::source;
use crate::storage::Storage;

/// A held candidate, as it lies in the storage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Held {
    candidate: String,
    made_at: DateTime<Utc>,
    previous: Option<String>,
    captures: Vec<ManifestCapture>,
    changes: BTreeMap<String, TableChanges>,
    gates: Vec<GateVerdict>,
}

impl Held {
    /// The gates that failed, and what they judged.
    pub(super) fn failed(&self) -> BTreeSet<(String, String)> {
        let failed = self.gates.iter().filter(|gate| !gate.passed);
        failed.map(|gate| (gate.gate.clone(), gate.subject.clone())).collect()
    }
}

fn key(candidate: &str) -> String {
    format!("held/{candidate}.json")
}

/// Holds a candidate. The same captures on top of the same release are the same candidate, however
/// often they are looked at.
pub(super) async fn hold(
    context: &Context,
    previous: Option<&Pointer>,
    captures: Vec<ManifestCapture>,
    candidate: &Candidate,
    now: DateTime<Utc>,
) -> Result<Outcome, RefreshError> {
    let mut made_of: Vec<String> = captures
        .iter()
        .map(|capture| format!("{} {} {}", capture.source_id, capture.sha256, capture.as_of_on))
        .collect();
    made_of.sort();
    let previous = previous.map(|pointer| pointer.release.to_string());
    let key_of = format!("{}\n{}", previous.as_deref().unwrap_or_default(), made_of.join("\n"));
    let name = mint("cand", &key_of);
    let gates = candidate.dataset.gates.clone();
    let failed: Vec<GateVerdict> = gates.iter().filter(|gate| !gate.passed).cloned().collect();
    let held = Held {
        candidate: name.clone(),
        made_at: now,
        previous,
        captures,
        changes: candidate.changes.clone(),
        gates,
    };
    let report = serde_json::to_value(&held).map_err(|error| damaged(&name, &error))?;
    let bytes = serde_json::to_vec_pretty(&held).map_err(|error| damaged(&name, &error))?;
    context.storage.replace(&key(&name), bytes.into(), "application/json").await?;
    context.catalog_do(|catalog| catalog.hold(&name, &report, now))?;
    for gate in &failed {
        tracing::warn!(candidate = name, gate = gate.gate, subject = gate.subject, gate.detail);
    }
    Ok(Outcome::Held { candidate: name, failed })
}

/// A held candidate by its name.
pub(super) async fn read(storage: &Storage, candidate: &str) -> Result<Held, RefreshError> {
    let not_held = || RefreshError::NotHeld(candidate.to_owned());
    // A name that is none must not reach the storage as a path.
    if !candidate.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(not_held());
    }
    let bytes = storage.get(&key(candidate)).await?.ok_or_else(not_held)?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(candidate, &error))
}

/// The editions a held candidate was made from, read again.
pub(super) async fn news(context: &Context, held: &Held) -> Result<Vec<News>, RefreshError> {
    read_again(context, &held.captures).await
}

/// Reads captures again that were read before.
pub(super) async fn read_again(
    context: &Context,
    captures: &[ManifestCapture],
) -> Result<Vec<News>, RefreshError> {
    let mut news = Vec::with_capacity(captures.len());
    for described in captures {
        let id = &described.source_id;
        let source = source::by_id(id.as_str())
            .ok_or_else(|| RefreshError::UnknownSource(id.to_string()))?;
        match gather::read(context, source, described.clone(), &[]).await {
            Ok(read) => news.push(read),
            Err(Trouble::Ours(error)) => return Err(error),
            Err(Trouble::Theirs(reason)) => {
                return Err(RefreshError::NotReadable {
                    source_id: id.clone(),
                    sha256: described.sha256.clone(),
                    reason,
                });
            }
        }
    }
    Ok(news)
}

/// Notes that a candidate was accepted and is held no more. The catalog comes first: a run that is
/// killed between the two leaves a file that nobody asks for.
pub(super) async fn accepted(
    context: &Context,
    candidate: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), RefreshError> {
    match context.catalog_do(|c| c.decide(candidate, Decision::Accept, reason, now)) {
        // A catalog that was deleted since does not know it; the release says all there is.
        Ok(()) | Err(RefreshError::Catalog(CatalogError::NotHeld { .. })) => {}
        Err(error) => return Err(error),
    }
    Ok(context.storage.delete(&key(candidate)).await?)
}

/// Closes the candidates that a run has left behind: all but the one it holds itself.
pub(super) async fn settle(
    context: &Context,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<(), RefreshError> {
    let (kept, why) = match outcome {
        Outcome::Held { candidate, .. } => {
            (Some(candidate), format!("superseded by candidate {candidate}"))
        }
        Outcome::Published(release) => (None, format!("superseded by release {release}")),
        Outcome::Unchanged => (None, "the sources send something else by now".to_owned()),
        Outcome::Busy | Outcome::Judged { .. } => return Ok(()),
    };
    for held in context.catalog_do(Catalog::held)? {
        if Some(&held.candidate) != kept {
            let decision = Decision::Discard;
            context.catalog_do(|c| c.decide(&held.candidate, decision, &why, now))?;
            context.storage.delete(&key(&held.candidate)).await?;
        }
    }
    Ok(())
}

fn damaged(candidate: &str, error: &serde_json::Error) -> RefreshError {
    RefreshError::Damaged { release: candidate.to_owned(), file: error.to_string() }
}
