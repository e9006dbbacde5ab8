//! Settings of what the program tells about itself: log, traces and metrics.

use std::net::SocketAddr;

use url::Url;

use crate::config::{ConfigError, given};

/// The log, and the traces beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// What is logged, as `tracing` spells it, such as `info,porchlight=debug`.
    pub filter: String,
    /// How a line looks.
    pub format: LogFormat,
    /// Where an OpenTelemetry collector takes traces, as a URL to which `/v1/traces` is added;
    /// none, and nothing is sent.
    pub collector: Option<String>,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where metrics are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsPlace {
    /// At `/metrics` of the service.
    Service,
    /// At `/metrics` of an address of their own, and nowhere else.
    Own(SocketAddr),
    /// Nowhere.
    Nowhere,
}

impl LogSettings {
    pub(super) fn read(
        filter: Option<String>,
        format: Option<String>,
        collector: Option<String>,
    ) -> Result<Self, ConfigError> {
        let format = match given(format).as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => return Err(ConfigError::invalid("log-format", other, "text or json")),
        };
        Ok(Self {
            filter: given(filter).unwrap_or_else(|| "info".to_owned()),
            format,
            collector: given(collector).map(|url| self::collector(&url)).transpose()?,
        })
    }
}

fn collector(text: &str) -> Result<String, ConfigError> {
    if cfg!(not(feature = "opentelemetry")) {
        let (setting, feature) = ("otlp-endpoint", "opentelemetry");
        return Err(ConfigError::FeatureMissing { setting, feature });
    }
    match Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Ok(text.trim_end_matches('/').to_owned())
        }
        // The address may hold a password, so it is not repeated.
        Ok(_) | Err(_) => {
            let expected = "an http or https URL such as http://127.0.0.1:4318";
            Err(ConfigError::invalid("otlp-endpoint", "***", expected))
        }
    }
}

/// `on`, `off`, or an address and port.
pub(super) fn metrics(text: &str) -> Result<MetricsPlace, ConfigError> {
    match (text, text.parse()) {
        ("on", _) => Ok(MetricsPlace::Service),
        ("off", _) => Ok(MetricsPlace::Nowhere),
        (_, Ok(address)) => Ok(MetricsPlace::Own(address)),
        (_, Err(_)) => {
            let expected = "on, off, or an address and port such as 127.0.0.1:9464";
            Err(ConfigError::invalid("metrics", text, expected))
        }
    }
}

/// `on` or `off`.
pub(super) fn access_log(text: &str) -> Result<bool, ConfigError> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(ConfigError::invalid("access-log", other, "on or off")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_on_the_service_off_or_at_an_address() {
        assert_eq!(metrics("on").unwrap(), MetricsPlace::Service);
        assert_eq!(metrics("off").unwrap(), MetricsPlace::Nowhere);
        let own = MetricsPlace::Own(SocketAddr::from(([127, 0, 0, 1], 9464)));
        assert_eq!(metrics("127.0.0.1:9464").unwrap(), own);
        for bad in ["", "yes", "9464", "localhost:9464"] {
            assert!(metrics(bad).is_err(), "{bad}");
        }
    }

    #[cfg(feature = "opentelemetry")]
    #[test]
    fn a_collector_is_a_url_of_the_web_and_is_not_repeated() {
        assert_eq!(collector("http://127.0.0.1:4318/").unwrap(), "http://127.0.0.1:4318");
        for bad in ["127.0.0.1:4318", "grpc://user:secret@host", "http://host/?secret=1"] {
            let error = collector(bad).unwrap_err().to_string();
            assert!(
                error.contains("http://127.0.0.1:4318") && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[cfg(not(feature = "opentelemetry"))]
    #[test]
    fn a_collector_without_the_feature_names_the_feature() {
        let error = collector("http://127.0.0.1:4318").unwrap_err().to_string();
        assert!(error.ends_with("needs a program built with the cargo feature `opentelemetry`"));
    }
}
