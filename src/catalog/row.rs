//! Between the values of a row and the types they stand for.

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::catalog::CatalogError;

/// An instant as it is stored: UTC, to the microsecond, which is what PostgreSQL keeps.
pub(super) fn stored(at: DateTime<Utc>) -> NaiveDateTime {
    at.naive_utc().trunc_subsecs(6)
}

/// Free text as it is stored: PostgreSQL refuses the character NUL, which a publisher's error page
/// may well hold.
pub(super) fn words(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A value as JSON text.
pub(super) fn json<T: Serialize>(table: &'static str, value: &T) -> Result<String, CatalogError> {
    serde_json::to_string(value).map_err(|error| CatalogError::Row {
        table,
        key: String::new(),
        cause: error.into(),
    })
}

/// The row that a value was read from, to name it if it is not understood.
#[derive(Clone, Copy)]
pub(super) struct RowName<'a> {
    pub(super) table: &'static str,
    pub(super) key: &'a str,
}

impl RowName<'_> {
    /// Reads a word, an id or the name of a release.
    pub(super) fn parse<T>(self, text: &str) -> Result<T, CatalogError>
    where
        T: FromStr,
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        text.parse().map_err(|error: T::Err| self.damaged(error))
    }

    /// Reads JSON text.
    pub(super) fn json<T: DeserializeOwned>(self, text: &str) -> Result<T, CatalogError> {
        serde_json::from_str(text).map_err(|error| self.damaged(error))
    }

    fn damaged(self, error: impl std::error::Error + Send + Sync + 'static) -> CatalogError {
        CatalogError::Row { table: self.table, key: self.key.to_owned(), cause: Box::new(error) }
    }
}
