//! Conditions that can't hold together: a filter that finds nothing by what it says.

use chrono::{DateTime, Utc};
use hedgerow_data_api::{
    FieldKind, FilterFields, FilterGroup, FilterNode, GroupType, Operator, PropertyFilter, PropertyType,
};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use super::sentences;
use super::values::day_or_instant;

/// Refuses two conditions on one field, of which all must hold, that no value meets.
pub(super) fn check(fields: &FilterFields, group: &FilterGroup, now: DateTime<Utc>) -> Result<()> {
    let mut conditions: Vec<&PropertyFilter> = Vec::new();
    for node in &group.values {
        match node {
            FilterNode::Group(nested) => check(fields, nested, now)?,
            FilterNode::Filter(filter) => conditions.push(filter),
        }
    }
    if group.group_type == GroupType::Or {
        return Ok(());
    }
    for (position, one) in conditions.iter().enumerate() {
        for other in &conditions[..position] {
            if (&one.key, one.property_type) == (&other.key, other.property_type) && exclude(fields, other, one, now) {
                let (first, second) = (sentences::condition(fields, other), sentences::condition(fields, one));
                return Err(Error::invalid(format!("no row can meet both: {first}, and {second}"))
                    .with_hint("leave one out, or join them with OR"));
            }
        }
    }
    Ok(())
}

fn exclude(fields: &FilterFields, one: &PropertyFilter, other: &PropertyFilter, now: DateTime<Utc>) -> bool {
    let Some(field) = fields.field(one.property_type, &one.key) else {
        return false;
    };
    let unset = |filter: &PropertyFilter| filter.operator == Operator::IsNotSet;
    if unset(one) || unset(other) {
        return (unset(one) && needs_value(other.operator)) || (unset(other) && needs_value(one.operator));
    }
    // Somebody has several distinct ids, and a flag several tags.
    let has_several = field.kind == FieldKind::Tags
        || (field.property_type == PropertyType::PersonField && field.key == "distinct_id");
    match field.kind {
        FieldKind::Whole | FieldKind::Number => {
            if let (Some(a), Some(b)) = (range(one), range(other)) {
                let (low, high) = (a.0.max(b.0), a.1.min(b.1));
                return low > high || values_exclude(one, other);
            }
            values_exclude(one, other)
        }
        FieldKind::Date => {
            let (Some(a), Some(b)) = (span(one, now), span(other, now)) else {
                return false;
            };
            let from = a.0.max(b.0);
            let to = match (a.1, b.1) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (end, None) | (None, end) => end,
            };
            to.is_some_and(|to| from.is_some_and(|from| from >= to))
        }
        // One of several may be the one, another the other; but none can be it while one is.
        _ if has_several && one.operator == other.operator => false,
        _ => values_exclude(one, other),
    }
}

/// True for operators that a missing value does not meet.
fn needs_value(operator: Operator) -> bool {
    !matches!(
        operator,
        Operator::IsNot
            | Operator::NotIn
            | Operator::NotIcontains
            | Operator::NotRegex
            | Operator::NotBetween
            | Operator::SemverNeq
            | Operator::IsNotSet
    )
}

fn list(filter: &PropertyFilter) -> Vec<&Value> {
    match &filter.value {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// `exact` against `exact` without a common value, or against `is_not` that names all of its values.
fn values_exclude(one: &PropertyFilter, other: &PropertyFilter) -> bool {
    let (a, b) = (list(one), list(other));
    match (one.operator, other.operator) {
        (Operator::Exact, Operator::Exact) => !a.iter().any(|value| b.contains(value)),
        (Operator::Exact, Operator::IsNot) => a.iter().all(|value| b.contains(value)),
        (Operator::IsNot, Operator::Exact) => b.iter().all(|value| a.contains(value)),
        _ => false,
    }
}

/// The numbers that meet a condition, both ends included; a bound that is not counts as the next number.
fn range(filter: &PropertyFilter) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = list(filter).into_iter().filter_map(Value::as_f64).collect();
    let (first, last) = (*numbers.first()?, *numbers.last()?);
    Some(match filter.operator {
        Operator::Gt => (first.next_up(), f64::INFINITY),
        Operator::Gte => (first, f64::INFINITY),
        Operator::Lt => (f64::NEG_INFINITY, first.next_down()),
        Operator::Lte => (f64::NEG_INFINITY, first),
        Operator::Between => (first, last),
        Operator::Exact => (
            numbers.iter().copied().fold(f64::INFINITY, f64::min),
            numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ),
        _ => return None,
    })
}

/// The instants that meet a condition: the first, and the one after the last.
type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn span(filter: &PropertyFilter, now: DateTime<Utc>) -> Option<Span> {
    let (start, end) = day_or_instant(filter.value.as_ref()?.as_str()?, now)?;
    match filter.operator {
        Operator::IsDateExact => Some((Some(start), Some(end))),
        Operator::IsDateBefore => Some((None, Some(start))),
        Operator::IsDateAfter => Some((Some(end), None)),
        _ => None,
    }
}
