//! Telling the catalog of new files and columns.

use std::ops::Range;

use chrono::{DateTime, Utc};
use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use super::NewFile;
use crate::catalog::{EVENTS_TABLE, insert_column, snapshot_time};
use crate::layout::{LakeColumn, Layout};
use crate::sqlite_error::failed;

/// Registers files and columns as a new snapshot. Returns the files' ids, in their order.
pub(super) async fn register(
    transaction: &mut SqliteConnection,
    layout: &Layout,
    new_columns: &[LakeColumn],
    files: &[NewFile],
    now: DateTime<Utc>,
) -> Result<Range<i64>> {
    let step = failed("cannot register files");
    let newest = "SELECT snapshot_id, schema_version, next_catalog_id, next_file_id FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1";
    let newest = sqlx::query_as(newest).fetch_one(&mut *transaction).await;
    let (last_snapshot, last_version, next_catalog, next_file): (i64, i64, i64, i64) = newest.map_err(&step)?;
    let (snapshot_id, ids) = (last_snapshot + 1, next_file..next_file + files.len() as i64);
    let schema_version = last_version + i64::from(!new_columns.is_empty());
    let next_row = "SELECT next_row_id FROM ducklake_table_stats WHERE table_id = 1";
    let next_row = sqlx::query_scalar(next_row).fetch_one(&mut *transaction).await;
    let mut next_row: i64 = next_row.map_err(&step)?;

    sqlx::query("INSERT INTO ducklake_snapshot VALUES (?, ?, ?, ?, ?)")
        .bind(snapshot_id)
        .bind(snapshot_time(now))
        .bind(schema_version)
        .bind(next_catalog)
        .bind(ids.end)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    let altered = if new_columns.is_empty() { "" } else { "altered_table:1," };
    sqlx::query("INSERT INTO ducklake_snapshot_changes(snapshot_id, changes_made) VALUES (?, ?)")
        .bind(snapshot_id)
        .bind(format!("{altered}inserted_into_table:1"))
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    if !new_columns.is_empty() {
        sqlx::query("INSERT INTO ducklake_schema_versions VALUES (?, ?, 1)")
            .bind(snapshot_id)
            .bind(schema_version)
            .execute(&mut *transaction)
            .await
            .map_err(&step)?;
    }
    for column in new_columns {
        insert_column(transaction, column, snapshot_id).await?;
    }
    let (mut rows, mut bytes) = (0, 0);
    for (file, id) in files.iter().zip(ids.clone()) {
        register_file(transaction, file, id, snapshot_id, next_row).await?;
        next_row += file.written.rows as i64;
        rows += file.written.rows as i64;
        bytes += file.written.size as i64;
    }
    sqlx::query("UPDATE ducklake_table_stats SET record_count = record_count + ?, next_row_id = ?, file_size_bytes = file_size_bytes + ? WHERE table_id = 1")
        .bind(rows)
        .bind(next_row)
        .bind(bytes)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    table_stats(transaction, layout).await?;
    Ok(ids)
}

async fn register_file(
    transaction: &mut SqliteConnection,
    file: &NewFile,
    id: i64,
    snapshot_id: i64,
    first_row: i64,
) -> Result<()> {
    let step = failed("cannot register a file");
    sqlx::query(
        "INSERT INTO ducklake_data_file(data_file_id, table_id, begin_snapshot, path, path_is_relative, file_format, record_count, file_size_bytes, footer_size, row_id_start)
         VALUES (?, ?, ?, ?, 1, 'parquet', ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(EVENTS_TABLE)
    .bind(snapshot_id)
    .bind(&file.name)
    .bind(file.written.rows as i64)
    .bind(file.written.size as i64)
    .bind(file.written.footer_size as i64)
    .bind(first_row)
    .execute(&mut *transaction)
    .await
    .map_err(&step)?;
    sqlx::query("INSERT INTO hedgerow_data_file VALUES (?, ?, ?, ?)")
        .bind(id)
        .bind(file.day)
        .bind(file.first_us)
        .bind(file.last_us)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    for stats in &file.written.columns {
        let insert = "INSERT INTO ducklake_file_column_stats(data_file_id, table_id, column_id, column_size_bytes, value_count, null_count, min_value, max_value) VALUES (?, 1, ?, ?, ?, ?, ?, ?)";
        sqlx::query(insert)
            .bind(id)
            .bind(stats.column_id)
            .bind(stats.size as i64)
            .bind(file.written.rows as i64 - stats.nulls as i64)
            .bind(stats.nulls as i64)
            .bind(&stats.min)
            .bind(&stats.max)
            .execute(&mut *transaction)
            .await
            .map_err(&step)?;
    }
    Ok(())
}

/// Keeps the table's column statistics loose: guests may not conclude more from them than that a
/// column exists and can hold nulls. The files' own statistics are exact.
async fn table_stats(transaction: &mut SqliteConnection, layout: &Layout) -> Result<()> {
    for column in &layout.columns {
        let insert = "INSERT INTO ducklake_table_column_stats(table_id, column_id, contains_null) SELECT 1, ?1, 1
                      WHERE NOT EXISTS (SELECT 1 FROM ducklake_table_column_stats WHERE table_id = 1 AND column_id = ?1)";
        let inserted = sqlx::query(insert).bind(column.id).execute(&mut *transaction).await;
        inserted.map_err(failed("cannot update table statistics"))?;
    }
    Ok(())
}
