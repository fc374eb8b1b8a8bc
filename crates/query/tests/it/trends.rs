//! Trends against an oracle that shares nothing with the engine but the query types: it walks the events one by one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Duration, NaiveDate, Timelike, Utc};
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, Breakdown, BreakdownFilter, Compared, Display, EventRecord, EventsNode, Interval,
    Math, Progress, QueryEngine, Series, Statistic, TrendsQuery, TrendsResponse, TypedQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::events::{clock, engine, events, lake, project, runner};
use crate::oracle::{filter, group, holds, property};

/// Breakdown value to bucket start (empty for totals) to number.
type Numbers = BTreeMap<String, BTreeMap<String, f64>>;
/// The same with the events that count.
type Members = BTreeMap<String, BTreeMap<String, Vec<EventRecord>>>;

fn midnight(date: NaiveDate) -> DateTime<Utc> {
    date.and_hms_opt(0, 0, 0).unwrap().and_utc()
}

fn start_of(interval: Interval, time: DateTime<Utc>) -> DateTime<Utc> {
    let date = time.date_naive();
    match interval {
        Interval::Hour => midnight(date) + Duration::hours(i64::from(time.hour())),
        Interval::Day => midnight(date),
        Interval::Week => midnight(date) - Duration::days(i64::from(date.weekday().num_days_from_sunday())),
        Interval::Month => midnight(date.with_day(1).unwrap()),
    }
}

fn bucket(interval: Interval, time: DateTime<Utc>) -> String {
    let start = start_of(interval, time);
    let format = if interval == Interval::Hour {
        "%Y-%m-%d %H:00:00"
    } else {
        "%Y-%m-%d"
    };
    start.format(format).to_string()
}

/// One of the ranges of a query, and its buckets.
struct Range<'a> {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    days: &'a [String],
}

fn is_named(node: &EventsNode, event: &EventRecord) -> bool {
    node.event.as_deref().is_none_or(|name| name == event.event)
}

fn matches(query: &TrendsQuery, node: &EventsNode, event: &EventRecord) -> bool {
    is_named(node, event) && holds(event, &query.properties) && holds(event, &node.properties)
}

fn value_of(query: &TrendsQuery, event: &EventRecord) -> String {
    let parts = query.breakdown_filter.as_ref().map(BreakdownFilter::parts);
    match parts.as_deref() {
        None => String::new(),
        Some([one]) => property(event, &one.property).map_or(BREAKDOWN_NONE.to_owned(), |value| value.to_string()),
        Some(several) => {
            let value = |part: &Breakdown| property(event, &part.property).unwrap_or(json!(BREAKDOWN_NONE));
            json!(several.iter().map(value).collect::<Vec<_>>()).to_string()
        }
    }
}

/// The events of each bucket and value.
fn members(query: &TrendsQuery, node: &EventsNode, range: &Range<'_>) -> Members {
    let total = query.trends_filter.display.is_total();
    let mut members = Members::new();
    let mut counts = |event: &EventRecord, start: String| {
        let buckets = members.entry(value_of(query, event)).or_default();
        buckets.entry(start).or_default().push(event.clone());
    };
    let own = |event: &EventRecord| {
        if total {
            String::new()
        } else {
            bucket(query.interval, event.timestamp)
        }
    };
    let in_range = |event: &EventRecord| event.timestamp >= range.from && event.timestamp <= range.to;
    match node.math {
        Math::FirstTimeForUser | Math::FirstMatchingEventForUser => {
            let mut visitors: BTreeMap<String, Vec<EventRecord>> = BTreeMap::new();
            for event in events() {
                if node.math == Math::FirstTimeForUser && is_named(node, &event) || matches(query, node, &event) {
                    visitors.entry(event.distinct_id.clone()).or_default().push(event);
                }
            }
            for events in visitors.values() {
                // No two events of the small lake are at the same time.
                let first = events.iter().min_by_key(|event| event.timestamp).unwrap();
                if matches(query, node, first) && in_range(first) {
                    counts(first, own(first));
                }
            }
        }
        Math::WeeklyActive | Math::MonthlyActive => {
            let days = i64::from(node.math.trailing_days().unwrap());
            let starts: Vec<String> = if total {
                vec![String::new()]
            } else {
                range.days.to_vec()
            };
            for start in starts {
                // The last hour or day of the bucket, as far as it is in the range.
                let unit = if !total && query.interval == Interval::Hour {
                    Interval::Hour
                } else {
                    Interval::Day
                };
                let next = next_start(query.interval, &start).unwrap_or(range.to + Duration::microseconds(1));
                let last = (next - Duration::microseconds(1)).min(range.to);
                let end = start_of(unit, last)
                    + if unit == Interval::Hour {
                        Duration::hours(1)
                    } else {
                        Duration::days(1)
                    };
                for event in events().iter().filter(|event| matches(query, node, event)) {
                    if event.timestamp < end
                        && event.timestamp >= end - Duration::days(days)
                        && event.timestamp <= range.to
                    {
                        counts(event, start.clone());
                    }
                }
            }
        }
        _ => {
            let mut seen = BTreeSet::new();
            let mut all: Vec<EventRecord> = events().into_iter().filter(in_range).collect();
            all.sort_by_key(|event| event.timestamp);
            for event in all.iter().filter(|event| matches(query, node, event)) {
                // In a running total each counts in its first bucket.
                let actor = match node.math {
                    Math::Dau => Some(event.distinct_id.clone()),
                    Math::UniqueSession => event.session_id.clone(),
                    _ => Some(event.uuid.to_string()),
                };
                let repeats = actor.is_none_or(|actor| !seen.insert((value_of(query, event), actor)));
                let once = query.trends_filter.display.is_cumulative() && node.math.of_property().is_none();
                if !(once && repeats) {
                    counts(event, own(event));
                }
            }
        }
    }
    members
}

fn next_start(interval: Interval, day: &str) -> Option<DateTime<Utc>> {
    let text = if day.len() == 10 {
        format!("{day} 00:00:00")
    } else {
        day.to_owned()
    };
    let start = chrono::NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S")
        .ok()?
        .and_utc();
    Some(match interval {
        Interval::Hour => start + Duration::hours(1),
        Interval::Day => start + Duration::days(1),
        Interval::Week => start + Duration::days(7),
        Interval::Month => start_of(Interval::Month, start + Duration::days(32)),
    })
}

fn statistic(statistic: Statistic, mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let (first, last) = (*numbers.first()?, *numbers.last()?);
    let sum: f64 = numbers.iter().sum();
    Some(match statistic {
        Statistic::Average => sum / numbers.len() as f64,
        Statistic::Sum => sum,
        Statistic::Minimum => first,
        Statistic::Maximum => last,
        Statistic::Percentile(share) => {
            let place = (numbers.len() - 1) as f64 * share;
            let (below, above) = (numbers[place.floor() as usize], numbers[place.ceil() as usize]);
            below + (above - below) * place.fract()
        }
    })
}

fn number(node: &EventsNode, events: &[EventRecord]) -> Option<f64> {
    let distinct = |of: &dyn Fn(&EventRecord) -> Option<String>| {
        events.iter().filter_map(of).collect::<BTreeSet<_>>().len() as f64
    };
    if let Some(of_property) = node.math.of_property() {
        let key = node.math_property.as_deref().unwrap();
        let value = |event: &EventRecord| match property(event, key)? {
            Value::Number(number) => number.as_f64(),
            // What is written like a number is one.
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        return statistic(of_property, events.iter().filter_map(value).collect());
    }
    if let Some(of_persons) = node.math.of_persons() {
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        for event in events {
            *counts.entry(&event.distinct_id).or_default() += 1.0;
        }
        return statistic(of_persons, counts.into_values().collect());
    }
    Some(match node.math {
        Math::Total => events.len() as f64,
        Math::UniqueSession => distinct(&|event| event.session_id.clone()),
        _ => distinct(&|event| Some(event.distinct_id.clone())),
    })
}

/// The numbers of a series, those beyond the limit or beside the wanted values as "Other", and the values that were kept.
fn numbers(
    query: &TrendsQuery,
    node: &EventsNode,
    mut members: Members,
    wanted: Option<&[String]>,
) -> (Numbers, Vec<String>) {
    let of = |buckets: &BTreeMap<String, Vec<EventRecord>>| -> BTreeMap<String, f64> {
        let numbers = buckets
            .iter()
            .filter_map(|(start, events)| Some((start.clone(), number(node, events)?)));
        numbers.collect()
    };
    let mut kept = Vec::new();
    if let Some(filter) = &query.breakdown_filter {
        let mut named: Vec<(String, f64)> = members
            .iter()
            .filter(|(value, _)| *value != BREAKDOWN_NONE)
            .map(|(value, buckets)| (value.clone(), of(buckets).values().sum()))
            .collect();
        named.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        kept = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => {
                let first = named.iter().take(filter.breakdown_limit.unwrap_or(25) as usize);
                first.map(|(value, _)| value.clone()).collect()
            }
        };
        for (value, _) in named.into_iter().filter(|(value, _)| !kept.contains(value)) {
            let other = members.remove(&value).unwrap();
            let merged = members.entry(BREAKDOWN_OTHER.to_owned()).or_default();
            for (start, events) in other {
                merged.entry(start).or_default().extend(events);
            }
        }
        // What counts once in a running total does so among all other values together, too.
        if query.trends_filter.display.is_cumulative()
            && let Some(buckets) = members.get_mut(BREAKDOWN_OTHER)
        {
            let mut seen = BTreeSet::new();
            for events in buckets.values_mut() {
                events.sort_by_key(|event| event.timestamp);
                events.retain(|event| match node.math {
                    Math::Dau => seen.insert(event.distinct_id.clone()),
                    Math::UniqueSession => event.session_id.as_ref().is_some_and(|id| seen.insert(id.clone())),
                    _ => true,
                });
            }
        }
    }
    let numbers = members.iter().map(|(value, buckets)| (value.clone(), of(buckets)));
    (numbers.collect(), kept)
}

/// Fills every bucket, and makes running totals.
fn filled(
    query: &TrendsQuery,
    node: &EventsNode,
    numbers: Numbers,
    range: &Range<'_>,
) -> BTreeMap<String, Vec<Option<f64>>> {
    let empty = node.math.is_zero_of_nothing().then_some(0.0);
    let starts: Vec<String> = if query.trends_filter.display.is_total() {
        vec![String::new()]
    } else {
        range.days.to_vec()
    };
    let line = |buckets: BTreeMap<String, f64>| -> Vec<Option<f64>> {
        let mut line: Vec<_> = starts
            .iter()
            .map(|start| buckets.get(start).copied().or(empty))
            .collect();
        if query.trends_filter.display.is_cumulative() {
            for place in 1..line.len() {
                line[place] = Some(line[place].unwrap_or(0.0) + line[place - 1].unwrap_or(0.0));
            }
        }
        line
    };
    numbers
        .into_iter()
        .map(|(value, buckets)| (value, line(buckets)))
        .collect()
}

/// The lines of a range, by the place of their series or formula and their value.
fn expected(
    query: &TrendsQuery,
    range: &Range<'_>,
    wanted: &mut Option<Vec<Vec<String>>>,
) -> BTreeMap<(usize, String), Vec<Option<f64>>> {
    let formulas = query.trends_filter.formulas();
    let mut kept: Vec<Vec<String>> = Vec::new();
    let mut series = Vec::new();
    for (place, node) in query.series.iter().enumerate() {
        let of_first = kept.first().cloned().filter(|_| !formulas.is_empty());
        let wanted = wanted.as_ref().map(|wanted| wanted[place].clone()).or(of_first);
        let (numbers, values) = numbers(query, node, members(query, node, range), wanted.as_deref());
        kept.push(values);
        let mut lines = filled(query, node, numbers, range);
        // Where nothing is counted of them there are no others.
        let nothing = node.math.is_zero_of_nothing().then_some(0.0);
        let is_nothing = |line: &mut Vec<Option<f64>>| line.iter().all(|number| number.is_none() || *number == nothing);
        lines.retain(|value, line| value != BREAKDOWN_OTHER || !is_nothing(line));
        series.push(lines);
    }
    let of_series = kept.clone();
    *wanted = Some(kept);
    let mut lines = BTreeMap::new();
    if formulas.is_empty() {
        for (place, of_values) in series.into_iter().enumerate() {
            lines.extend(of_values.into_iter().map(|(value, line)| ((place, value), line)));
        }
        return lines;
    }
    // A value that has a line has one where nothing was found, too.
    let found = series.iter().flat_map(|lines| lines.keys().cloned());
    let whole = query.breakdown_filter.is_none().then(String::new);
    let values: BTreeSet<String> = found.chain(of_series.into_iter().flatten()).chain(whole).collect();
    let width = if query.trends_filter.display.is_total() {
        1
    } else {
        range.days.len()
    };
    for (place, node) in formulas.iter().enumerate() {
        for value in &values {
            let at = |series_place: usize, bucket: usize| -> Option<f64> {
                let empty = query.series[series_place].math.is_zero_of_nothing().then_some(0.0);
                match series[series_place].get(value) {
                    Some(line) => line[bucket],
                    // A value that is kept has a number in each series, and so have the others together; missing ones
                    // are not there at all.
                    None if *value == BREAKDOWN_NONE => None,
                    None => empty,
                }
            };
            let calculate = |bucket: usize| {
                let (a, b) = (at(0, bucket), at(1, bucket));
                let result = match node.formula.as_str() {
                    "A / B" => a? / b?,
                    "A - B * 2" => a? - b? * 2.0,
                    "(A + 1) / 4" => (a? + 1.0) / 4.0,
                    other => panic!("no case has {other}"),
                };
                result.is_finite().then_some(result)
            };
            lines.insert((place, value.clone()), (0..width).map(calculate).collect());
        }
    }
    lines
}

fn smoothed(line: &[Option<f64>], count: usize) -> Vec<Option<f64>> {
    let average = |end: usize| {
        let known: Vec<f64> = (0..=end).rev().take(count).filter_map(|place| line[place]).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..line.len()).map(average).collect()
}

/// The lines of an answer, in the same form.
fn found(answer: &TrendsResponse, compared: Option<Compared>) -> BTreeMap<(usize, String), Vec<Option<f64>>> {
    let of_range = answer.results.iter().filter(|series| series.compare_label == compared);
    let lines = of_range.map(|series| {
        let value = series
            .breakdown_value
            .as_ref()
            .map_or(String::new(), |value| match value.as_str() {
                Some(text @ (BREAKDOWN_NONE | BREAKDOWN_OTHER)) => text.to_owned(),
                _ => value.to_string(),
            });
        let number = |number: &Option<serde_json::Number>| number.as_ref().and_then(serde_json::Number::as_f64);
        let line = if series.days.is_empty() {
            vec![number(&series.aggregated_value)]
        } else {
            series.data.iter().map(number).collect()
        };
        ((series.action.order, value), line)
    });
    lines.collect()
}

/// Whether two sets of lines are alike; a line of zeros and one that is not there are.
fn alike(
    found: &BTreeMap<(usize, String), Vec<Option<f64>>>,
    wanted: &BTreeMap<(usize, String), Vec<Option<f64>>>,
) -> Result<(), String> {
    let keys: BTreeSet<_> = found.keys().chain(wanted.keys()).collect();
    for key in keys {
        let is_empty = |line: Option<&Vec<Option<f64>>>| {
            line.is_none_or(|line| line.iter().all(|number| number.is_none_or(|number| number == 0.0)))
        };
        let (one, other) = (found.get(key), wanted.get(key));
        if is_empty(one) && is_empty(other) {
            continue;
        }
        let close = |one: &Option<f64>, other: &Option<f64>| match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * other.abs().max(1.0),
            (one, other) => one.is_none() && other.is_none(),
        };
        let same = one.zip(other).is_some_and(|(one, other)| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| close(one, other))
        });
        if !same {
            let apart =
                |line: Option<&Vec<Option<f64>>>, than: Option<&Vec<Option<f64>>>| -> Vec<(usize, Option<f64>)> {
                    let places = line
                        .into_iter()
                        .flatten()
                        .enumerate()
                        .map(|(place, number)| (place, *number));
                    places
                        .filter(|(place, number)| than.and_then(|than| than.get(*place)) != Some(number))
                        .collect()
                };
            let (found, wanted) = (apart(one, other), apart(other, one));
            return Err(format!("{key:?}: found {found:?}, wanted {wanted:?}"));
        }
    }
    Ok(())
}

async fn check(engine: &Engine, query: &TrendsQuery) {
    let answer = engine.trends(&project(), query, &clock(), &Progress::ignore()).await;
    // Where there is nothing to compare with there is no answer.
    if answer.as_ref().is_err_and(|error| {
        error
            .message()
            .starts_with("the range that is compared with: there is no data")
    }) {
        return;
    }
    let answer = answer.unwrap();
    let text = serde_json::to_string(query).unwrap();
    let range = answer.provenance.range.clone().unwrap();
    let compares = query.compare_filter.is_some();
    let days = |compared: Option<Compared>| -> Vec<String> {
        let series = answer.results.iter().find(|series| series.compare_label == compared);
        series.map(|series| series.days.clone()).unwrap_or_default()
    };
    let mut ranges = vec![(
        compares.then_some(Compared::Current),
        range.date_from.parse().unwrap(),
        range.date_to.parse().unwrap(),
    )];
    if compares {
        let said = answer
            .provenance
            .limits
            .iter()
            .find_map(|limit| limit.strip_prefix("compared with "));
        let (from, to): (DateTime<Utc>, DateTime<Utc>) = other_range(query, ranges[0].1, ranges[0].2);
        let minute = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
        assert_eq!(
            said.unwrap(),
            format!("{} to {} UTC", minute(from), minute(to)),
            "{text}"
        );
        ranges.push((Some(Compared::Previous), from, to));
    }
    let mut wanted_values = None;
    for (compared, from, to) in ranges {
        let days = days(compared);
        let range = Range { from, to, days: &days };
        let mut wanted = expected(query, &range, &mut wanted_values);
        if let Some(count) = query.trends_filter.smoothing_intervals {
            for line in wanted.values_mut() {
                *line = smoothed(line, count as usize);
            }
        }
        // Without any line there are no days to look at.
        if !days.is_empty() || query.trends_filter.display.is_total() {
            alike(&found(&answer, compared), &wanted).unwrap_or_else(|error| panic!("{text}\n{error}"));
        }
    }
}

/// The range with which a query is compared.
fn other_range(query: &TrendsQuery, from: DateTime<Utc>, to: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let filter = query.compare_filter.as_ref().unwrap();
    match (filter.compare_to.as_deref(), &filter.compare_range) {
        (Some("-3d"), None) => (from - Duration::days(3), to - Duration::days(3)),
        (None, Some(range)) => {
            let day = |text: &Option<String>| midnight(text.as_ref().unwrap().parse().unwrap());
            let end = day(&range.date_to) + Duration::days(1) - Duration::microseconds(1);
            (day(&range.date_from), end)
        }
        (None, None) => {
            let last = from - Duration::microseconds(1);
            (from - (to - last), last)
        }
        other => panic!("no case has {other:?}"),
    }
}

fn node() -> impl Strategy<Value = Value> {
    let event = prop_oneof![Just(Value::Null), Just(json!("$pageview")), Just(json!("sign up"))];
    let of_property = (
        prop_oneof![
            Just("avg"),
            Just("sum"),
            Just("min"),
            Just("max"),
            Just("median"),
            Just("p75"),
            Just("p90"),
            Just("p95"),
            Just("p99"),
        ],
        prop_oneof![Just("status"), Just("ratio"), Just("$pathname")],
    );
    let plain = prop_oneof![
        4 => Just("total"), 4 => Just("dau"), 4 => Just("unique_session"), 2 => Just("weekly_active"),
        1 => Just("monthly_active"), 2 => Just("first_time_for_user"), 2 => Just("first_matching_event_for_user"),
        1 => Just("avg_count_per_actor"), 1 => Just("min_count_per_actor"), 1 => Just("max_count_per_actor"),
        1 => Just("median_count_per_actor"), 1 => Just("p75_count_per_actor"), 1 => Just("p90_count_per_actor"),
        1 => Just("p95_count_per_actor"), 1 => Just("p99_count_per_actor"),
    ];
    let math = prop_oneof![
        3 => plain.prop_map(|math| json!({"math": math})),
        1 => of_property.prop_map(|(math, key)| json!({"math": math, "math_property": key})),
    ];
    (math, event, prop::collection::vec(filter(), 0..2)).prop_map(|(mut node, event, own)| {
        node["event"] = event;
        node["properties"] = json!(own);
        node
    })
}

pub(crate) fn query() -> impl Strategy<Value = TrendsQuery> {
    let interval = prop_oneof![Just("hour"), Just("day"), Just("week"), Just("month")];
    let display =
        prop_oneof![4 => Just("ActionsLineGraph"), 4 => Just("BoldNumber"), 1 => Just("ActionsLineGraphCumulative")];
    let breakdown = prop_oneof![
        Just(Value::Null),
        (1..12u32).prop_map(|limit| json!({"breakdown": "$pathname", "breakdown_limit": limit})),
        Just(json!({"breakdown": "status", "breakdown_limit": 2})),
        Just(json!({"breakdown": "$is_bot"})),
        (1..30u32).prop_map(|limit| json!({
            "breakdowns": [{"property": "$pathname"}, {"property": "status"}, {"property": "$is_bot"}],
            "breakdown_limit": limit,
        })),
        Just(json!({"breakdowns": [{"property": "ratio"}, {"property": "$is_bot", "type": "event"}]})),
    ];
    let range = prop_oneof![
        Just(json!({"date_from": "all"})),
        Just(json!({"date_from": "2015-04-28", "date_to": "2015-05-03"})),
        Just(json!({"date_from": "2015-04-29T05:30:00Z", "date_to": "2015-05-01T17:45:10Z"})),
        Just(json!({"date_from": "-30d"})),
    ];
    let compare = prop_oneof![
        4 => Just(Value::Null),
        1 => Just(json!({"compare": true})),
        1 => Just(json!({"compare": true, "compare_to": "-3d"})),
        1 => Just(json!({"compare": true, "compare_range": {"date_from": "2015-05-02", "date_to": "2015-05-05"}})),
    ];
    let formulas = prop_oneof![
        4 => Just(vec![]),
        1 => Just(vec!["A / B"]),
        1 => Just(vec!["A - B * 2", "(A + 1) / 4"]),
    ];
    let smoothing = prop_oneof![4 => Just(1_u32), 1 => 2..5_u32];
    (
        prop::collection::vec(node(), 2),
        (interval, display),
        breakdown,
        range,
        (compare, formulas, smoothing, any::<bool>()),
        prop::collection::vec(group(), 0..3),
    )
        .prop_map(
            |(mut series, (interval, display), breakdown, range, (compare, formulas, smoothing, one), groups)| {
                let unfit = |node: &Value| {
                    let math = node["math"].as_str().unwrap();
                    !["total", "dau", "unique_session", "sum"].contains(&math) && !math.starts_with("first_")
                };
                if display == "ActionsLineGraphCumulative" {
                    for node in series.iter_mut().filter(|node| unfit(node)) {
                        node["math"] = json!("total");
                        node.as_object_mut().unwrap().remove("math_property");
                    }
                }
                if one && formulas.is_empty() {
                    series.pop();
                }
                let nodes: Vec<Value> = formulas.iter().map(|formula| json!({"formula": formula})).collect();
                let mut query = json!({
                    "series": series, "interval": interval, "dateRange": range, "properties": groups,
                    "trendsFilter": {"display": display, "formulaNodes": nodes},
                });
                if display == "ActionsLineGraph" {
                    query["trendsFilter"]["smoothingIntervals"] = json!(smoothing);
                }
                for (key, value) in [("breakdownFilter", breakdown), ("compareFilter", compare)] {
                    if !value.is_null() {
                        query[key] = value;
                    }
                }
                serde_json::from_value(query).unwrap()
            },
        )
}

#[test]
fn trends_agree_with_the_oracle() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lake = runtime.block_on(lake(folder.path()));
    // The second one can't hold the groups of most breakdowns, and so has to rank the values first.
    let engines = [
        Engine::new(lake.clone()).unwrap(),
        Engine::new(lake).unwrap().with_most_groups(4),
    ];
    let mut runner = runner(7);
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

#[tokio::test]
async fn what_has_no_meaning_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let cases = [
        (
            json!({"series": [{"math": "avg"}]}),
            "the math avg needs a math_property",
        ),
        (
            json!({"series": [{"math": "avg", "math_property": "stat"}]}),
            "unknown property \"stat\"",
        ),
        (
            json!({"series": [{"math": "sum", "math_property": "$is_bot"}]}),
            "is true or false, and sum needs numbers",
        ),
        (
            json!({"series": [{"math_property": "status"}]}),
            "has no meaning for the math total",
        ),
        (
            json!({"series": [{}], "trendsFilter": {"formula": "A / B"}}),
            "has series B, and the query has 1",
        ),
        (
            json!({"series": [{}], "trendsFilter": {"smoothingIntervals": 0}}),
            "smoothingIntervals goes from 1 to 1000",
        ),
        (
            json!({"series": [{}], "trendsFilter": {"smoothingIntervals": 3, "display": "BoldNumber"}}),
            "for numbers of buckets, not for totals",
        ),
        (
            json!({"series": [{"math": "weekly_active"}], "trendsFilter": {"display": "ActionsLineGraphCumulative"}}),
            "numbers of the math weekly_active have no running total",
        ),
        (
            json!({"series": [{}], "breakdownFilter": {}}),
            "a breakdown is by 1 to 3 properties, not by 0",
        ),
        (
            json!({"series": [{}], "breakdownFilter": {"breakdown": "status", "breakdowns": [{"property": "status"}]}}),
            "breakdown and breakdowns both name properties",
        ),
        (
            json!({"series": [{}], "breakdownFilter": {"breakdown": "stat"}}),
            "unknown property \"stat\"",
        ),
        (
            json!({"series": [{}], "breakdownFilter": {"breakdown": "status", "breakdown_histogram_bin_count": 0}}),
            "bins go from 1 to 100, not 0",
        ),
        (
            json!({"series": [{}], "breakdownFilter": {"breakdown": "$is_bot", "breakdown_histogram_bin_count": 3}}),
            "is true or false, and bins are of numbers",
        ),
        (
            json!({
                "series": [{"math": "weekly_active"}],
                "breakdownFilter": {"breakdown": "ratio", "breakdown_histogram_bin_count": 3},
            }),
            "looks at events before the range",
        ),
        (
            json!({"series": [{}], "breakdownFilter": {"breakdown": "stat", "breakdown_type": "person"}}),
            "unknown property of persons \"stat\"",
        ),
        (
            json!({"series": [{}], "compareFilter": {"compare": true, "compare_to": "7d"}}),
            "compare_to \"7d\" is no time back",
        ),
        (
            json!({"series": [{}], "compareFilter": {"compare_to": "-7d"}}),
            "says with what to compare, but compare is false",
        ),
        (
            json!({"series": [{}], "compareFilter": {"compare": true, "compare_to": "-7d", "compare_range": {}}}),
            "both say with what to compare",
        ),
    ];
    for (mut query, said) in cases {
        query["dateRange"] = json!({"date_from": "all"});
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        let error = engine
            .trends(&project(), &query, &clock(), &Progress::ignore())
            .await
            .unwrap_err();
        assert!(error.message().contains(said), "{}", error.message());
        let error = engine
            .plan(&project(), &TypedQuery::Trends(query), &clock())
            .await
            .unwrap_err();
        assert!(error.message().contains(said), "{}", error.message());
    }
}

#[tokio::test]
async fn a_range_from_the_start_of_a_unit_is_compared_with_the_whole_unit_before() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let cases = [
        ("mStart", "2015-04-01 00:00 to 2015-04-30 23:59 UTC"),
        ("wStart", "2015-05-10 00:00 to 2015-05-16 23:59 UTC"),
        ("yStart", "2014-01-01 00:00 to 2014-12-31 23:59 UTC"),
        ("-19d", "2015-04-11 00:00 to 2015-04-30 23:59 UTC"),
    ];
    for (from, said) in cases {
        let query = json!({"series": [{}], "dateRange": {"date_from": from}, "compareFilter": {"compare": true}});
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        let answer = engine.trends(&project(), &query, &clock(), &Progress::ignore()).await;
        match answer {
            Ok(answer) => assert!(
                answer.provenance.limits.contains(&format!("compared with {said}")),
                "{from}"
            ),
            Err(error) => assert!(
                error.message().contains("there is no data"),
                "{from}: {}",
                error.message()
            ),
        }
    }
}

#[tokio::test]
async fn bins_hold_each_number_once() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let all = events();
    for count in [1, 2, 4, 7, 100] {
        let query = json!({
            "series": [{"event": "$pageview"}, {"event": "sign up"}], "dateRange": {"date_from": "2015-04-28", "date_to": "2015-05-03"},
            "trendsFilter": {"display": "BoldNumber"},
            "breakdownFilter": {"breakdown": "ratio", "breakdown_histogram_bin_count": count, "breakdown_limit": 100},
        });
        let query: TrendsQuery = serde_json::from_value(query).unwrap();
        let answer = engine
            .trends(&project(), &query, &clock(), &Progress::ignore())
            .await
            .unwrap();
        for (order, name) in ["$pageview", "sign up"].into_iter().enumerate() {
            let numbers: Vec<Option<f64>> = all
                .iter()
                .filter(|event| event.event == name)
                .filter(|event| event.timestamp.date_naive() >= "2015-04-28".parse().unwrap())
                .filter(|event| event.timestamp.date_naive() <= "2015-05-03".parse().unwrap())
                .map(|event| property(event, "ratio").and_then(|ratio| ratio.as_f64()))
                .collect();
            let (mut before, mut seen) = (f64::MIN, 0);
            for series in answer.results.iter().filter(|series| series.action.order == order) {
                let label = series.breakdown_value.as_ref().unwrap().as_str().unwrap();
                let found = series.aggregated_value.as_ref().unwrap().as_u64().unwrap() as usize;
                if label == BREAKDOWN_NONE {
                    assert_eq!(found, numbers.iter().filter(|number| number.is_none()).count());
                    continue;
                }
                let ends = label.trim_start_matches('[').trim_end_matches([']', ')']);
                let (low, high) = ends.split_once(',').unwrap();
                let (low, high): (f64, f64) = (low.parse().unwrap(), high.parse().unwrap());
                assert!(low >= before, "{label} stands behind {before}");
                before = high;
                let is_in =
                    |number: &f64| *number >= low && (*number < high || (label.ends_with(']') && *number == high));
                assert_eq!(
                    found,
                    numbers.iter().flatten().filter(|number| is_in(number)).count(),
                    "{label}"
                );
                seen += found;
            }
            assert_eq!(seen, numbers.iter().flatten().count(), "{name} in {count}");
        }
    }
}

#[tokio::test]
async fn a_value_that_no_bucket_looks_back_on_has_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(lake(folder.path()).await).unwrap();
    // The data ends on 8 May, and the last seven days of the month and of the range are others.
    let query: TrendsQuery = serde_json::from_value(json!({
        "series": [{"math": "weekly_active"}], "interval": "month", "dateRange": {"date_from": "-30d"},
        "breakdownFilter": {"breakdown": "status", "breakdown_limit": 2},
        "compareFilter": {"compare": true, "compare_range": {"date_from": "2015-05-02", "date_to": "2015-05-05"}},
        "properties": {"type": "AND", "values": [{"key": "status", "value": 304, "operator": "gt", "type": "event"}]},
    }))
    .unwrap();
    check(&engine, &query).await;
    let answer = engine
        .trends(&project(), &query, &clock(), &Progress::ignore())
        .await
        .unwrap();
    let is_current = |series: &&Series| series.compare_label == Some(Compared::Current);
    let current: Vec<&Series> = answer.results.iter().filter(is_current).collect();
    assert!(!current.is_empty());
    let is_any = |series: &Series| series.data.iter().flatten().any(|number| number.as_f64() > Some(0.0));
    assert!(current.iter().all(|series| is_any(series)), "{current:?}");
}
