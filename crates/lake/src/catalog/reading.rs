//! Reading the newest snapshot. A cell that this version never writes is an error and no panic, so
//! that a damaged catalog harms its own project only.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{EventDefinition, PropertyDefinition, Taxonomy, ValueType};
use hedgerow_errors::{Code, Error, Result};
use sqlx::SqliteConnection;

use super::events_folder;
use crate::layout::{ColumnKind, LakeColumn, Layout};
use crate::project::Current;
use crate::sqlite_error::failed;
use crate::view::{LakeFile, LakeView};

/// The newest snapshot's id.
pub(crate) async fn newest_snapshot(transaction: &mut SqliteConnection) -> Result<i64> {
    let newest = sqlx::query_scalar("SELECT max(snapshot_id) FROM ducklake_snapshot");
    let newest = newest.fetch_one(transaction).await;
    newest.map_err(failed("cannot read the newest snapshot"))
}

/// The newest snapshot with its taxonomy, both as the transaction sees them.
pub(crate) async fn current(transaction: &mut SqliteConnection, folder: &Path) -> Result<Current> {
    let view = view(transaction, folder).await?;
    let taxonomy = taxonomy(transaction, view.snapshot_id).await?;
    Ok(Current {
        view: Arc::new(view),
        taxonomy: Arc::new(taxonomy),
    })
}

async fn view(transaction: &mut SqliteConnection, folder: &Path) -> Result<LakeView> {
    let step = failed("cannot read the newest snapshot");
    let snapshot_id = newest_snapshot(transaction).await?;
    let columns: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
        "SELECT c.column_id, c.column_name, c.column_type, p.key FROM ducklake_column c
         LEFT JOIN hedgerow_property p USING (column_id)
         WHERE c.table_id = 1 AND c.end_snapshot IS NULL ORDER BY c.column_id",
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(&step)?;
    let columns = columns.into_iter().map(|(id, name, kind, key)| {
        let kind = ColumnKind::from_ducklake_type(&kind)?;
        Ok(LakeColumn { id, name, key, kind })
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let files: Vec<(i64, String, i64, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT f.data_file_id, f.path, f.file_size_bytes, f.record_count, h.day, h.first_us, h.last_us
         FROM ducklake_data_file f JOIN hedgerow_data_file h USING (data_file_id)
         WHERE f.table_id = 1 AND f.end_snapshot IS NULL ORDER BY h.day, f.data_file_id",
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(&step)?;
    let data = events_folder(folder);
    let files = files
        .into_iter()
        .map(|(id, name, size, rows, day, first_us, last_us)| LakeFile {
            id,
            path: data.join(name),
            size: size.unsigned_abs(),
            rows: rows.unsigned_abs(),
            day,
            first_us,
            last_us,
        });
    let files = files.collect();
    let schema = Layout {
        columns: columns.clone(),
    }
    .schema();
    Ok(LakeView {
        snapshot_id,
        columns,
        schema,
        files,
        memory: Vec::new(),
    })
}

async fn taxonomy(transaction: &mut SqliteConnection, snapshot_id: i64) -> Result<Taxonomy> {
    let step = failed("cannot read the taxonomy");
    let events: Vec<(String, i64, i64, i64)> =
        sqlx::query_as("SELECT name, count, first_us, last_us FROM hedgerow_event ORDER BY count DESC, name")
            .fetch_all(&mut *transaction)
            .await
            .map_err(&step)?;
    let events = events.into_iter().map(|(name, count, first, last)| EventDefinition {
        name,
        count: count.unsigned_abs(),
        first_seen: instant(first),
        last_seen: instant(last),
    });
    let properties: Vec<(String, String, String, i64, bool)> = sqlx::query_as(
        "SELECT key, column_name, value_type, count, values_complete FROM hedgerow_property ORDER BY key",
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(&step)?;
    let properties = properties
        .into_iter()
        .map(|(key, column, kind, count, values_complete)| {
            Ok(PropertyDefinition {
                key,
                column,
                value_type: value_type(&kind)?,
                count: count.unsigned_abs(),
                values_complete,
            })
        });
    Ok(Taxonomy {
        snapshot_id,
        events: events.collect(),
        properties: properties.collect::<Result<_>>()?,
    })
}

fn instant(us: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(us).unwrap_or_default()
}

fn value_type(name: &str) -> Result<ValueType> {
    let all = [
        ValueType::String,
        ValueType::Integer,
        ValueType::Double,
        ValueType::Boolean,
    ];
    let found = all.into_iter().find(|value_type| value_type.as_str() == name);
    found.ok_or_else(|| {
        Error::new(
            Code::Corrupt,
            format!("the catalog has a property of unknown type {name:?}"),
        )
    })
}
