#![no_main]

#[path = "../checks/statements.rs"]
mod statements;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements::check(bytes));
