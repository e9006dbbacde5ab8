//! `changes.ndjson`: how the release differs from the one before it, an object a line as
//! `/v1/changes` gives it; empty for the first release.

use std::io::Write;

use super::{Derived, DocumentError, Subject};
use crate::record::{RESOURCES, Resource};
use crate::release::database::{Comparison, Selection};

/// What changed since the release before.
const CHANGES_FILE: &str = "changes.ndjson";

pub(super) const DOCUMENT: Derived =
    Derived { name: CHANGES_FILE, media_type: "application/x-ndjson", write };

/// Entries held in memory at a time.
const BLOCK: usize = 1000;

fn write(subject: &Subject<'_>, out: &mut dyn Write) -> Result<Option<u64>, DocumentError> {
    let Some(previous) = subject.previous else { return Ok(Some(0)) };
    let comparison = Comparison::new(previous, subject.database, Selection::default())?;
    let resources: Vec<&'static Resource> = RESOURCES.iter().collect();
    let mut after: Option<(&str, String)> = None;
    let mut rows = 0;
    loop {
        let begin = after.as_ref().map(|(table, id)| (*table, id.as_str()));
        let (entries, more) = comparison.entries(&resources, begin, BLOCK)?;
        for entry in &entries {
            serde_json::to_writer(&mut *out, entry)?;
            out.write_all(b"\n")?;
            rows += 1;
        }
        after = entries.last().map(|last| (last.resource, last.id.clone()));
        if !more {
            return Ok(Some(rows));
        }
    }
}
