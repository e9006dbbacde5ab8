//! Reading a file back and comparing it with the records it was written from.

use std::io;

use super::Table;
use crate::record::{Cell, Point, Resource};
use crate::release::rows::{RowsError, Scan};

/// A file that is read back record by record.
pub(super) trait Reread {
    /// Whether the next record of the file has these cells, and this place where the format has
    /// one.
    fn next_equals(&mut self, expected: Expected<'_>) -> Result<(), Difference>;

    /// Whether no further record stands in the file; `row` is what it would be.
    fn ends(&mut self, row: u64) -> Result<(), Difference>;
}

/// What the next record of a file should be.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) resource: &'static Resource,
    pub(super) cells: &'a [Cell],
    pub(super) point: Option<Point>,
    /// Counts from 1.
    pub(super) row: u64,
}

/// How a file differs from the records it should hold. Rows count from 1, without the header.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// The header is not the names of the columns, or tells another type of them.
    #[error("the header does not name the columns")]
    Header,
    /// What stands around the records is not what it should be.
    #[error("its {part} is not what it should be")]
    Frame {
        /// What it is.
        part: &'static str,
    },
    /// A record cannot be read.
    #[error("row {row} cannot be read")]
    Unreadable {
        /// The row.
        row: u64,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record has more or fewer values than there are columns.
    #[error("row {row} has {found} values where there are {expected} columns")]
    Width {
        /// The row.
        row: u64,
        /// How many columns there are.
        expected: usize,
        /// How many values stand there.
        found: usize,
    },
    /// A value is another one.
    #[error("row {row}, column `{column}`: expected `{expected}`, found `{found}`")]
    Cell {
        /// The row.
        row: u64,
        /// The column.
        column: &'static str,
        /// What the record says.
        expected: String,
        /// What the file says.
        found: String,
    },
    /// Records are missing.
    #[error("it ends after {rows} rows, too early")]
    TooFew {
        /// How many rows it has.
        rows: u64,
    },
    /// There is a record too many.
    #[error("row {row} is one too many")]
    TooMany {
        /// The row.
        row: u64,
    },
}

/// Why a comparison did not end well.
pub(super) enum Failed {
    Differs(Difference),
    Rows(RowsError),
}

impl Difference {
    /// A record that cannot be read.
    pub(super) fn unreadable(
        row: u64,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unreadable { row, source: source.into() }
    }
}

impl From<Difference> for Failed {
    fn from(difference: Difference) -> Self {
        Self::Differs(difference)
    }
}

/// Files that are read back together, with their names.
pub(super) type Rereads = Vec<(String, Box<dyn Reread>)>;

/// Compares whole files, which hold the records in the order of `scan`, with these and returns how
/// many there are.
pub(super) fn compare(
    mut rereads: Rereads,
    table: Table<'_>,
    scan: Scan,
) -> Result<u64, (String, Failed)> {
    let resource = scan.resource;
    let mut row = 0;
    let mut different = None;
    let visited = table.rows.scan(scan, &mut |cells, point| {
        row += 1;
        for (name, reread) in &mut rereads {
            if let Err(found) = reread.next_equals(Expected { resource, cells, point, row }) {
                let stop = io::Error::other(found.to_string());
                different = Some((name.clone(), Failed::Differs(found)));
                return Err(stop);
            }
        }
        Ok(())
    });
    if let Some(different) = different {
        return Err(different);
    }
    visited.map_err(|error| {
        let names = rereads.first().map(|(name, _)| name.clone());
        (names.unwrap_or_default(), Failed::Rows(error))
    })?;
    for (name, mut reread) in rereads {
        reread.ends(row + 1).map_err(|found| (name, Failed::Differs(found)))?;
    }
    Ok(row)
}
