//! `T.ndjson.gz`: one JSON object per line, the same object the API gives, packed with gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use super::check::{Difference, Expected, Reread};
use super::plain::{Pairs, Plain};
use super::{Sink, Table, json, write_row};
use crate::record::{Cell, Column, Point, Resource};

pub(super) fn reread(file: File) -> Box<dyn Reread> {
    Box::new(NdjsonReread::open(file))
}

pub(super) fn sink(table: Table<'_>, out: impl Write + 'static) -> Box<dyn Sink> {
    // Neither time nor system may show in the bytes.
    let header = GzBuilder::new().mtime(0).operating_system(255);
    let packed = BufWriter::new(header.write(out, Compression::default()));
    Box::new(NdjsonSink { columns: table.resource.columns, packed, line: Vec::new() })
}

/// Writes a record a line, packed.
struct NdjsonSink<W: Write> {
    columns: &'static [Column],
    packed: BufWriter<GzEncoder<W>>,
    line: Vec<u8>,
}

impl<W: Write> Sink for NdjsonSink<W> {
    fn push(&mut self, cells: &[Cell], _point: Option<Point>) -> io::Result<()> {
        self.line.clear();
        write_row(&mut self.line, self.columns, cells).map_err(io::Error::other)?;
        self.line.push(b'\n');
        self.packed.write_all(&self.line)
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        let packed = self.packed.into_inner().map_err(io::IntoInnerError::into_error)?;
        packed.finish()?.flush()
    }
}

/// Reads a file back, line by line.
struct NdjsonReread<R> {
    lines: BufReader<MultiGzDecoder<R>>,
    line: String,
}

impl<R: Read> NdjsonReread<R> {
    fn open(file: R) -> Self {
        Self { lines: BufReader::new(MultiGzDecoder::new(file)), line: String::new() }
    }

    /// The next line into `self.line`; whether there was one.
    fn read_line(&mut self, row: u64) -> Result<bool, Difference> {
        self.line.clear();
        let read = self.lines.read_line(&mut self.line);
        read.map(|bytes| bytes > 0).map_err(|error| Difference::unreadable(row, error))
    }
}

impl<R: Read> Reread for NdjsonReread<R> {
    fn next_equals(&mut self, expected: Expected<'_>) -> Result<(), Difference> {
        let Expected { resource, cells, row, .. } = expected;
        if !self.read_line(row)? {
            return Err(Difference::TooFew { rows: row - 1 });
        }
        match serde_json::from_str(&self.line) {
            Ok(Plain::Object(found)) => same_object(resource, cells, &found, row),
            Ok(_) => Err(Difference::unreadable(row, "it is no object")),
            Err(error) => Err(Difference::unreadable(row, error)),
        }
    }

    fn ends(&mut self, row: u64) -> Result<(), Difference> {
        if self.read_line(row)? { Err(Difference::TooMany { row }) } else { Ok(()) }
    }
}

/// Whether an object holds these cells, in their order, and nothing else.
pub(super) fn same_object(
    resource: &'static Resource,
    cells: &[Cell],
    found: &Pairs<'_>,
    row: u64,
) -> Result<(), Difference> {
    let columns = resource.columns;
    if found.len() != columns.len() {
        return Err(Difference::Width { row, expected: columns.len(), found: found.len() });
    }
    for ((column, cell), (key, value)) in columns.iter().zip(cells).zip(found) {
        let column_name = column.name;
        if key != column_name {
            let (expected, found) = (column_name.to_owned(), key.to_string());
            return Err(Difference::Cell { row, column: column_name, expected, found });
        }
        if !json::is(column, cell, value) {
            let (expected, found) = (cell.to_csv(), value.to_string());
            return Err(Difference::Cell { row, column: column_name, expected, found });
        }
    }
    Ok(())
}
