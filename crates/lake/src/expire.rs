//! Forgetting old snapshots, and removing files that no snapshot names.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_errors::Result;
use serde_json::json;

use crate::catalog::{events_folder, snapshot_time};
use crate::commit::begin;
use crate::project::Project;
use crate::sqlite_error::failed;

/// Forgets the snapshots that are older than the settings say, and the files that only they name.
/// A file that a query may still read stays until the next time. Says how many files went.
pub(crate) async fn expire(project: &Arc<Project>, now: DateTime<Utc>) -> Result<usize> {
    let _one_at_a_time = project.reconciling.lock().await;
    let step = failed("cannot forget old snapshots");
    let in_use = project.shown.files_in_use();
    let mut committing = begin(project).await?;
    let transaction = &mut committing.transaction;
    let oldest = now - project.settings.snapshots_for;
    // The newest snapshot stays, however old it is.
    let kept: i64 = sqlx::query_scalar(
        "SELECT coalesce(min(snapshot_id), (SELECT max(snapshot_id) FROM ducklake_snapshot)) FROM ducklake_snapshot WHERE snapshot_time >= ?",
    )
    .bind(snapshot_time(oldest))
    .fetch_one(&mut **transaction)
    .await
    .map_err(&step)?;
    let ended: Vec<(i64, String)> =
        sqlx::query_as("SELECT data_file_id, path FROM ducklake_data_file WHERE end_snapshot <= ?")
            .bind(kept)
            .fetch_all(&mut **transaction)
            .await
            .map_err(&step)?;
    let gone: Vec<(i64, String)> = ended.into_iter().filter(|(id, _)| !in_use.contains(id)).collect();
    let ids = json!(gone.iter().map(|(id, _)| id).collect::<Vec<_>>()).to_string();
    for table in ["ducklake_data_file", "ducklake_file_column_stats", "hedgerow_data_file"] {
        let delete = format!("DELETE FROM {table} WHERE data_file_id IN (SELECT value FROM json_each(?))");
        sqlx::query(sqlx::AssertSqlSafe(delete))
            .bind(&ids)
            .execute(&mut **transaction)
            .await
            .map_err(&step)?;
    }
    for table in ["ducklake_snapshot", "ducklake_snapshot_changes"] {
        let delete = format!("DELETE FROM {table} WHERE snapshot_id < ?");
        sqlx::query(sqlx::AssertSqlSafe(delete))
            .bind(kept)
            .execute(&mut **transaction)
            .await
            .map_err(&step)?;
    }
    sqlx::query("DELETE FROM ducklake_column WHERE end_snapshot <= ?")
        .bind(kept)
        .execute(&mut **transaction)
        .await
        .map_err(&step)?;
    committing.transaction.commit().await.map_err(&step)?;
    let folder = events_folder(&project.folder);
    for (_, name) in &gone {
        // One that stays is an orphan, and goes at the next start.
        let _ = project.files.remove(&folder.join(name));
    }
    Ok(gone.len())
}

/// Removes files that nothing in the catalog names: what a crash left of a batch. Only for a project
/// on which nobody works yet: a file on its way has no name in the catalog either. Says which went.
pub(crate) async fn remove_orphans(project: &Project) -> Result<Vec<String>> {
    let mut connection = project.catalog.acquire().await?;
    let named = sqlx::query_scalar("SELECT path FROM ducklake_data_file")
        .fetch_all(&mut *connection)
        .await;
    let named: Vec<String> = named.map_err(failed("cannot read the names of files"))?;
    let named: BTreeSet<String> = named.into_iter().collect();
    let folder = events_folder(&project.folder);
    let mut removed = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let is_ours = name.ends_with(".parquet") || name.ends_with(".parquet.part");
        if is_ours && !named.contains(&name) && project.files.remove(&folder.join(&name)).is_ok() {
            removed.push(name);
        }
    }
    Ok(removed)
}
