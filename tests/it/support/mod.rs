//! What tests are set up with.

pub(crate) mod app;
pub(crate) mod contract;
pub(crate) mod postgres;
pub(crate) mod release;
pub(crate) mod upstream;
