//! The funnels query: how many persons get from one step to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::provenance::{Provenance, Warning};
use crate::trends::{BreakdownFilter, DateRange, EventsNode, EventsNodeKind, Interval};

/// Steps that a funnel has at most.
pub const MOST_FUNNEL_STEPS: usize = 100;
/// Exclusions that a funnel has at most.
pub const MOST_FUNNEL_EXCLUSIONS: usize = 28;
/// Bins that a histogram of times has at most.
pub const MOST_FUNNEL_BINS: u32 = 90;

/// Counts the persons who do one thing after another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FunnelsQuery {
    /// Always `FunnelsQuery`.
    pub kind: FunnelsQueryKind,
    /// 2 to 100 steps in order, without `math`.
    pub series: Vec<EventsNode>,
    /// The intervals of the view `trends`; a day when absent. For no other view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Holds all steps; seven full days and today when absent.
    #[serde(default)]
    pub date_range: DateRange,
    /// Conditions on the events of all steps.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the test accounts of the project's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Goes before the project's settings.
    #[serde(default, skip_serializing_if = "QueryModifiers::is_empty")]
    pub modifiers: QueryModifiers,
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

/// How the steps of a funnel follow each other, and what is shown of it. Steps are counted from 0 here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct FunnelsFilter {
    /// What is shown; the persons of each step when absent.
    pub funnel_viz_type: FunnelView,
    /// What may lie between two steps; anything when absent.
    pub funnel_order_type: FunnelOrder,
    /// How long the whole way may take, counted from the first step, the end included: 1 to 10,000; 14 when absent.
    pub funnel_window_interval: u32,
    /// The unit of `funnelWindowInterval`; days when absent.
    pub funnel_window_interval_unit: FunnelWindowUnit,
    /// What `conversion_rate` is a share of; those who entered when absent.
    pub funnel_step_reference: FunnelStepReference,
    /// Which of a person's values counts in a breakdown; the first one when absent.
    pub breakdown_attribution_type: BreakdownAttribution,
    /// The step whose value counts, for the attribution `step` and no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown_attribution_value: Option<usize>,
    /// Events between two steps that take a person out of the funnel: 28 at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<FunnelExclusion>,
    /// The step from which times and rates are taken, for the views `time_to_convert` and `trends`; the first one when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funnel_from_step: Option<usize>,
    /// The step to which they are taken; the last one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funnel_to_step: Option<usize>,
    /// Bins of the view `time_to_convert`, 1 to 90; when absent the cube root of the number of persons, rounded up,
    /// 60 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin_count: Option<u32>,
}

impl Default for FunnelsFilter {
    fn default() -> Self {
        Self {
            funnel_viz_type: FunnelView::default(),
            funnel_order_type: FunnelOrder::default(),
            funnel_window_interval: 14,
            funnel_window_interval_unit: FunnelWindowUnit::default(),
            funnel_step_reference: FunnelStepReference::default(),
            breakdown_attribution_type: BreakdownAttribution::default(),
            breakdown_attribution_value: None,
            exclusions: Vec::new(),
            funnel_from_step: None,
            funnel_to_step: None,
            bin_count: None,
        }
    }
}

/// What is shown of a funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelView {
    /// How many persons reach each step.
    #[default]
    Steps,
    /// How long they take from one step to another, as a histogram.
    TimeToConvert,
    /// For each interval the share of those who enter in it that gets from one step to another.
    Trends,
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
    /// The steps come in any order: the k-th step of the result is the k-th that a person does.
    Unordered,
}

/// What a conversion rate is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelStepReference {
    /// Of those who entered.
    #[default]
    Total,
    /// Of those who reached the step before.
    Previous,
}

/// Which of a person's values counts in a funnel with a breakdown. With the first two each person has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakdownAttribution {
    /// That of the first event that is one of the steps and has the property.
    #[default]
    FirstTouch,
    /// That of the last one.
    LastTouch,
    /// All: each value has a funnel of the events with it.
    AllEvents,
    /// Those of the step `breakdownAttributionValue`: each value has a funnel in which that step has it.
    Step,
}

/// Events that take a person out of the funnel where they lie between two of its steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelExclusion {
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
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_name: Option<String>,
    /// Conditions on the events: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// The step after which they count, from 0.
    #[serde(rename = "funnelFromStep")]
    pub from_step: usize,
    /// The later step before which they count.
    #[serde(rename = "funnelToStep")]
    pub to_step: usize,
}

impl FunnelExclusion {
    /// The events as a series has them.
    #[must_use]
    pub fn node(&self) -> EventsNode {
        EventsNode {
            kind: self.kind,
            event: self.event.clone(),
            id: self.id.clone(),
            name: self.name.clone(),
            custom_name: self.custom_name.clone(),
            properties: self.properties.clone(),
            ..EventsNode::default()
        }
    }
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
    /// Persons who got at least this far; of an optional step those who did not leave it out.
    pub count: u64,
    /// Their share of those who entered, 0 to 100, or what `funnelStepReference` says; absent where there is nobody.
    pub conversion_rate: Option<f64>,
    /// Their share of those who reached the step before that is not optional, 0 to 100; absent for the first step, and
    /// where nobody did.
    pub conversion_rate_from_previous: Option<f64>,
    /// Seconds from the step before to this one, on average over who reached it; absent for the first step, and where
    /// nobody did. Who left optional steps out comes from the one before.
    pub average_conversion_time: Option<f64>,
    /// Their median, exactly.
    pub median_conversion_time: Option<f64>,
    /// Whether the step can be left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The value of the persons: text, number, boolean, `BREAKDOWN_OTHER` or `BREAKDOWN_NONE`; absent without a breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_value: Option<Value>,
}

/// How long persons take from one step of a funnel to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunnelTimes {
    /// Bins of the same whole number of seconds: the seconds with which each begins, and how many persons took so long.
    /// The last one begins with the end of the one before and holds those who took exactly so long. Empty where nobody
    /// converted.
    pub bins: Vec<(i64, u64)>,
    /// The seconds of a bin.
    pub bin_width: i64,
    /// Persons who reached the later step.
    pub count: u64,
    /// Their seconds on average; absent where nobody converted.
    pub average_conversion_time: Option<f64>,
    /// Their median, exactly.
    pub median_conversion_time: Option<f64>,
}

/// The rates of a funnel, or of a breakdown value, interval by interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunnelTrend {
    /// How many intervals there are.
    pub count: usize,
    /// For each interval the share of those who entered in it that converted, 0 to 100; `null` where nobody entered.
    pub data: Vec<Option<f64>>,
    /// Persons who entered in each interval and reached the earlier step. Each counts in every interval in which it
    /// enters.
    pub entered: Vec<u64>,
    /// Those of them who reached the later step within the window.
    pub converted: Vec<u64>,
    /// Whether all who entered in the interval had their whole window, within the range and before now. Where not, the
    /// rate can still grow.
    pub window_ended: Vec<bool>,
    /// The start of each interval: `YYYY-MM-DD`, with the time for hours.
    pub days: Vec<String>,
    /// The same for people.
    pub labels: Vec<String>,
    /// The value of the persons, as in a step; absent without a breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_value: Option<Value>,
}

/// What a funnel gives in its view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FunnelResults {
    /// The steps in their order.
    Steps(Vec<FunnelStep>),
    /// The same for each value: the one with the most persons in the first step first, then Other, then None.
    ByValue(Vec<Vec<FunnelStep>>),
    /// The view `time_to_convert`.
    Times(FunnelTimes),
    /// The view `trends`: one, or one a value in the same order.
    Trends(Vec<FunnelTrend>),
}

impl FunnelResults {
    /// All steps, value by value; none of other views.
    pub fn steps(&self) -> impl Iterator<Item = &FunnelStep> {
        let (steps, by_value) = match self {
            Self::Steps(steps) => (steps.as_slice(), &[][..]),
            Self::ByValue(by_value) => (&[][..], by_value.as_slice()),
            Self::Times(_) | Self::Trends(_) => (&[][..], &[][..]),
        };
        steps.iter().chain(by_value.iter().flatten())
    }
}

/// What a funnels query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunnelsResponse {
    /// What the view shows.
    pub results: FunnelResults,
    /// What a reader must know to read the numbers right.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
