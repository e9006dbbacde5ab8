//! A query, checked, and its one spelling.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::include::Included;
use super::parameter::DEFAULT_LIMIT;
use crate::record::{Column, Interval};
use crate::release::database::{Filter, Region, SortBy, SortKey, ValidOn, Words};

/// A query, checked.
#[derive(Debug, PartialEq, Default)]
pub(super) struct Asked {
    /// Conditions on columns, in the order of the parameters' names.
    pub(super) filters: Vec<Filter>,
    /// Words that must occur.
    pub(super) words: Option<Words>,
    /// Where it must be.
    pub(super) region: Region,
    /// When it must have been in force.
    pub(super) valid_on: Option<ValidOn>,
    /// Keys of the order, without an `id` that would stand there anyway.
    pub(super) sort: Vec<SortKey>,
    /// Columns to show, `id` first; `None` for all.
    pub(super) fields: Option<Vec<&'static Column>>,
    /// What to show with each record.
    pub(super) include: Vec<Included>,
    /// Columns to count by.
    pub(super) by: Vec<&'static Column>,
    /// How long the intervals of a timeline are.
    pub(super) interval: Option<Interval>,
    /// The first day a timeline is about.
    pub(super) from: Option<NaiveDate>,
    /// The last.
    pub(super) to: Option<NaiveDate>,
    /// Values of parameters that have a meaning of their own, by name.
    pub(super) named: BTreeMap<&'static str, Vec<String>>,
    /// Whether a CSV file is for a spreadsheet.
    pub(super) bom: bool,
    /// Records on the page, if that was said.
    pub(super) limit: Option<usize>,
    /// The cursor as given.
    pub(super) cursor: Option<String>,
    /// The one spelling of this query.
    pub(super) canonical: Canonical,
}

impl Asked {
    /// Records on the page.
    pub(super) fn page_size(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }
}

/// The one spelling of a query: whatever asks the same is written the same.
///
/// It is part of the `ETag`, of every link, and of what a cursor is bound to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Canonical {
    /// `name=value` of every condition, sorted by name, values sorted.
    pub(super) filters: String,
    /// The value of `sort`; empty for the order that is implied.
    pub(super) sort: String,
    /// `name=value` of what decides how records are shown.
    shown: Vec<String>,
    limit: Option<usize>,
}

impl Canonical {
    /// The query as it stands after the question mark, which is left out where it is empty.
    pub(super) fn suffix(&self, cursor: Option<&str>) -> String {
        let limit = self.limit.map(|limit| format!("limit={limit}"));
        let cursor = cursor.map(|cursor| format!("cursor={cursor}"));
        self.joined(self.shown.iter().cloned().chain(limit).chain(cursor))
    }

    /// The query for all records in another form: without what only pages have, and what only
    /// JSON can show.
    pub(super) fn whole(&self) -> String {
        let shown = self.shown.iter().filter(|pair| !pair.starts_with("include="));
        self.joined(shown.cloned())
    }

    fn joined(&self, rest: impl Iterator<Item = String>) -> String {
        let filters = (!self.filters.is_empty()).then(|| self.filters.clone());
        let sort = (!self.sort.is_empty()).then(|| format!("sort={}", self.sort));
        let pairs: Vec<_> = filters.into_iter().chain(sort).chain(rest).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

impl Canonical {
    /// The spelling of a query; `conditions` are those of its conditions, by name.
    pub(super) fn of(asked: &Asked, conditions: &BTreeMap<String, String>) -> Self {
        let filters: Vec<_> =
            conditions.iter().map(|(name, spelled)| format!("{name}={spelled}")).collect();
        let sort = asked.sort.iter().filter_map(|key| {
            let sign = if key.descending { "-" } else { "" };
            column_of(key).map(|name| format!("{sign}{name}"))
        });
        let names = |columns: &[&Column]| {
            columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
        };
        let fields = asked.fields.as_ref().map(|fields| format!("fields={}", names(fields)));
        let include: Vec<_> = asked.include.iter().map(Included::name).collect();
        let include = (!include.is_empty()).then(|| format!("include={}", include.join(",")));
        let by = (!asked.by.is_empty()).then(|| format!("by={}", names(&asked.by)));
        let interval = asked.interval.map(|interval| format!("interval={interval}"));
        let bom = asked.bom.then(|| "bom=true".to_owned());
        Canonical {
            filters: filters.join("&"),
            sort: sort.collect::<Vec<_>>().join(","),
            shown: fields.into_iter().chain(include).chain(by).chain(interval).chain(bom).collect(),
            limit: asked.limit.filter(|limit| *limit != DEFAULT_LIMIT),
        }
    }
}

/// The column an order compares, if it is one.
pub(super) fn column_of(key: &SortKey) -> Option<&'static str> {
    match key.by {
        SortBy::Column(column) => Some(column.name),
        SortBy::Distance | SortBy::Rank => None,
    }
}
