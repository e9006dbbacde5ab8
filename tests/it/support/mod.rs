//! What tests are set up with.

pub(crate) mod upstream;
