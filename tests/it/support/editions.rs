//! Editions of sources, said in a few words.

use porchlight::record::{Capture, Citation, Draft, Reading, Role, SubjectType};
use porchlight::resolve::Memory;

/// An entry of a source: its kind, its key and its values.
pub(crate) type Entry<'a, V = &'a [(&'a str, &'a str)]> = (SubjectType, &'a str, V);

/// Folds what a source says in its edition of a day.
pub(crate) fn fold<'a, V: AsRef<[(&'a str, &'a str)]>>(
    memory: &mut Memory,
    source: &str,
    on: &str,
    entries: &[Entry<'a, V>],
) {
    let capture = Capture {
        source_id: source.parse().unwrap(),
        sha256: format!("{source} {on}"),
        retrieved_at: "2026-11-24T06:00:00Z".parse().unwrap(),
        as_of_on: on.parse().unwrap(),
        parts: Vec::new(),
    };
    let draft = |(subject_type, key, values): &Entry<'a, V>| Draft {
        subject_type: *subject_type,
        source_key: (*key).to_owned(),
        pointer: String::new(),
        role: Role::Supports,
        locator: "record 1".to_owned(),
        citation: Citation::default(),
        reported: values.as_ref().iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    let drafts = entries.iter().map(draft).collect();
    memory.fold(&capture, Reading { records_read: entries.len(), drafts, issues: Vec::new() });
}
