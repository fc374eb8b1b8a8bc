//! Cohorts by what persons did, against a model that looks at the events of each person one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Months, Utc};
use hedgerow_data_api::{
    Behavior, BehaviorUnit, CohortDefinition, EventRecord, Operator, Progress, PropertyFilter, PropertyType,
    PropertyValue, QueryEngine, SqlQuery, TrendsQuery,
};
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, engine_of, project, seeded};
use crate::oracle::{all_of, matches, property};

const NAMES: [&str; 3] = ["view", "order", "refund"];

/// Events of 26 visitors in the last weeks, at half hours, so that many lie just at the ends of stretches or at the same
/// instant; some come after the moment of the question, and some visitors are no persons.
fn events() -> Vec<EventRecord> {
    let make = |n: u64| {
        let noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        let visitor = noise % 26;
        // Some are seldom there, so that there are those who came back.
        let half_hours = match visitor % 4 {
            0 => (noise >> 5) % 48,
            1 => (noise >> 5) % 2_400,
            2 => 300 + (noise >> 5) % 900,
            _ => (noise >> 5) % 9 * 336,
        };
        let mut properties = vec![("amount".into(), PropertyValue::Integer(((noise >> 3) % 30) as i64))];
        if visitor.is_multiple_of(7) {
            properties.push(("$process_person_profile".into(), PropertyValue::Boolean(false)));
        } else if noise.is_multiple_of(3) {
            let plan = ["free", "pro"][(visitor % 2) as usize];
            properties.push(("$set".into(), PropertyValue::Json(json!({ "plan": plan }).to_string())));
        }
        let late = n.is_multiple_of(41);
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: NAMES[((noise >> 7) % 3) as usize].to_owned(),
            timestamp: clock().now() - Duration::minutes(if late { -60 } else { half_hours as i64 * 30 }),
            distinct_id: format!("visitor {visitor}"),
            session_id: None,
            properties,
        }
    };
    (0..420).map(make).collect()
}

fn shifted(time: DateTime<Utc>, count: i64, unit: BehaviorUnit) -> DateTime<Utc> {
    let months = |count: i64| {
        let size = Months::new(u32::try_from(count.abs()).unwrap());
        if count < 0 { time - size } else { time + size }
    };
    match unit {
        BehaviorUnit::Minute => time + Duration::minutes(count),
        BehaviorUnit::Hour => time + Duration::hours(count),
        BehaviorUnit::Day => time + Duration::days(count),
        BehaviorUnit::Week => time + Duration::days(7 * count),
        BehaviorUnit::Month => months(count),
        BehaviorUnit::Year => months(12 * count),
    }
}

/// Whether a behaviour holds of somebody with some events.
fn behaves(filter: &PropertyFilter, events: &[&EventRecord]) -> bool {
    let behavior: &Behavior = filter.behavior.as_deref().unwrap();
    let now = clock().now();
    let is_first = |event: &&&EventRecord| {
        event.event == filter.key && crate::oracle::holds(event, &behavior.event_filters) && event.timestamp <= now
    };
    let times: Vec<DateTime<Utc>> = events.iter().filter(is_first).map(|event| event.timestamp).collect();
    let (value, unit) = (i64::from(behavior.time_value.unwrap()), behavior.time_interval.unwrap());
    let from = shifted(now, -value, unit);
    let last = behavior
        .seq_time_value
        .map(|value| shifted(now, -i64::from(value), behavior.seq_time_interval.unwrap()));
    let within = |after: DateTime<Utc>, until: DateTime<Utc>| {
        times.iter().filter(|time| **time > after && **time <= until).count() as u64
    };
    let fits = |count: u64| match filter.operator {
        Operator::Gte => count >= behavior.operator_value.unwrap(),
        Operator::Lte => count <= behavior.operator_value.unwrap(),
        _ => count == behavior.operator_value.unwrap(),
    };
    let before = |time: DateTime<Utc>| times.iter().filter(|at| **at <= time).count();
    let found = match filter.value.as_ref().unwrap().as_str().unwrap() {
        "performed_event" => within(from, now) > 0,
        "performed_event_multiple" => fits(within(from, now)),
        "performed_event_first_time" => times.iter().min().is_some_and(|first| *first > from),
        "performed_event_sequence" => {
            let length = i64::from(behavior.seq_time_value.unwrap());
            let unit = behavior.seq_time_interval.unwrap();
            let follows = |first: &DateTime<Utc>| {
                events.iter().any(|event| {
                    Some(&event.event) == behavior.seq_event.as_ref()
                        && event.timestamp > *first
                        && event.timestamp <= now
                        && event.timestamp <= shifted(*first, length, unit)
                })
            };
            times.iter().filter(|time| **time > from).any(follows)
        }
        "performed_event_regularly" => {
            let periods = (0..i64::from(behavior.total_periods.unwrap())).filter(|period| {
                let (after, until) = (
                    shifted(now, -value * (period + 1), unit),
                    shifted(now, -value * period, unit),
                );
                within(after, until) > 0 && fits(within(after, until))
            });
            periods.count() as u32 >= behavior.min_periods.unwrap()
        }
        "stopped_performing_event" => within(from, last.unwrap()) > 0 && within(last.unwrap(), now) == 0,
        "restarted_performing_event" => {
            within(last.unwrap(), now) > 0 && within(from, last.unwrap()) == 0 && before(from) > 0
        }
        other => unreachable!("{other}"),
    };
    found != behavior.negation
}

fn behavior() -> impl Strategy<Value = Value> {
    let unit = prop_oneof![Just("hour"), Just("day"), Just("week"), Just("month")];
    let kinds = [
        "performed_event",
        "performed_event_multiple",
        "performed_event_first_time",
        "performed_event_sequence",
        "performed_event_regularly",
        "stopped_performing_event",
        "restarted_performing_event",
    ];
    let operators = prop::sample::select(vec!["gte", "lte", "exact"]);
    let filters = prop_oneof![
        2 => Just(json!([])),
        1 => (0..20i64).prop_map(|n| json!([{"key": "amount", "operator": "gte", "value": n}])),
    ];
    let numbers = (1..40u32, 1..6u32, 1..5u32);
    let shape = (prop::sample::select(kinds.to_vec()), 0..3usize, 0..3usize, operators);
    (shape, (unit.clone(), unit), numbers, filters, any::<bool>()).prop_map(
        |((kind, name, next, operator), (unit, next_unit), (value, times, periods), filters, negation)| {
            let mut filter = json!({
                "type": "behavioral", "key": NAMES[name], "value": kind, "time_value": value, "time_interval": unit,
                "event_filters": filters, "negation": negation,
            });
            let mut add = |fields: Value| {
                for (key, value) in fields.as_object().unwrap() {
                    filter[key] = value.clone();
                }
            };
            match kind {
                "performed_event_multiple" => add(json!({"operator": operator, "operator_value": times - 1})),
                "performed_event_sequence" => {
                    let length = if next_unit == "month" { 1 } else { times };
                    add(json!({"seq_event": NAMES[next], "seq_time_value": length, "seq_time_interval": next_unit}));
                }
                "performed_event_regularly" => add(json!({
                    "operator": operator, "operator_value": times, "total_periods": periods + 1, "min_periods": periods,
                    "time_value": times,
                })),
                // The last stretch is the shorter one.
                "stopped_performing_event" | "restarted_performing_event" => {
                    add(json!({"time_value": value + 1, "seq_time_value": value.div_ceil(2), "seq_time_interval": unit}));
                }
                _ => {}
            }
            filter
        },
    )
}

fn group() -> impl Strategy<Value = Value> {
    let person = prop_oneof![
        Just(json!({"type": "person", "key": "plan", "value": "pro"})),
        Just(json!({"type": "person", "key": "plan", "operator": "is_not", "value": "pro"})),
    ];
    prop_oneof![4 => behavior(), 1 => person].prop_recursive(2, 4, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    })
}

async fn rows(engine: &Engine, query: &str) -> Vec<Vec<Value>> {
    let query = SqlQuery {
        query: query.to_owned(),
        limit: Some(1_000),
        ..SqlQuery::default()
    };
    engine
        .sql(&project(), &query, &clock(), &Progress::ignore())
        .await
        .unwrap()
        .rows
}

#[test]
fn what_persons_did_agrees_with_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = events();
    let defined = Arc::new(FakeDefinitions::default());
    let engine = runtime.block_on(engine_of(folder.path(), all.clone(), clock()));
    let engine = engine.with_definitions(defined.clone());
    let persons = runtime.block_on(rows(
        &engine,
        "SELECT distinct_id, persons.person_id, properties.plan FROM person_distinct_ids JOIN persons ON \
         persons.person_key = person_distinct_ids.person_key",
    ));
    assert!(persons.len() > 15 && persons.len() < 26, "{}", persons.len());
    let mut of_persons: BTreeMap<&str, Vec<&EventRecord>> = BTreeMap::new();
    for event in &all {
        of_persons.entry(&event.distinct_id).or_default().push(event);
    }
    let sizes = std::cell::RefCell::new(BTreeSet::new());
    let cases = if crate::events::is_full() { 1_000 } else { 150 };
    let run = seeded(83, cases).run(&prop::collection::vec(group(), 1..3), |groups| {
        let body = json!({ "filters": groups });
        let cohort: CohortDefinition = serde_json::from_value(body.clone()).unwrap();
        // What is kept is read again as it was.
        prop_assert_eq!(
            &serde_json::from_value::<CohortDefinition>(json!(cohort)).unwrap(),
            &cohort
        );
        let is_in = |row: &&Vec<Value>| {
            let events = of_persons
                .get(row[0].as_str().unwrap())
                .map(Vec::as_slice)
                .unwrap_or_default();
            all_of(&cohort.filters, &|filter| match filter.property_type {
                PropertyType::Behavioral => behaves(filter, events),
                _ => matches(Some(row[2].clone()).filter(|plan| !plan.is_null()), filter),
            })
        };
        let wanted: BTreeSet<String> = persons
            .iter()
            .filter(is_in)
            .map(|row| row[1].as_str().unwrap().to_owned())
            .collect();
        let members = runtime.block_on(engine.cohort(&project(), &cohort, usize::MAX, &clock()));
        let members = members.unwrap_or_else(|error| panic!("{body}: {}", error.chain()));
        let found: BTreeSet<String> = members
            .first
            .iter()
            .map(|member| member.person_id.to_string())
            .collect();
        prop_assert_eq!(&found, &wanted, "{}", body);
        prop_assert_eq!(members.persons as usize, wanted.len());
        sizes.borrow_mut().insert(wanted.len());
        Ok(())
    });
    run.unwrap();
    assert!(sizes.borrow().len() > 10, "{sizes:?}");
    // In a query, and as a condition of another cohort.
    defined.define_cohort(
        "Buyers",
        json!({"filters": [
        {"type": "behavioral", "key": "order", "value": "performed_event", "time_value": 2, "time_interval": "week"}]}),
    );
    let nested = json!({"type": "cohort", "key": "id", "value": "Buyers", "operator": "not_in"});
    defined.define_cohort("Others", json!({"filters": [nested]}));
    let count = |name: &str| {
        let filter = json!({"type": "cohort", "key": "id", "value": name, "operator": "in"});
        let query = json!({"series": [{"math": "dau"}], "properties": [filter], "dateRange": {"date_from": "all"},
            "trendsFilter": {"display": "BoldNumber"}});
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        let answer = runtime.block_on(engine.trends(&project(), &query, &clock(), &Progress::ignore()));
        let answer = json!(answer.unwrap_or_else(|error| panic!("{}", error.chain())));
        assert!(answer["provenance"]["definitions"].to_string().contains("Buyers"));
        answer["results"][0]["aggregated_value"].as_u64().unwrap()
    };
    let (buyers, others) = (count("Buyers"), count("Others"));
    assert!(buyers > 0 && others > 0);
    assert_eq!((buyers + others) as usize, persons.len());
    assert_eq!(property(&all[0], "none"), None);
}

#[tokio::test]
async fn behaviours_that_say_too_little_or_too_much_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), events(), clock()).await;
    let base = json!({"type": "behavioral", "key": "order", "value": "performed_event", "time_value": 30, "time_interval": "day"});
    let with = |fields: Value| {
        let mut filter = base.clone();
        for (key, value) in fields.as_object().unwrap() {
            filter[key] = value.clone();
        }
        filter
    };
    let cases = [
        (
            with(json!({"value": "performed_evnt"})),
            "unknown behaviour \"performed_evnt\"",
        ),
        (with(json!({"value": null})), "says nothing of it"),
        (with(json!({"key": "ordr"})), "unknown event \"ordr\""),
        (with(json!({"time_value": null})), "lacks its time_value"),
        (with(json!({"time_value": 0})), "reaches back too far, or not at all"),
        (
            with(json!({"time_value": 900_000, "time_interval": "year"})),
            "reaches back too far",
        ),
        (
            with(json!({"operator_value": 3})),
            "has a operator_value, which has no meaning for performed_event",
        ),
        (with(json!({"operator": "gte"})), "has the operator gte"),
        (
            with(json!({"value": "performed_event_multiple", "operator": "gte"})),
            "lacks its operator_value",
        ),
        (
            with(json!({"value": "performed_event_multiple", "operator": "gt", "operator_value": 2})),
            "has the operator gt",
        ),
        (
            with(json!({"value": "performed_event_sequence"})),
            "lacks its seq_event",
        ),
        (
            with(
                json!({"value": "performed_event_sequence", "seq_event": "vew", "seq_time_value": 1, "seq_time_interval": "day"}),
            ),
            "unknown event \"vew\"",
        ),
        (
            with(json!({"value": "stopped_performing_event", "seq_time_value": 5, "seq_time_interval": "week"})),
            "has a last stretch that is as long as all of it",
        ),
        (
            with(
                json!({"value": "performed_event_regularly", "operator_value": 1, "total_periods": 3, "min_periods": 4}),
            ),
            "asks for 4 of 3 periods",
        ),
        (
            with(
                json!({"value": "performed_event_regularly", "operator_value": 0, "total_periods": 3, "min_periods": 1}),
            ),
            "counts periods in which nothing happens",
        ),
        (
            with(json!({"event_filters": [{"type": "person", "key": "plan", "value": "pro"}]})),
            "is of type person",
        ),
        (
            with(json!({"event_filters": [{"key": "amuont", "value": 1}]})),
            "unknown property \"amuont\"",
        ),
    ];
    for (filter, wanted) in cases {
        let cohort: CohortDefinition = serde_json::from_value(json!({ "filters": [filter] })).unwrap();
        let error = engine.cohort(&project(), &cohort, 1, &clock()).await.unwrap_err();
        assert!(error.message().contains(wanted), "{filter}: {}", error.message());
        assert!(error.hint().is_some(), "{filter}");
    }
    let query: TrendsQuery = serde_json::from_value(json!({"series": [{}], "properties": [base]})).unwrap();
    let error = engine
        .trends(&project(), &query, &clock(), &Progress::ignore())
        .await
        .unwrap_err();
    assert!(
        error.message().contains("is a condition of cohorts"),
        "{}",
        error.message()
    );
    let actions = serde_json::from_value::<PropertyFilter>(with(json!({"event_type": "actions"}))).unwrap_err();
    assert!(actions.to_string().contains("actions"), "{actions}");
}
