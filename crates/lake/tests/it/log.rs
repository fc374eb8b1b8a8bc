//! Small appends: durable in the log, visible at once, in files after a flush.

use std::sync::Arc;

use hedgerow_data_api::{Clock, EventBatch, EventRecord, EventSink, EventStore, PropertyValue, ValueType};
use hedgerow_lake::{Lake, LakeFile, Settings, SystemFiles};

use crate::append::{events, now, owned, project};

/// A lake whose appends go through the log, and that flushes and compacts only when it is told to.
pub(crate) async fn logged(folder: &std::path::Path) -> Arc<Lake> {
    let settings = Settings {
        direct_events: usize::MAX,
        compact_files: usize::MAX,
        flush_after: std::time::Duration::from_secs(3600),
        ..Settings::default()
    };
    let owned = owned(folder).await;
    let lake = Lake::with(owned, Clock::fixed(now()), Arc::new(SystemFiles), settings);
    lake.create_project(&project()).await.unwrap();
    Arc::new(lake)
}

fn segments(folder: &std::path::Path) -> usize {
    fs_err::read_dir(folder.join("projects/site/log")).unwrap().count()
}

/// Rows in files, rows in memory, events counted, values listed of `status`.
async fn counted(lake: &Lake) -> (u64, u64, u64, u64) {
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    let files = view.files.iter().map(|file| file.rows).sum::<u64>();
    let events = taxonomy.events.iter().map(|event| event.count).sum();
    let listed = lake.values(&project(), "status", "", 100).await.unwrap();
    (
        files,
        view.rows() - files,
        events,
        listed.values.iter().map(|value| value.count).sum(),
    )
}

#[tokio::test]
async fn an_append_is_visible_at_once_and_after_a_restart_and_in_files_after_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    for count in [3, 40, 41, 100] {
        lake.append(&project(), events(count).into()).await.unwrap();
        let count = u64::from(count);
        assert_eq!(counted(&lake).await, (0, count, count, count));
    }
    assert_eq!(segments(folder.path()), 1);
    drop(lake);
    let lake = logged(folder.path()).await;
    assert_eq!(counted(&lake).await, (0, 100, 100, 100));
    let again = lake.append(&project(), events(120).into()).await.unwrap();
    assert_eq!((again.added, again.already_present), (20, 100));
    assert_eq!(lake.flush(&project()).await.unwrap(), 120);
    assert_eq!((counted(&lake).await, segments(folder.path())), ((120, 0, 120, 120), 0));
    let again = lake.append(&project(), events(130).into()).await.unwrap();
    assert_eq!((again.added, again.already_present), (10, 120));
    assert_eq!(counted(&lake).await, (120, 10, 130, 130));
    drop(lake);
    let lake = logged(folder.path()).await;
    assert_eq!(counted(&lake).await, (120, 10, 130, 130));
}

#[tokio::test]
async fn appends_at_the_same_time_share_the_log_and_each_learns_what_became_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    let appends = (1..=30_u32).map(|n| {
        let lake = Arc::clone(&lake);
        // Each repeats the ten events of the one before.
        let batch: Vec<EventRecord> = events(n * 10 + 10).into_iter().skip(n as usize * 10 - 10).collect();
        tokio::spawn(async move { lake.append(&project(), batch.into()).await.unwrap() })
    });
    let mut added = 0;
    for append in appends.collect::<Vec<_>>() {
        added += append.await.unwrap().added;
    }
    assert_eq!((added, counted(&lake).await), (310, (0, 310, 310, 310)));
}

#[tokio::test]
async fn files_of_a_day_become_one_and_old_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    for count in [200, 400, 600, 1000] {
        lake.append(&project(), events(count).into()).await.unwrap();
        lake.flush(&project()).await.unwrap();
    }
    let (before, _) = lake.snapshot(&project()).await.unwrap();
    let merged = lake.compact(&project()).await.unwrap();
    let (after, taxonomy) = lake.snapshot(&project()).await.unwrap();
    assert_eq!((before.files.len(), merged, after.files.len()), (4, 5, 1));
    assert_eq!((after.rows(), taxonomy.property("status").unwrap().count), (1000, 1000));
    let on_disk = || {
        fs_err::read_dir(folder.path().join("projects/site/data/main/events"))
            .unwrap()
            .count()
    };
    assert_eq!(on_disk(), 6, "the snapshots before still name the old files");
    drop(lake);
    let later = Settings {
        snapshots_for: std::time::Duration::ZERO,
        ..Settings::default()
    };
    let clock = Clock::fixed(now() + chrono::Duration::hours(1));
    let lake = Lake::with(owned(folder.path()).await, clock, Arc::new(SystemFiles), later);
    assert_eq!(lake.expire(&project()).await.unwrap(), 5);
    assert_eq!(
        (on_disk(), lake.snapshot(&project()).await.unwrap().0.rows()),
        (1, 1000)
    );
}

/// Four flushes, each with a third of what a day needs for a file of its own, on each of three days.
#[tokio::test]
async fn a_day_that_has_enough_gets_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    for flush in 0..4_u32 {
        let mut some = events(4500);
        for (n, event) in (0_u32..).zip(&mut some) {
            event.uuid = uuid::Uuid::from_u128((u128::from(flush) << 32) + u128::from(n));
            event.timestamp =
                now() + chrono::Duration::days((n % 3).into()) + chrono::Duration::seconds((n * 7 % 1000).into());
        }
        lake.append(&project(), some.into()).await.unwrap();
        lake.flush(&project()).await.unwrap();
    }
    let days = async || {
        let (view, _) = lake.snapshot(&project()).await.unwrap();
        let days = |file: &LakeFile| (file.days().count(), file.rows);
        (view.rows(), view.files.iter().map(days).collect::<Vec<_>>())
    };
    assert_eq!(days().await, (18_000, vec![(3, 4500); 4]));
    assert_eq!(lake.compact(&project()).await.unwrap(), 4);
    assert_eq!(days().await, (18_000, vec![(1, 6000); 3]));
    assert_eq!(lake.compact(&project()).await.unwrap(), 0);
}

#[tokio::test]
async fn ten_thousand_keys_large_events_and_odd_types_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    let mut odd = events(30);
    for n in 0..10_000 {
        odd[1]
            .properties
            .push((format!("key {n}").into(), PropertyValue::Integer(n)));
    }
    odd[2]
        .properties
        .push(("body".into(), PropertyValue::Text("x".repeat(1 << 20))));
    odd[3]
        .properties
        .push(("tags".into(), PropertyValue::Json(r#"["a",{"b":null}]"#.into())));
    odd[4].properties = vec![("STATUS".into(), PropertyValue::Text("odd".into()))];
    odd[5].properties = vec![("status".into(), PropertyValue::Double(0.5))];
    odd[6].properties = vec![("status".into(), PropertyValue::Boolean(true))];
    lake.append(&project(), odd[..10].to_vec().into()).await.unwrap();
    lake.append(&project(), odd.into()).await.unwrap();
    for when in ["in memory", "in files", "compacted"] {
        let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
        assert_eq!(view.rows(), if when == "in memory" { 30 } else { 31 }, "{when}");
        let key = |key: &str| taxonomy.property(key).map(|found| (found.value_type, found.count));
        assert_eq!(key("key 9999"), Some((ValueType::Integer, 1)), "{when}");
        assert_eq!(key("tags"), Some((ValueType::Json, 1)), "{when}");
        assert_eq!(key("STATUS"), Some((ValueType::String, 1)), "{when}");
        assert_eq!(
            key("status"),
            Some((ValueType::Double, if when == "in memory" { 29 } else { 30 })),
            "{when}"
        );
        assert_eq!(taxonomy.property("STATUS").unwrap().column, "STATUS_2", "{when}");
        assert_eq!(
            lake.has_value(&project(), "key 77", "77").await.unwrap(),
            Some(true),
            "{when}"
        );
        if when == "in memory" {
            lake.flush(&project()).await.unwrap();
            lake.append(&project(), EventBatch::from(events(31))).await.unwrap();
            assert_eq!(lake.flush(&project()).await.unwrap(), 1);
        } else if when == "in files" {
            assert_eq!(lake.compact(&project()).await.unwrap(), 2);
        }
    }
}
