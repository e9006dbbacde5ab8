//! CSV: the lines of the file `T.csv` of a release, byte for byte where all columns are shown.

use std::borrow::Cow;

use super::{Content, Writer};
use crate::record::{Cell, Column};
use crate::release::format::{CsvLines, csv_text};
use crate::serve::error::Problem;
use crate::serve::shape::Shape;

/// What a spreadsheet takes for the beginning of a formula, or skips before one.
const RUN: &[char] = &['=', '+', '-', '@', '\t', '\r'];

pub(super) struct Csv {
    shape: Shape,
    lines: Lines,
}

impl Csv {
    pub(super) fn new(content: Content) -> Self {
        let Content { shape, bom, .. } = content;
        let lines = Lines { columns: shape.columns(), bom };
        Self { shape, lines }
    }
}

impl Writer for Csv {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        self.lines.begin(out)
    }

    fn rows(&mut self, out: &mut Vec<u8>, rows: Vec<Vec<Cell>>) -> Result<(), Problem> {
        let rows = self.shape.rows(rows);
        self.lines.rows(out, rows.iter().map(|row| row.cells.as_slice()))
    }

    fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), Problem> {
        Ok(())
    }
}

/// The whole of a table that is no list of records.
pub(in crate::serve) fn table(
    columns: Vec<&'static Column>,
    rows: &[Vec<Cell>],
    bom: bool,
) -> Result<Vec<u8>, Problem> {
    let lines = Lines { columns, bom };
    let mut out = Vec::new();
    lines.begin(&mut out)?;
    lines.rows(&mut out, rows.iter().map(Vec::as_slice))?;
    Ok(out)
}

/// The lines of a table.
struct Lines {
    columns: Vec<&'static Column>,
    /// Whether it is for a spreadsheet.
    bom: bool,
}

impl Lines {
    fn begin(&self, out: &mut Vec<u8>) -> Result<(), Problem> {
        if self.bom {
            out.extend_from_slice("\u{feff}".as_bytes());
        }
        let mut lines = CsvLines::new(out);
        lines.push(self.columns.iter().map(|column| column.name)).map_err(Problem::internal)?;
        lines.finish().map_err(Problem::internal)
    }

    fn rows<'a>(
        &self,
        out: &mut Vec<u8>,
        rows: impl Iterator<Item = &'a [Cell]>,
    ) -> Result<(), Problem> {
        let mut lines = CsvLines::new(out);
        for row in rows {
            let cells = self.columns.iter().zip(row);
            let texts = cells.map(|(column, cell)| self.text(column, cell));
            lines.push(texts).map_err(Problem::internal)?;
        }
        lines.finish().map_err(Problem::internal)
    }

    /// The text of a cell. Numbers are left alone: a spreadsheet reads `-83.8`, it does not run it.
    fn text<'a>(&self, column: &Column, cell: &'a Cell) -> Cow<'a, str> {
        match cell {
            Cell::Text(text) if self.bom && text.starts_with(RUN) => format!("'{text}").into(),
            Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_) => csv_text(column, cell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Resource;

    fn written(bom: bool, name: &str, lon: f64) -> String {
        let agencies = Resource::of_table("agencies").unwrap();
        let columns = ["id", "name", "lon", "registered", "city"];
        let columns = columns.map(|name| agencies.column(name).unwrap()).to_vec();
        let (id, name) = (Cell::Text("agy_1".into()), Cell::Text(name.into()));
        let row = vec![id, name, Cell::Real(lon), Cell::Integer(1), Cell::Null];
        String::from_utf8(table(columns, &[row], bom).unwrap()).unwrap()
    }

    #[test]
    fn a_file_for_a_spreadsheet_has_a_mark_and_runs_nothing() {
        let header = "id,name,lon,registered,city\n";
        assert_eq!(written(false, "=1+1", -83.5), format!("{header}agy_1,=1+1,-83.5,true,\n"));
        for (name, cell) in [
            ("=1+1", "'=1+1"),
            ("+A1", "'+A1"),
            ("-A1", "'-A1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("A=1", "A=1"),
            ("", ""),
        ] {
            let expected = format!("\u{feff}{header}agy_1,{cell},-83.5,true,\n");
            assert_eq!(written(true, name, -83.5), expected, "{name:?}");
        }
    }
}
