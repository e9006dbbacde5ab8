//! `agency_coverage.csv`: what is known of each agency's part in each program.

use std::io::Write;

use super::{Derived, DocumentError, Subject};
use crate::record::{Cell, Column, ColumnType, CoverageWord};
use crate::release::format::CsvLines;

/// What is known of each agency's part in each program.
pub(super) const AGENCY_COVERAGE_FILE: &str = "agency_coverage.csv";

/// The columns of [`AGENCY_COVERAGE_FILE`], as the table `agency_coverage` of the release file has
/// them.
pub(super) const AGENCY_COVERAGE: &[Column] = &[
    Column::new("agency_id", "The agency.", ColumnType::Text, false),
    Column::new("program_id", "The program.", ColumnType::Text, false),
    Column::new(
        "coverage",
        "What is known. A pair of agency and program that is not listed was not checked, and \
         nothing can be concluded of it.",
        ColumnType::Word(CoverageWord::WORDS),
        false,
    ),
    Column::new(
        "as_of_on",
        "As of when: the date of the newest edition that lists the partnership, or, where none is \
         found, of the newest whole list that was searched. Empty where only editors write about \
         the partnership.",
        ColumnType::Date,
        true,
    ),
    Column::new(
        "sources",
        "The sources that document the partnership, or whose whole lists were searched.",
        ColumnType::TextList,
        false,
    ),
];

pub(super) const DOCUMENT: Derived =
    Derived { name: AGENCY_COVERAGE_FILE, media_type: "text/csv; charset=utf-8", write };

fn write(subject: &Subject<'_>, out: &mut dyn Write) -> Result<Option<u64>, DocumentError> {
    let mut lines = CsvLines::new(out);
    lines.push(AGENCY_COVERAGE.iter().map(|column| column.name))?;
    let (mut count, mut failed) = (0, None);
    subject.database.each_agency_coverage(&mut |cells| {
        count += 1;
        lines.push(cells.iter().map(Cell::to_csv)).map_err(|error| failed = Some(error))
    })?;
    failed.map_or(Ok(()), Err)?;
    lines.finish()?;
    Ok(Some(count))
}
