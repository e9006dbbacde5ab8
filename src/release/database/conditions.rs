//! What rows must fit, as SQL.

use super::query::{Filter, Op, ValidOn};
use super::region::{BoundingBox, Region};
use super::sql::{Sql, Which, point};
use crate::record::{Cell, Column, Validity};

impl Sql<'_> {
    /// All conditions but the words.
    pub(super) fn conditions(&mut self, which: Which) {
        for filter in &self.query.filters {
            self.push(" AND ");
            self.condition(filter);
        }
        self.region();
        if let (Some(valid_on), Some(validity)) =
            (self.query.valid_on, self.query.resource.validity)
        {
            self.push(" AND ");
            self.validity(validity, valid_on, which);
        }
    }

    fn condition(&mut self, filter: &Filter) {
        let Filter { column, op, values } = filter;
        let is_list = !column.ty.is_scalar();
        // `+`: most rows fit, so the index of the order serves better than that of the filter.
        let walked = if self.query.most_rows_fit { "+" } else { "" };
        let name = if is_list { "value".to_owned() } else { format!("{walked}t.{}", column.name) };
        if is_list && *op != Op::IsNull {
            let negated = if *op == Op::Not { "NOT " } else { "" };
            let name = column.name;
            self.push(&format!("{negated}EXISTS (SELECT 1 FROM json_each(t.{name}) WHERE "));
        }
        match op {
            // That a list holds none is said by what stands before it.
            Op::Not if !is_list => self.one_of(&name, " NOT IN (", values),
            Op::Equal | Op::Not => self.one_of(&name, " IN (", values),
            Op::Greater => self.compared(&name, ">", values),
            Op::AtLeast => self.compared(&name, ">=", values),
            Op::Less => self.below(&name, column, "<", values),
            Op::AtMost => self.below(&name, column, "<=", values),
            Op::Contains => self.holds_one_of(&name, values),
            Op::IsNull => {
                let unknown = values.first() != Some(&Cell::Integer(0));
                let test = if unknown { "IS NULL" } else { "IS NOT NULL" };
                self.push(&format!("{walked}t.{} {test}", column.name));
            }
        }
        if is_list && *op != Op::IsNull {
            self.push(")");
        }
    }

    fn one_of(&mut self, name: &str, opening: &str, values: &[Cell]) {
        self.push(name);
        self.push(opening);
        self.joined(", ", values, |sql, value| sql.bind(value));
        self.push(")");
    }

    /// Halved again and again: SQLite bounds how deep an expression may be, and a chain of `OR` is
    /// as deep as it is long.
    fn holds_one_of(&mut self, name: &str, values: &[Cell]) {
        self.push("(");
        match values {
            [] => self.push("FALSE"),
            [value] => {
                self.push(&format!("{name} LIKE "));
                self.bind(containing(&value.to_csv()));
                self.push(" ESCAPE '\\'");
            }
            several => {
                let (some, others) = several.split_at(several.len() / 2);
                self.holds_one_of(name, some);
                self.push(" OR ");
                self.holds_one_of(name, others);
            }
        }
        self.push(")");
    }

    /// Unknown values lie at the beginning of an index: said to be left out, they are not taken for
    /// rows that fit when the index is chosen.
    fn below(&mut self, name: &str, column: &Column, how: &str, values: &[Cell]) {
        if column.nullable {
            let least = if column.ty.sql() == "TEXT" { "''" } else { "-9e999" };
            self.push(&format!("{name} >= {least} AND "));
        }
        self.compared(name, how, values);
    }

    fn compared(&mut self, name: &str, how: &str, values: &[Cell]) {
        self.joined(" AND ", values, |sql, value| {
            sql.push(&format!("{name} {how} "));
            sql.bind(value);
        });
    }

    fn region(&mut self) {
        let Region { within, near } = self.query.region;
        if let Some(bounds) = within {
            self.within(&bounds);
        }
        if let Some(near) = near {
            self.within(&near.bounds());
            self.push(" AND ");
            self.distance(near);
            self.push(" <= ");
            self.bind(near.radius_km);
        }
    }

    fn within(&mut self, bounds: &BoundingBox) {
        let point = point(self.query);
        self.push(&format!(" AND {point}.lat BETWEEN "));
        self.bind(bounds.south);
        self.push(" AND ");
        self.bind(bounds.north);
        self.push(" AND (");
        self.joined(" OR ", &bounds.longitudes(), |sql, (west, east)| {
            sql.push(&format!("{point}.lon BETWEEN "));
            sql.bind(*west);
            sql.push(" AND ");
            sql.bind(*east);
        });
        self.push(")");
    }

    /// Says the same as [`crate::record::Bounds::standing_on`]; a test compares them.
    fn validity(&mut self, validity: Validity, on: ValidOn, which: Which) {
        let Validity { from, to, listed } = validity;
        let day = on.day.to_string();
        self.push(&format!("(COALESCE({} <= ", last_day(from)));
        self.bind(day.clone());
        self.push(&format!(" AND ({} > ", first_day(to)));
        self.bind(day.clone());
        if let Some(listed) = listed {
            self.push(&format!(" OR t.{listed} >= "));
            self.bind(day.clone());
        }
        if self.query.resource.column("status").is_some() {
            self.push(&format!(" OR (t.{to} IS NULL AND t.status = 'active')"));
        }
        // In force for certain against not in force for certain: both or neither is uncertain.
        self.push(match (which, on.include_uncertain) {
            (Which::Uncertain, _) => "), FALSE)) = ",
            (Which::Kept, false) => "), FALSE)) > ",
            (Which::Kept, true) => "), FALSE)) >= ",
        });
        self.push(&format!("(COALESCE({} > ", first_day(from)));
        self.bind(day.clone());
        self.push(&format!(", FALSE) OR COALESCE({} <= ", last_day(to)));
        self.bind(day);
        self.push(", FALSE))");
    }
}

/// The first day a vague date can mean: itself, if anything is known of its precision.
fn first_day(name: &str) -> String {
    format!("CASE WHEN t.{name}_precision IN ('day', 'month', 'year') THEN t.{name} END")
}

/// The last day a vague date can mean.
fn last_day(name: &str) -> String {
    format!(
        "CASE t.{name}_precision WHEN 'day' THEN t.{name} \
         WHEN 'month' THEN date(t.{name}, 'start of month', '+1 month', '-1 day') \
         WHEN 'year' THEN date(t.{name}, 'start of year', '+1 year', '-1 day') END"
    )
}

/// The pattern of texts that hold this one.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
