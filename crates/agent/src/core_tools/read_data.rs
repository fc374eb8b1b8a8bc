//! `read_data`: one thing, read whole: the project itself, what people and agents made in it, or what products say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{
    Access, Declaration, Display, Effect, Example, Object, ObjectStore, Registry, Tool, ToolContext, ToolOutput,
};
use hedgerow_data_api::{Column, Data, Role, Table, Taxonomy, Unit};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::json_output;

/// The most objects that one call reads.
const MOST_OBJECTS: usize = 50;

/// What to read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadDataArgs {
    /// The kind of thing.
    kind: DataKind,
    /// For objects: only those of this kind, e.g. `feature_flag`. For a skill or doc: its name.
    #[serde(default)]
    of: Option<String>,
    /// For objects: only those whose name or content contains this text.
    #[serde(default)]
    search: Option<String>,
}

/// The kinds of things that can be read.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DataKind {
    /// The project: the span of its data, and events by name.
    Project,
    /// What people and agents made: feature flags, insights, dashboards, ...
    Objects,
    /// A skill: how a job is done.
    Skill,
    /// A product's documentation.
    Doc,
}

/// What was read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ReadDataOutput {
    /// The project.
    Project(ProjectSummary),
    /// Objects.
    Objects(ReadObjects),
    /// A skill or documentation.
    Text(ReadText),
}

/// What a product says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ReadText {
    /// The skill's or the product's name.
    name: String,
    /// Markdown.
    text: String,
}

/// Objects, by name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ReadObjects {
    /// The objects.
    objects: Vec<ReadObject>,
    /// How many more there are.
    left_out: usize,
}

/// One object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ReadObject {
    /// Its id.
    id: String,
    /// What it is.
    kind: String,
    /// Its name.
    name: String,
    /// What it consists of.
    body: Value,
    /// What holds of it now, e.g. how many people are in a cohort.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// When it was last changed, RFC 3339.
    updated_at: String,
    /// Who changed it last.
    updated_by: String,
}

/// A project in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ProjectSummary {
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

const EXAMPLES: &[Example] = &[
    Example::new("The project in short", r#"{"kind": "project"}"#),
    Example::new("All dashboards", r#"{"kind": "objects", "of": "dashboard"}"#),
];

/// The tool.
pub(super) struct ReadData {
    data: Data,
    objects: Arc<dyn ObjectStore>,
    /// The kinds of objects that products keep.
    kinds: Vec<String>,
    /// Products as they were installed, for what they say of their objects.
    registry: Registry,
}

impl ReadData {
    pub(super) fn new(registry: &Registry, data: Data, objects: Arc<dyn ObjectStore>) -> Self {
        let kinds = registry.object_kinds().map(|(kind, _)| kind.to_owned()).collect();
        Self {
            data,
            objects,
            kinds,
            registry: registry.clone(),
        }
    }

    async fn objects(&self, ctx: &ToolContext, args: &ReadDataArgs) -> Result<ReadObjects> {
        if let Some(of) = &args.of
            && !self.kinds.contains(of)
        {
            let known = self.kinds.iter().map(String::as_str);
            return Err(Error::unknown("kind of object", of, known));
        }
        if let Some(of) = &args.of {
            ctx.principal.check(&Access::read_kind(of), Some(&ctx.project))?;
        }
        let mut all = self.objects.list(&ctx.project, args.of.as_deref()).await?;
        all.retain(|object| ctx.principal.may(&Access::read_kind(&object.kind), &ctx.project));
        let search = args.search.as_deref().unwrap_or_default().to_lowercase();
        let found: Vec<&Object> = all
            .iter()
            .filter(|object| {
                object.name.to_lowercase().contains(&search) || object.body.to_string().to_lowercase().contains(&search)
            })
            .collect();
        let mut shown = Vec::new();
        for object in found.iter().take(MOST_OBJECTS) {
            shown.push(ReadObject {
                id: object.id.to_string(),
                kind: object.kind.clone(),
                name: object.name.clone(),
                body: object.body.clone(),
                note: self.registry.object_note(ctx, object).await,
                updated_at: object.updated_at.to_rfc3339(),
                updated_by: object.updated_by.name().to_owned(),
            });
        }
        Ok(ReadObjects {
            objects: shown,
            left_out: found.len().saturating_sub(MOST_OBJECTS),
        })
    }
}

/// The text that `of` names; without a name, or with an unknown one, those that there are are said.
fn text(texts: BTreeMap<&str, &str>, what: &str, args: &ReadDataArgs) -> Result<ReadText> {
    let name = args.of.as_deref().ok_or_else(|| {
        let names: Vec<&str> = texts.keys().copied().collect();
        Error::invalid(format!("which {what}?")).with_hint(format!("name one in `of`: {}", names.join(", ")))
    })?;
    let text = texts
        .get(name)
        .ok_or_else(|| Error::unknown(what, name, texts.keys().copied()))?;
    Ok(ReadText {
        name: name.to_owned(),
        text: (*text).to_owned(),
    })
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
                events of each name. Kind objects: what people and agents made - feature flags, insights, dashboards, \
                cohorts, actions, notebooks - with all that it consists of; read one before you change it. Kinds skill \
                and doc: what a skill or a product's documentation says."
                .into(),
            display: Display::new("Reading", "Read"),
            expected: Duration::from_millis(50),
            progress: None,
            access: "project:read".into(),
            examples: EXAMPLES.into(),
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
                    ..ToolOutput::text(ReadDataOutput::Project(summary), content)
                })
            }
            DataKind::Objects => json_output(ReadDataOutput::Objects(self.objects(ctx, &args).await?)),
            DataKind::Skill => {
                let skills = self
                    .registry
                    .skills()
                    .map(|skill| (skill.name.as_str(), skill.body.as_str()));
                json_output(ReadDataOutput::Text(text(skills.collect(), "skill", &args)?))
            }
            DataKind::Doc => {
                let names = self.registry.products().map(|product| product.name.as_str());
                let docs = names.filter_map(|name| Some((name, self.registry.doc(name)?)));
                json_output(ReadDataOutput::Text(text(docs.collect(), "doc", &args)?))
            }
        }
    }
}

fn summary(project: &str, taxonomy: &Taxonomy) -> ProjectSummary {
    let span = taxonomy.span();
    ProjectSummary {
        project: project.to_owned(),
        first_event: span.map(|(first, _)| first.to_rfc3339()),
        last_event: span.map(|(_, last)| last.to_rfc3339()),
        events: taxonomy.events.iter().map(|event| event.count).sum(),
        event_names: taxonomy.events.len(),
        properties: taxonomy.properties.len(),
    }
}

fn describe(summary: &ProjectSummary) -> String {
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
