//! Rows that are turned into columns.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, ListBuilder,
    MapBuilder, MapFieldNames, StringBuilder, StringDictionaryBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::types::{Date32Type, Int32Type};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, SchemaRef};
use chrono::{DateTime, NaiveDate};

use super::{Content, point, schema};
use crate::record::{Cell, Column, ColumnType, DamagedCell, Point, Resource};
use crate::release::format::json::{damaged, expected};
use crate::release::format::plain::{Pairs, Plain};
use crate::release::rows::{DamagedRow, id_of};

/// Rows that are gathered before they are written.
pub(super) struct Batch {
    columns: Vec<(&'static Column, Builder)>,
    points: Option<BinaryBuilder>,
    rows: usize,
}

impl Batch {
    pub(super) fn new(resource: &'static Resource, content: Content) -> Self {
        let columns = resource.columns.iter().map(|column| (column, Builder::of(column)));
        let points = content.has_point().then(BinaryBuilder::new);
        Self { columns: columns.collect(), points, rows: 0 }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row.
    pub(super) fn push(&mut self, cells: &[Cell], point: Option<Point>) -> Result<(), DamagedRow> {
        let mut rest = cells.iter();
        for (column, builder) in &mut self.columns {
            // A record that ends early is damaged where it ends.
            let cell = rest.next().unwrap_or(&Cell::Null);
            builder.push(column, cell).map_err(|source| DamagedRow {
                id: id_of(cells).to_owned(),
                column: column.name,
                source,
            })?;
        }
        if let Some(points) = &mut self.points {
            points.append_option(point.map(point::well_known_binary));
        }
        self.rows += 1;
        Ok(())
    }

    /// The rows so far, which are no longer held.
    pub(super) fn take(&mut self, schema: SchemaRef) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter_mut().map(|(_, builder)| builder.finish());
        let points = self.points.iter_mut().map(|points| Arc::new(points.finish()) as ArrayRef);
        let columns = columns.chain(points).collect();
        let rows = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        RecordBatch::try_new_with_options(schema, columns, &rows)
    }
}

/// Gathers the values of a column.
enum Builder {
    Word(StringDictionaryBuilder<Int32Type>),
    Text(StringBuilder),
    Integer(Int64Builder),
    Real(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
    List(ListBuilder<StringBuilder>),
    Object(MapBuilder<StringBuilder, StringBuilder>),
}

impl Builder {
    fn of(column: &Column) -> Self {
        match column.ty {
            ColumnType::Text | ColumnType::Word(_) if schema::is_dictionary(column) => {
                Self::Word(StringDictionaryBuilder::new())
            }
            ColumnType::Text | ColumnType::Word(_) => Self::Text(StringBuilder::new()),
            ColumnType::Integer => Self::Integer(Int64Builder::new()),
            ColumnType::Real => Self::Real(Float64Builder::new()),
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
            ColumnType::Date => Self::Date(Date32Builder::new()),
            ColumnType::Instant => {
                Self::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
            ColumnType::TextList => {
                Self::List(ListBuilder::new(StringBuilder::new()).with_field(schema::element()))
            }
            ColumnType::Object => {
                let names = MapFieldNames {
                    entry: schema::PAIRS.to_owned(),
                    key: schema::KEY.to_owned(),
                    value: schema::VALUE.to_owned(),
                };
                let text = StringBuilder::new;
                Self::Object(
                    MapBuilder::new(Some(names), text(), text())
                        .with_values_field(schema::map_value()),
                )
            }
        }
    }

    fn push(&mut self, column: &Column, cell: &Cell) -> Result<(), DamagedCell> {
        let wrong = || damaged(expected(column.ty), cell);
        match (self, cell) {
            (_, Cell::Null) if !column.nullable => return Err(wrong()),
            (Self::Word(words), Cell::Null) => words.append_null(),
            (Self::Word(words), Cell::Text(text)) => words.append_value(text),
            (Self::Text(texts), Cell::Null) => texts.append_null(),
            (Self::Text(texts), Cell::Text(text)) => texts.append_value(text),
            (Self::Integer(numbers), Cell::Null) => numbers.append_null(),
            (Self::Integer(numbers), Cell::Integer(number)) => numbers.append_value(*number),
            (Self::Real(numbers), Cell::Null) => numbers.append_null(),
            (Self::Real(numbers), Cell::Real(number)) if number.is_finite() => {
                numbers.append_value(*number);
            }
            (Self::Boolean(values), Cell::Null) => values.append_null(),
            (Self::Boolean(values), Cell::Integer(0)) => values.append_value(false),
            (Self::Boolean(values), Cell::Integer(1)) => values.append_value(true),
            (Self::Date(dates), Cell::Null) => dates.append_null(),
            (Self::Date(dates), Cell::Text(text)) => {
                dates.append_value(days(text).ok_or_else(wrong)?);
            }
            (Self::Instant(instants), Cell::Null) => instants.append_null(),
            (Self::Instant(instants), Cell::Text(text)) => {
                instants.append_value(microseconds(text).ok_or_else(wrong)?);
            }
            (Self::List(lists), Cell::Null) => lists.append_null(),
            (Self::List(lists), Cell::Text(json)) => {
                lists.append_value(list(json).ok_or_else(wrong)?.into_iter().map(Some));
            }
            (Self::Object(objects), cell) => {
                push_object(objects, cell).ok_or_else(wrong)?;
            }
            (
                Self::Word(_)
                | Self::Text(_)
                | Self::Integer(_)
                | Self::Real(_)
                | Self::Boolean(_)
                | Self::Date(_)
                | Self::Instant(_)
                | Self::List(_),
                Cell::Text(_) | Cell::Integer(_) | Cell::Real(_),
            ) => return Err(wrong()),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Word(words) => Arc::new(words.finish()),
            Self::Text(texts) => Arc::new(texts.finish()),
            Self::Integer(numbers) => Arc::new(numbers.finish()),
            Self::Real(numbers) => Arc::new(numbers.finish()),
            Self::Boolean(values) => Arc::new(values.finish()),
            Self::Date(dates) => Arc::new(dates.finish()),
            Self::Instant(instants) => Arc::new(instants.finish()),
            Self::List(lists) => Arc::new(lists.finish()),
            Self::Object(objects) => Arc::new(objects.finish()),
        }
    }
}

/// Appends an object, or unknown; `None` if the cell is neither.
fn push_object(objects: &mut MapBuilder<StringBuilder, StringBuilder>, cell: &Cell) -> Option<()> {
    let pairs = match cell {
        Cell::Null => None,
        Cell::Text(json) => Some(object(json)?),
        Cell::Integer(_) | Cell::Real(_) => return None,
    };
    for (key, value) in pairs.iter().flatten() {
        let Plain::Text(value) = value else { return None };
        objects.keys().append_value(key);
        objects.values().append_value(value);
    }
    objects.append(pairs.is_some()).ok()
}

/// The days since 1970 of a date as it is stored.
pub(super) fn days(text: &str) -> Option<i32> {
    text.parse().ok().map(Date32Type::from_naive_date)
}

/// The date of so many days since 1970.
pub(super) fn date(days: i32) -> Option<NaiveDate> {
    Date32Type::to_naive_date_opt(days)
}

/// The microseconds since 1970 of an instant as it is stored.
pub(super) fn microseconds(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros())
}

/// The texts of a list as it is stored.
pub(super) fn list(json: &str) -> Option<Vec<String>> {
    // Most are empty.
    if json == "[]" { Some(Vec::new()) } else { serde_json::from_str(json).ok() }
}

/// The names and texts of an object as it is stored.
pub(super) fn object(json: &str) -> Option<Pairs<'_>> {
    match serde_json::from_str(json) {
        Ok(Plain::Object(pairs)) => Some(pairs),
        Ok(_) | Err(_) => None,
    }
}
