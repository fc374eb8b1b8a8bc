//! Appending a batch: files first, then one catalog transaction that makes them exist.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_data_api::{Appended, EventRecord, PropertyValue};
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use crate::catalog::{EVENTS_TABLE, events_folder, failed, insert_column, snapshot_time};
use crate::duplicates::{day_of, without_known};
use crate::layout::{LakeColumn, Layout};
use crate::parquet_file::{self, KeyedEvent, WrittenFile};
use crate::project::Project;

/// Beyond this many distinct values a property's value index stops growing and says so.
const INDEXED_VALUES: i64 = 20_000;

/// A file that is on disk but not in the catalog yet.
struct NewFile {
    name: String,
    day: i64,
    first_us: i64,
    last_us: i64,
    written: WrittenFile,
}

/// Makes a batch durable: all of it, or after an error or a crash nothing of it.
pub(crate) async fn append(project: &Arc<Project>, batch: Vec<EventRecord>, now: DateTime<Utc>) -> Result<Appended> {
    let _writing = project.writing.lock().await;
    let view = project.current().view;
    let received = batch.len() as u64;
    let fresh = blocking({
        let view = Arc::clone(&view);
        move || without_known(&view, batch)
    })
    .await?;
    let appended = Appended {
        added: fresh.len() as u64,
        already_present: received - fresh.len() as u64,
    };
    if fresh.is_empty() {
        return Ok(appended);
    }
    let old = Layout {
        columns: view.columns.clone(),
    };
    let layout = old.with_properties(fresh.iter().flat_map(|event| &event.properties))?;
    let new_columns: Vec<LakeColumn> = layout.columns[old.columns.len()..].to_vec();

    let mut transaction = project
        .catalog
        .pool
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(failed("cannot begin a commit"))?;
    let persons = person_keys(&mut transaction, &fresh).await?;
    let counts = Counts::of(&fresh);
    let folder = events_folder(&project.folder);
    let files = blocking({
        let layout = layout.clone();
        move || write_days(&folder, &layout, fresh, &persons)
    })
    .await?;
    commit(&mut transaction, &layout, &new_columns, &files, now).await?;
    count(&mut transaction, &layout, counts).await?;
    transaction.commit().await.map_err(failed("cannot commit"))?;
    project.refresh().await?;
    Ok(appended)
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| Error::caused(Code::Internal, "a file task ended early", error))?
}

/// The key of each distinct id; new ones get the next keys, which exist once the transaction commits.
async fn person_keys(transaction: &mut SqliteConnection, events: &[EventRecord]) -> Result<HashMap<String, i64>> {
    let step = failed("cannot read person keys");
    let mut keys: HashMap<String, i64> = HashMap::new();
    for event in events {
        keys.entry(event.distinct_id.clone()).or_insert(0);
    }
    let ids = json!(keys.keys().collect::<Vec<_>>()).to_string();
    let known =
        "SELECT distinct_id, person_key FROM hedgerow_person WHERE distinct_id IN (SELECT value FROM json_each(?))";
    for row in sqlx::query(known)
        .bind(ids)
        .fetch_all(&mut *transaction)
        .await
        .map_err(&step)?
    {
        keys.insert(row.get(0), row.get(1));
    }
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(person_key), 0) FROM hedgerow_person")
        .fetch_one(&mut *transaction)
        .await
        .map_err(&step)?;
    // In order of first appearance, so that the same input gives the same keys.
    let mut fresh = Vec::new();
    for event in events {
        if let Some(key) = keys.get_mut(&event.distinct_id).filter(|key| **key == 0) {
            *key = last + 1 + fresh.len() as i64;
            fresh.push(json!([event.distinct_id, *key, Uuid::new_v4().to_string()]));
        }
    }
    let insert = "INSERT INTO hedgerow_person SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)";
    sqlx::query(insert)
        .bind(json!(fresh).to_string())
        .execute(transaction)
        .await
        .map_err(&step)?;
    Ok(keys)
}

fn write_days(
    folder: &std::path::Path,
    layout: &Layout,
    events: Vec<EventRecord>,
    persons: &HashMap<String, i64>,
) -> Result<Vec<NewFile>> {
    let mut days: BTreeMap<i64, Vec<KeyedEvent>> = BTreeMap::new();
    for event in events {
        let person_key = persons.get(&event.distinct_id).copied().unwrap_or_default();
        days.entry(day_of(&event))
            .or_default()
            .push(KeyedEvent { event, person_key });
    }
    let mut files = Vec::new();
    for (day, mut events) in days {
        let time = |keyed: &KeyedEvent| keyed.event.timestamp.timestamp_micros();
        events.sort_by_cached_key(|keyed| (keyed.person_key, time(keyed), keyed.event.uuid));
        let name = format!("{}.parquet", Uuid::now_v7());
        let written = parquet_file::write(&folder.join(&name), layout, &events)?;
        let first_us = events.iter().map(time).min().unwrap_or_default();
        let last_us = events.iter().map(time).max().unwrap_or_default();
        files.push(NewFile {
            name,
            day,
            first_us,
            last_us,
            written,
        });
    }
    // The names must be as durable as the contents before the catalog refers to them.
    fs::File::open(folder)?.sync_all()?;
    Ok(files)
}

/// Registers files and columns as a new snapshot.
async fn commit(
    transaction: &mut SqliteConnection,
    layout: &Layout,
    new_columns: &[LakeColumn],
    files: &[NewFile],
    now: DateTime<Utc>,
) -> Result<()> {
    let step = failed("cannot register files");
    let newest = "SELECT snapshot_id, schema_version, next_catalog_id, next_file_id FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1";
    let newest = sqlx::query(newest).fetch_one(&mut *transaction).await.map_err(&step)?;
    let (snapshot_id, next_file): (i64, i64) = (newest.get::<i64, _>(0) + 1, newest.get(3));
    let schema_version = newest.get::<i64, _>(1) + i64::from(!new_columns.is_empty());
    let stats = "SELECT record_count, next_row_id, file_size_bytes FROM ducklake_table_stats WHERE table_id = 1";
    let stats = sqlx::query(stats).fetch_one(&mut *transaction).await.map_err(&step)?;
    let mut next_row: i64 = stats.get(1);

    sqlx::query("INSERT INTO ducklake_snapshot VALUES (?, ?, ?, ?, ?)")
        .bind(snapshot_id)
        .bind(snapshot_time(now))
        .bind(schema_version)
        .bind(newest.get::<i64, _>(2))
        .bind(next_file + files.len() as i64)
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
    for (file, id) in files.iter().zip(next_file..) {
        register(transaction, file, id, snapshot_id, next_row).await?;
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
    table_stats(transaction, layout).await
}

async fn register(
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

/// How often a batch has each event, property and value.
#[derive(Default)]
struct Counts {
    /// Name to count, first and last.
    events: BTreeMap<String, (i64, i64, i64)>,
    properties: BTreeMap<&'static str, i64>,
    values: BTreeMap<&'static str, HashMap<String, i64>>,
}

impl Counts {
    fn of(events: &[EventRecord]) -> Self {
        let mut counts = Self::default();
        for event in events {
            let time = event.timestamp.timestamp_micros();
            let entry = counts.events.entry(event.event.clone()).or_insert((0, time, time));
            *entry = (entry.0 + 1, entry.1.min(time), entry.2.max(time));
            for (key, value) in &event.properties {
                *counts.properties.entry(key).or_default() += 1;
                let text = match value {
                    PropertyValue::Text(text) => text.clone(),
                    PropertyValue::Integer(number) => number.to_string(),
                    PropertyValue::Double(number) => number.to_string(),
                    PropertyValue::Boolean(truth) => truth.to_string(),
                };
                *counts.values.entry(key).or_default().entry(text).or_default() += 1;
            }
        }
        counts
    }
}

/// Adds a batch's counts to the taxonomy and the value index.
async fn count(transaction: &mut SqliteConnection, layout: &Layout, counts: Counts) -> Result<()> {
    let step = failed("cannot update the taxonomy");
    let events: Vec<_> = counts
        .events
        .iter()
        .map(|(name, (count, first, last))| json!([name, count, first, last]))
        .collect();
    sqlx::query(
        "INSERT INTO hedgerow_event SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true
         ON CONFLICT(name) DO UPDATE SET count = count + excluded.count, first_us = min(first_us, excluded.first_us), last_us = max(last_us, excluded.last_us)",
    )
    .bind(json!(events).to_string())
    .execute(&mut *transaction)
    .await
    .map_err(&step)?;
    for (key, count) in counts.properties {
        let Some(column) = layout.columns.iter().find(|column| column.key.as_deref() == Some(key)) else {
            continue;
        };
        sqlx::query(
            "INSERT INTO hedgerow_property VALUES (?, ?, ?, ?, ?, 1, 0) ON CONFLICT(key) DO UPDATE SET count = count + excluded.count",
        )
        .bind(key)
        .bind(column.id)
        .bind(&column.name)
        .bind(column.kind.value_type().as_str())
        .bind(count)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
        index_values(transaction, column.id, counts.values.get(key)).await?;
    }
    Ok(())
}

/// Adds values to the index of a property until it is full; from then on known values still count.
async fn index_values(
    transaction: &mut SqliteConnection,
    column_id: i64,
    values: Option<&HashMap<String, i64>>,
) -> Result<()> {
    let step = failed("cannot update the value index");
    let values = json!(
        values
            .map(|values| values.iter().collect::<Vec<_>>())
            .unwrap_or_default()
    )
    .to_string();
    // The list is walked once and looked up in the index; the other way round would be quadratic.
    sqlx::query(
        "INSERT INTO hedgerow_value SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)
         WHERE EXISTS (SELECT 1 FROM hedgerow_value WHERE column_id = ?1 AND hedgerow_value.value = json_each.value ->> 0)
         ON CONFLICT(column_id, value) DO UPDATE SET count = count + excluded.count",
    )
    .bind(column_id)
    .bind(&values)
    .execute(&mut *transaction)
    .await
    .map_err(&step)?;
    let room = "SELECT ? - distinct_values FROM hedgerow_property WHERE column_id = ?";
    let room: i64 = sqlx::query_scalar(room)
        .bind(INDEXED_VALUES)
        .bind(column_id)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&step)?;
    // One more than there is room for tells whether some had to stay out.
    let fresh = sqlx::query(
        "INSERT INTO hedgerow_value SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)
         WHERE NOT EXISTS (SELECT 1 FROM hedgerow_value WHERE column_id = ?1 AND hedgerow_value.value = json_each.value ->> 0)
         LIMIT ?3",
    )
    .bind(column_id)
    .bind(&values)
    .bind(room.max(0) + 1)
    .execute(&mut *transaction)
    .await
    .map_err(&step)?
    .rows_affected() as i64;
    sqlx::query("UPDATE hedgerow_property SET distinct_values = distinct_values + ?, values_complete = values_complete AND ? WHERE column_id = ?")
        .bind(fresh)
        .bind(i64::from(fresh <= room))
        .bind(column_id)
        .execute(transaction)
        .await
        .map_err(&step)?;
    Ok(())
}
