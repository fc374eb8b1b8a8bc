//! Compaction: the files of a day become one, sorted as each of them was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::object_store::ObjectMeta;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt as _;
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;

use crate::append::{blocking, remove_unless_named};
use crate::catalog::events_folder;
use crate::commit::{Commit, begin, commit};
use crate::files::Stage;
use crate::layout::{LakeColumn, field};
use crate::parquet_file::{FileWriter, NewFile};
use crate::people::PeopleChanges;
use crate::project::Project;
use crate::sqlite_error::failed;
use crate::view::LakeFile;

/// A file of so many bytes is large enough; it is not written again.
const LARGE: u64 = 256 << 20;

/// Files that are merged at once, each of which takes memory.
const MOST_FILES: usize = 32;

/// Rows that each file of a merge has in memory.
const BATCH_ROWS: usize = 1024;

/// Merges the files of the day that has most, if it has enough of them. Says how many it merged.
pub(crate) async fn compact(project: &Arc<Project>, least: usize, now: DateTime<Utc>) -> Result<usize> {
    let _one_at_a_time = project.reconciling.lock().await;
    let chosen = choose(&project.committed().files, least.max(2));
    if chosen.is_empty() {
        return Ok(0);
    }
    project.files.stage(Stage::Compaction);
    let ids: Vec<i64> = chosen.iter().map(|file| file.id).collect();
    let merged = [merge(project, &chosen).await?];
    project.files.sync_folder(&events_folder(&project.folder))?;
    let done = match begin(project).await {
        Ok(committing) => {
            let done = Commit {
                layout: &project.layout(),
                added: &merged,
                replaced: &ids,
                counts: Vec::new(),
                people: &PeopleChanges::default(),
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
    let mut days: BTreeMap<i64, Vec<&LakeFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.size < LARGE) {
        days.entry(file.day).or_default().push(file);
    }
    let most = days
        .into_values()
        .filter(|files| files.len() >= least)
        .max_by_key(Vec::len);
    let mut chosen: Vec<LakeFile> = most.unwrap_or_default().into_iter().cloned().collect();
    // The small ones first: merging them costs least and helps most.
    chosen.sort_by_key(|file| file.size);
    chosen.truncate(MOST_FILES);
    chosen
}

async fn merge(project: &Project, chosen: &[LakeFile]) -> Result<NewFile> {
    let columns = columns_of(project, chosen).await?;
    let schema: SchemaRef = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let step = |error| Error::caused(Code::Io, "cannot merge files", error);
    let plan = plan(chosen, &schema).map_err(step)?;
    let config = SessionConfig::new()
        .with_batch_size(BATCH_ROWS)
        .with_target_partitions(1);
    let context = SessionContext::new_with_config(config);
    let mut rows = datafusion::physical_plan::execute_stream(plan, context.task_ctx()).map_err(step)?;
    let day = chosen.first().map(|file| file.day).unwrap_or_default();
    let mut writer = FileWriter::create(&project.files, &events_folder(&project.folder), day, &columns)?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(step)?;
        // The plan's own fields carry no ids.
        let batch = batch
            .with_schema(Arc::clone(&schema))
            .map_err(|error| step(error.into()))?;
        writer = blocking(move || {
            writer.write(&batch)?;
            Ok(writer)
        })
        .await?;
    }
    let merged = blocking(|| writer.finish()).await?;
    let expected: u64 = chosen.iter().map(|file| file.rows).sum();
    if merged.rows != expected {
        let message = format!(
            "{} files with {expected} events were merged into {}",
            chosen.len(),
            merged.rows
        );
        return Err(Error::internal(message));
    }
    Ok(merged)
}

/// The columns that some of the files has, as the table has them now.
async fn columns_of(project: &Project, files: &[LakeFile]) -> Result<Vec<LakeColumn>> {
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
    let sorted = ["person_key", "timestamp", "uuid"].map(|name| Ok(PhysicalSortExpr::new_default(col(name, schema)?)));
    let order = LexOrdering::new(sorted.into_iter().collect::<datafusion::common::Result<Vec<_>>>()?);
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
