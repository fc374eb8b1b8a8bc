//! The value index: what is listed has its exact count, whatever has to stay out.

use std::collections::HashMap;
use std::sync::Arc;

use hedgerow_data_api::{Clock, EventBatch, EventRecord, EventSink, EventStore, PropertyValue, Value};
use hedgerow_lake::{DataFolder, Lake, Settings, SystemFiles};
use uuid::Uuid;

use crate::append::{events, lake, now, project};

/// The first event, once for each value of `path`.
fn with_paths(paths: impl Iterator<Item = u32>) -> Vec<EventRecord> {
    let one = events(1).remove(0);
    let event = |path: u32| EventRecord {
        uuid: Uuid::new_v4(),
        properties: vec![("path".into(), PropertyValue::Text(format!("/{path}")))],
        ..one.clone()
    };
    paths.map(event).collect()
}

#[tokio::test]
async fn counts_of_listed_values_are_exact_when_the_index_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        direct_events: 1,
        compact_files: usize::MAX,
        listed_values: 20_000,
        ..Settings::default()
    };
    let owned = DataFolder::open(folder.path()).unwrap();
    let lake = Lake::with(owned, Clock::fixed(now()), Arc::new(SystemFiles), settings);
    lake.create_project(&project()).await.unwrap();
    // Half as much again is kept before the rarest go. Later chunks bring back values that went, and
    // so many of them that the stored ones are sorted out again.
    let chunks = [
        with_paths(0..15_000),
        with_paths((12_000..27_000).chain(20_000..27_000)),
        with_paths((0..30_000).step_by(7)),
        with_paths(14_990..29_000),
        with_paths(0..30_000),
        with_paths((5..30_000).step_by(5)),
    ];
    let mut truth: HashMap<String, u64> = HashMap::new();
    let mut sizes = Vec::new();
    for chunk in chunks {
        for event in &chunk {
            if let PropertyValue::Text(path) = &event.properties[0].1 {
                *truth.entry(path.clone()).or_default() += 1;
            }
        }
        lake.append(&project(), chunk.into()).await.unwrap();
        let list = lake.values(&project(), "path", "", 100_000).await.unwrap();
        for value in &list.values {
            assert_eq!(value.count, truth[&value.value], "{}", value.value);
        }
        sizes.push((list.values.len(), list.complete));
    }
    assert_eq!(
        sizes,
        [
            (15_000, true),
            (27_000, true),
            (20_000, false),
            (20_000, false),
            (20_000, false),
            (20_000, false)
        ]
    );
}

#[tokio::test]
async fn long_values_stay_out_of_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    let text = |length: usize| PropertyValue::Text("é".repeat(length / 2));
    let mut batch = events(4);
    for (event, length) in batch.iter_mut().zip([4, 1_024, 1_026, 200_000]) {
        event.properties = vec![("url".into(), text(length))];
    }
    lake.append(&project(), batch.into()).await.unwrap();
    let list = lake.values(&project(), "url", "", 10).await.unwrap();
    let lengths: Vec<_> = list.values.iter().map(|value| value.value.len()).collect();
    assert_eq!((lengths, list.complete), (vec![4, 1_024], false));
    let has = async |value: &str| lake.has_value(&project(), "url", value).await.unwrap();
    assert_eq!((has("éé").await, has("é").await), (Some(true), None));
}

#[tokio::test]
async fn a_value_is_found_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    // More than 10,000 paths contain "/1", and it is the rarest of them.
    let paths = (10_000..20_000)
        .chain((100_000..109_000).chain(10_000..20_000))
        .chain([1]);
    lake.append(&project(), with_paths(paths).into()).await.unwrap();
    let mut numbered = events(3);
    for (event, ratio) in numbered.iter_mut().zip([0.1, 1e21, -0.0]) {
        event.properties.push(("ratio".into(), PropertyValue::Double(ratio)));
    }
    lake.append(&project(), numbered.into()).await.unwrap();
    let cases = [
        ("path", "/1", true),
        ("path", "/2", false),
        ("path", "1", false),
        ("status", "0404", true),
        ("status", "200.0", true),
        ("status", "20", false),
        ("status", "OK", false),
        ("$is_bot", "TRUE", true),
        ("ratio", "1e-1", true),
        ("ratio", "1000000000000000000000", true),
        ("ratio", "0", true),
        ("ratio", "0.2", false),
    ];
    for (key, value, found) in cases {
        let has = lake.has_value(&project(), key, value).await.unwrap();
        assert_eq!(has, Some(found), "{key} {value}");
    }
    let error = lake.has_value(&project(), "stauts", "200").await.unwrap_err();
    assert_eq!(error.hint(), Some("did you mean status?"));
}

#[tokio::test]
async fn identifiers_are_not_listed_when_nearly_every_event_has_another() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    let batch = |from: u32, to: u32| {
        let mut batch = EventBatch::default();
        for n in from..to {
            let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, &n.to_be_bytes());
            batch.begin(id, "$pageview", 1_431_860_000_000_000, "visitor", None);
            batch.set("request_id", Value::Text(&id.to_string()));
            batch.set("page", Value::Text(&format!("/pages/{}", n % 60_000)));
        }
        batch
    };
    let first = Uuid::new_v5(&Uuid::NAMESPACE_URL, &0_u32.to_be_bytes()).to_string();
    for (from, to, listed) in [(0, 60_000, 1), (60_000, 101_000, 0), (101_000, 102_000, 0)] {
        lake.append(&project(), batch(from, to)).await.unwrap();
        let list = lake.values(&project(), "request_id", &first, 10).await.unwrap();
        assert_eq!((list.values.len(), list.complete), (listed, listed == 1), "{to}");
        let has = lake.has_value(&project(), "request_id", &first).await.unwrap();
        assert_eq!(has, (listed == 1).then_some(true), "{to}");
        let pages = lake.values(&project(), "page", "", 100_000).await.unwrap();
        assert_eq!((pages.values.len(), pages.complete), (60_000, true), "{to}");
    }
}

#[tokio::test]
async fn values_are_found_when_they_are_misspelt_and_none_contains_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    let mut batch = events(6);
    let browsers = ["Chrome", "Chrome Mobile", "Chrome Mobile", "Firefox", "Chrom", "Safari"];
    for (event, browser) in batch.iter_mut().zip(browsers) {
        event
            .properties
            .push(("browser".into(), PropertyValue::Text(browser.into())));
    }
    lake.append(&project(), batch.into()).await.unwrap();
    let cases: [(&str, &[&str]); 6] = [
        ("chrome", &["Chrome", "Chrome Mobile"]),
        ("Chrmoe", &["Chrome Mobile", "Chrome", "Chrom"]),
        ("chrome mobiel", &["Chrome Mobile"]),
        ("fierfox", &["Firefox"]),
        ("opera", &[]),
        ("xyz", &[]),
    ];
    for (search, expected) in cases {
        let list = lake.values(&project(), "browser", search, 10).await.unwrap();
        let found: Vec<&str> = list.values.iter().map(|value| value.value.as_str()).collect();
        assert_eq!((found.as_slice(), list.complete), (expected, true), "{search}");
    }
}
