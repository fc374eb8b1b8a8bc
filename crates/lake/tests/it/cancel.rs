//! An append that nobody waits for any more: all of it or nothing, and the same append again completes it.

use std::future::Future;
use std::task::Poll;
use std::time::Duration;

use hedgerow_data_api::{EventRecord, EventSink, EventStore, PropertyValue};
use hedgerow_lake::{DataFolder, Lake};
use proptest::prelude::*;

use crate::append::{events, lake, project};

/// Polls a future so often and then drops it; `None` where that was before its end.
async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

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

#[tokio::test]
async fn an_append_dropped_at_any_step_is_completed_by_the_same_again() {
    for polls in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path()).await;
        lake.append(&project(), events(3)).await.unwrap();
        // The second batch brings a column of its own, which must not be added twice either.
        let mut batch = events(8);
        for event in &mut batch[3..] {
            event.properties.push(("plan", PropertyValue::Text("free".into())));
        }
        let project = project();
        let finished = dropped_after(polls, lake.append(&project, batch.clone())).await;
        let again = lake.append(&project, batch.clone()).await.unwrap();
        assert_eq!(again.added + again.already_present, 8);
        assert_holds(&lake, &batch, &format!("dropped after {polls} polls")).await;
        if finished.is_some() {
            break;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

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
                all = events(40 * (round as u32 + 1));
                let project = project();
                let append = lake.append(&project, all.clone());
                drop(tokio::time::timeout(Duration::from_micros(*wait), append).await);
            }
            lake.append(&project(), all.clone()).await.unwrap();
            assert_holds(&lake, &all, &format!("dropped after {waits:?} microseconds")).await;
            drop(lake);
            // The last append that nobody waited for may own the folder for a moment longer.
            while DataFolder::open(folder.path()).is_err() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let reopened = crate::append::lake(folder.path()).await;
            assert_holds(&reopened, &all, "reopened").await;
        });
    }
}
