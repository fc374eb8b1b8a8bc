//! The retention query: who comes back, and how long after.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::provenance::{Provenance, Warning};
use crate::trends::{BreakdownFilter, DateRange, EventsNode, EventsNodeKind, Interval};

/// Intervals of a retention query where it says nothing.
pub const DEFAULT_RETENTION_INTERVALS: u32 = 8;
/// Intervals that a retention query has at most.
pub const MOST_RETENTION_INTERVALS: u32 = 400;

/// Counts, for the persons who begin in an interval, in which later ones they come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RetentionQuery {
    /// Always `RetentionQuery`.
    pub kind: RetentionQueryKind,
    /// The range in which persons begin; they may come back later than that. Without a start it is as many intervals
    /// as `totalIntervals` up to the end, and without an end it ends today.
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
    /// Splits the persons by a property's values, without bins. An event's value is that of the first event with which
    /// a person begins in an interval, so that a person counts once in each; with cohorts it counts in each of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_filter: Option<BreakdownFilter>,
    /// Who begins, and what coming back is.
    #[serde(default)]
    pub retention_filter: RetentionFilter,
}

/// The constant `RetentionQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum RetentionQueryKind {
    /// The only value.
    #[default]
    RetentionQuery,
}

/// Who begins, and what coming back is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct RetentionFilter {
    /// The length of an interval; a day when absent.
    pub period: RetentionPeriod,
    /// Intervals in a row, the first one included, 1 to 400; 8 when absent. Custom brackets say it themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_intervals: Option<u32>,
    /// When a person begins; each time when absent.
    pub retention_type: RetentionType,
    /// The event with which persons begin; `$pageview` when absent.
    pub target_entity: RetentionEntity,
    /// The event with which they come back; `$pageview` when absent.
    pub returning_entity: RetentionEntity,
    /// Counts a person in each interval up to the last one in which it came back.
    pub cumulative: bool,
    /// How many such events within an interval make coming back; 1 when absent.
    pub minimum_occurrences: u32,
    /// Lengths of brackets after the first interval, each in intervals: 1, 2 and 4 are the intervals 1, 2 to 3 and
    /// 4 to 7. A person came back in a bracket where it did in any of its intervals.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retention_custom_brackets: Vec<u32>,
    /// What cells hold beside the number of persons: nothing more when absent, or the sum or average of
    /// `aggregationProperty`.
    #[serde(skip_serializing_if = "RetentionAggregation::is_count")]
    pub aggregation_type: RetentionAggregation,
    /// The property with the numbers that `sum` and `avg` put together; for nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregation_property: Option<String>,
    /// Whose property that is; always there with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregation_property_type: Option<AggregationPropertyType>,
}

impl Default for RetentionFilter {
    fn default() -> Self {
        Self {
            period: RetentionPeriod::default(),
            total_intervals: None,
            retention_type: RetentionType::default(),
            target_entity: RetentionEntity::default(),
            returning_entity: RetentionEntity::default(),
            cumulative: false,
            minimum_occurrences: 1,
            retention_custom_brackets: Vec::new(),
            aggregation_type: RetentionAggregation::default(),
            aggregation_property: None,
            aggregation_property_type: None,
        }
    }
}

/// What the cells of retention hold beside the number of persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionAggregation {
    /// Nothing.
    #[default]
    Count,
    /// The sum of a property over the events that the cell is about; 0 where none of them has it.
    Sum,
    /// Its average over those of them that have it; none where none has.
    Avg,
}

impl RetentionAggregation {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
        }
    }

    fn is_count(&self) -> bool {
        *self == Self::Count
    }
}

/// Whose property is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregationPropertyType {
    /// That of the event.
    Event,
    /// That of the event's person, as it is now.
    Person,
}

/// The length of an interval of retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum RetentionPeriod {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// A week, from Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl RetentionPeriod {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "Hour",
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
        }
    }

    /// The interval of that length.
    #[must_use]
    pub fn interval(self) -> Interval {
        match self {
            Self::Hour => Interval::Hour,
            Self::Day => Interval::Day,
            Self::Week => Interval::Week,
            Self::Month => Interval::Month,
        }
    }
}

/// When a person begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionType {
    /// In each interval in which it does what persons begin with.
    #[default]
    RetentionRecurring,
    /// In the interval in which it does that, with all conditions, for the first time since there is data.
    RetentionFirstTime,
    /// In the interval of the very first event of that name, and only where the conditions hold for that event.
    RetentionFirstEverOccurrence,
}

/// An event or action of a retention query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionEntity {
    /// The event's name, or the id or name of an action; `null` means every event.
    pub id: Option<String>,
    /// Whether it is an event or an action; an event when absent.
    #[serde(default, rename = "type")]
    pub entity_type: EntityType,
    /// The label in results; the name of the event or action when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_name: Option<String>,
    /// Conditions on this event alone: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
}

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntityType {
    /// An event by its name.
    #[default]
    Events,
    /// An action.
    Actions,
}

impl Default for RetentionEntity {
    fn default() -> Self {
        Self {
            id: Some("$pageview".to_owned()),
            entity_type: EntityType::Events,
            custom_name: None,
            properties: FilterGroup::default(),
        }
    }
}

impl RetentionEntity {
    /// The same as a series has it.
    #[must_use]
    pub fn node(&self) -> EventsNode {
        let is_action = self.entity_type == EntityType::Actions;
        let (action, event) = if is_action {
            (self.id.clone(), None)
        } else {
            (None, self.id.clone())
        };
        EventsNode {
            kind: if is_action {
                EventsNodeKind::ActionsNode
            } else {
                EventsNodeKind::EventsNode
            },
            event,
            id: action,
            custom_name: self.custom_name.clone(),
            properties: self.properties.clone(),
            ..EventsNode::default()
        }
    }
}

/// The persons who began in one interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionRow {
    /// The start of the interval, as RFC 3339.
    pub date: String,
    /// The interval: `Day 0`, `Day 1`, ...
    pub label: String,
    /// One for each interval from their own on.
    pub values: Vec<RetentionValue>,
    /// Where there is a breakdown: its value (text, number, boolean), `$$_posthog_breakdown_other_$$` or
    /// `$$_posthog_breakdown_null_$$`; with several properties a list of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_value: Option<Value>,
}

/// How many of them came back in one interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionValue {
    /// Persons; those who began for the first value. `null` where the interval has not begun yet.
    pub count: Option<u64>,
    /// The interval counted from their own: `Day 0`, `Day 1`, or `Day 4-7` for a bracket.
    pub label: String,
    /// The sum or average of `aggregationProperty`, in its own unit, over the events of these persons: in the first
    /// value over those with which they begin, in the others over those with which they came back, each in the
    /// intervals for which the persons count. Absent where that is not asked, for an average of nothing, and where the
    /// interval has not begun yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregation_value: Option<Number>,
}

/// What a retention query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionResponse {
    /// A row an interval in which persons can begin. With a breakdown so many rows for each of its values: that in which
    /// most persons began comes first, then Other, then None.
    pub results: Vec<RetentionRow>,
    /// What a reader must know to read the numbers right.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Provenance,
}
