//! What filters mean, as the oracles understand it, and filters to try them with. Shares nothing with the engine but the
//! types of queries.

use hedgerow_data_api::{EventRecord, FilterGroup, FilterNode, GroupType, Operator, PropertyFilter, PropertyValue};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The value of an event's property.
pub(crate) fn property(event: &EventRecord, key: &str) -> Option<Value> {
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

/// Filters on the small lake.
pub(crate) fn filter() -> impl Strategy<Value = Value> {
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

/// Groups of them.
pub(crate) fn group() -> impl Strategy<Value = Value> {
    filter().prop_recursive(2, 6, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    })
}
