//! Appending a batch: a small one through the write-ahead log, a large one straight into files.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::join;
use hedgerow_data_api::{Appended, EventBatch};
use hedgerow_errors::{Error, Result};

use crate::catalog::events_folder;
use crate::commit::{Committing, People, begin, finish, prepare};
use crate::counts::Counts;
use crate::days::{cut, day_of, runs};
use crate::duplicates::fresh_rows;
use crate::files::{Files, Stage};
use crate::layout::Layout;
use crate::parquet_file::{NewFile, write_shredded};
use crate::people::{PeopleChanges, person_keys};
use crate::project::{Project, Writing};
use crate::shred::Shredded;

/// Makes a batch durable by writing its files: all of it, or after an error or a crash nothing of it.
///
/// It goes on to its end when the caller stops waiting: between a commit and the view that shows
/// it there must be no moment in which it can be left.
pub(crate) async fn append_to_files(project: Arc<Project>, batch: EventBatch, now: DateTime<Utc>) -> Result<Appended> {
    to_its_end(async move {
        project.note_large_append();
        let committing = begin(&project).await?;
        let mut writing = project.writing.lock().await;
        let appended = write(&project, committing, &mut writing, batch, now).await;
        writing.recent.forget_after_pause(&project);
        project.note_large_append();
        appended
    })
    .await
}

/// Goes on with work when its caller is gone.
pub(crate) async fn to_its_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(Project::ended_early)?
}

async fn write(
    project: &Arc<Project>,
    committing: Committing<'_>,
    writing: &mut Writing,
    batch: EventBatch,
    now: DateTime<Utc>,
) -> Result<Appended> {
    let received = batch.len() as u64;
    let (batch, layout) = (Arc::new(batch), project.layout());
    let layout = layout.with(&batch).map_or(layout, Arc::new);
    let fresh = blocking({
        let (batch, known) = (Arc::clone(&batch), Arc::clone(&project.committed().files));
        let mut held = std::mem::take(writing);
        move || {
            // What is held comes back after an error, too: it knows which events are in memory.
            let fresh = fresh_rows(&mut held.recent, &known, &held.in_memory, &batch);
            Ok((fresh, held))
        }
    });
    let (fresh, held) = fresh.await?;
    *writing = held;
    let fresh = fresh?;
    let added = fresh.len() as u64;
    let appended = Appended {
        added,
        already_present: received - added,
    };
    if fresh.is_empty() {
        return Ok(appended);
    }
    // What there is to say of the events is said while their files are written: both take about as long.
    let counts = blocking({
        let (batch, fresh) = (Arc::clone(&batch), fresh.clone());
        move || Ok(Counts::of(&batch, Some(&wanted(batch.len(), &fresh))))
    });
    let people = blocking({
        let batch = Arc::clone(&batch);
        // What came again says the same again, which changes nothing of persons.
        move || Ok(PeopleChanges::of(&batch))
    });
    let files = blocking({
        let (project, layout) = (Arc::clone(project), Arc::clone(&layout));
        move || write_sorted(&project.files, &events_folder(&project.folder), &layout, &batch, fresh)
    });
    let said = async {
        let people = people.await?;
        let (prepared, counts) = join!(prepare(project, committing, &layout, People::Told(&people)), counts);
        let mut prepared = prepared?;
        prepared.count(project, &layout, Arc::new(counts?)).await?;
        Ok(prepared)
    };
    // Both go to their ends, so that no file is written any more when an error is told.
    let (files, prepared) = join!(files, said);
    let files = files?;
    let done = match prepared {
        Ok(prepared) => finish(project, prepared, (&files, &[]), &[], now).await,
        Err(error) => Err(error),
    };
    let ids = done.inspect_err(|_| remove_unless_named(project, &files))?;
    writing
        .recent
        .add(ids.zip(&files).map(|(id, file)| (id, file.uuids.as_slice())));
    Ok(appended)
}

/// Which of so many rows are among some.
fn wanted(rows: usize, some: &[u32]) -> Vec<bool> {
    let mut wanted = vec![false; rows];
    for row in some {
        if let Some(wanted) = wanted.get_mut(*row as usize) {
            *wanted = true;
        }
    }
    wanted
}

/// After a failed commit nothing will name its files, unless it happened all the same; then they stay.
/// What can't be removed is only in the way.
pub(crate) fn remove_unless_named(project: &Project, files: &[NewFile]) {
    let committed = project.committed();
    let folder = events_folder(&project.folder);
    for file in files {
        let path = folder.join(&file.name);
        if project.shown.is_up_to_date() && !committed.files.iter().any(|known| known.path == path) {
            let _ = project.files.remove(&path);
        }
    }
}

/// Runs file work where it may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Project::ended_early)?
}

/// Writes rows of a batch as sorted files; UTC days with few rows share one. After an error none of
/// them is left.
pub(crate) fn write_sorted(
    files: &Arc<dyn Files>,
    folder: &Path,
    layout: &Layout,
    batch: &EventBatch,
    mut rows: Vec<u32>,
) -> Result<Vec<NewFile>> {
    files.stage(Stage::Flush);
    let keys = person_keys(batch);
    let day = |row: &u32| day_of(batch.timestamps.get(*row as usize).copied().unwrap_or_default());
    let uuid = |row: &u32| batch.uuids.get(*row as usize).copied().unwrap_or_default();
    let place = |row: &u32| {
        let at = *row as usize;
        let time = batch.timestamps.get(at).copied().unwrap_or_default();
        let person = batch
            .distinct_ids
            .numbers
            .get(at)
            .and_then(|number| keys.get(*number as usize));
        let person = person.copied().unwrap_or_default();
        (day_of(time), person, time, uuid(row))
    };
    rows.sort_by_cached_key(place);
    let days = runs(rows.iter().map(day));
    let shredded = Shredded::new(batch, layout, rows.clone(), &keys);
    let mut written = Vec::new();
    let mut from = 0;
    for length in cut(days.into_iter().map(|(_, rows)| rows)) {
        match write_shredded(files, folder, &shredded, (from as u32, (from + length) as u32)) {
            Ok(mut file) => {
                let here = rows.get(from..from + length).unwrap_or_default();
                let of_day = here.chunk_by(|left, right| day(left) == day(right));
                let of_day = of_day.filter_map(|rows| Some((day(rows.first()?), rows.iter().map(uuid).collect())));
                file.uuids = of_day.collect();
                written.push(file);
            }
            Err(error) => {
                // Nothing will name the files of this batch; what can't be removed is only in the way.
                for file in written {
                    let _ = files.remove(&folder.join(&file.name));
                }
                return Err(error);
            }
        }
        from += length;
    }
    // The names must be as durable as the contents before the catalog refers to them.
    files.sync_folder(folder).map_err(Error::from)?;
    Ok(written)
}

#[cfg(test)]
mod tests;
