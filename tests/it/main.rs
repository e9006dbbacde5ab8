//! Integration tests: real parts, started for the test.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail there")]

mod catalog;
mod fetch;
mod matching;
mod publish;
mod resolve;
mod source_atlas;
mod source_registries;
mod storage;
mod support;
