//! The forms of an answer. JSON holds a page; the others hold every record that fits and are
//! written while they are sent. A new form is a file here and its arms in [`Form`].

mod csv;
mod geojson;
mod ndjson;

use std::sync::Arc;

use super::error::Problem;
use super::open_release::OpenRelease;
use super::page::Totals;
use super::shape::Shape;
use crate::record::{Cell, Resource};

pub(super) use csv::table;
pub(super) use geojson::schemas as feature_schemas;
pub(super) use ndjson::Lines;

/// A form in which an endpoint may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A document, or a page of records, with `meta` and `links`.
    Json,
    /// Comma-separated values.
    Csv,
    /// A JSON object per line.
    Ndjson,
    /// A collection of features, RFC 7946.
    GeoJson,
}

impl Form {
    /// Every form, the one that is given where nothing else is asked for first.
    pub(super) const ALL: &'static [Self] = &[Self::Json, Self::Csv, Self::Ndjson, Self::GeoJson];

    /// The forms of a list of a resource: those with a place on the map have GeoJSON, too.
    pub(super) fn of_list(resource: &Resource) -> &'static [Self] {
        if resource.location().is_some() {
            Self::ALL
        } else {
            &[Self::Json, Self::Csv, Self::Ndjson]
        }
    }

    /// The forms of a list of what are no records.
    pub(super) const OF_OTHERS: &'static [Self] = &[Self::Json, Self::Ndjson];

    /// The forms of a table that is no list of records.
    pub(super) const OF_TABLE: &'static [Self] = &[Self::Json, Self::Csv];

    /// What stands after the last dot of a path that asks for it.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::GeoJson => "geojson",
        }
    }

    /// The suffix with its dot as it stands in links; JSON is what an address without one gives.
    pub(super) fn dotted(self) -> &'static str {
        match self {
            Self::Json => "",
            Self::Csv => ".csv",
            Self::Ndjson => ".ndjson",
            Self::GeoJson => ".geojson",
        }
    }

    /// The form of that suffix.
    pub(super) fn of_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|form| form.suffix() == suffix)
    }

    /// Its media type without parameters.
    pub(super) fn essence(self) -> &'static str {
        self.media_type().split(';').next().unwrap_or_default()
    }

    /// The value of `Content-Type`.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            // RFC 4180 registers `header`; without it a reader has to guess.
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
            Self::GeoJson => "application/geo+json",
        }
    }
}

/// What an export holds beside its rows.
pub(super) struct Content {
    /// How a record is shown.
    pub(super) shape: Shape,
    /// Whether a CSV file is for a spreadsheet: with a byte order mark, and with no cell that one
    /// would run.
    pub(super) bom: bool,
    /// The release the rows come from.
    pub(super) release: Arc<OpenRelease>,
    /// How many records there are.
    pub(super) totals: Totals,
}

/// Writes an export: a beginning, any number of blocks of rows, an end.
pub(super) trait Writer: Send {
    /// Appends what stands before the first row.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Problem>;

    /// Appends rows.
    fn rows(&mut self, out: &mut Vec<u8>, rows: Vec<Vec<Cell>>) -> Result<(), Problem>;

    /// Appends what stands after the last row.
    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Problem>;
}

/// The writer of a form; JSON, which comes in pages, has none.
pub(super) fn writer(form: Form, content: Content) -> Result<Box<dyn Writer>, Problem> {
    Ok(match form {
        Form::Json => return Err(Problem::internal("JSON comes in pages")),
        Form::Csv => Box::new(csv::Csv::new(content)),
        Form::Ndjson => Box::new(ndjson::Ndjson::new(content)),
        Form::GeoJson => Box::new(geojson::GeoJson::new(content)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_by_its_suffix_alone() {
        for form in Form::ALL {
            assert_eq!(Form::of_suffix(form.suffix()), Some(*form));
        }
        for other in ["", "CSV", "xml", "geo+json", ".csv"] {
            assert_eq!(Form::of_suffix(other), None, "{other}");
        }
    }

    #[test]
    fn what_has_a_place_has_a_map() {
        let forms = |table| Form::of_list(Resource::of_table(table).unwrap());
        for table in ["agencies", "partnerships", "disclosures"] {
            assert!(forms(table).contains(&Form::GeoJson), "{table}");
        }
        for table in ["vendors", "evidence", "sources", "events"] {
            assert!(!forms(table).contains(&Form::GeoJson), "{table}");
        }
    }
}
