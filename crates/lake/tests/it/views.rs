//! Views under load: writers, flushes, compactions, expiry and readers side by side, in random orders.
//! Each view is compared with what had been acknowledged before it was taken and what had been begun
//! when it was there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hedgerow_data_api::{Clock, EventRecord, EventSink, EventStore, Taxonomy};
use hedgerow_lake::{DataFolder, Lake, LakeView, Settings, SystemFiles};
use proptest::prelude::*;

use crate::append::project;
use crate::crash::check::rows;
use crate::crash::stream::{event, is_defined};

/// Batches of so many events go straight to files.
const DIRECT_EVENTS: usize = 25;

/// What a writer does next, after so many milliseconds.
#[derive(Debug, Clone)]
struct Append {
    wait: u64,
    events: u64,
    /// How many of the events before are sent again.
    again: u64,
}

#[derive(Debug, Clone, Copy)]
enum Upkeep {
    Flush,
    Compact,
    Expire,
}

/// What is known of the events besides what the lake says.
#[derive(Debug, Default)]
struct Model {
    begun: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
}

struct World {
    lake: Lake,
    model: Mutex<Model>,
    next: AtomicU64,
    ends: AtomicBool,
}

impl World {
    fn model<T>(&self, look: impl FnOnce(&mut Model) -> T) -> T {
        look(&mut self.model.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn appends() -> impl Strategy<Value = Vec<Append>> {
    let small = (0_u64..6, 1_u64..12, 0_u64..6);
    let direct = (0_u64..20, 25_u64..60, 0_u64..30);
    let append = prop_oneof![4 => small, 1 => direct].prop_map(|(wait, events, again)| Append { wait, events, again });
    proptest::collection::vec(append, 1..25)
}

fn upkeep() -> impl Strategy<Value = Vec<(u64, Upkeep)>> {
    let what = prop_oneof![
        3 => Just(Upkeep::Flush),
        2 => Just(Upkeep::Compact),
        2 => Just(Upkeep::Expire),
    ];
    proptest::collection::vec((0_u64..12, what), 1..25)
}

async fn write(world: Arc<World>, appends: Vec<Append>) {
    for Append { wait, events, again } in appends {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let first = world.next.fetch_add(events, Ordering::AcqRel);
        let numbers: Vec<u64> = (first.saturating_sub(again)..first + events).collect();
        let batch: Vec<EventRecord> = numbers.iter().map(|number| event(*number)).collect();
        world.model(|model| model.begun.extend(&numbers));
        world.lake.append(&project(), batch.into()).await.unwrap();
        world.model(|model| model.acknowledged.extend(&numbers));
    }
}

async fn keep(world: Arc<World>, upkeep: Vec<(u64, Upkeep)>) {
    for (wait, what) in upkeep {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        match what {
            Upkeep::Flush => world.lake.flush(&project()).await.map(drop),
            Upkeep::Compact => world.lake.compact(&project()).await.map(drop),
            Upkeep::Expire => world.lake.expire(&project()).await.map(drop),
        }
        .unwrap();
    }
}

/// Takes views until the end, and reads each again after the next was taken.
async fn read(world: Arc<World>) {
    let mut before: Option<(Arc<LakeView>, BTreeSet<u64>)> = None;
    loop {
        let ends = world.ends.load(Ordering::Acquire);
        let acknowledged = world.model(|model| model.acknowledged.clone());
        let (view, taxonomy) = world.lake.snapshot(&project()).await.unwrap();
        let plans = plans(&world.lake).await;
        let begun = world.model(|model| model.begun.clone());
        // Every event has a plan.
        let possible = acknowledged.len() as u64..=begun.len() as u64;
        assert!(
            possible.contains(&plans),
            "{plans} plans are listed, which is not in {possible:?}"
        );
        let seen = seen(&view, &taxonomy);
        let missing: Vec<&u64> = acknowledged.difference(&seen).collect();
        assert!(missing.is_empty(), "{missing:?} were acknowledged and are not seen");
        let strange: Vec<&u64> = seen.difference(&begun).collect();
        assert!(strange.is_empty(), "{strange:?} are seen and were not sent");
        if let Some((earlier, had)) = before.take() {
            assert!(had.is_subset(&seen), "{:?} have vanished", had.difference(&seen));
            assert_eq!(numbers(&earlier), had, "a view that is read again is another");
        }
        before = Some((view, seen));
        if ends {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// How many events have a value of `plan`, by the list of its values.
async fn plans(lake: &Lake) -> u64 {
    match lake.values(&project(), "plan", "", 10).await {
        Ok(list) => list.values.iter().map(|value| value.count).sum(),
        // There is no such property before the first event.
        Err(_) => 0,
    }
}

fn numbers(view: &LakeView) -> BTreeSet<u64> {
    let rows = rows(view);
    let numbers: BTreeSet<u64> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers.len(), rows.len(), "an event is in the view twice");
    assert_eq!(view.rows(), rows.len() as u64);
    numbers
}

/// The events of a view, after its taxonomy was compared with them.
fn seen(view: &LakeView, taxonomy: &Taxonomy) -> BTreeSet<u64> {
    let seen = numbers(view);
    let (mut events, mut keys) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
    for number in &seen {
        let event = event(*number);
        *events.entry(event.event).or_default() += 1;
        for (key, _) in event.properties.iter().filter(|(key, _)| is_defined(key)) {
            *keys.entry(key.to_string()).or_default() += 1;
        }
    }
    let told = taxonomy.events.iter().map(|event| (event.name.clone(), event.count));
    assert_eq!(told.collect::<BTreeMap<_, _>>(), events);
    let told = taxonomy
        .properties
        .iter()
        .map(|property| (property.key.clone(), property.count));
    assert_eq!(told.collect::<BTreeMap<_, _>>(), keys);
    for key in keys.keys() {
        assert!(view.column_of(key).is_some(), "{key} has no column");
    }
    seen
}

/// Twelve orders, or a hundred when all is to be tried.
#[expect(clippy::disallowed_methods, reason = "the full count is chosen from outside")]
fn cases() -> u32 {
    if std::env::var_os("HEDGEROW_FULL").is_some_and(|full| full == "1") {
        100
    } else {
        12
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn views_show_what_was_acknowledged_while_files_and_memory_change(
        writers in proptest::collection::vec(appends(), 1..4),
        keepers in proptest::collection::vec(upkeep(), 1..3),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let settings = Settings {
                group_window: Duration::from_millis(1),
                direct_events: DIRECT_EVENTS,
                snapshots_for: Duration::ZERO,
                ..Settings::default()
            };
            let owned = DataFolder::open(folder.path()).unwrap();
            let lake = Lake::with(owned, Clock::system(), Arc::new(SystemFiles), settings);
            lake.create_project(&project()).await.unwrap();
            let world = Arc::new(World {
                lake,
                model: Mutex::default(),
                next: AtomicU64::new(0),
                ends: AtomicBool::new(false),
            });
            let readers: Vec<_> = (0..2).map(|_| tokio::spawn(read(Arc::clone(&world)))).collect();
            let writers = writers.into_iter().map(|appends| tokio::spawn(write(Arc::clone(&world), appends)));
            let keepers = keepers.into_iter().map(|upkeep| tokio::spawn(keep(Arc::clone(&world), upkeep)));
            let busy: Vec<_> = writers.chain(keepers).collect();
            for task in busy {
                task.await.unwrap();
            }
            world.ends.store(true, Ordering::Release);
            for reader in readers {
                reader.await.unwrap();
            }
        });
    }
}
