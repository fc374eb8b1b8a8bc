//! Forgetting old snapshots, and removing files that no snapshot names.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_errors::Result;
use serde_json::json;

use crate::catalog::{events_folder, snapshot_time};
use crate::commit::{Committing, begin};
use crate::project::Project;
use crate::sqlite_error::failed;

/// Forgets the snapshots that are older than the settings say, and the files that only they name.
/// A file that a query may still read stays until the next time. Says how many files went.
pub(crate) async fn expire(project: &Arc<Project>, now: DateTime<Utc>) -> Result<usize> {
    let _one_at_a_time = project.reconciling.lock().await;
    let step = failed("cannot forget old snapshots");
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
    forget_before(project, committing, kept)
        .await
        .map(|forgotten| forgotten.files)
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Forgotten {
    pub(crate) snapshots: u64,
    /// Files that are gone.
    pub(crate) files: usize,
    /// The bytes of these files.
    pub(crate) bytes: u64,
    /// Files that a query may still read.
    pub(crate) left: usize,
}

/// Forgets the snapshots before one, and the files that only they name.
pub(crate) async fn forget_before(project: &Project, mut committing: Committing<'_>, kept: i64) -> Result<Forgotten> {
    let step = failed("cannot forget old snapshots");
    let in_use = project.shown.files_in_use();
    let transaction = &mut committing.transaction;
    let ended: Vec<(i64, String, i64)> =
        sqlx::query_as("SELECT data_file_id, path, file_size_bytes FROM ducklake_data_file WHERE end_snapshot <= ?")
            .bind(kept)
            .fetch_all(&mut **transaction)
            .await
            .map_err(&step)?;
    let (left, gone): (Vec<_>, Vec<_>) = ended.into_iter().partition(|(id, ..)| in_use.contains(id));
    let ids = json!(gone.iter().map(|(id, ..)| id).collect::<Vec<_>>()).to_string();
    let mut snapshots = 0;
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
        let deleted = sqlx::query(sqlx::AssertSqlSafe(delete))
            .bind(kept)
            .execute(&mut **transaction)
            .await
            .map_err(&step)?;
        snapshots = snapshots.max(deleted.rows_affected());
    }
    sqlx::query("DELETE FROM ducklake_column WHERE end_snapshot <= ?")
        .bind(kept)
        .execute(&mut **transaction)
        .await
        .map_err(&step)?;
    committing.transaction.commit().await.map_err(&step)?;
    let folder = events_folder(&project.folder);
    for (_, name, _) in &gone {
        // One that stays is an orphan, and goes at the next start.
        let _ = project.files.remove(&folder.join(name));
    }
    Ok(Forgotten {
        snapshots,
        files: gone.len(),
        bytes: gone.iter().map(|(.., bytes)| bytes.unsigned_abs()).sum(),
        left: left.len(),
    })
}

/// Removes files that nothing in the catalog names: what a crash left of a batch. Only for a project
/// on which nobody works yet: a file on its way has no name in the catalog either. Says which went.
pub(crate) async fn remove_orphans(project: &Project) -> Result<Vec<String>> {
    let mut connection = project.catalog.acquire().await?;
    // A catalog that has lost the name of a file still knows something of it. Then nothing goes: the file
    // may be one of these, and the doctor names it again.
    let lost = "SELECT EXISTS (SELECT 1 FROM hedgerow_data_file WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file))
                    OR EXISTS (SELECT 1 FROM ducklake_file_column_stats WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file))";
    let lost: bool = sqlx::query_scalar(lost)
        .fetch_one(&mut *connection)
        .await
        .map_err(failed("cannot read the names of files"))?;
    if lost {
        return Ok(Vec::new());
    }
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
