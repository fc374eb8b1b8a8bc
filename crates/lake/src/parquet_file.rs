//! Writing events as a sorted Parquet file, and reading their identities back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{Schema, SchemaRef, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions, compute_leaves};
use datafusion::parquet::arrow::{ArrowSchemaConverter, ProjectionMask};
use datafusion::parquet::basic::{Compression, Encoding, LogicalType, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::file::statistics::Statistics;
use datafusion::parquet::schema::types::{ColumnPath, SchemaDescriptor, Type};
use fs_err as fs;
use hedgerow_errors::{Code, Error, Result};
use uuid::Uuid;

use crate::days::day_of;
use crate::files::{Files, WriteFile};
use crate::layout::{ColumnKind, LakeColumn, field};
use crate::shred::{Cells, Shredded};
use crate::text_chunk;

/// Rows per row group: small enough that two cores share a day, large enough for good encoding.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// A file that is on disk but not in the catalog yet.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub(crate) name: String,
    pub(crate) first_us: i64,
    pub(crate) last_us: i64,
    pub(crate) size: u64,
    pub(crate) footer_size: u64,
    pub(crate) rows: u64,
    pub(crate) columns: Vec<ColumnStats>,
    /// The identities of its events by UTC day, where the writer knows them.
    pub(crate) uuids: Vec<(i64, Vec<Uuid>)>,
}

/// A column's statistics in the catalog's text form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ColumnStats {
    pub(crate) column_id: i64,
    pub(crate) size: u64,
    pub(crate) nulls: u64,
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
}

/// A file on its way. Its rows must come sorted by (UTC day, `person_key`, `timestamp`). It has its
/// final name when it is whole and durable; the name itself is durable when the folder is synced.
pub(crate) struct FileWriter {
    part: Part,
    writer: ArrowWriter<Box<dyn WriteFile>>,
}

impl FileWriter {
    /// Begins a file with these columns.
    pub(crate) fn create(files: &Arc<dyn Files>, folder: &Path, columns: &[LakeColumn]) -> Result<Self> {
        let part = Part::new(files, folder, columns);
        let schema: SchemaRef = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let options = ArrowWriterOptions::new()
            .with_properties(properties())
            .with_parquet_schema(parquet_schema(&schema)?);
        let file = files.create(&part.path)?;
        let writer = ArrowWriter::try_new_with_options(file, schema, options).map_err(|error| part.failed(error))?;
        Ok(Self { part, writer })
    }

    /// Adds rows.
    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        let written = self.writer.write(rows);
        written.map_err(|error| self.part.failed(error))
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> Result<NewFile> {
        let metadata = self.writer.finish().map_err(|error| self.part.failed(error))?;
        self.part.finish(&metadata, self.writer.inner_mut().as_mut())
    }
}

/// Writes a file of rows from one rank up to another, column by column, so that a column is in memory a
/// second time only while it is written.
pub(crate) fn write_shredded(
    files: &Arc<dyn Files>,
    folder: &Path,
    shredded: &Shredded<'_>,
    (from, to): (u32, u32),
) -> Result<NewFile> {
    let columns: Vec<LakeColumn> = shredded.present(from, to).into_iter().cloned().collect();
    let FileWriter { part, writer } = FileWriter::create(files, folder, &columns)?;
    let (mut writer, factory) = writer.into_serialized_writer().map_err(|error| part.failed(error))?;
    let mut compressor = text_chunk::compressor().map_err(|error| part.failed(error))?;
    for (group, from) in (from..to).step_by(ROW_GROUP_ROWS).enumerate() {
        let cells = |column: &LakeColumn| shredded.column(column, from, to.min(from + ROW_GROUP_ROWS as u32));
        let written = (|| {
            let arrow = factory.create_column_writers(group)?;
            let descriptors = writer.schema_descr().columns().to_vec();
            let mut group = writer.next_row_group()?;
            for ((column, mut arrow), descriptor) in columns.iter().zip(arrow).zip(&descriptors) {
                match cells(column).map_err(|error| ParquetError::External(Box::new(error)))? {
                    Cells::Array(array) => {
                        for leaf in compute_leaves(&field(column), &array)? {
                            arrow.write(&leaf)?;
                        }
                        arrow.close()?.append_to_row_group(&mut group)?;
                    }
                    Cells::Texts(texts) => {
                        let (bytes, close) = text_chunk::write(descriptor, &texts, &mut compressor)?;
                        group.append_column(&bytes, close)?;
                    }
                }
            }
            group.close().map(drop)
        })();
        written.map_err(|error| part.failed(error))?;
    }
    let metadata = writer.finish().map_err(|error| part.failed(error))?;
    part.finish(&metadata, writer.inner_mut().as_mut())
}

/// The name of a file, before and after it is whole.
struct Part {
    files: Arc<dyn Files>,
    name: String,
    path: PathBuf,
    whole: PathBuf,
    columns: Vec<LakeColumn>,
}

impl Part {
    fn new(files: &Arc<dyn Files>, folder: &Path, columns: &[LakeColumn]) -> Self {
        let name = format!("{}.parquet", Uuid::now_v7());
        Self {
            files: Arc::clone(files),
            path: folder.join(format!("{name}.part")),
            whole: folder.join(&name),
            name,
            columns: columns.to_vec(),
        }
    }

    /// Makes the file durable and gives it its name.
    fn finish(self, metadata: &ParquetMetaData, file: &mut dyn WriteFile) -> Result<NewFile> {
        let synced = file.flush().and_then(|()| file.sync());
        let renamed = synced.and_then(|()| self.files.rename(&self.path, &self.whole));
        renamed.map_err(|error| self.failed(error.into()))?;
        let stats = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| stats(metadata, at, column));
        let time = self.columns.iter().position(|column| column.name == "timestamp");
        let (first_us, last_us) = time.and_then(|at| span(metadata, at)).unwrap_or_default();
        Ok(NewFile {
            first_us,
            last_us,
            size: fs::metadata(&self.whole)?.len(),
            footer_size: footer_size(&self.whole)?,
            rows: metadata.file_metadata().num_rows().unsigned_abs(),
            columns: stats.collect(),
            uuids: Vec::new(),
            name: self.name,
        })
    }

    /// Half a file that nothing will name goes; where it can't, it is only in the way.
    fn failed(&self, error: ParquetError) -> Error {
        let _ = self.files.remove(&self.path);
        Error::caused(Code::Io, format!("cannot write {}", self.path.display()), error)
    }
}

/// How files are written.
pub(crate) fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_dictionary_enabled(true)
        // A third of a file is uuids, of which nothing shrinks but the part that is a time; compressing
        // them again is in vain.
        .set_column_dictionary_enabled(ColumnPath::from("uuid"), false)
        .set_column_encoding(ColumnPath::from("uuid"), Encoding::DELTA_BYTE_ARRAY)
        .set_column_compression(ColumnPath::from("uuid"), Compression::UNCOMPRESSED)
        // Both stand in long rows of the same value, which compression sees by itself.
        .set_column_dictionary_enabled(ColumnPath::from("person_key"), false)
        .set_column_dictionary_enabled(ColumnPath::from("session_id"), false)
        // Within a person times ascend, so that their differences are small.
        .set_column_dictionary_enabled(ColumnPath::from("timestamp"), false)
        .set_column_encoding(ColumnPath::from("timestamp"), Encoding::DELTA_BINARY_PACKED)
        .build()
}

/// The file schema, which differs from Arrow's own only in marking the uuid as one: guests then
/// read it as a UUID and not as bytes.
pub(crate) fn parquet_schema(schema: &Schema) -> Result<SchemaDescriptor> {
    let failed = |error| Error::caused(Code::Internal, "cannot derive the file schema", error);
    let converted = ArrowSchemaConverter::new().convert(schema).map_err(failed)?;
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

/// The statistics of all row groups together. Those of texts may be shortened, which keeps them bounds.
fn stats(metadata: &ParquetMetaData, at: usize, column: &LakeColumn) -> ColumnStats {
    let (mut size, mut nulls) = (0, 0);
    let (mut bounds, mut known) = (None::<(Bound, Bound)>, true);
    for group in metadata.row_groups() {
        let chunk = group.column(at);
        size += chunk.compressed_size().unsigned_abs();
        let statistics = chunk.statistics();
        let nulls_here = statistics.and_then(Statistics::null_count_opt).unwrap_or_default();
        nulls += nulls_here;
        if nulls_here >= group.num_rows().unsigned_abs() {
            continue;
        }
        match statistics.and_then(|statistics| bounds_of(statistics, column.kind)) {
            Some((min, max)) => {
                bounds = Some(match bounds {
                    Some((least, most)) => (least.min(min), most.max(max)),
                    None => (min, max),
                });
            }
            None => known = false,
        }
    }
    let (min, max) = bounds
        .filter(|_| known)
        .map(|(min, max)| (min.text(column.kind), max.text(column.kind)))
        .unzip();
    ColumnStats {
        column_id: column.id,
        size,
        nulls,
        min,
        max,
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Bound {
    fn text(self, kind: ColumnKind) -> String {
        match self {
            Self::Number(us) if kind == ColumnKind::Timestamp => {
                let time = chrono::DateTime::from_timestamp_micros(us).unwrap_or_default();
                time.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
            }
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
            Self::Bytes(bytes) => Uuid::from_slice(&bytes).unwrap_or_default().to_string(),
        }
    }
}

/// Bounds of fractions are left out: a reader then reads the file, which is right, and NaN would need
/// a case of its own.
fn bounds_of(statistics: &Statistics, kind: ColumnKind) -> Option<(Bound, Bound)> {
    let text = |bytes: &[u8]| Some(Bound::Text(std::str::from_utf8(bytes).ok()?.to_owned()));
    match (statistics, kind) {
        (Statistics::Int64(found), _) => Some((Bound::Number(*found.min_opt()?), Bound::Number(*found.max_opt()?))),
        (Statistics::Boolean(found), _) => Some((
            Bound::Number((*found.min_opt()?).into()),
            Bound::Number((*found.max_opt()?).into()),
        )),
        (Statistics::ByteArray(found), ColumnKind::Text) => {
            Some((text(found.min_opt()?.data())?, text(found.max_opt()?.data())?))
        }
        (Statistics::FixedLenByteArray(found), ColumnKind::Uuid) => Some((
            Bound::Bytes(found.min_opt()?.data().to_vec()),
            Bound::Bytes(found.max_opt()?.data().to_vec()),
        )),
        _ => None,
    }
}

fn span(metadata: &ParquetMetaData, at: usize) -> Option<(i64, i64)> {
    let of_group = |group: &datafusion::parquet::file::metadata::RowGroupMetaData| match group.column(at).statistics() {
        Some(Statistics::Int64(found)) => Some((*found.min_opt()?, *found.max_opt()?)),
        _ => None,
    };
    metadata
        .row_groups()
        .iter()
        .filter_map(of_group)
        .reduce(|(first, last), (min, max)| (first.min(min), last.max(max)))
}

/// What a file says of itself.
pub(crate) struct Footer {
    pub(crate) rows: u64,
    pub(crate) footer_size: u64,
    /// The earliest and the latest event.
    pub(crate) span: (i64, i64),
    /// The columns that the file has, of those that were asked for.
    pub(crate) columns: Vec<ColumnStats>,
}

/// Reads a file's footer, with the statistics of some columns.
pub(crate) fn footer(path: &Path, columns: &[LakeColumn]) -> Result<Footer> {
    let failed = |error| Error::caused(Code::Corrupt, format!("cannot read {}", path.display()), error);
    let file = fs::File::open(path)?.into_file();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
    let metadata = builder.metadata();
    let place = |name: &str| builder.schema().fields().iter().position(|field| field.name() == name);
    let columns = columns
        .iter()
        .filter_map(|column| Some(stats(metadata, place(&column.name)?, column)));
    Ok(Footer {
        rows: metadata.file_metadata().num_rows().unsigned_abs(),
        footer_size: footer_size(path)?,
        span: place("timestamp").and_then(|at| span(metadata, at)).unwrap_or_default(),
        columns: columns.collect(),
    })
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

/// The UTC day and the uuid of each of a file's events, in batches.
pub(crate) fn identities(path: &Path) -> Result<impl Iterator<Item = Result<Vec<(i64, Uuid)>>>> {
    let failed = damaged(path);
    Ok(read(path, &["uuid", "timestamp"])?.map(move |batch| {
        let batch = batch?;
        let uuids = batch.column_by_name("uuid");
        let uuids = uuids.and_then(|column| column.as_fixed_size_binary_opt());
        let uuids = uuids.ok_or_else(|| Error::new(Code::Corrupt, failed.clone()))?;
        let uuids = uuids.iter().flatten().map(Uuid::from_slice);
        let identities = days_of(&batch, &failed)?.zip(uuids);
        let identities = identities.map(|(day, uuid)| Ok((day, uuid?)));
        let identities = identities.collect::<Result<Vec<_>, uuid::Error>>();
        identities.map_err(|error| Error::caused(Code::Corrupt, failed.clone(), error))
    }))
}

/// The UTC day of each of a file's events, in batches.
pub(crate) fn days(path: &Path) -> Result<impl Iterator<Item = Result<Vec<i64>>>> {
    let failed = damaged(path);
    Ok(read(path, &["timestamp"])?.map(move |batch| Ok(days_of(&batch?, &failed)?.collect())))
}

fn days_of<'a>(batch: &'a RecordBatch, failed: &str) -> Result<impl Iterator<Item = i64> + 'a> {
    let times = batch.column_by_name("timestamp");
    let times = times.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let times = times.ok_or_else(|| Error::new(Code::Corrupt, failed))?;
    Ok(times.values().iter().map(|time| day_of(*time)))
}

fn damaged(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

/// Some columns of a file.
fn read(path: &Path, columns: &[&str]) -> Result<impl Iterator<Item = Result<RecordBatch>>> {
    let message = damaged(path);
    let failed = move |error| Error::caused(Code::Corrupt, message.clone(), error);
    let file = fs::File::open(path)?.into_file();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(&failed)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let reader = builder.with_projection(mask).build().map_err(&failed)?;
    Ok(reader.map(move |batch| batch.map_err(|error| failed(error.into()))))
}
