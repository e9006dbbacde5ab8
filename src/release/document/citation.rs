//! `CITATION.cff`: how to cite a release, in the Citation File Format 1.2.0.

use std::io::Write;

use super::about::{
    DATASET_HOMEPAGE, DATASET_KEYWORDS, DATASET_LICENCE, DATASET_PUBLISHER, DATASET_SUMMARY,
    DATASET_TITLE,
};
use super::{Derived, DocumentError, Subject};
use crate::record::Source;

/// How to cite the release.
pub(super) const CITATION_FILE: &str = "CITATION.cff";

pub(super) const DOCUMENT: Derived =
    Derived { name: CITATION_FILE, media_type: "application/yaml", write };

/// Every text is quoted as JSON quotes it, which YAML reads as it is.
fn write(subject: &Subject<'_>, out: &mut dyn Write) -> Result<Option<u64>, DocumentError> {
    let draft = subject.draft;
    let on = draft.published_at.date_naive();
    writeln!(out, "cff-version: 1.2.0")?;
    text(out, "", "message", "If you use this dataset, please cite it by its release.")?;
    writeln!(out, "type: dataset")?;
    text(out, "", "title", DATASET_TITLE)?;
    text(out, "", "abstract", DATASET_SUMMARY)?;
    text(out, "", "version", &draft.release.to_string())?;
    writeln!(out, "date-released: {on}\nlicense: {DATASET_LICENCE}")?;
    text(out, "", "repository-code", DATASET_HOMEPAGE)?;
    writeln!(out, "authors:")?;
    text(out, "  - ", "name", DATASET_PUBLISHER)?;
    writeln!(out, "keywords:")?;
    for keyword in DATASET_KEYWORDS {
        writeln!(out, "  - {}", serde_json::to_string(keyword)?)?;
    }
    writeln!(out, "references:")?;
    for source in subject.database.all::<Source>()? {
        text(out, "  - ", "title", &source.name)?;
        writeln!(out, "    type: data\n    authors:")?;
        text(out, "      - ", "name", &source.publisher)?;
        if let Some(homepage) = &source.homepage {
            text(out, "    ", "url", homepage)?;
        }
        text(out, "    ", "notes", &format!("{}; {}", source.attribution, source.licence))?;
    }
    Ok(None)
}

fn text(out: &mut dyn Write, before: &str, key: &str, text: &str) -> Result<(), DocumentError> {
    Ok(writeln!(out, "{before}{key}: {}", serde_json::to_string(text)?)?)
}
