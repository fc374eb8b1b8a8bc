//! Test accounts: queries that leave them out answer as if the project's filters were their own.

use std::sync::Arc;

use hedgerow_data_api::{FilterGroup, FilterNode, Progress, QueryEngine, SqlQuery, TypedQuery};
use hedgerow_errors::Error;
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::events::{clock, project, runner};
use crate::persons::{group, lake, person_filter};

async fn ask(engine: &Engine, query: &Value) -> Result<Value, Error> {
    let (project, clock, progress) = (project(), clock(), Progress::ignore());
    let query: TypedQuery = serde_json::from_value(query.clone()).unwrap();
    Ok(match &query {
        TypedQuery::Trends(query) => json!(engine.trends(&project, query, &clock, &progress).await?),
        TypedQuery::Funnels(query) => json!(engine.funnels(&project, query, &clock, &progress).await?),
        TypedQuery::Retention(query) => json!(engine.retention(&project, query, &clock, &progress).await?),
        TypedQuery::Lifecycle(query) => json!(engine.lifecycle(&project, query, &clock, &progress).await?),
        TypedQuery::Stickiness(query) => json!(engine.stickiness(&project, query, &clock, &progress).await?),
        TypedQuery::CalendarHeatmap(query) => {
            json!(engine.calendar_heatmap(&project, query, &clock, &progress).await?)
        }
        TypedQuery::Paths(query) => json!(engine.paths(&project, query, &clock, &progress).await?),
        TypedQuery::Events(query) => json!(engine.events(&project, query, &clock, &progress).await?),
        TypedQuery::Persons(query) => json!(engine.persons(&project, query, &clock, &progress).await?),
        #[allow(unreachable_patterns, reason = "kinds that this test does not know")]
        _ => panic!("an unknown kind"),
    })
}

/// A query of each kind.
fn queries() -> Vec<Value> {
    let range = json!({"date_from": "all"});
    vec![
        json!({"kind": "TrendsQuery", "series": [{"event": "$pageview", "math": "dau"}, {"event": "order"}], "dateRange": range}),
        json!({"kind": "TrendsQuery", "series": [{"event": "order", "math": "first_time_for_user"}], "dateRange": range}),
        json!({"kind": "FunnelsQuery", "series": [{"event": "$pageview"}, {"event": "order"}], "dateRange": range}),
        json!({"kind": "RetentionQuery", "dateRange": range, "retentionFilter": {
            "retentionType": "retention_first_ever_occurrence", "returningEntity": {"id": "order"}}}),
        json!({"kind": "LifecycleQuery", "series": [{"event": "order"}], "dateRange": range}),
        json!({"kind": "StickinessQuery", "series": [{"event": "$pageview"}], "dateRange": range}),
        json!({"kind": "CalendarHeatmapQuery", "series": [{"event": "order", "math": "dau"}], "dateRange": range}),
        json!({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["custom_event"]}, "dateRange": range}),
        json!({"kind": "EventsQuery", "limit": 1000}),
        json!({"kind": "PersonsQuery", "limit": 1000}),
    ]
}

#[test]
fn test_accounts_are_left_out_by_the_filters_of_the_project() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let defined = Arc::new(FakeDefinitions::default());
    let engine = Engine::new(runtime.block_on(lake(folder.path()))).unwrap();
    let engine = engine.with_definitions(defined.clone());
    let queries = queries();
    let of_persons = prop::collection::vec(person_filter(), 1..3).prop_map(|filters| json!(filters));
    let strategy = (
        prop::sample::select(queries),
        prop::collection::vec(group(), 1..3).prop_map(|groups| json!(groups)),
        of_persons,
        proptest::option::of(person_filter()),
    );
    let run = runner(41).run(&strategy, |(query, mixed, of_persons, own)| {
        let filters = if query["kind"] == "PersonsQuery" {
            of_persons
        } else {
            mixed
        };
        defined.set(json!({"test_account_filters": filters}));
        let (mut with_own, mut without) = (query.clone(), query.clone());
        let mut all = filters.as_array().unwrap().clone();
        if let Some(own) = own {
            with_own["properties"] = json!([own]);
            all.push(own);
        }
        with_own["filterTestAccounts"] = json!(true);
        without["properties"] = json!(all);
        let found = runtime.block_on(ask(&engine, &with_own)).unwrap();
        let wanted = runtime.block_on(ask(&engine, &without)).unwrap();
        prop_assert_eq!(&found["results"], &wanted["results"]);
        let said = found["provenance"]["query"].as_str().unwrap();
        prop_assert!(said.contains(r#""filterTestAccounts":true"#), "{}", said);
        prop_assert!(!found["provenance"]["filters"].as_array().unwrap().is_empty());
        Ok(())
    });
    run.unwrap();
}

#[tokio::test]
async fn where_nobody_said_who_they_are_they_are_not_left_out_silently() {
    let folder = tempfile::tempdir().unwrap();
    let defined = Arc::new(FakeDefinitions::default());
    let engine = Engine::new(lake(folder.path()).await).unwrap();
    let engine = engine.with_definitions(defined.clone());
    for mut query in queries() {
        query["filterTestAccounts"] = json!(true);
        let error = ask(&engine, &query).await.unwrap_err();
        let message = "filterTestAccounts leaves out nobody: it is not set who the project's test accounts are";
        assert_eq!(error.message(), message, "{query}");
        assert!(error.hint().unwrap().contains("hedgerow projects settings"), "{query}");
    }
    // What is not there any more is refused with its setting.
    defined.set(json!({"test_account_filters": [{"key": "plam", "value": "pro", "type": "person"}]}));
    for mut query in queries() {
        query["filterTestAccounts"] = json!(true);
        let error = ask(&engine, &query).await.unwrap_err();
        assert!(error.message().contains("plam"), "{query}: {}", error.message());
        query["filterTestAccounts"] = json!(false);
        assert!(ask(&engine, &query).await.is_ok(), "{query}");
    }
    // A list of persons knows no events.
    defined.set(json!({"test_account_filters": [{"key": "status", "value": 404}]}));
    let query = json!({"kind": "PersonsQuery", "filterTestAccounts": true});
    let error = ask(&engine, &query).await.unwrap_err();
    assert_eq!(
        error.message(),
        "filter on \"status\" is of type event, which a list of persons does not know"
    );
}

#[tokio::test]
async fn sql_leaves_them_out_where_its_filters_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let defined = Arc::new(FakeDefinitions::default());
    let engine = Engine::new(lake(folder.path()).await).unwrap();
    let engine = engine.with_definitions(defined.clone());
    let filters = json!([{"key": "plan", "operator": "is_not", "value": "pro", "type": "person"}, {"key": "status", "value": 404}]);
    let group: FilterGroup = serde_json::from_value(filters.clone()).unwrap();
    assert!(matches!(group.values[0], FilterNode::Filter(_)));
    let count = async |given: Value| {
        let query = json!({"query": "SELECT count() FROM events WHERE {filters}", "parameters": {"filters": given}});
        let query: SqlQuery = serde_json::from_value(query).unwrap();
        let answer = engine.sql(&project(), &query, &clock(), &Progress::ignore()).await;
        answer
            .map(|answer| answer.rows[0][0].clone())
            .map_err(|error| error.message().to_owned())
    };
    let unset = count(json!({"filterTestAccounts": true})).await.unwrap_err();
    assert!(unset.contains("leaves out nobody"), "{unset}");
    defined.set(json!({"test_account_filters": filters}));
    let all = count(json!({"filterTestAccounts": false})).await.unwrap();
    let some = count(json!({"filterTestAccounts": true})).await.unwrap();
    assert_eq!(some, count(json!({"properties": filters})).await.unwrap());
    assert!(
        some.as_u64() < all.as_u64() && some.as_u64() > Some(0),
        "{some} of {all}"
    );
    let wrong = count(json!({"filterTestAccounts": "yes"})).await.unwrap_err();
    assert!(wrong.contains("not true or false"), "{wrong}");
}
