//! What the program tells about itself while it runs: lines on standard error, for people or as
//! JSON, and traces for an OpenTelemetry collector.

#[cfg(feature = "opentelemetry")]
mod traces;

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{Span, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

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
    /// Traces cannot be sent as configured.
    #[error("traces cannot be sent to the collector")]
    Collector(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A log was started before.
    #[error("the log was started before")]
    Started(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Whether this process sends traces.
static EXPORTS_TRACES: AtomicBool = AtomicBool::new(false);

/// The log and the traces at work. What is not sent yet is sent when this is dropped, in bounded
/// time.
#[must_use = "traces end when it is dropped"]
pub struct Telemetry {
    #[cfg(feature = "opentelemetry")]
    _traces: Option<traces::Exporting>,
}

/// Starts the log of this process, and its traces where a collector is configured. Standard output
/// stays free for what a command answers.
pub fn start(settings: &LogSettings) -> Result<Telemetry, TelemetryError> {
    let filter = EnvFilter::builder().parse(&settings.filter).map_err(|cause| {
        TelemetryError::Filter { filter: settings.filter.clone(), cause: Box::new(cause) }
    })?;
    let log = lines(settings.format).with_filter(filter).boxed();
    #[cfg(feature = "opentelemetry")]
    {
        let Some((traces, layer)) = traces::start(settings.collector.as_deref())? else {
            init(vec![log])?;
            return Ok(Telemetry { _traces: None });
        };
        init(vec![log, layer])?;
        EXPORTS_TRACES.store(true, Ordering::Relaxed);
        Ok(Telemetry { _traces: Some(traces) })
    }
    #[cfg(not(feature = "opentelemetry"))]
    {
        init(vec![log])?;
        Ok(Telemetry {})
    }
}

fn init(layers: Vec<Box<dyn Layer<Registry> + Send + Sync>>) -> Result<(), TelemetryError> {
    let subscriber = tracing_subscriber::registry().with(layers);
    subscriber.try_init().map_err(|error| TelemetryError::Started(Box::new(error)))
}

/// Lines on standard error.
fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // Colours are for a terminal; in a file they are noise.
    let colours = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

/// Whether spans reach a collector: if not, a span for each request would cost and tell nobody.
#[must_use]
pub fn exports_traces() -> bool {
    EXPORTS_TRACES.load(Ordering::Relaxed)
}

/// Makes a span part of a trace that another program began, as the W3C's Trace Context has it.
/// What cannot be read begins a trace of its own.
pub fn continue_trace(span: &Span, traceparent: &str, tracestate: Option<&str>) {
    #[cfg(feature = "opentelemetry")]
    traces::continue_trace(span, traceparent, tracestate);
    #[cfg(not(feature = "opentelemetry"))]
    let _ = (span, traceparent, tracestate);
}

/// Gives a span that has begun another name in its trace: the name of a request is its route, which
/// is not known before.
pub fn rename(span: &Span, name: String) {
    #[cfg(feature = "opentelemetry")]
    traces::rename(span, name);
    #[cfg(not(feature = "opentelemetry"))]
    let _ = (span, name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let settings = LogSettings {
            filter: "porchlight=loud".to_owned(),
            format: LogFormat::Text,
            collector: None,
        };
        let error = start(&settings).err().unwrap();
        assert_eq!(error.to_string(), "the log filter `porchlight=loud` cannot be read");
    }
}
