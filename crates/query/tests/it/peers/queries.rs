//! Random queries of all kinds that other engines can compute, on random events.

use chrono::Duration;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::Asked;
use super::events::{CITIES, CODES, DataSet, NAMES, PLANS, SINCE};

/// The query of a place: the kinds take turns.
pub(super) fn query(place: usize, set: &DataSet) -> BoxedStrategy<Asked> {
    match place % 8 {
        0..=2 => trends(set).prop_map(Asked::Typed).boxed(),
        3 => retention(set).prop_map(Asked::Typed).boxed(),
        4 => stickiness(set).prop_map(Asked::Typed).boxed(),
        5 => lifecycle(set).prop_map(Asked::Typed).boxed(),
        6 => funnel(set).prop_map(Asked::Typed).boxed(),
        _ => percentile().prop_map(|(sql, meaning)| Asked::Sql(sql, meaning)).boxed(),
    }
}

fn one_filter() -> BoxedStrategy<Value> {
    let texts = |key: &'static str, values: &'static [&'static str]| {
        let operator = select(vec!["exact", "is_not", "in", "not_in"]);
        (operator, prop::collection::vec(select(values), 1..3))
            .prop_map(move |(operator, values)| json!({"key": key, "operator": operator, "value": values}))
    };
    let contains = (
        select(vec!["icontains", "not_icontains"]),
        select(vec!["R", "PRO", "ß", "санкт", "京", "'"]),
        select(vec!["plan", "Größe 都市"]),
    );
    let pattern = (
        select(vec!["regex", "not_regex"]),
        select(vec!["^p", "e$", "[a-f]r", "^$", "o.+a", "^[0-9.]+$"]),
        select(vec!["plan", "Größe 都市", "code"]),
    );
    let number = (
        select(vec!["gt", "gte", "lt", "lte", "exact", "is_not"]),
        -4..13_i64,
        select(vec!["amount", "ratio"]),
    );
    let between = (
        select(vec!["between", "not_between"]),
        -4..8_i64,
        0..6_i64,
        select(vec!["amount", "ratio"]),
    );
    let date = (
        select(vec!["is_date_exact", "is_date_before", "is_date_after"]),
        select(vec!["2012-02-29", "2019-12-31", "2021-03-14", "2021-03-20T12:00:00Z"]),
    );
    let keys = vec!["plan", "amount", "ratio", "code", "member", "since", "Größe 都市"];
    prop_oneof![
        2 => texts("plan", &PLANS),
        1 => texts("Größe 都市", &CITIES),
        1 => texts("code", &CODES),
        1 => texts("since", &SINCE),
        2 => contains.prop_map(|(operator, value, key)| json!({"key": key, "operator": operator, "value": value})),
        2 => pattern.prop_map(|(operator, value, key)| json!({"key": key, "operator": operator, "value": value})),
        3 => number.prop_map(|(operator, value, key)| json!({"key": key, "operator": operator, "value": value})),
        2 => between.prop_map(
            |(operator, low, more, key)| json!({"key": key, "operator": operator, "value": [low, low + more]})
        ),
        1 => date.prop_map(|(operator, value)| json!({"key": "since", "operator": operator, "value": value})),
        1 => (select(vec!["exact", "is_not"]), any::<bool>())
            .prop_map(|(operator, value)| json!({"key": "member", "operator": operator, "value": value})),
        2 => (select(vec!["is_set", "is_not_set"]), select(keys))
            .prop_map(|(operator, key)| json!({"key": key, "operator": operator})),
    ]
    .boxed()
}

fn filters() -> BoxedStrategy<Value> {
    let group = one_filter().prop_recursive(2, 6, 3, |inner| {
        (select(vec!["AND", "OR"]), prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    });
    prop_oneof![
        4 => Just(json!([])),
        2 => one_filter().prop_map(|filter| json!([filter])),
        1 => prop::collection::vec(group, 1..3).prop_map(|groups| json!(groups)),
    ]
    .boxed()
}

fn name() -> impl Strategy<Value = Value> {
    prop_oneof![4 => select(&NAMES[..]).prop_map(|name| json!(name)), 1 => Just(Value::Null)]
}

/// Ranges of whole days, of exact times, relative ones and all that there is.
fn range(set: &DataSet) -> BoxedStrategy<Value> {
    let (first, days) = (set.first, set.days);
    let day = |day: chrono::DateTime<chrono::Utc>| day.format("%Y-%m-%d").to_string();
    let whole = (0..days, 0..days).prop_map(move |(from, length)| {
        let start = first + Duration::days(from);
        json!({"date_from": day(start), "date_to": day(start + Duration::days(length))})
    });
    let exact = (0..days * 1440, 60..days * 1440).prop_map(move |(from, length)| {
        let start = first + Duration::minutes(from);
        let end = start + Duration::minutes(length) + Duration::seconds(17);
        json!({"date_from": start.to_rfc3339(), "date_to": end.to_rfc3339()})
    });
    let relative = select(vec![
        "-1d", "-3d", "-7d", "-2w", "-1m", "-30d", "-36h", "mStart", "-1mStart", "wStart", "dStart", "-1dStart",
        "yStart", "-1q",
    ]);
    prop_oneof![
        2 => whole,
        2 => exact,
        2 => relative.prop_map(|from| json!({"date_from": from})),
        1 => Just(json!({"date_from": "-6d", "date_to": "-1d"})),
        1 => Just(json!({})),
        2 => Just(json!({"date_from": "all"})),
    ]
    .boxed()
}

fn interval() -> impl Strategy<Value = &'static str> {
    prop_oneof![2 => Just("hour"), 4 => Just("day"), 3 => Just("week"), 2 => Just("month")]
}

fn node() -> impl Strategy<Value = Value> {
    (name(), filters()).prop_map(|(event, properties)| json!({"event": event, "properties": properties}))
}

fn math() -> impl Strategy<Value = Value> {
    let of_events = prop_oneof![
        3 => Just("total"), 3 => Just("dau"), 2 => Just("unique_session"), 1 => Just("weekly_active"),
        1 => Just("monthly_active"), 2 => Just("first_time_for_user"), 2 => Just("first_matching_event_for_user"),
    ];
    let of_persons = select(vec!["avg", "min", "max", "median", "p75", "p90", "p95", "p99"]);
    let of_property = (
        select(vec!["avg", "sum", "min", "max", "median", "p75", "p90", "p95", "p99"]),
        select(vec!["amount", "ratio", "code"]),
    );
    prop_oneof![
        3 => of_events.prop_map(|math| json!({"math": math})),
        1 => of_persons.prop_map(|math| json!({"math": format!("{math}_count_per_actor")})),
        2 => of_property.prop_map(|(math, key)| json!({"math": math, "math_property": key})),
    ]
}

fn trends(set: &DataSet) -> impl Strategy<Value = Value> + use<> {
    let series = (node(), math()).prop_map(|(mut node, math)| {
        node.as_object_mut().unwrap().extend(math.as_object().unwrap().clone());
        node
    });
    let breakdown = prop_oneof![
        3 => Just(Value::Null),
        2 => (select(vec!["plan", "amount", "member", "Größe 都市", "code"]), 1..6_u32)
            .prop_map(|(key, limit)| json!({"breakdown": key, "breakdown_limit": limit})),
        1 => select(vec!["plan", "ratio"]).prop_map(|key| json!({"breakdown": key})),
    ];
    let display =
        prop_oneof![4 => Just("ActionsLineGraph"), 2 => Just("BoldNumber"), 1 => Just("ActionsLineGraphCumulative")];
    (
        prop::collection::vec(series, 1..3),
        interval(),
        display,
        breakdown,
        range(set),
        filters(),
    )
        .prop_map(|(mut series, interval, display, breakdown, range, properties)| {
            if display == "ActionsLineGraphCumulative" {
                // The others have no running total.
                let fits = ["total", "dau", "unique_session", "sum", "first_time_for_user"];
                for node in &mut series {
                    if !fits.contains(&node["math"].as_str().unwrap()) {
                        node["math"] = json!("dau");
                        node.as_object_mut().unwrap().remove("math_property");
                    }
                }
            }
            let mut query = json!({
                "kind": "TrendsQuery", "series": series, "interval": interval, "dateRange": range,
                "properties": properties, "trendsFilter": {"display": display},
            });
            if !breakdown.is_null() {
                query["breakdownFilter"] = breakdown;
            }
            query
        })
}

fn retention(set: &DataSet) -> impl Strategy<Value = Value> + use<> {
    let entity = || (name(), filters()).prop_map(|(id, properties)| json!({"id": id, "properties": properties}));
    let kind = select(vec![
        "retention_recurring",
        "retention_first_time",
        "retention_first_ever_occurrence",
    ]);
    let period = prop_oneof![1 => Just("Hour"), 4 => Just("Day"), 3 => Just("Week"), 2 => Just("Month")];
    let length = prop_oneof![
        (1..12_u32).prop_map(|total| ("totalIntervals", json!(total))),
        prop::collection::vec(1..4_u32, 1..4).prop_map(|lengths| ("retentionCustomBrackets", json!(lengths))),
    ];
    let times = prop_oneof![3 => Just(1_u32), 1 => 2..4_u32];
    (
        entity(),
        entity(),
        kind,
        period,
        length,
        (range(set), times, any::<bool>()),
        filters(),
    )
        .prop_map(
            |(begins, returns, kind, period, (key, length), (range, times, cumulative), properties)| {
                let mut filter = json!({
                    "period": period, "retentionType": kind, "targetEntity": begins, "returningEntity": returns,
                    "minimumOccurrences": times, "cumulative": cumulative,
                });
                filter[key] = length;
                json!({
                    "kind": "RetentionQuery", "dateRange": range, "properties": properties, "retentionFilter": filter,
                })
            },
        )
}

fn stickiness(set: &DataSet) -> impl Strategy<Value = Value> + use<> {
    let criteria = prop_oneof![
        2 => Just(Value::Null),
        1 => (select(vec!["gte", "lte", "exact"]), 1..4_u32)
            .prop_map(|(operator, value)| json!({"operator": operator, "value": value})),
    ];
    let computed = select(vec!["non_cumulative", "cumulative"]);
    let nodes = prop::collection::vec(node(), 1..3);
    (nodes, interval(), 1..4_u32, range(set), filters(), criteria, computed).prop_map(
        |(series, interval, units, range, properties, criteria, computed)| {
            let mut filter = json!({"computedAs": computed});
            if !criteria.is_null() {
                filter["stickinessCriteria"] = criteria;
            }
            json!({
                "kind": "StickinessQuery", "series": series, "interval": interval, "intervalCount": units,
                "dateRange": range, "properties": properties, "stickinessFilter": filter,
            })
        },
    )
}

fn lifecycle(set: &DataSet) -> impl Strategy<Value = Value> + use<> {
    (node(), interval(), range(set), filters()).prop_map(|(node, interval, range, properties)| {
        json!({
            "kind": "LifecycleQuery", "series": [node], "interval": interval, "dateRange": range,
            "properties": properties,
        })
    })
}

/// Steps that no event can be two of: by different names, or by different values.
fn funnel(set: &DataSet) -> impl Strategy<Value = Value> + use<> {
    let names = Just(NAMES.to_vec()).prop_shuffle();
    let by_name =
        (names, 2..=NAMES.len(), prop::collection::vec(filters(), NAMES.len())).prop_map(|(names, count, filters)| {
            let steps = names.into_iter().zip(filters).take(count);
            steps
                .map(|(event, properties)| json!({"event": event, "properties": properties}))
                .collect::<Vec<_>>()
        });
    let amounts = Just((-3..12_i64).collect::<Vec<_>>()).prop_shuffle();
    let by_value = (amounts, 2..7_usize, name()).prop_map(|(amounts, count, event)| {
        let steps = amounts.chunks(2).take(count);
        steps
            .map(|values| json!({"event": event, "properties": [{"key": "amount", "operator": "in", "value": values}]}))
            .collect::<Vec<_>>()
    });
    let window = (1..30_u32, select(vec!["second", "minute", "hour", "day", "week"]));
    (prop_oneof![by_name, by_value], window, range(set), filters()).prop_map(
        |(series, (length, unit), range, properties)| {
            json!({
                "kind": "FunnelsQuery", "series": series, "dateRange": range, "properties": properties,
                "funnelsFilter": {"funnelWindowInterval": length, "funnelWindowIntervalUnit": unit},
            })
        },
    )
}

/// A percentile in SQL of each group, and what it is of.
fn percentile() -> impl Strategy<Value = (String, Value)> {
    let share = prop_oneof![
        select(vec![0.0, 0.25, 0.5, 0.9, 0.99, 1.0]),
        (0..1000_u32).prop_map(|n| f64::from(n) / 1000.0)
    ];
    let by = select(vec!["event", "distinct_id", "properties.plan", "properties.member"]);
    (share, select(vec!["amount", "ratio"]), by, name()).prop_map(|(share, key, by, event)| {
        let only = event
            .as_str()
            .map_or_else(String::new, |event| format!(" WHERE event = '{event}'"));
        let sql = format!(
            "SELECT {by} AS part, quantile({share})(properties.{key}) AS q, median(properties.{key}) AS m, count() AS n \
             FROM events{only} GROUP BY part"
        );
        let meaning = json!({"kind": "Percentiles", "share": share, "key": key, "by": by, "event": event});
        (sql, meaning)
    })
}
