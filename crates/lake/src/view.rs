//! What a query reads: one snapshot that never changes.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;

use crate::days::day_of;
use crate::layout::LakeColumn;

/// From the keys that events came with to those of their persons now, where they differ.
pub type Overrides = hashbrown::HashMap<i64, i64>;

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
    /// The earliest event, microseconds since 1970-01-01.
    pub first_us: i64,
    /// The latest event.
    pub last_us: i64,
}

impl LakeFile {
    /// The UTC days that its events may lie on, as days since 1970-01-01.
    #[must_use]
    pub fn days(&self) -> RangeInclusive<i64> {
        day_of(self.first_us)..=day_of(self.last_us)
    }

    /// Whether all its events lie on one UTC day.
    #[must_use]
    pub fn is_one_day(&self) -> bool {
        day_of(self.first_us) == day_of(self.last_us)
    }
}

/// One snapshot: the files committed so far, and the events that are acknowledged but not flushed.
///
/// Queries hold a view from start to end, so that a commit meanwhile changes nothing for them.
#[derive(Debug, Clone)]
pub struct LakeView {
    /// The catalog's snapshot.
    pub snapshot_id: i64,
    /// The columns in order of their ids.
    pub columns: Vec<LakeColumn>,
    /// The columns as an Arrow schema, those of properties that lie in `rest` included. A file may
    /// lack a column: it then reads as null.
    pub schema: SchemaRef,
    /// The files, each sorted by (UTC day, `person_key`, `timestamp`).
    pub files: Arc<Vec<LakeFile>>,
    /// Who was merged with whom.
    pub overrides: Arc<Overrides>,
    /// Events that are not in files yet, in columns by name: each batch has the columns in which
    /// something stands, in the type that they had when it came.
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
