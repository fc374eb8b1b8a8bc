//! What a model reads of a list of persons.

use hedgerow_agent_api::{Principal, Progress, Stage, Surface, erase};
use hedgerow_data_api::Clock;
use serde_json::json;

use super::*;
use crate::tools::list_content::tests::{data, provenance};

#[tokio::test]
async fn a_list_names_persons_by_one_of_their_ids() {
    let response: PersonsResponse = serde_json::from_value(json!({
        "results": [
            {"person_id": "p1", "distinct_ids": ["ann", "device 7"], "created_at": "2026-06-30T10:00:00Z",
             "is_identified": true, "properties": {"plan": "pro", "events": "many"}, "events": 12,
             "last_seen": "2026-06-30T11:00:00Z"},
        ],
        "has_more": false,
        "warnings": [],
        "provenance": provenance(),
    }))
    .unwrap();
    let context = ToolContext {
        project: "site".parse().unwrap(),
        clock: Clock::system(),
        surface: Surface::Agent,
        principal: Principal::local(),
        sees: Stage::Idea,
        progress: Progress::ignore(),
    };
    let output = erase(ListPersons::new(data(None, Some(response))))
        .run(&context, json!({"columns": ["plan", "events"]}))
        .await
        .unwrap();
    assert_eq!(output.table.unwrap().columns[4].name, "events_of_person");
    insta::assert_snapshot!(output.content.replace('\t', " | "), @r#"
    <data>
    persons, the newest first
    row | created_at | distinct_id | plan | events | events_of_person
    0 | 2026-06-30T10:00:00Z | ann | pro | many | 12
    listed newest first, time zone UTC, filters: x is "y", 7 rows read
    </data>
    "#);
}
