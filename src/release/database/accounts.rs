//! How it was decided which agency each listing means.

use super::load::Reader;
use super::statement::Statement;
use super::{DatabaseError, ReleaseDatabase};
use crate::record::{DamagedCell, MatchAccount};

impl ReleaseDatabase {
    /// All accounts, in the order of their evidence. A file of an earlier schema has none.
    pub fn match_accounts(&self) -> Result<Vec<MatchAccount>, DatabaseError> {
        if !self.has_table("match_accounts")? {
            return Ok(Vec::new());
        }
        let all = "SELECT account FROM match_accounts ORDER BY evidence_id";
        self.read(Statement::new(all), account)
    }

    /// The accounts of the listings that a partnership is made of.
    pub fn match_accounts_of(
        &self,
        partnership_id: &str,
    ) -> Result<Vec<MatchAccount>, DatabaseError> {
        let own =
            "SELECT account FROM match_accounts WHERE partnership_id = ? ORDER BY evidence_id";
        self.read(Statement::new(own).bind(partnership_id), account)
    }
}

fn account(row: &mut Reader) -> Result<MatchAccount, DamagedCell> {
    let text: String = row.next()?;
    serde_json::from_str(&text)
        .map_err(|_not_json| DamagedCell { expected: "an account of a match", found: text })
}
