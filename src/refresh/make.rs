//! Fold, normalise, match, resolve, build, judge: from news to a candidate.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Days, Utc};

use super::{News, RefreshError, source_id};
use crate::config::GateLimits;
use crate::matching;
use crate::normalise::normalise;
use crate::record::{
    self, Entries, Evidence, Identity, Record, Records, Redacted, RedactedKey, Redirect, ReleaseId,
    Statement, Withdrawal, row_key,
};
use crate::release::dataset::{Dataset, Since};
use crate::release::{self, Candidate, Parts, gates};
use crate::resolve::{self, Memory, ResolveError, Resolved, resolve};
use crate::source::{Card, Origin, SOURCES};

/// What a candidate is made from.
pub(super) struct Task {
    pub(super) previous: Option<Dataset>,
    pub(super) news: Vec<News>,
    pub(super) release: ReleaseId,
    pub(super) published_at: DateTime<Utc>,
    pub(super) software_version: String,
    pub(super) fresh_for: Days,
    pub(super) limits: GateLimits,
}

/// Makes a candidate, away from the threads that wait for the network.
pub(super) async fn candidate(task: Task) -> Result<Candidate, RefreshError> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(|| make(task)))
        .await
        .map_err(|error| RefreshError::Panicked(error.to_string()))?
}

/// Makes a candidate. The same task gives the same candidate.
pub(super) fn make(task: Task) -> Result<Candidate, RefreshError> {
    let Task { previous, news, release, published_at, software_version, fresh_for, limits } = task;
    let mut memory = previous.as_ref().map(remembered).unwrap_or_default();
    for News { capture, reading, .. } in news {
        memory.fold(&capture, reading);
    }
    let mut redactions: Vec<RedactedKey> =
        previous.iter().flat_map(|p| &p.redactions).cloned().collect();
    let mut resolved = loop {
        let resolved = resolved(&memory, previous.as_ref(), published_at, fresh_for)?;
        let more = came_back(&resolved.records, &redactions, release);
        if more.is_empty() {
            break resolved;
        }
        // A source speaks of a redacted record under another key.
        redactions.extend(more);
        memory.redacted = Redacted::of(&redactions);
        let Memory { statements, redacted, .. } = &mut memory;
        statements.retain(|_, statement| !redacted.has_statement(statement));
    };
    resolved.withdrawals.extend(silenced(&memory, previous.as_ref(), &redactions));
    release::date_corrections(
        &mut resolved.records.corrections,
        &resolved.effects,
        previous.as_ref(),
        release,
    );
    let Memory { editions, .. } = memory;
    let parts = Parts {
        records: resolved.records,
        unread: resolved.unread,
        identities: resolved.identities,
        redirects: resolved.redirects,
        withdrawals: resolved.withdrawals,
        editions,
        accounts: resolved.accounts,
    };
    let mut candidate =
        release::build(parts, previous.as_ref(), release, published_at, &software_version);
    redactions.sort();
    candidate.dataset.redactions = redactions;
    candidate.dataset.gates = gates::judge(&candidate.dataset, previous.as_ref(), &limits);
    Ok(candidate)
}

/// Records of all that is remembered.
fn resolved(
    memory: &Memory,
    previous: Option<&Dataset>,
    published_at: DateTime<Utc>,
    fresh_for: Days,
) -> Result<Resolved, ResolveError> {
    let entries = Entries::of(memory.statements.values());
    let normals = normalise(&entries);
    let matches = matching::matches(&normals);
    let (identities, redirects, withdrawals) = trail(previous);
    let issues: Vec<String> = previous
        .iter()
        .flat_map(|previous| &previous.records.issues)
        .map(|issue| issue.id.to_string())
        .collect();
    resolve(&resolve::Input {
        memory,
        entries: &entries.current,
        normals: &normals,
        matches: &matches,
        sources: SOURCES.iter().map(|source| source_record(source.card())).collect(),
        identities: &identities,
        redirects: &redirects,
        withdrawals: &withdrawals,
        published_issues: &issues,
        published_on: published_at.date_naive(),
        fresh_for,
    })
}

/// Keys under which sources speak of records that were redacted under others.
fn came_back(
    records: &Records,
    redactions: &[RedactedKey],
    release: ReleaseId,
) -> Vec<RedactedKey> {
    let reasons: HashMap<&str, &RedactedKey> =
        redactions.iter().map(|redacted| (redacted.id.as_str(), redacted)).collect();
    if reasons.is_empty() {
        return Vec::new();
    }
    let keys = records.evidence.iter().filter_map(|evidence| {
        let known = reasons.get(evidence.subject_id.as_str())?;
        let Evidence { subject_type, source_id, source_key, .. } = evidence;
        let key_sha256 = row_key(*subject_type, source_id, source_key);
        Some(RedactedKey { key_sha256, release, ..(*known).clone() })
    });
    let keys: BTreeSet<RedactedKey> = keys.collect();
    keys.into_iter().collect()
}

/// The trail of evidence that was published and must not be there any more.
fn silenced(
    memory: &Memory,
    previous: Option<&Dataset>,
    redactions: &[RedactedKey],
) -> Vec<Withdrawal> {
    let published = previous.iter().flat_map(|previous| &previous.records.evidence);
    let silent = published.filter(|evidence| !memory.statements.contains_key(&evidence.id));
    let reason = redactions.last().map(|redacted| redacted.reason.clone()).unwrap_or_default();
    let withdrawal = |evidence: &Evidence| Withdrawal {
        resource: Evidence::TABLE.to_owned(),
        id: evidence.id.to_string(),
        reason: reason.clone(),
    };
    silent.map(withdrawal).collect()
}

/// What a release remembers of all that was ever said.
fn remembered(dataset: &Dataset) -> Memory {
    Memory {
        statements: dataset
            .records
            .evidence
            .iter()
            .map(|evidence| (evidence.id.clone(), Statement::from(evidence)))
            .collect(),
        editions: dataset.editions.iter().map(|edition| edition.what.clone()).collect(),
        unread: dataset.unread(),
        redacted: Redacted::of(&dataset.redactions),
    }
}

fn trail(previous: Option<&Dataset>) -> (Vec<Identity>, Vec<Redirect>, Vec<Withdrawal>) {
    fn what<T: Clone>(items: &[Since<T>]) -> Vec<T> {
        items.iter().map(|item| item.what.clone()).collect()
    }
    previous.map_or_else(Default::default, |previous| {
        (what(&previous.identities), what(&previous.redirects), what(&previous.withdrawals))
    })
}

/// A source's card as a record; what its editions tell is filled in later.
fn source_record(card: &Card) -> record::Source {
    let url = match card.origin {
        Origin::Url(url) | Origin::UrlPerState(url) => Some(url.to_owned()),
        Origin::BuiltIn(_) => None,
    };
    let unstamped = ReleaseId::default();
    record::Source {
        id: source_id(card),
        name: card.name.to_owned(),
        publisher: card.publisher.to_owned(),
        homepage: card.homepage.map(str::to_owned),
        url,
        format: card.format.to_owned(),
        licence: card.licence.to_owned(),
        attribution: card.attribution.to_owned(),
        redistributable: card.redistributable,
        cadence: card.cadence.to_owned(),
        completeness: card.completeness,
        completeness_note: card.completeness_note.map(str::to_owned),
        data_as_of_on: None,
        rows: 0,
        issues: 0,
        first_release: unstamped,
        last_changed_release: unstamped,
        evidence_count: 0,
    }
}
