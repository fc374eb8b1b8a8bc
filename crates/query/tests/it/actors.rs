//! The persons behind numbers: as many as the number says, and each of them counts in it alone.

use std::collections::BTreeSet;

use hedgerow_data_api::{
    ActorsQuery, ActorsResponse, BREAKDOWN_NONE, BREAKDOWN_OTHER, Clock, FunnelView, PersonsQuery, Progress,
    QueryEngine, TypedQuery,
};
use hedgerow_errors::Error;
use hedgerow_query::Engine;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::events::{is_full, project, seeded};
use crate::{activity, calendar_heatmap, events, funnels, paths, retention, trends};

async fn answer(engine: &Engine, query: &Value, clock: &Clock) -> Result<Value, Error> {
    let query: TypedQuery = serde_json::from_value(query.clone()).unwrap();
    let (project, progress) = (project(), Progress::ignore());
    Ok(match &query {
        TypedQuery::Trends(query) => json!(engine.trends(&project, query, clock, &progress).await?),
        TypedQuery::Retention(query) => json!(engine.retention(&project, query, clock, &progress).await?),
        TypedQuery::Lifecycle(query) => json!(engine.lifecycle(&project, query, clock, &progress).await?),
        TypedQuery::Stickiness(query) => json!(engine.stickiness(&project, query, clock, &progress).await?),
        TypedQuery::Funnels(query) => json!(engine.funnels(&project, query, clock, &progress).await?),
        TypedQuery::CalendarHeatmap(query) => {
            json!(engine.calendar_heatmap(&project, query, clock, &progress).await?)
        }
        TypedQuery::Paths(query) => json!(engine.paths(&project, query, clock, &progress).await?),
        other => panic!("no case has {other:?}"),
    })
}

async fn actors(engine: &Engine, source: &Value, cell: &Value, clock: &Clock) -> Result<ActorsResponse, Error> {
    let query = json!({"kind": "ActorsQuery", "source": source, "cell": cell, "limit": 10_000});
    let query: ActorsQuery = serde_json::from_value(query).unwrap();
    engine.actors(&project(), &query, clock, &Progress::ignore()).await
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// All numbers of an answer with the names of their cells.
fn cells(query: &Value, answer: &Value) -> Vec<(Value, Option<f64>)> {
    let mut cells = Vec::new();
    if query["kind"] == "CalendarHeatmapQuery" {
        let week = &answer["results"];
        for (row, hours) in list(&week["data"]).iter().enumerate() {
            let hours = list(hours).iter().enumerate();
            cells.extend(hours.map(|(column, number)| (json!({"row": row, "column": column}), number.as_f64())));
        }
        for (name, totals) in [("row", "weekday_totals"), ("column", "hour_totals")] {
            let totals = list(&week[totals]).iter().enumerate();
            cells.extend(totals.map(|(place, number)| (json!({name: place}), number.as_f64())));
        }
        cells.push((json!({}), week["total"].as_f64()));
    }
    for (place, result) in list(&answer["results"]).iter().enumerate() {
        match query["kind"].as_str().unwrap() {
            "TrendsQuery" => {
                let mut cell = json!({"series": result["action"]["order"]});
                for (own, name) in [("breakdown_value", "breakdown"), ("compare_label", "compare")] {
                    if !result[own].is_null() {
                        cell[name] = result[own].clone();
                    }
                }
                if result["days"] == json!([]) {
                    cells.push((cell, result["aggregated_value"].as_f64()));
                    continue;
                }
                for (day, number) in list(&result["days"]).iter().zip(list(&result["data"])) {
                    cell["day"] = day.clone();
                    cells.push((cell.clone(), number.as_f64()));
                }
            }
            // Other views are told apart by their fields: a list of steps is a value of a breakdown.
            "FunnelsQuery" if result.is_array() => cells.extend(of_steps(list(result))),
            "FunnelsQuery" if !result["order"].is_null() => {
                cells.extend(of_steps(list(&answer["results"])));
                return cells;
            }
            "FunnelsQuery" => {
                let [from, to] = ["funnelFromStep", "funnelToStep"].map(|name| query["funnelsFilter"][name].as_u64());
                let (from, to) = (
                    from.unwrap_or(0) + 1,
                    to.unwrap_or(list(&query["series"]).len() as u64 - 1) + 1,
                );
                for (name, step) in [("entered", from), ("converted", to)] {
                    for (day, number) in list(&result["days"]).iter().zip(list(&result[name])) {
                        let mut cell = json!({"day": day, "funnelStep": step});
                        if !result["breakdown_value"].is_null() {
                            cell["breakdown"] = result["breakdown_value"].clone();
                        }
                        cells.push((cell, number.as_f64()));
                    }
                }
            }
            "RetentionQuery" => {
                let values = list(&result["values"]).iter().enumerate();
                // With a breakdown there are the rows of each value, one after the other.
                let same = |other: &&Value| other["breakdown_value"] == result["breakdown_value"];
                let before = list(&answer["results"])[..place].iter().filter(same).count();
                for (column, value) in values.filter(|(_, value)| !value["count"].is_null()) {
                    let mut cell = json!({"row": before, "column": column});
                    if !result["breakdown_value"].is_null() {
                        cell["breakdown"] = result["breakdown_value"].clone();
                    }
                    cells.push((cell, value["count"].as_f64()));
                }
            }
            "LifecycleQuery" => {
                let days = list(&result["days"]).iter().zip(list(&result["data"]));
                cells.extend(days.map(|(day, number)| {
                    let number = number.as_f64().map(f64::abs);
                    (json!({"day": day, "status": result["status"]}), number)
                }));
            }
            "StickinessQuery" => {
                let days = list(&result["days"]).iter().zip(list(&result["data"]));
                cells.extend(days.map(|(day, number)| (json!({"series": place, "intervals": day}), number.as_f64())));
            }
            "PathsQuery" => {
                let cell = json!({"source": result["source"], "target": result["target"]});
                cells.push((cell, result["value"].as_f64()));
            }
            other => panic!("no case has {other}"),
        }
    }
    cells
}

/// The numbers of a funnel's steps, and of those who did not get to the next one.
fn of_steps(steps: &[Value]) -> Vec<(Value, Option<f64>)> {
    let mut cells = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let mut cell = json!({"funnelStep": place + 1});
        if !step["breakdown_value"].is_null() {
            cell["breakdown"] = step["breakdown_value"].clone();
        }
        cells.push((cell.clone(), step["count"].as_f64()));
        // Who leaves an optional step out is not lost before it.
        let is_plain = place > 0 && step["optional"] != true && steps[place - 1]["optional"] != true;
        if is_plain {
            cell["funnelStep"] = json!(-(place as i64 + 1));
            let lost = steps[place - 1]["count"].as_f64().zip(step["count"].as_f64());
            cells.push((cell, lost.map(|(before, now)| before - now)));
        }
    }
    cells
}

/// How a number comes from persons.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Counts {
    Persons,
    /// What `count` says.
    Events,
    /// Something of its own, which is there where there are persons.
    Other,
}

fn counts(query: &Value, cell: &Value) -> Counts {
    if query["kind"] == "PathsQuery" {
        return Counts::Events;
    }
    if !["TrendsQuery", "CalendarHeatmapQuery"].contains(&query["kind"].as_str().unwrap()) {
        return Counts::Persons;
    }
    let series = &query["series"][cell["series"].as_u64().unwrap_or(0) as usize];
    match series["math"].as_str() {
        None | Some("total") => Counts::Events,
        Some("dau" | "weekly_active" | "monthly_active" | "first_time_for_user" | "first_matching_event_for_user") => {
            Counts::Persons
        }
        _ => Counts::Other,
    }
}

/// The same query of one visitor.
fn of_visitor(query: &Value, visitor: &str) -> Value {
    let mut query = query.clone();
    let only = json!({"key": "distinct_id", "value": visitor, "type": "event_field"});
    let mut values = vec![json!({"type": "AND", "values": [only]})];
    match query.get("properties").cloned() {
        Some(Value::Array(own)) if !own.is_empty() => values.push(json!({"type": "AND", "values": own})),
        Some(own) if own.is_object() => values.push(own),
        _ => {}
    }
    query["properties"] = json!({"type": "AND", "values": values});
    if let Some(filter) = query.get_mut("breakdownFilter") {
        filter["breakdown_limit"] = json!(1000);
    }
    if let Some(filter) = query.get_mut("pathsFilter").and_then(Value::as_object_mut) {
        filter.insert("edgeLimit".to_owned(), json!(1000));
        filter.remove("minEdgeWeight");
        filter.remove("maxEdgeWeight");
    }
    for series in query
        .get_mut("series")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        // Where there is no number there is no average, while a sum of such may be 0 as well.
        if !series["math_property"].is_null() {
            series["math"] = json!("avg");
        }
    }
    query
}

async fn check(engine: &Engine, query: &Value, clock: &Clock, place: Index, visitors: &BTreeSet<String>) {
    // A range that has no data, to compare with for example.
    let Ok(found) = answer(engine, query, clock).await else {
        return;
    };
    let cells = cells(query, &found);
    if cells.is_empty() {
        return;
    }
    // One that counts somebody says more than one of the many that do not.
    let some: Vec<_> = cells
        .iter()
        .filter(|(_, number)| number.is_some_and(|number| number != 0.0))
        .collect();
    let (cell, number) = match some.as_slice() {
        [] => place.get(&cells),
        some => *place.get(some),
    };
    let behind = actors(engine, query, cell, clock).await;
    let said = format!("{query} {cell} {number:?}");
    let filter = &query["trendsFilter"];
    let is_made_of_others = !filter["formulaNodes"].as_array().is_none_or(Vec::is_empty)
        || filter["smoothingIntervals"].as_u64().is_some_and(|count| count > 1);
    if is_made_of_others {
        let error = behind.unwrap_err();
        assert!(error.message().contains("counts nobody"), "{said}: {error}");
        return;
    }
    let behind = behind.unwrap_or_else(|error| panic!("{said}: {error} {:?}", error.hint()));
    let counts = counts(query, cell);
    // Visitors without a profile count, and nothing is known of them that could be listed.
    let is_unknown = behind.warnings.iter().any(|warning| warning.code == "unknown_persons");
    assert_eq!(behind.results.len() as u64 == behind.persons, !is_unknown, "{said}");
    match counts {
        Counts::Persons => assert_eq!(Some(behind.persons as f64), number.or(Some(0.0)), "{said}"),
        Counts::Events => assert_eq!(behind.count.map(|count| count as f64), number.or(Some(0.0)), "{said}"),
        Counts::Other => assert!(
            behind.persons > 0 || number.is_none_or(|number| number == 0.0),
            "{said}"
        ),
    }
    let listed: BTreeSet<String> = behind
        .results
        .iter()
        .flat_map(|actor| actor.person.distinct_ids.clone())
        .collect();
    if [BREAKDOWN_OTHER, BREAKDOWN_NONE]
        .iter()
        .any(|value| cell["breakdown"] == *value)
    {
        return;
    }
    // Which values have numbers of their own is up to the range that is not looked at.
    if cell["compare"] == "previous" && !cell["breakdown"].is_null() {
        return;
    }
    // Whoever is listed counts alone, and who is not does not.
    let mut looked_at: Vec<&String> = listed.iter().take(2).collect();
    looked_at.extend(visitors.difference(&listed).take(2));
    for visitor in looked_at {
        let own = of_visitor(query, visitor);
        let alone = answer(engine, &own, clock).await.unwrap();
        let number = self::cells(&own, &alone).into_iter().find(|(other, _)| other == cell);
        let number = number.and_then(|(_, number)| number);
        let actor = behind
            .results
            .iter()
            .find(|actor| actor.person.distinct_ids.contains(visitor));
        match (counts, actor) {
            (Counts::Persons, Some(_)) => assert_eq!(number, Some(1.0), "{visitor} of {said}"),
            (Counts::Events, Some(actor)) => {
                assert_eq!(number, actor.count.map(|count| count as f64), "{visitor} of {said}");
            }
            (Counts::Other, Some(_)) => assert!(number.is_some(), "{visitor} of {said}"),
            (Counts::Other, None) => {
                assert!(
                    number.is_none_or(|number| number == 0.0),
                    "{visitor} of {said}: {number:?}"
                );
            }
            (_, None) => assert!(
                number.is_none_or(|number| number == 0.0),
                "{visitor} of {said}: {number:?}"
            ),
        }
    }
}

/// All distinct ids.
async fn visitors(engine: &Engine, clock: &Clock) -> BTreeSet<String> {
    let query: PersonsQuery = serde_json::from_value(json!({"limit": 10_000})).unwrap();
    let persons = engine
        .persons(&project(), &query, clock, &Progress::ignore())
        .await
        .unwrap();
    persons
        .results
        .into_iter()
        .flat_map(|person| person.distinct_ids)
        .collect()
}

/// Checks a cell of each of some random queries.
fn agree<Q: serde::Serialize>(
    seed: u8,
    queries: impl Strategy<Value = Q>,
    (engine, clock): (&Engine, &Clock),
    runtime: &Runtime,
) {
    let visitors = runtime.block_on(visitors(engine, clock));
    let queries = queries.prop_map(|query| serde_json::to_value(query).unwrap());
    // Each takes five or six queries of the engine.
    let cases = if is_full() { 1_000 } else { 100 };
    seeded(seed, cases)
        .run(&(queries, any::<Index>()), |(query, place)| {
            runtime.block_on(check(engine, &query, clock, place, &visitors));
            Ok(())
        })
        .unwrap();
}

#[test]
fn trends_agree_with_their_persons() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let engine = runtime.block_on(events::engine(folder.path()));
    agree(21, trends::query(), (&engine, &events::clock()), &runtime);
}

#[test]
fn activity_agrees_with_its_persons() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let (engine, clock) = (runtime.block_on(activity::engine(folder.path())), activity::clock());
    agree(22, retention::retention_query(), (&engine, &clock), &runtime);
    agree(23, activity::lifecycle_query(), (&engine, &clock), &runtime);
    agree(24, activity::stickiness_query(), (&engine, &clock), &runtime);
    agree(28, calendar_heatmap::query(), (&engine, &clock), &runtime);
}

#[test]
fn paths_agree_with_their_persons() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let engine = runtime.block_on(paths::engine(folder.path()));
    agree(25, paths::query(), (&engine, &events::clock()), &runtime);
}

#[test]
fn funnels_agree_with_their_persons() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let engine = runtime.block_on(funnels::engine(folder.path()));
    let clock = events::clock();
    agree(26, funnels::any_query(FunnelView::Steps), (&engine, &clock), &runtime);
    agree(27, funnels::any_query(FunnelView::Trends), (&engine, &clock), &runtime);
}

#[tokio::test]
async fn what_is_no_cell_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = events::engine(folder.path()).await;
    let trends = |more: Value| {
        let mut query = json!({"kind": "TrendsQuery", "series": [{}], "dateRange": {"date_from": "all"}});
        for (key, value) in more.as_object().unwrap() {
            query[key] = value.clone();
        }
        query
    };
    let range = json!({"date_from": "2015-04-28", "date_to": "2015-05-07"});
    let retention = json!({"kind": "RetentionQuery", "dateRange": range, "retentionFilter": {"totalIntervals": 30}});
    let cases = [
        (trends(json!({})), json!({}), "is that of a day"),
        (
            trends(json!({})),
            json!({"day": "2014-05-01"}),
            "no day of the result is called",
        ),
        (
            trends(json!({})),
            json!({"day": "2015-05-01", "series": 1}),
            "there is no series 1",
        ),
        (
            trends(json!({})),
            json!({"day": "2015-05-01", "breakdown": "x"}),
            "breakdown says nothing of a number",
        ),
        (
            trends(json!({"trendsFilter": {"display": "BoldNumber"}})),
            json!({"day": "2015-05-01"}),
            "day says nothing of a number",
        ),
        (
            trends(json!({"breakdownFilter": {"breakdown": "status"}})),
            json!({"day": "2015-05-01"}),
            "is that of a value",
        ),
        (retention.clone(), json!({}), "is in one of 10 rows and 30 columns"),
        (
            retention.clone(),
            json!({"row": 0, "column": 30}),
            "is in one of 10 rows",
        ),
        (retention.clone(), json!({"row": 9, "column": 20}), "has not begun"),
        (
            retention,
            json!({"status": "new"}),
            "status says nothing of a number of retention",
        ),
        (
            json!({"kind": "LifecycleQuery", "series": [{}], "dateRange": range}),
            json!({"day": "2015-05-20"}),
            "has a day and a status",
        ),
        (
            json!({"kind": "StickinessQuery", "series": [{}], "dateRange": range}),
            json!({"intervals": 11}),
            "is one of 1 to 10 intervals",
        ),
        (
            json!({"kind": "PathsQuery", "dateRange": {"date_from": "all"}}),
            json!({"source": "1_/", "target": "3_/"}),
            "is that of an edge",
        ),
        (
            json!({"kind": "CalendarHeatmapQuery", "series": [{}], "dateRange": range}),
            json!({"row": 7}),
            "has the rows 0 (Sunday) to 6",
        ),
        (
            json!({"kind": "RetentionQuery", "dateRange": range, "breakdownFilter": {"breakdown": "status"}}),
            json!({"row": 0}),
            "is that of a value",
        ),
        (json!({"kind": "PersonsQuery"}), json!({}), "a list has no numbers"),
    ];
    for (source, cell, said) in cases {
        let error = actors(&engine, &source, &cell, &events::clock()).await.unwrap_err();
        assert!(error.message().contains(said), "{source} {cell}: {error}");
    }
}

#[tokio::test]
async fn persons_come_page_by_page_with_what_is_known_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let engine = events::engine(folder.path()).await;
    let mut query = json!({
        "kind": "ActorsQuery", "limit": 7, "cell": {"day": "2015-05-01"},
        "source": {"kind": "TrendsQuery", "series": [{"math": "dau"}], "dateRange": {"date_from": "all"}},
    });
    let mut found: Vec<String> = Vec::new();
    loop {
        let typed: ActorsQuery = serde_json::from_value(query.clone()).unwrap();
        let page = engine
            .actors(&project(), &typed, &events::clock(), &Progress::ignore())
            .await
            .unwrap();
        assert_eq!(page.persons, 17);
        found.extend(page.results.iter().map(|actor| actor.person.person_id.clone()));
        assert_eq!(page.has_more, page.next_cursor.is_some());
        assert_eq!(
            page.provenance.limits,
            ["dau of All events, the day of 2015-05-01", "7 rows a page"]
        );
        match page.next_cursor {
            Some(cursor) => query["cursor"] = json!(cursor),
            None => break,
        }
    }
    assert_eq!(found.len(), 17);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 17);
}
