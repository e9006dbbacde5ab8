//! What is shown with a record: the records it refers to, and what sources say of it.

use std::collections::{BTreeSet, HashMap};

use super::error::Problem;
use super::json::write_row;
use super::routes::{evidence_resource, subject_of};
use crate::record::{Cell, Column, Resource};
use crate::release::database::{Filter, Op, Query, ReleaseDatabase, SortKey};

/// The key under which evidence is shown.
const EVIDENCE: &str = "evidence";

/// More pieces of evidence than the records of a page have.
const ENOUGH: usize = 1_000_000;

/// What can be shown with each record of a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Included {
    /// The record that a column refers to: its key, the column, the resource it is of.
    Referent(&'static str, &'static Column, &'static Resource),
    /// What sources say of the record; the word evidence has for it.
    Evidence(&'static str),
}

impl Included {
    /// The key under which it is shown, and its name in `include`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Referent(name, ..) => name,
            Self::Evidence(_) => EVIDENCE,
        }
    }

    /// The column whose value leads to it.
    pub(super) fn column(&self, resource: &'static Resource) -> &'static Column {
        match self {
            Self::Referent(_, column, _) => column,
            Self::Evidence(_) => &resource.columns[0],
        }
    }

    /// The resource it is of, and whether there may be several.
    pub(super) fn shows(&self) -> (&'static Resource, bool) {
        match self {
            Self::Referent(_, _, resource) => (resource, false),
            Self::Evidence(_) => (evidence_resource(), true),
        }
    }
}

/// All that can be shown with the records of a resource.
pub(super) fn all(resource: &'static Resource) -> Vec<Included> {
    let referents = resource.columns.iter().filter_map(|column| {
        let name = column.referent()?;
        let referred = Resource::of_table(column.refers?)?;
        Some(Included::Referent(name, column, referred))
    });
    let subject = subject_of(resource).filter(|_| resource.table != "sources");
    referents.chain(subject.map(Included::Evidence)).collect()
}

/// The names of all that.
pub(super) fn names(resource: &'static Resource) -> Vec<&'static str> {
    all(resource).iter().map(Included::name).collect()
}

/// What is shown with the records of a page: under which key, by the value that leads to it.
pub(super) struct Shown {
    pub(super) name: &'static str,
    by_key: HashMap<String, Vec<u8>>,
    several: bool,
}

impl Shown {
    /// The JSON for the record in which this value leads to it.
    pub(super) fn of(&self, key: &Cell) -> &[u8] {
        let absent: &[u8] = if self.several { b"[]" } else { b"null" };
        let Cell::Text(key) = key else { return absent };
        self.by_key.get(key).map_or(absent, Vec::as_slice)
    }
}

/// Reads what is to be shown where these values lead to it.
pub(super) fn read(
    database: &ReleaseDatabase,
    included: Included,
    keys: &[&Cell],
) -> Result<Shown, Problem> {
    let distinct: BTreeSet<_> = keys.iter().filter_map(|cell| text(cell)).collect();
    let (resource, several) = included.shows();
    let mut by_key = HashMap::new();
    if !distinct.is_empty() {
        let values: Vec<_> = distinct.iter().map(|key| Cell::Text((*key).to_owned())).collect();
        let query = query(included, resource, values)?;
        let position = |name| resource.columns.iter().position(|column| column.name == name);
        let key = position(if several { "subject_id" } else { "id" }).unwrap_or_default();
        for row in database.page(&query)?.rows {
            let Some(found) = row.get(key).and_then(text) else { continue };
            let json: &mut Vec<u8> = by_key.entry(found.to_owned()).or_default();
            if several {
                json.push(if json.is_empty() { b'[' } else { b',' });
            }
            write_row(json, query.columns.iter().copied(), &row).map_err(Problem::internal)?;
        }
        if several {
            for json in by_key.values_mut() {
                json.push(b']');
            }
        }
    }
    Ok(Shown { name: included.name(), by_key, several })
}

fn query(
    included: Included,
    resource: &'static Resource,
    values: Vec<Cell>,
) -> Result<Query, Problem> {
    let column = |name: &str| {
        resource.column(name).ok_or_else(|| Problem::internal(format!("no column `{name}`")))
    };
    let equal = |column, values| Filter { column, op: Op::Equal, values };
    let of = Query::of(resource, ENOUGH);
    Ok(match included {
        Included::Referent(..) => Query { filters: vec![equal(column("id")?, values)], ..of },
        Included::Evidence(subject) => Query {
            filters: vec![
                equal(column("subject_id")?, values),
                equal(column("subject_type")?, vec![Cell::Text(subject.to_owned())]),
            ],
            sort: vec![SortKey::rising(column("subject_id")?)],
            ..of
        },
    })
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => None,
    }
}
