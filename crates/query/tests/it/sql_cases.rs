//! The `.slt` files under `tests/cases`: SQL with recorded results.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::{EventRecord, Progress, PropertyValue, QueryEngine, SqlQuery, TrendsQuery};
use hedgerow_errors::Error;
use hedgerow_query::Engine;
use serde_json::{Map, Value, json};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use uuid::Uuid;

use crate::events::{clock, engine, engine_of, events, project};
use crate::oracle::property;

struct Database(Arc<Engine>);

impl Database {
    /// How many events fit a typed filter.
    async fn fitting(&self, filter: &str) -> Result<String, Error> {
        let filter: Value = serde_json::from_str(filter).map_err(|error| Error::invalid(error.to_string()))?;
        let query = json!({
            "series": [{"properties": [filter]}], "dateRange": {"date_from": "all"},
            "trendsFilter": {"display": "BoldNumber"},
        });
        let query: TrendsQuery = serde_json::from_value(query).map_err(|error| Error::invalid(error.to_string()))?;
        let answer = self.0.trends(&project(), &query, &clock(), &Progress::ignore()).await?;
        Ok(json!(answer.results[0].aggregated_value).to_string())
    }
}

/// The events of `filters.jsonl`, in a line the properties of each.
fn filtered_events() -> Vec<EventRecord> {
    let lines = fs_err::read_to_string(cases().join("filters.jsonl")).unwrap();
    let event = |(number, line): (u64, &str)| {
        let properties: Map<String, Value> = serde_json::from_str(line).unwrap();
        let properties = properties.into_iter().map(|(key, value)| {
            let value = match value {
                Value::String(text) => PropertyValue::Text(text),
                Value::Bool(truth) => PropertyValue::Boolean(truth),
                Value::Number(number) => match number.as_i64() {
                    Some(whole) => PropertyValue::Integer(whole),
                    None => PropertyValue::Double(number.as_f64().unwrap()),
                },
                other => PropertyValue::Json(other.to_string()),
            };
            (key.into(), value)
        });
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes()),
            event: "sign up".to_owned(),
            timestamp: clock().now(),
            distinct_id: format!("visitor {number}"),
            session_id: None,
            properties: properties.collect(),
        }
    };
    (0..).zip(lines.lines()).map(event).collect()
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}

#[async_trait]
impl AsyncDB for Database {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        if sql.starts_with('{') {
            let fitting = self.fitting(sql).await?;
            return Ok(DBOutput::Rows {
                types: vec![DefaultColumnType::Any],
                rows: vec![vec![fitting]],
            });
        }
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

/// Runs all cases of a file and returns what differs.
async fn differences(file: &Path, engine: &Arc<Engine>) -> Vec<String> {
    let mut runner = Runner::new(|| async { Ok(Database(Arc::clone(engine))) });
    let mut found = Vec::new();
    for record in sqllogictest::parse_file(file).unwrap() {
        if let Err(error) = runner.run_async(record).await {
            found.push(error.display(false).to_string());
        }
    }
    found
}

#[tokio::test]
async fn sql_cases_hold() {
    let (folder, of_filters) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = Arc::new(engine(folder.path()).await);
    let filtered = Arc::new(engine_of(of_filters.path(), filtered_events(), clock()).await);
    let mut files: Vec<_> = fs_err::read_dir(cases())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "slt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in files {
        let is_of_filters = file.ends_with("filters.slt");
        wrong.extend(differences(&file, if is_of_filters { &filtered } else { &engine }).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The values of an enumeration of the API.
pub(crate) fn values_of(schema: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/openapi.json");
    let api: Value = serde_json::from_str(&fs_err::read_to_string(file).unwrap()).unwrap();
    let values = api["components"]["schemas"][schema]["oneOf"].as_array().unwrap();
    let values = values.iter().map(|value| value["const"].as_str().unwrap().to_owned());
    values.collect()
}

#[test]
fn every_operator_stands_in_a_case_with_every_type() {
    let cases = fs_err::read_to_string(cases().join("filters.slt")).unwrap();
    let filters: Vec<Value> = cases
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut missing = Vec::new();
    for operator in values_of("Operator") {
        for value_type in values_of("ValueType") {
            let is_case = |filter: &Value| {
                let key = filter["key"].as_str().unwrap();
                filter["operator"] == operator.as_str() && key.split('_').next() == Some(&value_type)
            };
            if !filters.iter().any(is_case) {
                missing.push(format!("{operator} on {value_type}"));
            }
        }
    }
    assert!(missing.is_empty(), "no case of filters.slt has {}", missing.join(", "));
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
