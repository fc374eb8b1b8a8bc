//! Trends: one plan per series, assembled into buckets and breakdown values.

mod actors;
mod assemble;
mod breakdown;
mod compare;
mod formula;
mod measure;
mod parts;

use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{LogicalPlan, ident};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    BreakdownFilter, Clock, Compared, DateRange, EventsNode, FormulaNode, Math, Progress, PropertyDefinition, Series,
    TrendsQuery, TrendsResponse, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::engine::{Engine, Executed, Session, rows};
use crate::intervals::Intervals;
use crate::measures::Measure;
use crate::scope::{Begun, MATCHES, Scope, Selection, minute, zoned};
use crate::sql;
use crate::tally;
pub(crate) use actors::actors;
use assemble::Lines;
pub(crate) use assemble::number;
pub(crate) use breakdown::Breakdown;
use formula::Formula;
pub(crate) use measure::literal;
use measure::{NUMBER, VALUE};
pub(crate) use parts::needs_of_breakdown;

/// Breakdown values with a series of their own where the query says nothing.
pub(crate) const DEFAULT_BREAKDOWNS: u32 = 25;
/// Series of one query.
const MAX_SERIES: usize = 26;
/// Numbers that one answer holds at most.
const MOST_NUMBERS: usize = 1_000_000;
/// The sum of the buckets of a breakdown value.
const TOTAL: &str = "trends::total";
/// Buckets that one number is the average of.
const MOST_SMOOTHED: u32 = 1_000;

/// Runs a trends query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &TrendsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<TrendsResponse> {
    let selected = selection(query, &query.date_range)?;
    let mut begun = Begun::new(engine, project, selected, clock, progress.clone()).await?;
    let breakdown = Breakdown::of(splits(query), &mut begun, (engine, project), clock).await?;
    let session = &begun.session;
    let range = &query.date_range;
    let mut prepared = Prepared::new(query, range, &begun, breakdown.clone(), clock, engine.most_groups)?;
    let mut done = Done {
        executed: Vec::new(),
        warnings: prepared.warnings(),
    };
    let compared = compare::other_range(query.compare_filter.as_ref(), &query.date_range, &prepared.scope.range)?;
    let mut other = match &compared {
        Some(range) => Some(
            Prepared::new(query, range, &begun, breakdown, clock, engine.most_groups)
                .map_err(|error| compare::of_other(&error))?,
        ),
        None => None,
    };
    prepared.find_bins(other.as_mut(), session, &mut done).await?;
    let lines = prepared.all_lines(session, None, &mut done).await?;
    if lines.iter().all(Lines::is_nothing) {
        let nothing = prepared
            .scope
            .nothing_fits(session, &mut done.executed, MATCHES)
            .await?;
        done.warnings.push(nothing);
    }
    let mut limits = prepared.limits();
    let mut results = prepared.results(&lines, other.as_ref().map(|_| Compared::Current));
    if let Some(other) = &other {
        // The values of the one range are those of the other, so that each has its number in both.
        let values: Vec<Vec<Value>> = lines.iter().map(Lines::values).collect();
        let other_lines = other.all_lines(session, Some(&values), &mut done).await?;
        results.extend(other.results(&other_lines, Some(Compared::Previous)));
        let (from, to) = (other.scope.range.from, other.scope.range.to);
        limits.push(format!("compared with {} to {}", minute(from), zoned(to)));
        let outside = other.scope.outside_data(to).into_iter();
        done.warnings.extend(outside.map(|warning| {
            let message = format!("of the range that is compared with, {}", warning.message);
            Warning::new("compared_outside_data", message)
        }));
    }
    let of_series = |series| format!("series {}", series + 1);
    let asked = ("TrendsQuery", query);
    let mut provenance = prepared
        .scope
        .provenance(session, project, asked, &done.executed, of_series)?;
    provenance.limits = limits;
    Ok(TrendsResponse {
        results,
        warnings: done.warnings,
        provenance,
    })
}

/// The plans of all series, for who wants to look at them.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &TrendsQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let selected = selection(query, &query.date_range)?;
    let mut begun = Begun::new(engine, project, selected, clock, Progress::ignore()).await?;
    let breakdown = Breakdown::of(splits(query), &mut begun, (engine, project), clock).await?;
    let range = &query.date_range;
    let mut prepared = Prepared::new(query, range, &begun, breakdown, clock, engine.most_groups)?;
    let mut done = Done {
        executed: Vec::new(),
        warnings: Vec::new(),
    };
    prepared.find_bins(None, &begun.session, &mut done).await?;
    compare::other_range(query.compare_filter.as_ref(), &query.date_range, &prepared.scope.range)?;
    let mut plans = Vec::new();
    for series in 0..query.series.len() {
        plans.push(prepared.plan(&begun.session, series, &Others::Keep).await?);
    }
    Ok((begun, plans))
}

/// Which events a query is about. Refuses what is no trends query.
fn selection<'a>(query: &'a TrendsQuery, date_range: &'a DateRange) -> Result<Selection<'a>> {
    if query.series.is_empty() || query.series.len() > MAX_SERIES {
        let message = format!(
            "a trends query has 1 to {MAX_SERIES} series, this one has {}",
            query.series.len()
        );
        return Err(Error::invalid(message).with_hint("ask several queries"));
    }
    let filter = &query.trends_filter;
    let display = filter.display;
    if let Some(intervals) = filter.smoothing_intervals {
        if !(1..=MOST_SMOOTHED).contains(&intervals) {
            let message = format!("smoothingIntervals goes from 1 to {MOST_SMOOTHED}, not {intervals}");
            return Err(Error::invalid(message).with_hint("leave it out for the numbers as they are"));
        }
        if intervals > 1 && (display.is_total() || display.is_cumulative()) {
            let message = "smoothingIntervals is for numbers of buckets, not for totals";
            return Err(Error::invalid(message).with_hint("leave it out, or take the display ActionsLineGraph"));
        }
    }
    let unfit = |node: &&EventsNode| {
        let is_unique = !gives_any_number(node.math);
        node.math.trailing_days().is_some() || !(node.math.adds_up() || is_unique)
    };
    if display.is_cumulative()
        && let Some(node) = query.series.iter().find(unfit)
    {
        let message = format!("numbers of the math {} have no running total", node.math.as_str());
        return Err(Error::invalid(message).with_hint("take the display ActionsLineGraph"));
    }
    Ok(Selection {
        series: &query.series,
        properties: &query.properties,
        date_range,
        needs: needs_of_breakdown(query.breakdown_filter.as_ref()),
        filter_test_accounts: query.filter_test_accounts,
        modifiers: query.modifiers,
    })
}

/// What splits which series.
fn splits(query: &TrendsQuery) -> (Option<&BreakdownFilter>, &[EventsNode]) {
    (query.breakdown_filter.as_ref(), &query.series)
}

/// A query on one range, with names and dates resolved.
struct Prepared<'a> {
    query: &'a TrendsQuery,
    begun: &'a Begun,
    scope: Scope<'a>,
    /// The buckets; none for totals.
    intervals: Intervals,
    breakdown: Option<Breakdown>,
    formulas: Vec<(FormulaNode, Formula)>,
    most_groups: usize,
}

/// What to do with the breakdown values that may have no series of their own.
enum Others {
    /// Group by every value.
    Keep,
    /// Group by these values and by the missing one, and leave out the rest.
    LeaveOut(Vec<Value>),
    /// Leave out these values, and group the rest as one.
    Merge(Vec<Value>),
}

/// A row of a series' plan.
struct Group {
    /// The place of the bucket; 0 for totals.
    bucket: usize,
    /// The breakdown value; null where it is missing.
    value: Value,
    number: Option<f64>,
}

/// What was run, and what there is to say of it.
struct Done {
    executed: Vec<Executed>,
    warnings: Vec<Warning>,
}

impl<'a> Prepared<'a> {
    fn new(
        query: &'a TrendsQuery,
        date_range: &'a DateRange,
        begun: &'a Begun,
        breakdown: Option<Breakdown>,
        clock: &Clock,
        most_groups: usize,
    ) -> Result<Self> {
        let interval = (!query.trends_filter.display.is_total()).then_some(query.interval);
        let taxonomy = begun.taxonomy();
        for node in &query.series {
            measure::property_of(taxonomy, node)?;
        }
        let formulas = query.trends_filter.formulas().into_iter().map(|node| {
            let formula = Formula::new(&node.formula, query.series.len())?;
            Ok((node, formula))
        });
        let scope = Scope::new(selection(query, date_range)?, begun, interval, clock)?;
        Ok(Self {
            query,
            begun,
            intervals: Intervals::of(query.interval, &scope.range),
            scope,
            breakdown,
            formulas: formulas.collect::<Result<_>>()?,
            most_groups,
        })
    }

    fn is_total(&self) -> bool {
        self.query.trends_filter.display.is_total()
    }

    fn is_cumulative(&self) -> bool {
        self.query.trends_filter.display.is_cumulative()
    }

    /// Numbers of a line.
    fn width(&self) -> usize {
        if self.is_total() { 1 } else { self.intervals.len() }
    }

    fn limit(&self) -> usize {
        let limit = self
            .query
            .breakdown_filter
            .as_ref()
            .and_then(|filter| filter.breakdown_limit);
        limit.unwrap_or(DEFAULT_BREAKDOWNS) as usize
    }

    fn property(&self, series: usize) -> Result<Option<&'a PropertyDefinition>> {
        measure::property_of(self.begun.taxonomy(), self.scope.node(series))
    }

    /// The lines of all series, where `values` says so with those breakdown values.
    async fn all_lines(&self, session: &Session, values: Option<&[Vec<Value>]>, done: &mut Done) -> Result<Vec<Lines>> {
        let mut all: Vec<Lines> = Vec::new();
        for series in 0..self.query.series.len() {
            // What is calculated with each other has the same values in all series: those of the first.
            let of_first = all.first().filter(|_| !self.formulas.is_empty()).map(Lines::values);
            let values = values.and_then(|values| values.get(series)).cloned().or(of_first);
            let lines = match values.filter(|_| self.breakdown.is_some()) {
                Some(values) => self.of_values(session, series, values, done).await?,
                None => self.lines(session, series, done).await?,
            };
            all.push(lines);
        }
        Ok(all)
    }

    /// Runs one series, limits its breakdown values and keeps the rest as "Other".
    async fn lines(&self, session: &Session, series: usize, done: &mut Done) -> Result<Lines> {
        let groups = self.groups(session, series, &Others::Keep, &mut done.executed).await?;
        let Some(groups) = groups else {
            if self.trailing_days(series).is_some() {
                return Err(too_many());
            }
            let values = self.first_values(session, series, &mut done.executed).await?;
            let limit = self.limit();
            let message = format!("values beyond the first {limit} are shown together as Other");
            done.warnings.push(Warning::new("breakdown_other", message));
            return self.of_values(session, series, values, done).await;
        };
        let (mut lines, rest) = assemble::lines(groups, self.shape(series), self.limit());
        if let Some(rest) = rest {
            let other = if self.node(series).math.adds_up() {
                rest.numbers
            } else {
                // Unique counts, averages and the like of single values don't add up, so the rest is counted as one.
                self.merged(session, series, lines.values(), &mut done.executed).await?
            };
            lines.other = self.of_something(series, other);
            let message = format!(
                "{} values beyond the first {} are shown together as Other",
                rest.values,
                self.limit()
            );
            done.warnings.push(Warning::new("breakdown_other", message));
        }
        Ok(lines)
    }

    /// The same with given values: the rest is "Other", where there is any.
    async fn of_values(&self, session: &Session, series: usize, values: Vec<Value>, done: &mut Done) -> Result<Lines> {
        let kept = Others::LeaveOut(values.clone());
        let groups = self.few_groups(session, series, &kept, &mut done.executed).await?;
        let other = self.merged(session, series, values.clone(), &mut done.executed).await?;
        let (mut lines, _) = assemble::lines(groups, self.shape(series), values.len());
        lines.complete(values, self.shape(series));
        lines.other = self.of_something(series, other);
        Ok(lines)
    }

    /// Numbers, unless nothing was found: an average of 0 is something, a count of 0 is not.
    fn of_something(&self, series: usize, numbers: Vec<Option<f64>>) -> Option<Vec<Option<f64>>> {
        let nothing = self.shape(series).of_nothing;
        let is_any = numbers.iter().any(|number| number.is_some() && *number != nothing);
        is_any.then_some(numbers)
    }

    /// The numbers of all values but some.
    async fn merged(
        &self,
        session: &Session,
        series: usize,
        values: Vec<Value>,
        executed: &mut Vec<Executed>,
    ) -> Result<Vec<Option<f64>>> {
        let groups = self
            .few_groups(session, series, &Others::Merge(values), executed)
            .await?;
        Ok(assemble::merged(groups, self.shape(series)))
    }

    /// The first values of the breakdown, by the sum of their buckets.
    async fn first_values(&self, session: &Session, series: usize, executed: &mut Vec<Executed>) -> Result<Vec<Value>> {
        let failed = |error| sql::explain(&error, &session.view);
        let frame = self.frame(session, series, &Others::Keep).await?;
        let ranked = frame
            .filter(ident(VALUE).is_not_null())
            .and_then(|frame| frame.aggregate(vec![ident(VALUE)], vec![sum(ident(NUMBER)).alias(TOTAL)]))
            .and_then(|frame| frame.sort(vec![ident(TOTAL).sort(false, false), ident(VALUE).sort(true, false)]))
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
        let trailing = self.trailing_days(series);
        let most = match trailing {
            // A row has the numbers of all buckets, so that its values can't be ranked by the engine.
            Some(_) => MOST_NUMBERS / self.width(),
            None if self.breakdown.is_some() && matches!(others, Others::Keep) => self.most_groups,
            None => MOST_NUMBERS,
        };
        let Some(done) = session.run_up_to(&plan, most).await? else {
            return Ok(None);
        };
        let has_value = self.breakdown.is_some() && !matches!(others, Others::Merge(_));
        let groups = if let Some(days) = trailing {
            self.groups_of_lists(&done, has_value, days)
        } else {
            let mut groups = Vec::new();
            for row in rows(&done.batches)? {
                groups.push(self.group(row, has_value)?);
            }
            Ok(groups)
        };
        executed.push(done);
        groups.map(Some)
    }

    fn group(&self, row: Vec<Value>, has_value: bool) -> Result<Group> {
        let mut cells = row.into_iter();
        let bucket = if self.is_total() {
            0
        } else {
            let place = cells.next().as_ref().and_then(Value::as_u64);
            let place = place.and_then(|place| usize::try_from(place).ok());
            place.ok_or_else(|| Error::internal("a row lies in no bucket"))?
        };
        let value = if has_value { cells.next() } else { None };
        let number = match cells.next() {
            Some(Value::Number(number)) => number.as_f64(),
            // A share of nothing is no number, which cells tell as text.
            Some(Value::String(text)) if text.parse::<f64>().is_ok() => None,
            Some(Value::Null) => None,
            other => return Err(Error::internal(format!("a number is {other:?}"))),
        };
        Ok(Group {
            bucket,
            value: value.unwrap_or_default(),
            number,
        })
    }

    /// Groups from rows that have the numbers of all buckets as a list.
    fn groups_of_lists(&self, done: &Executed, has_value: bool, days: u32) -> Result<Vec<Group>> {
        let (_, rule) = self.trailing_rule(days);
        let mut groups = Vec::new();
        for batch in &done.batches {
            let values = if has_value {
                crate::cells::cells(batch.column(0))?
            } else {
                vec![Value::Null; batch.num_rows()]
            };
            let lists = batch.column(usize::from(has_value));
            for (row, value) in values.into_iter().enumerate() {
                let numbers = rule.counts_at(lists, row)?;
                // Whoever has a value only between the days that the buckets look back on gives it no line.
                let numbers = numbers.into_iter().enumerate().filter(|(_, number)| *number > 0);
                groups.extend(numbers.map(|(bucket, number)| Group {
                    bucket,
                    value: value.clone(),
                    number: Some(tally::exact(number)),
                }));
            }
        }
        Ok(groups)
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
        groups.ok_or_else(too_many)
    }

    /// The series of a result: those of the query, or what is calculated with them.
    fn results(&self, lines: &[Lines], compared: Option<Compared>) -> Vec<Series> {
        let mut results = Vec::new();
        if self.formulas.is_empty() {
            for (series, lines) in lines.iter().enumerate() {
                results.extend(assemble::results(self, series, None, lines));
            }
        } else {
            let lines: Vec<Lines> = lines.iter().map(|lines| self.finished(lines)).collect();
            let nothing: Vec<_> = (0..lines.len()).map(|series| self.shape(series).of_nothing).collect();
            for (order, (node, formula)) in self.formulas.iter().enumerate() {
                let calculated = assemble::calculated(formula, &lines, &nothing, self.breakdown.is_some());
                results.extend(assemble::results(self, order, Some(node), &calculated));
            }
        }
        for series in &mut results {
            series.compare_label = compared;
        }
        results
    }

    /// Lines with running totals where these are wanted.
    fn finished(&self, lines: &Lines) -> Lines {
        lines.map(|numbers| {
            if self.is_cumulative() {
                assemble::running(numbers)
            } else {
                numbers.to_vec()
            }
        })
    }

    fn limits(&self) -> Vec<String> {
        let breakdown = self.breakdown.as_ref().map(|breakdown| {
            let said = breakdown.said();
            format!("at most {} values of {said}, the rest as Other", self.limit())
        });
        let smoothing = self.query.trends_filter.smoothing_intervals.filter(|count| *count > 1);
        let smoothing = smoothing.map(|count| format!("each number is the average of up to {count} buckets"));
        let calculated = self
            .formulas
            .iter()
            .map(|(node, _)| format!("calculated from series that are not shown: {}", node.formula));
        breakdown.into_iter().chain(smoothing).chain(calculated).collect()
    }

    /// What the range alone calls for.
    fn warnings(&self) -> Vec<Warning> {
        let last = if self.is_total() {
            "the range"
        } else {
            "the last bucket"
        };
        let mut warnings = self.scope.warnings(last);
        warnings.extend(self.breakdown.iter().flat_map(Breakdown::warnings));
        if self.is_total() {
            return warnings;
        }
        let has = |what: fn(&EventsNode) -> bool| self.query.series.iter().any(what);
        if self.width() > 1 && !self.is_cumulative() {
            if has(|node| !node.math.adds_up() && !gives_any_number(node.math)) {
                let message = "the unique counts of the buckets don't add up to that of the range; ask for a total";
                warnings.push(Warning::new("unique_not_summable", message));
            }
            if has(|node| !node.math.adds_up() && gives_any_number(node.math)) {
                let message = "the numbers of the buckets give none of the range; ask for a total";
                warnings.push(Warning::new("average_not_summable", message));
            }
        }
        warnings.extend(self.scope.cut_intervals(self.query.interval));
        warnings
    }

    fn shape(&self, series: usize) -> assemble::Shape {
        assemble::Shape {
            width: self.width(),
            has_breakdown: self.breakdown.is_some(),
            of_nothing: match self.begun.measure(series) {
                Some(Measure::Number(folded)) => folded.of_nothing,
                _ => self.node(series).math.is_zero_of_nothing().then_some(0.0),
            },
        }
    }

    fn node(&self, series: usize) -> &EventsNode {
        self.scope.node(series)
    }
}

/// Whether a series gives numbers that count nothing: averages and the like, and what an expression gives.
fn gives_any_number(math: Math) -> bool {
    math.of_property().is_some() || math.of_persons().is_some() || math == Math::Hogql
}

fn too_many() -> Error {
    let message = format!("the query gives more than {MOST_NUMBERS} numbers");
    Error::new(Code::LimitExceeded, message)
        .with_hint("take a longer interval, a shorter range, or a smaller breakdown_limit")
}
