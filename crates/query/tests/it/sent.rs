//! Plans that become bytes and plans again give the same.

use std::sync::Arc;

use hedgerow_data_api::{Progress, QueryEngine, SqlQuery, TypedQuery};
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use serde_json::{Value, json};

use crate::events::{clock, project};
use crate::{events, persons};

/// Without what is another each time.
fn plain(answer: Value) -> Value {
    let mut answer = answer;
    for own in ["query_id", "elapsed_ms"] {
        answer["provenance"].as_object_mut().unwrap().remove(own);
    }
    answer
}

async fn answer(engine: &Engine, query: &Value) -> Value {
    let query: TypedQuery = serde_json::from_value(query.clone()).unwrap();
    let answer = engine.answer(&project(), &query, &clock(), &Progress::ignore()).await;
    plain(json!(
        answer.unwrap_or_else(|error| panic!("{query:?}: {}", error.chain()))
    ))
}

/// Queries on persons and what they buy: each kind, and each of our functions.
fn of_persons() -> Vec<Value> {
    let range = json!({"date_from": "all"});
    let person = |key: &str, value: Value| json!({"key": key, "value": value, "type": "person"});
    let two = json!([{"event": "$pageview"}, {"event": "order"}]);
    let funnel = |filter: Value| {
        json!({"kind": "FunnelsQuery", "series": two, "dateRange": range, "funnelsFilter": filter,
               "properties": [person("active", json!(true))]})
    };
    let trends = |series: Value| json!({"kind": "TrendsQuery", "series": series, "dateRange": range});
    let mut by_plan = trends(json!([{"event": "$pageview", "math": "dau"}]));
    by_plan["breakdownFilter"] = json!({"breakdown": "plan", "breakdown_type": "person"});
    by_plan["properties"] = json!([{"key": "id", "type": "cohort", "value": "paying", "operator": "in"}]);
    let mut at_events = by_plan.clone();
    at_events["modifiers"] = json!({"personsOnEventsMode": "person_id_override_properties_on_events"});
    at_events["properties"] = json!([person("plan", json!("pro")), person("active", json!(true))]);
    let actors = json!({"kind": "ActorsQuery", "limit": 100,
        "source": trends(json!([{"event": "order", "math": "dau"}])), "cell": {"series": 0, "day": "2015-05-15"}});
    vec![
        trends(json!([{"event": "$pageview", "math": "dau"}, {"event": "order", "math": "weekly_active"}])),
        trends(json!([{"event": "order", "math": "p90", "math_property": "status"}])),
        trends(json!([{"event": "order", "math": "first_time_for_user"}, {"math": "unique_session"}])),
        by_plan,
        at_events,
        funnel(json!({})),
        funnel(json!({"funnelOrderType": "unordered"})),
        funnel(json!({"funnelVizType": "time_to_convert"})),
        funnel(json!({"funnelVizType": "trends"})),
        json!({"kind": "RetentionQuery", "dateRange": range, "retentionFilter": {
            "retentionType": "retention_first_ever_occurrence", "returningEntity": {"id": "order"}}}),
        json!({"kind": "LifecycleQuery", "series": [{"event": "order"}], "dateRange": range}),
        json!({"kind": "StickinessQuery", "series": [{"event": "$pageview"}], "dateRange": range}),
        json!({"kind": "CalendarHeatmapQuery", "series": [{"event": "order", "math": "dau"}], "dateRange": range}),
        json!({"kind": "RetentionQuery", "dateRange": range, "breakdownFilter": {"breakdown": "status"},
               "retentionFilter": {"returningEntity": {"id": "order"}, "aggregationType": "avg",
               "aggregationProperty": "status", "aggregationPropertyType": "event"}}),
        json!({"kind": "RetentionQuery", "dateRange": range,
               "breakdownFilter": {"breakdown": "plan", "breakdown_type": "person", "breakdown_limit": 1}}),
        json!({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["custom_event"]}, "dateRange": range}),
        json!({"kind": "EventsQuery", "limit": 7, "properties": [person("plan", json!("pro"))]}),
        json!({"kind": "PersonsQuery", "limit": 1000}),
        actors,
    ]
}

/// Queries on events with missing values, sessions, and values that have no column.
fn of_events() -> Vec<Value> {
    let range = json!({"date_from": "2015-04-29", "date_to": "2015-05-05"});
    let trends = |series: Value, filter: Value| json!({"kind": "TrendsQuery", "series": series, "dateRange": range, "properties": [filter]});
    let long = json!({"key": "$session_duration", "type": "session", "operator": "gt", "value": 60});
    vec![
        trends(
            json!([{"event": "$pageview"}]),
            json!({"key": "$pathname", "operator": "icontains", "value": "page/1"}),
        ),
        trends(
            json!([{"event": "$request", "math": "sum", "math_property": "ratio"}]),
            json!({"key": "status", "value": [200, 404]}),
        ),
        trends(json!([{}]), long),
        json!({"kind": "TrendsQuery", "series": [{}], "dateRange": range, "interval": "hour",
               "breakdownFilter": {"breakdown": "$pathname", "breakdown_limit": 3}}),
        json!({"kind": "EventsQuery", "limit": 5, "event": "sign up"}),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_of_every_kind_give_the_same_when_they_were_sent() {
    let folder = tempfile::tempdir().unwrap();
    let defined = Arc::new(FakeDefinitions::default());
    defined.define_cohort(
        "paying",
        json!({"filters": [{"key": "plan", "value": ["pro", "team"], "type": "person"}]}),
    );
    let engine = Engine::new(persons::lake(folder.path()).await)
        .unwrap()
        .with_definitions(defined);
    let sent = engine.clone().with_plans_sent();
    for query in of_persons() {
        assert_eq!(answer(&sent, &query).await, answer(&engine, &query).await, "{query}");
    }
    let other_folder = tempfile::tempdir().unwrap();
    let engine = events::engine(other_folder.path()).await;
    let sent = engine.clone().with_plans_sent();
    for query in of_events() {
        assert_eq!(answer(&sent, &query).await, answer(&engine, &query).await, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_sql_with_a_function_of_its_own_is_refused_by_name_or_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let engine = events::engine(folder.path()).await;
    let sent = engine.clone().with_plans_sent();
    let sql = async |engine: &Engine, text: &str| {
        let query = SqlQuery {
            query: text.to_owned(),
            ..SqlQuery::default()
        };
        engine.sql(&project(), &query, &clock(), &Progress::ignore()).await
    };
    let plain = "SELECT event, count(*) FROM events GROUP BY event ORDER BY event";
    assert_eq!(
        sql(&sent, plain).await.unwrap().rows,
        sql(&engine, plain).await.unwrap().rows
    );
}
