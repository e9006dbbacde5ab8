//! What the readers of tables share: is the body what was promised, are its columns there, does a
//! row fit them.

use std::borrow::Cow;

use crate::parse::csv::{Row, Table, TableError};
use crate::parse::text::{decode, looks_like_html};
use crate::record::{DraftIssue, Problem, Reading, Reported};
use crate::source::ReadError;

/// The body as text; a web page or nothing is an error.
pub(super) fn text<'a>(
    name: &str,
    bytes: &'a [u8],
    expected: &'static str,
) -> Result<Cow<'a, str>, ReadError> {
    let text = decode(bytes).text;
    if text.trim().is_empty() {
        return Err(other(name, expected, "an empty body"));
    }
    if looks_like_html(&text) {
        return Err(other(name, expected, "an HTML page"));
    }
    Ok(text)
}

/// The text as a table.
pub(super) fn table(
    name: &str,
    text: &str,
    delimiter: u8,
    expected: &'static str,
) -> Result<Table, ReadError> {
    Table::read(text, delimiter).map_err(|error: TableError| other(name, expected, error))
}

/// A body that is something else than `expected`.
pub(super) fn other(
    name: &str,
    expected: &'static str,
    found: impl std::fmt::Display,
) -> ReadError {
    let found = if name.is_empty() { found.to_string() } else { format!("{found} for `{name}`") };
    ReadError::OtherFormat { expected, found }
}

/// Where a column stands that no record can do without.
pub(super) fn column(table: &Table, name: &'static str) -> Result<usize, ReadError> {
    table
        .column(name)
        .ok_or_else(|| ReadError::MissingColumn { column: name, found: table.header().to_vec() })
}

/// The issue of a row that is no record of its table.
///
/// A cell too many, such as from a comma without quotes, or one too few moves every value behind it
/// into the wrong column, so that a telephone number would stand for a county.
pub(super) fn misfit(row: Row<'_>, table: &Table) -> Option<DraftIssue> {
    let (cells, columns) = (row.len(), table.header().len());
    let is_header = || table.header().iter().enumerate().all(|(at, name)| row.get(at) == name);
    let detail = if cells != columns {
        format!("the row has {cells} cells where the header has {columns}; it is left out")
    } else if is_header() {
        "the header again; the row is left out".to_owned()
    } else {
        return None;
    };
    Some(DraftIssue {
        source_key: None,
        locator: record(row),
        problem: Problem::UnreadableRow,
        detail,
        excerpt: None,
    })
}

/// The reading of a body that has been gone through.
///
/// Without a record it is none. One record that cannot be read is an issue; when none can, the
/// body is of another format.
pub(super) fn finish(
    reading: Reading,
    id: &'static str,
    expected: &'static str,
) -> Result<Reading, ReadError> {
    match (reading.records_read, reading.drafts.len()) {
        (0, _) => Err(ReadError::NoRecords(id)),
        (records, 0) => {
            Err(other("", expected, format_args!("{records} records, none of them readable")))
        }
        (_, _) => Ok(reading),
    }
}

/// The names of those values that are blank.
pub(super) fn blank<const N: usize>(values: [(&'static str, &str); N]) -> Vec<&'static str> {
    values.into_iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name).collect()
}

/// The issue of a row that lacks what no record can do without.
pub(super) fn missing(locator: &str, key: Option<String>, names: &[&str]) -> DraftIssue {
    DraftIssue {
        source_key: key,
        locator: locator.to_owned(),
        problem: Problem::MissingValue,
        detail: format!("{} missing; the row is left out", names.join(" and ")),
        excerpt: None,
    }
}

/// The locator of a row.
pub(super) fn record(row: Row<'_>) -> String {
    format!("record {}", row.number)
}

/// What a source says, by key; a blank is nothing said.
pub(super) fn reported<'a>(values: impl IntoIterator<Item = (&'static str, &'a str)>) -> Reported {
    values
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// The issue of values that hold bytes which are no text; the values stay as decoded.
pub(super) fn unreadable_text(locator: &str, key: &str, reported: &Reported) -> Option<DraftIssue> {
    let value = reported.values().find(|value| value.contains('\u{fffd}'))?;
    Some(DraftIssue {
        source_key: Some(key.to_owned()),
        locator: locator.to_owned(),
        problem: Problem::UnreadableText,
        detail: "bytes that are no text; U+FFFD stands in their place".to_owned(),
        excerpt: Some(value.clone()),
    })
}
