//! Text of any encoding, and tables of it with any delimiter.

use porchlight::parse::csv::{Table, TableError};
use porchlight::parse::text::{decode, looks_like_html};

pub(crate) fn check(bytes: &[u8]) {
    let decoded = decode(bytes);
    let again = decode(decoded.text.as_bytes());
    if !decoded.text.starts_with('\u{feff}') {
        assert_eq!(again.text, decoded.text, "what is UTF-8 stays as it is");
        assert_eq!((again.encoding, again.replaced), ("UTF-8", false));
    }
    assert!(!decoded.replaced || decoded.text.contains('\u{fffd}'));
    let _ = looks_like_html(&decoded.text);
    for delimiter in [b',', b'|', b'\t'] {
        table(&decoded.text, delimiter);
    }
}

fn table(text: &str, delimiter: u8) {
    let table = match Table::read(text, delimiter) {
        Ok(table) => table,
        Err(TableError::CutOff { record }) => {
            assert!(text.contains('"') && record <= text.len());
            return;
        }
        Err(TableError::Empty | TableError::Malformed(_)) => return,
    };
    assert_eq!(table.is_empty(), table.is_empty());
    assert_eq!(table.rows().count(), table.len());
    for name in table.header() {
        let found = table.column(name).expect("a column is found by its own name");
        assert!(found < table.header().len());
    }
    let mut cells = 0;
    for (before, row) in table.rows().enumerate() {
        assert_eq!(row.number, before + 1);
        assert_eq!(row.get(row.len()), "", "what is not there is empty");
        cells += (0..row.len()).map(|column| row.get(column).len()).sum::<usize>();
        assert_eq!(row.is_empty(), (0..row.len()).all(|column| row.get(column).is_empty()));
    }
    assert!(cells <= text.len(), "the cells are no larger than the text");
    written_and_read(&table, delimiter);
}

/// Quoting every cell and reading that again gives the same cells.
fn written_and_read(table: &Table, delimiter: u8) {
    let delimiter_text = char::from(delimiter).to_string();
    let line = |cells: Vec<&str>| {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        cells.into_iter().map(quoted).collect::<Vec<_>>().join(&delimiter_text) + "\r\n"
    };
    let rows: Vec<Vec<&str>> =
        table.rows().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect();
    let header = line((0..table.header().len()).map(|_| "x").collect());
    let written: String = rows.iter().cloned().map(line).collect();
    let again = Table::read(&(header + &written), delimiter).expect("a table of our own");
    let reread: Vec<Vec<&str>> =
        again.rows().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect();
    assert_eq!(reread, rows);
}
