//! Columns: what a field is in a table, a CSV file, the data dictionary and a filter.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// One column of a table: the single declaration from which the table's definition is checked
/// and its CSV header, filters, sorts, documentation and data dictionary follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its name: the JSON key, the CSV header and the query parameter.
    pub name: &'static str,
    /// What it means, as the contract tells it.
    pub doc: &'static str,
    /// What it holds.
    pub ty: ColumnType,
    /// Whether it may be unknown.
    pub nullable: bool,
    /// How many values it takes, and of what sort.
    pub values: Values,
    /// The table whose ids it holds, where it names another record.
    pub refers: Option<&'static str>,
    /// What each word of a closed vocabulary means, in the order of the words; empty for others.
    pub meanings: &'static [&'static str],
}

/// A doc comment as one line of text.
#[must_use]
pub(crate) fn one_line(doc: &str) -> String {
    doc.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Column {
    /// A column of any values that refers to nothing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        ty: ColumnType,
        nullable: bool,
    ) -> Self {
        Self { name, doc, ty, nullable, values: Values::Any, refers: None, meanings: &[] }
    }

    /// What it means, in one line.
    #[must_use]
    pub fn about(&self) -> String {
        one_line(self.doc)
    }

    /// The words it may hold and what each means, where it is a word of a closed vocabulary.
    #[must_use]
    pub fn vocabulary(&self) -> Vec<(&'static str, String)> {
        match self.ty {
            ColumnType::Word(words) => {
                let meanings = self.meanings.iter().map(|meaning| one_line(meaning));
                words.iter().copied().zip(meanings).collect()
            }
            ColumnType::Text
            | ColumnType::Integer
            | ColumnType::Real
            | ColumnType::Boolean
            | ColumnType::Date
            | ColumnType::Instant
            | ColumnType::TextList
            | ColumnType::Object => Vec::new(),
        }
    }

    /// The name under which the record it refers to is shown with the one that names it: `agency`
    /// for `agency_id`.
    #[must_use]
    pub fn referent(&self) -> Option<&'static str> {
        self.refers.and_then(|_| self.name.strip_suffix("_id"))
    }

    /// Whether it takes so few values that rows are counted by them.
    #[must_use]
    pub fn is_countable(&self) -> bool {
        self.values == Values::Few && self.ty.is_scalar() && self.name != "id"
    }
}

/// How many values a column takes, and of what sort: whether rows can be counted by it, and
/// whether a comma can be part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Any text, number or date; a text may hold a comma.
    Any,
    /// Ids, keys and hashes: many, and none holds a comma.
    Code,
    /// A few words, codes or truth values, so that rows can be counted by them; none holds a comma.
    Few,
}

impl Values {
    /// What a record says of a field, else what its type says.
    #[must_use]
    pub(crate) const fn declared(of_field: &[Self], of_type: Self) -> Self {
        match of_field {
            [declared, ..] => *declared,
            [] => of_type,
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnType {
    /// Any text.
    Text,
    /// One word of a closed vocabulary.
    Word(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// True or false, stored as 1 or 0.
    Boolean,
    /// A civil date, `YYYY-MM-DD`.
    Date,
    /// An instant, RFC 3339 in UTC.
    Instant,
    /// Several texts, stored as a JSON array.
    TextList,
    /// Texts by name, stored as a JSON object.
    Object,
}

impl ColumnType {
    /// Whether it holds a single value, so that it can be filtered by equality and sorted.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        match self {
            Self::TextList | Self::Object => false,
            Self::Text
            | Self::Word(_)
            | Self::Integer
            | Self::Real
            | Self::Boolean
            | Self::Date
            | Self::Instant => true,
        }
    }

    /// The storage class of the column in SQLite.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Integer | Self::Boolean => "INTEGER",
            Self::Real => "REAL",
            Self::Text
            | Self::Word(_)
            | Self::Date
            | Self::Instant
            | Self::TextList
            | Self::Object => "TEXT",
        }
    }
}

/// One value in a table, in the forms SQLite and CSV share.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Unknown.
    Null,
    /// Text, dates, instants, words, and lists as JSON.
    Text(String),
    /// Whole numbers and truth values.
    Integer(i64),
    /// Numbers.
    Real(f64),
}

impl Cell {
    /// The value as a CSV cell; unknown is empty. Truth values, which only a column tells from
    /// numbers, come as they are stored.
    #[must_use]
    pub fn to_csv(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
        }
    }
}

/// A stored value that is not what its column promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found `{found}`")]
pub struct DamagedCell {
    /// The type of the field.
    pub expected: &'static str,
    /// What is stored.
    pub found: String,
}

impl DamagedCell {
    pub(crate) fn new(expected: &'static str, found: &Cell) -> Self {
        Self { expected, found: found.to_csv() }
    }
}

/// A type that can be the field of a record.
pub trait Field: Sized {
    /// What its column holds.
    const TYPE: ColumnType;
    /// Whether it may be unknown.
    const NULLABLE: bool;
    /// How many values there are, where a record does not say otherwise.
    const VALUES: Values = Values::Any;
    /// The table whose ids it holds, where it is the id of a record.
    const REFERS: Option<&'static str> = None;
    /// What each of its words means, where it is a word of a closed vocabulary.
    const MEANINGS: &'static [&'static str] = &[];

    /// The stored form.
    fn to_cell(&self) -> Cell;

    /// Back from the stored form.
    fn from_cell(cell: Cell) -> Result<Self, DamagedCell>;
}

impl<T: Field> Field for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    const VALUES: Values = T::VALUES;
    const REFERS: Option<&'static str> = T::REFERS;
    const MEANINGS: &'static [&'static str] = T::MEANINGS;

    fn to_cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Null, Field::to_cell)
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        if cell == Cell::Null { Ok(None) } else { T::from_cell(cell).map(Some) }
    }
}

impl Field for String {
    const TYPE: ColumnType = ColumnType::Text;
    const NULLABLE: bool = false;

    fn to_cell(&self) -> Cell {
        Cell::Text(self.clone())
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        if let Cell::Text(text) = cell { Ok(text) } else { Err(DamagedCell::new("text", &cell)) }
    }
}

impl Field for i64 {
    const TYPE: ColumnType = ColumnType::Integer;
    const NULLABLE: bool = false;

    fn to_cell(&self) -> Cell {
        Cell::Integer(*self)
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        if let Cell::Integer(number) = cell {
            Ok(number)
        } else {
            Err(DamagedCell::new("a whole number", &cell))
        }
    }
}

impl Field for f64 {
    const TYPE: ColumnType = ColumnType::Real;
    const NULLABLE: bool = false;

    fn to_cell(&self) -> Cell {
        Cell::Real(*self)
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        if let Cell::Real(number) = cell {
            Ok(number)
        } else {
            Err(DamagedCell::new("a number", &cell))
        }
    }
}

impl Field for bool {
    const TYPE: ColumnType = ColumnType::Boolean;
    const NULLABLE: bool = false;
    const VALUES: Values = Values::Few;

    fn to_cell(&self) -> Cell {
        Cell::Integer(i64::from(*self))
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        match cell {
            Cell::Integer(0) => Ok(false),
            Cell::Integer(1) => Ok(true),
            Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_) => {
                Err(DamagedCell::new("0 or 1", &cell))
            }
        }
    }
}

impl Field for NaiveDate {
    const TYPE: ColumnType = ColumnType::Date;
    const NULLABLE: bool = false;

    fn to_cell(&self) -> Cell {
        Cell::Text(self.to_string())
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        let text = String::from_cell(cell)?;
        text.parse()
            .map_err(|_error: chrono::ParseError| DamagedCell { expected: "a date", found: text })
    }
}

impl Field for DateTime<Utc> {
    const TYPE: ColumnType = ColumnType::Instant;
    const NULLABLE: bool = false;

    fn to_cell(&self) -> Cell {
        Cell::Text(self.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        let text = String::from_cell(cell)?;
        DateTime::parse_from_rfc3339(&text).map(|at| at.with_timezone(&Utc)).map_err(
            |_error: chrono::ParseError| DamagedCell { expected: "an instant", found: text },
        )
    }
}

impl Field for Vec<String> {
    const TYPE: ColumnType = ColumnType::TextList;
    const NULLABLE: bool = false;

    fn to_cell(&self) -> Cell {
        Cell::Text(serde_json::Value::from(self.clone()).to_string())
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        let text = String::from_cell(cell)?;
        serde_json::from_str(&text).map_err(|_error: serde_json::Error| DamagedCell {
            expected: "a JSON array of texts",
            found: text,
        })
    }
}

/// What a source reports about one thing: its own words by the names of [`crate::record::keys`].
pub type Reported = BTreeMap<String, String>;

impl Field for Reported {
    const TYPE: ColumnType = ColumnType::Object;
    const NULLABLE: bool = false;

    fn to_cell(&self) -> Cell {
        let object = self.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
        Cell::Text(serde_json::Value::Object(object).to_string())
    }

    fn from_cell(cell: Cell) -> Result<Self, DamagedCell> {
        let text = String::from_cell(cell)?;
        serde_json::from_str(&text).map_err(|_error: serde_json::Error| DamagedCell {
            expected: "a JSON object of texts",
            found: text,
        })
    }
}
