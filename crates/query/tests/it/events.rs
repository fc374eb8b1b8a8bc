//! A small lake with everything that makes counting hard.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{Clock, EventRecord, EventSink, EventStore, PropertyValue};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{DataFolder, Lake};
use hedgerow_query::Engine;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use uuid::Uuid;

pub(crate) fn project() -> ProjectId {
    "site".parse().unwrap()
}

/// A Wednesday afternoon, in the middle of the last day of events.
pub(crate) fn clock() -> Clock {
    Clock::fixed("2015-05-20T12:00:00Z".parse().unwrap())
}

/// 600 events over eleven days across a month's end, with missing properties, sessions that cross
/// midnight, visitors on several days, and more pages than a small breakdown shows.
pub(crate) fn events() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2015-04-27T03:00:00Z".parse().unwrap();
    let event = |n: u64| {
        // A fixed linear congruential sequence: spread out, and the same on every machine.
        let noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        let mut properties = vec![(
            "status".into(),
            PropertyValue::Integer([200, 200, 304, 404, 500][(noise % 5) as usize]),
        )];
        if !noise.is_multiple_of(4) {
            properties.push(("$pathname".into(), PropertyValue::Text(format!("/Page/{}", noise % 9))));
        }
        if !noise.is_multiple_of(3) {
            properties.push(("$is_bot".into(), PropertyValue::Boolean(noise.is_multiple_of(2))));
        }
        if noise.is_multiple_of(7) {
            properties.push(("ratio".into(), PropertyValue::Double((noise % 100) as f64 / 8.0)));
        }
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: ["$pageview", "$request", "sign up"][(noise % 3) as usize].to_owned(),
            timestamp: start + Duration::seconds((n * 1601) as i64),
            distinct_id: format!("visitor {}", noise % 17),
            session_id: (!noise.is_multiple_of(6)).then(|| format!("session {}", n / 5)),
            properties,
        }
    };
    (0..600).map(event).collect()
}

pub(crate) async fn engine(folder: &std::path::Path) -> Engine {
    Engine::new(lake(folder).await).unwrap()
}

pub(crate) async fn lake(folder: &std::path::Path) -> Arc<Lake> {
    let lake = Arc::new(Lake::new(DataFolder::open(folder).unwrap(), clock()));
    lake.create_project(&project()).await.unwrap();
    // The first half lies in files and the second in memory, so that days have both.
    let (first, second): (Vec<_>, Vec<_>) = events().into_iter().enumerate().partition(|(n, _)| n.is_multiple_of(3));
    for half in [first, second] {
        let half: Vec<EventRecord> = half.into_iter().map(|(_, event)| event).collect();
        lake.flush(&project()).await.unwrap();
        lake.append(&project(), half.into()).await.unwrap();
    }
    lake
}

/// An engine on some events: most lie in files and the others in memory.
pub(crate) async fn engine_of(folder: &std::path::Path, events: Vec<EventRecord>, clock: Clock) -> Engine {
    let lake = Arc::new(Lake::new(DataFolder::open(folder).unwrap(), clock));
    lake.create_project(&project()).await.unwrap();
    let (stored, fresh): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.uuid.as_bytes()[0] > 90);
    lake.append(&project(), stored.into()).await.unwrap();
    lake.flush(&project()).await.unwrap();
    lake.append(&project(), fresh.into()).await.unwrap();
    Engine::new(lake).unwrap()
}

/// Whether all random cases are wanted, and not a tenth of them.
#[expect(clippy::disallowed_methods, reason = "the test command sets it")]
pub(crate) fn is_full() -> bool {
    std::env::var("HEDGEROW_FULL").is_ok_and(|full| full == "1")
}

/// A runner of so many random cases, the same ones each time; ten times as many where all are wanted.
#[expect(
    clippy::print_stdout,
    reason = "`cargo xtask verify queries` adds up how many there were"
)]
pub(crate) fn runner(seed: u8) -> TestRunner {
    let cases = if is_full() { 4_000 } else { 400 };
    println!("query-cases: {cases}");
    seeded(seed, cases)
}

/// A runner of so many random cases, the same ones each time.
pub(crate) fn seeded(seed: u8, cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}
