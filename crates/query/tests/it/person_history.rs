//! Properties of persons as they were right after each event, against a model that walks over all events: each event
//! carries what the model says as a property of its own, so that a query with conditions on the person must answer as
//! one with conditions on that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{EventRecord, EventSink as _, Progress, PropertyValue, QueryEngine, SqlQuery, TypedQuery};
use hedgerow_errors::Error;
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::events::{clock, engine_of, project, runner};
use crate::persons::person_filter;

const ON_EVENTS: &str = "person_id_override_properties_on_events";
const KEYS: [&str; 7] = [
    "plan",
    "seats",
    "ratio",
    "active",
    "code",
    "$browser",
    "$initial_browser",
];

/// 900 events of 24 distinct ids in no order of time, many of them at the same instant. They set, set once and unset
/// properties of their persons, some merge two, and some are of nobody or touch no person.
fn events() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2015-05-11T03:00:00Z".parse().unwrap();
    let event = |n: u64| {
        let mut noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 20;
        let mut next = |below: u64| {
            let digit = noise % below;
            noise /= below;
            digit
        };
        let visitor = next(24);
        let timestamp = start + Duration::hours(next(190) as i64);
        let mut properties = vec![("status".into(), PropertyValue::Integer([200, 404][next(2) as usize]))];
        let mut name = ["$pageview", "order", "$pageview", "order", "$exception"][next(5) as usize];
        let value = match next(9) {
            0 => json!({"plan": "free"}),
            1 => json!({"plan": "pro", "code": 7}),
            2 => json!({"plan": "team", "active": true, "code": "x7"}),
            3 => json!({"seats": next(30), "ratio": next(40) as f64 / 8.0}),
            4 => json!({"ratio": next(8), "active": false}),
            5 => json!({"plan": null, "seats": 3}),
            _ => Value::Null,
        };
        let way = ["$set", "$set_once", "$set", "$unset"][next(4) as usize];
        if let Value::Object(value) = value {
            let keys: Vec<&String> = value.keys().collect();
            let json = if way == "$unset" {
                json!(keys).to_string()
            } else {
                json!(value).to_string()
            };
            properties.push((way.into(), PropertyValue::Json(json)));
            if way == "$set" && next(3) == 0 {
                properties.push((
                    "$set_once".into(),
                    PropertyValue::Json(json!({"plan": "free", "seats": 1}).to_string()),
                ));
                properties.push(("$unset".into(), PropertyValue::Json(r#"{"seats": 1}"#.to_owned())));
            }
        }
        if next(5) == 0 {
            let browser = ["Firefox", "Safari"][next(2) as usize].to_owned();
            properties.push(("$browser".into(), PropertyValue::Text(browser)));
        }
        if visitor % 6 == 0 || next(11) == 0 {
            properties.push(("$process_person_profile".into(), PropertyValue::Boolean(false)));
        } else if next(40) == 0 {
            name = "$identify";
            let other = format!("visitor {}", (visitor + 7) % 24);
            properties.push(("$anon_distinct_id".into(), PropertyValue::Text(other)));
        }
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: name.to_owned(),
            timestamp,
            distinct_id: format!("visitor {visitor}"),
            session_id: None,
            properties,
        }
    };
    (0..900).map(event).collect()
}

/// What an event says under a key, as JSON.
fn said(event: &EventRecord, key: &str) -> Option<Value> {
    let (_, value) = event.properties.iter().find(|(name, _)| *name == key)?;
    Some(match value {
        PropertyValue::Json(text) => serde_json::from_str(text).unwrap(),
        PropertyValue::Text(text) => json!(text),
        PropertyValue::Boolean(truth) => json!(truth),
        other => panic!("{other:?}"),
    })
}

/// Applies an event to what is known of its person.
fn apply(event: &EventRecord, known: &mut Map<String, Value>) {
    if event.event == "$exception" || said(event, "$process_person_profile") == Some(json!(false)) {
        return;
    }
    let browser = said(event, "$browser");
    let mut once: Map<String, Value> = browser
        .iter()
        .map(|browser| ("$initial_browser".to_owned(), browser.clone()))
        .collect();
    let mut set: Map<String, Value> = browser
        .iter()
        .map(|browser| ("$browser".to_owned(), browser.clone()))
        .collect();
    once.extend(
        said(event, "$set_once")
            .and_then(|said| said.as_object().cloned())
            .unwrap_or_default(),
    );
    set.extend(
        said(event, "$set")
            .and_then(|said| said.as_object().cloned())
            .unwrap_or_default(),
    );
    for (key, value) in once {
        known.entry(key).or_insert(value);
    }
    known.extend(set);
    let unset: Vec<String> = match said(event, "$unset") {
        Some(Value::Array(keys)) => keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect(),
        Some(Value::Object(keys)) => keys.keys().cloned().collect(),
        _ => Vec::new(),
    };
    for key in unset {
        known.remove(&key);
    }
}

/// A value of a person as a property of an event, of one type for each key.
fn as_property(key: &str, value: &Value) -> Option<PropertyValue> {
    Some(match (key, value) {
        (_, Value::Null) => return None,
        ("seats", value) => PropertyValue::Integer(value.as_i64().unwrap()),
        ("ratio", value) => PropertyValue::Double(value.as_f64().unwrap()),
        ("active", value) => PropertyValue::Boolean(value.as_bool().unwrap()),
        (_, Value::String(text)) => PropertyValue::Text(text.clone()),
        (_, other) => PropertyValue::Text(other.to_string()),
    })
}

async fn rows(engine: &Engine, query: &str) -> Vec<Vec<Value>> {
    let query = SqlQuery {
        query: query.to_owned(),
        limit: Some(50_000),
        ..SqlQuery::default()
    };
    let answer = engine.sql(&project(), &query, &clock(), &Progress::ignore()).await;
    answer.unwrap().rows
}

/// The events with what the model says: `at_plan` is the plan right after the event, `now_plan` the one that the person
/// has in the end.
async fn with_model(folder: &std::path::Path) -> Vec<EventRecord> {
    let engine = engine_of(folder, events(), clock()).await;
    let who = rows(&engine, "SELECT uuid, person_key FROM events").await;
    let who: BTreeMap<Uuid, i64> = who
        .iter()
        .map(|row| (row[0].as_str().unwrap().parse().unwrap(), row[1].as_i64().unwrap()))
        .collect();
    let now = rows(&engine, "SELECT person_key, properties FROM persons").await;
    let now: BTreeMap<i64, Map<String, Value>> = now
        .iter()
        .map(|row| {
            (
                row[0].as_i64().unwrap(),
                serde_json::from_str(row[1].as_str().unwrap()).unwrap(),
            )
        })
        .collect();
    let mut events = events();
    events.sort_by_key(|event| (event.timestamp, event.uuid));
    let mut known: BTreeMap<i64, Map<String, Value>> = BTreeMap::new();
    for event in &mut events {
        let person = who[&event.uuid];
        let known = known.entry(person).or_default();
        apply(event, known);
        for (prefix, properties) in [("at", Some(&*known)), ("now", now.get(&person))] {
            for key in KEYS {
                let value = properties.and_then(|properties| as_property(key, properties.get(key)?));
                let name = format!("{prefix}_{}", key.trim_start_matches('$'));
                event.properties.extend(value.map(|value| (name.into(), value)));
            }
        }
    }
    // The order in which they come is another.
    events.sort_by_key(|event| event.uuid);
    let merged: BTreeSet<i64> = who.values().copied().collect();
    assert!(merged.len() < 22, "{} persons", merged.len());
    events
}

struct Lakes {
    engine: Engine,
    defined: Arc<FakeDefinitions>,
    _folders: [tempfile::TempDir; 2],
}

async fn lakes() -> Lakes {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let events = with_model(folders[0].path()).await;
    let defined = Arc::new(FakeDefinitions::default());
    let engine = engine_of(folders[1].path(), events, clock()).await;
    Lakes {
        engine: engine.with_definitions(defined.clone()),
        defined,
        _folders: folders,
    }
}

async fn ask(engine: &Engine, query: &Value) -> Result<Value, Error> {
    let query: TypedQuery = serde_json::from_value(query.clone()).unwrap();
    let answer = engine.answer(&project(), &query, &clock(), &Progress::ignore()).await?;
    Ok(json!(answer))
}

/// Conditions on the person as those on what the model says.
fn of_model(filters: &Value, prefix: &str) -> Value {
    match filters {
        Value::Array(all) => all.iter().map(|one| of_model(one, prefix)).collect(),
        Value::Object(group) if group.contains_key("values") => {
            json!({"type": group["type"], "values": of_model(&group["values"], prefix)})
        }
        Value::Object(filter) if filter.get("type") == Some(&json!("person")) => {
            let mut filter = filter.clone();
            filter.remove("type");
            let key = filter["key"].as_str().unwrap().trim_start_matches('$').to_owned();
            filter.insert("key".to_owned(), json!(format!("{prefix}_{key}")));
            Value::Object(filter)
        }
        other => other.clone(),
    }
}

/// A query of each kind.
fn queries() -> Vec<Value> {
    let range = json!({"date_from": "2015-05-13", "date_to": "2015-05-18"});
    let trends = |series: Value| json!({"kind": "TrendsQuery", "series": series, "dateRange": range});
    let two = json!([{"event": "$pageview"}, {"event": "order"}]);
    let mut compared = trends(json!([{"event": "order"}, {"math": "weekly_active"}]));
    compared["compareFilter"] = json!({"compare": true, "compare_to": "-2d"});
    let actors =
        |source: Value, cell: Value| json!({"kind": "ActorsQuery", "source": source, "cell": cell, "limit": 100});
    let funnel =
        |filter: Value| json!({"kind": "FunnelsQuery", "series": two, "dateRange": range, "funnelsFilter": filter});
    let stickiness = json!({"kind": "StickinessQuery", "series": [{"event": "$pageview"}], "dateRange": range});
    vec![
        trends(json!([{"event": "$pageview", "math": "dau"}, {"event": "order"}])),
        trends(
            json!([{"event": "order", "math": "first_matching_event_for_user"}, {"math": "p90", "math_property": "status"}]),
        ),
        compared,
        funnel(json!({})),
        funnel(json!({"funnelOrderType": "strict"})),
        funnel(json!({"funnelVizType": "trends"})),
        json!({"kind": "RetentionQuery", "dateRange": range, "retentionFilter": {
            "retentionType": "retention_first_ever_occurrence", "returningEntity": {"id": "order"}}}),
        json!({"kind": "LifecycleQuery", "series": [{"event": "order"}], "dateRange": range}),
        stickiness.clone(),
        json!({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["custom_event"]}, "dateRange": range}),
        json!({"kind": "CalendarHeatmapQuery", "series": [{"event": "order", "math": "dau"}], "dateRange": range}),
        json!({"kind": "EventsQuery", "limit": 1000, "columns": ["status"]}),
        actors(
            trends(json!([{"event": "order", "math": "dau"}])),
            json!({"series": 0, "day": "2015-05-15"}),
        ),
        actors(stickiness, json!({"series": 0, "intervals": 1})),
        actors(funnel(json!({})), json!({"funnelStep": 1})),
    ]
}

/// The query itself, or the one that persons stand behind.
fn counted(query: &mut Value) -> &mut Value {
    if query["kind"] == "ActorsQuery" {
        &mut query["source"]
    } else {
        query
    }
}

fn filters() -> impl Strategy<Value = Value> {
    let copied = prop_oneof![
        Just(json!({"key": "$browser", "value": "Safari", "type": "person"})),
        Just(json!({"key": "$initial_browser", "operator": "is_not", "value": "Safari", "type": "person"})),
    ];
    let leaf = prop_oneof![
        6 => person_filter(),
        2 => copied,
        1 => Just(json!({"key": "status", "value": 404})),
    ];
    let group = leaf.prop_recursive(2, 6, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(kind, values)| json!({"type": kind, "values": values}))
    });
    prop::collection::vec(group, 1..3).prop_map(|groups| json!(groups))
}

#[test]
fn each_kind_knows_persons_as_they_were_and_as_they_are() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Lakes {
        engine,
        defined,
        _folders,
    } = runtime.block_on(lakes());
    let strategy = (
        prop::sample::select(queries()),
        filters(),
        proptest::option::of(filters()),
        (any::<bool>(), any::<bool>(), any::<bool>()),
    );
    let differ = std::cell::Cell::new(0_u32);
    let run = runner(61).run(
        &strategy,
        |(query, own, more, (at_events, by_setting, as_test_accounts))| {
            let mode = if at_events {
                ON_EVENTS
            } else {
                "person_id_override_properties_joined"
            };
            let prefix = if at_events { "at" } else { "now" };
            let (mut of_persons, mut of_events) = (query.clone(), query);
            counted(&mut of_persons)["properties"] = own.clone();
            let mut all = of_model(&own, prefix);
            // More conditions: of a series, or of test accounts.
            let mut settings = json!({});
            if let Some(more) = &more {
                let has_series = counted(&mut of_persons).get("series").is_some();
                if as_test_accounts || !has_series {
                    settings["test_account_filters"] = more.clone();
                    counted(&mut of_persons)["filterTestAccounts"] = json!(true);
                    all.as_array_mut()
                        .unwrap()
                        .extend(of_model(more, prefix).as_array().unwrap().clone());
                } else {
                    counted(&mut of_persons)["series"][0]["properties"] = more.clone();
                    counted(&mut of_events)["series"][0]["properties"] = of_model(more, prefix);
                }
            }
            counted(&mut of_events)["properties"] = all;
            let modifiers = json!({"personsOnEventsMode": mode});
            if by_setting {
                settings["modifiers"] = modifiers;
            } else {
                counted(&mut of_persons)["modifiers"] = modifiers;
                settings["modifiers"] = json!({"personsOnEventsMode": ON_EVENTS});
            }
            defined.set(settings);
            let found = runtime.block_on(ask(&engine, &of_persons));
            let found = found.unwrap_or_else(|error| panic!("{of_persons}: {}", error.chain()));
            let wanted = runtime.block_on(ask(&engine, &of_events)).unwrap();
            prop_assert_eq!(&found["results"], &wanted["results"], "{}", of_persons);
            if own.to_string().contains("person") {
                let said = found["provenance"]["definitions"].to_string();
                let expected = if at_events {
                    "as they were right after each event"
                } else {
                    "not as they were when"
                };
                prop_assert!(said.contains(expected), "{}: {}", of_persons, said);
            }
            if at_events {
                counted(&mut of_persons)["modifiers"] =
                    json!({"personsOnEventsMode": "person_id_override_properties_joined"});
                let now = runtime.block_on(ask(&engine, &of_persons)).unwrap();
                differ.set(differ.get() + u32::from(now["results"] != found["results"]));
            }
            Ok(())
        },
    );
    run.unwrap();
    assert!(differ.get() > 50, "the modes differ {} times", differ.get());
}

#[tokio::test]
async fn a_breakdown_is_by_the_values_that_persons_had() {
    let Lakes { engine, _folders, .. } = lakes().await;
    for (key, name) in KEYS.map(|key| (key, key.trim_start_matches('$'))) {
        for math in ["total", "dau"] {
            let by = |key: &str, kind: &str, bins: Value| {
                let mut query = json!({
                    "series": [{"event": "order", "math": math}], "dateRange": {"date_from": "all"},
                    "breakdownFilter": {"breakdown": key, "breakdown_type": kind, "breakdown_limit": 100},
                    "modifiers": {"personsOnEventsMode": ON_EVENTS},
                });
                if !bins.is_null() {
                    query["breakdownFilter"]["breakdown_histogram_bin_count"] = bins;
                }
                query
            };
            for bins in [Value::Null, json!(3)] {
                if !bins.is_null() && !["seats", "ratio"].contains(&key) {
                    continue;
                }
                let found = ask(&engine, &by(key, "person", bins.clone())).await.unwrap();
                let wanted = ask(&engine, &by(&format!("at_{name}"), "event", bins)).await.unwrap();
                assert_eq!(found["results"], wanted["results"], "{key}");
                assert!(found["results"].as_array().unwrap().len() > 1);
                let said = found["provenance"].to_string();
                assert!(
                    said.contains("persons: their properties as they were right after each event"),
                    "{said}"
                );
            }
        }
    }
}

#[tokio::test]
async fn retention_is_by_the_values_that_persons_had() {
    let Lakes { engine, _folders, .. } = lakes().await;
    let retention = |split: (&str, &str), summed: (&str, &str)| {
        json!({
            "kind": "RetentionQuery",
            "dateRange": {"date_from": "2015-05-13", "date_to": "2015-05-18"},
            "breakdownFilter": {"breakdown": split.0, "breakdown_type": split.1, "breakdown_limit": 100},
            "retentionFilter": {
                "targetEntity": {"id": "$pageview"}, "returningEntity": {"id": "order"}, "aggregationType": "sum",
                "aggregationProperty": summed.0, "aggregationPropertyType": summed.1,
            },
            "modifiers": {"personsOnEventsMode": ON_EVENTS},
        })
    };
    for key in KEYS {
        let model = format!("at_{}", key.trim_start_matches('$'));
        for number in ["seats", "ratio"] {
            let of_persons = retention((key, "person"), (number, "person"));
            let of_events = retention((&model, "event"), (&format!("at_{number}"), "event"));
            let found = ask(&engine, &of_persons)
                .await
                .unwrap_or_else(|error| panic!("{key}, {number}: {}", error.chain()));
            let wanted = ask(&engine, &of_events).await.unwrap();
            assert_eq!(found["results"], wanted["results"], "{key}, {number}");
        }
    }
}

#[tokio::test]
async fn what_a_mode_does_not_know_is_refused_or_said() {
    let Lakes {
        engine,
        defined,
        _folders,
    } = lakes().await;
    let query = |properties: Value, mode: &str| {
        json!({"series": [{}], "dateRange": {"date_from": "all"}, "properties": properties,
               "modifiers": {"personsOnEventsMode": mode}})
    };
    // A condition in SQL reads persons as they are now.
    let in_sql = json!([{"type": "hogql", "key": "person.properties.plan = 'pro'"}]);
    let refused = ask(&engine, &query(in_sql.clone(), ON_EVENTS)).await.unwrap_err();
    assert!(
        refused
            .message()
            .contains("an expression reads properties of persons as they are now"),
        "{}",
        refused.message()
    );
    assert!(refused.hint().unwrap().contains("personsOnEventsMode"));
    ask(&engine, &query(in_sql, "person_id_override_properties_joined"))
        .await
        .unwrap();
    let of_id =
        json!([{"type": "hogql", "key": "person.created_at < toDateTime('2015-05-14 00:00:00') and person_id <> 'x'"}]);
    ask(&engine, &query(of_id, ON_EVENTS)).await.unwrap();
    // Unknown names are refused with the nearest, by all that persons ever had.
    for (filter, said, hint) in [
        (
            json!({"key": "plam", "value": "pro", "type": "person"}),
            "unknown property of persons \"plam\"",
            "plan",
        ),
        (
            json!({"key": "plan", "value": "proo", "type": "person"}),
            "unknown value of plan of persons \"proo\"",
            "pro",
        ),
    ] {
        let refused = ask(&engine, &query(json!([filter]), ON_EVENTS)).await.unwrap_err();
        assert_eq!(refused.message(), said);
        assert!(refused.hint().unwrap().contains(hint), "{refused:?}");
    }
    let mode = serde_json::from_value::<TypedQuery>(query(json!([]), "disabled")).unwrap_err();
    assert!(
        mode.to_string().contains("person_id_override_properties_joined"),
        "{mode}"
    );
    // SQL, which says whose properties it reads, says so where the project wants others.
    let warned = async || {
        let query = SqlQuery {
            query: "SELECT count() FROM events WHERE person.properties.plan = 'pro'".to_owned(),
            ..SqlQuery::default()
        };
        let answer = engine
            .sql(&project(), &query, &clock(), &Progress::ignore())
            .await
            .unwrap();
        answer
            .warnings
            .into_iter()
            .map(|warning| warning.code)
            .collect::<Vec<_>>()
    };
    assert!(warned().await.is_empty());
    defined.set(json!({"modifiers": {"personsOnEventsMode": ON_EVENTS}}));
    assert_eq!(warned().await, ["persons_as_of_now"]);
}

#[tokio::test]
async fn values_that_nobody_has_any_more_are_known_at_the_time_of_events() {
    let folder = tempfile::tempdir().unwrap();
    let lake = crate::persons::lake(folder.path()).await;
    let engine = Engine::new(lake.clone()).unwrap().with_results_kept(64 << 20);
    let filter = json!([{"key": "step", "value": "trial", "type": "person"}]);
    let query = |mode: &str| {
        json!({"series": [{"event": "order"}], "dateRange": {"date_from": "all"}, "properties": filter,
               "trendsFilter": {"display": "BoldNumber"}, "modifiers": {"personsOnEventsMode": mode}})
    };
    let at = |minute: u32, name: &str, set: Option<Value>| EventRecord {
        uuid: Uuid::from_u128(u128::from(minute) + 1),
        event: name.to_owned(),
        timestamp: format!("2015-05-13T10:{minute:02}:00Z").parse().unwrap(),
        distinct_id: "newcomer".to_owned(),
        session_id: None,
        properties: set
            .into_iter()
            .map(|set| ("$set".into(), PropertyValue::Json(set.to_string())))
            .collect(),
    };
    let events = vec![
        at(0, "order", None),
        at(1, "order", Some(json!({"step": "trial"}))),
        at(2, "order", None),
        at(3, "paid", Some(json!({"step": "paid"}))),
        at(4, "order", None),
    ];
    lake.append(&project(), events.into()).await.unwrap();
    let answer = ask(&engine, &query(ON_EVENTS)).await.unwrap();
    assert_eq!(answer["results"][0]["aggregated_value"], json!(2));
    let refused = ask(&engine, &query("person_id_override_properties_joined"))
        .await
        .unwrap_err();
    assert_eq!(refused.message(), "unknown value of step of persons \"trial\"");
    // What is kept is of its mode, and only as long as nothing comes.
    let again = ask(&engine, &query(ON_EVENTS)).await.unwrap();
    assert_eq!(
        (&again["results"], &again["provenance"]["rows_read"]),
        (&answer["results"], &json!(0))
    );
    let other = json!([{"key": "step", "value": "paid", "type": "person"}]);
    let paid = |mode: &str| {
        let mut query = query(mode);
        query["properties"] = other.clone();
        query
    };
    let at_event = ask(&engine, &paid(ON_EVENTS)).await.unwrap();
    let now = ask(&engine, &paid("person_id_override_properties_joined"))
        .await
        .unwrap();
    assert_eq!(at_event["results"][0]["aggregated_value"], json!(1));
    assert!(now["results"][0]["aggregated_value"].as_u64() > Some(3));
    lake.append(&project(), vec![at(5, "order", None)].into())
        .await
        .unwrap();
    let later = ask(&engine, &paid(ON_EVENTS)).await.unwrap();
    assert_eq!(later["results"][0]["aggregated_value"], json!(2));
    assert!(later["provenance"]["rows_read"].as_u64() > Some(0));
}
