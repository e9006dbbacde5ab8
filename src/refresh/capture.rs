//! Captures: one edition of a source, its bytes kept in the storage under their hashes.

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};

use crate::record::{Capture, Edition, EditionKey, Part, SourceId};
use crate::release::digest::sha256;
use crate::release::{CapturePart, ManifestCapture};
use crate::storage::{Storage, StorageError};

/// A body, or one of several.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// What tells it from the others; empty where there is only one.
    pub(super) name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(super) sha256: String,
    /// Its bytes, where they have just arrived; else they are in the storage.
    pub(super) bytes: Option<Bytes>,
}

impl Body {
    pub(super) fn new(name: &str, bytes: Bytes) -> Self {
        Self { name: name.to_owned(), sha256: sha256(&bytes), bytes: Some(bytes) }
    }
}

/// Stores what has just arrived, before anybody reads it, and describes the capture it makes.
///
/// A capture of several bodies is named by the hash of the list of their names and hashes, which
/// is stored like a body.
pub(super) async fn keep(
    storage: &Storage,
    source_id: &SourceId,
    bodies: &[Body],
    retrieved_at: DateTime<Utc>,
    as_of_on: NaiveDate,
) -> Result<ManifestCapture, StorageError> {
    for body in bodies {
        if let Some(bytes) = &body.bytes {
            storage.put_capture(&body.sha256, bytes.clone()).await?;
        }
    }
    let (sha256, parts) = match bodies {
        [only] if only.name.is_empty() => (only.sha256.clone(), Vec::new()),
        several => {
            let list = list(several);
            let name = sha256(&list);
            storage.put_capture(&name, list).await?;
            let parts = several
                .iter()
                .map(|body| CapturePart { name: body.name.clone(), sha256: body.sha256.clone() });
            (name, parts.collect())
        }
    };
    Ok(ManifestCapture { source_id: source_id.clone(), sha256, retrieved_at, as_of_on, parts })
}

/// The hash by which a capture of these bodies is named.
pub(super) fn name(bodies: &[Body]) -> String {
    match bodies {
        [only] if only.name.is_empty() => only.sha256.clone(),
        several => sha256(&list(several)),
    }
}

fn list(bodies: &[Body]) -> Bytes {
    let lines = bodies.iter().flat_map(|body| [&body.sha256, "  ", &body.name, "\n"]);
    lines.collect::<String>().into()
}

/// Brings the bytes of a capture back: those at hand, the rest from the storage.
pub(super) async fn load(
    storage: &Storage,
    described: &ManifestCapture,
    at_hand: &[Body],
) -> Result<Capture, StorageError> {
    let ManifestCapture { source_id, sha256, retrieved_at, as_of_on, parts } = described;
    let only = [CapturePart { name: String::new(), sha256: sha256.clone() }];
    let described = if parts.is_empty() { &only[..] } else { parts };
    let mut loaded = Vec::with_capacity(described.len());
    for part in described {
        let at_hand = at_hand.iter().find(|body| body.sha256 == part.sha256);
        let bytes = match at_hand.and_then(|body| body.bytes.clone()) {
            Some(bytes) => bytes,
            None => storage.get_capture(&part.sha256).await?,
        };
        loaded.push(Part { name: part.name.clone(), bytes });
    }
    Ok(Capture {
        source_id: source_id.clone(),
        sha256: sha256.clone(),
        retrieved_at: *retrieved_at,
        as_of_on: *as_of_on,
        parts: loaded,
    })
}

/// Whether the editions already hold this capture of a file, under the date a person gave it.
pub(super) fn is_held(editions: &[Edition], capture: &ManifestCapture) -> bool {
    editions.iter().any(|edition| {
        let Edition { source_id, key: EditionKey { as_of_on, capture_sha256, .. }, .. } = edition;
        *source_id == capture.source_id
            && *capture_sha256 == capture.sha256
            && *as_of_on == capture.as_of_on
    })
}

/// Whether what a source sends now says nothing new: the same bytes as its edition before.
///
/// Only that edition counts. A source that takes an edition back and sends an older one again says
/// something new: what the older one lists is listed again.
pub(super) fn is_still(editions: &[Edition], capture: &ManifestCapture) -> bool {
    let before = editions.iter().filter(|edition| {
        edition.source_id == capture.source_id && edition.key.as_of_on <= capture.as_of_on
    });
    let newest = before.max_by(|one, other| one.key.cmp(&other.key));
    newest.is_some_and(|edition| edition.key.capture_sha256 == capture.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(on: &str, sha256: &str) -> Edition {
        Edition {
            source_id: "eff-atlas".parse().unwrap(),
            key: EditionKey {
                as_of_on: on.parse().unwrap(),
                retrieved_at: DateTime::UNIX_EPOCH,
                capture_sha256: sha256.to_owned(),
            },
            records_read: 0,
            drafts: 0,
            issues: 0,
        }
    }

    fn capture(on: &str, sha256: &str) -> ManifestCapture {
        ManifestCapture {
            source_id: "eff-atlas".parse().unwrap(),
            sha256: sha256.to_owned(),
            retrieved_at: DateTime::UNIX_EPOCH,
            as_of_on: on.parse().unwrap(),
            parts: Vec::new(),
        }
    }

    #[test]
    fn what_a_source_sends_is_new_unless_it_is_its_edition_before() {
        let editions = [edition("2026-01-01", "a"), edition("2026-02-01", "b")];
        assert!(is_still(&editions, &capture("2026-03-01", "b")));
        assert!(!is_still(&editions, &capture("2026-03-01", "c")));
        assert!(!is_still(&editions, &capture("2026-03-01", "a")), "it is back");
        // The list of sources dates it; a newer edition was imported from a file.
        assert!(is_still(&editions, &capture("2026-01-01", "a")));
        assert!(!is_still(&[], &capture("2026-01-01", "a")));
    }

    #[test]
    fn a_file_is_held_under_one_date_and_new_under_another() {
        let editions = [edition("2026-01-01", "a")];
        assert!(is_held(&editions, &capture("2026-01-01", "a")));
        assert!(!is_held(&editions, &capture("2025-01-01", "a")));
    }
}
