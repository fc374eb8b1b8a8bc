//! Exporting: the events of one view as Parquet or as JSON lines, part after part.
//!
//! Whoever reads the parts decides when the next one is made, so that a slow reader keeps nothing in
//! memory. The view keeps its files from being removed meanwhile.

mod json;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringBuilder};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use hedgerow_data_api::{Export, ExportFormat, ExportPart, ExportStream};
use hedgerow_errors::{Code, Error, Result};

use crate::append::blocking;
use crate::layout::{LakeColumn, REST};
use crate::parquet_file::{parquet_schema, properties};
use crate::rows::{Rows, adapt, file_rows, schema_of};
use crate::unshred::PropertyValues;
use crate::view::LakeView;

/// A row group ends when its columns take so much, in bytes, however few rows it has.
const LARGEST_GROUP: usize = 64 << 20;

/// An export under way.
pub(crate) struct LakeExport {
    total: u64,
    /// None while a part is made, and for good when that was left or failed.
    work: Option<Work>,
}

impl LakeExport {
    /// Begins an export of a view.
    pub(crate) fn new(view: Arc<LakeView>, export: &Export) -> Result<Self> {
        Ok(Self {
            total: view.rows(),
            work: Some(Work::new(view, export)?),
        })
    }
}

#[async_trait]
impl ExportStream for LakeExport {
    fn total(&self) -> u64 {
        self.total
    }

    async fn next(&mut self) -> Result<Option<ExportPart>> {
        let Some(mut work) = self.work.take() else {
            return Ok(None);
        };
        let (work, part) = blocking(move || {
            let part = work.next()?;
            Ok((work, part))
        })
        .await?;
        self.work = part.is_some().then_some(work);
        Ok(part)
    }
}

struct Work {
    view: Arc<LakeView>,
    /// The stored columns, which are those that are read.
    columns: Vec<LakeColumn>,
    wanted: Option<HashSet<String>>,
    file: usize,
    batch: usize,
    rows: Option<Rows>,
    form: Form,
}

enum Form {
    Jsonl,
    Parquet(Box<ParquetForm>),
    /// Parquet whose footer is written.
    Ended,
}

/// A Parquet file whose bytes are taken as they come.
struct ParquetForm {
    writer: ArrowWriter<Vec<u8>>,
    columns: Vec<LakeColumn>,
    schema: SchemaRef,
    /// Columns that are named otherwise than their keys: their values go into `rest`, by their keys.
    moved: Vec<LakeColumn>,
}

impl Work {
    fn new(view: Arc<LakeView>, export: &Export) -> Result<Self> {
        let columns: Vec<LakeColumn> = view.columns.iter().filter(|column| column.stored).cloned().collect();
        let form = match export.format {
            ExportFormat::Jsonl => Form::Jsonl,
            ExportFormat::Parquet => Form::Parquet(Box::new(ParquetForm::new(&columns)?)),
        };
        Ok(Self {
            view,
            columns,
            wanted: (!export.events.is_empty()).then(|| export.events.iter().cloned().collect()),
            file: 0,
            batch: 0,
            rows: None,
            form,
        })
    }

    fn next(&mut self) -> Result<Option<ExportPart>> {
        let Some(rows) = self.read()? else {
            return self.end();
        };
        let read = rows.num_rows() as u64;
        let rows = self.only_wanted(rows)?;
        let written = rows.num_rows() as u64;
        let bytes = match &mut self.form {
            Form::Jsonl => json::lines(&rows, &self.columns)?,
            Form::Parquet(form) => form.write(&rows, &self.view)?,
            Form::Ended => Vec::new(),
        };
        Ok(Some(ExportPart { bytes, read, written }))
    }

    /// The next rows: those of the files, then those in memory.
    fn read(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(rows) = self.rows.as_mut().and_then(Iterator::next) {
                return rows.map(Some);
            }
            self.rows = None;
            if let Some(file) = self.view.files.get(self.file) {
                self.rows = Some(file_rows(&file.path, &self.columns)?);
                self.file += 1;
                continue;
            }
            let Some(batch) = self.view.memory.get(self.batch) else {
                return Ok(None);
            };
            self.batch += 1;
            let schema = schema_of(&self.columns);
            return adapt(batch, &self.columns, &schema).map(Some).map_err(failed);
        }
    }

    fn only_wanted(&self, rows: RecordBatch) -> Result<RecordBatch> {
        let Some(wanted) = &self.wanted else {
            return Ok(rows);
        };
        let events = rows
            .column_by_name("event")
            .and_then(|array| array.as_string_opt::<i32>());
        let Some(events) = events else {
            return Err(Error::internal("rows to export have no event"));
        };
        let keep: BooleanArray = events
            .iter()
            .map(|event| Some(event.is_some_and(|event| wanted.contains(event))))
            .collect();
        filter_record_batch(&rows, &keep).map_err(failed)
    }

    fn end(&mut self) -> Result<Option<ExportPart>> {
        match std::mem::replace(&mut self.form, Form::Ended) {
            Form::Parquet(form) => {
                let bytes = form.writer.into_inner().map_err(failed)?;
                Ok(Some(ExportPart {
                    bytes,
                    ..ExportPart::default()
                }))
            }
            Form::Jsonl | Form::Ended => Ok(None),
        }
    }
}

impl ParquetForm {
    fn new(stored: &[LakeColumn]) -> Result<Self> {
        // Importers know a property by its column's name, and spread what is called `properties`.
        let keeps_its_name = |column: &&LakeColumn| {
            column
                .key
                .as_ref()
                .is_none_or(|key| *key == column.name && key != "properties")
        };
        let (columns, moved): (Vec<&LakeColumn>, Vec<&LakeColumn>) = stored.iter().partition(keeps_its_name);
        let (columns, moved): (Vec<_>, Vec<_>) = (
            columns.into_iter().cloned().collect(),
            moved.into_iter().cloned().collect(),
        );
        let schema = schema_of(&columns);
        let options = ArrowWriterOptions::new()
            .with_properties(properties())
            .with_parquet_schema(parquet_schema(&schema)?);
        let writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&schema), options).map_err(failed)?;
        Ok(Self {
            writer,
            columns,
            schema,
            moved,
        })
    }

    /// Adds rows. Gives the bytes that are ready.
    fn write(&mut self, rows: &RecordBatch, view: &LakeView) -> Result<Vec<u8>> {
        let arrays = self.columns.iter().map(|column| {
            let array = rows.column_by_name(&column.name);
            let array = array.ok_or_else(|| Error::internal("a column to export is gone"))?;
            Ok(match (column.key.is_none(), column.name.as_str()) {
                (true, "person_key") => person_keys(array, view)?,
                (true, REST) if !self.moved.is_empty() => with_moved(rows, array, &self.moved),
                _ => Arc::clone(array),
            })
        });
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(failed)?;
        self.writer.write(&rows).map_err(failed)?;
        if self.writer.in_progress_size() > LARGEST_GROUP {
            self.writer.flush().map_err(failed)?;
        }
        Ok(std::mem::take(self.writer.inner_mut()))
    }
}

/// The keys of the persons that events belong to by now.
fn person_keys(array: &ArrayRef, view: &LakeView) -> Result<ArrayRef> {
    let keys = array.as_primitive_opt::<Int64Type>();
    let keys = keys.ok_or_else(|| Error::internal("person keys are no whole numbers"))?;
    let current: Int64Array = keys.unary(|key| view.overrides.get(&key).copied().unwrap_or(key));
    Ok(Arc::new(current))
}

/// What lies in `rest`, and the values of other columns under their keys.
fn with_moved(rows: &RecordBatch, rest: &ArrayRef, moved: &[LakeColumn]) -> ArrayRef {
    let moved = PropertyValues::of(rows, moved);
    let rest = rest.as_string_opt::<i32>();
    let mut array = StringBuilder::new();
    for row in 0..rows.num_rows() {
        let own = rest.filter(|rest| rest.is_valid(row)).map(|rest| rest.value(row));
        let mut object = own.and_then(|own| own.strip_suffix('}')).unwrap_or("{").to_owned();
        for (key, values) in &moved {
            if let Some(value) = values.value(row) {
                json::member(&mut object, key, value);
            }
        }
        if own.is_none() && object == "{" {
            array.append_null();
        } else {
            object.push('}');
            array.append_value(object);
        }
    }
    Arc::new(array.finish())
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::caused(Code::Internal, "cannot export events", error)
}
