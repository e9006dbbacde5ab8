//! How an address names a release.

use chrono::NaiveDate;

use crate::record::ReleaseId;

/// How an address names a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReleaseName {
    /// By its name.
    Exact(ReleaseId),
    /// The last one on that day or before. What that is changes when another is published on it.
    Day(NaiveDate),
    /// The newest.
    Latest,
}

impl ReleaseName {
    /// What a text in an address names; `None` where it is no such name in its one spelling.
    pub(super) fn read(name: &str) -> Option<Self> {
        if name == "latest" {
            return Some(Self::Latest);
        }
        if let Ok(release) = name.parse() {
            return Some(Self::Exact(release));
        }
        let day: NaiveDate = name.parse().ok()?;
        (day.to_string() == name).then_some(Self::Day(day))
    }
}
