//! The value index against a model: batches through the log and into files, flushes and restarts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hedgerow_data_api::{Clock, EventBatch, EventRecord, EventSink, EventStore, PropertyValue};
use hedgerow_lake::{Lake, Settings, SystemFiles};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof};
use uuid::Uuid;

use crate::append::{events, now, owned, project};

/// Values listed of a property, few so that some batch has one too many.
const LISTED: usize = 60;
const KEYS: [&str; 2] = ["few", "many"];

#[derive(Debug, Clone)]
enum Step {
    /// Events with these values: twenty or more go to files at once.
    Append(Vec<u32>),
    Flush,
    Restart,
    Compact,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(0..150_u32, 1..40).prop_map(Step::Append),
        2 => Just(Step::Flush),
        1 => Just(Step::Restart),
        1 => Just(Step::Compact),
    ]
}

async fn open(folder: &Path) -> Arc<Lake> {
    let settings = Settings {
        direct_events: 20,
        compact_files: usize::MAX,
        flush_after: std::time::Duration::from_secs(3600),
        listed_values: LISTED,
        ..Settings::default()
    };
    let lake = Lake::with(
        owned(folder).await,
        Clock::fixed(now()),
        Arc::new(SystemFiles),
        settings,
    );
    lake.create_project(&project()).await.unwrap();
    Arc::new(lake)
}

fn value(key: &str, number: u32) -> String {
    let number = if key == "few" { number % 7 } else { number };
    format!("Value/{}/{number}", number % 3)
}

type Truth = BTreeMap<String, u64>;

async fn check(lake: &Lake, truths: &BTreeMap<&str, Truth>, steps: &str) {
    for (key, truth) in truths {
        for search in ["", "value/1", "/14", "9", "VALUE/2/8"] {
            let list = lake.values(&project(), key, search, 1_000).await.unwrap();
            let contains = |value: &str| value.to_lowercase().contains(&search.to_lowercase());
            let listed: Truth = list
                .values
                .iter()
                .map(|found| (found.value.clone(), found.count))
                .collect();
            assert_eq!(listed.len(), list.values.len(), "{steps}: a value is there twice");
            if !list.values.iter().any(|found| contains(&found.value)) {
                assert!(!list.complete || !truth.keys().any(|value| contains(value)), "{steps}");
                continue;
            }
            for (value, count) in &listed {
                assert_eq!(truth.get(value), Some(count), "{steps}: {key} {search:?} {value}");
                assert!(contains(value), "{steps}: {value} does not contain {search}");
            }
            let same = list
                .values
                .iter()
                .take_while(|found| found.value.eq_ignore_ascii_case(search))
                .count();
            assert!(
                list.values[same..].is_sorted_by_key(|found| std::cmp::Reverse(found.count)),
                "{steps}"
            );
            assert!(listed.len() <= LISTED || *key == "many", "{steps}");
            if list.complete {
                let all: Truth = truth
                    .iter()
                    .filter(|(value, _)| contains(value))
                    .map(|(value, count)| (value.clone(), *count))
                    .collect();
                assert_eq!(listed, all, "{steps}: {key} {search:?}");
            } else {
                assert!(
                    truth.len() > LISTED,
                    "{steps}: {key} has few values and is not complete"
                );
            }
            let first = lake.values(&project(), key, search, 3).await.unwrap();
            assert_eq!(first.values, list.values[..first.values.len()], "{steps}");
        }
        for number in (0..150).step_by(11) {
            let value = value(key, number);
            let has = lake.has_value(&project(), key, &value).await.unwrap();
            assert!(
                has.is_none_or(|has| has == truth.contains_key(&value)),
                "{steps}: {key} {value} {has:?}"
            );
        }
    }
}

async fn run(steps: Vec<Step>) {
    let told = format!("{steps:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut lake = open(folder.path()).await;
    let one = events(1).remove(0);
    let mut truths: BTreeMap<&str, Truth> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Append(numbers) => {
                let event = |number: &u32| EventRecord {
                    uuid: Uuid::new_v4(),
                    properties: KEYS
                        .map(|key| (key.into(), PropertyValue::Text(value(key, *number))))
                        .to_vec(),
                    ..one.clone()
                };
                let batch: Vec<EventRecord> = numbers.iter().map(event).collect();
                lake.append(&project(), EventBatch::from(batch)).await.unwrap();
                for (key, number) in KEYS
                    .iter()
                    .flat_map(|key| numbers.iter().map(move |number| (*key, *number)))
                {
                    *truths.entry(key).or_default().entry(value(key, number)).or_default() += 1;
                }
            }
            Step::Flush => drop(lake.flush(&project()).await.unwrap()),
            Step::Compact => drop(lake.compact(&project()).await.unwrap()),
            Step::Restart => {
                drop(lake);
                lake = open(folder.path()).await;
            }
        }
        check(&lake, &truths, &told).await;
    }
}

proptest::proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn listed_values_have_the_counts_of_the_model(steps in prop::collection::vec(step(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
