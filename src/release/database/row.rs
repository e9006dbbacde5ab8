//! A row as it is read: its values as they are stored.

use diesel::deserialize::{self, QueryableByName};
use diesel::row::{Field as _, NamedRow, Row};
use diesel::sqlite::{Sqlite, SqliteType};

use crate::record::Cell;

/// A row whose values are read as they are stored.
pub(super) struct Cells(pub(super) Vec<Cell>);

impl QueryableByName<Sqlite> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let mut cells = Vec::with_capacity(row.field_count());
        read_over(row, &mut cells)?;
        Ok(Self(cells))
    }
}

/// Reads a row over the values of another. Texts take the room of those that were there: whoever
/// reads many rows one by one asks for no memory.
pub(super) fn read_over<'a>(
    row: &impl Row<'a, Sqlite>,
    cells: &mut Vec<Cell>,
) -> deserialize::Result<()> {
    cells.resize(row.field_count(), Cell::Null);
    for (index, cell) in cells.iter_mut().enumerate() {
        let field = row.get(index).ok_or("a row is too short")?;
        let Some(mut value) = field.value() else {
            *cell = Cell::Null;
            continue;
        };
        match value.value_type() {
            None => *cell = Cell::Null,
            Some(SqliteType::Text) => match cell {
                Cell::Text(text) => {
                    text.clear();
                    text.push_str(value.read_text());
                }
                Cell::Null | Cell::Integer(_) | Cell::Real(_) => {
                    *cell = Cell::Text(value.read_text().to_owned());
                }
            },
            Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                *cell = Cell::Integer(value.read_long());
            }
            Some(SqliteType::Float | SqliteType::Double) => {
                *cell = Cell::Real(value.read_double());
            }
            Some(SqliteType::Binary) => return Err("bytes where none are expected".into()),
        }
    }
    Ok(())
}
