//! What a response looks like as a table.

use hedgerow_data_api::{Action, Math, Provenance, ResolvedRange};
use hedgerow_ids::QueryId;
use serde_json::json;

use super::*;

/// A response whose results are `(order, breakdown value, days, numbers)`.
pub(crate) fn response(query: &TrendsQuery, results: &[(usize, Option<&str>, &[&str], &[u64])]) -> TrendsResponse {
    let total = query.trends_filter.display.is_total();
    let series = results.iter().map(|(order, value, days, numbers)| Series {
        data: if total {
            Vec::new()
        } else {
            numbers.iter().map(|number| Some((*number).into())).collect()
        },
        labels: Vec::new(),
        days: days.iter().map(ToString::to_string).collect(),
        count: 0.into(),
        label: String::new(),
        action: Action {
            id: None,
            action_type: "events".into(),
            order: *order,
            name: String::new(),
            math: Math::Total,
        },
        breakdown_value: value.map(|value| json!(value)),
        aggregated_value: total.then(|| numbers[0].into()),
        compare_label: None,
    });
    let range = ResolvedRange {
        date_from: "2015-05-17T00:00:00Z".into(),
        date_to: "2015-05-18T23:59:59.999999Z".into(),
        partial: false,
    };
    let provenance = Provenance {
        query_id: QueryId::new(),
        project: "site".parse().unwrap(),
        kind: "TrendsQuery".into(),
        plan_hash: "0".into(),
        snapshot_id: 1,
        time_zone: "UTC".into(),
        range: Some(range),
        filters: Vec::new(),
        definitions: Vec::new(),
        null_semantics: String::new(),
        limits: Vec::new(),
        query: String::new(),
        memory_rows: 0,
        rows_read: 10,
        cached_at: None,
        elapsed_ms: 1,
    };
    TrendsResponse {
        results: series.collect(),
        warnings: Vec::new(),
        provenance,
    }
}

pub(crate) fn query(json: Value) -> TrendsQuery {
    serde_json::from_value(json).unwrap()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn table_of_a_total_has_one_measure_a_series() {
    let query = query(json!({
        "series": [
            {"event": "$pageview"}, {"event": "$pageview", "properties": [{"key": "status", "value": 304}]},
            {}, {"event": "$request"}, {"event": "sign up!"}, {"math": "dau"}, {"math": "unique_session"},
            {"custom_name": "Not\nfound"},
        ],
        "trendsFilter": {"display": "BoldNumber"},
    }));
    let results: Vec<(usize, Option<&str>, &[&str], &[u64])> = vec![
        (0, None, &[], &[7]),
        (1, None, &[], &[6]),
        (2, None, &[], &[5]),
        (3, None, &[], &[4]),
        (4, None, &[], &[3]),
        (5, None, &[], &[2]),
        (6, None, &[], &[1]),
        (7, None, &[], &[0]),
    ];
    let table = trends_table(&query, &response(&query, &results));
    assert_eq!(
        names(&table),
        [
            "page_views",
            "page_views_2",
            "events",
            "other_requests",
            "sign_up",
            "unique_visitors",
            "sessions",
            "events_2"
        ]
    );
    assert_eq!(
        table.rows,
        [vec![
            json!(7),
            json!(6),
            json!(5),
            json!(4),
            json!(3),
            json!(2),
            json!(1),
            json!(0)
        ]]
    );
    assert_eq!(table.columns[5].unit, Unit::Persons);
    assert_eq!(table.columns[6].unit, Unit::Sessions);
    assert_eq!(table.columns[7].title, "events · Not found");
    assert_eq!(
        (table.columns[7].measure_title(), table.columns[7].label()),
        ("events", Some("Not found"))
    );
}

#[test]
fn table_of_a_series_and_breakdown_is_bucket_times_value() {
    let query = query(json!({
        "series": [{"event": "$pageview"}, {"math": "dau"}],
        "breakdownFilter": {"breakdown": "$browser"},
    }));
    let days: &[&str] = &["2015-05-17", "2015-05-18"];
    let response = response(
        &query,
        &[
            (0, Some("Chrome"), days, &[3, 4]),
            (0, Some(BREAKDOWN_OTHER), days, &[1, 2]),
            (0, Some(BREAKDOWN_NONE), days, &[9, 9]),
            (1, Some("Firefox"), days, &[5, 6]),
        ],
    );
    let table = trends_table(&query, &response);
    assert_eq!(
        table.title,
        "page views, unique visitors by browser per day, 2015-05-17 to 2015-05-18 UTC"
    );
    assert_eq!(names(&table), ["day", "browser", "page_views", "unique_visitors"]);
    assert_eq!(
        table.rows[..4],
        [
            vec![json!("2015-05-17"), json!("Chrome"), json!(3), json!(null)],
            vec![json!("2015-05-17"), json!("Firefox"), json!(null), json!(5)],
            vec![json!("2015-05-17"), json!("Other"), json!(1), json!(null)],
            vec![json!("2015-05-17"), json!("None"), json!(9), json!(null)],
        ]
    );
    assert_eq!(table.rows.len(), 8);
}

#[test]
fn hours_are_short_within_one_day_only() {
    let query = query(json!({"series": [{}], "interval": "hour"}));
    let cases: [(&[&str], [&str; 2]); 2] = [
        (&["2015-05-18 00:00:00", "2015-05-18 01:00:00"], ["00:00", "01:00"]),
        (
            &["2015-05-18 23:00:00", "2015-05-19 00:00:00"],
            ["2015-05-18 23:00", "2015-05-19 00:00"],
        ),
    ];
    for (days, expected) in cases {
        let table = trends_table(&query, &response(&query, &[(0, None, days, &[1, 2])]));
        let labels: Vec<&str> = table.rows.iter().filter_map(|row| row[0].as_str()).collect();
        assert_eq!(labels, expected);
    }
}

#[test]
fn table_without_results_has_columns_and_no_rows() {
    let query = query(json!({
        "series": [{}],
        "breakdownFilter": {"breakdown": "status"},
        "trendsFilter": {"display": "ActionsBarValue"},
    }));
    let table = trends_table(&query, &response(&query, &[]));
    assert_eq!(names(&table), ["status", "events"]);
    assert!(table.rows.is_empty());
}

#[test]
fn custom_name_changes_no_measure() {
    let query = query(json!({
        "series": [
            {"event": "$pageview", "custom_name": "unique visitors"},
            {"event": "$pageview"},
            {"custom_name": "requests"},
            {"custom_name": "matching requests"},
            {"event": "sign · up"},
        ],
        "trendsFilter": {"display": "BoldNumber"},
    }));
    let table = trends_table(&query, &response(&query, &[]));
    let shown: Vec<(&str, &str, Unit)> = table
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.title.as_str(), column.unit))
        .collect();
    assert_eq!(
        shown,
        [
            ("page_views", "page views · unique visitors", Unit::Events),
            ("page_views_2", "page views", Unit::Events),
            ("requests", "requests", Unit::Events),
            ("requests_2", "requests · matching requests", Unit::Events),
            ("sign_up", "sign·up", Unit::Events),
        ]
    );
    assert!(
        table.title.starts_with("page views, requests, sign·up"),
        "{}",
        table.title
    );
}

#[test]
fn an_action_is_a_measure_of_its_own() {
    let query = query(json!({
        "series": [
            {"kind": "ActionsNode", "name": "Not found"},
            {"kind": "ActionsNode", "id": "0197", "math": "dau"},
            {"kind": "ActionsNode", "id": "0197"},
        ],
        "trendsFilter": {"display": "ActionsTable"},
    }));
    let mut response = response(
        &query,
        &[(0, None, &[], &[3]), (1, None, &[], &[2]), (2, None, &[], &[4])],
    );
    response.results[2].action.name = "views".to_owned();
    let table = trends_table(&query, &response);
    let titles: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
    assert_eq!(titles, ["action Not found", "unique visitors", "action views"]);
    assert_eq!(table.rows, [[json!(3), json!(2), json!(4)]]);
}

#[test]
fn compared_ranges_stand_side_by_side_with_their_change() {
    let query = query(json!({
        "series": [{"event": "pay", "math": "avg", "math_property": "$amount"}, {"event": "pay", "math": "dau"}],
        "trendsFilter": {"display": "BoldNumber"}, "compareFilter": {"compare": true},
    }));
    let results: Vec<(usize, Option<&str>, &[&str], &[u64])> = vec![
        (0, None, &[], &[6]),
        (1, None, &[], &[9]),
        (0, None, &[], &[8]),
        (1, None, &[], &[0]),
    ];
    let mut response = response(&query, &results);
    for (place, series) in response.results.iter_mut().enumerate() {
        series.compare_label = Some(if place < 2 {
            Compared::Current
        } else {
            Compared::Previous
        });
    }
    response
        .provenance
        .limits
        .push("compared with another range".to_owned());
    let table = trends_table(&query, &response);
    assert_eq!(
        names(&table),
        [
            "average_of_amount",
            "previous_average_of_amount",
            "change",
            "change_percent",
            "unique_visitors",
            "previous_unique_visitors",
            "change_2",
            "change_percent_2"
        ]
    );
    let wanted = json!([6, 8, -2, -25, 9, 0, 9, null]);
    assert_eq!(json!(table.rows), json!([wanted]));
    assert_eq!(
        (table.columns[2].unit, table.columns[3].unit),
        (Unit::None, Unit::Percent)
    );
    assert!(
        table.title.ends_with("UTC, compared with another range"),
        "{}",
        table.title
    );
}

#[test]
fn a_formula_is_a_measure_of_its_own() {
    let query = query(json!({
        "series": [{"event": "pay"}, {"math": "dau"}],
        "trendsFilter": {"display": "BoldNumber", "formulaNodes": [{"formula": "A / B"}, {"formula": "A", "custom_name": "page views"}]},
    }));
    let results: Vec<(usize, Option<&str>, &[&str], &[u64])> = vec![(0, None, &[], &[3]), (1, None, &[], &[4])];
    let table = trends_table(&query, &response(&query, &results));
    assert_eq!(names(&table), ["formula", "formula_2"]);
    // What somebody calls a formula is a label, and proves nothing about its numbers.
    let titles: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
    assert_eq!(titles, ["formula · A / B", "formula · page views"]);
}
