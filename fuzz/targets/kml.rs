#![no_main]

#[path = "../checks/kml.rs"]
mod kml;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kml::check(bytes));
