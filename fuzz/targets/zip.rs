#![no_main]

#[path = "../checks/zip.rs"]
mod zip;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| zip::check(bytes));
