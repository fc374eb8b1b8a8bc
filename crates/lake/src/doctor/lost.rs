//! Files of which the catalog has lost the name.
//!
//! What the catalog knows of a file stands in three tables, and its events are in the table's total. So a
//! lost row is told from one that was never there, and where the file is still there, its statistics say
//! which it is.

use fs_err as fs;
use hedgerow_data_api::Severity;
use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use super::Findings;
use super::files::{is_known, known_stats};
use crate::append::blocking;
use crate::catalog::events_folder;
use crate::layout::LakeColumn;
use crate::parquet_file::{Footer, footer};
use crate::project::Project;
use crate::sqlite_error::failed;

/// A file that is named anew.
struct Found {
    id: i64,
    name: String,
    size: u64,
    footer: Footer,
}

/// Whether events are missing of which the catalog has no file any more.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    project: &Project,
    findings: &mut Findings,
) -> Result<bool> {
    let step = failed("cannot check which files the catalog has lost");
    let remnants = sqlx::query_scalar(
        "SELECT data_file_id FROM hedgerow_data_file WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file)
         UNION SELECT data_file_id FROM ducklake_file_column_stats WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file)",
    );
    let remnants: Vec<i64> = remnants.fetch_all(&mut *connection).await.map_err(&step)?;
    let (named, total, counted): (i64, Option<i64>, i64) = sqlx::query_as(
        "SELECT (SELECT coalesce(sum(record_count), 0) FROM ducklake_data_file WHERE end_snapshot IS NULL),
                (SELECT record_count FROM ducklake_table_stats WHERE table_id = 1),
                (SELECT coalesce(sum(count), 0) FROM hedgerow_event)",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(&step)?;
    let missing = total.unwrap_or(counted) - named;
    if remnants.is_empty() && (missing <= 0 || counted != named + missing) {
        return Ok(false);
    }
    if missing == 0 {
        let message = format!("the catalog has remnants of {} files that are gone", remnants.len());
        if findings.repairable("relations", Severity::Warning, message) {
            remove(connection, &remnants).await?;
        }
        return Ok(false);
    }
    let found = find(connection, project, &remnants).await?;
    if found.iter().map(|file| file.footer.rows.cast_signed()).sum::<i64>() == missing {
        let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
        let message = format!(
            "the catalog does not name {missing} events any more, which are in {}",
            names.join(", ")
        );
        let repairs = findings.repairable("relations", Severity::Error, message);
        for file in found.iter().filter(|_| repairs) {
            name(connection, file).await?;
        }
        return Ok(!repairs);
    }
    let message = format!("{missing} events are in no file that the catalog names any more");
    if findings.options.repair && findings.options.drop_missing {
        findings.repairable("relations", Severity::Error, format!("{message}; they are given up"));
        remove(connection, &remnants).await?;
        return Ok(false);
    }
    let hint = "put the project back from a backup: hedgerow restore; or give the events up with hedgerow doctor --repair --drop-missing";
    findings.lasting("relations", Severity::Error, message, hint);
    Ok(true)
}

/// The files that are there without a name in the catalog and have the statistics of a lost one.
async fn find(connection: &mut SqliteConnection, project: &Project, lost: &[i64]) -> Result<Vec<Found>> {
    let folder = events_folder(&project.folder);
    let columns: Vec<LakeColumn> = project
        .committed()
        .columns
        .iter()
        .filter(|column| column.stored)
        .cloned()
        .collect();
    let named = sqlx::query_scalar("SELECT path FROM ducklake_data_file")
        .fetch_all(&mut *connection)
        .await;
    let named: Vec<String> = named.map_err(failed("cannot read the names of files"))?;
    let mut found: Vec<Found> = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".parquet") || named.contains(&name) {
            continue;
        }
        let (path, columns) = (folder.join(&name), columns.clone());
        let size = fs::metadata(&path)?.len();
        let Ok(footer) = blocking(move || footer(&path, &columns)).await else {
            continue;
        };
        for id in lost {
            let known = known_stats(connection, *id).await?;
            let is_same =
                known.len() == footer.columns.len() && footer.columns.iter().all(|stats| is_known(&known, stats));
            if is_same && !found.iter().any(|file| file.id == *id) {
                found.push(Found {
                    id: *id,
                    name,
                    size,
                    footer,
                });
                break;
            }
        }
    }
    Ok(found)
}

/// Gives a file its name in the catalog again. Its time span is brought up to date with that of the others.
async fn name(connection: &mut SqliteConnection, file: &Found) -> Result<()> {
    let rows = file.footer.rows.cast_signed();
    sqlx::query(
        "INSERT INTO ducklake_data_file(data_file_id, table_id, begin_snapshot, path, path_is_relative, file_format, record_count, file_size_bytes, footer_size, row_id_start)
         VALUES (?, 1, (SELECT max(snapshot_id) FROM ducklake_snapshot), ?, 1, 'parquet', ?, ?, ?,
                 coalesce((SELECT next_row_id FROM ducklake_table_stats WHERE table_id = 1), 0))",
    )
    .bind(file.id)
    .bind(&file.name)
    .bind(rows)
    .bind(file.size.cast_signed())
    .bind(file.footer.footer_size.cast_signed())
    .execute(&mut *connection)
    .await
    .map_err(failed("cannot name a file again"))?;
    sqlx::query("UPDATE ducklake_table_stats SET next_row_id = next_row_id + ? WHERE table_id = 1")
        .bind(rows)
        .execute(connection)
        .await
        .map_err(failed("cannot name a file again"))?;
    Ok(())
}

async fn remove(connection: &mut SqliteConnection, lost: &[i64]) -> Result<()> {
    for id in lost {
        super::files::forget(connection, *id).await?;
    }
    Ok(())
}
