//! Property filters: one tree for every query kind.
//!
//! Null behaviour (`PostHog`'s, stated in provenance): positive operators never match a missing
//! property, negative ones (`is_not`, `not_icontains`, `not_regex`, `not_between`, `not_in`) do.
//! Unlike `PostHog`, an incomplete filter is refused instead of being always true.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::behavior::Behavior;

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Equal to the value, or to one of a list.
    #[default]
    Exact,
    /// Not equal to the value, nor to any of a list; matches missing.
    IsNot,
    /// Contains the text (any of a list), ignoring case.
    #[serde(alias = "icontains_multi")]
    Icontains,
    /// Contains none of the texts; matches missing.
    #[serde(alias = "not_icontains_multi")]
    NotIcontains,
    /// Matches the regular expression (Rust `regex` syntax).
    Regex,
    /// Does not match it; matches missing.
    NotRegex,
    /// Greater than a number.
    Gt,
    /// Greater than or equal to a number.
    #[serde(alias = "min")]
    Gte,
    /// Less than a number.
    Lt,
    /// Less than or equal to a number.
    #[serde(alias = "max")]
    Lte,
    /// Within `[min, max]`, both included.
    Between,
    /// Outside `[min, max]`; matches missing.
    NotBetween,
    /// One of a list; the same as `exact` with a list.
    In,
    /// None of a list; matches missing.
    NotIn,
    /// Has a value.
    IsSet,
    /// Has no value.
    IsNotSet,
    /// On the same day as the date (text holding an ISO date).
    IsDateExact,
    /// Before the date or date-time.
    IsDateBefore,
    /// After the date or date-time.
    IsDateAfter,
    /// The same semantic version (a text; `v1.2` counts as `1.2.0`).
    SemverEq,
    /// Another semantic version, or none; matches missing.
    SemverNeq,
    /// A later semantic version.
    SemverGt,
    /// The same semantic version or a later one.
    SemverGte,
    /// An earlier semantic version.
    SemverLt,
    /// The same semantic version or an earlier one.
    SemverLte,
    /// The same semantic version or one with a later patch: `~1.2.3`.
    SemverTilde,
    /// The same semantic version or a later one that breaks nothing: `^1.2.3`.
    SemverCaret,
    /// A semantic version within `1.*` or `1.2.*`.
    SemverWildcard,
}

impl Operator {
    /// The name on the wire and in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::IsNot => "is_not",
            Self::Icontains => "icontains",
            Self::NotIcontains => "not_icontains",
            Self::Regex => "regex",
            Self::NotRegex => "not_regex",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Between => "between",
            Self::NotBetween => "not_between",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::IsSet => "is_set",
            Self::IsNotSet => "is_not_set",
            Self::IsDateExact => "is_date_exact",
            Self::IsDateBefore => "is_date_before",
            Self::IsDateAfter => "is_date_after",
            Self::SemverEq => "semver_eq",
            Self::SemverNeq => "semver_neq",
            Self::SemverGt => "semver_gt",
            Self::SemverGte => "semver_gte",
            Self::SemverLt => "semver_lt",
            Self::SemverLte => "semver_lte",
            Self::SemverTilde => "semver_tilde",
            Self::SemverCaret => "semver_caret",
            Self::SemverWildcard => "semver_wildcard",
        }
    }
}

/// Whose property it is. What a list can be filtered by says [`crate::FilterFields`]; a query kind that
/// knows event properties only refuses the others by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PropertyType {
    /// A property of the event.
    #[default]
    Event,
    /// A property of the person.
    Person,
    /// A field that every event has, such as its name.
    EventField,
    /// A field that every person has, such as when it was created.
    PersonField,
    /// A field of a session.
    Session,
    /// A property of the group of the type `group_type_index` that the event belongs to.
    Group,
    /// A field of a feature flag.
    Flag,
    /// Whether the person is in a cohort: the key is `id`, the value the cohort's name or id, the operator `in` or
    /// `not_in`.
    Cohort,
    /// A condition in SQL: the key is the expression, over the columns of `events` and what they say of persons, sessions
    /// and groups, as in `properties.$browser = 'Safari' or person.properties.plan = 'pro'`; without operator and value.
    Hogql,
    /// Of an event of autocapture: the element that was clicked, or one around it. The key is `text`, `tag_name`, `href` or
    /// `selector`.
    Element,
    /// Of cohorts alone: what the person did. The key is an event, the value `performed_event`,
    /// `performed_event_multiple`, `performed_event_first_time`, `performed_event_sequence`, `performed_event_regularly`,
    /// `stopped_performing_event` or `restarted_performing_event`, beside `time_value`, `time_interval` and others.
    Behavioral,
}

impl PropertyType {
    /// The name on the wire and in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Person => "person",
            Self::EventField => "event_field",
            Self::PersonField => "person_field",
            Self::Session => "session",
            Self::Group => "group",
            Self::Flag => "flag",
            Self::Cohort => "cohort",
            Self::Hogql => "hogql",
            Self::Element => "element",
            Self::Behavioral => "behavioral",
        }
    }
}

/// One condition on one property.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PropertyFilter {
    /// The property's key, as the taxonomy names it, e.g. `$browser`; of a filter of type `hogql` the expression.
    pub key: String,
    /// A text, number or boolean, or a list of them; absent for `is_set` and `is_not_set`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// How to compare; `exact` when absent.
    #[serde(default)]
    pub operator: Operator,
    /// Whose property it is; `event` when absent.
    #[serde(default, rename = "type")]
    pub property_type: PropertyType,
    /// Of a filter of type `group`: the index of the type of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_type_index: Option<u8>,
    /// Of a filter of type `behavioral`: the rest of it.
    #[serde(flatten)]
    #[schemars(skip)]
    pub behavior: Option<Box<Behavior>>,
}

// Written by hand, because a flattened field takes the unknown ones, too.
impl<'de> Deserialize<'de> for PropertyFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            key: String,
            #[serde(default)]
            value: Option<Value>,
            #[serde(default)]
            operator: Operator,
            #[serde(default, rename = "type")]
            property_type: PropertyType,
            #[serde(default)]
            group_type_index: Option<u8>,
        }
        let mut all = Map::deserialize(deserializer)?;
        let is_behavior = all.get("type").and_then(Value::as_str) == Some(PropertyType::Behavioral.as_str());
        let behavior = is_behavior.then(|| {
            let own = Behavior::FIELDS.iter().filter_map(|field| all.remove_entry(*field));
            serde_json::from_value(Value::Object(own.collect()))
        });
        let behavior = behavior.transpose().map_err(serde::de::Error::custom)?;
        let fields: Fields = serde_json::from_value(Value::Object(all)).map_err(serde::de::Error::custom)?;
        Ok(Self {
            key: fields.key,
            value: fields.value,
            operator: fields.operator,
            property_type: fields.property_type,
            group_type_index: fields.group_type_index,
            behavior,
        })
    }
}

/// How a group combines its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum GroupType {
    /// All members must hold.
    And,
    /// One member must hold.
    Or,
}

/// Conditions combined, nested to any depth. A group without members holds always.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FilterGroup {
    /// How the members combine.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// The members.
    pub values: Vec<FilterNode>,
}

impl Default for FilterGroup {
    fn default() -> Self {
        Self {
            group_type: GroupType::And,
            values: Vec::new(),
        }
    }
}

impl FilterGroup {
    /// All of some conditions.
    #[must_use]
    pub fn all(filters: Vec<PropertyFilter>) -> Self {
        Self {
            group_type: GroupType::And,
            values: filters.into_iter().map(FilterNode::Filter).collect(),
        }
    }

    /// All conditions, those of nested groups included.
    #[must_use]
    pub fn filters(&self) -> Vec<&PropertyFilter> {
        let mut found = Vec::new();
        for node in &self.values {
            match node {
                FilterNode::Group(group) => found.extend(group.filters()),
                FilterNode::Filter(filter) => found.push(filter),
            }
        }
        found
    }

    /// The same, to be changed.
    pub fn filters_mut(&mut self) -> Vec<&mut PropertyFilter> {
        let mut found = Vec::new();
        for node in &mut self.values {
            match node {
                FilterNode::Group(group) => found.extend(group.filters_mut()),
                FilterNode::Filter(filter) => found.push(filter),
            }
        }
        found
    }

    /// True where nothing is filtered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// A group or a condition.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum FilterNode {
    /// Nested conditions.
    Group(FilterGroup),
    /// One condition.
    Filter(PropertyFilter),
}

// Written by hand, because an untagged enum answers every mistake with "did not match any variant".
impl<'de> Deserialize<'de> for FilterNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let node = if value.get("values").is_some() {
            serde_json::from_value(value).map(Self::Group)
        } else {
            serde_json::from_value(value).map(Self::Filter)
        };
        node.map_err(serde::de::Error::custom)
    }
}

/// A list of conditions (all must hold) or a group.
impl<'de> Deserialize<'de> for FilterGroup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            #[serde(rename = "type")]
            group_type: GroupType,
            values: Vec<FilterNode>,
        }
        let value = Value::deserialize(deserializer)?;
        let group = if value.is_array() {
            serde_json::from_value(value).map(|values| Self {
                group_type: GroupType::And,
                values,
            })
        } else {
            serde_json::from_value(value).map(|Fields { group_type, values }| Self { group_type, values })
        };
        group.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_reads_lists_and_nested_groups() {
        let list: FilterGroup = serde_json::from_str(r#"[{"key": "status", "value": 404}]"#).unwrap();
        assert_eq!(list.values.len(), 1);
        let nested =
            r#"{"type": "OR", "values": [{"type": "AND", "values": []}, {"key": "method", "operator": "is_set"}]}"#;
        let nested: FilterGroup = serde_json::from_str(nested).unwrap();
        assert_eq!(nested.group_type, GroupType::Or);
        assert!(matches!(nested.values[0], FilterNode::Group(_)));
    }

    #[test]
    fn behaviours_keep_their_fields_and_other_filters_have_none() {
        let text = r#"{"key":"order","value":"performed_event","operator":"exact","type":"behavioral","event_type":"events","time_value":30,"time_interval":"day"}"#;
        let filter: PropertyFilter = serde_json::from_str(text).unwrap();
        assert_eq!(filter.behavior.as_ref().unwrap().time_value, Some(30));
        assert_eq!(serde_json::to_string(&filter).unwrap(), text);
        let error = serde_json::from_str::<PropertyFilter>(r#"{"key": "a", "time_value": 3}"#).unwrap_err();
        assert!(error.to_string().contains("time_value"), "{error}");
        let unknown = r#"{"key": "a", "type": "behavioral", "time_valeu": 3}"#;
        let error = serde_json::from_str::<PropertyFilter>(unknown).unwrap_err();
        assert!(error.to_string().contains("time_valeu"), "{error}");
        let plain = r#"{"key":"a","value":1,"operator":"exact","type":"event"}"#;
        let filter: PropertyFilter = serde_json::from_str(plain).unwrap();
        assert_eq!(serde_json::to_string(&filter).unwrap(), plain);
    }

    #[test]
    fn unknown_fields_and_operators_are_refused_by_name() {
        let error = serde_json::from_str::<FilterGroup>(r#"[{"key": "status", "valeu": 404}]"#).unwrap_err();
        assert!(error.to_string().contains("valeu"), "{error}");
        let error = serde_json::from_str::<FilterGroup>(r#"[{"key": "a", "operator": "like"}]"#).unwrap_err();
        assert!(error.to_string().contains("like"), "{error}");
    }
}
