//! Filters as sentences, for provenance and warnings.

use hedgerow_data_api::{FilterGroup, FilterNode, GroupType, Operator, PropertyFilter, PropertyType};
use serde_json::Value;

/// Each top-level condition of a group as a sentence.
pub(crate) fn sentences(group: &FilterGroup) -> Vec<String> {
    match group.group_type {
        GroupType::And => group.values.iter().map(node).collect(),
        GroupType::Or if group.is_empty() => Vec::new(),
        GroupType::Or => vec![members(group)],
    }
}

fn node(node: &FilterNode) -> String {
    match node {
        FilterNode::Filter(filter) => condition(filter),
        FilterNode::Group(group) => format!("({})", members(group)),
    }
}

fn members(group: &FilterGroup) -> String {
    let word = match group.group_type {
        GroupType::And => " and ",
        GroupType::Or => " or ",
    };
    group.values.iter().map(node).collect::<Vec<_>>().join(word)
}

/// One condition as a sentence.
pub(crate) fn condition(filter: &PropertyFilter) -> String {
    match filter.property_type {
        PropertyType::Hogql => return format!("SQL: {}", filter.key),
        PropertyType::Behavioral => {
            let what = filter.value.as_ref().and_then(Value::as_str).unwrap_or_default();
            return format!("{what} {:?}", filter.key);
        }
        _ => {}
    }
    let words = match filter.operator {
        Operator::Exact | Operator::In => "is",
        Operator::IsNot | Operator::NotIn => "is not",
        Operator::Icontains => "contains (ignoring case)",
        Operator::NotIcontains => "does not contain (ignoring case)",
        Operator::Regex => "matches",
        Operator::NotRegex => "does not match",
        Operator::Gt => "is greater than",
        Operator::Gte => "is at least",
        Operator::Lt => "is less than",
        Operator::Lte => "is at most",
        Operator::Between => "is between",
        Operator::NotBetween => "is not between",
        Operator::IsSet => "is set",
        Operator::IsNotSet => "is not set",
        Operator::IsDateExact => "is on the day",
        Operator::IsDateBefore => "is before",
        Operator::IsDateAfter => "is after",
        Operator::SemverEq => "is version",
        Operator::SemverNeq => "is not version",
        Operator::SemverGt => "is later than version",
        Operator::SemverGte => "is at least version",
        Operator::SemverLt => "is earlier than version",
        Operator::SemverLte => "is at most version",
        Operator::SemverTilde => "has the minor version of",
        Operator::SemverCaret => "is compatible with version",
        Operator::SemverWildcard => "is within version",
    };
    let join = if matches!(filter.operator, Operator::Between | Operator::NotBetween) {
        " and "
    } else {
        " or "
    };
    let value = match &filter.value {
        None => String::new(),
        Some(Value::Array(values)) => values.iter().map(Value::to_string).collect::<Vec<_>>().join(join),
        Some(value) => value.to_string(),
    };
    let whose = match filter.property_type {
        PropertyType::Person | PropertyType::PersonField => "person's ",
        PropertyType::Session => "session's ",
        PropertyType::Group => "group's ",
        PropertyType::Element => "element's ",
        _ => "",
    };
    let key = match filter.property_type {
        PropertyType::Cohort => "cohort",
        _ => &filter.key,
    };
    format!("{whose}{key} {words} {value}").trim_end().to_owned()
}
