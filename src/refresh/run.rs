//! A run in progress: who leads, which stage it is at, and what it leaves behind in the catalog.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use tracing::{Instrument as _, Span};

use super::{Context, Outcome, RefreshError, Report, Watcher, in_words};
use crate::catalog::{Ending, Leadership, RunEnd, RunId, RunKind, StageTime};
use crate::release::TableChanges;

/// A run in progress: the lead, its row in the catalog, and how long each stage took.
pub(super) struct Run {
    pub(super) lead: Leadership,
    id: RunId,
    began: DateTime<Utc>,
    clock: Instant,
    notes: Mutex<Notes>,
    watcher: Option<Watcher>,
    /// Stands on every line of the log that belongs to the run.
    span: Span,
}

/// What a run leaves behind in the catalog.
#[derive(Default)]
pub(super) struct Notes {
    stages: Vec<StageTime>,
    /// SHA-256 of the captures it read.
    pub(super) captures: Vec<String>,
    /// How many records differ, by table; none where nothing was made.
    pub(super) changes: Option<BTreeMap<String, TableChanges>>,
}

impl Run {
    /// Takes the lead and notes the start; nothing, where another run has the lead.
    pub(super) fn begin(
        context: &Context,
        kind: RunKind,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, RefreshError> {
        let Some(lead) = context.catalog_do(|catalog| catalog.try_lead(now))? else {
            return Ok(None);
        };
        let id = context.catalog_do(|catalog| catalog.begin_run(lead.epoch(), kind, now))?;
        let notes = Mutex::default();
        let watcher = context.watcher.clone();
        let span = tracing::info_span!("run", id = id.number(), %kind);
        Ok(Some(Self { lead, id, began: now, clock: Instant::now(), notes, watcher, span }))
    }

    /// The span of the run, for all that is done in it.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Runs a stage, logs it and takes its time.
    pub(super) async fn stage<T, E: Into<RefreshError>>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, RefreshError> {
        tracing::info!(parent: &self.span, stage = name, "refresh");
        if let Some(watcher) = &self.watcher {
            watcher(name);
        }
        let began = Instant::now();
        let span = tracing::info_span!(parent: &self.span, "stage", otel.name = name);
        let done = work.instrument(span).await.map_err(Into::into);
        self.notes().stages.push(StageTime::new(name, began.elapsed()));
        done
    }

    /// What the run leaves behind in the catalog.
    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how the run ended.
    pub(super) fn end(
        self,
        context: &Context,
        done: Result<Report, RefreshError>,
    ) -> Result<Report, RefreshError> {
        let (ending, message) = match &done {
            Ok(report) => match &report.outcome {
                Outcome::Busy | Outcome::Unchanged | Outcome::Judged { .. } => {
                    (Ending::Unchanged, None)
                }
                Outcome::Published(release) => (Ending::Published(*release), None),
                Outcome::Held { candidate, failed } => {
                    let names = failed.iter().map(|gate| format!("{} {}", gate.gate, gate.subject));
                    let names = names.collect::<Vec<_>>().join(", ");
                    (Ending::Held(candidate.clone()), Some(format!("held by: {names}")))
                }
            },
            Err(error) => (Ending::Failed, Some(in_words(error))),
        };
        let _in_run = self.span.enter();
        let (outcome, why) = (ending.outcome(), message.as_deref().unwrap_or_default());
        tracing::info!(%outcome, why, "the run ended");
        let notes = self.notes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Notes { stages, captures, changes } = notes;
        let end = RunEnd {
            at: self.began + self.clock.elapsed(),
            ending,
            message,
            stages,
            captures,
            changes: serde_json::json!(changes),
        };
        let finished = context.catalog_do(|catalog| catalog.finish_run(self.id, &end));
        // What went wrong first is what the operator must hear of.
        let report = done?;
        finished?;
        Ok(report)
    }
}
