//! The name of a release: `YYYY-MM-DD.N`.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

/// The name of a release: the UTC date it was published on, and its number that day, from 1.
///
/// Ordered as the releases are.
#[derive(
    Debug,
    Default,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseId {
    date: NaiveDate,
    number: u32,
}

impl ReleaseId {
    /// The `number`-th release of `date`.
    #[must_use]
    pub fn new(date: NaiveDate, number: u32) -> Self {
        Self { date, number }
    }

    /// The day it was published on.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.date
    }

    /// The release that follows `previous` when it is published on `date`.
    #[must_use]
    pub fn after(previous: Option<Self>, date: NaiveDate) -> Self {
        match previous {
            // A clock set back must not make a release older than the one it follows.
            Some(previous) if previous.date >= date => {
                Self { date: previous.date, number: previous.number + 1 }
            }
            Some(_) | None => Self { date, number: 1 },
        }
    }
}

/// A text that names no release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a release: expected YYYY-MM-DD.N")]
pub struct NotAReleaseId(pub String);

impl FromStr for ReleaseId {
    type Err = NotAReleaseId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = || {
            let (date, number) = text.split_once('.')?;
            let id = Self { date: date.parse().ok()?, number: number.parse().ok()? };
            // Only the canonical spelling is a name: a release has one URL.
            (id.number > 0 && id.to_string() == text).then_some(id)
        };
        parts().ok_or_else(|| NotAReleaseId(text.to_owned()))
    }
}

impl TryFrom<String> for ReleaseId {
    type Error = NotAReleaseId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ReleaseId> for String {
    fn from(id: ReleaseId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.date, self.number)
    }
}

impl utoipa::PartialSchema for ReleaseId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("The UTC date a release was published on, and its number that day."))
            .pattern(Some(r"^\d{4}-\d{2}-\d{2}\.[1-9]\d*$"))
            .examples(["2026-11-24.1"])
            .into()
    }
}

impl utoipa::ToSchema for ReleaseId {}

impl crate::record::Field for ReleaseId {
    const TYPE: crate::record::ColumnType = crate::record::ColumnType::Text;
    const NULLABLE: bool = false;
    const VALUES: crate::record::Values = crate::record::Values::Code;

    fn to_cell(&self) -> crate::record::Cell {
        crate::record::Cell::Text(self.to_string())
    }

    fn from_cell(cell: crate::record::Cell) -> Result<Self, crate::record::DamagedCell> {
        let text = String::from_cell(cell)?;
        text.parse().map_err(|_error: NotAReleaseId| crate::record::DamagedCell {
            expected: "a release",
            found: text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_numbered_within_a_day_and_never_go_back() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let first = ReleaseId::after(None, day(24));
        assert_eq!(first.to_string(), "2026-11-24.1");
        let second = ReleaseId::after(Some(first), day(24));
        assert_eq!(second.to_string(), "2026-11-24.2");
        assert_eq!(ReleaseId::after(Some(second), day(25)).to_string(), "2026-11-25.1");
        assert_eq!(ReleaseId::after(Some(second), day(23)).to_string(), "2026-11-24.3");
        assert!(ReleaseId::new(day(24), 10) > ReleaseId::new(day(24), 9));
    }

    #[test]
    fn only_the_canonical_spelling_is_a_name() {
        for wrong in ["2026-11-24", "2026-11-24.0", "2026-11-24.01", "2026-13-01.1", "latest", ""] {
            assert!(wrong.parse::<ReleaseId>().is_err(), "{wrong}");
        }
        assert!("2026-11-24.12".parse::<ReleaseId>().is_ok());
    }
}
