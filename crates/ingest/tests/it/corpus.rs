//! Replays what the fuzzers kept: `fuzz/corpus` has a folder a format.

use std::panic::catch_unwind;
use std::path::Path;

use crate::import_check::{Format, check};

fn replay(format: Format, folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(folder);
    let mut files: Vec<_> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let failed: Vec<_> = files
        .into_iter()
        .filter(|file| {
            let input = fs_err::read(file).unwrap();
            catch_unwind(|| check(format, &input)).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "see above for each of {failed:#?}");
}

#[test]
fn access_logs_of_the_fuzzer_are_read() {
    replay(Format::AccessLog, "access_log");
}

#[test]
fn csv_of_the_fuzzer_is_read() {
    replay(Format::Csv, "csv");
}

#[test]
fn jsonl_of_the_fuzzer_is_read() {
    replay(Format::Jsonl, "jsonl");
}

#[test]
fn parquet_of_the_fuzzer_is_read() {
    replay(Format::Parquet, "parquet");
}
