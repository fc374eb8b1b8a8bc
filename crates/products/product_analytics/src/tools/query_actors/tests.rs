//! What a model reads of the persons behind a number.

use super::*;

#[test]
fn a_person_is_a_row_with_its_share() {
    let person = |id: &str, plan: Value, count: u64| {
        json!({
            "person_id": "018f0000-0000-7000-8000-000000000000", "distinct_ids": [id, "other"], "is_identified": true,
            "created_at": "2026-05-01T10:00:00Z", "properties": {"plan": plan}, "events": 40, "count": count,
        })
    };
    let response: ActorsResponse = serde_json::from_value(json!({
        "results": [person("ann", json!("pro"), 3), person("ben", json!(["a"]), 1)],
        "persons": 12, "count": 30, "has_more": true, "next_cursor": "c", "warnings": [],
        "provenance": {
            "query_id": hedgerow_ids::QueryId::new(), "project": "leaflet", "kind": "ActorsQuery", "plan_hash": "",
            "snapshot_id": 1, "time_zone": "UTC", "filters": [], "definitions": [], "null_semantics": "",
            "range": {"date_from": "2026-05-01T00:00:00Z", "date_to": "2026-05-31T23:59:59Z", "partial": false},
            "limits": ["total of note_created, the day of 2026-05-03", "2 rows a page"], "query": "", "rows_read": 1,
            "elapsed_ms": 1,
        },
    }))
    .unwrap();
    let query =
        json!({"kind": "ActorsQuery", "source": {"series": [{}]}, "cell": {"day": "2026-05-03"}, "columns": ["plan"]});
    let table = table(&serde_json::from_value(query).unwrap(), &response);
    assert_eq!(
        table.title,
        "12 persons behind: total of note_created, the day of 2026-05-03, 2026-05-01 to 2026-05-31 UTC"
    );
    assert_eq!(
        table.preview(9),
        "row\tdistinct_id\tcreated_at\tplan\tevents\tcount\n0\tann\t2026-05-01T10:00:00Z\tpro\t40\t3\n\
         1\tben\t2026-05-01T10:00:00Z\t[\"a\"]\t40\t1"
    );
}
