//! A Parquet file: its schema, and the types its columns are read as.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatchReader;
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};
use hedgerow_errors::{Error, Result};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::LogicalType;
use parquet::file::metadata::RowGroupMetaData;

use super::texts::Texts;
use super::{claims, failed};
use crate::source::{PARQUET, Source};

/// Rows that are read at once, at most and at least.
const MOST_ROWS: usize = 16_384;
const LEAST_ROWS: usize = 64;
/// Bytes that the rows read at once take up unpacked, about.
const BATCH_BYTES: u64 = 16 << 20;
/// The same of rows with properties to spread, which take up several times as much when they are.
const SPREAD_BYTES: u64 = 4 << 20;
/// Rows that say what a column of texts holds.
const LOOKED_AT: usize = 1_024;

/// An open file.
pub(super) struct ParquetFile {
    shown: String,
    file: std::fs::File,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    pub(super) fn open(source: &Source) -> Result<Self> {
        let shown = source.shown.clone();
        let Some(path) = source.path.as_ref().filter(|_| source.is_regular) else {
            let message = format!("read {shown}: Parquet is read from its end, which a pipe has not yet");
            return Err(Error::invalid(message).with_hint("write it to a file first"));
        };
        let (file, _) = fs_err::File::open(path)?.into_parts();
        let mut start = [0; 4];
        let is_parquet = std::io::Read::read_exact(&mut &file, &mut start).is_ok() && start == PARQUET;
        if !is_parquet {
            return Err(Error::invalid(format!("read {shown}: it is no Parquet file"))
                .with_hint("import csv and import jsonl read other files; one that is compressed as a whole has to be unpacked"));
        }
        claims::of_metadata(&file).map_err(|error| failed(&shown, "look at its metadata", error))?;
        let as_written = guarded(&shown, "read its schema", || {
            ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        })?;
        let metadata = guarded(&shown, "choose how its columns are read", || {
            let schema = Arc::new(Schema::new(read_as(&as_written)));
            let options = ArrowReaderOptions::new().with_schema(schema);
            ArrowReaderMetadata::try_new(as_written.metadata().clone(), options)
        })?;
        let pages = Arc::new(file.try_clone()?);
        guarded(&shown, "look at its pages", || {
            claims::of_pages(&pages, metadata.metadata())
        })?;
        Ok(Self { shown, file, metadata })
    }

    pub(super) fn rows(&self) -> u64 {
        self.metadata.metadata().file_metadata().num_rows().unsigned_abs()
    }

    fn field(&self, at: usize) -> Option<&FieldRef> {
        self.metadata.schema().fields().get(at)
    }

    /// The columns' names; one that comes again gets a number.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for field in self.metadata.schema().fields() {
            let name = field.name();
            let mut numbered = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}_{number}")));
            names.extend(numbered.find(|name| !names.contains(name)));
        }
        names
    }

    /// Whether the file says that a column's texts are JSON.
    pub(super) fn is_json(&self, at: usize) -> bool {
        let descriptor = self.metadata.parquet_schema();
        let leaf = (0..descriptor.num_columns()).find(|leaf| descriptor.get_column_root_idx(*leaf) == at);
        let is_leaf = self.field(at).is_some_and(|field| !field.data_type().is_nested());
        let logical = leaf.map(|leaf| descriptor.column(leaf).logical_type_ref().cloned());
        is_leaf && matches!(logical, Some(Some(LogicalType::Json)))
    }

    /// What a person calls the type of a column.
    pub(super) fn described(&self, at: usize) -> &'static str {
        if self.is_json(at) {
            return "JSON";
        }
        match self.field(at).map(|field| field.data_type()) {
            Some(DataType::Boolean) => "true or false",
            Some(kind) if kind.is_integer() => "whole numbers",
            Some(kind) if kind.is_numeric() => "numbers",
            Some(kind) if kind.is_nested() => "JSON",
            _ => "text",
        }
    }

    /// Whether a column holds objects: as such, or as JSON texts as far as its first rows say.
    pub(super) fn holds_objects(&self, at: usize) -> Result<bool> {
        let Some(field) = self.field(at) else { return Ok(false) };
        match field.data_type() {
            DataType::Struct(_) | DataType::Map(..) => return Ok(true),
            DataType::Utf8 | DataType::Dictionary(..) => {}
            _ => return Ok(false),
        }
        let mut batches = self.reader(&[at], LOOKED_AT)?;
        let first = guarded(&self.shown, "look at its first rows", || batches.next().transpose())?;
        let Some(first) = first else { return Ok(true) };
        let texts = first.columns().first().map(Texts::of).transpose();
        let texts = texts.map_err(|error| failed(&self.shown, "look at its first rows", error))?;
        let mut found = (0..first.num_rows())
            .filter_map(|row| texts.as_ref()?.get(row))
            .filter(|text| !text.is_empty());
        Ok(found.next().is_none_or(|text| text.trim_ascii_start().starts_with('{')))
    }

    /// All rows of some columns, in batches that fit in memory whatever their rows' size.
    pub(super) fn batches(self, columns: &[usize], any_spread: bool) -> Result<ParquetRecordBatchReader> {
        let unpacked: i64 = self
            .metadata
            .metadata()
            .row_groups()
            .iter()
            .map(RowGroupMetaData::total_byte_size)
            .fold(0, i64::saturating_add);
        let row = (unpacked.unsigned_abs() / self.rows().max(1)).max(1);
        let rows = usize::try_from(if any_spread { SPREAD_BYTES } else { BATCH_BYTES } / row).unwrap_or(MOST_ROWS);
        self.reader(columns, rows.clamp(LEAST_ROWS, MOST_ROWS))
    }

    fn reader(&self, columns: &[usize], rows: usize) -> Result<ParquetRecordBatchReader> {
        let file = self.file.try_clone()?;
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), columns.iter().copied());
        let reader = guarded(&self.shown, "read its rows", || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_batch_size(rows)
                .with_projection(mask)
                .build()
        })?;
        if reader.schema().fields().len() != columns.len() {
            return Err(Error::internal(format!(
                "read {}: some columns were not found again",
                self.shown
            )));
        }
        Ok(reader)
    }
}

/// Does a step of the Parquet reader. In rare ways a file can be broken so that the reader panics, e.g. a column
/// before the file's begin, a page of indexes without a dictionary, or an embedded Arrow schema with a field
/// that has no name; that is an error of the file like others, and must not end a server.
pub(super) fn guarded<T, E>(shown: &str, step: &str, read: impl FnOnce() -> std::result::Result<T, E>) -> Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| failed(shown, step, error)),
        Err(_) => Err(failed(
            shown,
            step,
            std::io::Error::from(std::io::ErrorKind::InvalidData),
        )),
    }
}

/// The fields with the types that they are read as: texts as such or, where the file has dictionaries of
/// them, with these; times with a zone as UTC, which is how the file has them.
fn read_as(metadata: &ArrowReaderMetadata) -> Fields {
    let descriptor = metadata.parquet_schema();
    let read_as = |(at, field): (usize, &FieldRef)| {
        let kind = match field.data_type() {
            DataType::Dictionary(_, value) => value.as_ref(),
            kind => kind,
        };
        let kind = match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let leaf = (0..descriptor.num_columns()).find(|leaf| descriptor.get_column_root_idx(*leaf) == at);
                let in_dictionary = leaf.is_some_and(|leaf| {
                    let groups = metadata.metadata().row_groups();
                    groups
                        .iter()
                        .all(|group| group.column(leaf).dictionary_page_offset().is_some())
                });
                if in_dictionary {
                    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
                } else {
                    DataType::Utf8
                }
            }
            DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
            other => in_utc(other),
        };
        Arc::new(Field::new(field.name(), kind, field.is_nullable()))
    };
    metadata.schema().fields().iter().enumerate().map(read_as).collect()
}

fn in_utc(kind: &DataType) -> DataType {
    let field = |field: &FieldRef| Arc::new(field.as_ref().clone().with_data_type(in_utc(field.data_type())));
    match kind {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("+00:00".into())),
        DataType::List(item) => DataType::List(field(item)),
        DataType::LargeList(item) => DataType::LargeList(field(item)),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(field(item), *length),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        DataType::Map(entries, sorted) => DataType::Map(field(entries), *sorted),
        other => other.clone(),
    }
}
