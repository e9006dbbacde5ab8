//! A question to a release file, and the SQL it becomes.
//!
//! Identifiers come from the columns of a record alone; what a client wrote is always bound.

use super::open::Statement;
use crate::record::{Cell, Column, Resource};

/// A question: which rows of a table, in which order, from where on.
#[derive(Debug, Clone)]
pub struct Query {
    /// The table.
    pub resource: &'static Resource,
    /// Conditions that must all hold.
    pub filters: Vec<Filter>,
    /// The order; unknown values come last, and `id` ends every order.
    pub sort: Vec<SortKey>,
    /// Values of [`Self::order`] in the row after which to go on.
    pub after: Option<Vec<Cell>>,
    /// The most rows a page may have.
    pub limit: usize,
}

/// A condition on one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The column.
    pub column: &'static Column,
    /// How it is compared.
    pub op: Op,
    /// What it is compared with.
    pub values: Vec<Cell>,
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// It is one of the values.
    Equal,
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SortKey {
    /// The column.
    pub column: &'static Column,
    /// Whether great values come first.
    pub descending: bool,
}

/// Some rows of a table, each with its values in the order of the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Whether there are more after them.
    pub more: bool,
}

impl Query {
    /// The order in full: the keys asked for up to `id`, which is appended where it is missing.
    #[must_use]
    pub fn order(&self) -> Vec<SortKey> {
        let id = &self.resource.columns[0];
        let mut order = Vec::with_capacity(self.sort.len() + 1);
        for key in &self.sort {
            order.push(*key);
            if key.column.name == id.name {
                // Ids are unique: no later key can matter.
                return order;
            }
        }
        order.push(SortKey { column: id, descending: false });
        order
    }

    /// The values of [`Self::order`] in a row of the answer.
    #[must_use]
    pub fn keys_of(&self, row: &[Cell]) -> Vec<Cell> {
        let position = |key: &SortKey| {
            self.resource.columns.iter().position(|column| column.name == key.column.name)
        };
        self.order()
            .iter()
            .map(|key| position(key).and_then(|at| row.get(at)).cloned().unwrap_or(Cell::Null))
            .collect()
    }

    /// Whether it is answered by walking the primary key, however large the table is.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.filters.is_empty() && self.order().len() == 1
    }

    /// The statement for one page; it asks for one row more than the limit, whose presence says
    /// that there is a next page.
    pub(super) fn page_statement(&self) -> Statement {
        let columns: Vec<&str> = self.resource.columns.iter().map(|column| column.name).collect();
        let mut sql = Sql::default();
        sql.push("SELECT ");
        sql.push(&columns.join(", "));
        sql.push(" FROM ");
        sql.push(self.resource.table);
        sql.conditions(&self.filters);
        let order = self.order();
        if let Some(after) = &self.after {
            sql.push(if self.filters.is_empty() { " WHERE " } else { " AND " });
            sql.after(&order, after);
        }
        sql.push(" ORDER BY ");
        for (index, key) in order.iter().enumerate() {
            sql.push(if index == 0 { "" } else { ", " });
            sql.push(key.column.name);
            sql.push(if key.descending { " DESC" } else { " ASC" });
            // NULLs are least in SQLite, so they come last by themselves in a falling order.
            sql.push(if key.column.nullable && !key.descending { " NULLS LAST" } else { "" });
        }
        sql.push(" LIMIT ");
        sql.push(&(self.limit + 1).to_string());
        Statement::of_request(sql.text, sql.binds)
    }

    /// The statement that counts all rows, of every page.
    pub(super) fn count_statement(&self) -> Statement {
        let mut sql = Sql::default();
        sql.push("SELECT COUNT(*) FROM ");
        sql.push(self.resource.table);
        sql.conditions(&self.filters);
        Statement::of_request(sql.text, sql.binds)
    }
}

/// SQL in the making, with the values of its placeholders.
#[derive(Default)]
struct Sql {
    text: String,
    binds: Vec<Cell>,
}

impl Sql {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn bind(&mut self, value: &Cell) {
        self.text.push('?');
        self.binds.push(value.clone());
    }

    fn conditions(&mut self, filters: &[Filter]) {
        for (index, filter) in filters.iter().enumerate() {
            self.push(if index == 0 { " WHERE " } else { " AND " });
            match filter.op {
                Op::Equal => {
                    self.push(filter.column.name);
                    self.push(" IN (");
                    for (index, value) in filter.values.iter().enumerate() {
                        self.push(if index == 0 { "" } else { ", " });
                        self.bind(value);
                    }
                    self.push(")");
                }
            }
        }
    }

    /// The condition that a row comes after one with these keys.
    ///
    /// `a >= x AND (a > x OR …)` lets SQLite start at `x` in an index; the textbook form
    /// `a > x OR (a = x AND …)` makes it scan.
    fn after(&mut self, order: &[SortKey], after: &[Cell]) {
        let (Some((key, order)), Some((value, after))) = (order.split_first(), after.split_first())
        else {
            // All keys are equal, so it is that row itself.
            self.push("FALSE");
            return;
        };
        let name = key.column.name;
        if *value == Cell::Null {
            // Unknown values come last: what follows is unknown, too.
            self.push(&format!("({name} IS NULL AND "));
            self.after(order, after);
            self.push(")");
            return;
        }
        let (beyond, from) = if key.descending { ("<", "<=") } else { (">", ">=") };
        let or_unknown =
            if key.column.nullable { format!(" OR {name} IS NULL") } else { String::new() };
        self.push(&format!("(({name} {from} "));
        self.bind(value);
        self.push(&format!("{or_unknown}) AND ({name} {beyond} "));
        self.bind(value);
        self.push(&or_unknown);
        if order.is_empty() {
            self.push("))");
            return;
        }
        self.push(" OR ");
        self.after(order, after);
        self.push("))");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_of_a_later_row_starts_in_an_index_and_minds_unknown_values() {
        let agencies = Resource::of_table("agencies").unwrap();
        let key = |name, descending| SortKey { column: agencies.column(name).unwrap(), descending };
        let order = [key("name", false), key("city", true), key("id", false)];
        let mut sql = Sql::default();
        let text = |text: &str| Cell::Text(text.into());
        sql.after(&order, &[text("n"), text("c"), text("i")]);
        insta::assert_snapshot!(sql.text, @"((name >= ?) AND (name > ? OR ((city <= ? OR city IS NULL) AND (city < ? OR city IS NULL OR ((id >= ?) AND (id > ?))))))");
        assert_eq!(sql.binds.len(), 6);

        let mut sql = Sql::default();
        sql.after(&order, &[text("n"), Cell::Null, text("i")]);
        insta::assert_snapshot!(sql.text, @"((name >= ?) AND (name > ? OR (city IS NULL AND ((id >= ?) AND (id > ?)))))");
    }

    #[test]
    fn an_order_ends_with_the_id() {
        let agencies = Resource::of_table("agencies").unwrap();
        let key = |name| SortKey { column: agencies.column(name).unwrap(), descending: true };
        let query =
            |sort| Query { resource: agencies, filters: Vec::new(), sort, after: None, limit: 1 };
        let names = |query: Query| {
            query.order().iter().map(|key| key.column.name).collect::<Vec<_>>().join(",")
        };
        assert_eq!(names(query(vec![key("state")])), "state,id");
        assert_eq!(names(query(vec![key("id"), key("state")])), "id");
        assert!(query(vec![]).is_short());
        assert!(!query(vec![key("name")]).is_short());
    }
}
