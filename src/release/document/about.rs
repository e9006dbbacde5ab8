//! What a release as a whole is called and how it is introduced, in the words every descriptor uses.

use crate::record::ReleaseId;

/// The name of the dataset among the files of others.
pub(super) const DATASET_NAME: &str = "porchlight";
/// Its title.
pub(super) const DATASET_TITLE: &str = "Porchlight: home surveillance and the police";
/// What it is.
pub const DATASET_SUMMARY: &str = "Which US police and fire departments are or were partners of home-surveillance vendors such \
     as Amazon Ring, and when footage or data was handed over to them, with or without a warrant \
     or the owner's consent. Every record names who says so and where. Open data in immutable, \
     dated releases.";
/// What it must not be read as.
pub const DATASET_CAVEAT: &str = "Absence of evidence is not evidence of absence: that no partnership or disclosure is listed \
     for a department means that none is documented in the sources read, not that there is none.";
/// Words it is found by.
pub(super) const DATASET_KEYWORDS: &[&str] = &[
    "police",
    "fire departments",
    "law enforcement",
    "surveillance",
    "video doorbells",
    "Ring",
    "transparency",
    "civil liberties",
    "open data",
    "United States",
];
/// Who publishes it.
pub const DATASET_PUBLISHER: &str = "Porchlight";
/// A page about it and the program that makes it.
pub const DATASET_HOMEPAGE: &str = env!("CARGO_PKG_REPOSITORY");
/// The licence of a release as a whole, as SPDX names it.
pub(super) const DATASET_LICENCE: &str = "CC-BY-4.0";
/// The title of that licence.
pub(super) const DATASET_LICENCE_TITLE: &str = "Creative Commons Attribution 4.0 International";
/// The text of that licence.
pub const DATASET_LICENCE_URL: &str = "https://creativecommons.org/licenses/by/4.0/";

/// How to cite a release in one line.
#[must_use]
pub fn citation(release: ReleaseId) -> String {
    format!("Porchlight, release {release}, CC BY 4.0, {DATASET_HOMEPAGE}")
}

/// A number as people read it: `45,834`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let of = [0, 7, 123, 1234, 12345, 123_456, 1_234_567].map(grouped);
        assert_eq!(of, ["0", "7", "123", "1,234", "12,345", "123,456", "1,234,567"]);
    }
}
