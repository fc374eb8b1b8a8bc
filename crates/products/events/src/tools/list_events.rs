//! `list_events`: single events, newest first.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Data, EventsQuery, EventsResponse, Role, Table};
use hedgerow_errors::Result;
use serde_json::Value;

use super::list_content::{cell, content, named, with_properties};

const EXAMPLES: &[Example] = &[
    Example::new("The last five page views", r#"{"event": "$pageview", "limit": 5}"#),
    Example::new(
        "The last page views in Firefox with their paths",
        r#"{"event": "$pageview", "properties": [{"key": "$browser", "value": "Firefox"}], "columns": ["$pathname"], "limit": 10}"#,
    ),
    Example::new(
        "What people in Berlin did on one day",
        r#"{"properties": [{"key": "city", "value": "Berlin", "type": "person"}], "dateRange": {"date_from": "2026-06-20", "date_to": "2026-06-20"}, "limit": 20}"#,
    ),
];

/// The tool.
pub struct ListEvents {
    data: Data,
}

impl ListEvents {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for ListEvents {
    type Args = EventsQuery;
    type Output = EventsResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "list_events".into(),
            title: "List events".into(),
            description: "Lists single events, newest first: the last sign-ups, what somebody did, examples of an \
                error. To count, take query_trends. Filters take what read_taxonomy with kind fields names for the \
                list events; columns names the properties to show."
                .into(),
            display: Display::new("Listing events", "Listed events"),
            expected: Duration::from_millis(300),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "show the last sign-ups",
            "list single events of a person",
            "examples of an error event",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &EventsQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: EventsQuery) -> Result<ToolOutput<EventsResponse>> {
        let queries = &self.data.queries;
        let response = queries.events(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let table = events_table(&query, &response);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let content = content(&table, response.next_cursor.as_deref(), &warnings, &provenance);
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// The events as a table: when, what unless the query says it, who, and the properties that were asked for.
fn events_table(query: &EventsQuery, response: &EventsResponse) -> Table {
    let mut columns = vec![named("time", Role::Time)];
    if query.event.is_none() {
        columns.push(named("event", Role::Label));
    }
    columns.push(named("distinct_id", Role::Label));
    let rows = response.results.iter();
    let columns = with_properties(columns, &query.columns, rows.clone().map(|event| &event.properties));
    let rows = rows.map(|event| {
        let mut cells = vec![Value::from(event.timestamp.as_str())];
        if query.event.is_none() {
            cells.push(Value::from(event.event.as_str()));
        }
        cells.push(Value::from(event.distinct_id.as_str()));
        cells.extend(query.columns.iter().map(|key| cell(&event.properties, key)));
        cells
    });
    Table {
        title: query.event.as_ref().map_or_else(
            || "events, newest first".to_owned(),
            |event| format!("{event} events, newest first"),
        ),
        rows: rows.collect(),
        columns,
        // How many more there are was not counted; a warning says that there are.
        rows_cut: 0,
    }
}

#[cfg(test)]
mod tests;
