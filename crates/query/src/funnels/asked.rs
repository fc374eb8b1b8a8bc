//! Which queries are funnels.

use hedgerow_data_api::{
    BreakdownAttribution, Clock, EventsNode, FunnelExclusion, FunnelOrder, FunnelView, FunnelWindowUnit, FunnelsFilter,
    FunnelsQuery, Interval, MOST_FUNNEL_BINS, MOST_FUNNEL_EXCLUSIONS, MOST_FUNNEL_STEPS,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use super::rules::{Order, Rules};
use crate::engine::Engine;
use crate::scope::{Begun, Selection};
use crate::trends::{Breakdown, needs_of_breakdown};
use crate::validate;

/// Units of the longest window.
const MOST_UNITS: u32 = 10_000;

/// A query with what it leaves open.
pub(crate) struct Asked<'a> {
    pub(super) query: &'a FunnelsQuery,
    pub(super) filter: &'a FunnelsFilter,
    /// The steps, then the exclusions.
    series: Vec<EventsNode>,
    /// The steps from and to which rates and times are taken.
    pub(super) span: (usize, usize),
    pub(super) rules: Rules,
}

impl<'a> Asked<'a> {
    /// Refuses a funnel that is none.
    pub(crate) fn new(query: &'a FunnelsQuery) -> Result<Self> {
        let filter = &query.funnels_filter;
        let steps = query.series.len();
        if !(2..=MOST_FUNNEL_STEPS).contains(&steps) {
            let message = format!("a funnel has 2 to {MOST_FUNNEL_STEPS} steps, this one has {steps}");
            return Err(Error::invalid(message).with_hint("give the steps in `series`, the first one first"));
        }
        validate::without_math(&query.series, "step", "a funnel counts persons")?;
        let units = filter.funnel_window_interval;
        if !(1..=MOST_UNITS).contains(&units) {
            let message = format!("funnelWindowInterval goes from 1 to {MOST_UNITS}, not {units}");
            return Err(Error::invalid(message).with_hint("take another funnelWindowIntervalUnit"));
        }
        let optional = optional(query)?;
        check_exclusions(query, &optional)?;
        check_attribution(query)?;
        let span = span(query, &optional)?;
        let plain = query.series.iter().map(|node| EventsNode {
            optional_in_funnel: false,
            ..node.clone()
        });
        let (months, micros) = window(filter);
        Ok(Self {
            query,
            filter,
            series: plain
                .chain(filter.exclusions.iter().map(FunnelExclusion::node))
                .collect(),
            span,
            rules: Rules {
                order: match filter.funnel_order_type {
                    FunnelOrder::Ordered => Order::Ordered,
                    FunnelOrder::Strict => Order::Strict,
                    FunnelOrder::Unordered => Order::Unordered,
                },
                steps,
                months,
                micros,
                optional,
                exclusions: filter
                    .exclusions
                    .iter()
                    .map(|exclusion| (exclusion.from_step, exclusion.to_step))
                    .collect(),
                entries: Vec::new(),
            },
        })
    }

    /// Which events the query is about.
    pub(crate) fn selection(&self) -> Selection<'_> {
        Selection {
            series: &self.series,
            properties: &self.query.properties,
            date_range: &self.query.date_range,
            needs: needs_of_breakdown(self.query.breakdown_filter.as_ref()),
            filter_test_accounts: self.query.filter_test_accounts,
            modifiers: self.query.modifiers,
        }
    }

    /// What splits the persons; refuses what is not there.
    pub(super) async fn breakdown(
        &self,
        begun: &mut Begun,
        source: (&Engine, &ProjectId),
        clock: &Clock,
    ) -> Result<Option<Breakdown>> {
        let splits = (self.query.breakdown_filter.as_ref(), self.series.as_slice());
        let breakdown = Breakdown::of(splits, begun, source, clock).await?;
        if let Some(breakdown) = &breakdown {
            breakdown.without_bins("a funnel")?;
        }
        Ok(breakdown)
    }

    /// The intervals in which persons enter, where these are told apart.
    pub(super) fn interval(&self) -> Option<Interval> {
        let by_entry = self.filter.funnel_viz_type == FunnelView::Trends;
        by_entry.then(|| self.query.interval.unwrap_or_default())
    }
}

/// The steps that can be left out.
fn optional(query: &FunnelsQuery) -> Result<Vec<usize>> {
    let steps = query.series.iter().enumerate();
    let optional: Vec<usize> = steps
        .filter(|(_, node)| node.optional_in_funnel)
        .map(|(step, _)| step)
        .collect();
    let refused = match optional.first() {
        Some(0) => "the first step of a funnel can't be optional",
        Some(_) if query.funnels_filter.funnel_order_type == FunnelOrder::Unordered => {
            "an unordered funnel has no optional steps: who leaves one out gets one step less far"
        }
        _ => return Ok(optional),
    };
    Err(Error::invalid(refused).with_hint("leave optionalInFunnel out there"))
}

fn check_exclusions(query: &FunnelsQuery, optional: &[usize]) -> Result<()> {
    let filter = &query.funnels_filter;
    let last = query.series.len() - 1;
    if filter.exclusions.len() > MOST_FUNNEL_EXCLUSIONS {
        let message = format!("a funnel has at most {MOST_FUNNEL_EXCLUSIONS} exclusions");
        return Err(Error::invalid(message).with_hint("make one of several, with an action or with conditions"));
    }
    let is_unordered = filter.funnel_order_type == FunnelOrder::Unordered;
    if is_unordered && !filter.exclusions.is_empty() && filter.funnel_viz_type == FunnelView::Trends {
        let message = "the view trends of an unordered funnel knows no exclusions";
        return Err(Error::invalid(message).with_hint("take ordered steps, or another view"));
    }
    for (exclusion, position) in filter.exclusions.iter().zip(1..) {
        let (from, to) = (exclusion.from_step, exclusion.to_step);
        let refused = |why: String, hint: &str| Err(Error::invalid(why).with_hint(hint.to_owned()));
        if from >= to || to > last {
            let why = format!("exclusion {position} goes from step {from} to step {to} of 0 to {last}");
            return refused(
                why,
                "steps are counted from 0, and funnelToStep is after funnelFromStep",
            );
        }
        if is_unordered && (from, to) != (0, last) {
            let why = format!("exclusion {position} is between some steps only, and the funnel is unordered");
            return refused(why, &format!("take funnelFromStep 0 and funnelToStep {last}"));
        }
        if let Some(step) = optional.iter().find(|step| [from, to].contains(step)) {
            let why = format!("exclusion {position} begins or ends with step {step}, which is optional");
            return refused(why, "take a step that is not optional");
        }
        let node = exclusion.node();
        let same = |step: &EventsNode| {
            (step.kind, &step.event, step.action(), &step.properties)
                == (node.kind, &node.event, node.action(), &node.properties)
        };
        if let Some(step) = (from..=to).find(|step| same(&query.series[*step])) {
            let why = format!("exclusion {position} is step {step}, which it would always find");
            return refused(why, "exclude other events, or between other steps");
        }
    }
    Ok(())
}

fn check_attribution(query: &FunnelsQuery) -> Result<()> {
    let filter = &query.funnels_filter;
    let last = query.series.len() - 1;
    let is_of_step = filter.breakdown_attribution_type == BreakdownAttribution::Step;
    let refused = match filter.breakdown_attribution_value {
        Some(_) if !is_of_step => "breakdownAttributionValue is for breakdownAttributionType step".to_owned(),
        Some(step) if step > last => format!("breakdownAttributionValue is a step from 0 to {last}, not {step}"),
        None if is_of_step => "breakdownAttributionType step needs breakdownAttributionValue".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::invalid(refused).with_hint("steps are counted from 0"))
}

/// The steps from and to which rates and times are taken. Refuses what is for another view.
fn span(query: &FunnelsQuery, optional: &[usize]) -> Result<(usize, usize)> {
    let filter = &query.funnels_filter;
    let last = query.series.len() - 1;
    let view = filter.funnel_viz_type;
    let for_other = [
        (
            view != FunnelView::Trends && query.interval.is_some(),
            "interval",
            "trends",
        ),
        (
            view != FunnelView::TimeToConvert && filter.bin_count.is_some(),
            "binCount",
            "time_to_convert",
        ),
        (
            view == FunnelView::Steps && filter.funnel_from_step.is_some(),
            "funnelFromStep",
            "time_to_convert or trends",
        ),
        (
            view == FunnelView::Steps && filter.funnel_to_step.is_some(),
            "funnelToStep",
            "time_to_convert or trends",
        ),
    ];
    if let Some((_, field, views)) = for_other.into_iter().find(|(is_other, ..)| *is_other) {
        let message = format!("{field} is for the funnelVizType {views}");
        return Err(Error::invalid(message).with_hint(format!("leave {field} out, or set funnelVizType")));
    }
    if !(1..=MOST_FUNNEL_BINS).contains(&filter.bin_count.unwrap_or(1)) {
        let message = format!("binCount goes from 1 to {MOST_FUNNEL_BINS}");
        return Err(Error::invalid(message).with_hint("leave it out for as many as fit the number of persons"));
    }
    if view == FunnelView::TimeToConvert && query.breakdown_filter.is_some() {
        let message = "the view time_to_convert has no breakdown";
        return Err(Error::invalid(message).with_hint("filter by the values one by one, or take the view steps"));
    }
    let span = (
        filter.funnel_from_step.unwrap_or(0),
        filter.funnel_to_step.unwrap_or(last),
    );
    let refused = match span {
        (from, to) if from >= to || to > last => {
            format!("funnelFromStep {from} and funnelToStep {to} are no steps of 0 to {last} in their order")
        }
        (from, to) if view != FunnelView::Steps && (optional.contains(&from) || optional.contains(&to)) => {
            "the steps from and to which is counted can't be optional".to_owned()
        }
        _ => return Ok(span),
    };
    Err(Error::invalid(refused).with_hint("set funnelFromStep and funnelToStep, counted from 0"))
}

/// A window as calendar months and microseconds.
fn window(filter: &FunnelsFilter) -> (u32, i64) {
    let units = filter.funnel_window_interval;
    let seconds = match filter.funnel_window_interval_unit {
        FunnelWindowUnit::Second => 1,
        FunnelWindowUnit::Minute => 60,
        FunnelWindowUnit::Hour => 3_600,
        FunnelWindowUnit::Day => 86_400,
        FunnelWindowUnit::Week => 604_800,
        FunnelWindowUnit::Month => return (units, 0),
    };
    (0, i64::from(units) * seconds * 1_000_000)
}
