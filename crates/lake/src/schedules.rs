//! The current view under many schedules of its threads: events come into memory, a flush or a merge
//! moves them into files, and no reader may miss one or see one twice meanwhile.
//!
//! The module of the view is built here a second time, on locks whose scheduler is the test's.

mod locks {
    pub(crate) use std::sync::PoisonError;

    pub(crate) use shuttle::sync::atomic::{AtomicU64, Ordering};
    pub(crate) use shuttle::sync::{Mutex, RwLock};
}

#[path = "current.rs"]
#[expect(dead_code, reason = "the schedules do without what needs a disk")]
mod current;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use hedgerow_data_api::{EventBatch, EventDefinition, Taxonomy};
use shuttle::sync::Mutex;
use shuttle::thread;
use uuid::Uuid;

use self::current::Shown;
use crate::catalog::{Committed, instant};
use crate::layout::Layout;
use crate::view::LakeFile;

/// A catalog in memory, and what its files hold.
#[derive(Default)]
struct Catalog {
    snapshot_id: i64,
    live: Vec<i64>,
    contents: BTreeMap<i64, Vec<Uuid>>,
    segments: BTreeSet<Uuid>,
}

impl Catalog {
    fn committed(&self) -> Committed {
        let file = |id: &i64| LakeFile {
            id: *id,
            path: format!("{id}").into(),
            size: 1,
            rows: self.contents[id].len() as u64,
            first_us: 0,
            last_us: 0,
        };
        let count = self.live.iter().map(|id| self.contents[id].len() as u64).sum();
        let events = (count > 0).then(|| EventDefinition {
            name: "a".to_owned(),
            count,
            first_seen: instant(0),
            last_seen: instant(0),
        });
        Committed {
            snapshot_id: self.snapshot_id,
            columns: Layout::fixed().columns,
            files: Arc::new(self.live.iter().map(file).collect()),
            listings: std::collections::HashMap::new(),
            taxonomy: Arc::new(Taxonomy {
                snapshot_id: self.snapshot_id,
                events: events.into_iter().collect(),
                properties: Vec::new(),
            }),
            overrides: Arc::default(),
            segments: self.segments.clone(),
        }
    }

    /// Adds a file, instead of some others or beside them.
    fn commit(&mut self, replaced: &[i64], uuids: Vec<Uuid>, segments: &[Uuid]) -> Committed {
        self.snapshot_id += 1;
        self.live.retain(|id| !replaced.contains(id));
        self.live.push(self.snapshot_id);
        self.contents.insert(self.snapshot_id, uuids);
        self.segments.extend(segments);
        self.committed()
    }
}

/// A project without a disk, which takes its locks as the real one does.
struct World {
    shown: Shown,
    catalog: Mutex<Catalog>,
    committing: Mutex<()>,
    /// The segment that is written to.
    writing: Mutex<Uuid>,
    acknowledged: Mutex<BTreeSet<Uuid>>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            shown: Shown::new(Catalog::default().committed()),
            catalog: Mutex::default(),
            committing: Mutex::default(),
            writing: Mutex::new(Uuid::from_u128(1 << 64)),
            acknowledged: Mutex::default(),
        })
    }

    fn append(&self, number: u128) {
        let uuid = Uuid::from_u128(number);
        let mut batch = EventBatch::default();
        batch.begin(uuid, "a", 0, "person", None);
        let writing = self.writing.lock().unwrap();
        self.shown.remember(*writing, 1, batch).unwrap();
        drop(writing);
        self.acknowledged.lock().unwrap().insert(uuid);
    }

    fn catch_up(&self) {
        if !self.shown.is_up_to_date() {
            let following = self.shown.follows();
            let fresh = self.catalog.lock().unwrap().committed();
            self.shown.follow(&following, fresh);
        }
    }

    /// What comes after a commit: the view shows it, or its outcome is in doubt and must be read.
    fn end(&self, fresh: Committed, is_seen: bool) {
        if is_seen {
            self.shown.adopt(fresh);
        } else {
            self.shown.doubt();
            self.catch_up();
        }
    }

    fn flush(&self, is_seen: bool) {
        self.catch_up();
        let memory = {
            let mut writing = self.writing.lock().unwrap();
            *writing = Uuid::from_u128(writing.as_u128() + 1);
            self.shown.memory()
        };
        if memory.is_empty() {
            return;
        }
        let uuids = memory.iter().flat_map(|batch| batch.events.uuids.clone()).collect();
        let segments: Vec<Uuid> = memory.iter().map(|batch| batch.segment).collect();
        let _committing = self.committing.lock().unwrap();
        let fresh = self.catalog.lock().unwrap().commit(&[], uuids, &segments);
        self.end(fresh, is_seen);
    }

    /// A batch that goes straight to a file.
    fn append_directly(&self, number: u128) {
        let committing = self.committing.lock().unwrap();
        let writing = self.writing.lock().unwrap();
        let uuid = Uuid::from_u128(number);
        let fresh = self.catalog.lock().unwrap().commit(&[], vec![uuid], &[]);
        self.end(fresh, true);
        drop(writing);
        drop(committing);
        self.acknowledged.lock().unwrap().insert(uuid);
    }

    fn merge(&self, is_seen: bool) {
        let _committing = self.committing.lock().unwrap();
        let fresh = {
            let mut catalog = self.catalog.lock().unwrap();
            let replaced = catalog.live.clone();
            if replaced.len() < 2 {
                return;
            }
            let uuids = replaced.iter().flat_map(|id| catalog.contents[id].clone()).collect();
            catalog.commit(&replaced, uuids, &[])
        };
        self.end(fresh, is_seen);
    }

    /// Takes a view as a query does, and compares it with what was acknowledged before.
    fn read(&self) {
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        self.catch_up();
        let current = self.shown.current();
        let mut rows: Vec<Uuid> = Vec::new();
        let in_use = self.shown.files_in_use();
        for file in current.view.files.iter() {
            assert!(
                in_use.contains(&file.id),
                "file {} may be removed while it is read",
                file.id
            );
            rows.extend(&self.catalog.lock().unwrap().contents[&file.id]);
        }
        for batch in &current.view.memory {
            let uuids = batch.column_by_name("uuid").unwrap().as_fixed_size_binary();
            rows.extend(uuids.iter().flatten().map(|uuid| Uuid::from_slice(uuid).unwrap()));
        }
        let seen: BTreeSet<Uuid> = rows.iter().copied().collect();
        assert_eq!(seen.len(), rows.len(), "an event is seen twice: {rows:?}");
        assert!(
            acknowledged.is_subset(&seen),
            "{:?} are not seen",
            acknowledged.difference(&seen)
        );
        let counted: u64 = current.taxonomy().events.iter().map(|event| event.count).sum();
        assert_eq!(counted, rows.len() as u64, "the taxonomy is of another moment");
    }
}

fn threads_side_by_side() {
    let world = World::new();
    let works: [fn(&World); 6] = [
        |world| (1..4).for_each(|number| world.append(number)),
        |world| (4..6).for_each(|number| world.append(number)),
        |world| [true, false].into_iter().for_each(|is_seen| world.flush(is_seen)),
        |world| {
            world.append_directly(9);
            world.merge(false);
            world.merge(true);
        },
        |world| (0..3).for_each(|_| world.read()),
        |world| (0..2).for_each(|_| world.read()),
    ];
    let threads = works.map(|work| {
        let world = Arc::clone(&world);
        thread::spawn(move || work(&world))
    });
    for thread in threads {
        thread.join().unwrap();
    }
    world.read();
    let all: u64 = world.shown.current().view.rows();
    assert_eq!(all, 6);
}

/// Schedules of each kind.
#[expect(clippy::disallowed_methods, reason = "the full count is chosen from outside")]
fn schedules() -> usize {
    if std::env::var_os("HEDGEROW_FULL").is_some_and(|full| full == "1") {
        20_000
    } else {
        500
    }
}

#[test]
fn events_are_seen_once_while_random_schedules_move_them_into_files() {
    shuttle::check_random(threads_side_by_side, schedules());
}

#[test]
fn events_are_seen_once_while_rare_schedules_move_them_into_files() {
    shuttle::check_pct(threads_side_by_side, schedules(), 3);
}
