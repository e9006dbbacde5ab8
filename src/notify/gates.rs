//! The gates that hold a candidate, from the report in the catalog.

use serde::Deserialize;
use serde_json::{Value, json};

/// What one gate found about one subject.
#[derive(Debug, Deserialize)]
pub(super) struct Gate {
    #[serde(rename = "gate")]
    name: String,
    subject: String,
    passed: bool,
    measured: String,
    allowed: String,
    /// Both, in a sentence.
    detail: String,
}

impl Gate {
    /// What it found, for people.
    pub(super) fn in_words(&self) -> String {
        format!("{} of {}: {}", self.name.replace('_', " "), self.subject, self.detail)
    }

    pub(super) fn to_json(&self) -> Value {
        let Self { name, subject, passed: _, measured, allowed, detail } = self;
        json!({
            "gate": name, "subject": subject, "measured": measured, "allowed": allowed,
            "detail": detail,
        })
    }
}

/// The gates of a report that do not hold. Of a report that an older program wrote in other words
/// there are none: that a candidate is held is told all the same.
pub(super) fn failed_gates(report: &Value) -> Vec<Gate> {
    let gates: Vec<Gate> = serde_json::from_value(report["gates"].clone()).unwrap_or_default();
    gates.into_iter().filter(|gate| !gate.passed).collect()
}
