//! Tells a server that a release was published, where the catalog can.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::catalog::{Catalog, CatalogError, News};

/// How long a wait lasts before it is looked whether to stop.
const WAIT: Duration = Duration::from_millis(500);

/// Pause before the catalog is asked again once it was away, and the most that it grows to.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// Calls `notify.notify_one()` for each release that is published, until `stop`.
///
/// Also once it listens, and each time it does so anew: something may have been missed. Returns at
/// once where the catalog tells nobody (SQLite). Never fails: a catalog that is away is asked again,
/// and whoever is notified should look from time to time without being told.
pub async fn tell(catalog: Catalog, notify: Arc<Notify>, stop: CancellationToken) {
    let mut pause = PAUSES[0];
    while !stop.is_cancelled() {
        let began = catalog.clone();
        let listened = match blocking(move || began.news()).await {
            Ok(None) => return,
            Ok(Some(news)) => {
                pause = PAUSES[0];
                notify.notify_one();
                listen(news, &notify, &stop).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = listened {
            let error = anyhow::Error::from(error);
            tracing::warn!(error = format!("{error:#}"), "the catalog tells no news: asking again");
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(PAUSES[1]);
        }
    }
}

/// Passes on what is told until the session ends or `stop`.
async fn listen(
    mut news: News,
    notify: &Notify,
    stop: &CancellationToken,
) -> Result<(), CatalogError> {
    while !stop.is_cancelled() {
        let (told, back) = blocking(move || (news.wait(WAIT), news)).await;
        if told? {
            notify.notify_one();
        }
        news = back;
    }
    Ok(())
}

/// Runs a call that blocks. If it panics, so does the caller.
async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(call).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
