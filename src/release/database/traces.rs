//! Where a release file holds something of a record that is to be redacted.

use std::collections::BTreeSet;

use serde_json::Value;

use super::load::Reader;
use super::open::{DatabaseError, ReleaseDatabase};
use super::statement::Statement;
use crate::record::{Cell, DamagedCell, Evidence, Issue, RESOURCES, Record};

/// A row of a source: the sort of what it is about, the source, and its key there.
pub type SourceRow = (String, String, String);

impl ReleaseDatabase {
    /// The evidence of these ids, that which speaks of records of these ids, and that of these
    /// rows.
    pub fn evidence_about(
        &self,
        ids: &BTreeSet<String>,
        rows: &BTreeSet<SourceRow>,
    ) -> Result<Vec<Evidence>, DatabaseError> {
        let condition = format!(
            "id IN (SELECT value FROM json_each(?)) OR subject_id IN (SELECT value FROM json_each(?))
             OR {IS_ROW} IN (SELECT value FROM json_each(?))"
        );
        let ids = list(ids);
        let select = select::<Evidence>(&condition).bind(&ids).bind(&ids).bind(&list_rows(rows));
        self.records_of(select, Evidence::from_cells)
    }

    /// The issues of these ids.
    pub fn issues_of(&self, ids: &BTreeSet<String>) -> Result<Vec<Issue>, DatabaseError> {
        let select = select::<Issue>("id IN (SELECT value FROM json_each(?))");
        self.records_of(select.bind(&list(ids)), Issue::from_cells)
    }

    fn records_of<R>(
        &self,
        select: Statement,
        read: impl Fn(Vec<Cell>) -> Result<R, DamagedCell>,
    ) -> Result<Vec<R>, DatabaseError> {
        let records = self.rows(select)?.into_iter().map(read);
        records.collect::<Result<_, _>>().map_err(|error| self.damaged(error.to_string()))
    }

    /// Ids of what goes with records of these ids: partnerships and disclosures of an agency,
    /// corrections of a record, and ids that were merged into one.
    pub fn bound_to(&self, ids: &BTreeSet<String>) -> Result<BTreeSet<String>, DatabaseError> {
        let mut bound = BTreeSet::new();
        for place in [
            "id FROM partnerships WHERE agency_id",
            "id FROM disclosures WHERE agency_id",
            "id FROM corrections WHERE subject_id",
            "from_id FROM redirects WHERE to_id",
        ] {
            let sql = format!("SELECT {place} IN (SELECT value FROM json_each(?))");
            let found = Statement::new(sql).bind(&list(ids));
            bound.extend(self.read(found, Reader::next::<String>)?);
        }
        Ok(bound)
    }

    /// Whether the file holds anything of these ids or rows, but that an id was taken back.
    pub fn holds(
        &self,
        ids: &BTreeSet<String>,
        rows: &BTreeSet<SourceRow>,
    ) -> Result<bool, DatabaseError> {
        let named = "IN (SELECT value FROM json_each(?))";
        // A file of an earlier schema has fewer tables.
        let tables: Vec<String> = self.read(
            Statement::new("SELECT name FROM sqlite_master WHERE type = 'table'"),
            Reader::next,
        )?;
        let there = RESOURCES.iter().filter(|resource| tables.iter().any(|t| t == resource.table));
        let of_records = there.map(|resource| format!("{} WHERE id", resource.table));
        let others = [
            "evidence WHERE subject_id",
            "identities WHERE id",
            "redirects WHERE from_id",
            "redirects WHERE to_id",
            "changes WHERE id",
        ];
        for place in of_records.chain(others.map(str::to_owned)) {
            let count = Statement::new(format!("SELECT count(*) FROM {place} {named}"));
            if self.is_any(count.bind(&list(ids)))? {
                return Ok(true);
            }
        }
        let evidence = format!("SELECT count(*) FROM evidence WHERE {IS_ROW} {named}");
        if self.is_any(Statement::new(evidence).bind(&list_rows(rows)))? {
            return Ok(true);
        }
        let issues =
            format!("SELECT count(*) FROM issues WHERE json_array(source_id, source_key) {named}");
        let of_issues: Vec<Value> =
            rows.iter().map(|(_, source, key)| array(&[source, key])).collect();
        self.is_any(Statement::new(issues).bind(&Value::from(of_issues).to_string()))
    }

    fn is_any(&self, count: Statement) -> Result<bool, DatabaseError> {
        let counts: Vec<i64> = self.read(count, Reader::next)?;
        Ok(counts.iter().any(|count| *count > 0))
    }
}

/// A row of a source, as one value.
const IS_ROW: &str = "json_array(subject_type, source_id, source_key)";

fn select<R: Record>(condition: &str) -> Statement {
    let columns: Vec<&str> = R::COLUMNS.iter().map(|column| column.name).collect();
    let columns = columns.join(", ");
    Statement::new(format!("SELECT {columns} FROM {} WHERE {condition} ORDER BY id", R::TABLE))
}

fn list(ids: &BTreeSet<String>) -> String {
    Value::from(ids.iter().cloned().collect::<Vec<_>>()).to_string()
}

fn list_rows(rows: &BTreeSet<SourceRow>) -> String {
    let rows = rows.iter().map(|(subject, source, key)| array(&[subject, source, key]));
    Value::from(rows.collect::<Vec<_>>()).to_string()
}

/// The text that `json_array` makes of these texts.
fn array(texts: &[&String]) -> Value {
    let texts: Vec<Value> = texts.iter().map(|text| Value::from(text.as_str())).collect();
    Value::from(Value::from(texts).to_string())
}
