//! Retention: of those who begin in an interval, who comes back in a later one.

mod named;
mod plan;

use chrono::Duration;
use datafusion::logical_expr::{Expr, LogicalPlan, ident};
use hedgerow_data_api::{
    ActorsCell, ActorsResponse, AggregationPropertyType, BREAKDOWN_NONE, BREAKDOWN_OTHER, Clock,
    DEFAULT_RETENTION_INTERVALS, DateRange, EventsNode, FilterGroup, MOST_RETENTION_INTERVALS, Progress,
    RetentionAggregation, RetentionQuery, RetentionResponse, RetentionRow, RetentionType, RetentionValue, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::{Number, Value};

use crate::actors::Asked;
use crate::cells::cells;
use crate::dates::{Local, bucket_start, resolve};
use crate::engine::{Engine, Executed, Session, rows};
use crate::intervals::Intervals;
use crate::persons::Needs;
use crate::scope::{Begun, MATCHES, Scope, Selection, zoned};
use crate::sql;
use crate::tally::Rule;
use crate::trends::{Breakdown, DEFAULT_BREAKDOWNS, literal, needs_of_breakdown, number};
use named::Named;
use plan::{VALUE, is_other};

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
    let selection = asked.selection(&query.date_range);
    let mut begun = Begun::new(engine, project, selection, clock, progress.clone()).await?;
    let named = Named::of(&asked, &mut begun, (engine, project), clock).await?;
    let range = asked.range(&begun, clock)?;
    let prepared = Prepared::new(&asked, &range, &begun, named, clock)?;
    let session = &begun.session;
    let mut executed = Vec::new();
    let lines = prepared.lines(session, &mut executed).await?;
    let mut warnings = prepared.warnings();
    if lines
        .iter()
        .any(|line| line.value.as_ref().and_then(Value::as_str) == Some(BREAKDOWN_OTHER))
    {
        let message = format!(
            "values beyond the first {} are shown together as Other",
            prepared.limit()
        );
        warnings.push(Warning::new("breakdown_other", message));
    }
    let results: Vec<RetentionRow> = lines.into_iter().flat_map(|line| prepared.results(&line)).collect();
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
    let has_breakdown = query.breakdown_filter.is_some();
    let fields = ["row", "column"]
        .into_iter()
        .chain(has_breakdown.then_some("breakdown"));
    cell.has_only("retention", &fields.collect::<Vec<_>>())?;
    let retention = Retention::new(query)?;
    let mut begun = asked.begin(retention.selection(&query.date_range)).await?;
    let named = Named::of(&retention, &mut begun, (asked.engine, asked.project), asked.clock).await?;
    let range = retention.range(&begun, asked.clock)?;
    let prepared = Prepared::new(&retention, &range, &begun, named, asked.clock)?;
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
    let of_value = prepared.of_value(&begun.session, cell).await?;
    let persons = prepared.persons(&begun.session).await?;
    let is_in = prepared.rule.has(row * columns + column, prepared.arguments());
    let members = persons
        .filter(of_value.into_iter().fold(is_in, Expr::and))
        .map_err(failed)?;
    let period = query.retention_filter.period.as_str().to_lowercase();
    let began = format!("began in the {period} of {}", zoned(prepared.span(row, begins).0));
    let mut said = vec![match bracket {
        (0, 0) => began,
        (1, 1) => format!("{began} and came back 1 {period} later"),
        (first, last) if first == last => format!("{began} and came back {first} {period}s later"),
        (first, last) => format!("{began} and came back {first} to {last} {period}s later"),
    }];
    said.extend(cell.breakdown.as_ref().map(|value| match value {
        Value::String(text) if text == BREAKDOWN_OTHER => "of all other values together".to_owned(),
        Value::String(text) if text == BREAKDOWN_NONE => "without a value".to_owned(),
        Value::String(text) => format!("of {text}"),
        other => format!("of {other}"),
    }));
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
    let mut begun = Begun::new(engine, project, selection, clock, Progress::ignore()).await?;
    let named = Named::of(&asked, &mut begun, (engine, project), clock).await?;
    let range = asked.range(&begun, clock)?;
    let prepared = Prepared::new(&asked, &range, &begun, named, clock)?;
    let mut plans = Vec::new();
    if prepared.named.breakdown.is_some() {
        plans.push(prepared.ranking(&begun.session).await?);
    }
    let kept = prepared.first_values(&begun.session, &mut Vec::new()).await?;
    plans.push(prepared.plan(&begun.session, &kept).await?);
    drop(prepared);
    Ok((begun, plans))
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
        named::check_aggregation(filter)?;
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
        let of_sums = match self.query.retention_filter.aggregation_property_type {
            Some(AggregationPropertyType::Person) => Needs::Persons,
            _ => Needs::Nothing,
        };
        Selection {
            series: &self.series,
            properties: &self.query.properties,
            date_range,
            needs: needs_of_breakdown(self.query.breakdown_filter.as_ref()).max(of_sums),
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
    named: Named,
    scope: Scope<'a>,
    /// Those in which persons begin, and those in which they can come back.
    intervals: Intervals,
    rule: Rule,
}

impl<'a> Prepared<'a> {
    fn new(
        asked: &'a Retention<'a>,
        range: &'a DateRange,
        begun: &'a Begun,
        named: Named,
        clock: &Clock,
    ) -> Result<Self> {
        let filter = &asked.query.retention_filter;
        let interval = filter.period.interval();
        let scope = Scope::new(asked.selection(range), begun, Some(interval), clock)?;
        let starts = &scope.range.buckets;
        let rows = starts.len();
        if rows * (1 + asked.brackets.len()) > MOST_NUMBERS {
            return Err(too_many());
        }
        let first = starts.first().copied().unwrap_or(scope.range.from);
        Ok(Self {
            asked,
            intervals: Intervals::following(interval, first, rows + asked.length() - 1),
            rule: Rule::Retention {
                rows,
                brackets: asked.brackets.clone(),
                cumulative: filter.cumulative,
                // With a breakdown each start of a person stands for itself, since each has a value of its own.
                once: filter.retention_type != RetentionType::RetentionRecurring || named.breakdown.is_some(),
            },
            named,
            scope,
        })
    }

    fn kind(&self) -> RetentionType {
        self.asked.query.retention_filter.retention_type
    }

    fn begins_once(&self) -> bool {
        self.kind() != RetentionType::RetentionRecurring
    }

    fn limit(&self) -> usize {
        let limit = self.asked.query.breakdown_filter.as_ref();
        limit
            .and_then(|filter| filter.breakdown_limit)
            .unwrap_or(DEFAULT_BREAKDOWNS) as usize
    }

    /// What the rule takes of each person.
    fn arguments(&self) -> Vec<Expr> {
        vec![ident("begun"), ident("returned")]
    }

    /// The values of the breakdown with rows of their own, the largest first; none where there is no breakdown.
    async fn first_values(&self, session: &Session, executed: &mut Vec<Executed>) -> Result<Vec<Value>> {
        if self.named.breakdown.is_none() {
            return Ok(Vec::new());
        }
        let done = session.run(&self.ranking(session).await?).await?;
        let values = rows(&done.batches)?
            .into_iter()
            .filter_map(|row| row.into_iter().next());
        let values: Vec<Value> = values.collect();
        executed.push(done);
        Ok(values)
    }

    /// The cells of each value; of all persons together where there is no breakdown.
    async fn lines(&self, session: &Session, executed: &mut Vec<Executed>) -> Result<Vec<Line>> {
        let kept = self.first_values(session, executed).await?;
        if (kept.len() + 2) * self.rule.cells() > MOST_NUMBERS && self.named.breakdown.is_some() {
            return Err(too_many());
        }
        let done = session.run(&self.plan(session, &kept).await?).await?;
        // Where a line stands, and its cells.
        let mut placed: Vec<(usize, Line)> = Vec::new();
        for batch in &done.batches {
            let columns = batch.columns();
            let (by, tallies) = columns.split_at(if self.named.breakdown.is_some() { 2 } else { 0 });
            let by = by.iter().map(cells).collect::<Result<Vec<_>>>()?;
            for row in 0..batch.num_rows() {
                let (place, value) = match by.as_slice() {
                    [_, other] if other[row] == Value::Bool(true) => (kept.len(), Some(BREAKDOWN_OTHER.into())),
                    [value, _] if value[row].is_null() => (kept.len() + 1, Some(BREAKDOWN_NONE.into())),
                    [value, _] => {
                        let place = kept.iter().position(|kept| *kept == value[row]);
                        let shown = self
                            .named
                            .breakdown
                            .as_ref()
                            .map(|breakdown| breakdown.shown(&value[row]));
                        (place.unwrap_or(0), shown)
                    }
                    _ => (0, None),
                };
                let counts = match tallies.first() {
                    Some(counts) => self.rule.counts_at(counts, row)?,
                    None => return Err(Error::internal("retention has no counts")),
                };
                let sums = tallies.get(1).map(|sums| self.rule.sums_at(sums, row)).transpose()?;
                placed.push((place, Line { value, counts, sums }));
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        executed.push(done);
        Ok(placed.into_iter().map(|(_, line)| line).collect())
    }

    /// The condition that a person is of the value that a cell names.
    async fn of_value(&self, session: &Session, cell: &ActorsCell) -> Result<Option<Expr>> {
        let Some(breakdown) = &self.named.breakdown else {
            return Ok(None);
        };
        Ok(Some(match &cell.breakdown {
            None => {
                let message = "the number of a query with a breakdown is that of a value";
                return Err(Error::invalid(message).with_hint("name it as `breakdown_value` of the result has it"));
            }
            Some(Value::String(text)) if text == BREAKDOWN_OTHER => {
                is_other(&self.first_values(session, &mut Vec::new()).await?)
            }
            Some(Value::String(text)) if text == BREAKDOWN_NONE => ident(VALUE).is_null(),
            Some(value) => ident(VALUE).in_list(vec![literal(&breakdown.hidden(value)?)], false),
        }))
    }

    /// The start and the end of the intervals of a cell, the end not included.
    fn span(&self, row: usize, (first, last): (usize, usize)) -> (Local, Local) {
        let start = |place: usize| self.intervals.starts.get(place).copied().unwrap_or(self.intervals.end);
        (start(row + first), start(row + last + 1))
    }

    fn results(&self, line: &Line) -> Vec<RetentionRow> {
        let period = self.asked.query.retention_filter.period.as_str();
        let own = std::iter::once(&(0, 0));
        let columns: Vec<_> = own.chain(&self.asked.brackets).copied().collect();
        let of_rows = line.counts.chunks(columns.len()).enumerate();
        let row = |(row, counts): (usize, &[u64])| RetentionRow {
            date: self.span(row, (0, 0)).0.to_rfc3339(),
            label: format!("{period} {row}"),
            values: columns
                .iter()
                .zip(counts)
                .enumerate()
                .map(|(place, (column, count))| {
                    // Nobody can have come back in an interval that has not begun.
                    let has_begun = self.span(row, *column).0 <= self.scope.now;
                    let sum = line
                        .sums
                        .as_ref()
                        .and_then(|sums| sums.get(row * columns.len() + place));
                    RetentionValue {
                        count: has_begun.then_some(*count),
                        label: match column {
                            (first, last) if first == last => format!("{period} {first}"),
                            (first, last) => format!("{period} {first}-{last}"),
                        },
                        aggregation_value: sum.filter(|_| has_begun).and_then(|sum| self.aggregated(*sum)),
                    }
                })
                .collect(),
            breakdown_value: line.value.clone(),
        };
        of_rows.map(row).collect()
    }

    /// The sum or the average of numbers, from their sum and how many there are.
    fn aggregated(&self, (sum, count): (f64, f64)) -> Option<Number> {
        match self.asked.query.retention_filter.aggregation_type {
            RetentionAggregation::Count => None,
            RetentionAggregation::Sum => number(sum),
            // Nothing has no average.
            RetentionAggregation::Avg => (count > 0.0).then(|| number(sum / count)).flatten(),
        }
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.scope.warnings("the last interval");
        warnings.extend(self.named.breakdown.iter().flat_map(Breakdown::warnings));
        warnings.extend(
            self.scope
                .cut_intervals(self.asked.query.retention_filter.period.interval()),
        );
        let (end, now) = (self.intervals.end, self.scope.now);
        if end > now && !self.scope.range.partial {
            let period = self.asked.query.retention_filter.period.as_str().to_lowercase();
            let message = format!(
                "what is counted in the {period} of now, {}, can still grow; later ones are not known",
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
        if let Some(property) = &filter.aggregation_property {
            let whose = match filter.aggregation_property_type {
                Some(AggregationPropertyType::Person) if self.named.is_at_events => {
                    " of the person, as it was right after the event,"
                }
                Some(AggregationPropertyType::Person) => " of the person, as it is now,",
                _ => "",
            };
            limits.push(format!(
                "{} of {property}{whose} over the events with which they begin, and those with which they come back",
                filter.aggregation_type.as_str()
            ));
        }
        if let Some(breakdown) = &self.named.breakdown {
            if !breakdown.is_of_persons() {
                limits.push(
                    "the value of the breakdown is that of the first event with which a person begins in an interval"
                        .to_owned(),
                );
            }
            let (most, said) = (self.limit(), breakdown.said());
            limits.push(format!("at most {most} values of {said}, the rest as Other"));
        }
        limits
    }
}

/// The cells of a value of the breakdown, row by row.
struct Line {
    /// The value as results have it; none where there is no breakdown.
    value: Option<Value>,
    counts: Vec<u64>,
    /// The sum and the number of what is put together.
    sums: Option<Vec<(f64, f64)>>,
}

fn too_many() -> Error {
    let message = format!("the query gives more than {MOST_NUMBERS} numbers");
    Error::new(Code::LimitExceeded, message)
        .with_hint("take a longer period, a shorter range, or a smaller breakdown_limit")
}
