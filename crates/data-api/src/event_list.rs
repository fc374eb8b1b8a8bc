//! The events query: a plain list of events, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::provenance::{Provenance, Warning};
use crate::trends::DateRange;

/// Lists events, newest first; of one instant those with the greater uuid first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventsQuery {
    /// Always `EventsQuery`.
    #[serde(default)]
    pub kind: EventsQueryKind,
    /// Only events of this name; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Conditions on fields of the list `events`: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the test accounts of the project's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Goes before the project's settings.
    #[serde(default, skip_serializing_if = "QueryModifiers::is_empty")]
    pub modifiers: QueryModifiers,
    /// Only events whose name or distinct id contains this text, ignoring case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only events of the person with this id, whatever distinct id they came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<String>,
    /// When; everything when absent. A range without `date_from` starts with the first event.
    #[serde(default, skip_serializing_if = "is_open")]
    pub date_range: DateRange,
    /// The keys of the properties to return; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Rows of one page, 1 to 10,000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page starts: `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The constant `EventsQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum EventsQueryKind {
    /// The only value.
    #[default]
    EventsQuery,
}

/// One event of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedEvent {
    /// Its identity.
    pub uuid: String,
    /// Its name.
    pub event: String,
    /// When it happened, RFC 3339 in UTC.
    pub timestamp: String,
    /// Who did it, as the source names them.
    pub distinct_id: String,
    /// The person whom the distinct id belongs to by now; absent for events without a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<String>,
    /// The session, where the source knows sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Its properties by key; one that it lacks has no entry.
    pub properties: Map<String, Value>,
}

/// What an events query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventsResponse {
    /// Newest first.
    pub results: Vec<ListedEvent>,
    /// True where there are more than these.
    pub has_more: bool,
    /// The `cursor` of the next page, where there is one. Events that come in meanwhile move no row of a page to
    /// another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// What a reader must know, such as that there are more rows.
    pub warnings: Vec<Warning>,
    /// How the list came to be.
    pub provenance: Provenance,
}

/// True for a range that leaves nothing out.
fn is_open(range: &DateRange) -> bool {
    *range == DateRange::default()
}
