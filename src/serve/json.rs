//! Writes rows as JSON straight from their cells, the same for every resource.

use serde::de::IgnoredAny;

use crate::record::{Cell, Column, ColumnType, DamagedCell};

/// Appends a row as a JSON object, its keys in the order of the columns.
///
/// The result is what serde writes for the typed record; a test compares them.
pub(super) fn write_row(
    out: &mut Vec<u8>,
    columns: &[&'static Column],
    row: &[Cell],
) -> Result<(), DamagedCell> {
    out.push(b'{');
    for (index, (column, cell)) in columns.iter().zip(row).enumerate() {
        write_cell(out, index, column, cell)?;
    }
    out.push(b'}');
    Ok(())
}

/// Appends the key and the value at this place of a row.
pub(super) fn write_cell(
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
    match (column.ty, cell) {
        (_, Cell::Null) if column.nullable => out.extend_from_slice(b"null"),
        (ColumnType::TextList | ColumnType::Object, Cell::Text(json)) => {
            serde_json::from_str::<IgnoredAny>(json)
                .map_err(|_unhelpful: serde_json::Error| damaged(column, cell))?;
            out.extend_from_slice(json.as_bytes());
        }
        (ColumnType::Boolean, Cell::Integer(number)) => {
            out.extend_from_slice(if *number == 0 { b"false" } else { b"true" });
        }
        (ColumnType::Integer, Cell::Integer(number)) => write_value(out, number),
        (ColumnType::Real, Cell::Real(number)) => write_value(out, number),
        (
            ColumnType::Text | ColumnType::Word(_) | ColumnType::Date | ColumnType::Instant,
            Cell::Text(text),
        ) => write_value(out, text),
        (_, Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_)) => {
            return Err(damaged(column, cell));
        }
    }
    Ok(())
}

/// Appends a value of our own making.
///
/// # Panics
/// Never: text, numbers and structs of them always have a JSON form.
pub(super) fn write_value(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("a value of our own has a JSON form");
}

fn damaged(column: &Column, cell: &Cell) -> DamagedCell {
    DamagedCell { expected: column.name, found: cell.to_csv() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Evidence, Record, Reported};

    fn columns() -> Vec<&'static Column> {
        Evidence::COLUMNS.iter().collect()
    }

    #[test]
    fn a_row_is_written_as_serde_writes_the_record() {
        let evidence = Evidence {
            id: "evd_0123456789".parse().unwrap(),
            subject_type: crate::record::SubjectType::Agency,
            subject_id: "agy_\"x\"\n".into(),
            pointer: String::new(),
            role: crate::record::Role::Supports,
            source_id: "eff-atlas".parse().unwrap(),
            source_key: "é".into(),
            locator: "row 1".into(),
            url: None,
            archived_url: None,
            title: None,
            publisher: Some("P".into()),
            published_on: "2020-01-31".parse().ok(),
            retrieved_at: "2020-02-01T00:00:00Z".parse().unwrap(),
            first_listed_on: "2020-01-31".parse().unwrap(),
            last_listed_on: "2020-01-31".parse().unwrap(),
            capture_sha256: "0".repeat(64),
            quote: None,
            reported: Reported::from([("b".into(), "\"".into()), ("a".into(), "1".into())]),
            first_release: "2026-11-24.1".parse().unwrap(),
            last_changed_release: "2026-11-24.1".parse().unwrap(),
            evidence_count: 0,
        };
        let mut out = Vec::new();
        write_row(&mut out, &columns(), &evidence.cells()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&evidence).unwrap());
    }

    #[test]
    fn a_cell_of_another_type_is_an_error() {
        let mut cells = vec![Cell::Null; Evidence::COLUMNS.len()];
        assert!(write_row(&mut Vec::new(), &columns(), &cells).is_err());
        cells[0] = Cell::Integer(3);
        assert!(write_row(&mut Vec::new(), &columns(), &cells).is_err());
    }
}
