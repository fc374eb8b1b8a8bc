//! An append that nobody waits for any more: all of it or nothing, and the same append again completes it.

use std::time::Duration;

use hedgerow_data_api::{EventRecord, EventSink, EventStore, PropertyValue};
use hedgerow_lake::Lake;
use proptest::prelude::*;

use crate::append::{events, lake, project};

/// Every event is there once, in the view and in the counts, and no column is there twice.
async fn assert_holds(lake: &Lake, events: &[EventRecord], when: &str) {
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    assert_eq!(view.rows(), events.len() as u64, "{when}");
    let counted: u64 = taxonomy.events.iter().map(|event| event.count).sum();
    assert_eq!(counted, events.len() as u64, "{when}");
    let mut columns: Vec<_> = view.columns.iter().map(|column| column.id).collect();
    columns.dedup();
    assert_eq!(columns.len(), view.columns.len(), "{when}");
    for property in &taxonomy.properties {
        let has = |event: &&EventRecord| event.properties.iter().any(|(key, _)| *key == property.key);
        let expected = events.iter().filter(has).count() as u64;
        assert_eq!(property.count, expected, "{} {when}", property.key);
        let listed = lake.values(&project(), &property.key, "", 100_000).await.unwrap();
        let listed: u64 = listed.values.iter().map(|value| value.count).sum();
        assert_eq!(listed, expected, "values of {} {when}", property.key);
    }
}

/// Events in rounds of forty, each round with a property of its own: its column must not come twice either.
fn rounds(count: usize) -> Vec<EventRecord> {
    let keys = ["plan", "seats", "team", "role", "theme", "locale", "device", "trial"];
    let mut all = events(40 * count as u32);
    for (round, key) in all.chunks_mut(40).zip(keys) {
        for event in round {
            event.properties.push((key.into(), PropertyValue::Text("x".into())));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn appends_dropped_at_random_moments_lose_and_double_nothing(
        waits in proptest::collection::vec(0_u64..25_000, 1..8),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let lake = lake(folder.path()).await;
            let mut all = Vec::new();
            for (round, wait) in waits.iter().enumerate() {
                all = rounds(round + 1);
                let project = project();
                let append = lake.append(&project, all.clone().into());
                drop(tokio::time::timeout(Duration::from_micros(*wait), append).await);
            }
            lake.append(&project(), all.clone().into()).await.unwrap();
            assert_holds(&lake, &all, &format!("dropped after {waits:?} microseconds")).await;
            drop(lake);
            // The last append that nobody waited for may own the folder for a moment longer.
            drop(crate::append::owned(folder.path()).await);
            let reopened = crate::append::lake(folder.path()).await;
            assert_holds(&reopened, &all, "reopened").await;
        });
    }
}
