//! What a series counts, as a plan: a row for each bucket and breakdown value with its number.

use chrono::Duration;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::{get_field, named_struct};
use datafusion::functions_aggregate::expr_fn::{avg, count, count_distinct, max, median, min, sum};
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlan, ident, lit, try_cast};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{EventsNode, Interval, Math, PropertyDefinition, Statistic, Taxonomy, ValueType};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use super::{Others, Prepared};
use crate::dates::{Local, bucket_start};
use crate::engine::Session;
use crate::intervals::Intervals;
use crate::measures::Measure;
use crate::percentile::percentile;
use crate::sql;
use crate::tally::Rule;

/// Columns of a series' plan. The names can't be those of properties.
pub(super) const BUCKET: &str = "trends::bucket";
pub(super) const VALUE: &str = "trends::value";
pub(super) const NUMBER: &str = "trends::number";
const FIRST: &str = "trends::first";
const FIRST_AT_ALL: &str = "trends::first_at_all";
const MATCHES: &str = "trends::matches";
pub(super) const ACTIVE: &str = "trends::active";
/// The key of an event's group.
pub(super) const GROUP: &str = "trends::group";

/// Buckets in each of which a person is looked for with a bit. With more, most bits would be of nothing.
const MOST_IN_A_SET: usize = 512;

/// The property whose values a series puts together; refuses one that is not there or holds no numbers.
pub(super) fn property_of<'a>(taxonomy: &'a Taxonomy, node: &EventsNode) -> Result<Option<&'a PropertyDefinition>> {
    let math = node.math.as_str();
    let Some(key) = &node.math_property else {
        if node.math.of_property().is_some() {
            let message = format!("the math {math} needs a math_property");
            return Err(Error::invalid(message).with_hint("name the property whose values are put together"));
        }
        return Ok(None);
    };
    if node.math.of_property().is_none() {
        let message = format!("math_property {key:?} has no meaning for the math {math}");
        return Err(Error::invalid(message).with_hint("take avg, sum, min, max, median or a percentile"));
    }
    let known = || taxonomy.properties.iter().map(|property| property.key.as_str());
    let property = taxonomy
        .property(key)
        .ok_or_else(|| Error::unknown("property", key, known()))?;
    if property.value_type == ValueType::Boolean {
        let message = format!("{key:?} is true or false, and {math} needs numbers");
        return Err(Error::invalid(message).with_hint("count the events with a filter on it"));
    }
    Ok(Some(property))
}

/// One number of many; those who are none are left out.
fn statistic(statistic: Statistic, of: Expr) -> Expr {
    let of = try_cast(of, DataType::Float64);
    match statistic {
        Statistic::Average => avg(of),
        Statistic::Sum => sum(of),
        Statistic::Minimum => min(of),
        Statistic::Maximum => max(of),
        Statistic::Percentile(share) if (share - 0.5).abs() < f64::EPSILON => median(of),
        Statistic::Percentile(share) => percentile(of, share),
    }
}

impl Prepared<'_> {
    /// The plan of one series.
    pub(super) async fn plan(&self, session: &Session, series: usize, others: &Others) -> Result<LogicalPlan> {
        let frame = self.frame(session, series, others).await?;
        frame
            .into_optimized_plan()
            .map_err(|error| sql::explain(&error, &session.view))
    }

    /// Its rows: the bucket unless there is one total, the value where there is a breakdown, and the number.
    pub(super) async fn frame(&self, session: &Session, series: usize, others: &Others) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let math = self.node(series).math;
        if matches!(math, Math::FirstTimeForUser | Math::FirstMatchingEventForUser) {
            return self.first_times(session, series, others).await;
        }
        if let Some(days) = self.trailing_days(series) {
            return self.trailing(session, series, others, days).await;
        }
        let is_by_bucket = !self.is_cumulative() && !self.is_total();
        if math == Math::Dau && is_by_bucket && self.intervals.starts.len() <= MOST_IN_A_SET {
            return self.active_persons(session, series, others).await;
        }
        let events = self.events(session, series, others).await?;
        let by = self.by(others);
        if let Some(Measure::Number(folded)) = self.begun.measure(series) {
            let columns = by
                .iter()
                .cloned()
                .chain([folded.number.clone().alias(NUMBER)])
                .collect::<Vec<_>>();
            let numbers = events.aggregate(by, folded.aggregates.clone());
            return numbers.and_then(|numbers| numbers.select(columns)).map_err(failed);
        }
        let actor = match math {
            Math::Dau => Some("person_key"),
            Math::UniqueSession => Some("session_id"),
            Math::UniqueGroup => Some(GROUP),
            _ => None,
        };
        let numbers = match (actor, math.of_property().zip(self.property(series)?), math.of_persons()) {
            (Some(actor), ..) if self.is_cumulative() => {
                // Who counts in a running total does so in the first bucket alone.
                let value = self.by_value(others).into_iter().map(ident);
                let by_actor = value.chain([ident(actor)]).collect();
                events
                    .filter(ident(actor).is_not_null())
                    .and_then(|events| events.aggregate(by_actor, vec![min(ident(BUCKET)).alias(BUCKET)]))
                    .and_then(|firsts| firsts.aggregate(by, vec![count(lit(1_i64)).alias(NUMBER)]))
            }
            (actor, None, None) if self.breakdown.is_none() && !self.is_total() => {
                let counts = Intervals::counts(ident(BUCKET), actor.map(ident)).alias(NUMBER);
                let lists = events.aggregate(vec![], vec![counts]);
                lists.and_then(|lists| Intervals::counted(lists, &[], (NUMBER, BUCKET, NUMBER)))
            }
            (Some(actor), ..) => events.aggregate(by, vec![count_distinct(ident(actor)).alias(NUMBER)]),
            (None, Some((of_property, property)), _) => {
                let number = statistic(of_property, ident(&property.column));
                events.aggregate(by, vec![number.alias(NUMBER)])
            }
            (None, None, Some(of_persons)) => {
                let by_person = by.iter().cloned().chain([ident("person_key")]).collect();
                let number = statistic(of_persons, ident(NUMBER));
                events
                    .aggregate(by_person, vec![count(lit(1_i64)).alias(NUMBER)])
                    .and_then(|persons| persons.aggregate(by, vec![number.alias(NUMBER)]))
            }
            (None, None, None) => events.aggregate(by, vec![count(lit(1_i64)).alias(NUMBER)]),
        };
        numbers.map_err(failed)
    }

    /// How many persons have an event in each bucket: the buckets of each person first, so that it counts once in each.
    async fn active_persons(&self, session: &Session, series: usize, others: &Others) -> Result<DataFrame> {
        let events = self.events(session, series, others).await?;
        let value: Vec<Expr> = self.by_value(others).into_iter().map(ident).collect();
        let by_person = value.iter().cloned().chain([ident("person_key")]).collect();
        let active = self.intervals.set(ident(BUCKET)).alias(ACTIVE);
        let counts = Intervals::counts_of_sets(ident(ACTIVE)).alias(NUMBER);
        events
            .aggregate(by_person, vec![active])
            .and_then(|persons| persons.aggregate(value.clone(), vec![counts]))
            .and_then(|lists| Intervals::counted(lists, &value, (NUMBER, BUCKET, NUMBER)))
            // The columns stand as they do where buckets are grouped by.
            .and_then(|numbers| numbers.select([self.by(others), vec![ident(NUMBER)]].concat()))
            .map_err(|error| sql::explain(&error, &session.view))
    }

    /// The events of a series, with their bucket and their value.
    pub(super) async fn events(&self, session: &Session, series: usize, others: &Others) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let mut events = self.with_value(self.scope.events(session).await?).map_err(failed)?;
        for filter in self.scope.is_of(series)?.into_iter().chain(self.kept(others)) {
            events = events.filter(filter).map_err(failed)?;
        }
        if let Some(Measure::Group(key)) = self.begun.measure(series) {
            events = events.with_column(GROUP, key.clone()).map_err(failed)?;
        }
        if self.is_total() {
            return Ok(events);
        }
        events.with_column(BUCKET, self.intervals.of_event()).map_err(failed)
    }

    /// How many persons have their first event in each bucket.
    async fn first_times(&self, session: &Session, series: usize, others: &Others) -> Result<DataFrame> {
        let number = vec![count(lit(1_i64)).alias(NUMBER)];
        let firsts = self.firsts(session, series, others).await?;
        let numbers = firsts.aggregate(self.by(others), number);
        numbers.map_err(|error| sql::explain(&error, &session.view))
    }

    /// Each person in the bucket of its first event.
    pub(super) async fn firsts(&self, session: &Session, series: usize, others: &Others) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let always = || lit(true);
        let is_of = self.scope.is_of(series)?.unwrap_or_else(always);
        let matches = self.scope.own_conditions()?.and(is_of);
        let at_all = match self.node(series).math {
            Math::FirstTimeForUser => self.scope.is_of_name(series)?.unwrap_or_else(always),
            _ => matches.clone(),
        };
        let events = self.scope.all_events(session, None, self.scope.range.to).await?;
        let first = min(ident("timestamp")).filter(ident(MATCHES)).build();
        let mut facts = vec![
            first.map_err(failed)?.alias(FIRST),
            min(ident("timestamp")).alias(FIRST_AT_ALL),
        ];
        if self.breakdown.is_some() {
            // The first event with its value, as one; of several, that with the smallest one. With `first_value`, ordered
            // and filtered, the oracle of the tests found values of other persons here (DataFusion 55.2).
            // A missing value has no order among others, so that it comes after them by a field of its own.
            let all = named_struct(vec![
                lit("time"),
                ident("timestamp"),
                lit("missing"),
                ident(VALUE).is_null(),
                lit("value"),
                ident(VALUE),
            ]);
            facts.push(min(all).filter(ident(MATCHES)).build().map_err(failed)?.alias(VALUE));
        }
        let from = crate::filters::instant(self.scope.range.from);
        let begins = ident(FIRST).gt_eq(from).and(ident(FIRST).eq(ident(FIRST_AT_ALL)));
        let mut firsts = self
            .with_value(events)
            .and_then(|events| events.filter(at_all))
            .and_then(|events| events.with_column(MATCHES, matches))
            .and_then(|events| events.aggregate(vec![ident("person_key")], facts))
            .and_then(|firsts| firsts.filter(begins))
            .map_err(failed)?;
        if self.breakdown.is_some() {
            firsts = firsts
                .with_column(VALUE, get_field(ident(VALUE), "value"))
                .map_err(failed)?;
        }
        if let Some(filter) = self.kept(others) {
            firsts = firsts.filter(filter).map_err(failed)?;
        }
        if !self.is_total() {
            let bucket = self.intervals.index(ident(FIRST));
            firsts = firsts.with_column(BUCKET, bucket).map_err(failed)?;
        }
        Ok(firsts)
    }

    /// The persons of the days that end with each bucket: a row for each value, the numbers of all buckets as a list.
    async fn trailing(&self, session: &Session, series: usize, others: &Others, days: u32) -> Result<DataFrame> {
        let (places, rule) = self.trailing_rule(days);
        let value: Vec<Expr> = self.by_value(others).into_iter().map(ident).collect();
        let tally = rule.tally(vec![ident(ACTIVE)]).alias(NUMBER);
        let persons = self.active(session, series, others, &places).await?;
        let numbers = persons.aggregate(value, vec![tally]);
        numbers.map_err(|error| sql::explain(&error, &session.view))
    }

    /// The stretches in which each person is active, for each value.
    pub(super) async fn active(
        &self,
        session: &Session,
        series: usize,
        others: &Others,
        places: &Intervals,
    ) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let from = places.starts.first().copied().unwrap_or(self.scope.range.from);
        let events = self.scope.all_events(session, Some(from), self.scope.range.to).await?;
        let mut events = self.with_value(events).map_err(failed)?;
        let own = [self.scope.own_conditions()?].into_iter();
        for filter in own.chain(self.scope.is_of(series)?).chain(self.kept(others)) {
            events = events.filter(filter).map_err(failed)?;
        }
        let value = self.by_value(others).into_iter().map(ident);
        let by_person = value.chain([ident("person_key")]).collect();
        let active = places.set(places.of_event()).alias(ACTIVE);
        events.aggregate(by_person, vec![active]).map_err(failed)
    }

    /// The stretches in which persons are active, and those of each bucket.
    pub(super) fn trailing_rule(&self, days: u32) -> (Intervals, Rule) {
        let range = &self.scope.range;
        let unit = if !self.is_total() && self.query.interval == Interval::Hour {
            Interval::Hour
        } else {
            Interval::Day
        };
        let length = if unit == Interval::Hour { days * 24 } else { days } as usize;
        let last = bucket_start(unit, range.to);
        // The last stretch of each bucket.
        let ends: Vec<_> = if self.is_total() {
            vec![last]
        } else {
            let next = self.intervals.starts.iter().skip(1).chain([&self.intervals.end]);
            next.map(|next| bucket_start(unit, *next - Duration::microseconds(1)).min(last))
                .collect()
        };
        let first_end = ends.first().copied().unwrap_or(last);
        let first = (1..length).fold(first_end, |start, _| {
            bucket_start(unit, start - Duration::microseconds(1))
        });
        let last_end = ends.last().copied().unwrap_or(last);
        let stretches = Intervals::until(unit, first, last_end);
        let stretch = |end: &Local| stretches.starts.partition_point(|start| start <= end).saturating_sub(1);
        let spans = ends.iter().map(stretch);
        let spans = spans.map(|last| (last.saturating_sub(length - 1), last)).collect();
        (stretches, Rule::AnyOf { spans })
    }

    /// Days that end with a bucket and in which persons count, where these are other than the bucket's own.
    pub(super) fn trailing_days(&self, series: usize) -> Option<u32> {
        self.node(series).math.trailing_days()
    }

    /// The columns by which a series is grouped.
    fn by(&self, others: &Others) -> Vec<Expr> {
        let bucket = (!self.is_total()).then_some(BUCKET);
        bucket.into_iter().chain(self.by_value(others)).map(ident).collect()
    }

    fn by_value(&self, others: &Others) -> Option<&'static str> {
        (self.breakdown.is_some() && !matches!(others, Others::Merge(_))).then_some(VALUE)
    }

    fn with_value(&self, events: DataFrame) -> datafusion::error::Result<DataFrame> {
        match &self.breakdown {
            Some(breakdown) => breakdown.with_value(events, VALUE),
            None => Ok(events),
        }
    }

    /// The condition on the breakdown value that keeps what is wanted.
    fn kept(&self, others: &Others) -> Option<Expr> {
        let named = |values: &[Value], negated| ident(VALUE).in_list(values.iter().map(literal).collect(), negated);
        match others {
            Others::LeaveOut(values) => Some(named(values, false).or(ident(VALUE).is_null())),
            Others::Merge(values) => Some(ident(VALUE).is_not_null().and(named(values, true))),
            Others::Keep => None,
        }
        .filter(|_| self.breakdown.is_some())
    }
}

/// A breakdown value as plans have it.
pub(crate) fn literal(value: &Value) -> Expr {
    match value {
        Value::Bool(truth) => lit(*truth),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| lit(number.as_f64().unwrap_or(f64::NAN)), lit),
        Value::String(text) => lit(text.as_str()),
        Value::Null | Value::Array(_) | Value::Object(_) => lit(ScalarValue::Null),
    }
}
