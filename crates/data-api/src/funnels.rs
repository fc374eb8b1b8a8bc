//! The funnels query: how many persons get from one step to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::filter::FilterGroup;
use crate::provenance::{Provenance, Warning};
use crate::trends::{BreakdownFilter, DateRange, EventsNode};

/// Steps that a funnel has at most.
pub const MOST_FUNNEL_STEPS: usize = 100;

/// Counts the persons who do one thing after another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FunnelsQuery {
    /// Always `FunnelsQuery`.
    pub kind: FunnelsQueryKind,
    /// The steps, 2 to 100, the first one first. `math` has no meaning here and must be absent.
    pub series: Vec<EventsNode>,
    /// The range in which all steps must lie; seven full days and today when absent.
    #[serde(default)]
    pub date_range: DateRange,
    /// Conditions on the events of all steps: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the project's test accounts, as its settings say who they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Splits the persons by a property's values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_filter: Option<BreakdownFilter>,
    /// How steps follow each other.
    #[serde(default)]
    pub funnels_filter: FunnelsFilter,
}

/// The constant `FunnelsQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum FunnelsQueryKind {
    /// The only value.
    #[default]
    FunnelsQuery,
}

/// How the steps of a funnel follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct FunnelsFilter {
    /// What may lie between two steps; anything when absent.
    pub funnel_order_type: FunnelOrder,
    /// How long the whole way may take, counted from the first step, the end included: 1 to 10,000; 14 when absent.
    pub funnel_window_interval: u32,
    /// The unit of `funnelWindowInterval`; days when absent.
    pub funnel_window_interval_unit: FunnelWindowUnit,
    /// Which of a person's values counts in a breakdown; the first one when absent.
    pub breakdown_attribution_type: BreakdownAttribution,
}

impl Default for FunnelsFilter {
    fn default() -> Self {
        Self {
            funnel_order_type: FunnelOrder::default(),
            funnel_window_interval: 14,
            funnel_window_interval_unit: FunnelWindowUnit::default(),
            breakdown_attribution_type: BreakdownAttribution::default(),
        }
    }
}

/// What may lie between two steps of a funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelOrder {
    /// The steps come in their order, and anything may lie between them.
    #[default]
    Ordered,
    /// The steps come in their order, and nothing else that fits `properties` lies between them.
    Strict,
}

/// Which of a person's values counts in a funnel with a breakdown. Each person has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakdownAttribution {
    /// That of the first event that is one of the steps and has the property.
    #[default]
    FirstTouch,
    /// That of the last one.
    LastTouch,
}

/// A unit of a funnel's window. A month is a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelWindowUnit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// 24 hours.
    #[default]
    Day,
    /// Seven times 24 hours.
    Week,
    /// A calendar month.
    Month,
}

impl FunnelWindowUnit {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// One step of a funnel's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunnelStep {
    /// The position among the steps, from 0.
    pub order: usize,
    /// The step's label: its own, or the name of its event or action.
    pub name: String,
    /// The event's name, or `null` for every event; for an action its id.
    pub action_id: Option<String>,
    /// `events` or `actions`.
    #[serde(rename = "type")]
    pub action_type: String,
    /// Persons who got at least this far.
    pub count: u64,
    /// Their share of those who entered, 0 to 100; absent where nobody entered.
    pub conversion_rate: Option<f64>,
    /// Their share of those who reached the step before, 0 to 100; absent for the first step, and where nobody did.
    pub conversion_rate_from_previous: Option<f64>,
    /// Seconds from the step before to this one, on average over who reached it; absent for the first step, and where
    /// nobody did.
    pub average_conversion_time: Option<f64>,
    /// Their median, exactly.
    pub median_conversion_time: Option<f64>,
    /// The value of the persons: text, number, boolean, `BREAKDOWN_OTHER` or `BREAKDOWN_NONE`; absent without a breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_value: Option<Value>,
}

/// The steps of a funnel, or those of each breakdown value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FunnelResults {
    /// The steps in their order.
    Steps(Vec<FunnelStep>),
    /// The same for each value: the one with the most persons in the first step first, then Other, then None.
    ByValue(Vec<Vec<FunnelStep>>),
}

impl FunnelResults {
    /// All steps, value by value.
    pub fn steps(&self) -> impl Iterator<Item = &FunnelStep> {
        let (steps, by_value) = match self {
            Self::Steps(steps) => (steps.as_slice(), &[][..]),
            Self::ByValue(by_value) => (&[][..], by_value.as_slice()),
        };
        steps.iter().chain(by_value.iter().flatten())
    }
}

/// What a funnels query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunnelsResponse {
    /// The steps, with a breakdown a list for each value.
    pub results: FunnelResults,
    /// What a reader must know to read the numbers right.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
