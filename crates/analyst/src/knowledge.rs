//! What the tool results of this run say about the project: names, values and the span of the data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{EventDefinition, PropertyDefinition, ValueList, ValueType};
use serde::Deserialize;

use crate::intent::Lookup;

/// A name or value that a stretch of the question can stand for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Match {
    /// The stretch of the question.
    #[serde(rename = "text")]
    pub(crate) span: String,
    /// `event`, `property` or `value`.
    pub(crate) kind: String,
    /// The property's key; for an event its name.
    #[serde(default)]
    pub(crate) key: Option<String>,
    /// The value.
    #[serde(default)]
    pub(crate) value: Option<serde_json::Value>,
    /// How alike they are, 0 to 1.
    #[serde(default)]
    pub(crate) score: f64,
}

impl Match {
    /// The value as text.
    pub(crate) fn value_text(&self) -> Option<String> {
        self.value
            .as_ref()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

/// Everything known of the project.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Knowledge {
    pub(crate) events: Vec<EventDefinition>,
    pub(crate) properties: Vec<PropertyDefinition>,
    pub(crate) matches: Vec<Match>,
    pub(crate) values: BTreeMap<Lookup, ValueList>,
}

impl Knowledge {
    /// The first and last captured instant.
    pub(crate) fn span(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let first = self.events.iter().map(|event| event.first_seen).min()?;
        let last = self.events.iter().map(|event| event.last_seen).max()?;
        Some((first, last))
    }

    pub(crate) fn property(&self, key: &str) -> Option<&PropertyDefinition> {
        self.properties.iter().find(|property| property.key == key)
    }

    pub(crate) fn is_number(&self, key: &str) -> bool {
        self.property(key)
            .is_some_and(|property| matches!(property.value_type, ValueType::Integer | ValueType::Double))
    }

    /// The values of a property that contain a text, if they were looked up.
    pub(crate) fn found(&self, key: &str, search: &str) -> Option<&ValueList> {
        self.values.get(&Lookup {
            key: key.to_owned(),
            search: search.to_owned(),
        })
    }
}
