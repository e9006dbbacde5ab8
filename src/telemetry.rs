//! The log: lines on standard error, for people or as JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogFormat, LogSettings};

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one that `tracing` understands.
    #[error("the log filter `{filter}` cannot be read")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A log was started before.
    #[error("the log was started before")]
    Started(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Starts the log of this process. Standard output stays free for what a command answers.
pub fn start(settings: &LogSettings) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder().parse(&settings.filter).map_err(|cause| {
        TelemetryError::Filter { filter: settings.filter.clone(), cause: Box::new(cause) }
    })?;
    // Colours are for a terminal; in a file they are noise.
    let colours = std::io::stderr().is_terminal();
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    }
    .map_err(TelemetryError::Started)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let settings =
            LogSettings { filter: "porchlight=loud".to_owned(), format: LogFormat::Text };
        let error = start(&settings).unwrap_err();
        assert_eq!(error.to_string(), "the log filter `porchlight=loud` cannot be read");
    }
}
