//! How the machinery is doing, from the catalog, for `/v1/status`, `/status` and `/metrics`.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};

use crate::catalog::{Catalog, CatalogError, Run, RunKind, RunOutcome, SourceHealth};
use crate::config::{ScheduleSettings, SourceSettings};
use crate::record::SourceId;
use crate::release::GateVerdict;
use crate::schedule::Timetable;
use crate::serve::{
    Health, HeldCandidate, LeaderStatus, RunReport, RunStatus, ScheduleStatus, SourceStatus,
    StageStatus, StatusDocument, StatusSource, StatusUnknown,
};
use crate::source::SOURCES;

/// Runs that are listed: two weeks of one a day, with room for what people do beside them.
const RUNS: u32 = 20;

/// The catalog, asked anew for each answer: it is small, and the server does not ask often.
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

    fn next_run_at(&self, last_run: Option<&Run>) -> Option<DateTime<Utc>> {
        let ScheduleSettings { cron, zone, .. } = self.schedule.as_ref()?;
        Timetable::new(cron.clone(), *zone).next_after(last_run?.started_at)
    }

    /// Every source that is read.
    fn sources(&self, catalog: &Catalog) -> Result<Vec<SourceStatus>, StatusUnknown> {
        let known = catalog.source_health()?;
        let asked = SOURCES.iter().map(|source| source.card().id);
        asked
            .filter(|id| self.sources.get(id).enabled)
            .map(|id| match known.iter().find(|health| health.id.as_str() == id) {
                Some(health) => Ok(source_status(health)),
                None => never_asked(id),
            })
            .collect()
    }
}

impl StatusSource for CatalogStatus {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        let catalog = self.catalog.get().ok_or("the catalog could not be opened")?;
        let last_run = catalog.runs_of(RunKind::Refresh, 1)?.into_iter().next();
        let held = catalog.held()?.into_iter().map(|held| {
            let gates = gates_of(&held.report);
            let failed_gates = failed_in_words(&gates);
            HeldCandidate { candidate: held.candidate, held_at: held.made_at, gates, failed_gates }
        });
        let runs = catalog.runs(RUNS)?.into_iter().map(|run| run_report(catalog, run));
        let (epoch, taken_at) = catalog.last_lead()?;
        Ok(StatusDocument {
            next_run_at: self.next_run_at(last_run.as_ref()),
            last_run: last_run.map(|run| RunStatus {
                started_at: run.started_at,
                finished_at: run.finished_at,
                outcome: outcome_of(&run),
                release: run.release,
            }),
            sources: self.sources(catalog)?,
            held: held.collect(),
            release: None,
            schedule: self.schedule.as_ref().map(|schedule| ScheduleStatus {
                cron: schedule.cron.as_str().to_owned(),
                zone: schedule.zone.to_string(),
            }),
            leader: taken_at.map(|_| LeaderStatus { epoch: epoch.number(), taken_at }),
            runs: runs.collect::<Result<_, CatalogError>>()?,
        })
    }

    fn now(&self) -> DateTime<Utc> {
        super::now()
    }
}

fn outcome_of(run: &Run) -> Option<String> {
    (run.outcome != RunOutcome::Running).then(|| run.outcome.to_string())
}

fn run_report(catalog: &Catalog, run: Run) -> Result<RunReport, CatalogError> {
    let held = match &run.candidate {
        Some(candidate) => catalog.held_candidate(candidate)?,
        None => None,
    };
    Ok(RunReport {
        id: run.id.number(),
        kind: run.kind.to_string(),
        started_at: run.started_at,
        finished_at: run.finished_at,
        outcome: outcome_of(&run),
        message: message_of(&run),
        release: run.release,
        candidate: run.candidate,
        stages: run
            .stages
            .into_iter()
            .map(|time| StageStatus { stage: time.stage, milliseconds: time.milliseconds })
            .collect(),
        changes: serde_json::from_value(run.changes).unwrap_or_default(),
        failed_gates: held.map_or(Vec::new(), |held| failed_in_words(&gates_of(&held.report))),
    })
}

/// Why a run ended as it did. What a failure is made of, paths and the like, is for the log alone.
fn message_of(run: &Run) -> String {
    match (run.outcome, &run.release, &run.candidate) {
        (RunOutcome::Running, _, _) => "it is under way".to_owned(),
        (RunOutcome::Unchanged, _, _) => "nothing had changed, so nothing was published".to_owned(),
        (RunOutcome::Published, Some(release), _) => format!("it published release {release}"),
        (RunOutcome::Published, None, _) => "it published a release".to_owned(),
        (RunOutcome::Held, _, Some(candidate)) => format!(
            "gates hold candidate {candidate}, and the release before stays in service until a \
             person decides"
        ),
        (RunOutcome::Held, _, None) => "gates hold its candidate".to_owned(),
        (RunOutcome::Failed, _, _) => {
            let id = run.id.number();
            let stage = run.stages.last().map(|time| format!(" in stage `{}`", time.stage));
            format!("it broke off{}; the log says why, under run {id}", stage.unwrap_or_default())
        }
        (RunOutcome::Interrupted, _, _) => {
            "its process went away before it ended; the next run began anew".to_owned()
        }
    }
}

fn gates_of(report: &serde_json::Value) -> Vec<GateVerdict> {
    serde_json::from_value(report["gates"].clone()).unwrap_or_default()
}

fn failed_in_words(gates: &[GateVerdict]) -> Vec<String> {
    let failed = gates.iter().filter(|gate| !gate.passed);
    failed.map(|gate| format!("{}, {}: {}", gate.gate, gate.subject, gate.detail)).collect()
}

/// A source that is read and was not asked yet: what there is of it cannot be called fresh.
fn never_asked(id: &str) -> Result<SourceStatus, StatusUnknown> {
    Ok(SourceStatus {
        id: id.parse::<SourceId>()?,
        health: Health::Stale,
        failing_since: None,
        reason: Some("not asked yet".to_owned()),
        last_checked_at: None,
        last_ok_at: None,
        data_as_of_on: None,
        rows: None,
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
        last_ok_at: health.last_ok_at,
        data_as_of_on: None,
        rows: None,
    }
}
