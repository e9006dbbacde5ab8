//! Which events there are to tell, from what the catalog says.

use chrono::{DateTime, Utc};

use crate::catalog::{
    Catalog, CatalogError, Health, HeldCandidate, NotedTrouble, ReleaseRow, Run, RunKind,
    RunOutcome, SourceHealth,
};
use crate::config::{NotifySettings, SourceSettings};
use crate::notify::event::{Event, Kind};

/// Runs that are looked at to count those that failed in a row.
const RUNS: u32 = 1000;

/// Days between two reminders of a source that goes on failing, and of runs that do.
const SOURCE_REMINDER: i64 = 7;
const RUN_REMINDER: i64 = 1;

/// How everything is, as the catalog knows it.
#[derive(Debug, Default)]
pub(super) struct Situation {
    held: Vec<HeldCandidate>,
    /// Those that are asked.
    sources: Vec<SourceHealth>,
    /// Refreshes that have ended, the latest first.
    runs: Vec<Run>,
    newest: Option<ReleaseRow>,
}

/// Trouble that was noted on one way before.
#[derive(Debug, Default)]
pub(super) struct Noted {
    failing: Vec<NotedTrouble>,
    failed: Vec<NotedTrouble>,
}

impl Noted {
    pub(super) fn on(catalog: &Catalog, way: &str) -> Result<Self, CatalogError> {
        Ok(Self {
            failing: catalog.noted_trouble(way, Kind::SourceFailing.as_str())?,
            failed: catalog.noted_trouble(way, Kind::RunFailed.as_str())?,
        })
    }
}

impl Situation {
    pub(super) fn read(catalog: &Catalog, asked: &SourceSettings) -> Result<Self, CatalogError> {
        let mut sources = catalog.source_health()?;
        sources.retain(|source| asked.get(source.id.as_str()).enabled);
        let mut runs = catalog.runs_of(RunKind::Refresh, RUNS)?;
        runs.retain(|run| run.outcome != RunOutcome::Running);
        let newest = catalog.releases()?.into_iter().next();
        Ok(Self { held: catalog.held()?, sources, runs, newest })
    }

    /// Every event there is to tell at `now`, whether or not it was told before. `well` is false
    /// where a run has just failed that the catalog does not know of.
    pub(super) fn events(
        &self,
        noted: &Noted,
        settings: &NotifySettings,
        well: bool,
        now: DateTime<Utc>,
    ) -> Vec<Event> {
        let mut events: Vec<Event> = self.held.iter().map(Event::candidate_held).collect();
        for source in &self.sources {
            events.extend(source_event(source, &noted.failing, settings.after_days, now));
        }
        events.extend(self.run_event(&noted.failed, well, now));
        if let Some(newest) = &self.newest {
            events.extend(settings.releases.then(|| Event::release_published(newest)));
            events.push(Event::feeds_changed(newest));
        }
        events
    }

    fn run_event(&self, noted: &[NotedTrouble], well: bool, now: DateTime<Utc>) -> Option<Event> {
        let last = self.runs.first()?;
        let failed = |run: &&Run| match run.outcome {
            RunOutcome::Failed | RunOutcome::Interrupted => true,
            RunOutcome::Running
            | RunOutcome::Unchanged
            | RunOutcome::Published
            | RunOutcome::Held => false,
        };
        let failures: Vec<&Run> = self.runs.iter().take_while(failed).collect();
        let Some(first) = failures.last() else {
            let trouble = noted.last().filter(|_| well)?;
            return Some(Event::run_recovered(trouble.since));
        };
        let since = first.started_at;
        let number = (now - since).num_days().max(0) / RUN_REMINDER;
        Some(Event::run_failed(last, since, failures.len(), number))
    }
}

fn source_event(
    source: &SourceHealth,
    noted: &[NotedTrouble],
    after_days: u32,
    now: DateTime<Utc>,
) -> Option<Event> {
    match (source.health, source.failing_since) {
        (Health::Failing, Some(since)) => {
            let days = (now - since).num_days();
            let beyond = days - i64::from(after_days);
            // Of a failure that began in a moment to come, by a clock gone wrong, nothing is known.
            let due = beyond >= 0 && now >= since;
            due.then(|| Event::source_failing(source, since, days, beyond / SOURCE_REMINDER))
        }
        (Health::Failing, None) => None,
        (Health::Ok | Health::Stale | Health::Frozen, _) => {
            let trouble = noted.iter().rfind(|trouble| trouble.subject == source.id.as_str())?;
            Some(Event::source_recovered(&source.id, trouble.since))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn source(health: Health, since: Option<&str>) -> Situation {
        let source = SourceHealth {
            id: "eff-atlas".parse().unwrap(),
            health,
            failing_since: since.map(at),
            reason: Some("it answered 500".to_owned()),
            last_checked_at: at("2026-11-24T06:00:00Z"),
            last_ok_at: None,
        };
        Situation { sources: vec![source], ..Situation::default() }
    }

    fn keys(situation: &Situation, noted: &Noted, now: &str) -> Vec<String> {
        let events = situation.events(noted, &NotifySettings::default(), true, at(now));
        events.into_iter().map(|event| event.key).collect()
    }

    #[test]
    fn a_failing_source_is_told_of_after_some_days_and_then_once_a_week() {
        let failing = source(Health::Failing, Some("2026-11-01T06:00:00Z"));
        let keys = |now| keys(&failing, &Noted::default(), now);
        assert!(keys("2026-11-04T05:59:59Z").is_empty());
        assert!(keys("2026-10-01T06:00:00Z").is_empty(), "a clock that was set back");
        let first = ["source.failing eff-atlas 2026-11-01T06:00:00Z 0"];
        assert_eq!(keys("2026-11-04T06:00:00Z"), first);
        assert_eq!(keys("2026-11-11T05:00:00Z"), first);
        let second = ["source.failing eff-atlas 2026-11-01T06:00:00Z 1"];
        assert_eq!(keys("2026-11-11T06:00:00Z"), second);
    }

    #[test]
    fn a_source_that_is_well_again_is_told_of_where_its_failure_was() {
        let well = source(Health::Stale, None);
        let now = "2026-11-24T06:00:00Z";
        assert!(keys(&well, &Noted::default(), now).is_empty());
        let trouble = |since| NotedTrouble { subject: "eff-atlas".to_owned(), since: at(since) };
        let failing = vec![trouble("2026-10-01T06:00:00Z"), trouble("2026-11-01T06:00:00Z")];
        let noted = Noted { failing, ..Noted::default() };
        assert_eq!(keys(&well, &noted, now), ["source.recovered eff-atlas 2026-11-01T06:00:00Z"]);
        let again = source(Health::Failing, Some("2026-11-23T06:00:00Z"));
        assert!(keys(&again, &noted, now).is_empty());
    }
}
