//! What is refused, with the way out; and what is said with a result.

use hedgerow_data_api::{QueryEngine, SqlQuery, TrendsQuery};
use serde_json::json;

use crate::events::{clock, engine, project};

fn query(parts: serde_json::Value) -> TrendsQuery {
    let mut query = json!({"series": [{}], "dateRange": {"date_from": "all", "date_to": "2015-05-08"}});
    for (key, value) in parts.as_object().unwrap() {
        query[key] = value.clone();
    }
    serde_json::from_value(query).unwrap()
}

#[tokio::test]
async fn trends_refuse_what_they_cannot_answer() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let filter = |filter: serde_json::Value| json!({"properties": [filter]});
    let cases = [
        (
            json!({"series": [{"event": "pageview"}]}),
            "unknown event \"pageview\" | did you mean $pageview?",
        ),
        (
            json!({"series": []}),
            "a trends query has 1 to 26 series, this one has 0 | ",
        ),
        (
            json!({"breakdownFilter": {"breakdown": "path"}}),
            "unknown property \"path\" | did you mean $pathname?",
        ),
        (
            json!({"breakdownFilter": {"breakdown": "status", "breakdown_limit": 0}}),
            "breakdown_limit goes from 1 to 1000 | ",
        ),
        (
            filter(json!({"key": "stauts", "value": 1})),
            "unknown property \"stauts\" | did you mean status?",
        ),
        (
            filter(json!({"key": "status", "value": 405})),
            "unknown value of status \"405\" | did you mean 404?",
        ),
        (
            filter(json!({"key": "$pathname", "value": "/page/3"})),
            "unknown value of $pathname \"/page/3\" | did you mean /Page/3, /Page/0, /Page/1?",
        ),
        (
            filter(json!({"key": "status"})),
            "filter on \"status\" with operator exact needs a value | to find missing values, take is_not_set",
        ),
        (
            filter(json!({"key": "status", "value": []})),
            "filter on \"status\" with operator exact has an empty list | ",
        ),
        (
            filter(json!({"key": "status", "operator": "gt", "value": "many"})),
            "filter on \"status\" with operator gt needs a number, not \"many\" | ",
        ),
        (
            filter(json!({"key": "$pathname", "operator": "lt", "value": 3})),
            "filter on \"$pathname\" with operator lt compares numbers, but the property is a string | ",
        ),
        (
            filter(json!({"key": "status", "operator": "between", "value": [5, 1]})),
            "filter on \"status\" with operator between has its bounds swapped | ",
        ),
        (
            filter(json!({"key": "status", "operator": "is_set", "value": 1})),
            "filter on \"status\" with operator is_set takes no value | ",
        ),
        (
            json!({"dateRange": {"date_from": "2015-06-01", "date_to": "2015-06-30"}}),
            "there is no data from 2015-06-01 00:00 to 2015-06-30 23:59 UTC | this project has data from 2015-04-27 03:00 to 2015-05-08 05:23 UTC",
        ),
    ];
    for (parts, expected) in cases {
        let error = engine
            .trends(&project(), &query(parts.clone()), &clock())
            .await
            .expect_err(&parts.to_string());
        assert_eq!(
            format!("{} | {}", error.message(), error.hint().unwrap_or_default()),
            expected,
            "{parts}"
        );
    }
}

#[tokio::test]
async fn trends_say_what_a_reader_must_know() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let cases = [
        (json!({}), vec![]),
        (json!({"dateRange": {"date_from": "all"}}), vec!["partial_period"]),
        (json!({"interval": "week"}), vec!["cut_bucket", "cut_bucket"]),
        (
            json!({"dateRange": {"date_from": "2015-04-28T06:00:00Z", "date_to": "2015-04-29"}}),
            vec!["cut_bucket"],
        ),
        (
            json!({"breakdownFilter": {"breakdown": "status", "breakdown_limit": 1}}),
            vec!["breakdown_other"],
        ),
        (
            json!({"properties": [{"key": "status", "operator": "gt", "value": 900}]}),
            vec!["no_match"],
        ),
    ];
    for (parts, expected) in cases {
        let answer = engine
            .trends(&project(), &query(parts.clone()), &clock())
            .await
            .unwrap();
        let codes: Vec<_> = answer.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes, expected, "{parts}");
    }
}

#[tokio::test]
async fn sql_only_reads_the_projects_own_tables() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let refused = [
        ("", "no SQL statement"),
        ("SELECT 1; SELECT 2", "more than one"),
        ("DROP TABLE events", "DROP is not possible"),
        ("INSERT INTO events SELECT * FROM events", "INSERT is not possible"),
        ("CREATE TABLE x AS SELECT 1", "CREATE is not possible"),
        (
            "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
            "CREATE is not possible",
        ),
        ("COPY events TO '/tmp/x.csv'", "COPY is not possible"),
        ("SET datafusion.execution.batch_size = 1", "SET is not possible"),
        ("EXPLAIN SELECT 1", "EXPLAIN is not possible"),
        ("SELECT * FROM '/etc/passwd'", "unknown table"),
        ("SELECT * FROM information_schema.tables", "unknown table"),
        ("SELECT * FROM other.public.events", "unknown table"),
        ("SELECT * FROM read_csv('/etc/passwd')", "can't be planned"),
        ("SELEC 1", "does not parse"),
        ("SELECT browser FROM events", "unknown column \"browser\""),
        ("SELECT * FROM events LIMIT 60000", "outside 1 to 50000"),
        ("SELECT * FROM (SELECT 1 INTO x)", "can't be planned"),
    ];
    for (text, expected) in refused {
        let query = SqlQuery {
            query: text.to_owned(),
            limit: None,
        };
        let error = engine.sql(&project(), &query, &clock()).await.expect_err(text);
        assert!(error.message().contains(expected), "{text}: {}", error.message());
    }
}

#[tokio::test]
async fn sql_says_that_rows_were_cut() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let cases = [
        ("SELECT event FROM events", None, 100, true),
        ("SELECT event FROM events LIMIT 7", None, 7, false),
        ("SELECT event FROM events", Some(3), 3, true),
        ("SELECT DISTINCT event FROM events", None, 3, false),
    ];
    for (text, limit, rows, cut) in cases {
        let query = SqlQuery {
            query: text.to_owned(),
            limit,
        };
        let answer = engine.sql(&project(), &query, &clock()).await.unwrap();
        assert_eq!((answer.rows.len(), !answer.warnings.is_empty()), (rows, cut), "{text}");
    }
}
