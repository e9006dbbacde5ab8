//! How files and hashes get the records of a release: table by table, in the order of their ids.

use std::io;

use crate::record::{Cell, DamagedCell, Resource};

/// The records of a release, whatever holds them.
pub trait Rows {
    /// Calls `visit` with the cells of each record of `resource`, in the order of its columns and
    /// in the byte order of the ids. Stops at the first error of `visit` and returns it as
    /// [`RowsError::Visit`].
    fn for_each(
        &self,
        resource: &'static Resource,
        visit: &mut dyn FnMut(&[Cell]) -> io::Result<()>,
    ) -> Result<(), RowsError>;

    /// How many records of `resource` there are.
    fn count(&self, resource: &'static Resource) -> Result<u64, RowsError>;
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
pub(super) fn id_of(cells: &[Cell]) -> &str {
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
    fn for_each(
        &self,
        resource: &'static Resource,
        visit: &mut dyn FnMut(&[Cell]) -> io::Result<()>,
    ) -> Result<(), RowsError> {
        for cells in self.0.get(resource.table).into_iter().flatten() {
            visit(cells).map_err(|source| RowsError::Visit { table: resource.table, source })?;
        }
        Ok(())
    }

    fn count(&self, resource: &'static Resource) -> Result<u64, RowsError> {
        Ok(self.0.get(resource.table).map_or(0, |rows| rows.len() as u64))
    }
}
