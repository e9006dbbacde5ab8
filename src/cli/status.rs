//! How the machinery is doing, from the catalog, for `/v1/status`.

use std::sync::{Arc, OnceLock};

use crate::catalog::{Catalog, RunKind, RunOutcome, SourceHealth};
use crate::config::{ScheduleSettings, SourceSettings};
use crate::record::SourceId;
use crate::schedule::Timetable;
use crate::serve::{
    Health, HeldCandidate, RunStatus, SourceStatus, StatusDocument, StatusSource, StatusUnknown,
};
use crate::source::SOURCES;

/// The catalog, asked anew for each answer: it is small, and the answer is kept for a minute.
pub(super) struct CatalogStatus {
    catalog: Arc<OnceLock<Catalog>>,
    schedule: Option<ScheduleSettings>,
    sources: SourceSettings,
}

impl CatalogStatus {
    /// `catalog` is empty for as long as it cannot be opened: nobody knows anything then. `schedule`
    /// is `None` where this process does not refresh by itself.
    pub(super) fn new(
        catalog: Arc<OnceLock<Catalog>>,
        schedule: Option<ScheduleSettings>,
        sources: SourceSettings,
    ) -> Self {
        Self { catalog, schedule, sources }
    }

    fn read(&self) -> Result<StatusDocument, StatusUnknown> {
        let catalog = self.catalog.get().ok_or("the catalog could not be opened")?;
        let last_run = catalog.runs_of(RunKind::Refresh, 1)?.into_iter().next();
        let timetable = self
            .schedule
            .as_ref()
            .map(|settings| Timetable::new(settings.cron.clone(), settings.zone));
        let next_run_at = timetable
            .zip(last_run.as_ref())
            .and_then(|(timetable, run)| timetable.next_after(run.started_at));
        let known = catalog.source_health()?;
        let asked = SOURCES.iter().map(|source| source.card().id);
        let sources = asked
            .filter(|id| self.sources.get(id).enabled)
            .map(|id| match known.iter().find(|health| health.id.as_str() == id) {
                Some(health) => Ok(source_status(health)),
                None => never_asked(id),
            })
            .collect::<Result<_, StatusUnknown>>()?;
        let held = catalog.held()?.into_iter().map(|held| HeldCandidate {
            candidate: held.candidate,
            held_at: held.made_at,
            gates: serde_json::from_value(held.report["gates"].clone()).unwrap_or_default(),
        });
        Ok(StatusDocument {
            last_run: last_run.map(|run| RunStatus {
                started_at: run.started_at,
                finished_at: run.finished_at,
                outcome: (run.outcome != RunOutcome::Running).then(|| run.outcome.to_string()),
                release: run.release,
            }),
            next_run_at,
            sources,
            held: held.collect(),
        })
    }
}

impl StatusSource for CatalogStatus {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        self.read()
    }
}

/// A source that is read and was not asked yet: what there is of it cannot be called fresh.
fn never_asked(id: &str) -> Result<SourceStatus, StatusUnknown> {
    Ok(SourceStatus {
        id: id.parse::<SourceId>()?,
        health: Health::Stale,
        failing_since: None,
        reason: Some("not asked yet".to_owned()),
        last_checked_at: None,
    })
}

fn source_status(health: &SourceHealth) -> SourceStatus {
    SourceStatus {
        id: health.id.clone(),
        health: match health.health {
            crate::catalog::Health::Ok => Health::Ok,
            crate::catalog::Health::Stale => Health::Stale,
            crate::catalog::Health::Failing => Health::Failing,
            crate::catalog::Health::Frozen => Health::Frozen,
        },
        failing_since: health.failing_since,
        reason: health.reason.clone(),
        last_checked_at: Some(health.last_checked_at),
    }
}
