//! The plans of behaviours: the keys of persons of whom one holds, or does not where it holds of who did nothing.

use datafusion::arrow::array::{Array as _, AsArray as _};
use datafusion::arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::functions_aggregate::expr_fn::{count, max, min};
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlan, ident, lit, when};
use datafusion::prelude::DataFrame;
use hashbrown::HashSet;
use hedgerow_data_api::{BehaviorUnit, Operator};
use hedgerow_errors::{Error, Result};

use super::{Asked, Kind, shifted};
use crate::dates::Local;
use crate::engine::Session;
use crate::filters::instant;
use crate::persons::Moment;
use crate::sql;

const PERSON: &str = "person_key";
const TIMES: &str = "behaviors::times";
const FIRST: &str = "behaviors::first";
const SECOND: &str = "behaviors::second";
const THIRD: &str = "behaviors::third";

fn after(time: Local) -> Expr {
    ident("timestamp").gt(instant(time))
}

fn until(time: Local) -> Expr {
    ident("timestamp").lt_eq(instant(time))
}

impl Asked<'_> {
    /// The plan: keys in the first column; of a sequence all events of both names with what they are.
    pub(super) async fn plan(&self, session: &Session, moment: &Moment) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let is_first = self.is_first(moment)?;
        let events = self.events(session).await?;
        if self.kind == Kind::Sequence {
            let second = self.behavior.seq_event.as_deref().unwrap_or_default();
            let is_second = self.is_event(second, moment)?;
            let rows = events
                .filter(after(self.from).and(until(self.now)))
                .and_then(|events| events.filter(is_first.clone().or(is_second.clone())))
                .and_then(|events| {
                    events.select(vec![
                        ident(PERSON),
                        ident("timestamp"),
                        is_first.is_true().alias(FIRST),
                        is_second.is_true().alias(SECOND),
                    ])
                })
                .and_then(|events| {
                    events.sort(vec![
                        ident(PERSON).sort(true, true),
                        ident("timestamp").sort(true, true),
                    ])
                });
            return rows.and_then(DataFrame::into_optimized_plan).map_err(failed);
        }
        let events = events.filter(is_first).map_err(failed)?;
        let (from, (facts, holds)) = match self.kind {
            Kind::FirstTime => (
                None,
                (
                    vec![min(ident("timestamp")).alias(FIRST)],
                    ident(FIRST).gt(instant(self.from)),
                ),
            ),
            Kind::Stopped => (
                Some(self.from),
                (
                    vec![max(ident("timestamp")).alias(FIRST)],
                    ident(FIRST).lt_eq(instant(self.last)),
                ),
            ),
            Kind::Restarted => (None, self.restarted().map_err(failed)?),
            Kind::Regularly => {
                let bounds = self.periods()?;
                (bounds.last().copied(), self.regularly(&bounds).map_err(failed)?)
            }
            Kind::Performed | Kind::Multiple | Kind::Sequence => {
                let holds = match self.kind {
                    Kind::Multiple if self.of_nothing() => !self.is_wanted(ident(TIMES)),
                    Kind::Multiple => self.is_wanted(ident(TIMES)),
                    _ => lit(true),
                };
                (Some(self.from), (vec![count(lit(1_i64)).alias(TIMES)], holds))
            }
        };
        let within = from.map(after).into_iter().fold(until(self.now), Expr::and);
        let plan = events
            .filter(within)
            .and_then(|events| events.aggregate(vec![ident(PERSON)], facts))
            .and_then(|persons| persons.filter(holds))
            .and_then(|persons| persons.select(vec![ident(PERSON)]))
            .and_then(DataFrame::into_optimized_plan);
        plan.map_err(failed)
    }

    /// Whether a number of times is as wanted.
    fn is_wanted(&self, times: Expr) -> Expr {
        let wanted = lit(i64::try_from(self.behavior.operator_value.unwrap_or(1)).unwrap_or(i64::MAX));
        match self.filter.operator {
            Operator::Gte => times.gt_eq(wanted),
            Operator::Lte => times.lt_eq(wanted),
            _ => times.eq(wanted),
        }
    }

    fn restarted(&self) -> datafusion::error::Result<(Vec<Expr>, Expr)> {
        let times = |condition: Expr, name: &str| -> datafusion::error::Result<Expr> {
            Ok(count(lit(1_i64)).filter(condition).build()?.alias(name))
        };
        let facts = vec![
            times(after(self.last), FIRST)?,
            times(after(self.from).and(until(self.last)), SECOND)?,
            times(until(self.from), THIRD)?,
        ];
        let none = lit(0_i64);
        let holds = ident(FIRST).gt(none.clone()).and(ident(SECOND).eq(none.clone()));
        Ok((facts, holds.and(ident(THIRD).gt(none))))
    }

    /// The bounds of the periods, the latest first.
    fn periods(&self) -> Result<Vec<Local>> {
        let (value, unit) = (self.behavior.time_value.unwrap_or(1), self.behavior.time_interval);
        let bounds = (0..=self.behavior.total_periods.unwrap_or(1)).map(|period| {
            let count = -i64::from(value) * i64::from(period);
            shifted(self.now, count, unit.unwrap_or(BehaviorUnit::Day))
        });
        let bounds: Option<Vec<Local>> = bounds.collect();
        bounds.ok_or_else(|| {
            Error::invalid(format!("the behaviour on {:?} reaches back too far", self.filter.key))
                .with_hint("take fewer or shorter periods")
        })
    }

    fn regularly(&self, bounds: &[Local]) -> datafusion::error::Result<(Vec<Expr>, Expr)> {
        let mut facts = Vec::new();
        let mut periods = lit(0_i64);
        for (place, pair) in bounds.windows(2).enumerate() {
            let name = format!("{TIMES} {place}");
            let within = after(pair[1]).and(until(pair[0]));
            facts.push(count(lit(1_i64)).filter(within).build()?.alias(&name));
            let fits = self.is_wanted(ident(&name)).and(ident(&name).gt(lit(0_i64)));
            periods = periods + when(fits, lit(1_i64)).otherwise(lit(0_i64))?;
        }
        let least = i64::from(self.behavior.min_periods.unwrap_or(1));
        Ok((facts, periods.gt_eq(lit(least))))
    }

    /// The latest time at which an event still follows one at `micros`.
    fn follows_until(&self, micros: i64) -> Option<i64> {
        let time = chrono::DateTime::from_timestamp_micros(micros)?.with_timezone(&self.now.timezone());
        let (value, unit) = (self.behavior.seq_time_value?, self.behavior.seq_time_interval?);
        Some(shifted(time, i64::from(value), unit)?.timestamp_micros())
    }
}

/// The persons of whom an event was followed by the other one in time. Rows are sorted by person and time.
pub(super) fn followed(batches: &[RecordBatch], asked: &Asked<'_>) -> Result<HashSet<i64>> {
    let mut keys = HashSet::new();
    // The person, the latest first event before the instant in hand, the instant, and whether it has a first event.
    let mut state: Option<(i64, Option<i64>, i64, bool)> = None;
    for batch in batches {
        let person = batch.column(0).as_primitive_opt::<Int64Type>();
        let time = batch.column(1).as_primitive_opt::<TimestampMicrosecondType>();
        let (first, second) = (batch.column(2).as_boolean_opt(), batch.column(3).as_boolean_opt());
        let (Some(person), Some(time), Some(first), Some(second)) = (person, time, first, second) else {
            return Err(Error::internal("the events of a sequence lack a column"));
        };
        for row in (0..batch.num_rows()).filter(|row| person.is_valid(*row)) {
            let (key, at) = (person.value(row), time.value(row));
            let (latest, has_first) = match state {
                Some((known, latest, instant, has_first)) if known == key => {
                    if instant == at {
                        (latest, has_first)
                    } else {
                        (if has_first { Some(instant) } else { latest }, false)
                    }
                }
                _ => (None, false),
            };
            if second.value(row)
                && let Some(latest) = latest
                && asked.follows_until(latest).is_some_and(|until| at <= until)
            {
                keys.insert(key);
            }
            state = Some((key, latest, at, has_first || first.value(row)));
        }
    }
    Ok(keys)
}
