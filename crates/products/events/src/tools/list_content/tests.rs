//! An engine with one answer, for the tests of both tools.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::{
    Appended, Clock, Data, EventBatch, EventSink, EventStore, EventsQuery, EventsResponse, PersonsQuery,
    PersonsResponse, Progress, ProjectInfo, QueryEngine, SqlArrow, SqlQuery, SqlResponse, Taxonomy, TrendsQuery,
    TrendsResponse, TypedQuery, ValueList,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::{Value, json};

/// Answers with one response each, and has nothing else.
struct OneAnswer(Option<EventsResponse>, Option<PersonsResponse>);

fn absent<T>() -> Result<T> {
    Err(Error::internal("not part of this test"))
}

/// How the answers came to be.
pub(crate) fn provenance() -> Value {
    json!({
        "query_id": "01970000-0000-7000-8000-000000000001", "project": "site", "kind": "EventsQuery", "plan_hash": "0",
        "snapshot_id": 1, "time_zone": "UTC", "filters": ["x is \"y\""], "null_semantics": "", "limits": [],
        "query": "{}", "rows_read": 7, "elapsed_ms": 1,
    })
}

#[async_trait]
impl QueryEngine for OneAnswer {
    async fn trends(&self, _: &ProjectId, _: &TrendsQuery, _: &Clock, _: &Progress) -> Result<TrendsResponse> {
        absent()
    }
    async fn events(&self, _: &ProjectId, _: &EventsQuery, _: &Clock, _: &Progress) -> Result<EventsResponse> {
        self.0.clone().map_or_else(absent, Ok)
    }
    async fn persons(&self, _: &ProjectId, _: &PersonsQuery, _: &Clock, _: &Progress) -> Result<PersonsResponse> {
        self.1.clone().map_or_else(absent, Ok)
    }
    async fn sql(&self, _: &ProjectId, _: &SqlQuery, _: &Clock, _: &Progress) -> Result<SqlResponse> {
        absent()
    }
    async fn sql_arrow(&self, _: &ProjectId, _: &SqlQuery, _: &Clock) -> Result<SqlArrow> {
        absent()
    }
    async fn plan(&self, _: &ProjectId, _: &TypedQuery, _: &Clock) -> Result<String> {
        absent()
    }
}

#[async_trait]
impl EventSink for OneAnswer {
    async fn append(&self, _: &ProjectId, _: EventBatch) -> Result<Appended> {
        absent()
    }
}

#[async_trait]
impl EventStore for OneAnswer {
    async fn projects(&self) -> Result<Vec<ProjectInfo>> {
        absent()
    }
    async fn create_project(&self, _: &ProjectId) -> Result<()> {
        absent()
    }
    async fn taxonomy(&self, _: &ProjectId) -> Result<Arc<Taxonomy>> {
        absent()
    }
    async fn has_value(&self, _: &ProjectId, _: &str, _: &str) -> Result<Option<bool>> {
        absent()
    }
    async fn values(&self, _: &ProjectId, _: &str, _: &str, _: usize) -> Result<ValueList> {
        absent()
    }
}

/// The engines as a tool gets them.
pub(crate) fn data(events: Option<EventsResponse>, persons: Option<PersonsResponse>) -> Data {
    let engine = Arc::new(OneAnswer(events, persons));
    Data {
        queries: engine.clone(),
        store: engine,
        definitions: Arc::new(hedgerow_data_api::NoDefinitions),
    }
}
