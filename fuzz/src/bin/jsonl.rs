//! Fuzzes the import of JSON lines.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hedgerow_fuzz::jsonl(input));
