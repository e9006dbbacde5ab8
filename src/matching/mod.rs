//! Which agency does a source mean? Precision first: a wrong link accuses a department.
//!
//! A name alone never decides where something known of the place speaks against it, and of several
//! agencies that fit none is taken. Candidates are those that share a rare word of the name; each is
//! compared feature by feature, and taken if its points are enough and ahead of the next. Every
//! decision says how it was made and how sure it is.

mod claims;
mod decide;
mod features;
mod index;
mod name;
mod overrides;
mod place;
mod twins;
mod words;

pub use decide::{decide, explain, matches};
pub use index::Index;
