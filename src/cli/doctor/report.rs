//! What a check found, and what to do about it.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// It does not work, or soon will not.
    Fault,
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Check {
    /// What was looked at, such as `home`.
    pub(super) about: &'static str,
    pub(super) level: Level,
    /// What was found, in words.
    pub(super) found: String,
    /// What to do, in words; none where nothing is to be done.
    pub(super) advice: Option<String>,
}

impl Check {
    pub(super) fn ok(about: &'static str, found: impl Into<String>) -> Self {
        Self { about, level: Level::Ok, found: found.into(), advice: None }
    }

    pub(super) fn warning(
        about: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { about, level: Level::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn fault(
        about: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { about, level: Level::Fault, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn in_words(&self) -> String {
        let Self { about, level, found, advice } = self;
        let advice = advice.as_ref().map(|advice| format!(": {advice}")).unwrap_or_default();
        // A text of somebody else's must not look like a line of ours.
        format!("{:<8} {about:<9} {found}{advice}", level.word()).replace('\n', " ")
    }
}

/// An error and its causes.
pub(super) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A number of bytes as people read it.
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is all that is shown")]
pub(super) fn size(bytes: u64) -> String {
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} bytes"),
    }
}

/// How long something took or is ago, as people say it.
pub(super) fn span(span: chrono::Duration) -> String {
    let span = span.abs();
    match (span.num_days(), span.num_hours(), span.num_minutes()) {
        (days @ 2.., _, _) => format!("{days} days"),
        (_, hours @ 2.., _) => format!("{hours} hours"),
        (_, _, minutes @ 2..) => format!("{minutes} minutes"),
        _ => format!("{} s", span.num_seconds()),
    }
}
