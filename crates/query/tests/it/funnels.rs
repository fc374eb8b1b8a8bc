//! Funnels against an oracle that tries every way through the steps, and what they refuse.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Months, Utc};
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, EventRecord, EventsQuery, FunnelsQuery, PropertyValue, QueryEngine, TypedQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, engine_of, project, runner};
use crate::oracle::{holds, property};

const NAMES: [&str; 4] = ["$pageview", "sign up", "invite", "pay"];

/// Forty visitors with about a dozen events each, many of them at the same instant, over the end of a leap February.
fn events() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2012-02-27T21:00:00Z".parse().unwrap();
    let event = |n: u64| {
        let noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        let mut properties = vec![("amount".into(), PropertyValue::Integer((noise % 5) as i64))];
        if !noise.is_multiple_of(3) {
            let plan = ["free", "pro"][(noise / 5 % 2) as usize];
            properties.push(("plan".into(), PropertyValue::Text(plan.to_owned())));
        }
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: NAMES[(noise % 4) as usize].to_owned(),
            // Few instants a visitor, so that several events share one.
            timestamp: start + Duration::hours((noise / 7 % 90) as i64),
            distinct_id: format!("visitor {}", n % 40),
            session_id: None,
            properties,
        }
    };
    (0..480).map(event).collect()
}

async fn engine(folder: &std::path::Path) -> Engine {
    engine_of(folder, events(), clock()).await
}

/// What a query wants, as the oracle understands it.
struct Wanted<'a> {
    query: &'a FunnelsQuery,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Wanted<'_> {
    fn is_step(&self, step: usize, event: &EventRecord) -> bool {
        let node = &self.query.series[step];
        node.event.as_ref().is_none_or(|name| *name == event.event) && holds(event, &node.properties)
    }

    fn window_end(&self, start: DateTime<Utc>) -> DateTime<Utc> {
        let filter = serde_json::to_value(self.query.funnels_filter).unwrap();
        let units = self.query.funnels_filter.funnel_window_interval;
        let many = i64::from(units);
        match filter["funnelWindowIntervalUnit"].as_str().unwrap() {
            "hour" => start + Duration::hours(many),
            "day" => start + Duration::days(many),
            "month" => start + Months::new(units),
            other => panic!("no case has {other}"),
        }
    }

    /// The times of the best way of one visitor; events in any order.
    fn best(&self, events: &[&EventRecord]) -> Vec<DateTime<Utc>> {
        let is_strict = serde_json::to_value(self.query.funnels_filter).unwrap()["funnelOrderType"] == "strict";
        let mut ways: Vec<Vec<usize>> = vec![vec![]];
        let mut best: Vec<DateTime<Utc>> = Vec::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in &ways {
                let last = way.last().map(|at| events[*at].timestamp);
                for (at, event) in events.iter().enumerate() {
                    let comes_after = last.is_none_or(|last| last <= event.timestamp);
                    let in_window = way
                        .first()
                        .is_none_or(|first| event.timestamp <= self.window_end(events[*first].timestamp));
                    let is_between = |other: &&&EventRecord| {
                        last.is_some_and(|last| last < other.timestamp) && other.timestamp < event.timestamp
                    };
                    let is_alone = !is_strict || !events.iter().any(|other| is_between(&other));
                    let fits = way.len() < self.query.series.len() && self.is_step(way.len(), event);
                    if fits && comes_after && in_window && is_alone && !way.contains(&at) {
                        longer.push([way.as_slice(), &[at]].concat());
                    }
                }
            }
            // All ways of a length at once: the first to arrive, and of these the latest before that.
            let times = longer
                .iter()
                .map(|way| way.iter().map(|at| events[*at].timestamp).collect::<Vec<_>>());
            let key = |times: &Vec<DateTime<Utc>>| {
                let earlier = times[..times.len() - 1].iter().rev();
                let earlier: Vec<i64> = earlier.map(|time| -time.timestamp_micros()).collect();
                (times[times.len() - 1], earlier)
            };
            if let Some(first) = times.min_by_key(key) {
                best = first;
            }
            ways = longer;
        }
        best
    }
}

/// For each step: persons, average and median seconds since the step before.
type Steps = Vec<(u64, Option<f64>, Option<f64>)>;

fn steps(count: usize, ways: &[Vec<DateTime<Utc>>]) -> Steps {
    let step = |step: usize| {
        let reached = ways.iter().filter(|way| way.len() > step);
        let mut took: Vec<f64> = reached
            .clone()
            .filter(|_| step > 0)
            .map(|way| (way[step] - way[step - 1]).num_seconds() as f64)
            .collect();
        took.sort_by(f64::total_cmp);
        let middle = took.len() / 2;
        let median = match took.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(took[middle]),
            _ => Some(f64::midpoint(took[middle - 1], took[middle])),
        };
        let average = (!took.is_empty()).then(|| took.iter().sum::<f64>() / took.len() as f64);
        (reached.count() as u64, average, median)
    };
    (0..count).map(step).collect()
}

/// The steps of each breakdown value in the order of the result; of one without a name where there is no breakdown.
fn expected(wanted: &Wanted<'_>) -> Vec<(Value, Steps)> {
    let all = events();
    let mut visitors: BTreeMap<&str, Vec<&EventRecord>> = BTreeMap::new();
    for event in &all {
        if event.timestamp >= wanted.from && event.timestamp <= wanted.to && holds(event, &wanted.query.properties) {
            visitors.entry(&event.distinct_id).or_default().push(event);
        }
    }
    let count = wanted.query.series.len();
    let Some(filter) = &wanted.query.breakdown_filter else {
        let ways: Vec<_> = visitors.values().map(|events| wanted.best(events)).collect();
        return vec![(Value::Null, steps(count, &ways))];
    };
    let is_last =
        serde_json::to_value(wanted.query.funnels_filter).unwrap()["breakdownAttributionType"] == "last_touch";
    let mut by_value: BTreeMap<String, Vec<Vec<DateTime<Utc>>>> = BTreeMap::new();
    for events in visitors.values() {
        let is_step = |event: &EventRecord| (0..count).any(|step| wanted.is_step(step, event));
        let touches = events.iter().filter(|event| is_step(event)).filter_map(|event| {
            let value = property(event, filter.breakdown.as_deref()?)?;
            Some((event.timestamp, value.to_string()))
        });
        let touch = if is_last { touches.max() } else { touches.min() };
        let way = wanted.best(events);
        if !way.is_empty() {
            let value = touch.map_or_else(|| format!("{BREAKDOWN_NONE:?}"), |(_, value)| value);
            by_value.entry(value).or_default().push(way);
        }
    }
    let none = by_value.remove(&format!("{BREAKDOWN_NONE:?}"));
    let mut named: Vec<_> = by_value.into_iter().collect();
    named.sort_by(|one, other| other.1.len().cmp(&one.1.len()).then(one.0.cmp(&other.0)));
    let limit = filter.breakdown_limit.unwrap_or(25) as usize;
    let other: Vec<_> = named
        .drain(limit.min(named.len())..)
        .flat_map(|(_, ways)| ways)
        .collect();
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let named = named
        .into_iter()
        .map(|(text, ways)| (value(&text), steps(count, &ways)));
    let other = (!other.is_empty()).then(|| (json!(BREAKDOWN_OTHER), steps(count, &other)));
    let none = none.map(|ways| (json!(BREAKDOWN_NONE), steps(count, &ways)));
    named.chain(other).chain(none).collect()
}

fn query() -> impl Strategy<Value = FunnelsQuery> {
    let event = prop_oneof![
        4 => (0..4usize).prop_map(|name| json!(NAMES[name])),
        1 => Just(Value::Null),
    ];
    let filter = prop_oneof![
        3 => Just(json!([])),
        1 => Just(json!([{"key": "plan", "value": "pro"}])),
        1 => Just(json!([{"key": "plan", "operator": "is_not", "value": "free"}])),
        1 => (0..4i64).prop_map(|amount| json!([{"key": "amount", "operator": "gt", "value": amount}])),
    ];
    let node =
        (event, filter.clone()).prop_map(|(event, properties)| json!({"event": event, "properties": properties}));
    let window = prop_oneof![
        (1..60u32).prop_map(|units| (units, "hour")),
        (1..5u32).prop_map(|units| (units, "day")),
        Just((1, "month")),
    ];
    let range = prop_oneof![
        Just(json!({"date_from": "all"})),
        Just(json!({"date_from": "2012-02-28", "date_to": "2012-02-29"})),
    ];
    let breakdown = prop_oneof![
        3 => Just(Value::Null),
        1 => Just(json!({"breakdown": "plan"})),
        1 => (1..4u32).prop_map(|limit| json!({"breakdown": "amount", "breakdown_limit": limit})),
    ];
    let breakdown = (breakdown, prop_oneof![Just("first_touch"), Just("last_touch")]);
    (
        prop::collection::vec(node, 2..5),
        filter,
        window,
        prop_oneof![Just("ordered"), Just("strict")],
        range,
        breakdown,
    )
        .prop_map(
            |(series, properties, (units, unit), order, range, (breakdown, attribution))| {
                let filter = json!({
                    "funnelOrderType": order, "funnelWindowInterval": units, "funnelWindowIntervalUnit": unit,
                    "breakdownAttributionType": attribution,
                });
                let mut query = json!({
                    "kind": "FunnelsQuery", "series": series, "properties": properties, "dateRange": range,
                    "funnelsFilter": filter,
                });
                if !breakdown.is_null() {
                    query["breakdownFilter"] = breakdown;
                }
                serde_json::from_value(query).unwrap()
            },
        )
}

#[test]
fn funnels_agree_with_the_oracle() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = runtime.block_on(engine(folder.path()));
    let mut runner = runner(11);
    runner
        .run(&query(), |query| {
            let answer =
                runtime.block_on(engine.funnels(&project(), &query, &clock(), &hedgerow_data_api::Progress::ignore()));
            let answer = answer.unwrap();
            let range = answer.provenance.range.unwrap();
            let wanted = Wanted {
                query: &query,
                from: range.date_from.parse().unwrap(),
                to: range.date_to.parse().unwrap(),
            };
            let lists = expected(&wanted);
            let close = |found: Option<f64>, wanted: Option<f64>| match (found, wanted) {
                (Some(found), Some(wanted)) => (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
                (found, wanted) => found.is_none() && wanted.is_none(),
            };
            let text = serde_json::to_string(&query).unwrap();
            let wanted = lists
                .iter()
                .flat_map(|(value, steps)| steps.iter().map(move |step| (value, step)));
            prop_assert_eq!(answer.results.steps().count(), wanted.clone().count(), "{}", text);
            for (step, (value, (persons, average, median))) in answer.results.steps().zip(wanted) {
                let said = step.breakdown_value.clone().unwrap_or_default();
                prop_assert_eq!(&said, value, "{}", text);
                prop_assert_eq!(step.count, *persons, "step {} of {}", step.order, text);
                prop_assert!(
                    close(step.average_conversion_time, *average),
                    "{} {:?} {:?}",
                    text,
                    step,
                    average
                );
                prop_assert!(
                    close(step.median_conversion_time, *median),
                    "{} {:?} {:?}",
                    text,
                    step,
                    median
                );
            }
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn what_is_no_funnel_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let step = json!({"event": "pay"});
    let cases = [
        (json!({"series": [step]}), "a funnel has 2 to 100 steps, this one has 1"),
        (json!({"series": vec![step.clone(); 101]}), "this one has 101"),
        (json!({"series": [step, {"event": "payed"}]}), "unknown event \"payed\""), // typos: on purpose
        (
            json!({"series": [step, {"event": "pay", "math": "dau"}]}),
            "step 2 has the math dau, and a funnel counts persons",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"funnelWindowInterval": 0}}),
            "funnelWindowInterval goes from 1 to 10000, not 0",
        ),
        (
            json!({"series": [step, step], "dateRange": {"date_from": "2013-01-01"}}),
            "there is no data from 2013-01-01",
        ),
    ];
    for (mut query, said) in cases {
        query["kind"] = json!("FunnelsQuery");
        query["dateRange"] = match query["dateRange"].take() {
            Value::Null => json!({"date_from": "all"}),
            range => range,
        };
        let query: FunnelsQuery = serde_json::from_value(query).unwrap();
        let progress = hedgerow_data_api::Progress::ignore();
        let error = engine
            .funnels(&project(), &query, &clock(), &progress)
            .await
            .unwrap_err();
        assert!(error.message().contains(said), "{}", error.message());
    }
}

#[tokio::test]
async fn nobody_is_said_and_plans_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let query = json!({
        "kind": "FunnelsQuery", "dateRange": {"date_from": "all"},
        "series": [{"event": "pay", "properties": [{"key": "amount", "operator": "gt", "value": 50}]}, {"event": "pay"}],
    });
    let query: FunnelsQuery = serde_json::from_value(query).unwrap();
    let progress = hedgerow_data_api::Progress::ignore();
    let answer = engine.funnels(&project(), &query, &clock(), &progress).await.unwrap();
    assert!(
        answer.warnings.iter().any(|warning| warning.code == "no_match"),
        "{:?}",
        answer.warnings
    );
    let second = answer.results.steps().nth(1).unwrap();
    assert_eq!((second.count, second.conversion_rate), (0, None));
    assert_eq!(answer.provenance.filters, ["step 1: amount is greater than 50"]);
    let plan = engine
        .explain(&project(), &TypedQuery::Funnels(query), &clock())
        .await
        .unwrap();
    assert!(plan.contains("funnel("), "{plan}");
    let list = TypedQuery::Events(EventsQuery::default());
    let refused = engine.explain(&project(), &list, &clock()).await.unwrap_err();
    assert_eq!(refused.message(), "a list has no single plan to show");
}
