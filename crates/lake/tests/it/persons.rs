//! The persons that are kept from moment to moment against those that are read anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use hedgerow_data_api::{Clock, EventRecord, EventSink, EventStore, Maintenance, PropertyValue};
use hedgerow_lake::{DataFolder, Lake, PersonRow, Settings, SystemFiles, person_properties};
use proptest::prelude::*;
use uuid::Uuid;

use crate::append::project;

/// Persons that take turns.
const PERSONS: u64 = 14;

/// Batches of so many events go straight to files.
const DIRECT_EVENTS: usize = 12;

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Said>),
    Flush,
    Compact,
    Delete(u64),
    Reopen,
}

/// An event, late or not, of a person.
#[derive(Debug, Clone)]
struct Said {
    person: u64,
    minute: i64,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Seen,
    Set(u8),
    Unset,
    IsAlso(u64),
    Nobody,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        3 => Just(What::Seen),
        3 => (0_u8..4).prop_map(What::Set),
        1 => Just(What::Unset),
        2 => (0..PERSONS).prop_map(What::IsAlso),
        1 => Just(What::Nobody),
    ];
    let said = (0..PERSONS, 0_i64..5_000, what).prop_map(|(person, minute, what)| Said { person, minute, what });
    let step = prop_oneof![
        6 => proptest::collection::vec(said.clone(), 1..4).prop_map(Step::Append),
        2 => proptest::collection::vec(said, DIRECT_EVENTS..40).prop_map(Step::Append),
        2 => Just(Step::Flush),
        1 => Just(Step::Compact),
        1 => (0..PERSONS).prop_map(Step::Delete),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..30)
}

fn name(person: u64) -> String {
    format!("person {person}")
}

fn event(number: u128, said: &Said) -> EventRecord {
    let start: DateTime<Utc> = "2024-02-27T00:00:00Z".parse().unwrap();
    let json = |text: String| PropertyValue::Json(text);
    let (event, properties) = match said.what {
        What::Seen => ("$pageview", vec![]),
        What::Set(value) => {
            let set = format!(
                r#"{{"plan": "plan {value}", "seats": {value}, "late": {}}}"#,
                said.minute > 2_500
            );
            ("change", vec![("$set".into(), json(set))])
        }
        What::Unset => ("change", vec![("$unset".into(), json(r#"["plan"]"#.into()))]),
        What::IsAlso(other) => (
            "$identify",
            vec![("$anon_distinct_id".into(), PropertyValue::Text(name(other)))],
        ),
        What::Nobody => (
            "$pageview",
            vec![("$process_person_profile".into(), PropertyValue::Boolean(false))],
        ),
    };
    EventRecord {
        uuid: Uuid::from_u128(number << 64 | 0x4000_8000_0000_0000_0000),
        event: event.into(),
        timestamp: start + Duration::minutes(said.minute),
        distinct_id: name(said.person),
        session_id: None,
        properties,
    }
}

fn open(folder: &std::path::Path) -> Lake {
    let settings = Settings {
        group_window: std::time::Duration::from_millis(1),
        direct_events: DIRECT_EVENTS,
        snapshots_for: std::time::Duration::ZERO,
        ..Settings::default()
    };
    Lake::with(
        DataFolder::open(folder).unwrap(),
        Clock::system(),
        Arc::new(SystemFiles),
        settings,
    )
}

async fn take(lake: &mut Option<Lake>, folder: &std::path::Path, step: &Step, next: &mut u128) {
    if let Step::Reopen = step {
        *lake = None;
        *lake = Some(open(folder));
        return;
    }
    let lake = lake.as_ref().unwrap();
    match step {
        Step::Append(said) => {
            let events = said.iter().map(|said| {
                *next += 1;
                event(*next, said)
            });
            lake.append(&project(), events.collect::<Vec<_>>().into())
                .await
                .unwrap();
        }
        Step::Flush => drop(lake.flush(&project()).await.unwrap()),
        Step::Compact => drop(lake.compact(&project()).await.unwrap()),
        // There may be no such person.
        Step::Delete(person) => drop(lake.delete_person(&project(), &name(*person)).await),
        Step::Reopen => {}
    }
}

/// Compares what is kept with what is read.
async fn compare(lake: &Lake) {
    let (mut moment, kept) = lake.moment_with_persons(&project()).await.unwrap();
    let mut persons = Vec::new();
    let page = |rows: Vec<PersonRow>| {
        persons.extend(rows);
        Ok(())
    };
    moment.people.persons(page).await.unwrap();
    let seen = moment.people.first_seen().await.unwrap();
    drop(moment);
    let rows = kept.rows.as_ref().unwrap();
    assert!(!rows.is_empty());
    let rows = datafusion::arrow::compute::concat_batches(&PersonRow::schema(), rows).unwrap();
    assert_eq!(rows, PersonRow::batch(&persons).unwrap());
    let taxonomy = person_properties(persons.iter().map(|person| person.properties.as_str())).unwrap();
    assert_eq!(*kept.taxonomy, taxonomy);
    assert_eq!(*lake.person_taxonomy(&project()).await.unwrap(), taxonomy);
    let expected: BTreeMap<i64, i64> = persons.iter().map(|row| (row.person_key, row.created_at)).collect();
    assert_eq!(
        (seen.len(), seen.into_iter().collect::<BTreeMap<_, _>>()),
        (expected.len(), expected.clone())
    );
    let (_, rows) = lake.moment_with_first_seen(&project()).await.unwrap();
    assert_eq!(first_seen(&rows), expected);
}

fn first_seen(rows: &[RecordBatch]) -> BTreeMap<i64, i64> {
    let mut seen = BTreeMap::new();
    for page in rows {
        let keys = page.column(0).as_primitive::<Int64Type>().values();
        let times = page.column(1).as_primitive::<TimestampMicrosecondType>().values();
        seen.extend(keys.iter().copied().zip(times.iter().copied()));
    }
    seen
}

/// Forty histories, or a thousand when all is to be tried.
#[expect(clippy::disallowed_methods, reason = "the full count is chosen from outside")]
fn cases() -> u32 {
    if std::env::var_os("HEDGEROW_FULL").is_some_and(|full| full == "1") {
        1_000
    } else {
        40
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn kept_persons_are_those_that_are_there(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut lake = Some(open(folder.path()));
            lake.as_ref().unwrap().create_project(&project()).await.unwrap();
            compare(lake.as_ref().unwrap()).await;
            let mut next = 0;
            for step in &steps {
                take(&mut lake, folder.path(), step, &mut next).await;
                compare(lake.as_ref().unwrap()).await;
            }
        });
    }
}

/// A batch of which each event is of a person of its own.
fn crowd(persons: u64) -> Vec<EventRecord> {
    let said = |person| Said {
        person,
        minute: 1,
        what: What::Set((person % 4) as u8),
    };
    (0..persons)
        .map(|person| event(u128::from(person) + 1_000, &said(person)))
        .collect()
}

#[tokio::test]
async fn of_a_later_moment_only_those_are_read_that_changed() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    lake.create_project(&project()).await.unwrap();
    lake.append(&project(), crowd(12_000).into()).await.unwrap();
    let (_, before) = lake.moment_with_persons(&project()).await.unwrap();
    let pages = before.rows.as_ref().unwrap();
    assert_eq!(
        pages.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(),
        [5_000, 5_000, 2_000]
    );
    // One more event, first in memory and then in a file, and a compaction after it.
    let said = Said {
        person: 3,
        minute: 9,
        what: What::Set(0),
    };
    lake.append(&project(), vec![event(1, &said)].into()).await.unwrap();
    for step in ["in memory", "in a file", "in a larger file"] {
        let (_, after) = lake.moment_with_persons(&project()).await.unwrap();
        let pairs = pages.iter().zip(after.rows.as_ref().unwrap());
        let same = pairs.filter(|(before, after)| Arc::ptr_eq(before.column(0), after.column(0)));
        assert_eq!(same.count(), 2, "{step}");
        compare(&lake).await;
        match step {
            "in memory" => drop(lake.flush(&project()).await.unwrap()),
            _ => drop(lake.compact(&project()).await.unwrap()),
        }
    }
    // As many new ones again: pages grow, and are divided.
    let others: Vec<EventRecord> = (0..5_500)
        .map(|person| {
            let said = Said {
                person: person + 20_000,
                minute: 2,
                what: What::Seen,
            };
            event(u128::from(person) + 50_000, &said)
        })
        .collect();
    lake.append(&project(), others.into()).await.unwrap();
    compare(&lake).await;
}
