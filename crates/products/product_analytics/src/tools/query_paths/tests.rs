//! What a model reads of paths.

use super::*;

#[test]
fn an_edge_is_a_row_with_its_items_as_they_are_called() {
    let response: PathsResponse = serde_json::from_value(json!({
        "results": [
            {"source": "1_note_created", "target": "2_note_shared", "value": 7, "average_conversion_time": 1500.0},
            {"source": "2_note_shared", "target": "3_/a_b", "value": 2, "average_conversion_time": 10.0},
        ],
        "warnings": [],
        "provenance": {
            "query_id": hedgerow_ids::QueryId::new(), "project": "site", "kind": "PathsQuery", "plan_hash": "", "snapshot_id": 1,
            "time_zone": "UTC", "range": null, "filters": [], "definitions": [], "null_semantics": "", "limits": [],
            "query": "", "rows_read": 1, "elapsed_ms": 1,
        },
    }))
    .unwrap();
    let query = json!({"kind": "PathsQuery", "pathsFilter": {"startPoint": "note_created"}});
    let table = table(&serde_json::from_value(query).unwrap(), &response);
    assert_eq!(table.title, "sessions by what comes next from note_created");
    assert_eq!(
        table.preview(2),
        "row\tstep\tsource\ttarget\tsessions\taverage_seconds\n\
         0\t1\tnote_created\tnote_shared\t7\t1.5\n\
         1\t2\tnote_shared\t/a_b\t2\t0.01"
    );
}
