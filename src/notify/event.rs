//! What there is to tell, in words and as data.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::catalog::{HeldCandidate, ReleaseRow, Run, SourceHealth};
use crate::notify::gates::{Gate, failed_gates};
use crate::notify::mark::mark;
use crate::record::SourceId;

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Gates hold a candidate until a person decides.
    CandidateHeld,
    /// A source has been failing for longer than it may.
    SourceFailing,
    /// A source that people were told of is well again.
    SourceRecovered,
    /// A run could not be brought to its end.
    RunFailed,
    /// Runs end well again.
    RunRecovered,
    /// There is a new release.
    ReleasePublished,
    /// There is a new release, and so the feeds have changed.
    FeedsChanged,
    /// Nothing happened; somebody wants to see whether events arrive.
    Test,
}

impl Kind {
    /// The name that a receiver sees.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CandidateHeld => "candidate.held",
            Self::SourceFailing => "source.failing",
            Self::SourceRecovered => "source.recovered",
            Self::RunFailed => "run.failed",
            Self::RunRecovered => "run.recovered",
            Self::ReleasePublished => "release.published",
            Self::FeedsChanged => "feeds.changed",
            Self::Test => "test",
        }
    }
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) kind: Kind,
    /// The same event has the same key whenever it is looked at.
    pub(super) key: String,
    /// What it is about.
    pub(super) subject: String,
    /// When the trouble began that it tells of.
    pub(super) since: Option<DateTime<Utc>>,
    /// All that a person must know, in a sentence.
    pub(super) summary: String,
    /// The same for a program.
    data: Value,
}

impl Event {
    fn new(kind: Kind, subject: &str, mark: &str, summary: String, data: Value) -> Self {
        let key = format!("{} {subject} {mark}", kind.as_str()).trim_end().to_owned();
        Self { kind, key, subject: subject.to_owned(), since: None, summary, data }
    }

    fn since(self, since: DateTime<Utc>) -> Self {
        Self { since: Some(since), ..self }
    }

    pub(super) fn candidate_held(held: &HeldCandidate) -> Self {
        let name = &held.candidate;
        let gates = failed_gates(&held.report);
        let found: Vec<String> = gates.iter().map(Gate::in_words).collect();
        let accept = format!("porchlight release accept {name} --reason TEXT");
        let summary = format!(
            "the new edition is held, and the release before stays in service: {}; `{accept}` \
             publishes it all the same",
            found.join("; ")
        );
        let gates: Vec<Value> = gates.iter().map(Gate::to_json).collect();
        let held_at = instant(held.made_at);
        let data =
            json!({ "candidate": name, "held_at": held_at, "gates": gates, "accept": accept });
        Self::new(Kind::CandidateHeld, name, "", summary, data)
    }

    /// `number` counts how often that was told before.
    pub(super) fn source_failing(
        source: &SourceHealth,
        since: DateTime<Utc>,
        days: i64,
        number: i64,
    ) -> Self {
        let reason = source.reason.as_deref().unwrap_or("no reason is known");
        let summary = format!(
            "the source {} has been failing for {days} days; what it said before stays published: \
             {reason}",
            source.id
        );
        let data = json!({
            "source": source.id, "failing_since": instant(since), "days": days, "reason": reason,
            "last_ok_at": source.last_ok_at.map(instant), "reminder": number,
        });
        let mark = format!("{} {number}", instant(since));
        Self::new(Kind::SourceFailing, source.id.as_str(), &mark, summary, data).since(since)
    }

    pub(super) fn source_recovered(source: &SourceId, since: DateTime<Utc>) -> Self {
        let from = instant(since);
        let summary =
            format!("the source {source} answers again; it had been failing since {from}");
        let data = json!({ "source": source, "failed_since": from });
        Self::new(Kind::SourceRecovered, source.as_str(), &from, summary, data).since(since)
    }

    /// `last` is the latest of `times` runs in a row that failed, the first of which began at
    /// `since`; `number` counts the days since then.
    pub(super) fn run_failed(last: &Run, since: DateTime<Utc>, times: usize, number: i64) -> Self {
        let reason = last.message.as_deref().unwrap_or("its process went away");
        let summary = match times {
            1 => format!("the refresh failed; what is published stays in service: {reason}"),
            _ => format!(
                "the refresh failed for the {} time in a row; what is published stays in service: \
                 {reason}",
                ordinal(times)
            ),
        };
        let data = json!({
            "started_at": instant(last.started_at), "failing_since": instant(since),
            "times": times, "reason": reason,
        });
        let mark = format!("{} {number}", instant(since));
        Self::new(Kind::RunFailed, "refresh", &mark, summary, data).since(since)
    }

    /// A run that failed before, or because, it could not be noted in the catalog.
    pub(super) fn run_not_recorded(reason: &str, now: DateTime<Utc>) -> Self {
        let summary = format!(
            "the refresh failed and left no run; what is published stays in service: {reason}"
        );
        let data = json!({
            "started_at": null, "failing_since": instant(now), "times": 1, "reason": reason,
        });
        let mark = format!("unrecorded {}", now.date_naive());
        Self::new(Kind::RunFailed, "refresh", &mark, summary, data).since(now)
    }

    pub(super) fn run_recovered(since: DateTime<Utc>) -> Self {
        let from = instant(since);
        let summary = format!("the refresh ends well again; it had been failing since {from}");
        let data = json!({ "failed_since": from });
        Self::new(Kind::RunRecovered, "refresh", &from, summary, data).since(since)
    }

    pub(super) fn release_published(release: &ReleaseRow) -> Self {
        Self::of_release(Kind::ReleasePublished, release)
    }

    pub(super) fn feeds_changed(release: &ReleaseRow) -> Self {
        Self::of_release(Kind::FeedsChanged, release)
    }

    fn of_release(kind: Kind, published: &ReleaseRow) -> Self {
        let ReleaseRow { release, published_at, manifest_sha256 } = published;
        let name = release.to_string();
        let data = json!({
            "release": name, "published_at": instant(*published_at),
            "manifest_sha256": manifest_sha256,
        });
        Self::new(kind, &name, "", format!("release {name} is published"), data)
    }

    pub(super) fn test(now: DateTime<Utc>) -> Self {
        let summary = "a test: whoever reads this will be told what happens".to_owned();
        Self::new(Kind::Test, "test", &instant(now), summary, json!({}))
    }

    /// The event as JSON; `host` is the URL of this host.
    pub(super) fn to_json(&self, host: Option<&str>, now: DateTime<Utc>) -> String {
        let mut data = json!({ "summary": self.summary, "host": host });
        if let (Some(all), Some(more)) = (data.as_object_mut(), self.data.as_object()) {
            all.extend(more.clone());
        }
        json!({ "type": self.kind.as_str(), "timestamp": instant(now), "data": data }).to_string()
    }
}

/// The identifier of a message. The instant makes that of one host another than that of the next.
pub(super) fn message_id(way: &str, key: &str, now: DateTime<Utc>) -> String {
    let text = format!("{way}\n{key}\n{}", now.to_rfc3339_opts(SecondsFormat::Nanos, true));
    format!("msg_{}", mark(&text, 16))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn ordinal(number: usize) -> String {
    let suffix = match (number % 10, number % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_said_as_people_say_it() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).into();
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
    }

    #[test]
    fn an_event_says_what_happened_for_people_and_for_programs() {
        let now = "2026-11-24T06:20:00Z".parse().unwrap();
        let event = Event::source_recovered(&"eff-atlas".parse().unwrap(), now);
        insta::assert_snapshot!(event.to_json(Some("https://data.example.org"), now), @r#"{"type":"source.recovered","timestamp":"2026-11-24T06:20:00Z","data":{"summary":"the source eff-atlas answers again; it had been failing since 2026-11-24T06:20:00Z","host":"https://data.example.org","source":"eff-atlas","failed_since":"2026-11-24T06:20:00Z"}}"#);
    }
}
