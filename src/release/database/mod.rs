//! The release file: one immutable SQLite file that holds everything a release says.
//!
//! Beside `catalog` the only room that names diesel.

mod accounts;
mod beside;
mod cells;
mod compare;
mod conditions;
mod coverage;
mod explain;
mod insert;
mod keys;
mod load;
mod migrate;
mod news;
mod open;
mod phases;
mod plans;
mod points;
mod query;
mod read;
mod region;
mod row;
mod sql;
mod statement;
mod traces;
mod words;
mod write;

pub use cells::Cells;
pub use compare::{Comparison, Selection};
pub use coverage::{AgencyListing, Survey, SurveyedProgram, UnmatchedListings};
pub use keys::KeyScheme;
pub use news::{Followed, Logged};
pub use open::{DatabaseError, Meta, ReleaseDatabase};
pub use plans::{Part, PlanStep};
pub use query::{Filter, Op, Page, Query, SortBy, SortKey, ValidOn};
pub use read::{Change, Group, Identity};
pub use region::{BoundingBox, Near, Region};
pub use traces::SourceRow;
pub use words::Words;
pub use write::{Writer, indexes, is_searched, schema_text, searched_words, tables_text, write};

pub use crate::record::coverage::{Look, word as coverage_word};
