//! Fuzzes the format of the write-ahead log.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hedgerow_fuzz::log(input));
