//! Asking a bucket again.

use std::time::{Duration, Instant};

use object_store::Error;

use crate::config::S3Patience;
use crate::storage::fault::Answer;
use crate::storage::random;

/// Does something until it succeeds, fails for good, or has taken too long.
///
/// It may be done twice over: an answer that is lost is no sign that nothing was done.
pub(super) async fn patiently<T, F>(
    patience: S3Patience,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut pauses = Pauses::new(patience);
    loop {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(fault) => pauses.after(fault).await?,
        }
    }
}

/// The pauses between attempts.
#[derive(Debug)]
pub(super) struct Pauses {
    patience: S3Patience,
    began: Instant,
    failed: u32,
}

impl Pauses {
    /// Before the first attempt.
    pub(super) fn new(patience: S3Patience) -> Self {
        Self { patience, began: Instant::now(), failed: 0 }
    }

    /// Waits for the time of the next attempt; or gives the fault back, if there is to be none.
    pub(super) async fn after(&mut self, fault: Error) -> Result<(), Error> {
        self.failed += 1;
        let pause = pause(&self.patience, self.failed);
        let late = self.began.elapsed() + pause > self.patience.give_up;
        let answer = Answer::of(&fault);
        if late || self.failed >= self.patience.attempts || !answer.may_pass() {
            return Err(fault);
        }
        tracing::info!(attempt = self.failed, %answer, ?pause, "the bucket is asked again");
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Twice as long after each failure, less a random part of up to a half, so that many who failed
/// together do not come back together.
fn pause(patience: &S3Patience, failed: u32) -> Duration {
    let doubled = patience.backoff_base.saturating_mul(1 << failed.saturating_sub(1).min(20));
    let half = doubled.min(patience.backoff_cap) / 2;
    let [high, low, ..] = random::number().to_be_bytes();
    half + half.mul_f64(f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_cap() {
        let patience = S3Patience::default();
        for (failed, longest) in [(1, 200), (2, 400), (3, 800), (7, 10_000), (60, 10_000)] {
            let longest = Duration::from_millis(longest);
            let pause = pause(&patience, failed);
            assert!(pause >= longest / 2 && pause <= longest, "{failed}: {pause:?}");
        }
    }
}
