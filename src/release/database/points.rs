//! Where agencies are.

use super::statement::Statement;
use super::{DatabaseError, ReleaseDatabase};
use crate::record::{Cell, Point};

impl ReleaseDatabase {
    /// The places of agencies, by id; those without a known one are left out.
    pub fn points(&self, agency_ids: &[&str]) -> Result<Vec<(String, Point)>, DatabaseError> {
        // One shape, however many ids there are.
        let statement = Statement::new(
            "SELECT id, lat, lon FROM agencies \
             WHERE id IN (SELECT value FROM json_each(?)) AND lat IS NOT NULL AND lon IS NOT NULL",
        );
        let ids = serde_json::Value::from(agency_ids).to_string();
        let read = |row: Vec<Cell>| match <[Cell; 3]>::try_from(row) {
            Ok([Cell::Text(id), Cell::Real(lat), Cell::Real(lon)]) => Ok((id, Point { lat, lon })),
            Ok(_) | Err(_) => Err(self.damaged("an agency is at no place on the earth")),
        };
        self.rows(statement.bind(&ids))?.into_iter().map(read).collect()
    }
}
