//! What a query reads: one snapshot that never changes.

use std::path::PathBuf;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;

use crate::layout::LakeColumn;

/// A data file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeFile {
    /// The id in the catalog.
    pub id: i64,
    /// Where it lies.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Its rows.
    pub rows: u64,
    /// The UTC day of all its events, as days since 1970-01-01.
    pub day: i64,
    /// The earliest event, microseconds since 1970-01-01.
    pub first_us: i64,
    /// The latest event.
    pub last_us: i64,
}

/// One snapshot: the files committed so far, and the events that are acknowledged but not flushed.
///
/// Queries hold a view from start to end, so that a commit meanwhile changes nothing for them. The
/// memory half is empty as long as every append ends in files.
#[derive(Debug, Clone)]
pub struct LakeView {
    /// The catalog's snapshot.
    pub snapshot_id: i64,
    /// The columns in order of their ids.
    pub columns: Vec<LakeColumn>,
    /// The columns as an Arrow schema. A file may lack the newest: they read as null.
    pub schema: SchemaRef,
    /// The files, each sorted by (`person_key`, `timestamp`).
    pub files: Vec<LakeFile>,
    /// Events that are not in files yet.
    pub memory: Vec<RecordBatch>,
}

impl LakeView {
    /// The column of a property.
    #[must_use]
    pub fn column_of(&self, key: &str) -> Option<&LakeColumn> {
        self.columns.iter().find(|column| column.key.as_deref() == Some(key))
    }

    /// The events of the snapshot.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let in_memory: usize = self.memory.iter().map(RecordBatch::num_rows).sum();
        self.files.iter().map(|file| file.rows).sum::<u64>() + in_memory as u64
    }
}
