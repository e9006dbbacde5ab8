//! Traces for an OpenTelemetry collector, sent in the background over HTTP.
//!
//! Whatever becomes of the collector, the program goes on: spans wait in a bounded queue, and what
//! does not fit or is not taken is lost.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{Layer, Registry};

use super::TelemetryError;

/// Spans that wait to be sent; more are lost.
const WAITING: usize = 8192;

/// Spans sent at once.
const BATCH: usize = 512;

/// Time between two batches that are not full.
const PAUSE: Duration = Duration::from_secs(2);

/// How long the collector may take for a batch, and how long the end of the program waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Traces on their way. Dropping it sends the rest.
pub(super) struct Exporting(SdkTracerProvider);

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the last spans are lost");
        }
    }
}

/// What takes spans to the exporter.
type TraceLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts sending to a collector, where there is one.
pub(super) fn start(
    collector: Option<&str>,
) -> Result<Option<(Exporting, TraceLayer)>, TelemetryError> {
    let Some(collector) = collector else { return Ok(None) };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{collector}/v1/traces"))
        .with_timeout(PATIENCE)
        .build()
        .map_err(|error| TelemetryError::Collector(Box::new(error)))?;
    let bounds = BatchConfigBuilder::default()
        .with_max_queue_size(WAITING)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(PAUSE)
        .build();
    let exporter = Watched { exporter, failing: AtomicBool::new(false) };
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(bounds).build();
    let resource = Resource::builder()
        .with_service_name("porchlight")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider =
        SdkTracerProvider::builder().with_resource(resource).with_span_processor(processor).build();
    // Only our own: spans of the very client that sends them would never end.
    let ours = Targets::new().with_target("porchlight", LevelFilter::INFO);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("porchlight"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(ours)
        .boxed();
    Ok(Some((Exporting(provider), layer)))
}

/// See [`super::continue_trace`].
pub(super) fn continue_trace(span: &Span, traceparent: &str, tracestate: Option<&str>) {
    let said = [("traceparent", Some(traceparent)), ("tracestate", tracestate)];
    let said: HashMap<String, String> = said
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    let parent = TraceContextPropagator::new().extract(&said);
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(error = &error as &dyn std::error::Error, "a trace is not continued");
    }
}

/// See [`super::rename`].
pub(super) fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// An exporter that says when the collector is away and when it is back, once each.
#[derive(Debug)]
struct Watched {
    exporter: opentelemetry_otlp::SpanExporter,
    failing: AtomicBool,
}

impl SpanExporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.exporter.export(batch).await;
        let was_failing = self.failing.swap(sent.is_err(), Ordering::Relaxed);
        match &sent {
            Err(error) if !was_failing => {
                let error = error as &dyn std::error::Error;
                tracing::warn!(error, spans, "the collector takes no traces; they are lost");
            }
            Ok(()) if was_failing => tracing::info!("the collector takes traces again"),
            Ok(()) | Err(_) => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
