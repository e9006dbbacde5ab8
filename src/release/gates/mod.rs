//! Gates: may this candidate be published without a person looking?
//!
//! A fault of one value is no gate's business: it is an issue. Gates judge sets and shares. Those
//! that compare pass where there is nothing to compare with: in the first release, and for a
//! source's first edition.

mod changes;
mod entries;
mod shape;

use std::fmt::Display;
use std::{panic, thread};

use crate::config::GateLimits;
use crate::release::GateVerdict;
use crate::release::dataset::Dataset;

/// Judges a candidate against the release before it, in the order of the report.
#[must_use]
pub fn judge(
    candidate: &Dataset,
    previous: Option<&Dataset>,
    limits: &GateLimits,
) -> Vec<GateVerdict> {
    let mut verdicts = thread::scope(|scope| {
        // Those that look at every entry take as long as all others.
        let of_entries =
            previous.map(|previous| scope.spawn(|| entries::judge(candidate, previous, limits)));
        let mut verdicts = shape::judge(candidate);
        if let Some(previous) = previous {
            verdicts.extend(changes::judge(candidate, previous, limits));
        }
        let of_entries = of_entries.map(thread::ScopedJoinHandle::join);
        verdicts.extend(of_entries.into_iter().flat_map(|verdicts| {
            verdicts.unwrap_or_else(|panicked| panic::resume_unwind(panicked))
        }));
        verdicts
    });
    verdicts.sort_by(|one, other| (&one.gate, &one.subject).cmp(&(&other.gate, &other.subject)));
    verdicts
}

/// Whether all of them hold.
#[must_use]
pub fn all_passed(verdicts: &[GateVerdict]) -> bool {
    verdicts.iter().all(|verdict| verdict.passed)
}

/// A verdict, its sentence made from what was measured and allowed.
fn verdict(
    gate: &str,
    subject: &str,
    passed: bool,
    measured: &dyn Display,
    allowed: &dyn Display,
    detail: String,
) -> GateVerdict {
    GateVerdict {
        gate: gate.to_owned(),
        subject: subject.to_owned(),
        passed,
        measured: measured.to_string(),
        allowed: allowed.to_string(),
        detail,
    }
}

#[cfg(test)]
mod tests;
