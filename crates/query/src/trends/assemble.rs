//! From groups to series: ranking, limiting, zero-filling, naming.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{Action, BREAKDOWN_NONE, BREAKDOWN_OTHER, Interval, Series};
use serde_json::Value;

use super::{Group, Prepared};

/// The counts of one breakdown value (null where missing), by bucket; one number for totals.
pub(super) struct Line {
    pub(super) value: Value,
    pub(super) counts: Vec<u64>,
}

impl Line {
    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Groups as lines, largest first, the missing value last. Without groups and without a breakdown
/// there is still one line, of zeros.
pub(super) fn lines(groups: Vec<Group>, buckets: usize, breakdown: bool) -> Vec<Line> {
    let mut by_value: HashMap<String, Line> = HashMap::new();
    let total = groups.first().is_some_and(|group| group.bucket.is_none());
    for group in groups {
        let width = if total { 1 } else { buckets };
        let line = by_value.entry(group.value.to_string());
        let line = line.or_insert_with(|| Line {
            value: group.value,
            counts: vec![0; width],
        });
        if let Some(count) = line.counts.get_mut(group.bucket.unwrap_or(0)) {
            *count += group.count;
        }
    }
    let mut lines: Vec<Line> = by_value.into_values().collect();
    lines.sort_by_cached_key(|line| {
        (
            line.value.is_null(),
            std::cmp::Reverse(line.total()),
            line.value.to_string(),
        )
    });
    if lines.is_empty() && !breakdown {
        lines.push(Line {
            value: Value::Null,
            counts: vec![0; buckets],
        });
    }
    lines
}

/// The first `limit` named lines and the missing value's, then the others.
pub(super) fn limit(lines: Vec<Line>, limit: usize) -> (Vec<Line>, Vec<Line>) {
    let (named, missing): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| !line.value.is_null());
    let mut kept = named;
    let rest = kept.split_off(limit.min(kept.len()));
    kept.extend(missing);
    (kept, rest)
}

/// Counts of events add up.
pub(super) fn sum(lines: &[Line]) -> Vec<u64> {
    let width = lines.first().map_or(0, |line| line.counts.len());
    (0..width)
        .map(|bucket| lines.iter().map(|line| line.counts[bucket]).sum())
        .collect()
}

/// Groups without values as one line of counts.
pub(super) fn merged(groups: Vec<Group>, buckets: usize) -> Vec<u64> {
    lines(groups, buckets, false)
        .into_iter()
        .next()
        .map(|line| line.counts)
        .unwrap_or_default()
}

/// Lines as the wire has them.
pub(super) fn results(
    prepared: &Prepared<'_>,
    series: usize,
    lines: Vec<Line>,
    other: Option<Vec<u64>>,
) -> Vec<Series> {
    let mut results = Vec::new();
    let (named, missing): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| !line.value.is_null());
    if prepared.breakdown.is_none() {
        let counts = missing.into_iter().next().map(|line| line.counts).unwrap_or_default();
        return vec![one(prepared, series, counts, None)];
    }
    for line in named {
        results.push(one(prepared, series, line.counts, Some(line.value)));
    }
    if let Some(counts) = other {
        results.push(one(prepared, series, counts, Some(BREAKDOWN_OTHER.into())));
    }
    for line in missing {
        results.push(one(prepared, series, line.counts, Some(BREAKDOWN_NONE.into())));
    }
    results
}

fn one(prepared: &Prepared<'_>, series: usize, counts: Vec<u64>, value: Option<Value>) -> Series {
    let node = prepared.node(series);
    let name = node
        .custom_name
        .as_deref()
        .or(node.event.as_deref())
        .unwrap_or("All events")
        .to_owned();
    let value_name = value.as_ref().map(|value| match value.as_str() {
        Some(BREAKDOWN_OTHER) => "Other (all remaining values)".to_owned(),
        Some(BREAKDOWN_NONE) => "None (no value)".to_owned(),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    });
    let label = match value_name {
        Some(value) if prepared.query.series.len() > 1 => format!("{name} - {value}"),
        Some(value) => value,
        None => name.clone(),
    };
    let action = Action {
        id: node.event.clone(),
        action_type: "events".to_owned(),
        order: series,
        name,
        math: node.math,
    };
    let total = prepared.display().is_total();
    let interval = prepared.query.interval;
    let buckets = if total { &[][..] } else { &prepared.range.buckets };
    Series {
        count: if total { 0 } else { counts.iter().sum() },
        aggregated_value: total.then(|| counts.first().copied().unwrap_or(0)),
        data: if total { Vec::new() } else { counts },
        labels: buckets.iter().map(|start| bucket_label(interval, *start)).collect(),
        days: buckets.iter().map(|start| bucket_day(interval, *start)).collect(),
        label,
        action,
        breakdown_value: value,
    }
}

fn bucket_day(interval: Interval, start: DateTime<Utc>) -> String {
    let format = if interval == Interval::Hour {
        "%Y-%m-%d %H:%M:%S"
    } else {
        "%Y-%m-%d"
    };
    start.format(format).to_string()
}

fn bucket_label(interval: Interval, start: DateTime<Utc>) -> String {
    let format = match interval {
        Interval::Hour => "%-d-%b-%Y %H:%M",
        Interval::Day | Interval::Week => "%-d-%b-%Y",
        Interval::Month => "%b-%Y",
    };
    start.format(format).to_string()
}
