//! Counts of a table's rows by all columns they can be counted by, from which other counts are
//! added up without reading the rows again.

use super::query::{Filter, Op, Query};
use super::read::Group;
use crate::record::{Cell, Column};

/// More combinations of values than this are no summary of a table.
const MOST_GROUPS: usize = 20_000;

/// The rows of a table, counted by the values of all columns they can be counted by.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    columns: Vec<&'static Column>,
    groups: Vec<Group>,
}

impl Cells {
    /// The groups of all rows of a table by these columns; `None` if they are no summary of it.
    #[must_use]
    pub fn new(columns: Vec<&'static Column>, groups: Vec<Group>) -> Option<Self> {
        (groups.len() <= MOST_GROUPS).then_some(Self { columns, groups })
    }

    /// How many rows a query asks for; `None` if that is not told by the columns counted.
    #[must_use]
    pub fn count(&self, query: &Query) -> Option<i64> {
        self.tell(query).then(|| self.fitting(query).map(|group| group.count).sum())
    }

    /// The rows a query asks for, counted by some columns, as [`super::ReleaseDatabase::groups`]
    /// counts them; `None` if that is not told by the columns counted.
    #[must_use]
    pub fn groups(&self, query: &Query, by: &[&'static Column]) -> Option<Vec<Group>> {
        let places: Option<Vec<usize>> = by.iter().map(|column| self.place(column)).collect();
        let places = places.filter(|_| self.tell(query))?;
        let mut fitting: Vec<(Vec<Cell>, &Group)> = self
            .fitting(query)
            .map(|group| {
                let values = places.iter().filter_map(|place| group.values.get(*place)).cloned();
                (values.collect(), group)
            })
            .collect();
        let key = |cell: &Cell| match cell {
            Cell::Null => (true, 0, String::new()),
            Cell::Integer(number) => (false, *number, String::new()),
            Cell::Text(_) | Cell::Real(_) => (false, 0, cell.to_csv()),
        };
        fitting.sort_by_cached_key(|(values, _)| values.iter().map(key).collect::<Vec<_>>());
        let mut groups: Vec<Group> = Vec::new();
        for (values, Group { count, sum, .. }) in fitting {
            match groups.last_mut().filter(|last| last.values == values) {
                Some(last) => {
                    last.count += count;
                    last.sum = last.sum.zip(*sum).map(|(a, b)| a + b).or(last.sum).or(*sum);
                }
                None => groups.push(Group { values, count: *count, sum: *sum }),
            }
        }
        Some(groups)
    }

    fn place(&self, column: &Column) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column.name)
    }

    /// Whether all conditions of a query are on the columns counted.
    fn tell(&self, query: &Query) -> bool {
        let told = |filter: &Filter| self.place(filter.column).is_some();
        query.words.is_none()
            && query.region.is_everywhere()
            && query.valid_on.is_none()
            && query.filters.iter().all(told)
    }

    fn fitting<'a>(&'a self, query: &'a Query) -> impl Iterator<Item = &'a Group> {
        let fits = |group: &Group, filter: &Filter| {
            let value = self.place(filter.column).and_then(|place| group.values.get(place));
            value.is_some_and(|value| fits(value, filter))
        };
        self.groups
            .iter()
            .filter(move |group| query.filters.iter().all(|filter| fits(group, filter)))
    }
}

/// Whether a value of a countable column fits; those are compared in no other way.
fn fits(value: &Cell, filter: &Filter) -> bool {
    let known = *value != Cell::Null;
    match filter.op {
        Op::Equal => known && filter.values.contains(value),
        Op::Not => known && !filter.values.contains(value),
        Op::IsNull => known == (filter.values.first() == Some(&Cell::Integer(0))),
        Op::Greater | Op::AtLeast | Op::Less | Op::AtMost | Op::Contains => false,
    }
}
