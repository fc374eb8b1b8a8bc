//! `query_funnel`: how many persons get from one step to the next.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tainted, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, BreakdownFilter, Column, Data, FunnelsQuery, FunnelsResponse, Role, Table, Unit,
    reference_names,
};
use hedgerow_errors::Result;
use serde_json::{Value, json};

use super::computed;

/// Rows that the model reads; a funnel without a breakdown is always whole.
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
            description: "Counts how many persons do one thing after another: conversion from step to step, where they \
                drop off, and how long it takes. Steps are events or actions with filters, in their order; all within \
                funnelWindowInterval (14 days) of the first. funnelOrderType strict allows nothing between them. breakdownFilter splits the \
                persons by a property's values. One event is one step at most. Read the names from read_taxonomy first: unknown ones are refused."
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
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &FunnelsQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: FunnelsQuery) -> Result<ToolOutput<FunnelsResponse>> {
        let queries = &self.data.queries;
        let response = queries.funnels(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let table = table(&query, &response);
        let mut lines = vec![table.title.clone(), table.preview(PREVIEW_ROWS.max(query.series.len()))];
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let said = warnings.iter();
        lines.extend(said.map(|warning| format!("warning {}: {}", warning.code, warning.message)));
        lines.push(computed(&provenance));
        lines.extend(provenance.limits.iter().cloned());
        let content = Tainted::new(lines.join("\n")).fenced();
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// A row a step, or a row for each breakdown value and step. Steps of the same name are told apart by their position.
fn table(query: &FunnelsQuery, response: &FunnelsResponse) -> Table {
    let column = |name: &str, title: &str, role, unit| Column {
        name: name.to_owned(),
        title: title.to_owned(),
        role,
        unit,
    };
    let breakdown = query.breakdown_filter.as_ref().map(BreakdownFilter::name);
    let mut columns = vec![
        column("step", "step", Role::Label, Unit::None),
        column("persons", "persons", Role::Measure, Unit::Persons),
        column("conversion_rate", "conversion rate", Role::Measure, Unit::Percent),
        column(
            "from_previous",
            "conversion rate from the previous step",
            Role::Measure,
            Unit::Percent,
        ),
        column("average_seconds", "average seconds", Role::Measure, Unit::None),
        column("median_seconds", "median seconds", Role::Measure, Unit::None),
    ];
    if let Some(key) = &breakdown {
        columns.insert(0, column(key, key, Role::Label, Unit::None));
        let names = reference_names(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
        for (column, name) in columns.iter_mut().zip(names) {
            column.name = name;
        }
    }
    let first: Vec<_> = response.results.steps().take(query.series.len()).collect();
    let name = |order: usize, name: &str| {
        let repeats = first.iter().filter(|step| step.name == name).count() > 1;
        if repeats {
            format!("{name} (step {})", order + 1)
        } else {
            name.to_owned()
        }
    };
    let rows = response.results.steps().map(|step| {
        let optional = |number: Option<f64>| number.map_or(Value::Null, Value::from);
        let value = match step.breakdown_value.as_ref() {
            Some(value) if value == BREAKDOWN_OTHER => Some(json!("Other")),
            Some(value) if value == BREAKDOWN_NONE => Some(json!("None")),
            Some(Value::String(text)) => Some(json!(text)),
            Some(value) => Some(json!(value.to_string())),
            None => None,
        };
        let cells = [
            json!(name(step.order, &step.name)),
            json!(step.count),
            optional(step.conversion_rate),
            optional(step.conversion_rate_from_previous),
            optional(step.average_conversion_time),
            optional(step.median_conversion_time),
        ];
        value.into_iter().chain(cells).collect()
    });
    let names: Vec<&str> = first.iter().map(|step| step.name.as_str()).collect();
    let by = breakdown.map_or_else(String::new, |key| format!(" by {key}"));
    let range = response.provenance.range.as_ref().map_or_else(String::new, |range| {
        let day = |instant: &str| instant.get(..10).unwrap_or(instant).to_owned();
        format!(
            ", {} to {} {}",
            day(&range.date_from),
            day(&range.date_to),
            response.provenance.time_zone
        )
    });
    Table {
        title: format!("persons from {}{by}{range}", names.join(" to ")),
        columns,
        rows: rows.collect(),
        rows_cut: 0,
    }
}

#[cfg(test)]
mod tests;
