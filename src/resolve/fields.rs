//! Fields of a curated entry, by the names of its record.

use std::str::FromStr;

use chrono::NaiveDate;

use super::ResolveError;
use crate::record::{PartialDate, Precision, Statement};

/// The fields of one curated entry.
///
/// The reader of the curated files has checked them; what is wrong here was published by another
/// version of the program and is an error that names entry and field.
pub(super) struct Fields<'a>(pub(super) &'a Statement);

impl<'a> Fields<'a> {
    /// The entry's key without the name of its file.
    pub(super) fn key(&self) -> &'a str {
        self.0.source_key.split_once('/').map_or(&self.0.source_key, |(_, key)| key)
    }

    pub(super) fn optional(&self, field: &str) -> Option<&'a str> {
        self.0.reported(field).filter(|text| !text.is_empty())
    }

    pub(super) fn text(&self, field: &'static str) -> Result<String, ResolveError> {
        self.optional(field).map(str::to_owned).ok_or_else(|| self.wrong(field, "missing"))
    }

    pub(super) fn maybe_text(&self, field: &str) -> Option<String> {
        self.optional(field).map(str::to_owned)
    }

    /// A field of any type that reads from text: a word, an id, a number.
    pub(super) fn maybe<T: FromStr<Err: ToString>>(
        &self,
        field: &'static str,
    ) -> Result<Option<T>, ResolveError> {
        let parse =
            |text: &str| text.parse().map_err(|e: T::Err| self.wrong(field, &e.to_string()));
        self.optional(field).map(parse).transpose()
    }

    pub(super) fn needed<T: FromStr<Err: ToString>>(
        &self,
        field: &'static str,
    ) -> Result<T, ResolveError> {
        self.maybe(field)?.ok_or_else(|| self.wrong(field, "missing"))
    }

    /// A word that stands for "not known" where the entry does not say.
    pub(super) fn word_or<T: FromStr<Err: ToString>>(
        &self,
        field: &'static str,
        unknown: T,
    ) -> Result<T, ResolveError> {
        Ok(self.maybe(field)?.unwrap_or(unknown))
    }

    /// A list, written as a JSON array.
    pub(super) fn list(&self, field: &'static str) -> Result<Vec<String>, ResolveError> {
        let Some(text) = self.optional(field) else { return Ok(Vec::new()) };
        serde_json::from_str(text).map_err(|error| self.wrong(field, &error.to_string()))
    }

    /// A date of any precision: `2022-07-01`, `2022-07` or `2022`.
    pub(super) fn vague_date(
        &self,
        field: &'static str,
    ) -> Result<Option<PartialDate>, ResolveError> {
        let Some(text) = self.optional(field) else { return Ok(None) };
        let (full, precision) = match text.len() {
            4 => (format!("{text}-01-01"), Precision::Year),
            7 => (format!("{text}-01"), Precision::Month),
            _ => (text.to_owned(), Precision::Day),
        };
        match full.parse() {
            Ok(on) => Ok(Some(PartialDate { on, precision })),
            Err(error) => Err(self.wrong(field, &chrono::ParseError::to_string(&error))),
        }
    }

    /// A date, whose precision its record does not keep.
    pub(super) fn date(&self, field: &'static str) -> Result<Option<NaiveDate>, ResolveError> {
        Ok(self.vague_date(field)?.map(|date| date.on))
    }

    pub(super) fn wrong(&self, field: &'static str, problem: &str) -> ResolveError {
        ResolveError::Entry {
            source_key: self.0.source_key.clone(),
            field,
            problem: problem.to_owned(),
        }
    }
}
