//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};

use super::histogram::Histogram;

/// The media type of the format.
pub(in crate::serve) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics, written family by family.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

/// The labels of a sample.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// One metric with all its samples.
pub(super) struct Family<'a> {
    text: &'a mut String,
    name: &'a str,
}

impl Exposition {
    /// A metric that only grows; its name ends in `_total`.
    pub(super) fn counter<'a>(&'a mut self, name: &'a str, help: &str) -> Family<'a> {
        self.family(name, "counter", help)
    }

    /// A metric that comes and goes.
    pub(super) fn gauge<'a>(&'a mut self, name: &'a str, help: &str) -> Family<'a> {
        self.family(name, "gauge", help)
    }

    /// Durations; the name ends in `_seconds`.
    pub(super) fn histogram<'a>(&'a mut self, name: &'a str, help: &str) -> Family<'a> {
        self.family(name, "histogram", help)
    }

    fn family<'a>(&'a mut self, name: &'a str, kind: &str, help: &str) -> Family<'a> {
        line(&mut self.text, format_args!("# HELP {name} {help}"));
        line(&mut self.text, format_args!("# TYPE {name} {kind}"));
        Family { text: &mut self.text, name }
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    /// A sample. A set of labels may be given once.
    pub(super) fn sample(&mut self, labels: Labels<'_>, value: impl Display) -> &mut Self {
        let name = self.name;
        self.write(name, "", labels, None, &value);
        self
    }

    /// The samples of a histogram; none where nothing was counted.
    pub(super) fn buckets(&mut self, labels: Labels<'_>, histogram: &Histogram) -> &mut Self {
        let counted = histogram.counted();
        if counted.count == 0 {
            return self;
        }
        let name = self.name;
        let whole = ("+Inf", counted.count);
        for (bound, count) in counted.up_to.iter().copied().chain([whole]) {
            self.write(name, "_bucket", labels, Some(("le", bound)), &count);
        }
        self.write(name, "_sum", labels, None, &counted.sum.as_secs_f64());
        self.write(name, "_count", labels, None, &counted.count);
        self
    }

    fn write(
        &mut self,
        name: &str,
        suffix: &str,
        labels: Labels<'_>,
        last: Option<(&str, &str)>,
        value: &dyn Display,
    ) {
        let written: Vec<_> = labels
            .iter()
            .copied()
            .chain(last)
            .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
            .collect();
        if written.is_empty() {
            line(self.text, format_args!("{name}{suffix} {value}"));
        } else {
            line(self.text, format_args!("{name}{suffix}{{{}}} {value}", written.join(",")));
        }
    }
}

/// A label's text as it stands between quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn line(text: &mut String, written: std::fmt::Arguments<'_>) {
    // A text can always be written to.
    let _ = writeln!(text, "{written}");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_family_says_what_it_is_once_and_then_its_samples() {
        let mut out = Exposition::default();
        out.gauge("a_bytes", "What it is.").sample(&[], 3).sample(&[("x", "a\"b\\c\nd")], 0.5);
        let text = "# HELP a_bytes What it is.\n# TYPE a_bytes gauge\na_bytes 3\n\
                    a_bytes{x=\"a\\\"b\\\\c\\nd\"} 0.5\n";
        assert_eq!(out.into_text(), text);
    }

    #[test]
    fn a_histogram_ends_with_everything() {
        let histogram = Histogram::default();
        let mut out = Exposition::default();
        out.histogram("empty_seconds", "Nothing.").buckets(&[], &histogram);
        histogram.observe(Duration::from_secs(20));
        out.histogram("a_seconds", "Something.").buckets(&[("x", "y")], &histogram);
        let text = out.into_text();
        assert!(text.contains("a_seconds_bucket{x=\"y\",le=\"10\"} 0\n"), "{text}");
        let end = "a_seconds_bucket{x=\"y\",le=\"+Inf\"} 1\na_seconds_sum{x=\"y\"} 20\n\
                   a_seconds_count{x=\"y\"} 1\n";
        assert!(text.ends_with(end), "{text}");
        assert!(!text.contains("empty_seconds_"), "{text}");
    }
}
