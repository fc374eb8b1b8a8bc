//! Fuzzes the import of Parquet.
#![no_main]

libfuzzer_sys::fuzz_target!(init: hedgerow_fuzz::allow_panics(), |input: &[u8]| hedgerow_fuzz::parquet(input));
