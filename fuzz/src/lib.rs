//! What the fuzz targets call. The checks themselves lie in the tests of the crates, which replay the
//! corpus with them.

mod memory;

#[path = "../../crates/ingest/tests/it/import_check.rs"]
mod import_check;
#[cfg(feature = "queries")]
#[path = "../../crates/query/tests/it/input_check.rs"]
mod input_check;
#[path = "../../crates/lake/src/log/segment.rs"]
mod segment;
#[path = "../../crates/lake/src/log/segment_check.rs"]
mod segment_check;

use std::collections::BTreeSet;
use std::sync::Mutex;

use import_check::Format;

/// A segment of the write-ahead log, or the payload of one of its records.
pub fn log(input: &[u8]) {
    // A varint of one byte may become a number of eight or the beginning of a column.
    memory::bounded((4 << 20) + 1_000 * input.len(), || segment_check::check(input));
}

/// An access log.
pub fn access_log(input: &[u8]) {
    import(Format::AccessLog, input);
}

/// A file of CSV, possibly packed.
pub fn csv(input: &[u8]) {
    import(Format::Csv, input);
}

/// A file of JSON lines, possibly packed.
pub fn jsonl(input: &[u8]) {
    import(Format::Jsonl, input);
}

/// A Parquet file.
pub fn parquet(input: &[u8]) {
    import(Format::Parquet, input);
}

/// A statement of SQL.
#[cfg(feature = "queries")]
pub fn sql(input: &[u8]) {
    input_check::check(input_check::Door::Sql, input);
}

/// A typed query as JSON.
#[cfg(feature = "queries")]
pub fn query(input: &[u8]) {
    input_check::check(input_check::Door::Typed, input);
}

/// An import may take the memory that the importers promise to do with, whatever the file claims.
fn import(format: Format, input: &[u8]) {
    const MOST: usize = 256 << 20;
    memory::bounded(MOST, || import_check::check(format, input));
}

/// Lets a panic go on to who catches it, and shows each once: libFuzzer's own hook ends the process at
/// once, but the Parquet crate's panics are caught and become errors of the file.
pub fn allow_panics() {
    static SHOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let is_new = SHOWN.lock().is_ok_and(|mut shown| shown.insert(place));
        if is_new {
            eprintln!("{panic}");
        }
    }));
}
