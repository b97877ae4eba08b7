//! Any bytes at all, through everything that reads what strangers wrote. `tests/fuzz.rs` runs the same on each change.
#![no_main]

#[path = "../../tests/anything/mod.rs"]
mod anything;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| anything::read(bytes));
