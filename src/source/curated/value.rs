//! The values curated entries are made of, each checked as it is read, so that an error names the
//! field.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::record::{PartialDate, Precision, SourceId, SubjectType};
use crate::source::STATES;

/// Declares a text that is checked when it is read and written out as it came.
macro_rules! texts {
    ($( $(#[doc = $doc:literal])* $name:ident by $check:ident; )+) => { $(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub(super) struct $name(String);

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                $check(&text)?;
                Ok(Self(text))
            }
        }
    )+ };
}

texts! {
    /// A readable key: lower-case letters, digits and hyphens.
    Key by check_key;
    /// A date as exact as it is known: `2022`, `2022-07` or `2022-07-01`.
    VagueDate by check_vague_date;
    /// A date known to the day.
    Day by check_day;
    /// An address of the web.
    WebAddress by check_web_address;
    /// The postal code of a state or territory.
    StateCode by check_state;
    /// A JSON Pointer to a field; empty for the record.
    Pointer by check_pointer;
    /// A record: by another entry, `events/neighbors-launch`; by the row of a source,
    /// `eff-atlas/AOS123`; or by its published id, `par_0123456789`.
    Subject by check_subject;
}

/// A text that is not empty and at most `MAX` characters long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Text<const MAX: usize>(String);

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if text.is_empty() || text.trim() != text {
            return Err("is empty or has blanks at an end".to_owned());
        }
        if length > MAX {
            return Err(format!("has {length} characters, at most {MAX} are allowed"));
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl VagueDate {
    /// The first and the last day it can mean.
    pub(super) fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let PartialDate { on, precision } = partial_date(&self.0)?;
        let last = match precision {
            Precision::Day | Precision::Unknown => on,
            Precision::Month => {
                on.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))?
            }
            Precision::Year => {
                on.checked_add_months(Months::new(12))?.checked_sub_days(Days::new(1))?
            }
        };
        Some((on, last))
    }
}

impl Day {
    /// The day.
    pub(super) fn date(&self) -> Option<NaiveDate> {
        day(&self.0)
    }
}

/// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn partial_date(text: &str) -> Option<PartialDate> {
    let (precision, whole) = match text.len() {
        4 => (Precision::Year, format!("{text}-01-01")),
        7 => (Precision::Month, format!("{text}-01")),
        _ => (Precision::Day, text.to_owned()),
    };
    Some(PartialDate { on: day(&whole)?, precision })
}

/// Reads `YYYY-MM-DD`, and no other spelling of it.
fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|on: &NaiveDate| on.to_string() == text)
}

fn check_key(text: &str) -> Result<(), String> {
    match text.parse::<SourceId>() {
        Ok(_) => Ok(()),
        Err(_not_a_slug) => Err(format!(
            "`{text}` is no key: lower-case letters, digits and hyphens, a letter first"
        )),
    }
}

fn check_vague_date(text: &str) -> Result<(), String> {
    partial_date(text)
        .map(drop)
        .ok_or_else(|| format!("`{text}` is no date: expected YYYY, YYYY-MM or YYYY-MM-DD"))
}

fn check_day(text: &str) -> Result<(), String> {
    day(text).map(drop).ok_or_else(|| format!("`{text}` is no date: expected YYYY-MM-DD"))
}

fn check_web_address(text: &str) -> Result<(), String> {
    // A shortened address leads nowhere, although it parses.
    let whole = !text.contains("...") && !text.contains('…');
    let web = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if whole && web { Ok(()) } else { Err(format!("`{text}` is no whole http or https address")) }
}

fn check_state(text: &str) -> Result<(), String> {
    if STATES.contains(&text) {
        Ok(())
    } else {
        Err(format!("`{text}` is no postal code of a state or territory"))
    }
}

fn check_pointer(text: &str) -> Result<(), String> {
    let name = text.strip_prefix('/');
    let of_a_field = name.is_some_and(|name| !name.is_empty() && !name.contains(['/', '~']));
    if text.is_empty() || of_a_field {
        Ok(())
    } else {
        Err(format!("`{text}` is no pointer: expected `/` and the name of a field, or nothing"))
    }
}

fn check_subject(text: &str) -> Result<(), String> {
    match text.split_once('/') {
        Some((stem, key)) if !key.is_empty() && key.trim() == key => check_key(stem),
        None if SubjectType::of_id(text).is_some() => Ok(()),
        Some(_) | None => Err(format!(
            "`{text}` names no record: expected a file or source, `/` and a key, or an id"
        )),
    }
}

impl Pointer {
    /// The pointer to the record itself.
    pub(super) fn whole() -> Self {
        Self(String::new())
    }

    /// The name of the field, if it points at one.
    pub(super) fn field(&self) -> Option<&str> {
        self.0.strip_prefix('/')
    }
}

/// How a subject names its record.
pub(super) enum Named<'a> {
    /// By a key of a curated file, named without its ending, or of a source.
    Row {
        /// The file or the source.
        file_or_source: &'a str,
    },
    /// By an id of records of that sort.
    Id(SubjectType),
}

impl Subject {
    /// How it names its record.
    pub(super) fn named(&self) -> Named<'_> {
        match (self.0.split_once('/'), SubjectType::of_id(&self.0)) {
            (None, Some(subject)) => Named::Id(subject),
            (Some((file_or_source, _)), _) => Named::Row { file_or_source },
            // `check_subject` has refused it.
            (None, None) => Named::Row { file_or_source: "" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_as_exact_as_it_is_written() {
        let days = |text: &str| {
            let (first, last) = VagueDate::try_from(text.to_owned()).unwrap().days().unwrap();
            format!("{first}..{last}")
        };
        assert_eq!(days("2020"), "2020-01-01..2020-12-31");
        assert_eq!(days("2020-02"), "2020-02-01..2020-02-29");
        assert_eq!(days("2020-02-29"), "2020-02-29..2020-02-29");
        for wrong in ["", "20", "2021-02-29", "2020-13", "2020-1-1", "+020", "June 2020"] {
            assert!(VagueDate::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(Day::try_from("2020-02".to_owned()).is_err());
    }

    #[test]
    fn a_shortened_address_is_refused() {
        let read = |text: &str| WebAddress::try_from(text.to_owned());
        assert!(read("https://example.org/a?b=1").is_ok());
        for wrong in ["https://example.org/a-...", "example.org/a", "ftp://example.org/a", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
