//! The persons query: a plain list of persons, those first who came last.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::filter::FilterGroup;
use crate::provenance::{Provenance, Warning};

/// Lists persons, the newest first; of one instant those with the greater id first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PersonsQuery {
    /// Always `PersonsQuery`.
    #[serde(default)]
    pub kind: PersonsQueryKind,
    /// Conditions on fields of the list `persons`: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the test accounts of the project's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Only persons one of whose distinct ids, or whose email or name, contains this text, ignoring case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only the person with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<String>,
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

/// The constant `PersonsQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum PersonsQueryKind {
    /// The only value.
    #[default]
    PersonsQuery,
}

/// One person of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedPerson {
    /// The person's id.
    pub person_id: String,
    /// All its distinct ids, after all merges, in order.
    pub distinct_ids: Vec<String>,
    /// The earliest event of any of them, RFC 3339 in UTC.
    pub created_at: String,
    /// True once an event said who it is.
    pub is_identified: bool,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// How many events it has.
    pub events: u64,
    /// The latest of them, RFC 3339 in UTC; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
}

/// What a persons query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PersonsResponse {
    /// The newest first.
    pub results: Vec<ListedPerson>,
    /// True where there are more than these.
    pub has_more: bool,
    /// The `cursor` of the next page, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// What a reader must know, such as that there are more rows.
    pub warnings: Vec<Warning>,
    /// How the list came to be.
    pub provenance: Provenance,
}
