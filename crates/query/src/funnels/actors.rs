//! The persons behind a number of a funnel.

use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    ActorsResponse, BREAKDOWN_NONE, BREAKDOWN_OTHER, FunnelResults, FunnelStep, FunnelTrend, FunnelView, FunnelsQuery,
};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use super::aggregate::{self, ENTRY, REACHED};
use super::asked::Asked;
use super::plan::VALUE;
use super::{Done, Prepared};
use crate::engine::Session;
use crate::trends::literal;
use crate::{actors, sql};

/// The persons who reached a step, or who did not from the one before, where the query has them of a value.
pub(crate) async fn actors(wanted: &actors::Asked<'_>, query: &FunnelsQuery) -> Result<ActorsResponse> {
    let cell = &wanted.query.cell;
    let view = query.funnels_filter.funnel_viz_type;
    if view == FunnelView::TimeToConvert {
        let message = "the view time_to_convert lists no persons";
        return Err(Error::invalid(message).with_hint("take the view steps: its steps have the same persons"));
    }
    let is_over_time = view == FunnelView::Trends;
    let fields = [
        ("funnelStep", true),
        ("day", is_over_time),
        ("breakdown", query.breakdown_filter.is_some()),
    ];
    let fields: Vec<&str> = fields.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    cell.has_only("this funnel", &fields)?;
    let asked = Asked::new(query)?;
    let mut begun = wanted.begin(asked.selection()).await?;
    let source = (wanted.engine, wanted.project);
    let breakdown = asked.breakdown(&mut begun, source, wanted.clock).await?;
    let prepared = Prepared::new(&asked, &begun, breakdown, wanted.clock, wanted.engine.most_groups)?;
    let session = &begun.session;
    let (step, reached) = step(cell.funnel_step, query.series.len())?;
    let mut conditions = vec![if reached {
        prepared.has_reached(step)
    } else {
        let before = prepared.has_reached(prepared.step_before(step));
        before.and(prepared.has_reached(step).is_not_true())
    }];
    let mut said = prepared.said(step, reached);
    if let Some(intervals) = &prepared.intervals {
        let interval = asked.interval().unwrap_or_default();
        let Some(day) = &cell.day else {
            return Err(Error::invalid("the number of a funnel over time is that of a day")
                .with_hint(r#"name it: "cell": {"day": "2026-05-03", "funnelStep": 2}"#));
        };
        conditions.push(ident(ENTRY).eq(lit(intervals.place_of(interval, day)? as u64)));
        said.push(format!("who entered in the {} of {day}", interval.as_str()));
    }
    let persons = prepared.per_person(session).await?;
    let persons = match &cell.breakdown {
        None if query.breakdown_filter.is_some() => {
            let message = "the number of a funnel with a breakdown is that of a value";
            return Err(Error::invalid(message).with_hint("name it as `breakdown_value` of the result has it"));
        }
        Some(Value::String(text)) if text == BREAKDOWN_OTHER => {
            let values = prepared.shown_values(session).await?;
            let others = prepared.of_values(persons, Some(&values));
            others.map_err(|error| sql::explain(&error, &session.view))?.0
        }
        Some(Value::String(text)) if text == BREAKDOWN_NONE => {
            conditions.push(ident(VALUE).is_null());
            persons
        }
        Some(value) => {
            conditions.push(ident(VALUE).in_list(vec![literal(&prepared.hidden(value)?)], false));
            persons
        }
        None => persons,
    };
    said.extend(prepared.limits());
    let members = conditions.into_iter().try_fold(persons, DataFrame::filter);
    let members = members.map_err(|error| sql::explain(&error, &session.view))?;
    wanted.list(&begun, &prepared.scope, members, said).await
}

/// The place of the step that a cell names, and whether it is about those who reached it.
fn step(wanted: Option<i32>, steps: usize) -> Result<(usize, bool)> {
    let number = wanted.map(|wanted| (usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX), wanted > 0));
    match number {
        Some((number, true)) if (1..=steps).contains(&number) => Ok((number - 1, true)),
        Some((number, false)) if (2..=steps).contains(&number) => Ok((number - 1, false)),
        _ => {
            let message = format!("funnelStep is 1 to {steps}, or -2 to -{steps} for who did not get there");
            Err(Error::invalid(message).with_hint(r#"name it: "cell": {"funnelStep": 2}"#))
        }
    }
}

impl Prepared<'_> {
    /// Whether a person got to a step.
    fn has_reached(&self, step: usize) -> Expr {
        if self.intervals.is_some() {
            return ident(REACHED).gt(lit(u32::try_from(step).unwrap_or(u32::MAX)));
        }
        ident(aggregate::field(step)).is_not_null()
    }

    /// A value of a result as plans have it.
    fn hidden(&self, value: &Value) -> Result<Value> {
        let breakdown = self.breakdown.as_ref();
        breakdown.map_or_else(|| Ok(value.clone()), |breakdown| breakdown.hidden(value))
    }

    /// The values that have numbers of their own in the result.
    async fn shown_values(&self, session: &Session) -> Result<Vec<Value>> {
        let mut done = Done::default();
        let values: Vec<Option<Value>> = if self.intervals.is_some() {
            let trends = self.trends(session, &mut done).await?;
            trends
                .into_iter()
                .map(|trend: FunnelTrend| trend.breakdown_value)
                .collect()
        } else {
            match self.steps(session, &mut done).await? {
                FunnelResults::ByValue(lists) => {
                    let first = |steps: Vec<FunnelStep>| steps.into_iter().next().and_then(|step| step.breakdown_value);
                    lists.into_iter().map(first).collect()
                }
                _ => Vec::new(),
            }
        };
        let is_collective = |value: &Value| value == BREAKDOWN_OTHER || value == BREAKDOWN_NONE;
        let shown = values.into_iter().flatten().filter(|value| !is_collective(value));
        shown.map(|value| self.hidden(&value)).collect()
    }

    /// Who is listed, in words.
    fn said(&self, step: usize, reached: bool) -> Vec<String> {
        let name = |step: usize| format!("step {} ({})", step + 1, self.scope.label(step));
        vec![if reached {
            format!("reached {}", name(step))
        } else {
            format!("reached {} and not {}", name(self.step_before(step)), name(step))
        }]
    }
}
