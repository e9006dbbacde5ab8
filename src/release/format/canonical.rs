//! The canonical JSON of a record (RFC 8785), written from its cells without making values of them.

use crate::record::{Cell, Column, ColumnType, Resource};
use crate::release::format::json::{damaged, expected, write_value};
use crate::release::format::plain::Plain;
use crate::release::format::value_of;
use crate::release::rows::{DamagedRow, id_of};

/// Whole numbers up to this are the same as numbers of JSON, which are floating.
const EXACT: u64 = 1 << 53;

/// Writes records of one table.
pub struct Canonical {
    /// The columns in the order of their names, and where each stands in a record.
    columns: Vec<(usize, &'static Column)>,
    text: Vec<u8>,
}

impl Canonical {
    /// For records of a resource.
    #[must_use]
    pub fn new(resource: &'static Resource) -> Self {
        let mut columns: Vec<_> = resource.columns.iter().enumerate().collect();
        // Names are ASCII: their bytes stand in the order of UTF-16, which the standard asks for.
        columns.sort_by_key(|(_, column)| column.name);
        Self { columns, text: Vec::new() }
    }

    /// The canonical form of [`json`](super::json) of these cells; it holds until the next record.
    pub fn write(&mut self, cells: &[Cell]) -> Result<&[u8], DamagedRow> {
        let Self { columns, text } = self;
        text.clear();
        for (at, column) in columns.iter() {
            text.extend_from_slice(if text.is_empty() { b"{\"" } else { b",\"" });
            text.extend_from_slice(column.name.as_bytes());
            text.extend_from_slice(b"\":");
            // A record that ends early is damaged where it ends.
            let cell = cells.get(*at).unwrap_or(&Cell::Null);
            write(text, column, cell).map_err(|source| DamagedRow {
                id: id_of(cells).to_owned(),
                column: column.name,
                source,
            })?;
        }
        text.push(b'}');
        Ok(text)
    }
}

/// Appends the canonical form of one cell.
fn write(
    out: &mut Vec<u8>,
    column: &Column,
    cell: &Cell,
) -> Result<(), crate::record::DamagedCell> {
    match (column.ty, cell) {
        (
            ColumnType::Text | ColumnType::Word(_) | ColumnType::Date | ColumnType::Instant,
            Cell::Text(text),
        ) => write_value(out, text),
        (ColumnType::Integer, Cell::Integer(number)) if number.unsigned_abs() <= EXACT => {
            write_value(out, number);
        }
        (ColumnType::TextList, Cell::Text(json)) if json == "[]" => out.extend_from_slice(b"[]"),
        (ColumnType::Object, Cell::Text(json)) if write_object(out, json) => {}
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
        ) => {
            let value = value_of(column, cell)?;
            serde_json_canonicalizer::to_writer(&value, out)
                .map_err(|_no_form| damaged(expected(column.ty), cell))?;
        }
    }
    Ok(())
}

/// Appends a stored object whose names stand in order already, and none twice, as they do in nearly
/// all; whether it could.
fn write_object(out: &mut Vec<u8>, json: &str) -> bool {
    let Ok(Plain::Object(pairs)) = serde_json::from_str(json) else { return false };
    let in_order = pairs.is_sorted_by(|(one, _), (next, _)| one < next);
    let are_plain = pairs.iter().all(|(name, value)| {
        // Of such names the order of bytes is that of UTF-16.
        name.is_ascii() && matches!(value, Plain::Text(_))
    });
    if !in_order || !are_plain {
        return false;
    }
    out.push(b'{');
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_value(out, name);
        out.push(b':');
        if let Plain::Text(text) = value {
            write_value(out, text);
        }
    }
    out.push(b'}');
    true
}
