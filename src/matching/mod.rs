//! Which agency does a source mean? Precision first: a wrong link accuses a department.
//!
//! A name alone never decides where something known of the place speaks against it, and of several
//! agencies that fit none is taken. Every decision says how it was made and how sure it is.

mod decide;
mod index;

pub use decide::decide;
pub use index::Index;
