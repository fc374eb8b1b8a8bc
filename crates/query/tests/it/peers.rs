//! Random queries on random events, computed again by `ClickHouse` and `DuckDB`. The programs under `tests/peers` make
//! SQL of each query on their own and compare.

mod events;
mod queries;

use std::path::Path;
use std::process::Command;

use hedgerow_data_api::{Clock, EventRecord, Progress, PropertyValue, QueryEngine, SqlQuery, TypedQuery};
use hedgerow_errors::Result;
use hedgerow_query::Engine;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};

use crate::events::{engine_of, is_full, project, seeded};

/// Queries of each data set.
const QUERIES: usize = 80;

/// A tenth of the data sets is enough for each change.
fn data_sets() -> u8 {
    if is_full() { 80 } else { 8 }
}

/// The interpreter with both engines; the test command sets it up and names it.
#[expect(clippy::disallowed_methods, reason = "the test command tells it this way")]
fn python() -> String {
    std::env::var("HEDGEROW_PEERS_PYTHON")
        .expect("HEDGEROW_PEERS_PYTHON names a Python with chdb and duckdb; run the tests by `cargo xtask test`")
}

/// A query as the programs read it, and as the engine does.
#[derive(Debug)]
pub(crate) enum Asked {
    Typed(Value),
    /// A statement, and what it means as the programs read it.
    Sql(String, Value),
}

/// What the engine answers.
async fn answer(engine: &Engine, asked: &Asked, clock: &Clock) -> Result<Value> {
    let (project, progress) = (project(), Progress::ignore());
    let query = match asked {
        Asked::Typed(query) => serde_json::from_value::<TypedQuery>(query.clone()).unwrap(),
        Asked::Sql(sql, _) => {
            let query = SqlQuery {
                query: sql.clone(),
                limit: Some(10_000),
                ..SqlQuery::default()
            };
            let answer = engine.sql(&project, &query, clock, &progress).await?;
            return Ok(json!(answer.rows));
        }
    };
    Ok(match &query {
        TypedQuery::Trends(query) => json!(engine.trends(&project, query, clock, &progress).await?.results),
        TypedQuery::Funnels(query) => json!(engine.funnels(&project, query, clock, &progress).await?.results),
        TypedQuery::Retention(query) => json!(engine.retention(&project, query, clock, &progress).await?.results),
        TypedQuery::Lifecycle(query) => json!(engine.lifecycle(&project, query, clock, &progress).await?.results),
        TypedQuery::Stickiness(query) => json!(engine.stickiness(&project, query, clock, &progress).await?.results),
        other => panic!("no case has {other:?}"),
    })
}

fn event_line(event: &EventRecord) -> Value {
    let mut line = json!({
        "event": event.event,
        "us": event.timestamp.timestamp_micros(),
        "actor": event.distinct_id,
        "session": event.session_id,
    });
    for (key, value) in &event.properties {
        line[key.as_ref()] = match value {
            PropertyValue::Text(text) | PropertyValue::Json(text) => json!(text),
            PropertyValue::Integer(number) => json!(number),
            PropertyValue::Double(number) => json!(number),
            PropertyValue::Boolean(truth) => json!(truth),
        };
    }
    line
}

fn lines(values: impl Iterator<Item = Value>) -> String {
    values.map(|value| value.to_string() + "\n").collect()
}

/// Writes the events of a data set, its queries and our answers.
async fn write(folder: &Path, seed: u8) {
    let mut runner = seeded(seed, 1);
    let made = events::data_set().new_tree(&mut runner).unwrap().current();
    let clock = Clock::fixed(made.now);
    let lake = tempfile::tempdir().unwrap();
    let engine = engine_of(lake.path(), made.events.clone(), clock.clone()).await;
    let mut cases = Vec::new();
    for place in 0..QUERIES {
        let asked = queries::query(place, &made).new_tree(&mut runner).unwrap().current();
        let query = match &asked {
            Asked::Typed(query) => query.clone(),
            Asked::Sql(sql, meaning) => {
                let mut meaning = meaning.clone();
                meaning["sql"] = json!(sql);
                meaning
            }
        };
        let mut case = json!({"place": place, "query": query});
        match answer(&engine, &asked, &clock).await {
            Ok(results) => case["results"] = results,
            Err(error) => case["refused"] = json!(error.message()),
        }
        cases.push(case);
    }
    fs_err::create_dir_all(folder).unwrap();
    let set = json!({"seed": seed, "now": made.now.timestamp_micros(), "zone": "UTC"});
    fs_err::write(folder.join("set.json"), set.to_string()).unwrap();
    fs_err::write(folder.join("events.jsonl"), lines(made.events.iter().map(event_line))).unwrap();
    fs_err::write(folder.join("cases.jsonl"), lines(cases.into_iter())).unwrap();
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the other engines run in a process of their own"
)]
fn clickhouse_and_duckdb_agree() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..data_sets() {
        runtime.block_on(write(&folder.path().join(format!("{seed:03}")), seed));
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/peers/compare.py");
    let output = Command::new(python()).arg(script).arg(folder.path()).output().unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    println!("{said}");
    if !output.status.success() {
        let kept = folder.keep();
        panic!("{said}{complained}\nthe events and queries are in {}", kept.display());
    }
}
