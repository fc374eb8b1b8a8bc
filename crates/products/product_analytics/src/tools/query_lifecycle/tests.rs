//! What a model reads of a lifecycle.

use super::*;

#[test]
fn statuses_are_columns_and_dormant_has_no_sign() {
    let series = |status: &str, data: [i64; 2]| {
        json!({
            "action": {"id": "$pageview", "type": "events", "order": 0, "name": "$pageview", "math": "total"},
            "data": data, "count": 0, "labels": ["17-May-2015", "18-May-2015"], "days": ["2015-05-17", "2015-05-18"],
            "label": format!("$pageview - {status}"), "status": status,
        })
    };
    let response: LifecycleResponse = serde_json::from_value(json!({
        "results": [series("new", [3, 1]), series("returning", [0, 2]), series("resurrecting", [0, 0]),
            series("dormant", [0, -4])],
        "warnings": [],
        "provenance": {
            "query_id": hedgerow_ids::QueryId::new(), "project": "site", "kind": "LifecycleQuery", "plan_hash": "", "snapshot_id": 1,
            "time_zone": "UTC", "range": null, "filters": [], "definitions": [], "null_semantics": "", "limits": [],
            "query": "", "rows_read": 1, "elapsed_ms": 1,
        },
    }))
    .unwrap();
    let query = serde_json::from_value(json!({"kind": "LifecycleQuery", "series": [{"event": "$pageview"}]})).unwrap();
    let table = table(&query, &response);
    assert_eq!(table.title, "persons by what they did before, of $pageview");
    assert_eq!(
        table.preview(9),
        "row\tday\tnew\treturning\tresurrecting\tdormant\n0\t2015-05-17\t3\t0\t0\t0\n1\t2015-05-18\t1\t2\t0\t4"
    );
}
