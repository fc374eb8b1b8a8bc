//! Any typed query, told apart by its kind.

use hedgerow_errors::did_you_mean;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::actors::{ActorsQuery, ActorsResponse};
use crate::calendar_heatmap::{CalendarHeatmapQuery, CalendarHeatmapResponse};
use crate::event_list::{EventsQuery, EventsResponse};
use crate::funnels::{FunnelsQuery, FunnelsResponse};
use crate::lifecycle::{LifecycleQuery, LifecycleResponse};
use crate::paths::{PathsQuery, PathsResponse};
use crate::person_list::{PersonsQuery, PersonsResponse};
use crate::provenance::Provenance;
use crate::retention::{RetentionQuery, RetentionResponse};
use crate::stickiness::{StickinessQuery, StickinessResponse};
use crate::trends::{TrendsQuery, TrendsResponse};

/// A typed query. Its `kind` says which; one without a kind is a `TrendsQuery`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TypedQuery {
    /// Counts over time.
    Trends(TrendsQuery),
    /// Persons from step to step.
    Funnels(FunnelsQuery),
    /// Who comes back.
    Retention(RetentionQuery),
    /// Who is new, comes again, comes back, stays away.
    Lifecycle(LifecycleQuery),
    /// On how many days something is done.
    Stickiness(StickinessQuery),
    /// What people do next.
    Paths(PathsQuery),
    /// On which weekdays and at which hours something is done.
    CalendarHeatmap(CalendarHeatmapQuery),
    /// A list of events.
    Events(EventsQuery),
    /// A list of persons.
    Persons(PersonsQuery),
    /// The persons behind a number of another query.
    Actors(ActorsQuery),
}

impl TypedQuery {
    /// The kinds there are.
    pub const KINDS: [&str; 10] = [
        "TrendsQuery",
        "FunnelsQuery",
        "RetentionQuery",
        "LifecycleQuery",
        "StickinessQuery",
        "PathsQuery",
        "CalendarHeatmapQuery",
        "EventsQuery",
        "PersonsQuery",
        "ActorsQuery",
    ];

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let [
            trends,
            funnels,
            retention,
            lifecycle,
            stickiness,
            paths,
            calendar_heatmap,
            events,
            persons,
            actors,
        ] = Self::KINDS;
        match self {
            Self::Trends(_) => trends,
            Self::Funnels(_) => funnels,
            Self::Retention(_) => retention,
            Self::Lifecycle(_) => lifecycle,
            Self::Stickiness(_) => stickiness,
            Self::Paths(_) => paths,
            Self::CalendarHeatmap(_) => calendar_heatmap,
            Self::Events(_) => events,
            Self::Persons(_) => persons,
            Self::Actors(_) => actors,
        }
    }
}

// Written by hand, because an untagged enum answers every mistake with "did not match any variant".
impl<'de> Deserialize<'de> for TypedQuery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let kind = match value.get("kind") {
            None => "TrendsQuery",
            Some(Value::String(kind)) => kind,
            Some(other) => return Err(D::Error::custom(format!("the kind of a query is a text, not {other}"))),
        };
        let query = match kind {
            "TrendsQuery" => serde_json::from_value(value).map(Self::Trends),
            "FunnelsQuery" => serde_json::from_value(value).map(Self::Funnels),
            "RetentionQuery" => serde_json::from_value(value).map(Self::Retention),
            "LifecycleQuery" => serde_json::from_value(value).map(Self::Lifecycle),
            "StickinessQuery" => serde_json::from_value(value).map(Self::Stickiness),
            "PathsQuery" => serde_json::from_value(value).map(Self::Paths),
            "CalendarHeatmapQuery" => serde_json::from_value(value).map(Self::CalendarHeatmap),
            "EventsQuery" => serde_json::from_value(value).map(Self::Events),
            "PersonsQuery" => serde_json::from_value(value).map(Self::Persons),
            "ActorsQuery" => serde_json::from_value(value).map(Self::Actors),
            unknown => {
                let message = format!(
                    "there is no kind of query {unknown:?}; {}",
                    did_you_mean(unknown, Self::KINDS)
                );
                return Err(D::Error::custom(message));
            }
        };
        query.map_err(D::Error::custom)
    }
}

/// What a typed query answers: the response of its kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TypedResponse {
    /// Counts over time.
    Trends(TrendsResponse),
    /// Persons from step to step.
    Funnels(FunnelsResponse),
    /// Who comes back.
    Retention(RetentionResponse),
    /// Who is new, comes again, comes back, stays away.
    Lifecycle(LifecycleResponse),
    /// On how many days something is done.
    Stickiness(StickinessResponse),
    /// What people do next.
    Paths(PathsResponse),
    /// On which weekdays and at which hours something is done.
    CalendarHeatmap(CalendarHeatmapResponse),
    /// A list of events.
    Events(EventsResponse),
    /// A list of persons.
    Persons(PersonsResponse),
    /// The persons behind a number of another query.
    Actors(ActorsResponse),
}

impl TypedResponse {
    /// How it came to be.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        match self {
            Self::Trends(response) => &response.provenance,
            Self::Funnels(response) => &response.provenance,
            Self::Retention(response) => &response.provenance,
            Self::Lifecycle(response) => &response.provenance,
            Self::Stickiness(response) => &response.provenance,
            Self::Paths(response) => &response.provenance,
            Self::CalendarHeatmap(response) => &response.provenance,
            Self::Events(response) => &response.provenance,
            Self::Persons(response) => &response.provenance,
            Self::Actors(response) => &response.provenance,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_is_read_by_its_kind() {
        let read = |value: Value| serde_json::from_value::<TypedQuery>(value).map_err(|error| error.to_string());
        assert!(matches!(read(json!({"series": [{}]})), Ok(TypedQuery::Trends(_))));
        assert!(matches!(
            read(json!({"kind": "EventsQuery", "limit": 5})),
            Ok(TypedQuery::Events(EventsQuery { limit: Some(5), .. }))
        ));
        assert!(matches!(
            read(json!({"kind": "PersonsQuery"})),
            Ok(TypedQuery::Persons(_))
        ));
        let cases = [
            (json!({"kind": "EventQuery"}), "did you mean EventsQuery"),
            (json!({"kind": 3}), "the kind of a query is a text, not 3"),
            (json!({"kind": "EventsQuery", "series": []}), "unknown field `series`"),
            (json!({"kind": "PersonsQuery", "serach": "x"}), "unknown field `serach`"), // typos: on purpose
        ];
        for (value, said) in cases {
            let error = read(value.clone()).unwrap_err();
            assert!(error.contains(said), "{value}: {error}");
        }
    }

    #[test]
    fn a_list_is_written_without_what_it_leaves_open() {
        let query = serde_json::to_value(EventsQuery::default()).unwrap();
        assert_eq!(query, json!({"kind": "EventsQuery"}));
        let query = serde_json::to_value(PersonsQuery::default()).unwrap();
        assert_eq!(query, json!({"kind": "PersonsQuery"}));
    }
}
