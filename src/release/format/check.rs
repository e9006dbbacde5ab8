//! Reading a file back and comparing it with the records it was written from.

use std::io;

use crate::record::{Cell, Resource};
use crate::release::rows::{Rows, RowsError};

/// A file that is read back record by record.
pub(super) trait Reread {
    /// Whether the next record of the file has these cells; `row` counts from 1.
    fn next_equals(
        &mut self,
        resource: &'static Resource,
        cells: &[Cell],
        row: u64,
    ) -> Result<(), Difference>;

    /// Whether no further record stands in the file; `row` is what it would be.
    fn ends(&mut self, row: u64) -> Result<(), Difference>;
}

/// How a file differs from the records it should hold. Rows count from 1, without the header.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// The header is not the names of the columns.
    #[error("the header is not the names of the columns")]
    Header,
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

/// Compares the whole file with the records and returns how many there are.
pub(super) fn compare(
    reread: &mut dyn Reread,
    rows: &dyn Rows,
    resource: &'static Resource,
) -> Result<u64, Failed> {
    let mut row = 0;
    let mut difference = None;
    let visited = rows.for_each(resource, &mut |cells| {
        row += 1;
        reread.next_equals(resource, cells, row).map_err(|found| {
            let stop = io::Error::other(found.to_string());
            difference = Some(found);
            stop
        })
    });
    if let Some(difference) = difference {
        return Err(Failed::Differs(difference));
    }
    visited.map_err(Failed::Rows)?;
    reread.ends(row + 1).map_err(Failed::Differs)?;
    Ok(row)
}
