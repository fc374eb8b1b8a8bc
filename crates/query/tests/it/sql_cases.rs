//! The `.slt` files under `tests/cases`: SQL with recorded results.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::{EventRecord, QueryEngine, SqlQuery};
use hedgerow_errors::Error;
use hedgerow_query::Engine;
use serde_json::{Value, json};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

use crate::events::{clock, engine, events, project};
use crate::oracle::property;

struct Database(Arc<Engine>);

#[async_trait]
impl AsyncDB for Database {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        let query = SqlQuery {
            query: sql.to_owned(),
            limit: Some(1000),
            ..SqlQuery::default()
        };
        let answer = self
            .0
            .sql(&project(), &query, &clock(), &hedgerow_data_api::Progress::ignore())
            .await?;
        let cell = |cell: Value| match cell {
            Value::String(text) => text,
            Value::Null => "NULL".to_owned(),
            other => other.to_string(),
        };
        let types = answer.columns.iter().map(|_| DefaultColumnType::Any).collect();
        let rows = answer
            .rows
            .into_iter()
            .map(|row| row.into_iter().map(cell).collect())
            .collect();
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "hedgerow"
    }
}

#[tokio::test]
async fn sql_cases_hold() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Arc::new(engine(folder.path()).await);
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases");
    let mut files: Vec<_> = fs_err::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "slt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let mut runner = Runner::new(|| async { Ok(Database(Arc::clone(&engine))) });
        runner
            .run_file_async(&file)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

async fn rows(engine: &Engine, sql: &str) -> Vec<Vec<Value>> {
    let query = SqlQuery {
        query: sql.to_owned(),
        limit: Some(10_000),
        ..SqlQuery::default()
    };
    let progress = hedgerow_data_api::Progress::ignore();
    let answer = engine.sql(&project(), &query, &clock(), &progress).await;
    answer.unwrap_or_else(|error| panic!("{sql}: {}", error.message())).rows
}

#[tokio::test]
async fn the_first_rows_are_those_of_the_whole_result() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let statements = [
        "SELECT distinct_id, count() AS n FROM events GROUP BY distinct_id ORDER BY n DESC, distinct_id",
        "SELECT page, sum(x) AS total FROM (SELECT properties.$pathname AS page, arrayJoin([1, properties.status]) AS x \
         FROM events) GROUP BY page ORDER BY total DESC, page",
        "SELECT page, sum(x) AS total FROM (SELECT page, arrayJoin(list) AS x FROM (SELECT properties.$pathname AS page, \
         groupArray(properties.status) AS list FROM events GROUP BY page) l) m WHERE page IS NOT NULL GROUP BY page \
         ORDER BY total DESC, page",
        "SELECT DISTINCT event, properties.status AS status FROM events ORDER BY event, status",
    ];
    for statement in statements {
        let whole = rows(&engine, statement).await;
        assert!(whole.len() > 4, "{statement}");
        for limit in 1..5 {
            let first = rows(&engine, &format!("{statement} LIMIT {limit}")).await;
            assert_eq!(first, whole[..limit], "{statement} LIMIT {limit}");
        }
    }
}

#[tokio::test]
async fn the_value_of_a_first_or_last_event_is_that_of_the_same_visitor() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    for (key, event) in [
        ("status", None),
        ("$pathname", None),
        ("$pathname", Some("sign up")),
        ("$is_bot", Some("$pageview")),
    ] {
        let only = event.map_or_else(|| "1 = 1".to_owned(), |event| format!("event = '{event}'"));
        let statement = format!(
            "SELECT distinct_id, min(timestamp) AS seen, argMinIf(properties.{key}, timestamp, {only}) AS first, \
             argMaxIf(properties.{key}, timestamp, {only}) AS last FROM events GROUP BY distinct_id ORDER BY distinct_id"
        );
        let mut visitors: BTreeMap<String, Vec<EventRecord>> = BTreeMap::new();
        for one in events() {
            visitors.entry(one.distinct_id.clone()).or_default().push(one);
        }
        let value = |one: &EventRecord| property(one, key).filter(|_| event.is_none_or(|event| one.event == event));
        let wanted = visitors.iter_mut().map(|(visitor, events)| {
            events.sort_by_key(|one| one.timestamp);
            let first = events.iter().find_map(value).unwrap_or_default();
            let last = events.iter().rev().find_map(value).unwrap_or_default();
            vec![json!(visitor), first, last]
        });
        let wanted: Vec<_> = wanted.collect();
        let found = rows(&engine, &statement).await;
        let found: Vec<_> = found
            .into_iter()
            .map(|row| vec![row[0].clone(), row[2].clone(), row[3].clone()])
            .collect();
        assert_eq!(found, wanted, "{statement}");
    }
}

#[tokio::test]
async fn filters_that_sql_does_not_know_are_refused_and_none_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let count = async |filters: Value| {
        let query = SqlQuery {
            query: "SELECT count() AS n FROM events WHERE {filters}".to_owned(),
            parameters: json!({"filters": filters}).as_object().cloned().unwrap(),
            ..SqlQuery::default()
        };
        let progress = hedgerow_data_api::Progress::ignore();
        let answer = engine.sql(&project(), &query, &clock(), &progress).await;
        answer
            .map(|answer| answer.rows[0][0].clone())
            .map_err(|error| error.message().to_owned())
    };
    let status =
        |operator: &str, value: Value| json!({"properties": [{"key": "status", "operator": operator, "value": value}]});
    let with = |wanted: &dyn Fn(&EventRecord) -> bool| json!(events().iter().filter(|one| wanted(one)).count());
    let of_status = |one: &EventRecord| property(one, "status").and_then(|value| value.as_i64()).unwrap();
    assert_eq!(count(json!({})).await, Ok(with(&|_| true)));
    assert_eq!(
        count(status("gt", json!(304))).await,
        Ok(with(&|one| of_status(one) > 304))
    );
    assert_eq!(
        count(status("exact", json!([200, 500]))).await,
        Ok(with(&|one| [200, 500].contains(&of_status(one))))
    );
    let cases = [
        (json!({"filterTestAccounts": true}), "filterTestAccounts"),
        (json!([]), "the given filters are no object"),
        (
            json!({"properties": {"type": "OR", "values": [{"type": "AND", "values": []}]}}),
            "an empty group as a member",
        ),
        (status("gt", json!([1, 2])), "takes one value, not a list"),
        (status("is_set", json!("yes")), "takes no value"),
        (
            status("between", json!([1, 2])),
            "has an operator that SQL does not take",
        ),
    ];
    for (filters, said) in cases {
        let error = count(filters.clone()).await.unwrap_err();
        assert!(error.contains(said), "{filters}: {error}");
    }
}
