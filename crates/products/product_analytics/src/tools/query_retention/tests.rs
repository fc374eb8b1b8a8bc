//! What a model reads of retention.

use hedgerow_data_api::{BREAKDOWN_NONE, Provenance, ResolvedRange, RetentionRow, RetentionValue};
use hedgerow_ids::QueryId;

use super::*;

fn row(date: &str, counts: &[Option<u64>]) -> RetentionRow {
    RetentionRow {
        date: format!("{date}T00:00:00+00:00"),
        label: "Week 0".to_owned(),
        values: counts
            .iter()
            .enumerate()
            .map(|(place, count)| RetentionValue {
                count: *count,
                label: format!("Week {place}"),
                aggregation_value: None,
            })
            .collect(),
        breakdown_value: None,
    }
}

fn response(results: Vec<RetentionRow>) -> RetentionResponse {
    RetentionResponse {
        results,
        warnings: Vec::new(),
        provenance: Provenance {
            query_id: QueryId::new(),
            project: "site".parse().unwrap(),
            kind: "RetentionQuery".to_owned(),
            plan_hash: String::new(),
            snapshot_id: 1,
            time_zone: "UTC".to_owned(),
            range: Some(ResolvedRange {
                date_from: "2026-06-07T00:00:00+00:00".to_owned(),
                date_to: "2026-06-27T23:59:59+00:00".to_owned(),
                partial: false,
            }),
            filters: Vec::new(),
            definitions: Vec::new(),
            null_semantics: String::new(),
            limits: Vec::new(),
            query: String::new(),
            memory_rows: 0,
            rows_read: 3,
            cached_at: None,
            elapsed_ms: 1,
        },
    }
}

fn query() -> RetentionQuery {
    serde_json::from_value(json!({"kind": "RetentionQuery", "retentionFilter": {"period": "Week"}})).unwrap()
}

#[test]
fn several_intervals_stand_together_first_without_what_lies_ahead() {
    let rows = vec![
        row("2026-06-07", &[Some(10), Some(4), Some(2)]),
        row("2026-06-14", &[Some(30), Some(6), None]),
        row("2026-06-21", &[Some(0), None, None]),
    ];
    let table = table(&query(), &response(rows));
    assert_eq!(table.title, "persons who come back, 2026-06-07 to 2026-06-27 UTC");
    assert_eq!(
        table.preview(9),
        "row\tstart\tpersons\tweek_1\tweek_2\tweek_1_percent\tweek_2_percent\n\
         0\tall\t40\t10\t2\t25.0\t20.0\n\
         1\t2026-06-07\t10\t4\t2\t40.0\t20.0\n\
         2\t2026-06-14\t30\t6\tnone\t20.0\tnone\n\
         3\t2026-06-21\t0\tnone\tnone\tnone\tnone"
    );
}

#[test]
fn one_interval_stands_alone_and_nobody_has_no_share() {
    let table = table(&query(), &response(vec![row("2026-06-07", &[Some(0), Some(0)])]));
    assert_eq!(
        table.preview(9),
        "row\tstart\tpersons\tweek_1\tweek_1_percent\n0\t2026-06-07\t0\t0\tnone"
    );
}

#[test]
fn each_value_has_its_rows_and_sums_stand_behind_the_shares() {
    let query = serde_json::from_value(json!({
        "kind": "RetentionQuery", "breakdownFilter": {"breakdown": "$browser"}, "retentionFilter": {
            "period": "Week", "aggregationType": "sum", "aggregationProperty": "amount",
            "aggregationPropertyType": "event",
        },
    }));
    let of = |value: Value, counts: [u64; 2], sums: [f64; 2]| {
        let mut row = row("2026-06-07", &counts.map(Some));
        row.breakdown_value = Some(value);
        for (value, sum) in row.values.iter_mut().zip(sums) {
            value.aggregation_value = serde_json::Number::from_f64(sum);
        }
        row
    };
    let rows = vec![
        of(json!("Firefox"), [4, 2], [9.5, 1.0]),
        of(json!("Firefox"), [4, 1], [0.5, 2.0]),
        of(json!(BREAKDOWN_NONE), [2, 1], [0.0, 3.0]),
    ];
    let table = table(&query.unwrap(), &response(rows));
    assert_eq!(
        table.title,
        "persons who come back by browser, 2026-06-07 to 2026-06-27 UTC"
    );
    assert_eq!(
        table.preview(9),
        "row\tbrowser\tstart\tpersons\tweek_1\tweek_1_percent\tweek_0_sum_of_amount\tweek_1_sum_of_amount\n\
         0\tFirefox\tall\t8\t3\t37.5\t10.0\t3.0\n\
         1\tFirefox\t2026-06-07\t4\t2\t50.0\t9.5\t1.0\n\
         2\tFirefox\t2026-06-07\t4\t1\t25.0\t0.5\t2.0\n\
         3\tNone\t2026-06-07\t2\t1\t50.0\t0.0\t3.0"
    );
}
