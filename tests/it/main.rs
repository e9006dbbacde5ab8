//! Integration tests: real parts, started for the test.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail there")]

mod catalog;
mod crawl;
mod docs;
mod fetch;
mod first_schema;
mod kill;
mod layers;
mod matching;
mod proof_bad_input;
mod proof_disk;
mod proof_first_release;
mod proof_later_releases;
mod proof_replay;
mod publish;
mod resolve;
mod schedule;
mod serve;
mod serve_by_key;
mod serve_changes;
mod serve_conditions;
mod serve_coverage;
mod serve_database;
mod serve_discovery;
mod serve_files;
mod serve_forms;
mod serve_guard;
mod serve_openapi;
mod serve_process;
mod serve_query;
mod serve_releases;
mod source_atlas;
mod source_registries;
mod storage;
mod support;
