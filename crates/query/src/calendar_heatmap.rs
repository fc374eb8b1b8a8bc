//! The calendar heatmap: events or persons by weekday and hour, as clocks of the project's time zone show them.

use chrono::Datelike as _;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::functions::expr_fn::date_part;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, cast, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    ActorsResponse, CalendarHeatmap, CalendarHeatmapQuery, CalendarHeatmapResponse, Clock, Math, Progress, Warning,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::actors::{Asked, COUNT};
use crate::engine::{Engine, Executed, Session, rows};
use crate::intervals;
use crate::persons::Needs;
use crate::scope::{Begun, MATCHES, Scope, Selection};
use crate::sql;
use crate::tally::{DAYS, HOURS, Rule};

/// In the order of rows.
const WEEKDAYS: [&str; DAYS] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
/// The place of the weekday and hour of an event.
const PLACE: &str = "heatmap::place";
/// The places of a person.
const ACTIVE: &str = "heatmap::active";

/// Runs a calendar heatmap query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &CalendarHeatmapQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<CalendarHeatmapResponse> {
    let begun = Begun::new(engine, project, selection(query)?, clock, progress.clone()).await?;
    let prepared = Prepared::new(query, &begun, clock)?;
    let session = &begun.session;
    let done = session.run(&prepared.plan(session).await?).await?;
    let results = prepared.results(&done)?;
    let mut executed = vec![done];
    let mut warnings = prepared.warnings();
    if results.total == 0 {
        warnings.push(prepared.scope.nothing_fits(session, &mut executed, MATCHES).await?);
    }
    let asked = ("CalendarHeatmapQuery", query);
    let mut provenance = prepared
        .scope
        .provenance(session, project, asked, &executed, |_| "series 1".to_owned())?;
    provenance.limits = prepared.limits();
    Ok(CalendarHeatmapResponse {
        results,
        warnings,
        provenance,
    })
}

/// The persons of a weekday, of an hour, of both, or of the whole range.
pub(crate) async fn actors(asked: &Asked<'_>, query: &CalendarHeatmapQuery) -> Result<ActorsResponse> {
    let cell = &asked.query.cell;
    cell.has_only("a calendar heatmap", &["row", "column"])?;
    if cell.row.is_some_and(|row| row >= DAYS) || cell.column.is_some_and(|column| column >= HOURS) {
        let message = "a calendar heatmap has the rows 0 (Sunday) to 6, and the columns 0 to 23, the hours";
        return Err(Error::invalid(message).with_hint(
            r#"name a cell: "cell": {"row": 1, "column": 9}; without one of them it is the total of the other"#,
        ));
    }
    let begun = asked.begin(selection(query)?).await?;
    let prepared = Prepared::new(query, &begun, asked.clock)?;
    let failed = |error| sql::explain(&error, &begun.session.view);
    let mut events = prepared.events(&begun.session).await?;
    let number = |number: usize| lit(i32::try_from(number).unwrap_or(i32::MAX));
    let row = cell.row.map(|row| prepared.clock_part("dow").eq(number(row)));
    let column = cell.column.map(|column| prepared.clock_part("hour").eq(number(column)));
    for condition in row.into_iter().chain(column) {
        events = events.filter(condition).map_err(failed)?;
    }
    let members = events
        .aggregate(vec![ident("person_key")], vec![count(lit(1_i64)).alias(COUNT)])
        .map_err(failed)?;
    let weekday = cell.row.and_then(|row| WEEKDAYS.get(row));
    let when = [
        weekday.map(|weekday| format!("on a {weekday}")),
        cell.column.map(|hour| format!("in the hour of {hour}:00")),
    ];
    let when: Vec<String> = when.into_iter().flatten().collect();
    let what = format!("{} of {}", prepared.math().as_str(), prepared.scope.label(0));
    let mut said = vec![if when.is_empty() {
        what
    } else {
        format!("{what}, {}", when.join(" "))
    }];
    said.extend(prepared.limits());
    asked.list(&begun, &prepared.scope, members, said).await
}

/// The plan, for who wants to look at it.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &CalendarHeatmapQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let begun = Begun::new(engine, project, selection(query)?, clock, Progress::ignore()).await?;
    let plan = Prepared::new(query, &begun, clock)?.plan(&begun.session).await?;
    Ok((begun, vec![plan]))
}

/// Which events a query is about. Refuses what is no calendar heatmap.
fn selection(query: &CalendarHeatmapQuery) -> Result<Selection<'_>> {
    let [node] = query.series.as_slice() else {
        let message = format!("a calendar heatmap has one series, this one has {}", query.series.len());
        return Err(Error::invalid(message).with_hint("ask a query for each"));
    };
    if !matches!(node.math, Math::Total | Math::Dau) {
        let message = format!("the math {} has no calendar heatmap", node.math.as_str());
        return Err(Error::invalid(message).with_hint("take total for events, or dau for persons"));
    }
    if let Some(property) = &node.math_property {
        let message = format!(
            "math_property {property:?} has no meaning for the math {}",
            node.math.as_str()
        );
        return Err(Error::invalid(message).with_hint("leave it out"));
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
    scope: Scope<'a>,
}

impl<'a> Prepared<'a> {
    fn new(query: &'a CalendarHeatmapQuery, begun: &'a Begun, clock: &Clock) -> Result<Self> {
        let scope = Scope::new(selection(query)?, begun, None, clock)?;
        Ok(Self { scope })
    }

    fn math(&self) -> Math {
        self.scope.node(0).math
    }

    /// A part of what clocks of the project show at the time of an event.
    fn clock_part(&self, part: &str) -> Expr {
        let zone = self.scope.now.timezone().name().into();
        let local = cast(
            ident("timestamp"),
            DataType::Timestamp(TimeUnit::Microsecond, Some(zone)),
        );
        date_part(lit(part), local)
    }

    /// The events that count.
    async fn events(&self, session: &Session) -> Result<DataFrame> {
        let events = self.scope.events(session).await?;
        match self.scope.is_of(0)? {
            Some(is_of) => events
                .filter(is_of)
                .map_err(|error| sql::explain(&error, &session.view)),
            None => Ok(events),
        }
    }

    /// The number of events of each weekday and hour, a row each; or of persons, all of them as a list.
    async fn plan(&self, session: &Session) -> Result<LogicalPlan> {
        let hours = lit(i32::try_from(HOURS).unwrap_or(i32::MAX));
        let place = cast(
            self.clock_part("dow") * hours + self.clock_part("hour"),
            DataType::UInt32,
        );
        let events = self.events(session).await?;
        let numbers = if self.math() == Math::Dau {
            let places = lit((DAYS * HOURS) as u64);
            let active = intervals::SET.call(vec![place, places]).alias(ACTIVE);
            events
                .aggregate(vec![ident("person_key")], vec![active])
                .and_then(|persons| persons.aggregate(vec![], vec![Rule::Heatmap.tally(vec![ident(ACTIVE)])]))
        } else {
            events.aggregate(vec![place.alias(PLACE)], vec![count(lit(1_i64))])
        };
        numbers
            .and_then(DataFrame::into_optimized_plan)
            .map_err(|error| sql::explain(&error, &session.view))
    }

    fn results(&self, done: &Executed) -> Result<CalendarHeatmap> {
        let cells = if self.math() == Math::Dau {
            Rule::Heatmap.counts(done)?
        } else {
            let mut cells = vec![0; Rule::Heatmap.cells()];
            for row in rows(&done.batches)? {
                let number = |at: usize| row.get(at).and_then(serde_json::Value::as_u64);
                let place = number(0).and_then(|place| usize::try_from(place).ok());
                let (Some(place), Some(count)) = (place.filter(|place| *place < DAYS * HOURS), number(1)) else {
                    return Err(Error::internal("an event lies in no hour of a week"));
                };
                Rule::heatmap_cells(place).for_each(|cell| cells[cell] += count);
            }
            cells
        };
        let (data, totals) = cells.split_at(DAYS * HOURS);
        let (weekdays, hours) = totals.split_at(DAYS);
        let (hours, total) = hours.split_at(HOURS);
        Ok(CalendarHeatmap {
            action: self.scope.counted(0, self.math()),
            weekdays: WEEKDAYS.map(str::to_owned).to_vec(),
            data: data.chunks(HOURS).map(<[u64]>::to_vec).collect(),
            weekday_totals: weekdays.to_vec(),
            hour_totals: hours.to_vec(),
            total: total.first().copied().unwrap_or(0),
        })
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.scope.warnings("the range");
        let (from, to) = (self.scope.range.from.date_naive(), self.scope.range.to.date_naive());
        let mut times = [0_u32; DAYS];
        for day in from.iter_days().take_while(|day| *day <= to) {
            times[day.weekday().num_days_from_sunday() as usize] += 1;
        }
        let most = times.iter().max().copied().unwrap_or(0);
        let fewest = times.iter().min().copied().unwrap_or(0);
        if most > fewest {
            let of = |count: u32| {
                let named = times.iter().zip(WEEKDAYS).filter(|(times, _)| **times == count);
                named.map(|(_, name)| name).collect::<Vec<_>>().join(", ")
            };
            let message = format!(
                "weekdays are not equally often in the range: {} {most} times, {} {fewest} times",
                of(most),
                of(fewest)
            );
            warnings.push(Warning::new("uneven_weekdays", message));
        }
        warnings
    }

    fn limits(&self) -> Vec<String> {
        let zone = self.scope.now.timezone();
        let mut limits = vec![format!(
            "weekdays and hours as clocks in {zone} show them, weeks from Sunday"
        )];
        if self.math() == Math::Dau {
            let said = "a person counts once in each cell, in each total of a weekday or hour, and in the whole";
            limits.push(said.to_owned());
        }
        limits
    }
}
