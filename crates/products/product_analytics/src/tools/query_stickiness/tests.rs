//! What a model reads of stickiness.

use super::*;

fn response(series: &[(&str, [u64; 3])]) -> StickinessResponse {
    let series = series.iter().map(|(label, data)| {
        json!({
            "action": {"id": label, "type": "events", "order": 0, "name": label, "math": "total"},
            "data": data, "count": 9, "labels": ["1 day", "2 days", "3 days"], "days": [1, 2, 3], "label": label,
        })
    });
    serde_json::from_value(json!({
        "results": series.collect::<Vec<_>>(),
        "warnings": [],
        "provenance": {
            "query_id": hedgerow_ids::QueryId::new(), "project": "site", "kind": "StickinessQuery", "plan_hash": "", "snapshot_id": 1,
            "time_zone": "UTC", "range": null, "filters": [], "definitions": [], "null_semantics": "", "limits": [],
            "query": "", "rows_read": 1, "elapsed_ms": 1,
        },
    }))
    .unwrap()
}

fn query(computed: &str) -> StickinessQuery {
    serde_json::from_value(json!({
        "kind": "StickinessQuery", "series": [{"event": "$pageview"}], "stickinessFilter": {"computedAs": computed},
    }))
    .unwrap()
}

#[test]
fn rows_say_exactly_and_at_least_whatever_was_computed() {
    let expected = "row\tdays\tpersons\tat_least\n0\t1 day\t5\t9\n1\t2 days\t3\t4\n2\t3 days\t1\t1";
    let exactly = table(&query("non_cumulative"), &response(&[("$pageview", [5, 3, 1])]));
    assert_eq!(exactly.title, "persons by number of days, of $pageview");
    assert_eq!(exactly.preview(9), expected);
    let at_least = table(&query("cumulative"), &response(&[("$pageview", [9, 4, 1])]));
    assert_eq!(at_least.preview(9), expected);
}

#[test]
fn several_series_have_columns_of_their_own() {
    let both = table(
        &query("non_cumulative"),
        &response(&[("a", [5, 3, 1]), ("b", [0, 0, 2])]),
    );
    assert_eq!(
        both.preview(3).lines().take(2).collect::<Vec<_>>().join("\n"),
        "row\tdays\tpersons_1\tat_least_1\tpersons_2\tat_least_2\n0\t1 day\t5\t9\t0\t2"
    );
    assert_eq!(both.columns[3].title, "persons · b");
}
