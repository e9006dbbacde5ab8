//! Reading a file back, row by row.

use std::borrow::Cow;
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};

use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::point::{self, Bounds};
use super::{BATCH_ROWS, Content, columns, schema};
use crate::record::{Cell, Column, ColumnType};
use crate::release::digest::hexadecimal;
use crate::release::format::Table;
use crate::release::format::check::{Difference, Expected, Reread};
use crate::release::format::plain::{Pairs, Plain};

/// Reads a file back, row by row.
pub(super) struct ParquetReread {
    batches: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    /// The next row of the batch.
    next: usize,
    content: Content,
    bounds: Bounds,
    /// What the file says of its points.
    geo: Option<String>,
}

impl ParquetReread {
    /// Checks the schema.
    pub(super) fn open(file: File, table: Table<'_>, content: Content) -> Result<Self, Difference> {
        let unreadable = |error| Difference::unreadable(0, error);
        let builder = guarded(0, || ParquetRecordBatchReaderBuilder::try_new(file))?;
        let builder = builder.map_err(unreadable)?;
        if builder.schema().fields() != schema::of(table, content).fields() {
            return Err(Difference::Header);
        }
        let says = |key: &str| {
            let pairs = builder.metadata().file_metadata().key_value_metadata();
            pairs?.iter().find(|pair| pair.key == key)?.value.clone()
        };
        let of_release = says("table").as_deref() == Some(table.resource.table)
            && says("release") == Some(table.imprint.release.to_string())
            && says("schema_version").as_ref() == Some(&table.imprint.schema_version);
        if !of_release {
            return Err(Difference::Frame { part: "metadata" });
        }
        let geo = says(point::KEY);
        let batches = builder.with_batch_size(BATCH_ROWS).build().map_err(unreadable)?;
        Ok(Self { batches, batch: None, next: 0, content, bounds: Bounds::default(), geo })
    }

    /// The batch the next row stands in, and where; `None` at the end.
    fn advance(&mut self, row: u64) -> Result<Option<(&RecordBatch, usize)>, Difference> {
        while self.batch.as_ref().is_none_or(|batch| self.next == batch.num_rows()) {
            let batch = guarded(row, || self.batches.next().transpose())?;
            self.batch = batch.map_err(|error| Difference::unreadable(row, error))?;
            self.next = 0;
            if self.batch.is_none() {
                return Ok(None);
            }
        }
        let at = self.next;
        self.next += 1;
        Ok(self.batch.as_ref().map(|batch| (batch, at)))
    }
}

/// What `read` gives, or an error where it panics, as the reader does on some damaged files: those
/// of others are checked, too. Whoever is told of the error must not read on.
fn guarded<T>(row: u64, read: impl FnOnce() -> T) -> Result<T, Difference> {
    panic::catch_unwind(AssertUnwindSafe(read))
        .map_err(|_told_already| Difference::unreadable(row, "its pages make no sense"))
}

impl Reread for ParquetReread {
    fn next_equals(&mut self, expected: Expected<'_>) -> Result<(), Difference> {
        let Expected { resource, cells, point, row } = expected;
        self.bounds.add(point);
        let content = self.content;
        let Some((batch, at)) = self.advance(row)? else {
            return Err(Difference::TooFew { rows: row - 1 });
        };
        let columns = resource.columns.iter().zip(cells).zip(batch.columns());
        for ((column, cell), array) in columns {
            let found = Found { array, at };
            if !found.is(column, cell) {
                let (expected, found) = (cell.to_csv(), found.text(column));
                return Err(Difference::Cell { row, column: column.name, expected, found });
            }
        }
        if content.has_point() {
            let expected = point.map(point::well_known_binary);
            let found = batch.columns().last().and_then(|array| {
                array.as_binary_opt::<i32>().filter(|array| array.is_valid(at)).map(|a| a.value(at))
            });
            if expected.as_ref().map(<[u8; 21]>::as_slice) != found {
                let text = |bytes: Option<&[u8]>| bytes.map_or_else(String::new, hexadecimal);
                let expected = text(expected.as_ref().map(<[u8; 21]>::as_slice));
                let (column, found) = (point::COLUMN, text(found));
                return Err(Difference::Cell { row, column, expected, found });
            }
        }
        Ok(())
    }

    fn ends(&mut self, row: u64) -> Result<(), Difference> {
        if self.advance(row)?.is_some() {
            return Err(Difference::TooMany { row });
        }
        let geo = self.content.has_point().then(|| self.bounds.metadata());
        if geo == self.geo { Ok(()) } else { Err(Difference::Frame { part: "metadata" }) }
    }
}

/// A value of a file.
struct Found<'a> {
    array: &'a dyn Array,
    at: usize,
}

impl<'a> Found<'a> {
    /// Whether it is the value of the cell.
    fn is(&self, column: &Column, cell: &Cell) -> bool {
        if self.array.is_null(self.at) || *cell == Cell::Null {
            return self.array.is_null(self.at) && *cell == Cell::Null;
        }
        match (column.ty, cell) {
            (ColumnType::Text | ColumnType::Word(_), Cell::Text(text)) => self.str() == Some(text),
            (ColumnType::Integer, Cell::Integer(number)) => self.integer() == Some(*number),
            (ColumnType::Boolean, Cell::Integer(number)) => {
                self.boolean().map(i64::from) == Some(*number)
            }
            // The very bits: what is not a number was never written.
            (ColumnType::Real, Cell::Real(number)) => {
                self.real().map(f64::to_bits) == Some(number.to_bits())
            }
            (ColumnType::Date, Cell::Text(text)) => self.date().as_ref() == Some(text),
            (ColumnType::Instant, Cell::Text(text)) => self.instant().as_ref() == Some(text),
            (ColumnType::TextList, Cell::Text(json)) => {
                self.list().is_some_and(|found| columns::list(json).as_ref() == Some(&found))
            }
            (ColumnType::Object, Cell::Text(json)) => {
                // In the same order, too.
                columns::object(json).is_some_and(|expected| self.pairs() == Some(expected))
            }
            (
                ColumnType::Text
                | ColumnType::Word(_)
                | ColumnType::Integer
                | ColumnType::Real
                | ColumnType::Boolean
                | ColumnType::Date
                | ColumnType::Instant
                | ColumnType::TextList
                | ColumnType::Object,
                Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_),
            ) => false,
        }
    }

    /// As it would stand in a cell, for a report.
    fn text(&self, column: &Column) -> String {
        if self.array.is_null(self.at) {
            return String::new();
        }
        let text = match column.ty {
            ColumnType::Text | ColumnType::Word(_) => self.str().map(Cow::from),
            ColumnType::Integer => self.integer().map(|number| number.to_string().into()),
            ColumnType::Boolean => self.boolean().map(|truth| i64::from(truth).to_string().into()),
            ColumnType::Real => self.real().map(|number| number.to_string().into()),
            ColumnType::Date => self.date().map(Cow::from),
            ColumnType::Instant => self.instant().map(Cow::from),
            ColumnType::TextList => self.list().map(|list| Value::from(list).to_string().into()),
            ColumnType::Object => {
                let pairs = self.pairs();
                pairs.map(|pairs| Plain::Object(pairs).to_string().into())
            }
        };
        text.unwrap_or_default().into_owned()
    }

    fn str(&self) -> Option<&'a str> {
        let Some(words) = self.array.as_dictionary_opt::<Int32Type>() else {
            return self.array.as_string_opt::<i32>().map(|texts| texts.value(self.at));
        };
        let word = words.key(self.at)?;
        words.values().as_string_opt::<i32>().map(|texts| texts.value(word))
    }

    fn integer(&self) -> Option<i64> {
        self.array.as_primitive_opt::<Int64Type>().map(|numbers| numbers.value(self.at))
    }

    fn real(&self) -> Option<f64> {
        self.array.as_primitive_opt::<Float64Type>().map(|numbers| numbers.value(self.at))
    }

    fn boolean(&self) -> Option<bool> {
        self.array.as_boolean_opt().map(|values| values.value(self.at))
    }

    fn date(&self) -> Option<String> {
        let days = self.array.as_primitive_opt::<Date32Type>()?.value(self.at);
        columns::date(days).map(|date| date.to_string())
    }

    fn instant(&self) -> Option<String> {
        let at = self.array.as_primitive_opt::<TimestampMicrosecondType>()?.value(self.at);
        DateTime::from_timestamp_micros(at).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    fn list(&self) -> Option<Vec<String>> {
        let texts = self.array.as_list_opt::<i32>()?.value(self.at);
        let texts = texts.as_string_opt::<i32>()?;
        Some(texts.iter().flatten().map(str::to_owned).collect())
    }

    fn pairs(&self) -> Option<Pairs<'a>> {
        let map = self.array.as_map_opt()?;
        let offsets = map.value_offsets();
        let [begin, end] = [self.at, self.at + 1].map(|at| usize::try_from(*offsets.get(at)?).ok());
        let entries = map.entries();
        let keys = entries.column_by_name(schema::KEY)?.as_string_opt::<i32>()?;
        let values = entries.column_by_name(schema::VALUE)?.as_string_opt::<i32>()?;
        let pair = |at| (keys.value(at).into(), Plain::Text(values.value(at).into()));
        Some((begin?..end?).map(pair).collect())
    }
}
