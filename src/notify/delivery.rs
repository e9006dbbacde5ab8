//! Whether somebody was told.

use serde::Serialize;

use crate::catalog::Notice;
use crate::fetch::FetchError;
use crate::notify::command::CommandError;
use crate::notify::way::Way;

/// One try to tell something on one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The way, in words without secrets.
    pub way: String,
    /// The kind of event.
    pub event: String,
    /// What it is about.
    pub subject: String,
    /// Why nobody was told; none where it went well.
    pub failure: Option<String>,
}

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeliveryError {
    /// The command did not do its work.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The other host did not take it.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl DeliveryError {
    /// Whether the next event would hardly fare better: nobody is there, or is slow.
    pub(super) fn is_of_the_way(&self) -> bool {
        match self {
            Self::Command(error) => match error {
                CommandError::NotStarted { .. } | CommandError::TimedOut { .. } => true,
                CommandError::Ended { .. } => false,
            },
            Self::Fetch(error) => error.is_transient(),
        }
    }
}

impl Delivery {
    pub(super) fn of(way: &Way, notice: &Notice, done: Result<(), DeliveryError>) -> Self {
        let Notice { kind, subject, message, .. } = notice;
        let shown = way.shown();
        let failure = done.err().map(|error| in_words(&error));
        match &failure {
            None => tracing::info!(way = shown, event = kind, subject, message, "told"),
            Some(failure) => {
                tracing::warn!(way = shown, event = kind, subject, message, failure, "not told");
            }
        }
        Self { way: shown.to_owned(), event: kind.clone(), subject: subject.clone(), failure }
    }
}

/// An error and its causes.
fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
