//! Publishers: who they are, and how to read what they send.
//!
//! A reader is a pure function of bytes. It finds columns by name, keeps values verbatim, and turns
//! a row it cannot read into an issue; only a body that is not the format at all is an error.

mod body;
mod card;
mod cell;
mod census;
mod curated;
mod eff_atlas;
mod fbi_agencies;
mod ring_map;
mod unfit;
mod usfa_registry;

pub use card::{Card, Origin, STATES, TERRITORIES};
pub use census::{CensusCounties, CensusPlaces};
pub use curated::{Curated, LOCAL_OVERRIDES, check_overrides};
pub use eff_atlas::EffAtlas;
pub use fbi_agencies::FbiAgencies;
pub use ring_map::RingMap;
pub use usfa_registry::UsfaRegistry;

use crate::record::{Capture, Reading};

/// A publisher of facts.
pub trait Source: Send + Sync {
    /// Who publishes it, under which licence, and where.
    fn card(&self) -> &'static Card;

    /// Reads a capture.
    ///
    /// A row that cannot be read becomes an issue of the reading; only a body that is not the
    /// expected format at all, or lacks a column that is needed, is an error.
    fn read(&self, capture: &Capture) -> Result<Reading, ReadError>;
}

/// Every source, in order of precedence: on disagreement the earlier one wins.
pub const SOURCES: &[&dyn Source] =
    &[&Curated, &EffAtlas, &RingMap, &FbiAgencies, &UsfaRegistry, &CensusPlaces, &CensusCounties];

/// The source of that id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Source> {
    SOURCES.iter().copied().find(|source| source.card().id == id)
}

/// Why a capture is not what its source publishes.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The body is something else altogether, such as an HTML page or nothing.
    #[error("expected {expected}, found {found}")]
    OtherFormat {
        /// What the source publishes.
        expected: &'static str,
        /// What came instead, in words.
        found: String,
    },
    /// A column that is needed is not there.
    #[error("the column `{column}` is missing; there are: {}", found.join(", "))]
    MissingColumn {
        /// The column, as the publisher spells it.
        column: &'static str,
        /// The columns there are.
        found: Vec<String>,
    },
    /// The body is well-formed and holds no record.
    #[error("no records in {0}")]
    NoRecords(&'static str),
    /// A curated file breaks its own rules: says which file, entry and field.
    #[error("{file}: {entry}: {problem}")]
    Curated {
        /// The file.
        file: String,
        /// The entry, by its key or number.
        entry: String,
        /// The field and what is wrong with it.
        problem: String,
    },
}
