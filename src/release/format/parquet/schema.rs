//! The types of the columns.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Metadata, Schema, SchemaRef, TimeUnit};

use super::{Content, point};
use crate::record::{Column, ColumnType, Resource, Values};
use crate::release::format::Table;

/// Under which key a column says what it means.
const DESCRIPTION: &str = "description";

/// Columns of long texts of which there are few, although they are no words: releases and captures.
const REPEATED: &[&str] = &["first_release", "last_changed_release", "capture_sha256"];

/// What people filter by most, which the rows are sorted by before their ids.
///
/// A table of a state's records by state. Evidence by what it speaks of: whoever has a record asks
/// for its evidence.
pub(in crate::release::format) fn sorted_by(resource: &Resource) -> &'static [&'static str] {
    if resource.column("state").is_some_and(Column::is_countable) {
        &["state"]
    } else if resource.column("subject_id").is_some() {
        &["subject_type", "subject_id"]
    } else {
        &[]
    }
}

/// The schema of a file.
pub(super) fn of(table: Table<'_>, content: Content) -> SchemaRef {
    let mut fields: Vec<_> = table.resource.columns.iter().map(field).collect();
    if content.has_point() {
        let doc = "Where it is, or its agency, as well-known binary (WGS 84).";
        fields.push(described(Field::new(point::COLUMN, DataType::Binary, true), doc));
    }
    Arc::new(Schema::new(fields))
}

/// Where the values lie of a column that has so many different ones that a list of them would cost
/// more than it saves: they are packed one after the other.
pub(super) fn various(column: &Column) -> Option<Vec<String>> {
    let path: &[&str] = match column.ty {
        ColumnType::Text | ColumnType::Word(_) if is_dictionary(column) => return None,
        ColumnType::Text | ColumnType::Word(_) | ColumnType::Real => &[column.name],
        ColumnType::Object => &[column.name, PAIRS, VALUE],
        ColumnType::Integer
        | ColumnType::Boolean
        | ColumnType::Date
        | ColumnType::Instant
        | ColumnType::TextList => return None,
    };
    Some(path.iter().map(|&part| part.to_owned()).collect())
}

/// Whether it has so few different texts that each is kept once.
pub(super) fn is_dictionary(column: &Column) -> bool {
    (column.values == Values::Few && column.name != "id") || REPEATED.contains(&column.name)
}

/// How many columns of values a column takes.
pub(super) fn leaves(column: &Column) -> i32 {
    match column.ty {
        ColumnType::Object => 2,
        ColumnType::Text
        | ColumnType::Word(_)
        | ColumnType::Integer
        | ColumnType::Real
        | ColumnType::Boolean
        | ColumnType::Date
        | ColumnType::Instant
        | ColumnType::TextList => 1,
    }
}

fn field(column: &Column) -> Field {
    let field = Field::new(column.name, data_type(column), column.nullable);
    described(field, column.doc.trim())
}

fn described(field: Field, doc: &str) -> Field {
    let lines: Vec<&str> = doc.lines().map(str::trim).collect();
    field.with_metadata(Metadata::new().with(DESCRIPTION, lines.join(" ")))
}

fn data_type(column: &Column) -> DataType {
    match column.ty {
        ColumnType::Text | ColumnType::Word(_) if is_dictionary(column) => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
        ColumnType::Text | ColumnType::Word(_) => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Real => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Date => DataType::Date32,
        ColumnType::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::TextList => DataType::List(element()),
        ColumnType::Object => {
            let pair = [Arc::new(Field::new(KEY, DataType::Utf8, false)), map_value()];
            let pairs = Field::new(PAIRS, DataType::Struct(pair.into_iter().collect()), false);
            DataType::Map(Arc::new(pairs), false)
        }
    }
}

/// The names that the format's own documentation gives to the parts of a map.
pub(super) const PAIRS: &str = "key_value";
pub(super) const KEY: &str = "key";
pub(super) const VALUE: &str = "value";

/// A text of a list.
pub(super) fn element() -> Arc<Field> {
    Arc::new(Field::new("element", DataType::Utf8, false))
}

/// A text of an object.
pub(super) fn map_value() -> Arc<Field> {
    Arc::new(Field::new(VALUE, DataType::Utf8, false))
}
