//! The stickiness query: on how many days persons do something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::provenance::{Provenance, Warning};
use crate::trends::{Action, DateRange, EventsNode, Interval};

/// Counts persons by the number of intervals in which they did something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StickinessQuery {
    /// Always `StickinessQuery`.
    pub kind: StickinessQueryKind,
    /// What is done, 1 to 26 entries. `math` has no meaning here and must be absent.
    pub series: Vec<EventsNode>,
    /// The unit of an interval; `day` when absent.
    #[serde(default)]
    pub interval: Interval,
    /// How many units an interval has, from the start of the range on, 1 to 1,000; 1 when absent.
    #[serde(default = "one")]
    pub interval_count: u32,
    /// The range; seven full days and today when absent.
    #[serde(default)]
    pub date_range: DateRange,
    /// Conditions on all series: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the test accounts of the project's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Goes before the project's settings.
    #[serde(default, skip_serializing_if = "QueryModifiers::is_empty")]
    pub modifiers: QueryModifiers,
    /// What counts, and how.
    #[serde(default)]
    pub stickiness_filter: StickinessFilter,
}

fn one() -> u32 {
    1
}

/// The constant `StickinessQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum StickinessQueryKind {
    /// The only value.
    #[default]
    StickinessQuery,
}

/// What counts in a stickiness query, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct StickinessFilter {
    /// How often something must be done within an interval for it to count; once when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stickiness_criteria: Option<StickinessCriteria>,
    /// Whether persons count at their number of intervals alone, or at all smaller ones, too.
    pub computed_as: StickinessComputed,
}

/// How often something must be done within an interval. An interval in which it was not done never counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StickinessCriteria {
    /// How the number of times compares with `value`.
    pub operator: StickinessOperator,
    /// The number of times, at least 1.
    pub value: u32,
}

/// How a number of times compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StickinessOperator {
    /// At least as often.
    Gte,
    /// At most as often.
    Lte,
    /// Exactly as often.
    Exact,
}

/// At which numbers of intervals a person counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StickinessComputed {
    /// At exactly its own.
    #[default]
    NonCumulative,
    /// At its own and all smaller ones: "on at least k days".
    Cumulative,
}

/// One line of a stickiness result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StickinessSeries {
    /// What was done.
    pub action: Action,
    /// Persons for each number of intervals, from 1 to that of the range.
    pub data: Vec<u64>,
    /// All persons who did it in some interval.
    pub count: u64,
    /// `1 day`, `2 days`, ...
    pub labels: Vec<String>,
    /// The numbers of intervals: 1, 2, ...
    pub days: Vec<u32>,
    /// The name of the event or action.
    pub label: String,
}

/// What a stickiness query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StickinessResponse {
    /// A line a series.
    pub results: Vec<StickinessSeries>,
    /// What a reader must know to read the numbers right.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
