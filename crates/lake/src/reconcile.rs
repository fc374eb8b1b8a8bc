//! What goes on by itself while a project is open: flushes, compactions, and forgetting.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_data_api::Clock;
use hedgerow_errors::Result;

use crate::compact::compact;
use crate::expire::expire;
use crate::flush::flush;
use crate::project::Project;

/// How often it is looked whether there is something to do.
const TICK: Duration = Duration::from_secs(1);

/// An import is over when no large append came for so long.
const IMPORT_PAUSE: Duration = Duration::from_secs(5);

/// How many ticks go by between two looks for old snapshots.
const EXPIRE_EVERY: u64 = 600;

/// Keeps a project in order until it is dropped.
pub(crate) fn start(project: &Arc<Project>, clock: Clock) {
    let (wake, weak) = (Arc::clone(&project.wake), Arc::downgrade(project));
    tokio::spawn(async move {
        let mut since_flush = 0;
        for tick in 1_u64.. {
            let _ = tokio::time::timeout(TICK, wake.notified()).await;
            let Some(project) = weak.upgrade() else {
                return;
            };
            since_flush += 1;
            match reconcile(&project, &clock, since_flush, tick).await {
                Ok(true) => since_flush = 0,
                Ok(false) => {}
                // It is tried again at the next tick; appends find less and less room meanwhile.
                Err(error) => tracing::warn!("cannot keep {} in order: {}", project.folder.display(), error.chain()),
            }
        }
    });
}

async fn reconcile(project: &Arc<Project>, clock: &Clock, since_flush: u64, tick: u64) -> Result<bool> {
    let memory = project.memory();
    let bytes: usize = memory.iter().map(|batch| batch.events.bytes()).sum();
    let is_due = bytes >= project.settings.flush_bytes || TICK * since_flush as u32 >= project.settings.flush_after;
    let flushes = !memory.is_empty() && is_due;
    if flushes {
        flush(project, clock.now()).await?;
    }
    // It would take an import's time and memory, so it waits until that is over, or very long.
    let patience = if project.imported_within(IMPORT_PAUSE) { 64 } else { 1 };
    let least = project.settings.compact_files.saturating_mul(patience);
    compact(project, least, clock.now()).await?;
    if tick.is_multiple_of(EXPIRE_EVERY) {
        expire(project, clock.now()).await?;
    }
    Ok(flushes)
}
