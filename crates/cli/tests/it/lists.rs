//! Lists on the command line: `query` with the kinds that give rows.

use hedgerow_cli::exit;
use hedgerow_data_api::{EventsResponse, PersonsResponse};
use hedgerow_testkit::FakeEngine;
use serde_json::{Value, json};

use crate::support::Fixture;
use crate::verbs::{provenance, run};

fn engine() -> FakeEngine {
    let events = |query: &hedgerow_data_api::EventsQuery| {
        assert_eq!((query.event.as_deref(), query.limit), (Some("signed_up"), Some(2)));
        let events = json!({
            "results": [
                {"uuid": "u2", "event": "signed_up", "timestamp": "2015-05-20T10:00:00Z", "distinct_id": "ann\u{1b}[2J",
                 "session_id": "s1", "properties": {"seats": 12, "$os": "Linux"}},
                {"uuid": "u1", "event": "signed_up", "timestamp": "2015-05-19T10:00:00Z", "distinct_id": "bob",
                 "properties": {}},
            ],
            "has_more": true,
            "next_cursor": "1_u1",
            "warnings": [{"code": "row_limit", "message": "only the first 2 events are listed"}],
            "provenance": provenance(),
        });
        Ok(serde_json::from_value::<EventsResponse>(events).unwrap())
    };
    let persons = |_: &hedgerow_data_api::PersonsQuery| {
        let persons = json!({
            "results": [
                {"person_id": "p1", "distinct_ids": ["ann", "device"], "created_at": "2015-05-20T10:00:00Z",
                 "is_identified": true, "properties": {"plan": "pro"}, "events": 1200},
            ],
            "has_more": false,
            "warnings": [],
            "provenance": provenance(),
        });
        Ok(serde_json::from_value::<PersonsResponse>(persons).unwrap())
    };
    FakeEngine::default().events(events).persons(persons)
}

#[tokio::test]
async fn query_prints_lists_as_tables_with_the_properties_that_were_asked_for() {
    let fixture = Fixture::new(Vec::new()).engine(engine());
    let query = |json: &'static str| ["--project", "site", "query", json];
    let events = r#"{"kind": "EventsQuery", "event": "signed_up", "columns": ["seats"], "limit": 2}"#;
    let listed = run(&fixture, &query(events)).await;
    let lines = [
        "time                  event      distinct id  session  seats",
        "--------------------  ---------  -----------  -------  -----",
        "2015-05-20T10:00:00Z  signed_up  ann[2J       s1          12",
        "2015-05-19T10:00:00Z  signed_up  bob",
        "",
    ];
    assert_eq!(listed.out, lines.join("\n"), "{}", listed.err);
    assert!(
        listed.err.contains("warning: only the first 2 events are listed"),
        "{}",
        listed.err
    );
    assert!(listed.err.contains(r#"next page: "cursor": "1_u1""#), "{}", listed.err);

    let listed = run(&fixture, &query(r#"{"kind": "PersonsQuery", "columns": ["plan"]}"#)).await;
    let lines = [
        "created at            person  distinct ids  events  last seen  plan",
        "--------------------  ------  ------------  ------  ---------  ----",
        "2015-05-20T10:00:00Z  p1      ann, device     1200             pro",
        "",
    ];
    assert_eq!(listed.out, lines.join("\n"), "{}", listed.err);

    let listed = run(&fixture, &["--project", "site", "query", events, "--json"]).await;
    let response: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(response["results"][0]["properties"]["$os"], "Linux");
    assert_eq!(response["next_cursor"], "1_u1");
}

#[tokio::test]
async fn query_refuses_kinds_and_fields_that_are_not_there() {
    let fixture = Fixture::new(Vec::new()).engine(engine());
    for (query, said) in [
        (r#"{"kind": "EventQuery"}"#, "did you mean EventsQuery"),
        (r#"{"kind": "PersonsQuery", "serach": "x"}"#, "serach"),
        (r#"{"kind": "EventsQuery", "series": []}"#, "series"),
    ] {
        let refused = run(&fixture, &["--project", "site", "query", query]).await;
        assert_eq!(refused.code, exit::FAILED);
        assert!(refused.err.contains(said), "{}", refused.err);
    }
}
