//! Fold, normalise, match, resolve, build, judge: from news to a candidate.

use chrono::{DateTime, Days, Utc};

use super::{News, RefreshError, editions, source_id};
use crate::config::GateLimits;
use crate::matching::{self, Index};
use crate::normalise::normalise;
use crate::record::{self, Entries, Identity, Redirect, ReleaseId, Statement, Withdrawal};
use crate::release::dataset::{Dataset, Since};
use crate::release::{self, Candidate, Parts, gates};
use crate::resolve::{self, Memory, resolve};
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
    tokio::task::spawn_blocking(move || make(task))
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
    let entries = Entries::of(memory.statements.values());
    let normals = normalise(&entries);
    let index = Index::of(&normals);
    let decisions: Vec<_> =
        normals.listings.iter().map(|listing| matching::decide(&index, listing)).collect();
    let (identities, redirects, withdrawals) = trail(previous.as_ref());
    let issues: Vec<String> = previous
        .iter()
        .flat_map(|previous| &previous.records.issues)
        .map(|issue| issue.id.to_string())
        .collect();
    let mut resolved = resolve(&resolve::Input {
        memory: &memory,
        entries: &entries.current,
        normals: &normals,
        decisions: &decisions,
        sources: SOURCES.iter().map(|source| source_record(source.card())).collect(),
        identities: &identities,
        redirects: &redirects,
        withdrawals: &withdrawals,
        published_issues: &issues,
        published_on: published_at.date_naive(),
        fresh_for,
    })?;
    release::date_corrections(
        &mut resolved.records.corrections,
        &resolved.effects,
        previous.as_ref(),
        release,
    );
    // The records hold all of it from here on, and it is large.
    drop((decisions, index));
    drop(normals);
    let Memory { editions, .. } = memory;
    let parts = Parts {
        records: resolved.records,
        unread: resolved.unread,
        identities: resolved.identities,
        redirects: resolved.redirects,
        withdrawals: resolved.withdrawals,
        editions,
    };
    let mut candidate =
        release::build(parts, previous.as_ref(), release, published_at, &software_version);
    candidate.dataset.gates = gates::judge(&candidate.dataset, previous.as_ref(), &limits);
    Ok(candidate)
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
        editions: editions(dataset),
        unread: dataset.unread(),
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
