//! From groups to series: ranking, limiting, filling, calculating, naming.

use std::cmp::Ordering;
use std::collections::HashMap;

use hedgerow_data_api::{Action, BREAKDOWN_NONE, BREAKDOWN_OTHER, FormulaNode, Math, Series};
use serde_json::{Number, Value};

use super::formula::Formula;
use super::{Group, Prepared};
use crate::intervals::{start_day, start_label};

/// The numbers of one breakdown value (null where missing), by bucket; one number for totals.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) value: Value,
    pub(super) numbers: Vec<Option<f64>>,
}

/// The lines of one series, the largest first and the missing value last, and all other values as one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    pub(super) other: Option<Vec<Option<f64>>>,
}

/// The values without a line of their own.
pub(super) struct Rest {
    /// How many there are.
    pub(super) values: usize,
    /// The sums of their numbers.
    pub(super) numbers: Vec<Option<f64>>,
}

/// What lines are like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Numbers of a line.
    pub(super) width: usize,
    pub(super) has_breakdown: bool,
    /// The number of a bucket in which nothing was found.
    pub(super) of_nothing: Option<f64>,
}

impl Shape {
    fn empty(self) -> Vec<Option<f64>> {
        vec![self.of_nothing; self.width]
    }
}

impl Lines {
    /// The values with a line of their own.
    pub(super) fn values(&self) -> Vec<Value> {
        let named = self.lines.iter().filter(|line| !line.value.is_null());
        named.map(|line| line.value.clone()).collect()
    }

    /// True where there is nothing but zeros.
    pub(super) fn is_nothing(&self) -> bool {
        let numbers = self.lines.iter().flat_map(|line| &line.numbers);
        let mut all = numbers.chain(self.other.iter().flatten());
        all.all(|number| number.is_none_or(|number| number == 0.0))
    }

    /// Puts the lines into the order of some values, with one for each of them.
    pub(super) fn complete(&mut self, values: Vec<Value>, shape: Shape) {
        let mut found: HashMap<String, Line> = self
            .lines
            .drain(..)
            .map(|line| (line.value.to_string(), line))
            .collect();
        for value in values.into_iter().chain([Value::Null]) {
            let line = found.remove(&value.to_string());
            // That there may be a missing value is no line yet.
            if !value.is_null() || line.is_some() {
                let empty = || Line {
                    value,
                    numbers: shape.empty(),
                };
                self.lines.push(line.unwrap_or_else(empty));
            }
        }
    }

    /// The same with other numbers.
    pub(super) fn map(&self, numbers: impl Fn(&[Option<f64>]) -> Vec<Option<f64>>) -> Self {
        let lines = self.lines.iter().map(|line| Line {
            value: line.value.clone(),
            numbers: numbers(&line.numbers),
        });
        Self {
            lines: lines.collect(),
            other: self.other.as_deref().map(&numbers),
        }
    }
}

/// Groups as lines: the `limit` largest values, then the missing one; the rest is summed up. Only what is kept gets a
/// number for every bucket. Without groups and without a breakdown there is still one line, of nothing.
pub(super) fn lines(groups: Vec<Group>, shape: Shape, limit: usize) -> (Lines, Option<Rest>) {
    let mut totals: HashMap<String, (Value, f64)> = HashMap::new();
    for group in &groups {
        let total = totals
            .entry(group.value.to_string())
            .or_insert_with(|| (group.value.clone(), 0.0));
        total.1 += group.number.unwrap_or(0.0);
    }
    let mut ranked: Vec<(String, Value, f64)> = totals
        .into_iter()
        .map(|(key, (value, total))| (key, value, total))
        .collect();
    ranked.sort_by(|one, other| {
        let missing = one.1.is_null().cmp(&other.1.is_null());
        missing
            .then(other.2.total_cmp(&one.2))
            .then_with(|| by_value(&one.1, &other.1))
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
            numbers: shape.empty(),
        });
    }
    let mut rest = shape.empty();
    for group in groups {
        let numbers = match places.get(&group.value.to_string()) {
            Some(place) => &mut lines[*place].numbers,
            None => &mut rest,
        };
        if let (Some(number), Some(more)) = (numbers.get_mut(group.bucket), group.number) {
            *number = Some(number.unwrap_or(0.0) + more);
        }
    }
    if lines.is_empty() && !shape.has_breakdown {
        lines.push(Line {
            value: Value::Null,
            numbers: shape.empty(),
        });
    }
    let values = named.saturating_sub(limit);
    let rest = (values > 0).then_some(Rest { values, numbers: rest });
    (Lines { lines, other: None }, rest)
}

/// The order of values that have the same total, which is that of the engine where it ranks them.
fn by_value(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
    }
}

/// Groups without values as one line of numbers.
pub(super) fn merged(groups: Vec<Group>, shape: Shape) -> Vec<Option<f64>> {
    let whole = Shape {
        has_breakdown: false,
        ..shape
    };
    let (lines, _) = lines(groups, whole, 0);
    lines
        .lines
        .into_iter()
        .next()
        .map(|line| line.numbers)
        .unwrap_or_default()
}

/// Each number with those before it.
pub(super) fn running(numbers: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut total = 0.0;
    let add = |number: &Option<f64>| {
        total += number.unwrap_or(0.0);
        Some(total)
    };
    numbers.iter().map(add).collect()
}

/// Each number as the average of itself and of those before it, so many together; missing ones are left out.
fn smoothed(numbers: &[Option<f64>], count: usize) -> Vec<Option<f64>> {
    let average = |end: usize| {
        let known: Vec<f64> = numbers[(end + 1).saturating_sub(count)..=end]
            .iter()
            .filter_map(|number| *number)
            .collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / crate::tally::exact(known.len() as u64))
    };
    (0..numbers.len()).map(average).collect()
}

/// What a formula gives for lines that have the same values in all series. `nothing` is the number of each series where
/// nothing was found: with it counts the series all of whose events have the named values.
pub(super) fn calculated(formula: &Formula, series: &[Lines], nothing: &[Option<f64>], has_breakdown: bool) -> Lines {
    let at = |numbers: &[Option<&[Option<f64>]>]| {
        let width = numbers.iter().flatten().map(|numbers| numbers.len()).max().unwrap_or(0);
        let value = |place: usize| {
            let of_place = numbers
                .iter()
                .map(|numbers| numbers.and_then(|numbers| *numbers.get(place)?));
            formula.value(&of_place.collect::<Vec<_>>())
        };
        (0..width).map(value).collect::<Vec<_>>()
    };
    let mut values: Vec<&Value> = Vec::new();
    for line in series.iter().flat_map(|lines| &lines.lines) {
        if !values.contains(&&line.value) {
            values.push(&line.value);
        }
    }
    // The missing value of one series may be the first of another.
    values.sort_by_key(|value| has_breakdown && value.is_null());
    let line = |value: &Value| {
        let of_series = series.iter().map(|lines| {
            let line = lines.lines.iter().find(|line| line.value == *value);
            line.map(|line| line.numbers.as_slice())
        });
        Line {
            value: value.clone(),
            numbers: at(&of_series.collect::<Vec<_>>()),
        }
    };
    let width = series
        .iter()
        .filter_map(|lines| lines.other.as_ref())
        .map(Vec::len)
        .max();
    let empty: Vec<Vec<Option<f64>>> = nothing
        .iter()
        .map(|nothing| vec![*nothing; width.unwrap_or(0)])
        .collect();
    let others = series.iter().zip(&empty).map(|(lines, empty)| match &lines.other {
        Some(other) => Some(other.as_slice()),
        None => width.map(|_| empty.as_slice()),
    });
    let others: Vec<_> = others.collect();
    Lines {
        lines: values.into_iter().map(line).collect(),
        other: others.iter().any(Option::is_some).then(|| at(&others)),
    }
}

/// Lines as the wire has them: those of a series, or of a formula.
pub(super) fn results(
    prepared: &Prepared<'_>,
    order: usize,
    formula: Option<&FormulaNode>,
    lines: &Lines,
) -> Vec<Series> {
    let finished = if formula.is_none() {
        prepared.finished(lines)
    } else {
        lines.clone()
    };
    let smoothing = prepared.query.trends_filter.smoothing_intervals.unwrap_or(1) as usize;
    let finished = finished.map(|numbers| {
        if smoothing > 1 {
            smoothed(numbers, smoothing)
        } else {
            numbers.to_vec()
        }
    });
    let one = |numbers: Vec<Option<f64>>, value| one(prepared, order, formula, numbers, value);
    let (named, missing): (Vec<Line>, Vec<Line>) = finished.lines.into_iter().partition(|line| !line.value.is_null());
    if prepared.breakdown.is_none() {
        let numbers = missing.into_iter().next().map(|line| line.numbers).unwrap_or_default();
        return vec![one(numbers, None)];
    }
    let mut named = named;
    if let Some(breakdown) = &prepared.breakdown {
        // Bins stand in their own order, other values in the one that they have.
        named.sort_by_key(|line| breakdown.place(&line.value));
    }
    let shown = |value: &Value| prepared.breakdown.as_ref().map(|breakdown| breakdown.shown(value));
    let named = named.into_iter().map(|line| one(line.numbers, shown(&line.value)));
    let other = finished.other.map(|numbers| one(numbers, Some(BREAKDOWN_OTHER.into())));
    let missing = missing
        .into_iter()
        .map(|line| one(line.numbers, Some(BREAKDOWN_NONE.into())));
    named.chain(other).chain(missing).collect()
}

fn one(
    prepared: &Prepared<'_>,
    order: usize,
    formula: Option<&FormulaNode>,
    numbers: Vec<Option<f64>>,
    value: Option<Value>,
) -> Series {
    let action = match formula {
        None => prepared.scope.counted(order, prepared.node(order).math),
        Some(node) => Action {
            id: None,
            action_type: "formula".to_owned(),
            order,
            name: node
                .custom_name
                .clone()
                .unwrap_or_else(|| format!("Formula ({})", node.formula)),
            math: Math::Total,
        },
    };
    let name = action.name.clone();
    let value_name = value.as_ref().map(|value| match value.as_str() {
        Some(BREAKDOWN_OTHER) => "Other (all remaining values)".to_owned(),
        Some(BREAKDOWN_NONE) => "None (no value)".to_owned(),
        Some(text) => text.to_owned(),
        None => match value.as_array() {
            Some(values) => values.iter().map(part_name).collect::<Vec<_>>().join("::"),
            None => value.to_string(),
        },
    });
    let several = if formula.is_some() {
        prepared.formulas.len() > 1
    } else {
        prepared.query.series.len() > 1
    };
    let label = match value_name {
        Some(value) if several => format!("{name} - {value}"),
        Some(value) => value,
        None => name,
    };
    let total = prepared.is_total();
    let interval = prepared.query.interval;
    let buckets = if total { &[][..] } else { &prepared.intervals.starts };
    let sum: f64 = match numbers.last() {
        _ if total => 0.0,
        Some(last) if prepared.is_cumulative() => last.unwrap_or(0.0),
        _ => numbers.iter().flatten().sum(),
    };
    let data: Vec<Option<Number>> = numbers.iter().map(|value| value.and_then(number)).collect();
    Series {
        count: number(sum).unwrap_or_else(|| 0.into()),
        aggregated_value: data.first().filter(|_| total).cloned().flatten(),
        data: if total { Vec::new() } else { data },
        labels: buckets.iter().map(|start| start_label(interval, *start)).collect(),
        days: buckets.iter().map(|start| start_day(interval, *start)).collect(),
        label,
        action,
        breakdown_value: value,
        compare_label: None,
    }
}

/// One of several values as labels have it.
fn part_name(value: &Value) -> String {
    match value.as_str() {
        Some(BREAKDOWN_NONE) => "None (no value)".to_owned(),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

/// A number as JSON has it: a whole one without a fraction.
pub(crate) fn number(number: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}
