//! Conditions on persons, against a model that reads events and persons row by row with SQL.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{
    BREAKDOWN_NONE, EventRecord, EventSink, EventStore, Progress, PropertyFilter, PropertyType, PropertyValue,
    QueryEngine, SqlQuery, TrendsQuery,
};
use hedgerow_lake::{DataFolder, Lake};
use hedgerow_query::Engine;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, project};
use crate::oracle::{all_of, matches};

pub(crate) fn event(
    n: u64,
    name: &str,
    distinct_id: String,
    properties: Vec<(&'static str, PropertyValue)>,
) -> EventRecord {
    let start: DateTime<Utc> = "2015-05-11T03:00:00Z".parse().unwrap();
    EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
        event: name.to_owned(),
        timestamp: start + Duration::seconds((n * 1999) as i64),
        distinct_id,
        session_id: None,
        properties: properties.into_iter().map(|(key, value)| (key.into(), value)).collect(),
    }
}

/// 400 events of 30 distinct ids: some say what their person is, some merge two, and those of every fifth id
/// belong to nobody that is kept.
fn events() -> Vec<EventRecord> {
    let make = |n: u64| {
        let noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        let visitor = noise % 30;
        let mut properties = vec![("status", PropertyValue::Integer([200, 404][(noise % 2) as usize]))];
        if visitor.is_multiple_of(5) {
            properties.push(("$process_person_profile", PropertyValue::Boolean(false)));
            return event(n, "$pageview", format!("visitor {visitor}"), properties);
        }
        if noise.is_multiple_of(17) {
            let other = format!("visitor {}", (visitor + 6) % 30);
            properties.push(("$anon_distinct_id", PropertyValue::Text(other)));
            return event(n, "$identify", format!("visitor {visitor}"), properties);
        }
        if noise.is_multiple_of(4) {
            let plan = ["free", "pro", "team"][(visitor % 3) as usize];
            let mut set = json!({ "plan": plan });
            if (visitor / 2).is_multiple_of(2) {
                set["seats"] = json!(visitor);
                set["ratio"] = json!(visitor as f64 / 4.0 + 0.125);
            }
            if !visitor.is_multiple_of(7) {
                set["active"] = json!(visitor.is_multiple_of(3));
            }
            // A number here and a text there: texts, then.
            set["code"] = if (visitor / 2).is_multiple_of(3) {
                json!(7)
            } else {
                json!("x7")
            };
            properties.push(("$set", PropertyValue::Json(set.to_string())));
        }
        event(
            n,
            ["$pageview", "order"][(noise % 2) as usize],
            format!("visitor {visitor}"),
            properties,
        )
    };
    (0..400).map(make).collect()
}

pub(crate) async fn lake(folder: &std::path::Path) -> Arc<Lake> {
    let lake = Arc::new(Lake::new(DataFolder::open(folder).unwrap(), clock()));
    lake.create_project(&project()).await.unwrap();
    // Half of it in files and half in memory, with merges in both.
    let mut events = events();
    let later = events.split_off(200);
    lake.append(&project(), events.into()).await.unwrap();
    lake.flush(&project()).await.unwrap();
    lake.append(&project(), later.into()).await.unwrap();
    lake
}

/// An event as SQL shows it.
pub(crate) struct Row {
    pub(crate) event: String,
    pub(crate) status: Value,
    pub(crate) person_key: i64,
    pub(crate) distinct_id: String,
}

/// What the model knows: all events, and the properties of persons by their keys.
pub(crate) struct Model {
    pub(crate) events: Vec<Row>,
    pub(crate) persons: BTreeMap<i64, Value>,
}

impl Model {
    pub(crate) async fn read(engine: &Engine) -> Self {
        let rows = async |query: &str| {
            let query = SqlQuery {
                query: query.to_owned(),
                limit: Some(50_000),
                ..SqlQuery::default()
            };
            engine
                .sql(&project(), &query, &clock(), &Progress::ignore())
                .await
                .unwrap()
                .rows
        };
        let events = rows("SELECT event, status, person_key, distinct_id FROM events").await;
        let events = events.into_iter().map(|row| Row {
            event: row[0].as_str().unwrap().to_owned(),
            status: row[1].clone(),
            person_key: row[2].as_i64().unwrap(),
            distinct_id: row[3].as_str().unwrap().to_owned(),
        });
        let persons = rows("SELECT person_key, properties FROM persons").await;
        let persons = persons.iter().map(|row| {
            let properties = serde_json::from_str(row[1].as_str().unwrap()).unwrap();
            (row[0].as_i64().unwrap(), properties)
        });
        Self {
            events: events.collect(),
            persons: persons.collect(),
        }
    }

    pub(crate) fn condition(&self, row: &Row, filter: &PropertyFilter) -> bool {
        let found = match filter.property_type {
            PropertyType::Event => Some(row.status.clone()),
            PropertyType::EventField if filter.key == "event" => Some(json!(row.event)),
            PropertyType::EventField => Some(json!(row.distinct_id)),
            _ => self.property(row.person_key, &filter.key),
        };
        matches(found.filter(|value| !value.is_null()), filter)
    }

    /// Whether a condition on persons holds of one.
    pub(crate) fn of_person(&self, person: i64, filter: &PropertyFilter) -> bool {
        matches(
            self.property(person, &filter.key).filter(|value| !value.is_null()),
            filter,
        )
    }

    fn property(&self, person: i64, key: &str) -> Option<Value> {
        let value = self.persons.get(&person)?.get(key)?.clone();
        Some(if key == "code" && !value.is_string() {
            json!(value.to_string())
        } else {
            value
        })
    }
}

/// A condition on persons.
pub(crate) fn person_filter() -> impl Strategy<Value = Value> {
    let person = prop_oneof![
        Just(json!({"key": "plan", "value": ["pro", "team"]})),
        Just(json!({"key": "plan", "operator": "is_not", "value": "pro"})),
        Just(json!({"key": "plan", "operator": "icontains", "value": "R"})),
        Just(json!({"key": "plan", "operator": "not_regex", "value": "o$"})),
        Just(json!({"key": "plan", "operator": "is_not_set"})),
        (0..30i64).prop_map(|n| json!({"key": "seats", "operator": "gte", "value": n})),
        (0..9i64).prop_map(|n| json!({"key": "seats", "operator": "not_between", "value": [n, n + 9]})),
        (0..8i64).prop_map(|n| json!({"key": "ratio", "operator": "lt", "value": n})),
        Just(json!({"key": "active", "value": true})),
        Just(json!({"key": "active", "operator": "is_not", "value": "true"})),
        Just(json!({"key": "active", "operator": "is_set"})),
        Just(json!({"key": "code", "value": 7})),
        Just(json!({"key": "code", "operator": "not_in", "value": ["x7"]})),
    ];
    person.prop_map(|mut filter| {
        filter["type"] = json!("person");
        filter
    })
}

fn filter() -> impl Strategy<Value = Value> {
    let event = prop_oneof![
        Just(json!({"key": "status", "value": 404})),
        Just(json!({"key": "event", "value": "order", "type": "event_field"})),
        (0..10u32).prop_map(
            |n| json!({"key": "distinct_id", "operator": "icontains", "value": format!("{n}"), "type": "event_field"})
        ),
    ];
    prop_oneof![3 => person_filter(), 1 => event]
}

pub(crate) fn group() -> impl Strategy<Value = Value> {
    filter().prop_recursive(2, 6, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    })
}

pub(crate) fn total(series: Value, properties: Value) -> TrendsQuery {
    let query = json!({
        "series": [series], "properties": properties, "dateRange": {"date_from": "all"},
        "trendsFilter": {"display": "BoldNumber"},
    });
    serde_json::from_value(query).unwrap()
}

pub(crate) async fn count(engine: &Engine, query: &TrendsQuery) -> u64 {
    let answer = engine.trends(&project(), query, &clock(), &Progress::ignore()).await;
    let answer = answer.unwrap_or_else(|error| panic!("{}: {}", json!(query), error.chain()));
    answer.results[0]
        .aggregated_value
        .as_ref()
        .and_then(serde_json::Number::as_u64)
        .unwrap()
}

#[test]
fn conditions_on_persons_agree_with_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(runtime.block_on(lake(folder.path()))).unwrap();
    let model = runtime.block_on(Model::read(&engine));
    let of_nobody = model
        .events
        .iter()
        .filter(|row| !model.persons.contains_key(&row.person_key))
        .count();
    assert!(
        of_nobody > 20 && model.persons.len() < 24,
        "{of_nobody} {}",
        model.persons.len()
    );
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]));
    let queries = (
        prop::collection::vec(group(), 0..3),
        prop::collection::vec(filter(), 0..2),
        any::<bool>(),
    );
    runner
        .run(&queries, |(groups, own, unique)| {
            let math = if unique { "dau" } else { "total" };
            let query = total(json!({"math": math, "properties": own}), json!(groups));
            let holds = |row: &&Row| {
                let condition = |filter: &PropertyFilter| model.condition(row, filter);
                all_of(&query.properties, &condition) && all_of(&query.series[0].properties, &condition)
            };
            let found = model.events.iter().filter(holds);
            let expected = if unique {
                found
                    .map(|row| row.person_key)
                    .collect::<std::collections::BTreeSet<_>>()
                    .len()
            } else {
                found.count()
            };
            assert_eq!(
                runtime.block_on(count(&engine, &query)),
                expected as u64,
                "{}",
                json!(query)
            );
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn conditions_on_persons_follow_what_becomes_of_persons() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    let engine = Engine::new(Arc::clone(&lake)).unwrap();
    let filter = json!({"key": "plan", "value": "pro", "type": "person"});
    let query = total(json!({}), json!([filter]));
    let before = count(&engine, &query).await;
    let nobody = json!({"key": "plan", "operator": "is_not_set", "type": "person"});
    let without = total(json!({}), json!([nobody]));
    let (all, without_before) = (400, count(&engine, &without).await);
    assert!(before > 0 && before + without_before < all);
    // Whoever had no plan has one now, and all its events count, the old ones included.
    let visitor = "visitor 5".to_owned();
    let earlier = count(
        &engine,
        &total(
            json!({}),
            json!([{"key": "distinct_id", "value": visitor, "type": "event_field"}]),
        ),
    )
    .await;
    let set = PropertyValue::Json(json!({"plan": "pro"}).to_string());
    let event = event(400, "order", visitor, vec![("$set", set)]);
    lake.append(&project(), vec![event].into()).await.unwrap();
    assert!(earlier > 0);
    assert_eq!(count(&engine, &query).await, before + earlier + 1);
    assert_eq!(count(&engine, &without).await, without_before - earlier);
    // What is said with the numbers.
    let answer = engine
        .trends(&project(), &query, &clock(), &Progress::ignore())
        .await
        .unwrap();
    assert_eq!(answer.provenance.filters, ["person's plan is \"pro\""]);
    let now = "persons: as they are at the time of the query, not as they were when the event happened";
    assert_eq!(answer.provenance.definitions, [now]);
    let error = engine
        .trends(
            &project(),
            &total(json!({}), json!([{"key": "plan", "value": "proo", "type": "person"}])),
            &clock(),
            &Progress::ignore(),
        )
        .await
        .unwrap_err();
    assert_eq!(error.message(), "unknown value of plan of persons \"proo\"");
    assert_eq!(error.hint(), Some("did you mean pro?"));
}

#[tokio::test]
async fn persons_are_counted_by_texts_as_in_any_other_way() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(lake(folder.path()).await).unwrap();
    let rows = async |query: String| {
        let query = SqlQuery {
            query,
            limit: Some(1000),
            ..SqlQuery::default()
        };
        let answer = engine.sql(&project(), &query, &clock(), &Progress::ignore()).await;
        answer.unwrap().rows
    };
    let beside = [
        "count(*)",
        "sum(status), min(timestamp)",
        "count(DISTINCT distinct_id), count(status)",
        "count(*) FILTER (WHERE event = 'order'), avg(status)",
        "count(DISTINCT person_key) FILTER (WHERE event = 'order')",
    ];
    let conditions = ["true", "event = '$pageview'", "status > 250", "false"];
    for ((by, beside), condition) in [None, Some("event"), Some("distinct_id"), Some("rtrim(event, 'r')")]
        .into_iter()
        .flat_map(|by| beside.map(|beside| (by, beside)))
        .flat_map(|pair| conditions.map(|condition| (pair, condition)))
    {
        // What has no name of a column is counted as all different values are.
        let query = |person: &str| {
            let (first, group) = by.map_or_else(Default::default, |by| {
                (format!("{by} AS value,"), " GROUP BY value ORDER BY value")
            });
            format!("SELECT {first} count(DISTINCT {person}) AS persons, {beside} FROM events WHERE {condition}{group}")
        };
        let found = rows(query("person_key")).await;
        assert_eq!(found, rows(query("person_key + 0")).await, "{}", query("person_key"));
        assert_eq!(found, rows(query("person_id")).await, "{}", query("person_id"));
        assert_eq!(
            found,
            rows(query("lower(events.person.id)")).await,
            "{}",
            query("person_id")
        );
        assert!(!found.is_empty() || condition == "false");
    }
}

#[tokio::test]
async fn times_of_events_and_persons_are_compared_as_times() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(lake(folder.path()).await).unwrap();
    let times = |kind: &str, key: &str, operator: &str| json!([{"type": kind, "key": key, "operator": operator, "value": "2015-05-12"}]);
    let of = async |kind, key, operator| count(&engine, &total(json!({}), times(kind, key, operator))).await;
    let (before, on, after) = (
        of("event_field", "timestamp", "is_date_before").await,
        of("event_field", "timestamp", "is_date_exact").await,
        of("event_field", "timestamp", "is_date_after").await,
    );
    assert!(before > 0 && on > 0 && after > 0);
    assert_eq!(before + on + after, 400);
    let query = "SELECT count(*) FROM events WHERE person_key IN (SELECT person_key FROM persons WHERE created_at < '2015-05-12T00:00:00Z')";
    let query = SqlQuery {
        query: query.to_owned(),
        ..SqlQuery::default()
    };
    let rows = engine
        .sql(&project(), &query, &clock(), &Progress::ignore())
        .await
        .unwrap()
        .rows;
    assert_eq!(
        json!(of("person_field", "created_at", "is_date_before").await),
        rows[0][0]
    );
}

#[tokio::test]
async fn a_breakdown_by_a_property_of_persons_counts_what_a_filter_on_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(lake(folder.path()).await).unwrap();
    for key in ["plan", "seats", "ratio", "active", "code"] {
        let query = json!({
            "series": [{"math": "total"}], "dateRange": {"date_from": "all"}, "trendsFilter": {"display": "BoldNumber"},
            "breakdownFilter": {"breakdown": key, "breakdown_type": "person", "breakdown_limit": 1000},
        });
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        let answer = engine
            .trends(&project(), &query, &clock(), &Progress::ignore())
            .await
            .unwrap();
        let mut looked_at = 0;
        for series in &answer.results {
            let value = series.breakdown_value.as_ref().unwrap();
            let filter = match value.as_str() {
                Some(BREAKDOWN_NONE) => json!({"key": key, "type": "person", "operator": "is_not_set"}),
                _ => json!({"key": key, "type": "person", "value": value}),
            };
            let wanted = count(&engine, &total(json!({}), json!([filter]))).await;
            assert_eq!(
                series.aggregated_value.as_ref().and_then(serde_json::Number::as_u64),
                Some(wanted),
                "{key} {value}"
            );
            looked_at += 1;
        }
        assert!(looked_at > 1, "{key}");
    }
}
