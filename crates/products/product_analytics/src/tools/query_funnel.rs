//! `query_funnel`: how many persons get from one step to the next.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tainted, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Data, FunnelsQuery, FunnelsResponse};
use hedgerow_errors::Result;

use super::{computed, funnel_table};

/// Rows that the model reads; the steps of a funnel without a breakdown are always whole.
const PREVIEW_ROWS: usize = 50;

const EXAMPLES: &[Example] = &[
    Example::new(
        "Who sees the start page and then an article, within an hour",
        r#"{"kind": "FunnelsQuery", "series": [{"event": "$pageview", "custom_name": "start page", "properties": [{"key": "$pathname", "value": "/"}]}, {"event": "$pageview", "custom_name": "article", "properties": [{"key": "$pathname", "operator": "icontains", "value": "/blog/"}]}], "dateRange": {"date_from": "all"}, "funnelsFilter": {"funnelWindowInterval": 1, "funnelWindowIntervalUnit": "hour"}}"#,
    ),
    Example::new(
        "Who gets a missing page right after a page view",
        r#"{"kind": "FunnelsQuery", "series": [{"event": "$pageview"}, {"custom_name": "not found", "properties": [{"key": "status", "value": 404}]}], "dateRange": {"date_from": "all"}, "funnelsFilter": {"funnelOrderType": "strict"}}"#,
    ),
    Example::new(
        "How the share of visitors who get from the start page to an article goes from week to week",
        r#"{"kind": "FunnelsQuery", "series": [{"event": "$pageview", "properties": [{"key": "$pathname", "value": "/"}]}, {"event": "$pageview", "properties": [{"key": "$pathname", "operator": "icontains", "value": "/blog/"}]}], "interval": "week", "dateRange": {"date_from": "all"}, "funnelsFilter": {"funnelVizType": "trends", "funnelWindowInterval": 1}}"#,
    ),
];

/// The tool.
pub struct QueryFunnel {
    data: Data,
}

impl QueryFunnel {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for QueryFunnel {
    type Args = FunnelsQuery;
    type Output = FunnelsResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "query_funnel".into(),
            title: "Query a funnel".into(),
            description: "Counts persons who do one thing after another: conversion from step to step, and how \
                long it takes. Steps are events or actions with filters, within funnelWindowInterval (14 days) of the \
                first. funnelOrderType strict allows nothing between, unordered any order. exclusions take persons out; \
                optionalInFunnel steps can be left out. funnelVizType time_to_convert gives a histogram, trends the rate \
                by interval."
                .into(),
            display: Display::new("Following people through the steps", "Followed people through the steps"),
            expected: Duration::from_millis(500),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "conversion from step to step",
            "where people drop off in a funnel",
            "how many persons do one thing after another",
            "how long it takes from one step to another",
            "conversion rate over time",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &FunnelsQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: FunnelsQuery) -> Result<ToolOutput<FunnelsResponse>> {
        let queries = &self.data.queries;
        let response = queries.funnels(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let table = funnel_table::table(&query, &response);
        let rows = PREVIEW_ROWS.max(query.series.len());
        let mut lines = vec![table.title.clone(), table.preview(rows)];
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let said = warnings.iter();
        lines.extend(said.map(|warning| format!("warning {}: {}", warning.code, warning.message)));
        lines.push(computed(&provenance));
        lines.extend(provenance.limits.iter().cloned());
        let content = Tainted::new(lines.join("\n")).fenced();
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}
