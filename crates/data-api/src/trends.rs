//! The trends query: counts over time, or one total, with filters and one breakdown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::filter::FilterGroup;
use crate::provenance::{Provenance, Warning};

/// The breakdown value that stands for all values beyond the limit.
pub const BREAKDOWN_OTHER: &str = "$$_posthog_breakdown_other_$$";
/// The breakdown value that stands for events without the property.
pub const BREAKDOWN_NONE: &str = "$$_posthog_breakdown_null_$$";

/// Counts events, unique visitors or unique sessions per time bucket, or as one total.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrendsQuery {
    /// Always `TrendsQuery`.
    #[serde(default)]
    pub kind: TrendsQueryKind,
    /// What to count, 1 to 26 entries.
    pub series: Vec<EventsNode>,
    /// The bucket; `day` when absent.
    #[serde(default)]
    pub interval: Interval,
    /// The range; seven full days and today when absent.
    #[serde(default)]
    pub date_range: DateRange,
    /// Conditions on all series: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Splits each series by a property's values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_filter: Option<BreakdownFilter>,
    /// How the result is wanted.
    #[serde(default)]
    pub trends_filter: TrendsFilter,
}

/// The constant `TrendsQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum TrendsQueryKind {
    /// The only value.
    #[default]
    TrendsQuery,
}

/// How a series says which events it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum EventsNodeKind {
    /// By the event's name.
    #[default]
    EventsNode,
    /// By an action.
    ActionsNode,
}

/// One series: which events, and what is counted of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsNode {
    /// `EventsNode` when absent.
    #[serde(default)]
    pub kind: EventsNodeKind,
    /// The event's name; `null` means every event. Not for an `ActionsNode`.
    #[serde(default)]
    pub event: Option<String>,
    /// The action of an `ActionsNode`, by its id or its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The action of an `ActionsNode` by its name; where there is an id, that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The label in results; the name of the event or action when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_name: Option<String>,
    /// What is counted; `total` when absent.
    #[serde(default)]
    pub math: Math,
    /// Conditions on this series alone: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
}

impl EventsNode {
    /// The id or name of the action that is counted; `None` where an event is.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        let by_action = self.kind == EventsNodeKind::ActionsNode;
        by_action.then(|| self.id.as_deref().or(self.name.as_deref()))?
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Math {
    /// Events.
    #[default]
    Total,
    /// Distinct persons per bucket.
    Dau,
    /// Distinct sessions per bucket.
    UniqueSession,
}

impl Math {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Dau => "dau",
            Self::UniqueSession => "unique_session",
        }
    }
}

/// The length of a time bucket. Weeks start on Sunday, as in `PostHog`'s default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// A week.
    Week,
    /// A calendar month.
    Month,
}

impl Interval {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// A range of time in the project's time zone.
///
/// Each end is an ISO date (`2015-05-18`), an ISO date-time, or relative to now: `-7d`, `-3h`,
/// `-2w`, `-1m` (month), `-1q`, `-1y`, `dStart`, `-1dStart`, `-1dEnd`, `mStart`, `yStart`, ...; `all` as
/// `date_from` means from the first event on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateRange {
    /// The start; `-7d` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_from: Option<String>,
    /// The end, included; now when absent. A date without time means the end of that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_to: Option<String>,
    /// Keep both ends exactly as given instead of widening them to whole days or hours.
    #[serde(default, rename = "explicitDate", skip_serializing_if = "std::ops::Not::not")]
    pub explicit_date: bool,
}

/// Splits by the values of one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakdownFilter {
    /// The property's key.
    pub breakdown: String,
    /// Whose property; `event` when absent.
    #[serde(default)]
    pub breakdown_type: BreakdownType,
    /// How many values get their own series, 1 to 1,000; 25 when absent. The rest is one series
    /// "Other", so that nothing is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_limit: Option<u32>,
}

/// Whose property a breakdown takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakdownType {
    /// A property of the event.
    #[default]
    Event,
}

/// How the result is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendsFilter {
    /// Time series, or one total.
    #[serde(default)]
    pub display: Display,
}

/// The display decides whether there are buckets or one total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Display {
    /// Buckets, drawn as a line.
    #[default]
    ActionsLineGraph,
    /// Buckets, drawn as bars.
    ActionsBar,
    /// One total, drawn as a number.
    BoldNumber,
    /// One total per series or breakdown value, drawn as bars.
    ActionsBarValue,
    /// One total per series or breakdown value, as a table.
    ActionsTable,
}

impl Display {
    /// True where there is one total over the whole range instead of buckets.
    #[must_use]
    pub fn is_total(self) -> bool {
        matches!(self, Self::BoldNumber | Self::ActionsBarValue | Self::ActionsTable)
    }
}

/// What a series counted, repeated with its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// The event's name, or `null` for every event; for an action its id.
    pub id: Option<String>,
    /// `events` or `actions`.
    #[serde(rename = "type")]
    pub action_type: String,
    /// The position among the query's series, from 0.
    pub order: usize,
    /// The label.
    pub name: String,
    /// What was counted.
    pub math: Math,
}

/// One line of a trends result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// A number a bucket; empty for a total.
    pub data: Vec<u64>,
    /// Human names of the buckets, such as `18-May-2015`.
    pub labels: Vec<String>,
    /// Starts of the buckets: `YYYY-MM-DD`, with ` HH:MM:SS` for hours.
    pub days: Vec<String>,
    /// The sum of `data` (0 for a total). For unique counts the sum of buckets, not the unique
    /// count of the range.
    pub count: u64,
    /// The series' name, with the breakdown value where there is one.
    pub label: String,
    /// What was counted.
    pub action: Action,
    /// The breakdown value (text, number, boolean), [`BREAKDOWN_OTHER`] or [`BREAKDOWN_NONE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_value: Option<Value>,
    /// The one total over the whole range, for total displays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregated_value: Option<u64>,
}

/// What a trends query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendsResponse {
    /// A line a series, or a series and breakdown value: descending, then Other, then None.
    pub results: Vec<Series>,
    /// What a reader must know to read the numbers right.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
