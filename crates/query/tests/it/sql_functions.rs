//! The functions that the dialect takes, by the examples of `tests/cases/functions.yaml`.

use std::sync::Arc;

use hedgerow_data_api::{Progress, QueryEngine, SqlQuery};
use hedgerow_query::Engine;
use serde_json::{Value, json};

use crate::events::{clock, engine, project};

/// Examples that do not give their value yet. One that gives it fails the test, too: it is to be struck out here.
const NOT_YET: [&str; 0] = [];

struct Example {
    sql: String,
    expected: String,
}

/// The examples with the rows that they read. The file is read by its lines: it has one form.
fn examples() -> Vec<Example> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/functions.yaml");
    let text = fs_err::read_to_string(file).unwrap();
    let (mut examples, mut data, mut within) = (Vec::new(), None, false);
    for line in text.lines() {
        if line.starts_with("- name:") {
            (data, within) = (None, false);
        } else if let Some(of_data) = line.strip_prefix("  data: ") {
            data = Some(table(of_data));
        } else if line.starts_with("  examples:") {
            within = true;
        } else if within && let Some(example) = line.strip_prefix("    ") {
            let (sql, after) = example.rsplit_once(" => ").unwrap();
            let expected = after
                .split(" @chdb ")
                .next()
                .unwrap()
                .split(" @differs ")
                .next()
                .unwrap();
            let with = data
                .as_ref()
                .map_or_else(String::new, |rows| format!("WITH data AS ({rows}) "));
            let sql = match (sql.starts_with("SELECT"), &data) {
                (true, _) => format!("{with}{sql}"),
                (false, Some(_)) => format!("{with}SELECT {sql} FROM data"),
                (false, None) => format!("SELECT {sql}"),
            };
            examples.push(Example {
                sql,
                expected: expected.trim().to_owned(),
            });
        }
    }
    examples
}

/// `{x: [1, null], y: ['a', 'b']}` as SQL.
fn table(data: &str) -> String {
    let inner = data.trim().trim_start_matches('{').trim_end_matches('}');
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    for column in inner.split("],") {
        let (name, values) = column.split_once(':').unwrap();
        let values = values.trim().trim_start_matches('[').trim_end_matches(']');
        let values = values.split(',').map(|value| value.trim().to_owned());
        columns.push((name.trim().to_owned(), values.collect()));
    }
    let rows = columns[0].1.len();
    let rows: Vec<String> = (0..rows)
        .map(|row| {
            let cells = columns.iter().map(|(_, values)| values[row].clone());
            format!("({})", cells.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let names = columns.iter().enumerate();
    let names: Vec<String> = names
        .map(|(at, (name, _))| format!("column{} AS {name}", at + 1))
        .collect();
    format!("SELECT {} FROM (VALUES {})", names.join(", "), rows.join(", "))
}

async fn ask(engine: &Engine, sql: &str) -> Result<Vec<Vec<Value>>, String> {
    let query = SqlQuery {
        query: sql.to_owned(),
        ..SqlQuery::default()
    };
    let answer = engine.sql(&project(), &query, &clock(), &Progress::ignore()).await;
    match answer {
        Ok(answer) => Ok(answer.rows),
        Err(error) => Err(format!("{} | {}", error.chain(), error.hint().unwrap_or_default())),
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() <= 1e-9,
        (Value::Array(ones), Value::Array(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| is_same(one, other))
        }
        (Value::String(one), Value::String(other)) => plain(one) == plain(other),
        (one, other) => one == other,
    }
}

/// A time without `T`, zone and midnight.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_time = text.len() >= 19 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[13] == b':';
    let text = if is_time {
        text.replacen('T', " ", 1).trim_end_matches('Z').to_owned()
    } else {
        text.to_owned()
    };
    match text.strip_suffix(" 00:00:00") {
        Some(day) if day.len() == 10 => day.to_owned(),
        _ => text,
    }
}

fn judge(expected: &str, answer: &Result<Vec<Vec<Value>>, String>) -> bool {
    if expected == "error" {
        return answer.is_err();
    }
    let Ok(rows) = answer else { return false };
    if let Some(all) = expected.strip_prefix("rows ") {
        return is_same(&json!(rows), &serde_json::from_str(all).unwrap());
    }
    let expected: Value = serde_json::from_str(expected).unwrap();
    rows.len() == 1 && is_same(&rows[0][0], &expected)
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_give_the_values_of_their_examples() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Arc::new(engine(folder.path()).await);
    let examples = examples();
    assert_eq!(examples.len(), 490);
    let (mut right, mut wrong) = (0, Vec::new());
    for Example { sql, expected } in examples {
        let answer = ask(&engine, &sql).await;
        let is_listed = NOT_YET.contains(&sql.as_str());
        match (judge(&expected, &answer), is_listed) {
            (true, false) => right += 1,
            (false, true) => {}
            (true, true) => wrong.push(format!("right, though it is listed: {sql}")),
            (false, false) => wrong.push(format!("{sql}\n    expected {expected}\n    got      {answer:?}")),
        }
    }
    assert!(wrong.is_empty(), "{right} of 490 are right\n{}", wrong.join("\n"));
}
