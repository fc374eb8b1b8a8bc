//! `query`: a typed query, given as JSON.

use chrono::SecondsFormat;
use hedgerow_app::ReopenedResponse;
use hedgerow_data_api::{
    ActorsQuery, ActorsResponse, BREAKDOWN_NONE, BREAKDOWN_OTHER, CalendarHeatmapResponse, Compared, EventsQuery,
    EventsResponse, Explained, FunnelResults, FunnelTimes, FunnelTrend, FunnelsResponse, LifecycleResponse,
    ListedActor, PathsResponse, PersonsQuery, PersonsResponse, Provenance, RetentionResponse, Series,
    StickinessResponse, TrendsResponse, TypedQuery, TypedResponse, Warning,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{ProjectId, QueryId};
use serde_json::{Value, json};

use super::{VerbContext, explained, shown, sql};
use crate::args::{Globals, QueryArgs};
use crate::exit;
use crate::table::TextTable;

/// The most series that stand side by side; more stand one below the other.
const SIDE_BY_SIDE: usize = 6;

pub(super) async fn run(args: QueryArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project()?;
    if let Some(query_id) = args.id {
        return reopen(&project, query_id, args.explain, globals, ctx).await;
    }
    let text = args.query.unwrap_or_default();
    let query: TypedQuery = serde_json::from_str(&text).map_err(|error| {
        Error::invalid(format!("the query is not valid: {error}"))
            .with_hint(r#"for example '{"series": [{"event": "$pageview"}], "dateRange": {"date_from": "all"}}'"#)
    })?;
    if args.explain {
        return show_explained(&ctx.app.explain(&project, &query).await?, globals, ctx);
    }
    let response = match args.refresh {
        true => ctx.app.computing_anew().query(&project, &query).await?,
        false => ctx.app.query(&project, &query).await?,
    };
    if globals.json {
        ctx.printer.json(&response)?;
        return Ok(exit::DONE);
    }
    show(&query, &response, ctx)?;
    Ok(exit::DONE)
}

/// Shows a query of before again, and says whether its numbers may be others by now.
async fn reopen(
    project: &ProjectId,
    query_id: QueryId,
    explain: bool,
    globals: &Globals,
    ctx: &VerbContext,
) -> Result<i32> {
    if explain {
        let took = ctx.app.explain_kept(project, query_id, globals.now).await?;
        return show_explained(&took, globals, ctx);
    }
    let reopened = ctx.app.reopen(project, query_id, globals.now).await?;
    if globals.json {
        ctx.printer.json(&reopened)?;
        return Ok(exit::DONE);
    }
    let (asked, provenance) = (&reopened.asked, reopened.response.provenance());
    ctx.printer
        .note(&format!("query: {}", Value::from(asked.query.clone())));
    match &reopened.response {
        ReopenedResponse::Typed(response) => {
            let query = serde_json::from_value(Value::from(asked.query.clone()))
                .map_err(|error| Error::internal(format!("a query that was run is none: {error}")))?;
            show(&query, response, ctx)?;
        }
        ReopenedResponse::Sql(response) => sql::show(response, ctx)?,
    }
    let in_memory = |rows: u64| match rows {
        0 => String::new(),
        rows => format!(" and {rows} events that were in no file yet"),
    };
    let then = format!("snapshot {}{}", asked.snapshot_id, in_memory(asked.memory_rows));
    let time = asked.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    ctx.printer.note(&if reopened.has_moved {
        let now = format!(
            "snapshot {}{}",
            provenance.snapshot_id,
            in_memory(provenance.memory_rows)
        );
        format!("asked at {time} of {then}; the data has moved since, to {now}")
    } else {
        format!("asked at {time} of {then}; the data is the same")
    });
    Ok(exit::DONE)
}

fn show_explained(took: &Explained, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    if globals.json {
        ctx.printer.json(took)?;
    } else {
        ctx.printer.line(&explained::text(took))?;
    }
    Ok(exit::DONE)
}

fn show(query: &TypedQuery, response: &TypedResponse, ctx: &VerbContext) -> Result<()> {
    let (table, warnings, provenance) = shown_parts(query, response);
    shown::table(&table, ctx)?;
    shown::remarks(warnings, Some(provenance), ctx);
    shown::query_id(provenance, ctx);
    if let Some(cursor) = next_cursor(response) {
        ctx.printer.note(&format!("next page: \"cursor\": {cursor:?}"));
    }
    Ok(())
}

/// The table of a response, and what a reader must know of it.
fn shown_parts<'a>(query: &TypedQuery, response: &'a TypedResponse) -> (TextTable, &'a [Warning], &'a Provenance) {
    match response {
        TypedResponse::Trends(response) => (text_table(response), &response.warnings, &response.provenance),
        TypedResponse::Funnels(response) => (funnel_table(response), &response.warnings, &response.provenance),
        TypedResponse::Retention(response) => (
            retention_table(query, response),
            &response.warnings,
            &response.provenance,
        ),
        TypedResponse::Lifecycle(response) => (lifecycle_table(response), &response.warnings, &response.provenance),
        TypedResponse::Stickiness(response) => (stickiness_table(response), &response.warnings, &response.provenance),
        TypedResponse::CalendarHeatmap(response) => (heatmap_table(response), &response.warnings, &response.provenance),
        TypedResponse::Paths(response) => (paths_table(response), &response.warnings, &response.provenance),
        TypedResponse::Events(response) => {
            let columns = match query {
                TypedQuery::Events(EventsQuery { columns, .. }) => columns.as_slice(),
                _ => &[],
            };
            (
                events_table(response, columns),
                &response.warnings,
                &response.provenance,
            )
        }
        TypedResponse::Persons(response) => {
            let columns = match query {
                TypedQuery::Persons(PersonsQuery { columns, .. }) => columns.as_slice(),
                _ => &[],
            };
            (
                persons_table(response, columns),
                &response.warnings,
                &response.provenance,
            )
        }
        TypedResponse::Actors(response) => {
            let columns = match query {
                TypedQuery::Actors(ActorsQuery { columns, .. }) => columns.as_slice(),
                _ => &[],
            };
            (
                actors_table(response, columns),
                &response.warnings,
                &response.provenance,
            )
        }
    }
}

fn next_cursor(response: &TypedResponse) -> Option<&str> {
    match response {
        TypedResponse::Events(response) => response.next_cursor.as_deref(),
        TypedResponse::Persons(response) => response.next_cursor.as_deref(),
        TypedResponse::Actors(response) => response.next_cursor.as_deref(),
        _ => None,
    }
}

/// A step a line, or what the view has: a bin, or an interval.
fn funnel_table(response: &FunnelsResponse) -> TextTable {
    match &response.results {
        FunnelResults::Times(times) => return funnel_times(times),
        FunnelResults::Trends(trends) => return funnel_trends(trends),
        FunnelResults::Steps(_) | FunnelResults::ByValue(_) => {}
    }
    let by_value = response.results.steps().any(|step| step.breakdown_value.is_some());
    let own = [
        "step",
        "persons",
        "% of first",
        "% of previous",
        "average seconds",
        "median seconds",
    ];
    let mut table = TextTable::new(by_value.then_some("value").into_iter().chain(own).map(str::to_owned));
    for step in response.results.steps() {
        let value = step.breakdown_value.as_ref().map(value_name);
        let own = [
            json!(step.name),
            json!(step.count),
            rounded(step.conversion_rate, 2),
            rounded(step.conversion_rate_from_previous, 2),
            rounded(step.average_conversion_time, 1),
            rounded(step.median_conversion_time, 1),
        ];
        table.row(&value.into_iter().chain(own).collect::<Vec<_>>());
    }
    table
}

fn value_name(value: &Value) -> Value {
    match value.as_str() {
        Some(BREAKDOWN_OTHER) => json!("Other"),
        Some(BREAKDOWN_NONE) => json!("None"),
        _ => value.clone(),
    }
}

/// A bin a line, then the average and the median.
fn funnel_times(times: &FunnelTimes) -> TextTable {
    let mut table = TextTable::new(["seconds from", "persons"].map(str::to_owned));
    for (from, count) in &times.bins {
        table.row(&[json!(from), json!(count)]);
    }
    for (name, seconds) in [
        ("average seconds", times.average_conversion_time),
        ("median seconds", times.median_conversion_time),
    ] {
        table.row(&[json!(name), rounded(seconds, 1)]);
    }
    table
}

/// An interval a line, value by value.
fn funnel_trends(trends: &[FunnelTrend]) -> TextTable {
    let by_value = trends.iter().any(|trend| trend.breakdown_value.is_some());
    let own = ["start", "% converted", "entered", "converted", "window"];
    let mut table = TextTable::new(by_value.then_some("value").into_iter().chain(own).map(str::to_owned));
    for trend in trends {
        let value = trend.breakdown_value.as_ref().map(value_name);
        let numbers = trend.entered.iter().zip(&trend.converted);
        let places = trend.days.iter().zip(&trend.data).zip(&trend.window_ended).zip(numbers);
        for (((day, rate), ended), (entered, converted)) in places {
            let own = [
                json!(day),
                rounded(*rate, 2),
                json!(entered),
                json!(converted),
                json!(if *ended { "over" } else { "open" }),
            ];
            table.row(&value.clone().into_iter().chain(own).collect::<Vec<_>>());
        }
    }
    table
}

/// An interval a line, with those who began in it and who came back later; behind them the sums or averages of a
/// property. With a breakdown its values stand before them.
fn retention_table(query: &TypedQuery, response: &RetentionResponse) -> TextTable {
    let by_value = response.results.iter().any(|row| row.breakdown_value.is_some());
    let aggregation = match query {
        TypedQuery::Retention(query) => Some(&query.retention_filter),
        _ => None,
    };
    let aggregation = aggregation.filter(|filter| filter.aggregation_property.is_some());
    let first = response.results.first();
    let later = || {
        let values = first.into_iter().flat_map(|row| &row.values);
        values.map(|value| value.label.clone())
    };
    let kind = aggregation.map(|filter| filter.aggregation_type.as_str());
    let numbers = kind
        .into_iter()
        .flat_map(|kind| later().map(move |label| format!("{kind} of {label}")));
    let names = by_value
        .then(|| "value".to_owned())
        .into_iter()
        .chain(["start".to_owned()]);
    let mut table = TextTable::new(names.chain(later()).chain(numbers));
    for row in &response.results {
        let value = row.breakdown_value.as_ref().map(value_name);
        let counts = row.values.iter().map(|value| json!(value.count));
        let numbers = row.values.iter().filter(|_| kind.is_some());
        let numbers = numbers.map(|value| {
            let number = value.aggregation_value.as_ref();
            rounded(number.and_then(serde_json::Number::as_f64), 2)
        });
        let cells = value.into_iter().chain([json!(row.date)]).chain(counts).chain(numbers);
        table.row(&cells.collect::<Vec<_>>());
    }
    table
}

/// An interval a line, with a column a status.
fn lifecycle_table(response: &LifecycleResponse) -> TextTable {
    let series = &response.results;
    let names = series.iter().map(|line| line.status.as_str().to_owned());
    let mut table = TextTable::new(std::iter::once("start".to_owned()).chain(names));
    let days = series.first().map(|line| line.days.as_slice()).unwrap_or_default();
    for (position, day) in days.iter().enumerate() {
        let counts = series.iter().map(|line| json!(line.data.get(position)));
        table.row(&std::iter::once(json!(day)).chain(counts).collect::<Vec<_>>());
    }
    table
}

/// A number of intervals a line, with a column a series.
fn stickiness_table(response: &StickinessResponse) -> TextTable {
    let series = &response.results;
    let names = series.iter().map(|line| line.label.clone());
    let mut table = TextTable::new(std::iter::once("on".to_owned()).chain(names));
    let labels = series.first().map(|line| line.labels.as_slice()).unwrap_or_default();
    for (position, label) in labels.iter().enumerate() {
        let counts = series.iter().map(|line| json!(line.data.get(position)));
        table.row(&std::iter::once(json!(label)).chain(counts).collect::<Vec<_>>());
    }
    table
}

/// An hour a line, with a column a weekday; the totals stand at the ends.
fn heatmap_table(response: &CalendarHeatmapResponse) -> TextTable {
    let week = &response.results;
    let names = ["hour".to_owned()].into_iter().chain(week.weekdays.iter().cloned());
    let mut table = TextTable::new(names.chain(["all".to_owned()]));
    for (hour, total) in week.hour_totals.iter().enumerate() {
        let numbers = week.data.iter().map(|hours| json!(hours.get(hour)));
        let cells = [json!(hour)].into_iter().chain(numbers).chain([json!(total)]);
        table.row(&cells.collect::<Vec<_>>());
    }
    let totals = week.weekday_totals.iter().map(|total| json!(total));
    let last = [json!("all")].into_iter().chain(totals).chain([json!(week.total)]);
    table.row(&last.collect::<Vec<_>>());
    table
}

/// An edge a line.
fn paths_table(response: &PathsResponse) -> TextTable {
    let mut table = TextTable::new(["from", "to", "sessions", "average seconds"]);
    for edge in &response.results {
        table.row(&[
            json!(edge.source),
            json!(edge.target),
            json!(edge.value),
            rounded(Some(edge.average_conversion_time / 1e3), 1),
        ]);
    }
    table
}

/// A number as people read it; `--json` has all digits.
fn rounded(number: Option<f64>, digits: i32) -> Value {
    let factor = 10_f64.powi(digits);
    number.map_or(Value::Null, |number| json!((number * factor).round() / factor))
}

/// An event a line, with the properties that were asked for.
fn events_table(response: &EventsResponse, columns: &[String]) -> TextTable {
    let own = ["time", "event", "distinct id", "session"].map(str::to_owned);
    let mut table = TextTable::new(own.into_iter().chain(columns.iter().cloned()));
    for event in &response.results {
        let own = [
            json!(event.timestamp),
            json!(event.event),
            json!(event.distinct_id),
            json!(event.session_id),
        ];
        table.row(&with_properties(own, &event.properties, columns));
    }
    table
}

/// A person a line, with the properties that were asked for.
fn persons_table(response: &PersonsResponse, columns: &[String]) -> TextTable {
    let own = ["created at", "person", "distinct ids", "events", "last seen"].map(str::to_owned);
    let mut table = TextTable::new(own.into_iter().chain(columns.iter().cloned()));
    for person in &response.results {
        let own = [
            json!(person.created_at),
            json!(person.person_id),
            json!(person.distinct_ids.join(", ")),
            json!(person.events),
            json!(person.last_seen),
        ];
        table.row(&with_properties(own, &person.properties, columns));
    }
    table
}

/// A person behind a number a line, with its part of the number where it has one.
fn actors_table(response: &ActorsResponse, columns: &[String]) -> TextTable {
    let own = ["created at", "person", "distinct ids", "events", "of the number"].map(str::to_owned);
    let mut table = TextTable::new(own.into_iter().chain(columns.iter().cloned()));
    for ListedActor { person, count } in &response.results {
        let own = [
            json!(person.created_at),
            json!(person.person_id),
            json!(person.distinct_ids.join(", ")),
            json!(person.events),
            json!(count),
        ];
        table.row(&with_properties(own, &person.properties, columns));
    }
    table
}

fn with_properties<const N: usize>(
    own: [Value; N],
    properties: &serde_json::Map<String, Value>,
    columns: &[String],
) -> Vec<Value> {
    let asked = columns
        .iter()
        .map(|key| properties.get(key).cloned().unwrap_or_default());
    own.into_iter().chain(asked).collect()
}

fn text_table(response: &TrendsResponse) -> TextTable {
    let series = &response.results;
    let total = series.iter().any(|line| line.aggregated_value.is_some());
    if total {
        let mut table = TextTable::new(["series", "total"]);
        for line in series {
            table.row(&[json!(name(line)), json!(line.aggregated_value)]);
        }
        return table;
    }
    if series.len() <= SIDE_BY_SIDE {
        let mut table = TextTable::new(std::iter::once("start".to_owned()).chain(series.iter().map(name)));
        let buckets = series.first().map(|line| line.days.as_slice()).unwrap_or_default();
        for (position, day) in buckets.iter().enumerate() {
            let counts = series
                .iter()
                .map(|line| line.data.get(position).map_or(Value::Null, |count| json!(count)));
            table.row(&std::iter::once(json!(day)).chain(counts).collect::<Vec<_>>());
        }
        return table;
    }
    let mut table = TextTable::new(["series", "start", "count"]);
    for line in series {
        for (day, count) in line.days.iter().zip(&line.data) {
            table.row(&[json!(name(line)), json!(day), json!(count)]);
        }
    }
    table
}

/// The series' name, with the range where two are compared; the two breakdown values that are no values get words.
fn name(series: &Series) -> String {
    match series.compare_label {
        Some(Compared::Previous) => format!("{}, range before", own_name(series)),
        _ => own_name(series),
    }
}

fn own_name(series: &Series) -> String {
    let word = match series.breakdown_value.as_ref().and_then(Value::as_str) {
        Some(BREAKDOWN_OTHER) => "Other",
        Some(BREAKDOWN_NONE) => "None",
        _ => return series.label.clone(),
    };
    let label = series
        .label
        .replace(BREAKDOWN_OTHER, word)
        .replace(BREAKDOWN_NONE, word);
    if label.contains(word) {
        label
    } else {
        format!("{label} {word}")
    }
}
