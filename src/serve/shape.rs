//! How records are shown: which fields, the distance, and what is included.

use super::error::Problem;
use super::include::{self, Included, Shown};
use super::json::write_cell;
use super::page::{self, ListLinks, ListMeta};
use crate::record::{Cell, Column, ColumnType, Location, Resource};
use crate::release::database::{Query, ReleaseDatabase};
use crate::release::rows::DamagedRow;

/// What stands behind the fields of records that are near to a point.
pub(super) static DISTANCE: Column = Column::new(
    "distance_km",
    "Kilometres from the point of `near_lat` and `near_lon`, to the metre.",
    ColumnType::Real,
    false,
);

/// How the records of a resource are shown.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    resource: &'static Resource,
    /// The fields, `id` first.
    fields: Vec<&'static Column>,
    near: bool,
    included: Vec<Included>,
    /// The columns that say where a record is, where that is shown beside its fields.
    place: Vec<&'static Column>,
}

/// A record as it is shown: its values, and those that lead to what is included.
pub(super) struct Row {
    /// In the order of [`Shape::columns`].
    pub(super) cells: Vec<Cell>,
    leads: Vec<Cell>,
    /// Latitude and longitude, or the id of the agency that has them; empty where it is not shown.
    pub(super) place: Vec<Cell>,
}

impl Shape {
    /// Records with these fields (`None`: all), the distance if `near`, and what is included.
    pub(super) fn new(
        resource: &'static Resource,
        fields: Option<Vec<&'static Column>>,
        near: bool,
        included: Vec<Included>,
    ) -> Self {
        let fields = fields.unwrap_or_else(|| resource.all_columns());
        Self { resource, fields, near, included, place: Vec::new() }
    }

    /// The same, with where each record is.
    pub(super) fn placed(self) -> Self {
        let names: &[&str] = match self.resource.location() {
            Some(Location::Own) => &["lat", "lon"],
            Some(Location::Agency) => &["agency_id"],
            None => &[],
        };
        let place = names.iter().filter_map(|name| self.resource.column(name)).collect();
        Self { place, ..self }
    }

    /// All fields of one record and what is included.
    pub(super) fn of_record(resource: &'static Resource, included: Vec<Included>) -> Self {
        Self::new(resource, None, false, included)
    }

    /// Whether records are shown as they are, with nothing left out and nothing beside their fields.
    pub(super) fn is_plain(&self) -> bool {
        let all = self.fields.iter().map(|column| column.name);
        all.eq(self.resource.columns.iter().map(|column| column.name))
            && !self.near
            && self.included.is_empty()
            && self.place.is_empty()
    }

    /// The columns that are shown.
    pub(super) fn columns(&self) -> Vec<&'static Column> {
        let distance = self.near.then_some(&DISTANCE);
        self.fields.iter().copied().chain(distance).collect()
    }

    /// The columns that are read: those shown, those that lead to what is included, and those that
    /// say where a record is.
    pub(super) fn read_columns(&self) -> Vec<&'static Column> {
        let leads = self.included.iter().map(|included| included.column(self.resource));
        self.fields.iter().copied().chain(leads).chain(self.place.iter().copied()).collect()
    }

    /// The rows of a page of the query, which must read [`Self::read_columns`].
    pub(super) fn rows(&self, rows: Vec<Vec<Cell>>) -> Vec<Row> {
        let row = |mut cells: Vec<Cell>| {
            let distance = if self.near { cells.pop() } else { None };
            let mut leads = cells.split_off(self.fields.len().min(cells.len()));
            let place = leads.split_off(self.included.len().min(leads.len()));
            cells.extend(distance);
            Row { cells, leads, place }
        };
        rows.into_iter().map(row).collect()
    }

    /// A page of these rows, with what is included.
    pub(super) fn list(
        &self,
        database: &ReleaseDatabase,
        rows: Vec<Vec<Cell>>,
        meta: &ListMeta,
        links: &ListLinks,
    ) -> Result<Vec<u8>, Problem> {
        let rows = self.rows(rows);
        let included = self.included(database, &rows)?;
        page::list(&self.columns(), &rows, &included, meta, links)
    }

    /// Reads what is included with these rows.
    pub(super) fn included(
        &self,
        database: &ReleaseDatabase,
        rows: &[Row],
    ) -> Result<Vec<Shown>, Problem> {
        let read = |(at, included): (usize, &Included)| {
            let keys: Vec<_> = rows.iter().filter_map(|row| row.leads.get(at)).collect();
            include::read(database, *included, &keys)
        };
        self.included.iter().enumerate().map(read).collect()
    }

    /// The query that reads such records.
    pub(super) fn query(&self, query: Query) -> Query {
        Query { columns: self.read_columns(), ..query }
    }
}

/// Appends a record and what is included with it as one JSON object.
pub(super) fn write(
    out: &mut Vec<u8>,
    columns: &[&'static Column],
    row: &Row,
    included: &[Shown],
) -> Result<(), Problem> {
    out.push(b'{');
    for (index, (column, cell)) in columns.iter().zip(&row.cells).enumerate() {
        write_cell(out, index, column, cell).map_err(|source| {
            let id = row.cells.first().map(Cell::to_csv).unwrap_or_default();
            Problem::internal(DamagedRow { id, column: column.name, source })
        })?;
    }
    for (shown, key) in included.iter().zip(&row.leads) {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(shown.name.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(shown.of(key));
    }
    out.push(b'}');
    Ok(())
}
