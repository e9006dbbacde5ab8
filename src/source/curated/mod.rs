//! `curated`: what is known from letters, reports and the press, chosen and written by hand.
//!
//! One TOML file per record, beside this reader and inside the program. The reader is strict: a
//! curated file is ours, so a fault in it is an error that names the file, the entry and the field.
//!
//! Each entry gives one draft with its fields and its `confidence`, which cites nothing, and one
//! draft per page it rests on. All have the source key `<file without ending>/<key>`; the entry's own
//! is the one that has `confidence`. Drafts under `corrections/`, `withdrawals/` and `overrides/` are
//! decisions about records; their subject type is that of what they are about.

mod collection;
mod entry;
mod overrides;
mod subject;
mod value;

use bytes::Bytes;

use crate::record::{Capture, Completeness, Part, Reading};
use crate::source::{Card, Origin, ReadError, Source};

/// The curated source.
#[derive(Debug)]
pub struct Curated;

static CARD: Card = Card {
    id: "curated",
    name: "Porchlight curated data",
    publisher: "Porchlight",
    homepage: None,
    origin: Origin::BuiltIn(parts),
    format: "toml",
    licence: "CC0-1.0",
    attribution: "Porchlight, curated data",
    redistributable: true,
    frozen: false,
    subject_type: None,
    cadence: "with each version of the program",
    completeness: Completeness::Editorial,
    completeness_note: Some(
        "Vendors, programs, counts, disclosures and events that letters, transparency reports and \
         the press document; partnerships only where a date or an agreement is reported.",
    ),
};

/// A curated file: its name, its text, and how its entries are read.
struct File {
    name: &'static str,
    text: &'static str,
    read: fn(&mut collection::Collection, &Part) -> Result<(), ReadError>,
}

/// Every curated file.
const FILES: &[File] = &[
    File {
        name: "vendors.toml",
        text: include_str!("vendors.toml"),
        read: collection::Collection::add::<entry::Vendor>,
    },
    File {
        name: "programs.toml",
        text: include_str!("programs.toml"),
        read: collection::Collection::add::<entry::Program>,
    },
    File {
        name: "partnerships.toml",
        text: include_str!("partnerships.toml"),
        read: collection::Collection::add::<entry::Partnership>,
    },
    File {
        name: "disclosures.toml",
        text: include_str!("disclosures.toml"),
        read: collection::Collection::add::<entry::Disclosure>,
    },
    File {
        name: "reported-totals.toml",
        text: include_str!("reported-totals.toml"),
        read: collection::Collection::add::<entry::ReportedTotal>,
    },
    File {
        name: "events.toml",
        text: include_str!("events.toml"),
        read: collection::Collection::add::<entry::Event>,
    },
    File {
        name: "corrections.toml",
        text: include_str!("corrections.toml"),
        read: collection::Collection::add::<entry::Correction>,
    },
    File {
        name: "withdrawals.toml",
        text: include_str!("withdrawals.toml"),
        read: collection::Collection::add::<entry::Withdrawal>,
    },
    File {
        name: "overrides.toml",
        text: include_str!("../../matching/overrides.toml"),
        read: collection::Collection::add::<overrides::Override>,
    },
    // Those of whoever runs the program, from a file of theirs; the program has none of its own.
    File {
        name: LOCAL_OVERRIDES,
        text: "",
        read: collection::Collection::add::<overrides::Override>,
    },
];

/// The part of a capture that holds the decisions on matches of whoever runs the program.
pub const LOCAL_OVERRIDES: &str = "local-overrides.toml";

/// The files in this program, as the parts of a capture.
fn parts() -> Vec<Part> {
    let part = |file: &File| Part {
        name: file.name.to_owned(),
        bytes: Bytes::from_static(file.text.as_bytes()),
    };
    FILES.iter().filter(|file| !file.text.is_empty()).map(part).collect()
}

/// Checks a file of decisions on matches as a refresh would, beside the files in the program.
pub fn check_overrides(text: &str) -> Result<(), ReadError> {
    let mut collection = collection::Collection::default();
    let local =
        Part { name: LOCAL_OVERRIDES.to_owned(), bytes: Bytes::copy_from_slice(text.as_bytes()) };
    for part in parts().iter().chain([&local]) {
        if let Some(file) = FILES.iter().find(|file| file.name == part.name) {
            (file.read)(&mut collection, part)?;
        }
    }
    collection.close().map(|_reading| ())
}

impl Source for Curated {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, capture: &Capture) -> Result<Reading, ReadError> {
        let mut collection = collection::Collection::default();
        for part in &capture.parts {
            // A file may be missing: a capture of an earlier version has the files of its time.
            match FILES.iter().find(|file| file.name == part.name) {
                Some(file) => (file.read)(&mut collection, part)?,
                None => {
                    return Err(ReadError::OtherFormat {
                        expected: "the curated files",
                        found: format!("a file `{}`", part.name),
                    });
                }
            }
        }
        collection.close()
    }
}

#[cfg(test)]
mod tests;
