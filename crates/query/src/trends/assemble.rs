//! From groups to series: ranking, limiting, zero-filling, naming.

use std::cmp::Reverse;
use std::collections::HashMap;

use hedgerow_data_api::{BREAKDOWN_NONE, BREAKDOWN_OTHER, Series};
use serde_json::Value;

use super::{Group, Prepared};
use crate::intervals::{start_day, start_label};

/// The counts of one breakdown value (null where missing), by bucket; one number for totals.
pub(super) struct Line {
    pub(super) value: Value,
    pub(super) counts: Vec<u64>,
}

/// The values without a line of their own.
pub(super) struct Rest {
    /// How many there are.
    pub(super) values: usize,
    /// The sums of their counts.
    pub(super) counts: Vec<u64>,
}

/// Groups as lines: the `limit` largest values, then the missing one; the rest is summed up. Only what
/// is kept gets a number for every bucket. Without groups and without a breakdown there is still one
/// line, of zeros.
pub(super) fn lines(groups: Vec<Group>, width: usize, breakdown: bool, limit: usize) -> (Vec<Line>, Option<Rest>) {
    let mut totals: HashMap<String, (Value, u64)> = HashMap::new();
    for group in &groups {
        let key = group.value.to_string();
        totals.entry(key).or_insert_with(|| (group.value.clone(), 0)).1 += group.count;
    }
    let mut ranked: Vec<(String, Value, u64)> = totals
        .into_iter()
        .map(|(key, (value, total))| (key, value, total))
        .collect();
    ranked.sort_by(|one, other| {
        let rank = |(key, value, total): &(String, Value, u64)| (value.is_null(), Reverse(*total), key.clone());
        rank(one).cmp(&rank(other))
    });
    let named = ranked.iter().filter(|(_, value, _)| !value.is_null()).count();
    let kept = ranked
        .into_iter()
        .enumerate()
        .filter(|(place, (_, value, _))| *place < limit || value.is_null());
    let mut lines: Vec<Line> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (_, (key, value, _)) in kept {
        places.insert(key, lines.len());
        lines.push(Line {
            value,
            counts: vec![0; width],
        });
    }
    let mut rest = vec![0; width];
    for group in groups {
        let counts = match places.get(&group.value.to_string()) {
            Some(place) => &mut lines[*place].counts,
            None => &mut rest,
        };
        if let Some(count) = counts.get_mut(group.bucket.unwrap_or(0)) {
            *count += group.count;
        }
    }
    if lines.is_empty() && !breakdown {
        lines.push(Line {
            value: Value::Null,
            counts: vec![0; width],
        });
    }
    let values = named.saturating_sub(limit);
    (lines, (values > 0).then_some(Rest { values, counts: rest }))
}

/// Groups without values as one line of counts.
pub(super) fn merged(groups: Vec<Group>, width: usize) -> Vec<u64> {
    let (lines, _) = lines(groups, width, false, 0);
    lines.into_iter().next().map(|line| line.counts).unwrap_or_default()
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
    let action = prepared.scope.counted(series, prepared.node(series).math);
    let name = action.name.clone();
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
    let total = prepared.display().is_total();
    let interval = prepared.query.interval;
    let buckets = if total { &[][..] } else { &prepared.scope.range.buckets };
    Series {
        count: if total { 0 } else { counts.iter().sum() },
        aggregated_value: total.then(|| counts.first().copied().unwrap_or(0)),
        data: if total { Vec::new() } else { counts },
        labels: buckets.iter().map(|start| start_label(interval, *start)).collect(),
        days: buckets.iter().map(|start| start_day(interval, *start)).collect(),
        label,
        action,
        breakdown_value: value,
    }
}
