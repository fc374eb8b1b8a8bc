//! Retention: of those who begin in an interval, who comes back in a later one.

use chrono::Duration;
use datafusion::functions_aggregate::expr_fn::{count, min};
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlan, ident, lit, when};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    ActorsResponse, Clock, DEFAULT_RETENTION_INTERVALS, DateRange, EventsNode, FilterGroup, MOST_RETENTION_INTERVALS,
    Progress, RetentionQuery, RetentionResponse, RetentionRow, RetentionType, RetentionValue, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

use crate::actors::Asked;
use crate::dates::{Local, bucket_start, resolve};
use crate::engine::{Engine, Session};
use crate::filters::instant;
use crate::intervals::Intervals;
use crate::scope::{Begun, MATCHES, Scope, Selection, zoned};
use crate::sql;
use crate::tally::Rule;

/// Numbers that one answer holds at most.
const MOST_NUMBERS: usize = 1_000_000;

/// The series of a query: what persons begin with, what they come back with, and the first one without its conditions.
const BEGINS: usize = 0;
const RETURNS: usize = 1;
const BEGINS_AT_ALL: usize = 2;

/// Runs a retention query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &RetentionQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<RetentionResponse> {
    let asked = Retention::new(query)?;
    let begun = Begun::new(
        engine,
        project,
        asked.selection(&query.date_range),
        clock,
        progress.clone(),
    )
    .await?;
    let range = asked.range(&begun, clock)?;
    let prepared = Prepared::new(&asked, &range, &begun, clock)?;
    let session = &begun.session;
    let done = session.run(&prepared.plan(session).await?).await?;
    let results = prepared.results(&prepared.rule.counts(&done)?);
    let mut executed = vec![done];
    let mut warnings = prepared.warnings();
    let began = |row: &RetentionRow| row.values.first().and_then(|value| value.count).unwrap_or(0);
    if results.iter().all(|row| began(row) == 0) {
        warnings.push(prepared.scope.nothing_fits(session, &mut executed, MATCHES).await?);
    }
    let of_series = |series| if series == BEGINS { "beginning" } else { "coming back" }.to_owned();
    let kind = ("RetentionQuery", query);
    let mut provenance = prepared
        .scope
        .provenance(session, project, kind, &executed, of_series)?;
    provenance.limits = prepared.limits();
    Ok(RetentionResponse {
        results,
        warnings,
        provenance,
    })
}

/// The persons who began in an interval, or who of them came back in a later one.
pub(crate) async fn actors(asked: &Asked<'_>, query: &RetentionQuery) -> Result<ActorsResponse> {
    let cell = &asked.query.cell;
    cell.has_only("retention", &["row", "column"])?;
    let retention = Retention::new(query)?;
    let begun = asked.begin(retention.selection(&query.date_range)).await?;
    let range = retention.range(&begun, asked.clock)?;
    let prepared = Prepared::new(&retention, &range, &begun, asked.clock)?;
    let (rows, columns) = (prepared.scope.range.buckets.len(), 1 + retention.brackets.len());
    let (row, column) = (cell.row.unwrap_or(rows), cell.column.unwrap_or(0));
    if row >= rows || column >= columns {
        let message = format!("the number of retention is in one of {rows} rows and {columns} columns, counted from 0");
        return Err(Error::invalid(message).with_hint(r#"name it: "cell": {"row": 0, "column": 1}"#));
    }
    let begins = (0, 0);
    let bracket = *std::iter::once(&begins)
        .chain(&retention.brackets)
        .nth(column)
        .unwrap_or(&begins);
    let starts = prepared.span(row, bracket).0;
    if starts > prepared.scope.now {
        let message = format!("the interval of {} has not begun", zoned(starts));
        return Err(Error::new(Code::NoData, message).with_hint("take an earlier row or column"));
    }
    let failed = |error| sql::explain(&error, &begun.session.view);
    let persons = prepared.per_person(&begun.session).await?;
    let is_in = prepared.rule.has(row * columns + column, arguments());
    let members = persons.filter(is_in).map_err(failed)?;
    let period = query.retention_filter.period.as_str().to_lowercase();
    let began = format!("began in the {period} of {}", zoned(prepared.span(row, begins).0));
    let mut said = vec![match bracket {
        (0, 0) => began,
        (first, last) if first == last => format!("{began} and came back {first} {period}s later"),
        (first, last) => format!("{began} and came back {first} to {last} {period}s later"),
    }];
    said.extend(prepared.limits());
    asked.list(&begun, &prepared.scope, members, said).await
}

/// The plan, for who wants to look at it.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &RetentionQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let asked = Retention::new(query)?;
    let selection = asked.selection(&query.date_range);
    let begun = Begun::new(engine, project, selection, clock, Progress::ignore()).await?;
    let range = asked.range(&begun, clock)?;
    let plan = Prepared::new(&asked, &range, &begun, clock)?
        .plan(&begun.session)
        .await?;
    Ok((begun, vec![plan]))
}

/// A query with what it leaves open.
struct Retention<'a> {
    query: &'a RetentionQuery,
    series: [EventsNode; 3],
    /// The first and the last interval of each bracket, counted from the one in which a person begins.
    brackets: Vec<(usize, usize)>,
}

impl<'a> Retention<'a> {
    /// Refuses what is no retention query.
    fn new(query: &'a RetentionQuery) -> Result<Self> {
        let filter = &query.retention_filter;
        if filter.minimum_occurrences == 0 {
            let message = "minimumOccurrences counts from 1 on";
            return Err(Error::invalid(message).with_hint("leave it out where once is enough"));
        }
        let begins = filter.target_entity.node();
        let at_all = EventsNode {
            properties: FilterGroup::default(),
            ..begins.clone()
        };
        Ok(Self {
            query,
            series: [begins, filter.returning_entity.node(), at_all],
            brackets: brackets(query)?,
        })
    }

    fn selection<'b>(&'b self, date_range: &'b DateRange) -> Selection<'b> {
        Selection {
            series: &self.series,
            properties: &self.query.properties,
            date_range,
            of_persons: false,
            filter_test_accounts: self.query.filter_test_accounts,
            modifiers: self.query.modifiers,
        }
    }

    /// The range in which persons begin: without a start so many intervals as a row has.
    fn range(&self, begun: &Begun, clock: &Clock) -> Result<DateRange> {
        let wanted = &self.query.date_range;
        if wanted.date_from.is_some() {
            return Ok(wanted.clone());
        }
        let last_day = DateRange {
            date_from: Some(wanted.date_to.clone().unwrap_or_else(|| "dStart".to_owned())),
            ..wanted.clone()
        };
        let interval = self.query.retention_filter.period.interval();
        let mut start = resolve(&last_day, Some(interval), begun.now(clock), begun.span()?)?.to;
        start = bucket_start(interval, start);
        for _ in 1..self.length() {
            start = bucket_start(interval, start - Duration::microseconds(1));
        }
        Ok(DateRange {
            date_from: Some(start.to_rfc3339()),
            ..wanted.clone()
        })
    }

    /// Intervals from the one in which a person begins to the last one in which it can come back.
    fn length(&self) -> usize {
        self.brackets.last().map_or(1, |(_, last)| last + 1)
    }
}

fn brackets(query: &RetentionQuery) -> Result<Vec<(usize, usize)>> {
    let filter = &query.retention_filter;
    let custom = &filter.retention_custom_brackets;
    let length = match filter.total_intervals {
        Some(_) if !custom.is_empty() => {
            let message = "totalIntervals and retentionCustomBrackets both say how long a row is";
            return Err(Error::invalid(message).with_hint("leave one of them out"));
        }
        total => total.unwrap_or(DEFAULT_RETENTION_INTERVALS),
    };
    if !(1..=MOST_RETENTION_INTERVALS).contains(&length) {
        let message = format!("totalIntervals goes from 1 to {MOST_RETENTION_INTERVALS}, not {length}");
        return Err(Error::invalid(message).with_hint("take a longer period"));
    }
    if custom.is_empty() {
        return Ok((1..length as usize).map(|interval| (interval, interval)).collect());
    }
    let sum = custom.iter().map(|length| u64::from(*length)).sum::<u64>();
    if custom.contains(&0) || sum >= u64::from(MOST_RETENTION_INTERVALS) {
        let message =
            format!("custom brackets have 1 interval or more each, and fewer than {MOST_RETENTION_INTERVALS} together");
        return Err(Error::invalid(message).with_hint("take a longer period"));
    }
    let mut next = 1;
    let brackets = custom.iter().map(|length| {
        let bracket = (next, next + *length as usize - 1);
        next = bracket.1 + 1;
        bracket
    });
    Ok(brackets.collect())
}

struct Prepared<'a> {
    asked: &'a Retention<'a>,
    scope: Scope<'a>,
    /// Those in which persons begin, and those in which they can come back.
    intervals: Intervals,
    rule: Rule,
}

impl<'a> Prepared<'a> {
    fn new(asked: &'a Retention<'a>, range: &'a DateRange, begun: &'a Begun, clock: &Clock) -> Result<Self> {
        let filter = &asked.query.retention_filter;
        let interval = filter.period.interval();
        let scope = Scope::new(asked.selection(range), begun, Some(interval), clock)?;
        let starts = &scope.range.buckets;
        let rows = starts.len();
        if rows * (1 + asked.brackets.len()) > MOST_NUMBERS {
            let message = format!("the query gives more than {MOST_NUMBERS} numbers");
            return Err(Error::new(Code::LimitExceeded, message).with_hint("take a longer period or a shorter range"));
        }
        let first = starts.first().copied().unwrap_or(scope.range.from);
        Ok(Self {
            asked,
            intervals: Intervals::following(interval, first, rows + asked.length() - 1),
            rule: Rule::Retention {
                rows,
                brackets: asked.brackets.clone(),
                cumulative: filter.cumulative,
                once: filter.retention_type != RetentionType::RetentionRecurring,
            },
            scope,
        })
    }

    /// The persons of each cell.
    async fn plan(&self, session: &Session) -> Result<LogicalPlan> {
        let tally = self.rule.tally(arguments());
        let persons = self.per_person(session).await?;
        persons
            .aggregate(vec![], vec![tally])
            .and_then(DataFrame::into_optimized_plan)
            .map_err(|error| sql::explain(&error, &session.view))
    }

    /// Where each person begins, and in which intervals it comes back.
    async fn per_person(&self, session: &Session) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let filter = &self.asked.query.retention_filter;
        let is = |series| Ok::<_, Error>(self.scope.is_of(series)?.unwrap_or_else(|| lit(true)));
        let own = self.scope.own_conditions()?;
        let (begins, returns) = (own.clone().and(is(BEGINS)?), own.and(is(RETURNS)?));
        let begins_at_all = is(BEGINS_AT_ALL)?;
        let kind = filter.retention_type;
        let wanted = match kind {
            RetentionType::RetentionFirstEverOccurrence => begins_at_all.clone().or(returns.clone()),
            _ => begins.clone().or(returns.clone()),
        };
        // Who begins once may have begun before the range.
        let once = kind != RetentionType::RetentionRecurring;
        let from = (!once).then(|| self.intervals.starts.first().copied()).flatten();
        let last = self.intervals.end - Duration::microseconds(1);
        let events = self.scope.all_events(session, from, last).await?;
        let events = events.filter(wanted).map_err(failed)?;
        let by_person = vec![ident("person_key")];
        let place = self.intervals.of_event();
        let first = |condition: &Expr| min(ident("timestamp")).filter(condition.clone()).build();
        let set = |place: &Expr, condition: Expr| self.intervals.set(place.clone()).filter(condition).build();
        let begins_here = begins.clone().and(self.scope.within_range());
        let persons = if filter.minimum_occurrences == 1 {
            let mut facts = vec![set(&place, returns).map_err(failed)?.alias("returned")];
            if once {
                facts.push(first(&begins).map_err(failed)?.alias("first"));
                facts.push(first(&begins_at_all).map_err(failed)?.alias("first_at_all"));
            } else {
                facts.push(set(&place, begins_here).map_err(failed)?.alias("begun"));
            }
            events.aggregate(by_person, facts)
        } else {
            // How often within an interval is counted interval by interval first.
            let number = |condition: Expr| count(lit(1_i64)).filter(condition).build();
            let of_interval = vec![
                number(returns).map_err(failed)?.alias("returns"),
                number(begins_here).map_err(failed)?.alias("begins"),
                first(&begins).map_err(failed)?.alias("first"),
                first(&begins_at_all).map_err(failed)?.alias("first_at_all"),
            ];
            let enough = ident("returns").gt_eq(lit(i64::from(filter.minimum_occurrences)));
            let facts = vec![
                set(&ident("place"), enough).map_err(failed)?.alias("returned"),
                set(&ident("place"), ident("begins").gt(lit(0_i64)))
                    .map_err(failed)?
                    .alias("begun"),
                min(ident("first")).alias("first"),
                min(ident("first_at_all")).alias("first_at_all"),
            ];
            let by_interval = vec![ident("person_key"), place.alias("place")];
            events
                .aggregate(by_interval, of_interval)
                .and_then(|counted| counted.aggregate(by_person, facts))
        };
        let begun = if once {
            self.begun_once().map_err(failed)?
        } else {
            ident("begun")
        };
        persons
            .and_then(|persons| persons.select(vec![ident("person_key"), begun.alias("begun"), ident("returned")]))
            .map_err(failed)
    }

    /// The place in which a person begins who begins once; missing where that is outside of the range.
    fn begun_once(&self) -> datafusion::error::Result<Expr> {
        let first = ident("first");
        let (from, to) = (instant(self.scope.range.from), instant(self.scope.range.to));
        let mut counts = first.clone().gt_eq(from).and(first.clone().lt_eq(to));
        if self.asked.query.retention_filter.retention_type == RetentionType::RetentionFirstEverOccurrence {
            counts = counts.and(first.clone().eq(ident("first_at_all")));
        }
        when(counts, self.intervals.index(first)).end()
    }

    /// The start and the end of the intervals of a cell, the end not included.
    fn span(&self, row: usize, (first, last): (usize, usize)) -> (Local, Local) {
        let start = |place: usize| self.intervals.starts.get(place).copied().unwrap_or(self.intervals.end);
        (start(row + first), start(row + last + 1))
    }

    fn results(&self, counts: &[u64]) -> Vec<RetentionRow> {
        let period = self.asked.query.retention_filter.period.as_str();
        let own = std::iter::once(&(0, 0));
        let columns: Vec<_> = own.chain(&self.asked.brackets).copied().collect();
        let of_rows = counts.chunks(columns.len()).enumerate();
        let row = |(row, counts): (usize, &[u64])| RetentionRow {
            date: self.span(row, (0, 0)).0.to_rfc3339(),
            label: format!("{period} {row}"),
            values: columns
                .iter()
                .zip(counts)
                .map(|(column, count)| RetentionValue {
                    // Nobody can have come back in an interval that has not begun.
                    count: (self.span(row, *column).0 <= self.scope.now).then_some(*count),
                    label: match column {
                        (first, last) if first == last => format!("{period} {first}"),
                        (first, last) => format!("{period} {first}-{last}"),
                    },
                })
                .collect(),
        };
        of_rows.map(row).collect()
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.scope.warnings("the last interval");
        warnings.extend(
            self.scope
                .cut_intervals(self.asked.query.retention_filter.period.interval()),
        );
        let (end, now) = (self.intervals.end, self.scope.now);
        if end > now && !self.scope.range.partial {
            let period = self.asked.query.retention_filter.period.as_str().to_lowercase();
            let message = format!(
                "what is counted in the {period} of {}, which is now, can still grow; later ones are not known",
                zoned(now)
            );
            warnings.push(Warning::new("partial_period", message));
        }
        if warnings.iter().all(|warning| warning.code != "outside_data") {
            warnings.extend(self.scope.outside_data(end - Duration::microseconds(1)));
        }
        warnings
    }

    /// What persons are counted by.
    fn limits(&self) -> Vec<String> {
        let filter = &self.asked.query.retention_filter;
        let begin = match filter.retention_type {
            RetentionType::RetentionRecurring => "persons begin in each interval in which they have the event",
            RetentionType::RetentionFirstTime => {
                "persons begin with their first event that meets the conditions since there is data"
            }
            RetentionType::RetentionFirstEverOccurrence => {
                "persons begin with their first event of that name, where it meets the conditions"
            }
        };
        let (begins, returns) = (self.scope.label(BEGINS), self.scope.label(RETURNS));
        let mut limits = vec![
            format!("begin with {begins}, come back with {returns}"),
            begin.to_owned(),
        ];
        if filter.minimum_occurrences > 1 {
            limits.push(format!(
                "come back where it was {} times or more",
                filter.minimum_occurrences
            ));
        }
        if filter.cumulative {
            limits.push("counted up to the last interval in which they came back".to_owned());
        }
        limits
    }
}

/// What the rule takes of each person.
fn arguments() -> Vec<Expr> {
    vec![ident("begun"), ident("returned")]
}
