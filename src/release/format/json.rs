//! The JSON of a record: the one form that the API, the NDJSON files and the table roots share.

use serde_json::{Map, Number, Value};

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

fn damaged(expected: &'static str, found: &Cell) -> DamagedCell {
    DamagedCell { expected, found: found.to_csv() }
}

fn expected(ty: ColumnType) -> &'static str {
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
    fn a_number_that_json_does_not_know_is_damage() {
        let column = Column::new("lat", "", ColumnType::Real, true);
        assert!(value_of(&column, &Cell::Real(f64::NAN)).is_err());
        assert!(value_of(&column, &Cell::Text("2026".into())).is_err());
    }
}
