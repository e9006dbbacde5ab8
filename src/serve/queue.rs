//! Work that may take long, on threads that may wait: so much at a time, and none that nobody
//! waits for any more.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use tokio::sync::Semaphore;

use super::dispatch::words_of;
use super::error::{Code, Problem};
use crate::config::ServeBounds;

/// Seconds after which a server that has too much to do is worth asking again.
const RETRY_AFTER: u64 = 2;

/// Work that runs or waits for a thread.
pub(super) struct Queue {
    places: Arc<Semaphore>,
    wait: Duration,
}

impl Queue {
    /// Nothing to do yet.
    pub(super) fn new(bounds: &ServeBounds) -> Self {
        Self { places: Arc::new(Semaphore::new(bounds.queries as usize)), wait: bounds.query_wait }
    }

    /// Does it on a thread that may wait. Refuses it where there is too much to do already, or
    /// where its turn comes too late; leaves it where the client has gone before its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_full| busy())?;
        let (asked, wait) = (Instant::now(), self.wait);
        let wanted = Arc::new(());
        let still = Arc::downgrade(&wanted);
        let done = web::block(move || {
            let _place = place;
            if still.strong_count() == 0 || asked.elapsed() > wait {
                return Ok(Err(busy()));
            }
            std::panic::catch_unwind(AssertUnwindSafe(work))
        });
        let done = done.await;
        drop(wanted);
        match done {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => Err(Problem::internal(words_of(panic.as_ref()))),
            Err(error) => Err(Problem::internal(error.to_string())),
        }
    }
}

fn busy() -> Problem {
    let detail = "the server has too much to do; ask again in a few seconds";
    Problem::new(Code::Unavailable, detail).retry_after(RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn queue(queries: u32, query_wait: Duration) -> Queue {
        Queue::new(&ServeBounds { queries, query_wait, ..ServeBounds::default() })
    }

    #[actix_web::test]
    async fn what_is_too_much_is_refused_and_what_is_done_makes_room() {
        let queue = queue(1, Duration::from_mins(1));
        let (end, ended) = mpsc::channel::<()>();
        let long = queue.run(move || Ok(ended.recv().is_err()));
        let short = async {
            let refused = queue.run(|| Ok(())).await.unwrap_err();
            drop(end);
            refused
        };
        let (long, refused) = tokio::join!(long, short);
        assert!(long.unwrap());
        assert_eq!((refused.code, refused.retry_after), (Code::Unavailable, Some(RETRY_AFTER)));
        assert_eq!(queue.run(|| Ok(7)).await.unwrap(), 7);
    }

    #[actix_web::test]
    async fn what_comes_too_late_is_not_begun_and_a_panic_is_a_problem() {
        let late = queue(1, Duration::ZERO).run(|| Ok(())).await.unwrap_err();
        assert_eq!(late.code, Code::Unavailable);
        let queue = queue(1, Duration::from_mins(1));
        let panicked = queue.run(|| -> Result<(), Problem> { panic!("on purpose") }).await;
        assert_eq!(panicked.unwrap_err().code, Code::Internal);
        assert!(queue.run(|| Ok(())).await.is_ok());
    }
}
