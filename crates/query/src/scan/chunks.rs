//! Columns of files in memory: what a query read stays for the next one.
//!
//! Files never change, so that what was read of one is right for as long as there is a query that names it. A column
//! lies here row group by row group, decoded; texts as places in a list of the different ones, which takes less memory
//! and lets a condition be settled once a text and not once a row.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int32Type, Schema};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use datafusion::parquet::file::metadata::ColumnChunkMetaData;

use super::runs::{Run, Runs};

/// Bytes that are kept at most, unless an engine is told otherwise.
pub(crate) const MOST_BYTES: usize = 1 << 30;

/// What is kept, the latest used, up to so many bytes.
pub(crate) struct Chunks {
    most_bytes: usize,
    kept: Mutex<Kept>,
}

impl fmt::Debug for Chunks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Chunks").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Kept {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    /// Grows with each use.
    uses: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    file: Arc<Path>,
    part: Part,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Footer,
    /// A column of a row group.
    Column(usize, String),
    /// The runs of persons in a row group.
    Runs(usize),
}

struct Entry {
    value: Value,
    bytes: usize,
    last_use: u64,
}

#[derive(Clone)]
enum Value {
    Footer(ArrowReaderMetadata),
    Column(ArrayRef),
    Runs(Arc<Runs>),
}

impl Chunks {
    /// Keeps so many bytes at most.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            kept: Mutex::default(),
        }
    }

    /// Whether so many columns of so many rows have room.
    pub(super) fn can_hold(&self, rows: u64, columns: usize) -> bool {
        let bytes = rows.saturating_mul(columns as u64 * 8 + size_of::<Run>() as u64);
        bytes <= self.most_bytes as u64
    }

    /// What a file says of itself.
    pub(super) fn footer(&self, file: &Arc<Path>) -> Option<ArrowReaderMetadata> {
        match self.get(file, Part::Footer) {
            Some(Value::Footer(footer)) => Some(footer),
            _ => None,
        }
    }

    /// A column of a row group, where it was read before.
    pub(super) fn column(&self, file: &Arc<Path>, group: usize, name: &str) -> Option<ArrayRef> {
        match self.get(file, Part::Column(group, name.to_owned())) {
            Some(Value::Column(column)) => Some(column),
            _ => None,
        }
    }

    /// The runs of persons in a row group, of merges that may not be the latest.
    pub(super) fn runs(&self, file: &Arc<Path>, group: usize) -> Option<Arc<Runs>> {
        match self.get(file, Part::Runs(group)) {
            Some(Value::Runs(runs)) => Some(runs),
            _ => None,
        }
    }

    /// Keeps the runs of persons in a row group.
    pub(super) fn put_runs(&self, file: &Arc<Path>, group: usize, runs: &Arc<Runs>) {
        self.put(file, Part::Runs(group), Value::Runs(Arc::clone(runs)), runs.bytes());
    }

    fn get(&self, file: &Arc<Path>, part: Part) -> Option<Value> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let file = Arc::clone(file);
        let entry = kept.entries.get_mut(&Key { file, part })?;
        entry.last_use = now;
        Some(entry.value.clone())
    }

    fn put(&self, file: &Arc<Path>, part: Part, value: Value, bytes: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let (last_use, file) = (kept.uses, Arc::clone(file));
        let entry = Entry { value, bytes, last_use };
        if let Some(before) = kept.entries.insert(Key { file, part }, entry) {
            kept.bytes -= before.bytes;
        }
        kept.bytes += bytes;
        if kept.bytes > self.most_bytes {
            kept.shrink(self.most_bytes);
        }
    }

    /// Reads the footer of a file. It blocks.
    pub(super) fn read_footer(&self, file: &Arc<Path>) -> Result<ArrowReaderMetadata> {
        let opened = fs_err::File::open(file.as_ref())?.into_file();
        let plain = ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new())?;
        let fields = plain.schema().fields().iter().map(as_read);
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = ArrowReaderOptions::new().with_schema(schema);
        let footer = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options)?;
        let bytes = footer.metadata().memory_size();
        self.put(file, Part::Footer, Value::Footer(footer.clone()), bytes);
        Ok(footer)
    }

    /// Reads columns of a row group, which the file has, and keeps them. It blocks.
    pub(super) fn read(
        &self,
        file: &Arc<Path>,
        footer: &ArrowReaderMetadata,
        group: usize,
        wanted: &[FieldRef],
    ) -> Result<Vec<ArrayRef>> {
        let opened = fs_err::File::open(file.as_ref())?.into_file();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(opened, footer.clone());
        let fields = footer.schema().fields().iter().enumerate();
        let is_wanted = |field: &Field| wanted.iter().any(|wanted| wanted.name() == field.name());
        let places = fields.filter(|(_, field)| is_wanted(field)).map(|(at, _)| at);
        let mask = ProjectionMask::roots(builder.parquet_schema(), places);
        let rows = rows(footer, group);
        let reader = builder.with_row_groups(vec![group]).with_projection(mask);
        let batches = reader.with_batch_size(rows.max(1)).build()?;
        let batches = batches.collect::<std::result::Result<Vec<_>, _>>()?;
        let mut columns = Vec::with_capacity(wanted.len());
        for field in wanted {
            let parts: Vec<ArrayRef> = batches
                .iter()
                .filter_map(|batch| batch.column_by_name(field.name()).cloned())
                .collect();
            let column = match parts.as_slice() {
                [] => return internal_err!("{} lacks the column {}", file.display(), field.name()),
                [one] => Arc::clone(one),
                several => concat(&several.iter().map(AsRef::as_ref).collect::<Vec<_>>())?,
            };
            if column.len() != rows {
                return internal_err!("{} has other rows than its file says", file.display());
            }
            let column = compact(column, field)?;
            let (bytes, part) = (
                column.get_array_memory_size(),
                Part::Column(group, field.name().clone()),
            );
            self.put(file, part, Value::Column(Arc::clone(&column)), bytes);
            columns.push(column);
        }
        Ok(columns)
    }
}

impl Kept {
    /// Removes what was used least recently, down to nine tenths, so that not each entry begins this anew.
    fn shrink(&mut self, most_bytes: usize) {
        let mut uses: Vec<(u64, usize)> = self
            .entries
            .values()
            .map(|entry| (entry.last_use, entry.bytes))
            .collect();
        uses.sort_unstable();
        let mut last_removed = 0;
        for (last_use, bytes) in uses {
            if self.bytes <= most_bytes / 10 * 9 {
                break;
            }
            self.bytes -= bytes;
            last_removed = last_use;
        }
        self.entries.retain(|_, entry| entry.last_use > last_removed);
    }
}

/// The rows of a row group.
pub(super) fn rows(footer: &ArrowReaderMetadata, group: usize) -> usize {
    usize::try_from(footer.metadata().row_group(group).num_rows()).unwrap_or(0)
}

/// What a column of a row group takes in its file.
pub(super) fn bytes_of(footer: &ArrowReaderMetadata, group: usize, name: &str) -> usize {
    let columns = footer.metadata().row_group(group).columns().iter();
    let of_column = columns.filter(|column| column.column_path().parts().first().is_some_and(|part| part == name));
    let bytes: i64 = of_column.map(ColumnChunkMetaData::compressed_size).sum();
    usize::try_from(bytes).unwrap_or(0)
}

/// The type of texts in memory.
pub(super) fn text_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn as_read(field: &FieldRef) -> FieldRef {
    match field.data_type() {
        DataType::Utf8 => Arc::new(field.as_ref().clone().with_data_type(text_type())),
        _ => Arc::clone(field),
    }
}

/// A column in the type of the table, or as places of texts; texts that are nearly all different as they are.
fn compact(column: ArrayRef, field: &FieldRef) -> Result<ArrayRef> {
    if let Some(texts) = column.as_dictionary_opt::<Int32Type>() {
        let is_text = field.data_type() == &DataType::Utf8;
        return match texts.values().len() > texts.len() / 2 || !is_text {
            true => Ok(cast(&column, field.data_type())?),
            false => Ok(column),
        };
    }
    match column.data_type() == field.data_type() {
        true => Ok(column),
        // Whole numbers of a property that has come to be one of fractions since.
        false => cast(&column, field.data_type()).map_err(DataFusionError::from),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::Int64Array;

    use super::*;

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let chunks = Chunks::new(1000);
        let file: Arc<Path> = Arc::from(Path::new("a file"));
        let put = |group| {
            let column: ArrayRef = Arc::new(Int64Array::from(vec![1]));
            let part = Part::Column(group, "number".to_owned());
            chunks.put(&file, part, Value::Column(column), 300);
        };
        let is_there = |group| chunks.column(&file, group, "number").is_some();
        (0..3).for_each(put);
        assert!(is_there(0));
        put(3);
        // 1,200 bytes are too many, and 900 are enough.
        assert!(!is_there(1));
        assert!(is_there(0) && is_there(2) && is_there(3));
        put(3);
        assert_eq!(chunks.kept.lock().unwrap().bytes, 900);
    }
}
