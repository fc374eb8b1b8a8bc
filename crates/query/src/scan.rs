//! The `events` table of one snapshot, as `DataFusion` reads it.
//!
//! Queries that look at few columns, which are those over many events, read them through [`chunks`]; lists of events
//! with all that they have, which are short, read files as `DataFusion` does.

mod by_person;
mod chunks;
mod conditions;
mod encoded;
mod runs;
mod source;

use std::path::Path as FilePath;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::arrow::array::new_null_array;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::ConfigOptions;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNode as _;
use datafusion::common::{ColumnStatistics, DFSchema, Result, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, ScalarUDF, TableProviderFilterPushDown, TableType};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path;
use datafusion::physical_expr::expressions::{Column, col};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr, ScalarFunctionExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::union::UnionExec;
use hedgerow_lake::{LakeColumn, LakeFile, LakeView};

use crate::rest::{CurrentPerson, RestValue};
pub(crate) use by_person::ByPerson;
pub(crate) use chunks::{Chunks, MOST_BYTES};
use source::ScannedFile;
pub(crate) use source::{BYTES_READ, ChunkScan, ROWS_READ};

/// Columns of a scan that are kept in memory at most, those of its conditions included.
const MOST_COLUMNS: usize = 16;
/// The column that holds what has no column of its own: long texts, each another one.
const REST: &str = "rest";
const PERSON_KEY: &str = "person_key";

/// The events of one snapshot. The scan is ours, not a listing of folders: the catalog says which
/// files there are, their time spans let whole files be skipped, and their order is declared.
#[derive(Debug)]
pub(crate) struct EventsTable {
    view: Arc<LakeView>,
    /// The columns that files have.
    stored: SchemaRef,
    chunks: Arc<Chunks>,
}

impl EventsTable {
    pub(crate) fn new(view: Arc<LakeView>, chunks: Arc<Chunks>) -> Self {
        let fields = view.columns.iter().zip(view.schema.fields());
        let stored: Vec<_> = fields
            .filter(|(column, _)| column.stored)
            .map(|(_, field)| Arc::clone(field))
            .collect();
        Self {
            stored: Arc::new(Schema::new(stored)),
            view,
            chunks,
        }
    }

    /// Whether a column is computed and not read.
    fn is_computed(&self, column: &LakeColumn) -> bool {
        !column.stored || (column.name == PERSON_KEY && !self.view.overrides.is_empty())
    }

    /// What makes the wanted columns of those that are read.
    fn computed(&self, wanted: &[usize], read: &SchemaRef) -> Result<Vec<ProjectionExpr>> {
        let mut expressions = Vec::with_capacity(wanted.len());
        let fields = self.view.columns.iter().zip(self.view.schema.fields());
        let fields: Vec<_> = fields.collect();
        for (column, field) in wanted.iter().filter_map(|at| fields.get(*at)) {
            let call = |function: ScalarUDF, argument: &str| -> Result<Arc<dyn PhysicalExpr>> {
                // The very field of the table: plans compare its id, too.
                let field = Arc::clone(field);
                let arguments = vec![col(argument, read)?];
                let options = Arc::new(ConfigOptions::default());
                Ok(Arc::new(ScalarFunctionExpr::new(
                    function.name(),
                    Arc::new(function.clone()),
                    arguments,
                    field,
                    options,
                )))
            };
            let expr = match &column.key {
                Some(key) if !column.stored => call(ScalarUDF::from(RestValue::new(key, column.kind)), "rest")?,
                None if self.is_computed(column) => {
                    call(ScalarUDF::from(CurrentPerson::new(&self.view.overrides)), PERSON_KEY)?
                }
                _ => col(&column.name, read)?,
            };
            expressions.push(ProjectionExpr {
                expr,
                alias: column.name.clone(),
            });
        }
        Ok(expressions)
    }

    /// Whether an expression looks at columns of files only, in a way that they can be asked for.
    fn is_on_stored(&self, filter: &Expr) -> bool {
        let named = filter.column_refs();
        let is_stored =
            |column: &LakeColumn| !named.iter().any(|named| named.name == column.name) || !self.is_computed(column);
        // The columns in a lambda's body can't be given other places.
        let has_lambda = filter.exists(|part| Ok(matches!(part, Expr::HigherOrderFunction(_))));
        self.view.columns.iter().all(is_stored) && !filter.is_volatile() && !has_lambda.unwrap_or(true)
    }

    /// Columns of files as they are kept in memory.
    fn chunk_scan(
        &self,
        state: &dyn Session,
        read: &[usize],
        filter: Option<&Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.view.files.iter().map(|file| ScannedFile {
            path: Arc::from(FilePath::new(&file.path)),
            span: (file.first_us, file.last_us),
            rows: file.rows,
        });
        let scan = ChunkScan::new(
            &self.chunks,
            files.collect(),
            &self.view.overrides,
            &self.stored,
            filter,
            read,
            state.config().target_partitions(),
        )?;
        Ok(DataSourceExec::from_data_source(scan))
    }

    /// Columns of files as `DataFusion` reads them, which skips what their statistics rule out.
    fn file_scan(
        &self,
        state: &dyn Session,
        read: &[usize],
        filter: Option<&Arc<dyn PhysicalExpr>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let url = ObjectStoreUrl::local_filesystem();
        let runtime = state.runtime_env();
        let metadata = runtime.cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(runtime.object_store(&url)?, metadata);
        let options = state.config_options().execution.parquet.clone();
        let options = datafusion::common::config::TableParquetOptions {
            global: options,
            ..Default::default()
        };
        let mut source = ParquetSource::new(Arc::clone(&self.stored))
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(readers));
        if let Some(filter) = filter {
            source = source.with_predicate(Arc::clone(filter));
        }
        let sorted = [PERSON_KEY, "timestamp"].map(|name| Ok(PhysicalSortExpr::new_default(col(name, &self.stored)?)));
        let order = LexOrdering::new(sorted.into_iter().collect::<Result<Vec<_>>>()?);
        // A file of several days is sorted by these within each of its days only.
        let order = order.filter(|_| self.view.files.iter().all(LakeFile::is_one_day));
        let columns = with_columns_of(read, filter);
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(self.groups(state.config().target_partitions())?)
            .with_projection_indices(Some(columns.clone()))?
            // What a condition takes away has to be more.
            .with_limit(limit.filter(|_| filter.is_none()))
            .with_output_ordering(order.into_iter().collect())
            .build();
        self.filtered(DataSourceExec::from_data_source(config), &columns, read, filter)
    }

    /// The events in memory.
    fn memory_scan(&self, read: &[usize], filter: Option<&Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = with_columns_of(read, filter);
        let schema: SchemaRef = Arc::new(self.stored.project(&columns)?);
        let memory = MemorySourceConfig::try_new_exec(&[self.memory(&schema)?], schema, None)?;
        self.filtered(memory, &columns, read, filter)
    }

    /// The rows of a plan with some columns for which a condition on the table holds, in other columns.
    fn filtered(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        columns: &[usize],
        read: &[usize],
        filter: Option<&Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(filter) = filter else {
            return Ok(plan);
        };
        let place = |wanted: usize| columns.iter().position(|column| *column == wanted).unwrap_or(0);
        let filtered = FilterExec::try_new(conditions::with_columns(filter, place)?, plan)?;
        let names = read.iter().map(|at| {
            let name = self.stored.field(*at).name();
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(name, place(*at)));
            ProjectionExpr::new(column, name)
        });
        let projection = ProjectionExec::try_new(names.collect::<Vec<_>>(), Arc::new(filtered))?;
        Ok(Arc::new(projection))
    }

    /// The events in memory, in the columns that are read.
    fn memory(&self, read: &SchemaRef) -> Result<Vec<RecordBatch>> {
        let adapted = self.view.memory.iter().map(|batch| {
            let columns = read
                .fields()
                .iter()
                .map(|field| match batch.column_by_name(field.name()) {
                    Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
                    // Whole numbers of a property that has come to be one of fractions since.
                    Some(column) => cast(column, field.data_type()),
                    None => Ok(new_null_array(field.data_type(), batch.num_rows())),
                });
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(Arc::clone(read), columns, &options)
        });
        Ok(adapted.collect::<Result<Vec<_>, _>>()?)
    }

    /// A file with what the catalog knows of it, so that pruning needs no file to be opened.
    fn partitioned(&self, file: &LakeFile) -> Result<PartitionedFile> {
        let mut columns = vec![ColumnStatistics::new_unknown(); self.stored.fields().len()];
        let time = |us| Precision::Exact(ScalarValue::TimestampMicrosecond(Some(us), Some("UTC".into())));
        let timestamp = self.stored.index_of("timestamp")?;
        columns[timestamp].min_value = time(file.first_us);
        columns[timestamp].max_value = time(file.last_us);
        columns[timestamp].null_count = Precision::Exact(0);
        let rows = usize::try_from(file.rows).unwrap_or(usize::MAX);
        let statistics = Statistics {
            num_rows: Precision::Exact(rows),
            total_byte_size: Precision::Absent,
            column_statistics: columns,
        };
        // Built from the path itself: a location made from text is percent-encoded, and then names no file
        // where a folder has, say, an umlaut.
        let meta = ObjectMeta {
            location: Path::from_absolute_path(&file.path)?,
            last_modified: DateTime::<Utc>::UNIX_EPOCH,
            size: file.size,
            e_tag: None,
            version: None,
        };
        Ok(PartitionedFile::new_from_meta(meta).with_statistics(Arc::new(statistics)))
    }

    /// The files spread over the cores, largest first to the emptiest group.
    fn groups(&self, count: usize) -> Result<Vec<FileGroup>> {
        let mut files: Vec<&LakeFile> = self.view.files.iter().collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.size));
        let mut groups: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); count.clamp(1, files.len().max(1))];
        for file in files {
            if let Some(group) = groups.iter_mut().min_by_key(|(size, _)| *size) {
                group.0 += file.size;
                group.1.push(self.partitioned(file)?);
            }
        }
        Ok(groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect())
    }
}

#[async_trait]
impl TableProvider for EventsTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.view.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| {
            if self.is_on_stored(filter) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted: Vec<usize> = projection
            .cloned()
            .unwrap_or_else(|| (0..self.view.columns.len()).collect());
        // Each wanted column is read, or computed of one that is.
        let mut read: Vec<usize> = Vec::new();
        for column in wanted.iter().filter_map(|at| self.view.columns.get(*at)) {
            let at = self
                .stored
                .index_of(if column.stored { &column.name } else { "rest" })?;
            if !read.contains(&at) {
                read.push(at);
            }
        }
        let filter = match conjunction(filters.iter().cloned()) {
            Some(filter) => {
                let schema = DFSchema::try_from(Arc::clone(&self.stored))?;
                Some(state.create_physical_expr(filter, &schema)?)
            }
            None => None,
        };
        let read_schema: SchemaRef = Arc::new(self.stored.project(&read)?);
        let looked_at = filter.as_ref().map_or(0, |filter| collect_columns(filter).len()) + read.len();
        let is_few = (1..=MOST_COLUMNS).contains(&looked_at) && limit.is_none();
        let is_long = |at: &usize| self.stored.field(*at).name() == REST;
        let mut plan = if is_few && !read.iter().any(is_long) {
            self.chunk_scan(state, &read, filter.as_ref())?
        } else {
            self.file_scan(state, &read, filter.as_ref(), limit)?
        };
        if !self.view.memory.is_empty() {
            let memory = self.memory_scan(&read, filter.as_ref())?;
            plan = UnionExec::try_new(vec![plan, memory])?;
        }
        if !wanted
            .iter()
            .filter_map(|at| self.view.columns.get(*at))
            .any(|column| self.is_computed(column))
        {
            return Ok(plan);
        }
        Ok(Arc::new(ProjectionExec::try_new(
            self.computed(&wanted, &read_schema)?,
            plan,
        )?))
    }
}

/// Columns with those that a condition looks at.
fn with_columns_of(read: &[usize], filter: Option<&Arc<dyn PhysicalExpr>>) -> Vec<usize> {
    let mut columns = read.to_vec();
    let mut of_filter: Vec<usize> = filter
        .map(collect_columns)
        .into_iter()
        .flatten()
        .map(|column| column.index())
        .collect();
    of_filter.sort_unstable();
    columns.extend(of_filter.into_iter().filter(|at| !read.contains(at)));
    columns
}
