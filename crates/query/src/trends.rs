//! Trends: one plan per series, assembled into buckets and breakdown values.

mod assemble;

use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::{date_bin, date_trunc};
use datafusion::functions_aggregate::expr_fn::{count, count_distinct, sum};
use datafusion::logical_expr::{Expr, LogicalPlan, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    Clock, Display, EventsNode, Interval, Math, Progress, PropertyDefinition, TrendsQuery, TrendsResponse, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::engine::{Engine, Executed, Session, rows};
use crate::scope::{Begun, MATCHES, Scope, Selection};
use crate::{sql, validate};

/// Breakdown values with a series of their own where the query says nothing.
const DEFAULT_BREAKDOWNS: u32 = 25;

/// Runs a trends query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &TrendsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<TrendsResponse> {
    let begun = Begun::new(engine, project, selection(query)?, clock, progress.clone()).await?;
    let prepared = Prepared::new(query, &begun, clock, engine.most_groups)?;
    let session = &begun.session;
    let mut executed = Vec::new();
    let mut results = Vec::new();
    let mut warnings = prepared.warnings();
    for series in 0..query.series.len() {
        results.extend(prepared.series(session, series, &mut executed, &mut warnings).await?);
    }
    let nothing = results
        .iter()
        .all(|line| line.count == 0 && line.aggregated_value.unwrap_or(0) == 0);
    if nothing {
        let scope = &prepared.scope;
        warnings.push(scope.nothing_fits(session, &mut executed, MATCHES).await?);
    }
    let of_series = |series| format!("series {}", series + 1);
    let mut provenance = prepared
        .scope
        .provenance(session, project, ("TrendsQuery", query), &executed, of_series)?;
    provenance.limits = prepared.limits();
    Ok(TrendsResponse {
        results,
        warnings,
        provenance,
    })
}

/// Which events a query is about. Refuses too many series.
fn selection(query: &TrendsQuery) -> Result<Selection<'_>> {
    if query.series.is_empty() || query.series.len() > MAX_SERIES {
        let message = format!(
            "a trends query has 1 to {MAX_SERIES} series, this one has {}",
            query.series.len()
        );
        return Err(Error::invalid(message).with_hint("ask several queries"));
    }
    Ok(Selection {
        series: &query.series,
        properties: &query.properties,
        date_range: &query.date_range,
        of_persons: false,
    })
}

/// Series of one query.
const MAX_SERIES: usize = 26;
/// Numbers that one answer holds at most.
const MOST_NUMBERS: usize = 1_000_000;

/// A query whose names and dates are resolved.
pub(crate) struct Prepared<'a> {
    query: &'a TrendsQuery,
    scope: Scope<'a>,
    breakdown: Option<&'a PropertyDefinition>,
    most_groups: usize,
}

/// The plans of all series, for who wants to look at them.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &TrendsQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let begun = Begun::new(engine, project, selection(query)?, clock, Progress::ignore()).await?;
    let prepared = Prepared::new(query, &begun, clock, engine.most_groups)?;
    let mut plans = Vec::new();
    for series in 0..query.series.len() {
        plans.push(prepared.plan(&begun.session, series, &Others::Keep).await?);
    }
    Ok((begun, plans))
}

/// What to do with the breakdown values that may have no series of their own.
pub(crate) enum Others {
    /// Group by every value.
    Keep,
    /// Group by these values and by the missing one, and leave out the rest.
    LeaveOut(Vec<Value>),
    /// Leave out these values, and group the rest as one.
    Merge(Vec<Value>),
}

/// A row of a series' plan: bucket (absent for totals), breakdown value (null where missing), count.
pub(crate) struct Group {
    pub(crate) bucket: Option<usize>,
    pub(crate) value: Value,
    pub(crate) count: u64,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(query: &'a TrendsQuery, begun: &'a Begun, clock: &Clock, most_groups: usize) -> Result<Self> {
        let interval = (!query.trends_filter.display.is_total()).then_some(query.interval);
        let breakdown = query.breakdown_filter.as_ref();
        if let Some(breakdown) = breakdown {
            validate::breakdown(begun.taxonomy(), breakdown)?;
        }
        Ok(Self {
            query,
            scope: Scope::new(selection(query)?, begun, interval, clock)?,
            breakdown: breakdown.and_then(|filter| begun.taxonomy().property(&filter.breakdown)),
            most_groups,
        })
    }

    fn is_total(&self) -> bool {
        self.query.trends_filter.display.is_total()
    }

    /// Numbers of a line.
    fn width(&self) -> usize {
        if self.is_total() {
            1
        } else {
            self.scope.range.buckets.len()
        }
    }

    fn limit(&self) -> usize {
        let limit = self
            .query
            .breakdown_filter
            .as_ref()
            .and_then(|filter| filter.breakdown_limit);
        limit.unwrap_or(DEFAULT_BREAKDOWNS) as usize
    }

    /// The plan of one series.
    pub(crate) async fn plan(&self, session: &Session, series: usize, others: &Others) -> Result<LogicalPlan> {
        let frame = self.frame(session, series, others).await?;
        frame
            .into_optimized_plan()
            .map_err(|error| sql::explain(&error, &session.view))
    }

    async fn frame(&self, session: &Session, series: usize, others: &Others) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let mut events = self.scope.events(session).await?;
        let mut filters: Vec<Expr> = self.scope.is_of(series)?.into_iter().collect();
        let mut groups = Vec::new();
        if !self.is_total() {
            groups.push(bucket(self.query.interval).alias("bucket"));
        }
        match (self.breakdown, others) {
            (Some(property), Others::Keep) => groups.push(ident(&property.column).alias("value")),
            (Some(property), Others::LeaveOut(named)) => {
                let column = ident(&property.column);
                let is_named = column.clone().in_list(named.iter().map(literal).collect(), false);
                filters.push(is_named.or(column.clone().is_null()));
                groups.push(column.alias("value"));
            }
            (Some(property), Others::Merge(named)) => {
                let column = ident(&property.column);
                filters.push(column.clone().is_not_null());
                filters.push(column.in_list(named.iter().map(literal).collect(), true));
            }
            (None, _) => {}
        }
        let aggregate = match self.node(series).math {
            Math::Total => count(lit(1_i64)),
            Math::Dau => count_distinct(ident("person_key")),
            Math::UniqueSession => count_distinct(ident("session_id")),
        };
        if let Some(filter) = filters.into_iter().reduce(Expr::and) {
            events = events.filter(filter).map_err(failed)?;
        }
        events.aggregate(groups, vec![aggregate.alias("count")]).map_err(failed)
    }

    /// The first values of the breakdown, by the sum of their buckets.
    async fn first_values(&self, session: &Session, series: usize, executed: &mut Vec<Executed>) -> Result<Vec<Value>> {
        let failed = |error| sql::explain(&error, &session.view);
        let frame = self.frame(session, series, &Others::Keep).await?;
        let ranked = frame
            .filter(ident("value").is_not_null())
            .and_then(|frame| frame.aggregate(vec![ident("value")], vec![sum(ident("count")).alias("total")]))
            .and_then(|frame| {
                frame.sort(vec![
                    ident("total").sort(false, false),
                    ident("value").sort(true, false),
                ])
            })
            .and_then(|frame| frame.limit(0, Some(self.limit())));
        let plan = ranked.and_then(DataFrame::into_optimized_plan).map_err(failed)?;
        let done = session.run(&plan).await?;
        let values = rows(&done.batches)?
            .into_iter()
            .filter_map(|row| row.into_iter().next());
        let values = values.collect();
        executed.push(done);
        Ok(values)
    }

    /// The groups of one series; `None` where there are more than can be held at once.
    async fn groups(
        &self,
        session: &Session,
        series: usize,
        others: &Others,
        executed: &mut Vec<Executed>,
    ) -> Result<Option<Vec<Group>>> {
        let plan = self.plan(session, series, others).await?;
        let most = if self.breakdown.is_some() && matches!(others, Others::Keep) {
            self.most_groups
        } else {
            MOST_NUMBERS
        };
        let Some(done) = session.run_up_to(&plan, most).await? else {
            return Ok(None);
        };
        let has_value = self.breakdown.is_some() && !matches!(others, Others::Merge(_));
        let groups = rows(&done.batches)?.into_iter().map(|row| {
            let mut cells = row.into_iter();
            let bucket = if self.is_total() {
                None
            } else {
                Some(self.bucket_of(cells.next())?)
            };
            let value = if has_value {
                cells.next().unwrap_or_default()
            } else {
                Value::Null
            };
            let count = cells.next().as_ref().and_then(Value::as_u64);
            let count = count.ok_or_else(|| Error::internal("a count is no number"))?;
            Ok(Group { bucket, value, count })
        });
        let groups = groups.collect::<Result<Vec<_>>>();
        executed.push(done);
        groups.map(Some)
    }

    /// The groups of named values or of one bucket each: never too many.
    async fn few_groups(
        &self,
        session: &Session,
        series: usize,
        others: &Others,
        executed: &mut Vec<Executed>,
    ) -> Result<Vec<Group>> {
        let groups = self.groups(session, series, others, executed).await?;
        groups.ok_or_else(|| {
            Error::new(
                Code::LimitExceeded,
                format!("the query gives more than {MOST_NUMBERS} numbers"),
            )
            .with_hint("take a longer interval, a shorter range, or a smaller breakdown_limit")
        })
    }

    fn bucket_of(&self, cell: Option<Value>) -> Result<usize> {
        let text = cell.as_ref().and_then(Value::as_str).unwrap_or_default();
        let time = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
        let found = time
            .ok()
            .and_then(|time| self.scope.range.buckets.binary_search(&time).ok());
        found.ok_or_else(|| Error::internal(format!("a row lies in bucket {text:?}, which the range does not have")))
    }

    /// Runs one series, limits its breakdown values and keeps the rest as "Other".
    async fn series(
        &self,
        session: &Session,
        series: usize,
        executed: &mut Vec<Executed>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<hedgerow_data_api::Series>> {
        let width = self.width();
        let Some(groups) = self.groups(session, series, &Others::Keep, executed).await? else {
            return self.ranked(session, series, executed, warnings).await;
        };
        let (lines, rest) = assemble::lines(groups, width, self.breakdown.is_some(), self.limit());
        let mut other = None;
        if let Some(rest) = rest {
            other = Some(if self.query.series[series].math == Math::Total {
                rest.counts
            } else {
                // Unique counts of single values don't add up, so the rest is counted as one.
                let named = lines.iter().filter(|line| !line.value.is_null());
                let named = named.map(|line| line.value.clone()).collect();
                let groups = self
                    .few_groups(session, series, &Others::Merge(named), executed)
                    .await?;
                assemble::merged(groups, width)
            });
            let message = format!(
                "{} values beyond the first {} are shown together as Other",
                rest.values,
                self.limit()
            );
            warnings.push(Warning::new("breakdown_other", message));
        }
        Ok(assemble::results(self, series, lines, other))
    }

    /// The same where there are too many groups to hold: the values are ranked first, and only the first
    /// ones are counted by bucket.
    async fn ranked(
        &self,
        session: &Session,
        series: usize,
        executed: &mut Vec<Executed>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<hedgerow_data_api::Series>> {
        let named = self.first_values(session, series, executed).await?;
        let kept = Others::LeaveOut(named.clone());
        let groups = self.few_groups(session, series, &kept, executed).await?;
        let rest = self
            .few_groups(session, series, &Others::Merge(named), executed)
            .await?;
        let limit = self.limit();
        let message = format!("values beyond the first {limit} are shown together as Other");
        warnings.push(Warning::new("breakdown_other", message));
        let (lines, _) = assemble::lines(groups, self.width(), true, limit);
        let other = assemble::merged(rest, self.width());
        Ok(assemble::results(self, series, lines, Some(other)))
    }

    fn limits(&self) -> Vec<String> {
        let breakdown = self
            .breakdown
            .map(|property| format!("at most {} values of {}, the rest as Other", self.limit(), property.key));
        breakdown.into_iter().collect()
    }

    /// What the range alone calls for.
    fn warnings(&self) -> Vec<Warning> {
        let last = if self.is_total() {
            "the range"
        } else {
            "the last bucket"
        };
        let mut warnings = self.scope.warnings(last);
        if self.is_total() {
            return warnings;
        }
        let is_unique = |node: &EventsNode| node.math != Math::Total;
        if self.scope.range.buckets.len() > 1 && self.query.series.iter().any(is_unique) {
            let message = "the unique counts of the buckets don't add up to that of the range; ask for a total";
            warnings.push(Warning::new("unique_not_summable", message));
        }
        let interval = self.query.interval;
        warnings.extend(self.scope.cut_intervals(interval));
        warnings
    }

    fn node(&self, series: usize) -> &EventsNode {
        self.scope.node(series)
    }
}

/// The start of an event's bucket. Weeks start on Sunday: 1970-01-04 was one.
fn bucket(interval: Interval) -> Expr {
    let origin = |us| lit(ScalarValue::TimestampMicrosecond(Some(us), Some("UTC".into())));
    let bin = |hours: i64| {
        let stride = lit(ScalarValue::new_interval_mdn(0, 0, hours * 3_600_000_000_000));
        date_bin(stride, ident("timestamp"), origin(3 * 86_400_000_000))
    };
    match interval {
        Interval::Hour => bin(1),
        Interval::Day => bin(24),
        Interval::Week => bin(7 * 24),
        Interval::Month => date_trunc(lit("month"), ident("timestamp")),
    }
}

fn literal(value: &Value) -> Expr {
    match value {
        Value::Bool(truth) => lit(*truth),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| lit(number.as_f64().unwrap_or(f64::NAN)), lit),
        Value::String(text) => lit(text.as_str()),
        Value::Null | Value::Array(_) | Value::Object(_) => lit(ScalarValue::Null),
    }
}

impl Prepared<'_> {
    /// The display decides between buckets and totals; the rest is drawing.
    pub(crate) fn display(&self) -> Display {
        self.query.trends_filter.display
    }
}
