//! One open project: its catalog, what readers see of it, and the right to write.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_errors::{Code, Error, Result};
use sqlx::{Sqlite, Transaction};
use tokio::sync::{Mutex, Notify, Semaphore};
use tokio::time::Instant;
use uuid::Uuid;

use crate::catalog::{self, Catalog, Committed, events_folder};
use crate::current::{Current, Shown};
use crate::days::day_of;
use crate::duplicates::fresh_rows;
use crate::expire::remove_orphans;
use crate::files::Files;
use crate::folder::{self, DataFolder};
use crate::group::Request;
use crate::layout::Layout;
use crate::log::{self, Log};
use crate::memory::{MemoryBatch, kb};
use crate::people::{self, Known, Overlay, PeopleChanges};
use crate::people_reader::PeopleReader;
use crate::recent::Recent;
use crate::settings::Settings;
use crate::store::Moment;
use crate::touches::Touches;
use crate::value_index::Listings;
use crate::view::LakeView;

/// What only the one who writes may touch.
#[derive(Default)]
pub(crate) struct Writing {
    /// The uuids that are there already, as far as they are held.
    pub(crate) recent: Recent,
    /// The write-ahead log; none where the last write to it failed, until the next begins a segment.
    pub(crate) log: Option<Log>,
    /// The uuids of the events in memory by UTC day, and perhaps of some that are in files by now.
    pub(crate) in_memory: BTreeMap<i64, HashSet<Uuid>>,
}

/// Whether a folder has events and no catalog. To begin a new one would remove them as orphans.
pub(crate) fn has_lost_catalog(folder: &Path) -> bool {
    let has = |folder: &Path, end: &str| {
        let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.any(|entry| entry.file_name().to_string_lossy().ends_with(end))
    };
    !catalog::path(folder).is_file() && (has(&events_folder(folder), ".parquet") || has(&log::folder(folder), ".log"))
}

pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) catalog: Catalog,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) settings: Settings,
    /// What readers see.
    pub(crate) shown: Shown,
    /// Values that are held for look-ups.
    pub(crate) values: Listings,
    /// Held while appending: what is new is decided by one at a time.
    pub(crate) writing: Mutex<Writing>,
    /// Held while changing the catalog; taken by `commit::begin`.
    pub(crate) committing: Mutex<Known>,
    /// Which persons the latest commits touched.
    touched: std::sync::Mutex<Touches>,
    /// When a large append was last at work; none before the first.
    pub(crate) large_append: std::sync::Mutex<Option<Instant>>,
    /// Held while flushing or compacting, both of which take files away or memory.
    pub(crate) reconciling: Mutex<()>,
    /// Memory for events that are not in files yet, in KB: who finds none waits for a flush.
    pub(crate) room: Arc<Semaphore>,
    /// Small appends that wait for the next group.
    pub(crate) queue: std::sync::Mutex<Vec<Request>>,
    /// Wakes the reconciler.
    pub(crate) wake: Arc<Notify>,
    /// An append goes on when its caller is gone, and the data folder stays owned until it ends.
    _owned: Arc<DataFolder>,
}

impl Project {
    /// Opens a project's folder, making it if it does not exist. What is left in the write-ahead log
    /// is in memory again afterwards.
    pub(crate) async fn open(
        owned: Arc<DataFolder>,
        folder: &Path,
        files: Arc<dyn Files>,
        settings: Settings,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        if has_lost_catalog(folder) {
            let message = format!(
                "the catalog of {} is missing while its events are there",
                folder.display()
            );
            return Err(Error::new(Code::Corrupt, message).with_hint(
                "put catalog.sqlite back, from a backup if need be: hedgerow restore; nothing was changed",
            ));
        }
        folder::make(&events_folder(folder))?;
        folder::make(&log::folder(folder))?;
        let catalog = Catalog::open(folder, now).await?;
        let committed = catalog.committed(folder).await?;
        let project = Self {
            folder: folder.to_owned(),
            catalog,
            files,
            settings,
            shown: Shown::new(committed),
            values: Listings::default(),
            writing: Mutex::new(Writing::default()),
            committing: Mutex::new(Known::default()),
            touched: std::sync::Mutex::default(),
            large_append: std::sync::Mutex::default(),
            reconciling: Mutex::new(()),
            room: Arc::new(Semaphore::new(settings.memory_kb())),
            queue: std::sync::Mutex::new(Vec::new()),
            wake: Arc::new(Notify::new()),
            _owned: owned,
        };
        for name in remove_orphans(&project).await? {
            tracing::info!("removed {name}, which a crash had left in {}", folder.display());
        }
        project.recover()?;
        project.writing.lock().await.in_memory = project.uuids_in_memory();
        Ok(project)
    }

    /// Replays the segments that no snapshot names, and removes the others and those that bring nothing.
    fn recover(&self) -> Result<()> {
        let flushed = self.committed().segments.clone();
        let found = log::segments(&self.folder)?;
        let (done, open): (Vec<Uuid>, Vec<Uuid>) = found.into_iter().partition(|segment| flushed.contains(segment));
        for segment in done {
            // A later start tries again.
            let _ = self.files.remove(&log::path(&self.folder, segment));
        }
        let mut recent = Recent::default();
        for segment in open {
            if let Some(kept) = log::keep_damaged(self.files.as_ref(), &self.folder, segment)? {
                tracing::warn!(
                    "a log is damaged, and events in it may be lost; it is kept as {}",
                    kept.display()
                );
            }
            let mut brings = false;
            for batch in log::read(&self.folder, segment)? {
                // A write that failed may be durable all the same, and was then repeated in another segment.
                let known = Arc::clone(&self.committed().files);
                let fresh = fresh_rows(&mut recent, &known, &self.uuids_in_memory(), &batch)?;
                let batch = if fresh.len() == batch.len() {
                    batch
                } else {
                    batch.only(&fresh)
                };
                if batch.is_empty() {
                    continue;
                }
                let wanted = u32::try_from(kb(batch.bytes())).unwrap_or(u32::MAX);
                // More than there is room for is no reason to leave events out.
                let reserved = self.room.try_acquire_many(wanted).map_or(0, |permit| {
                    permit.forget();
                    wanted as usize
                });
                self.shown.remember(segment, reserved, batch)?;
                brings = true;
            }
            if !brings {
                // No flush would ever name it.
                let _ = self.files.remove(&log::path(&self.folder, segment));
            }
        }
        Ok(())
    }

    /// The events that are not in files yet.
    pub(crate) fn memory(&self) -> Vec<Arc<MemoryBatch>> {
        self.shown.memory()
    }

    /// The columns with those that only events in memory have.
    pub(crate) fn layout(&self) -> Arc<Layout> {
        self.shown.layout()
    }

    /// The committed half of the current view.
    pub(crate) fn committed(&self) -> Arc<Committed> {
        self.shown.committed()
    }

    /// Makes sure that the view shows all that was committed. After a commit whose outcome could not
    /// be read, the old one would hide events, or show them twice.
    pub(crate) async fn catch_up(&self) -> Result<()> {
        if self.shown.is_up_to_date() {
            return Ok(());
        }
        self.refresh().await
    }

    /// The newest view.
    pub(crate) async fn current(&self) -> Result<Current> {
        let current = self.newest().await?;
        if current.people.iter().all(|changes| changes.ops.is_empty()) {
            return Ok(current);
        }
        Ok(self.moment().await?.0)
    }

    /// The newest view, with the persons and groups of the same moment.
    pub(crate) async fn moment(&self) -> Result<(Current, Arc<Overlay>, Transaction<'static, Sqlite>)> {
        // Merges that are in memory lead keys to other persons than the catalog does.
        let (mut current, overlay, mut transaction) = self.people().await?;
        if !overlay.overrides.is_empty() {
            let overrides = people::overrides(&mut transaction, &overlay).await?;
            let view = LakeView {
                overrides: Arc::new(overrides),
                ..LakeView::clone(&current.view)
            };
            current.view = Arc::new(view);
        }
        Ok((current, overlay, transaction))
    }

    /// The same in one, for readers.
    pub(crate) async fn whole(&self) -> Result<Moment> {
        let (current, overlay, transaction) = self.moment().await?;
        Ok(Moment {
            taxonomy: current.taxonomy(),
            view: current.view,
            people: PeopleReader { transaction, overlay },
        })
    }

    /// The newest view, with what events in memory say of persons and groups, and the catalog of the
    /// same moment.
    pub(crate) async fn people(&self) -> Result<(Current, Arc<Overlay>, Transaction<'static, Sqlite>)> {
        loop {
            let current = self.newest().await?;
            let mut transaction = self.catalog.begin().await?;
            if catalog::newest_snapshot(&mut transaction).await? != current.view.snapshot_id {
                // A commit came between the two.
                self.refresh().await?;
                continue;
            }
            let make = async {
                let mut changes = PeopleChanges::default();
                for more in &current.people {
                    changes.absorb(PeopleChanges::clone(more));
                }
                Overlay::of(&mut transaction, &changes).await.map(Arc::new)
            };
            let overlay = current.overlay.get_or_try_init(|| make).await?;
            let overlay = Arc::clone(overlay);
            return Ok((current, overlay, transaction));
        }
    }

    /// The newest view, without what merges in memory make of its persons.
    pub(crate) async fn newest(&self) -> Result<Current> {
        self.catch_up().await?;
        Ok(self.shown.current())
    }

    /// Notes that there may be a newer snapshot, and makes it the one that new queries read. Where
    /// that fails, the next reader tries again.
    pub(crate) async fn follow(&self) -> Result<()> {
        self.shown.doubt();
        self.refresh().await
    }

    async fn refresh(&self) -> Result<()> {
        let following = self.shown.follows();
        let fresh = self.catalog.committed(&self.folder).await?;
        self.room.add_permits(self.shown.follow(&following, fresh));
        Ok(())
    }

    /// Makes a snapshot the current one, with what it takes out of memory.
    pub(crate) fn adopt(&self, fresh: Committed) {
        self.room.add_permits(self.shown.adopt(fresh));
    }

    /// Which persons the latest commits touched.
    pub(crate) fn touched(&self) -> std::sync::MutexGuard<'_, Touches> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a large append is at work.
    pub(crate) fn note_large_append(&self) {
        *self.large_append.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a large append was at work within such a time: an import is a row of them.
    pub(crate) fn imported_within(&self, pause: Duration) -> bool {
        let last = *self.large_append.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < pause)
    }

    /// The uuids of the events in memory, by UTC day.
    pub(crate) fn uuids_in_memory(&self) -> BTreeMap<i64, HashSet<Uuid>> {
        let mut days: BTreeMap<i64, HashSet<Uuid>> = BTreeMap::new();
        for batch in self.memory() {
            for (uuid, us) in batch.events.uuids.iter().zip(&batch.events.timestamps) {
                days.entry(day_of(*us)).or_default().insert(*uuid);
            }
        }
        days
    }

    /// An append or a commit that was left by its task.
    pub(crate) fn ended_early(error: tokio::task::JoinError) -> Error {
        Error::caused(Code::Internal, "a task of the lake ended early", error)
    }
}
