//! Trends: one plan per series, assembled into buckets and breakdown values.

mod assemble;

use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::{date_bin, date_trunc};
use datafusion::functions_aggregate::expr_fn::{count, count_distinct};
use datafusion::logical_expr::{Expr, LogicalPlan, ident, lit};
use hedgerow_data_api::{
    Clock, Display, EventStore, EventsNode, Interval, Math, PropertyDefinition, ResolvedRange, Taxonomy, TrendsQuery,
    TrendsResponse, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::dates::{Resolved, bucket_start, next_bucket, resolve};
use crate::describe::sentences;
use crate::engine::{Engine, Executed, Session, rows};
use crate::filters::{self, instant};
use crate::{sql, validate};

/// Breakdown values with a series of their own where the query says nothing.
const DEFAULT_BREAKDOWNS: u32 = 25;
/// Groups (bucket × value) that one series may have before limiting.
const MAX_GROUPS: usize = 200_000;

/// Runs a trends query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &TrendsQuery,
    clock: &Clock,
) -> Result<TrendsResponse> {
    let (view, taxonomy) = engine.lake.snapshot(project).await?;
    validate::trends(engine.lake.as_ref() as &dyn EventStore, project, &taxonomy, query).await?;
    let session = engine.session(view)?;
    let prepared = Prepared::new(query, &taxonomy, clock)?;
    let mut executed = Vec::new();
    let mut results = Vec::new();
    let mut warnings = prepared.warnings();
    for series in 0..query.series.len() {
        results.extend(prepared.series(&session, series, &mut executed, &mut warnings).await?);
    }
    let nothing = results
        .iter()
        .all(|line| line.count == 0 && line.aggregated_value.unwrap_or(0) == 0);
    if nothing {
        prepared.require_data(&session, &taxonomy, &mut executed).await?;
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
    "typed filters: positive conditions never match a missing property, negative ones do"
        .clone_into(&mut provenance.null_semantics);
    provenance.limits = prepared.limits();
    Ok(TrendsResponse {
        results,
        warnings,
        provenance,
    })
}

/// A query whose names and dates are resolved.
pub(crate) struct Prepared<'a> {
    query: &'a TrendsQuery,
    taxonomy: &'a Taxonomy,
    range: Resolved,
    breakdown: Option<&'a PropertyDefinition>,
    now: DateTime<Utc>,
}

/// What to do with the breakdown values that have no series of their own.
pub(crate) enum Others {
    /// Group by every value.
    Keep,
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
    pub(crate) fn new(query: &'a TrendsQuery, taxonomy: &'a Taxonomy, clock: &Clock) -> Result<Self> {
        let now = clock.now();
        let (first, last) = taxonomy.span().ok_or_else(|| {
            Error::new(Code::NoData, "the project holds no events yet")
                .with_hint("import some: hedgerow import access-log FILE")
        })?;
        let range = resolve(&query.date_range, query.interval, now, first)?;
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
            now,
        })
    }

    fn is_total(&self) -> bool {
        self.query.trends_filter.display.is_total()
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
        let failed = |error| sql::explain(&error, &session.view);
        let node = &self.query.series[series];
        let mut filter = self.within_range();
        if let Some(event) = &node.event {
            filter = filter.and(ident("event").eq(lit(event.as_str())));
        }
        for group in [&self.query.properties, &node.properties] {
            if let Some(condition) = filters::group(self.taxonomy, group)? {
                filter = filter.and(condition);
            }
        }
        let mut groups = Vec::new();
        if !self.is_total() {
            groups.push(bucket(self.query.interval).alias("bucket"));
        }
        match (self.breakdown, others) {
            (Some(property), Others::Keep) => groups.push(ident(&property.column).alias("value")),
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
        let frame = events
            .filter(filter)
            .map_err(failed)?
            .aggregate(groups, vec![aggregate.alias("count")])
            .map_err(failed)?;
        frame.into_optimized_plan().map_err(failed)
    }

    fn within_range(&self) -> Expr {
        let (from, to) = (instant(self.range.from), instant(self.range.to));
        ident("timestamp").gt_eq(from).and(ident("timestamp").lt_eq(to))
    }

    async fn groups(
        &self,
        session: &Session,
        series: usize,
        others: &Others,
        executed: &mut Vec<Executed>,
    ) -> Result<Vec<Group>> {
        let plan = self.plan(session, series, others).await?;
        let done = session.run(&plan).await?;
        let total: usize = done
            .batches
            .iter()
            .map(datafusion::arrow::array::RecordBatch::num_rows)
            .sum();
        if total > MAX_GROUPS {
            let message = format!("the breakdown gives {total} groups, more than {MAX_GROUPS}");
            return Err(Error::new(Code::LimitExceeded, message)
                .with_hint("take a longer interval, a shorter range, or filter first"));
        }
        let has_value = self.breakdown.is_some() && matches!(others, Others::Keep);
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
        groups
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
        let groups = self.groups(session, series, &Others::Keep, executed).await?;
        let mut lines = assemble::lines(groups, self.range.buckets.len(), self.breakdown.is_some());
        let named = lines.iter().filter(|line| !line.value.is_null()).count();
        let mut other = None;
        if self.breakdown.is_some() && named > self.limit() {
            let (kept, rest) = assemble::limit(lines, self.limit());
            let math = self.query.series[series].math;
            other = Some(if math == Math::Total {
                assemble::sum(&rest)
            } else {
                // Unique counts of single values don't add up, so the rest is counted as one.
                let values = kept
                    .iter()
                    .filter(|line| !line.value.is_null())
                    .map(|line| line.value.clone())
                    .collect();
                let groups = self.groups(session, series, &Others::Merge(values), executed).await?;
                assemble::merged(groups, self.range.buckets.len())
            });
            let message = format!(
                "{} values beyond the first {} are shown together as Other",
                rest.len(),
                self.limit()
            );
            warnings.push(Warning::new("breakdown_other", message));
            lines = kept;
        }
        Ok(assemble::results(self, series, lines, other))
    }

    /// Refuses a range that holds no event at all, whatever the conditions.
    async fn require_data(&self, session: &Session, taxonomy: &Taxonomy, executed: &mut Vec<Executed>) -> Result<()> {
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
        match (found, taxonomy.span()) {
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
        let mut filters = sentences(&self.query.properties);
        for (node, position) in self.query.series.iter().zip(1..) {
            let own = sentences(&node.properties);
            filters.extend(own.into_iter().map(|sentence| format!("series {position}: {sentence}")));
        }
        filters
    }

    fn limits(&self) -> Vec<String> {
        let breakdown = self
            .breakdown
            .map(|property| format!("{} values of {}, the rest as Other", self.limit(), property.key));
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
        if self.is_total() {
            return warnings;
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

    fn node(&self, series: usize) -> &EventsNode {
        &self.query.series[series]
    }
}

fn no_data(range: &Resolved, first: DateTime<Utc>, last: DateTime<Utc>) -> Error {
    let day = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
    let message = format!("there is no data from {} to {} UTC", day(range.from), day(range.to));
    Error::new(Code::NoData, message).with_hint(format!(
        "this project has data from {} to {} UTC",
        day(first),
        day(last)
    ))
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
