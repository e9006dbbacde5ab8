//! Values of a field as people write them: words and numbers as they are, dates as exact as they
//! are known, lists as JSON.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Cell, Column, ColumnType, Field, PartialDate, Precision, Resource};

/// Fields that follow from others: what they say is counted, and cannot be said otherwise.
const FOLLOWING: &[(&str, &str)] = &[
    ("agencies", "active_partnerships"),
    ("agencies", "partnerships"),
    ("agencies", "disclosures"),
    ("agencies", "aliases"),
];

/// What every record carries beside its facts.
const STAMPS: &[&str] = &["first_release", "last_changed_release", "evidence_count"];

/// Why a text is no value of a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAValue {
    /// There is no such field.
    #[error("`{table}` have no `{field}`")]
    NoField {
        /// The table.
        table: &'static str,
        /// The field.
        field: String,
    },
    /// The field follows from others.
    #[error("`{field}` of `{table}` follows from other fields: correct those")]
    Follows {
        /// The table.
        table: &'static str,
        /// The field.
        field: String,
    },
    /// The text is of another type.
    #[error("`{found}` is not {expected}")]
    Form {
        /// What was expected, in words.
        expected: String,
        /// What is written.
        found: String,
    },
}

/// A cell of a record, by the position of its column.
pub type Placed = (usize, Cell);

/// The field of that name, if people may say otherwise than it says.
pub fn correctable(resource: &Resource, field: &str) -> Result<&'static Column, NotAValue> {
    let table = resource.table;
    let column = resource.columns.iter().find(|column| column.name == field);
    let column = column.ok_or_else(|| NotAValue::NoField { table, field: field.to_owned() })?;
    let follows = field == "id" || STAMPS.contains(&field) || FOLLOWING.contains(&(table, field));
    if follows { Err(NotAValue::Follows { table, field: field.to_owned() }) } else { Ok(column) }
}

/// The cells that a written value gives a record: that of the field, and of a date that can be
/// vague also that of its precision. No text is an unknown value.
pub fn written(
    resource: &Resource,
    field: &str,
    text: Option<&str>,
) -> Result<Vec<Placed>, NotAValue> {
    let column = correctable(resource, field)?;
    let place = |name: &str| resource.columns.iter().position(|column| column.name == name);
    let own = place(field).unwrap_or_default();
    let precision = place(&format!("{field}_precision"));
    let Some(text) = text else {
        let unknown = precision.map(|at| (at, Cell::Null));
        return Ok([(own, Cell::Null)].into_iter().chain(unknown).collect());
    };
    if column.ty == ColumnType::Date {
        let date = vague_date(text).ok_or_else(|| not("a date", text))?;
        let of_precision = precision.map(|at| (at, date.precision.to_cell()));
        return Ok([(own, date.on.to_cell())].into_iter().chain(of_precision).collect());
    }
    Ok(vec![(own, cell(column.ty, text)?)])
}

/// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn vague_date(text: &str) -> Option<PartialDate> {
    let (whole, precision) = match text.len() {
        4 => (format!("{text}-01-01"), Precision::Year),
        7 => (format!("{text}-01"), Precision::Month),
        _ => (text.to_owned(), Precision::Day),
    };
    let on: NaiveDate = whole.parse().ok()?;
    (on.to_string() == whole).then_some(PartialDate { on, precision })
}

fn cell(ty: ColumnType, text: &str) -> Result<Cell, NotAValue> {
    match ty {
        ColumnType::Text => Ok(Cell::Text(text.to_owned())),
        ColumnType::Word(words) if words.contains(&text) => Ok(Cell::Text(text.to_owned())),
        ColumnType::Word(words) => Err(not(&format!("one of {}", words.join(", ")), text)),
        ColumnType::Integer => {
            text.parse().map(Cell::Integer).map_err(|_form| not("a whole number", text))
        }
        ColumnType::Real => {
            let number: Option<f64> = text.parse().ok();
            number
                .filter(|number| number.is_finite())
                .map(Cell::Real)
                .ok_or_else(|| not("a number", text))
        }
        ColumnType::Boolean => {
            text.parse().map(|truth: bool| truth.to_cell()).map_err(|_form| not("a truth", text))
        }
        ColumnType::Date => {
            vague_date(text).map(|date| date.on.to_cell()).ok_or_else(|| not("a date", text))
        }
        ColumnType::Instant => DateTime::parse_from_rfc3339(text)
            .map(|at| at.with_timezone(&Utc).to_cell())
            .map_err(|_form| not("an instant", text)),
        ColumnType::TextList => serde_json::from_str::<Vec<String>>(text)
            .map(|list| list.to_cell())
            .map_err(|_form| not("a JSON array of texts", text)),
        ColumnType::Object => Err(not("a single value", text)),
    }
}

fn not(expected: &str, found: &str) -> NotAValue {
    NotAValue::Form { expected: expected.to_owned(), found: found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &str, field: &str, text: Option<&str>) -> Result<Vec<Cell>, String> {
        let resource = Resource::of_table(table).unwrap();
        let placed = written(resource, field, text).map_err(|error| error.to_string())?;
        for (at, _) in &placed {
            assert!(resource.columns[*at].name.starts_with(field));
        }
        Ok(placed.into_iter().map(|(_, cell)| cell).collect())
    }

    #[test]
    fn a_value_is_read_as_its_column_has_it() {
        let text = |text: &str| Cell::Text(text.to_owned());
        for (table, field, written, expected) in [
            ("agencies", "name", Some("Ada"), vec![text("Ada")]),
            ("agencies", "lat", Some("40.5"), vec![Cell::Real(40.5)]),
            ("agencies", "registered", Some("true"), vec![Cell::Integer(1)]),
            (
                "agencies",
                "counties",
                Some(r#"["Allen County"]"#),
                vec![text(r#"["Allen County"]"#)],
            ),
            ("disclosures", "incident_count", Some("11"), vec![Cell::Integer(11)]),
            ("partnerships", "status", Some("ended"), vec![text("ended")]),
            ("partnerships", "started_on", Some("2019"), vec![text("2019-01-01"), text("year")]),
            (
                "partnerships",
                "started_on",
                Some("2019-03"),
                vec![text("2019-03-01"), text("month")],
            ),
            ("partnerships", "started_on", None, vec![Cell::Null, Cell::Null]),
            ("partnerships", "last_listed_on", Some("2019-03-01"), vec![text("2019-03-01")]),
        ] {
            assert_eq!(cells(table, field, written), Ok(expected), "{table}.{field}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_in_words() {
        for (table, field, written, expected) in [
            ("agencies", "nmae", "x", "`agencies` have no `nmae`"),
            ("agencies", "id", "x", "`id` of `agencies` follows from other fields: correct those"),
            (
                "agencies",
                "partnerships",
                "3",
                "`partnerships` of `agencies` follows from other fields: correct those",
            ),
            ("agencies", "lat", "north", "`north` is not a number"),
            ("agencies", "lat", "NaN", "`NaN` is not a number"),
            ("partnerships", "status", "over", "`over` is not one of active, ended, unknown"),
            ("partnerships", "started_on", "2019-02-30", "`2019-02-30` is not a date"),
            ("partnerships", "started_on", "", "`` is not a date"),
            ("disclosures", "incident_count", "1.5", "`1.5` is not a whole number"),
        ] {
            assert_eq!(cells(table, field, Some(written)), Err(expected.to_owned()));
        }
    }
}
