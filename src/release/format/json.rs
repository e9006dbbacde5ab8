//! The JSON of a record: the one form that the API, the NDJSON and GeoJSON files and the table roots
//! share, as a value and as text.

use serde::de::IgnoredAny;
use serde_json::{Map, Number, Value};

use super::plain::Plain;
use crate::record::{Cell, Column, ColumnType, DamagedCell};
use crate::release::rows::{DamagedRow, id_of};

/// The JSON object of a record, its keys in the order of `columns`.
///
/// Words, dates, instants and ids are strings, truth values are JSON booleans, lists are arrays,
/// objects are objects, unknown is null.
pub fn json(columns: &[Column], cells: &[Cell]) -> Result<Map<String, Value>, DamagedRow> {
    columns
        .iter()
        .enumerate()
        .map(|(position, column)| {
            // A record that ends early is damaged where it ends.
            let value =
                cells.get(position).ok_or_else(|| damaged(expected(column.ty), &Cell::Null));
            match value.and_then(|cell| value_of(column, cell)) {
                Ok(value) => Ok((column.name.to_owned(), value)),
                Err(source) => {
                    Err(DamagedRow { id: id_of(cells).to_owned(), column: column.name, source })
                }
            }
        })
        .collect()
}

/// The JSON value of one cell.
pub fn value_of(column: &Column, cell: &Cell) -> Result<Value, DamagedCell> {
    let wrong = || damaged(expected(column.ty), cell);
    match (column.ty, cell) {
        (_, Cell::Null) if column.nullable => Ok(Value::Null),
        (
            ColumnType::Text | ColumnType::Word(_) | ColumnType::Date | ColumnType::Instant,
            Cell::Text(text),
        ) => Ok(Value::String(text.clone())),
        (ColumnType::Integer, Cell::Integer(number)) => Ok(Value::from(*number)),
        (ColumnType::Boolean, Cell::Integer(0)) => Ok(Value::Bool(false)),
        (ColumnType::Boolean, Cell::Integer(1)) => Ok(Value::Bool(true)),
        (ColumnType::Real, Cell::Real(number)) => {
            Number::from_f64(*number).map(Value::Number).ok_or_else(wrong)
        }
        (ColumnType::TextList, Cell::Text(text)) => match serde_json::from_str(text) {
            Ok(value @ Value::Array(_)) => Ok(value),
            Ok(_) | Err(_) => Err(wrong()),
        },
        (ColumnType::Object, Cell::Text(text)) => match serde_json::from_str(text) {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(_) | Err(_) => Err(wrong()),
        },
        (
            ColumnType::Text
            | ColumnType::Word(_)
            | ColumnType::Date
            | ColumnType::Instant
            | ColumnType::Integer
            | ColumnType::Boolean
            | ColumnType::Real
            | ColumnType::TextList
            | ColumnType::Object,
            Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_),
        ) => Err(wrong()),
    }
}

/// Whether a value is that of the cell: [`value_of`] without making it.
pub(super) fn is(column: &Column, cell: &Cell, value: &Plain<'_>) -> bool {
    match (column.ty, cell, value) {
        (_, Cell::Null, Plain::Null) => column.nullable,
        (
            ColumnType::Text | ColumnType::Word(_) | ColumnType::Date | ColumnType::Instant,
            Cell::Text(expected),
            Plain::Text(found),
        ) => expected == found,
        (ColumnType::Boolean, Cell::Integer(expected), Plain::Boolean(found)) => {
            *expected == i64::from(*found)
        }
        // Most are empty.
        (ColumnType::TextList, Cell::Text(expected), Plain::List(found)) if found.is_empty() => {
            expected == "[]"
        }
        (ColumnType::TextList, Cell::Text(expected), Plain::List(_))
        | (ColumnType::Object, Cell::Text(expected), Plain::Object(_)) => {
            serde_json::from_str::<Plain<'_>>(expected).is_ok_and(|expected| expected == *value)
        }
        (
            ColumnType::Integer | ColumnType::Real,
            Cell::Integer(_) | Cell::Real(_),
            Plain::Number(found),
        ) => value_of(column, cell).is_ok_and(|expected| expected.as_number() == Some(found)),
        (_, Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_), _) => false,
    }
}

/// Appends a row as a JSON object, its keys in the order of the columns: the text of [`json`].
pub fn write_row(
    out: &mut Vec<u8>,
    columns: impl IntoIterator<Item = &'static Column>,
    row: &[Cell],
) -> Result<(), DamagedRow> {
    out.push(b'{');
    let mut cells = row.iter();
    for (index, column) in columns.into_iter().enumerate() {
        // A record that ends early is damaged where it ends.
        let cell = cells.next().unwrap_or(&Cell::Null);
        write_cell(out, index, column, cell).map_err(|source| DamagedRow {
            id: id_of(row).to_owned(),
            column: column.name,
            source,
        })?;
    }
    out.push(b'}');
    Ok(())
}

/// Appends the key and the value at this place of a row.
pub fn write_cell(
    out: &mut Vec<u8>,
    index: usize,
    column: &Column,
    cell: &Cell,
) -> Result<(), DamagedCell> {
    out.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
    out.extend_from_slice(column.name.as_bytes());
    out.extend_from_slice(b"\":");
    write_cell_value(out, column, cell)
}

fn write_cell_value(out: &mut Vec<u8>, column: &Column, cell: &Cell) -> Result<(), DamagedCell> {
    let wrong = || damaged(expected(column.ty), cell);
    let mut stored = |json: &str, opening: char| {
        // Written by serde in the first place: the text is what serde would write again.
        serde_json::from_str::<IgnoredAny>(json)
            .ok()
            .filter(|IgnoredAny| json.starts_with(opening))
            .ok_or_else(wrong)?;
        out.extend_from_slice(json.as_bytes());
        Ok(())
    };
    match (column.ty, cell) {
        (_, Cell::Null) if column.nullable => out.extend_from_slice(b"null"),
        (ColumnType::TextList, Cell::Text(json)) => return stored(json, '['),
        (ColumnType::Object, Cell::Text(json)) => return stored(json, '{'),
        (ColumnType::Boolean, Cell::Integer(0)) => out.extend_from_slice(b"false"),
        (ColumnType::Boolean, Cell::Integer(1)) => out.extend_from_slice(b"true"),
        (ColumnType::Integer, Cell::Integer(number)) => write_value(out, number),
        (ColumnType::Real, Cell::Real(number)) if number.is_finite() => write_value(out, number),
        (
            ColumnType::Text | ColumnType::Word(_) | ColumnType::Date | ColumnType::Instant,
            Cell::Text(text),
        ) => write_value(out, text),
        (_, Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_)) => {
            return Err(wrong());
        }
    }
    Ok(())
}

/// Appends a value of our own making.
///
/// # Panics
/// Never: text, numbers and structs of them always have a JSON form.
pub fn write_value(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("a value of our own has a JSON form");
}

pub(super) fn damaged(expected: &'static str, found: &Cell) -> DamagedCell {
    DamagedCell { expected, found: found.to_csv() }
}

/// What a cell of such a column should hold, in words.
pub(super) fn expected(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Text => "text",
        ColumnType::Word(_) => "a word",
        ColumnType::Integer => "a whole number",
        ColumnType::Real => "a finite number",
        ColumnType::Boolean => "0 or 1",
        ColumnType::Date => "a date",
        ColumnType::Instant => "an instant",
        ColumnType::TextList => "a JSON array of texts",
        ColumnType::Object => "a JSON object of texts",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Correction, Evidence, Record, Source};

    /// What the API gives is what serde makes of the record; the two must not drift apart.
    fn same_as_serde<R: Record + serde::de::DeserializeOwned>(text: &str) {
        let record: R = serde_json::from_str(text).unwrap();
        let by_cells = Value::Object(json(R::COLUMNS, &record.cells()).unwrap());
        assert_eq!(by_cells.to_string(), serde_json::to_string(&record).unwrap());
        let mut written = Vec::new();
        write_row(&mut written, R::COLUMNS, &record.cells()).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), by_cells.to_string());
    }

    #[test]
    fn the_json_of_cells_is_the_json_of_the_record() {
        same_as_serde::<Source>(
            r#"{"id":"eff-atlas","name":"Ätlas \"x\"","publisher":"P","homepage":null,"url":"u",
            "format":"csv","licence":"L","attribution":"A","redistributable":true,"cadence":"daily",
            "completeness":"sample","completeness_note":null,"data_as_of_on":"2026-01-02",
            "rows":12,"issues":0,"first_release":"2026-11-24.1",
            "last_changed_release":"2026-11-24.1","evidence_count":1}"#,
        );
        same_as_serde::<Evidence>(
            r#"{"id":"evd_0123456789","subject_type":"agency","subject_id":"x","pointer":"",
            "role":"supports","source_id":"eff-atlas","source_key":"A1","locator":"row 2",
            "url":null,"archived_url":null,"title":null,"publisher":null,"published_on":null,
            "retrieved_at":"2026-11-24T05:00:00Z","first_listed_on":"2026-01-01",
            "last_listed_on":"2026-01-01","capture_sha256":"ab","quote":null,
            "reported":{"city":"St. Louis","state":"MO"},"first_release":"2026-11-24.1",
            "last_changed_release":"2026-11-24.1","evidence_count":1}"#,
        );
        same_as_serde::<Correction>(
            r#"{"id":"cor_0123456789","subject_type":"agency","subject_id":"x","pointer":"/name",
            "before":null,"after":"B","reason":"r","reported_on":null,"fixed_in":"2026-11-24.2",
            "affected_releases":["2026-11-24.1"],"state":"fixed","first_release":"2026-11-24.1",
            "last_changed_release":"2026-11-24.1","evidence_count":0}"#,
        );
    }

    #[test]
    fn a_damaged_cell_is_named_with_its_record() {
        let columns = [
            Column::new("id", "", ColumnType::Text, false),
            Column::new("flag", "", ColumnType::Boolean, true),
        ];
        let id = Cell::Text("a".into());
        let error = json(&columns, &[id.clone(), Cell::Integer(2)]).unwrap_err();
        assert_eq!(error.to_string(), "column `flag` of `a` is damaged");
        assert_eq!(error.source.to_string(), "expected 0 or 1, found `2`");
        assert!(json(&columns, &[id.clone(), Cell::Null]).is_ok());
        assert!(json(&columns, &[id]).is_err());
        assert!(json(&columns, &[Cell::Null, Cell::Null]).is_err());
    }

    #[test]
    fn what_has_no_value_has_no_text() {
        static ID: [Column; 1] = [Column::new("id", "", ColumnType::Text, false)];

        let list = Cell::Text("[]".into());
        for (ty, cell) in [
            (ColumnType::Text, Cell::Null),
            (ColumnType::Text, Cell::Integer(3)),
            (ColumnType::Boolean, Cell::Integer(2)),
            (ColumnType::Real, Cell::Real(f64::INFINITY)),
            (ColumnType::Object, list.clone()),
            (ColumnType::TextList, Cell::Text("{}".into())),
            (ColumnType::TextList, Cell::Text("[".into())),
        ] {
            let column = Column::new("x", "", ty, false);
            assert!(value_of(&column, &cell).is_err(), "{ty:?}, {cell:?}");
            assert!(write_cell(&mut Vec::new(), 0, &column, &cell).is_err(), "{ty:?}, {cell:?}");
            for value in
                [Plain::Null, Plain::Boolean(true), Plain::Number(3.into()), Plain::List(vec![])]
            {
                assert!(!is(&column, &cell, &value), "{ty:?}, {cell:?}, {value}");
            }
        }
        assert!(write_row(&mut Vec::new(), &ID, &[list]).is_ok());
        assert_eq!(write_row(&mut Vec::new(), &ID, &[]).unwrap_err().column, "id");
    }

    #[test]
    fn a_number_that_json_does_not_know_is_damage() {
        let column = Column::new("lat", "", ColumnType::Real, true);
        assert!(value_of(&column, &Cell::Real(f64::NAN)).is_err());
        assert!(value_of(&column, &Cell::Text("2026".into())).is_err());
    }
}
