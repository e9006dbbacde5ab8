//! The release file: one immutable SQLite file that holds everything a release says.
//!
//! Beside `catalog` the only room that names diesel.

mod load;
mod open;
mod query;
mod read;
mod write;

pub use open::{DatabaseError, Meta, ReleaseDatabase};
pub use query::{Filter, Op, Page, Query, SortKey};
pub use read::{Change, Count, Identity};
pub use write::{schema_text, write};
