//! Appending a batch: files first, then one catalog transaction that makes them exist.

mod register;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_data_api::{Appended, EventRecord};
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;
use sqlx::SqliteConnection;
use uuid::Uuid;

use self::register::register;
use crate::catalog::{self, events_folder};
use crate::counts::Counts;
use crate::duplicates::{day_of, without_known};
use crate::folder;
use crate::layout::{LakeColumn, Layout};
use crate::parquet_file::{self, KeyedEvent, WrittenFile};
use crate::project::Project;
use crate::recent::Recent;
use crate::sqlite_error::failed;

/// An import is over when nothing was appended for so long; what was kept for it is then forgotten.
const PAUSE: Duration = Duration::from_secs(60);

/// A file that is on disk but not in the catalog yet.
struct NewFile {
    name: String,
    day: i64,
    first_us: i64,
    last_us: i64,
    uuids: Vec<Uuid>,
    written: WrittenFile,
}

/// Makes a batch durable: all of it, or after an error or a crash nothing of it.
///
/// It goes on to its end when the caller stops waiting: between a commit and the view that shows
/// it there must be no moment in which it can be left.
pub(crate) async fn append(project: Arc<Project>, batch: Vec<EventRecord>, now: DateTime<Utc>) -> Result<Appended> {
    let task = tokio::spawn(async move {
        let mut recent = project.writing.lock().await;
        if let Some(forgetting) = recent.forgetting.take() {
            forgetting.abort();
        }
        let appended = write(&project, &mut recent, batch, now).await;
        recent.forgetting = Some(forget_after_pause(&project));
        appended
    });
    task.await
        .map_err(|error| Error::caused(Code::Internal, "an append ended early", error))?
}

async fn write(
    project: &Arc<Project>,
    recent: &mut Recent,
    batch: Vec<EventRecord>,
    now: DateTime<Utc>,
) -> Result<Appended> {
    let mut view = project.current().await?.view;
    let begun = project.catalog.pool.begin_with("BEGIN IMMEDIATE").await;
    let mut transaction = begun.map_err(failed("cannot begin a commit"))?;
    // From here on no snapshot comes but ours. One that came without our knowing, by a commit whose
    // outcome was not seen, decides what is there already.
    if catalog::newest_snapshot(&mut transaction).await? != view.snapshot_id {
        let newest = catalog::current(&mut transaction, &project.folder).await?;
        view = Arc::clone(&newest.view);
        project.adopt(newest);
    }
    let received = batch.len() as u64;
    let (fresh, known) = blocking({
        let (view, mut known) = (Arc::clone(&view), std::mem::take(recent));
        move || Ok((without_known(&mut known, &view, batch)?, known))
    })
    .await?;
    *recent = known;
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
    let new_columns: Vec<LakeColumn> = layout.columns.get(old.columns.len()..).unwrap_or_default().to_vec();

    let persons = person_keys(&mut transaction, &fresh).await?;
    let counts = Counts::of(&fresh);
    let folder = events_folder(&project.folder);
    let files = blocking({
        let layout = layout.clone();
        move || write_days(&folder, &layout, fresh, &persons)
    })
    .await?;
    let ids = register(&mut transaction, &layout, &new_columns, &files, now).await?;
    counts.add(&mut transaction, &layout).await?;
    let committed = transaction.commit().await.map_err(failed("cannot commit"));
    // A commit that reports an error may have happened, so the snapshot is read in any case. Where
    // that fails the batch is durable all the same, and the next reader tries again.
    let followed = project.committed().await;
    committed?;
    if followed.is_ok() {
        recent.add(ids.zip(files).map(|(id, file)| (id, file.day, file.uuids)));
    }
    Ok(appended)
}

/// Forgets the recent uuids of a project when appends pause, unless stopped before.
fn forget_after_pause(project: &Arc<Project>) -> tokio::task::AbortHandle {
    let project = Arc::downgrade(project);
    let task = tokio::spawn(async move {
        tokio::time::sleep(PAUSE).await;
        if let Some(project) = project.upgrade() {
            *project.writing.lock().await = Recent::default();
        }
    });
    task.abort_handle()
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
    let known: Vec<(String, i64)> = sqlx::query_as(
        "SELECT distinct_id, person_key FROM hedgerow_person WHERE distinct_id IN (SELECT value FROM json_each(?))",
    )
    .bind(ids)
    .fetch_all(&mut *transaction)
    .await
    .map_err(&step)?;
    keys.extend(known);
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
    folder: &Path,
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
    for (day, events) in days {
        match write_day(folder, layout, day, events) {
            Ok(file) => files.push(file),
            Err(error) => {
                // Nothing will name the files of this batch; what can't be removed is only in the way.
                for file in files {
                    let _ = fs::remove_file(folder.join(&file.name));
                }
                return Err(error);
            }
        }
    }
    // The names must be as durable as the contents before the catalog refers to them.
    folder::sync(folder)?;
    Ok(files)
}

fn write_day(folder: &Path, layout: &Layout, day: i64, mut events: Vec<KeyedEvent>) -> Result<NewFile> {
    let time = |keyed: &KeyedEvent| keyed.event.timestamp.timestamp_micros();
    events.sort_by_cached_key(|keyed| (keyed.person_key, time(keyed), keyed.event.uuid));
    let name = format!("{}.parquet", Uuid::now_v7());
    let path = folder.join(&name);
    let written = parquet_file::write(&path, layout, &events).inspect_err(|_| {
        // Half a file that nothing will name.
        let _ = fs::remove_file(&path);
    })?;
    Ok(NewFile {
        name,
        day,
        first_us: events.iter().map(time).min().unwrap_or_default(),
        last_us: events.iter().map(time).max().unwrap_or_default(),
        uuids: events.iter().map(|keyed| keyed.event.uuid).collect(),
        written,
    })
}

#[cfg(test)]
mod tests;
