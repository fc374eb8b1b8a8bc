//! Reading the rows of files without the query engine: batch after batch, in constant memory.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use fs_err as fs;
use hedgerow_errors::{Code, Error, Result};

use crate::layout::{LakeColumn, field};

/// Rows of a batch.
const ROWS: usize = 8_192;

/// Batches of rows, in the order of their file.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// The schema of some columns.
pub(crate) fn schema_of(columns: &[LakeColumn]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The rows of a file in the given columns. One that the file lacks is null; whole numbers of a column
/// that has come to be one of fractions since are fractions.
pub(crate) fn file_rows(path: &Path, columns: &[LakeColumn]) -> Result<Rows> {
    let message = format!("cannot read {}", path.display());
    let builder = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path)?.into_file())
        .map_err(|error| damaged(&message, error))?;
    let wanted = builder
        .schema()
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| columns.iter().any(|column| column.name == *field.name()))
        .map(|(at, _)| at);
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader = builder.with_projection(mask).with_batch_size(ROWS).build();
    let reader = reader.map_err(|error| damaged(&message, error))?;
    let (schema, columns) = (schema_of(columns), columns.to_vec());
    Ok(Box::new(reader.map(move |batch| {
        let batch = batch.map_err(|error| damaged(&message, error))?;
        adapt(&batch, &columns, &schema).map_err(|error| damaged(&message, error))
    })))
}

/// Rows in the columns of a schema.
pub(crate) fn adapt(
    batch: &RecordBatch,
    columns: &[LakeColumn],
    schema: &SchemaRef,
) -> std::result::Result<RecordBatch, ArrowError> {
    let arrays = columns.iter().map(|column| {
        let kind = column.kind.data_type();
        match batch.column_by_name(&column.name) {
            Some(array) if *array.data_type() == kind => Ok(Arc::clone(array)),
            Some(array) => cast(array, &kind),
            None => Ok(new_null_array(&kind, batch.num_rows())),
        }
    });
    let arrays: Vec<ArrayRef> = arrays.collect::<std::result::Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
}

fn damaged(message: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::caused(Code::Corrupt, message.to_owned(), error)
        .with_hint("hedgerow doctor tells what is damaged; put the file back from a backup")
}
