//! Lifecycle and stickiness against oracles that walk over each person's events, and what they and retention refuse.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Timelike, Utc};
use hedgerow_data_api::{
    Clock, EventRecord, EventsNode, Interval, LifecycleQuery, Progress, PropertyValue, Provenance, QueryEngine,
    StickinessQuery, TypedQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{engine_of, project, runner};
use crate::oracle::holds;

const NAMES: [&str; 3] = ["$pageview", "sign up", "pay"];

pub(crate) fn now() -> DateTime<Utc> {
    "2012-03-20T10:30:00Z".parse().unwrap()
}

pub(crate) fn clock() -> Clock {
    Clock::fixed(now())
}

/// Sixty visitors over three months with a leap day, from some minutes to weeks between what each does, many events at
/// the same instant, at the very borders of days, and without a profile.
pub(crate) fn events() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2012-01-10T00:00:00Z".parse().unwrap();
    let event = |n: u64| {
        let mut noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 29;
        let mut next = |below: u64| {
            let digit = noise % below;
            noise /= below;
            digit
        };
        let visitor = next(60);
        // Some are there for the whole time, others for days.
        let days = if visitor % 3 == 0 { 80 } else { 12 };
        let instant = match next(4) {
            0 => Duration::days(next(days) as i64),
            1 => Duration::days(1 + next(days) as i64) - Duration::microseconds(1),
            _ => Duration::hours(next(days * 24) as i64),
        };
        let mut properties = vec![("amount".into(), PropertyValue::Integer(next(5) as i64))];
        if next(3) > 0 {
            let plan = ["free", "pro"][next(2) as usize];
            properties.push(("plan".into(), PropertyValue::Text(plan.to_owned())));
        }
        if !n.is_multiple_of(4) {
            properties.push(("price".into(), PropertyValue::Double((n % 7) as f64 / 4.0)));
        }
        if visitor % 7 == 0 || next(9) == 0 {
            properties.push(("$process_person_profile".into(), PropertyValue::Boolean(false)));
        } else if let Some(set) = of_person(visitor) {
            properties.push(("$set".into(), PropertyValue::Json(set.to_string())));
        }
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: NAMES[next(3) as usize].to_owned(),
            timestamp: start + Duration::days((visitor % 20) as i64) + instant,
            distinct_id: format!("visitor {visitor}"),
            session_id: None,
            properties,
        }
    };
    (0..900).map(event).collect()
}

/// What is known of a visitor who is a person.
pub(crate) fn of_person(visitor: u64) -> Option<Value> {
    let team = ["red", "blue", "green"][(visitor % 3) as usize];
    (!visitor.is_multiple_of(7)).then(|| json!({"team": team, "seats": visitor % 6}))
}

pub(crate) async fn engine(folder: &std::path::Path) -> Engine {
    engine_of(folder, events(), clock()).await
}

/// The start of the interval that holds a time.
pub(crate) fn start_of(interval: Interval, time: DateTime<Utc>) -> DateTime<Utc> {
    let midnight = |date: NaiveDate| date.and_hms_opt(0, 0, 0).unwrap().and_utc();
    match interval {
        Interval::Hour => midnight(time.date_naive()) + Duration::hours(i64::from(time.hour())),
        Interval::Day => midnight(time.date_naive()),
        Interval::Week => {
            let back = time.date_naive().weekday().num_days_from_sunday();
            midnight(time.date_naive()) - Duration::days(i64::from(back))
        }
        Interval::Month => midnight(time.date_naive().with_day(1).unwrap()),
    }
}

/// The start of the interval so many later.
pub(crate) fn later(interval: Interval, start: DateTime<Utc>, count: u32) -> DateTime<Utc> {
    match interval {
        Interval::Hour => start + Duration::hours(i64::from(count)),
        Interval::Day => start + Duration::days(i64::from(count)),
        Interval::Week => start + Duration::days(7 * i64::from(count)),
        Interval::Month => start + Months::new(count),
    }
}

pub(crate) fn is_of(node: &EventsNode, event: &EventRecord) -> bool {
    node.event.as_ref().is_none_or(|name| *name == event.event) && holds(event, &node.properties)
}

pub(crate) fn by_visitor(events: &[EventRecord]) -> BTreeMap<&str, Vec<&EventRecord>> {
    let mut visitors: BTreeMap<&str, Vec<&EventRecord>> = BTreeMap::new();
    for event in events {
        visitors.entry(&event.distinct_id).or_default().push(event);
    }
    visitors
}

pub(crate) fn range_of(provenance: &Provenance) -> (DateTime<Utc>, DateTime<Utc>) {
    let range = provenance.range.as_ref().unwrap();
    (range.date_from.parse().unwrap(), range.date_to.parse().unwrap())
}

/// For each status the persons of each interval.
fn lifecycle(query: &LifecycleQuery, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> BTreeMap<String, Vec<i64>> {
    let (interval, node) = (query.interval, &query.series[0]);
    let all = events();
    let has_profile = |event: &EventRecord| {
        !event
            .properties
            .iter()
            .any(|(key, value)| key == "$process_person_profile" && *value == PropertyValue::Boolean(false))
    };
    let mut statuses: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut start = start_of(interval, from);
    while start <= to {
        let mut counts = BTreeMap::from([("new", 0), ("returning", 0), ("resurrecting", 0), ("dormant", 0)]);
        for events in by_visitor(&all).values() {
            let created = events
                .iter()
                .filter(|event| has_profile(event))
                .map(|event| event.timestamp)
                .min();
            let active = |begin: DateTime<Utc>, end: DateTime<Utc>| {
                events.iter().any(|event| {
                    event.timestamp >= begin
                        && event.timestamp < end
                        && has_profile(event)
                        && is_of(node, event)
                        && holds(event, &query.properties)
                })
            };
            let end = later(interval, start, 1).min(to + Duration::microseconds(1));
            let before = start_of(interval, start - Duration::microseconds(1));
            let is_new = created.is_some_and(|created| start_of(interval, created) == start);
            let status = match (
                active(start.max(from), end),
                active(
                    before.max(if before >= start_of(interval, from) {
                        from
                    } else {
                        before
                    }),
                    start,
                ),
            ) {
                (true, _) if is_new => "new",
                (true, true) => "returning",
                (true, false) => "resurrecting",
                (false, true) => "dormant",
                (false, false) => continue,
            };
            *counts.get_mut(status).unwrap() += if status == "dormant" { -1 } else { 1 };
        }
        for (status, count) in counts {
            statuses.entry(status.to_owned()).or_default().push(count);
        }
        start = later(interval, start, 1);
    }
    statuses
}

/// For each series the persons of each number of intervals.
fn stickiness(query: &StickinessQuery, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Vec<Vec<u64>> {
    let filter = serde_json::to_value(query.stickiness_filter).unwrap();
    let mut starts = vec![start_of(query.interval, from)];
    while later(query.interval, *starts.last().unwrap(), 1) <= to {
        starts.push(later(query.interval, *starts.last().unwrap(), 1));
    }
    let starts: Vec<_> = starts.into_iter().step_by(query.interval_count as usize).collect();
    let all = events();
    let visitors = by_visitor(&all);
    let line = |node: &EventsNode| {
        let mut counts = vec![0; starts.len()];
        for events in visitors.values() {
            let mut times: BTreeMap<DateTime<Utc>, u64> = BTreeMap::new();
            for event in events
                .iter()
                .filter(|event| event.timestamp >= from && event.timestamp <= to)
            {
                if is_of(node, event) && holds(event, &query.properties) {
                    let start = starts.iter().rfind(|start| **start <= event.timestamp).unwrap();
                    *times.entry(*start).or_default() += 1;
                }
            }
            let criteria = filter.get("stickinessCriteria");
            let counts_here = |times: &&u64| {
                criteria.is_none_or(|criteria| {
                    let value = criteria["value"].as_u64().unwrap();
                    match criteria["operator"].as_str().unwrap() {
                        "gte" => **times >= value,
                        "lte" => **times <= value,
                        _ => **times == value,
                    }
                })
            };
            let number = times.values().filter(counts_here).count();
            for (place, count) in counts.iter_mut().enumerate() {
                let exact = place + 1 == number;
                let at_least = filter["computedAs"] == "cumulative" && place < number;
                *count += u64::from(exact || at_least);
            }
        }
        counts
    };
    query.series.iter().map(line).collect()
}

pub(crate) fn filter() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => Just(json!([])),
        1 => Just(json!([{"key": "plan", "value": "pro"}])),
        1 => Just(json!([{"key": "plan", "operator": "is_not", "value": "free"}])),
        1 => (0..4i64).prop_map(|amount| json!([{"key": "amount", "operator": "gt", "value": amount}])),
    ]
}

pub(crate) fn name() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (0..3usize).prop_map(|name| json!(NAMES[name])),
        1 => Just(Value::Null),
    ]
}

pub(crate) fn range() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"date_from": "all"})),
        Just(json!({"date_from": "2012-02-05", "date_to": "2012-02-25"})),
        Just(json!({"date_from": "2012-02-27", "date_to": "2012-03-02"})),
        Just(json!({"date_from": "2012-02-15T06:30:00Z", "date_to": "2012-03-01T17:00:00Z"})),
        Just(json!({"date_from": "-30d"})),
    ]
}

pub(crate) fn node() -> impl Strategy<Value = Value> {
    (name(), filter()).prop_map(|(event, properties)| json!({"event": event, "properties": properties}))
}

fn interval() -> impl Strategy<Value = &'static str> {
    prop_oneof![1 => Just("hour"), 4 => Just("day"), 4 => Just("week"), 2 => Just("month")]
}

pub(crate) fn lifecycle_query() -> impl Strategy<Value = LifecycleQuery> {
    (node(), interval(), range(), filter()).prop_map(|(node, interval, range, properties)| {
        serde_json::from_value(json!({
            "kind": "LifecycleQuery", "series": [node], "interval": interval, "dateRange": range,
            "properties": properties,
        }))
        .unwrap()
    })
}

pub(crate) fn stickiness_query() -> impl Strategy<Value = StickinessQuery> {
    let criteria = prop_oneof![
        2 => Just(Value::Null),
        1 => (prop_oneof![Just("gte"), Just("lte"), Just("exact")], 1..4u32)
            .prop_map(|(operator, value)| json!({"operator": operator, "value": value})),
    ];
    let computed = prop_oneof![Just("non_cumulative"), Just("cumulative")];
    let nodes = prop::collection::vec(node(), 1..3);
    (nodes, interval(), 1..4u32, range(), filter(), criteria, computed).prop_map(
        |(series, interval, units, range, properties, criteria, computed)| {
            let mut filter = json!({"computedAs": computed});
            if !criteria.is_null() {
                filter["stickinessCriteria"] = criteria;
            }
            serde_json::from_value(json!({
                "kind": "StickinessQuery", "series": series, "interval": interval, "intervalCount": units,
                "dateRange": range, "properties": properties, "stickinessFilter": filter,
            }))
            .unwrap()
        },
    )
}

/// Checks queries against their oracle, the same ones each time.
pub(crate) fn check<Q: std::fmt::Debug>(
    queries: impl Strategy<Value = Q>,
    agrees: impl Fn(&Engine, &tokio::runtime::Runtime, &Q) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = runtime.block_on(engine(folder.path()));
    let mut runner = runner(5);
    runner.run(&queries, |query| agrees(&engine, &runtime, &query)).unwrap();
}

#[test]
fn lifecycles_agree_with_the_oracle() {
    check(lifecycle_query(), |engine, runtime, query| {
        let answer = runtime.block_on(engine.lifecycle(&project(), query, &clock(), &Progress::ignore()));
        let answer = answer.unwrap();
        let found = answer
            .results
            .iter()
            .map(|line| (line.status.as_str().to_owned(), line.data.clone()));
        let wanted = lifecycle(query, range_of(&answer.provenance));
        prop_assert_eq!(
            found.collect::<BTreeMap<_, _>>(),
            wanted,
            "{}",
            serde_json::to_string(query).unwrap()
        );
        Ok(())
    });
}

#[test]
fn stickiness_agrees_with_the_oracle() {
    check(stickiness_query(), |engine, runtime, query| {
        let answer = runtime.block_on(engine.stickiness(&project(), query, &clock(), &Progress::ignore()));
        let answer = answer.unwrap();
        let found: Vec<Vec<u64>> = answer.results.iter().map(|line| line.data.clone()).collect();
        let wanted = stickiness(query, range_of(&answer.provenance));
        prop_assert_eq!(found, wanted, "{}", serde_json::to_string(query).unwrap());
        Ok(())
    });
}

async fn run(engine: &Engine, query: Value) -> Result<(Value, String), String> {
    let query: TypedQuery = serde_json::from_value(query).map_err(|error| error.to_string())?;
    let (project, clock, progress) = (project(), clock(), Progress::ignore());
    let answer = match &query {
        TypedQuery::Retention(query) => engine
            .retention(&project, query, &clock, &progress)
            .await
            .map(|answer| json!(answer)),
        TypedQuery::Lifecycle(query) => engine
            .lifecycle(&project, query, &clock, &progress)
            .await
            .map(|answer| json!(answer)),
        TypedQuery::Stickiness(query) => engine
            .stickiness(&project, query, &clock, &progress)
            .await
            .map(|answer| json!(answer)),
        other => panic!("no case has {other:?}"),
    };
    let answer = answer.map_err(|error| error.message().to_owned())?;
    let plan = engine.plan(&project, &query, &clock).await;
    Ok((answer, plan.map_err(|error| error.message().to_owned())?))
}

#[tokio::test]
async fn what_can_t_be_counted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let retention = |filter: Value| json!({"kind": "RetentionQuery", "dateRange": {"date_from": "-30d"}, "retentionFilter": filter});
    let by = |filter: Value| json!({"kind": "RetentionQuery", "dateRange": {"date_from": "-30d"}, "breakdownFilter": filter});
    let stickiness = |series: Value, filter: Value| {
        json!({
            "kind": "StickinessQuery", "dateRange": {"date_from": "-30d"}, "series": series, "stickinessFilter": filter,
        })
    };
    let lifecycle =
        |series: Value| json!({"kind": "LifecycleQuery", "dateRange": {"date_from": "-30d"}, "series": series});
    let cases = [
        (
            retention(json!({"totalIntervals": 0})),
            "totalIntervals goes from 1 to 400, not 0",
        ),
        (
            retention(json!({"totalIntervals": 401})),
            "totalIntervals goes from 1 to 400, not 401",
        ),
        (
            retention(json!({"minimumOccurrences": 0})),
            "minimumOccurrences counts from 1 on",
        ),
        (
            retention(json!({"totalIntervals": 3, "retentionCustomBrackets": [1]})),
            "both say how long a row is",
        ),
        (
            retention(json!({"retentionCustomBrackets": [1, 0]})),
            "1 interval or more each",
        ),
        (
            retention(json!({"targetEntity": {"id": "sign in"}})),
            "unknown event \"sign in\"",
        ),
        (
            retention(json!({"aggregationType": "sum"})),
            "the aggregationType sum needs an aggregationProperty",
        ),
        (
            retention(json!({"aggregationType": "avg", "aggregationProperty": "amount"})),
            "\"amount\" needs an aggregationPropertyType",
        ),
        (
            retention(json!({"aggregationProperty": "amount", "aggregationPropertyType": "event"})),
            "have no meaning for the aggregationType count",
        ),
        (
            retention(json!({
                "aggregationType": "sum", "aggregationProperty": "plan", "aggregationPropertyType": "event",
            })),
            "the aggregationProperty \"plan\" holds texts, and sum needs numbers",
        ),
        (
            retention(json!({
                "aggregationType": "avg", "aggregationProperty": "team", "aggregationPropertyType": "person",
            })),
            "the aggregationProperty \"team\" holds texts",
        ),
        (
            retention(json!({
                "aggregationType": "avg", "aggregationProperty": "amuont", "aggregationPropertyType": "event", // typos: on purpose
            })),
            "unknown property \"amuont\"", // typos: on purpose
        ),
        (
            retention(json!({
                "aggregationType": "avg", "aggregationProperty": "seat", "aggregationPropertyType": "person",
            })),
            "unknown property of persons \"seat\"",
        ),
        (
            by(json!({"breakdown": "amount", "breakdown_histogram_bin_count": 3})),
            "a breakdown of retention has no bins",
        ),
        (
            by(json!({"breakdown": "plan", "breakdown_limit": 0})),
            "breakdown_limit goes from 1 to 1000",
        ),
        (by(json!({})), "a breakdown is by 1 to 3 properties, not by 0"),
        (lifecycle(json!([])), "a lifecycle has one series, this one has 0"),
        (lifecycle(json!([{"event": "pay"}, {"event": "pay"}])), "this one has 2"),
        (
            lifecycle(json!([{"event": "pay", "math": "dau"}])),
            "series 1 has the math dau, and a lifecycle counts persons",
        ),
        (stickiness(json!([]), json!({})), "has 1 to 26 series, this one has 0"),
        (
            stickiness(
                json!([{"event": "pay"}]),
                json!({"stickinessCriteria": {"operator": "gte", "value": 0}}),
            ),
            "counts from 1 on",
        ),
        (
            json!({"kind": "StickinessQuery", "series": [{"event": "pay"}], "dateRange": {"date_from": "2013-01-01", "date_to": "2013-01-05"}}),
            "there is no data from 2013-01-01",
        ),
    ];
    for (query, said) in cases {
        let error = run(&engine, query.clone()).await.unwrap_err();
        assert!(error.contains(said), "{query}: {error}");
    }
}

#[tokio::test]
async fn an_answer_says_how_it_counted_and_its_plan_can_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let pay = json!({"event": "pay", "properties": [{"key": "amount", "operator": "gt", "value": 50}]});
    let cases = [
        json!({
            "kind": "RetentionQuery", "retentionFilter": {
                "period": "Week", "totalIntervals": 3, "retentionType": "retention_first_time", "minimumOccurrences": 2,
                "targetEntity": {"id": "pay", "properties": pay["properties"]}, "returningEntity": {"id": null},
            },
        }),
        json!({"kind": "LifecycleQuery", "interval": "week", "dateRange": {"date_from": "2012-03-04"}, "series": [pay]}),
        json!({
            "kind": "StickinessQuery", "series": [pay], "dateRange": {"date_from": "-9d"}, "intervalCount": 7,
            "stickinessFilter": {"stickinessCriteria": {"operator": "lte", "value": 2}},
        }),
    ];
    let functions = BTreeSet::from(["interval_set(", "tally(", "interval_index("]);
    let mut shown = Vec::new();
    for query in cases {
        let (mut answer, plan) = run(&engine, query).await.unwrap();
        assert!(functions.iter().all(|name| plan.contains(name)), "{plan}");
        for changing in ["query_id", "plan_hash", "snapshot_id", "elapsed_ms", "rows_read"] {
            answer["provenance"].as_object_mut().unwrap().remove(changing);
        }
        shown.push(answer);
    }
    insta::assert_snapshot!("said_of_activity", serde_json::to_string_pretty(&shown).unwrap());
}
