//! Queries that are opened again.

use hedgerow_app::ReopenedResponse;
use hedgerow_data_api::{Clock, Provenance, SqlQuery, SqlResponse, TrendsQuery, TrendsResponse, TypedQuery};
use hedgerow_errors::Code;
use hedgerow_ids::QueryId;
use hedgerow_testkit::FakeEngine;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::support::{Fixture, project};

fn provenance(kind: &str, snapshot_id: i64) -> Provenance {
    let provenance = json!({
        "query_id": QueryId::new(), "project": "site", "kind": kind, "plan_hash": "0", "snapshot_id": snapshot_id,
        "time_zone": "UTC", "filters": [], "null_semantics": "", "limits": [], "query": "{}", "rows_read": 1,
        "elapsed_ms": 1,
    });
    serde_json::from_value(provenance).unwrap()
}

/// Answers from a snapshot that can be moved.
fn fixture() -> (Fixture, Arc<AtomicI64>) {
    let snapshot = Arc::new(AtomicI64::new(3));
    let (of_trends, of_sql) = (snapshot.clone(), snapshot.clone());
    let engine = FakeEngine::default()
        .trends(move |_| {
            Ok(TrendsResponse {
                results: Vec::new(),
                warnings: Vec::new(),
                provenance: provenance("TrendsQuery", of_trends.load(Ordering::Relaxed)),
            })
        })
        .sql(move |query| {
            Ok(SqlResponse {
                columns: Vec::new(),
                rows: vec![vec![json!(query.query)]],
                written_columns: Vec::new(),
                warnings: Vec::new(),
                provenance: provenance("SqlQuery", of_sql.load(Ordering::Relaxed)),
            })
        });
    (Fixture::new(Vec::new()).engine(engine), snapshot)
}

fn trends() -> TrendsQuery {
    serde_json::from_value(json!({"series": [{"event": "$pageview"}]})).unwrap()
}

#[tokio::test]
async fn a_query_is_opened_again_by_its_id_and_by_its_time() {
    let (fixture, snapshot) = fixture();
    let app = fixture.app();
    let query = TypedQuery::Trends(trends());
    let first = app.query(&project(), &query).await.unwrap();
    let query_id = first.provenance().query_id;
    let later = app.at(Clock::fixed("2016-01-01T00:00:00Z".parse().unwrap()));
    let reopened = later.reopen(&project(), query_id, None).await.unwrap();
    assert_eq!(reopened.asked.now, app.clock().now());
    assert_eq!(
        serde_json::Value::from(reopened.asked.query.clone()),
        serde_json::to_value(&query).unwrap()
    );
    assert!(!reopened.has_moved);
    snapshot.store(4, Ordering::Relaxed);
    let moved = later.reopen(&project(), query_id, None).await.unwrap();
    assert!(moved.has_moved && moved.asked.snapshot_id == 3, "{moved:?}");
    // What was opened again is a query of its own, asked at the same time.
    let again = moved.response.provenance().query_id;
    let kept = later.kept_query(&project(), again).await.unwrap();
    assert_eq!((kept.now, kept.snapshot_id), (app.clock().now(), 4));
    let now = later.clock().now();
    let anew = later.reopen(&project(), query_id, Some(now)).await.unwrap();
    let kept = later.kept_query(&project(), anew.response.provenance().query_id).await;
    assert_eq!(kept.unwrap().now, now);
}

#[tokio::test]
async fn sql_is_opened_again_with_its_parameters() {
    let (fixture, _) = fixture();
    let app = fixture.app();
    let query = SqlQuery {
        query: "SELECT $x".to_owned(),
        limit: Some(7),
        parameters: serde_json::from_value(json!({"x": 3})).unwrap(),
    };
    let first = app.sql(&project(), &query).await.unwrap();
    let reopened = app.reopen(&project(), first.provenance.query_id, None).await.unwrap();
    let expected = json!({"kind": "SqlQuery", "query": "SELECT $x", "limit": 7, "parameters": {"x": 3}});
    assert_eq!(serde_json::Value::from(reopened.asked.query), expected);
    assert!(matches!(reopened.response, ReopenedResponse::Sql(_)));
    let refused = app.explain_kept(&project(), first.provenance.query_id, None).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_is_not_kept_is_refused_and_what_is_too_long_is_answered() {
    let (fixture, _) = fixture();
    let app = fixture.app();
    let unknown = app.reopen(&project(), QueryId::new(), None).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
    assert!(unknown.hint().unwrap().contains("10000"), "{unknown:?}");
    let long = SqlQuery {
        query: format!("SELECT '{}'", "x".repeat(70_000)),
        ..SqlQuery::default()
    };
    let answered = app.sql(&project(), &long).await.unwrap();
    let refused = app.kept_query(&project(), answered.provenance.query_id).await;
    assert_eq!(refused.unwrap_err().code(), Code::UnknownName);
}
