#![no_main]

#[path = "../checks/sources.rs"]
mod sources;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sources::check(bytes));
