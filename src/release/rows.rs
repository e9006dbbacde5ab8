//! How files and hashes get the records of a release: table by table, in the order of their ids or
//! in another.

use std::io;

use crate::record::{Cell, DamagedCell, Point, Resource};

/// The records of a release, whatever holds them, read by any number of threads.
pub trait Rows: Sync {
    /// Calls `visit` with each record that is asked for: its cells, in the order of the columns, and
    /// its place. Stops at the first error of `visit` and returns it as [`RowsError::Visit`].
    fn scan(&self, scan: Scan, visit: &mut VisitPlaced<'_>) -> Result<(), RowsError>;

    /// How many records of `resource` there are.
    fn count(&self, resource: &'static Resource) -> Result<u64, RowsError>;

    /// Calls `visit` with the cells of each record of `resource`, in the byte order of the ids.
    fn for_each(
        &self,
        resource: &'static Resource,
        visit: &mut dyn FnMut(&[Cell]) -> io::Result<()>,
    ) -> Result<(), RowsError> {
        self.scan(Scan { resource, by: &[], placed: false }, &mut |cells, _| visit(cells))
    }
}

/// Takes the cells of a record and, where it was asked for and is known, its place.
pub type VisitPlaced<'a> = dyn FnMut(&[Cell], Option<Point>) -> io::Result<()> + 'a;

/// What is read of a resource, and in which order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scan {
    /// The resource.
    pub resource: &'static Resource,
    /// Columns of texts to sort by, in byte order, unknown ones first; the id comes after them.
    pub by: &'static [&'static str],
    /// Whether the place of each record is read: its own, or that of its agency.
    pub placed: bool,
}

/// The place a record gives for itself, in columns `lat` and `lon`.
pub(super) fn own_point(resource: &Resource, cells: &[Cell]) -> Option<Point> {
    match (cell(resource, "lat", cells)?, cell(resource, "lon", cells)?) {
        (Cell::Real(lat), Cell::Real(lon)) => Some(Point { lat: *lat, lon: *lon }),
        (Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_), _) => None,
    }
}

fn cell<'a>(resource: &Resource, name: &str, cells: &'a [Cell]) -> Option<&'a Cell> {
    let place = resource.columns.iter().position(|column| column.name == name)?;
    cells.get(place)
}

/// Why records could not be read to the end.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// Whatever holds them failed.
    #[error("the records of `{table}` cannot be read")]
    Read {
        /// The table.
        table: &'static str,
        /// What failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The visitor failed.
    #[error("the records of `{table}` cannot be used")]
    Visit {
        /// The table.
        table: &'static str,
        /// What failed.
        #[source]
        source: io::Error,
    },
}

/// A value that cannot be published, and where it stands.
#[derive(Debug, thiserror::Error)]
#[error("column `{column}` of `{id}` is damaged")]
pub struct DamagedRow {
    /// Id of the record.
    pub id: String,
    /// The column.
    pub column: &'static str,
    /// What is wrong with it.
    #[source]
    pub source: DamagedCell,
}

/// The id of a record: its first cell.
#[must_use]
pub fn id_of(cells: &[Cell]) -> &str {
    match cells.first() {
        Some(Cell::Text(id)) => id,
        Some(Cell::Null | Cell::Integer(_) | Cell::Real(_)) | None => "",
    }
}

/// Records in memory, for tests.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub(super) struct MemoryRows(pub(super) std::collections::BTreeMap<&'static str, Vec<Vec<Cell>>>);

#[cfg(test)]
impl Rows for MemoryRows {
    fn scan(&self, scan: Scan, visit: &mut VisitPlaced<'_>) -> Result<(), RowsError> {
        use crate::record::Location;

        let Scan { resource, by, placed } = scan;
        let text = |name: &str, cells: &[Cell]| match cell(resource, name, cells) {
            Some(Cell::Text(text)) => Some(text.clone()),
            Some(Cell::Null | Cell::Integer(_) | Cell::Real(_)) | None => None,
        };
        let place = |cells: &[Cell]| match resource.location()? {
            Location::Own => own_point(resource, cells),
            Location::Agency => {
                let id = text("agency_id", cells)?;
                let agency = self.0.get("agencies")?.iter().find(|agency| id_of(agency) == id)?;
                own_point(Resource::of_table("agencies")?, agency)
            }
        };
        let mut rows: Vec<_> = self.0.get(resource.table).into_iter().flatten().collect();
        // Stable: of what is the same, the ids tell the order.
        rows.sort_by_cached_key(|cells| {
            by.iter().map(|name| text(name, cells)).collect::<Vec<_>>()
        });
        for cells in rows {
            let point = if placed { place(cells) } else { None };
            visit(cells, point)
                .map_err(|source| RowsError::Visit { table: resource.table, source })?;
        }
        Ok(())
    }

    fn count(&self, resource: &'static Resource) -> Result<u64, RowsError> {
        Ok(self.0.get(resource.table).map_or(0, |rows| rows.len() as u64))
    }
}
