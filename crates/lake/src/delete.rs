//! Deleting a person: its events leave the files, and the files they were in leave the disk.
//!
//! Files never change, so those with events of the person are written anew without them, and one
//! commit replaces them. After that no older snapshot may stay, since it names the old files.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{AsArray, BooleanArray};
use datafusion::arrow::compute::filter_record_batch;
use hedgerow_data_api::PersonDeleted;
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::append::{blocking, remove_unless_named};
use crate::catalog::events_folder;
use crate::commit::{Commit, People, Said, begin, commit};
use crate::compact::columns_of;
use crate::expire::{Forgotten, forget_before};
use crate::flush::flush;
use crate::layout::LakeColumn;
use crate::log;
use crate::parquet_file::{FileWriter, NewFile};
use crate::people::{person_key, person_uuid};
use crate::project::Project;
use crate::recount::recount;
use crate::rows::file_rows;
use crate::sqlite_error::failed;
use crate::view::LakeFile;

/// How long it waits for queries that read the old files.
const PATIENCE: Duration = Duration::from_secs(30);

/// A person as the catalog knows it, or a distinct id of which only events know.
struct Found {
    person_id: Option<Uuid>,
    distinct_ids: Vec<String>,
}

/// Deletes a person by one of its distinct ids or by its id. Events of it that come meanwhile, or are
/// sent again later, make it anew.
pub(crate) async fn delete_person(project: &Arc<Project>, id: &str, now: DateTime<Utc>) -> Result<PersonDeleted> {
    // What is in memory goes into files first, and its segments of the log go.
    flush(project, now).await?;
    let _one_at_a_time = project.reconciling.lock().await;
    let mut committing = begin(project).await?;
    let found = find(&mut committing.transaction, id).await?;
    let ids: Arc<HashSet<String>> = Arc::new(found.distinct_ids.iter().cloned().collect());
    let files = Arc::clone(&project.committed().files);
    let (affected, events) = files_with(&files, &ids, project).await?;
    if affected.is_empty() && found.person_id.is_none() {
        let message = format!("there is no person, and no event of one, with the id {id:?}");
        return Err(Error::new(Code::UnknownName, message)
            .with_hint("hedgerow persons list --search TEXT finds ids that contain a text"));
    }
    let replaced: Vec<i64> = affected.iter().map(|file| file.id).collect();
    let written = rewrite(project, &affected, &ids).await?;
    let folder = events_folder(&project.folder);
    let remaining: Vec<PathBuf> = {
        let kept = files.iter().filter(|file| !replaced.contains(&file.id));
        let new = written.iter().map(|file| folder.join(&file.name));
        kept.map(|file| file.path.clone()).chain(new).collect()
    };
    // Nothing of this is in use any more; the list would keep the old files on disk.
    drop(files);
    let deleted = async {
        let columns = project.committed().columns.clone();
        forget_person(&mut committing.transaction, &found.distinct_ids).await?;
        recount(project, &mut committing.transaction, &columns, remaining).await?;
        let said = Said {
            layout: &project.layout(),
            counts: Vec::new(),
            people: People::Changed,
        };
        let done = Commit {
            said,
            added: &written,
            replaced: &replaced,
            segments: &[],
        };
        commit(project, committing, done, now).await
    };
    deleted.await.inspect_err(|_| remove_unless_named(project, &written))?;
    purge_log(project).await?;
    let forgotten = forget_all(project, &replaced).await?;
    scrub(project).await?;
    Ok(PersonDeleted {
        person_id: found.person_id,
        distinct_ids: found.distinct_ids,
        events,
        files_rewritten: affected.len() as u64,
        bytes_removed: forgotten.bytes,
        snapshots_forgotten: forgotten.snapshots,
        files_left: forgotten.left as u64,
    })
}

async fn find(connection: &mut SqliteConnection, id: &str) -> Result<Found> {
    let step = failed("cannot look up a person");
    let root = "SELECT root_key FROM hedgerow_id WHERE person_key = ? AND distinct_id = ?";
    let root = sqlx::query_scalar(root).bind(person_key(id)).bind(id);
    let mut root: Option<i64> = root.fetch_optional(&mut *connection).await.map_err(&step)?;
    if let (None, Ok(uuid)) = (root, id.parse::<Uuid>()) {
        root = root_of(connection, uuid).await?;
    }
    let Some(root) = root else {
        return Ok(Found {
            person_id: None,
            distinct_ids: vec![id.to_owned()],
        });
    };
    let ids = "SELECT distinct_id FROM hedgerow_id WHERE person_key = ?1
               UNION ALL SELECT distinct_id FROM hedgerow_id WHERE root_key = ?1 AND root_key <> person_key";
    let ids = sqlx::query_scalar(ids).bind(root).fetch_all(&mut *connection).await;
    let distinct_ids: Vec<String> = ids.map_err(&step)?;
    Ok(Found {
        person_id: distinct_ids.first().map(|root| person_uuid(root)),
        distinct_ids,
    })
}

/// The key of the person with an id: persons have no index by it, so all are looked at.
async fn root_of(connection: &mut SqliteConnection, wanted: Uuid) -> Result<Option<i64>> {
    let mut after = -1_i64;
    loop {
        let page = "SELECT person_key, distinct_id FROM hedgerow_id WHERE person_key > ? AND person_key = root_key ORDER BY person_key LIMIT 10000";
        let page = sqlx::query_as(page).bind(after).fetch_all(&mut *connection).await;
        let page: Vec<(i64, String)> = page.map_err(failed("cannot look up a person"))?;
        if let Some((key, _)) = page.iter().find(|(_, id)| person_uuid(id) == wanted) {
            return Ok(Some(*key));
        }
        match page.last() {
            Some((last, _)) => after = *last,
            None => return Ok(None),
        }
    }
}

/// The files that hold events of some distinct ids, and how many events.
async fn files_with(
    files: &Arc<Vec<LakeFile>>,
    ids: &Arc<HashSet<String>>,
    project: &Project,
) -> Result<(Vec<LakeFile>, u64)> {
    let columns: Vec<LakeColumn> = project
        .committed()
        .columns
        .iter()
        .filter(|column| column.key.is_none() && column.name == "distinct_id")
        .cloned()
        .collect();
    let (files, ids) = (Arc::clone(files), Arc::clone(ids));
    blocking(move || {
        let (mut affected, mut events) = (Vec::new(), 0);
        for file in files.iter() {
            let mut here = 0;
            for rows in file_rows(&file.path, &columns)? {
                let rows = rows?;
                let column = rows.columns().first().and_then(|array| array.as_string_opt::<i32>());
                let found = column.into_iter().flatten().flatten().filter(|id| ids.contains(*id));
                here += found.count() as u64;
            }
            if here > 0 {
                events += here;
                affected.push(file.clone());
            }
        }
        Ok((affected, events))
    })
    .await
}

/// Writes files without the events of some distinct ids. One that has no others has no successor.
async fn rewrite(project: &Arc<Project>, files: &[LakeFile], ids: &Arc<HashSet<String>>) -> Result<Vec<NewFile>> {
    let folder = events_folder(&project.folder);
    let mut written = Vec::new();
    for file in files {
        let columns = columns_of(project, std::slice::from_ref(file)).await?;
        let new = blocking({
            let (project, ids, file) = (Arc::clone(project), Arc::clone(ids), file.clone());
            move || rewrite_file(&project, &file, &columns, &ids)
        });
        let new = new.await.inspect_err(|_| remove_unless_named(project, &written))?;
        written.extend(new);
    }
    project.files.sync_folder(&folder)?;
    Ok(written)
}

fn rewrite_file(
    project: &Project,
    file: &LakeFile,
    columns: &[LakeColumn],
    ids: &HashSet<String>,
) -> Result<Option<NewFile>> {
    let mut writer = None;
    for rows in file_rows(&file.path, columns)? {
        let rows = rows?;
        let distinct_ids = rows
            .column_by_name("distinct_id")
            .and_then(|array| array.as_string_opt::<i32>());
        let Some(distinct_ids) = distinct_ids else {
            let message = format!("{} has no distinct ids", file.path.display());
            return Err(Error::new(Code::Corrupt, message));
        };
        let kept = distinct_ids
            .iter()
            .map(|id| Some(id.is_none_or(|id| !ids.contains(id))));
        let kept = filter_record_batch(&rows, &kept.collect::<BooleanArray>());
        let kept = kept.map_err(|error| Error::caused(Code::Internal, "cannot leave out events", error))?;
        if kept.num_rows() == 0 {
            continue;
        }
        let mut open = match writer.take() {
            Some(open) => open,
            None => FileWriter::create(&project.files, &events_folder(&project.folder), columns)?,
        };
        open.write(&kept)?;
        writer = Some(open);
    }
    writer.map(FileWriter::finish).transpose()
}

/// Removes what the catalog's own tables know of some distinct ids.
async fn forget_person(connection: &mut SqliteConnection, distinct_ids: &[String]) -> Result<()> {
    let step = failed("cannot remove a person");
    // What is deleted is overwritten at once. The catalog is compacted afterwards in any case, for what
    // earlier versions of the rows have left.
    sqlx::query("PRAGMA secure_delete = ON")
        .execute(&mut *connection)
        .await
        .map_err(&step)?;
    let ids = json!(distinct_ids).to_string();
    let keys: Vec<i64> = distinct_ids.iter().map(|id| person_key(id)).collect();
    let keys = json!(keys).to_string();
    let by_id = "IN (SELECT value FROM json_each(?1))";
    let statements = [
        (
            format!(
                "DELETE FROM hedgerow_id WHERE distinct_id {by_id} AND person_key IN (SELECT value FROM json_each(?2))"
            ),
            true,
        ),
        (
            format!("DELETE FROM hedgerow_merge WHERE target {by_id} OR other {by_id}"),
            false,
        ),
        (
            format!("DELETE FROM hedgerow_merge_refusal WHERE target {by_id} OR other {by_id}"),
            false,
        ),
        (
            format!("DELETE FROM hedgerow_key_collision WHERE distinct_id {by_id} OR kept {by_id}"),
            false,
        ),
        (
            "DELETE FROM hedgerow_override WHERE ?1 IS NOT NULL AND (raw_key IN (SELECT value FROM json_each(?2))
             OR own_key IN (SELECT value FROM json_each(?2)))"
                .to_owned(),
            true,
        ),
    ];
    for (statement, with_keys) in statements {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(&ids);
        if with_keys {
            query = query.bind(&keys);
        }
        query.execute(&mut *connection).await.map_err(&step)?;
    }
    Ok(())
}

/// Removes segments of the log whose events are in files, or were never acknowledged.
pub(crate) async fn purge_log(project: &Project) -> Result<()> {
    let writing = project.writing.lock().await;
    let needed: HashSet<Uuid> = {
        let in_memory = project.memory().into_iter().map(|batch| batch.segment);
        in_memory.chain(writing.log.as_ref().map(|log| log.segment)).collect()
    };
    for segment in log::segments(&project.folder)? {
        if !needed.contains(&segment) {
            project.files.remove(&log::path(&project.folder, segment))?;
        }
    }
    Ok(())
}

/// Forgets all snapshots but the newest, and the files that only they name, as soon as no query reads
/// those that were replaced.
async fn forget_all(project: &Project, replaced: &[i64]) -> Result<Forgotten> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        let in_use = project.shown.files_in_use();
        if !replaced.iter().any(|id| in_use.contains(id)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let committing = begin(project).await?;
    let newest = project.committed().snapshot_id;
    forget_before(project, committing, newest).await
}

/// Writes the catalog anew, so that nothing is left in it of what was deleted.
pub(crate) async fn scrub(project: &Project) -> Result<()> {
    let _one_at_a_time = project.committing.lock().await;
    let mut connection = project.catalog.acquire().await?;
    let vacuumed = sqlx::query("VACUUM").execute(&mut *connection).await;
    vacuumed.map(drop).map_err(|error| {
        failed("the person is deleted, and traces of it may be left in the catalog, which cannot be compacted")(error)
            .with_hint("close other programs that read the catalog, then run hedgerow doctor --repair")
    })
}
