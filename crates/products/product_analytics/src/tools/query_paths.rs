//! `query_paths`: from which page or event people go on to which.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Data, PathEdge, PathsQuery, PathsResponse, Role, Table, Unit};
use hedgerow_errors::Result;
use serde_json::{Value, json};

use super::{column, of_range, told};

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 50;

const EXAMPLES: &[Example] = &[Example::new(
    "Where visitors go next from the start page",
    r#"{"kind": "PathsQuery", "dateRange": {"date_from": "all"}, "pathsFilter": {"startPoint": "/", "stepLimit": 2, "edgeLimit": 10}}"#,
)];

/// The tool.
pub struct QueryPaths {
    data: Data,
}

impl QueryPaths {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for QueryPaths {
    type Args = PathsQuery;
    type Output = PathsResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "query_paths".into(),
            title: "Query paths".into(),
            description: "Counts in how many sessions one page or event is followed by another: a row for each step of a \
                path with source, target and sessions, the most frequent first. startPoint is the item with which paths \
                begin (what comes next after it: stepLimit 2), endPoint the one with which they end. Items are paths of \
                page views, or names of events with includeEventTypes [\"custom_event\"]."
                .into(),
            display: Display::new("Following paths", "Followed paths"),
            expected: Duration::from_millis(500),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "where people go next from a page",
            "the most common next event",
            "paths through the app",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &PathsQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: PathsQuery) -> Result<ToolOutput<PathsResponse>> {
        let queries = &self.data.queries;
        let response = queries.paths(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let table = table(&query, &response);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let content = told(&table, PREVIEW_ROWS, &provenance, &warnings);
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// A row an edge.
fn table(query: &PathsQuery, response: &PathsResponse) -> Table {
    let columns = vec![
        column("step", "step", Role::Label, Unit::None),
        column("source", "source", Role::Label, Unit::None),
        column("target", "target", Role::Label, Unit::None),
        column("sessions", "sessions", Role::Measure, Unit::Sessions),
        column("average_seconds", "average seconds", Role::Measure, Unit::None),
    ];
    let filter = &query.paths_filter;
    let start = filter.start_point.iter().map(|start| format!(" from {start}"));
    let end = filter.end_point.iter().map(|end| format!(" to {end}"));
    let between: String = start.chain(end).collect();
    Table {
        title: format!("sessions by what comes next{between}{}", of_range(&response.provenance)),
        columns,
        rows: response.results.iter().map(row).collect(),
        rows_cut: 0,
    }
}

fn row(edge: &PathEdge) -> Vec<Value> {
    // An item may have an underscore of its own; the number of its step has none.
    let (step, source) = edge.source.split_once('_').unwrap_or(("", &edge.source));
    let target = edge
        .target
        .split_once('_')
        .map_or(edge.target.as_str(), |(_, item)| item);
    vec![
        json!(step),
        json!(source),
        json!(target),
        json!(edge.value),
        json!(edge.average_conversion_time / 1e3),
    ]
}

#[cfg(test)]
mod tests;
