#![no_main]

#[path = "../checks/requests.rs"]
mod requests;

libfuzzer_sys::fuzz_target!(init: requests::prepare(), |bytes: &[u8]| requests::check(bytes));
