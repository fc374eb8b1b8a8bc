//! `read_data`: one thing, read whole. So far that is the project itself.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Column, Data, Role, Table, Taxonomy, Unit};
use hedgerow_errors::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What to read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadDataArgs {
    /// The kind of thing.
    kind: DataKind,
}

/// The kinds of things that can be read.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DataKind {
    /// The project: the span of its data, and events by name.
    Project,
}

/// A project in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ReadDataOutput {
    /// The project.
    project: String,
    /// The first captured instant, RFC 3339; `null` without events.
    first_event: Option<String>,
    /// The last captured instant.
    last_event: Option<String>,
    /// Events stored.
    events: u64,
    /// Names of events.
    event_names: usize,
    /// Properties.
    properties: usize,
}

/// The tool.
pub(super) struct ReadData {
    data: Data,
}

impl ReadData {
    pub(super) fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for ReadData {
    type Args = ReadDataArgs;
    type Output = ReadDataOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "read_data".into(),
            title: "Read data".into(),
            description: "Reads one thing whole. Kind project: from when to when the project has data, and how many \
                events of each name."
                .into(),
            display: Display::new("Reading", "Read"),
            expected: Duration::from_millis(50),
            progress: None,
            access: "project:read".into(),
            examples: const { &[Example::new("The project in short", r#"{"kind": "project"}"#)] }.into(),
        }
    }

    async fn effect(&self, _: &ToolContext, _: &ReadDataArgs) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: ReadDataArgs) -> Result<ToolOutput<ReadDataOutput>> {
        match args.kind {
            DataKind::Project => {
                let taxonomy = self.data.store.taxonomy(&ctx.project).await?;
                let summary = summary(ctx.project.as_str(), &taxonomy);
                let content = describe(&summary);
                Ok(ToolOutput {
                    table: Some(events_table(&taxonomy)),
                    ..ToolOutput::text(summary, content)
                })
            }
        }
    }
}

fn summary(project: &str, taxonomy: &Taxonomy) -> ReadDataOutput {
    let span = taxonomy.span();
    ReadDataOutput {
        project: project.to_owned(),
        first_event: span.map(|(first, _)| first.to_rfc3339()),
        last_event: span.map(|(_, last)| last.to_rfc3339()),
        events: taxonomy.events.iter().map(|event| event.count).sum(),
        event_names: taxonomy.events.len(),
        properties: taxonomy.properties.len(),
    }
}

fn describe(summary: &ReadDataOutput) -> String {
    match (&summary.first_event, &summary.last_event) {
        (Some(first), Some(last)) => format!("project {} has data from {first} to {last}", summary.project),
        _ => format!("project {} has no events yet", summary.project),
    }
}

fn events_table(taxonomy: &Taxonomy) -> Table {
    let column = |name: &str, role, unit| Column {
        name: name.into(),
        title: name.into(),
        role,
        unit,
    };
    Table {
        title: "events by name, all data".to_owned(),
        columns: vec![
            column("event", Role::Label, Unit::None),
            column("events", Role::Measure, Unit::Events),
        ],
        rows: taxonomy
            .events
            .iter()
            .map(|event| vec![json!(event.name), json!(event.count)])
            .collect(),
        rows_cut: 0,
    }
}
