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
            "a trends query has 1 to 26 series, this one has 0 | ask several queries",
        ),
        (
            json!({"breakdownFilter": {"breakdown": "path"}}),
            "unknown property \"path\" | did you mean $pathname?",
        ),
        (
            json!({"breakdownFilter": {"breakdown": "status", "breakdown_limit": 0}}),
            "breakdown_limit goes from 1 to 1000 | leave it out for the first 25 values",
        ),
        (
            filter(json!({"key": "plan", "value": "pro", "type": "person"})),
            "unknown property of persons \"plan\" | did you mean $pathname?",
        ),
        (
            filter(json!({"key": "created", "operator": "is_date_after", "value": "-1d", "type": "person_field"})),
            "unknown field of persons \"created\" | did you mean created_at?",
        ),
        (
            filter(json!({"key": "duration", "value": 3, "type": "session"})),
            "unknown field of sessions \"duration\" | these exist: session_id, id, distinct_id, $start_timestamp, \
             $end_timestamp, $session_duration, $is_bounce, $pageview_count, ...",
        ),
        (
            filter(json!({"key": "event", "value": "pageview", "type": "event_field"})),
            "unknown event \"pageview\" | did you mean $pageview?",
        ),
        (
            filter(json!({"key": "time", "value": "-1d", "type": "event_field"})),
            "unknown field of events \"time\" | did you mean timestamp?",
        ),
        (
            filter(json!({"key": "timestamp", "value": "2015-05-01", "type": "event_field"})),
            "filter on \"timestamp\" with operator exact compares texts, but it is a time | times go with is_date_exact, is_date_before and is_date_after",
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
            "filter on \"status\" with operator exact has an empty list | read_taxonomy, or `hedgerow taxonomy properties`, shows types and values",
        ),
        (
            filter(json!({"key": "status", "operator": "gt", "value": "many"})),
            "filter on \"status\" with operator gt needs a number, not \"many\" | read_taxonomy, or `hedgerow taxonomy properties`, shows types and values",
        ),
        (
            filter(json!({"key": "$pathname", "operator": "lt", "value": 3})),
            "filter on \"$pathname\" with operator lt compares numbers, but the property is a string | read_taxonomy, or `hedgerow taxonomy properties`, shows types and values",
        ),
        (
            filter(json!({"key": "status", "operator": "between", "value": [5, 1]})),
            "filter on \"status\" with operator between has its bounds swapped | read_taxonomy, or `hedgerow taxonomy properties`, shows types and values",
        ),
        (
            filter(json!({"key": "status", "operator": "is_set", "value": 1})),
            "filter on \"status\" with operator is_set takes no value | read_taxonomy, or `hedgerow taxonomy properties`, shows types and values",
        ),
        (
            filter(json!({"key": "status", "operator": "is_date_after", "value": "2015-01-01"})),
            "filter on \"status\" with operator is_date_after compares dates, but the property is a integer | read_taxonomy, or `hedgerow taxonomy properties`, shows types and values",
        ),
        (
            filter(json!({"type": "OR", "values": [{"type": "AND", "values": []}, {"key": "status", "value": 404}]})),
            "member 1 of a filter group is an empty group | leave it out, or put a filter into it",
        ),
        (
            json!({"dateRange": {"date_to": "2015-05-08"}}),
            "the range is empty: it starts 2015-05-13T00:00:00+00:00 and ends 2015-05-08T23:59:59.999999+00:00 | give date_from, too: without it the range starts 7 days ago; \"all\" takes everything",
        ),
        (
            json!({"dateRange": {"date_from": "2015-05-01", "date_to": "+262142-12-31"}}),
            "date_to \"+262142-12-31\" is no date | give an ISO date (2015-05-18), a date-time (2015-05-18T10:00:00Z), or a relative one (-7d, -3h, mStart)",
        ),
        (
            json!({"dateRange": {"date_from": "2015-06-01", "date_to": "2015-06-30"}}),
            "there is no data from 2015-06-01 00:00 to 2015-06-30 23:59 UTC | this project has data from 2015-04-27 03:00 to 2015-05-08 05:23 UTC",
        ),
    ];
    for (parts, expected) in cases {
        let error = engine
            .trends(
                &project(),
                &query(parts.clone()),
                &clock(),
                &hedgerow_data_api::Progress::ignore(),
            )
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
        (json!({"dateRange": {"date_from": "all"}}), vec![]),
        (
            json!({"dateRange": {"date_from": "2015-04-20", "date_to": "2015-04-30"}}),
            vec!["outside_data"],
        ),
        (
            json!({"dateRange": {"date_from": "1990-01-01", "date_to": "2015-05-08"}, "trendsFilter": {"display": "BoldNumber"}}),
            vec!["outside_data"],
        ),
        (json!({"series": [{"math": "dau"}]}), vec!["unique_not_summable"]),
        (
            json!({"series": [{"math": "dau"}], "trendsFilter": {"display": "BoldNumber"}}),
            vec![],
        ),
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
            .trends(
                &project(),
                &query(parts.clone()),
                &clock(),
                &hedgerow_data_api::Progress::ignore(),
            )
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
    // Each name stands for twice the one before.
    let names: Vec<String> = (1..40)
        .map(|at| format!("a{} + a{} AS a{at}", at - 1, at - 1))
        .collect();
    let doubling = format!("SELECT 1 AS a0, {}", names.join(", "));
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
        ("SELECT * FROM read_csv('/etc/passwd')", "unknown table function"),
        ("SELEC 1", "does not parse"),
        ("SELECT browser FROM events", "unknown column \"browser\""),
        ("SELECT * FROM events LIMIT 60000", "outside 1 to 50000"),
        ("SELECT * FROM (SELECT 1 INTO x)", "INTO is not possible"),
        ("SELECT * FROM s3('https://example.com/x')", "unknown table function"),
        ("SELECT * FROM numbers(100000000)", "numbers takes"),
        (&doubling, "too often"),
        (
            "SELECT event,\n  coutn() FROM events",
            "unknown function \"coutn\" at line 2, column 3",
        ),
        ("SELECT event FROM events WHER event = 'x'", "Line: 1, Column: 31"),
        (
            "SELECT sum(properties.$pathname) FROM events",
            "sum takes numbers, and $pathname is text",
        ),
        (
            "SELECT count() FROM events WHERE uuid = {id}",
            "unknown parameter \"id\"",
        ),
    ];
    for (text, expected) in refused {
        let query = SqlQuery {
            query: text.to_owned(),
            limit: None,
            ..SqlQuery::default()
        };
        let error = engine
            .sql(&project(), &query, &clock(), &hedgerow_data_api::Progress::ignore())
            .await
            .expect_err(text);
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
            ..SqlQuery::default()
        };
        let answer = engine
            .sql(&project(), &query, &clock(), &hedgerow_data_api::Progress::ignore())
            .await
            .unwrap();
        assert_eq!((answer.rows.len(), !answer.warnings.is_empty()), (rows, cut), "{text}");
    }
}

#[tokio::test]
async fn sql_reads_the_injected_clock() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let query = SqlQuery {
        query: "SELECT now() AS now, current_date AS today, count(*) AS events FROM events \
                WHERE timestamp > now() - interval '20 days'"
            .to_owned(),
        limit: None,
        ..SqlQuery::default()
    };
    let progress = hedgerow_data_api::Progress::ignore();
    let answer = engine.sql(&project(), &query, &clock(), &progress).await.unwrap();
    let row = serde_json::to_value(&answer.rows[0]).unwrap();
    assert!(row[0].as_str().unwrap().starts_with("2015-05-20T12:00:00"), "{row}");
    assert_eq!(row[1], "2015-05-20");
    assert!(row[2].as_u64().unwrap() > 0, "{row}");
}

#[tokio::test]
async fn results_that_are_too_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let query = SqlQuery {
        query: "SELECT repeat('x', 1000000) AS x FROM events".to_owned(),
        limit: Some(600),
        ..SqlQuery::default()
    };
    let progress = hedgerow_data_api::Progress::ignore();
    let error = engine.sql(&project(), &query, &clock(), &progress).await.unwrap_err();
    assert_eq!(error.message(), "the result is larger than 256 MB");
}

#[tokio::test]
async fn odd_folder_names_are_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "M\u{fc}ller",
        "a~b",
        "100 %",
        "#[x]{y}",
        "a^b`c\"d",
        "q?a*b",
        "back\\slash",
    ] {
        let engine = engine(&folder.path().join(name)).await;
        let progress = hedgerow_data_api::Progress::ignore();
        let answer = engine.trends(&project(), &query(json!({})), &clock(), &progress).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {}", error.chain()));
        assert_eq!(answer.results[0].count, 600.into(), "{name}");
    }
}

#[tokio::test]
async fn columns_that_the_statement_wrote_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let cases: [(&str, &[&str]); 20] = [
        ("SELECT count(*) AS n FROM events", &[]),
        ("SELECT event, count(*) AS n FROM events GROUP BY event", &[]),
        (
            "SELECT round(100.0 * sum(CASE WHEN status = 404 THEN 1 ELSE 0 END) / count(*), 2) AS n FROM events",
            &[],
        ),
        ("SELECT avg(status) / 60 AS n FROM events", &[]),
        (
            "SELECT CASE WHEN status >= 500 THEN 'bad' ELSE 'good' END AS kind, count(*) AS n FROM events GROUP BY 1",
            &[],
        ),
        (
            "SELECT date_trunc('day', timestamp) AS day, count(*) AS n FROM events GROUP BY 1",
            &[],
        ),
        ("SELECT coalesce(max(status), 0) AS n FROM events", &[]),
        (
            "SELECT count(*) - (SELECT count(*) FROM events WHERE status = 200) AS n FROM events",
            &[],
        ),
        ("SELECT approx_percentile_cont(status, 0.9) AS n FROM events", &[]),
        (
            "SELECT event, row_number() OVER (ORDER BY event) AS place FROM events",
            &[],
        ),
        ("SELECT 4711 AS n", &["n"]),
        ("SELECT 4711 AS n FROM events", &["n"]),
        ("SELECT count(*) AS n, 4711 AS m FROM events", &["m"]),
        ("SELECT count(*) * 3 AS n FROM events", &["n"]),
        ("SELECT greatest(count(*), 4711) AS n FROM events", &["n"]),
        ("SELECT sum(17) AS n FROM events", &["n"]),
        ("SELECT cast('4711' AS int) + 0 * count(*) AS n FROM events", &["n"]),
        ("SELECT count(*) + length('four') AS n FROM events", &["n"]),
        ("SELECT m AS n FROM (SELECT 7 AS m, event FROM events) AS e", &["n"]),
        ("SELECT 'Chrome' AS best, count(*) AS n FROM events", &["best"]),
    ];
    for (text, expected) in cases {
        let query = SqlQuery {
            query: text.to_owned(),
            limit: None,
            ..SqlQuery::default()
        };
        let progress = hedgerow_data_api::Progress::ignore();
        let answer = engine.sql(&project(), &query, &clock(), &progress).await;
        let answer = answer.unwrap_or_else(|error| panic!("{text}: {}", error.chain()));
        assert_eq!(answer.written_columns, expected, "{text}");
    }
}

#[tokio::test]
async fn arrow_stream_holds_the_rows() {
    use datafusion::arrow::ipc::reader::StreamReader;
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    for (text, expected) in [
        ("SELECT event FROM events", 100),
        ("SELECT event FROM events WHERE status = 9", 0),
    ] {
        let query = SqlQuery {
            query: text.to_owned(),
            limit: None,
            ..SqlQuery::default()
        };
        let answer = engine.sql_arrow(&project(), &query, &clock()).await.unwrap();
        let reader = StreamReader::try_new(answer.stream.as_slice(), None).unwrap();
        assert_eq!(reader.schema().fields()[0].name(), "event");
        let rows: usize = reader.map(|batch| batch.unwrap().num_rows()).sum();
        assert_eq!(rows, expected, "{text}");
        assert_eq!(answer.warnings.len(), usize::from(expected == 100));
    }
}

#[tokio::test]
async fn sql_takes_parameters_as_values() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let run = async |query: &str, parameters: serde_json::Value| {
        let query = SqlQuery {
            query: query.to_owned(),
            parameters: parameters.as_object().cloned().unwrap_or_default(),
            ..SqlQuery::default()
        };
        let progress = hedgerow_data_api::Progress::ignore();
        engine.sql(&project(), &query, &clock(), &progress).await
    };
    let statement = "SELECT $text AS t, $number * 2 AS n, $truth AS b, $nothing IS NULL AS missing LIMIT $rows";
    let values = json!({"text": "x' OR '1'='1", "number": -4, "truth": true, "nothing": null, "rows": 1});
    let answer = run(statement, values).await.unwrap();
    assert_eq!(
        answer.rows,
        [vec![json!("x' OR '1'='1"), json!(-8), json!(true), json!(true)]]
    );
    for (statement, values, said) in [
        ("SELECT $dasy", json!({"days": 1}), "unknown parameter \"dasy\""),
        (
            "SELECT 1",
            json!({"days": 1}),
            "the statement does not use the parameter \"days\"",
        ),
        (
            "SELECT $list",
            json!({"list": [1]}),
            "the parameter \"list\" is neither text nor number nor boolean",
        ),
    ] {
        let error = run(statement, values).await.unwrap_err();
        assert_eq!(error.message(), said);
    }
}
