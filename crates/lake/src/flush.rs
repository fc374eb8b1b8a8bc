//! Flushing: the events in memory become files, in one commit that names their segments.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_data_api::EventBatch;
use hedgerow_errors::Result;
use uuid::Uuid;

use crate::append::{blocking, remove_unless_named, write_sorted};
use crate::catalog::events_folder;
use crate::commit::{Commit, People, Said, begin, commit};
use crate::log;
use crate::people::PeopleChanges;
use crate::project::Project;

/// Writes all events in memory to files. Appends go on meanwhile, and stay in memory. Says how many
/// events it wrote.
///
/// After an error they are in memory and in the log as before.
pub(crate) async fn flush(project: &Arc<Project>, now: DateTime<Utc>) -> Result<u64> {
    let _one_at_a_time = project.reconciling.lock().await;
    project.catch_up().await?;
    let memory = {
        let mut writing = project.writing.lock().await;
        let memory = project.memory();
        if memory.is_empty() {
            return Ok(0);
        }
        // What comes from now on lies in another segment, so that these can go as a whole.
        writing.log = None;
        memory
    };
    let segments: Vec<Uuid> = memory
        .iter()
        .map(|batch| batch.segment)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let layout = project.layout();
    let (written, counts, people) = blocking({
        let project = Arc::clone(project);
        move || {
            let mut events = EventBatch::default();
            for batch in &memory {
                events.append(&batch.events);
            }
            let rows = (0..events.len() as u32).collect();
            let written = write_sorted(&project.files, &events_folder(&project.folder), &layout, &events, rows)?;
            let counts = memory.iter().map(|batch| Arc::clone(&batch.counts)).collect();
            let mut people = PeopleChanges::default();
            for batch in &memory {
                people.absorb(PeopleChanges::clone(&batch.people));
            }
            Ok((written, counts, people))
        }
    })
    .await?;
    // Appends go on while the catalog keeps us waiting, and may bring further columns.
    let done = match begin(project).await {
        Ok(committing) => {
            let said = Said {
                layout: &project.layout(),
                counts,
                people: People::Told(&people),
            };
            let done = Commit {
                said,
                added: &written,
                replaced: &[],
                segments: &segments,
            };
            commit(project, committing, done, now).await
        }
        Err(error) => Err(error),
    };
    let ids = done.inspect_err(|_| remove_unless_named(project, &written))?;
    {
        let mut writing = project.writing.lock().await;
        writing
            .recent
            .add(ids.zip(&written).map(|(id, file)| (id, file.uuids.as_slice())));
        writing.in_memory = project.uuids_in_memory();
    }
    for segment in segments {
        // One that stays is found at the next start, and goes then: a snapshot names it.
        let _ = project.files.remove(&log::path(&project.folder, segment));
    }
    Ok(written.iter().map(|file| file.rows).sum())
}
