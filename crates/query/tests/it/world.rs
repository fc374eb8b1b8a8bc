//! The seeded world's truths, found again with SQL: half of it in files, the rest in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use hedgerow_data_api::{Clock, EventBatch, EventSink, EventStore, QueryEngine, SqlQuery};
use hedgerow_lake::{DataFolder, Lake, Settings, SystemFiles};
use hedgerow_query::Engine;
use hedgerow_world::{Truths, World};
use serde_json::{Value, json};

use crate::events::project;

/// A lake with a world of the smallest size, and its truths. The last appends are small.
async fn lake_with_world(folder: &std::path::Path, clock: &Clock) -> (Arc<Lake>, Truths) {
    let settings = Settings {
        flush_after: std::time::Duration::from_secs(3600),
        ..Settings::default()
    };
    let owned = DataFolder::open(folder).unwrap();
    let lake = Arc::new(Lake::with(owned, clock.clone(), Arc::new(SystemFiles), settings));
    lake.create_project(&project()).await.unwrap();
    let mut world = World::new(11, 300_000);
    let events = world.by_ref();
    for size in [140_000, 120_000].into_iter().chain(std::iter::repeat(5_000)) {
        let mut batch = EventBatch::default();
        events.by_ref().take(size).for_each(|event| event.add_to(&mut batch));
        if batch.is_empty() {
            break;
        }
        lake.append(&project(), batch).await.unwrap();
    }
    (lake, world.truths().unwrap().clone())
}

async fn rows(engine: &Engine, clock: &Clock, query: &str) -> Vec<Vec<Value>> {
    let query = SqlQuery {
        query: query.to_owned(),
        limit: None,
        ..SqlQuery::default()
    };
    let progress = hedgerow_data_api::Progress::ignore();
    let answer = engine.sql(&project(), &query, clock, &progress).await;
    answer.unwrap_or_else(|error| panic!("{}", error.chain())).rows
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_finds_the_truths_of_the_world_in_files_and_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed("2026-07-01T00:00:00Z".parse().unwrap());
    let (lake, truths) = lake_with_world(folder.path(), &clock).await;
    let engine = Engine::new(Arc::clone(&lake)).unwrap();
    for flushed in [false, true] {
        if flushed {
            assert!(lake.flush(&project()).await.unwrap() > 0);
        }
        let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
        assert_eq!(view.memory.is_empty(), flushed);
        assert!(!view.overrides.is_empty());
        let by_name: BTreeMap<_, _> = taxonomy
            .events
            .iter()
            .map(|event| (event.name.as_str(), event.count))
            .collect();
        let expected: BTreeMap<_, _> = truths
            .events_by_name
            .iter()
            .map(|(name, count)| (&**name, *count))
            .collect();
        assert_eq!(by_name, expected);

        let everyone = truths.persons + truths.personless;
        let cases = [
            ("SELECT count(*) FROM events", json!([truths.events])),
            ("SELECT count(DISTINCT person_key) FROM events", json!([everyone])),
            // Lists have no column of their own; they are read out of what is left of each event.
            (
                r#"SELECT count("$exception_list"), count("$exception_list" LIKE '[{%') FROM events WHERE event = '$exception'"#,
                json!([truths.events_by_name["$exception"], truths.events_by_name["$exception"]]),
            ),
            (
                "SELECT count(*), sum(distinct_ids) FROM persons",
                json!([truths.persons, truths.distinct_ids - truths.personless]),
            ),
            (
                "SELECT count(*) FROM groups WHERE group_type = 'workspace'",
                json!([truths.workspaces]),
            ),
            (
                "SELECT count(DISTINCT p.person_id) FROM persons p JOIN events e ON e.person_key = p.person_key",
                json!([truths.persons]),
            ),
        ];
        for (query, expected) in cases {
            assert_eq!(
                json!(rows(&engine, &clock, query).await),
                json!([expected]),
                "{query}, flushed: {flushed}"
            );
        }
        let plans = "SELECT json_get_str(properties, 'plan') AS plan, count(*) FROM persons WHERE json_get_str(properties, 'plan') IS NOT NULL GROUP BY 1";
        let plans = rows(&engine, &clock, plans).await;
        let plans: BTreeMap<String, u64> = plans
            .iter()
            .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap()))
            .collect();
        let expected: BTreeMap<String, u64> = truths
            .persons_by_plan
            .iter()
            .map(|(plan, count)| (plan.to_string(), *count))
            .collect();
        assert_eq!(plans, expected);
    }
}
