//! Conditions as short sentences.

use hedgerow_data_api::{FilterField, FilterFields, FilterGroup, FilterNode, Operator, PropertyFilter, PropertyType};
use serde_json::Value;

/// One sentence for each condition, in the order of the tree.
pub(super) fn of(fields: &FilterFields, group: &FilterGroup) -> Vec<String> {
    let sentences = group.values.iter().flat_map(|node| match node {
        FilterNode::Filter(filter) => vec![condition(fields, filter)],
        FilterNode::Group(nested) => of(fields, nested),
    });
    sentences.collect()
}

/// A condition as a sentence.
pub(super) fn condition(fields: &FilterFields, filter: &PropertyFilter) -> String {
    let field = fields.field(filter.property_type, &filter.key);
    let shares_key = fields.fields.iter().filter(|field| field.key == filter.key).count() > 1;
    let name = match filter.property_type {
        PropertyType::Person if shares_key => format!("the person's {}", filter.key),
        _ => filter.key.clone(),
    };
    let words = match filter.operator {
        Operator::Exact | Operator::In => "is",
        Operator::IsNot | Operator::NotIn => "is not",
        Operator::Icontains => "contains",
        Operator::NotIcontains => "does not contain",
        Operator::Regex => "matches",
        Operator::NotRegex => "does not match",
        Operator::Gt => "is more than",
        Operator::Gte => "is at least",
        Operator::Lt => "is less than",
        Operator::Lte => "is at most",
        Operator::Between => "is between",
        Operator::NotBetween => "is not between",
        Operator::IsSet => return format!("{name} is set"),
        Operator::IsNotSet => return format!("{name} is not set"),
        Operator::IsDateExact => "is on",
        Operator::IsDateBefore => "is before",
        Operator::IsDateAfter => "is after",
        Operator::SemverEq => "is version",
        Operator::SemverNeq => "is not version",
        Operator::SemverGt => "is later than version",
        Operator::SemverGte => "is version or later:",
        Operator::SemverLt => "is earlier than version",
        Operator::SemverLte => "is version or earlier:",
        Operator::SemverTilde => "has the minor version of",
        Operator::SemverCaret => "is compatible with version",
        Operator::SemverWildcard => "is within version",
    };
    let join = match filter.operator {
        Operator::Between | Operator::NotBetween => " and ",
        _ => " or ",
    };
    let values = match &filter.value {
        Some(Value::Array(values)) => values.iter().map(text).collect::<Vec<_>>().join(join),
        Some(value) => text(value),
        None => String::new(),
    };
    let unit = field.and_then(|field: &FilterField| field.unit);
    let unit = unit.map(|unit| format!(" {}", unit.as_str())).unwrap_or_default();
    format!("{name} {words} {values}{unit}")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
