//! A question to a release file: which rows of a resource, in which order, from where on.

use chrono::NaiveDate;

use super::region::Region;
use super::words::Words;
use crate::record::{Cell, Column, ColumnType, Resource, Values};

/// The most rows that are put in order by how well words fit: each costs a third of a microsecond,
/// on every page, and an order among more says nothing.
const RANKED_AT_MOST: i64 = 5_000;

/// Rows that are found and set aside in less time than it takes to look at each row that the words
/// find, if those are many: some hundred microseconds.
const FEW_ROWS: i64 = 1_000;

/// One row in so many: where more fit, walking along the order finds a page sooner than sorting
/// what fits. Measured on 46,000 agencies: by name 0.1 against 4 ms where half of them fit, 8
/// against 0.6 ms where one in fifteen does.
const COMMON_SHARE: i64 = 8;

/// A question: which rows of a table, in which order, from where on.
#[derive(Debug, Clone)]
pub struct Query {
    /// The table.
    pub resource: &'static Resource,
    /// The columns to read.
    pub columns: Vec<&'static Column>,
    /// Conditions that must all hold.
    pub filters: Vec<Filter>,
    /// Words that must all occur.
    pub words: Option<Words>,
    /// Where it must be; only for resources with a location.
    pub region: Region,
    /// The day on which it must have been in force; only for resources with a validity.
    pub valid_on: Option<ValidOn>,
    /// The order asked for; unknown values come last, and `id` ends every order.
    pub sort: Vec<SortKey>,
    /// Values of [`Self::order`] in the row after which to go on.
    pub after: Option<Vec<Cell>>,
    /// The most rows a page may have.
    pub limit: usize,
    /// Whether rows that fit the words are put in order by how well; too many take too long.
    pub ranked: bool,
    /// Whether so many rows fit that walking along the order finds a page soonest. Decides how
    /// long an answer takes, never what it is.
    pub most_rows_fit: bool,
    /// Whether so few rows fit all but the words that they are found first. Decides how long an
    /// answer takes, never what it is.
    pub few_rows_fit: bool,
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

/// How a column is compared. Unknown values fit [`Op::IsNull`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// It is one of the values; a list holds one of them.
    Equal,
    /// It is none of the values; a list holds none of them.
    Not,
    /// It is greater than the value, or later.
    Greater,
    /// It is the value or greater.
    AtLeast,
    /// It is less than the value, or earlier.
    Less,
    /// It is the value or less.
    AtMost,
    /// One of the values is part of the text, or of a text of the list; a letter of ASCII fits in
    /// either case.
    Contains,
    /// It is unknown, if the value is 1; it is known, if the value is 0.
    IsNull,
}

impl Op {
    /// Every way to compare, in the order of the contract.
    pub const ALL: &'static [Self] = &[
        Self::Equal,
        Self::Not,
        Self::Greater,
        Self::AtLeast,
        Self::Less,
        Self::AtMost,
        Self::Contains,
        Self::IsNull,
    ];

    /// What stands after the name of a column in the name of a parameter.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::Not => "__not",
            Self::Greater => "__gt",
            Self::AtLeast => "__gte",
            Self::Less => "__lt",
            Self::AtMost => "__lte",
            Self::Contains => "__contains",
            Self::IsNull => "__isnull",
        }
    }

    /// Whether a column can be compared in this way.
    #[must_use]
    pub fn fits(self, column: &Column) -> bool {
        let ty = column.ty;
        match self {
            Self::Equal => ty != ColumnType::Object,
            // The opposite of a truth value is the other one.
            Self::Not => ty != ColumnType::Object && ty != ColumnType::Boolean,
            Self::Greater | Self::AtLeast | Self::Less | Self::AtMost => match ty {
                ColumnType::Integer | ColumnType::Real | ColumnType::Date | ColumnType::Instant => {
                    true
                }
                ColumnType::Text
                | ColumnType::Word(_)
                | ColumnType::Boolean
                | ColumnType::TextList
                | ColumnType::Object => false,
            },
            Self::Contains => match ty {
                ColumnType::Text | ColumnType::TextList => column.values == Values::Any,
                ColumnType::Object => true,
                ColumnType::Word(_)
                | ColumnType::Integer
                | ColumnType::Real
                | ColumnType::Boolean
                | ColumnType::Date
                | ColumnType::Instant => false,
            },
            Self::IsNull => column.nullable,
        }
    }

    /// Whether it is compared with one of several values, not with a single one.
    #[must_use]
    pub fn takes_several(self) -> bool {
        match self {
            Self::Equal | Self::Not | Self::Contains => true,
            Self::Greater | Self::AtLeast | Self::Less | Self::AtMost | Self::IsNull => false,
        }
    }
}

/// A day on which records must have been in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidOn {
    /// The day.
    pub day: NaiveDate,
    /// Whether records whose dates do not tell are kept.
    pub include_uncertain: bool,
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SortKey {
    /// What is compared.
    pub by: SortBy,
    /// Whether great values come first.
    pub descending: bool,
}

/// What an order compares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SortBy {
    /// A column.
    Column(&'static Column),
    /// The distance from the point of [`Region::near`].
    Distance,
    /// How well [`Query::words`] fit; the best is least.
    Rank,
}

impl SortKey {
    /// A column, in rising order.
    #[must_use]
    pub fn rising(column: &'static Column) -> Self {
        Self { by: SortBy::Column(column), descending: false }
    }

    pub(super) fn is_id(self) -> bool {
        matches!(self.by, SortBy::Column(column) if column.name == "id")
    }

    /// Whether there may be no value to compare.
    pub(super) fn is_nullable(self) -> bool {
        matches!(self.by, SortBy::Column(column) if column.nullable)
    }
}

/// Some rows of a table, each with its values in the order of the columns asked for; where the
/// query has a point to be near to, the distance from it in kilometres follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Values of [`Query::order`] in the last row, if there are more after it.
    pub next: Option<Vec<Cell>>,
}

impl Query {
    /// All rows of a resource with all their columns, in the order of their ids; `limit` a page.
    #[must_use]
    pub fn of(resource: &'static Resource, limit: usize) -> Self {
        Self {
            resource,
            columns: resource.all_columns(),
            filters: Vec::new(),
            words: None,
            region: Region::default(),
            valid_on: None,
            sort: Vec::new(),
            after: None,
            limit,
            ranked: true,
            most_rows_fit: false,
            few_rows_fit: false,
        }
    }

    /// The order in full: the keys asked for up to `id`, which is appended where it is missing.
    ///
    /// It goes the way of the last of them, so that an index gives both. Where none is asked for,
    /// the nearest come first, else what fits the words best.
    #[must_use]
    pub fn order(&self) -> Vec<SortKey> {
        let implied = if !self.sort.is_empty() {
            None
        } else if self.region.near.is_some() {
            Some(SortBy::Distance)
        } else {
            self.words.as_ref().filter(|_| self.ranked).map(|_| SortBy::Rank)
        };
        let mut order: Vec<_> =
            implied.into_iter().map(|by| SortKey { by, descending: false }).collect();
        for key in &self.sort {
            order.push(*key);
            if key.is_id() {
                // Ids are unique: no later key can matter.
                return order;
            }
        }
        let descending = order.last().is_some_and(|last| last.descending);
        let id = SortBy::Column(&self.resource.columns[0]);
        order.push(SortKey { by: id, descending });
        order
    }

    /// The same, knowing how many rows fit it and how many its table has: so many may fit that
    /// they are not put in order by how well, or that the quickest way to them is another one.
    #[must_use]
    pub fn knowing(self, fitting: i64, rows: i64) -> Self {
        Self {
            ranked: fitting <= RANKED_AT_MOST,
            most_rows_fit: !self.sort.is_empty() && fitting > rows / COMMON_SHARE,
            limit: if fitting == 0 { 0 } else { self.limit },
            ..self
        }
    }

    /// The same without the words.
    #[must_use]
    pub fn without_words(&self) -> Self {
        Self { words: None, ..self.clone() }
    }

    /// The same, knowing how many rows fit all but the words.
    #[must_use]
    pub fn knowing_beside_words(self, fitting: i64) -> Self {
        Self { few_rows_fit: fitting <= FEW_ROWS, ..self }
    }

    /// Whether any row may be left out.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        !self.filters.is_empty()
            || self.words.is_some()
            || !self.region.is_everywhere()
            || self.valid_on.is_some()
    }

    /// Whether it is answered by walking the primary key, however large the table is.
    #[must_use]
    pub fn is_short(&self) -> bool {
        !self.is_conditional() && self.order().len() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RESOURCES;

    #[test]
    fn an_order_ends_with_the_id() {
        let agencies = Resource::of_table("agencies").unwrap();
        let key =
            |name| SortKey { by: SortBy::Column(agencies.column(name).unwrap()), descending: true };
        let query = |sort| Query { sort, ..Query::of(agencies, 1) };
        let names = |query: Query| {
            let name = |key: &SortKey| match key.by {
                SortBy::Column(column) => column.name,
                SortBy::Distance => "(distance)",
                SortBy::Rank => "(rank)",
            };
            query.order().iter().map(name).collect::<Vec<_>>().join(",")
        };
        assert_eq!(names(query(vec![key("state")])), "state,id");
        assert_eq!(names(query(vec![key("id"), key("state")])), "id");
        assert!(query(vec![]).is_short());
        assert!(!query(vec![key("name")]).is_short());
        let words = Words::of("x");
        assert_eq!(names(Query { words: words.clone(), ..query(vec![]) }), "(rank),id");
        assert_eq!(names(Query { words, ..query(vec![key("name")]) }), "name,id");
    }

    #[test]
    fn every_column_can_be_compared_in_the_ways_of_its_type() {
        let mut told = std::collections::BTreeSet::new();
        for column in RESOURCES.iter().flat_map(|resource| resource.columns) {
            let ty = format!("{:?}", column.ty);
            let ty = ty.split('(').next().unwrap_or_default().to_owned();
            let ops = Op::ALL.iter().filter(|op| **op != Op::IsNull && op.fits(column));
            let ops: Vec<_> = ops.map(|op| format!("{op:?}")).collect();
            told.insert(format!("{ty} {:?}: {}", column.values, ops.join(" ")));
        }
        let told: Vec<_> = told.into_iter().collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        Boolean Few: Equal
        Date Any: Equal Not Greater AtLeast Less AtMost
        Instant Any: Equal Not Greater AtLeast Less AtMost
        Integer Any: Equal Not Greater AtLeast Less AtMost
        Object Any: Contains
        Real Any: Equal Not Greater AtLeast Less AtMost
        Text Any: Equal Not Contains
        Text Code: Equal Not
        Text Few: Equal Not
        TextList Any: Equal Not Contains
        TextList Code: Equal Not
        Word Few: Equal Not
        ");
    }
}
