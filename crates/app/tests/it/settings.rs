//! What is set for the queries of a project.

use hedgerow_agent_api::{ModelReply, Surface};
use hedgerow_app::AskInput;
use hedgerow_data_api::QuerySettings;
use hedgerow_errors::Code;

use crate::support::{Fixture, project};

fn in_berlin() -> QuerySettings {
    serde_json::from_str(r#"{"timezone": "Europe/Berlin"}"#).unwrap()
}

#[tokio::test]
async fn settings_are_those_of_a_project_that_exists() {
    let app = Fixture::new(Vec::new()).app();
    assert_eq!(app.query_settings(&project()).await.unwrap(), QuerySettings::default());
    app.set_query_settings(&project(), in_berlin()).await.unwrap();
    assert_eq!(app.query_settings(&project()).await.unwrap(), in_berlin());
    let nowhere = "nowhere".parse().unwrap();
    let unknown = app.set_query_settings(&nowhere, in_berlin()).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
    let wrong = r#"{"path_cleaning_filters": [{"regex": "/a+", "alias": "/a"}, {"regex": "/(", "alias": ""}]}"#;
    let wrong = serde_json::from_str(wrong).unwrap();
    let refused = app.set_query_settings(&project(), wrong).await.unwrap_err();
    let message = r#"rule 2 of path_cleaning_filters has the regex "/(", which is none: unclosed group"#;
    assert_eq!(refused.message(), message);
    assert_eq!(app.query_settings(&project()).await.unwrap(), in_berlin());
}

#[tokio::test]
async fn the_built_in_analyst_reads_days_of_utc_alone() {
    let app = Fixture::new(vec![ModelReply::default()]).app();
    app.set_query_settings(&project(), in_berlin()).await.unwrap();
    let mut input = AskInput::new(project(), "How many page views today?", Surface::Cli);
    let refused = app.start_run(input.clone()).await.unwrap_err();
    assert_eq!(
        refused.message(),
        "the built-in analyst knows the days of UTC alone, and project site has those of Europe/Berlin"
    );
    input.model = Some("exec:true".to_owned());
    assert!(app.start_run(input).await.is_ok());
}
