//! The first row in which the API and the file of a table differ.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::host::{Host, Record};
use super::walk::{Records, of_columns};
use super::{FindingKind, MirrorError};
use crate::record::ReleaseId;

/// The lines of an NDJSON file that is packed with gzip.
type Lines = io::Lines<BufReader<MultiGzDecoder<BufReader<File>>>>;

/// Walks the API once more beside the file at `path`, which is known to be the one published.
pub(super) async fn first_difference(
    host: &Host,
    release: ReleaseId,
    table: &str,
    columns: Option<&[String]>,
    path: &Path,
) -> Result<FindingKind, MirrorError> {
    let unreadable = |source| MirrorError::Scratch { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let mut lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file))).lines();
    let mut records = Records::of(host, release, table);
    loop {
        let api = records.next().await?.map(|record| of_columns(record, columns));
        let file = next_line(&mut lines).map_err(unreadable)?;
        let difference = match (api, file) {
            (None, None) => Some(FindingKind::BothDiffer),
            (Some(api), None) => Some(FindingKind::OnlyApi { id: id(&api) }),
            (None, Some(file)) => Some(FindingKind::OnlyFile { id: id(&file) }),
            (Some(api), Some(file)) => between(&api, &file),
        };
        if let Some(difference) = difference {
            return Ok(difference);
        }
    }
}

fn next_line(lines: &mut Lines) -> io::Result<Option<Record>> {
    let Some(line) = lines.next().transpose()? else { return Ok(None) };
    serde_json::from_str(&line).map(Some).map_err(io::Error::from)
}

/// What differs between two records that stand at the same place.
fn between(api: &Record, file: &Record) -> Option<FindingKind> {
    let (api_id, file_id) = (id(api), id(file));
    if api_id != file_id {
        // Both are in the order of their ids: the smaller one is missing on the other side.
        let only_api = api_id < file_id;
        return Some(if only_api {
            FindingKind::OnlyApi { id: api_id }
        } else {
            FindingKind::OnlyFile { id: file_id }
        });
    }
    let differs = |field: &&String| api.get(*field) != file.get(*field);
    let field = file.keys().chain(api.keys()).find(differs)?;
    let [api, file] = [api, file].map(|record| record.get(field).cloned());
    Some(FindingKind::Field { id: api_id, field: field.clone(), api, file })
}

fn id(record: &Record) -> String {
    record.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_differs_is_a_row_or_a_field() {
        let one = record(r#"{"id": "agy_1", "name": "Alton", "city": null}"#);
        let two = record(r#"{"id": "agy_2", "name": "Bexar", "city": null}"#);
        let other = record(r#"{"id": "agy_1", "name": "Alton", "city": "Alton"}"#);
        let short = record(r#"{"id": "agy_1", "name": "Alton"}"#);
        assert_eq!(between(&one, &one), None);
        assert_eq!(between(&one, &two), Some(FindingKind::OnlyApi { id: "agy_1".to_owned() }));
        assert_eq!(between(&two, &one), Some(FindingKind::OnlyFile { id: "agy_1".to_owned() }));
        let field = |api, file| FindingKind::Field {
            id: "agy_1".to_owned(),
            field: "city".to_owned(),
            api,
            file,
        };
        assert_eq!(between(&one, &other), Some(field(Some(Value::Null), Some("Alton".into()))));
        assert_eq!(between(&other, &short), Some(field(Some("Alton".into()), None)));
    }
}
