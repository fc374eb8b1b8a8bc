//! Conditions on sessions, against a model that puts the events of each session together by itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{
    EventRecord, FilterGroup, FilterNode, Operator, Progress, PropertyFilter, PropertyType, QueryEngine, TrendsQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::events::{clock, engine, events, project, runner};
use crate::oracle::{all_of, matches, property};

/// The fields of the sessions, as far as they have values.
fn sessions(events: &[EventRecord]) -> BTreeMap<String, BTreeMap<&'static str, Value>> {
    let mut of_sessions: BTreeMap<String, Vec<&EventRecord>> = BTreeMap::new();
    for event in events {
        if let Some(id) = &event.session_id {
            of_sessions.entry(id.clone()).or_default().push(event);
        }
    }
    let fields = |events: &mut Vec<&EventRecord>| {
        // No two events of the small lake are at the same time.
        events.sort_by_key(|event| event.timestamp);
        let (first, last) = (events[0], events[events.len() - 1]);
        let seconds = (last.timestamp - first.timestamp).num_milliseconds() as f64 / 1000.0;
        let views: Vec<&&EventRecord> = events.iter().filter(|event| event.event == "$pageview").collect();
        let mut fields = BTreeMap::from([
            ("session_id", json!(first.session_id)),
            ("distinct_id", json!(first.distinct_id)),
            ("$session_duration", json!(seconds)),
            ("$event_count", json!(events.len())),
            ("$pageview_count", json!(views.len())),
            ("$autocapture_count", json!(0)),
            ("$is_bounce", json!(views.len() <= 1 && seconds < 10.0)),
            ("$start_timestamp", json!(first.timestamp.to_rfc3339())),
        ]);
        // The first and the last page view, whether they say their path or not.
        for (field, view) in [("$entry_pathname", views.first()), ("$end_pathname", views.last())] {
            if let Some(path) = view.and_then(|view| property(view, "$pathname")) {
                fields.insert(field, path);
            }
        }
        fields
    };
    of_sessions
        .iter_mut()
        .map(|(id, events)| (id.clone(), fields(events)))
        .collect()
}

fn filter() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        (0..9u32).prop_map(|n| json!({"operator": "exact", "value": format!("/Page/{n}")})),
        (0..9u32).prop_map(|n| json!({"operator": "is_not", "value": [format!("/Page/{n}"), "/Page/1"]})),
        (0..9u32).prop_map(|n| json!({"operator": "icontains", "value": format!("page/{n}")})),
        (0..9u32).prop_map(|n| json!({"operator": "not_icontains", "value": [format!("PAGE/{n}"), "/2"]})),
        (0..9u32).prop_map(|n| json!({"operator": "regex", "value": format!("{n}$")})),
        (0..9u32).prop_map(|n| json!({"operator": "not_regex", "value": format!("{n}$")})),
        Just(json!({"operator": "is_set"})),
        Just(json!({"operator": "is_not_set"})),
    ];
    let text = (prop_oneof![Just("$entry_pathname"), Just("$end_pathname")], text).prop_map(|(key, mut filter)| {
        filter["key"] = json!(key);
        filter
    });
    let number = (0..6usize, 0..7000i64).prop_map(|(operator, n)| {
        let operator = ["gt", "gte", "lt", "lte", "between", "not_between"][operator];
        let value = if operator.ends_with("between") {
            json!([n, n + 1601])
        } else {
            json!(n)
        };
        json!({"key": "$session_duration", "operator": operator, "value": value})
    });
    let count = (0..8usize, 0..6i64).prop_map(|(operator, n)| {
        let operator = ["gt", "gte", "lt", "lte", "exact", "is_not", "in", "not_in"][operator];
        let value = if operator.ends_with("in") {
            json!([n, n + 2])
        } else {
            json!(n)
        };
        let key = if n % 2 == 0 { "$event_count" } else { "$pageview_count" };
        json!({"key": key, "operator": operator, "value": value})
    });
    let rest = prop_oneof![
        Just(json!({"key": "$is_bounce", "value": true})),
        Just(json!({"key": "$is_bounce", "operator": "is_not", "value": "true"})),
        Just(json!({"key": "$autocapture_count", "value": 0})),
        (0..120u32).prop_map(|n| json!({"key": "session_id", "value": format!("session {n}")})),
        (0..17u32).prop_map(|n| json!({"key": "distinct_id", "operator": "is_not", "value": format!("visitor {n}")})),
        (1..9u32).prop_map(
            |n| json!({"key": "$start_timestamp", "operator": "is_date_before", "value": format!("2015-05-0{n}")})
        ),
    ];
    prop_oneof![text, number, count, rest].prop_map(|mut filter| {
        filter["type"] = json!("session");
        filter
    })
}

fn group() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![3 => filter(), 1 => crate::oracle::filter()];
    leaf.prop_recursive(2, 6, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    })
}

/// Whether a filter holds of an event.
fn condition(
    sessions: &BTreeMap<String, BTreeMap<&'static str, Value>>,
    event: &EventRecord,
    filter: &PropertyFilter,
) -> bool {
    if filter.property_type != PropertyType::Session {
        return matches(property(event, &filter.key), filter);
    }
    let fields = event.session_id.as_ref().map(|id| &sessions[id]);
    let found = fields.and_then(|fields| fields.get(filter.key.as_str()).cloned());
    if filter.operator == Operator::IsDateBefore {
        let day: chrono::NaiveDate = filter.value.as_ref().and_then(Value::as_str).unwrap().parse().unwrap();
        let time = found.map(|time| time.as_str().unwrap().parse::<DateTime<Utc>>().unwrap());
        return time.is_some_and(|time| time.date_naive() < day);
    }
    matches(found, filter)
}

async fn ask(engine: &Engine, query: Value) -> Value {
    let query: TrendsQuery = serde_json::from_value(query).unwrap();
    let answer = engine.trends(&project(), &query, &clock(), &Progress::ignore()).await;
    json!(answer.unwrap_or_else(|error| panic!("{}: {}", json!(query), error.chain())))
}

#[test]
fn conditions_on_sessions_agree_with_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = runtime.block_on(engine(folder.path()));
    let all = events();
    let sessions = sessions(&all);
    let strategy = (prop::collection::vec(group(), 1..3), 0..7u32);
    let run = runner(42).run(&strategy, |(groups, first)| {
        // Sessions count as a whole, whatever the range is.
        let from = format!("2015-05-0{}", first + 1);
        let query = json!({
            "series": [{}], "properties": groups, "dateRange": {"date_from": from, "date_to": "2015-05-20"},
            "trendsFilter": {"display": "BoldNumber"},
        });
        let wanted: FilterGroup = serde_json::from_value(json!(groups)).unwrap();
        let from: DateTime<Utc> = format!("{from}T00:00:00Z").parse().unwrap();
        let within = all.iter().filter(|event| event.timestamp >= from);
        let count = within
            .filter(|event| all_of(&wanted, &|filter| condition(&sessions, event, filter)))
            .count();
        let answer = runtime.block_on(ask(&engine, query));
        prop_assert_eq!(&answer["results"][0]["aggregated_value"], &json!(count));
        let is_session = |node: &&PropertyFilter| node.property_type == PropertyType::Session;
        let said = &answer["provenance"]["definitions"];
        let wanted_said = "sessions: by all their events, also those outside of the range";
        let is_said = said.as_array().is_some_and(|said| said.contains(&json!(wanted_said)));
        prop_assert_eq!(is_said, wanted.filters().iter().any(is_session));
        Ok(())
    });
    run.unwrap();
}

#[tokio::test]
async fn a_field_that_no_session_has_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let refused = async |filter: Value| {
        let query = json!({"series": [{}], "properties": [filter], "dateRange": {"date_from": "all"}});
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        assert!(matches!(query.properties.values[0], FilterNode::Filter(_)));
        let answer = engine.trends(&project(), &query, &clock(), &Progress::ignore()).await;
        let error = answer.unwrap_err();
        format!("{}; {}", error.message(), error.hint().unwrap_or_default())
    };
    let unknown = refused(json!({"type": "session", "key": "$session_duratoin", "operator": "gt", "value": 1})).await;
    assert!(unknown.contains("$session_duration"), "{unknown}");
    let text = refused(json!({"type": "session", "key": "$session_duration", "operator": "gt", "value": "long"})).await;
    assert!(text.contains("needs a number"), "{text}");
    let time = refused(json!({"type": "session", "key": "$start_timestamp", "value": "2015-05-01"})).await;
    assert!(time.contains("it is a time"), "{time}");
}
