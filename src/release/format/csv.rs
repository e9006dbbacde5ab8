//! `T.csv`: RFC 4180 with LF, UTF-8 without a byte order mark, a header of the column names.
//!
//! Unknown is an empty cell, truth values are `true` and `false`; lists and objects are their JSON
//! text.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};

use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};

use super::check::{Difference, Expected, Failed, Reread};
use super::{Sink, Table};
use crate::record::{Cell, Column, ColumnType, Point, Resource};

pub(super) fn reread(table: Table<'_>, file: File) -> Result<Box<dyn Reread>, Failed> {
    Ok(Box::new(CsvReread::open(file, table.resource)?))
}

pub(super) fn sink(table: Table<'_>, out: impl Write + 'static) -> io::Result<Box<dyn Sink>> {
    let columns = table.resource.columns;
    let mut lines = CsvLines::new(out);
    lines.push(columns.iter().map(|column| column.name))?;
    Ok(Box::new(CsvSink { columns, lines }))
}

/// Writes a record a line.
struct CsvSink<W: Write> {
    columns: &'static [Column],
    lines: CsvLines<W>,
}

impl<W: Write> Sink for CsvSink<W> {
    fn push(&mut self, cells: &[Cell], _point: Option<Point>) -> io::Result<()> {
        let cells = self.columns.iter().zip(cells);
        self.lines.push(cells.map(|(column, cell)| text(column, cell)))
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        self.lines.finish()
    }
}

/// Writes lines as they stand in a `T.csv`.
#[derive(Debug)]
pub struct CsvLines<W: Write>(csv::Writer<W>);

impl<W: Write> CsvLines<W> {
    /// Lines to be appended to `out`.
    #[must_use]
    pub fn new(out: W) -> Self {
        Self(WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out))
    }

    /// Appends a line of these texts; they are quoted where they must be.
    pub fn push(&mut self, texts: impl IntoIterator<Item: AsRef<str>>) -> io::Result<()> {
        for text in texts {
            self.0.write_field(text.as_ref())?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    /// Hands over what is not written yet.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The text of a cell. Truth values are words, which no reader takes for numbers.
#[must_use]
pub fn text<'a>(column: &Column, cell: &'a Cell) -> Cow<'a, str> {
    match (column.ty, cell) {
        (ColumnType::Boolean, Cell::Integer(0)) => "false".into(),
        (ColumnType::Boolean, Cell::Integer(1)) => "true".into(),
        (_, Cell::Text(text)) => text.into(),
        (_, Cell::Null | Cell::Integer(_) | Cell::Real(_)) => cell.to_csv().into(),
    }
}

/// Reads a file back, record by record.
struct CsvReread<R> {
    reader: csv::Reader<BufReader<R>>,
    record: StringRecord,
}

impl<R: Read> CsvReread<R> {
    /// Checks the header.
    fn open(file: R, resource: &'static Resource) -> Result<Self, Difference> {
        let mut file = BufReader::new(file);
        // The reader would skip a byte order mark in silence.
        let start = file.fill_buf();
        let start = start.map_err(|error| Difference::unreadable(0, error))?;
        if start.starts_with("\u{feff}".as_bytes()) {
            return Err(Difference::Header);
        }
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
        let mut record = StringRecord::new();
        let read =
            reader.read_record(&mut record).map_err(|error| Difference::unreadable(0, error))?;
        if !read || record.iter().ne(resource.columns.iter().map(|column| column.name)) {
            return Err(Difference::Header);
        }
        Ok(Self { reader, record })
    }
}

impl<R: Read> Reread for CsvReread<R> {
    fn next_equals(&mut self, expected: Expected<'_>) -> Result<(), Difference> {
        let Expected { resource, cells, row, .. } = expected;
        if !self
            .reader
            .read_record(&mut self.record)
            .map_err(|error| Difference::unreadable(row, error))?
        {
            return Err(Difference::TooFew { rows: row - 1 });
        }
        if self.record.len() != resource.columns.len() {
            let found = self.record.len();
            return Err(Difference::Width { row, expected: resource.columns.len(), found });
        }
        for ((column, cell), found) in resource.columns.iter().zip(cells).zip(&self.record) {
            let expected = text(column, cell);
            if expected != found {
                let (expected, found) = (expected.into_owned(), found.to_owned());
                return Err(Difference::Cell { row, column: column.name, expected, found });
            }
        }
        Ok(())
    }

    fn ends(&mut self, row: u64) -> Result<(), Difference> {
        let more = self
            .reader
            .read_record(&mut self.record)
            .map_err(|e| Difference::unreadable(row, e))?;
        if more { Err(Difference::TooMany { row }) } else { Ok(()) }
    }
}
