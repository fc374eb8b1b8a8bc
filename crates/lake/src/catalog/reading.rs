//! Reading the newest snapshot. A cell that this version never writes is an error and no panic, so
//! that a damaged catalog harms its own project only.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{EventDefinition, PropertyDefinition, Taxonomy, ValueType};
use hedgerow_errors::{Code, Error, Result};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::events_folder;
use crate::layout::{ColumnKind, LakeColumn};
use crate::people::{self, Overlay};
use crate::sqlite_error::failed;
use crate::value_index::{self, Listing};
use crate::view::{LakeFile, Overrides};

/// One snapshot as the catalog has it.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) snapshot_id: i64,
    pub(crate) columns: Vec<LakeColumn>,
    pub(crate) files: Arc<Vec<LakeFile>>,
    pub(crate) taxonomy: Arc<Taxonomy>,
    /// Current person keys by the keys in files, where they differ.
    pub(crate) overrides: Arc<Overrides>,
    /// The segments of the write-ahead log that live snapshots name: their events are in files.
    pub(crate) segments: BTreeSet<Uuid>,
    /// What the value index has of each property.
    pub(crate) listings: HashMap<String, Listing>,
}

/// The newest snapshot's id.
pub(crate) async fn newest_snapshot(transaction: &mut SqliteConnection) -> Result<i64> {
    let newest = sqlx::query_scalar("SELECT max(snapshot_id) FROM ducklake_snapshot");
    let newest = newest.fetch_one(transaction).await;
    newest.map_err(failed("cannot read the newest snapshot"))
}

/// The newest snapshot with its taxonomy, both as the transaction sees them.
pub(crate) async fn committed(transaction: &mut SqliteConnection, folder: &Path) -> Result<Committed> {
    let snapshot_id = newest_snapshot(transaction).await?;
    Ok(Committed {
        snapshot_id,
        columns: columns(transaction).await?,
        files: Arc::new(files(transaction, folder).await?),
        taxonomy: Arc::new(taxonomy(transaction, snapshot_id).await?),
        overrides: Arc::new(people::overrides(transaction, &Overlay::default()).await?),
        segments: segments(transaction).await?,
        listings: value_index::listings(transaction).await?,
    })
}

/// The columns of the table, and the properties that lie in `rest`.
async fn columns(transaction: &mut SqliteConnection) -> Result<Vec<LakeColumn>> {
    let step = failed("cannot read the table's columns");
    let stored: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
        "SELECT c.column_id, c.column_name, c.column_type, p.key FROM ducklake_column c
         LEFT JOIN hedgerow_property p USING (column_id)
         WHERE c.table_id = 1 AND c.end_snapshot IS NULL",
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(&step)?;
    let stored = stored.into_iter().map(|(id, name, kind, key)| {
        Ok(LakeColumn {
            id,
            name,
            key,
            kind: ColumnKind::from_ducklake_type(&kind)?,
            stored: true,
        })
    });
    let mut columns = stored.collect::<Result<Vec<_>>>()?;
    let ids: HashSet<i64> = columns.iter().map(|column| column.id).collect();
    let properties: Vec<(i64, String, String, String)> =
        sqlx::query_as("SELECT column_id, column_name, value_type, key FROM hedgerow_property")
            .fetch_all(&mut *transaction)
            .await
            .map_err(&step)?;
    for (id, name, kind, key) in properties.into_iter().filter(|(id, ..)| !ids.contains(id)) {
        columns.push(LakeColumn {
            id,
            name,
            key: Some(key),
            kind: ColumnKind::of_value_type(value_type(&kind)?),
            stored: false,
        });
    }
    columns.sort_by_key(|column| column.id);
    Ok(columns)
}

/// The segments of the write-ahead log that live snapshots name.
async fn segments(transaction: &mut SqliteConnection) -> Result<BTreeSet<Uuid>> {
    let statement =
        "SELECT segment.value FROM ducklake_snapshot_changes, json_each(commit_extra_info, '$.segments') segment
                     WHERE commit_extra_info IS NOT NULL";
    let named = sqlx::query_scalar(statement).fetch_all(transaction).await;
    let named: Vec<String> = named.map_err(failed("cannot read which segments are in files"))?;
    let parsed = named.iter().map(|segment| segment.parse::<Uuid>());
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error| Error::caused(Code::Corrupt, "a snapshot names a segment that is none", error))
}

async fn files(transaction: &mut SqliteConnection, folder: &Path) -> Result<Vec<LakeFile>> {
    let step = failed("cannot read the newest snapshot");
    let files: Vec<(i64, String, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT f.data_file_id, f.path, f.file_size_bytes, f.record_count, h.first_us, h.last_us
         FROM ducklake_data_file f JOIN hedgerow_data_file h USING (data_file_id)
         WHERE f.table_id = 1 AND f.end_snapshot IS NULL ORDER BY h.day, f.data_file_id",
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(&step)?;
    let data = events_folder(folder);
    let files = files
        .into_iter()
        .map(|(id, name, size, rows, first_us, last_us)| LakeFile {
            id,
            path: data.join(name),
            size: size.unsigned_abs(),
            rows: rows.unsigned_abs(),
            first_us,
            last_us,
        });
    Ok(files.collect())
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

pub(crate) fn instant(us: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(us).unwrap_or_default()
}

fn value_type(name: &str) -> Result<ValueType> {
    let all = [
        ValueType::String,
        ValueType::Integer,
        ValueType::Double,
        ValueType::Boolean,
        ValueType::Json,
    ];
    let found = all.into_iter().find(|value_type| value_type.as_str() == name);
    found.ok_or_else(|| {
        Error::new(
            Code::Corrupt,
            format!("the catalog has a property of unknown type {name:?}"),
        )
    })
}
