//! Group commit: small appends that come at nearly the same time share one write to the log.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use hedgerow_data_api::{Appended, EventBatch};
use hedgerow_errors::{Code, Error, Result};
use tokio::sync::oneshot;

use crate::append::blocking;
use crate::days::day_of;
use crate::duplicates::fresh_rows;
use crate::files::Stage;
use crate::log::Log;
use crate::memory::kb;
use crate::project::{Project, Writing};

/// How long an append waits for room before it is refused.
const PATIENCE: Duration = Duration::from_secs(30);

/// A group takes no further append when its events take so much, in bytes.
const LARGEST_GROUP: usize = 8 << 20;

/// A small append that waits.
pub(crate) struct Request {
    batch: EventBatch,
    /// What it took of the room for events in memory, in KB.
    reserved: usize,
    reply: oneshot::Sender<Result<Appended>>,
}

/// Makes a batch durable in the write-ahead log and visible. Waits where too many events are in memory.
pub(crate) async fn append_to_log(project: Arc<Project>, batch: EventBatch) -> Result<Appended> {
    let reserved = kb(batch.bytes()).min(project.settings.memory_kb());
    let room = project.room.acquire_many(u32::try_from(reserved).unwrap_or(u32::MAX));
    let room = tokio::time::timeout(PATIENCE, room).await.map_err(|_| {
        let message = "events come faster than they can be written to files";
        Error::new(Code::Busy, message).with_hint("send them again in a moment; check that the disk has room")
    })?;
    room.map_err(|error| Error::caused(Code::Internal, "the room for events in memory is closed", error))?
        .forget();
    let (reply, answer) = oneshot::channel();
    let is_first = {
        let mut queue = project.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(Request { batch, reserved, reply });
        queue.len() == 1
    };
    if is_first {
        // Its own task, so that the group is written when its first caller is gone.
        tokio::spawn(async move {
            tokio::time::sleep(project.settings.group_window).await;
            write_groups(&project).await;
        });
    }
    answer
        .await
        .map_err(|error| Error::caused(Code::Internal, "an append ended early", error))?
}

async fn write_groups(project: &Arc<Project>) {
    let mut writing = project.writing.lock().await;
    loop {
        let group = {
            let mut queue = project.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let mut bytes = 0;
            let fits = |request: &Request| {
                bytes += request.batch.bytes();
                bytes <= LARGEST_GROUP
            };
            let count = queue.iter().map(fits).take_while(|fits| *fits).count();
            let count = count.max(1).min(queue.len());
            queue.drain(..count).collect::<Vec<_>>()
        };
        if group.is_empty() {
            break;
        }
        write_group(project, &mut writing, group).await;
    }
    writing.recent.forget_after_pause(project);
    let bytes: usize = project.memory().iter().map(|batch| batch.events.bytes()).sum();
    if bytes >= project.settings.flush_bytes {
        project.wake.notify_one();
    }
}

async fn write_group(project: &Arc<Project>, writing: &mut Writing, group: Vec<Request>) {
    let (mut batches, mut waiting) = (Vec::new(), Vec::new());
    for Request { batch, reserved, reply } in group {
        batches.push(batch);
        waiting.push((reserved, reply));
    }
    let written = write(
        project,
        writing,
        batches,
        waiting.iter().map(|(reserved, _)| *reserved).collect(),
    )
    .await;
    match written {
        Ok(appended) => {
            for ((reserved, reply), appended) in waiting.into_iter().zip(appended) {
                if appended.added == 0 {
                    project.room.add_permits(reserved);
                }
                // Nobody may wait any more; the events are in all the same.
                let _ = reply.send(Ok(appended));
            }
        }
        Err(error) => {
            for (reserved, reply) in waiting {
                project.room.add_permits(reserved);
                let _ = reply.send(Err(copy(&error)));
            }
        }
    }
}

/// The same error for each append of a group; its causes become part of the message.
fn copy(error: &Error) -> Error {
    let copied = Error::new(error.code(), error.chain());
    match error.hint() {
        Some(hint) => copied.with_hint(hint),
        None => copied,
    }
}

async fn write(
    project: &Arc<Project>,
    writing: &mut Writing,
    batches: Vec<EventBatch>,
    reserved: Vec<usize>,
) -> Result<Vec<Appended>> {
    // Only after a commit with an unknown outcome does this look into the catalog, which may be locked.
    project.catch_up().await?;
    let (answer, held) = blocking({
        let project = Arc::clone(project);
        let mut held = std::mem::take(writing);
        move || {
            let answer = write_blocking(&project, &mut held, &batches, &reserved);
            Ok((answer, held))
        }
    })
    .await?;
    *writing = held;
    answer
}

fn write_blocking(
    project: &Project,
    writing: &mut Writing,
    batches: &[EventBatch],
    reserved: &[usize],
) -> Result<Vec<Appended>> {
    let known = Arc::clone(&project.committed().files);
    let mut group = EventBatch::default();
    let (mut answers, mut kept, mut added) = (Vec::new(), 0, Vec::new());
    for (batch, reserved) in batches.iter().zip(reserved) {
        let fresh = fresh_rows(&mut writing.recent, &known, &writing.in_memory, batch)?;
        answers.push(Appended {
            added: fresh.len() as u64,
            already_present: (batch.len() - fresh.len()) as u64,
        });
        if fresh.is_empty() {
            continue;
        }
        kept += reserved;
        for row in &fresh {
            let at = *row as usize;
            if let (Some(uuid), Some(time)) = (batch.uuids.get(at), batch.timestamps.get(at)) {
                writing.in_memory.entry(day_of(*time)).or_default().insert(*uuid);
                added.push((day_of(*time), *uuid));
            }
        }
        match (group.is_empty(), fresh.len() == batch.len()) {
            (true, true) => group = batch.clone(),
            (true, false) => group = batch.only(&fresh),
            (false, true) => group.append(batch),
            (false, false) => group.append(&batch.only(&fresh)),
        }
    }
    if group.is_empty() {
        return Ok(answers);
    }
    let remembered = log_and_remember(project, writing, kept, group);
    if remembered.is_err() {
        for (day, uuid) in added {
            writing.in_memory.entry(day).or_default().remove(&uuid);
        }
    }
    remembered.map(|()| answers)
}

fn log_and_remember(project: &Project, writing: &mut Writing, kept: usize, group: EventBatch) -> Result<()> {
    project.files.stage(Stage::Log);
    // A segment whose write failed is left: what comes after half a record would not be read again.
    let mut log = match writing.log.take() {
        Some(open) => open,
        None => Log::begin(&*project.files, &project.folder)?,
    };
    log.append(&group)?;
    project.shown.remember(log.segment, kept, group)?;
    writing.log = Some(log);
    Ok(())
}
