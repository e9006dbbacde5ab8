//! Tables of delimited text: a header line, then records, read by column name.

use csv::{ReaderBuilder, StringRecord};

/// A table, held in memory.
#[derive(Debug, Clone)]
pub struct Table {
    header: Vec<String>,
    records: Vec<StringRecord>,
}

/// Why a text is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There is no header line.
    #[error("an empty text")]
    Empty,
    /// The text ends within a quoted cell, as a body that was cut off does.
    #[error("a table whose record {record} ends within quotes")]
    CutOff {
        /// The record, the header being 0.
        record: usize,
    },
    /// The parser refuses the text.
    #[error("a text that is no table")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One record of a table.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its number; the first record after the header is 1.
    pub number: usize,
    record: &'a StringRecord,
}

impl Table {
    /// Reads a text with a header line, lines ending in CRLF or LF, quoted as RFC 4180 tells.
    ///
    /// Records may be shorter or longer than the header; blank lines are no records.
    pub fn read(text: &str, delimiter: u8) -> Result<Self, TableError> {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        let mut last = 0;
        for record in reader.records() {
            let record = record.map_err(|error| TableError::Malformed(error.into()))?;
            last = record.position().map_or(last, csv::Position::byte);
            records.push(record);
        }
        if ends_within_quotes(text, usize::try_from(last).unwrap_or(text.len()), delimiter) {
            return Err(TableError::CutOff { record: records.len().saturating_sub(1) });
        }
        let mut records = records.into_iter();
        let header: Vec<String> = match records.next() {
            Some(record) => record.iter().map(heading).collect(),
            None => return Err(TableError::Empty),
        };
        if header.iter().all(String::is_empty) {
            return Err(TableError::Empty);
        }
        Ok(Self { header, records: records.collect() })
    }

    /// The column names, trimmed.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Where the first column of that name stands; case and runs of blanks make no difference.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|heading| same_name(heading, name))
    }

    /// The records, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().enumerate().map(|(i, record)| Row { number: i + 1, record })
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is a header and nothing else.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl<'a> Row<'a> {
    /// The text of a cell, trimmed; empty where the record ends before it.
    #[must_use]
    pub fn get(&self, column: usize) -> &'a str {
        self.record.get(column).unwrap_or_default().trim()
    }

    /// How many cells the record has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.record.len()
    }

    /// Whether no cell holds anything but blanks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A column name as it is meant: where blanks stand before the quotes, the quotes are no text.
fn heading(cell: &str) -> String {
    let cell = cell.trim();
    let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    inner.unwrap_or(cell).trim().to_owned()
}

fn same_name(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.split_whitespace(), right.split_whitespace());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if left.to_lowercase() == right.to_lowercase() => {}
            (Some(_) | None, Some(_) | None) => return false,
        }
    }
}

/// Whether the record that starts at byte `start` is still within quotes when the text ends.
///
/// The parser closes such a cell silently, so that a truncated body would pass for a whole one.
fn ends_within_quotes(text: &str, start: usize, delimiter: u8) -> bool {
    let record = text.as_bytes().get(start..).unwrap_or_default();
    let (mut quoted, mut may_open) = (false, true);
    for byte in record {
        if *byte == b'"' && (quoted || may_open) {
            quoted = !quoted;
            // Right after a closing quote another one is a doubled quote: the cell goes on.
            may_open = !quoted;
        } else {
            may_open = *byte == delimiter || *byte == b'\n' || *byte == b'\r';
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::{Table, TableError};

    fn cells(table: &Table) -> Vec<Vec<&str>> {
        table.rows().map(|row| (0..row.len()).map(|i| row.get(i)).collect()).collect()
    }

    #[test]
    fn columns_are_found_by_name_whatever_the_case_and_blanks() {
        let table = Table::read("FDID, Fire  dept name, \"HQ city\"\n1,A,B\n", b',').unwrap();
        assert_eq!(table.header(), ["FDID", "Fire  dept name", "HQ city"]);
        assert_eq!(table.column("Fire Dept Name"), Some(1));
        assert_eq!(table.column("hq CITY"), Some(2));
        assert_eq!(table.column("Fire Dept"), None);
        assert_eq!(table.column("Fire Dept Name 2"), None);
    }

    #[test]
    fn quotes_commas_and_line_ends_within_quotes_belong_to_the_cell() {
        let table = Table::read("a,b\r\n\"x, \"\"y\"\"\r\nz\", w \r\n\r\n1,2", b',').unwrap();
        assert_eq!(cells(&table), [["x, \"y\"\r\nz", "w"], ["1", "2"]]);
    }

    #[test]
    fn a_short_record_reads_as_empty_cells_and_a_long_one_keeps_its_own() {
        let table = Table::read("a,b\n1\n1,2,3\n", b',').unwrap();
        let rows: Vec<_> = table.rows().collect();
        assert_eq!((rows[0].number, rows[0].len(), rows[0].get(1)), (1, 1, ""));
        assert_eq!((rows[1].number, rows[1].len(), rows[1].get(2)), (2, 3, "3"));
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_header_alone_is_an_empty_table_and_nothing_is_none() {
        assert!(Table::read("a|b\n", b'|').unwrap().is_empty());
        assert!(matches!(Table::read("", b','), Err(TableError::Empty)));
        assert!(matches!(Table::read(" \n\n", b','), Err(TableError::Empty)));
    }

    #[test]
    fn a_text_cut_off_within_quotes_is_no_table() {
        let cut = Table::read("a,b\n1,\"2\"\n3,\"4", b',');
        assert!(matches!(cut, Err(TableError::CutOff { record: 2 })));
        assert!(matches!(Table::read("a,\"b", b','), Err(TableError::CutOff { record: 0 })));
        for whole in ["a,b\n1,\"2\"\"\"\n", "a,b\n1,5\" pipe\n", "a,b\r\n1,\"\"\r\n"] {
            assert_eq!(Table::read(whole, b',').unwrap().len(), 1, "{whole:?}");
        }
    }
}
