//! Fuzzes the import of access logs.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hedgerow_fuzz::access_log(input));
