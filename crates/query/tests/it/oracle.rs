//! Trends against an oracle that shares nothing with the engine but the query types: it walks the
//! events one by one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Duration, NaiveDate, Timelike, Utc};
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, Display, EventRecord, FilterGroup, FilterNode, GroupType, Interval, Math,
    Operator, PropertyFilter, PropertyValue, QueryEngine, TrendsQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::events::{clock, events, lake, project};

/// Breakdown value to bucket start (empty for totals) to count.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

fn property(event: &EventRecord, key: &str) -> Option<Value> {
    let (_, value) = event.properties.iter().find(|(name, _)| *name == key)?;
    Some(match value {
        PropertyValue::Text(text) => json!(text),
        PropertyValue::Integer(number) => json!(number),
        PropertyValue::Double(number) => json!(number),
        PropertyValue::Boolean(truth) => json!(truth),
        PropertyValue::Json(text) => json!(text),
    })
}

pub(crate) fn holds(event: &EventRecord, group: &FilterGroup) -> bool {
    all_of(group, &|filter| matches(property(event, &filter.key), filter))
}

/// Whether a group holds of what has the given answer for each of its filters.
pub(crate) fn all_of(group: &FilterGroup, condition: &dyn Fn(&PropertyFilter) -> bool) -> bool {
    let member = |node: &FilterNode| match node {
        FilterNode::Group(group) => all_of(group, condition),
        FilterNode::Filter(filter) => condition(filter),
    };
    match group.group_type {
        GroupType::And => group.values.iter().all(member),
        GroupType::Or => group.values.is_empty() || group.values.iter().any(member),
    }
}

/// Whether a filter holds of a value.
pub(crate) fn matches(found: Option<Value>, filter: &PropertyFilter) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let wanted: Vec<String> = match &filter.value {
        Some(Value::Array(values)) => values.iter().map(text).collect(),
        Some(value) => vec![text(value)],
        None => vec![],
    };
    let number = |n: usize| wanted[n].parse::<f64>().unwrap();
    let Some(found) = found else {
        return matches!(
            filter.operator,
            Operator::IsNot
                | Operator::NotIn
                | Operator::NotIcontains
                | Operator::NotRegex
                | Operator::NotBetween
                | Operator::IsNotSet
        );
    };
    let plain = text(&found);
    let contains = || {
        wanted
            .iter()
            .any(|text| plain.to_lowercase().contains(&text.to_lowercase()))
    };
    let value = || found.as_f64().unwrap();
    match filter.operator {
        Operator::Exact | Operator::In => wanted.contains(&plain),
        Operator::IsNot | Operator::NotIn => !wanted.contains(&plain),
        Operator::Icontains => contains(),
        Operator::NotIcontains => !contains(),
        // The generator only makes patterns of this one form.
        Operator::Regex => plain.ends_with(wanted[0].trim_end_matches('$')),
        Operator::NotRegex => !plain.ends_with(wanted[0].trim_end_matches('$')),
        Operator::Gt => value() > number(0),
        Operator::Gte => value() >= number(0),
        Operator::Lt => value() < number(0),
        Operator::Lte => value() <= number(0),
        Operator::Between => (number(0)..=number(1)).contains(&value()),
        Operator::NotBetween => !(number(0)..=number(1)).contains(&value()),
        Operator::IsSet => true,
        Operator::IsNotSet => false,
        other => unreachable!("{other:?} is not generated"),
    }
}

fn bucket(interval: Interval, time: DateTime<Utc>) -> String {
    let date = time.date_naive();
    match interval {
        Interval::Hour => format!("{date} {:02}:00:00", time.hour()),
        Interval::Day => date.to_string(),
        Interval::Week => (date - Duration::days(i64::from(date.weekday().num_days_from_sunday()))).to_string(),
        Interval::Month => NaiveDate::from_ymd_opt(date.year(), date.month(), 1)
            .unwrap()
            .to_string(),
    }
}

fn expected(query: &TrendsQuery, from: DateTime<Utc>, to: DateTime<Utc>) -> Counts {
    let node = &query.series[0];
    let total = query.trends_filter.display.is_total();
    let mut members: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for event in events() {
        let matches = event.timestamp >= from
            && event.timestamp <= to
            && node.event.as_deref().is_none_or(|name| name == event.event)
            && holds(&event, &query.properties)
            && holds(&event, &node.properties);
        let counted = match node.math {
            Math::Total => Some(event.uuid.to_string()),
            Math::Dau => Some(event.distinct_id.clone()),
            Math::UniqueSession => event.session_id.clone(),
        };
        if !matches {
            continue;
        }
        let value = query.breakdown_filter.as_ref().map_or(String::new(), |filter| {
            property(&event, &filter.breakdown).map_or(BREAKDOWN_NONE.to_owned(), |value| value.to_string())
        });
        let start = if total {
            String::new()
        } else {
            bucket(query.interval, event.timestamp)
        };
        members
            .entry(value)
            .or_default()
            .entry(start)
            .or_default()
            .extend(counted);
    }
    limited(query, members)
}

/// Beyond the limit, values are merged as sets, so that "Other" is what one group would count.
fn limited(query: &TrendsQuery, mut members: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>) -> Counts {
    let size = |buckets: &BTreeMap<String, BTreeSet<String>>| buckets.values().map(BTreeSet::len).sum::<usize>();
    if let Some(filter) = &query.breakdown_filter {
        let mut named: Vec<(String, usize)> = members
            .iter()
            .filter(|(value, _)| *value != BREAKDOWN_NONE)
            .map(|(value, buckets)| (value.clone(), size(buckets)))
            .collect();
        named.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        for (value, _) in named.into_iter().skip(filter.breakdown_limit.unwrap_or(25) as usize) {
            for (start, set) in members.remove(&value).unwrap() {
                members
                    .entry(BREAKDOWN_OTHER.to_owned())
                    .or_default()
                    .entry(start)
                    .or_default()
                    .extend(set);
            }
        }
    }
    let count = |buckets: BTreeMap<String, BTreeSet<String>>| {
        buckets
            .into_iter()
            .map(|(start, set)| (start, set.len() as u64))
            .collect()
    };
    members
        .into_iter()
        .map(|(value, buckets)| (value, count(buckets)))
        .collect()
}

async fn check(engine: &hedgerow_query::Engine, query: &TrendsQuery) {
    let answer = engine
        .trends(&project(), query, &clock(), &hedgerow_data_api::Progress::ignore())
        .await
        .unwrap();
    let range = answer.provenance.range.clone().unwrap();
    let wanted = expected(query, range.date_from.parse().unwrap(), range.date_to.parse().unwrap());
    let mut found = Counts::new();
    for series in &answer.results {
        let value = series
            .breakdown_value
            .as_ref()
            .map_or(String::new(), |value| match value.as_str() {
                Some(BREAKDOWN_NONE | BREAKDOWN_OTHER) => value.as_str().unwrap().to_owned(),
                _ => value.to_string(),
            });
        let entry = found.entry(value).or_default();
        if let Some(total) = series.aggregated_value {
            entry.insert(String::new(), total);
        }
        for (day, count) in series.days.iter().zip(&series.data) {
            entry.insert(day.clone(), *count);
        }
        assert_eq!(series.count, series.data.iter().sum::<u64>());
    }
    // The answer has every bucket, the oracle only those with events; a group without sessions is a
    // zero here and absent there.
    let no_zeros = |counts: &Counts| -> Counts {
        let kept = counts.iter().map(|(value, buckets)| {
            (
                value.clone(),
                buckets
                    .iter()
                    .filter(|(_, count)| **count > 0)
                    .map(|(start, count)| (start.clone(), *count))
                    .collect(),
            )
        });
        kept.filter(|(_, buckets): &(String, BTreeMap<String, u64>)| !buckets.is_empty())
            .collect()
    };
    assert_eq!(
        no_zeros(&found),
        no_zeros(&wanted),
        "{}",
        serde_json::to_string(query).unwrap()
    );
}

fn filter() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        (0..9u32).prop_map(|n| json!({"key": "$pathname", "value": format!("/Page/{n}")})),
        (0..9u32).prop_map(
            |n| json!({"key": "$pathname", "operator": "is_not", "value": [format!("/Page/{n}"), "/Page/1"]})
        ),
        (0..9u32).prop_map(|n| json!({"key": "$pathname", "operator": "icontains", "value": format!("page/{n}")})),
        (0..9u32).prop_map(
            |n| json!({"key": "$pathname", "operator": "not_icontains", "value": [format!("PAGE/{n}"), "/2"]})
        ),
        (0..9u32).prop_map(|n| json!({"key": "$pathname", "operator": "regex", "value": format!("{n}$")})),
        (0..9u32).prop_map(|n| json!({"key": "$pathname", "operator": "not_regex", "value": format!("{n}$")})),
    ];
    let number = (0..6usize, 100..600i64).prop_map(|(operator, n)| {
        let operator = ["gt", "gte", "lt", "lte", "between", "not_between"][operator];
        let value = if operator.ends_with("between") {
            json!([n, n + 150])
        } else {
            json!(n)
        };
        json!({"key": "status", "operator": operator, "value": value})
    });
    let rest = prop_oneof![
        Just(json!({"key": "status", "operator": "in", "value": [200, "404"]})),
        Just(json!({"key": "status", "operator": "not_in", "value": [200, 500]})),
        Just(json!({"key": "$is_bot", "value": true})),
        Just(json!({"key": "$is_bot", "operator": "is_not", "value": "true"})),
        Just(json!({"key": "$is_bot", "operator": "is_not_set"})),
        Just(json!({"key": "ratio", "operator": "is_set"})),
        Just(json!({"key": "ratio", "operator": "gt", "value": 4.5})),
    ];
    prop_oneof![text, number, rest]
}

fn group() -> impl Strategy<Value = Value> {
    filter().prop_recursive(2, 6, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    })
}

fn query() -> impl Strategy<Value = TrendsQuery> {
    let math = prop_oneof![Just("total"), Just("dau"), Just("unique_session")];
    let event = prop_oneof![Just(Value::Null), Just(json!("$pageview")), Just(json!("sign up"))];
    let interval = prop_oneof![Just("hour"), Just("day"), Just("week"), Just("month")];
    let display = prop_oneof![Just("ActionsLineGraph"), Just("BoldNumber")];
    let breakdown = prop_oneof![
        Just(Value::Null),
        (1..12u32).prop_map(|limit| json!({"breakdown": "$pathname", "breakdown_limit": limit})),
        Just(json!({"breakdown": "status", "breakdown_limit": 2})),
        Just(json!({"breakdown": "$is_bot"})),
    ];
    let range = prop_oneof![
        Just(json!({"date_from": "all"})),
        Just(json!({"date_from": "2015-04-28", "date_to": "2015-05-03"})),
        Just(json!({"date_from": "2015-04-29T05:30:00Z", "date_to": "2015-05-01T17:45:10Z"})),
        Just(json!({"date_from": "-30d"})),
    ];
    (
        math,
        event,
        interval,
        display,
        breakdown,
        range,
        prop::collection::vec(group(), 0..3),
        prop::collection::vec(filter(), 0..2),
    )
        .prop_map(|(math, event, interval, display, breakdown, range, groups, own)| {
            let mut query = json!({
                "series": [{"event": event, "math": math, "properties": own}], "interval": interval,
                "dateRange": range, "properties": groups, "trendsFilter": {"display": display},
            });
            if !breakdown.is_null() {
                query["breakdownFilter"] = breakdown;
            }
            serde_json::from_value(query).unwrap()
        })
}

#[test]
fn trends_agree_with_the_oracle() {
    #[expect(clippy::disallowed_methods, reason = "the test command sets it")]
    let full = std::env::var("HEDGEROW_FULL").is_ok_and(|full| full == "1");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lake = runtime.block_on(lake(folder.path()));
    // The second one can't hold the groups of most breakdowns, and so has to rank the values first.
    let engines = [
        Engine::new(lake.clone()).unwrap(),
        Engine::new(lake).unwrap().with_most_groups(4),
    ];
    let config = Config {
        cases: if full { 2_000 } else { 200 },
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    runner
        .run(&query(), |query| {
            for engine in &engines {
                runtime.block_on(check(engine, &query));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn displays_agree_on_what_is_a_total() {
    let totals = [Display::BoldNumber, Display::ActionsBarValue, Display::ActionsTable];
    assert!(totals.into_iter().all(Display::is_total));
    assert!(
        ![Display::ActionsLineGraph, Display::ActionsBar]
            .into_iter()
            .any(Display::is_total)
    );
}
