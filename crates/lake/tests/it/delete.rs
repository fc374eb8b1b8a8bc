//! Deleting a person: nothing is left of it, and nothing else goes.

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{EventRecord, EventSink, EventStore, Maintenance, PropertyValue};
use hedgerow_errors::Code;
use uuid::Uuid;

use crate::append::{events, project};
use crate::log::logged;

/// What only the person to be deleted says.
const TRACES: [&str; 4] = ["zebra-known", "zebra-anonymous", "zebra-value", "zebra-email"];

fn of_zebra() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2015-05-18T10:00:00Z".parse().unwrap();
    let text = |text: &str| PropertyValue::Text(text.to_owned());
    let event = |n: u32| EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_URL, &n.to_be_bytes()),
        event: if n == 1 { "$identify" } else { "$pageview" }.to_owned(),
        timestamp: start + Duration::hours(i64::from(n) * 7),
        distinct_id: if n == 0 { "zebra-anonymous" } else { "zebra-known" }.to_owned(),
        session_id: Some("zebra-session".to_owned()),
        properties: vec![
            ("$pathname".into(), text("/zebra-value")),
            ("$anon_distinct_id".into(), text("zebra-anonymous")),
            (
                "$set".into(),
                PropertyValue::Json(r#"{"email":"zebra-email"}"#.to_owned()),
            ),
        ],
    };
    (0..8).map(event).collect()
}

fn contains(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contains(&path, text));
        } else {
            let bytes = fs_err::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[tokio::test]
async fn a_person_that_is_deleted_leaves_nothing_behind_and_takes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    let root = folder.path().join("projects/site");
    lake.append(&project(), events(400).into()).await.unwrap();
    let before = {
        lake.flush(&project()).await.unwrap();
        lake.taxonomy(&project()).await.unwrap()
    };
    let paths = lake.values(&project(), "$pathname", "", 100).await.unwrap();
    assert_eq!(paths.values.len(), 13);
    // Some of its events are in files of others, some merged into further ones, some in memory.
    let (first, rest) = (of_zebra()[..3].to_vec(), of_zebra()[3..].to_vec());
    lake.append(&project(), first.into()).await.unwrap();
    lake.flush(&project()).await.unwrap();
    lake.compact(&project()).await.unwrap();
    lake.append(&project(), rest.into()).await.unwrap();
    let person = lake.person(&project(), "zebra-anonymous").await.unwrap();
    assert_eq!(person.distinct_ids, ["zebra-anonymous", "zebra-known"]);
    assert_eq!(person.properties["email"], "zebra-email");
    let listed = lake.persons(&project(), "zebra", 10).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&person));
    for trace in TRACES {
        assert!(!contains(&root, trace).is_empty(), "{trace}");
    }
    // Values that are held for look-ups go, too.
    let found = lake.values(&project(), "$pathname", "zebra", 10).await.unwrap();
    assert_eq!((found.values.len(), found.values[0].count), (1, 8));

    let id = person.person_id.to_string();
    let deleted = lake.delete_person(&project(), &id).await.unwrap();
    assert_eq!((deleted.person_id, deleted.events), (Some(person.person_id), 8));
    assert_eq!(deleted.distinct_ids.len(), 2);
    assert!(deleted.files_rewritten > 1 && deleted.bytes_removed > 0 && deleted.snapshots_forgotten > 1);
    assert_eq!(deleted.files_left, 0);
    for trace in TRACES.into_iter().chain(["zebra-session"]) {
        assert_eq!(contains(&root, trace), Vec::<String>::new(), "{trace}");
    }
    let (view, after) = lake.snapshot(&project()).await.unwrap();
    assert_eq!(view.rows(), 400);
    assert!(view.overrides.is_empty());
    let names = |taxonomy: &hedgerow_data_api::Taxonomy| taxonomy.events.clone();
    assert_eq!(names(&after), names(&before));
    for property in &before.properties {
        assert_eq!(after.property(&property.key), Some(property));
    }
    assert_eq!(lake.values(&project(), "$pathname", "", 100).await.unwrap(), paths);
    assert!(lake.persons(&project(), "zebra", 10).await.unwrap().is_empty());
    let unknown = lake.delete_person(&project(), &id).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);

    // Who comes again begins anew.
    lake.append(&project(), of_zebra().into()).await.unwrap();
    assert_eq!(lake.snapshot(&project()).await.unwrap().0.rows(), 408);
}

#[tokio::test]
async fn a_query_that_reads_the_old_files_reads_them_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    lake.append(&project(), events(50).into()).await.unwrap();
    lake.append(&project(), of_zebra().into()).await.unwrap();
    lake.flush(&project()).await.unwrap();
    let (view, _) = lake.snapshot(&project()).await.unwrap();
    let deleting = {
        let lake = std::sync::Arc::clone(&lake);
        tokio::spawn(async move { lake.delete_person(&project(), "zebra-known").await.unwrap() })
    };
    // The new snapshot shows that only the old files are waited for.
    while lake.snapshot(&project()).await.unwrap().0.rows() > 50 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert!(view.files.iter().all(|file| file.path.exists()));
    let old: Vec<_> = view.files.iter().map(|file| file.path.clone()).collect();
    drop(view);
    let deleted = deleting.await.unwrap();
    assert_eq!((deleted.events, deleted.files_left), (8, 0));
    let (view, _) = lake.snapshot(&project()).await.unwrap();
    let live: Vec<_> = view.files.iter().map(|file| file.path.clone()).collect();
    assert!(old.iter().all(|path| path.exists() == live.contains(path)));
}

#[tokio::test]
async fn a_distinct_id_without_a_person_is_deleted_too() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    let mut anonymous = of_zebra();
    anonymous.truncate(1);
    anonymous[0]
        .properties
        .push(("$process_person_profile".into(), PropertyValue::Boolean(false)));
    lake.append(&project(), events(20).into()).await.unwrap();
    lake.append(&project(), anonymous.into()).await.unwrap();
    let deleted = lake.delete_person(&project(), "zebra-anonymous").await.unwrap();
    assert_eq!((deleted.person_id, deleted.events), (None, 1));
    assert_eq!(contains(folder.path(), "zebra-anonymous"), Vec::<String>::new());
}
