//! The view of a funnel by steps.

use std::cmp::Reverse;

use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, FunnelOrder, FunnelResults, FunnelStep, FunnelStepReference, Math,
};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use super::{Done, Prepared, percent};
use crate::engine::Session;

impl Prepared<'_> {
    pub(super) async fn steps(&self, session: &Session, done: &mut Done) -> Result<FunnelResults> {
        let plan = self.steps_plan(session, None).await?;
        if self.breakdown.is_none() {
            let found = self.groups(session, &plan, done).await?;
            let row = found.first().ok_or_else(|| Error::internal("a funnel has no row"))?;
            return Ok(FunnelResults::Steps(self.steps_of(row, None, done)?));
        }
        let (mut named, mut missing) = (Vec::new(), Vec::new());
        for row in self.groups(session, &plan, done).await? {
            let Some((value, cells)) = row.split_first() else {
                continue;
            };
            if value.is_null() {
                missing.push(self.steps_of(cells, Some(BREAKDOWN_NONE.into()), done)?);
            } else {
                named.push((value.clone(), self.steps_of(cells, Some(self.shown(value)), done)?));
            }
        }
        // A value that only excluded persons have is in no step.
        let entered = |steps: &[FunnelStep]| steps.first().map_or(0, |first| first.count);
        named.retain(|(_, steps)| entered(steps) > 0);
        missing.retain(|steps| entered(steps) > 0);
        named.sort_by_key(|(value, steps)| (Reverse(entered(steps)), value.to_string()));
        let limit = self.limit();
        let mut other = None;
        if named.len() > limit {
            self.say_other(named.len() - limit, done);
            named.truncate(limit);
            let values: Vec<Value> = named.iter().map(|(value, _)| value.clone()).collect();
            let plan = self.steps_plan(session, Some(&values)).await?;
            let found = self.groups(session, &plan, done).await?;
            // They are counted above already.
            let mut again = Done::default();
            let row = found.first().ok_or_else(|| Error::internal("a funnel has no row"))?;
            other = Some(self.steps_of(row, Some(BREAKDOWN_OTHER.into()), &mut again)?);
        }
        let named = named.into_iter().map(|(_, steps)| steps);
        Ok(FunnelResults::ByValue(named.chain(other).chain(missing).collect()))
    }

    /// The steps of a row: the number of those who are excluded, then for each step its numbers.
    fn steps_of(&self, row: &[Value], value: Option<Value>, done: &mut Done) -> Result<Vec<FunnelStep>> {
        let mut cells = row.iter();
        let number = |cell: Option<&Value>| {
            let number = cell.and_then(Value::as_u64);
            number.ok_or_else(|| Error::internal("a count is no number"))
        };
        done.excluded += number(cells.next())?;
        let filter = self.asked.filter;
        let is_unordered = filter.funnel_order_type == FunnelOrder::Unordered;
        let mut results: Vec<FunnelStep> = Vec::with_capacity(self.asked.rules.steps);
        for order in 0..self.asked.rules.steps {
            let count = number(cells.next())?;
            let mut seconds = || {
                let micros = if order == 0 { None } else { cells.next()?.as_f64() };
                micros.map(|micros| micros / 1e6)
            };
            let (average, median) = (seconds(), seconds());
            let counted = self.scope.counted(order, Math::Total);
            let before = (order > 0).then(|| results[self.step_before(order)].count);
            let from_previous = before.and_then(|before| percent(count, before));
            let of_all = percent(count, results.first().map_or(count, |first| first.count));
            results.push(FunnelStep {
                order,
                name: match order {
                    _ if !is_unordered => counted.name,
                    0 => "Completed 1 step".to_owned(),
                    _ => format!("Completed {} steps", order + 1),
                },
                // Which event it is that a person does k-th differs from one to the next.
                action_id: counted.id.filter(|_| !is_unordered),
                action_type: counted.action_type,
                count,
                conversion_rate: match filter.funnel_step_reference {
                    FunnelStepReference::Previous if order > 0 => from_previous,
                    FunnelStepReference::Total | FunnelStepReference::Previous => of_all,
                },
                conversion_rate_from_previous: from_previous,
                average_conversion_time: average,
                median_conversion_time: median,
                optional: self.asked.rules.optional.contains(&order),
                breakdown_value: value.clone(),
            });
        }
        done.entered += results.first().map_or(0, |first| first.count);
        Ok(results)
    }
}
