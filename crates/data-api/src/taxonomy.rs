//! What exists in a project: events, properties and their values.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A property's type; a key has one in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Double,
    /// True or false.
    Boolean,
    /// Arrays and objects, as JSON text.
    Json,
}

impl ValueType {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Json => "json",
        }
    }
}

/// An event that was captured at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventDefinition {
    /// The event's name.
    pub name: String,
    /// How often it was captured.
    pub count: u64,
    /// The earliest.
    #[schemars(with = "String")]
    pub first_seen: DateTime<Utc>,
    /// The latest.
    #[schemars(with = "String")]
    pub last_seen: DateTime<Utc>,
}

/// A property that at least one event has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PropertyDefinition {
    /// The key, as filters and breakdowns name it.
    pub key: String,
    /// The column's name in SQL.
    pub column: String,
    /// Its type.
    pub value_type: ValueType,
    /// How many events have it.
    pub count: u64,
    /// False where the property has so many values that the value index holds only a part.
    pub values_complete: bool,
}

/// A value with the number of events that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ValueCount {
    /// The value as text.
    pub value: String,
    /// Events with it.
    pub count: u64,
}

/// Values of one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ValueList {
    /// Most frequent first.
    pub values: Vec<ValueCount>,
    /// True where these are all values there are.
    pub complete: bool,
}

/// All events and properties of a project at one snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Taxonomy {
    /// The lake's snapshot.
    pub snapshot_id: i64,
    /// Most frequent first.
    pub events: Vec<EventDefinition>,
    /// By key.
    pub properties: Vec<PropertyDefinition>,
}

impl Taxonomy {
    /// A property by its key.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&PropertyDefinition> {
        self.properties.iter().find(|property| property.key == key)
    }

    /// An event by its name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&EventDefinition> {
        self.events.iter().find(|event| event.name == name)
    }

    /// The first and last captured instant.
    #[must_use]
    pub fn span(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let first = self.events.iter().map(|event| event.first_seen).min()?;
        let last = self.events.iter().map(|event| event.last_seen).max()?;
        Some((first, last))
    }
}
