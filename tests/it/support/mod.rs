//! What tests are set up with.

pub(crate) mod app;
pub(crate) mod bucket;
pub(crate) mod chain;
pub(crate) mod client;
pub(crate) mod contract;
pub(crate) mod editions;
pub(crate) mod faulty_proxy;
pub(crate) mod labelled;
pub(crate) mod origin;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod publishers;
pub(crate) mod random;
pub(crate) mod release;
pub(crate) mod routes;
pub(crate) mod scripted_host;
pub(crate) mod slow_proxy;
#[cfg(feature = "s3")]
pub(crate) mod small_bucket;
pub(crate) mod small_upstream;
pub(crate) mod source_tree;
pub(crate) mod upstream;
pub(crate) mod world;
