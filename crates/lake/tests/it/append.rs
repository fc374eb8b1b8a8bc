//! Appending: counts, identities, persons, taxonomy, and what a crash leaves.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{Appended, Clock, EventRecord, EventSink, EventStore, PropertyValue, ValueType};
use hedgerow_errors::Code;
use hedgerow_ids::ProjectId;
use hedgerow_lake::{DataFolder, Lake, Settings, SystemFiles};
use uuid::Uuid;

pub(crate) fn project() -> ProjectId {
    "site".parse().unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    "2015-05-21T00:00:00Z".parse().unwrap()
}

/// The folder's ownership. A lake that was dropped has it until its last task has ended.
pub(crate) async fn owned(folder: &std::path::Path) -> DataFolder {
    loop {
        match DataFolder::open(folder) {
            Ok(owned) => return owned,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
        }
    }
}

pub(crate) async fn lake(folder: &std::path::Path) -> Arc<Lake> {
    // Every append goes straight to files; what goes through the log is in `log`.
    let settings = Settings {
        direct_events: 1,
        compact_files: usize::MAX,
        ..Settings::default()
    };
    let owned = DataFolder::open(folder).unwrap();
    let lake = Lake::with(owned, Clock::fixed(now()), Arc::new(SystemFiles), settings);
    lake.create_project(&project()).await.unwrap();
    Arc::new(lake)
}

/// The first `count` of a fixed row of events by seven visitors; a thousand span five UTC days.
pub(crate) fn events(count: u32) -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2015-05-17T10:00:00Z".parse().unwrap();
    let event = |n: u32| EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
        event: if n.is_multiple_of(3) { "$request" } else { "$pageview" }.to_owned(),
        timestamp: start + Duration::seconds(i64::from(n) * 345),
        distinct_id: format!("visitor {}", n % 7),
        session_id: (!n.is_multiple_of(5)).then(|| format!("session {}", n % 11)),
        properties: vec![
            ("$pathname".into(), PropertyValue::Text(format!("/page/{}", n % 13))),
            (
                "status".into(),
                PropertyValue::Integer(if n.is_multiple_of(10) { 404 } else { 200 }),
            ),
            ("$is_bot".into(), PropertyValue::Boolean(n.is_multiple_of(4))),
        ],
    };
    (0..count).map(event).collect()
}

#[tokio::test]
async fn append_adds_each_event_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    let first = lake.append(&project(), events(1000).into()).await.unwrap();
    assert_eq!(
        first,
        Appended {
            added: 1000,
            already_present: 0
        }
    );
    let mut again = events(1000);
    again.extend(events(1000));
    assert_eq!(
        lake.append(&project(), again.into()).await.unwrap(),
        Appended {
            added: 0,
            already_present: 2000
        }
    );
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    assert_eq!(view.rows(), 1000);
    assert_eq!(view.files.len(), 1, "days with few events share a file");
    assert_eq!(view.files[0].days().count(), 5);
    assert_eq!(taxonomy.event("$request").unwrap().count, 334);
    assert_eq!(taxonomy.property("status").unwrap().count, 1000);
    let values = lake.values(&project(), "status", "", 10).await.unwrap();
    let values: Vec<_> = values
        .values
        .iter()
        .map(|value| (value.value.as_str(), value.count))
        .collect();
    assert_eq!(values, [("200", 900), ("404", 100)]);
}

#[tokio::test]
async fn a_reopened_lake_knows_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let first = lake(folder.path()).await;
    first.append(&project(), events(100).into()).await.unwrap();
    let (before, taxonomy) = first.snapshot(&project()).await.unwrap();
    drop(first);
    // A file without a commit is what a crash between the two leaves.
    let orphan = before.files[0].path.with_file_name("orphan.parquet");
    fs_err::write(&orphan, b"half a file").unwrap();
    fs_err::write(orphan.with_extension("parquet.part"), b"half a file").unwrap();
    let second = lake(folder.path()).await;
    assert!(!orphan.exists() && !orphan.with_extension("parquet.part").exists());
    let (after, same) = second.snapshot(&project()).await.unwrap();
    assert_eq!((before.snapshot_id, &before.files), (after.snapshot_id, &after.files));
    assert_eq!(taxonomy, same);
    let more = second.append(&project(), events(101).into()).await.unwrap();
    assert_eq!(
        more,
        Appended {
            added: 1,
            already_present: 100
        }
    );
    assert_eq!(second.snapshot(&project()).await.unwrap().0.rows(), 101);
}

#[tokio::test]
async fn a_value_of_another_type_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(10).into()).await.unwrap();
    let mut odd = events(20);
    odd[15].properties = vec![("status".into(), PropertyValue::Text("teapot".into()))];
    let appended = lake.append(&project(), odd.into()).await.unwrap();
    assert_eq!((appended.added, appended.already_present), (10, 10));
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    let status = taxonomy.property("status").unwrap();
    assert_eq!(
        (view.rows(), status.count, status.value_type),
        (20, 20, ValueType::Integer)
    );
    let values = lake.values(&project(), "status", "tea", 10).await.unwrap();
    assert_eq!(values.values[0].value, "teapot");
}

#[tokio::test]
async fn a_view_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(10).into()).await.unwrap();
    let (view, _) = lake.snapshot(&project()).await.unwrap();
    lake.append(&project(), events(1000).into()).await.unwrap();
    assert_eq!(view.rows(), 10);
}

#[tokio::test]
async fn a_second_owner_and_an_unknown_project_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    let error = DataFolder::open(folder.path()).unwrap_err();
    assert_eq!(error.code(), Code::Busy);
    let error = lake.taxonomy(&"sit".parse().unwrap()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.hint()),
        (Code::UnknownName, Some("did you mean site?"))
    );
}
