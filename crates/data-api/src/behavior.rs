//! What people did, as conditions of cohorts: filters of type `behavioral`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::filter::FilterGroup;

/// The rest of a filter of type `behavioral`, whose key is the name of an event and whose value says what of it:
///
/// - `performed_event`: in the last `time_value` `time_interval`s.
/// - `performed_event_multiple`: so many times in that; `operator` (`gte`, `lte`, `exact`) and `operator_value`.
/// - `performed_event_first_time`: for the first time ever.
/// - `performed_event_sequence`: and then `seq_event` within `seq_time_value` `seq_time_interval`s, both in that time.
/// - `performed_event_regularly`: in `min_periods` of the last `total_periods` periods of that length, in each as often as
///   `operator` and `operator_value` say.
/// - `stopped_performing_event`: in that time, but not in the last `seq_time_value` `seq_time_interval`s of it.
/// - `restarted_performing_event`: in those last ones, not in the rest of that time, and before it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Behavior {
    /// What the key names; events alone.
    pub event_type: BehaviorEvents,
    /// How long ago it may be at most, in `time_interval`s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_value: Option<u32>,
    /// What `time_value` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_interval: Option<BehaviorUnit>,
    /// How many times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_value: Option<u64>,
    /// The event that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq_event: Option<String>,
    /// Within how many `seq_time_interval`s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq_time_value: Option<u32>,
    /// What `seq_time_value` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq_time_interval: Option<BehaviorUnit>,
    /// How many periods are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_periods: Option<u32>,
    /// In how many of them at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_periods: Option<u32>,
    /// Conditions on the event of the key: filters of type `event`, `event_field` and `element`.
    #[serde(skip_serializing_if = "FilterGroup::is_empty")]
    pub event_filters: FilterGroup,
    /// Whether the others are meant: those of whom it does not hold.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub negation: bool,
}

impl Behavior {
    /// The names of its fields, which stand among those of the filter.
    pub(crate) const FIELDS: [&'static str; 11] = [
        "event_type",
        "time_value",
        "time_interval",
        "operator_value",
        "seq_event",
        "seq_time_value",
        "seq_time_interval",
        "total_periods",
        "min_periods",
        "event_filters",
        "negation",
    ];
}

/// What the key of a filter of type `behavioral` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BehaviorEvents {
    /// An event.
    #[default]
    Events,
}

/// A unit of time of a behaviour: days and longer ones are those of the project's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BehaviorUnit {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// A month of the calendar.
    Month,
    /// A year.
    Year,
}
