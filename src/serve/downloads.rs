//! Exports and large files under way: so many at a time, and so many to each client.
//!
//! Each holds a block of what it sends until the client has taken it, and an encoder where it is
//! compressed. Without a bound the clients would decide how much memory that is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client::Client;
use super::error::{Code, Problem};
use super::places::{Places, Taken};
use crate::config::ServeBounds;

/// Seconds after which a client that was refused may find a place.
const RETRY_AFTER: u64 = 10;

/// Downloads under way.
pub(super) struct Downloads {
    all: Arc<Semaphore>,
    of_clients: Places,
    wait: Duration,
}

impl Downloads {
    /// None yet.
    pub(super) fn new(bounds: &ServeBounds) -> Self {
        Self {
            all: Arc::new(Semaphore::new(bounds.downloads as usize)),
            of_clients: Places::new(bounds.downloads_per_client),
            wait: bounds.download_wait,
        }
    }

    /// A place for one more; waits a little for another to end.
    ///
    /// Who waits counts as one of its client's, so that the number of those who wait is bounded
    /// too.
    pub(super) async fn begin(&self, client: Client) -> Result<Download, Problem> {
        let of_client = self.of_clients.take(client).ok_or_else(|| {
            let detail = "too many downloads to this address at once; wait until one has ended";
            Problem::new(Code::RateLimited, detail).retry_after(RETRY_AFTER)
        })?;
        let place = tokio::time::timeout(self.wait, Arc::clone(&self.all).acquire_owned()).await;
        if let Ok(Ok(of_all)) = place {
            return Ok(Download { _of_all: of_all, _of_client: of_client });
        }
        let detail = "as many downloads are under way as there can be; ask again later";
        Err(Problem::new(Code::Unavailable, detail).retry_after(RETRY_AFTER))
    }
}

/// A download under way, until it is dropped.
pub(super) struct Download {
    _of_all: OwnedSemaphorePermit,
    _of_client: Taken,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> Client {
        Client::of([127, 0, 0, number].into())
    }

    #[actix_web::test]
    async fn who_waits_gets_the_place_of_the_next_that_ends() {
        let wait = Duration::from_mins(1);
        let bounds = ServeBounds { downloads: 1, download_wait: wait, ..ServeBounds::default() };
        let downloads = Downloads::new(&bounds);
        let first = downloads.begin(client(1)).await.unwrap();
        let (second, ()) = tokio::join!(downloads.begin(client(2)), async { drop(first) });
        assert!(second.is_ok());
    }

    #[actix_web::test]
    async fn beyond_the_bounds_there_is_a_refusal_that_says_when_to_come_back() {
        let bounds = ServeBounds {
            downloads: 2,
            downloads_per_client: 1,
            download_wait: Duration::from_millis(1),
            ..ServeBounds::default()
        };
        let downloads = Downloads::new(&bounds);
        let held = [1, 2].map(client).map(|client| downloads.begin(client));
        let held = futures_util::future::join_all(held).await;
        assert!(held.iter().all(Result::is_ok));
        for (number, code) in [(1, Code::RateLimited), (3, Code::Unavailable)] {
            let refused = downloads.begin(client(number)).await.err().unwrap();
            assert_eq!((refused.code, refused.retry_after), (code, Some(RETRY_AFTER)));
        }
        drop(held);
        assert!(downloads.begin(client(3)).await.is_ok());
    }
}
