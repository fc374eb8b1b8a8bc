//! Importing the seeded world: a made-up product's events, for a demo, a test or a trial of the size
//! that one expects.

use std::time::Instant;

use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{Appended, EventBatch};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_ingest::ImportProgress;
use hedgerow_world::{SIZES, World};
use serde::Serialize;

use crate::App;
use crate::eval::WorldSize;
use crate::import_access_log::may_block;

/// Events that become durable together.
const CHUNK: usize = 100_000;

/// What came of importing a world.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WorldImport {
    /// The seed.
    pub seed: u64,
    /// Events that were made, repeats included.
    pub events: u64,
    /// Events that are new and now durable.
    pub events_added: u64,
    /// Events that came again.
    pub already_present: u64,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl App {
    /// The project with a world, in which it is imported unless an earlier import was completed.
    pub(crate) async fn world_project(&self, size: WorldSize) -> Result<ProjectId> {
        let WorldSize { events, seed } = size;
        let project: ProjectId = format!("world-{seed}-{events}")
            .parse()
            .map_err(|error| Error::internal(format!("the name of a world: {error}")))?;
        let done = self.parts.data_dir.join("worlds").join(project.as_str());
        if !done.exists() || self.require_project(&project).await.is_err() {
            self.import_world(&project, seed, events, &|_| {}).await?;
            fs_err::create_dir_all(self.parts.data_dir.join("worlds"))?;
            fs_err::write(&done, "")?;
        }
        Ok(project)
    }

    /// Imports a world into a project, which is made if needed. The same seed and size give the same
    /// events, so that a second import adds nothing.
    ///
    /// # Errors
    /// `InvalidArgument` where the size is outside of 300,000 to 100 million events.
    pub async fn import_world(
        &self,
        project: &ProjectId,
        seed: u64,
        events: u64,
        progress: &(dyn Fn(ImportProgress) + Send + Sync),
    ) -> Result<WorldImport> {
        self.check(&Access::write(Resource::Event), Some(project))?;
        if !SIZES.contains(&events) {
            let message = format!("a world has {} to {} events, not {events}", SIZES.start(), SIZES.end());
            return Err(Error::invalid(message).with_hint("leave --events out for the smallest"));
        }
        let started = Instant::now();
        let store = &self.parts.data.store;
        store.create_project(project).await?;
        may_block(async {
            let (mut world, mut appended, mut made) = (World::new(seed, events), Appended::default(), 0);
            loop {
                let mut chunk = EventBatch::default();
                for event in world.by_ref().take(CHUNK) {
                    event.add_to(&mut chunk);
                }
                if chunk.is_empty() {
                    break;
                }
                made += chunk.len() as u64;
                let Appended { added, already_present } = store.append(project, chunk).await?;
                appended.added += added;
                appended.already_present += already_present;
                progress(ImportProgress {
                    bytes_read: made,
                    bytes_total: events,
                    lines: made,
                    events_added: appended.added,
                });
            }
            Ok(WorldImport {
                seed,
                events: made,
                events_added: appended.added,
                already_present: appended.already_present,
                elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            })
        })
        .await
    }
}
