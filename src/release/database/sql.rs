//! The SQL a query becomes.
//!
//! Identifiers come from the columns of a record alone; what a client wrote is always bound. In
//! every statement `t` is the table of the resource, `p` the agencies that say where its records
//! are, if they do not themselves, `s` the words they are searched by, and `k` the rows picked.
//!
//! Rows lie in the order of their ids, so a row's number orders like its id and every index holds
//! it for nothing.

use super::phases::{Step, phases};
use super::query::{Query, SortBy, SortKey};
use super::region::Near;
use super::statement::Statement;
use super::words::Words;
use crate::record::{Cell, Column, Location};

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
pub(super) struct Sql<'a> {
    pub(super) query: &'a Query,
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

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn bind(&mut self, value: impl Into<Bound>) {
        let Bound(cell) = value.into();
        self.text.push('?');
        self.binds.push(cell);
    }

    pub(super) fn joined<T>(
        &mut self,
        between: &str,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T),
    ) {
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

    pub(super) fn distance(&mut self, near: Near) {
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
        let (table, offset) = (self.query.resource.table, self.search.offset);
        // Few rows are found first and set aside. Where they may be many, each row that the words find
        // is looked at: to find all others first would take as long as the table is large.
        let few = self.query.few_rows_fit;
        self.push(&if few {
            format!(" AND +s.rowid IN (SELECT t.rowid + {offset} FROM {table} AS t")
        } else {
            format!(" AND EXISTS (SELECT 1 FROM {table} AS t")
        });
        if !region.is_everywhere() && self.query.resource.location() == Some(Location::Agency) {
            self.push(" JOIN agencies AS p ON p.id = t.agency_id");
        }
        self.push(" WHERE ");
        self.push(&if few { "TRUE".to_owned() } else { format!("t.rowid = s.rowid - {offset}") });
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

/// The table that says where the records of a query are.
pub(super) fn point(query: &Query) -> &'static str {
    match query.resource.location() {
        Some(Location::Agency) => "p",
        Some(Location::Own) | None => "t",
    }
}

/// A value to bind.
pub(super) struct Bound(Cell);

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
