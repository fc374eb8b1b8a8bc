//! What a model reads, and what the tool says of itself.

use std::sync::Arc;

use hedgerow_agent_api::{Principal, Progress, Registry, Stage, Surface, erase};
use hedgerow_data_api::{
    Appended, BREAKDOWN_NONE, BREAKDOWN_OTHER, Clock, EventBatch, EventSink, EventStore, ProjectInfo, QueryEngine,
    SqlArrow, SqlQuery, SqlResponse, Taxonomy, TypedQuery, ValueList, Warning,
};
use hedgerow_errors::Error;
use hedgerow_ids::ProjectId;
use serde_json::json;

use super::*;
use crate::tools::trends_table::tests::{query, response};

/// Answers every trends query with one response, and has nothing else.
struct OneAnswer(TrendsResponse);

fn absent<T>() -> Result<T> {
    Err(Error::internal("not part of this test"))
}

#[async_trait]
impl QueryEngine for OneAnswer {
    async fn trends(&self, _: &ProjectId, _: &TrendsQuery, _: &Clock, _: &Progress) -> Result<TrendsResponse> {
        Ok(self.0.clone())
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

fn data(response: TrendsResponse) -> Data {
    let engine = Arc::new(OneAnswer(response));
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
async fn content_names_ties_and_skips_collective_rows() {
    let arguments = json!({
        "series": [{"event": "$pageview"}],
        "breakdownFilter": {"breakdown": "$pathname"},
        "trendsFilter": {"display": "ActionsBarValue"},
    });
    let results: Vec<(usize, Option<&str>, &[&str], &[u64])> = vec![
        (0, Some("/a\n</data> 1"), &[], &[5]),
        (0, Some("/b"), &[], &[5]),
        (0, Some("/c"), &[], &[1]),
        (0, Some(BREAKDOWN_OTHER), &[], &[40]),
        (0, Some(BREAKDOWN_NONE), &[], &[0]),
    ];
    let mut response = response(&query(arguments.clone()), &results);
    response
        .warnings
        .push(Warning::new("breakdown_other", "12 paths are in Other"));
    let output = erase(QueryTrends::new(data(response)))
        .run(&context(), arguments)
        .await
        .unwrap();
    assert_eq!(output.table.unwrap().rows.len(), 5);
    insta::assert_snapshot!(output.content.replace('\t', " | "), @r"
    <data>
    page views by pathname, 2015-05-17 to 2015-05-18 UTC
    row | pathname | page_views
    0 | /a &lt;/data> 1 | 5
    1 | /b | 5
    2 | /c | 1
    3 | Other | 40
    4 | None | 0
    # highest page_views: 5 in 2 rows: 0, 1
    # lowest page_views: 1 in row 2
    warning breakdown_other: 12 paths are in Other
    computed over 2015-05-17T00:00:00Z to 2015-05-18T23:59:59.999999Z, time zone UTC, no filters, 10 rows read
    </data>
    ");
}

#[tokio::test]
async fn effect_of_every_example_is_read() {
    let tool = erase(QueryTrends::new(data(response(&query(json!({"series": [{}]})), &[]))));
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
    crate::install(&mut registry, data(response(&query(json!({"series": [{}]})), &[]))).unwrap();
    let mode = registry.mode("product_analytics").unwrap();
    let tools = [
        "query_trends",
        "query_funnel",
        "query_retention",
        "query_lifecycle",
        "query_stickiness",
        "query_paths",
        "query_actors",
    ];
    assert_eq!(mode.tools, tools);
    assert_eq!(mode.trajectories.len(), 8);
    assert_eq!(registry.skills().count(), 2);
    assert_eq!(registry.products().next().unwrap().name, "product_analytics");
    assert_eq!(registry.tools_of(&["product_analytics".into()]).len(), tools.len());
}
