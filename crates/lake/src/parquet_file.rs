//! Writing one day's events as a sorted Parquet file, and reading its identities back.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, FixedSizeBinaryBuilder, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use datafusion::parquet::arrow::{ArrowSchemaConverter, ProjectionMask};
use datafusion::parquet::basic::{Compression, LogicalType, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::{ColumnPath, SchemaDescriptor, Type};
use fs_err as fs;
use hedgerow_data_api::{EventRecord, PropertyValue};
use hedgerow_errors::{Code, Error, Result};
use uuid::Uuid;

use crate::layout::{ColumnKind, LakeColumn, Layout};

/// Rows per row group: small enough that two cores share a day, large enough for good encoding.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// An event with the person it belongs to.
pub(crate) struct KeyedEvent {
    pub(crate) event: EventRecord,
    pub(crate) person_key: i64,
}

/// What the catalog needs to know of a written file.
pub(crate) struct WrittenFile {
    pub(crate) size: u64,
    pub(crate) footer_size: u64,
    pub(crate) rows: u64,
    pub(crate) columns: Vec<ColumnStats>,
}

/// A column's statistics in the catalog's text form.
pub(crate) struct ColumnStats {
    pub(crate) column_id: i64,
    pub(crate) size: u64,
    pub(crate) nulls: u64,
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
}

/// Writes events as a file and makes it durable. They must be sorted by (`person_key`, `timestamp`).
pub(crate) fn write(path: &Path, layout: &Layout, events: &[KeyedEvent]) -> Result<WrittenFile> {
    let failed = |error| Error::caused(Code::Io, format!("cannot write {}", path.display()), error);
    let batch = record_batch(layout, events)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_dictionary_enabled(true)
        .set_column_dictionary_enabled(ColumnPath::from("uuid"), false)
        .build();
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_parquet_schema(parquet_schema(layout)?);
    let file = fs::File::create_new(path)?;
    let mut writer = ArrowWriter::try_new_with_options(file, batch.schema(), options).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    let metadata = writer.close().map_err(failed)?;
    let size_of = |column: usize| {
        metadata
            .row_groups()
            .iter()
            .map(|group| group.column(column).compressed_size().unsigned_abs())
            .sum::<u64>()
    };
    let sizes = (0..layout.columns.len()).map(size_of);
    let file = fs::File::open(path)?;
    file.sync_all()?;
    let size = file.metadata()?.len();
    let stats = layout
        .columns
        .iter()
        .zip(batch.columns())
        .zip(sizes)
        .map(|((column, array), size)| stats(column, array, size));
    Ok(WrittenFile {
        size,
        footer_size: footer_size(path)?,
        rows: events.len() as u64,
        columns: stats.collect(),
    })
}

/// The file schema, which differs from Arrow's own only in marking the uuid as one: guests then
/// read it as a UUID and not as bytes.
fn parquet_schema(layout: &Layout) -> Result<SchemaDescriptor> {
    let failed = |error| Error::caused(Code::Internal, "cannot derive the file schema", error);
    let converted = ArrowSchemaConverter::new().convert(&layout.schema()).map_err(failed)?;
    let fields = converted.root_schema().get_fields().iter().map(|field| {
        if field.name() != "uuid" {
            return Ok(Arc::clone(field));
        }
        Type::primitive_type_builder("uuid", field.get_physical_type())
            .with_length(16)
            .with_repetition(field.get_basic_info().repetition())
            .with_logical_type(Some(LogicalType::Uuid))
            .with_id(Some(field.get_basic_info().id()))
            .build()
            .map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let root = Type::group_type_builder("schema")
        .with_fields(fields)
        .build()
        .map_err(failed)?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

fn record_batch(layout: &Layout, events: &[KeyedEvent]) -> Result<RecordBatch> {
    let columns = layout
        .columns
        .iter()
        .map(|column| array(column, events))
        .collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(layout.schema(), columns)
        .map_err(|error| Error::caused(Code::Internal, "cannot build a record batch", error))
}

fn array(column: &LakeColumn, events: &[KeyedEvent]) -> Result<ArrayRef> {
    if let Some(key) = &column.key {
        return Ok(property_array(column.kind, key, events));
    }
    let array: ArrayRef = match column.name.as_str() {
        "uuid" => {
            let mut builder = FixedSizeBinaryBuilder::with_capacity(events.len(), 16);
            for keyed in events {
                let appended = builder.append_value(keyed.event.uuid.as_bytes());
                appended.map_err(|error| Error::caused(Code::Internal, "cannot append a uuid", error))?;
            }
            Arc::new(builder.finish())
        }
        "event" => Arc::new(StringArray::from_iter_values(
            events.iter().map(|keyed| &keyed.event.event),
        )),
        "timestamp" => {
            let times = events.iter().map(|keyed| keyed.event.timestamp.timestamp_micros());
            Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
        }
        "distinct_id" => Arc::new(StringArray::from_iter_values(
            events.iter().map(|keyed| &keyed.event.distinct_id),
        )),
        "person_key" => Arc::new(Int64Array::from_iter_values(
            events.iter().map(|keyed| keyed.person_key),
        )),
        "session_id" => Arc::new(
            events
                .iter()
                .map(|keyed| keyed.event.session_id.as_deref())
                .collect::<StringArray>(),
        ),
        other => return Err(Error::internal(format!("no way to fill column {other:?}"))),
    };
    Ok(array)
}

fn property_array(kind: ColumnKind, key: &str, events: &[KeyedEvent]) -> ArrayRef {
    let values = events.iter().map(|keyed| {
        keyed
            .event
            .properties
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    });
    match kind {
        ColumnKind::Integer => Arc::new(
            values
                .map(|value| match value {
                    Some(PropertyValue::Integer(number)) => Some(*number),
                    _ => None,
                })
                .collect::<Int64Array>(),
        ),
        ColumnKind::Double => Arc::new(
            values
                .map(|value| match value {
                    Some(PropertyValue::Double(number)) => Some(*number),
                    _ => None,
                })
                .collect::<Float64Array>(),
        ),
        ColumnKind::Boolean => Arc::new(
            values
                .map(|value| match value {
                    Some(PropertyValue::Boolean(truth)) => Some(*truth),
                    _ => None,
                })
                .collect::<BooleanArray>(),
        ),
        ColumnKind::Uuid | ColumnKind::Text | ColumnKind::Timestamp => Arc::new(
            values
                .map(|value| match value {
                    Some(PropertyValue::Text(text)) => Some(text.as_str()),
                    _ => None,
                })
                .collect::<StringArray>(),
        ),
    }
}

fn stats(column: &LakeColumn, array: &ArrayRef, size: u64) -> ColumnStats {
    let bounds = match column.kind {
        ColumnKind::Uuid => {
            let values = array.as_fixed_size_binary().iter().flatten();
            bounds(values, |bytes| Uuid::from_slice(bytes).unwrap_or_default().to_string())
        }
        ColumnKind::Text => bounds(array.as_string::<i32>().iter().flatten(), str::to_owned),
        ColumnKind::Timestamp => {
            let values = array.as_primitive::<datafusion::arrow::datatypes::TimestampMicrosecondType>();
            bounds(values.iter().flatten(), |us| {
                let time = chrono::DateTime::from_timestamp_micros(us).unwrap_or_default();
                time.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
            })
        }
        ColumnKind::Integer => {
            let values = array.as_primitive::<datafusion::arrow::datatypes::Int64Type>();
            bounds(values.iter().flatten(), |number| number.to_string())
        }
        // Bounds of fractions are left out: a reader then reads the file, which is right, and NaN
        // would need a case of its own. Booleans have two values.
        ColumnKind::Double => None,
        ColumnKind::Boolean => bounds(array.as_boolean().iter().flatten(), |truth| {
            i32::from(truth).to_string()
        }),
    };
    let (min, max) = bounds.unzip();
    ColumnStats {
        column_id: column.id,
        size,
        nulls: array.null_count() as u64,
        min,
        max,
    }
}

fn bounds<T: Ord + Copy>(values: impl Iterator<Item = T>, text: impl Fn(T) -> String) -> Option<(String, String)> {
    let (min, max) = values.fold(None, |bounds: Option<(T, T)>, value| {
        Some(bounds.map_or((value, value), |(min, max)| (min.min(value), max.max(value))))
    })?;
    Some((text(min), text(max)))
}

/// A Parquet file ends with the footer, its length in 4 bytes, and the magic `PAR1`.
fn footer_size(path: &Path) -> Result<u64> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = fs::File::open(path)?;
    file.seek(SeekFrom::End(-8))?;
    let mut length = [0_u8; 4];
    file.read_exact(&mut length)?;
    Ok(u64::from(u32::from_le_bytes(length)))
}

/// The uuids of a file's events, in batches.
pub(crate) fn uuids(path: &Path) -> Result<impl Iterator<Item = Result<Vec<Uuid>>>> {
    let message = format!("cannot read {}", path.display());
    let failed = {
        let message = message.clone();
        move |error| Error::caused(Code::Corrupt, message.clone(), error)
    };
    let file = fs::File::open(path)?.into_file();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(&failed)?;
    let mask = ProjectionMask::leaves(builder.parquet_schema(), [0]);
    let reader = builder.with_projection(mask).build().map_err(&failed)?;
    Ok(reader.map(move |batch| {
        let batch = batch.map_err(|error| Error::caused(Code::Corrupt, message.clone(), error))?;
        let column = batch
            .columns()
            .first()
            .and_then(|column| column.as_fixed_size_binary_opt());
        let column = column.ok_or_else(|| Error::new(Code::Corrupt, format!("{message}: it has no uuids")))?;
        let uuids = column.iter().flatten().map(Uuid::from_slice);
        let uuids = uuids.collect::<Result<Vec<_>, _>>();
        uuids.map_err(|error| Error::caused(Code::Corrupt, message.clone(), error))
    }))
}
