//! `gates.json`: what the gates found, and who published it in spite of them.

use std::io::Write;

use serde::Serialize;

use super::{Derived, DocumentError, Subject, write_json};
use crate::record::ReleaseId;
use crate::release::manifest::{Acceptance, GateVerdict};

/// The gate report.
pub const GATES_FILE: &str = "gates.json";

pub(super) const DOCUMENT: Derived =
    Derived { name: GATES_FILE, media_type: "application/json", write };

#[derive(Serialize)]
struct GateReport<'a> {
    release: ReleaseId,
    accepted: Option<&'a Acceptance>,
    gates: &'a [GateVerdict],
}

fn write(subject: &Subject<'_>, out: &mut dyn Write) -> Result<Option<u64>, DocumentError> {
    let draft = subject.draft;
    let report = GateReport {
        release: draft.release,
        accepted: draft.accepted.as_ref(),
        gates: &draft.gates,
    };
    write_json(&report, out)?;
    Ok(None)
}
