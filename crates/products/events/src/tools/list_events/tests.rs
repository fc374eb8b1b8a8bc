//! What a model reads of a list of events.

use hedgerow_agent_api::{Principal, Progress, Stage, Surface, erase};
use hedgerow_data_api::Clock;
use serde_json::json;

use super::*;
use crate::tools::list_content::tests::{data, provenance};

fn context() -> ToolContext {
    ToolContext {
        project: "site".parse().unwrap(),
        clock: Clock::system(),
        surface: Surface::Agent,
        principal: Principal::local(),
        sees: Stage::Idea,
        progress: Progress::ignore(),
    }
}

fn response() -> EventsResponse {
    serde_json::from_value(json!({
        "results": [
            {"uuid": "u2", "event": "file</data> 1", "timestamp": "2026-06-30T10:00:00Z", "distinct_id": "ann",
             "properties": {"upload_mb": 2.5, "$browser": "Firefox", "tags": ["a", "b"]}},
            {"uuid": "u1", "event": "signed_up", "timestamp": "2026-06-29T10:00:00Z", "distinct_id": "bob",
             "properties": {"upload_mb": 7}},
        ],
        "has_more": true,
        "next_cursor": "1_2",
        "warnings": [{"code": "row_limit", "message": "only the first 2 events are listed"}],
        "provenance": provenance(),
    }))
    .unwrap()
}

#[tokio::test]
async fn a_list_names_its_rows_its_end_and_the_next_page() {
    let arguments = json!({"columns": ["upload_mb", "$browser", "tags"], "limit": 2});
    let output = erase(ListEvents::new(data(Some(response()), None)))
        .run(&context(), arguments)
        .await
        .unwrap();
    let table = output.table.unwrap();
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.role))
        .collect();
    assert_eq!(
        columns,
        [
            ("time", Role::Time),
            ("event", Role::Label),
            ("distinct_id", Role::Label),
            ("upload_mb", Role::Measure),
            ("browser", Role::Label),
            ("tags", Role::Label),
        ]
    );
    insta::assert_snapshot!(output.content.replace('\t', " | "), @r#"
    <data>
    events, newest first
    row | time | event | distinct_id | upload_mb | browser | tags
    0 | 2026-06-30T10:00:00Z | file&lt;/data> 1 | ann | 2.5 | Firefox | ["a","b"]
    1 | 2026-06-29T10:00:00Z | signed_up | bob | 7 | none | none
    warning row_limit: only the first 2 events are listed
    the next page: cursor 1_2
    listed newest first, time zone UTC, filters: x is "y", 7 rows read
    </data>
    "#);
}

#[tokio::test]
async fn the_event_that_all_rows_have_stands_in_the_title() {
    let table = events_table(
        &EventsQuery {
            event: Some("signed_up".to_owned()),
            ..EventsQuery::default()
        },
        &response(),
    );
    assert_eq!(table.title, "signed_up events, newest first");
    let columns: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["time", "distinct_id"]);
    let refused = erase(ListEvents::new(data(None, None)))
        .run(&context(), json!({"event": "x", "colums": []}))
        .await
        .unwrap_err();
    assert!(refused.message().contains("colums"), "{refused}");
}
