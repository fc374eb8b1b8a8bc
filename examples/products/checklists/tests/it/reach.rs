//! `measure_reach` over an engine of closures: what it asks, how it says how far it is, what it refuses.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use hedgerow_agent_api::{Principal, Scope};
use hedgerow_data_api::{Provenance, SqlQuery, SqlResponse};
use hedgerow_errors::Code;
use serde_json::{Value, json};

use crate::bench::{Bench, site};

/// What an engine says to a statement.
fn people(rows: impl Iterator<Item = (i64, bool)>, snapshot_id: i64) -> SqlResponse {
    let rows: Vec<Vec<Value>> = rows.map(|(key, used)| vec![json!(key), json!(used)]).collect();
    let column = |name: &str, sql_type: &str| (name.to_owned(), sql_type.to_owned());
    SqlResponse {
        columns: vec![column("person_key", "Int64"), column("used", "Boolean")],
        written_columns: Vec::new(),
        warnings: Vec::new(),
        provenance: Provenance {
            query_id: hedgerow_ids::QueryId::new(),
            project: site(),
            kind: "SqlQuery".into(),
            plan_hash: String::new(),
            snapshot_id,
            time_zone: "UTC".into(),
            range: None,
            filters: Vec::new(),
            definitions: Vec::new(),
            null_semantics: String::new(),
            limits: Vec::new(),
            query: String::new(),
            memory_rows: 0,
            rows_read: rows.len() as u64,
            cached_at: None,
            elapsed_ms: 1,
        },
        rows,
    }
}

/// Three weeks: two of four, then one of two whom the first week had, then one newcomer.
fn three_weeks(query: &SqlQuery) -> SqlResponse {
    let week: &[(i64, bool)] = match query.parameters["from"].as_str().unwrap() {
        "2026-05-18" => &[(1, true), (2, true), (3, false), (4, false)],
        "2026-05-25" => &[(1, true), (4, false)],
        "2026-06-01" => &[(5, true)],
        other => panic!("the week of {other} was asked"),
    };
    people(week.iter().copied(), 7)
}

#[tokio::test]
async fn each_week_since_the_launch_has_its_shares() {
    let bench = Bench::new(|query| Ok(three_weeks(query)));
    bench.templates("2026-05-18").await;
    let output = bench
        .call("measure_reach", json!({"checklist": "Templates"}))
        .await
        .unwrap();
    let table = output.table.unwrap();
    assert_eq!(
        table.rows,
        [
            vec![
                json!("2026-05-18"),
                json!(4),
                json!(2),
                json!(50.0),
                json!(2),
                json!(50.0)
            ],
            vec![
                json!("2026-05-25"),
                json!(2),
                json!(1),
                json!(50.0),
                json!(0),
                json!(50.0)
            ],
            vec![
                json!("2026-06-01"),
                json!(1),
                json!(1),
                json!(100.0),
                json!(1),
                json!(60.0)
            ],
        ]
    );
    assert!(
        output
            .content
            .starts_with("<data>\nReach of Templates (template_used)\nrow\tweek\t"),
        "{}",
        output.content
    );
    // The clock says Wednesday of the third week.
    let codes: Vec<_> = output.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["partial_period"]);
    let provenance = output.provenance.unwrap();
    assert_eq!(provenance.rows_read, 7);
    let range = provenance.range.unwrap();
    assert_eq!(
        (range.date_from.as_str(), range.partial),
        ("2026-05-18T00:00:00Z", true)
    );
}

#[tokio::test]
async fn progress_grows_over_the_weeks_to_its_end() {
    let bench = Bench::new(|query| Ok(three_weeks(query)));
    bench.templates("2026-05-18").await;
    bench
        .call("measure_reach", json!({"checklist": "Templates"}))
        .await
        .unwrap();
    let told = bench.told.lock().unwrap().clone();
    let expected = [
        (1.0 / 3.0, "week 1 of 3"),
        (2.0 / 3.0, "week 2 of 3"),
        (1.0, "week 3 of 3"),
    ];
    assert_eq!(told, expected.map(|(fraction, note)| (fraction, note.to_owned())));
}

#[tokio::test]
async fn week_with_more_people_than_a_statement_gives_is_read_in_several() {
    let asked = Mutex::new(Vec::new());
    let bench = Bench::new(move |query| {
        let after = query.parameters["after"].as_i64().unwrap();
        let mut asked = asked.lock().unwrap();
        asked.push(after);
        let first = if asked.len() == 1 { i64::MIN } else { 49_999 };
        assert_eq!(after, first, "each statement begins behind the one before");
        Ok(people(
            (0..60_000)
                .filter(|key| *key > after)
                .take(50_000)
                .map(|key| (key, key % 2 == 0)),
            7,
        ))
    });
    bench.templates("2026-06-01").await;
    let output = bench
        .call("measure_reach", json!({"checklist": "Templates"}))
        .await
        .unwrap();
    let rows = output.table.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][1..3], [json!(60_000), json!(30_000)]);
}

#[tokio::test]
async fn events_that_come_in_meanwhile_are_told() {
    let snapshot = AtomicI64::new(7);
    let bench = Bench::new(move |_| {
        Ok(people(
            [(1, true)].into_iter(),
            snapshot.fetch_add(1, Ordering::Relaxed),
        ))
    });
    bench.templates("2026-05-18").await;
    let output = bench
        .call("measure_reach", json!({"checklist": "Templates", "weeks": 2}))
        .await
        .unwrap();
    let codes: Vec<_> = output.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["data_changed"], "both weeks are over");
}

#[tokio::test]
async fn what_can_not_be_measured_is_refused_before_anything_is_read() {
    let bench = Bench::without_events();
    bench.templates("2026-06-04").await;
    for (name, body) in [
        ("No event", json!({"launched_on": "2026-05-18", "items": []})),
        ("No day", json!({"event": "template_used", "items": []})),
    ] {
        bench
            .call("create_checklist", json!({"name": name, "body": body}))
            .await
            .unwrap();
    }
    let cases = [
        (json!({"checklist": "Templates"}), Code::NoData, "after today"),
        (json!({"checklist": "Templtes"}), Code::UnknownName, "unknown checklist"),
        (json!({"checklist": "No event"}), Code::InvalidArgument, "has no event"),
        (
            json!({"checklist": "No day"}),
            Code::InvalidArgument,
            "has no launched_on",
        ),
    ];
    for (args, code, message) in cases {
        let error = bench.call("measure_reach", args).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.hint().is_some());
    }
    for weeks in [0, 53] {
        let args = json!({"checklist": "Templates", "weeks": weeks});
        let error = bench.tool("measure_reach").effect(&bench.ctx, &args).await.unwrap_err();
        assert!(error.to_string().contains("weeks takes 1 to 52"), "{error}");
    }
}

#[tokio::test]
async fn who_may_not_read_checklists_does_not_learn_of_them() {
    let mut bench = Bench::without_events();
    bench.templates("2026-05-18").await;
    bench.ctx.principal = Principal {
        scopes: Some(vec!["query:read".parse::<Scope>().unwrap()]),
        ..Principal::local()
    };
    let error = bench
        .call("measure_reach", json!({"checklist": "Templates"}))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Denied, "{error}");
}
