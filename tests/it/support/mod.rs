//! What tests are set up with.

pub(crate) mod postgres;
pub(crate) mod upstream;
