//! Retention against an oracle that walks over each person's events, split and with the sums of a property.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, BreakdownType, DateRange, EventRecord, Progress, QueryEngine, RetentionPeriod,
    RetentionQuery,
};
use hedgerow_errors::Code;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::activity::{
    by_visitor, check, clock, events, filter, is_of, later, name, now, of_person, range, range_of, start_of,
};
use crate::events::project;
use crate::oracle::{holds, property};

/// A row of a result: the value, the start, the persons and the sums or averages.
type Row = (Value, String, Vec<Option<u64>>, Vec<Option<f64>>);

fn of_visitor(event: &EventRecord, key: &str) -> Option<Value> {
    let visitor: u64 = event.distinct_id.trim_start_matches("visitor ").parse().unwrap();
    of_person(visitor)?.get(key).cloned()
}

/// The values of an event by which persons are split, `null` where one is missing; empty where they are not split.
fn values_of(query: &RetentionQuery, event: &EventRecord) -> Vec<Value> {
    let parts = query
        .breakdown_filter
        .as_ref()
        .map(hedgerow_data_api::BreakdownFilter::parts);
    let value = |part: &hedgerow_data_api::Breakdown| match part.breakdown_type {
        BreakdownType::Event => property(event, &part.property),
        BreakdownType::Person => of_visitor(event, &part.property),
        other => panic!("no case has {other:?}"),
    };
    let parts = parts.unwrap_or_default();
    parts.iter().map(|part| value(part).unwrap_or_default()).collect()
}

/// Missing values come last, but within several, which are compared as one text.
fn order(one: &[Value], other: &[Value]) -> Ordering {
    match (one, other) {
        ([one], [other]) => one.is_null().cmp(&other.is_null()).then_with(|| match (one, other) {
            (Value::String(one), Value::String(other)) => one.cmp(other),
            _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap(),
        }),
        _ => {
            let text = |values: &[Value]| {
                let texts = values.iter().map(|value| match value {
                    Value::Null => "\u{1a}2".to_owned(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                texts.collect::<Vec<_>>().join("\u{1f}")
            };
            text(one).cmp(&text(other))
        }
    }
}

/// What is counted for a start and a value.
#[derive(Clone, Default)]
struct Cell {
    persons: u64,
    numbers: Vec<f64>,
}

fn number_of(query: &RetentionQuery, event: &EventRecord) -> Option<f64> {
    let filter = serde_json::to_value(&query.retention_filter).unwrap();
    let key = filter.get("aggregationProperty")?.as_str()?;
    let value = match filter["aggregationPropertyType"].as_str()? {
        "event" => property(event, key),
        _ => of_visitor(event, key),
    };
    value?.as_f64()
}

fn brackets(filter: &Value) -> Vec<(u32, u32)> {
    match filter.get("retentionCustomBrackets").and_then(Value::as_array) {
        Some(lengths) => {
            let mut next = 1;
            let bracket = |length: &Value| {
                let length = u32::try_from(length.as_u64().unwrap()).unwrap();
                next += length;
                (next - length, next - 1)
            };
            lengths.iter().map(bracket).collect()
        }
        None => {
            let total = filter["totalIntervals"].as_u64().unwrap_or(8);
            (1..u32::try_from(total).unwrap()).map(|place| (place, place)).collect()
        }
    }
}

/// For each start and value what is in each bracket, of all values that there are.
fn retention(query: &RetentionQuery, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Vec<Row> {
    let filter = serde_json::to_value(&query.retention_filter).unwrap();
    let interval = query.retention_filter.period.interval();
    let (begins, returns) = (
        query.retention_filter.target_entity.node(),
        query.retention_filter.returning_entity.node(),
    );
    let brackets = brackets(&filter);
    let all = events();
    let visitors = by_visitor(&all);
    let mut starts = vec![start_of(interval, from)];
    while later(interval, *starts.last().unwrap(), 1) <= to {
        starts.push(later(interval, *starts.last().unwrap(), 1));
    }
    let mut lines: Vec<(Vec<Value>, Vec<Vec<Cell>>)> = Vec::new();
    for (row, start) in starts.iter().enumerate() {
        for events in visitors.values() {
            let begun = |event: &&&EventRecord| is_of(&begins, event) && holds(event, &query.properties);
            let in_row = |time: DateTime<Utc>| time >= from && time <= to && start_of(interval, time) == *start;
            let first = events.iter().filter(begun).map(|event| event.timestamp).min();
            let begun_at = match filter["retentionType"].as_str().unwrap() {
                "retention_recurring" => {
                    let here = events.iter().filter(begun).filter(|event| in_row(event.timestamp));
                    here.map(|event| event.timestamp).min()
                }
                "retention_first_time" => first.filter(|first| in_row(*first)),
                _ => {
                    let named = |event: &&&EventRecord| begins.event.as_ref().is_none_or(|name| *name == event.event);
                    let at_all = events.iter().filter(named).map(|event| event.timestamp).min();
                    first.filter(|first| in_row(*first) && Some(*first) == at_all)
                }
            };
            let Some(begun_at) = begun_at else {
                continue;
            };
            let at_start = events.iter().filter(begun).filter(|event| event.timestamp == begun_at);
            let value = at_start
                .map(|event| values_of(query, event))
                .min_by(|one, other| order(one, other))
                .unwrap();
            let place = lines.iter().position(|(known, _)| *known == value).unwrap_or_else(|| {
                lines.push((value, vec![vec![Cell::default(); 1 + brackets.len()]; starts.len()]));
                lines.len() - 1
            });
            let cells = &mut lines[place].1[row];
            let numbers = |events: Vec<&&EventRecord>| {
                let numbers = events.iter().filter_map(|event| number_of(query, event));
                numbers.collect::<Vec<_>>()
            };
            cells[0].persons += 1;
            let here = events.iter().filter(begun).filter(|event| in_row(event.timestamp));
            cells[0].numbers.extend(numbers(here.collect()));
            // The events of each bracket that make a person come back in it.
            let back: Vec<Vec<&&EventRecord>> = brackets
                .iter()
                .map(|(first, last)| {
                    let of_interval = (*first..=*last).map(|place| {
                        let here = later(interval, *start, place);
                        let times = events.iter().filter(|event| {
                            is_of(&returns, event)
                                && holds(event, &query.properties)
                                && start_of(interval, event.timestamp) == here
                        });
                        times.collect::<Vec<_>>()
                    });
                    let least = filter["minimumOccurrences"].as_u64().unwrap() as usize;
                    of_interval.filter(|times| times.len() >= least).flatten().collect()
                })
                .collect();
            for (place, cell) in cells[1..].iter_mut().enumerate() {
                let last = if query.retention_filter.cumulative {
                    back.len()
                } else {
                    place + 1
                };
                let counted: Vec<&&EventRecord> = back[place..last].iter().flatten().copied().collect();
                cell.persons += u64::from(!counted.is_empty());
                cell.numbers.extend(numbers(counted));
            }
        }
    }
    finished(query, lines, (&starts, &brackets))
}

/// The lines as a result has them: ranked, limited, with what is not known yet left out.
fn finished(
    query: &RetentionQuery,
    mut lines: Vec<(Vec<Value>, Vec<Vec<Cell>>)>,
    (starts, brackets): (&[DateTime<Utc>], &[(u32, u32)]),
) -> Vec<Row> {
    let filter = serde_json::to_value(&query.retention_filter).unwrap();
    let interval = query.retention_filter.period.interval();
    let size = |rows: &[Vec<Cell>]| rows.iter().map(|cells| cells[0].persons).sum::<u64>();
    let is_missing = |values: &[Value]| matches!(values, [Value::Null]);
    lines.sort_by(|(one, of_one), (other, of_other)| {
        let missing = is_missing(one).cmp(&is_missing(other));
        missing
            .then(size(of_other).cmp(&size(of_one)))
            .then_with(|| order(one, other))
    });
    let mut shown: Vec<(Value, Vec<Vec<Cell>>)> = Vec::new();
    match &query.breakdown_filter {
        None => {
            let nothing = || vec![vec![Cell::default(); 1 + brackets.len()]; starts.len()];
            let rows = lines.pop().map_or_else(nothing, |(_, rows)| rows);
            shown.push((Value::Null, rows));
        }
        Some(breakdown) => {
            let limit = breakdown.breakdown_limit.unwrap_or(25) as usize;
            let mut missing = None;
            for (place, (values, rows)) in lines.into_iter().enumerate() {
                if is_missing(&values) {
                    missing = Some(rows);
                    continue;
                }
                let of_part = |value: &Value| {
                    if value.is_null() {
                        json!(BREAKDOWN_NONE)
                    } else {
                        value.clone()
                    }
                };
                match values.as_slice() {
                    _ if place > limit => {
                        for (cells, more) in shown.last_mut().unwrap().1.iter_mut().zip(rows) {
                            for (cell, more) in cells.iter_mut().zip(more) {
                                cell.persons += more.persons;
                                cell.numbers.extend(more.numbers);
                            }
                        }
                    }
                    _ if place == limit => shown.push((json!(BREAKDOWN_OTHER), rows)),
                    [one] => shown.push((one.clone(), rows)),
                    several => shown.push((several.iter().map(of_part).collect(), rows)),
                }
            }
            shown.extend(missing.map(|rows| (json!(BREAKDOWN_NONE), rows)));
        }
    }
    let mut results = Vec::new();
    for (value, rows) in shown {
        for (start, cells) in starts.iter().zip(rows) {
            let places = std::iter::once(0).chain(brackets.iter().map(|(first, _)| *first));
            let known: Vec<Option<Cell>> = places
                .zip(cells)
                .map(|(place, cell)| (later(interval, *start, place) <= now()).then_some(cell))
                .collect();
            let aggregated = |cell: &Option<Cell>| {
                let numbers = &cell.as_ref()?.numbers;
                let sum: f64 = numbers.iter().sum();
                match filter.get("aggregationType").and_then(Value::as_str) {
                    None => None,
                    Some("sum") => Some(sum),
                    Some(_) => (!numbers.is_empty()).then(|| sum / numbers.len() as f64),
                }
            };
            results.push((
                value.clone(),
                start.to_rfc3339(),
                known
                    .iter()
                    .map(|cell| cell.as_ref().map(|cell| cell.persons))
                    .collect(),
                known.iter().map(aggregated).collect(),
            ));
        }
    }
    results
}

fn breakdown() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        Just(json!({"breakdown": "plan"})),
        Just(json!({"breakdown": "amount"})),
        Just(json!({"breakdown": "price", "breakdown_type": "event"})),
        Just(json!({"breakdown": "team", "breakdown_type": "person"})),
        Just(json!({"breakdown": "seats", "breakdown_type": "person"})),
        Just(json!({"breakdowns": [{"property": "plan"}, {"property": "amount"}]})),
        Just(json!({"breakdowns": [{"property": "team", "type": "person"}, {"property": "plan"}]})),
        Just(json!({"breakdowns": [{"property": "team", "type": "person"}, {"property": "seats", "type": "person"}]})),
    ];
    let limited = (one, prop::option::of(1..4_u32)).prop_map(|(mut filter, limit)| {
        if let Some(limit) = limit {
            filter["breakdown_limit"] = json!(limit);
        }
        filter
    });
    prop_oneof![2 => Just(Value::Null), 3 => limited]
}

fn aggregation() -> impl Strategy<Value = Option<(&'static str, &'static str, &'static str)>> {
    let property = prop_oneof![
        Just(("amount", "event")),
        Just(("price", "event")),
        Just(("seats", "person"))
    ];
    let kind = prop_oneof![Just("sum"), Just("avg")];
    prop::option::of((kind, property).prop_map(|(kind, (key, whose))| (kind, key, whose)))
}

pub(crate) fn retention_query() -> impl Strategy<Value = RetentionQuery> {
    let entity = || (name(), filter()).prop_map(|(id, properties)| json!({"id": id, "properties": properties}));
    let length = prop_oneof![
        (1..12u32).prop_map(|total| ("totalIntervals", json!(total))),
        prop::collection::vec(1..4u32, 1..4).prop_map(|lengths| ("retentionCustomBrackets", json!(lengths))),
    ];
    let kind = prop_oneof![
        Just("retention_recurring"),
        Just("retention_first_time"),
        Just("retention_first_ever_occurrence")
    ];
    let period = prop_oneof![1 => Just("Hour"), 4 => Just("Day"), 4 => Just("Week"), 2 => Just("Month")];
    let range = prop_oneof![
        4 => range(),
        1 => Just(json!({})),
        1 => Just(json!({"date_to": "2012-03-01"})),
    ];
    let times = prop_oneof![3 => Just(1_u32), 1 => 2..4_u32];
    let more = (breakdown(), aggregation());
    (
        entity(),
        entity(),
        length,
        kind,
        period,
        range,
        filter(),
        times,
        (any::<bool>(), more),
    )
        .prop_map(
            |(
                begins,
                returns,
                (key, length),
                kind,
                period,
                range,
                properties,
                times,
                (cumulative, (breakdown, aggregation)),
            )| {
                let mut filter = json!({
                    "period": period, "retentionType": kind, "targetEntity": begins, "returningEntity": returns,
                    "minimumOccurrences": times, "cumulative": cumulative,
                });
                filter[key] = length;
                if let Some((kind, property, whose)) = aggregation {
                    filter["aggregationType"] = json!(kind);
                    filter["aggregationProperty"] = json!(property);
                    filter["aggregationPropertyType"] = json!(whose);
                }
                let mut query = json!({
                    "kind": "RetentionQuery", "dateRange": range, "properties": properties, "retentionFilter": filter,
                });
                if !breakdown.is_null() {
                    query["breakdownFilter"] = breakdown;
                }
                serde_json::from_value(query).unwrap()
            },
        )
}

#[test]
fn retention_agrees_with_the_oracle() {
    check(retention_query(), |engine, runtime, query| {
        let answer = runtime.block_on(engine.retention(&project(), query, &clock(), &Progress::ignore()));
        let answer = match answer {
            // Few hours up to now may have no event at all.
            Err(error) if error.code() == Code::NoData => {
                prop_assert_eq!(query.retention_filter.period, RetentionPeriod::Hour);
                prop_assert_eq!(&query.date_range, &DateRange::default());
                return Ok(());
            }
            answer => answer.unwrap(),
        };
        let found = answer.results.iter().map(|row| {
            let sums = row
                .values
                .iter()
                .map(|value| value.aggregation_value.as_ref()?.as_f64());
            (
                row.breakdown_value.clone().unwrap_or_default(),
                row.date.clone(),
                row.values.iter().map(|value| value.count).collect(),
                sums.collect(),
            )
        });
        let wanted = retention(query, range_of(&answer.provenance));
        prop_assert_eq!(
            found.collect::<Vec<Row>>(),
            wanted,
            "{}",
            serde_json::to_string(query).unwrap()
        );
        Ok(())
    });
}
