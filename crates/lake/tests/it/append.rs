//! Appending: counts, identities, persons, taxonomy, and what a crash leaves.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{Appended, Clock, EventRecord, EventSink, EventStore, PropertyValue};
use hedgerow_errors::Code;
use hedgerow_ids::ProjectId;
use hedgerow_lake::{DataFolder, Lake};
use uuid::Uuid;

pub(crate) fn project() -> ProjectId {
    "site".parse().unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    "2015-05-21T00:00:00Z".parse().unwrap()
}

pub(crate) async fn lake(folder: &std::path::Path) -> Arc<Lake> {
    let lake = Lake::new(DataFolder::open(folder).unwrap(), Clock::fixed(now()));
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
            ("$pathname", PropertyValue::Text(format!("/page/{}", n % 13))),
            (
                "status",
                PropertyValue::Integer(if n.is_multiple_of(10) { 404 } else { 200 }),
            ),
            ("$is_bot", PropertyValue::Boolean(n.is_multiple_of(4))),
        ],
    };
    (0..count).map(event).collect()
}

#[tokio::test]
async fn append_adds_each_event_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    let first = lake.append(&project(), events(1000)).await.unwrap();
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
        lake.append(&project(), again).await.unwrap(),
        Appended {
            added: 0,
            already_present: 2000
        }
    );
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    assert_eq!(view.rows(), 1000);
    assert_eq!(view.files.len(), 5, "one file a UTC day");
    assert!(
        view.files
            .iter()
            .all(|file| file.first_us.div_euclid(86_400_000_000) == file.day)
    );
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
    first.append(&project(), events(100)).await.unwrap();
    let (before, taxonomy) = first.snapshot(&project()).await.unwrap();
    drop(first);
    // A file without a commit is what a crash between the two leaves.
    let orphan = before.files[0].path.with_file_name("orphan.parquet");
    fs_err::write(orphan, b"half a file").unwrap();
    let second = lake(folder.path()).await;
    let (after, same) = second.snapshot(&project()).await.unwrap();
    assert_eq!((before.snapshot_id, &before.files), (after.snapshot_id, &after.files));
    assert_eq!(taxonomy, same);
    let more = second.append(&project(), events(101)).await.unwrap();
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
async fn a_refused_batch_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(10)).await.unwrap();
    let (before, _) = lake.snapshot(&project()).await.unwrap();
    let mut bad = events(20);
    bad[15].properties = vec![("status", PropertyValue::Text("teapot".into()))];
    let error = lake.append(&project(), bad).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let (after, _) = lake.snapshot(&project()).await.unwrap();
    assert_eq!((before.snapshot_id, before.rows()), (after.snapshot_id, after.rows()));
}

#[tokio::test]
async fn a_view_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(10)).await.unwrap();
    let (view, _) = lake.snapshot(&project()).await.unwrap();
    lake.append(&project(), events(1000)).await.unwrap();
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
