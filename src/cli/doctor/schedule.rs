//! The schedule, the last run, what is held and which sources fail.

use chrono::{DateTime, Utc};

use super::report::{Check, span};
use crate::catalog::{Catalog, CatalogError, Health, Run, RunKind, RunOutcome};
use crate::config::Config;
use crate::schedule::Timetable;

const ABOUT: &str = "schedule";

pub(super) fn checks(config: &Config, catalog: Option<&Catalog>, now: DateTime<Utc>) -> Vec<Check> {
    let Some(catalog) = catalog else { return Vec::new() };
    let looked = look(config, catalog, now);
    looked.unwrap_or_else(|error| {
        let found = super::report::causes(&error);
        vec![Check::fault(ABOUT, found, "look at the catalog")]
    })
}

fn look(
    config: &Config,
    catalog: &Catalog,
    now: DateTime<Utc>,
) -> Result<Vec<Check>, CatalogError> {
    let last = catalog.runs_of(RunKind::Refresh, 1)?.pop();
    let mut checks = vec![of_schedule(config, last.as_ref(), now)];
    checks.extend(last.map(|run| of_run(&run, now)));
    checks.extend(catalog.held()?.iter().map(|held| {
        Check::warning(
            "held",
            format!("{} has been held for {}", held.candidate, span(now - held.made_at)),
            format!(
                "read its gates at /v1/status; `porchlight release accept {} --reason TEXT` \
                 publishes it",
                held.candidate
            ),
        )
    }));
    for source in catalog.source_health()? {
        let asked = config.sources.get(source.id.as_str()).enabled;
        if asked && source.health == Health::Failing {
            let since = source.failing_since.map(|since| span(now - since)).unwrap_or_default();
            let reason = source.reason.as_deref().unwrap_or("no reason is known");
            checks.push(Check::warning(
                "failing",
                format!("{} for {since}: {reason}", source.id),
                "what it said before stays published; the next refresh asks again",
            ));
        }
    }
    Ok(checks)
}

fn of_schedule(config: &Config, last: Option<&Run>, now: DateTime<Utc>) -> Check {
    let settings = &config.schedule;
    if !settings.enabled {
        return Check::ok(ABOUT, "with these settings `serve` does not refresh by itself");
    }
    let timetable = Timetable::new(settings.cron.clone(), settings.zone);
    let Some(next) = timetable.next_after(now) else {
        let found = format!("`{}` names no time that comes", settings.cron.as_str());
        return Check::fault(ABOUT, found, "give five cron fields that do, such as `17 6 * * *`");
    };
    let next = next.with_timezone(&settings.zone).format("%Y-%m-%d %H:%M %Z");
    let missed = last.map(|run| run.started_at).filter(|began| {
        let after_that = timetable.next_after(*began).and_then(|due| timetable.next_after(due));
        // One time that is just being made up for is not missed.
        after_that.is_some_and(|second| second < now)
    });
    match missed {
        Some(began) => Check::warning(
            ABOUT,
            format!(
                "next at {next}; the last refresh began {} ago, and others were due",
                span(now - began)
            ),
            "look whether `porchlight serve` runs without --no-schedule",
        ),
        None => Check::ok(ABOUT, format!("next at {next}")),
    }
}

fn of_run(run: &Run, now: DateTime<Utc>) -> Check {
    let found =
        format!("the last refresh began {} ago: {}", span(now - run.started_at), run.outcome);
    let message = run.message.as_deref().unwrap_or("no reason is known");
    match run.outcome {
        RunOutcome::Failed => Check::fault(
            ABOUT,
            format!("{found}: {message}"),
            "mend that, then `porchlight refresh`",
        ),
        RunOutcome::Interrupted => Check::warning(
            ABOUT,
            found,
            "its process was ended: look for a lack of memory in the log of the system",
        ),
        RunOutcome::Running | RunOutcome::Unchanged | RunOutcome::Published | RunOutcome::Held => {
            Check::ok(ABOUT, found)
        }
    }
}
