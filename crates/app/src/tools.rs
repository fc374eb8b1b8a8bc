//! The registry's tools, called by people and programs under the policy of all surfaces.

use std::sync::Arc;

use hedgerow_agent_api::{
    Access, Activity, Decision, DynTool, Effect, ObjectChange, ObjectWrite, Progress, Registry, Resource, Surface,
    ToolContext,
};
use hedgerow_data_api::{Provenance, Table, Warning};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::App;

/// A tool as listed and described.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolInfo {
    /// The name to call.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
    /// JSON Schema of the result.
    pub output_schema: Value,
    /// Calls that work.
    pub examples: Vec<ToolExample>,
    /// The right a caller needs.
    pub access: String,
    /// How long a call usually takes, in milliseconds.
    pub expected_ms: u64,
    /// What the progress of a call counts, where it reports some.
    pub progress: Option<String>,
}

/// An example call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolExample {
    /// What it is for.
    pub purpose: String,
    /// The arguments.
    pub arguments: Value,
}

/// A call as a surface makes it.
#[derive(Clone)]
pub struct ToolCall {
    /// The project it is about.
    pub project: ProjectId,
    /// The tool.
    pub name: String,
    /// The arguments, as JSON.
    pub arguments: Value,
    /// Where the call comes from.
    pub surface: Surface,
    /// Whether a person has agreed to what the call does, where the policy asks.
    pub approved: bool,
    /// Takes progress.
    pub progress: Progress,
}

/// What a call gave back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCallResult {
    /// The typed result; its schema is the tool's `output_schema`.
    pub result: Value,
    /// The result as a model reads it.
    pub content: String,
    /// The numbers, where there are some.
    pub table: Option<Table>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Option<Provenance>,
    /// The changes of objects that were made, each of which can be undone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Activity>,
}

/// What a call would do, and whether it may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolPreview {
    /// The tool.
    pub tool: String,
    /// What the call would do.
    pub effect: Effect,
    /// What the policy says of it.
    pub decision: Decision,
    /// The changes of objects that it would make.
    pub changes: Vec<ObjectChange>,
}

impl App {
    /// The tools of a project, or those that all have, by name.
    pub async fn tools(&self, project: Option<&ProjectId>) -> Result<Vec<ToolInfo>> {
        let registry = self.readable_registry(project).await?;
        Ok(registry.tools().map(|tool| describe(tool.as_ref())).collect())
    }

    /// One tool; an unknown one is refused with the nearest.
    pub async fn describe_tool(&self, name: &str, project: Option<&ProjectId>) -> Result<ToolInfo> {
        Ok(describe(self.readable_registry(project).await?.tool(name)?.as_ref()))
    }

    /// What is installed, for those who may know it.
    pub(crate) async fn readable_registry(&self, project: Option<&ProjectId>) -> Result<Arc<Registry>> {
        self.check(&Access::read(Resource::Product), project)?;
        if let Some(project) = project {
            self.require_project(project).await?;
        }
        Ok(self.registry(project))
    }

    /// Validates a call and says what it would do, without doing it.
    pub async fn preview_tool(&self, call: &ToolCall) -> Result<ToolPreview> {
        let registry = self.registry(Some(&call.project));
        self.preview_of(registry.tool(&call.name)?.as_ref(), call).await
    }

    async fn preview_of(&self, tool: &dyn DynTool, call: &ToolCall) -> Result<ToolPreview> {
        self.check(&tool.declaration().access.parse()?, Some(&call.project))?;
        self.require_project(&call.project).await?;
        let ctx = self.tool_context(call);
        let effect = tool.effect(&ctx, &call.arguments).await?;
        Ok(ToolPreview {
            tool: call.name.clone(),
            effect,
            decision: self.parts.policy.decide(&call.name, effect, call.surface),
            changes: tool.preview(&ctx, &call.arguments).await?,
        })
    }

    /// Runs a call that the policy allows, or that it asks about and a person has agreed to.
    pub async fn call_tool(&self, call: &ToolCall) -> Result<ToolCallResult> {
        // What was looked at is what runs, also where the product changes meanwhile.
        let registry = self.registry(Some(&call.project));
        let tool = registry.tool(&call.name)?;
        let ToolPreview { effect, decision, .. } = self.preview_of(tool.as_ref(), call).await?;
        let effect = effect_name(effect);
        match decision {
            Decision::Allow => {}
            Decision::Ask if call.approved => {}
            Decision::Ask => {
                let message = format!("{} would {effect}, and that needs approval", call.name);
                let hint = match call.surface {
                    Surface::Cli => "look at it with --dry-run, then repeat it with --approve",
                    _ => "look at its preview, then repeat it with approved=true",
                };
                return Err(Error::new(Code::Denied, message).with_hint(hint));
            }
            Decision::Deny => {
                return Err(Error::new(
                    Code::Denied,
                    format!("the policy forbids {} to {effect}", call.name),
                ));
            }
        }
        let output = tool.run(&self.tool_context(call), call.arguments.clone()).await?;
        if !output.control.is_empty() {
            // Outside a run nobody carries out what the call asks for, so it must not look done.
            let message = format!("{} changes a run, and this call belongs to none", call.name);
            return Err(Error::invalid(message).with_hint("it is for models; ask a question with `hedgerow ask`"));
        }
        let changes = if output.changes.is_empty() {
            Vec::new()
        } else {
            let write = ObjectWrite {
                project: call.project.clone(),
                actor: self.actor(),
                at: self.clock.now(),
                changes: output.changes,
            };
            self.parts.objects.write(write).await?
        };
        Ok(ToolCallResult {
            changes,
            result: output.result,
            content: output.content,
            table: output.table,
            warnings: output.warnings,
            provenance: output.provenance,
        })
    }

    fn tool_context(&self, call: &ToolCall) -> ToolContext {
        ToolContext {
            project: call.project.clone(),
            clock: self.clock.clone(),
            surface: call.surface,
            principal: self.principal.as_ref().clone(),
            progress: call.progress.clone(),
        }
    }
}

fn describe(tool: &dyn DynTool) -> ToolInfo {
    let declaration = tool.declaration();
    let examples = declaration.examples.iter().map(|example| ToolExample {
        purpose: example.purpose.to_string(),
        // An example that is no JSON would be a mistake of its product; shown as text it is still of use.
        arguments: serde_json::from_str(&example.arguments).unwrap_or_else(|_| Value::from(example.arguments.as_ref())),
    });
    ToolInfo {
        name: declaration.name.to_string(),
        title: declaration.title.to_string(),
        description: declaration.description.to_string(),
        input_schema: tool.input_schema().clone(),
        output_schema: tool.output_schema().clone(),
        examples: examples.collect(),
        access: declaration.access.to_string(),
        expected_ms: u64::try_from(declaration.expected.as_millis()).unwrap_or(u64::MAX),
        progress: declaration.progress.as_deref().map(str::to_owned),
    }
}

/// The effect as a verb within a sentence.
fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Draft => "write to the conversation",
        Effect::Create => "create something",
        Effect::Change => "change something",
        Effect::Delete => "delete something",
        Effect::Publish => "publish something",
        Effect::Spend => "spend money",
        Effect::External => "act on a system outside",
    }
}
