//! The root of a table: one hash that anybody can compute from the records, from a file or by
//! walking the API.
//!
//! Each record's JSON object in canonical form (RFC 8785) is hashed with SHA-256; the 32 bytes of
//! these hashes, one after the other in the byte order of the records' ids, are hashed again.

use std::collections::HashMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::record::{RESOURCES, Resource};
use crate::release::digest;
use crate::release::format::Canonical;
use crate::release::manifest::ManifestTable;
use crate::release::rows::{Rows, RowsError, id_of};
use crate::release::workers;

/// Hashes the records of a table one by one.
#[derive(Debug, Default)]
pub struct TableRoot {
    hash: Sha256,
    rows: u64,
    last_id: String,
}

/// Why a record has no place in a root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// It has no `id` of text.
    #[error("a record has no id")]
    NoId,
    /// It does not come after the record before it.
    #[error("`{id}` does not come after `{previous}`")]
    Order {
        /// Its id.
        id: String,
        /// The id before it.
        previous: String,
    },
    /// It has no canonical form.
    #[error("`{id}` has no canonical JSON form")]
    Form {
        /// Its id.
        id: String,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl TableRoot {
    /// Adds the next record; ids must rise.
    pub fn push(&mut self, record: &Map<String, Value>) -> Result<(), RootError> {
        let Some(Value::String(id)) = record.get("id") else { return Err(RootError::NoId) };
        let canonical = serde_json_canonicalizer::to_vec(record)
            .map_err(|source| RootError::Form { id: id.clone(), source: source.into() })?;
        self.push_canonical(id, &canonical)
    }

    /// Adds the next record in its canonical form.
    fn push_canonical(&mut self, id: &str, canonical: &[u8]) -> Result<(), RootError> {
        if self.rows > 0 && self.last_id.as_str() >= id {
            return Err(RootError::Order { id: id.to_owned(), previous: self.last_id.clone() });
        }
        self.hash.update(Sha256::digest(canonical));
        self.rows += 1;
        self.last_id.clear();
        self.last_id.push_str(id);
        Ok(())
    }

    /// The table of the records added.
    #[must_use]
    pub fn finish(self, name: &str) -> ManifestTable {
        let root = digest::hexadecimal(&self.hash.finalize());
        ManifestTable { name: name.to_owned(), rows: self.rows, root }
    }
}

/// Rows and root of one table.
pub fn table(rows: &dyn Rows, resource: &'static Resource) -> Result<ManifestTable, RowsError> {
    let mut root = TableRoot::default();
    let mut canonical = Canonical::new(resource);
    rows.for_each(resource, &mut |cells| {
        let text = canonical.write(cells).map_err(std::io::Error::other)?;
        root.push_canonical(id_of(cells), text).map_err(std::io::Error::other)
    })?;
    Ok(root.finish(resource.table))
}

/// Rows and root of every table, in the order of the contract.
pub fn tables(rows: &dyn Rows) -> Result<Vec<ManifestTable>, RowsError> {
    let counts: HashMap<_, _> = RESOURCES
        .iter()
        .map(|resource| Ok((resource.table, rows.count(resource)?)))
        .collect::<Result<_, RowsError>>()?;
    let weight = |resource: &&Resource| counts.get(resource.table).copied().unwrap_or_default();
    workers::share_out(RESOURCES, weight, |resource| table(rows, resource))
}

/// A record that two releases do not both hold as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RowDifference {
    /// Its id.
    pub id: String,
    /// Whether the first of the two holds it.
    pub is_in_first: bool,
    /// Whether the second does.
    pub is_in_second: bool,
}

/// The first record, in the order of ids, that differs between two holders of the same table.
pub fn first_difference(
    first: &dyn Rows,
    second: &dyn Rows,
    resource: &'static Resource,
) -> Result<Option<RowDifference>, RowsError> {
    let mut known = Vec::new();
    hashes(first, resource, &mut |id, hash| known.push((id, hash)))?;
    let mut known = known.into_iter().peekable();
    let mut found = None;
    let differs = |id, is_in_first, is_in_second| RowDifference { id, is_in_first, is_in_second };
    hashes(second, resource, &mut |id, hash| {
        if found.is_some() {
            return;
        }
        found = match known.next_if(|(other, _)| *other <= id) {
            Some((other, _)) if other < id => Some(differs(other, true, false)),
            Some((_, other)) if other != hash => Some(differs(id, true, true)),
            Some(_) => None,
            None => Some(differs(id, false, true)),
        };
    })?;
    Ok(found.or_else(|| known.next().map(|(id, _)| differs(id, true, false))))
}

/// Calls `visit` with the id and the hash of each record.
fn hashes(
    rows: &dyn Rows,
    resource: &'static Resource,
    visit: &mut dyn FnMut(String, [u8; 32]),
) -> Result<(), RowsError> {
    let mut canonical = Canonical::new(resource);
    rows.for_each(resource, &mut |cells| {
        let text = canonical.write(cells).map_err(std::io::Error::other)?;
        visit(id_of(cells).to_owned(), Sha256::digest(text).into());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn root(records: &[Value]) -> Result<String, RootError> {
        let mut root = TableRoot::default();
        for record in records {
            root.push(record.as_object().unwrap())?;
        }
        Ok(root.finish("t").root)
    }

    /// Pinned: a root once published must never be computed differently. The expected value was
    /// computed by hand: `sha256(sha256(canonical 1) + sha256(canonical 2))`.
    #[test]
    fn a_root_is_the_hash_of_the_hashes_of_canonical_records() {
        let first = json!({"id": "a", "value": 4.0, "name": "Ö\n", "list": ["x"], "none": null});
        let second = json!({"id": "b", "yes": true, "share": 0.1, "big": 1e21});
        let by_hand = [
            r#"{"id":"a","list":["x"],"name":"Ö\n","none":null,"value":4}"#,
            r#"{"big":1e+21,"id":"b","share":0.1,"yes":true}"#,
        ]
        .map(|canonical| Sha256::digest(canonical.as_bytes()))
        .concat();
        let expected = "b877b22cbb99aaf74e167a27336bbc0fb9d3eba8f2862372ffb0a390267e475d";
        assert_eq!(digest::sha256(&by_hand), expected);
        assert_eq!(root(&[first, second]).unwrap(), expected);
    }

    #[test]
    fn the_root_of_no_records_is_the_hash_of_nothing() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(root(&[]).unwrap(), nothing);
    }

    #[test]
    fn records_out_of_order_or_twice_are_refused() {
        let (a, b) = (json!({"id": "a"}), json!({"id": "b"}));
        let error = root(&[b.clone(), a.clone()]).unwrap_err();
        assert_eq!(error.to_string(), "`a` does not come after `b`");
        assert!(matches!(root(&[a.clone(), a]), Err(RootError::Order { .. })));
        assert!(matches!(root(&[json!({"name": "x"})]), Err(RootError::NoId)));
    }

    proptest! {
        /// A client that read the record from JSON text must arrive at the same root.
        #[test]
        fn a_record_read_back_from_text_has_the_same_root(
            text in any::<String>(),
            number in any::<f64>().prop_filter("finite", |number| number.is_finite()),
            keys in proptest::collection::vec("[a-z]{1,6}", 0..6),
        ) {
            let mut record = Map::new();
            record.insert("id".into(), "a".into());
            record.insert("text".into(), text.into());
            record.insert("number".into(), number.into());
            for key in keys {
                record.entry(key).or_insert(Value::Null);
            }
            let record = Value::Object(record);
            let again: Value = serde_json::from_str(&record.to_string()).unwrap();
            prop_assert_eq!(root(&[record]).unwrap(), root(&[again]).unwrap());
        }
    }
}
