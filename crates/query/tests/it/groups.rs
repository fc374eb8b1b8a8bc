//! Conditions on groups, against a model that keeps what each group was told.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{
    EventRecord, FilterGroup, Progress, PropertyFilter, PropertyType, PropertyValue, QueryEngine, SqlQuery, TrendsQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::events::{clock, engine_of, project, runner};
use crate::oracle::{all_of, matches, property};

const TYPES: [&str; 2] = ["company", "team"];

fn record(n: u64, name: &str, properties: Vec<(&'static str, PropertyValue)>) -> EventRecord {
    let start: DateTime<Utc> = "2015-05-01T03:00:00Z".parse().unwrap();
    EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
        event: name.to_owned(),
        timestamp: start + Duration::seconds((n * 1999) as i64),
        distinct_id: format!("visitor {}", n % 11),
        session_id: None,
        properties: properties.into_iter().map(|(key, value)| (key.into(), value)).collect(),
    }
}

/// What a group is told by the nth event that tells it something.
fn told(group_type: &str, n: u64) -> Value {
    let mut told = json!({});
    if !n.is_multiple_of(3) {
        let plan = ["free", "pro", "team"][(n % 3) as usize];
        told["plan"] = json!(plan);
    }
    if n.is_multiple_of(2) {
        told["seats"] = json!(n % 20);
        told["paying"] = json!(n.is_multiple_of(4));
    }
    if group_type == "team" {
        told["ratio"] = json!(n as f64 / 8.0 + 0.125);
    }
    told
}

/// Events of which some belong to groups of one type or of both, some of them never told anything, and those that tell.
fn events() -> Vec<EventRecord> {
    let make = |n: u64| {
        let noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        if noise.is_multiple_of(6) {
            let group_type = TYPES[(noise / 6 % 2) as usize];
            let key = format!("{group_type} {}", noise / 12 % 6);
            return record(
                n,
                "$groupidentify",
                vec![
                    ("$group_type", PropertyValue::Text(group_type.to_owned())),
                    ("$group_key", PropertyValue::Text(key)),
                    (
                        "$group_set",
                        PropertyValue::Json(told(group_type, noise / 7 % 40).to_string()),
                    ),
                ],
            );
        }
        let mut groups = Map::new();
        for (place, group_type) in TYPES.into_iter().enumerate() {
            if !(noise >> (4 + place)).is_multiple_of(3) {
                let key = format!("{group_type} {}", (noise >> (8 * place)) % 9);
                groups.insert(group_type.to_owned(), json!(key));
            }
        }
        let mut properties = vec![("status", PropertyValue::Integer([200, 404][(noise % 2) as usize]))];
        if !groups.is_empty() {
            properties.push(("$groups", PropertyValue::Json(json!(groups).to_string())));
        }
        record(n, "order", properties)
    };
    (0..500).map(make).collect()
}

/// What the groups of each type are told, the latest last.
fn groups(events: &[EventRecord]) -> BTreeMap<(String, String), Map<String, Value>> {
    let mut groups: BTreeMap<(String, String), Map<String, Value>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.event == "$groupidentify") {
        let text = |key: &str| property(event, key).unwrap().as_str().unwrap().to_owned();
        let set: Map<String, Value> = serde_json::from_str(&text("$group_set")).unwrap();
        let known = groups.entry((text("$group_type"), text("$group_key"))).or_default();
        known.extend(set);
    }
    groups
}

fn filter() -> impl Strategy<Value = Value> {
    let any = prop_oneof![
        Just(json!({"key": "plan", "value": ["pro", "free"]})),
        Just(json!({"key": "plan", "operator": "is_not", "value": "pro"})),
        Just(json!({"key": "plan", "operator": "icontains", "value": "R"})),
        Just(json!({"key": "plan", "operator": "not_icontains", "value": "r"})),
        Just(json!({"key": "plan", "operator": "regex", "value": "m$"})),
        Just(json!({"key": "plan", "operator": "not_regex", "value": "m$"})),
        Just(json!({"key": "plan", "operator": "is_set"})),
        Just(json!({"key": "plan", "operator": "is_not_set"})),
        Just(json!({"key": "paying", "value": true})),
        Just(json!({"key": "paying", "operator": "is_not", "value": "true"})),
        (0..6usize, 0..20i64).prop_map(|(operator, n)| {
            let operator = ["gt", "gte", "lt", "lte", "between", "not_between"][operator];
            let value = if operator.ends_with("between") {
                json!([n, n + 5])
            } else {
                json!(n)
            };
            json!({"key": "seats", "operator": operator, "value": value})
        }),
    ];
    let any = (any, 0..2u8).prop_map(|(mut filter, index)| {
        filter["group_type_index"] = json!(index);
        filter
    });
    let of_team = (0..8i64).prop_map(|n| json!({"key": "ratio", "operator": "gt", "value": n, "group_type_index": 1}));
    prop_oneof![4 => any, 1 => of_team].prop_map(|mut filter| {
        filter["type"] = json!("group");
        filter
    })
}

fn group() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![3 => filter(), 1 => Just(json!({"key": "status", "value": 404}))];
    leaf.prop_recursive(2, 6, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    })
}

#[test]
fn conditions_on_groups_agree_with_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = events();
    let engine: Engine = runtime.block_on(engine_of(folder.path(), all.clone(), clock()));
    let groups = groups(&all);
    // The types have their indexes in the order in which events named them.
    let query = SqlQuery {
        query: "SELECT DISTINCT group_type, group_type_index FROM groups".to_owned(),
        ..SqlQuery::default()
    };
    let types = runtime
        .block_on(engine.sql(&project(), &query, &clock(), &Progress::ignore()))
        .unwrap()
        .rows;
    let types: BTreeMap<u64, String> = types
        .iter()
        .map(|row| (row[1].as_u64().unwrap(), row[0].as_str().unwrap().to_owned()))
        .collect();
    let types = Arc::new(types);
    let condition = |event: &EventRecord, filter: &PropertyFilter| {
        if filter.property_type != PropertyType::Group {
            return matches(property(event, &filter.key), filter);
        }
        let group_type = &types[&u64::from(filter.group_type_index.unwrap())];
        let of_event: Option<Map<String, Value>> =
            property(event, "$groups").map(|groups| serde_json::from_str(groups.as_str().unwrap()).unwrap());
        let key = of_event.and_then(|groups| Some(groups.get(group_type)?.as_str()?.to_owned()));
        let known = key.and_then(|key| groups.get(&(group_type.clone(), key)));
        matches(known.and_then(|known| known.get(&filter.key).cloned()), filter)
    };
    let run = runner(43).run(&prop::collection::vec(group(), 1..3), |mut groups| {
        // The property `ratio` is one of teams, whatever index they have.
        let team = *types.iter().find(|(_, name)| *name == "team").unwrap().0;
        let text = json!(groups).to_string().replace(
            r#""group_type_index":1,"key":"ratio""#,
            &format!(r#""group_type_index":{team},"key":"ratio""#),
        );
        groups = serde_json::from_str(&text).unwrap();
        let query = json!({
            "series": [{"event": "order"}], "properties": groups, "dateRange": {"date_from": "all"},
            "trendsFilter": {"display": "BoldNumber"},
        });
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        let wanted: FilterGroup = query.properties.clone();
        let orders = all.iter().filter(|event| event.event == "order");
        let count = orders
            .filter(|event| all_of(&wanted, &|filter| condition(event, filter)))
            .count();
        let answer = runtime.block_on(engine.trends(&project(), &query, &clock(), &Progress::ignore()));
        let answer = json!(answer.unwrap_or_else(|error| panic!("{text}: {}", error.chain())));
        prop_assert_eq!(&answer["results"][0]["aggregated_value"], &json!(count));
        Ok(())
    });
    run.unwrap();
}

#[tokio::test]
async fn a_type_of_groups_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), events(), clock()).await;
    let refused = async |filter: Value| {
        let query = json!({"series": [{}], "properties": [filter], "dateRange": {"date_from": "all"}});
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        let answer = engine.trends(&project(), &query, &clock(), &Progress::ignore()).await;
        let error = answer.unwrap_err();
        format!("{}; {}", error.message(), error.hint().unwrap_or_default())
    };
    let none = refused(json!({"type": "group", "key": "plan", "value": "pro"})).await;
    assert!(
        none.contains("does not say of which type of groups") && none.contains("company"),
        "{none}"
    );
    let unknown = refused(json!({"type": "group", "key": "plan", "value": "pro", "group_type_index": 4})).await;
    assert!(unknown.contains("of the type 4, which there is not"), "{unknown}");
    let key = refused(json!({"type": "group", "key": "plam", "value": "pro", "group_type_index": 0})).await;
    assert!(key.contains("plan"), "{key}");
}
