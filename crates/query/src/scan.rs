//! The `events` table of one snapshot, as `DataFusion` reads it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DFSchema, Result, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use hedgerow_lake::{LakeFile, LakeView};

/// The events of one snapshot. The scan is ours, not a listing of folders: the catalog says which
/// files there are, their time spans let whole files be skipped, and their order is declared.
#[derive(Debug)]
pub(crate) struct EventsTable {
    view: Arc<LakeView>,
}

impl EventsTable {
    pub(crate) fn new(view: Arc<LakeView>) -> Self {
        Self { view }
    }

    /// A file with what the catalog knows of it, so that pruning needs no file to be opened.
    fn partitioned(&self, file: &LakeFile) -> Result<PartitionedFile> {
        let mut columns = vec![ColumnStatistics::new_unknown(); self.view.schema.fields().len()];
        let time = |us| Precision::Exact(ScalarValue::TimestampMicrosecond(Some(us), Some("UTC".into())));
        let timestamp = self.view.schema.index_of("timestamp")?;
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
        // Files and row groups are skipped by their statistics; the rows are filtered again above.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        let url = ObjectStoreUrl::local_filesystem();
        let runtime = state.runtime_env();
        let metadata = runtime.cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(runtime.object_store(&url)?, metadata);
        let options = state.config_options().execution.parquet.clone();
        let options = datafusion::common::config::TableParquetOptions {
            global: options,
            ..Default::default()
        };
        let mut source = ParquetSource::new(Arc::clone(&schema))
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(readers));
        if let Some(filter) = conjunction(filters.iter().cloned()) {
            let df_schema = DFSchema::try_from(Arc::clone(&schema))?;
            source = source.with_predicate(state.create_physical_expr(filter, &df_schema)?);
        }
        let sorted = ["person_key", "timestamp"].map(|name| Ok(PhysicalSortExpr::new_default(col(name, &schema)?)));
        let order = LexOrdering::new(sorted.into_iter().collect::<Result<Vec<_>>>()?);
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(self.groups(state.config().target_partitions())?)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .with_output_ordering(order.into_iter().collect())
            .build();
        let files = DataSourceExec::from_data_source(config);
        if self.view.memory.is_empty() {
            return Ok(files);
        }
        let memory =
            MemorySourceConfig::try_new_exec(std::slice::from_ref(&self.view.memory), schema, projection.cloned())?;
        UnionExec::try_new(vec![files, memory])
    }
}
