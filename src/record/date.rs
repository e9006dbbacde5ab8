use chrono::NaiveDate;

use crate::record::Precision;

/// A civil date that may be vague.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    /// The day; of a vague date its first day.
    pub on: NaiveDate,
    /// How exactly it is known.
    pub precision: Precision,
}
