//! Whether the catalog's tables agree with each other.

use hedgerow_data_api::Severity;
use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use super::{BACKUP, Findings};
use crate::sqlite_error::failed;

/// What must not be: how many there are, what, and what repairs it.
const RULES: [(&str, &str, &str, &str); 6] = [
    (
        "relations",
        "statistics of columns that the catalog does not know",
        "SELECT count(*) FROM ducklake_table_column_stats WHERE column_id NOT IN (SELECT column_id FROM ducklake_column)",
        "DELETE FROM ducklake_table_column_stats WHERE column_id NOT IN (SELECT column_id FROM ducklake_column)",
    ),
    (
        "value_index",
        "values of properties that the catalog does not know",
        "SELECT (SELECT count(*) FROM hedgerow_value_run WHERE column_id NOT IN (SELECT column_id FROM hedgerow_property))
              + (SELECT count(*) FROM hedgerow_value_block WHERE column_id NOT IN (SELECT column_id FROM hedgerow_property))",
        "DELETE FROM hedgerow_value_run WHERE column_id NOT IN (SELECT column_id FROM hedgerow_property);
         DELETE FROM hedgerow_value_block WHERE column_id NOT IN (SELECT column_id FROM hedgerow_property);",
    ),
    // The next commit would give numbers out that files have.
    (
        "snapshots",
        "snapshots missing that files or columns came with",
        "SELECT count(*) FROM (SELECT max(snapshot_id) AS newest, max(next_file_id) AS next FROM ducklake_snapshot)
         WHERE newest < (SELECT max(begin_snapshot) FROM ducklake_data_file) OR newest < (SELECT max(begin_snapshot) FROM ducklake_column)
            OR next <= (SELECT max(data_file_id) FROM ducklake_data_file)",
        "INSERT INTO ducklake_snapshot SELECT max(snapshot_id,
             coalesce((SELECT max(begin_snapshot) FROM ducklake_data_file), 0),
             (SELECT max(begin_snapshot) FROM ducklake_column)) + 1, snapshot_time,
             coalesce((SELECT max(schema_version) FROM ducklake_schema_versions), schema_version), next_catalog_id,
             coalesce((SELECT max(data_file_id) + 1 FROM ducklake_data_file), 0)
         FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1",
    ),
    (
        "snapshots",
        "snapshots without a note of what they changed",
        "SELECT count(*) FROM ducklake_snapshot WHERE snapshot_id NOT IN (SELECT snapshot_id FROM ducklake_snapshot_changes)",
        "INSERT INTO ducklake_snapshot_changes(snapshot_id, changes_made)
         SELECT snapshot_id, '' FROM ducklake_snapshot WHERE snapshot_id NOT IN (SELECT snapshot_id FROM ducklake_snapshot_changes)",
    ),
    (
        "properties",
        "properties of another type than their column",
        "SELECT count(*) FROM hedgerow_property p JOIN ducklake_column c USING (column_id) WHERE c.end_snapshot IS NULL AND p.value_type <>
             CASE c.column_type WHEN 'int64' THEN 'integer' WHEN 'float64' THEN 'double' WHEN 'boolean' THEN 'boolean' WHEN 'json' THEN 'json' ELSE 'string' END",
        "UPDATE hedgerow_property SET value_type =
             CASE c.column_type WHEN 'int64' THEN 'integer' WHEN 'float64' THEN 'double' WHEN 'boolean' THEN 'boolean' WHEN 'json' THEN 'json' ELSE 'string' END
         FROM ducklake_column c WHERE c.column_id = hedgerow_property.column_id AND c.end_snapshot IS NULL",
    ),
    // A name that another one had but for the case has a number behind it, and the key has not.
    (
        "properties",
        "columns without their property",
        "SELECT count(*) FROM ducklake_column WHERE end_snapshot IS NULL AND column_id NOT IN (SELECT column_id FROM hedgerow_property)
             AND column_name NOT IN ('uuid', 'event', 'timestamp', 'distinct_id', 'person_key', 'session_id', 'rest')",
        "INSERT INTO hedgerow_property
         SELECT coalesce((SELECT substr(c.column_name, 1, length(o.column_name)) FROM ducklake_column o
                           WHERE o.end_snapshot IS NULL AND substr(c.column_name, 1, length(o.column_name)) <> o.column_name
                             AND lower(substr(c.column_name, 1, length(o.column_name) + 1)) = lower(o.column_name) || '_'
                             AND substr(c.column_name, length(o.column_name) + 2) NOT GLOB '*[^0-9]*'), c.column_name),
                c.column_id, c.column_name,
                CASE c.column_type WHEN 'int64' THEN 'integer' WHEN 'float64' THEN 'double' WHEN 'boolean' THEN 'boolean' WHEN 'json' THEN 'json' ELSE 'string' END, 0, 1, 0
         FROM ducklake_column c WHERE c.end_snapshot IS NULL AND c.column_id NOT IN (SELECT column_id FROM hedgerow_property)
             AND c.column_name NOT IN ('uuid', 'event', 'timestamp', 'distinct_id', 'person_key', 'session_id', 'rest')",
    ),
];

/// Columns that files have and the table has not.
const COLUMNLESS: &str = "SELECT DISTINCT s.column_id, p.column_name,
         CASE p.value_type WHEN 'integer' THEN 'int64' WHEN 'double' THEN 'float64' WHEN 'boolean' THEN 'boolean' ELSE 'varchar' END
     FROM ducklake_file_column_stats s JOIN ducklake_data_file f USING (data_file_id) LEFT JOIN hedgerow_property p USING (column_id)
     WHERE f.end_snapshot IS NULL AND s.column_id NOT IN (SELECT column_id FROM ducklake_column WHERE end_snapshot IS NULL)";

pub(super) async fn check(connection: &mut SqliteConnection, findings: &mut Findings) -> Result<()> {
    let step = failed("cannot check the catalog's tables");
    for (check, what, count, repair) in RULES {
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut *connection)
            .await
            .map_err(&step)?;
        if count > 0 && findings.repairable(check, Severity::Warning, format!("there are {what}: {count}")) {
            sqlx::raw_sql(repair).execute(&mut *connection).await.map_err(&step)?;
        }
    }
    columns(connection, findings).await?;
    let head = "SELECT (SELECT count(*) FROM ducklake_schema WHERE end_snapshot IS NULL) = 1
         AND (SELECT count(*) FROM ducklake_table WHERE end_snapshot IS NULL AND table_id = 1) = 1
         AND (SELECT count(*) FROM ducklake_metadata WHERE key IN ('version', 'data_path')) = 2";
    let head: bool = sqlx::query_scalar(head)
        .fetch_one(&mut *connection)
        .await
        .map_err(&step)?;
    if !head {
        let message = "the catalog does not say which table there is, so that guests can't read it";
        findings.lasting("relations", Severity::Warning, message.to_owned(), BACKUP);
    }
    table_stats(connection, findings).await
}

async fn columns(connection: &mut SqliteConnection, findings: &mut Findings) -> Result<()> {
    let step = failed("cannot check the table's columns");
    let columnless = sqlx::query_as(COLUMNLESS).fetch_all(&mut *connection).await;
    let columnless: Vec<(i64, Option<String>, String)> = columnless.map_err(&step)?;
    for (id, name, kind) in columnless {
        let Some(name) = name else {
            let message = format!("files have a column {id} of which the catalog knows nothing");
            findings.lasting("properties", Severity::Error, message, BACKUP);
            continue;
        };
        let message = format!("the table has no column {name}, and files have it");
        if findings.repairable("properties", Severity::Error, message) {
            let insert = "INSERT INTO ducklake_column SELECT ?1, min(begin_snapshot), NULL, 1, ?1, ?2, ?3, NULL, 'NULL', 1, NULL, 'literal', 'duckdb'
                          FROM ducklake_data_file WHERE end_snapshot IS NULL";
            let insert = sqlx::query(insert).bind(id).bind(name).bind(kind);
            insert.execute(&mut *connection).await.map_err(&step)?;
        }
    }
    Ok(())
}

/// The table's totals, which guests read.
async fn table_stats(connection: &mut SqliteConnection, findings: &mut Findings) -> Result<()> {
    let step = failed("cannot check the table's totals");
    let totals = "SELECT record_count, file_size_bytes FROM ducklake_table_stats WHERE table_id = 1";
    let totals: Option<(i64, i64)> = sqlx::query_as(totals)
        .fetch_optional(&mut *connection)
        .await
        .map_err(&step)?;
    let truth: (i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(record_count), 0), coalesce(sum(file_size_bytes), 0) FROM ducklake_data_file WHERE end_snapshot IS NULL",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(&step)?;
    if totals == Some(truth) {
        return Ok(());
    }
    let message = match totals {
        Some((rows, bytes)) => format!(
            "the table's totals are {rows} events in {bytes} bytes, and its files have {} in {}",
            truth.0, truth.1
        ),
        None => "the table's totals are missing".to_owned(),
    };
    if findings.repairable("relations", Severity::Warning, message) {
        sqlx::raw_sql(
            "INSERT INTO ducklake_table_stats SELECT 1, 0, coalesce(max(row_id_start + record_count), 0), 0 FROM ducklake_data_file
              WHERE NOT EXISTS (SELECT 1 FROM ducklake_table_stats WHERE table_id = 1)",
        )
        .execute(&mut *connection)
        .await
        .map_err(&step)?;
        sqlx::query("UPDATE ducklake_table_stats SET record_count = ?, file_size_bytes = ? WHERE table_id = 1")
            .bind(truth.0)
            .bind(truth.1)
            .execute(connection)
            .await
            .map_err(&step)?;
    }
    Ok(())
}
