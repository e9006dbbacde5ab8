//! `redirects.csv` and `withdrawals.csv`: what became of ids that are no more.

use std::io::Write;

use super::{Derived, DocumentError, Subject};
use crate::record::{Column, ColumnType};
use crate::release::dataset::Since;
use crate::release::format::CsvLines;

/// Ids that were merged into another.
pub(super) const REDIRECTS_FILE: &str = "redirects.csv";
/// Ids that were taken back.
pub(super) const WITHDRAWALS_FILE: &str = "withdrawals.csv";

/// The columns of [`REDIRECTS_FILE`].
pub(super) const REDIRECTS: &[Column] = &[
    column("resource", "The table of the record."),
    column("from_id", "The id that is no more."),
    column("to_id", "The id that stands for it now, in the same table."),
    column("release", "The first release without the id that is no more."),
    column("reason", "Why the two ids are of one record."),
];

/// The columns of [`WITHDRAWALS_FILE`].
pub(super) const WITHDRAWALS: &[Column] = &[
    column("resource", "The table of the record."),
    column("id", "The id that was taken back."),
    column("release", "The first release without it."),
    column("reason", "Why it was taken back."),
];

pub(super) const REDIRECTS_DOCUMENT: Derived =
    Derived { name: REDIRECTS_FILE, media_type: CSV, write: write_redirects };

pub(super) const WITHDRAWALS_DOCUMENT: Derived =
    Derived { name: WITHDRAWALS_FILE, media_type: CSV, write: write_withdrawals };

const CSV: &str = "text/csv; charset=utf-8";

const fn column(name: &'static str, doc: &'static str) -> Column {
    Column::new(name, doc, ColumnType::Text, false)
}

fn write_redirects(
    subject: &Subject<'_>,
    out: &mut dyn Write,
) -> Result<Option<u64>, DocumentError> {
    let redirects = subject.database.redirects()?;
    let lines = redirects.iter().map(|Since { what, release }| {
        let (from, to) = (what.from_id.clone(), what.to_id.clone());
        vec![what.resource.clone(), from, to, release.to_string(), what.reason.clone()]
    });
    write_lines(REDIRECTS, lines, out)
}

fn write_withdrawals(
    subject: &Subject<'_>,
    out: &mut dyn Write,
) -> Result<Option<u64>, DocumentError> {
    let withdrawals = subject.database.withdrawals()?;
    let lines = withdrawals.iter().map(|Since { what, release }| {
        vec![what.resource.clone(), what.id.clone(), release.to_string(), what.reason.clone()]
    });
    write_lines(WITHDRAWALS, lines, out)
}

fn write_lines(
    columns: &[Column],
    rows: impl Iterator<Item = Vec<String>>,
    out: &mut dyn Write,
) -> Result<Option<u64>, DocumentError> {
    let mut lines = CsvLines::new(out);
    lines.push(columns.iter().map(|column| column.name))?;
    let mut count = 0;
    for row in rows {
        lines.push(row)?;
        count += 1;
    }
    lines.finish()?;
    Ok(Some(count))
}
