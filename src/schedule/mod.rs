//! Runs a refresh whenever the timetable says so.
//!
//! The ticker only knocks, in UTC; what is due is asked of the timetable and of the last run in
//! the catalog. So a change of daylight saving time neither skips nor doubles a run, several
//! processes agree, and what was missed is made up for once.

mod timetable;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::catalog::{Catalog, CatalogError, Run, RunKind, RunOutcome};
use crate::config::ScheduleSettings;

pub use timetable::Timetable;

/// What is run: it gets the instant it is run at, takes the lead and leaves a run in the catalog.
///
/// Where another process leads it has nothing to do and returns `Ok`. An error or a panic before
/// its run is in the catalog is tried again at the next tick.
pub type Job = Arc<dyn Fn(DateTime<Utc>) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

/// Why a job could not do its work.
pub type JobError = Box<dyn Error + Send + Sync>;

/// The ticker did not start.
#[derive(Debug, thiserror::Error)]
#[error("the schedule's ticker could not be started")]
pub struct ScheduleError(#[source] Box<dyn Error + Send + Sync>);

impl From<JobSchedulerError> for ScheduleError {
    fn from(error: JobSchedulerError) -> Self {
        Self(Box::new(error))
    }
}

/// A schedule at work. Dropping it ends it without waiting.
#[derive(Debug)]
pub struct Schedule {
    stop: DropGuard,
    worker: JoinHandle<()>,
}

impl Schedule {
    /// Starts to look whether a run is due: at once, then at every tick, which is whole seconds.
    /// Two runs never overlap. Whether there is to be a schedule at all the caller decides.
    ///
    /// Cancelling `stop` ends it; a job that can end early watches a clone of it.
    pub async fn start(
        settings: &ScheduleSettings,
        catalog: Catalog,
        job: Job,
        stop: CancellationToken,
    ) -> Result<Self, ScheduleError> {
        let knock = Arc::new(Notify::new());
        knock.notify_one();
        let ticker = start_ticker(settings.tick, Arc::clone(&knock)).await?;
        let timetable = Timetable::new(settings.cron.clone(), settings.zone);
        let worker = Worker { timetable, catalog, job };
        let worker = tokio::spawn(run(worker, ticker, knock, stop.clone()));
        Ok(Self { stop: stop.drop_guard(), worker })
    }

    /// Ends the schedule, and waits until a run that is under way has ended.
    pub async fn stop(self) {
        self.stop.disarm().cancel();
        if let Err(error) = self.worker.await {
            tracing::error!(error = &error as &dyn Error, "the schedule broke off");
        }
    }
}

/// A ticker that knocks. It does nothing else: its jobs may overlap and outlive its shutdown.
async fn start_ticker(every: Duration, knock: Arc<Notify>) -> Result<JobScheduler, ScheduleError> {
    // It counts whole seconds, and none would be all the time.
    let every = Duration::from_secs(every.as_secs().max(1));
    let ticker = JobScheduler::new().await?;
    let tick = Tick::new_repeated_async(every, move |_, _| {
        let knock = Arc::clone(&knock);
        Box::pin(async move { knock.notify_one() })
    })?;
    ticker.add(tick).await?;
    ticker.start().await?;
    Ok(ticker)
}

/// One loop, so that two runs cannot overlap: knocks during a run count as one.
async fn run(
    worker: Worker,
    mut ticker: JobScheduler,
    knock: Arc<Notify>,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = knock.notified() => worker.look(clock()).await,
        }
    }
    if let Err(error) = ticker.shutdown().await {
        tracing::warn!(error = &error as &dyn Error, "the schedule's ticker did not stop");
    }
}

struct Worker {
    timetable: Timetable,
    catalog: Catalog,
    job: Job,
}

impl Worker {
    /// Runs the job if it is due. What goes wrong is logged, and looked at again at the next tick.
    async fn look(&self, now: DateTime<Utc>) {
        let last_run = match self.last_run().await {
            Ok(last_run) => last_run,
            Err(error) => {
                let error = error.as_ref() as &dyn Error;
                tracing::warn!(error, "the schedule cannot read the catalog");
                return;
            }
        };
        if !self.timetable.is_due(now, last_run) {
            return;
        }
        let job = Arc::clone(&self.job);
        // A task of its own: a panic, also of the call itself, ends there.
        match tokio::spawn(async move { job(now).await }).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = error.as_ref() as &dyn Error;
                tracing::error!(error, "the scheduled run failed");
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn Error, "the scheduled run panicked");
            }
        }
    }

    async fn last_run(&self) -> Result<Option<DateTime<Utc>>, JobError> {
        let catalog = self.catalog.clone();
        let runs: Result<Vec<Run>, CatalogError> =
            tokio::task::spawn_blocking(move || catalog.runs_of(RunKind::Refresh, 2)).await?;
        Ok(last_attempt(&runs?))
    }
}

/// When the run began that counts as the last one, of the two latest.
///
/// A run whose process died is made up for, once: if that one is cut off as well, something is
/// wrong with the run itself, and it must not be started every minute.
fn last_attempt(latest_first: &[Run]) -> Option<DateTime<Utc>> {
    let is_cut_off = |run: &Run| match run.outcome {
        RunOutcome::Running | RunOutcome::Interrupted => true,
        RunOutcome::Unchanged | RunOutcome::Published | RunOutcome::Held | RunOutcome::Failed => {
            false
        }
    };
    match latest_first {
        [] => None,
        [latest] => (!is_cut_off(latest)).then_some(latest.started_at),
        [latest, before, ..] if is_cut_off(latest) && !is_cut_off(before) => {
            Some(before.started_at)
        }
        [latest, ..] => Some(latest.started_at),
    }
}

#[expect(clippy::disallowed_methods, reason = "the schedule is where a run's instant comes from")]
fn clock() -> DateTime<Utc> {
    Utc::now()
}
