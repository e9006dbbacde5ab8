//! The file formats of a release. A new one is a file here and its arms in [`Kind`].

mod canonical;
mod check;
mod csv;
mod geojson;
mod json;
mod ndjson;
mod parquet;
mod plain;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use crate::record::{Cell, Point, ReleaseId, Resource};
use crate::release::rows::{Rows, RowsError, Scan};

pub use canonical::Canonical;
pub use check::Difference;
pub use csv::{CsvLines, text as csv_text};
pub use geojson::{CollectionMeta, Features};
pub use json::{json, value_of, write_cell, write_row, write_value};

/// A format in which tables are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Comma-separated values.
    Csv,
    /// JSON lines, packed with gzip.
    Ndjson,
    /// Columns with their types, packed.
    Parquet,
    /// Features on a map, as text.
    GeoJson,
    /// The columns and a point each, packed.
    GeoParquet,
}

/// A table of a release, as its files hold it.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    /// The records of the release.
    pub rows: &'a dyn Rows,
    /// Which of them.
    pub resource: &'static Resource,
    /// What its files say of the release.
    pub imprint: &'a Imprint,
}

/// What a file says of the release it belongs to, in the formats that have a place for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// The release.
    pub release: ReleaseId,
    /// Version of its schema.
    pub schema_version: String,
}

/// Why a file could not be written or is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The file cannot be written, opened or read.
    #[error("`{file}`: input or output failed")]
    File {
        /// The name of the file.
        file: String,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// The records cannot be read or have no place in the format.
    #[error("`{file}`: the records cannot be read or have no place in it")]
    Rows {
        /// The name of the file.
        file: String,
        /// What failed.
        #[source]
        source: RowsError,
    },
    /// Read back, it differs from the records it was written from.
    #[error("`{file}` differs from the records")]
    Differs {
        /// The name of the file.
        file: String,
        /// Where, and how.
        #[source]
        source: Difference,
    },
}

impl Kind {
    /// Every format.
    pub const ALL: &'static [Self] =
        &[Self::Csv, Self::Ndjson, Self::Parquet, Self::GeoJson, Self::GeoParquet];

    /// The formats in which a resource is published.
    pub fn of(resource: &Resource) -> impl Iterator<Item = Self> {
        let placed = resource.location().is_some();
        Self::ALL.iter().copied().filter(move |kind| match kind {
            Self::Csv | Self::Ndjson | Self::Parquet => true,
            Self::GeoJson | Self::GeoParquet => placed,
        })
    }

    /// Whether a release of that schema has files of it for sure. Earlier ones were published before
    /// the format was made.
    #[must_use]
    pub fn is_promised_by(self, imprint: &Imprint) -> bool {
        match self {
            Self::Csv | Self::Ndjson => true,
            Self::Parquet | Self::GeoJson | Self::GeoParquet => imprint.schema_version != "1.0.0",
        }
    }

    /// Whether its files are no text, so that damage may be anywhere and mean anything.
    #[must_use]
    pub fn is_packed(self) -> bool {
        match self {
            Self::Csv | Self::GeoJson => false,
            Self::Ndjson | Self::Parquet | Self::GeoParquet => true,
        }
    }

    /// The name of the file of a table.
    #[must_use]
    pub fn file_name(self, resource: &Resource) -> String {
        let suffix = match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson.gz",
            Self::Parquet => "parquet",
            Self::GeoJson => "geojson",
            Self::GeoParquet => "geo.parquet",
        };
        format!("{}.{suffix}", resource.table)
    }

    /// The columns by which its files are sorted, before the id.
    #[must_use]
    pub fn order(self, resource: &Resource) -> &'static [&'static str] {
        match self {
            Self::Csv | Self::Ndjson | Self::GeoJson => &[],
            Self::Parquet | Self::GeoParquet => parquet::sorted_by(resource),
        }
    }

    /// Whether its files hold the places of the records.
    fn is_placed(self) -> bool {
        match self {
            Self::Csv | Self::Ndjson | Self::Parquet => false,
            Self::GeoJson | Self::GeoParquet => true,
        }
    }

    /// Begins a file of it.
    fn sink(self, table: Table<'_>, out: BufWriter<File>) -> Result<Box<dyn Sink>, RowsError> {
        let begun = match self {
            Self::Csv => csv::sink(table, out),
            Self::Ndjson => Ok(ndjson::sink(table, out)),
            Self::Parquet => parquet::sink(table, parquet::Content::Columns, out),
            Self::GeoJson => return geojson::sink(table, out),
            Self::GeoParquet => parquet::sink(table, parquet::Content::ColumnsAndPoint, out),
        };
        begun.map_err(|source| RowsError::Visit { table: table.resource.table, source })
    }

    /// Begins to read a file of it back.
    fn reread(self, table: Table<'_>, file: File) -> Result<Box<dyn check::Reread>, check::Failed> {
        match self {
            Self::Csv => csv::reread(table, file),
            Self::Ndjson => Ok(ndjson::reread(file)),
            Self::Parquet => parquet::reread(table, parquet::Content::Columns, file),
            Self::GeoJson => geojson::reread(table, file),
            Self::GeoParquet => parquet::reread(table, parquet::Content::ColumnsAndPoint, file),
        }
    }

    /// The media type of its files.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/gzip",
            Self::Parquet | Self::GeoParquet => "application/vnd.apache.parquet",
            Self::GeoJson => "application/geo+json",
        }
    }
}

/// A file that is written record by record.
trait Sink {
    /// Adds the next record, at its place where that is known.
    fn push(&mut self, cells: &[Cell], point: Option<Point>) -> io::Result<()>;

    /// Writes what stands at the end, and hands all of it to the system.
    fn end(self: Box<Self>) -> io::Result<()>;
}

/// Writes files of a table into `folder`, over those that are there, and returns how many records
/// each holds. The formats must have one order ([`Kind::order`]).
///
/// The same records give the same bytes.
pub fn write(kinds: &[Kind], folder: &Path, table: Table<'_>) -> Result<u64, FormatError> {
    let mut sinks = Vec::new();
    for kind in kinds {
        let file = kind.file_name(table.resource);
        match File::create(folder.join(&file)) {
            Ok(out) => {
                let sink = kind.sink(table, BufWriter::new(out));
                let sink = sink.map_err(|source| unfit(&file, source))?;
                sinks.push((file, sink));
            }
            Err(source) => return Err(FormatError::File { file, source }),
        }
    }
    let mut count = 0;
    let mut at = 0;
    let scanned = table.rows.scan(scan(kinds, table), &mut |cells, point| {
        count += 1;
        let mut each = sinks.iter_mut().enumerate();
        each.try_for_each(|(place, (_, sink))| {
            at = place;
            sink.push(cells, point)
        })
    });
    let file = sinks.get(at).map_or("", |(file, _)| file.as_str());
    scanned.map_err(|source| unfit(file, source))?;
    for (file, sink) in sinks {
        let failed = |source| RowsError::Visit { table: table.resource.table, source };
        sink.end().map_err(|source| unfit(&file, failed(source)))?;
    }
    Ok(count)
}

/// Reads files of a table back, whose formats have one order, compares each cell with the records and
/// returns how many there are.
pub fn check(files: &[(Kind, PathBuf)], table: Table<'_>) -> Result<u64, FormatError> {
    let failed = |(file, failed)| match failed {
        check::Failed::Differs(source) => FormatError::Differs { file, source },
        check::Failed::Rows(source) => FormatError::Rows { file, source },
    };
    let mut rereads = Vec::new();
    for (kind, path) in files {
        let name = kind.file_name(table.resource);
        match File::open(path) {
            Ok(file) => match kind.reread(table, file) {
                Ok(reread) => rereads.push((name, reread)),
                Err(error) => return Err(failed((name, error))),
            },
            Err(source) => return Err(FormatError::File { file: name, source }),
        }
    }
    let kinds: Vec<Kind> = files.iter().map(|(kind, _)| *kind).collect();
    check::compare(rereads, table, scan(&kinds, table)).map_err(failed)
}

/// What is read for files of these formats.
fn scan(kinds: &[Kind], table: Table<'_>) -> Scan {
    let Table { resource, .. } = table;
    let placed = kinds.iter().any(|kind| kind.is_placed());
    Scan { resource, by: kinds.first().map_or(&[], |kind| kind.order(resource)), placed }
}

fn unfit(file: &str, source: RowsError) -> FormatError {
    FormatError::Rows { file: file.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;

    use super::*;
    use crate::record::{Agency, Cell, Column, ColumnType, Field, Partnership, RESOURCES, Record};
    use crate::release::rows::MemoryRows;
    use crate::release::sample;

    fn imprint() -> &'static Imprint {
        static IMPRINT: std::sync::OnceLock<Imprint> = std::sync::OnceLock::new();
        IMPRINT.get_or_init(|| Imprint {
            release: sample::first(),
            schema_version: "1.0.0".to_owned(),
        })
    }

    fn write(
        kind: Kind,
        folder: &Path,
        rows: &dyn Rows,
        resource: &'static Resource,
    ) -> Result<u64, FormatError> {
        super::write(&[kind], folder, Table { rows, resource, imprint: imprint() })
    }

    fn check(
        kind: Kind,
        path: &Path,
        rows: &dyn Rows,
        resource: &'static Resource,
    ) -> Result<u64, FormatError> {
        let table = Table { rows, resource, imprint: imprint() };
        super::check(&[(kind, path.to_owned())], table)
    }

    fn vendors() -> &'static Resource {
        Resource::of_table("vendors").unwrap()
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    fn vendor(id: &str, name: &str, aliases: &[&str]) -> Vec<Cell> {
        let aliases = serde_json::to_string(aliases).unwrap();
        let release = text("2026-11-24.1");
        let (parent, homepage) = (Cell::Null, text("https://example.org/?a=1,2"));
        let count = Cell::Integer(3);
        vec![
            text(id),
            text(name),
            parent,
            homepage,
            text(&aliases),
            release.clone(),
            release,
            count,
        ]
    }

    fn two_vendors() -> MemoryRows {
        let rows = vec![
            vendor("acme", "Acme \"Eye\", Inc.", &["Acme", "Eye, the"]),
            vendor("ring", "Ring\r\nLLC — Ü", &[]),
        ];
        MemoryRows(BTreeMap::from([("vendors", rows)]))
    }

    #[test]
    fn csv_is_quoted_where_it_must_be_and_ends_lines_with_lf() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(write(Kind::Csv, folder.path(), &two_vendors(), vendors()).unwrap(), 2);
        let written = fs::read_to_string(folder.path().join("vendors.csv")).unwrap();
        let stamps = "2026-11-24.1,2026-11-24.1,3\n";
        let expected = [
            "id,name,parent,homepage,aliases,first_release,last_changed_release,evidence_count\n",
            r#"acme,"Acme ""Eye"", Inc.",,"https://example.org/?a=1,2","[""Acme"",""Eye, the""]","#,
            stamps,
            "ring,\"Ring\r\nLLC — Ü\",,\"https://example.org/?a=1,2\",[],",
            stamps,
        ];
        assert_eq!(written, expected.concat());
    }

    #[test]
    fn truth_values_in_csv_are_words() {
        let folder = tempfile::tempdir().unwrap();
        let truth = Column::new("flag", "", ColumnType::Boolean, true);
        let written = [Cell::Integer(1), Cell::Integer(0), Cell::Null];
        assert_eq!(written.each_ref().map(|cell| csv::text(&truth, cell)), ["true", "false", ""]);

        let sources = Resource::of_table("sources").unwrap();
        let row = |flag: i64| {
            let cells = sources.columns.iter().map(|column| match column.ty {
                ColumnType::Boolean => Cell::Integer(flag),
                ColumnType::Text
                | ColumnType::Word(_)
                | ColumnType::Integer
                | ColumnType::Real
                | ColumnType::Date
                | ColumnType::Instant
                | ColumnType::TextList
                | ColumnType::Object => text("x"),
            });
            MemoryRows(BTreeMap::from([("sources", vec![cells.collect()])]))
        };
        write(Kind::Csv, folder.path(), &row(1), sources).unwrap();
        let path = folder.path().join("sources.csv");
        let file = fs::read_to_string(&path).unwrap();
        assert!(file.lines().nth(1).unwrap().contains(",true,"), "{file}");
        check(Kind::Csv, &path, &row(1), sources).unwrap();
        check(Kind::Csv, &path, &row(0), sources).unwrap_err();
        fs::write(&path, file.replace(",true,", ",1,")).unwrap();
        check(Kind::Csv, &path, &row(1), sources).unwrap_err();
    }

    #[test]
    fn ndjson_holds_the_objects_of_the_api_and_no_time_or_system() {
        let folder = tempfile::tempdir().unwrap();
        write(Kind::Ndjson, folder.path(), &two_vendors(), vendors()).unwrap();
        let packed = fs::read(folder.path().join("vendors.ndjson.gz")).unwrap();
        assert_eq!((&packed[4..8], packed[9]), (&[0; 4][..], 255));
        let mut unpacked = String::new();
        io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*packed), &mut unpacked)
            .unwrap();
        let first = concat!(
            r#"{"id":"acme","name":"Acme \"Eye\", Inc.","parent":null,"#,
            r#""homepage":"https://example.org/?a=1,2","aliases":["Acme","Eye, the"],"#,
            r#""first_release":"2026-11-24.1","last_changed_release":"2026-11-24.1","#,
            r#""evidence_count":3}"#
        );
        assert_eq!(unpacked.lines().next().unwrap(), first);
        assert_eq!(unpacked.lines().count(), 2);
    }

    #[test]
    fn an_empty_table_is_a_file_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let nothing = MemoryRows::default();
        for resource in RESOURCES {
            for kind in Kind::of(resource) {
                assert_eq!(write(kind, folder.path(), &nothing, resource).unwrap(), 0);
                let path = folder.path().join(kind.file_name(resource));
                assert_eq!(check(kind, &path, &nothing, resource).unwrap(), 0, "{path:?}");
            }
        }
    }

    #[test]
    fn a_file_that_differs_is_named_with_row_and_column() {
        let folder = tempfile::tempdir().unwrap();
        for kind in Kind::ALL {
            write(*kind, folder.path(), &two_vendors(), vendors()).unwrap();
            let path = folder.path().join(kind.file_name(vendors()));
            let differs = |change: &dyn Fn(&mut Vec<Vec<Cell>>)| {
                let mut rows = two_vendors();
                change(rows.0.get_mut("vendors").unwrap());
                match check(*kind, &path, &rows, vendors()).unwrap_err() {
                    FormatError::Differs { file, source } => format!("{file}: {source}"),
                    other @ (FormatError::File { .. } | FormatError::Rows { .. }) => {
                        panic!("{other}")
                    }
                }
            };
            let name = differs(&|rows| rows[1][1] = text("Rung"));
            assert!(name.starts_with(&kind.file_name(vendors())), "{name}");
            assert!(name.contains("row 2, column `name`: expected"), "{name}");
            let number = differs(&|rows| rows[0][7] = Cell::Integer(4));
            assert!(number.contains("row 1, column `evidence_count`"), "{number}");
            let few = differs(&|rows| rows.push(rows[1].clone()));
            assert!(few.ends_with("it ends after 2 rows, too early"), "{few}");
            let many = differs(&|rows| drop(rows.pop()));
            assert!(many.ends_with("row 2 is one too many"), "{many}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_back_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let rows = two_vendors();
        let broken = |kind: Kind, bytes: &[u8]| {
            let path = folder.path().join("broken");
            fs::write(&path, bytes).unwrap();
            check(kind, &path, &rows, vendors()).unwrap_err()
        };
        for (kind, bytes) in [
            (Kind::Csv, &b"id,name\n"[..]),
            (Kind::Csv, b""),
            (Kind::Csv, b"\xef\xbb\xbfid,name,parent,homepage,aliases,first_release,last_changed_release,evidence_count\n"),
            (Kind::Csv, b"id,name,parent,homepage,aliases,first_release,last_changed_release,evidence_count\nacme\n"),
            (Kind::Ndjson, b"not gzip"),
            (Kind::Ndjson, b""),
        ] {
            assert!(matches!(broken(kind, bytes), FormatError::Differs { .. }));
        }
        let missing = check(Kind::Csv, &folder.path().join("none"), &rows, vendors()).unwrap_err();
        assert!(matches!(missing, FormatError::File { .. }));
    }

    #[test]
    fn a_damaged_record_stops_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = two_vendors();
        rows.0.get_mut("vendors").unwrap()[0][4] = text("no list");
        let error = write(Kind::Ndjson, folder.path(), &rows, vendors()).unwrap_err();
        assert!(matches!(error, FormatError::Rows { .. }));
    }

    fn agency(name: &str, state: &str, at: Option<(f64, f64)>) -> Agency {
        let (lat, lon) = at.unzip();
        Agency { state: state.to_owned(), lat, lon, ..sample::agency(name) }
    }

    fn partnership(id: &str, state: Option<&str>, agency: Option<&Agency>) -> Partnership {
        serde_json::from_value(serde_json::json!({
            "id": id, "agency_id": agency.map(|agency| &agency.id), "agency_name": "A",
            "agency_name_reported": "A", "state": state, "kind": "police",
            "service": "law_enforcement", "program_id": "ring-neighbors", "vendor_id": "ring",
            "status": "unknown", "started_on": "2018-05-01", "started_on_precision": "month",
            "started_on_basis": "activation", "ended_on": null, "ended_on_precision": null,
            "ended_on_basis": null, "last_listed_on": null, "status_as_of_on": null,
            "match_method": null, "match_score": null, "video_requests": 3,
            "video_requests_as_of_on": "2020-12-31", "first_release": "2026-11-24.1",
            "last_changed_release": "2026-11-24.1", "evidence_count": 1
        }))
        .unwrap()
    }

    /// Two agencies, one without a place, and three partnerships, one without an agency.
    fn placed(at: (f64, f64)) -> MemoryRows {
        let mut agencies = [agency("One", "OH", Some(at)), agency("Two", "AL", None)];
        agencies.sort_by(|one, other| one.id.cmp(&other.id));
        let of = |name: &str| agencies.iter().find(|agency| agency.name == name);
        let partnerships = [
            partnership("par_0000000001", Some("OH"), of("One")),
            partnership("par_0000000002", Some("AL"), of("Two")),
            partnership("par_0000000003", None, None),
        ];
        MemoryRows(BTreeMap::from([
            ("agencies", agencies.iter().map(Record::cells).collect()),
            ("partnerships", partnerships.iter().map(Record::cells).collect()),
        ]))
    }

    fn of_table(table: &str) -> &'static Resource {
        Resource::of_table(table).unwrap()
    }

    #[test]
    fn what_has_a_place_is_there_and_what_has_none_is_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (here, elsewhere) = (placed((40.5, -84.25)), placed((40.5, -84.125)));
        for (table, column) in [("agencies", "lon"), ("partnerships", "geometry")] {
            let resource = of_table(table);
            for kind in [Kind::GeoJson, Kind::GeoParquet] {
                let path = folder.path().join(kind.file_name(resource));
                let count = write(kind, folder.path(), &here, resource).unwrap();
                assert_eq!(check(kind, &path, &here, resource).unwrap(), count);
                match check(kind, &path, &elsewhere, resource) {
                    Err(FormatError::Differs {
                        source: Difference::Cell { column: found, .. },
                        ..
                    }) => {
                        assert_eq!(found, column, "{path:?}");
                    }
                    other => panic!("{path:?}: {other:?}"),
                }
            }
        }
        let text = fs::read_to_string(folder.path().join("partnerships.geojson")).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let begin = r#"{"type":"FeatureCollection","meta":{"release":"2026-11-24.1","schema_version":"1.0.0","total":3,"uncertain_excluded":0},"features":["#;
        assert_eq!((lines.len(), lines[0], lines[4]), (5, begin, "]}"));
        let point = r#"{"type":"Feature","id":"par_0000000001","geometry":{"type":"Point","coordinates":[-84.25,40.5]},"properties":{"id":"par_0000000001","#;
        assert!(lines[1].starts_with(point), "{}", lines[1]);
        let nowhere = r#""geometry":null,"#;
        assert!(lines[2].contains(nowhere) && lines[3].contains(nowhere), "{text}");
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(whole["features"][2]["properties"]["agency_id"], serde_json::Value::Null);
    }

    #[test]
    fn a_file_says_which_release_it_is_of_where_the_format_has_a_place_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let rows = placed((40.5, -84.25));
        let agencies = of_table("agencies");
        let other = Imprint { release: sample::second(), ..imprint().clone() };
        for kind in [Kind::Parquet, Kind::GeoJson, Kind::GeoParquet] {
            write(kind, folder.path(), &rows, agencies).unwrap();
            let path = folder.path().join(kind.file_name(agencies));
            let of_other = Table { rows: &rows, resource: agencies, imprint: &other };
            let error = super::check(&[(kind, path)], of_other).unwrap_err();
            let FormatError::Differs { source, .. } = error else { panic!("{error}") };
            assert!(matches!(source, Difference::Frame { .. }), "{source}");
        }
        // The columns alone are no file of points.
        fs::copy(folder.path().join("agencies.parquet"), folder.path().join("x")).unwrap();
        let error = check(Kind::GeoParquet, &folder.path().join("x"), &rows, agencies).unwrap_err();
        assert!(matches!(error, FormatError::Differs { source: Difference::Header, .. }));
    }

    #[test]
    fn geojson_around_the_features_is_checked_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let rows = placed((40.5, -84.25));
        let resource = of_table("partnerships");
        write(Kind::GeoJson, folder.path(), &rows, resource).unwrap();
        let path = folder.path().join("partnerships.geojson");
        let good = fs::read_to_string(&path).unwrap();
        for (from, to) in [
            ("FeatureCollection", "Collection"),
            ("\"total\":3", "\"total\":4"),
            ("\"Feature\"", "\"Thing\""),
            ("\"Point\"", "\"MultiPoint\""),
            ("-84.25,40.5", "40.5,-84.25"),
            (",\"geometry\":null", ""),
            ("},\n", "}\n"),
            ("}\n]}", "},\n]}"),
            ("\n]}\n", "\n]}\n]}\n"),
            ("\n]}\n", "\n"),
            ("\n]}\n", ""),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            fs::write(&path, bad).unwrap();
            check(Kind::GeoJson, &path, &rows, resource).expect_err(from);
        }
    }

    #[test]
    fn what_is_no_date_has_no_place_in_parquet() {
        let folder = tempfile::tempdir().unwrap();
        let resource = of_table("partnerships");
        let place = resource.columns.iter().position(|c| c.name == "started_on").unwrap();
        for bad in ["2018-02-30", "2018", "", "2018-05-01T00:00:00Z"] {
            let mut rows = placed((40.5, -84.25));
            rows.0.get_mut("partnerships").unwrap()[1][place] = text(bad);
            let error = write(Kind::Parquet, folder.path(), &rows, resource).unwrap_err();
            assert!(matches!(error, FormatError::Rows { .. }), "{bad}");
        }
        // Another spelling of a date is not what the other files say.
        let mut rows = placed((40.5, -84.25));
        rows.0.get_mut("partnerships").unwrap()[1][place] = text("2018-5-1");
        write(Kind::Parquet, folder.path(), &rows, resource).unwrap();
        let path = folder.path().join("partnerships.parquet");
        let error = check(Kind::Parquet, &path, &rows, resource).unwrap_err();
        assert!(matches!(error, FormatError::Differs { .. }));
    }

    #[test]
    fn a_damaged_file_never_passes() {
        let folder = tempfile::tempdir().unwrap();
        let rows = placed((40.5, -84.25));
        let resource = of_table("partnerships");
        for kind in Kind::of(resource) {
            write(kind, folder.path(), &rows, resource).unwrap();
            let path = folder.path().join(kind.file_name(resource));
            let good = fs::read(&path).unwrap();
            for length in (0..good.len()).step_by(97) {
                fs::write(&path, &good[..length]).unwrap();
                check(kind, &path, &rows, resource).unwrap_err();
            }
            for at in (0..good.len()).step_by(7) {
                let mut bad = good.clone();
                bad[at] ^= 1 << (at % 8);
                fs::write(&path, bad).unwrap();
                // Some bytes mean nothing, such as statistics or the name of the program: the hash
                // in the manifest is for those.
                drop(check(kind, &path, &rows, resource));
            }
        }
    }

    fn any_cell(column: &'static Column) -> BoxedStrategy<Cell> {
        let value = match column.ty {
            ColumnType::Text | ColumnType::Word(_) => any::<String>().prop_map(Cell::Text).boxed(),
            ColumnType::Date => (-1_000_000..2_000_000_i32)
                .prop_filter_map("a year", NaiveDate::from_num_days_from_ce_opt)
                .prop_map(|date| date.to_cell())
                .boxed(),
            ColumnType::Instant => (-60_000_000_000..250_000_000_000_i64)
                .prop_filter_map("an instant", |at| DateTime::from_timestamp(at, 0))
                .prop_map(|at| at.to_cell())
                .boxed(),
            ColumnType::Integer => any::<i64>().prop_map(Cell::Integer).boxed(),
            ColumnType::Boolean => (0..=1_i64).prop_map(Cell::Integer).boxed(),
            ColumnType::Real => {
                any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Cell::Real).boxed()
            }
            ColumnType::TextList => proptest::collection::vec(any::<String>(), 0..3)
                .prop_map(|list| Cell::Text(serde_json::to_string(&list).unwrap()))
                .boxed(),
            ColumnType::Object => {
                proptest::collection::btree_map(any::<String>(), any::<String>(), 0..3)
                    .prop_map(|map| Cell::Text(serde_json::to_string(&map).unwrap()))
                    .boxed()
            }
        };
        if column.nullable { prop_oneof![1 => Just(Cell::Null), 3 => value].boxed() } else { value }
    }

    fn any_rows() -> impl Strategy<Value = (usize, Vec<Vec<Cell>>)> {
        (0..RESOURCES.len()).prop_flat_map(|index| {
            let row: Vec<_> = RESOURCES[index].columns.iter().map(any_cell).collect();
            (Just(index), proptest::collection::vec(row, 0..4))
        })
    }

    proptest! {
        #[test]
        fn the_canonical_form_of_a_record_is_that_of_its_json((index, rows) in any_rows()) {
            let resource = &RESOURCES[index];
            let mut canonical = Canonical::new(resource);
            for row in rows {
                let by_value = json(resource.columns, &row).unwrap();
                let by_value = serde_json_canonicalizer::to_vec(&by_value).unwrap();
                prop_assert_eq!(canonical.write(&row).unwrap(), by_value.as_slice());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_written_reads_back_equal_and_is_written_the_same_twice(
            (index, rows) in any_rows(),
        ) {
            let resource = &RESOURCES[index];
            let count = rows.len() as u64;
            let rows = MemoryRows(BTreeMap::from([(resource.table, rows)]));
            let folder = tempfile::tempdir().unwrap();
            for kind in Kind::of(resource) {
                let path = folder.path().join(kind.file_name(resource));
                prop_assert_eq!(write(kind, folder.path(), &rows, resource).unwrap(), count);
                prop_assert_eq!(check(kind, &path, &rows, resource).unwrap(), count);
                let first = fs::read(&path).unwrap();
                write(kind, folder.path(), &rows, resource).unwrap();
                prop_assert_eq!(first, fs::read(&path).unwrap());
            }
        }
    }
}
