//! The whole of a table, record by record, as the API gives it.

use std::collections::VecDeque;

use super::host::{Host, Pages, Record};
use super::{Finding, FindingKind, MirrorError};
use crate::record::ReleaseId;
use crate::release::ManifestTable;
use crate::release::root::{RootError, TableRoot};

/// The records of a table, page by page.
pub(super) struct Records<'a> {
    pages: Pages<'a>,
    release: ReleaseId,
    /// Those of the page that were not taken yet.
    page: VecDeque<Record>,
    /// The release that a page named, where it is another one.
    strange: Option<String>,
}

impl<'a> Records<'a> {
    pub(super) fn of(host: &'a Host, release: ReleaseId, table: &str) -> Self {
        let pages = host.records(release, table);
        Self { pages, release, page: VecDeque::new(), strange: None }
    }

    /// The next record.
    pub(super) async fn next(&mut self) -> Result<Option<Record>, MirrorError> {
        while self.page.is_empty() {
            let Some((records, release)) = self.pages.next().await? else { return Ok(None) };
            if release != Some(self.release) {
                let says = release.map_or_else(|| "no name".to_owned(), |says| says.to_string());
                self.strange.get_or_insert(says);
            }
            self.page = records.into();
        }
        Ok(self.page.pop_front())
    }
}

/// Walks a table and compares count and root with the manifest; what is wrong, and how many
/// records there were.
///
/// `columns` are those the release has; others that a later program adds are left aside. Every
/// column of the record counts where none are given.
pub(super) async fn walk(
    host: &Host,
    release: ReleaseId,
    table: &ManifestTable,
    columns: Option<&[String]>,
) -> Result<(Vec<Finding>, u64), MirrorError> {
    let place = format!("/v1/releases/{release}/{}", table.name);
    let finding = |kind| Finding { place: place.clone(), kind };
    let mut records = Records::of(host, release, &table.name);
    let (mut root, mut rows, mut findings) = (TableRoot::default(), 0, Vec::new());
    // One more than promised is enough to know that it is another table.
    while rows <= table.rows
        && let Some(record) = records.next().await?
    {
        rows += 1;
        match root.push(&of_columns(record, columns)) {
            Ok(()) => {}
            Err(error @ (RootError::Order { .. } | RootError::NoId)) => {
                let detail = error.to_string();
                findings.push(finding(FindingKind::Order { detail }));
                break;
            }
            Err(error @ RootError::Form { .. }) => {
                findings.push(finding(FindingKind::Refused { detail: error.to_string() }));
                break;
            }
        }
    }
    if let Some(says) = records.strange {
        findings.push(finding(FindingKind::OtherRelease { says }));
    }
    let found = root.finish(&table.name);
    if found != *table {
        findings.push(finding(FindingKind::Root {
            expected_rows: table.rows,
            rows,
            expected: table.root.clone(),
            found: found.root,
        }));
    }
    Ok((findings, rows))
}

/// A record without the columns its release does not have.
pub(super) fn of_columns(mut record: Record, columns: Option<&[String]>) -> Record {
    if let Some(columns) = columns {
        record.retain(|name, _| columns.contains(name));
    }
    record
}
