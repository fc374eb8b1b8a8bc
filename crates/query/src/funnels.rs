//! Funnels: each person's way through the steps, then how many got how far.

mod actors;
mod aggregate;
mod asked;
mod chain;
mod fits;
mod matching;
mod over_time;
mod plan;
mod rules;
mod steps;
mod times;
mod unordered;
mod walk;

use chrono::DateTime;
use datafusion::logical_expr::LogicalPlan;
use hedgerow_data_api::{
    Clock, FunnelOrder, FunnelResults, FunnelView, FunnelsFilter, FunnelsQuery, FunnelsResponse, Progress, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::engine::{Engine, Executed, Session, rows};
use crate::intervals::Intervals;
use crate::scope::{Begun, Scope};
use crate::tally::exact;
use crate::trends::{Breakdown, DEFAULT_BREAKDOWNS};
pub(crate) use actors::actors;
pub(crate) use aggregate::{of_rules, rules_of};
use asked::Asked;
pub(crate) use fits::funnel_fits;
use rules::Rules;

/// Runs a funnels query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &FunnelsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<FunnelsResponse> {
    let asked = Asked::new(query)?;
    let mut begun = Begun::new(engine, project, asked.selection(), clock, progress.clone()).await?;
    let breakdown = asked.breakdown(&mut begun, (engine, project), clock).await?;
    let prepared = Prepared::new(&asked, &begun, breakdown, clock, engine.most_groups)?;
    let session = &begun.session;
    let scope = &prepared.scope;
    let mut done = Done::default();
    let results = match query.funnels_filter.funnel_viz_type {
        FunnelView::Steps => prepared.steps(session, &mut done).await?,
        FunnelView::TimeToConvert => FunnelResults::Times(prepared.times(session, &mut done).await?),
        FunnelView::Trends => FunnelResults::Trends(prepared.trends(session, &mut done).await?),
    };
    let mut warnings = prepared.warnings();
    warnings.append(&mut done.warnings);
    if done.excluded > 0 {
        let message = format!("{} of those who entered are left out: they are excluded", done.excluded);
        warnings.push(Warning::new("excluded", message));
    } else if done.entered == 0 {
        let what = match query.funnels_filter.funnel_order_type {
            FunnelOrder::Unordered => "is one of the steps",
            FunnelOrder::Ordered | FunnelOrder::Strict => "is one of the first step",
        };
        warnings.push(scope.nothing_fits(session, &mut done.executed, what).await?);
    }
    let steps = query.series.len();
    let of_step = |series: usize| match series.checked_sub(steps) {
        None => format!("step {}", series + 1),
        Some(exclusion) => format!("exclusion {}", exclusion + 1),
    };
    let mut provenance = scope.provenance(session, project, ("FunnelsQuery", query), &done.executed, of_step)?;
    provenance.limits = prepared.limits();
    Ok(FunnelsResponse {
        results,
        warnings,
        provenance,
    })
}

/// The plan, for who wants to look at it.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &FunnelsQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let asked = Asked::new(query)?;
    let mut begun = Begun::new(engine, project, asked.selection(), clock, Progress::ignore()).await?;
    let breakdown = asked.breakdown(&mut begun, (engine, project), clock).await?;
    let prepared = Prepared::new(&asked, &begun, breakdown, clock, engine.most_groups)?;
    let session = &begun.session;
    let plan = match query.funnels_filter.funnel_viz_type {
        FunnelView::Steps => prepared.steps_plan(session, None).await?,
        FunnelView::TimeToConvert => prepared.times_plan(session).await?,
        FunnelView::Trends => prepared.trends_plan(session, None).await?,
    };
    Ok((begun, vec![plan]))
}

/// A funnel whose names and dates are resolved.
pub(crate) struct Prepared<'a> {
    asked: &'a Asked<'a>,
    pub(crate) scope: Scope<'a>,
    /// The intervals in which persons enter, where these are told apart.
    intervals: Option<Intervals>,
    breakdown: Option<Breakdown>,
    most_groups: usize,
}

/// What was done for an answer.
#[derive(Default)]
struct Done {
    executed: Vec<Executed>,
    warnings: Vec<Warning>,
    /// Persons who entered, and who are excluded; of some each counts several times.
    entered: u64,
    excluded: u64,
}

impl<'a> Prepared<'a> {
    /// Resolves the names and dates of a funnel.
    pub(crate) fn new(
        asked: &'a Asked<'a>,
        begun: &'a Begun,
        breakdown: Option<Breakdown>,
        clock: &Clock,
        most_groups: usize,
    ) -> Result<Self> {
        let interval = asked.interval();
        let scope = Scope::new(asked.selection(), begun, interval, clock)?;
        Ok(Self {
            asked,
            intervals: interval.map(|interval| Intervals::of(interval, &scope.range)),
            scope,
            breakdown,
            most_groups,
        })
    }

    /// The rules, with the intervals in which persons enter.
    fn rules(&self) -> Rules {
        let bounds = |intervals: &Intervals| {
            let bounds = intervals.starts.iter().chain([&intervals.end]);
            bounds.map(DateTime::timestamp_micros).collect()
        };
        Rules {
            entries: self.intervals.as_ref().map(bounds).unwrap_or_default(),
            ..self.asked.rules.clone()
        }
    }

    fn limit(&self) -> usize {
        let limit = self.asked.query.breakdown_filter.as_ref();
        limit
            .and_then(|filter| filter.breakdown_limit)
            .unwrap_or(DEFAULT_BREAKDOWNS) as usize
    }

    /// The rows of a plan that has as many as there are groups.
    async fn groups(&self, session: &Session, plan: &LogicalPlan, done: &mut Done) -> Result<Vec<Vec<Value>>> {
        let executed = session.run_up_to(plan, self.most_groups).await?;
        let executed = executed.ok_or_else(|| {
            let message = format!("the breakdown has more than {} values", self.most_groups);
            Error::new(Code::LimitExceeded, message).with_hint("take a property with fewer values, or filter by it")
        })?;
        let rows = rows(&executed.batches)?;
        done.executed.push(executed);
        Ok(rows)
    }

    /// Says how many values are shown together, where some are.
    fn say_other(&self, more: usize, done: &mut Done) {
        if more > 0 {
            let limit = self.limit();
            let message = format!("{more} values beyond the first {limit} are shown together as Other");
            done.warnings.push(Warning::new("breakdown_other", message));
        }
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = match self.asked.interval() {
            None => self.scope.warnings("the range"),
            Some(interval) => {
                let mut warnings = self.scope.warnings("the last interval");
                warnings.extend(self.scope.cut_intervals(interval));
                warnings
            }
        };
        warnings.extend(self.breakdown.iter().flat_map(Breakdown::warnings));
        warnings
    }

    /// A value of the breakdown as results have it.
    fn shown(&self, value: &Value) -> Value {
        let breakdown = self.breakdown.as_ref();
        breakdown.map_or_else(|| value.clone(), |breakdown| breakdown.shown(value))
    }

    /// What bounds the ways that are counted.
    fn limits(&self) -> Vec<String> {
        let mut limits = limits(self.asked.filter);
        for exclusion in &self.asked.filter.exclusions {
            let node = exclusion.node();
            let name = node.custom_name.as_deref().or(node.event.as_deref()).or(node.action());
            let (from, to) = (exclusion.from_step + 1, exclusion.to_step + 1);
            limits.push(format!(
                "nobody counts who has {} between steps {from} and {to} of each of the furthest ways",
                name.unwrap_or("any event")
            ));
        }
        if let Some(breakdown) = &self.breakdown {
            let said = breakdown.said();
            limits.extend(self.said_of_values(&said));
            limits.push(format!(
                "at most {} values of {said}, the rest as {OTHER}",
                self.limit()
            ));
        }
        limits
    }
}

/// What the values beyond the limit are called in sentences.
const OTHER: &str = "Other";

/// A share in percent; `None` of nobody.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| exact(part) / exact(whole) * 100.0)
}

/// What bounds the ways that are counted.
fn limits(filter: &FunnelsFilter) -> Vec<String> {
    let (units, unit) = (
        filter.funnel_window_interval,
        filter.funnel_window_interval_unit.as_str(),
    );
    let plural = if units == 1 { "" } else { "s" };
    let order = match filter.funnel_order_type {
        FunnelOrder::Ordered => "in this order, with anything between them",
        FunnelOrder::Strict => "in this order, with no other event between them",
        FunnelOrder::Unordered => "in any order",
    };
    vec![
        format!("all steps within {units} {unit}{plural} of the first one, {order}"),
        "all steps within the range: who began near its end had less time".to_owned(),
    ]
}
