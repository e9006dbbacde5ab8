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
use arrow_schema::SchemaRef;

use self::columns::Batch;
use self::point::Bounds;
use self::reread::ParquetReread;
pub(in crate::release::format) use self::schema::sorted_by;
use super::check::{Failed, Reread};
use super::{Sink, Table};
use crate::record::{Cell, Point};

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
}

pub(super) fn sink(
    table: Table<'_>,
    content: Content,
    out: impl Write + Send + 'static,
) -> io::Result<Box<dyn Sink>> {
    let schema = schema::of(table, content);
    let properties = properties(table).map_err(io::Error::other)?;
    let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties));
    let writer = writer.map_err(io::Error::other)?;
    let batch = Batch::new(table.resource, content);
    Ok(Box::new(ParquetSink { content, schema, writer, batch, bounds: Bounds::default() }))
}

pub(super) fn reread(
    table: Table<'_>,
    content: Content,
    file: File,
) -> Result<Box<dyn Reread>, Failed> {
    Ok(Box::new(ParquetReread::open(file, table, content)?))
}

/// Gathers records and writes them as columns.
struct ParquetSink<W: Write + Send> {
    content: Content,
    schema: SchemaRef,
    writer: ArrowWriter<W>,
    batch: Batch,
    bounds: Bounds,
}

impl<W: Write + Send> ParquetSink<W> {
    fn write_batch(&mut self) -> io::Result<()> {
        let batch = self.batch.take(self.schema.clone()).map_err(io::Error::other)?;
        self.writer.write(&batch).map_err(io::Error::other)
    }
}

impl<W: Write + Send> Sink for ParquetSink<W> {
    fn push(&mut self, cells: &[Cell], point: Option<Point>) -> io::Result<()> {
        self.bounds.add(point);
        self.batch.push(cells, point).map_err(io::Error::other)?;
        if self.batch.rows() == BATCH_ROWS { self.write_batch() } else { Ok(()) }
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.write_batch()?;
        let Self { content, mut writer, bounds, .. } = *self;
        if content.has_point() {
            let value = Some(bounds.metadata());
            writer.append_key_value_metadata(KeyValue { key: point::KEY.to_owned(), value });
        }
        writer.into_inner().map_err(io::Error::other)?.flush()
    }
}

/// How a file is packed, and what it says of itself.
fn properties(table: Table<'_>) -> Result<WriterProperties, ParquetError> {
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
        .set_sorting_columns(Some(sorting(table)));
    let geometry = ColumnPath::new(vec![point::COLUMN.to_owned()]);
    let various = table.resource.columns.iter().filter_map(schema::various).map(ColumnPath::new);
    for path in various.chain([geometry.clone()]) {
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    // The least and the greatest of some bytes tell nothing.
    properties = properties.set_column_statistics_enabled(geometry, EnabledStatistics::None);
    Ok(properties.build())
}

/// The order of the rows as the file tells it: by number of the columns that hold values.
fn sorting(table: Table<'_>) -> Vec<SortingColumn> {
    let mut sorting = Vec::new();
    for name in sorted_by(table.resource).iter().chain(&["id"]) {
        // A list has one column of values and an object two, but they stand behind.
        let leaves = table.resource.columns.iter().map(schema::leaves);
        let place = table.resource.columns.iter().position(|column| column.name == *name);
        let before = place.map_or(0, |place| leaves.take(place).sum());
        sorting.push(SortingColumn { column_idx: before, descending: false, nulls_first: true });
    }
    sorting
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ::parquet::file::metadata::RowGroupMetaData;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::file::statistics::Statistics;

    use super::*;
    use crate::record::{Record, Resource};
    use crate::release::format::{self, Imprint};
    use crate::release::rows::MemoryRows;
    use crate::release::sample;

    /// The agencies of two states, more than a row group and a batch hold.
    fn written() -> (Vec<u8>, u64) {
        let cells = |number: usize| {
            let mut agency = sample::agency(&number.to_string());
            agency.state = if number.is_multiple_of(3) { "WY" } else { "AK" }.to_owned();
            let mut cells = agency.cells();
            cells[0] = crate::record::Cell::Text(format!("agy_{number:010}"));
            cells
        };
        let rows = (0..GROUP_ROWS + BATCH_ROWS + 10).map(cells).collect();
        let rows = MemoryRows(BTreeMap::from([("agencies", rows)]));
        let (release, schema_version) = (sample::first(), "1.1.0".to_owned());
        let imprint = Imprint { release, schema_version };
        let resource = Resource::of_table("agencies").unwrap();
        let table = Table { rows: &rows, resource, imprint: &imprint };
        let folder = tempfile::tempdir().unwrap();
        let count = format::write(&[format::Kind::Parquet], folder.path(), table).unwrap();
        (std::fs::read(folder.path().join("agencies.parquet")).unwrap(), count)
    }

    #[test]
    fn a_file_is_sorted_packed_and_has_statistics_by_which_groups_are_left_out() {
        let (bytes, count) = written();
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), bytes).unwrap();
        let file = SerializedFileReader::new(File::open(path.path()).unwrap()).unwrap();
        let metadata = file.metadata();
        assert_eq!(metadata.file_metadata().created_by(), Some("porchlight"));
        let groups = metadata.row_groups();
        let rows: Vec<_> = groups.iter().map(RowGroupMetaData::num_rows).collect();
        let rest = BATCH_ROWS + 10;
        assert_eq!(rows, [i64::try_from(GROUP_ROWS).unwrap(), i64::try_from(rest).unwrap()]);
        assert_eq!(count, (GROUP_ROWS + rest) as u64);

        let sorting = groups[0].sorting_columns().unwrap();
        let leaves = metadata.file_metadata().schema_descr().columns();
        let by = sorting
            .iter()
            .map(|key| leaves[usize::try_from(key.column_idx).unwrap()].path().string());
        assert_eq!(by.collect::<Vec<_>>(), ["state", "id"]);
        for column in groups.iter().flat_map(RowGroupMetaData::columns) {
            assert!(matches!(column.compression(), Compression::ZSTD(_)));
            assert!(column.statistics().is_some(), "{}", column.column_path());
            assert!(column.column_index_offset().is_some(), "{}", column.column_path());
        }
        let last = groups[1].columns().iter().find(|c| c.column_path().string() == "state");
        let Some(Statistics::ByteArray(states)) = last.unwrap().statistics() else { panic!() };
        assert_eq!(states.min_opt().unwrap().data(), b"WY", "no agency of AK is in the last group");
    }
}
