//! Releases, sources, runs and held candidates, as metrics.

use chrono::{DateTime, Utc};

use super::exposition::Exposition;
use crate::release::GateVerdict;
use crate::serve::releases::Releases;
use crate::serve::status::{Health, RunReport, SourceStatus, StatusDocument};

/// Writes what is served.
pub(super) fn write_releases(out: &mut Exposition, releases: &Releases, now: DateTime<Utc>) {
    if let Some(newest) = releases.newest() {
        let manifest = &newest.known.manifest;
        let release = manifest.release.to_string();
        let labels = [
            ("release", release.as_str()),
            ("schema_version", &manifest.schema_version),
            ("software_version", &manifest.software_version),
        ];
        out.gauge("porchlight_release_info", "The newest release; always 1.").sample(&labels, 1);
        let published = manifest.published_at;
        out.gauge("porchlight_release_published_timestamp_seconds", "When that was published.")
            .sample(&[], published.timestamp());
        out.gauge("porchlight_release_age_seconds", "How long ago that was.")
            .sample(&[], seconds_between(published, now));
    }
    out.gauge("porchlight_releases_known", "Releases that can be asked for.")
        .sample(&[], releases.known().len());
    out.gauge("porchlight_releases_open", "Releases whose file is open.")
        .sample(&[], releases.open());
    let help = "Looks for new releases that found a damaged one or failed.";
    out.counter("porchlight_release_reload_failures_total", help)
        .sample(&[], releases.failed_reloads());
}

/// Writes what the catalog knows; `None`: nothing can be had from it.
pub(super) fn write_status(
    out: &mut Exposition,
    status: Option<&StatusDocument>,
    now: DateTime<Utc>,
) {
    let help = "Whether the catalog answers; what follows from it is left out where not.";
    out.gauge("porchlight_catalog_up", help).sample(&[], u8::from(status.is_some()));
    let Some(status) = status else { return };
    write_sources(out, &status.sources, now);
    if let Some(run) = status.runs.iter().find(|run| run.kind == "refresh" && run.is_over()) {
        write_run(out, run);
    }
    write_held(out, status);
    out.gauge("porchlight_schedule_enabled", "Whether this process refreshes by itself.")
        .sample(&[], u8::from(status.schedule.is_some()));
    if let Some(next) = status.next_run_at {
        out.gauge("porchlight_next_run_timestamp_seconds", "When the next refresh is due.")
            .sample(&[], next.timestamp());
    }
    if let Some(leader) = &status.leader {
        let help = "How many times some process took the lead over the data.";
        out.gauge("porchlight_leader_epoch", help).sample(&[], leader.epoch);
        if let Some(taken) = leader.taken_at {
            out.gauge("porchlight_leader_taken_timestamp_seconds", "When it was taken last.")
                .sample(&[], taken.timestamp());
        }
    }
}

fn write_sources(out: &mut Exposition, sources: &[SourceStatus], now: DateTime<Utc>) {
    let mut family = out.gauge("porchlight_source_health", "1 for the health a source has.");
    for source in sources {
        for health in Health::ALL {
            let labels = [("source", source.id.as_str()), ("health", health.as_str())];
            family.sample(&labels, u8::from(source.health == health));
        }
    }
    let mut each = |name, help: &str, value: &dyn Fn(&SourceStatus) -> Option<i64>| {
        let mut family = out.gauge(name, help);
        for source in sources {
            if let Some(value) = value(source) {
                family.sample(&[("source", source.id.as_str())], value);
            }
        }
    };
    let since = |at: Option<DateTime<Utc>>| at.map(|at| seconds_between(at, now));
    let help = "How long ago a source was last asked.";
    each("porchlight_source_check_age_seconds", help, &|source| since(source.last_checked_at));
    let help = "How long ago a source last answered with something that could be read.";
    each("porchlight_source_ok_age_seconds", help, &|source| since(source.last_ok_at));
    let help = "For how long a source has been failing; 0 where it is not.";
    each("porchlight_source_failing_seconds", help, &|source| {
        Some(since(source.failing_since).unwrap_or(0))
    });
    let help = "Rows of the edition that is in the newest release.";
    each("porchlight_source_rows", help, &|source| source.rows);
}

/// Writes the last refresh that is over.
fn write_run(out: &mut Exposition, run: &RunReport) {
    let mut family =
        out.gauge("porchlight_last_run_outcome", "1 for the outcome of the last refresh.");
    for outcome in ["unchanged", "published", "held", "failed", "interrupted"] {
        let is = run.outcome.as_deref() == Some(outcome);
        family.sample(&[("outcome", outcome)], u8::from(is));
    }
    out.gauge("porchlight_last_run_started_timestamp_seconds", "When it began.")
        .sample(&[], run.started_at.timestamp());
    if let Some(ended) = run.finished_at {
        out.gauge("porchlight_last_run_ended_timestamp_seconds", "When it ended.")
            .sample(&[], ended.timestamp());
    }
    let help = "How long each of its stages took.";
    let mut family = out.gauge("porchlight_last_run_stage_duration_seconds", help);
    for (at, stage) in run.stages.iter().enumerate() {
        // A stage that ran twice is one sample: its last.
        if run.stages[at + 1..].iter().all(|later| later.stage != stage.stage) {
            let seconds = std::time::Duration::from_millis(stage.milliseconds).as_secs_f64();
            family.sample(&[("stage", &stage.stage)], seconds);
        }
    }
}

fn write_held(out: &mut Exposition, status: &StatusDocument) {
    out.gauge("porchlight_held_candidates", "Candidates that wait for a person to decide.")
        .sample(&[], status.held.len());
    let Some(newest) = status.held.iter().max_by_key(|held| held.held_at) else { return };
    let mut names: Vec<&str> = newest.gates.iter().map(|gate| gate.gate.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let help = "Findings of each gate about the newest held candidate.";
    let mut family = out.gauge("porchlight_held_candidate_gate_findings", help);
    for name in names {
        let findings = |passed: bool| {
            let of_gate = |gate: &&GateVerdict| gate.gate == name && gate.passed == passed;
            newest.gates.iter().filter(of_gate).count()
        };
        family.sample(&[("gate", name), ("result", "failed")], findings(false));
        family.sample(&[("gate", name), ("result", "passed")], findings(true));
    }
}

/// Whole seconds; none where a clock was set back between the two.
fn seconds_between(earlier: DateTime<Utc>, later: DateTime<Utc>) -> i64 {
    (later - earlier).num_seconds().max(0)
}
