//! `T.ndjson.gz`: one JSON object per line, the same object the API gives, packed with gzip.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value};

use super::check::{Difference, Reread};
use super::json;
use crate::record::{Cell, Resource};
use crate::release::rows::{Rows, RowsError};

pub(super) fn write(
    rows: &dyn Rows,
    resource: &'static Resource,
    out: &mut dyn Write,
) -> Result<u64, RowsError> {
    let visit = |source| RowsError::Visit { table: resource.table, source };
    // Neither time nor system may show in the bytes.
    let header = GzBuilder::new().mtime(0).operating_system(255);
    let mut writer = io::BufWriter::new(header.write(out, Compression::default()));
    let mut count = 0;
    rows.for_each(resource, &mut |cells| {
        count += 1;
        let record = json(resource.columns, cells).map_err(io::Error::other)?;
        serde_json::to_writer(&mut writer, &record)?;
        writer.write_all(b"\n")
    })?;
    let packed = writer.into_inner().map_err(|error| visit(error.into_error()))?;
    packed.finish().map_err(visit)?.flush().map_err(visit)?;
    Ok(count)
}

/// Reads a file back, line by line.
pub(super) struct NdjsonReread<R> {
    lines: BufReader<MultiGzDecoder<R>>,
    line: String,
}

impl<R: Read> NdjsonReread<R> {
    pub(super) fn open(file: R) -> Self {
        Self { lines: BufReader::new(MultiGzDecoder::new(file)), line: String::new() }
    }

    /// The next line into `self.line`; whether there was one.
    fn read_line(&mut self, row: u64) -> Result<bool, Difference> {
        self.line.clear();
        let read = self.lines.read_line(&mut self.line);
        read.map(|bytes| bytes > 0).map_err(|e| Difference::Unreadable { row, source: e.into() })
    }
}

impl<R: Read> Reread for NdjsonReread<R> {
    fn next_equals(
        &mut self,
        resource: &'static Resource,
        cells: &[Cell],
        row: u64,
    ) -> Result<(), Difference> {
        if !self.read_line(row)? {
            return Err(Difference::TooFew { rows: row - 1 });
        }
        let unreadable = |source| Difference::Unreadable { row, source };
        let found: Map<String, Value> =
            serde_json::from_str(&self.line).map_err(|error| unreadable(error.into()))?;
        let expected =
            json(resource.columns, cells).map_err(|error| unreadable(Box::new(error)))?;
        if found.len() != expected.len() {
            return Err(Difference::Width { row, expected: expected.len(), found: found.len() });
        }
        for column in resource.columns {
            let (expected, found) = (expected.get(column.name), found.get(column.name));
            if expected != found {
                let text = |value: Option<&Value>| value.map_or(String::new(), Value::to_string);
                let (expected, found) = (text(expected), text(found));
                return Err(Difference::Cell { row, column: column.name, expected, found });
            }
        }
        Ok(())
    }

    fn ends(&mut self, row: u64) -> Result<(), Difference> {
        if self.read_line(row)? { Err(Difference::TooMany { row }) } else { Ok(()) }
    }
}
