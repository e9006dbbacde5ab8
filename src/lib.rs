//! Open data about home surveillance and the police, collected, versioned and served.
//!
//! The modules stand in the order a fact travels; see ARCHITECTURE.md.

// Blank lines keep the order: rustfmt sorts modules that stand together.

#[macro_use]
pub mod record;

pub mod parse;

pub mod config;

pub mod telemetry;

pub mod fetch;

pub mod source;

pub mod normalise;

pub mod matching;

pub mod resolve;

pub mod storage;

pub mod catalog;

pub mod release;

pub mod serve;

pub mod refresh;

pub mod mirror;

pub mod notify;

pub mod schedule;

pub mod cli;
