//! Trying again: how often, after which pause, and after which errors.

use std::time::Duration;

use tokio::time::sleep;
use url::Url;

use crate::fetch::{Client, FetchError, retry};

/// The attempts at one URL.
pub(super) struct Attempts<'a> {
    client: &'a Client,
    url: &'a Url,
    /// The number of the attempt being made, from 1.
    number: u32,
}

impl<'a> Attempts<'a> {
    /// Before the first attempt.
    pub(super) fn new(client: &'a Client, url: &'a Url) -> Self {
        Self { client, url, number: 1 }
    }

    /// Waits until the next attempt may begin; gives the error back if there is none.
    pub(super) async fn again(&mut self, error: FetchError) -> Result<(), FetchError> {
        if self.number == self.client.limits.attempts || !error.is_worth_another_attempt() {
            return Err(error);
        }
        self.number += 1;
        let Some(pause) = self.pause(&error) else { return Err(error) };
        tracing::info!(%error, attempt = self.number, ?pause, "trying again");
        sleep(pause).await;
        Ok(())
    }

    /// The pause before this attempt; `None` if the server asks for more patience than there is.
    fn pause(&self, error: &FetchError) -> Option<Duration> {
        let Client { limits, seed, .. } = self.client;
        let backoff = retry::backoff(limits, seed, self.url.as_str(), self.number);
        let FetchError::Status { retry_after: Some(asked), .. } = error else {
            return Some(backoff);
        };
        (*asked <= limits.max_retry_after).then_some(backoff.max(*asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FetchLimits;

    #[test]
    fn a_retry_after_is_obeyed_to_the_bound_and_never_shortens_the_pause() {
        let client = Client::new(&FetchLimits::default()).unwrap();
        let url = Url::parse("https://example.org/").unwrap();
        let second = Attempts { number: 2, ..Attempts::new(&client, &url) };
        let pause = |asked| {
            let (url, retry_after) = (url.to_string(), asked);
            second.pause(&FetchError::Status { url, status: 429, retry_after })
        };
        let backoff = pause(None).unwrap();
        assert!(backoff > Duration::ZERO);
        assert_eq!(pause(Some(Duration::ZERO)), Some(backoff));
        assert_eq!(pause(Some(Duration::from_mins(2))), Some(Duration::from_mins(2)));
        assert_eq!(pause(Some(Duration::from_secs(121))), None);
    }
}
