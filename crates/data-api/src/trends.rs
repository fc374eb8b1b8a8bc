//! The trends query: numbers over time, or one total, with filters, breakdowns, formulas and comparisons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::provenance::{Provenance, Warning};

/// The breakdown value that stands for all values beyond the limit.
pub const BREAKDOWN_OTHER: &str = "$$_posthog_breakdown_other_$$";
/// The breakdown value that stands for events without the property.
pub const BREAKDOWN_NONE: &str = "$$_posthog_breakdown_null_$$";

/// Numbers of events and of who had them per time bucket, or as one total.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrendsQuery {
    /// Always `TrendsQuery`.
    #[serde(default)]
    pub kind: TrendsQueryKind,
    /// 1 to 26 entries.
    pub series: Vec<EventsNode>,
    /// `day` when absent.
    #[serde(default)]
    pub interval: Interval,
    /// The range; seven full days and today when absent.
    #[serde(default)]
    pub date_range: DateRange,
    /// Conditions on all series.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Leaves out the test accounts of the project's settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filter_test_accounts: bool,
    /// Goes before the project's settings.
    #[serde(default, skip_serializing_if = "QueryModifiers::is_empty")]
    pub modifiers: QueryModifiers,
    /// Splits each series by a property's values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_filter: Option<BreakdownFilter>,
    /// Compares with another range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_filter: Option<CompareFilter>,
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
    /// The property of the event whose values are put together, for the math that does that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub math_property: Option<String>,
    /// For the math `hogql`: an expression of SQL with aggregates over the events of the series, such as
    /// `sum(properties.amount) / count()`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub math_hogql: Option<String>,
    /// For the math `unique_group`: the index of the type of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub math_group_type_index: Option<u8>,
    /// Conditions on this series alone: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
    /// Whether a person may leave this step out; for steps of a funnel other than the first, and for nothing else.
    #[serde(default, rename = "optionalInFunnel", skip_serializing_if = "std::ops::Not::not")]
    pub optional_in_funnel: bool,
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
    /// Distinct groups of the type `math_group_type_index` per bucket; events without such a group count none.
    UniqueGroup,
    /// What the expression `math_hogql` gives over the events of each bucket.
    Hogql,
    /// Distinct persons in the seven days that end with the bucket.
    WeeklyActive,
    /// Distinct persons in the thirty days that end with the bucket.
    MonthlyActive,
    /// Persons whose very first event of the name lies in the bucket and meets the conditions.
    FirstTimeForUser,
    /// Persons whose first event that meets the conditions lies in the bucket.
    FirstMatchingEventForUser,
    /// The average of `math_property` over the events that have it.
    Avg,
    /// Its sum.
    Sum,
    /// Its smallest value.
    Min,
    /// Its largest value.
    Max,
    /// Its median: between the two in the middle where there are two.
    Median,
    /// Its 75th percentile, between the nearest two values.
    P75,
    /// Its 90th percentile.
    P90,
    /// Its 95th percentile.
    P95,
    /// Its 99th percentile.
    P99,
    /// Events a person, on average over the persons who have any in the bucket.
    AvgCountPerActor,
    /// The fewest events that one of them has.
    MinCountPerActor,
    /// The most events that one of them has.
    MaxCountPerActor,
    /// The median of their numbers of events.
    MedianCountPerActor,
    /// The 75th percentile of their numbers of events.
    P75CountPerActor,
    /// The 90th percentile.
    P90CountPerActor,
    /// The 95th percentile.
    P95CountPerActor,
    /// The 99th percentile.
    P99CountPerActor,
}

/// How the values of a property, or the numbers of events of persons, become one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Their average.
    Average,
    /// Their sum.
    Sum,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// The value below which a share of them lies, 0 to 1, between the nearest two.
    Percentile(f64),
}

impl Math {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Dau => "dau",
            Self::UniqueSession => "unique_session",
            Self::UniqueGroup => "unique_group",
            Self::Hogql => "hogql",
            Self::WeeklyActive => "weekly_active",
            Self::MonthlyActive => "monthly_active",
            Self::FirstTimeForUser => "first_time_for_user",
            Self::FirstMatchingEventForUser => "first_matching_event_for_user",
            Self::Avg => "avg",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
            Self::P75 => "p75",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::AvgCountPerActor => "avg_count_per_actor",
            Self::MinCountPerActor => "min_count_per_actor",
            Self::MaxCountPerActor => "max_count_per_actor",
            Self::MedianCountPerActor => "median_count_per_actor",
            Self::P75CountPerActor => "p75_count_per_actor",
            Self::P90CountPerActor => "p90_count_per_actor",
            Self::P95CountPerActor => "p95_count_per_actor",
            Self::P99CountPerActor => "p99_count_per_actor",
        }
    }

    /// What becomes of the values of `math_property`; `None` where it has no meaning.
    #[must_use]
    pub fn of_property(self) -> Option<Statistic> {
        Some(match self {
            Self::Avg => Statistic::Average,
            Self::Sum => Statistic::Sum,
            Self::Min => Statistic::Minimum,
            Self::Max => Statistic::Maximum,
            Self::Median => Statistic::Percentile(0.5),
            Self::P75 => Statistic::Percentile(0.75),
            Self::P90 => Statistic::Percentile(0.9),
            Self::P95 => Statistic::Percentile(0.95),
            Self::P99 => Statistic::Percentile(0.99),
            _ => return None,
        })
    }

    /// What becomes of the numbers of events of persons; `None` where something else is counted.
    #[must_use]
    pub fn of_persons(self) -> Option<Statistic> {
        Some(match self {
            Self::AvgCountPerActor => Statistic::Average,
            Self::MinCountPerActor => Statistic::Minimum,
            Self::MaxCountPerActor => Statistic::Maximum,
            Self::MedianCountPerActor => Statistic::Percentile(0.5),
            Self::P75CountPerActor => Statistic::Percentile(0.75),
            Self::P90CountPerActor => Statistic::Percentile(0.9),
            Self::P95CountPerActor => Statistic::Percentile(0.95),
            Self::P99CountPerActor => Statistic::Percentile(0.99),
            _ => return None,
        })
    }

    /// Whether the numbers of buckets, or of breakdown values, add up to that of all of them.
    #[must_use]
    pub fn adds_up(self) -> bool {
        matches!(
            self,
            Self::Total | Self::Sum | Self::FirstTimeForUser | Self::FirstMatchingEventForUser
        )
    }

    /// Days that end with a bucket and in which persons count, where these are other than its own.
    #[must_use]
    pub fn trailing_days(self) -> Option<u32> {
        match self {
            Self::WeeklyActive => Some(7),
            Self::MonthlyActive => Some(30),
            _ => None,
        }
    }

    /// Whether a bucket in which nothing was found has the number 0. The others have none there: nothing has no
    /// average.
    #[must_use]
    pub fn is_zero_of_nothing(self) -> bool {
        let average = [self.of_property(), self.of_persons()].into_iter().flatten().next();
        average.is_none_or(|statistic| statistic == Statistic::Sum)
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

/// Splits by the values of one property, or by those of several together, or by cohorts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakdownFilter {
    /// The property's key; for the other types what [`BreakdownType`] says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
    /// Whose property; `event` when absent.
    #[serde(default)]
    pub breakdown_type: BreakdownType,
    /// For the type `group`: the index of the type of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_group_type_index: Option<u8>,
    /// Trends: puts the property's numbers into so many bins of the same width, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_histogram_bin_count: Option<u32>,
    /// Several properties in place of `breakdown`, at most three; a value is then a list of theirs. Or several
    /// cohorts, at most 25; each is a value of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<Breakdown>,
    /// How many values get their own series, 1 to 1,000; 25 when absent. The rest is one series
    /// "Other", so that nothing is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_limit: Option<u32>,
}

impl BreakdownFilter {
    /// The properties; empty where the filter names none.
    #[must_use]
    pub fn parts(&self) -> Vec<Breakdown> {
        let one = self.breakdown.iter().map(|key| Breakdown {
            property: key.clone(),
            breakdown_type: self.breakdown_type,
            group_type_index: self.breakdown_group_type_index,
            histogram_bin_count: self.breakdown_histogram_bin_count,
        });
        one.chain(self.breakdowns.iter().cloned()).collect()
    }

    /// The properties as titles name them.
    #[must_use]
    pub fn name(&self) -> String {
        let parts = self.parts();
        let names = parts.iter().map(|part| part.property.trim_start_matches('$'));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// One of the properties of a breakdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breakdown {
    /// The property's key; for the other types what [`BreakdownType`] says.
    pub property: String,
    /// Whose property; `event` when absent.
    #[serde(default, rename = "type")]
    pub breakdown_type: BreakdownType,
    /// For the type `group`: the index of the type of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_type_index: Option<u8>,
    /// Puts the property's numbers into so many bins of the same width, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram_bin_count: Option<u32>,
}

/// Whose property a breakdown takes. Funnels take those of events only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakdownType {
    /// A property of the event.
    #[default]
    Event,
    /// A property of the person, as it is now or was right after the event: `personsOnEventsMode` of the modifiers.
    Person,
    /// A property of the event's group of a type, as it is now.
    Group,
    /// A field of the event's session, by all events of that.
    Session,
    /// What an expression in SQL gives for each event, such as `lower(properties.plan)`.
    Hogql,
    /// The cohort, by its name or id; who is in several counts in each of them.
    Cohort,
}

/// Another range beside the query's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CompareFilter {
    /// Whether there is a comparison.
    pub compare: bool,
    /// How much earlier both ends of the other range are: `-7d`, `-1m`, `-1y`, ... Without it the other range is as
    /// long and ends where the query's begins; a range from the start of a unit on (`mStart`) is compared with the
    /// whole unit before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_to: Option<String>,
    /// The other range itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_range: Option<DateRange>,
}

/// How the result is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct TrendsFilter {
    /// Time series, or one total.
    pub display: Display,
    /// A calculation with the series, which are called A, B, C, ...: their numbers, `+ - * /` and parentheses. Only what
    /// it gives is in the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// Several calculations, each with a result of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub formula_nodes: Vec<FormulaNode>,
    /// Each number is the average of that of its bucket and of the ones before it, so many together, 1 to 1,000; for
    /// lines only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoothing_intervals: Option<u32>,
}

impl TrendsFilter {
    /// All calculations.
    #[must_use]
    pub fn formulas(&self) -> Vec<FormulaNode> {
        let own = self.formula.iter().map(|formula| FormulaNode {
            formula: formula.clone(),
            custom_name: None,
        });
        own.chain(self.formula_nodes.iter().cloned()).collect()
    }
}

/// A calculation with the series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormulaNode {
    /// The series by their letters, numbers, `+ - * /` and parentheses: `A / B * 100`.
    pub formula: String,
    /// The label in results; `Formula (A / B * 100)` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_name: Option<String>,
}

/// The display decides whether there are buckets or one total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Display {
    /// Buckets, drawn as a line.
    #[default]
    ActionsLineGraph,
    /// Buckets, drawn as bars.
    ActionsBar,
    /// Buckets, drawn as an area.
    ActionsAreaGraph,
    /// Buckets, each with those before it: running totals, in which each person, session or group counts once.
    ActionsLineGraphCumulative,
    /// One total, drawn as a number.
    BoldNumber,
    /// One total per series or breakdown value, drawn as bars.
    ActionsBarValue,
    /// One total per series or breakdown value, drawn as a pie.
    ActionsPie,
    /// One total per country, drawn as a map.
    WorldMap,
    /// One total per series or breakdown value, as a table.
    ActionsTable,
}

impl Display {
    /// True where there is one total over the whole range instead of buckets.
    #[must_use]
    pub fn is_total(self) -> bool {
        matches!(
            self,
            Self::BoldNumber | Self::ActionsBarValue | Self::ActionsPie | Self::WorldMap | Self::ActionsTable
        )
    }

    /// True where each bucket holds those before it as well.
    #[must_use]
    pub fn is_cumulative(self) -> bool {
        self == Self::ActionsLineGraphCumulative
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
    /// A number a bucket, `null` where there is none, as in the average of nothing; empty for a total.
    pub data: Vec<Option<Number>>,
    /// Human names of the buckets, such as `18-May-2015`.
    pub labels: Vec<String>,
    /// Starts of the buckets: `YYYY-MM-DD`, with ` HH:MM:SS` for hours.
    pub days: Vec<String>,
    /// The sum of `data` (0 for a total). For unique counts the sum of buckets, not the unique
    /// count of the range. For a running total its last number.
    pub count: Number,
    /// The series' name, with the breakdown value where there is one.
    pub label: String,
    /// What was counted.
    pub action: Action,
    /// The breakdown value (text, number, boolean), [`BREAKDOWN_OTHER`] or [`BREAKDOWN_NONE`]; with several properties a
    /// list of those, or [`BREAKDOWN_OTHER`] for all remaining ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown_value: Option<Value>,
    /// The one total over the whole range, for total displays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregated_value: Option<Number>,
    /// `current` or `previous`, where two ranges are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_label: Option<Compared>,
}

/// Which of two compared ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The query's own.
    Current,
    /// The other one.
    Previous,
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
