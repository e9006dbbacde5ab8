//! `datasette.json`: what Datasette shows with the database, and how it searches it.
//!
//! Datasette finds a search index only if it was made for one table. Ours holds the words of every
//! table, those of the agencies first, so that their rows have the same numbers in both: told so,
//! Datasette searches agencies as it does elsewhere. The other tables are searched by queries.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::about::{
    DATASET_HOMEPAGE, DATASET_LICENCE_TITLE, DATASET_LICENCE_URL, DATASET_PUBLISHER,
    DATASET_SUMMARY, DATASET_TITLE, citation,
};
use super::{Derived, DocumentError, Subject, write_json};
use crate::record::{Agency, RESOURCES, Record, Resource};
use crate::release::database::is_searched;

/// Settings for Datasette.
pub(super) const DATASETTE_FILE: &str = "datasette.json";

pub(super) const DOCUMENT: Derived =
    Derived { name: DATASETTE_FILE, media_type: "application/json", write };

/// Columns offered as facets, where a table has them: few values each, and what people ask by.
const FACETS: &[&str] =
    &["state", "kind", "service", "status", "program_id", "legal_basis", "metric", "problem"];

/// Facets a table shows at once; each is a count of the whole table.
const SHOWN: usize = 3;

fn write(subject: &Subject<'_>, out: &mut dyn Write) -> Result<Option<u64>, DocumentError> {
    let release = subject.draft.release;
    let tables: Map<_, _> =
        RESOURCES.iter().map(|resource| (resource.table.to_owned(), table(resource))).collect();
    let others =
        RESOURCES.iter().filter(|other| is_searched(other.table) && other.table != Agency::TABLE);
    let queries: Map<_, _> =
        others.map(|other| (format!("search_{}", other.table), search(other.table))).collect();
    let document = json!({
        "title": DATASET_TITLE,
        "description": format!("{DATASET_SUMMARY} Cite as: {}", citation(release)),
        "license": DATASET_LICENCE_TITLE,
        "license_url": DATASET_LICENCE_URL,
        "source": format!("{DATASET_PUBLISHER}, release {release}"),
        "source_url": DATASET_HOMEPAGE,
        "databases": { "dataset": { "tables": tables, "queries": queries } },
    });
    write_json(&document, out)?;
    Ok(None)
}

fn table(resource: &Resource) -> Value {
    let columns: Map<_, _> =
        resource.columns.iter().map(|c| (c.name.to_owned(), c.about().into())).collect();
    let facets = FACETS.iter().filter(|name| resource.column(name).is_some());
    let facets: Vec<_> = facets.take(SHOWN).collect();
    let mut table = json!({ "description": resource.about(), "columns": columns });
    if !facets.is_empty() {
        table["facets"] = json!(facets);
    }
    if let Some(label) =
        ["name", "title", "agency_name"].iter().find(|n| resource.column(n).is_some())
    {
        table["label_column"] = json!(label);
    }
    if resource.table == Agency::TABLE {
        table["fts_table"] = json!("search");
        table["fts_pk"] = json!("rowid");
    }
    table
}

/// A query that searches a table by words.
fn search(table: &str) -> Value {
    json!({
        "title": format!("Search {}", table.replace('_', " ")),
        "sql": format!(
            "SELECT r.* FROM search JOIN {table} r ON r.id = search.id \
             WHERE search.resource = '{table}' AND search MATCH :words ORDER BY rank, r.id LIMIT 200"
        ),
    })
}
