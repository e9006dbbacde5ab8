//! The schedule with a real clock, a real catalog and the shortest tick.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use porchlight::catalog::{Catalog, Ending, RunEnd, RunKind};
use porchlight::config::{CatalogLocation, ScheduleSettings};
use porchlight::schedule::{Job, JobError, Schedule};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

fn settings(expression: &str) -> ScheduleSettings {
    ScheduleSettings {
        enabled: true,
        cron: expression.parse().unwrap(),
        zone: chrono_tz::America::Chicago,
        tick: Duration::from_secs(1),
    }
}

fn catalog(home: &tempfile::TempDir) -> Catalog {
    Catalog::open(&CatalogLocation::Sqlite(home.path().join("catalog.sqlite"))).unwrap()
}

/// What a refresh leaves in the catalog.
fn leave_a_run(catalog: &Catalog, at: DateTime<Utc>) {
    let leadership = catalog.try_lead(at).unwrap().unwrap();
    let run = catalog.begin_run(leadership.epoch(), RunKind::Refresh, at).unwrap();
    let end = RunEnd {
        at,
        ending: Ending::Unchanged,
        message: None,
        stages: Vec::new(),
        captures: Vec::new(),
        changes: serde_json::Value::Null,
    };
    catalog.finish_run(run, &end).unwrap();
}

/// A job that does what `work` says.
fn job<F>(work: impl Fn(DateTime<Utc>) -> F + Send + Sync + 'static) -> Job
where
    F: Future<Output = Result<(), JobError>> + Send + 'static,
{
    Arc::new(move |now| Box::pin(work(now)))
}

#[tokio::test]
async fn the_first_run_is_at_once_and_the_next_when_it_is_due() {
    let home = tempfile::tempdir().unwrap();
    let catalog = catalog(&home);
    let (sender, mut runs) = mpsc::unbounded_channel();
    let refresh = {
        let catalog = catalog.clone();
        job(move |now| {
            let (catalog, sender) = (catalog.clone(), sender.clone());
            async move {
                tokio::task::spawn_blocking(move || leave_a_run(&catalog, now)).await?;
                sender.send(now)?;
                Ok(())
            }
        })
    };
    // Every second: the second run needs a tick.
    let stop = CancellationToken::new();
    let schedule =
        Schedule::start(&settings("* * * * * *"), catalog.clone(), refresh, stop).await.unwrap();
    let first = runs.recv().await.unwrap();
    let second = runs.recv().await.unwrap();
    schedule.stop().await;
    assert!(second > first);
    assert!(catalog.runs(9).unwrap().len() >= 2);
    // Nothing is left that could still run.
    while runs.recv().await.is_some() {}
}

#[tokio::test]
async fn a_run_that_is_not_due_does_not_run() {
    let home = tempfile::tempdir().unwrap();
    let catalog = catalog(&home);
    // Only on leap days is it due, and the last run was just now.
    #[expect(clippy::disallowed_methods, reason = "the schedule under test asks the clock too")]
    leave_a_run(&catalog, Utc::now());
    let (sender, mut calls) = mpsc::unbounded_channel();
    let refresh = job(move |now| {
        sender.send(now).unwrap();
        async { Ok(()) }
    });
    let stop = CancellationToken::new();
    let schedule = Schedule::start(&settings("0 0 29 2 *"), catalog, refresh, stop).await.unwrap();
    // Time for the look at the start and for another.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    schedule.stop().await;
    assert_eq!(calls.recv().await, None);
}

#[tokio::test]
async fn runs_never_overlap_however_long_one_takes() {
    let home = tempfile::tempdir().unwrap();
    let (sender, mut begun) = mpsc::unbounded_channel();
    let (at_once, most, gate) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let refresh = {
        let (at_once, most, gate) = (at_once.clone(), most.clone(), gate.clone());
        // It leaves no run, so that it is due at every tick.
        job(move |_| {
            let (at_once, most, gate) = (at_once.clone(), most.clone(), gate.clone());
            let sender = sender.clone();
            async move {
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sender.send(())?;
                gate.acquire().await?.forget();
                at_once.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        })
    };
    let stop = CancellationToken::new();
    let schedule =
        Schedule::start(&settings("* * * * * *"), catalog(&home), refresh, stop).await.unwrap();
    begun.recv().await.unwrap();
    // Ticks pass while the first run lasts.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(begun.try_recv().is_err(), "a second run began during the first");
    gate.add_permits(2);
    begun.recv().await.unwrap();
    gate.add_permits(9);
    schedule.stop().await;
    assert_eq!((most.load(Ordering::SeqCst), at_once.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn after_a_panic_and_an_error_the_schedule_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let (sender, mut calls) = mpsc::unbounded_channel();
    let count = AtomicUsize::new(0);
    let refresh = job(move |_| {
        let call = count.fetch_add(1, Ordering::SeqCst);
        sender.send(call).unwrap();
        assert_ne!(call, 0, "the first call panics before there is a future");
        async move {
            assert_ne!(call, 1, "the second one inside it");
            Err("the third one fails".into())
        }
    });
    let stop = CancellationToken::new();
    let schedule =
        Schedule::start(&settings("0 4 * * *"), catalog(&home), refresh, stop).await.unwrap();
    for expected in 0..4 {
        assert_eq!(calls.recv().await, Some(expected));
    }
    schedule.stop().await;
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_made_up_for_once() {
    let home = tempfile::tempdir().unwrap();
    let catalog = catalog(&home);
    let (sender, mut calls) = mpsc::unbounded_channel();
    let refresh = {
        let catalog = catalog.clone();
        job(move |now| {
            // A run that begins and never ends, as when its process is killed.
            let leadership = catalog.try_lead(now).unwrap().unwrap();
            catalog.begin_run(leadership.epoch(), RunKind::Refresh, now).unwrap();
            sender.send(()).unwrap();
            async { Ok(()) }
        })
    };
    let stop = CancellationToken::new();
    let schedule =
        Schedule::start(&settings("0 0 29 2 *"), catalog.clone(), refresh, stop).await.unwrap();
    calls.recv().await.unwrap();
    calls.recv().await.unwrap();
    // Time for two more ticks, of which neither may run it.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    schedule.stop().await;
    assert!(calls.recv().await.is_none());
    assert_eq!(catalog.runs(9).unwrap().len(), 2);
}

#[tokio::test]
async fn stopping_waits_for_the_run_under_way_and_tells_it() {
    let home = tempfile::tempdir().unwrap();
    let (sender, mut begun) = mpsc::unbounded_channel();
    let ended = Arc::new(AtomicUsize::new(0));
    let stop = CancellationToken::new();
    let refresh = {
        let (ended, stop) = (ended.clone(), stop.clone());
        job(move |_| {
            let (ended, stop, sender) = (ended.clone(), stop.clone(), sender.clone());
            async move {
                sender.send(())?;
                stop.cancelled().await;
                tokio::time::sleep(Duration::from_millis(50)).await;
                ended.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        })
    };
    let schedule =
        Schedule::start(&settings("0 4 * * *"), catalog(&home), refresh, stop).await.unwrap();
    begun.recv().await.unwrap();
    schedule.stop().await;
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}
