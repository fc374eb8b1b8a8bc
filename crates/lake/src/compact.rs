//! Compaction: files whose days overlap become one row of files, sorted as each of them was.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::object_store::ObjectMeta;
use datafusion::physical_expr::expressions::{CastExpr, col};
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt as _;
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;

use crate::append::{blocking, remove_unless_named};
use crate::catalog::events_folder;
use crate::commit::{Commit, People, Said, begin, commit};
use crate::days::{cut, runs};
use crate::files::{Files, Stage};
use crate::layout::{LakeColumn, field};
use crate::parquet_file::{self, FileWriter, NewFile};
use crate::project::Project;
use crate::sqlite_error::failed;
use crate::view::LakeFile;

/// A file of so many bytes is large enough; it is not written again.
const LARGE: u64 = 256 << 20;

/// Files that are merged at once, each of which takes memory.
const MOST_FILES: usize = 16;

/// Rows that each file of a merge has in memory.
const BATCH_ROWS: usize = 1024;

/// Merges the files of the day that most files have events of, if it has enough of them. Says how many
/// it merged.
///
/// Of each day on which some of them lie there are no more files afterwards than before, and of the
/// chosen one there are fewer: it comes to an end.
pub(crate) async fn compact(project: &Arc<Project>, least: usize, now: DateTime<Utc>) -> Result<usize> {
    let _one_at_a_time = project.reconciling.lock().await;
    let chosen = choose(&project.committed().files, least.max(2));
    if chosen.is_empty() {
        return Ok(0);
    }
    project.files.stage(Stage::Compaction);
    let ids: Vec<i64> = chosen.iter().map(|file| file.id).collect();
    let merged = merge(project, &chosen).await?;
    project.files.sync_folder(&events_folder(&project.folder))?;
    let done = match begin(project).await {
        Ok(committing) => {
            let said = Said {
                layout: &project.layout(),
                counts: Vec::new(),
                people: People::Left,
            };
            let done = Commit {
                said,
                added: &merged,
                replaced: &ids,
                segments: &[],
            };
            commit(project, committing, done, now).await
        }
        Err(error) => Err(error),
    };
    done.inspect_err(|_| remove_unless_named(project, &merged))?;
    Ok(ids.len())
}

fn choose(files: &[LakeFile], least: usize) -> Vec<LakeFile> {
    let small = || files.iter().filter(|file| file.size < LARGE);
    // The day that most files cover is the first day of one of them.
    let mut firsts: Vec<i64> = small().map(|file| *file.days().start()).collect();
    let mut lasts: Vec<i64> = small().map(|file| *file.days().end()).collect();
    firsts.sort_unstable();
    lasts.sort_unstable();
    let covering = |day: i64| firsts.partition_point(|first| *first <= day) - lasts.partition_point(|last| *last < day);
    let most = firsts.iter().copied().max_by_key(|day| covering(*day));
    let Some(day) = most.filter(|day| covering(*day) >= least) else {
        return Vec::new();
    };
    let mut chosen: Vec<LakeFile> = small().filter(|file| file.days().contains(&day)).cloned().collect();
    // The small ones first: merging them costs least and helps most.
    chosen.sort_by_key(|file| file.size);
    chosen.truncate(MOST_FILES);
    chosen
}

/// Writes the rows of all chosen files in order, in as many files as their days want.
async fn merge(project: &Project, chosen: &[LakeFile]) -> Result<Vec<NewFile>> {
    let columns = columns_of(project, chosen).await?;
    let schema: SchemaRef = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let lengths = {
        let chosen = chosen.to_vec();
        blocking(move || lengths(&chosen)).await?
    };
    let step = |error| Error::caused(Code::Io, "cannot merge files", error);
    let plan = plan(chosen, &schema).map_err(step)?;
    let config = SessionConfig::new()
        .with_batch_size(BATCH_ROWS)
        .with_target_partitions(1);
    let context = SessionContext::new_with_config(config);
    let mut rows = datafusion::physical_plan::execute_stream(plan, context.task_ctx()).map_err(step)?;
    let mut merged = Merged::new(project, &columns, lengths);
    while let Some(batch) = rows.next().await {
        // The plan's own fields carry no ids.
        let batch = batch.and_then(|batch| Ok(batch.with_schema(Arc::clone(&schema))?));
        let batch = batch.map_err(step).inspect_err(|_| merged.remove())?;
        merged = blocking(move || merged.write(batch)).await?;
    }
    merged.whole()
}

/// How many rows each of the merged files has.
fn lengths(chosen: &[LakeFile]) -> Result<Vec<usize>> {
    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    for file in chosen {
        if file.is_one_day() {
            *days.entry(*file.days().start()).or_default() += file.rows as usize;
            continue;
        }
        for batch in parquet_file::days(&file.path)? {
            for (day, rows) in runs(batch?) {
                *days.entry(day).or_default() += rows;
            }
        }
    }
    Ok(cut(days.into_values()))
}

/// The files that a merge makes, one after the other.
struct Merged {
    files: Arc<dyn Files>,
    folder: PathBuf,
    columns: Vec<LakeColumn>,
    /// The lengths of the files that are still to come.
    lengths: VecDeque<usize>,
    /// The file on its way, and how many rows it still wants.
    writer: Option<(FileWriter, usize)>,
    done: Vec<NewFile>,
}

impl Merged {
    fn new(project: &Project, columns: &[LakeColumn], lengths: Vec<usize>) -> Self {
        Self {
            files: Arc::clone(&project.files),
            folder: events_folder(&project.folder),
            columns: columns.to_vec(),
            lengths: lengths.into(),
            writer: None,
            done: Vec::new(),
        }
    }

    /// Takes in the next rows. After an error no file of this merge is left.
    fn write(mut self, batch: RecordBatch) -> Result<Self> {
        match self.take(batch) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.remove();
                Err(error)
            }
        }
    }

    fn take(&mut self, mut batch: RecordBatch) -> Result<()> {
        while batch.num_rows() > 0 {
            let (mut writer, wanted) = match self.writer.take() {
                Some(writer) => writer,
                None => {
                    let length = self
                        .lengths
                        .pop_front()
                        .ok_or_else(|| Error::internal("merged files have more events than they had before"))?;
                    (FileWriter::create(&self.files, &self.folder, &self.columns)?, length)
                }
            };
            let here = batch.num_rows().min(wanted);
            writer.write(&batch.slice(0, here))?;
            batch = batch.slice(here, batch.num_rows() - here);
            if here == wanted {
                self.done.push(writer.finish()?);
            } else {
                self.writer = Some((writer, wanted - here));
            }
        }
        Ok(())
    }

    /// The files, if all have the rows that they should have.
    fn whole(self) -> Result<Vec<NewFile>> {
        if self.writer.is_some() || !self.lengths.is_empty() {
            self.remove();
            return Err(Error::internal("merged files have fewer events than they had before"));
        }
        Ok(self.done)
    }

    /// Nothing will name these files; what can't be removed is only in the way.
    fn remove(&self) {
        for file in &self.done {
            let _ = self.files.remove(&self.folder.join(&file.name));
        }
    }
}

/// The columns that some of the files has, as the table has them now.
pub(crate) async fn columns_of(project: &Project, files: &[LakeFile]) -> Result<Vec<LakeColumn>> {
    let ids: Vec<i64> = files.iter().map(|file| file.id).collect();
    let statement = "SELECT DISTINCT column_id FROM ducklake_file_column_stats WHERE data_file_id IN (SELECT value FROM json_each(?))";
    let mut connection = project.catalog.acquire().await?;
    let present = sqlx::query_scalar(statement)
        .bind(json!(ids).to_string())
        .fetch_all(&mut *connection)
        .await;
    let present: Vec<i64> = present.map_err(failed("cannot read which columns files have"))?;
    let present: BTreeSet<i64> = present.into_iter().collect();
    let columns = &project.layout().columns;
    let kept = columns
        .iter()
        .filter(|column| column.stored && (column.key.is_none() || present.contains(&column.id)));
    Ok(kept.cloned().collect())
}

fn plan(files: &[LakeFile], schema: &SchemaRef) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
    let mut groups = Vec::new();
    for file in files {
        let meta = ObjectMeta {
            location: datafusion::object_store::path::Path::from_absolute_path(&file.path)?,
            last_modified: DateTime::<Utc>::UNIX_EPOCH,
            size: file.size,
            e_tag: None,
            version: None,
        };
        groups.push(FileGroup::new(vec![PartitionedFile::new_from_meta(meta)]));
    }
    let day = Arc::new(CastExpr::new(col("timestamp", schema)?, DataType::Date32, None));
    let mut sorted = vec![PhysicalSortExpr::new_default(day)];
    for name in ["person_key", "timestamp", "uuid"] {
        sorted.push(PhysicalSortExpr::new_default(col(name, schema)?));
    }
    let order = LexOrdering::new(sorted);
    let order = order.ok_or_else(|| datafusion::common::internal_datafusion_err!("an order without columns"))?;
    let config = FileScanConfigBuilder::new(
        ObjectStoreUrl::local_filesystem(),
        Arc::new(ParquetSource::new(Arc::clone(schema))),
    )
    .with_file_groups(groups)
    .with_output_ordering(vec![order.clone()])
    .build();
    Ok(Arc::new(SortPreservingMergeExec::new(
        order,
        DataSourceExec::from_data_source(config),
    )))
}
