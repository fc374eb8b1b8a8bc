//! The scan of files: row group by row group from memory, where they were read before, and rows only for which its
//! condition holds.
//!
//! What a plan computes of the rows is taken over, so that what looks at one column of texts alone is computed once a
//! text.

mod of_persons;

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{cast, filter, take};
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::datasource::source::DataSource;
use datafusion::execution::TaskContext;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderMetadata;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::metrics::{BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayFormatType, SendableRecordBatchStream};
use futures::stream::try_unfold;
use hedgerow_lake::Overrides;

use super::PERSON_KEY;
use super::chunks::{self, Chunks};
use super::conditions::{Condition, OfColumn, Rows, missing};
pub(super) use of_persons::{Chosen, Holding, Wanted};

/// The metric that counts the rows of the row groups that were looked at.
pub(crate) const ROWS_READ: &str = "rows_read";
/// The metric that counts what was read of files: the bytes of columns that were not in memory.
pub(crate) const BYTES_READ: &str = "bytes_read";

/// A file of the scan.
#[derive(Debug)]
pub(super) struct ScannedFile {
    pub(super) path: Arc<Path>,
    /// The first and the last instant in it.
    pub(super) span: (i64, i64),
    pub(super) rows: u64,
}

/// What a scan was made of, so that it can be made again.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The condition, on columns of the table.
    pub(super) filter: Option<Arc<dyn PhysicalExpr>>,
    pub(super) columns: Vec<usize>,
    /// What took the place of the columns, one after the other.
    pub(super) projections: Vec<ProjectionExprs>,
}

/// A column that the scan makes of those of the files.
#[derive(Debug, Clone, PartialEq)]
enum Made {
    /// A column of the table.
    Column(usize),
    OfColumn(OfColumn),
}

/// The scan. Partitions share the row groups of each file.
#[derive(Debug, Clone)]
pub(crate) struct ChunkScan {
    chunks: Arc<Chunks>,
    files: Arc<Vec<ScannedFile>>,
    /// The columns that files have.
    table: SchemaRef,
    /// The merges of persons.
    overrides: Arc<Overrides>,
    timestamp: usize,
    person_key: usize,
    condition: Option<Arc<Condition>>,
    made: Vec<Made>,
    made_schema: SchemaRef,
    /// What is computed of the columns made; they themselves where there is nothing.
    computed: Option<Vec<Arc<dyn PhysicalExpr>>>,
    schema: SchemaRef,
    partitions: usize,
    origin: Origin,
    metrics: ExecutionPlanMetricsSet,
}

impl ChunkScan {
    /// A scan of columns of a table, whose rows have to fit all conditions.
    pub(super) fn new(
        chunks: &Arc<Chunks>,
        files: Vec<ScannedFile>,
        overrides: &Arc<Overrides>,
        table: &SchemaRef,
        filter: Option<&Arc<dyn PhysicalExpr>>,
        columns: &[usize],
        partitions: usize,
    ) -> Result<Self> {
        let condition = filter.map(Condition::new).transpose()?;
        let files = files.into_iter();
        let files = files.filter(|file| condition.as_ref().is_none_or(|condition| condition.may_hold(file.span)));
        let schema: SchemaRef = Arc::new(table.project(columns)?);
        Ok(Self {
            chunks: Arc::clone(chunks),
            files: Arc::new(files.collect()),
            overrides: Arc::clone(overrides),
            timestamp: table.index_of("timestamp")?,
            person_key: table.index_of(PERSON_KEY)?,
            table: Arc::clone(table),
            condition: condition.map(Arc::new),
            made: columns.iter().copied().map(Made::Column).collect(),
            made_schema: Arc::clone(&schema),
            computed: None,
            schema,
            partitions: partitions.max(1),
            origin: Origin {
                filter: filter.cloned(),
                columns: columns.to_vec(),
                projections: Vec::new(),
            },
            metrics: ExecutionPlanMetricsSet::new(),
        })
    }

    /// The same with the expressions of a projection in place of its columns.
    pub(super) fn projected(&self, projection: &ProjectionExprs) -> Result<Self> {
        let mut made = Vec::new();
        let mut fields = Vec::new();
        let mut place = |wanted: Made, field: FieldRef| {
            made.iter().position(|known| *known == wanted).unwrap_or_else(|| {
                made.push(wanted);
                fields.push(field);
                made.len() - 1
            })
        };
        let mut computed = Vec::new();
        for expr in projection.expr_iter() {
            let replaced = self.of_made(&expr)?.transform_down(|expr| {
                let field = expr.return_field(&self.made_schema)?;
                if let Some(column) = expr.downcast_ref::<Column>() {
                    let at = place(self.made[column.index()].clone(), field);
                    let moved: Arc<dyn PhysicalExpr> = Arc::new(Column::new(column.name(), at));
                    return Ok(Transformed::new(moved, true, TreeNodeRecursion::Jump));
                }
                let Some(mut of_column) = OfColumn::new(&expr)? else {
                    return Ok(Transformed::no(expr));
                };
                let Made::Column(column) = self.made[of_column.column] else {
                    return Ok(Transformed::no(expr));
                };
                of_column.column = column;
                let name = expr.to_string();
                let field = Arc::new(field.as_ref().clone().with_name(&name).with_nullable(true));
                let at = place(Made::OfColumn(of_column), field);
                let moved: Arc<dyn PhysicalExpr> = Arc::new(Column::new(&name, at));
                Ok(Transformed::new(moved, true, TreeNodeRecursion::Jump))
            })?;
            computed.push(replaced.data);
        }
        let is_plain = computed.iter().enumerate().all(|(at, expr)| {
            let column = expr.downcast_ref::<Column>();
            column.is_some_and(|column| column.index() == at)
        });
        let is_plain = is_plain && computed.len() == made.len();
        let schema: SchemaRef = Arc::new(projection.project_schema(&self.schema)?);
        Ok(Self {
            made_schema: if is_plain {
                Arc::clone(&schema)
            } else {
                Arc::new(Schema::new(fields))
            },
            made,
            computed: (!is_plain).then_some(computed),
            schema,
            origin: Origin {
                projections: self.origin.projections.iter().chain([projection]).cloned().collect(),
                ..self.origin.clone()
            },
            metrics: ExecutionPlanMetricsSet::new(),
            ..self.clone()
        })
    }

    /// An expression on its columns as one on what is made.
    fn of_made(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let Some(computed) = &self.computed else {
            return Ok(Arc::clone(expr));
        };
        let replaced = Arc::clone(expr).transform_down(|expr| match expr.downcast_ref::<Column>() {
            Some(column) => {
                let of_made = Arc::clone(&computed[column.index()]);
                Ok(Transformed::new(of_made, true, TreeNodeRecursion::Jump))
            }
            None => Ok(Transformed::no(expr)),
        })?;
        Ok(replaced.data)
    }

    /// Where its numbers are counted.
    pub(super) fn metric_set(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    /// Whether what it reads has room in memory, so that reading it several times costs little.
    pub(super) fn stays_in_memory(&self) -> bool {
        let mut columns: Vec<usize> = self.made.iter().map(Made::column).collect();
        if let Some(condition) = &self.condition {
            condition.columns(self.timestamp, (i64::MIN, i64::MAX), &mut columns);
        }
        columns.sort_unstable();
        columns.dedup();
        self.chunks.can_hold(self.rows(), columns.len())
    }

    /// The rows of all files.
    pub(super) fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Whether a column of the scan is the person whom events belong to after all merges.
    pub(super) fn is_person(&self, at: usize) -> bool {
        let made = match &self.computed {
            Some(computed) => computed
                .get(at)
                .and_then(|expr| expr.downcast_ref::<Column>())
                .map(Column::index),
            None => Some(at),
        };
        match made.and_then(|made| self.made.get(made)) {
            Some(Made::Column(column)) => *column == self.person_key && self.overrides.is_empty(),
            Some(Made::OfColumn(of_column)) => {
                of_column.column == self.person_key && of_column.is_person_by(&self.overrides)
            }
            None => false,
        }
    }

    /// The column of the table that a column of texts is, as it stands in files.
    pub(super) fn texts_of_table(&self, at: usize) -> Option<usize> {
        let made = match &self.computed {
            Some(computed) => computed.get(at)?.downcast_ref::<Column>()?.index(),
            None => at,
        };
        match self.made.get(made)? {
            Made::Column(column) => (self.table.field(*column).data_type() == &DataType::Utf8).then_some(*column),
            Made::OfColumn(_) => None,
        }
    }

    pub(super) fn files(&self) -> &[ScannedFile] {
        &self.files
    }

    /// The columns that files have.
    pub(super) fn table(&self) -> &SchemaRef {
        &self.table
    }

    /// The columns that it gives.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn partitions(&self) -> usize {
        self.partitions
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The files that it looks into.
    pub(crate) fn paths(&self) -> impl Iterator<Item = Arc<Path>> {
        self.files.iter().map(|file| Arc::clone(&file.path))
    }

    /// The columns of the table that rows of a file need.
    fn needed(&self, file: &ScannedFile) -> Vec<usize> {
        let made = self.made.iter().filter(|made| self.constant(made, file).is_none());
        let mut needed: Vec<usize> = made.map(Made::column).collect();
        if let Some(condition) = &self.condition {
            condition.columns(self.timestamp, file.span, &mut needed);
        }
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// The value that a column has for all rows of a file, where that is known: an interval that the whole file lies in.
    fn constant(&self, made: &Made, file: &ScannedFile) -> Option<ArrayRef> {
        match made {
            Made::OfColumn(of_column) if of_column.column == self.timestamp => {
                of_column.of_span(file.span, &self.table.fields()[of_column.column])
            }
            _ => None,
        }
    }

    fn column(&self, file: &ScannedFile, footer: &ArrowReaderMetadata, group: usize, at: usize) -> Option<ArrayRef> {
        let field = self.table.field(at);
        if footer.schema().index_of(field.name()).is_err() {
            return Some(missing(&self.table.fields()[at], chunks::rows(footer, group)));
        }
        self.chunks.column(&file.path, group, field.name())
    }

    /// Columns of a row group; those that are not in memory are read.
    async fn columns(
        self: &Arc<Self>,
        file: usize,
        footer: &ArrowReaderMetadata,
        group: usize,
        wanted: Vec<usize>,
        bytes_read: &Count,
    ) -> Result<Columns> {
        let scanned = &self.files[file];
        let mut columns = vec![None; self.table.fields().len()];
        let mut unread = Vec::new();
        for at in wanted {
            columns[at] = self.column(scanned, footer, group, at);
            if columns[at].is_none() {
                bytes_read.add(chunks::bytes_of(footer, group, self.table.field(at).name()));
                unread.push(at);
            }
        }
        if unread.is_empty() {
            return Ok(Columns(columns));
        }
        let (scan, footer) = (Arc::clone(self), footer.clone());
        let read = tokio::task::spawn_blocking(move || {
            let path = &scan.files[file].path;
            let fields: Vec<FieldRef> = unread.iter().map(|at| Arc::clone(&scan.table.fields()[*at])).collect();
            let read = scan.chunks.read(path, &footer, group, &fields)?;
            Ok::<_, DataFusionError>(unread.into_iter().zip(read).collect::<Vec<_>>())
        });
        for (at, column) in read
            .await
            .map_err(|error| DataFusionError::External(Box::new(error)))??
        {
            columns[at] = Some(column);
        }
        Ok(Columns(columns))
    }

    /// What a file says of itself.
    async fn footer(&self, file: usize) -> Result<ArrowReaderMetadata> {
        let path = &self.files[file].path;
        if let Some(footer) = self.chunks.footer(path) {
            return Ok(footer);
        }
        let (chunks, path) = (Arc::clone(&self.chunks), Arc::clone(path));
        let read = tokio::task::spawn_blocking(move || chunks.read_footer(&path));
        read.await.map_err(|error| DataFusionError::External(Box::new(error)))?
    }

    /// For which rows of a row group the condition holds; `None` for all.
    fn holds(&self, file: &ScannedFile, columns: &Columns, count: usize) -> Result<Option<BooleanBuffer>> {
        let Some(condition) = &self.condition else {
            return Ok(None);
        };
        condition.holds(&Rows {
            count,
            span: file.span,
            timestamp: self.timestamp,
            fields: self.table.fields(),
            column: &|at| columns.column(at),
        })
    }

    /// The wanted rows of a row group.
    fn batches(
        &self,
        file: &ScannedFile,
        columns: &Columns,
        count: usize,
        batch_size: usize,
    ) -> Result<VecDeque<RecordBatch>> {
        let holds = self.holds(file, columns, count)?;
        let kept = holds.as_ref().map_or(count, BooleanBuffer::count_set_bits);
        if kept == 0 {
            return Ok(VecDeque::new());
        }
        let holds = holds.map(|holds| BooleanArray::new(holds, None));
        let made = self.made(file, columns, batch_size.min(kept), |array| match &holds {
            Some(holds) => Ok(filter(&array, holds)?),
            None => Ok(array),
        })?;
        let starts = (0..kept).step_by(batch_size.max(1));
        starts
            .map(|start| self.batch(&made, start, batch_size.min(kept - start)))
            .collect()
    }

    /// The columns that are made of the rows that are chosen of each column, of which a batch has so many at most.
    fn made(
        &self,
        file: &ScannedFile,
        columns: &Columns,
        most: usize,
        choose: impl Fn(ArrayRef) -> Result<ArrayRef>,
    ) -> Result<Vec<OfRows>> {
        let made = self.made.iter().map(|made| {
            if let Some(constant) = self.constant(made, file) {
                return Ok(OfRows::Same(take(&constant, &UInt32Array::from(vec![0; most]), None)?));
            }
            let array = choose(columns.column(made.column())?)?;
            Ok(OfRows::Each(match made {
                // Texts are made of their places when they are needed, a batch at a time.
                Made::Column(_) => array,
                Made::OfColumn(of_column) => of_column.values(&array, &self.table.fields()[of_column.column])?,
            }))
        });
        made.collect()
    }

    fn batch(&self, made: &[OfRows], start: usize, rows: usize) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let arrays = self.made.iter().zip(made).map(|(made, array)| {
            let (array, field) = (array.slice(start, rows), self.table.field(made.column()));
            match made {
                Made::Column(_) if array.data_type() != field.data_type() => Ok(cast(&array, field.data_type())?),
                _ => Ok::<_, DataFusionError>(array),
            }
        });
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.made_schema), arrays, &options)?;
        let Some(computed) = &self.computed else {
            return Ok(batch);
        };
        let arrays = computed.iter().map(|expr| expr.evaluate(&batch)?.into_array(rows));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            arrays,
            &options,
        )?)
    }
}

/// Columns of a row group, at their places in the table.
struct Columns(Vec<Option<ArrayRef>>);

impl Columns {
    fn column(&self, at: usize) -> Result<ArrayRef> {
        let column = self.0.get(at).cloned().flatten();
        column.ok_or_else(|| DataFusionError::Internal("a column of a scan was not read".to_owned()))
    }
}

/// What a column has for some rows.
enum OfRows {
    Each(ArrayRef),
    /// The same value for all, as often as the longest batch has rows.
    Same(ArrayRef),
}

impl OfRows {
    fn slice(&self, start: usize, rows: usize) -> ArrayRef {
        match self {
            Self::Each(array) => array.slice(start, rows),
            Self::Same(array) => array.slice(0, rows),
        }
    }
}

impl Made {
    /// The column of the table that it is made of.
    fn column(&self) -> usize {
        match self {
            Self::Column(column) => *column,
            Self::OfColumn(of_column) => of_column.column,
        }
    }
}

/// Where one partition is.
struct Place {
    scan: Arc<ChunkScan>,
    partition: usize,
    batch_size: usize,
    file: usize,
    group: usize,
    ready: VecDeque<RecordBatch>,
    rows_read: Count,
    bytes_read: Count,
    work: BaselineMetrics,
}

impl Place {
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>> {
        let work = self.work.elapsed_compute().clone();
        let _timer = work.timer();
        loop {
            if let Some(batch) = self.ready.pop_front() {
                self.work.record_output(batch.num_rows());
                return Ok(Some((batch, self)));
            }
            if self.file >= self.scan.files.len() {
                return Ok(None);
            }
            let footer = self.scan.footer(self.file).await?;
            let (of_file, group) = (self.file, self.group);
            if group >= footer.metadata().num_row_groups() {
                (self.file, self.group) = (of_file + 1, 0);
                continue;
            }
            self.group += 1;
            // The row groups of all files go round, whether they have many or one each.
            if (of_file + group) % self.scan.partitions != self.partition {
                continue;
            }
            let rows = chunks::rows(&footer, group);
            let needed = self.scan.needed(&self.scan.files[of_file]);
            let columns = self
                .scan
                .columns(of_file, &footer, group, needed, &self.bytes_read)
                .await?;
            self.rows_read.add(rows);
            self.ready = self
                .scan
                .batches(&self.scan.files[of_file], &columns, rows, self.batch_size)?;
        }
    }
}

impl DataSource for ChunkScan {
    fn open(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let place = Place {
            scan: Arc::new(self.clone()),
            partition,
            batch_size: context.session_config().batch_size(),
            file: 0,
            group: 0,
            ready: VecDeque::new(),
            rows_read: MetricBuilder::new(&self.metrics).counter(ROWS_READ, partition),
            bytes_read: MetricBuilder::new(&self.metrics).counter(BYTES_READ, partition),
            work: BaselineMetrics::new(&self.metrics, partition),
        };
        let batches = try_unfold(place, Place::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            batches,
        )))
    }

    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = match &self.computed {
            Some(computed) => computed.iter().map(ToString::to_string).collect(),
            None => self.schema.fields().iter().map(|field| field.name().clone()).collect(),
        };
        write!(
            formatter,
            "events: files={}, columns=[{}]",
            self.files.len(),
            names.join(", ")
        )?;
        match &self.condition {
            Some(condition) => write!(formatter, ", condition={condition:?}"),
            None => Ok(()),
        }
    }

    fn output_partitioning(&self) -> Partitioning {
        Partitioning::UnknownPartitioning(self.partitions)
    }

    fn eq_properties(&self) -> EquivalenceProperties {
        EquivalenceProperties::new(Arc::clone(&self.schema))
    }

    fn partition_statistics(&self, partition: Option<usize>) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        let rows: u64 = self.files.iter().map(|file| file.rows).sum();
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        if partition.is_none() {
            let rows = datafusion::common::stats::Precision::Exact(rows);
            statistics.num_rows = if self.condition.is_some() {
                rows.to_inexact()
            } else {
                rows
            };
        }
        Ok(Arc::new(statistics))
    }

    fn with_fetch(&self, _: Option<usize>) -> Option<Arc<dyn DataSource>> {
        None
    }

    fn fetch(&self) -> Option<usize> {
        None
    }

    fn metrics(&self) -> ExecutionPlanMetricsSet {
        self.metrics.clone()
    }

    fn try_swapping_with_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn DataSource>>> {
        if self.computed.is_some() {
            return Ok(None);
        }
        Ok(Some(Arc::new(self.projected(projection)?)))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for expr in self.computed.iter().flatten() {
            if f(expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }
}
