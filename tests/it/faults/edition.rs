//! An edition of a source as a table, and what may happen to it before it is sent.
//!
//! Every source is a table to these tests, and is written in its own form at the end: so one fault
//! is one function, whatever the source.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// In which form a source sends its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Comma-separated, every cell in quotes.
    Csv,
    /// Parted by pipes, without quotes.
    Pipes,
    /// A JSON body per state, agencies by county. The first two columns are the state that is asked
    /// for and the county.
    StateJson,
    /// Placemarks; what is neither name nor address is extended data.
    Kml,
}

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct Edition {
    pub(crate) form: Form,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Edition {
    /// Where a column stands.
    #[track_caller]
    pub(crate) fn at(&self, column: &str) -> usize {
        self.header.iter().position(|name| name == column).unwrap()
    }

    /// Changes every cell of a column.
    pub(crate) fn each(&mut self, column: &str, change: impl Fn(&str) -> String) {
        let at = self.at(column);
        for row in &mut self.rows {
            row[at] = change(&row[at]);
        }
    }

    /// Changes the cell of a column in one row, which is one of every source's own.
    pub(crate) fn one(&mut self, column: &str, value: &str) {
        let (at, middle) = (self.at(column), self.rows.len() / 2);
        value.clone_into(&mut self.rows[middle][at]);
    }

    /// Loses so many of every hundred rows, evenly.
    pub(crate) fn lose(&mut self, percent: usize) {
        let mut number = 0;
        self.rows.retain(|_| {
            number += 1;
            number * percent / 100 == (number - 1) * percent / 100
        });
    }

    /// Every tenth row stands twice.
    pub(crate) fn duplicate(&mut self) {
        let again: Vec<_> = self.rows.iter().step_by(10).cloned().collect();
        self.rows.extend(again);
    }

    /// The cells of two columns change places, and their headings with them if need be.
    pub(crate) fn swap(&mut self, one: &str, other: &str, headings: bool) {
        let (one, other) = (self.at(one), self.at(other));
        if headings {
            self.header.swap(one, other);
        }
        for row in &mut self.rows {
            row.swap(one, other);
        }
    }

    /// A column that was never there, in front of the others or, where the first ones are an
    /// address and not a column, behind.
    pub(crate) fn add_column(&mut self) {
        let at = if self.form == Form::StateJson { self.header.len() } else { 0 };
        self.header.insert(at, "NEW COLUMN".to_owned());
        for row in &mut self.rows {
            row.insert(at, "new".to_owned());
        }
    }

    pub(crate) fn rename(&mut self, column: &str) {
        let at = self.at(column);
        "RENAMED".clone_into(&mut self.header[at]);
    }

    /// Instead of the rows of one state come copies of those of another, under the state's own name
    /// or under that of the state they are of.
    pub(crate) fn replace_state(&mut self, column: &str, lost: &str, by: &str, renamed: bool) {
        let at = self.at(column);
        let of = |rows: &[Vec<String>], state: &str| -> Vec<Vec<String>> {
            let ends = |row: &&Vec<String>| row[at].ends_with(state);
            rows.iter().filter(ends).cloned().collect()
        };
        let mut copies = of(&self.rows, by);
        copies.truncate(of(&self.rows, lost).len());
        for row in &mut copies {
            if renamed {
                row[at] = row[at].replace(by, lost);
            }
            if self.form == Form::StateJson {
                lost.clone_into(&mut row[0]);
            }
        }
        self.rows.retain(|row| !row[at].ends_with(lost));
        self.rows.extend(copies);
    }

    /// Of every so many rows one lacks its first cell, and another has one more.
    pub(crate) fn ragged(&mut self, every: usize) {
        for (number, row) in self.rows.iter_mut().enumerate().filter(|(n, _)| n % every == 1) {
            if (number / every).is_multiple_of(2) {
                row.remove(0);
            } else {
                row.insert(0, "more".to_owned());
            }
        }
    }

    /// The bodies by path.
    pub(crate) fn bodies(&self, path: &str) -> BTreeMap<String, Vec<u8>> {
        match self.form {
            Form::Csv => BTreeMap::from([(path.to_owned(), self.text(",", true).into_bytes())]),
            Form::Pipes => BTreeMap::from([(path.to_owned(), self.text("|", false).into_bytes())]),
            Form::Kml => BTreeMap::from([(path.to_owned(), self.kml().into_bytes())]),
            Form::StateJson => self.by_state(path),
        }
    }

    fn text(&self, delimiter: &str, quoted: bool) -> String {
        let cell = |cell: &String| {
            if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        };
        let lines = std::iter::once(&self.header).chain(&self.rows);
        let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(delimiter);
        lines.map(line).collect::<Vec<_>>().join("\n") + "\n"
    }

    fn kml(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                        <kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>\n"
            .to_owned();
        for row in &self.rows {
            text.push_str("<Placemark>");
            let mut data = String::new();
            for (name, value) in self.header.iter().zip(row) {
                let value = value.replace("]]>", "]] >");
                if ["name", "address"].contains(&name.as_str()) {
                    write!(text, "<{name}><![CDATA[{value}]]></{name}>").unwrap();
                } else {
                    write!(data, "<Data name=\"{name}\"><value><![CDATA[{value}]]></value></Data>")
                        .unwrap();
                }
            }
            writeln!(text, "<ExtendedData>{data}</ExtendedData></Placemark>").unwrap();
        }
        text + "</Document></kml>\n"
    }

    fn by_state(&self, path: &str) -> BTreeMap<String, Vec<u8>> {
        let mut states: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> =
            porchlight::source::STATES.iter().map(|state| (*state, BTreeMap::new())).collect();
        for row in &self.rows {
            let pairs = self.header.iter().zip(row).skip(2);
            let value = |text: &str| text.parse::<f64>().map_or(Value::from(text), Value::from);
            let agency: Map<String, Value> =
                pairs.map(|(name, text)| (name.clone(), value(text))).collect();
            let counties = states.get_mut(row[0].as_str()).unwrap();
            counties.entry(&row[1]).or_default().push(agency.into());
        }
        let body = |(state, counties): (&str, BTreeMap<_, _>)| {
            (path.replace("{state}", state), serde_json::to_vec(&counties).unwrap())
        };
        states.into_iter().map(body).collect()
    }
}
