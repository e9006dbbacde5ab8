//! Cursors: where a page ended, in a form any mirror can continue from, for ever.
//!
//! A cursor holds no secret and needs no key: its check bytes tell an accident, not an attack, and
//! what it says is checked like any other value a client sends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::{Code, Fault, Problem};
use crate::record::{Cell, ColumnType, ReleaseId};
use crate::release::database::{SortBy, SortKey};

/// The form of a cursor. Raised when the keys of an order, or the way it goes, are no longer what
/// they were: in the first form `id` always rose.
const VERSION: u64 = 2;

/// Bytes at the end that tell a damaged cursor.
const CHECK_BYTES: usize = 6;

/// The query a cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scope<'a> {
    /// The release.
    pub(super) release: ReleaseId,
    /// The path below the base, and the filters, as the canonical query spells them.
    pub(super) path: &'a str,
    /// See `path`.
    pub(super) filters: &'a str,
    /// The sort, as the canonical query spells it.
    pub(super) sort: &'a str,
}

impl Scope<'_> {
    fn filter_hash(&self) -> String {
        let digest = Sha256::digest(format!("{}?{}", self.path, self.filters));
        URL_SAFE_NO_PAD.encode(&digest[..9])
    }
}

/// The cursor that goes on after the row with these keys.
pub(super) fn encode(scope: &Scope<'_>, keys: &[Cell]) -> String {
    let keys: Vec<Value> = keys.iter().map(value_of).collect();
    let content =
        json!([VERSION, scope.release.to_string(), scope.sort, keys, scope.filter_hash()]);
    let mut bytes = content.to_string().into_bytes();
    let check = Sha256::digest(&bytes);
    bytes.extend_from_slice(&check[..CHECK_BYTES]);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a cursor says: version, release, sort, keys of the last row, hash of the filters.
type Content = (u64, String, String, Vec<Value>, String);

/// Whether it is a cursor at all, whatever query it belongs to.
pub(super) fn check(cursor: &str) -> Result<(), Fault> {
    read(cursor).map(drop)
}

/// The keys a cursor holds, if it belongs to this query and they are such as this order has.
pub(super) fn decode_for(
    cursor: &str,
    scope: &Scope<'_>,
    order: &[SortKey],
) -> Result<Vec<Cell>, Problem> {
    let keys = decode(cursor, scope, order.len())?;
    let fits = |(key, cell): (&SortKey, &Cell)| match (key.by, cell) {
        (SortBy::Column(_), Cell::Null) | (SortBy::Distance | SortBy::Rank, Cell::Real(_)) => true,
        (SortBy::Column(column), cell) => match column.ty {
            ColumnType::Integer | ColumnType::Boolean => matches!(cell, Cell::Integer(_)),
            ColumnType::Real => matches!(cell, Cell::Real(_)),
            ColumnType::Text
            | ColumnType::Word(_)
            | ColumnType::Date
            | ColumnType::Instant
            | ColumnType::TextList
            | ColumnType::Object => matches!(cell, Cell::Text(_)),
        },
        (SortBy::Distance | SortBy::Rank, Cell::Null | Cell::Integer(_) | Cell::Text(_)) => false,
    };
    if order.iter().zip(&keys).all(fits) {
        Ok(keys)
    } else {
        Err(Problem::of_faults("", vec![unknown_form()], 0))
    }
}

/// The keys a cursor holds, if it belongs to this query; `keys` is how many there must be.
pub(super) fn decode(cursor: &str, scope: &Scope<'_>, keys: usize) -> Result<Vec<Cell>, Problem> {
    keys_for(cursor, scope, keys).map_err(|fault| Problem::of_faults("", vec![fault], 0))
}

fn keys_for(cursor: &str, scope: &Scope<'_>, keys: usize) -> Result<Vec<Cell>, Fault> {
    let (_, release, sort, values, filters) = read(cursor)?;
    if release != scope.release.to_string() {
        return Err(mismatch(format!(
            "belongs to release {release}: name that release in the address"
        )));
    }
    if sort != scope.sort {
        return Err(mismatch("belongs to another `sort`".to_owned()));
    }
    if filters != scope.filter_hash() {
        return Err(mismatch("belongs to another path or other filters".to_owned()));
    }
    let cells: Option<Vec<Cell>> = values.iter().map(cell_of).collect();
    // Every order ends with the id, which no row is without.
    let fits =
        |cells: &Vec<Cell>| cells.len() == keys && matches!(cells.last(), Some(Cell::Text(_)));
    cells.filter(fits).ok_or_else(unknown_form)
}

fn read(cursor: &str) -> Result<Content, Fault> {
    let damaged = || mismatch("is damaged: follow `links.next` as it is".to_owned());
    let content = content_of(cursor).ok_or_else(damaged)?;
    serde_json::from_value(content).map_err(|_unhelpful: serde_json::Error| unknown_form())
}

fn unknown_form() -> Fault {
    mismatch("is of an unknown form: follow `links.next` as it is".to_owned())
}

fn content_of(cursor: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
    if Sha256::digest(content)[..CHECK_BYTES] != *check {
        return None;
    }
    let content: Value = serde_json::from_slice(content).ok()?;
    (content.get(0).and_then(Value::as_u64) == Some(VERSION)).then_some(content)
}

fn mismatch(detail: String) -> Fault {
    Fault {
        parameter: "cursor".to_owned(),
        code: Code::CursorMismatch,
        detail,
        did_you_mean: None,
        allowed: Vec::new(),
    }
}

/// A cell as JSON. Numbers that are not whole go by their bits, so that they come back the same.
fn value_of(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Integer(number) => json!(number),
        Cell::Real(number) => json!([format!("{:x}", number.to_bits())]),
    }
}

fn cell_of(value: &Value) -> Option<Cell> {
    match value {
        Value::Null => Some(Cell::Null),
        Value::String(text) => Some(Cell::Text(text.clone())),
        Value::Number(number) => number.as_i64().map(Cell::Integer),
        Value::Array(bits) => {
            let [bits] = bits.as_slice() else { return None };
            let number = f64::from_bits(u64::from_str_radix(bits.as_str()?, 16).ok()?);
            number.is_finite().then_some(Cell::Real(number))
        }
        Value::Bool(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope<'static> {
        let release = "2026-11-24.1".parse().unwrap();
        Scope { release, path: "/agencies", filters: "state=OH", sort: "-name" }
    }

    #[test]
    fn a_cursor_brings_every_kind_of_key_back() {
        let keys = [Cell::Null, Cell::Integer(-3), Cell::Real(0.1 + 0.2), Cell::Text("é".into())];
        let without_id = encode(&scope(), &[Cell::Text("agy".into()), Cell::Null]);
        assert!(decode(&without_id, &scope(), 2).is_err());
        let no_number = encode(&scope(), &[Cell::Real(f64::NAN), Cell::Text("agy".into())]);
        assert!(decode(&no_number, &scope(), 2).is_err());
        let cursor = encode(&scope(), &keys);
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(decode(&cursor, &scope(), 4).unwrap(), keys);
        assert!(decode(&cursor, &scope(), 3).is_err());
    }

    #[test]
    fn a_cursor_of_another_query_is_refused() {
        let cursor = encode(&scope(), &[Cell::Text("agy".into())]);
        let others = [
            Scope { release: "2026-11-24.2".parse().unwrap(), ..scope() },
            Scope { path: "/vendors", ..scope() },
            Scope { filters: "state=MO", ..scope() },
            Scope { sort: "name", ..scope() },
        ];
        for other in others {
            assert_eq!(decode(&cursor, &other, 1).unwrap_err().code, Code::CursorMismatch);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_changed_cursor_is_refused_and_never_panics(at in 0_usize..80, to in "[A-Za-z0-9_-]") {
            let mut cursor = encode(&scope(), &[Cell::Text("agy_0123456789".into())]);
            let at = at % cursor.len();
            let same = cursor[at..=at] == to;
            cursor.replace_range(at..=at, &to);
            let read = decode(&cursor, &scope(), 1);
            proptest::prop_assert!(same || read.is_err());
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in ".{0,60}") {
            proptest::prop_assert!(decode(&text, &scope(), 1).is_err());
        }
    }
}
