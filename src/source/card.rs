//! What is said of a source, apart from what it says.

use crate::record::{Completeness, Part, SubjectType};

/// Who publishes a source, under which licence, and where.
#[derive(Debug)]
pub struct Card {
    /// Readable id, such as `eff-atlas`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Who publishes it.
    pub publisher: &'static str,
    /// A page about it.
    pub homepage: Option<&'static str>,
    /// Where its bytes come from.
    pub origin: Origin,
    /// Its file format, in a word.
    pub format: &'static str,
    /// The licence it is published under.
    pub licence: &'static str,
    /// How to credit it.
    pub attribution: &'static str,
    /// Whether its text may be republished; if not, only facts and links are.
    pub redistributable: bool,
    /// Whether it is known to change no more and may be gone: that it cannot be fetched is then no
    /// failure, and what it said stays.
    pub frozen: bool,
    /// What each of its rows is about; none where they are about several sorts of things.
    pub subject_type: Option<SubjectType>,
    /// How often it is looked at, in words.
    pub cadence: &'static str,
    /// How much of its subject it covers.
    pub completeness: Completeness,
    /// What that completeness is about.
    pub completeness_note: Option<&'static str>,
}

/// Where the bytes of a source come from.
#[derive(Debug, Clone, Copy)]
pub enum Origin {
    /// One request to this URL.
    Url(&'static str),
    /// One request per state and territory of [`STATES`]: `{state}` stands for its code, `{key}`
    /// for the API key.
    UrlPerState(&'static str),
    /// The bytes are part of this program; the parts are named by file.
    BuiltIn(fn() -> Vec<Part>),
}

/// Postal codes of those of [`STATES`] that are territories: an endpoint may not know them.
pub const TERRITORIES: &[&str] = &["AS", "GU", "MP", "PR", "VI"];

/// Postal codes of the states, the District of Columbia and the territories.
pub const STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA",
    "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM",
    "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA",
    "WV", "WI", "WY", "AS", "GU", "MP", "PR", "VI",
];
