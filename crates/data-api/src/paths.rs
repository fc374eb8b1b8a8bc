//! The paths query: what people do next, and after that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::path_cleaning::PathCleaningFilter;
use crate::provenance::{Provenance, Warning};
use crate::trends::DateRange;

/// Steps that a path has at most.
pub const MOST_PATH_STEPS: u32 = 20;

/// Counts from which page or event sessions go on to which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PathsQuery {
    /// Always `PathsQuery`.
    pub kind: PathsQueryKind,
    /// The range; seven full days and today when absent.
    #[serde(default)]
    pub date_range: DateRange,
    /// Conditions on the events: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the test accounts of the project's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Goes before the project's settings.
    #[serde(default, skip_serializing_if = "QueryModifiers::is_empty")]
    pub modifiers: QueryModifiers,
    /// What paths are made of.
    #[serde(default)]
    pub paths_filter: PathsFilter,
}

/// The constant `PathsQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum PathsQueryKind {
    /// The only value.
    #[default]
    PathsQuery,
}

/// What paths are made of, and which of them are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct PathsFilter {
    /// The kinds of events; page views when absent.
    pub include_event_types: Vec<PathEvents>,
    /// The item with which a path begins: the first one of a session that is it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_point: Option<String>,
    /// The item with which a path ends: the last one that is it. Others have no path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_point: Option<String>,
    /// Steps of a path, the first one included, 2 to 20; 5 when absent. With an end they are the last ones.
    pub step_limit: u32,
    /// Edges that are given, the most frequent ones first, 1 to 1,000; 50 when absent.
    pub edge_limit: u32,
    /// Items that are left out as if they had not been.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude_events: Vec<String>,
    /// Patterns with `*` for anything; an item that fits one is called like the first such pattern.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path_groupings: Vec<String>,
    /// Cleans the paths of page views by the rules of the project's settings, before those of the query.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub path_replacements: bool,
    /// Rules for the paths of page views, applied in order, each to what the one before left. What comes out is the item,
    /// which `excludeEvents`, `pathGroupings`, `startPoint` and `endPoint` know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub local_path_cleaning_filters: Vec<PathCleaningFilter>,
    /// Edges that fewer sessions took are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_edge_weight: Option<u64>,
    /// Edges that more sessions took are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_edge_weight: Option<u64>,
}

impl Default for PathsFilter {
    fn default() -> Self {
        Self {
            include_event_types: vec![PathEvents::Pageview],
            start_point: None,
            end_point: None,
            step_limit: 5,
            edge_limit: 50,
            exclude_events: Vec::new(),
            path_groupings: Vec::new(),
            path_replacements: false,
            local_path_cleaning_filters: Vec::new(),
            min_edge_weight: None,
            max_edge_weight: None,
        }
    }
}

/// A kind of events, and what an event is called in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PathEvents {
    /// Page views, called like their path without a slash at the end, as cleaning rules leave it.
    #[serde(rename = "$pageview")]
    Pageview,
    /// Screens, called like `$screen_name`.
    #[serde(rename = "$screen")]
    Screen,
    /// Events whose names don't begin with `$`, called so.
    #[serde(rename = "custom_event")]
    Custom,
}

/// From one item to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathEdge {
    /// The step from 1, and the item: `1_/pricing`.
    pub source: String,
    /// The next step and its item.
    pub target: String,
    /// Sessions.
    pub value: u64,
    /// Milliseconds from the one to the other, on average.
    pub average_conversion_time: f64,
}

/// What a paths query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathsResponse {
    /// The edges, those that most sessions took first.
    pub results: Vec<PathEdge>,
    /// What a reader must know to read the numbers right.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
