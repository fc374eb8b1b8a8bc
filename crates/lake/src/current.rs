//! The view that new readers get, and how it changes: events come into memory, and a commit moves
//! them from memory into files.
//!
//! All of it is decided under one lock, so that no reader sees an event in neither half or in both.
//! This module is built a second time on locks whose schedules are tried one by one (`schedules`),
//! which is why it takes its locks from the module above it.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock, Weak};

use hedgerow_data_api::{EventBatch, Taxonomy};
use hedgerow_errors::Result;
use uuid::Uuid;

use super::locks::{AtomicU64, Mutex, Ordering, PoisonError, RwLock};
use crate::catalog::Committed;
use crate::counts::Counts;
use crate::layout::Layout;
use crate::memory::MemoryBatch;
use crate::people::{Overlay, PeopleChanges};
use crate::view::{LakeFile, LakeView};

/// What readers get: a view, and a taxonomy of the same moment.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) view: Arc<LakeView>,
    pub(crate) committed: Arc<Committed>,
    pub(crate) pending: Vec<Arc<Counts>>,
    /// What the events in memory say of persons and groups.
    pub(crate) people: Vec<Arc<PeopleChanges>>,
    /// The same, laid over the catalog of the same snapshot; made when it is first asked for.
    pub(crate) overlay: Arc<tokio::sync::OnceCell<Arc<Overlay>>>,
    taxonomy: Arc<OnceLock<Arc<Taxonomy>>>,
}

impl Current {
    /// What exists, the events in memory included. Computed when it is first asked for.
    pub(crate) fn taxonomy(&self) -> Arc<Taxonomy> {
        let computed = self.taxonomy.get_or_init(|| {
            if self.pending.is_empty() {
                return Arc::clone(&self.committed.taxonomy);
            }
            let mut taxonomy = Taxonomy::clone(&self.committed.taxonomy);
            for counts in &self.pending {
                counts.lay_over(&mut taxonomy, &self.view.columns);
            }
            Arc::new(taxonomy)
        });
        Arc::clone(computed)
    }
}

/// The committed half and the memory half, and the view that they make.
struct State {
    committed: Arc<Committed>,
    memory: Vec<Arc<MemoryBatch>>,
    layout: Arc<Layout>,
    current: Current,
}

impl State {
    fn of(committed: Arc<Committed>) -> Self {
        let layout = Arc::new(Layout {
            columns: committed.columns.clone(),
        });
        let current = compose(&committed, &[], &layout);
        Self {
            committed,
            memory: Vec::new(),
            layout,
            current,
        }
    }

    fn compose(&mut self) {
        self.current = compose(&self.committed, &self.memory, &self.layout);
    }
}

fn compose(committed: &Arc<Committed>, memory: &[Arc<MemoryBatch>], layout: &Arc<Layout>) -> Current {
    let view = LakeView {
        snapshot_id: committed.snapshot_id,
        columns: layout.columns.clone(),
        schema: layout.schema(),
        files: Arc::clone(&committed.files),
        overrides: Arc::clone(&committed.overrides),
        memory: memory.iter().map(|batch| batch.rows.clone()).collect(),
    };
    Current {
        view: Arc::new(view),
        committed: Arc::clone(committed),
        pending: memory.iter().map(|batch| Arc::clone(&batch.counts)).collect(),
        people: memory.iter().map(|batch| Arc::clone(&batch.people)).collect(),
        overlay: Arc::default(),
        taxonomy: Arc::new(OnceLock::new()),
    }
}

/// The current view of a project.
pub(crate) struct Shown {
    state: RwLock<State>,
    /// How many commits have been tried whose outcome must be read from the catalog, and how many of
    /// them the current view is known to follow.
    tried: AtomicU64,
    followed: AtomicU64,
    /// File lists that queries may still read by, so that no file is removed under them.
    held: Mutex<Vec<Weak<Vec<LakeFile>>>>,
}

/// What a reading of the catalog will have followed, to be taken before it begins.
#[must_use]
pub(crate) struct Following(u64);

impl Shown {
    pub(crate) fn new(committed: Committed) -> Self {
        Self {
            state: RwLock::new(State::of(Arc::new(committed))),
            tried: AtomicU64::new(0),
            followed: AtomicU64::new(0),
            held: Mutex::new(Vec::new()),
        }
    }

    /// Makes a batch that is in the log visible.
    pub(crate) fn remember(&self, segment: Uuid, reserved: usize, batch: EventBatch) -> Result<()> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(grown) = state.layout.with(&batch) {
            state.layout = Arc::new(grown);
        }
        let batch = MemoryBatch::new(segment, reserved, batch, &state.layout)?;
        state.memory.push(Arc::new(batch));
        let layout = Arc::clone(&state.layout);
        MemoryBatch::settle(&mut state.memory, &layout)?;
        state.compose();
        Ok(())
    }

    /// The events that are not in files yet.
    pub(crate) fn memory(&self) -> Vec<Arc<MemoryBatch>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).memory.clone()
    }

    /// The columns with those that only events in memory have.
    pub(crate) fn layout(&self) -> Arc<Layout> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).layout)
    }

    /// The committed half.
    pub(crate) fn committed(&self) -> Arc<Committed> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).committed)
    }

    /// The view as it stands, which is right to give only while it is up to date.
    pub(crate) fn current(&self) -> Current {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .current
            .clone()
    }

    /// Notes that there may be a snapshot that nobody has read.
    pub(crate) fn doubt(&self) {
        self.tried.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether the view follows all commits whose outcome was in doubt.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.followed.load(Ordering::Acquire) >= self.tried.load(Ordering::Acquire)
    }

    /// To be taken before the catalog is read: a commit that comes into doubt meanwhile may not be in it.
    pub(crate) fn follows(&self) -> Following {
        Following(self.tried.load(Ordering::Acquire))
    }

    /// Makes what was read the current snapshot, and ends the doubts from before the reading.
    pub(crate) fn follow(&self, following: &Following, fresh: Committed) -> usize {
        let freed = self.adopt(fresh);
        self.followed.fetch_max(following.0, Ordering::AcqRel);
        freed
    }

    /// Makes a snapshot the current one, unless a later one is already. Events in memory whose segment
    /// it names are in its files, so they leave the memory in the same moment. Says what room they
    /// had taken, in KB.
    pub(crate) fn adopt(&self, fresh: Committed) -> usize {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.committed.snapshot_id > fresh.snapshot_id {
            return 0;
        }
        let (flushed, kept) = std::mem::take(&mut state.memory)
            .into_iter()
            .partition::<Vec<_>, _>(|batch| fresh.segments.contains(&batch.segment));
        state.memory = kept;
        {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.retain(|files| files.strong_count() > 0);
            held.push(Arc::downgrade(&state.committed.files));
        }
        state.layout = Arc::new(state.layout.rebased(&fresh.columns));
        state.committed = Arc::new(fresh);
        state.compose();
        flushed.iter().map(|batch| batch.reserved).sum()
    }

    /// The ids of files that some query may read, of the current snapshot or an older one.
    pub(crate) fn files_in_use(&self) -> BTreeSet<i64> {
        // In the order in which a commit takes them, and both at once: a list that is replaced in
        // between would be in neither.
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let older = held.iter().filter_map(Weak::upgrade);
        let ids = |files: Arc<Vec<LakeFile>>| files.iter().map(|file| file.id).collect::<Vec<_>>();
        older
            .chain([Arc::clone(&state.committed.files)])
            .flat_map(ids)
            .collect()
    }
}
