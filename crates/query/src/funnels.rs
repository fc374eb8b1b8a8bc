//! Funnels: each person's way through the steps, then how many got how far.

mod aggregate;
mod chain;

use std::sync::LazyLock;

use datafusion::arrow::datatypes::DataType;
use datafusion::functions::expr_fn::get_field;
use datafusion::functions_aggregate::expr_fn::{avg, count, median};
use datafusion::logical_expr::{AggregateUDF, Expr, LogicalPlan, cast, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    Clock, FunnelOrder, FunnelStep, FunnelWindowUnit, FunnelsFilter, FunnelsQuery, FunnelsResponse, MOST_FUNNEL_STEPS,
    Math, Progress,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::engine::{Engine, Session, rows};
use crate::scope::{Begun, Scope, Selection};
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
    let prepared = Prepared::new(query, &begun, clock)?;
    let session = &begun.session;
    let done = session.run(&prepared.plan(session).await?).await?;
    let row = rows(&done.batches)?.into_iter().next();
    let row = row.ok_or_else(|| Error::internal("a funnel has no row"))?;
    let results = prepared.results(&row)?;
    let mut executed = vec![done];
    let mut warnings = prepared.scope.warnings("the range");
    if results.first().is_none_or(|first| first.count == 0) {
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
    provenance.limits = limits(query.funnels_filter);
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
    let plan = Prepared::new(query, &begun, clock)?.plan(&begun.session).await?;
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

struct Prepared<'a> {
    query: &'a FunnelsQuery,
    scope: Scope<'a>,
}

impl<'a> Prepared<'a> {
    fn new(query: &'a FunnelsQuery, begun: &'a Begun, clock: &Clock) -> Result<Self> {
        Ok(Self {
            query,
            scope: Scope::new(selection(query)?, begun, None, clock)?,
        })
    }

    /// One row: for each step how many reached it, and how long that took on average and in the median.
    async fn plan(&self, session: &Session) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let steps = self.query.series.len();
        let is_of = (0..steps).map(|step| Ok(self.scope.is_of(step)?.unwrap_or_else(|| lit(true))));
        let is_of = is_of.collect::<Result<Vec<Expr>>>()?;
        let mut events = self.scope.events(session).await?;
        let is_strict = self.query.funnels_filter.funnel_order_type == FunnelOrder::Strict;
        if !is_strict && let Some(any) = is_of.iter().cloned().reduce(Expr::or) {
            events = events.filter(any).map_err(failed)?;
        }
        let (months, micros) = window(self.query.funnels_filter);
        let mut arguments = vec![lit(is_strict), lit(months), lit(micros), ident("timestamp")];
        arguments.extend(is_of);
        let way = FUNNEL.call(arguments).alias("way");
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
        events
            .aggregate(vec![ident("person_key")], vec![way])
            .and_then(|ways| ways.aggregate(vec![], totals))
            .and_then(DataFrame::into_optimized_plan)
            .map_err(failed)
    }

    fn results(&self, row: &[Value]) -> Result<Vec<FunnelStep>> {
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
            });
        }
        Ok(results)
    }
}

/// A share in percent; `None` of nobody.
#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 persons")]
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
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
