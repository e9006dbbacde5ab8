//! The SQL a query becomes.
//!
//! Identifiers come from the columns of a record alone; what a client wrote is always bound. In
//! every statement `t` is the table of the resource, `p` the agencies that say where its records
//! are, if they do not themselves, `s` the words they are searched by, and `k` the rows picked.
//!
//! Rows lie in the order of their ids, so a row's number orders like its id and every index holds
//! it for nothing.

use super::open::Statement;
use super::query::{Filter, Op, Query, SortBy, SortKey, ValidOn};
use super::region::{BoundingBox, Near, Region};
use super::words::Words;
use crate::record::{Cell, Column, Location, Validity};

/// Which rows a statement is about, of those that fit all else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Those the query asks for.
    Kept,
    /// Those left out because their dates do not tell whether they were in force.
    Uncertain,
}

/// Where the words of a resource's records lie in the table of words: at the row of the record
/// plus an offset, one resource after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SearchRange {
    /// What is added to the row of a record.
    pub(super) offset: i64,
    /// How many records of the resource there are.
    pub(super) rows: i64,
}

impl Query {
    /// The statement for one page: the columns, the distance if there is one, the keys of the
    /// order. It asks for one row more than the limit, whose presence says that there is a next
    /// page.
    ///
    /// The rows are picked and put in order by what the indexes hold; the page alone is read in
    /// full.
    pub(super) fn page_statement(&self, search: SearchRange) -> Statement {
        let order = self.order();
        let mut sql = Sql::new(self, search);
        sql.push("SELECT ");
        sql.joined(", ", &self.columns, |sql, column| sql.push(&format!("t.{}", column.name)));
        sql.push(if self.region.near.is_some() { ", k.distance" } else { "" });
        for key in &order {
            sql.push(&format!(", {}", shown(key.by)));
        }
        sql.push(" FROM (");
        sql.picked(&order);
        sql.push(&format!(
            ") AS k CROSS JOIN {} AS t ON t.rowid = k.row ORDER BY ",
            self.resource.table
        ));
        sql.order_by(&order, |sql, by| {
            let key = if is_id(by) { "k.row".to_owned() } else { shown(by) };
            sql.push(&key);
        });
        sql.statement()
    }

    /// The statement that counts rows, of every page.
    pub(super) fn count_statement(&self, search: SearchRange, which: Which) -> Statement {
        let mut sql = Sql::new(self, search);
        sql.push("SELECT COUNT(*)");
        if self.words.is_some() {
            sql.rows_of_words(which);
        } else {
            sql.rows_of_table(which);
        }
        sql.statement()
    }

    /// The statement that counts rows by the values of columns, unknown last, and sums another
    /// column.
    pub(super) fn group_statement(
        &self,
        search: SearchRange,
        by: &[&Column],
        sum: Option<&Column>,
    ) -> Statement {
        let mut sql = Sql { grouped: true, ..Sql::new(self, search) };
        sql.push("SELECT ");
        sql.joined("", by, |sql, column| sql.push(&format!("t.{}, ", column.name)));
        sql.push("COUNT(*)");
        if let Some(column) = sum {
            sql.push(&format!(", SUM(t.{})", column.name));
        }
        sql.rows_of_table(Which::Kept);
        // `+`: where rows are left out, those that are not are found first and grouped then; an
        // index in the order of the groups would be walked from end to end.
        let found = if self.is_conditional() { "+" } else { "" };
        sql.push(" GROUP BY ");
        sql.joined(", ", by, |sql, column| sql.push(&format!("{found}t.{}", column.name)));
        sql.push(" ORDER BY ");
        sql.joined(", ", by, |sql, column| {
            let last = if column.nullable { " NULLS LAST" } else { "" };
            sql.push(&format!("t.{}{last}", column.name));
        });
        sql.statement()
    }
}

/// What an order compares, in the statement around the picked rows.
fn shown(by: SortBy) -> String {
    match by {
        SortBy::Column(column) => format!("t.{}", column.name),
        SortBy::Distance => "k.distance".to_owned(),
        SortBy::Rank => "k.rank".to_owned(),
    }
}

fn is_id(by: SortBy) -> bool {
    matches!(by, SortBy::Column(column) if column.name == "id")
}

/// SQL in the making, with the values of its placeholders.
struct Sql<'a> {
    query: &'a Query,
    search: SearchRange,
    /// Whether rows are counted in groups, so that no order leads to them.
    grouped: bool,
    text: String,
    binds: Vec<Cell>,
}

impl<'a> Sql<'a> {
    fn new(query: &'a Query, search: SearchRange) -> Self {
        Self { query, search, grouped: false, text: String::new(), binds: Vec::new() }
    }

    fn statement(self) -> Statement {
        Statement::of_request(self.text, self.binds)
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn bind(&mut self, value: impl Into<Bound>) {
        let Bound(cell) = value.into();
        self.text.push('?');
        self.binds.push(cell);
    }

    fn joined<T>(&mut self, between: &str, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            self.push(if index == 0 { "" } else { between });
            write(self, item);
        }
    }

    /// The rows of the page by number, with what they are in order by beside columns.
    fn picked(&mut self, order: &[SortKey]) {
        let Some(after) = &self.query.after else {
            self.picked_where(order, |_sql| {});
            return;
        };
        let phases = phases(order, after);
        if phases.len() < 2 {
            self.picked_where(order, |sql| sql.phases(order, &phases));
            return;
        }
        // What follows in the same group, then the groups after it: each is a walk along an index
        // that starts where it should. In one condition they are a scan.
        self.push("SELECT * FROM (");
        self.joined(" UNION ALL ", &phases, |sql, phase| {
            sql.push("SELECT * FROM (");
            sql.picked_where(order, |sql| sql.phases(order, std::slice::from_ref(phase)));
            sql.push(")");
        });
        self.push(")");
    }

    fn picked_where(&mut self, order: &[SortKey], after: impl FnOnce(&mut Self)) {
        let from_words = self.is_walked_by_words(order);
        let row = if from_words { "s.rowid" } else { "t.rowid" };
        self.push("SELECT ");
        let offset = if from_words { self.search.offset } else { 0 };
        self.push(&format!("{row} - {offset} AS row"));
        if let Some(near) = self.query.region.near {
            self.push(", ");
            self.distance(near);
            self.push(" AS distance");
        }
        if order.iter().any(|key| key.by == SortBy::Rank) {
            self.push(", s.rank AS rank");
        }
        if from_words {
            self.rows_of_words(Which::Kept);
        } else {
            self.rows_of_table(Which::Kept);
        }
        after(self);
        self.push(" ORDER BY ");
        self.order_by(order, |sql, by| sql.key(row, by));
        self.push(&format!(" LIMIT {}", self.query.limit.saturating_add(1)));
    }

    /// Whether the rows are best found, in this order, by walking along the words.
    fn is_walked_by_words(&self, order: &[SortKey]) -> bool {
        let by_words = match order {
            [SortKey { by: SortBy::Rank, .. }, ..] => true,
            [only] => is_id(only.by),
            [..] => false,
        };
        self.query.words.is_some() && by_words && self.query.region.near.is_none()
    }

    fn order_by(&mut self, order: &[SortKey], mut key: impl FnMut(&mut Self, SortBy)) {
        self.joined(", ", order, |sql, sorted| {
            key(sql, sorted.by);
            sql.push(if sorted.descending { " DESC" } else { " ASC" });
            // NULLs are least in SQLite, so they come last by themselves in a falling order.
            sql.push(if sorted.is_nullable() && !sorted.descending { " NULLS LAST" } else { "" });
        });
    }

    /// What an order compares, where rows are picked. Rows lie in the order of their ids.
    fn key(&mut self, row: &str, by: SortBy) {
        match (by, self.query.region.near) {
            (SortBy::Column(column), _) if column.name == "id" => self.push(row),
            (SortBy::Column(column), _) => self.push(&format!("t.{}", column.name)),
            (SortBy::Rank, _) => self.push("s.rank"),
            (SortBy::Distance, Some(near)) => self.distance(near),
            // Nothing is near to nothing; all rows are alike.
            (SortBy::Distance, None) => self.push("0.0"),
        }
    }

    fn distance(&mut self, near: Near) {
        let point = point(self.query);
        self.push(&format!("distance_km({point}.lat, {point}.lon, "));
        self.bind(near.lat);
        self.push(", ");
        self.bind(near.lon);
        self.push(")");
    }

    /// `FROM … WHERE …` of the table: the rows on all pages. More conditions may follow.
    fn rows_of_table(&mut self, which: Which) {
        let Query { resource, words, filters, .. } = self.query;
        self.push(&format!(" FROM {} AS t", resource.table));
        if !self.query.region.is_everywhere() && resource.location() == Some(Location::Agency) {
            self.push(" JOIN agencies AS p ON p.id = t.agency_id");
        }
        self.push(" WHERE TRUE");
        if words.is_some() {
            // `+`: a row that the order or another condition has led to is looked up among those
            // that fit the words. Where nothing else leads to rows, the words do.
            let led = if self.grouped && filters.is_empty() { "" } else { "+" };
            self.push(&format!(" AND {led}t.rowid IN (SELECT s.rowid - {}", self.search.offset));
            self.rows_of_search();
            self.push(")");
        }
        self.conditions(which);
    }

    /// `FROM … WHERE …` of the words: the same rows.
    fn rows_of_words(&mut self, which: Which) {
        self.rows_of_search();
        let Query { filters, region, valid_on, .. } = self.query;
        if filters.is_empty() && region.is_everywhere() && valid_on.is_none() {
            return;
        }
        self.push(&format!(
            " AND +s.rowid IN (SELECT t.rowid + {} FROM {} AS t",
            self.search.offset, self.query.resource.table
        ));
        if !region.is_everywhere() && self.query.resource.location() == Some(Location::Agency) {
            self.push(" JOIN agencies AS p ON p.id = t.agency_id");
        }
        self.push(" WHERE TRUE");
        self.conditions(which);
        self.push(")");
    }

    fn rows_of_search(&mut self) {
        let SearchRange { offset, rows } = self.search;
        let (first, last) = (offset + 1, offset + rows);
        self.push(" FROM search AS s WHERE s.words MATCH ");
        self.bind(self.query.words.as_ref().map(Words::expression).unwrap_or_default());
        self.push(&format!(" AND s.rowid BETWEEN {first} AND {last}"));
    }

    /// All conditions but the words.
    fn conditions(&mut self, which: Which) {
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
            Op::Contains => {
                self.push("(");
                self.joined(" OR ", values, |sql, value| {
                    sql.push(&format!("{name} LIKE "));
                    sql.bind(containing(&value.to_csv()));
                    sql.push(" ESCAPE '\\'");
                });
                self.push(")");
            }
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

    /// The condition that a row is in one of these phases.
    fn phases(&mut self, order: &[SortKey], phases: &[Vec<Step<'_>>]) {
        let row = if self.is_walked_by_words(order) { "s.rowid" } else { "t.rowid" };
        self.push(" AND (");
        self.joined(" OR ", phases, |sql, steps| {
            sql.push("(");
            sql.joined(" AND ", steps, |sql, step| sql.step(row, step));
            sql.push(")");
        });
        self.push(")");
    }

    fn step(&mut self, row: &str, step: &Step<'_>) {
        let (key, how, value) = match step {
            Step::Unknown(key) => {
                self.key(row, key.by);
                self.push(" IS NULL");
                return;
            }
            Step::Same(key, value) => (key, "=", value),
            Step::Beyond(key, value) => (key, if key.descending { "<" } else { ">" }, value),
        };
        // `+`: FTS5 takes `rank = …` for the name of a ranking function.
        self.push(if key.by == SortBy::Rank { "+" } else { "" });
        self.key(row, key.by);
        self.push(&format!(" {how} "));
        if is_id(key.by) {
            let offset = if row == "s.rowid" { self.search.offset } else { 0 };
            let table = self.query.resource.table;
            self.push(&format!("(SELECT rowid + {offset} FROM {table} WHERE id = "));
            self.bind(*value);
            self.push(")");
        } else {
            self.bind(*value);
        }
    }
}

/// A condition on one key of an order.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    /// It is this.
    Same(&'a SortKey, &'a Cell),
    /// It comes after this.
    Beyond(&'a SortKey, &'a Cell),
    /// It is unknown.
    Unknown(&'a SortKey),
}

/// The groups of rows that come after one with these keys, in their order: those that share all
/// its keys but the last, then those that share fewer. Unknown values come last.
fn phases<'a>(order: &'a [SortKey], after: &'a [Cell]) -> Vec<Vec<Step<'a>>> {
    let same = |(key, value): (&'a SortKey, &'a Cell)| match value {
        Cell::Null => Step::Unknown(key),
        Cell::Text(_) | Cell::Integer(_) | Cell::Real(_) => Step::Same(key, value),
    };
    let mut phases = Vec::new();
    for shared in (0..order.len().min(after.len())).rev() {
        let (key, value) = (&order[shared], &after[shared]);
        if *value == Cell::Null {
            // Nothing comes after what is unknown.
            continue;
        }
        let before: Vec<_> = order.iter().zip(after).take(shared).map(same).collect();
        let then = |step| before.iter().copied().chain(std::iter::once(step)).collect();
        phases.push(then(Step::Beyond(key, value)));
        if key.is_nullable() {
            phases.push(then(Step::Unknown(key)));
        }
    }
    phases
}

/// The table that says where the records of a query are.
fn point(query: &Query) -> &'static str {
    match query.resource.location() {
        Some(Location::Agency) => "p",
        Some(Location::Own) | None => "t",
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

/// A value to bind.
struct Bound(Cell);

impl From<&Cell> for Bound {
    fn from(cell: &Cell) -> Self {
        Self(cell.clone())
    }
}

impl From<f64> for Bound {
    fn from(number: f64) -> Self {
        Self(Cell::Real(number))
    }
}

impl From<String> for Bound {
    fn from(text: String) -> Self {
        Self(Cell::Text(text))
    }
}
