//! The lifecycle query: who is new, comes again, comes back, and stays away.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::provenance::{Provenance, Warning};
use crate::trends::{Action, DateRange, EventsNode, Interval};

/// Counts the persons of each interval by what they did in the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LifecycleQuery {
    /// Always `LifecycleQuery`.
    pub kind: LifecycleQueryKind,
    /// What counts as being active: one entry. `math` has no meaning here and must be absent.
    pub series: Vec<EventsNode>,
    /// The interval; `day` when absent.
    #[serde(default)]
    pub interval: Interval,
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
    /// How the result is wanted.
    #[serde(default)]
    pub lifecycle_filter: LifecycleFilter,
}

/// The constant `LifecycleQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum LifecycleQueryKind {
    /// The only value.
    #[default]
    LifecycleQuery,
}

/// How the result of a lifecycle is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct LifecycleFilter {
    /// The statuses that are given; all four when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toggled_lifecycles: Option<Vec<LifecycleStatus>>,
}

/// What a person is in an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleStatus {
    /// Active, and first seen in this very interval.
    New,
    /// Active, and active in the interval before.
    Returning,
    /// Active, not in the interval before, and first seen earlier.
    Resurrecting,
    /// Active in the interval before, and not in this one.
    Dormant,
}

impl LifecycleStatus {
    /// All, in the order in which results have them.
    pub const ALL: [Self; 4] = [Self::New, Self::Returning, Self::Resurrecting, Self::Dormant];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Returning => "returning",
            Self::Resurrecting => "resurrecting",
            Self::Dormant => "dormant",
        }
    }
}

/// The persons of one status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LifecycleSeries {
    /// What counted as being active.
    pub action: Action,
    /// Persons an interval; those who are dormant as negative numbers.
    pub data: Vec<i64>,
    /// The sum of `data`. A person may count in several intervals.
    pub count: i64,
    /// Human names of the intervals, such as `18-May-2015`.
    pub labels: Vec<String>,
    /// Starts of the intervals: `YYYY-MM-DD`, with ` HH:MM:SS` for hours.
    pub days: Vec<String>,
    /// The name of the event or action, and the status.
    pub label: String,
    /// The status.
    pub status: LifecycleStatus,
}

/// What a lifecycle query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LifecycleResponse {
    /// One for each status: new, returning, resurrecting, dormant.
    pub results: Vec<LifecycleSeries>,
    /// What a reader must know to read the numbers right.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
