//! How queries are computed, where there is a choice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How queries are computed, where there is a choice. Of a query these go before those of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct QueryModifiers {
    /// Which properties of persons count in filters and breakdowns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persons_on_events_mode: Option<PersonsOnEventsMode>,
}

impl QueryModifiers {
    /// Whether nothing is chosen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Which properties of persons count: those that they have now, or those that they had right after each event. Persons are
/// those after all merges in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum PersonsOnEventsMode {
    /// Those at the time of the query; the default.
    #[default]
    #[serde(rename = "person_id_override_properties_joined")]
    QueryTime,
    /// Those right after each event, by what the events of the person up to it say.
    #[serde(rename = "person_id_override_properties_on_events")]
    EventTime,
}

impl PersonsOnEventsMode {
    /// The modes with their names.
    pub const ALL: [(&str, Self); 2] = [
        ("person_id_override_properties_joined", Self::QueryTime),
        ("person_id_override_properties_on_events", Self::EventTime),
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let [(query_time, _), (event_time, _)] = Self::ALL;
        match self {
            Self::QueryTime => query_time,
            Self::EventTime => event_time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_have_the_names_that_they_are_written_with() {
        for (name, mode) in PersonsOnEventsMode::ALL {
            assert_eq!(mode.as_str(), name);
            assert_eq!(serde_json::to_value(mode).unwrap(), name);
        }
    }
}
