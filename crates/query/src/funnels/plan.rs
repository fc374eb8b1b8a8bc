//! The plans of a funnel: how far each person gets, of which all views are counted.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{JoinType, internal_err};
use datafusion::functions::expr_fn::{coalesce, get_field, named_struct};
use datafusion::functions_aggregate::expr_fn::{avg, count, max, median, min};
use datafusion::logical_expr::{
    Expr, ExprFunctionExt as _, LogicalPlan, Operator, Partitioning, binary_expr, cast, ident, lit, when,
};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::BreakdownAttribution;
use hedgerow_errors::Result;
use serde_json::Value;

use super::Prepared;
use super::aggregate::{self, ENTRY, REACHED};
use super::fits::{BITS, fits};
use super::rules::Order;
use crate::engine::Session;
use crate::sql;
use crate::trends::literal;

/// The column of a person's breakdown value. No property can be called so.
pub(super) const VALUE: &str = "funnels::value";
/// What the aggregate gave.
const WAY: &str = "way";
/// The breakdown value of an event.
const OF_EVENT: &str = "funnels::of_event";
/// Whether an event is of the step whose value counts.
const OF_STEP: &str = "funnels::of_step";
/// The person of a value, beside that of an event.
const OF_PERSON: &str = "funnels::person";
/// The best of several ways.
const BEST: &str = "funnels::best";

type Planned<T> = datafusion::error::Result<T>;

impl Prepared<'_> {
    /// How far each person gets who enters: a row with its `person_key` and how many steps it `reached`, which is missing
    /// for who is excluded. Beside them stand, where the query asks for them, the breakdown value, of which a person can have
    /// several, and:
    ///
    /// - where intervals of entry are told apart, a row for each `entry`, the place of the interval;
    /// - else `step_0`, `step_1`, ...: the time of each step in microseconds since 1970, missing for those that the
    ///   person did not get to, or left out.
    pub(crate) async fn per_person(&self, session: &Session) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let rules = &self.asked.rules;
        let series = (0..rules.bits()).map(|series| Ok(self.scope.is_of(series)?.unwrap_or_else(|| lit(true))));
        let series = series.collect::<Result<Vec<Expr>>>()?;
        let mut events = self.scope.events(session).await?;
        if rules.order != Order::Strict {
            let wanted = any(&series).unwrap_or_else(|| lit(true));
            events = events.filter(wanted).map_err(failed)?;
        }
        let value = self.breakdown.as_ref().map(|_| ident(OF_EVENT));
        if let Some(breakdown) = &self.breakdown {
            events = breakdown.with_value(events, OF_EVENT).map_err(failed)?;
        }
        let which = self.attribution();
        let mut by = vec![ident("person_key")];
        if value.is_some() && which == BreakdownAttribution::Step {
            events = self.in_values_of_a_step(events, series).map_err(failed)?;
            by.push(ident(VALUE));
        } else {
            events = events.select(columns(&series, value)).map_err(failed)?;
        }
        let touch = match which {
            _ if self.breakdown.is_none() => None,
            BreakdownAttribution::Step => None,
            BreakdownAttribution::AllEvents => {
                by.push(ident(OF_EVENT).alias(VALUE));
                None
            }
            which => Some(self.touch(which, is_any(0..rules.steps)).map_err(failed)?),
        };
        let words = rules.bits().div_ceil(BITS);
        let arguments = std::iter::once(ident("timestamp")).chain((0..words).map(|at| ident(word(at))));
        let way = match &self.intervals {
            Some(_) => aggregate::entries(&self.rules(), arguments.collect()),
            None => aggregate::times(rules, arguments.collect()),
        };
        let facts = std::iter::once(way.alias(WAY)).chain(touch).collect();
        if let [_] = by.as_slice() {
            // The events of a person come together first, since a state of them would hold them all.
            let by_person = Partitioning::Hash(by.clone(), session.partitions());
            events = events.repartition(by_person).map_err(failed)?;
        }
        let ways = events.aggregate(by, facts).map_err(failed)?;
        self.columns(ways).map_err(failed)
    }

    /// The value that a person has from its first, or its last, event that is a step and has one.
    fn touch(&self, which: BreakdownAttribution, any_step: Expr) -> Planned<Expr> {
        let value = ident(OF_EVENT);
        // Of several values at the same instant the smallest, or the largest, counts: always the same one.
        let touch = named_struct(vec![lit("time"), ident("timestamp"), lit("value"), value.clone()]);
        let touch = match which {
            BreakdownAttribution::LastTouch => max(touch),
            _ => min(touch),
        };
        let touch = touch.filter(value.is_not_null().and(any_step)).build()?;
        Ok(touch.alias(VALUE))
    }

    /// Events with each value that the person has in the step whose value counts, of which those are of the step that
    /// have the value themselves.
    fn in_values_of_a_step(&self, events: DataFrame, mut series: Vec<Expr>) -> Planned<DataFrame> {
        let step = self.asked.filter.breakdown_attribution_value;
        let Some(step) = step.and_then(|step| series.get_mut(step)) else {
            return internal_err!("a funnel by the value of a step has no step");
        };
        let is_of_step = std::mem::replace(step, ident(OF_STEP));
        let is_own = binary_expr(ident(OF_EVENT), Operator::IsNotDistinctFrom, ident(VALUE));
        *step = step.clone().and(is_own);
        // The series look at any column, so that all stay until their bits are there.
        let mut all: Vec<Expr> = events.schema().columns().into_iter().map(Expr::Column).collect();
        all.push(is_of_step.alias(OF_STEP));
        let events = with_values_of(events.select(all)?, &ident(OF_STEP), &ident(OF_EVENT))?;
        events.select(columns(&series, Some(ident(VALUE))))
    }

    /// Whether a person counts in each of its values.
    pub(super) fn has_many_values(&self) -> bool {
        let which = self.attribution();
        self.breakdown.is_some() && matches!(which, BreakdownAttribution::AllEvents | BreakdownAttribution::Step)
    }

    /// Which events say what value a person has. A person is in all of its cohorts, whatever the event.
    fn attribution(&self) -> BreakdownAttribution {
        match &self.breakdown {
            Some(breakdown) if breakdown.is_by_cohorts() => BreakdownAttribution::AllEvents,
            _ => self.asked.filter.breakdown_attribution_type,
        }
    }

    /// Takes apart what the aggregate gave.
    fn columns(&self, ways: DataFrame) -> Planned<DataFrame> {
        let mut columns = vec![ident("person_key")];
        if self.breakdown.is_some() {
            let value = if self.has_many_values() {
                ident(VALUE)
            } else {
                get_field(ident(VALUE), "value").alias(VALUE)
            };
            columns.push(value);
        }
        let field = |name: &str| get_field(ident(WAY), name).alias(name);
        let ways = if self.intervals.is_some() {
            columns.push(field(ENTRY));
            ways.unnest_columns(&[WAY])?.filter(ident(WAY).is_not_null())?
        } else {
            columns.extend((0..self.asked.rules.steps).map(|step| field(&aggregate::field(step))));
            ways
        };
        columns.push(field(REACHED));
        let enters = ident(REACHED).is_null().or(ident(REACHED).gt(lit(0_u32)));
        ways.select(columns)?.filter(enters)
    }

    /// The persons of each value, or with `but` those who have one that is none of these, each with its best way.
    pub(super) fn of_values(&self, persons: DataFrame, but: Option<&[Value]>) -> Planned<(DataFrame, Vec<Expr>)> {
        let by_value = if self.breakdown.is_some() {
            vec![ident(VALUE)]
        } else {
            Vec::new()
        };
        let Some(values) = but else {
            return Ok((persons, by_value));
        };
        let values = values.iter().map(literal).collect();
        let others = persons.filter(ident(VALUE).is_not_null().and(ident(VALUE).in_list(values, true)))?;
        if !self.has_many_values() {
            return Ok((others, Vec::new()));
        }
        if self.intervals.is_some() {
            let best = vec![max(ident(REACHED)).alias(REACHED)];
            return Ok((
                others.aggregate(vec![ident("person_key"), ident(ENTRY)], best)?,
                Vec::new(),
            ));
        }
        // The furthest, of these the one that arrives first, and of these the one whose steps before are latest.
        let steps = self.asked.rules.steps;
        let time = |step| ident(aggregate::field(step));
        let arrival = coalesce((0..steps).rev().map(time).collect());
        let reached = coalesce(vec![cast(ident(REACHED), DataType::Int64), lit(0_i64)]);
        let behind = lit(i64::MAX) - reached;
        let mut order = vec![lit("behind"), behind, lit("arrival"), arrival];
        for step in (0..steps).rev() {
            order.extend([lit(aggregate::field(step)), coalesce(vec![-time(step), lit(i64::MAX)])]);
        }
        let best = others.aggregate(vec![ident("person_key")], vec![min(named_struct(order)).alias(BEST)])?;
        let field = |name: &str| get_field(ident(BEST), name);
        let mut columns: Vec<Expr> = vec![ident("person_key")];
        for step in 0..steps {
            let name = aggregate::field(step);
            let negative = field(&name);
            let time = when(negative.clone().not_eq(lit(i64::MAX)), -negative).end()?;
            columns.push(time.alias(name));
        }
        let reached = lit(i64::MAX) - field("behind");
        columns.push(when(reached.clone().gt(lit(0_i64)), reached).end()?.alias(REACHED));
        Ok((best.select(columns)?, Vec::new()))
    }

    /// A row, or one for each breakdown value: how many are excluded, how many reached each step, and how long that took
    /// on average and in the median. With `but` there is one row, of those who have a value that is none of these.
    pub(super) async fn steps_plan(&self, session: &Session, but: Option<&[Value]>) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let persons = self.per_person(session).await?;
        let (persons, by) = self.of_values(persons, but).map_err(failed)?;
        let excluded = count_where(ident(REACHED).is_null()).map_err(failed)?;
        let mut totals = vec![excluded.alias("excluded")];
        for step in 0..self.asked.rules.steps {
            totals.push(count(ident(aggregate::field(step))).alias(format!("count_{step}")));
            if step > 0 {
                let took = cast(self.since_the_step_before(step), DataType::Float64);
                totals.push(avg(took.clone()).alias(format!("average_{step}")));
                totals.push(median(took).alias(format!("median_{step}")));
            }
        }
        let counted = persons.aggregate(by, totals).map_err(failed)?;
        counted.into_optimized_plan().map_err(failed)
    }

    /// Microseconds from the step before on a person's own way.
    fn since_the_step_before(&self, step: usize) -> Expr {
        let time = |step| ident(aggregate::field(step));
        let required = self.step_before(step);
        let before: Vec<Expr> = (required..step).rev().map(time).collect();
        let before = if before.len() == 1 {
            time(required)
        } else {
            coalesce(before)
        };
        time(step) - before
    }

    /// The step before that can't be left out.
    pub(super) fn step_before(&self, step: usize) -> usize {
        let optional = &self.asked.rules.optional;
        (0..step).rev().find(|before| !optional.contains(before)).unwrap_or(0)
    }

    /// How many microseconds each person takes from one step to the other, missing for who does not; and whether it is
    /// excluded.
    pub(super) async fn times_plan(&self, session: &Session) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let persons = self.per_person(session).await?;
        let time = |step| ident(aggregate::field(step));
        let (from, to) = self.asked.span;
        let excluded = ident(REACHED).is_null().alias("excluded");
        persons
            .select(vec![(time(to) - time(from)).alias("took"), excluded])
            .and_then(DataFrame::into_optimized_plan)
            .map_err(failed)
    }

    /// For each interval in which persons enter, and each breakdown value: how many are excluded, how many get to the
    /// step from which is counted, and how many to the other.
    pub(super) async fn trends_plan(&self, session: &Session, but: Option<&[Value]>) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let persons = self.per_person(session).await?;
        let (persons, mut by) = self.of_values(persons, but).map_err(failed)?;
        by.push(ident(ENTRY));
        let (from, to) = self.asked.span;
        let steps = |step: usize| lit(u32::try_from(step + 1).unwrap_or(u32::MAX));
        let counts = [
            ("excluded", ident(REACHED).is_null()),
            ("entered", ident(REACHED).gt_eq(steps(from))),
            ("converted", ident(REACHED).gt_eq(steps(to))),
        ];
        let counts = counts.map(|(name, counts)| Ok(count_where(counts)?.alias(name)));
        let counts = counts.into_iter().collect::<Planned<Vec<Expr>>>().map_err(failed)?;
        let counted = persons.aggregate(by, counts).map_err(failed)?;
        counted.into_optimized_plan().map_err(failed)
    }

    /// What is said of the breakdown.
    pub(super) fn said_of_values(&self, key: &str) -> Vec<String> {
        let filter = self.asked.filter;
        match &self.breakdown {
            Some(breakdown) if breakdown.is_by_cohorts() => {
                return vec!["a person counts in each cohort that it is in now".to_owned()];
            }
            // All events say the same.
            Some(breakdown) if breakdown.is_of_persons() => return Vec::new(),
            _ => {}
        }
        match filter.breakdown_attribution_type {
            BreakdownAttribution::FirstTouch => {
                vec![format!(
                    "a person has the {key} of the first event that is a step and has one"
                )]
            }
            BreakdownAttribution::LastTouch => {
                vec![format!(
                    "a person has the {key} of the last event that is a step and has one"
                )]
            }
            BreakdownAttribution::AllEvents => vec![
                format!("all events of a way have the same {key}"),
                format!("a person counts in each {key} with which it enters"),
            ],
            BreakdownAttribution::Step => {
                let step = filter.breakdown_attribution_value.unwrap_or(0);
                vec![
                    format!("step {} has the {key}", step + 1),
                    format!("a person counts in each {key} that it has in such an event, and in None without one"),
                ]
            }
        }
    }
}

/// Events with each value that the person has in a step: a row for each event and value, one without for who has none.
fn with_values_of(events: DataFrame, step: &Expr, value: &Expr) -> Planned<DataFrame> {
    let values = events
        .clone()
        .filter(step.clone())?
        .select(vec![ident("person_key").alias(OF_PERSON), value.clone().alias(VALUE)])?
        .distinct()?;
    let is_same = ident("person_key").eq(ident(OF_PERSON));
    events.join_on(values, JoinType::Left, [is_same])
}

/// The name of a number that says which series an event fits.
fn word(at: usize) -> String {
    format!("funnels::fits_{at}")
}

/// What ways are found by: the person and the time of an event, the series that it fits, and a value. As numbers, the
/// conditions are settled by the scan, once for each name of an event.
fn columns(series: &[Expr], value: Option<Expr>) -> Vec<Expr> {
    let words = fits(series).into_iter().enumerate();
    let words = words.map(|(at, fits)| fits.alias(word(at)));
    [ident("person_key"), ident("timestamp")]
        .into_iter()
        .chain(words)
        .chain(value)
        .collect()
}

/// Whether an event fits any of some series.
fn is_any(series: std::ops::Range<usize>) -> Expr {
    let of_word = |at: usize| {
        let bits = series
            .clone()
            .filter(|bit| bit / BITS == at)
            .fold(0_u64, |bits, bit| bits | 1 << (bit % BITS));
        binary_expr(ident(word(at)), Operator::BitwiseAnd, lit(bits)).not_eq(lit(0_u64))
    };
    let words = (0..series.end.div_ceil(BITS)).map(of_word);
    words.reduce(Expr::or).unwrap_or_else(|| lit(false))
}

fn any(conditions: &[Expr]) -> Option<Expr> {
    conditions.iter().cloned().reduce(Expr::or)
}

fn count_where(condition: Expr) -> Planned<Expr> {
    Ok(count(when(condition, lit(1_i64)).end()?))
}
