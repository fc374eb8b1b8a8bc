//! The calendar heatmap query: on which weekdays and at which hours something is done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::provenance::{Provenance, Warning};
use crate::trends::{Action, DateRange, EventsNode};

/// Counts events, or persons, by the weekday and the hour that clocks of the project's time zone show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CalendarHeatmapQuery {
    /// Always `CalendarHeatmapQuery`.
    pub kind: CalendarHeatmapQueryKind,
    /// What is counted: one entry, whose `math` is `total` (events) or `dau` (persons).
    pub series: Vec<EventsNode>,
    /// The range; seven full days and today when absent.
    #[serde(default)]
    pub date_range: DateRange,
    /// Conditions on all events: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the test accounts of the project's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Goes before the project's settings.
    #[serde(default, skip_serializing_if = "QueryModifiers::is_empty")]
    pub modifiers: QueryModifiers,
}

/// The constant `CalendarHeatmapQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum CalendarHeatmapQueryKind {
    /// The only value.
    #[default]
    CalendarHeatmapQuery,
}

/// The numbers of a week: events, or distinct persons, over the whole range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalendarHeatmap {
    /// What was counted.
    pub action: Action,
    /// The names of the rows: the seven weekdays, from Sunday, with which weeks begin.
    pub weekdays: Vec<String>,
    /// A row a weekday, with a number for each hour from 0 to 23. An hour that clocks show twice when they are put back
    /// holds both, one that they leave out holds nothing of that day.
    pub data: Vec<Vec<u64>>,
    /// The number of each weekday. Persons count once in it, whatever the number of hours in which they are active.
    pub weekday_totals: Vec<u64>,
    /// The number of each hour over all weekdays, in the same way.
    pub hour_totals: Vec<u64>,
    /// The number of the whole range, in the same way.
    pub total: u64,
}

/// What a calendar heatmap query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalendarHeatmapResponse {
    /// The numbers.
    pub results: CalendarHeatmap,
    /// What a reader must know to read the numbers right, such as that a weekday is more often in the range than others.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
