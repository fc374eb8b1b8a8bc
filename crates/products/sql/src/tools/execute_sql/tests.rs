//! What a model reads, and what the tool says of itself.

use std::sync::Arc;

use hedgerow_agent_api::{Principal, Progress, Registry, Stage, Surface, erase};
use hedgerow_data_api::{
    Appended, Clock, EventBatch, EventSink, EventStore, ProjectInfo, Provenance, QueryEngine, SqlArrow, Taxonomy,
    TrendsQuery, TrendsResponse, TypedQuery, ValueList, Warning,
};
use hedgerow_errors::Error;
use hedgerow_ids::{ProjectId, QueryId};
use serde_json::json;

use super::*;

/// Answers every statement with the same rows, and has nothing else.
struct OneAnswer;

fn absent<T>() -> Result<T> {
    Err(Error::internal("not part of this test"))
}

#[async_trait]
impl QueryEngine for OneAnswer {
    async fn trends(&self, _: &ProjectId, _: &TrendsQuery, _: &Clock, _: &Progress) -> Result<TrendsResponse> {
        absent()
    }
    async fn sql(&self, project: &ProjectId, query: &SqlQuery, _: &Clock, _: &Progress) -> Result<SqlResponse> {
        let provenance = Provenance {
            query_id: QueryId::new(),
            project: project.clone(),
            kind: "SqlQuery".into(),
            plan_hash: "0".into(),
            snapshot_id: 1,
            time_zone: "UTC".into(),
            range: None,
            filters: Vec::new(),
            definitions: Vec::new(),
            null_semantics: "standard SQL".into(),
            limits: Vec::new(),
            query: query.query.clone(),
            memory_rows: 0,
            rows_read: 10,
            cached_at: None,
            elapsed_ms: 1,
        };
        Ok(SqlResponse {
            written_columns: Vec::new(),
            columns: vec![("status".into(), "Int64".into()), ("Requests ".into(), "Int64".into())],
            rows: vec![vec![json!(200), json!(9)], vec![json!(null), json!(1)]],
            warnings: vec![Warning::new("row_limit", "more rows exist")],
            provenance,
        })
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

fn data() -> Data {
    let engine = Arc::new(OneAnswer);
    Data {
        queries: engine.clone(),
        store: engine,
        definitions: Arc::new(hedgerow_data_api::NoDefinitions),
    }
}

fn context() -> ToolContext {
    ToolContext {
        sees: Stage::Idea,
        project: "site".parse().unwrap(),
        clock: Clock::system(),
        surface: Surface::Agent,
        principal: Principal::local(),
        progress: Progress::ignore(),
    }
}

#[tokio::test]
async fn content_is_fenced_and_says_that_it_is_free_sql() {
    let output = erase(ExecuteSql::new(data()))
        .run(&context(), json!({"query": "SELECT 1"}))
        .await
        .unwrap();
    let table = output.table.unwrap();
    assert_eq!(table.row_label(0), "200");
    assert_eq!(table.columns[1].name, "requests");
    insta::assert_snapshot!(output.content.replace('\t', " | "), @r"
    <data>
    SQL result (free SQL: names and filters are not checked against the taxonomy)
    row | status | requests
    0 | 200 | 9
    1 | none | 1
    warning row_limit: more rows exist
    computed in time zone UTC, 10 rows read
    </data>
    ");
}

#[tokio::test]
async fn effect_of_every_example_is_read() {
    let tool = erase(ExecuteSql::new(data()));
    for example in tool.declaration().examples.iter() {
        let arguments = serde_json::from_str(&example.arguments).unwrap();
        assert_eq!(
            tool.effect(&context(), &arguments).await.unwrap(),
            Effect::Read,
            "{}",
            example.purpose
        );
    }
}

#[test]
fn install_adds_tool_mode_and_skill() {
    let mut registry = Registry::default();
    crate::install(&mut registry, data()).unwrap();
    assert_eq!(registry.mode("sql").unwrap().tools, ["execute_sql"]);
    assert_eq!(registry.skills().count(), 1);
    assert_eq!(registry.products().next().unwrap().name, "sql");
}
