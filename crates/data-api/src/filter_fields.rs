//! What a list can be filtered by: its fields, what kind they are, and the words for them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::filter::{Operator, PropertyType};

/// A list that a page shows and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FilterList {
    /// The events.
    Events,
    /// The persons.
    Persons,
    /// The sessions.
    Sessions,
    /// The feature flags.
    Flags,
}

impl FilterList {
    /// All lists.
    pub const ALL: [Self; 4] = [Self::Events, Self::Persons, Self::Sessions, Self::Flags];

    /// The name on the wire and in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Persons => "persons",
            Self::Sessions => "sessions",
            Self::Flags => "flags",
        }
    }
}

impl fmt::Display for FilterList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a field holds, which says how it can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text.
    Text,
    /// Text that holds a semantic version.
    Version,
    /// A whole number.
    Whole,
    /// A number with a fraction.
    Number,
    /// True or false.
    Boolean,
    /// A day or an instant, in UTC.
    Date,
    /// Arrays and objects, as JSON text.
    Json,
    /// A list of texts: a positive operator holds if one fits, a negative one if none does.
    Tags,
}

impl FieldKind {
    /// The name on the wire and in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Version => "version",
            Self::Whole => "whole",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Json => "json",
            Self::Tags => "tags",
        }
    }

    /// The operators that go with it.
    #[must_use]
    pub fn operators(self) -> &'static [Operator] {
        use Operator as O;
        match self {
            Self::Text | Self::Tags => &[
                O::Exact,
                O::IsNot,
                O::In,
                O::NotIn,
                O::Icontains,
                O::NotIcontains,
                O::Regex,
                O::NotRegex,
                O::IsSet,
                O::IsNotSet,
            ],
            Self::Version => &[
                O::Exact,
                O::IsNot,
                O::In,
                O::NotIn,
                O::Icontains,
                O::NotIcontains,
                O::Regex,
                O::NotRegex,
                O::IsSet,
                O::IsNotSet,
                O::SemverEq,
                O::SemverNeq,
                O::SemverGt,
                O::SemverGte,
                O::SemverLt,
                O::SemverLte,
                O::SemverTilde,
                O::SemverCaret,
                O::SemverWildcard,
            ],
            Self::Whole | Self::Number => &[
                O::Exact,
                O::IsNot,
                O::In,
                O::NotIn,
                O::Gt,
                O::Gte,
                O::Lt,
                O::Lte,
                O::Between,
                O::NotBetween,
                O::IsSet,
                O::IsNotSet,
            ],
            Self::Boolean => &[O::Exact, O::IsNot, O::IsSet, O::IsNotSet],
            Self::Date => &[O::IsDateExact, O::IsDateBefore, O::IsDateAfter, O::IsSet, O::IsNotSet],
            Self::Json => &[O::Icontains, O::NotIcontains, O::IsSet, O::IsNotSet],
        }
    }

    /// True for numbers, whole or not.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Number)
    }
}

/// What a field's numbers are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Megabytes.
    Megabytes,
    /// Dollars.
    Dollars,
    /// Percent, 0 to 100.
    Percent,
    /// Pixels of a screen.
    Pixels,
    /// Characters of a text.
    Characters,
}

impl FieldUnit {
    /// The name as it stands after a number.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Megabytes => "MB",
            Self::Dollars => "dollars",
            Self::Percent => "percent",
            Self::Pixels => "pixels",
            Self::Characters => "characters",
        }
    }
}

/// A field that a list can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterField {
    /// The key, as a filter names it.
    pub key: String,
    /// Whose property it is, as a filter names it.
    #[serde(rename = "type")]
    pub property_type: PropertyType,
    /// What it holds.
    pub kind: FieldKind,
    /// True where a row of the list can be without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_missing: bool,
    /// For whole numbers that may be missing: true where the number 0 occurs as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_zero: bool,
    /// True where `exact`, `is_not`, `in` and `not_in` take only values that the data has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_checked: bool,
    /// True for texts such as titles and search terms, which hold words of any kind: a word means a value of it
    /// only where the field is named.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_prose: bool,
    /// What its numbers are counted in, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<FieldUnit>,
    /// The words that name it besides its key, the fullest first, in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// What a list can be filtered by in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterFields {
    /// The list.
    pub list: FilterList,
    /// The list's own fields first, then those of its persons.
    pub fields: Vec<FilterField>,
}

impl FilterFields {
    /// A field by its type and key.
    #[must_use]
    pub fn field(&self, property_type: PropertyType, key: &str) -> Option<&FilterField> {
        self.fields
            .iter()
            .find(|field| field.property_type == property_type && field.key == key)
    }
}
