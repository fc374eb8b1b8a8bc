//! Copying a project as of one moment, while events go on coming in.
//!
//! The moment is that at which the log is copied: nothing is committed between it and the copy of the
//! catalog, and what is appended later stands in records that are not copied. So the copy holds every
//! event that was acknowledged before, and no half batch.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_data_api::ProjectCopy;
use hedgerow_errors::{Code, Error, Result};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::append::blocking;
use crate::catalog::{self, events_folder};
use crate::commit::begin;
use crate::flush::flush;
use crate::folder;
use crate::log;
use crate::project::Project;
use crate::sqlite_error::failed;
use crate::view::LakeFile;

/// What a copy leaves out: older snapshots, and the files that only they name.
const NEWEST_ONLY: &str = "
    DELETE FROM ducklake_file_column_stats WHERE data_file_id IN (SELECT data_file_id FROM ducklake_data_file WHERE end_snapshot IS NOT NULL);
    DELETE FROM hedgerow_data_file WHERE data_file_id IN (SELECT data_file_id FROM ducklake_data_file WHERE end_snapshot IS NOT NULL);
    DELETE FROM ducklake_data_file WHERE end_snapshot IS NOT NULL;
    DELETE FROM ducklake_snapshot_changes WHERE snapshot_id < (SELECT max(snapshot_id) FROM ducklake_snapshot);
    DELETE FROM ducklake_column WHERE end_snapshot IS NOT NULL;
    DELETE FROM ducklake_snapshot WHERE snapshot_id < (SELECT max(snapshot_id) FROM ducklake_snapshot);";

/// Copies a project into a folder, which is made.
pub(crate) async fn copy_project(project: &Arc<Project>, to: &Path, now: DateTime<Utc>) -> Result<ProjectCopy> {
    flush(project, now).await?;
    folder::make(&events_folder(to))?;
    folder::make(&log::folder(to))?;
    let (files, in_memory) = {
        let _no_flush = project.reconciling.lock().await;
        let committing = begin(project).await?;
        let in_memory = copy_log(project, to).await?;
        // The list keeps its files from being removed until they are copied.
        let files = Arc::clone(&project.committed().files);
        copy_catalog(project, to).await?;
        let undone = committing.transaction.rollback().await;
        undone.map_err(failed("cannot end the copy of the catalog"))?;
        (files, in_memory)
    };
    newest_only(&catalog::path(to)).await?;
    let events = files.iter().map(|file| file.rows).sum::<u64>() + in_memory;
    let copied = files.len() as u64;
    let folder = events_folder(to);
    blocking(move || files.iter().try_for_each(|file| link_or_copy(file, &folder))).await?;
    Ok(ProjectCopy { files: copied, events })
}

/// Copies the segments with the events in memory, whose writer waits so long. Says how many events.
async fn copy_log(project: &Arc<Project>, to: &Path) -> Result<u64> {
    let _no_append = project.writing.lock().await;
    let memory = project.memory();
    let events = memory.iter().map(|batch| batch.events.len() as u64).sum();
    let segments: std::collections::BTreeSet<_> = memory.iter().map(|batch| batch.segment).collect();
    let (from, to) = (project.folder.clone(), to.to_owned());
    blocking(move || {
        for segment in segments {
            fs::copy(log::path(&from, segment), log::path(&to, segment))?;
        }
        Ok(())
    })
    .await?;
    Ok(events)
}

/// Copies the catalog by another connection than that which keeps it from changing.
async fn copy_catalog(project: &Project, to: &Path) -> Result<()> {
    let path = catalog::path(to);
    let Some(path) = path.to_str() else {
        let message = format!(
            "the path {} is no text, which the copy of a catalog needs",
            path.display()
        );
        return Err(Error::new(Code::InvalidArgument, message));
    };
    let mut connection = project.catalog.acquire().await?;
    let copied = sqlx::query("VACUUM INTO ?").bind(path).execute(&mut *connection).await;
    copied.map(drop).map_err(failed("cannot copy the catalog"))
}

async fn newest_only(catalog: &Path) -> Result<()> {
    let step = failed("cannot prepare the copy of the catalog");
    let options = SqliteConnectOptions::new().filename(catalog);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(&step)?;
    let mut transaction = connection.begin().await.map_err(&step)?;
    sqlx::raw_sql(NEWEST_ONLY)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    transaction.commit().await.map_err(&step)?;
    connection.close().await.map_err(&step)
}

/// Files never change, so that a second name is as good as a copy where there can be one.
fn link_or_copy(file: &LakeFile, folder: &Path) -> Result<()> {
    let Some(name) = file.path.file_name() else {
        return Err(Error::internal("an event file has no name"));
    };
    let to = folder.join(name);
    if fs::hard_link(&file.path, &to).is_err() {
        fs::copy(&file.path, &to)?;
    }
    Ok(())
}
