//! Work on the tables of a release, shared out among a few threads.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{panic, thread};

/// How many threads work. Each holds a few thousand rows, whatever the size of a table.
const WORKERS: usize = 2;

/// What is still to be done, and what has come of the rest, by the place of the job.
struct Progress<J, T, E> {
    /// Place, and job; the next one is the last.
    waiting: Vec<(usize, J)>,
    done: BTreeMap<usize, Result<T, E>>,
}

/// Does all jobs, the heaviest first, and returns what comes of them in the order given.
///
/// Nothing new is begun once something failed; of several failures the first in that order is
/// returned. A panic goes on in the caller.
pub(super) fn share_out<J: Send, T: Send, E: Send>(
    jobs: impl IntoIterator<Item = J>,
    weight: impl Fn(&J) -> u64,
    work: impl Fn(J) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let mut waiting: Vec<_> = jobs.into_iter().enumerate().collect();
    // The longest first, so that no thread waits for another at the end.
    waiting.sort_by_key(|(place, job)| (weight(job), std::cmp::Reverse(*place)));
    let progress = Mutex::new(Progress { waiting, done: BTreeMap::new() });
    let worker = || {
        while let Some((place, job)) = next(&progress) {
            let result = work(job);
            lock(&progress).done.insert(place, result);
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..WORKERS).map(|_| scope.spawn(worker)).collect();
        worker();
        for other in others {
            if let Err(panicked) = other.join() {
                panic::resume_unwind(panicked);
            }
        }
    });
    let Progress { done, .. } = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_values().collect()
}

/// The next job, unless one has failed.
fn next<J, T, E>(progress: &Mutex<Progress<J, T, E>>) -> Option<(usize, J)> {
    let mut progress = lock(progress);
    if progress.done.values().any(Result::is_err) { None } else { progress.waiting.pop() }
}

fn lock<J, T, E>(progress: &Mutex<Progress<J, T, E>>) -> MutexGuard<'_, Progress<J, T, E>> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs_whatever_their_weight() {
        let squares = share_out(0..50_u64, |job| job % 7, |job| Ok::<_, ()>(job * job)).unwrap();
        assert_eq!(squares, (0..50).map(|job| job * job).collect::<Vec<_>>());
        assert_eq!(share_out([0; 0], |_| 0, Ok::<_, ()>), Ok(vec![]));
    }

    #[test]
    fn as_many_threads_work_as_there_are_workers() {
        // Nobody passes alone: this ends because the others come.
        let met = Barrier::new(WORKERS);
        let jobs = vec![(); WORKERS];
        let led = share_out(jobs, |()| 0, |()| Ok::<_, ()>(met.wait().is_leader())).unwrap();
        assert_eq!(led.len(), WORKERS);
    }

    #[test]
    fn after_a_failure_nothing_new_is_begun() {
        let begun = AtomicUsize::new(0);
        let jobs = 10_000;
        let work = |job| {
            begun.fetch_add(1, Ordering::Relaxed);
            if job == 3 {
                return Err(job);
            }
            // The other thread gets nowhere while this one says that it failed.
            thread::sleep(Duration::from_millis(1));
            Ok(())
        };
        assert_eq!(share_out(0..jobs, |_| 0, work), Err(3));
        assert!(begun.into_inner() < jobs);
    }

    #[test]
    #[should_panic(expected = "a fault of the work")]
    fn a_panic_reaches_the_caller() {
        drop(share_out(0..2, |_| 0, |_| -> Result<(), ()> { panic!("a fault of the work") }));
    }
}
