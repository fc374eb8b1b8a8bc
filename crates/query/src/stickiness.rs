//! Stickiness: on how many intervals persons did something.

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    ActorsResponse, Clock, Math, Progress, StickinessComputed, StickinessCriteria, StickinessOperator, StickinessQuery,
    StickinessResponse, StickinessSeries,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::actors::Asked;
use crate::engine::{Engine, Session};
use crate::intervals::Intervals;
use crate::persons::Needs;
use crate::scope::{Begun, MATCHES, Scope, Selection};
use crate::tally::Rule;
use crate::{sql, validate};

/// Series of one query.
const MOST_SERIES: usize = 26;
/// Units of one interval.
const MOST_UNITS: u32 = 1_000;

/// Runs a stickiness query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &StickinessQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<StickinessResponse> {
    let begun = Begun::new(engine, project, selection(query)?, clock, progress.clone()).await?;
    let prepared = Prepared::new(query, &begun, clock)?;
    let session = &begun.session;
    let (mut executed, mut results) = (Vec::new(), Vec::new());
    for series in 0..query.series.len() {
        let done = session.run(&prepared.plan(session, series).await?).await?;
        results.push(prepared.results(series, prepared.rule.counts(&done)?));
        executed.push(done);
    }
    let mut warnings = prepared.scope.warnings("the last interval");
    warnings.extend(prepared.scope.cut_intervals(query.interval));
    if results.iter().all(|series| series.count == 0) {
        let scope = &prepared.scope;
        warnings.push(scope.nothing_fits(session, &mut executed, MATCHES).await?);
    }
    let of_series = |series| format!("series {}", series + 1);
    let asked = ("StickinessQuery", query);
    let mut provenance = prepared
        .scope
        .provenance(session, project, asked, &executed, of_series)?;
    provenance.limits = prepared.limits();
    Ok(StickinessResponse {
        results,
        warnings,
        provenance,
    })
}

/// The persons of a number of intervals.
pub(crate) async fn actors(asked: &Asked<'_>, query: &StickinessQuery) -> Result<ActorsResponse> {
    let cell = &asked.query.cell;
    cell.has_only("stickiness", &["series", "intervals"])?;
    let series = cell.series_of(query.series.len())?;
    let begun = asked.begin(selection(query)?).await?;
    let prepared = Prepared::new(query, &begun, asked.clock)?;
    let last = prepared.rule.cells();
    let number = cell.intervals.and_then(|number| usize::try_from(number).ok());
    let Some(number) = number.filter(|number| (1..=last).contains(number)) else {
        return Err(
            Error::invalid(format!("the number of stickiness is one of 1 to {last} intervals"))
                .with_hint(r#"name it: "cell": {"intervals": 3}"#),
        );
    };
    let failed = |error| sql::explain(&error, &begun.session.view);
    let persons = prepared.per_person(&begun.session, series).await?;
    let is_in = prepared.rule.has(number - 1, vec![ident("active")]);
    let members = persons.filter(is_in).map_err(failed)?;
    let at_least = query.stickiness_filter.computed_as == StickinessComputed::Cumulative;
    let label = cell.intervals.map(|number| prepared.label(number)).unwrap_or_default();
    let mut said = vec![format!("on {label}{}", if at_least { " or more" } else { "" })];
    said.extend(prepared.limits());
    asked.list(&begun, &prepared.scope, members, said).await
}

/// The plans of all series, for who wants to look at them.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &StickinessQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let begun = Begun::new(engine, project, selection(query)?, clock, Progress::ignore()).await?;
    let prepared = Prepared::new(query, &begun, clock)?;
    let mut plans = Vec::new();
    for series in 0..query.series.len() {
        plans.push(prepared.plan(&begun.session, series).await?);
    }
    Ok((begun, plans))
}

/// Which events a query is about. Refuses what is no stickiness query.
fn selection(query: &StickinessQuery) -> Result<Selection<'_>> {
    let count = query.series.len();
    if !(1..=MOST_SERIES).contains(&count) {
        let message = format!("a stickiness query has 1 to {MOST_SERIES} series, this one has {count}");
        return Err(Error::invalid(message).with_hint("ask several queries"));
    }
    validate::without_math(&query.series, "series", "stickiness counts persons")?;
    if !(1..=MOST_UNITS).contains(&query.interval_count) {
        let message = format!(
            "intervalCount goes from 1 to {MOST_UNITS}, not {}",
            query.interval_count
        );
        return Err(Error::invalid(message).with_hint("take another interval"));
    }
    let criteria = query.stickiness_filter.stickiness_criteria;
    if criteria.is_some_and(|criteria| criteria.value == 0) {
        let message = "stickinessCriteria counts from 1 on: an interval without the event never counts";
        return Err(Error::invalid(message).with_hint("leave it out where once is enough"));
    }
    Ok(Selection {
        series: &query.series,
        properties: &query.properties,
        date_range: &query.date_range,
        needs: Needs::Nothing,
        filter_test_accounts: query.filter_test_accounts,
        modifiers: query.modifiers,
    })
}

struct Prepared<'a> {
    query: &'a StickinessQuery,
    scope: Scope<'a>,
    intervals: Intervals,
    rule: Rule,
}

impl<'a> Prepared<'a> {
    fn new(query: &'a StickinessQuery, begun: &'a Begun, clock: &Clock) -> Result<Self> {
        let scope = Scope::new(selection(query)?, begun, Some(query.interval), clock)?;
        let intervals = Intervals::of(query.interval, &scope.range).merged(query.interval_count as usize);
        let rule = Rule::Stickiness {
            intervals: intervals.len(),
            at_least: query.stickiness_filter.computed_as == StickinessComputed::Cumulative,
        };
        Ok(Self {
            query,
            scope,
            intervals,
            rule,
        })
    }

    /// The persons of each number of intervals.
    async fn plan(&self, session: &Session, series: usize) -> Result<LogicalPlan> {
        let tally = self.rule.tally(vec![ident("active")]);
        let persons = self.per_person(session, series).await?;
        persons
            .aggregate(vec![], vec![tally])
            .and_then(DataFrame::into_optimized_plan)
            .map_err(|error| sql::explain(&error, &session.view))
    }

    /// The intervals of each person.
    async fn per_person(&self, session: &Session, series: usize) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let mut events = self.scope.events(session).await?;
        if let Some(is_of) = self.scope.is_of(series)? {
            events = events.filter(is_of).map_err(failed)?;
        }
        let mut index = self.intervals.of_event();
        if let Some(criteria) = self.query.stickiness_filter.stickiness_criteria {
            let by = vec![ident("person_key"), index.alias("place")];
            events = events
                .aggregate(by, vec![count(lit(1_i64)).alias("times")])
                .and_then(|counted| counted.filter(holds(criteria)))
                .map_err(failed)?;
            index = ident("place");
        }
        let set = self.intervals.set(index).alias("active");
        events.aggregate(vec![ident("person_key")], vec![set]).map_err(failed)
    }

    fn results(&self, series: usize, data: Vec<u64>) -> StickinessSeries {
        let at_least = self.query.stickiness_filter.computed_as == StickinessComputed::Cumulative;
        let numbers = (1..).take(data.len());
        let count = if at_least {
            data.first().copied().unwrap_or(0)
        } else {
            data.iter().sum()
        };
        StickinessSeries {
            action: self.scope.counted(series, Math::Total),
            count,
            labels: numbers.clone().map(|number| self.label(number)).collect(),
            days: numbers.collect(),
            label: self.scope.label(series).to_owned(),
            data,
        }
    }

    /// `1 day`, `2 days`, or `2 times 7 days` where an interval has several units.
    fn label(&self, number: u32) -> String {
        let unit = |count: u32| {
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} {}{plural}", self.query.interval.as_str())
        };
        match self.query.interval_count {
            1 => unit(number),
            units => format!("{number} times {}", unit(units)),
        }
    }

    fn limits(&self) -> Vec<String> {
        let criteria = self.query.stickiness_filter.stickiness_criteria;
        let criteria = criteria.map(|StickinessCriteria { operator, value }| {
            let how = match operator {
                StickinessOperator::Gte => "at least",
                StickinessOperator::Lte => "at most",
                StickinessOperator::Exact => "exactly",
            };
            format!("an interval counts where it was done {how} {value} times, and at all")
        });
        criteria.into_iter().collect()
    }
}

fn holds(criteria: StickinessCriteria) -> Expr {
    let (times, value) = (ident("times"), lit(i64::from(criteria.value)));
    match criteria.operator {
        StickinessOperator::Gte => times.gt_eq(value),
        StickinessOperator::Lte => times.lt_eq(value),
        StickinessOperator::Exact => times.eq(value),
    }
}
