//! Funnels: each person's way through the steps, then how many got how far.

mod aggregate;
mod chain;

use std::cmp::Reverse;
use std::sync::LazyLock;

use datafusion::arrow::datatypes::DataType;
use datafusion::functions::expr_fn::{get_field, named_struct};
use datafusion::functions_aggregate::expr_fn::{avg, count, max, median, min};
use datafusion::logical_expr::{AggregateUDF, Expr, ExprFunctionExt as _, LogicalPlan, Partitioning, cast, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, BreakdownAttribution, Clock, FunnelOrder, FunnelResults, FunnelStep,
    FunnelWindowUnit, FunnelsFilter, FunnelsQuery, FunnelsResponse, MOST_FUNNEL_STEPS, Math, Progress,
    PropertyDefinition, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::engine::{Engine, Executed, Session, rows};
use crate::scope::{Begun, Scope, Selection};
use crate::tally::exact;
use crate::trends::{DEFAULT_BREAKDOWNS, literal};
use crate::{sql, validate};

/// Units of the longest window.
const MOST_UNITS: u32 = 10_000;

static FUNNEL: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(aggregate::Funnel::new()));

/// Runs a funnels query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &FunnelsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<FunnelsResponse> {
    let begun = Begun::new(engine, project, selection(query)?, clock, progress.clone()).await?;
    let prepared = Prepared::new(query, &begun, clock, engine.most_groups)?;
    let session = &begun.session;
    let mut executed = Vec::new();
    let mut warnings = prepared.scope.warnings("the range");
    let results = prepared.results(session, &mut executed, &mut warnings).await?;
    if results.steps().all(|step| step.order > 0 || step.count == 0) {
        let scope = &prepared.scope;
        warnings.push(
            scope
                .nothing_fits(session, &mut executed, "is one of the first step")
                .await?,
        );
    }
    let of_step = |step| format!("step {}", step + 1);
    let mut provenance = prepared
        .scope
        .provenance(session, project, ("FunnelsQuery", query), &executed, of_step)?;
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
    let begun = Begun::new(engine, project, selection(query)?, clock, Progress::ignore()).await?;
    let plan = Prepared::new(query, &begun, clock, engine.most_groups)?
        .plan(&begun.session, None)
        .await?;
    Ok((begun, vec![plan]))
}

/// Which events a query is about. Refuses a funnel that is none.
fn selection(query: &FunnelsQuery) -> Result<Selection<'_>> {
    let steps = query.series.len();
    if !(2..=MOST_FUNNEL_STEPS).contains(&steps) {
        let message = format!("a funnel has 2 to {MOST_FUNNEL_STEPS} steps, this one has {steps}");
        return Err(Error::invalid(message).with_hint("give the steps in `series`, the first one first"));
    }
    validate::without_math(&query.series, "step", "a funnel counts persons")?;
    let units = query.funnels_filter.funnel_window_interval;
    if !(1..=MOST_UNITS).contains(&units) {
        let message = format!("funnelWindowInterval goes from 1 to {MOST_UNITS}, not {units}");
        return Err(Error::invalid(message).with_hint("take another funnelWindowIntervalUnit"));
    }
    Ok(Selection {
        series: &query.series,
        properties: &query.properties,
        date_range: &query.date_range,
        of_persons: false,
    })
}

/// The column of a person's breakdown value. No property can be called so.
const VALUE: &str = "funnels::value";

struct Prepared<'a> {
    query: &'a FunnelsQuery,
    scope: Scope<'a>,
    breakdown: Option<&'a PropertyDefinition>,
    most_groups: usize,
}

impl<'a> Prepared<'a> {
    fn new(query: &'a FunnelsQuery, begun: &'a Begun, clock: &Clock, most_groups: usize) -> Result<Self> {
        let breakdown = query.breakdown_filter.as_ref();
        if let Some(breakdown) = breakdown {
            validate::breakdown(begun.taxonomy(), breakdown)?;
        }
        Ok(Self {
            query,
            scope: Scope::new(selection(query)?, begun, None, clock)?,
            breakdown: breakdown.and_then(|filter| begun.taxonomy().property(&filter.breakdown)),
            most_groups,
        })
    }

    /// A row, or one for each breakdown value: how many reached each step, and how long that took on average and in the
    /// median. With `but` there is one row, of those who have a value that is none of these.
    async fn plan(&self, session: &Session, but: Option<&[Value]>) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let steps = self.query.series.len();
        let is_of = (0..steps).map(|step| Ok(self.scope.is_of(step)?.unwrap_or_else(|| lit(true))));
        let is_of = is_of.collect::<Result<Vec<Expr>>>()?;
        let any = is_of.iter().cloned().reduce(Expr::or).unwrap_or_else(|| lit(true));
        let mut events = self.scope.events(session).await?;
        let is_strict = self.query.funnels_filter.funnel_order_type == FunnelOrder::Strict;
        if !is_strict {
            events = events.filter(any.clone()).map_err(failed)?;
        }
        // As columns, the conditions are settled by the scan, once for each name of an event.
        let names: Vec<String> = (0..steps).map(|step| format!("funnels::step_{step}")).collect();
        let mut columns = vec![ident("person_key"), ident("timestamp")];
        columns.extend(is_of.into_iter().zip(&names).map(|(is_of, name)| is_of.alias(name)));
        if let Some(property) = self.breakdown {
            columns.push(ident(&property.column).alias(VALUE));
        }
        let is_of: Vec<Expr> = names.iter().map(ident).collect();
        let any = is_of.iter().cloned().reduce(Expr::or).unwrap_or(any);
        // The events of a person come together first, since a state of them would hold them all.
        let by_person = Partitioning::Hash(vec![ident("person_key")], session.partitions());
        let events = events.select(columns).and_then(|events| events.repartition(by_person));
        let events = events.map_err(failed)?;
        let (months, micros) = window(self.query.funnels_filter);
        let mut arguments = vec![lit(is_strict), lit(months), lit(micros), ident("timestamp")];
        arguments.extend(is_of);
        let mut of_person = vec![FUNNEL.call(arguments).alias("way")];
        if self.breakdown.is_some() {
            let value = ident(VALUE);
            // Of several values at the same instant the smallest, or the largest, counts: always the same one.
            let touch = named_struct(vec![lit("time"), ident("timestamp"), lit("value"), value.clone()]);
            let touch = match self.query.funnels_filter.breakdown_attribution_type {
                BreakdownAttribution::FirstTouch => min(touch),
                BreakdownAttribution::LastTouch => max(touch),
            };
            let touch = touch.filter(value.is_not_null().and(any)).build().map_err(failed)?;
            of_person.push(touch.alias(VALUE));
        }
        let mut persons = events.aggregate(vec![ident("person_key")], of_person).map_err(failed)?;
        let mut by = Vec::new();
        if self.breakdown.is_some() {
            let value = get_field(ident(VALUE), "value");
            persons = persons.select(vec![ident("way"), value.alias(VALUE)]).map_err(failed)?;
            match but {
                Some(values) => {
                    let values = values.iter().map(literal).collect();
                    let others = ident(VALUE).is_not_null().and(ident(VALUE).in_list(values, true));
                    persons = persons.filter(others).map_err(failed)?;
                }
                None => by.push(ident(VALUE)),
            }
        }
        let mut totals = Vec::new();
        for step in 0..steps {
            let reached = |step| get_field(ident("way"), aggregate::field(step));
            totals.push(count(reached(step)).alias(format!("count_{step}")));
            if let Some(before) = step.checked_sub(1) {
                let took = cast(reached(step) - reached(before), DataType::Float64);
                totals.push(avg(took.clone()).alias(format!("average_{step}")));
                totals.push(median(took).alias(format!("median_{step}")));
            }
        }
        persons
            .aggregate(by, totals)
            .and_then(DataFrame::into_optimized_plan)
            .map_err(failed)
    }

    async fn results(
        &self,
        session: &Session,
        executed: &mut Vec<Executed>,
        warnings: &mut Vec<Warning>,
    ) -> Result<FunnelResults> {
        let done = session
            .run_up_to(&self.plan(session, None).await?, self.most_groups)
            .await?;
        let done = done.ok_or_else(|| {
            let message = format!("the breakdown has more than {} values", self.most_groups);
            Error::new(Code::LimitExceeded, message).with_hint("take a property with fewer values, or filter by it")
        })?;
        let found = rows(&done.batches)?;
        executed.push(done);
        if self.breakdown.is_none() {
            let row = found.into_iter().next();
            let row = row.ok_or_else(|| Error::internal("a funnel has no row"))?;
            return Ok(FunnelResults::Steps(self.steps(&row, None)?));
        }
        let (mut named, mut missing) = (Vec::new(), Vec::new());
        for row in found {
            let Some((value, cells)) = row.split_first() else {
                continue;
            };
            if value.is_null() {
                missing.push(self.steps(cells, Some(BREAKDOWN_NONE.into()))?);
            } else {
                named.push((value.clone(), self.steps(cells, Some(value.clone()))?));
            }
        }
        // Who has not entered is in no step.
        let entered = |steps: &[FunnelStep]| steps.first().map_or(0, |first| first.count);
        named.retain(|(_, steps)| entered(steps) > 0);
        missing.retain(|steps| entered(steps) > 0);
        named.sort_by_key(|(value, steps)| (Reverse(entered(steps)), value.to_string()));
        let limit = self.limit();
        let mut other = None;
        if named.len() > limit {
            let more = named.len() - limit;
            named.truncate(limit);
            let values: Vec<Value> = named.iter().map(|(value, _)| value.clone()).collect();
            let done = session.run(&self.plan(session, Some(&values)).await?).await?;
            if let Some(row) = rows(&done.batches)?.first() {
                other = Some(self.steps(row, Some(BREAKDOWN_OTHER.into()))?);
            }
            executed.push(done);
            let message = format!("{more} values beyond the first {limit} are shown together as Other");
            warnings.push(Warning::new("breakdown_other", message));
        }
        let named = named.into_iter().map(|(_, steps)| steps);
        Ok(FunnelResults::ByValue(named.chain(other).chain(missing).collect()))
    }

    fn limit(&self) -> usize {
        let limit = self.query.breakdown_filter.as_ref();
        limit
            .and_then(|filter| filter.breakdown_limit)
            .unwrap_or(DEFAULT_BREAKDOWNS) as usize
    }

    fn steps(&self, row: &[Value], value: Option<Value>) -> Result<Vec<FunnelStep>> {
        let mut cells = row.iter();
        let mut results: Vec<FunnelStep> = Vec::with_capacity(self.query.series.len());
        for order in 0..self.query.series.len() {
            let count = cells.next().and_then(Value::as_u64);
            let count = count.ok_or_else(|| Error::internal("a count is no number"))?;
            let mut seconds = || {
                let micros = if order == 0 { None } else { cells.next()?.as_f64() };
                micros.map(|micros| micros / 1e6)
            };
            let (average, median) = (seconds(), seconds());
            let counted = self.scope.counted(order, Math::Total);
            results.push(FunnelStep {
                order,
                name: counted.name,
                action_id: counted.id,
                action_type: counted.action_type,
                count,
                conversion_rate: percent(count, results.first().map_or(count, |first| first.count)),
                conversion_rate_from_previous: results.last().and_then(|before| percent(count, before.count)),
                average_conversion_time: average,
                median_conversion_time: median,
                breakdown_value: value.clone(),
            });
        }
        Ok(results)
    }

    /// What bounds the ways that are counted.
    fn limits(&self) -> Vec<String> {
        let mut limits = limits(self.query.funnels_filter);
        if let Some(property) = self.breakdown {
            let which = match self.query.funnels_filter.breakdown_attribution_type {
                BreakdownAttribution::FirstTouch => "first",
                BreakdownAttribution::LastTouch => "last",
            };
            let key = &property.key;
            limits.push(format!(
                "a person has the {key} of the {which} event that is a step and has one"
            ));
            limits.push(format!("at most {} values of {key}, the rest as Other", self.limit()));
        }
        limits
    }
}

/// A share in percent; `None` of nobody.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| exact(part) / exact(whole) * 100.0)
}

/// A window as calendar months and microseconds.
fn window(filter: FunnelsFilter) -> (u32, i64) {
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

/// What bounds the ways that are counted.
fn limits(filter: FunnelsFilter) -> Vec<String> {
    let (units, unit) = (
        filter.funnel_window_interval,
        filter.funnel_window_interval_unit.as_str(),
    );
    let plural = if units == 1 { "" } else { "s" };
    let order = match filter.funnel_order_type {
        FunnelOrder::Ordered => "in this order, with anything between them",
        FunnelOrder::Strict => "in this order, with no other event between them",
    };
    vec![
        format!("all steps within {units} {unit}{plural} of the first one, {order}"),
        "all steps within the range: who began near its end had less time".to_owned(),
    ]
}
