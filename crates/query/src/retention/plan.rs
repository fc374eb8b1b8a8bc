//! Where each person begins, and in which intervals it comes back, as plans.

use chrono::Duration;
use datafusion::functions::expr_fn::{get_field, named_struct};
use datafusion::functions_aggregate::expr_fn::{array_agg, count, min, sum};
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlan, ident, lit, not, when};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::RetentionType;
use hedgerow_errors::Result;
use serde_json::Value;

use super::{BEGINS, BEGINS_AT_ALL, Prepared, RETURNS};
use crate::engine::Session;
use crate::filters::instant;
use crate::sql;
use crate::trends::literal;

/// The value of the breakdown. The name can't be that of a property.
pub(super) const VALUE: &str = "retention::value";
/// Whether that value is one of those that are shown together.
const OTHER: &str = "retention::other";
/// The number whose sums are wanted.
const NUMBER: &str = "retention::number";
/// How many begin with a value.
const BEGUN: &str = "retention::begun";

/// Whether an event is one with which a person begins, within the range; the same whenever it was; the same whatever its
/// properties; and whether it is one with which a person comes back. As columns they are computed once for all that takes
/// them, and the engine has no common parts of theirs to name: the names that it gives collide (DataFusion 55.2).
const BEGINS_HERE: &str = "retention::begins_here";
const EVER: &str = "retention::ever";
const AT_ALL: &str = "retention::at_all";
const COMES_BACK: &str = "retention::comes_back";

impl Prepared<'_> {
    /// The persons of each cell; with a breakdown a row for each of some values, one for all others and one for the
    /// missing one.
    pub(super) async fn plan(&self, session: &Session, kept: &[Value]) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let mut by = Vec::new();
        let mut persons = self.persons(session).await?;
        if self.named.breakdown.is_some() {
            persons = persons.with_column(OTHER, is_other(kept)).map_err(failed)?;
            let value = when(not(ident(OTHER)), ident(VALUE)).end();
            by.extend([value.map_err(failed)?.alias(VALUE), ident(OTHER)]);
        }
        let mut tallies = vec![self.rule.tally(self.arguments())];
        if self.named.summed.is_some() {
            tallies.push(self.rule.sums(ident("begun"), ident("values")));
        }
        persons
            .aggregate(by, tallies)
            .and_then(DataFrame::into_optimized_plan)
            .map_err(failed)
    }

    /// The values with which most persons begin, each once in each of its intervals.
    pub(super) async fn ranking(&self, session: &Session) -> Result<LogicalPlan> {
        let persons = self.persons(session).await?;
        persons
            .filter(ident(VALUE).is_not_null())
            .and_then(|persons| persons.aggregate(vec![ident(VALUE)], vec![count(lit(1_i64)).alias(BEGUN)]))
            .and_then(|values| values.sort(vec![ident(BEGUN).sort(false, false), ident(VALUE).sort(true, false)]))
            .and_then(|values| values.limit(0, Some(self.limit())))
            .and_then(DataFrame::into_optimized_plan)
            .map_err(|error| sql::explain(&error, &session.view))
    }

    /// Where each person begins, `begun`, and in which intervals it comes back, `returned`; with a breakdown a row for
    /// each interval in which a person begins. Where sums are wanted `values` has those of its intervals.
    pub(super) async fn persons(&self, session: &Session) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let own = self.scope.own_conditions()?;
        let is = |series| Ok::<_, hedgerow_errors::Error>(self.scope.is_of(series)?.unwrap_or_else(|| lit(true)));
        let begins = own.clone().and(is(BEGINS)?);
        let returns = own.and(is(RETURNS)?);
        let wanted = match self.kind() {
            RetentionType::RetentionFirstEverOccurrence => is(BEGINS_AT_ALL)?,
            _ => begins.clone(),
        };
        // Who begins once may have begun before the range.
        let from = (!self.begins_once())
            .then(|| self.intervals.starts.first().copied())
            .flatten();
        let last = self.intervals.end - Duration::microseconds(1);
        let events = self.scope.all_events(session, from, last).await?;
        let events = events.filter(wanted.or(returns.clone())).map_err(failed)?;
        let mut columns = vec![ident("person_key"), ident("timestamp"), returns.alias(COMES_BACK)];
        columns.push(begins.clone().and(self.scope.within_range()).alias(BEGINS_HERE));
        if self.begins_once() {
            columns.extend([begins.alias(EVER), is(BEGINS_AT_ALL)?.alias(AT_ALL)]);
        }
        columns.extend(self.named.summed.as_ref().map(|number| number.clone().alias(NUMBER)));
        let events = match self.breakdown_of_events() {
            Some(breakdown) => {
                columns.push(ident(VALUE));
                breakdown.with_value(events, VALUE).map_err(failed)?
            }
            None => events,
        };
        let events = events.select(columns).map_err(failed)?;
        let filter = &self.asked.query.retention_filter;
        let is_split = self.named.breakdown.is_some() && !self.begins_once();
        let by_interval = filter.minimum_occurrences > 1 || self.named.summed.is_some() || is_split;
        let persons = if by_interval {
            self.by_interval(events)
        } else {
            self.at_once(events)
        };
        persons.and_then(|persons| self.with_begun(persons)).map_err(failed)
    }

    /// The facts of each person, straight from the events.
    fn at_once(&self, events: DataFrame) -> datafusion::error::Result<DataFrame> {
        let set = |condition: &str| {
            let set = self.intervals.set(self.intervals.of_event());
            set.filter(ident(condition)).build()
        };
        let mut facts = vec![set(COMES_BACK)?.alias("returned")];
        if self.begins_once() {
            facts.extend(self.firsts()?);
        } else {
            facts.push(set(BEGINS_HERE)?.alias("begun"));
        }
        events.aggregate(vec![ident("person_key")], facts)
    }

    /// The same, interval by interval first: how often something happens within one, and what its events hold.
    fn by_interval(&self, events: DataFrame) -> datafusion::error::Result<DataFrame> {
        let number = |condition: &str| count(lit(1_i64)).filter(ident(condition)).build();
        let mut facts = vec![
            number(COMES_BACK)?.alias("returns"),
            number(BEGINS_HERE)?.alias("begins"),
        ];
        if self.begins_once() {
            facts.extend(self.firsts()?);
        } else if self.breakdown_of_events().is_some() {
            facts.push(start_of(BEGINS_HERE)?.alias("start"));
        }
        if self.named.summed.is_some() {
            let of = |name: &str, condition: &str| {
                let total = sum(ident(NUMBER)).filter(ident(condition)).build()?;
                let number = count(ident(NUMBER)).filter(ident(condition)).build()?;
                Ok::<_, datafusion::error::DataFusionError>([
                    total.alias(format!("{name}_sum")),
                    number.alias(format!("{name}_number")),
                ])
            };
            facts.extend(of("begins", BEGINS_HERE)?);
            facts.extend(of("returns", COMES_BACK)?);
        }
        let by_interval = vec![ident("person_key"), self.intervals.of_event().alias("place")];
        let events = events.aggregate(by_interval, facts)?;
        let least = i64::from(self.asked.query.retention_filter.minimum_occurrences);
        let enough = ident("returns").gt_eq(lit(least));
        let begins = ident("begins").gt(lit(0_i64));
        let set = |condition: &Expr| self.intervals.set(ident("place")).filter(condition.clone()).build();
        let mut facts = vec![set(&enough)?.alias("returned")];
        let is_of_events = self.breakdown_of_events().is_some();
        if self.begins_once() {
            let names = ["first", "first_at_all"]
                .into_iter()
                .chain(is_of_events.then_some("start"));
            facts.extend(names.map(|name| min(ident(name)).alias(name)));
        } else if self.named.breakdown.is_some() {
            let mut start = vec![lit("place"), ident("place")];
            if is_of_events {
                start.extend([lit("value"), get_field(ident("start"), "value")]);
            }
            facts.push(array_agg(named_struct(start)).filter(begins).build()?.alias("starts"));
        } else {
            facts.push(set(&begins)?.alias("begun"));
        }
        if self.named.summed.is_some() {
            let back = |name: &str| when(enough.clone(), ident(name)).end();
            let values = named_struct(vec![
                lit("place"),
                ident("place"),
                lit("begins_sum"),
                ident("begins_sum"),
                lit("begins_number"),
                ident("begins_number"),
                lit("returns_sum"),
                back("returns_sum")?,
                lit("returns_number"),
                back("returns_number")?,
            ]);
            let within = ident("place").is_not_null();
            facts.push(array_agg(values).filter(within).build()?.alias("values"));
        }
        events.aggregate(vec![ident("person_key")], facts)
    }

    /// When a person begins who does so once, and with a breakdown by events the value of that event.
    fn firsts(&self) -> datafusion::error::Result<Vec<Expr>> {
        let first = |condition: &str| min(ident("timestamp")).filter(ident(condition)).build();
        let mut facts = vec![first(EVER)?.alias("first"), first(AT_ALL)?.alias("first_at_all")];
        if self.breakdown_of_events().is_some() {
            facts.push(start_of(EVER)?.alias("start"));
        }
        Ok(facts)
    }

    /// The facts of persons as tallies take them.
    fn with_begun(&self, mut persons: DataFrame) -> datafusion::error::Result<DataFrame> {
        let mut columns = vec![ident("person_key"), ident("returned")];
        columns.extend(self.named.summed.is_some().then(|| ident("values")));
        let breakdown = self.named.breakdown.as_ref();
        let (begun, value) = if self.begins_once() {
            (self.begun_once()?, get_field(ident("start"), "value"))
        } else if breakdown.is_some() {
            persons = persons
                .unnest_columns(&["starts"])?
                .filter(ident("starts").is_not_null())?;
            let of_start = |field: &str| get_field(ident("starts"), field);
            (of_start("place"), of_start("value"))
        } else {
            (ident("begun"), lit(false))
        };
        columns.push(begun.alias("begun"));
        columns.extend(self.breakdown_of_events().map(|_| value.alias(VALUE)));
        persons = persons.select(columns)?;
        let Some(breakdown) = breakdown else {
            return Ok(persons);
        };
        // A value without anyone who begins is none.
        persons = persons.filter(ident("begun").is_not_null())?;
        if breakdown.is_of_persons() {
            persons = breakdown.with_value(persons, VALUE)?;
        }
        Ok(persons)
    }

    /// The place in which a person begins who begins once; missing where that is outside of the range.
    fn begun_once(&self) -> datafusion::error::Result<Expr> {
        let first = ident("first");
        let (from, to) = (instant(self.scope.range.from), instant(self.scope.range.to));
        let mut counts = first.clone().gt_eq(from).and(first.clone().lt_eq(to));
        if self.kind() == RetentionType::RetentionFirstEverOccurrence {
            counts = counts.and(first.clone().eq(ident("first_at_all")));
        }
        when(counts, self.intervals.index(first)).end()
    }

    /// The breakdown, where events of one person may have several values.
    fn breakdown_of_events(&self) -> Option<&crate::trends::Breakdown> {
        let breakdown = self.named.breakdown.as_ref();
        breakdown.filter(|breakdown| !breakdown.is_of_persons())
    }
}

/// The first event for which a condition holds, with its value. Of several at one instant it is that with the smallest
/// value; a missing one has no order among others, so that it comes after them by a field of its own.
fn start_of(condition: &str) -> datafusion::error::Result<Expr> {
    let start = named_struct(vec![
        lit("time"),
        ident("timestamp"),
        lit("missing"),
        ident(VALUE).is_null(),
        lit("value"),
        ident(VALUE),
    ]);
    min(start).filter(ident(condition)).build()
}

/// Whether a value is none of some.
pub(super) fn is_other(kept: &[Value]) -> Expr {
    // Of truths there are no others. The engine finds that, too, but is then of two minds whether it may be missing
    // (DataFusion 55.2).
    if [true, false].iter().all(|truth| kept.contains(&Value::Bool(*truth))) {
        return lit(false);
    }
    let is_any = ident(VALUE).is_not_null();
    if kept.is_empty() {
        return is_any;
    }
    is_any.and(ident(VALUE).in_list(kept.iter().map(literal).collect(), true))
}
