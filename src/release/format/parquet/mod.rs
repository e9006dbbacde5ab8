//! `T.parquet`: the columns of a table with their types, packed with Zstandard; and
//! `T.geo.parquet`: the same with a column `geometry` of points, GeoParquet 1.1.
//!
//! Rows are sorted by what is filtered by most, so that the statistics of the row groups let a
//! reader leave out what it does not ask for; [`schema::sorted_by`] says what that is.

mod columns;
mod point;
mod reread;
mod schema;

use std::fs::File;
use std::io::{self, Write};

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{KeyValue, SortingColumn};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::schema::types::ColumnPath;

use self::columns::Batch;
use self::point::Bounds;
use self::reread::ParquetReread;
use super::Table;
use super::check::{self, Failed};
use crate::release::rows::{RowsError, Scan};

/// Rows of a row group: what a reader can leave out as a whole. All groups but the last have as
/// many.
const GROUP_ROWS: usize = 65_536;

/// Rows that are held as they come before they are packed: a fraction of a row group.
const BATCH_ROWS: usize = 4_096;

/// How hard Zstandard tries, from 1 to 22.
const ZSTD_LEVEL: i32 = 3;

/// Who wrote the file. Without a version: what differs between versions are the bytes after it.
const CREATED_BY: &str = "porchlight";

/// What stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// The columns of the table.
    Columns,
    /// These, and a point each.
    ColumnsAndPoint,
}

impl Content {
    fn has_point(self) -> bool {
        match self {
            Self::Columns => false,
            Self::ColumnsAndPoint => true,
        }
    }

    /// What is read for it, in the order of the file.
    fn scan(self, table: Table<'_>) -> Scan {
        let by = schema::sorted_by(table.resource);
        Scan { resource: table.resource, by, placed: self.has_point() }
    }
}

pub(super) fn write(
    table: Table<'_>,
    content: Content,
    out: impl Write + Send,
) -> Result<u64, RowsError> {
    let failed = |error: ParquetError| RowsError::Visit {
        table: table.resource.table,
        source: io::Error::other(error),
    };
    let schema = schema::of(table, content);
    let properties = properties(table, content).map_err(failed)?;
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(failed)?;
    let mut batch = Batch::new(table.resource, content);
    let mut bounds = Bounds::default();
    let mut count: u64 = 0;
    table.rows.scan(content.scan(table), &mut |cells, point| {
        count += 1;
        bounds.add(point);
        batch.push(cells, point).map_err(io::Error::other)?;
        if batch.rows() == BATCH_ROWS {
            let full = batch.take(schema.clone()).map_err(io::Error::other)?;
            writer.write(&full).map_err(io::Error::other)?;
        }
        Ok(())
    })?;
    let last = batch.take(schema).map_err(|error| failed(error.into()))?;
    writer.write(&last).map_err(failed)?;
    if content.has_point() {
        let value = Some(bounds.metadata());
        writer.append_key_value_metadata(KeyValue { key: point::KEY.to_owned(), value });
    }
    writer.close().map_err(failed)?;
    Ok(count)
}

pub(super) fn check(table: Table<'_>, content: Content, file: File) -> Result<u64, Failed> {
    let mut reread = ParquetReread::open(file, table, content)?;
    check::compare_scan(&mut reread, table, content.scan(table))
}

/// How a file is packed, and what it says of itself.
fn properties(table: Table<'_>, content: Content) -> Result<WriterProperties, ParquetError> {
    let imprint = table.imprint;
    let about = [
        ("table", table.resource.table.to_owned()),
        ("release", imprint.release.to_string()),
        ("schema_version", imprint.schema_version.clone()),
    ];
    let about = about.map(|(key, value)| KeyValue { key: key.to_owned(), value: Some(value) });
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(about.to_vec()))
        .set_sorting_columns(Some(sorting(table, content)));
    for column in table.resource.columns.iter().filter(|column| schema::is_unique(column)) {
        let path = ColumnPath::new(vec![column.name.to_owned()]);
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    let geometry = ColumnPath::new(vec![point::COLUMN.to_owned()]);
    // The least and the greatest of some bytes tell nothing.
    properties = properties.set_column_statistics_enabled(geometry, EnabledStatistics::None);
    Ok(properties.build())
}

/// The order of the rows as the file tells it: by number of the columns that hold values.
fn sorting(table: Table<'_>, content: Content) -> Vec<SortingColumn> {
    let mut sorting = Vec::new();
    let scan = content.scan(table);
    for name in scan.by.iter().chain(&["id"]) {
        // A list has one column of values and an object two, but they stand behind.
        let leaves = table.resource.columns.iter().map(schema::leaves);
        let place = table.resource.columns.iter().position(|column| column.name == *name);
        let before = place.map_or(0, |place| leaves.take(place).sum());
        sorting.push(SortingColumn { column_idx: before, descending: false, nulls_first: true });
    }
    sorting
}
