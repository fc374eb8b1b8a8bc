//! Trends: one plan per series, assembled into buckets and breakdown values.

mod assemble;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::{date_bin, date_trunc};
use datafusion::functions_aggregate::expr_fn::{count, count_distinct, sum};
use datafusion::logical_expr::{Expr, LogicalPlan, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    ActionDefinition, Clock, Defined, Display, EventStore, EventsNode, FilterGroup, Interval, Math, Progress,
    PropertyDefinition, ResolvedRange, Taxonomy, TrendsQuery, TrendsResponse, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::dates::{Resolved, bucket_start, next_bucket, resolve};
use crate::definitions::{Named, of_named};
use crate::describe::sentences;
use crate::engine::{Engine, Executed, Session, rows};
use crate::fields::EventFields;
use crate::filters::{self, instant};
use crate::persons::{AS_OF_NOW, Moment, Needs, PersonConditions};
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
    let begun = begin(engine, project, query, clock, progress.clone()).await?;
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
        prepared.require_data(session, &mut executed).await?;
        warnings.push(Warning::new(
            "no_match",
            "there is data in this range, but no event matches the conditions",
        ));
    }
    let text =
        serde_json::to_string(query).map_err(|error| Error::internal(format!("a query is not JSON: {error}")))?;
    let mut provenance = session.provenance(project, "TrendsQuery", text, &executed);
    provenance.range = Some(prepared.resolved_range());
    provenance.filters = prepared.filters();
    provenance.definitions = prepared.definitions();
    "typed filters: positive conditions never match a missing property, negative ones do"
        .clone_into(&mut provenance.null_semantics);
    provenance.limits = prepared.limits();
    Ok(TrendsResponse {
        results,
        warnings,
        provenance,
    })
}

/// Reads the moment that a query is about, and refuses a query with names that are not there.
pub(crate) async fn begin(
    engine: &Engine,
    project: &ProjectId,
    query: &TrendsQuery,
    clock: &Clock,
    progress: Progress,
) -> Result<Begun> {
    let named = Named::of(engine.definitions.as_ref(), project, query).await?;
    let moment = engine.persons.moment(&engine.lake, project, named.needs(query)).await?;
    validate::trends(engine.lake.as_ref() as &dyn EventStore, project, &moment, query).await?;
    named.validate(&moment.taxonomy)?;
    let session = engine.session(project, Arc::clone(&moment.view), clock, progress)?;
    Ok(Begun { session, moment, named })
}

/// What a query rests on.
pub(crate) struct Begun {
    pub(crate) session: Session,
    moment: Moment,
    named: Named,
}

/// Numbers that one answer holds at most.
const MOST_NUMBERS: usize = 1_000_000;

/// A query whose names and dates are resolved.
pub(crate) struct Prepared<'a> {
    query: &'a TrendsQuery,
    taxonomy: &'a Taxonomy,
    range: Resolved,
    breakdown: Option<&'a PropertyDefinition>,
    named: &'a Named,
    persons: PersonConditions,
    now: DateTime<Utc>,
    most_groups: usize,
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
        let now = clock.now();
        let (moment, named) = (&begun.moment, &begun.named);
        let taxonomy = moment.taxonomy.as_ref();
        let (first, last) = taxonomy.span().ok_or_else(|| {
            Error::new(Code::NoData, "the project holds no events yet")
                .with_hint("import some: hedgerow import access-log FILE")
        })?;
        let interval = (!query.trends_filter.display.is_total()).then_some(query.interval);
        let range = resolve(&query.date_range, interval, now, (first, last))?;
        if range.to < first || range.from > last {
            return Err(no_data(&range, first, last));
        }
        let breakdown = query
            .breakdown_filter
            .as_ref()
            .and_then(|filter| taxonomy.property(&filter.breakdown));
        Ok(Self {
            query,
            taxonomy,
            range,
            breakdown,
            named,
            persons: PersonConditions::compute(named.groups(query), named, moment, &begun.session.state, now)?,
            now,
            most_groups,
        })
    }

    fn is_total(&self) -> bool {
        self.query.trends_filter.display.is_total()
    }

    /// Numbers of a line.
    fn width(&self) -> usize {
        if self.is_total() { 1 } else { self.range.buckets.len() }
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
        let node = &self.query.series[series];
        let mut filter = self.within_range();
        let fields = EventFields {
            taxonomy: self.taxonomy,
            persons: &self.persons,
        };
        if let Some(event) = &node.event {
            filter = filter.and(is_event(event));
        }
        if let Some(action) = self.named.action(node) {
            let fits = self.fits(&fields, &action.body);
            filter = filter.and(fits.map_err(|error| of_named("action", &action.name, &error))?);
        }
        for group in [&self.query.properties, &node.properties] {
            if let Some(condition) = filters::group(&fields, self.now, group)? {
                filter = filter.and(condition);
            }
        }
        let mut groups = Vec::new();
        if !self.is_total() {
            groups.push(bucket(self.query.interval).alias("bucket"));
        }
        match (self.breakdown, others) {
            (Some(property), Others::Keep) => groups.push(ident(&property.column).alias("value")),
            (Some(property), Others::LeaveOut(named)) => {
                let column = ident(&property.column);
                let is_named = column.clone().in_list(named.iter().map(literal).collect(), false);
                filter = filter.and(is_named.or(column.clone().is_null()));
                groups.push(column.alias("value"));
            }
            (Some(property), Others::Merge(named)) => {
                let column = ident(&property.column);
                filter = filter.and(column.clone().is_not_null());
                filter = filter.and(column.in_list(named.iter().map(literal).collect(), true));
            }
            (None, _) => {}
        }
        let aggregate = match node.math {
            Math::Total => count(lit(1_i64)),
            Math::Dau => count_distinct(ident("person_key")),
            Math::UniqueSession => count_distinct(ident("session_id")),
        };
        let events = session.context.table("events").await.map_err(failed)?;
        let counted = events
            .filter(filter)
            .and_then(|frame| frame.aggregate(groups, vec![aggregate.alias("count")]));
        counted.map_err(failed)
    }

    /// The condition that one of an action's steps fits.
    fn fits(&self, fields: &EventFields<'_>, action: &ActionDefinition) -> Result<Expr> {
        let mut steps = Vec::new();
        for step in &action.steps {
            let event = step.event.as_deref().map(is_event);
            let own = filters::group(fields, self.now, &step.properties)?;
            steps.extend(event.into_iter().chain(own).reduce(Expr::and));
        }
        let fits = steps.into_iter().reduce(Expr::or);
        fits.ok_or_else(|| Error::new(Code::Corrupt, "it has no steps"))
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

    fn within_range(&self) -> Expr {
        let (from, to) = (instant(self.range.from), instant(self.range.to));
        ident("timestamp").gt_eq(from).and(ident("timestamp").lt_eq(to))
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
        let found = time.ok().and_then(|time| self.range.buckets.binary_search(&time).ok());
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

    /// Refuses a range that holds no event at all, whatever the conditions.
    async fn require_data(&self, session: &Session, executed: &mut Vec<Executed>) -> Result<()> {
        let failed = |error| sql::explain(&error, &session.view);
        let events = session.context.table("events").await.map_err(failed)?;
        let counted = events
            .filter(self.within_range())
            .and_then(|frame| frame.aggregate(vec![], vec![count(lit(1_i64))]));
        let done = session
            .run(&counted.map_err(failed)?.into_optimized_plan().map_err(failed)?)
            .await?;
        let found = rows(&done.batches)?
            .first()
            .and_then(|row| row.first().and_then(Value::as_u64));
        executed.push(done);
        match (found, self.taxonomy.span()) {
            (Some(0), Some((first, last))) => Err(no_data(&self.range, first, last)),
            _ => Ok(()),
        }
    }

    fn resolved_range(&self) -> ResolvedRange {
        ResolvedRange {
            date_from: self.range.from.to_rfc3339(),
            date_to: self.range.to.to_rfc3339(),
            partial: self.range.partial,
        }
    }

    fn filters(&self) -> Vec<String> {
        let sentences = |group: &FilterGroup| sentences(&self.named.with_names(group));
        let mut filters = sentences(&self.query.properties);
        for (node, position) in self.query.series.iter().zip(1..) {
            let own = sentences(&node.properties);
            filters.extend(own.into_iter().map(|sentence| format!("series {position}: {sentence}")));
        }
        filters
    }

    fn definitions(&self) -> Vec<String> {
        let mut definitions = self.named.sentences();
        definitions.extend(self.persons.cohorts.sentences());
        if self.named.needs(self.query) != Needs::Nothing {
            definitions.push(AS_OF_NOW.to_owned());
        }
        definitions
    }

    fn limits(&self) -> Vec<String> {
        let breakdown = self
            .breakdown
            .map(|property| format!("at most {} values of {}, the rest as Other", self.limit(), property.key));
        breakdown.into_iter().collect()
    }

    /// What the range alone calls for.
    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let day = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
        if self.range.partial {
            let what = if self.is_total() {
                "the range"
            } else {
                "the last bucket"
            };
            let message = format!("{what} is not over yet: it is {} UTC now", day(self.now));
            warnings.push(Warning::new("partial_period", message));
        }
        warnings.extend(self.outside_data());
        warnings.extend(self.persons.cohorts.warnings());
        if self.is_total() {
            return warnings;
        }
        let is_unique = |node: &EventsNode| node.math != Math::Total;
        if self.range.buckets.len() > 1 && self.query.series.iter().any(is_unique) {
            let message = "the unique counts of the buckets don't add up to that of the range; ask for a total";
            warnings.push(Warning::new("unique_not_summable", message));
        }
        let interval = self.query.interval;
        let cut_start = bucket_start(interval, self.range.from) < self.range.from;
        let end = next_bucket(interval, bucket_start(interval, self.range.to));
        let cut_end = end - chrono::Duration::microseconds(1) > self.range.to;
        for (cut, which) in [(cut_start, "first"), (cut_end, "last")] {
            if cut {
                let name = interval.as_str();
                let message = format!(
                    "the {which} {name} is only partly in the range {} to {}",
                    day(self.range.from),
                    day(self.range.to)
                );
                warnings.push(Warning::new("cut_bucket", message));
            }
        }
        warnings
    }

    /// Days of the range before the first event or after the last one count nothing, and that is no zero.
    fn outside_data(&self) -> Option<Warning> {
        let (first, last) = self.taxonomy.span()?;
        let day = |time: DateTime<Utc>| time.date_naive();
        let ends = day(self.range.to.min(self.now));
        (day(self.range.from) < day(first) || ends > day(last)).then(|| {
            let at = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
            let message = format!(
                "the data covers {} to {} UTC; outside of it the counts are 0 because nothing is known",
                at(first),
                at(last)
            );
            Warning::new("outside_data", message)
        })
    }

    /// The action that a series counts.
    fn action(&self, series: usize) -> Option<&Defined<ActionDefinition>> {
        self.named.action(self.node(series))
    }

    fn node(&self, series: usize) -> &EventsNode {
        &self.query.series[series]
    }
}

pub(crate) fn no_data(range: &Resolved, first: DateTime<Utc>, last: DateTime<Utc>) -> Error {
    let day = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
    let message = format!("there is no data from {} to {} UTC", day(range.from), day(range.to));
    Error::new(Code::NoData, message).with_hint(format!(
        "this project has data from {} to {} UTC",
        day(first),
        day(last)
    ))
}

fn is_event(name: &str) -> Expr {
    ident("event").eq(lit(name))
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
