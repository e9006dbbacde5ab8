//! Values in a query: their stored form, and their one spelling.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::{Code, Fault, cut};
use super::nearest::nearest;
use super::parameter::expectation;
use crate::record::{Cell, Column, ColumnType, Field as _};
use crate::release::database::{Filter, Op};

/// What stands unescaped in a value of ours. A comma does not: it would end the value.
const VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// What a column is compared with, in one spelling and without repeats.
pub(super) fn filter(
    parameter: &str,
    column: &'static Column,
    op: Op,
    values: &[String],
) -> Result<Filter, Fault> {
    let ty = if op == Op::IsNull { ColumnType::Boolean } else { column.ty };
    if !op.takes_several() && values.len() > 1 {
        let detail = format!("takes one value, found {}", values.len());
        return Err(Fault::new(parameter, Code::InvalidParameter, &detail));
    }
    let cell =
        |text: &String| cell_of(ty, op, text).ok_or_else(|| wrong_value(parameter, ty, text));
    let mut values = values.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
    values.sort_by_cached_key(Cell::to_csv);
    values.dedup();
    Ok(Filter { column, op, values })
}

/// A filter as it stands in a query.
pub(super) fn spell_filter(filter: &Filter) -> String {
    let is_truth = filter.op == Op::IsNull || filter.column.ty == ColumnType::Boolean;
    let spelled = |cell: &Cell| match cell {
        Cell::Integer(number) if is_truth => (*number != 0).to_string(),
        Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_) => escape(&cell.to_csv()),
    };
    filter.values.iter().map(spelled).collect::<Vec<_>>().join(",")
}

/// Values as they stand in a query.
pub(super) fn spell_values(values: &[String]) -> String {
    values.iter().map(|value| escape(value)).collect::<Vec<_>>().join(",")
}

/// A text as it stands in a query.
pub(super) fn escape(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

/// The stored form of a value as a client writes it.
fn cell_of(ty: ColumnType, op: Op, text: &str) -> Option<Cell> {
    if text.is_empty() {
        return None;
    }
    match ty {
        // Of a list or an object it is one of the texts in it.
        ColumnType::Text | ColumnType::TextList | ColumnType::Object => {
            Some(Cell::Text(text.to_owned()))
        }
        ColumnType::Word(words) => words.contains(&text).then(|| Cell::Text(text.to_owned())),
        ColumnType::Integer => text.parse().ok().map(Cell::Integer),
        ColumnType::Real => number(text).map(Cell::Real),
        ColumnType::Boolean => truth(text).map(|truth| truth.to_cell()),
        ColumnType::Date => date(text).map(|date| date.to_cell()),
        ColumnType::Instant => instant(op, text),
    }
}

/// An instant to compare with whole seconds, which is what is stored: one between two of them is
/// rounded so that what is before it stays before it, and it equals none.
fn instant(op: Op, text: &str) -> Option<Cell> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    let is_whole = at.timestamp_subsec_nanos() == 0;
    let cell = if is_whole { at.to_cell() } else { between_seconds(op, at)? };
    // In UTC its year may be one that RFC 3339 cannot spell, and does not order as text.
    DateTime::parse_from_rfc3339(&cell.to_csv()).is_ok().then_some(cell)
}

fn between_seconds(op: Op, at: DateTime<Utc>) -> Option<Cell> {
    let second = DateTime::from_timestamp(at.timestamp(), 0)?;
    match op {
        Op::Greater | Op::AtMost => Some(second.to_cell()),
        Op::AtLeast | Op::Less => Some((second + TimeDelta::seconds(1)).to_cell()),
        Op::Equal | Op::Not | Op::Contains | Op::IsNull => {
            Some(Cell::Text(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
        }
    }
}

/// A finite number.
pub(super) fn number(text: &str) -> Option<f64> {
    // `-0` is `0`: it compares the same and must be spelled the same.
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(|number| number + 0.0)
}

/// `true` or `false`.
pub(super) fn truth(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// A date in its one spelling; chrono also reads `2021-6-1`, and years of other lengths, which do
/// not order as text.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|date: &NaiveDate| text.len() == 10 && date.to_string() == text)
}

/// What is wrong with a value that is not of its type.
fn wrong_value(parameter: &str, ty: ColumnType, text: &str) -> Fault {
    let detail = format!("expected {}, found `{}`", expectation(ty), cut(text));
    let fault = Fault::new(parameter, Code::InvalidParameter, &detail);
    let ColumnType::Word(words) = ty else { return fault };
    let allowed: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Fault { did_you_mean: nearest(text, &allowed), allowed, ..fault }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_whose_year_in_utc_has_not_four_digits_is_none() {
        let text = |op, text| instant(op, text).map(|cell| cell.to_csv());
        let last = "9999-12-31T23:59:59Z";
        assert_eq!(text(Op::AtMost, last).as_deref(), Some(last));
        assert_eq!(text(Op::AtMost, "9999-12-31T23:59:59.5Z").as_deref(), Some(last));
        assert_eq!(text(Op::AtLeast, "9999-12-31T23:59:59.5Z"), None);
        assert_eq!(text(Op::AtLeast, "9999-12-31T23:59:59-01:00"), None);
        assert_eq!(text(Op::Equal, "0000-01-01T00:00:00+01:00"), None);
        assert_eq!(text(Op::Equal, "9999-12-31T23:59:59.5-01:00"), None);
    }
}
